//! A call that was answered: hold, keys by INFO, the end, figures.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sip::sdp::{Codec, Direction, Encryption};
use sip::{Pressed, SipError};
use tokio::sync::oneshot;

use crate::PhoneError;
use crate::arrivals::Arrivals;
use crate::grip::Grip;
use crate::leg::{Change, Ending, Stage};
use crate::media::Line;
use crate::stats::Stats;
use crate::vigil::Vigil;

/// How long a key by INFO is held, and the rest after it.
const KEY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(60));
/// How long a change of ours waits for another one, and how often it looks.
const PATIENCE: Duration = Duration::from_secs(4);
const LOOK: Duration = Duration::from_millis(10);

/// An answered call. Dropping it hangs up.
pub struct Call {
    pub(crate) grip: Grip,
    pub(crate) line: Arc<Line>,
}

impl Call {
    /// Hangs up. [`Call::ended`] and all that was heard stay.
    pub fn hang_up(&self) {
        self.grip.handset.hang_up(self.grip.token, None);
    }

    /// Hangs up and says why: a Reason header (RFC 3326).
    pub fn hang_up_because(&self, reason: &str) {
        self.grip.handset.hang_up(self.grip.token, Some(reason.to_owned()));
    }

    /// Waits for the end, whoever makes it.
    pub async fn ended(&self) -> Ending {
        self.grip.ended().await
    }

    /// Whether it goes on.
    pub fn is_up(&self) -> bool {
        matches!(self.grip.seen.borrow().stage, Stage::Up)
    }

    /// A header of the INVITE that came, or of the 2xx to ours.
    pub fn header(&self, name: &str) -> Option<String> {
        self.grip.header(name)
    }

    /// The number in From: the caller's when the call came in.
    pub fn caller(&self) -> Option<String> {
        self.grip.from().and_then(|from| from.uri.user_plain())
    }

    /// The display name in From.
    pub fn display(&self) -> Option<String> {
        self.grip.from().map(|from| from.display).filter(|d| !d.is_empty())
    }

    /// Which way sound flows, seen from here. [`Direction::RecvOnly`] and [`Direction::Inactive`]: nothing is sent.
    pub fn direction(&self) -> Direction {
        self.grip.seen.borrow().direction
    }

    /// Waits until sound flows so, as when the far end holds.
    ///
    /// # Errors
    /// [`PhoneError::Deadline`], [`PhoneError::Over`].
    pub async fn until_direction(&self, direction: Direction, within: Duration) -> Result<(), PhoneError> {
        let so = self.grip.until(|seen| (seen.direction == direction).then_some(()));
        tokio::time::timeout(within, so).await.map_err(|_| PhoneError::Deadline(within))?
    }

    /// Holds the far end: a re-INVITE with sendonly. What this phone says is now hold music.
    ///
    /// # Errors
    /// As for [`Call::reoffer`].
    pub async fn hold(&self) -> Result<(), PhoneError> {
        self.reoffer(Direction::SendOnly).await
    }

    /// Takes the far end back: sendrecv.
    ///
    /// # Errors
    /// As for [`Call::reoffer`].
    pub async fn unhold(&self) -> Result<(), PhoneError> {
        self.reoffer(Direction::SendRecv).await
    }

    /// Offers another direction by re-INVITE and waits for the answer. While another change is under way, or the ACK of one
    /// is still due, it waits for that first.
    ///
    /// # Errors
    /// [`PhoneError::Sip`] when the other change takes too long, [`PhoneError::Refused`] (the call goes on as before),
    /// [`PhoneError::Over`].
    pub async fn reoffer(&self, direction: Direction) -> Result<(), PhoneError> {
        self.change(direction, None, None).await
    }

    /// Offers other keys by re-INVITE, or sound in clear, and waits for the answer. When it is refused the call goes on under
    /// the keys that it has.
    ///
    /// # Errors
    /// As for [`Call::reoffer`].
    pub async fn rekey(&self, encryption: Encryption) -> Result<(), PhoneError> {
        self.change(self.direction(), Some(encryption), None).await
    }

