//! What an admin must know of the sound; no call ends by it.

use crate::command::{Leg, Room};

/// Why a recording does not begin, or ends before its call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unrecorded {
    /// Less is free than shall stay free, or nothing at all: make room. The next calls are recorded again.
    DiskFull,
    /// The system's words: the folder can't be written, or the disk fails.
    Failed(String),
}

impl Unrecorded {
    /// As it stands in a call's time line.
    pub fn word(&self) -> &'static str {
        match self {
            Self::DiskFull => "disk_full",
            Self::Failed(_) => "disk_fails",
        }
    }
}

impl From<&std::io::Error> for Unrecorded {
    fn from(error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Self::DiskFull,
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// What can go wrong without ending a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// A recording can't be written (disk full, folder not writable): free the disk or fix the folder. The call goes on without it.
    NotRecorded {
        /// Of which room.
        room: Room,
        /// Why.
        why: Unrecorded,
    },
    /// A recording that is over does not become a file that plays yet; it is tried again, at the latest by the next start.
    Unfinished {
        /// Of which room.
        room: Room,
        /// Why.
        why: Unrecorded,
    },
    /// The disk is slower than the calls: so many frames of 20 ms are silence in this room's recording.
    FramesLost {
        /// Of which room.
        room: Room,
        /// How many.
        frames: u64,
    },
    /// More seats than the file has tracks: this one is in the mix only.
    NoTrack {
        /// Of which room.
        room: Room,
        /// The seat's track name.
        track: &'static str,
    },
    /// An order could not be carried out because the thread's room or leg table is full: raise the limit in the settings.
    Full(Leg),
}
