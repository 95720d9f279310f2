//! What can go wrong with the journal, each with what the reader can do about it.

use std::io;

/// Why the journal could not be opened, written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk did not do it.
    #[error(
        "the journal could not {what} ({why}): look at the disk and the rights of its folder; it is tried again"
    )]
    Disk {
        /// What was tried.
        what: &'static str,
        /// The system's words.
        why: io::Error,
    },
    /// There is no room, and the reserve is used up.
    #[error(
        "the disk of the journal is full and its reserve is used up: free space there; what waits is kept meanwhile"
    )]
    DiskFull,
    /// It has grown to its bound.
    #[error("the journal has grown to its bound of {mib} MiB: see why the store takes nothing from it")]
    Full {
        /// The bound.
        mib: u64,
    },
    /// Another process has it.
    #[error(
        "the journal {folder} is in use by another hotline process: stop that one, or give this one its own folder"
    )]
    InUse {
        /// Which.
        folder: String,
    },
    /// A later program wrote it.
    #[error("the journal was written by a newer hotline (layout {layout}): start that version")]
    Newer {
        /// The layout's number.
        layout: u32,
    },
    /// One frame is larger than a block can be.
    #[error(
        "a frame of {bytes} bytes does not fit the journal, whose frames have at most {most}: a fault of the program"
    )]
    TooLarge {
        /// Its payload.
        bytes: usize,
        /// What fits.
        most: usize,
    },
}

impl JournalError {
    pub(crate) fn disk(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |why| match why.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Disk { what, why },
        }
    }
}
