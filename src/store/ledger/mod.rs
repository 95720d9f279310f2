//! The journal in front of the store: what calls record is on this machine's disk before it is told, whatever the database
//! does, and comes into the database in order, each record once.
//!
//! ```text
//! Writer --> desk --> journal (synced, in groups) --> told: on disk
//!                        |
//!                        +--> feeder --> one transaction: records + cursor --> database
//! ```
//!
//! While the database is away records stay in the journal, and the feeder tries again. While the journal's disk is away the
//! desk writes into the database itself, after all that the journal holds, and tells only then.

mod door;
mod feed;
mod feeder;
mod figures;
mod folders;
mod form;
mod look;
mod part;
mod passed;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

pub(crate) use feed::Feed;
pub(crate) use feeder::Feeder;
pub use figures::JournalFigures;
pub use folders::Replayed;
pub use look::JournalLook;
pub(crate) use passed::{PASS, Passed};

/// Where the journal is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalAt {
    /// Its folder. Each life of the house that runs has a folder of its own in it: `1`, `2`, ...
    pub folder: PathBuf,
    /// MiB that are kept for a full disk.
    pub reserve_mib: u64,
}

/// What stands in front of a store.
#[derive(Debug)]
pub(crate) enum Ledger {
    /// A journal.
    Journal(Arc<Feed>),
    /// Its disk was away at the start: why, in words. Records go into the database itself.
    Away(String),
}
