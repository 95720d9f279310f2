//! The voice: everything that the core can want said, as sounds. Recordings, numbers from clips, names from text-to-speech.
//!
//! Recordings are indexed at the start and decoded by a thread behind it; one that is wanted earlier is decoded then, which
//! takes a few milliseconds. A name is spoken ahead of time by [`Voice::prepare`]; what is not ready is never waited for.

mod library;
mod names;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use audio::speech::{self, Clock, Counted, Day};
use audio::wav::WavError;
use calendar::Zone;
use call::action::{Say, Slot, Value};
use call::ids::{Lang, Name, PromptId};
use media::Sound;

use library::{Library, Part};
use names::Names;

/// How long the text-to-speech command may take for one name.
const DEADLINE: Duration = Duration::from_secs(10);

/// What each `{n}` and `{m}` counts; the noun itself is the beginning of the part that follows.
const COUNTED: [(PromptId, Slot, Counted); 3] = [
    (PromptId(10), Slot::N, Counted::Callers),
    (PromptId(10), Slot::M, Counted::Minutes),
    (PromptId(56), Slot::N, Counted::Minutes),
];

/// Where the recordings are and how names are spoken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VoiceSettings {
    /// Folder of the recordings, with `parts.tsv` and `clips.tsv`.
    pub dir: PathBuf,
    /// Command and arguments that speak a name into a WAV; `{text}`, `{voice}` and `{file}` are filled in. Empty: none.
    pub tts: Vec<String>,
    /// `{voice}` for Mandarin.
    pub voice_zh: String,
    /// `{voice}` for English.
    pub voice_en: String,
    /// Folder where spoken names are kept, by voice and text.
    pub cache: PathBuf,
}

/// Why there is no voice, or not for names.
#[derive(Debug, thiserror::Error)]
pub enum VoiceError {
    /// A list of recordings is not there.
    #[error("{path} can't be read ({why}): set [prompts] dir to the folder of the recordings")]
    List {
        /// The list.
        path: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// A row of a list.
    #[error(
        "line {line} of {path} is no row of this list: columns as in its heading, slots as in its other rows"
    )]
    Row {
        /// The list.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// A sound file that can't be read.
    #[error("{path} can't be read ({why}): put a WAV there, at most {most} MiB")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: std::io::Error,
        /// The greatest that is read.
        most: u64,
    },
    /// A sound file of another form.
    #[error("{path}: {why}")]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to save instead.
        why: WavError,
    },
    /// The text-to-speech command could not be run, or its folder not be written.
    #[error("{what} ({why}): see [prompts] tts and cache")]
    Command {
        /// The program or folder.
        what: String,
        /// What the system says.
        why: std::io::Error,
    },
    /// The text-to-speech command failed.
    #[error("{program} ended with {status}: run it by hand with a name of your windows")]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// The text-to-speech command took too long and was ended.
    #[error(
        "{program} took longer than {after:?} for one name and was ended: run it by hand with a name of your windows"
    )]
    Slow {
        /// The program.
        program: String,
        /// The deadline.
        after: Duration,
    },
}

/// The library of everything that can be said.
pub struct Voice {
    library: Arc<Library>,
    names: Arc<Names>,
    zone: Zone,
    beep: Arc<Sound>,
    /// What runs behind: the decoding of recordings, the speaking of names. All look at `stop`.
    threads: Mutex<Vec<JoinHandle<()>>>,
    stop: Arc<AtomicBool>,
}

impl Voice {
    /// Reads the lists and begins to decode the recordings they name.
    ///
    /// # Errors
    /// A list that can't be read. A recording that can't be read is told in the log and left out.
    pub fn load(settings: VoiceSettings) -> Result<Self, VoiceError> {
        Self::with_deadline(settings, DEADLINE)
    }

    fn with_deadline(settings: VoiceSettings, deadline: Duration) -> Result<Self, VoiceError> {
        let library = Arc::new(Library::read(&settings.dir)?);
        let stop = Arc::new(AtomicBool::new(false));
        let voice = Self {
            names: Arc::new(Names::new(settings, deadline, Arc::clone(&stop))),
            zone: Zone::default(),
            beep: Arc::new(Sound::new("beep", audio::tones::beep())),
            threads: Mutex::default(),
            library: Arc::clone(&library),
            stop: Arc::clone(&stop),
        };
        voice.behind("recordings", move || library.decode(&stop));
        Ok(voice)
    }

    /// Begins to have these names spoken; those in the cache are only read. Known names are passed over. Never waits.
    pub fn prepare(&self, names: impl Iterator<Item = (Lang, Name)>) {
        if self.names.wish(names) {
            let names = Arc::clone(&self.names);
            self.behind("names", move || names.work());
        }
    }

