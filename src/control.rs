//! The control socket of a running house: what an admin's command asks on this machine, brought to whoever runs it.

use std::path::Path;
use std::time::Duration;

use handover::contract::{Answer, Ask};
use handover::{Channel, Door, HandoverError};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Asks that wait for whoever runs the house. When full: the next one at the door waits.
const WAITING: usize = 8;
/// Whoever has come in says within this what they want; then they are shown out.
const FIRST_WORDS: Duration = Duration::from_secs(5);
/// After a fault of the socket the next knock is waited for after this.
const REST: Duration = Duration::from_millis(200);

/// An ask, and the conversation in which it is answered.
pub(crate) struct Asked {
    /// What is wanted.
    pub(crate) ask: Ask,
    /// By whom.
    pub(crate) channel: Channel,
}

impl Asked {
    /// Answers; that nobody listens any more is their business.
    pub(crate) async fn answer(mut self, answer: Answer) {
        let _ = self.channel.say(&answer).await;
    }
}

/// The open control socket. Dropping it closes it.
pub(crate) struct Control {
    asked: mpsc::Receiver<Asked>,
    task: JoinHandle<()>,
}

impl Control {
    /// Opens it.
    ///
    /// # Errors
    /// [`HandoverError::Socket`].
    pub(crate) fn open(path: &Path) -> Result<Self, HandoverError> {
        let door = Door::open(path)?;
        let (tell, asked) = mpsc::channel(WAITING);
        Ok(Self { asked, task: tokio::spawn(welcome(door, tell)) })
    }

    /// The next ask.
    pub(crate) async fn next(&mut self) -> Option<Asked> {
        self.asked.recv().await
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn welcome(door: Door, tell: mpsc::Sender<Asked>) {
    loop {
        let mut channel = match door.accept().await {
            Ok(channel) => channel,
            Err(error) => {
                tracing::warn!(%error, "the control socket");
                tokio::time::sleep(REST).await;
                continue;
            }
        };
        // A room for each is kept before they speak: no more of them than fit are in the house.
        let Ok(room) = tell.clone().reserve_owned().await else { return };
        tokio::spawn(async move {
            match timeout(FIRST_WORDS, channel.receive::<Ask>()).await {
                Ok(Ok(parcel)) => drop(room.send(Asked { ask: parcel.head, channel })),
                Ok(Err(error)) => tracing::debug!(%error, "the control socket"),
                Err(_) => tracing::debug!("somebody at the control socket said nothing"),
            }
        });
    }
}
