//! What the SIP stack tells a phone, and what the phone does about it.

use std::sync::Arc;
use std::time::Duration;

use sip::sdp::SdpFault;
use sip::{Ended, Event, Request, SessionId};

use crate::handset::{Handset, Inner};
use crate::leg::{EndedBy, Leg, MOST_PROGRESS, Talk, Verdict};
use crate::{PhoneError, seed};

/// Most calls that ring at once without anybody taking them. When full: 486.
pub(crate) const MOST_WAITING: usize = 256;

impl Handset {
    pub(crate) fn event(&self, inner: &mut Inner, now: Duration, token: u64, event: Event) {
        match event {
            Event::Incoming { session, request, offer, .. } => {
                self.rings(inner, now, session, &request, offer);
            }
            Event::Progress { status, body, .. } => inner.progress(token, status, &body),
            Event::Answered { body, headers, .. } => {
                if let Some(leg) = inner.legs.get(&token) {
                    leg.seen.send_modify(|s| s.headers = Arc::from(headers));
                }
                inner.answered(now, token, &body);
            }
            Event::Failed { status, reason, q850, retry_after, .. } => {
                let dropped = inner.legs.get(&token).is_some_and(|l| l.dropped);
                let by = if dropped { EndedBy::Us } else { EndedBy::Refused };
                inner.end(now, token, Verdict { by, status: Some(status), q850, reason, retry_after });
            }
            Event::Acked { body, .. } => inner.acked(now, token, &body),
            Event::Ended { how, q850, .. } => {
                let by = match how {
                    Ended::Bye => EndedBy::Them,
                    Ended::Cancel => EndedBy::Cancelled,
                    Ended::NoAck | Ended::PeerGone | Ended::FlowClosed | Ended::NoPrack | Ended::Expired => {
                        EndedBy::Lost
                    }
                };
                inner.end(now, token, Verdict { q850, ..Verdict::by(by) });
            }
            Event::Reoffer { session, offer } => self.reoffered(inner, now, token, session, offer),
            Event::Reanswered { result, .. } => inner.reanswered(token, result),
            Event::Key { key, .. } => {
                if let Some(line) = inner.legs.get(&token).and_then(|l| l.line.as_ref()) {
                    line.port().hear_key(key.0);
                }
            }
            Event::ClientDone { request, status, expires, .. } => {
                inner.client_done(now, request, status, expires)
            }
            Event::Referred { session, .. } => {
                // This phone calls whom it is told to by its user. The call may be over by now.
                let _ = inner.stack.refer_refused(now, session, 603);
            }
            Event::ReferTold { .. } | Event::Credentials { .. } => {}
            Event::Refused { status, why, .. } => tracing::debug!(status, why, "turned away"),
            // A phone makes the offer when it calls, and describes itself only when it answers.
            Event::EarlyOffer { .. } | Event::EarlyAnswer { .. } => {}
            Event::Registered { .. } | Event::Unregistered { .. } => {}
        }
    }

    fn rings(
        &self,
        inner: &mut Inner,
        now: Duration,
        session: SessionId,
        request: &Request,
        offer: Option<Vec<u8>>,
    ) {
        if inner.is_closed() || inner.waiting.len() >= MOST_WAITING {
            // The session may be over by now; then there is nobody to refuse.
            let _ = inner.stack.reject(now, session, 486, &[]);
            return;
        }
        let token = inner.token();
        inner.stack.set_token(session, token);
        inner.stack.trying(now, session);
        let talk = Talk::new(seed::number(), self.account.encryption, &self.account.codecs);
        let mut leg = Leg::new(session, talk, now, Arc::new(request.headers.clone()));
        leg.offer = offer;
        inner.legs.insert(token, leg);
        inner.waiting.push_back(token);
        self.rang.notify_one();
    }

    fn reoffered(
        &self,
        inner: &mut Inner,
        now: Duration,
        token: u64,
        session: SessionId,
        offer: Option<Vec<u8>>,
    ) {
        let Some(leg) = inner.legs.get_mut(&token) else { return };
        let Some(line) = leg.line.clone() else { return };
        let answer = match offer {
            None => Ok(leg.talk.offer(&line)),
            Some(offer) => match leg.talk.answer(&line, &offer) {
                Ok((body, agreed)) => {
                    leg.agree(agreed);
                    Ok(body)
                }
                Err(fault) => Err(fault.status()),
            },
        };
        // The far end may have taken it back.
        let _ = inner.stack.answer_reoffer(now, session, answer);
    }
}

impl Inner {
    fn progress(&mut self, token: u64, status: u16, body: &[u8]) {
        let Some(leg) = self.legs.get_mut(&token) else { return };
        if let Ok(agreed) = leg.talk.accept(body) {
            leg.agree(agreed);
        }
        leg.seen.send_modify(|s| {
            if s.progress.len() < MOST_PROGRESS {
                s.progress.push(status);
            }
        });
    }

    fn answered(&mut self, now: Duration, token: u64, body: &[u8]) {
        let Some(leg) = self.legs.get_mut(&token) else { return };
        if leg.dropped {
            // The answer crossed our CANCEL.
            self.stack.hang_up(now, leg.session, None);
            return self.end(now, token, Verdict::by(EndedBy::Us));
        }
        leg.acked();
        match leg.talk.accept(body) {
            Ok(agreed) => {
                leg.agree(agreed);
                leg.up(now);
            }
            Err(fault) => self.unusable(now, token, fault),
        }
    }

    fn acked(&mut self, now: Duration, token: u64, body: &[u8]) {
        let Some(leg) = self.legs.get_mut(&token) else { return };
        leg.acked();
        if body.is_empty() {
            return;
        }
        match leg.talk.accept(body) {
            Ok(agreed) => leg.agree(agreed),
            Err(fault) => self.unusable(now, token, fault),
        }
    }

    /// The far end described what we can't do.
    fn unusable(&mut self, now: Duration, token: u64, fault: SdpFault) {
        let Some(leg) = self.legs.get(&token) else { return };
        let cause = format!("SIP;cause={};text=\"{fault}\"", fault.status());
        self.stack.hang_up(now, leg.session, Some(cause));
        let reason = fault.to_string();
        self.end(now, token, Verdict { status: Some(fault.status()), reason, ..Verdict::by(EndedBy::Us) });
    }

    fn reanswered(&mut self, token: u64, result: Result<Vec<u8>, u16>) {
        let Some(leg) = self.legs.get_mut(&token) else { return };
        let agreed = match result {
            Ok(body) => leg.talk.accept(&body).map_err(PhoneError::from),
            Err(status) => Err(PhoneError::Refused(status)),
        };
        let result = agreed.map(|agreed| leg.agree(agreed));
        if let Some(change) = leg.change.take() {
            if result.is_err() {
                leg.talk.wish = change.wish;
                if let Some(shield) = change.shield {
                    leg.talk.shield = shield;
                }
                if let Some(codecs) = change.codecs {
                    leg.talk.codecs = codecs;
                }
            }
            // Whoever asked may have gone.
            let _ = change.told.send(result);
        }
    }

    fn client_done(&mut self, now: Duration, request: u64, status: u16, expires: Option<u32>) {
        let granted = expires.filter(|e| (200..300).contains(&status) && *e > 0);
        if !self.is_closed() {
            self.registered = granted.is_some();
            // Well before it runs out (RFC 3261 section 10.2.4).
            self.renew = granted.map(|e| now + Duration::from_secs(e.into()).mul_f32(0.8));
        }
        if let Some(asked) = self.asked.remove(&request) {
            let _ = asked.send((status, expires));
        }
    }
}
