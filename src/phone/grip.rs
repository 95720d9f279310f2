//! What a holder of a call holds: dropping it hangs up.

use std::sync::Arc;

use sip::{Headers, NameAddr};
use tokio::sync::watch;

use crate::PhoneError;
use crate::handset::Handset;
use crate::leg::{Ending, Seen, Stage};

/// One call of a phone.
pub(crate) struct Grip {
    pub handset: Arc<Handset>,
    pub token: u64,
    pub seen: watch::Receiver<Seen>,
}

impl Grip {
    /// Waits until the call has come so far; `Err` when it ended before.
    pub async fn until<T>(&self, mut sees: impl FnMut(&Seen) -> Option<T>) -> Result<T, PhoneError> {
        let mut found = None;
        let mut seen = self.seen.clone();
        let last = seen
            .wait_for(|seen| {
                found = sees(seen);
                found.is_some() || matches!(seen.stage, Stage::Ended(_))
            })
            .await
            .map_err(|_| PhoneError::Stopped)?;
        match (found, &last.stage) {
            (Some(found), _) => Ok(found),
            (None, Stage::Ended(ending)) => Err(PhoneError::Over(Box::new(Ending::clone(ending)))),
            (None, Stage::Early | Stage::Up) => Err(PhoneError::Stopped),
        }
    }

    /// How it ended.
    pub async fn ended(&self) -> Ending {
        let ending = self.until(|seen| match &seen.stage {
            Stage::Ended(ending) => Some(Ending::clone(ending)),
            Stage::Early | Stage::Up => None,
        });
        match ending.await {
            Ok(ending) => ending,
            Err(_) => Ending::stopped(),
        }
    }

    pub fn headers(&self) -> Arc<Headers> {
        self.seen.borrow().headers.clone()
    }

    pub fn header(&self, name: &str) -> Option<String> {
        self.headers().get(name).map(str::to_owned)
    }

    pub fn from(&self) -> Option<NameAddr> {
        self.headers().from()
    }
}

impl Drop for Grip {
    fn drop(&mut self) {
        self.handset.hang_up(self.token, None);
    }
}
