//! Tells whoever watches this process that its control loop goes round, as often as the loop answers; and sees that it has ended.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use supervise::{Teller, Word};
use switchboard::{Handle, HandleError};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

/// So many signs of life within the watcher's patience.
const SIGNS: u32 = 5;
/// Between two questions when nobody watches: then only the loop's end is looked for.
const UNWATCHED: Duration = Duration::from_secs(1);
/// So many words in a row that nobody takes are told to the log.
const UNHEARD: u32 = 5;

/// Beats until it is stopped, or the loop has ended.
pub(crate) struct Heart {
    teller: Arc<Teller>,
    beating: JoinHandle<()>,
}

impl Heart {
    /// Says that this process takes calls, and beats from then on.
    pub(crate) fn start(handle: Handle, teller: Teller) -> Self {
        let teller = Arc::new(teller);
        Self { beating: tokio::spawn(beat(handle, Arc::clone(&teller))), teller }
    }

    /// Waits until the control loop has ended by itself: this house answers nobody any more. Cancel safe.
    pub(crate) async fn stands_still(&mut self) {
        // A heart that panicked stands too.
        let _ = (&mut self.beating).await;
    }

    /// The house ends as it was told to.
    pub(crate) fn stop(self) {
        self.beating.abort();
        unheard(self.teller.say(Word::Stopping));
    }
}

/// One question, one answer, one sign of life. Ends with the loop.
async fn beat(handle: Handle, teller: Arc<Teller>) {
    let mut pace = tokio::time::interval(teller.patience().map_or(UNWATCHED, |most| most / SIGNS));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut lost = 0;
    unheard(teller.say(Word::Ready));
    loop {
        pace.tick().await;
        match handle.pulse().await {
            Err(HandleError::Stopped) => return,
            // The loop has more to do than to answer; as long as it does, the next question finds room.
            Err(HandleError::Busy) => {}
            Ok(()) => match teller.say(Word::Alive) {
                Ok(()) => lost = 0,
                Err(error) => {
                    lost += 1;
                    if lost == UNHEARD {
                        tracing::error!(%error, "the process that restarts this house is gone: calls go on, but nobody starts it after a crash; start it anew when it is quiet");
                    }
                }
            },
        }
    }
}

/// A word that was lost: the watcher acts when it misses the next ones too.
fn unheard(said: io::Result<()>) {
    if let Err(error) = said {
        tracing::warn!(%error, "whoever watches this process does not hear it");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::net::UnixDatagram;
    use std::time::Instant;

    use call::action::Refusal;
    use switchboard::handle::FarSide;
    use tempfile::TempDir;

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(100);
    const LONG: Duration = Duration::from_secs(20);

    fn watcher() -> (Teller, UnixDatagram, TempDir) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(LONG)).unwrap();
        (Teller::to(Some(path.as_os_str()), Some(PATIENCE)).unwrap(), socket, folder)
    }

    fn hears(socket: &UnixDatagram) -> String {
        let mut bytes = [0; 200];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_sign_of_life_is_an_answer_of_the_loop_and_its_end_is_seen() {
        let (teller, socket, _folder) = watcher();
        let (handle, mut far) = FarSide::new();
        let mut heart = Heart::start(handle.clone(), teller);
        assert!(hears(&socket).starts_with("READY=1"));
        // The loop stands: time passes, and nobody says that it lives.
        socket.set_read_timeout(Some(4 * PATIENCE)).unwrap();
        assert!(socket.recv(&mut [0; 200]).is_err(), "a sign of life without an answer of the loop");
        socket.set_read_timeout(Some(LONG)).unwrap();
        let going = tokio::spawn(async move {
            far.answer(|_| Err(Refusal::NoSuchCall)).await;
            far
        });
        let began = Instant::now();
        for _ in 0..5 {
            assert_eq!(hears(&socket), "WATCHDOG=1");
        }
        assert!(began.elapsed() < LONG);
        // The loop ends by itself.
        handle.drain(true).unwrap();
        going.abort();
        let still = tokio::time::timeout(LONG, heart.stands_still()).await;
        assert!(still.is_ok());
    }

    #[tokio::test]
    async fn an_end_in_order_is_told() {
        let (teller, socket, _folder) = watcher();
        let (handle, _far) = FarSide::new();
        Heart::start(handle, teller).stop();
        let mut said = hears(&socket);
        if said.starts_with("READY=1") {
            said = hears(&socket);
        }
        assert!(said.starts_with("STOPPING=1"), "{said}");
    }
}
