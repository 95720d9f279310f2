//! The folder of the recordings: which there are by its lists, and own ones in the place of those that came with the program.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use utoipa::ToSchema;

use crate::backstage::Behind;

/// Holds what own recordings took the place of; no list names a file that begins with a dot.
const SHIPPED: &str = ".shipped";
const LANGS: [&str; 2] = ["zh-CN", "en"];

/// All recordings.
#[derive(Serialize, ToSchema)]
pub(crate) struct Prompts {
    pub(crate) prompts: Vec<Prompt>,
    /// A text-to-speech command is set.
    pub(crate) tts: bool,
}

/// A recording, or a part of one that is said around what is filled in.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct Prompt {
    id: String,
    /// Its text, Chinese.
    zh: String,
    /// Its text, English.
    en: String,
    /// What is filled in before or behind it: `{desk}`.
    slots: Vec<String>,
    /// By language: `zh-CN`, `en`.
    files: BTreeMap<String, PromptFile>,
}

/// A recording's file.
#[derive(Serialize, ToSchema)]
struct PromptFile {
    /// How long it takes; 0 when it is missing.
    ms: u64,
    /// It is not there, or does not read.
    missing: bool,
    /// `shipped`, `uploaded` or `spoken`.
    source: String,
}

/// How an own recording came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum How {
    Uploaded,
    Spoken,
}

impl How {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Spoken => "spoken",
        }
    }
}

/// The folder, with its lists read. Only names that stand in the lists are ever opened.
pub(crate) struct Shelf {
    dir: PathBuf,
    /// By language and name: the text.
    texts: BTreeMap<(&'static str, String), String>,
    slots: BTreeMap<String, Vec<String>>,
}

impl Shelf {
    pub(crate) fn open(dir: &Path) -> Self {
        let mut shelf = Self { dir: dir.to_owned(), texts: BTreeMap::new(), slots: BTreeMap::new() };
        for cells in rows(dir, "parts.tsv").skip(1) {
            let [_, lang, parts, ..] = cells.as_slice() else { continue };
            let Some(lang) = known(lang) else { continue };
            let (slots, fixed): (Vec<&str>, Vec<&str>) =
                parts.split_whitespace().partition(|p| p.starts_with('{'));
            for part in fixed.into_iter().filter(|p| is_plain(p)) {
                shelf.texts.insert((lang, part.to_owned()), String::new());
                shelf.slots.insert(part.to_owned(), slots.iter().map(|s| (*s).to_owned()).collect());
            }
        }
        for cells in rows(dir, "clips.tsv").skip(1) {
            let [lang, clip, text, ..] = cells.as_slice() else { continue };
            if let Some(lang) = known(lang).filter(|_| is_plain(clip)) {
                shelf.texts.insert((lang, clip.clone()), text.clone());
            }
        }
        for lang in LANGS {
            for cells in rows(dir, &format!("texts-{lang}.tsv")) {
                let [id, text, ..] = cells.as_slice() else { continue };
                if let Some(known) = shelf.texts.get_mut(&(lang, id.clone())) {
                    known.clone_from(text);
                }
            }
        }
        shelf
    }

    /// All of them, by name.
    pub(crate) fn list(&self, behind: &Behind) -> Vec<Prompt> {
        let mut all: BTreeMap<&str, Prompt> = BTreeMap::new();
        for ((lang, id), text) in &self.texts {
            let prompt = all.entry(id).or_insert_with(|| Prompt {
                id: id.clone(),
                slots: self.slots.get(id).cloned().unwrap_or_default(),
                ..Prompt::default()
            });
            let own = if *lang == "en" { &mut prompt.en } else { &mut prompt.zh };
            own.clone_from(text);
            let ms = fs::read(self.path(lang, id)).ok().and_then(|wav| behind.length(&wav));
            let source = fs::read_to_string(self.how(lang, id)).unwrap_or_else(|_| "shipped".to_owned());
            let file = PromptFile { ms: ms.unwrap_or(0), missing: ms.is_none(), source };
            prompt.files.insert((*lang).to_owned(), file);
        }
        all.into_values().collect()
    }

    /// Those whose file is not there: `zh-CN/P01`.
    pub(crate) fn missing(&self) -> Vec<String> {
        let gone = self.texts.keys().filter(|(lang, id)| !self.path(lang, id).is_file());
        gone.map(|(lang, id)| format!("{lang}/{id}")).collect()
    }

    /// A recording's text; `None`: no list names it.
    pub(crate) fn text(&self, lang: &str, id: &str) -> Option<String> {
        self.texts.get(&(known(lang)?, id.to_owned())).cloned()
    }

    /// A recording's file.
    pub(crate) fn read(&self, lang: &str, id: &str) -> Option<Vec<u8>> {
        self.text(lang, id)?;
        fs::read(self.path(lang, id)).ok()
    }

    /// Puts an own recording in the place of what is there; what came with the program is kept.
    pub(crate) fn put(&self, lang: &str, id: &str, wav: &[u8], how: How) -> io::Result<()> {
        if self.text(lang, id).is_none() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let (path, kept) = (self.path(lang, id), self.kept(lang, id));
        fs::create_dir_all(self.dir.join(SHIPPED).join(lang))?;
        if !kept.exists() && path.exists() {
            fs::copy(&path, &kept)?;
        }
        write(&self.how(lang, id), how.word().as_bytes())?;
        write(&path, wav)
    }

    /// Puts the shipped recording back; `false` when there is none, or it is in its place.
    pub(crate) fn restore(&self, lang: &str, id: &str) -> io::Result<bool> {
        let kept = self.kept(lang, id);
        if self.text(lang, id).is_none() || !kept.exists() {
            return Ok(false);
        }
        fs::rename(kept, self.path(lang, id))?;
        match fs::remove_file(self.how(lang, id)) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
            _ => Ok(true),
        }
    }

    fn path(&self, lang: &str, id: &str) -> PathBuf {
        self.dir.join(lang).join(format!("{id}.wav"))
    }

    fn kept(&self, lang: &str, id: &str) -> PathBuf {
        self.dir.join(SHIPPED).join(lang).join(format!("{id}.wav"))
    }

    fn how(&self, lang: &str, id: &str) -> PathBuf {
        self.dir.join(SHIPPED).join(lang).join(format!("{id}.how"))
    }
}

/// Writes beside, then renames.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

fn rows(dir: &Path, name: &str) -> impl Iterator<Item = Vec<String>> {
    let text = fs::read_to_string(dir.join(name)).unwrap_or_default();
    let cells = |line: &str| line.split('\t').map(str::to_owned).collect();
    text.lines().map(cells).collect::<Vec<Vec<String>>>().into_iter()
}

fn known(lang: &str) -> Option<&'static str> {
    LANGS.into_iter().find(|l| *l == lang)
}

/// As the check of the configuration demands it.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}