    /// The sounds of what is to be said at this moment, milliseconds UTC. Never fails; what can't be said is left out so
    /// that the rest makes sense, and where nothing is left at all, a beep is.
    pub fn sounds(&self, now_utc_ms: i64, lang: Lang, say: &[Say]) -> Vec<Arc<Sound>> {
        let mut out = Vec::new();
        for say in say {
            match say {
                Say::Prompt(id, slots) => self.prompt(now_utc_ms, lang, *id, slots, &mut out),
                Say::Pause(length) => out.push(Arc::new(Sound::silence(*length))),
                Say::Beep => out.push(Arc::clone(&self.beep)),
            }
        }
        if out.is_empty() && !say.is_empty() {
            out.push(Arc::clone(&self.beep));
        }
        out
    }

    fn prompt(&self, now: i64, lang: Lang, id: PromptId, slots: &[(Slot, Value)], out: &mut Vec<Arc<Sound>>) {
        let Some((lang, parts)) = self.library.prompt(lang, id) else { return };
        let mut lead_in = None;
        for part in parts {
            match part {
                Part::Fixed(recording) => {
                    lead_in = Some(out.len());
                    out.extend(recording.sound());
                }
                Part::Slot(slot) => {
                    let value = slots.iter().find(|(s, _)| s == slot).map(|(_, value)| value);
                    let said = value.map(|v| self.value(now, lang, id, *slot, v)).unwrap_or_default();
                    if let Some(begin) = lead_in.take().filter(|_| said.is_empty() && hangs_on(*slot)) {
                        out.truncate(begin);
                    }
                    out.extend(said);
                }
            }
        }
    }

    fn value(&self, now: i64, lang: Lang, id: PromptId, slot: Slot, value: &Value) -> Vec<Arc<Sound>> {
        let spoken = match value {
            Value::Count(n) => speech::Value::Count(*n, counted(id, slot)),
            Value::Digits(digits) => speech::Value::Digits(digits.reveal()),
            Value::Case(number) => speech::Value::Case(number.reveal()),
            // A sentence that is repeated after midnight: today is the day on which it is heard.
            Value::Date { at, now: then, provisional } => speech::Value::Date {
                day: self.civil(*at).0,
                today: self.civil(now.max(*then)).0,
                provisional: *provisional,
            },
            Value::DateTime { at, now: then } => {
                let (day, clock) = self.civil(*at);
                speech::Value::DateTime { day, clock, today: self.civil(now.max(*then)).0 }
            }
            Value::Status(word) => speech::Value::Status(word),
            Value::Named(name) => return self.names.ready(lang, name).into_iter().collect(),
            Value::Desk(no, name) => {
                // Who doesn't speak Chinese knows the window by the number on it.
                let foreign = lang == Lang::En && names::is_chinese(name);
                match self.names.ready(lang, name).filter(|_| !foreign) {
                    Some(sound) => return vec![sound],
                    None => speech::Value::Window(no.0),
                }
            }
            Value::Emergency(number) => speech::Value::Emergency(*number),
        };
        self.library.clips(lang, &spoken)
    }

    /// The day and time on the wall.
    fn civil(&self, utc_ms: i64) -> (Day, Clock) {
        let (date, millis) = self.zone.civil(utc_ms);
        let day = Day {
            year: date.year(),
            month: date.month().unsigned_abs(),
            day: date.day().unsigned_abs(),
            weekday: date.weekday().to_monday_one_offset().unsigned_abs(),
        };
        let minutes = millis / 60_000;
        let small = |n: u32| u8::try_from(n).unwrap_or(0);
        (day, Clock { hour: small(minutes / 60), minute: small(minutes % 60) })
    }

    /// Does it on a thread of its own, which ends with the voice.
    fn behind(&self, name: &str, work: impl FnOnce() + Send + 'static) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|thread| !thread.is_finished());
        match std::thread::Builder::new().name(name.to_owned()).spawn(work) {
            Ok(thread) => threads.push(thread),
            Err(why) => tracing::warn!(%why, name, "no thread for the voice: it does without"),
        }
    }
}

impl Drop for Voice {
    /// Ends what runs behind; a text-to-speech command under way is killed.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let threads = std::mem::take(self.threads.get_mut().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::warn!("a thread of the voice ended by a fault");
            }
        }
    }
}

fn counted(id: PromptId, slot: Slot) -> Counted {
    COUNTED.iter().find(|(i, s, _)| (*i, *s) == (id, slot)).map_or(Counted::Nothing, |(_, _, of)| *of)
}

/// Whether the fixed part before an empty slot makes no sense without it: "It is with ..." goes, while a service or a
/// place only adds to a sentence that is whole.
fn hangs_on(slot: Slot) -> bool {
    match slot {
        Slot::Service | Slot::Place => false,
        Slot::N
        | Slot::M
        | Slot::D4
        | Slot::Case
        | Slot::Date
        | Slot::DateTime
        | Slot::Status
        | Slot::Unit
        | Slot::Desk
        | Slot::Emergency => true,
    }
}
