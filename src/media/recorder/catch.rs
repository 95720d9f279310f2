//! Takes what the media threads say out of their rings into memory, and hands it on in pieces: never waits for the disk.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::thread;
use std::time::{Duration, Instant};

use super::dials::Recorder as Dials;
use crate::command::{Leg, MessageEnd, RecordingSpec, Room};
use crate::spool;
use crate::tape::{File, Frame, Tape};
use crate::urgency;

/// Sound in memory that waits for the disk: 30 s of 100 three-way calls in which everybody speaks (15,000 frames a
/// second), 10 s of 300. It is there only while the disk is slow. When full: frames are lost and counted
/// ([`crate::command::Trouble::FramesLost`]); their place stays silent, so that the tracks stay together.
const MOST_BEHIND: u64 = 150 << 20;
/// How long the thread rests when there is nothing to take: far less than a ring holds.
const REST: Duration = Duration::from_millis(10);
/// What is said is given to the system at least this often: a crash loses no more.
const FLUSH: Duration = Duration::from_millis(500);
/// So much of one recording is handed on before that.
const PIECE: usize = 1 << 16;
/// A disk that has one piece in hand for so long is slow.
const SLOW: Duration = Duration::from_secs(3);

/// One thing for the disk.
#[derive(Debug)]
pub(super) enum Job {
    Open(Room, Box<RecordingSpec>),
    Message(Room, Leg, Box<RecordingSpec>),
    /// What was said, as it stands in a spool: of the call, or of a leg's message.
    Bytes(Room, Option<Leg>, Vec<u8>),
    MessageEnded(Room, Leg, u32, MessageEnd),
    Discard(Room, Leg),
    Lost(Room, u64),
    Close(Room, u32),
}

/// Since when the disk has its present job: ms since the start and one, 0 while it has none.
#[derive(Clone, Debug)]
pub(super) struct Hand(Instant, Arc<AtomicU64>);

impl Hand {
    pub(super) fn new() -> Self {
        Self(Instant::now(), Arc::default())
    }

    fn ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }

    pub(super) fn takes(&self) {
        self.1.store(self.ms(), Ordering::Relaxed);
    }

    pub(super) fn is_free(&self) {
        self.1.store(0, Ordering::Relaxed);
    }

    fn is_slow(&self) -> bool {
        let since = self.1.load(Ordering::Relaxed);
        since > 0 && u128::from(self.ms().saturating_sub(since)) > SLOW.as_millis()
    }
}

/// The recorder's first thread.
pub(super) struct Catch {
    /// What was said since the last hand-over.
    heaps: HashMap<(Room, Option<Leg>), Vec<u8>>,
    lost: HashMap<Room, u64>,
    jobs: SyncSender<Job>,
    hand: Hand,
    dials: Dials,
}

impl Catch {
    pub(super) fn new(jobs: SyncSender<Job>, hand: Hand, dials: Dials) -> Self {
        Self { heaps: HashMap::new(), lost: HashMap::new(), jobs, hand, dials }
    }

    pub(super) fn run(mut self, mut rings: Vec<rtrb::Consumer<Tape>>) {
        // After the media threads and before everything else: rings are short.
        urgency::raise_for_recorder();
        let mut flushed = Instant::now();
        loop {
            let mut idle = true;
            for ring in &mut rings {
                while let Ok(tape) = ring.pop() {
                    idle = false;
                    self.take(tape);
                }
            }
            rings.retain(|ring| !ring.is_abandoned() || !ring.is_empty());
            if flushed.elapsed() >= FLUSH {
                flushed = Instant::now();
                self.flush();
            }
            if rings.is_empty() {
                return;
            }
            if idle {
                thread::sleep(REST);
            }
        }
    }

    fn take(&mut self, tape: Tape) {
        match tape {
            Tape::Open(room, spec) => {
                self.heaps.insert((room, None), Vec::new());
                self.order(Job::Open(room, spec));
            }
            Tape::Track(room, at, name) => self.add((room, None), |heap| spool::put_track(heap, at, name)),
            Tape::Frame(frame) => self.frame(&frame),
            Tape::Reached(room, at) => self.add((room, None), |heap| spool::put_reached(heap, at)),
            Tape::Message(room, leg, spec) => {
                self.heaps.insert((room, Some(leg)), Vec::new());
                self.order(Job::Message(room, leg, spec));
            }
            Tape::MessageEnded(room, leg, frames, ended) => {
                self.rest((room, Some(leg)));
                self.order(Job::MessageEnded(room, leg, frames, ended));
            }
            Tape::Discard(room, leg) => self.order(Job::Discard(room, leg)),
            Tape::Lost(room, frames) => self.lose(room, frames),
            Tape::Close(room, frames) => {
                self.rest((room, None));
                if let Some(frames) = self.lost.remove(&room) {
                    self.order(Job::Lost(room, frames));
                }
                self.order(Job::Close(room, frames));
            }
        }
    }

    fn frame(&mut self, frame: &Frame) {
        let (key, private) = match frame.file {
            File::Main => ((frame.room, None), false),
            File::Private => ((frame.room, None), true),
            File::Message(leg) => ((frame.room, Some(leg)), false),
        };
        if !self.heaps.contains_key(&key) {
            return;
        }
        if self.dials.behind() >= MOST_BEHIND {
            return self.lose(frame.room, 1);
        }
        self.add(key, |heap| spool::put_frame(heap, private, frame.at, frame.track, &frame.samples));
        if self.heaps.get(&key).is_some_and(|heap| heap.len() >= PIECE) {
            self.pass_on(key);
        }
    }

    fn lose(&mut self, room: Room, frames: u64) {
        *self.lost.entry(room).or_default() += frames;
        self.dials.lose(frames);
    }

    fn add(&mut self, key: (Room, Option<Leg>), put: impl FnOnce(&mut Vec<u8>)) {
        let Some(heap) = self.heaps.get_mut(&key) else { return };
        let before = heap.capacity();
        put(heap);
        self.dials.waits(heap.capacity() - before);
    }

    /// What has gathered goes to the disk; when that has too much to do it gathers on.
    fn pass_on(&mut self, key: (Room, Option<Leg>)) {
        let Some(heap) = self.heaps.get_mut(&key).filter(|heap| !heap.is_empty()) else { return };
        match self.jobs.try_send(Job::Bytes(key.0, key.1, std::mem::take(heap))) {
            Err(TrySendError::Full(Job::Bytes(_, _, bytes))) => *heap = bytes,
            // The disk's thread ends only after this one.
            Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
        }
    }

    /// The last of a recording.
    fn rest(&mut self, key: (Room, Option<Leg>)) {
        if let Some(heap) = self.heaps.remove(&key).filter(|heap| !heap.is_empty()) {
            self.order(Job::Bytes(key.0, key.1, heap));
        }
    }

    /// Orders may wait: the rings take up what comes meanwhile.
    fn order(&self, job: Job) {
        // The disk's thread ends only after this one.
        let _ = self.jobs.send(job);
    }

    fn flush(&mut self) {
        let keys: Vec<_> = self.heaps.keys().copied().collect();
        keys.into_iter().for_each(|key| self.pass_on(key));
        let jobs = &self.jobs;
        self.lost.retain(|room, frames| jobs.try_send(Job::Lost(*room, *frames)).is_err());
        let slow = self.hand.is_slow();
        if self.dials.set_slow(slow) {
            if slow {
                tracing::error!(
                    "the disk of the recordings does not write: look at it; sound waits in memory"
                );
            } else {
                tracing::info!("the disk of the recordings writes again");
            }
        }
    }
}
