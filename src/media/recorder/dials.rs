//! What can be read of the recorder at any time: does it record, how much room is left, what waits for the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use crate::command::Unrecorded;

/// How the recorder is. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Figures>);

#[derive(Debug, Default)]
struct Figures {
    /// 0: records; else the place in [`WORDS`].
    stopped: AtomicU8,
    slow: AtomicBool,
    free: AtomicU64,
    behind: AtomicU64,
    lost: AtomicU64,
    unfinished: AtomicU64,
}

const FULL: u8 = 1;
const FAILS: u8 = 2;

impl Recorder {
    /// Why nothing is recorded now, or may soon be lost: `disk_full`, `disk_fails`, `disk_slow`. `None`: all is well.
    pub fn trouble(&self) -> Option<&'static str> {
        match self.0.stopped.load(Ordering::Relaxed) {
            FULL => Some("disk_full"),
            FAILS => Some("disk_fails"),
            _ => self.0.slow.load(Ordering::Relaxed).then_some("disk_slow"),
        }
    }

    /// Bytes that are free for recordings, as last looked for.
    pub fn free(&self) -> u64 {
        self.0.free.load(Ordering::Relaxed)
    }

    /// Bytes of sound in memory that wait for the disk.
    pub fn behind(&self) -> u64 {
        self.0.behind.load(Ordering::Relaxed)
    }

    /// Frames of 20 ms that found no place, since the start.
    pub fn frames_lost(&self) -> u64 {
        self.0.lost.load(Ordering::Relaxed)
    }

    /// Recordings that are over and wait for room to become files that play.
    pub fn unfinished(&self) -> u64 {
        self.0.unfinished.load(Ordering::Relaxed)
    }

    /// As the recorder notes it: why nothing is recorded. True: that is news.
    pub(crate) fn set_stopped(&self, why: Option<&Unrecorded>) -> bool {
        let now = match why {
            None => 0,
            Some(Unrecorded::DiskFull) => FULL,
            Some(Unrecorded::Failed(_)) => FAILS,
        };
        self.0.stopped.swap(now, Ordering::Relaxed) != now
    }

    /// As the recorder notes it: the disk has had one piece in hand for seconds. True: that is news.
    pub fn set_slow(&self, slow: bool) -> bool {
        self.0.slow.swap(slow, Ordering::Relaxed) != slow
    }

    pub(crate) fn set_free(&self, bytes: u64) {
        self.0.free.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn set_unfinished(&self, count: usize) {
        self.0.unfinished.store(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn waits(&self, bytes: usize) {
        self.0.behind.fetch_add(u64::try_from(bytes).unwrap_or_default(), Ordering::Relaxed);
    }

    pub(crate) fn written(&self, bytes: usize) {
        self.0.behind.fetch_sub(u64::try_from(bytes).unwrap_or_default(), Ordering::Relaxed);
    }

    pub(crate) fn lose(&self, frames: u64) {
        self.0.lost.fetch_add(frames, Ordering::Relaxed);
    }
}
