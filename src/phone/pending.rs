//! Calls that are not answered yet: one of ours that waits, and one that rings here.

use std::sync::Arc;

use crate::PhoneError;
use crate::call::Call;
use crate::grip::Grip;
use crate::leg::{EndedBy, Ending, Stage, Verdict};
use crate::media::Line;

/// Our INVITE is out. Dropping it cancels.
pub struct Dialing {
    pub(crate) grip: Grip,
    pub(crate) line: Arc<Line>,
}

impl Dialing {
    /// Provisional responses so far, in order: 180, 183 ...
    pub fn progress(&self) -> Vec<u16> {
        self.grip.seen.borrow().progress.clone()
    }

    /// Waits for a provisional response of this status.
    ///
    /// # Errors
    /// [`PhoneError::Over`] when the call ends before.
    pub async fn until_progress(&self, status: u16) -> Result<(), PhoneError> {
        self.grip.until(|seen| seen.progress.contains(&status).then_some(())).await
    }

    /// Waits for the answer without taking it: [`Dialing::answered`] gives the call then at once.
    ///
    /// # Errors
    /// [`PhoneError::Over`] with the status when it is refused.
    pub async fn until_answered(&self) -> Result<(), PhoneError> {
        self.grip.until(|seen| matches!(seen.stage, Stage::Up).then_some(())).await
    }

    /// Waits for the answer.
    ///
    /// # Errors
    /// [`PhoneError::Over`] with the status when it is refused.
    pub async fn answered(self) -> Result<Call, PhoneError> {
        self.until_answered().await?;
        Ok(Call { grip: self.grip, line: self.line })
    }

    /// Takes the INVITE back and waits until the far end has said so.
    pub async fn cancel(self) -> Ending {
        self.grip.handset.hang_up(self.grip.token, None);
        self.grip.ended().await
    }

    /// Waits for the end of a call that is not to be answered.
    pub async fn ended(&self) -> Ending {
        self.grip.ended().await
    }
}

/// A call rings here. Dropping it refuses it with 480.
pub struct Ringing {
    pub(crate) grip: Grip,
}

impl Ringing {
    /// Says that it rings: 180.
    ///
    /// # Errors
    /// [`PhoneError::Sip`] when the caller has given up.
    pub fn ring(&self) -> Result<(), PhoneError> {
        self.grip.handset.act(|inner, now| {
            let leg = inner.legs.get(&self.grip.token).ok_or(sip::SipError::NoSession)?;
            Ok(inner.stack.progress(now, leg.session, 180, Vec::new())?)
        })
    }

    /// Answers, and waits for the ACK.
    ///
    /// # Errors
    /// [`PhoneError::Over`] when the caller has given up or sends no ACK, [`PhoneError::Sdp`] when there is no codec in
    /// common (it is refused then), [`PhoneError::System`] without a free port.
    pub async fn answer(self) -> Result<Call, PhoneError> {
        let handset = &self.grip.handset;
        let line = Arc::new(handset.media.open(handset.account.bind)?);
        handset.act(|inner, now| {
            // The caller may have given up: then the wait below says how.
            let Some(leg) = inner.legs.get_mut(&self.grip.token) else { return Ok(()) };
            let (session, answer) = match leg.offer.take() {
                None => (leg.session, Ok((leg.talk.offer(&line), None))),
                Some(offer) => {
                    (leg.session, leg.talk.answer(&line, &offer).map(|(body, agreed)| (body, Some(agreed))))
                }
            };
            let (body, agreed) = match answer {
                Ok(answer) => answer,
                Err(fault) => {
                    let warning = [("Warning", fault.warning().to_owned())];
                    let refused = inner.stack.reject(now, session, fault.status(), &warning);
                    let reason = fault.to_string();
                    let status = Some(fault.status());
                    inner.end(now, self.grip.token, Verdict { status, reason, ..Verdict::by(EndedBy::Us) });
                    return refused.map_err(PhoneError::from).and(Err(fault.into()));
                }
            };
            leg.line = Some(line.clone());
            leg.up(now);
            if let Some(agreed) = agreed {
                leg.agree(agreed);
            }
            Ok(inner.stack.accept(now, session, body)?)
        })?;
        self.grip.until(|seen| seen.acked.then_some(())).await?;
        Ok(Call { grip: self.grip, line })
    }

    /// Refuses with 300 to 699.
    pub fn reject(self, status: u16) {
        self.grip.handset.act(|inner, now| {
            let Some(leg) = inner.legs.get(&self.grip.token) else { return };
            // The caller may have given up in this moment.
            let _ = inner.stack.reject(now, leg.session, status, &[]);
            let verdict = Verdict { status: Some(status), ..Verdict::by(EndedBy::Us) };
            inner.end(now, self.grip.token, verdict);
        });
    }

    /// Waits for the end of a call that is not to be answered: the caller gives up.
    pub async fn ended(&self) -> Ending {
        self.grip.ended().await
    }

    /// The caller's number: the user part of From.
    pub fn caller(&self) -> Option<String> {
        self.grip.from().and_then(|from| from.uri.user_plain())
    }

    /// The caller's display name.
    pub fn display(&self) -> Option<String> {
        self.grip.from().map(|from| from.display).filter(|d| !d.is_empty())
    }

    /// A header of the INVITE, such as User-to-User.
    pub fn header(&self, name: &str) -> Option<String> {
        self.grip.header(name)
    }
}
