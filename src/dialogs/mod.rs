//! Which SIP dialogs stand, on this disk: what a crash cuts is ended by the next process, by BYE to both ends.
//!
//! A small journal beside the store, sealed, for each life of the house one of its own (`dialogs/0`, `dialogs/1` while two stand
//! side by side). A dialog is written when it is confirmed, behind the loop and some ms later, and struck out at its end. Whoever
//! begins takes over what is in the folders that nobody has.

mod book;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use config::settings::Settings;
use journal::JournalError;
use sip::{SessionId, Standing};
use switchboard::severed::{self, Keep, News};
use tokio::sync::oneshot;
use vault::machine::{System, key_file};
use vault::{Masters, VaultError};

use book::{Book, Name, Step};

use crate::sound;

/// Changes that are not written yet. When full the next ones are lost, and counted as troubles.
const WAITING: usize = 4_096;
/// Lives of one house that can stand side by side with dialogs noted: each stays half a minute for its last
/// transactions, which is a dozen when one follows the other at once. A further one does without.
const LIVES: usize = 64;
/// So long a dialog that was cut is kept: until its BYE has been repeated some times. A further crash within it says BYE again.
const KEPT: Duration = Duration::from_secs(10);
/// Changes that are written and synced in one go.
const GROUP: usize = 256;

/// Why dialogs are not noted; calls go on without.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialogError {
    /// The folder, or the disk.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The key file.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// So many lives of this house stand already.
    #[error("all folders below {} are taken by other lives of this house: end them", .0.display())]
    Taken(PathBuf),
    /// The key file is made by the store.
    #[error("there is no key file {} yet", .0.display())]
    NoKey(PathBuf),
    /// The system gives no thread.
    #[error(transparent)]
    System(#[from] std::io::Error),
}

/// What the thread is asked.
enum Ask {
    News(News),
    /// Take over what lives have left that are gone now.
    Adopt(oneshot::Sender<Vec<Standing>>),
}

/// The thread that takes down which dialogs stand.
pub(crate) struct Dialogs {
    asks: Option<SyncSender<Ask>>,
    work: Option<JoinHandle<()>>,
}

impl Dialogs {
    /// [`Dialogs::open`] in the folder beside the key file of this house.
    pub(crate) async fn beside(settings: &Settings) -> (Self, Vec<Standing>) {
        let key_file = sound::key_file(settings);
        Self::open(key_file.with_file_name("dialogs"), key_file).await
    }

    /// Opens the folder of this life below `folder`; what a crash has cut. When it can't be opened it is told in the log, and
    /// nothing is noted.
    pub(crate) async fn open(folder: PathBuf, key_file: PathBuf) -> (Self, Vec<Standing>) {
        let opened = tokio::task::spawn_blocking(move || Scribe::open(&folder, &key_file)).await;
        let opened = opened.map_err(std::io::Error::other).map_err(DialogError::from).flatten();
        let started = opened.and_then(|(scribe, cut)| {
            let (asks, asked) = sync_channel(WAITING);
            let work = thread::Builder::new().name("dialogs".to_owned()).spawn(move || scribe.run(&asked))?;
            Ok((Self { asks: Some(asks), work: Some(work) }, cut))
        });
        started.unwrap_or_else(|error| {
            tracing::error!(%error, "which dialogs stand is not noted: after a crash far ends would not be told");
            (Self { asks: None, work: None }, Vec::new())
        })
    }

    /// Where the loop tells its changes; `None`: nobody notes them.
    pub(crate) fn keep(&self) -> Option<Keep> {
        let asks = self.asks.clone()?;
        Some(Box::new(move |news| asks.try_send(Ask::News(news)).is_ok()))
    }

    /// Takes over what other lives have left that are gone by now; their dialogs.
    pub(crate) async fn adopt(&self) -> Vec<Standing> {
        let (reply, cut) = oneshot::channel();
        match self.asks.as_ref().map(|asks| asks.try_send(Ask::Adopt(reply))) {
            Some(Ok(())) => cut.await.unwrap_or_default(),
            Some(Err(_)) | None => Vec::new(),
        }
    }

    /// Writes what waits and ends. The loop has ended before.
    pub(crate) fn close(self) {
        let Self { asks, work } = self;
        drop(asks);
        if let Some(work) = work {
            // What panicked has ended too.
            let _ = work.join();
        }
    }
}

