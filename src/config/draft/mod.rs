//! The draft: one at a time, with its author, kept in a hidden folder beside the files so that a restart keeps it.
//!
//! A [`Workbench`] is a configuration's folder under change. [`Workbench::open`] first finishes or undoes what a crash cut in the
//! middle of a publication ([`publish`]). Whoever shares one between threads keeps a lock around it.

pub(crate) mod publish;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::edit::{Edit, EditError, MOST_EDITS};
use crate::files::MOST_BYTES;
use crate::{Checked, Fault, FileSet, check, is_file_name};

pub use publish::Signed;

/// Holds the draft, in the configuration's folder; no file of the configuration begins with a dot.
const DRAFT: &str = ".draft";
const DRAFT_FILE: &str = "draft.json";

/// Why the draft can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// A file or folder can't be read or written.
    #[error("{path}: {source}: let this program write the folder of the configuration")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is kept of the draft or of a publication does not read.
    #[error("{0} does not read: move it away; the files of the configuration are not touched")]
    Content(PathBuf),
    /// There is no draft.
    #[error("there is no draft: begin one first")]
    NoDraft,
    /// Somebody has a draft already.
    #[error("{by} has a draft already: take it over, or ask for it to be published or thrown away")]
    Taken {
        /// Who.
        by: String,
    },
    /// The files were changed meanwhile.
    #[error("the files were changed since this draft was begun: begin a new one and make the changes again")]
    Stale,
    /// The draft has faults.
    #[error("the draft has {0} faults: mend them first")]
    Faults(usize),
    /// The draft was not rehearsed as it is.
    #[error("the draft was not rehearsed as it is now: rehearse it first")]
    NotRehearsed,
    /// Too much at once.
    #[error("a file has at most {MOST_BYTES} bytes, a request at most {MOST_EDITS} edits: send less")]
    TooMuch,
    /// An edit can't be made.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl DraftError {
    /// The same in Chinese; causes of the system are in English.
    pub fn zh(&self) -> String {
        match self {
            Self::Io { path, source } => {
                format!("{}：{source}；请让本程序能写配置目录", path.display())
            }
            Self::Content(path) => format!("{} 无法读取；请移走它，配置文件没有动过", path.display()),
            Self::NoDraft => "没有草稿；请先新建".to_owned(),
            Self::Taken { by } => format!("{by} 已有草稿；请接手，或请对方发布或放弃"),
            Self::Stale => "草稿开始之后配置文件又变了；请新建草稿，重做修改".to_owned(),
            Self::Faults(count) => format!("草稿有 {count} 处错误；请先改好"),
            Self::NotRehearsed => "草稿改动后还没有演练；请先演练".to_owned(),
            Self::TooMuch => format!("每个文件最多 {MOST_BYTES} 字节，每次最多 {MOST_EDITS} 处修改；请减少"),
            Self::Edit(error) => error.zh(),
        }
    }
}

/// A draft. `Debug` shows names of files only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// Whose it is.
    pub by: String,
    /// Begun, or taken over, UTC ms.
    pub since: i64,
    /// The version of the files that it was begun with.
    pub based_on: String,
    /// All files as drafted.
    pub files: FileSet,
    /// The version of the files that was rehearsed last, without an open end.
    pub rehearsed: Option<String>,
}

impl Draft {
    /// Whether these, the files of now, are no more those that it was begun with.
    pub fn is_stale(&self, now: &FileSet) -> bool {
        now.version() != self.based_on
    }

    /// Whether it was rehearsed exactly as it is.
    pub fn is_rehearsed(&self) -> bool {
        self.rehearsed.as_deref() == Some(&*self.files.version())
    }
}

/// A draft on disk.
#[derive(Serialize, Deserialize)]
struct Kept {
    by: String,
    since: i64,
    based_on: String,
    files: std::collections::BTreeMap<String, String>,
    rehearsed: Option<String>,
}

