//! Writes spools: opens them while there is room, appends what was said, and says when a recording must end before its call.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::Wanted;
use super::binder::Done;
use super::catch::{Hand, Job};
use super::dials::Recorder as Dials;
use super::shelf::{Page, Shelf, probe};
use crate::command::{Event, Leg, MessageEnd, Room, Trouble, Unrecorded};
use crate::spool::SPOOL;

/// Between two looks at the disk: an alarm stands within 5 s, whether anybody calls or not.
const LOOK: Duration = Duration::from_secs(2);

type Key = (Room, Option<Leg>);

/// A spool.
struct Spool {
    path: PathBuf,
    /// `None`: it had to end.
    page: Option<Box<dyn Page>>,
}

/// The recorder's second thread.
pub(super) struct Writer {
    pub(super) shelf: Arc<dyn Shelf>,
    pub(super) wanted: Wanted,
    pub(super) dials: Dials,
    pub(super) hand: Hand,
    pub(super) done: SyncSender<Done>,
    pub(super) tell: mpsc::Sender<Event>,
    pub(super) spools: Spools,
}

/// What is being written.
#[derive(Default)]
pub(super) struct Spools {
    open: HashMap<Key, Spool>,
    /// How many messages a room has had.
    numbers: HashMap<Room, u32>,
}

impl Writer {
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        let mut due = Instant::now();
        loop {
            let now = Instant::now();
            if now >= due {
                due = now + LOOK;
                self.hand.takes();
                self.look();
                self.hand.is_free();
            }
            match jobs.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(job) => {
                    self.hand.takes();
                    self.take(job);
                    self.hand.is_free();
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn tell(&self, trouble: Trouble) {
        // The listener is gone when this fails: the process ends.
        let _ = self.tell.blocking_send(Event::Trouble(trouble));
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Open(room, spec) => self.open((room, None), &spec.folder, &spec.stem),
            Job::Message(room, leg, spec) => {
                let number = self.spools.numbers.entry(room).or_default();
                *number += 1;
                let stem = format!("{}-message-{number}", spec.stem);
                self.open((room, Some(leg)), &spec.folder, &stem);
            }
            Job::Bytes(room, leg, bytes) => {
                self.write((room, leg), &bytes);
                self.dials.written(bytes.capacity());
            }
            Job::MessageEnded(room, leg, frames, ended) => self.end_message(room, leg, frames, ended),
            Job::Discard(room, leg) => self.hand_over(Done::Discard(room, leg)),
            Job::Lost(room, frames) => self.tell(Trouble::FramesLost { room, frames }),
            Job::Close(room, frames) => {
                self.spools.numbers.remove(&room);
                if let Some(spool) = self.spools.open.remove(&(room, None)) {
                    let frames = spool.page.is_some().then_some(frames);
                    self.hand_over(Done::Call(room, spool.path, frames));
                }
            }
        }
    }

    fn open(&mut self, key: Key, folder: &Path, stem: &str) {
        let path = folder.join(format!("{stem}.{SPOOL}"));
        let opened = match self.room_in(folder) {
            Ok(()) => self.shelf.create(&path).map_err(|error| Unrecorded::from(&error)),
            Err(why) => Err(why),
        };
        match opened {
            Ok(page) => {
                self.state(None);
                self.spools.open.insert(key, Spool { path, page: Some(page) });
            }
            Err(why) => {
                self.state(Some(&why));
                self.tell(Trouble::NotRecorded { room: key.0, why });
            }
        }
    }

    /// Whether another recording may begin there.
    fn room_in(&self, folder: &Path) -> Result<(), Unrecorded> {
        let free = fs::create_dir_all(folder).and_then(|()| self.shelf.free(folder));
        match free {
            Ok(free) if free < self.wanted.keep_free => Err(Unrecorded::DiskFull),
            Ok(_) => Ok(()),
            Err(error) => Err(Unrecorded::from(&error)),
        }
    }

    fn write(&mut self, key: Key, bytes: &[u8]) {
        let page = self.spools.open.get_mut(&key).and_then(|spool| spool.page.as_mut());
        let written = page.map(|page| page.write_all(bytes).and_then(|()| page.flush()));
        if let Some(Err(error)) = written {
            let why = Unrecorded::from(&error);
            self.state(Some(&why));
            self.cut(key, why);
        }
    }

    /// What was written so far stays; nothing comes after it.
    fn cut(&mut self, key: Key, why: Unrecorded) {
        if let Some(spool) = self.spools.open.get_mut(&key) {
            spool.page = None;
            self.tell(Trouble::NotRecorded { room: key.0, why });
        }
    }

    /// How the disk is, and what follows from it. Half of what shall stay free is left to what runs; the other half is the
    /// case store's, and what runs ends there.
    fn look(&mut self) {
        let Some(folder) = self.wanted.folder.clone() else { return };
        let found = fs::create_dir_all(&folder)
            .and_then(|()| probe(&*self.shelf, &folder))
            .and_then(|()| Ok(self.wanted.locker.ready()?))
            .and_then(|()| self.shelf.free(&folder));
        let free = match found {
            Ok(free) => free,
            Err(error) => return self.state(Some(&Unrecorded::from(&error))),
        };
        self.dials.set_free(free);
        self.state((free < self.wanted.keep_free).then_some(&Unrecorded::DiskFull));
        if free < self.wanted.keep_free / 2 {
            let running = self.spools.open.iter().filter(|(_, spool)| spool.page.is_some());
            let running: Vec<Key> = running.map(|(key, _)| *key).collect();
            running.into_iter().for_each(|key| self.cut(key, Unrecorded::DiskFull));
        }
    }

    fn state(&self, why: Option<&Unrecorded>) {
        if !self.dials.set_stopped(why) {
            return;
        }
        match why {
            None => tracing::info!("new calls are recorded again"),
            Some(Unrecorded::DiskFull) => {
                tracing::error!("nothing is recorded: the disk of the recordings is full; calls go on");
            }
            Some(Unrecorded::Failed(why)) => {
                tracing::error!(
                    why,
                    "nothing is recorded: the folder of the recordings or their key can't be used"
                );
            }
        }
    }

    fn end_message(&mut self, room: Room, leg: Leg, frames: u32, ended: MessageEnd) {
        let spool = self.spools.open.remove(&(room, Some(leg)));
        let nothing = |length_ms| Event::MessageTaken { room, leg, length_ms, ended, file: None };
        match spool {
            // The listener is gone when this fails: the process ends.
            None => drop(self.tell.blocking_send(nothing(frames.saturating_mul(20)))),
            Some(spool) if frames == 0 => {
                drop(spool.page);
                if let Err(error) = fs::remove_file(spool.path) {
                    self.tell(Trouble::NotRecorded { room, why: Unrecorded::from(&error) });
                }
                drop(self.tell.blocking_send(nothing(0)));
            }
            Some(Spool { path, page }) => {
                let whole = page.is_some();
                self.hand_over(Done::Message { room, leg, path, frames, whole, ended });
            }
        }
    }

    fn hand_over(&self, done: Done) {
        // The binder ends only after this thread.
        let _ = self.done.send(done);
    }
}

/// Bytes of a file, as far as it can be told.
pub(super) fn size(path: &Path) -> io::Result<u64> {
    Ok(fs::metadata(path)?.len())
}
