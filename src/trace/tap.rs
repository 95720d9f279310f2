//! The tap: takes a copy of each message from whoever sends and receives, and one thread keeps it.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use sip::Flow;

use crate::TraceError;
use crate::blot::blot;
use crate::files::{Series, day_of};
use crate::hep::{Homer, Sender};
use crate::journal::{ENDINGS, Journal, PREFIX, SEGMENT};
use crate::message::{Direction, Traced};
use crate::{lines, pcap};

/// Messages that wait for the writing thread. When full: the next is dropped, counted and said once in the log.
pub(crate) const WAITING: usize = 8_192;
/// Bytes that wait in these messages. When full: the same.
pub(crate) const WAITING_BYTES: usize = 16 << 20;
/// Messages that are written in one go.
const BATCH: usize = 256;
/// Messages a second that belong to no call (REGISTER, OPTIONS, SUBSCRIBE, PUBLISH, MESSAGE and unknown ones): ten thousand
/// phones, or a flood, must not push the calls out. When reached: further ones of this second are passed over and counted.
const OTHERS_A_SECOND: u32 = 100;

/// What is kept, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Folder of the journal.
    pub folder: PathBuf,
    /// Days that are kept beside today; 0: no journal at all.
    pub days: u16,
    /// Most bytes of the journal, and of the captures; the oldest go first.
    pub most_bytes: u64,
    /// Folder and first letters of capture files, kept like the journal; `None`: none.
    pub pcap: Option<PathBuf>,
    /// Homer.
    pub homer: Option<Homer>,
}

impl Settings {
    /// Whether anything is kept or sent at all.
    pub fn wanted(&self) -> bool {
        self.days > 0 || self.pcap.is_some() || self.homer.is_some()
    }
}

/// Figures; they only grow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Messages that were kept.
    pub kept: u64,
    /// Dropped because the writing thread was behind.
    pub dropped: u64,
    /// Passed over because they belong to no call and were too many in a second.
    pub passed_over: u64,
    /// Could not be written or sent.
    pub failed: u64,
}

#[derive(Default)]
struct Figures {
    kept: AtomicU64,
    dropped: AtomicU64,
    passed_over: AtomicU64,
    failed: AtomicU64,
    waiting_bytes: AtomicUsize,
    /// The drops of now were said.
    said: AtomicBool,
}

/// The near end. Cloning it is cheap; one that is off costs nothing.
#[derive(Clone, Default)]
pub struct Tap(Option<(SyncSender<Traced>, Arc<Figures>)>);

impl std::fmt::Debug for Tap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tap({})", if self.0.is_some() { "on" } else { "off" })
    }
}

impl Tap {
    /// Keeps nothing.
    pub fn off() -> Self {
        Self::default()
    }

    /// Starts the writing thread. Files are made with the first message.
    ///
    /// # Errors
    /// [`TraceError::Thread`].
    pub fn start(settings: &Settings) -> Result<(Self, Keeper), TraceError> {
        if !settings.wanted() {
            return Ok((Self::off(), Keeper(None)));
        }
        let (tell, told) = sync_channel(WAITING);
        let figures = Arc::new(Figures::default());
        let writer = Writer::new(settings, figures.clone());
        let thread = std::thread::Builder::new().name("trace".to_owned()).spawn(move || writer.run(&told));
        let thread = thread.map_err(TraceError::Thread)?;
        Ok((Self(Some((tell, figures))), Keeper(Some(thread))))
    }

    /// Takes a copy of a message. Never waits.
    pub fn note(&self, at_us: i64, direction: Direction, flow: &Flow, bytes: &[u8]) {
        let Some((tell, figures)) = &self.0 else { return };
        let length = bytes.len();
        let waits = figures.waiting_bytes.fetch_add(length, Ordering::Relaxed);
        let fits = waits.saturating_add(length) <= WAITING_BYTES
            && tell.try_send(Traced::new(at_us, direction, flow, bytes)).is_ok();
        if !fits {
            figures.waiting_bytes.fetch_sub(length, Ordering::Relaxed);
            figures.dropped.fetch_add(1, Ordering::Relaxed);
            if !figures.said.swap(true, Ordering::Relaxed) {
                tracing::warn!("the trace is behind: messages go on but are not kept until it has caught up");
            }
        }
    }

    /// Figures.
    pub fn counts(&self) -> Counts {
        let Some((_, figures)) = &self.0 else { return Counts::default() };
        let read = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        Counts {
            kept: read(&figures.kept),
            dropped: read(&figures.dropped),
            passed_over: read(&figures.passed_over),
            failed: read(&figures.failed),
        }
    }
}

/// The far end: the thread ends when all taps are gone, and everything it took is written by then.
#[derive(Debug)]
pub struct Keeper(Option<JoinHandle<()>>);

impl Keeper {
    /// Waits for the thread's end. Drop the taps first.
    pub fn stop(self) {
        if let Some(thread) = self.0 {
            // What panicked has ended too.
            let _ = thread.join();
        }
    }
}

struct Writer {
    journal: Option<Journal>,
    capture: Option<Capture>,
    sender: Option<Sender>,
    figures: Arc<Figures>,
    /// The second, and the messages of no call in it.
    others: (i64, u32),
    /// Whether the last writing failed: said once.
    failing: bool,
}

