//! Which files belong to a configuration, their texts and their hash: read from the folder, or held in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::fault::{Faults, Spot, Text};
use crate::problem::Problem;
use crate::rules;

/// The files that every configuration has, in the order in which faults are shown.
pub(crate) const FILES: [&str; 12] = [
    "hotline.toml",
    "trunks.toml",
    "routing.toml",
    "menus.toml",
    "units.toml",
    "staff.toml",
    "desks.toml",
    "services.toml",
    "operators.toml",
    "promises.toml",
    "outputs.toml",
    "calendar/hours.toml",
];

/// Largest file that is read; a larger one is a mistake.
pub(crate) const MOST_BYTES: u64 = 8 * 1024 * 1024;
/// Most holiday files, a century of them; more are not read.
const MOST_NOTICES: usize = 100;

/// The texts of a configuration by their paths in its folder: as they are on disk, or as a draft would have them.
/// `Debug` shows names only, for numbers of staff stand in them.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct FileSet(BTreeMap<String, String>);

impl fmt::Debug for FileSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl FileSet {
    /// The files of a folder. What can't be read is left out; checking the set tells it.
    pub fn read(dir: &Path) -> Self {
        let names = FILES.iter().map(|name| (*name).to_owned()).chain(notices(dir));
        let read = |name: String| bounded(&dir.join(&name)).ok().map(|text| (name, text));
        Self(names.filter_map(read).collect())
    }

    /// A file's text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Puts a file in, in place of the one before.
    pub fn set(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.0.insert(name.into(), text.into());
    }

    /// Takes a file out.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Names and texts, in the order in which faults are shown: the fixed files, then the holidays by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let fixed = FILES.iter().filter_map(|name| Some((*name, self.get(name)?)));
        let notices = self.0.iter().filter(|(name, _)| is_notice(name));
        fixed.chain(notices.map(|(name, text)| (name.as_str(), text.as_str())))
    }

    /// The names, in the same order.
    pub fn names(&self) -> Vec<String> {
        self.iter().map(|(name, _)| name.to_owned()).collect()
    }

    /// SHA-256 of names and texts, hex: the version that this set is.
    pub fn version(&self) -> String {
        Folder::of(Source::Set(self), &Faults::default()).version()
    }
}

/// Whether a file of this name can belong to a configuration: one of the fixed ones, or a year's holidays.
pub fn is_file_name(name: &str) -> bool {
    FILES.contains(&name) || is_notice(name)
}

/// `calendar/2026.json`, `calendar/2026.ics`: plain names of at most 64 characters, nothing hidden, no way out of the folder.
fn is_notice(name: &str) -> bool {
    let Some(plain) = name.strip_prefix("calendar/") else { return false };
    let stem = plain.strip_suffix(".json").or_else(|| plain.strip_suffix(".ics"));
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    stem.is_some_and(|s| (1..=64).contains(&s.chars().count()) && !s.starts_with('.') && s.chars().all(fits))
}

/// Where the texts come from.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Disk(&'a Path),
    Set(&'a FileSet),
}

impl Source<'_> {
    fn text(self, name: &str) -> Result<String, String> {
        match self {
            Self::Disk(dir) => bounded(&dir.join(name)),
            Self::Set(set) => set.get(name).map(str::to_owned).ok_or_else(|| "not there".to_owned()),
        }
    }

    fn notices(self) -> Vec<String> {
        match self {
            Self::Disk(dir) => notices(dir),
            Self::Set(set) => set.0.keys().filter(|n| is_notice(n)).take(MOST_NOTICES).cloned().collect(),
        }
    }
}

/// A configuration's texts.
pub(crate) struct Folder {
    /// Those of [`FILES`], in their order.
    pub core: [Text; FILES.len()],
    /// The holiday files by name, behind them.
    pub notices: Vec<Text>,
}

impl Folder {
    /// Reads the files. One that can't be read is empty, and a fault.
    pub fn of(source: Source<'_>, faults: &Faults) -> Self {
        let mut next = 0..;
        let mut read = |name: String| {
            let file = next.next().unwrap_or_default();
            told(source.text(&name), name, file, faults)
        };
        let core = FILES.map(|name| read(name.to_owned()));
        let notices: Vec<Text> = source.notices().into_iter().map(read).collect();
        if let ([.., hours], []) = (&core, notices.as_slice()) {
            faults.add(Spot { file: hours.file, byte: 0 }, rules::no_notice());
        }
        Self { core, notices }
    }

    /// All of them, in order.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.core.iter().chain(&self.notices)
    }

    /// The texts as they were read.
    pub fn set(&self) -> FileSet {
        FileSet(self.texts().map(|t| (t.name.clone(), t.text.clone())).collect())
    }

    /// SHA-256 of names and contents, hex: the version of a configuration.
    pub fn version(&self) -> String {
        let mut hash = Sha256::new();
        for part in self.texts().flat_map(|t| [&t.name, &t.text]) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The holiday files, by name.
fn notices(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir.join("calendar")).into_iter().flatten().flatten();
    let names = entries.filter_map(|e| e.file_name().into_string().ok());
    let mut names: Vec<String> = names.map(|n| format!("calendar/{n}")).filter(|n| is_notice(n)).collect();
    names.sort();
    names.truncate(MOST_NOTICES);
    names
}

/// Reads one file, which will stand at index `file` of the list.
pub(crate) fn read_one(path: &Path, name: String, file: usize, faults: &Faults) -> Text {
    told(bounded(path), name, file, faults)
}

fn told(read: Result<String, String>, name: String, file: usize, faults: &Faults) -> Text {
    let text = read.unwrap_or_else(|why| {
        faults.add(Spot { file, byte: 0 }, Problem::file(&why));
        String::new()
    });
    Text { file, name, text }
}

fn bounded(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| e.to_string())?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("larger than {MOST_BYTES} bytes"));
    }
    String::from_utf8(bytes).map_err(|e| e.to_string())
}
