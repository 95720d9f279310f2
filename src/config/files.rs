//! Reading the folder: which files belong to a configuration, their texts and their hash.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::fault::{Faults, Spot, Text};
use crate::problem::Problem;
use crate::rules;

/// The files that every configuration has, in the order in which faults are shown.
pub(crate) const FILES: [&str; 10] = [
    "hotline.toml",
    "trunks.toml",
    "routing.toml",
    "menus.toml",
    "units.toml",
    "staff.toml",
    "desks.toml",
    "services.toml",
    "operators.toml",
    "calendar/hours.toml",
];

/// Largest file that is read; a larger one is a mistake.
const MOST_BYTES: u64 = 8 * 1024 * 1024;
/// Most holiday files, a century of them; more are not read.
const MOST_NOTICES: usize = 100;

/// A folder's texts.
pub(crate) struct Folder {
    /// Those of [`FILES`], in their order.
    pub core: [Text; FILES.len()],
    /// The holiday files by name, behind them.
    pub notices: Vec<Text>,
}

impl Folder {
    /// Reads the files of a folder. One that can't be read is empty, and a fault.
    pub fn read(dir: &Path, faults: &Faults) -> Self {
        let mut next = 0..;
        let mut read = |name: String| {
            let file = next.next().unwrap_or_default();
            read_one(&dir.join(&name), name, file, faults)
        };
        let core = FILES.map(|name| read(name.to_owned()));
        let notices: Vec<Text> = notices(dir).into_iter().map(read).collect();
        if let ([.., hours], []) = (&core, notices.as_slice()) {
            faults.add(Spot { file: hours.file, byte: 0 }, rules::no_notice());
        }
        Self { core, notices }
    }

    /// All of them, in order.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.core.iter().chain(&self.notices)
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
    let mut names: Vec<String> = names
        .filter(|n| n.ends_with(".json") || n.ends_with(".ics"))
        .map(|n| format!("calendar/{n}"))
        .collect();
    names.sort();
    names.truncate(MOST_NOTICES);
    names
}

/// Reads one file, which will stand at index `file` of the list.
pub(crate) fn read_one(path: &Path, name: String, file: usize, faults: &Faults) -> Text {
    let text = bounded(path).unwrap_or_else(|why| {
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
