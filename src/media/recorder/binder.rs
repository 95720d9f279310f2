//! Makes WAV files of spools that are done; what finds no room now is tried again.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::Wanted;
use super::dials::Recorder as Dials;
use super::press::Work;
use super::shelf::Shelf;
use super::writer::size;
use crate::bind::{bind, bind_message};
use crate::command::{Event, Leg, MessageEnd, Room, Trouble, Unrecorded};

/// Spools that are done and find no room. When full: the oldest is left to the next start, which finishes it.
const WAITING: usize = 4_096;
/// Between two tries of what waits.
const AGAIN: Duration = Duration::from_secs(5);

/// A spool that is done.
pub(super) enum Done {
    /// A call's; its length in 20 ms, `None` when it had to end before.
    Call(Room, PathBuf, Option<u32>),
    Message {
        room: Room,
        leg: Leg,
        path: PathBuf,
        frames: u32,
        whole: bool,
        ended: MessageEnd,
    },
    Discard(Room, Leg),
}

impl Done {
    fn spool(&self) -> Option<&Path> {
        match self {
            Self::Call(_, path, _) | Self::Message { path, .. } => Some(path),
            Self::Discard(..) => None,
        }
    }
}

/// The recorder's third thread.
pub(super) struct Binder {
    pub(super) shelf: Arc<dyn Shelf>,
    pub(super) wanted: Wanted,
    pub(super) dials: Dials,
    pub(super) tell: mpsc::Sender<Event>,
    /// The last message of each leg.
    pub(super) last: HashMap<(Room, Leg), PathBuf>,
    pub(super) waiting: VecDeque<Done>,
    /// Who makes files smaller. When it has too much to do: it finds them by itself later.
    pub(super) press: Option<SyncSender<Work>>,
    /// The press need not finish what it does.
    pub(super) ends: Arc<AtomicBool>,
}

impl Binder {
    pub(super) fn run(mut self, finished: &Receiver<Done>) {
        let mut due = Instant::now() + AGAIN;
        loop {
            match finished.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(done) => {
                    if let Some(done) = self.take(done, true) {
                        self.wait(done);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    due = Instant::now() + AGAIN;
                    self.again();
                }
                // What still waits is finished by the next start.
                Err(RecvTimeoutError::Disconnected) => {
                    self.ends.store(true, Ordering::Relaxed);
                    return;
                }
            }
        }
    }

    /// Files whose row is on its way.
    fn press<'f>(&self, files: impl IntoIterator<Item = &'f PathBuf>) {
        let Some(press) = &self.press else { return };
        for path in files {
            let _ = press.try_send(Work::Press(path.clone()));
        }
    }

    fn wait(&mut self, done: Done) {
        if self.waiting.len() >= WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(done);
        self.dials.set_unfinished(self.waiting.len());
    }

    fn again(&mut self) {
        for _ in 0..self.waiting.len() {
            let Some(done) = self.waiting.pop_front() else { break };
            if let Some(done) = self.take(done, false) {
                self.waiting.push_back(done);
            }
        }
        self.dials.set_unfinished(self.waiting.len());
    }

    /// A file as large as the spool or somewhat larger must fit, and the case store's half stays free.
    fn fits(&self, path: &Path) -> io::Result<()> {
        let (Some(folder), spool) = (path.parent(), size(path)?) else { return Ok(()) };
        let wanted = spool.saturating_mul(2).saturating_add(self.wanted.keep_free / 2);
        if self.shelf.free(folder)? < wanted { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    /// What must be tried again comes back; `first`: it is told then.
    fn take(&mut self, done: Done, first: bool) -> Option<Done> {
        if let Err(error) = done.spool().map_or(Ok(()), |path| self.fits(path)) {
            return self.failed(done, &error, first);
        }
        let mut made = Vec::new();
        let event = match &done {
            Done::Call(room, path, frames) => match bind(&*self.shelf, path, *frames) {
                Ok(files) => {
                    self.last.retain(|(r, _), _| r != room);
                    made.extend(files.iter().map(|file| file.path.clone()));
                    Event::RecordingClosed { room: *room, files }
                }
                Err(error) => return self.failed(done, &error, first),
            },
            Done::Message { room, leg, path, frames, whole, ended } => {
                let file = match bind_message(&*self.shelf, path, whole.then_some(*frames)) {
                    Ok(file) => file,
                    Err(error) => return self.failed(done, &error, first),
                };
                self.last.insert((*room, *leg), file.path.clone());
                made.push(file.path.clone());
                let (room, leg, ended) = (*room, *leg, *ended);
                Event::MessageTaken {
                    room,
                    leg,
                    length_ms: frames.saturating_mul(20),
                    ended,
                    file: Some(file),
                }
            }
            Done::Discard(room, leg) => {
                let path = self.last.remove(&(*room, *leg))?;
                let removed = std::fs::remove_file(&path);
                if let Some(press) = &self.press {
                    // It ends only after this thread, and what is left of the file must go.
                    let _ = press.send(Work::Forget(path));
                }
                let error = removed.err().filter(|error| error.kind() != io::ErrorKind::NotFound)?;
                Event::Trouble(Trouble::NotRecorded { room: *room, why: Unrecorded::from(&error) })
            }
        };
        self.tell(event);
        self.press(&made);
        None
    }

    fn tell(&self, event: Event) {
        // The listener is gone when this fails: the process ends, and the files are on disk.
        let _ = self.tell.blocking_send(event);
    }

    /// Told once. A spool that is gone needs no other try.
    fn failed(&self, done: Done, error: &io::Error, first: bool) -> Option<Done> {
        let why = Unrecorded::from(error);
        let room = match &done {
            Done::Call(room, ..) | Done::Message { room, .. } | Done::Discard(room, _) => *room,
        };
        if first {
            self.tell(Event::Trouble(Trouble::Unfinished { room, why }));
        }
        (error.kind() != io::ErrorKind::NotFound).then_some(done)
    }
}
