//! The recorder's threads: one takes what the media threads say, one writes it to spools, one makes WAV files of those, one
//! makes those smaller.

mod binder;
mod catch;
mod dials;
mod press;
mod shelf;
mod writer;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::sync_channel;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::mpsc;

pub use self::dials::Recorder;
#[cfg(test)]
pub(crate) use self::shelf::Page;
pub(crate) use self::shelf::{Sealed, Shelf, System};
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
/// WAV files that wait to become FLAC. When full: the press finds them by itself within the hour.
const PRESSES: usize = 4_096;

/// How recordings are kept.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Folder of all recordings, watched for room. `None`: looked at only when a recording begins.
    pub folder: Option<PathBuf>,
    /// With fewer bytes free no further recording begins; with half of it free those that run end. 0: as far as it goes.
    pub keep_free: u64,
    /// After a call its files become FLAC.
    pub flac: bool,
    /// Seals what is recorded, if it is to be sealed, and opens what was.
    pub locker: vault::Locker,
}

/// What the threads are given: what is wanted, the disk, and where it is read how they are.
pub(crate) type Parts = (Wanted, Arc<dyn Shelf>, Recorder);

/// Starts the threads; they end when every ring's other end is gone.
pub(crate) fn start(
    rings: Vec<rtrb::Consumer<Tape>>,
    tell: mpsc::Sender<Event>,
    parts: Parts,
) -> io::Result<Vec<JoinHandle<()>>> {
    start_with(rings, tell, parts, press::PATIENCE)
}

/// The same, and what was left is looked for at once.
#[cfg(test)]
pub(crate) fn start_looking_at_once(
    rings: Vec<rtrb::Consumer<Tape>>,
    tell: mpsc::Sender<Event>,
    parts: Parts,
) -> io::Result<Vec<JoinHandle<()>>> {
    start_with(rings, tell, parts, Duration::ZERO)
}

fn start_with(
    rings: Vec<rtrb::Consumer<Tape>>,
    tell: mpsc::Sender<Event>,
    (wanted, shelf, dials): Parts,
    patience: Duration,
) -> io::Result<Vec<JoinHandle<()>>> {
    let shelf: Arc<dyn Shelf> = Arc::new(Sealed::new(shelf, wanted.locker.clone()));
    let (jobs, inbox) = sync_channel(JOBS);
    let (done, finished) = sync_channel(FINISHED);
    let (hand, ends) = (catch::Hand::new(), Arc::<AtomicBool>::default());
    let (mut press, mut threads) = (None, Vec::new());
    if wanted.flac {
        let (works, inbox) = sync_channel(PRESSES);
        let own = press::Press::new(
            (Arc::clone(&shelf), wanted.clone()),
            tell.clone(),
            Arc::clone(&ends),
            patience,
        );
        threads.push(thread::Builder::new().name("press".into()).spawn(move || own.run(&inbox))?);
        press = Some(works);
    }
    let binder = binder::Binder {
        shelf: Arc::clone(&shelf),
        wanted: wanted.clone(),
        dials: dials.clone(),
        tell: tell.clone(),
        last: HashMap::new(),
        waiting: VecDeque::new(),
        press,
        ends,
    };
    let binder = thread::Builder::new().name("binder".into()).spawn(move || binder.run(&finished))?;
    let (spools, seen) = (writer::Spools::default(), dials.clone());
    let writer = writer::Writer { shelf, wanted, dials, hand: hand.clone(), done, tell, spools };
    let writer = thread::Builder::new().name("recorder-disk".into()).spawn(move || writer.run(&inbox))?;
    let catch = catch::Catch::new(jobs, hand, seen);
    let catch = thread::Builder::new().name("recorder".into()).spawn(move || catch.run(rings))?;
    threads.extend([catch, writer, binder]);
    Ok(threads)
}