    /// Offers other codecs by re-INVITE, best first, and waits for the answer. When it is refused the call goes on in the one that
    /// it has.
    ///
    /// # Errors
    /// As for [`Call::reoffer`].
    pub async fn recode(&self, codecs: &[Codec]) -> Result<(), PhoneError> {
        self.change(self.direction(), None, Some(codecs)).await
    }

    async fn change(
        &self,
        direction: Direction,
        keys: Option<Encryption>,
        codecs: Option<&[Codec]>,
    ) -> Result<(), PhoneError> {
        let start = Instant::now();
        let answer = loop {
            match self.reinvite(direction, keys, codecs) {
                Err(PhoneError::Sip(SipError::WrongState)) if self.is_up() && start.elapsed() < PATIENCE => {
                    tokio::time::sleep(LOOK).await;
                }
                Err(PhoneError::Sip(SipError::NoSession)) => break None,
                tried => break Some(tried?),
            }
        };
        if let Some(answer) = answer
            && let Ok(result) = answer.await
        {
            return result;
        }
        Err(PhoneError::Over(Box::new(self.grip.ended().await)))
    }

    fn reinvite(
        &self,
        direction: Direction,
        keys: Option<Encryption>,
        codecs: Option<&[Codec]>,
    ) -> Result<oneshot::Receiver<Result<(), PhoneError>>, PhoneError> {
        let (sender, answer) = oneshot::channel();
        let handset = &self.grip.handset;
        handset.act(|inner, now| {
            let leg = inner.legs.get_mut(&self.grip.token).ok_or(SipError::NoSession)?;
            if leg.change.is_some() {
                return Err(SipError::WrongState);
            }
            let wish = std::mem::replace(&mut leg.talk.wish, direction);
            let shield = keys.map(|keys| leg.talk.renew(keys));
            let codecs = codecs.map(|codecs| std::mem::replace(&mut leg.talk.codecs, codecs.to_vec()));
            let offer = leg.talk.offer(&self.line);
            match inner.stack.reinvite(now, leg.session, offer) {
                Ok(()) => leg.change = Some(Change { told: sender, wish, shield, codecs }),
                Err(error) => {
                    leg.talk.wish = wish;
                    if let Some(shield) = shield {
                        leg.talk.shield = shield;
                    }
                    if let Some(codecs) = codecs {
                        leg.talk.codecs = codecs;
                    }
                    return Err(error);
                }
            }
            Ok(())
        })?;
        Ok(answer)
    }

    /// Presses keys by SIP INFO (application/dtmf-relay), in a hand's rhythm.
    ///
    /// # Errors
    /// [`PhoneError::Keys`] when one is no key, [`PhoneError::Sip`] when the call is over.
    pub async fn info_digits(&self, keys: &str) -> Result<(), PhoneError> {
        if !keys.chars().all(|k| k.is_ascii_digit() || matches!(k, '*' | '#' | 'A'..='D')) {
            return Err(PhoneError::Keys);
        }
        for key in keys.chars() {
            self.grip.handset.act(|inner, now| {
                let leg = inner.legs.get(&self.grip.token).ok_or(SipError::NoSession)?;
                inner.stack.press(now, leg.session, Pressed(key), KEY.0)
            })?;
            tokio::time::sleep(KEY.0 + KEY.1).await;
        }
        Ok(())
    }

    /// The codec that was agreed on.
    pub fn codec(&self) -> Option<Codec> {
        self.line.port().codec()
    }

    /// Whether its sound is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.line.port().is_encrypted()
    }

    /// Begins the figures anew, and counts from here on the frames that bring this tone: a multiple of 50 Hz. Also where
    /// [`crate::Ear::Counting`] keeps no sound. What was counted until now comes back.
    pub fn watch_for(&self, hertz: u32) -> Stats {
        let before = Stats::of(&self.line);
        let mut port = self.line.port();
        (port.arrivals, port.vigil) = (Arrivals::default(), Some(Vigil::of(hertz)));
        before
    }

    /// The RTP in numbers, so far.
    pub fn stats(&self) -> Stats {
        Stats::of(&self.line)
    }
}
