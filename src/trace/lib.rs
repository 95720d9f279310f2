//! The trace: every SIP message in and out is kept for some days, so that each call's ladder can be read afterwards.
//!
//! ```text
//! loop -> Tap::note -> (bounded channel) -> one thread -> blot secrets -> journal files, pcap files, Homer (HEPv3)
//!                                                         Journal::find  <- whoever asks for a call
//! ```
//!
//! The loop never waits here: what does not fit is dropped, counted and said once. Secrets never reach a disk: answers to
//! challenges, SRTP keys and keyed digits are blotted out, byte for byte, before anything is written. Numbers are kept,
//! as a ladder without them helps nobody; [`mask`] hides them from whoever has not asked to see them.

mod blot;
mod files;
mod find;
pub mod hep;
mod journal;
mod lines;
pub mod mask;
mod message;
pub mod pcap;
mod record;
mod tap;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;

pub use blot::blot;
pub use files::date;
pub use find::{Found, MOST_FOUND, Wanted, find};
pub use message::{Direction, Traced};
pub use tap::{Counts, Keeper, Settings, Tap};

/// What can go wrong with the trace. None of it touches a call.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// A file or folder can't be made, read or written.
    #[error(
        "{path}: {source}: let this program read and write it, or name another folder in [trace] of hotline.toml"
    )]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The thread that writes can't be started.
    #[error("the system gives no thread for the trace ({0}): raise the limits of this process")]
    Thread(io::Error),
}

impl TraceError {
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
