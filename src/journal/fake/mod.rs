//! A disk for tests: seeded, in memory, and as bad as told. What it does depends on its seed and the calls alone.
//!
//! Power cuts lose what was not synced, sector by sector, each at any of its last states; names come back as of some
//! moment since the last sync of the folder. Writes and syncs fail, do none, some or all of it, and say so or not in
//! time; after a failed sync the kernel takes for clean what is not on disk. The disk fills up, and is slow.

mod dice;
mod file;
mod state;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::disk::{Disk, DiskFile};
use crate::frame::SECTOR;
use file::FakeFile;
use state::State;

/// How bad it is. Chances are in thousandths of the calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Faults {
    /// Writes and syncs that give an error; half of those did some or all of it.
    pub write_errors: u32,
    /// Reads that give an error.
    pub read_errors: u32,
    /// Makings, renamings, removals and syncs of names that give an error; half of those were done.
    pub name_errors: u32,
    /// Syncs that take [`Self::slow`] longer.
    pub slow_syncs: u32,
    /// How much longer.
    pub slow: Duration,
    /// Bytes that all files together may take; more gives `StorageFull`. What was preallocated is taken already.
    pub room: Option<u64>,
    /// Nothing can be written or changed.
    pub read_only: bool,
}

/// The disk; a clone is the same disk.
#[derive(Clone)]
pub struct FakeDisk(Arc<Mutex<State>>);

impl fmt::Debug for FakeDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeDisk")
    }
}

impl FakeDisk {
    /// An empty disk without faults.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State::new(seed))))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on it is so bad.
    pub fn set(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// How bad it is.
    pub fn faults(&self) -> Faults {
        self.state().faults
    }

    /// Cuts the power, and gives it back at once: what was not synced is lost, or not. Files that were open give errors.
    pub fn cut_power(&self) {
        self.state().cut_power();
    }

    /// Cuts the power during the so-manieth write, sync or change of a name from now on (0 is the next): that call does
    /// some of its work, gives an error, and so does everything after it until [`Self::cut_power`].
    pub fn cut_power_in(&self, calls: u64) {
        self.state().cut_in = Some(calls);
    }

    /// Whether the power went in the middle of a call: see [`Self::cut_power_in`].
    pub fn is_off(&self) -> bool {
        self.state().off
    }

    /// What slow syncs took since this was asked last: the caller's clock is moved on by it.
    pub fn took(&self) -> Duration {
        std::mem::take(&mut self.state().took)
    }

    /// Writes, syncs and changes of names so far.
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// Bytes that all files take.
    pub fn used(&self) -> u64 {
        self.state().used()
    }

    /// Turns a bit of what is on disk for good: the medium is old. Whether there is such a byte.
    pub fn rot(&self, name: &str, at: u64) -> bool {
        self.state().rot(name, at)
    }

    /// Sectors of a file from this byte on give an error when they are read, always.
    pub fn scratch(&self, name: &str, at: u64) {
        self.state().scratch(name, at / SECTOR as u64);
    }
}

impl Disk for FakeDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        self.state().list()
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let (id, power) = self.state().create(name)?;
        Ok(Box::new(FakeFile { disk: self.clone(), id, power }))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let (id, power) = self.state().open(name)?;
        Ok(Box::new(FakeFile { disk: self.clone(), id, power }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.state().rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.state().remove(name)
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.state().sync_dir()
    }
}