impl Writer {
    fn new(settings: &Settings, figures: Arc<Figures>) -> Self {
        let series = |folder: PathBuf, prefix: String, endings| {
            // The file under writing grows on after the last look at the sum.
            let (days, most_bytes) = (settings.days, settings.most_bytes.saturating_sub(SEGMENT));
            Series { folder, prefix, endings, days, most_bytes }
        };
        let journal = (settings.days > 0)
            .then(|| Journal::new(series(settings.folder.clone(), PREFIX.to_owned(), ENDINGS)));
        let capture = settings.pcap.as_ref().map(|path| {
            let prefix = path.file_name().unwrap_or_default().to_string_lossy();
            let folder = path.parent().map(PathBuf::from).unwrap_or_default();
            Capture { series: series(folder, format!("{prefix}-"), &["pcap"]), open: None }
        });
        let sender = settings.homer.clone().map(Sender::new);
        Self { journal, capture, sender, figures, others: (0, 0), failing: false }
    }

    fn run(mut self, told: &Receiver<Traced>) {
        let mut batch = Vec::with_capacity(BATCH);
        while let Ok(first) = told.recv() {
            batch.push(first);
            batch.extend(told.try_iter().take(BATCH - 1));
            let bytes = batch.iter().map(|m| m.bytes.len()).sum();
            batch.retain(|message| self.belongs(message));
            self.keep(&mut batch);
            batch.clear();
            self.figures.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
            let waits = self.figures.waiting_bytes.load(Ordering::Relaxed);
            if waits == 0 && self.figures.said.swap(false, Ordering::Relaxed) {
                let dropped = self.figures.dropped.load(Ordering::Relaxed);
                tracing::warn!(
                    dropped,
                    "the trace has caught up; so many messages since the start were not kept"
                );
            }
        }
    }

    /// Whether a message is kept: those of calls always, others up to so many a second.
    fn belongs(&mut self, message: &Traced) -> bool {
        const CALLS: &[&[u8]] =
            &[b"INVITE", b"ACK", b"BYE", b"CANCEL", b"PRACK", b"UPDATE", b"INFO", b"REFER", b"NOTIFY"];
        let method = lines::method(&message.bytes);
        if CALLS.iter().any(|known| method.eq_ignore_ascii_case(known)) {
            return true;
        }
        let second = message.at_us.div_euclid(1_000_000);
        if self.others.0 != second {
            self.others = (second, 0);
        }
        self.others.1 = self.others.1.saturating_add(1);
        let fits = self.others.1 <= OTHERS_A_SECOND;
        if !fits {
            self.figures.passed_over.fetch_add(1, Ordering::Relaxed);
        }
        fits
    }

    fn keep(&mut self, batch: &mut [Traced]) {
        batch.iter_mut().for_each(|message| blot(&mut message.bytes));
        let count = u64::try_from(batch.len()).unwrap_or_default();
        let journal = self.journal.as_mut().map_or(Ok(()), |journal| journal.write(batch));
        let capture = self.capture.as_mut().map_or(Ok(()), |capture| capture.write(batch));
        let mut lost = 0;
        if let Some(sender) = &mut self.sender {
            lost = batch.iter().map(|message| u64::from(!sender.send(message))).sum();
        }
        match journal.and(capture) {
            Ok(()) => {
                self.figures.kept.fetch_add(count, Ordering::Relaxed);
                self.failing = lost > 0 && self.failing;
            }
            Err(error) => {
                self.figures.failed.fetch_add(count, Ordering::Relaxed);
                self.say(&error);
            }
        }
        if lost > 0 {
            self.figures.failed.fetch_add(lost, Ordering::Relaxed);
            self.say(&"Homer can't be reached: check trace.hep in hotline.toml");
        }
    }

    fn say(&mut self, why: &dyn std::fmt::Display) {
        if !std::mem::replace(&mut self.failing, true) {
            tracing::error!(%why, "the trace can't keep messages; calls go on, and it tries on");
        }
    }
}

/// Capture files under writing.
struct Capture {
    series: Series,
    open: Option<(i64, u64, File)>,
}

impl Capture {
    fn write(&mut self, batch: &[Traced]) -> io::Result<()> {
        let Some(first) = batch.first() else { return Ok(()) };
        let day = day_of(first.at_us);
        if !self.open.as_ref().is_some_and(|(of, length, _)| *of == day && *length < SEGMENT) {
            let (_, files) = self.series.open_next(day)?;
            self.series.prune(day)?;
            let Some(mut file) = files.into_iter().next() else { return Ok(()) };
            let length = file.metadata()?.len();
            if length == 0 {
                file.write_all(&pcap::header())?;
            }
            self.open = Some((day, length, file));
        }
        let Some((_, length, file)) = &mut self.open else { return Ok(()) };
        let packets: Vec<u8> = batch.iter().flat_map(pcap::packet).collect();
        *length += packets.len() as u64;
        let done = file.write_all(&packets);
        if done.is_err() {
            self.open = None;
        }
        done
    }
}
