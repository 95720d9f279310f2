//! The recordings: which parts make a prompt, which clips there are, each decoded once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use audio::speech::{self, Unit};
use audio::wav;
use call::action::Slot;
use call::ids::{Lang, PromptId};
use media::Sound;

use super::VoiceError;

/// The greatest sound file that is read, MiB: over half an hour at 8 kHz.
const MOST_MIB: u64 = 32;
const LANGS: [Lang; 2] = [Lang::Zh, Lang::En];
/// The slots by their names in `parts.tsv`.
const SLOTS: [(&str, Slot); 12] = [
    ("{n}", Slot::N),
    ("{m}", Slot::M),
    ("{d4}", Slot::D4),
    ("{case}", Slot::Case),
    ("{date}", Slot::Date),
    ("{datetime}", Slot::DateTime),
    ("{status}", Slot::Status),
    ("{unit}", Slot::Unit),
    ("{desk}", Slot::Desk),
    ("{service}", Slot::Service),
    ("{emg}", Slot::Emergency),
    ("{place}", Slot::Place),
];

/// One file, decoded when it is first wanted.
pub(super) struct Recording {
    path: PathBuf,
    name: Arc<str>,
    sound: OnceLock<Option<Arc<Sound>>>,
}

impl Recording {
    fn new(dir: &Path, lang: Lang, file: &str) -> Self {
        // A number is a row of clips: their names in a log would be the number.
        let name = if file.starts_with("clip-") { "clip" } else { file };
        Self {
            path: dir.join(lang.tag()).join(format!("{file}.wav")),
            name: format!("{}/{name}", lang.tag()).into(),
            sound: OnceLock::new(),
        }
    }

    /// Its sound; `None` when the file can't be used, which is told once.
    pub(super) fn sound(&self) -> Option<Arc<Sound>> {
        let decode = || match samples(&self.path) {
            Ok(samples) => Some(Arc::new(Sound::new(Arc::clone(&self.name), samples))),
            Err(why) => {
                tracing::warn!(%why, "a recording is left out");
                None
            }
        };
        self.sound.get_or_init(decode).clone()
    }
}

/// The 8 kHz samples of a WAV file.
pub(super) fn samples(path: &Path) -> Result<Vec<i16>, VoiceError> {
    let fault = |why| VoiceError::File { path: path.to_owned(), why, most: MOST_MIB };
    if std::fs::metadata(path).map_err(fault)?.len() > MOST_MIB << 20 {
        return Err(fault(io::ErrorKind::FileTooLarge.into()));
    }
    let bytes = std::fs::read(path).map_err(fault)?;
    wav::read(&bytes).map_err(|why| VoiceError::Form { path: path.to_owned(), why })
}

/// One part of a prompt.
pub(super) enum Part {
    /// It is always the same.
    Fixed(Arc<Recording>),
    /// It is filled in.
    Slot(Slot),
}

/// What there is in one language.
#[derive(Default)]
struct Shelf {
    prompts: BTreeMap<PromptId, Vec<Part>>,
    recordings: HashMap<String, Arc<Recording>>,
}

impl Shelf {
    fn recording(&mut self, dir: &Path, lang: Lang, file: &str) -> Arc<Recording> {
        let entry = self.recordings.entry(file.to_owned());
        Arc::clone(entry.or_insert_with(|| Arc::new(Recording::new(dir, lang, file))))
    }

    /// The prompt, when all of it can be heard.
    fn whole(&self, id: PromptId) -> Option<&[Part]> {
        let parts = self.prompts.get(&id)?;
        let whole = parts.iter().all(|part| match part {
            Part::Fixed(recording) => recording.sound().is_some(),
            Part::Slot(_) => true,
        });
        whole.then_some(parts)
    }
}

/// All recordings.
pub(super) struct Library {
    zh: Shelf,
    en: Shelf,
    pause: Arc<Sound>,
    /// The prompts that were looked for in vain and told.
    missing: Mutex<BTreeSet<PromptId>>,
}

impl Library {
    /// Reads `parts.tsv` and `clips.tsv` of a folder. No recording is opened.
    pub(super) fn read(dir: &Path) -> Result<Self, VoiceError> {
        let (mut zh, mut en) = (Shelf::default(), Shelf::default());
        for row in rows(&dir.join("parts.tsv"))? {
            let (Some(id), Some(lang)) = (prompt(&row.cells[0]), lang(&row.cells[1])) else {
                return Err(row.fault());
            };
            let shelf = if lang == Lang::Zh { &mut zh } else { &mut en };
            let mut parts = Vec::new();
            for part in row.cells[2].split_whitespace() {
                parts.push(if part.starts_with('{') {
                    let slot = SLOTS.iter().find(|(name, _)| *name == part).ok_or_else(|| row.fault())?;
                    Part::Slot(slot.1)
                } else {
                    Part::Fixed(shelf.recording(dir, lang, file(part).ok_or_else(|| row.fault())?))
                });
            }
            shelf.prompts.insert(id, parts);
        }
        for row in rows(&dir.join("clips.tsv"))? {
            let (Some(lang), Some(clip)) = (lang(&row.cells[0]), file(&row.cells[1])) else {
                return Err(row.fault());
            };
            let shelf = if lang == Lang::Zh { &mut zh } else { &mut en };
            shelf.recording(dir, lang, clip);
        }
        let pause = Duration::from_millis(speech::GROUP_PAUSE.into());
        Ok(Self { zh, en, pause: Arc::new(Sound::silence(pause)), missing: Mutex::default() })
    }