/// A configuration's folder under change.
#[derive(Debug)]
pub struct Workbench {
    dir: PathBuf,
}

impl Workbench {
    /// Opens the folder. A publication that a crash cut in the middle is finished or undone first; one that was finished now is
    /// returned, for its version is still to be written down.
    ///
    /// # Errors
    /// [`DraftError::Io`], [`DraftError::Content`].
    pub fn open(dir: &Path) -> Result<(Self, Option<Signed>), DraftError> {
        let finished = publish::mend(dir)?;
        let bench = Self { dir: dir.to_owned() };
        // Published, but the crash came before the draft was thrown away.
        if finished.is_some() && bench.draft()?.is_some_and(|d| d.files == bench.files()) {
            bench.discard()?;
        }
        Ok((bench, finished))
    }

    /// The folder, opened already by whoever started this process.
    pub fn at(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether a publication was cut in the middle, as by a full disk; [`Workbench::open`] finishes it.
    pub fn is_cut(&self) -> bool {
        publish::is_cut(&self.dir)
    }

    /// The files as they are now.
    pub fn files(&self) -> FileSet {
        FileSet::read(&self.dir)
    }

    /// The draft, if there is one.
    ///
    /// # Errors
    /// [`DraftError::Io`], [`DraftError::Content`].
    pub fn draft(&self) -> Result<Option<Draft>, DraftError> {
        let path = self.dir.join(DRAFT).join(DRAFT_FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(DraftError::Io { path, source }),
        };
        let kept: Kept = serde_json::from_str(&text).map_err(|_| DraftError::Content(path))?;
        let mut files = FileSet::default();
        kept.files.into_iter().filter(|(name, _)| is_file_name(name)).for_each(|(n, t)| files.set(n, t));
        let Kept { by, since, based_on, rehearsed, .. } = kept;
        Ok(Some(Draft { by, since, based_on, files, rehearsed }))
    }

    /// Begins a draft of the files as they are. Who has one already goes on with it, unless it is stale; somebody else's is
    /// only taken over when that is asked for, with what is in it.
    ///
    /// # Errors
    /// [`DraftError::Taken`], [`DraftError::Io`], [`DraftError::Content`].
    pub fn begin(&self, by: &str, now: i64, take_over: bool) -> Result<Draft, DraftError> {
        let files = self.files();
        match self.draft()? {
            Some(draft) if draft.by != by && !take_over => return Err(DraftError::Taken { by: draft.by }),
            Some(draft) if draft.by == by && !draft.is_stale(&files) => return Ok(draft),
            Some(draft) if draft.by != by => {
                let draft = Draft { by: by.to_owned(), since: now, ..draft };
                self.keep(&draft)?;
                return Ok(draft);
            }
            Some(_) | None => {}
        }
        let based_on = files.version();
        let draft = Draft { by: by.to_owned(), since: now, based_on, files, rehearsed: None };
        self.keep(&draft)?;
        Ok(draft)
    }

    /// Throws the draft away; none is no fault.
    ///
    /// # Errors
    /// [`DraftError::Io`].
    pub fn discard(&self) -> Result<(), DraftError> {
        let path = self.dir.join(DRAFT);
        match fs::remove_dir_all(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(DraftError::Io { path, source }),
            _ => Ok(()),
        }
    }

    /// Makes these changes in the draft, all or none.
    ///
    /// # Errors
    /// [`DraftError::NoDraft`], [`DraftError::Taken`] when it is somebody else's, [`DraftError::Edit`], [`DraftError::TooMuch`].
    pub fn change(&self, by: &str, edits: &[Edit]) -> Result<Draft, DraftError> {
        let mut draft = self.own(by)?;
        if edits.len() > MOST_EDITS {
            return Err(DraftError::TooMuch);
        }
        for edit in edits {
            let text = draft.files.get(&edit.file).ok_or_else(|| EditError::NoSuchFile(edit.file.clone()))?;
            let text = edit.apply(text)?;
            set(&mut draft.files, &edit.file, &text)?;
        }
        self.keep(&draft)?;
        Ok(draft)
    }

    /// Replaces a whole file of the draft, or adds a year's holidays.
    ///
    /// # Errors
    /// As [`Workbench::change`].
    pub fn replace(&self, by: &str, name: &str, text: &str) -> Result<Draft, DraftError> {
        let mut draft = self.own(by)?;
        set(&mut draft.files, name, text)?;
        self.keep(&draft)?;
        Ok(draft)
    }

    /// Notes that the draft of this version was rehearsed without an open end. One that was changed meanwhile stays as it is.
    ///
    /// # Errors
    /// [`DraftError::Io`], [`DraftError::Content`].
    pub fn rehearsed(&self, version: &str) -> Result<(), DraftError> {
        match self.draft()? {
            Some(mut draft) if draft.files.version() == version => {
                draft.rehearsed = Some(version.to_owned());
                self.keep(&draft)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Makes the draft the configuration: checked, rehearsed, and not stale.
    ///
    /// # Errors
    /// [`DraftError`]: everything that keeps it from being published. The files are as before then, or, when the disk fails in
    /// the middle, are made whole at the next [`Workbench::open`].
    pub fn publish(&self, by: &str, signed: &Signed) -> Result<Checked, DraftError> {
        let draft = self.own(by)?;
        let now = self.files();
        if draft.is_stale(&now) {
            return Err(DraftError::Stale);
        }
        let checked = self.check(&draft.files).map_err(|faults| DraftError::Faults(faults.len()))?;
        if !draft.is_rehearsed() {
            return Err(DraftError::NotRehearsed);
        }
        publish::publish(&self.dir, &now, &draft.files, signed, &mut |_| Ok(()))?;
        self.discard()?;
        Ok(checked)
    }

    /// Puts an earlier version's files in the place of those that are there.
    ///
    /// # Errors
    /// [`DraftError::Faults`], [`DraftError::Io`].
    pub fn restore(&self, files: &FileSet, signed: &Signed) -> Result<Checked, DraftError> {
        let checked = self.check(files).map_err(|faults| DraftError::Faults(faults.len()))?;
        publish::publish(&self.dir, &self.files(), files, signed, &mut |_| Ok(()))?;
        Ok(checked)
    }

    /// Checks files as if they stood in this folder.
    ///
    /// # Errors
    /// Every fault.
    pub fn check(&self, files: &FileSet) -> Result<Checked, Vec<Fault>> {
        check(files, &self.dir)
    }

    fn own(&self, by: &str) -> Result<Draft, DraftError> {
        let draft = self.draft()?.ok_or(DraftError::NoDraft)?;
        if draft.by == by { Ok(draft) } else { Err(DraftError::Taken { by: draft.by }) }
    }

    fn keep(&self, draft: &Draft) -> Result<(), DraftError> {
        let folder = self.dir.join(DRAFT);
        let kept = Kept {
            by: draft.by.clone(),
            since: draft.since,
            based_on: draft.based_on.clone(),
            files: draft.files.iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect(),
            rehearsed: draft.rehearsed.clone(),
        };
        let text = serde_json::to_string(&kept).unwrap_or_default();
        let written = fs::create_dir_all(&folder).and_then(|()| replace(&folder.join(DRAFT_FILE), &text));
        written.map_err(|source| DraftError::Io { path: folder, source })
    }
}

fn set(files: &mut FileSet, name: &str, text: &str) -> Result<(), DraftError> {
    if !is_file_name(name) {
        return Err(EditError::NoSuchFile(name.to_owned()).into());
    }
    if text.len() as u64 > MOST_BYTES {
        return Err(DraftError::TooMuch);
    }
    files.set(name, text);
    Ok(())
}

/// Writes beside, then renames, so that a crash leaves the old or the new file and never half of one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    sync(path.parent().unwrap_or(path))
}

/// What was renamed in a folder is on disk.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
