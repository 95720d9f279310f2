//! The local journal: what must not be lost is on this disk before it is acknowledged, whatever the database does.
//!
//! A folder of segments, each of one size and reserved beforehand, so that a full disk does not stop it. A segment has a
//! head and then blocks; a block is one group of frames, written and synced in one go, and begins on a sector of its own.
//! A frame has a sequence number, a kind, a version and a payload, which is nothing to the journal.
//!
//! - [`Journal::append`] returns when the frames are on disk. What failed was not acknowledged, and may be there yet.
//! - [`Journal::open`] finds the end again: a torn last block is cut, for it was never acknowledged. What is missing
//!   before the end was on disk once and is damage: it is told as a [`Gap`], never passed over in silence.
//! - [`Journal::read`] gives the frames after one that the reader has; [`Journal::pass`] lets go of what is in the store.
//!
//! There is no clock, thread or randomness in here, and every touch of the disk goes through [`Disk`]: [`RealDisk`] is a
//! folder, [`fake::FakeDisk`] a seeded one that loses, tears, fails and fills up, for this crate's tests and the simulator.
//!
//! ```
//! use journal::{Draft, Journal, Setup, fake::FakeDisk};
//!
//! let disk = FakeDisk::new(7);
//! let (mut journal, _) = Journal::open(Box::new(disk.clone()), Setup::small(1))?;
//! journal.append(&[Draft { kind: 1, version: 1, payload: b"a call came" }])?;
//! drop(journal);
//! disk.cut_power();
//! let (mut journal, found) = Journal::open(Box::new(disk), Setup::small(2))?;
//! assert_eq!((found.next, found.gaps.len()), (2, 0));
//! assert_eq!(journal.read(0, 1 << 20)?.frames[0].payload, b"a call came");
//! # Ok::<(), journal::JournalError>(())
//! ```

mod disk;
mod error;
pub mod fake;
mod frame;
mod inspect;
mod journal;
mod read;
mod real;
mod reserve;
mod scan;
mod setup;

pub use disk::{Disk, DiskFile};
pub use error::JournalError;
pub use frame::{Draft, Frame, SECTOR};
pub use inspect::{Inspected, inspect};
pub use journal::{Figures, Journal};
pub use read::Batch;
pub use real::{LookedAt, RealDisk};
pub use scan::{Gap, Opened};
pub use setup::Setup;
