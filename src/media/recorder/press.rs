//! Makes finished WAV files smaller without loss when there is time for it; each WAV goes only when its FLAC is proved.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::Wanted;
use super::shelf::Shelf;
use super::writer::size;
use crate::bind::part;
use crate::command::{Event, RecordedFile};
use crate::flac::{FLAC, MOST_CHANNELS, encode, is_same};
use crate::repair::{call, facts, wavs};
use crate::urgency;

/// After the start, and then each hour, the folder is looked through for what was left: by a crash, a full disk, or a full
/// queue. What is younger than this is still on its way: its own call tells of it.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_secs(3_600);
/// Files that one look finds. When full: the next look finds the others.
const FOUND: usize = 4_096;
/// A WAV file stays for so long after its row says that it is FLAC now: who has just asked may still read it.
const PARTING: Duration = Duration::from_secs(10);
/// WAV files that are about to go. When full: the oldest goes at once.
const MOST_PARTING: usize = 256;

/// One thing to do.
pub(super) enum Work {
    /// This WAV file is complete, and its row is on its way.
    Press(PathBuf),
    /// This one was thrown away: whatever is left of it goes.
    Forget(PathBuf),
}

/// The recorder's last thread.
pub(super) struct Press {
    shelf: Arc<dyn Shelf>,
    wanted: Wanted,
    tell: mpsc::Sender<Event>,
    /// The house ends: what is half done is begun anew by the next start.
    ends: Arc<AtomicBool>,
    patience: Duration,
    found: VecDeque<PathBuf>,
    parting: VecDeque<(Instant, PathBuf)>,
}

impl Press {
    pub(super) fn new(
        (shelf, wanted): (Arc<dyn Shelf>, Wanted),
        tell: mpsc::Sender<Event>,
        ends: Arc<AtomicBool>,
        patience: Duration,
    ) -> Self {
        Self { shelf, wanted, tell, ends, patience, found: VecDeque::new(), parting: VecDeque::new() }
    }

    pub(super) fn run(mut self, works: &Receiver<Work>) {
        urgency::lower();
        let mut look = Instant::now() + self.patience;
        loop {
            self.part();
            let waits = if self.found.is_empty() { Duration::from_secs(1) } else { Duration::ZERO };
            match works.recv_timeout(waits) {
                Ok(Work::Press(wav)) => self.press(&wav),
                Ok(Work::Forget(wav)) => forget(&wav),
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(wav) = self.found.pop_front() {
                        self.press(&wav);
                    } else if Instant::now() >= look {
                        look = Instant::now() + LOOK;
                        self.look();
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn look(&mut self) {
        let Some(folder) = &self.wanted.folder else { return };
        match wavs(folder, self.patience, FOUND) {
            Ok(found) => {
                let going = |wav: &PathBuf| self.parting.iter().any(|(_, path)| path == wav);
                self.found = found.into_iter().filter(|wav| !going(wav)).collect();
            }
            Err(error) => tracing::warn!(%error, "the folder of the recordings can't be looked through"),
        }
    }

    /// WAV files whose time is over.
    fn part(&mut self) {
        while let Some((at, _)) = self.parting.front() {
            if at.elapsed() < PARTING && self.parting.len() <= MOST_PARTING {
                break;
            }
            if let Some((_, wav)) = self.parting.pop_front()
                && let Err(error) = fs::remove_file(&wav)
            {
                tracing::warn!(%error, "a WAV file that is kept as FLAC can't be removed");
            }
        }
    }

    fn press(&mut self, wav: &Path) {
        match self.pressed(wav) {
            Ok(None) => {}
            Ok(Some(file)) => {
                // The listener is gone when this fails: the next start tells it.
                let _ = self.tell.blocking_send(Event::Compressed { call: call(wav), file });
                self.parting.push_back((Instant::now(), wav.to_owned()));
            }
            // The house ends, or it was thrown away meanwhile.
            Err(error) if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::NotFound) => {}
            Err(error) => {
                tracing::warn!(%error, "a recording stays WAV for now; it is tried again within the hour")
            }
        }
    }

    /// `None`: it stays as it is.
    fn pressed(&self, wav: &Path) -> io::Result<Option<RecordedFile>> {
        let goes_on = || !self.ends.load(Ordering::Relaxed);
        let file = BufReader::with_capacity(1 << 16, self.shelf.open(wav)?);
        let spec = hound::WavReader::new(file).map_err(read)?;
        if spec.spec().channels > MOST_CHANNELS || spec.duration() == 0 {
            return Ok(None);
        }
        let flac = wav.with_extension(FLAC);
        // A crash came after it was proved and before its WAV went.
        let proved = flac.exists() && is_same(&*self.shelf, wav, &flac, goes_on).unwrap_or_default();
        if !proved {
            self.fits(wav)?;
            let half = part(&flac);
            let done = self.make(wav, &half, goes_on);
            done.inspect_err(|_| drop(fs::remove_file(&half)))?;
            if !wav.exists() {
                // Thrown away while it was pressed.
                fs::remove_file(&half)?;
                return Ok(None);
            }
            fs::rename(&half, &flac)?;
            if let Some(folder) = flac.parent() {
                File::open(folder)?.sync_all()?;
            }
        }
        facts(&*self.shelf, &flac).map(Some)
    }

    fn make(&self, wav: &Path, half: &Path, goes_on: impl Fn() -> bool) -> io::Result<()> {
        let mut page = self.shelf.create(half)?;
        encode(&*self.shelf, wav, &mut page, &goes_on)?;
        page.close()?;
        drop(page);
        File::open(half)?.sync_all()?;
        if is_same(&*self.shelf, wav, half, goes_on)? {
            Ok(())
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, "what was compressed is not what was recorded"))
        }
    }

    /// Room for as much again, and the case store's half.
    fn fits(&self, wav: &Path) -> io::Result<()> {
        let Some(folder) = wav.parent() else { return Ok(()) };
        let wanted = size(wav)?.saturating_add(self.wanted.keep_free / 2);
        if self.shelf.free(folder)? < wanted { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

fn forget(wav: &Path) {
    for path in [wav.to_owned(), wav.with_extension(FLAC)] {
        match fs::remove_file(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::error!(%error, "a message that was thrown away can't be removed"),
        }
    }
}

fn read(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        error => io::Error::other(error),
    }
}
