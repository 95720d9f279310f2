//! How the journal is, for whoever looks at the house: read without waiting.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use journal::{Figures, Journal};

/// How the journal in front of the store is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct JournalFigures {
    /// Records that are on the journal's disk and not in the database yet.
    pub behind: u64,
    /// Bytes that its segments take on the disk.
    pub bytes: u64,
    /// Bytes that are reserved for a full disk and free.
    pub reserve: u64,
    /// Bytes that ought to be.
    pub reserve_wanted: u64,
    /// Its reserve can't be kept: the disk is full, or fails.
    pub short: bool,
    /// Writes to its disk that failed and were tried again (counter).
    pub failures: u64,
}

/// Kept by the two that have the journal in their hands: who appends, and who brings it into the database.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    /// The last frame that is on disk.
    written: AtomicU64,
    /// The last frame that is in the database.
    fed: AtomicU64,
    bytes: AtomicU64,
    reserve: AtomicU64,
    reserve_wanted: AtomicU64,
    failures: AtomicU64,
    short: AtomicBool,
}

impl Gauges {
    /// After something was done with the journal.
    pub(crate) fn look(&self, journal: &Journal) {
        let Figures { failures, segments, segment_bytes, reserve_bytes, reserve_wanted, next, .. } =
            journal.figures();
        self.written.store(next.saturating_sub(1), Ordering::Release);
        self.bytes.store(segment_bytes.saturating_mul(segments as u64), Ordering::Relaxed);
        self.reserve.store(reserve_bytes, Ordering::Relaxed);
        self.reserve_wanted.store(reserve_wanted, Ordering::Relaxed);
        self.failures.store(failures, Ordering::Relaxed);
    }

    pub(crate) fn set_fed(&self, through: u64) {
        self.fed.store(through, Ordering::Release);
    }

    pub(crate) fn set_short(&self, short: bool) {
        self.short.store(short, Ordering::Relaxed);
    }

    pub(crate) fn is_short(&self) -> bool {
        self.short.load(Ordering::Relaxed)
    }

    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Acquire)
    }

    pub(crate) fn fed(&self) -> u64 {
        self.fed.load(Ordering::Acquire)
    }

    pub(crate) fn read(&self) -> JournalFigures {
        JournalFigures {
            behind: self.written().saturating_sub(self.fed()),
            bytes: self.bytes.load(Ordering::Relaxed),
            reserve: self.reserve.load(Ordering::Relaxed),
            reserve_wanted: self.reserve_wanted.load(Ordering::Relaxed),
            short: self.is_short(),
            failures: self.failures.load(Ordering::Relaxed),
        }
    }
}
