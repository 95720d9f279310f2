//! Publishing: several files change as one. A journal says what is to be renamed; once it is there, the rest is finished, if not now
//! then at the next start. Without it, nothing was done.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{DraftError, replace, sync};
use crate::{FileSet, is_file_name};

/// Holds the new files and the journal, in the configuration's folder: the same file system, so that renaming is enough.
const FOLDER: &str = ".publish";
const JOURNAL: &str = "journal.json";

/// Who publishes, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Signed {
    /// Who.
    pub author: String,
    /// What for.
    pub comment: String,
}

/// What is to be done.
#[derive(Serialize, Deserialize)]
struct Journal {
    signed: Signed,
    files: Vec<Move>,
}

/// One file.
#[derive(Serialize, Deserialize)]
struct Move {
    name: String,
    /// Where its new text is, in [`FOLDER`]; `None`: the file goes.
    new: Option<String>,
}

/// Called before each thing that is done on disk; a test cuts there.
pub(crate) type Cut<'a> = &'a mut dyn FnMut(&str) -> io::Result<()>;

/// Replaces the files that differ.
pub(crate) fn publish(
    dir: &Path,
    before: &FileSet,
    after: &FileSet,
    signed: &Signed,
    cut: Cut<'_>,
) -> Result<(), DraftError> {
    let fail = |source| DraftError::Io { path: dir.to_owned(), source };
    let moves = moves(before, after);
    let journal = Journal { signed: signed.clone(), files: moves };
    prepare(dir, after, &journal, cut).map_err(fail)?;
    finish(dir, &journal, cut).map_err(fail)
}

fn moves(before: &FileSet, after: &FileSet) -> Vec<Move> {
    let new = after.iter().enumerate().filter(|(_, (name, text))| before.get(name) != Some(text));
    let new = new.map(|(i, (name, _))| Move { name: name.to_owned(), new: Some(format!("{i}.new")) });
    let gone = before.iter().filter(|(name, _)| after.get(name).is_none());
    let gone = gone.map(|(name, _)| Move { name: name.to_owned(), new: None });
    new.chain(gone).collect()
}

/// Everything up to the journal: the new texts are on disk, nothing has changed.
fn prepare(dir: &Path, after: &FileSet, journal: &Journal, cut: Cut<'_>) -> io::Result<()> {
    let folder = dir.join(FOLDER);
    cut("folder")?;
    fs::create_dir_all(&folder)?;
    fs::create_dir_all(dir.join("calendar"))?;
    for Move { name, new } in &journal.files {
        let Some(new) = new else { continue };
        cut("new file")?;
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(folder.join(new))?;
        if let Ok(old) = fs::metadata(dir.join(name)) {
            file.set_permissions(old.permissions())?;
        }
        file.write_all(after.get(name).unwrap_or_default().as_bytes())?;
        file.sync_all()?;
    }
    cut("journal")?;
    sync(dir)?;
    let text = serde_json::to_string(journal).map_err(io::Error::other)?;
    replace(&folder.join(JOURNAL), &text)
}

/// Everything behind the journal, as often as it takes: what was renamed already is passed over.
fn finish(dir: &Path, journal: &Journal, cut: Cut<'_>) -> io::Result<()> {
    let folder = dir.join(FOLDER);
    for Move { name, new } in &journal.files {
        // The journal was written by us; a name that leads elsewhere was not.
        if !is_file_name(name) {
            continue;
        }
        cut("rename")?;
        let done = match new {
            Some(new) => fs::rename(folder.join(new), dir.join(name)),
            None => fs::remove_file(dir.join(name)),
        };
        match done {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
            _ => {}
        }
    }
    cut("sync")?;
    sync(dir)?;
    sync(&dir.join("calendar"))?;
    cut("journal's end")?;
    fs::remove_file(folder.join(JOURNAL))?;
    cut("folder's end")?;
    fs::remove_dir_all(&folder)
}

/// Whether a journal waits to be finished.
pub(crate) fn is_cut(dir: &Path) -> bool {
    dir.join(FOLDER).join(JOURNAL).exists()
}

/// Finishes what a journal asks for, or clears away what came before one. What was finished now.
pub(crate) fn mend(dir: &Path) -> Result<Option<Signed>, DraftError> {
    let folder = dir.join(FOLDER);
    let path = folder.join(JOURNAL);
    let fail = |source| DraftError::Io { path: folder.clone(), source };
    match fs::read_to_string(&path) {
        Ok(text) => {
            let journal: Journal = serde_json::from_str(&text).map_err(|_| DraftError::Content(path))?;
            finish(dir, &journal, &mut |_| Ok(())).map_err(fail)?;
            Ok(Some(journal.signed))
        }
        Err(why) if why.kind() == io::ErrorKind::NotFound => clear(&folder).map(|()| None).map_err(fail),
        Err(source) => Err(fail(source)),
    }
}

fn clear(folder: &PathBuf) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
        _ => Ok(()),
    }
}