/// What the thread has.
struct Scribe {
    folder: PathBuf,
    masters: Masters,
    book: Book,
    /// This life's part of the names: sessions are counted from the start of each.
    life: u64,
    /// Dialogs of dead processes, and when they are struck out.
    cut: Vec<(Instant, Name)>,
    troubled: bool,
}

impl Scribe {
    fn open(folder: &Path, key_file: &Path) -> Result<(Self, Vec<Standing>), DialogError> {
        let masters = key_file::load(key_file)?.ok_or_else(|| DialogError::NoKey(key_file.to_owned()))?;
        let mut own = None;
        for number in 0..LIVES {
            match Book::open(&folder.join(number.to_string()), &masters) {
                Err(DialogError::Journal(JournalError::InUse { .. })) => {}
                opened => {
                    own = Some(opened?);
                    break;
                }
            }
        }
        let Some(book) = own else { return Err(DialogError::Taken(folder.to_owned())) };
        let mut drawn = [0; 8];
        vault::Chance::fill(&System::new(), &mut drawn)?;
        let (life, cut) = (u64::from_be_bytes(drawn), Vec::new());
        let mut scribe = Self { folder: folder.to_owned(), masters, book, life, cut, troubled: false };
        let mut standing: Vec<Standing> = Vec::new();
        for (name, page) in scribe.book.pages() {
            standing.extend(severed::read(&page));
            scribe.keep_for_a_while(name);
        }
        standing.extend(scribe.adopt());
        Ok((scribe, standing))
    }

    /// Takes over what is in folders that nobody has, and removes them.
    fn adopt(&mut self) -> Vec<Standing> {
        let mut standing = Vec::new();
        for number in 0..LIVES {
            let folder = self.folder.join(number.to_string());
            // This life's own one, and those of others that live, are taken.
            let Some(other) =
                folder.exists().then(|| Book::open(&folder, &self.masters)).and_then(Result::ok)
            else {
                continue;
            };
            let pages = other.pages();
            let steps: Vec<Step> =
                pages.iter().map(|(name, page)| Step::Stands(*name, page.clone())).collect();
            if let Err(error) = self.book.write(&steps) {
                tracing::error!(%error, "dialogs of a life that has died could not be taken over");
                continue;
            }
            for (name, page) in pages {
                standing.extend(severed::read(&page));
                self.keep_for_a_while(name);
            }
            // It is found again, and said again, when it can't be removed.
            let _ = std::fs::remove_dir_all(&folder);
        }
        standing
    }

    fn keep_for_a_while(&mut self, name: Name) {
        self.cut.push((Instant::now() + KEPT, name));
    }

    /// Until nobody can ask any more.
    fn run(mut self, asked: &Receiver<Ask>) {
        loop {
            let first = match self.cut.first() {
                Some((until, _)) => asked.recv_timeout(until.saturating_duration_since(Instant::now())),
                None => asked.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let mut steps = Vec::new();
            match first {
                Ok(ask) => {
                    self.take(ask, &mut steps);
                    while steps.len() < GROUP
                        && let Ok(ask) = asked.try_recv()
                    {
                        self.take(ask, &mut steps);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    let now = Instant::now();
                    let over = self.cut.extract_if(.., |(until, _)| *until <= now);
                    steps.extend(over.map(|(_, name)| Step::Over(name)));
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.write(&steps);
        }
    }

    fn take(&mut self, ask: Ask, steps: &mut Vec<Step>) {
        let name = |session: SessionId| Name { life: self.life, session: session.0 };
        match ask {
            Ask::News((session, Some(standing))) => {
                steps.push(Step::Stands(name(session), severed::written(&standing)));
            }
            Ask::News((session, None)) => steps.push(Step::Over(name(session))),
            Ask::Adopt(reply) => {
                // What was told before is on disk before the answer.
                self.write(&std::mem::take(steps));
                // Whoever asked may have ended.
                let _ = reply.send(self.adopt());
            }
        }
    }

    fn write(&mut self, steps: &[Step]) {
        let done = self.book.write(steps);
        if done.is_err() != std::mem::replace(&mut self.troubled, done.is_err()) {
            match done {
                Ok(()) => tracing::info!("which dialogs stand is noted again"),
                Err(error) => tracing::error!(
                    %error,
                    "which dialogs stand is not noted: after a crash some far ends would not be told"
                ),
            }
        }
    }
}
