//! Names of windows, units and services, spoken ahead of time by a text-to-speech command and kept as WAV files.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use call::ids::{Lang, Name};
use media::Sound;
use sha2::{Digest, Sha256};

use super::library::samples;
use super::{VoiceError, VoiceSettings};

/// The most names that are ever spoken; a house has a few hundred. What comes later is not spoken.
const MOST_NAMES: usize = 5_000;
/// After so many names in a row that could not be spoken no more is tried.
const MOST_FAILURES: u32 = 3;
/// How often it is looked whether the command has ended.
const LOOK: Duration = Duration::from_millis(10);

/// A name in a voice.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Wish {
    chinese: bool,
    name: Name,
}

/// What waits to be spoken.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<Wish>,
    /// All that ever waited: a name that failed is not tried again.
    known: HashSet<Wish>,
    /// A thread is at work.
    busy: bool,
    /// Names in a row that could not be spoken.
    failures: u32,
    /// A failure was told.
    told: bool,
}

/// The names that can be said, and those that wait for it.
pub(super) struct Names {
    settings: VoiceSettings,
    deadline: Duration,
    stop: Arc<AtomicBool>,
    spoken: RwLock<HashMap<Wish, Arc<Sound>>>,
    queue: Mutex<Queue>,
}

/// Whether a text has Chinese characters: it is spoken by the Mandarin voice in every language.
pub(super) fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'))
}

fn wish(lang: Lang, name: &Name) -> Wish {
    Wish { chinese: lang == Lang::Zh || is_chinese(name), name: Arc::clone(name) }
}

impl Names {
    pub(super) fn new(settings: VoiceSettings, deadline: Duration, stop: Arc<AtomicBool>) -> Self {
        Self { settings, deadline, stop, spoken: RwLock::default(), queue: Mutex::default() }
    }

    /// A name's sound, when it is ready.
    pub(super) fn ready(&self, lang: Lang, name: &Name) -> Option<Arc<Sound>> {
        let spoken = self.spoken.read().unwrap_or_else(PoisonError::into_inner);
        spoken.get(&wish(lang, name)).cloned()
    }

    /// Takes names into the queue. True when a thread must be started for [`Self::work`].
    pub(super) fn wish(&self, names: impl Iterator<Item = (Lang, Name)>) -> bool {
        let mut queue = self.queue();
        for (lang, name) in names {
            let wish = wish(lang, &name);
            if name.trim().is_empty() || queue.known.contains(&wish) {
                continue;
            }
            if queue.known.len() >= MOST_NAMES {
                tracing::warn!(most = MOST_NAMES, "too many names: the rest is not spoken");
                break;
            }
            queue.known.insert(wish.clone());
            queue.waiting.push_back(wish);
        }
        let start = !queue.busy && !queue.waiting.is_empty();
        queue.busy |= start;
        start
    }

    /// Reads what is in the cache, then speaks the rest, until nothing waits.
    pub(super) fn work(&self) {
        let mut unspoken = VecDeque::new();
        while !self.stop.load(Ordering::Relaxed) {
            let next = self.queue().waiting.pop_front();
            if let Some(wish) = next {
                if !self.keep_cached(&wish) {
                    unspoken.push_back(wish);
                }
            } else if let Some(wish) = unspoken.pop_front() {
                self.try_to_speak(&wish);
            } else if self.may_rest() {
                return;
            }
        }
    }

    /// Ends the work when nothing came in since the last look.
    fn may_rest(&self) -> bool {
        let mut queue = self.queue();
        queue.busy = !queue.waiting.is_empty();
        !queue.busy
    }

    fn try_to_speak(&self, wish: &Wish) {
        if self.queue().failures >= MOST_FAILURES {
            return;
        }
        let spoken = self.speak(wish);
        let mut queue = self.queue();
        let Err(why) = spoken else {
            queue.failures = 0;
            return;
        };
        // Without the command or the folder every name will fail.
        let hopeless = matches!(why, VoiceError::Command { .. });
        queue.failures = if hopeless { MOST_FAILURES } else { queue.failures.saturating_add(1) };
        if !std::mem::replace(&mut queue.told, true) {
            tracing::warn!(%why, "names are not spoken: windows are told by number, the rest is left out");
        }
    }

    fn speak(&self, wish: &Wish) -> Result<(), VoiceError> {
        if self.settings.tts.is_empty() {
            return Ok(());
        }
        let cache = &self.settings.cache;
        let in_cache = |why| VoiceError::Command { what: cache.display().to_string(), why };
        std::fs::create_dir_all(cache).map_err(in_cache)?;
        let file = self.file(wish);
        let part = file.with_extension(format!("{}.wav", std::process::id()));
        let spoken = self.run(wish, &part);
        let Ok(Some(samples)) = spoken else {
            // What the command left behind; there may be nothing.
            std::fs::remove_file(&part).ok();
            return spoken.map(drop);
        };
        self.keep(wish, samples);
        std::fs::rename(&part, &file).map_err(in_cache)
    }

    /// Runs the command and reads what it wrote; `None` when the voice ended before.
    fn run(&self, wish: &Wish, file: &Path) -> Result<Option<Vec<i16>>, VoiceError> {
        let path = file.display().to_string();
        let fill = |word: &String| {
            let word = word.replace("{voice}", self.voice(wish)).replace("{file}", &path);
            word.replace("{text}", &wish.name)
        };
        let mut words = self.settings.tts.iter().map(fill);
        let program = words.next().unwrap_or_default();
        let fault = |why| VoiceError::Command { what: program.clone(), why };
        let mut command = Command::new(&program);
        command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(fault)?;
        let end = Instant::now() + self.deadline;
        let status = loop {
            if let Some(status) = child.try_wait().map_err(fault)? {
                break status;
            }
            let stopped = self.stop.load(Ordering::Relaxed);
            if stopped || Instant::now() >= end {
                child.kill().and_then(|()| child.wait()).map_err(fault)?;
                let slow = VoiceError::Slow { program: program.clone(), after: self.deadline };
                return if stopped { Ok(None) } else { Err(slow) };
            }
            std::thread::sleep(LOOK);
        };
        let failed = || VoiceError::Failed { program: program.clone(), status };
        let samples = match samples(file) {
            Err(VoiceError::File { .. }) => return Err(failed()),
            read => read?,
        };
        if status.success() && !samples.is_empty() { Ok(Some(samples)) } else { Err(failed()) }
    }

    fn voice(&self, wish: &Wish) -> &str {
        if wish.chinese { &self.settings.voice_zh } else { &self.settings.voice_en }
    }

    /// Where a name is kept: by what is said and by whom.
    fn file(&self, wish: &Wish) -> PathBuf {
        let mut hash = Sha256::new();
        hash.update(self.voice(wish));
        hash.update([0]);
        hash.update(wish.name.as_bytes());
        let hex: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        self.settings.cache.join(format!("{hex}.wav"))
    }

    /// Takes a name from the cache; false when it isn't there or can't be read.
    fn keep_cached(&self, wish: &Wish) -> bool {
        let read = samples(&self.file(wish)).ok().filter(|samples| !samples.is_empty());
        read.map(|samples| self.keep(wish, samples)).is_some()
    }

    fn keep(&self, wish: &Wish, samples: Vec<i16>) {
        let sound = Arc::new(Sound::new(Arc::clone(&wish.name), samples));
        self.spoken.write().unwrap_or_else(PoisonError::into_inner).insert(wish.clone(), sound);
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