    /// Decodes everything, what is said first first.
    pub(super) fn decode(&self, stop: &AtomicBool) {
        let in_prompts = LANGS.iter().flat_map(|lang| self.shelf(*lang).prompts.values().flatten());
        let fixed = in_prompts.filter_map(|part| match part {
            Part::Fixed(recording) => Some(recording),
            Part::Slot(_) => None,
        });
        let all = LANGS.iter().flat_map(|lang| self.shelf(*lang).recordings.values());
        for recording in fixed.chain(all) {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            recording.sound();
        }
    }

    fn shelf(&self, lang: Lang) -> &Shelf {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }

    /// A prompt's parts and the language that it will be said in: the wanted one, else the other when it is whole there,
    /// else what the wanted one has. `None` when there is nothing, which is told once.
    pub(super) fn prompt(&self, lang: Lang, id: PromptId) -> Option<(Lang, &[Part])> {
        let found = [lang, other(lang)].into_iter().find_map(|l| Some((l, self.shelf(l).whole(id)?)));
        if found.is_some() {
            return found;
        }
        if self.missing.lock().unwrap_or_else(PoisonError::into_inner).insert(id) {
            tracing::warn!(prompt = %id, "a prompt is missing or not whole in every language");
        }
        self.shelf(lang).prompts.get(&id).map(|parts| (lang, parts.as_slice()))
    }

    /// The sounds of a number, day, time or word; in the other language when a clip is missing in this one only.
    pub(super) fn clips(&self, lang: Lang, value: &speech::Value<'_>) -> Vec<Arc<Sound>> {
        let said = |lang| -> Vec<Option<Arc<Sound>>> {
            let units = speech::speak(spoken(lang), value).into_iter();
            units.map(|unit| self.unit(lang, unit)).collect()
        };
        let whole = |lang| said(lang).into_iter().collect::<Option<Vec<_>>>();
        whole(lang)
            .or_else(|| whole(other(lang)))
            .unwrap_or_else(|| said(lang).into_iter().flatten().collect())
    }

    fn unit(&self, lang: Lang, unit: Unit) -> Option<Arc<Sound>> {
        match unit {
            Unit::Clip(name) => self.shelf(lang).recordings.get(name)?.sound(),
            Unit::Pause(_) => Some(Arc::clone(&self.pause)),
        }
    }
}

fn other(lang: Lang) -> Lang {
    match lang {
        Lang::Zh => Lang::En,
        Lang::En => Lang::Zh,
    }
}

fn spoken(lang: Lang) -> speech::Lang {
    match lang {
        Lang::Zh => speech::Lang::Zh,
        Lang::En => speech::Lang::En,
    }
}

/// A row of three cells.
struct Row {
    list: PathBuf,
    line: usize,
    cells: [String; 3],
}

impl Row {
    fn fault(&self) -> VoiceError {
        VoiceError::Row { path: self.list.clone(), line: self.line }
    }
}

/// The rows of a list below its heading.
fn rows(list: &Path) -> Result<Vec<Row>, VoiceError> {
    let text =
        std::fs::read_to_string(list).map_err(|why| VoiceError::List { path: list.to_owned(), why })?;
    let lines = text.lines().enumerate().skip(1).filter(|(_, row)| !row.trim().is_empty());
    let row = |(i, row): (usize, &str)| {
        let mut cells = row.splitn(3, '\t').map(str::to_owned);
        match (cells.next(), cells.next(), cells.next()) {
            (Some(a), Some(b), Some(c)) => Ok(Row { list: list.to_owned(), line: i + 1, cells: [a, b, c] }),
            _ => Err(VoiceError::Row { path: list.to_owned(), line: i + 1 }),
        }
    };
    lines.map(row).collect()
}

fn prompt(text: &str) -> Option<PromptId> {
    let digits = text.strip_prefix('P').filter(|d| d.len() == 2 && d.bytes().all(|b| b.is_ascii_digit()))?;
    digits.parse().ok().map(PromptId)
}

fn lang(tag: &str) -> Option<Lang> {
    LANGS.into_iter().find(|lang| lang.tag() == tag)
}

/// A file's name without folder and ending: no way out of the folder.
fn file(text: &str) -> Option<&str> {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    plain.then_some(text)
}
