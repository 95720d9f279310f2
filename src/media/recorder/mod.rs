//! The recorder's threads: one takes what the media threads say, one writes it to spools, one makes WAV files of those.

mod binder;
mod catch;
mod dials;
mod shelf;
mod writer;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc;

pub use self::dials::Recorder;
pub(crate) use self::shelf::{Page, Shelf, System};
use crate::command::Event;
use crate::tape::Tape;

/// Frames that wait for the recorder's first thread, of each media thread: about 2 s of 200 three-way calls. That thread
/// is real-time where the system allows it, and waits for nothing. When full: frames are lost and counted
/// ([`crate::command::Trouble::FramesLost`]).
pub(crate) const RING: usize = 65_536;
/// Pieces and orders that wait for the disk. When full: pieces grow in memory, orders wait in the rings.
const JOBS: usize = 1_024;
/// Finished spools that wait to become WAV files. When full: the writer waits, and memory takes up what comes.
const FINISHED: usize = 1_024;

/// How recordings are kept.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Folder of all recordings, watched for room. `None`: looked at only when a recording begins.
    pub folder: Option<PathBuf>,
    /// With fewer bytes free no further recording begins; with half of it free those that run end. 0: as far as it goes.
    pub keep_free: u64,
}

/// Starts the threads; they end when every ring's other end is gone.
pub(crate) fn start(
    rings: Vec<rtrb::Consumer<Tape>>,
    tell: mpsc::Sender<Event>,
    (wanted, shelf, dials): (Wanted, Arc<dyn Shelf>, Recorder),
) -> io::Result<[JoinHandle<()>; 3]> {
    let (jobs, inbox) = sync_channel(JOBS);
    let (done, finished) = sync_channel(FINISHED);
    let hand = catch::Hand::new();
    let binder = binder::Binder {
        shelf: Arc::clone(&shelf),
        wanted: wanted.clone(),
        dials: dials.clone(),
        tell: tell.clone(),
        last: HashMap::new(),
        waiting: VecDeque::new(),
    };
    let binder = thread::Builder::new().name("binder".into()).spawn(move || binder.run(&finished))?;
    let (spools, seen) = (writer::Spools::default(), dials.clone());
    let writer = writer::Writer { shelf, wanted, dials, hand: hand.clone(), done, tell, spools };
    let writer = thread::Builder::new().name("recorder-disk".into()).spawn(move || writer.run(&inbox))?;
    let catch = catch::Catch::new(jobs, hand, seen);
    let catch = thread::Builder::new().name("recorder".into()).spawn(move || catch.run(rings))?;
    Ok([catch, writer, binder])
}
