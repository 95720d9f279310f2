//! The configuration as JSON.

use ::config::FileSet;
use ::config::draft::Draft;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The configuration.
#[derive(Serialize, ToSchema)]
pub(crate) struct Config {
    /// Number of the version; empty when the files were changed by hand and are not in use yet.
    pub(crate) version: String,
    /// SHA-256 of the files, hex.
    pub(crate) hash: String,
    /// Who made it; `sip-config` when the files were changed by hand.
    pub(crate) author: String,
    /// When it was taken in, UTC ms; 0 when it is not.
    pub(crate) at: i64,
    /// What for.
    pub(crate) comment: String,
    /// The draft, if there is one.
    pub(crate) draft: Option<DraftState>,
    /// All files; with `draft=true` as drafted.
    pub(crate) files: Vec<File>,
    /// The same as one JSON value: trunks, routing, menus, units, desks, services, staff, operators, hours, years, hotline.
    #[schema(value_type = Object)]
    pub(crate) model: serde_json::Value,
    /// What is wrong in the files that are shown.
    pub(crate) faults: Vec<Fault>,
    /// How the draft differs from the files; empty without `draft=true`.
    pub(crate) diff: Vec<Difference>,
    /// How the draft that is shown was rehearsed as it is now.
    pub(crate) rehearsed: Option<Rehearsed>,
}

/// A rehearsal of exactly this draft.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rehearsed {
    /// No fault, and every path ends at a person or a call-back.
    pub(crate) ok: bool,
    /// When, UTC ms.
    pub(crate) at: i64,
}

/// Whose the draft is.
#[derive(Serialize, ToSchema)]
pub(crate) struct DraftState {
    by: String,
    /// UTC ms.
    since: i64,
    /// The hash of the files that it was begun with.
    based_on: String,
    /// The files were changed meanwhile: it can't be published.
    stale: bool,
}

impl DraftState {
    pub(crate) fn of(draft: &Draft, files: &FileSet) -> Self {
        let (by, based_on) = (draft.by.clone(), draft.based_on.clone());
        Self { by, since: draft.since, based_on, stale: draft.is_stale(files) }
    }
}

/// A file.
#[derive(Serialize, ToSchema)]
pub(crate) struct File {
    /// From the configuration's folder: `calendar/hours.toml`.
    name: String,
    text: String,
}

pub(crate) fn files(set: &FileSet) -> Vec<File> {
    set.iter().map(|(name, text)| File { name: name.to_owned(), text: text.to_owned() }).collect()
}

/// One thing that is wrong, and what to do.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Fault {
    file: String,
    /// From 1.
    line: usize,
    /// In characters, from 1.
    column: usize,
    /// `error`: the configuration can't be used with it.
    severity: &'static str,
    zh: String,
    en: String,
    /// What to do.
    suggestion: Both,
}

/// Words in both languages.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Both {
    pub(crate) zh: String,
    pub(crate) en: String,
}

impl From<(String, String)> for Both {
    fn from((zh, en): (String, String)) -> Self {
        Self { zh, en }
    }
}

pub(crate) fn faults(faults: Vec<::config::Fault>) -> Vec<Fault> {
    let one = |fault: ::config::Fault| Fault {
        file: fault.file,
        line: fault.line,
        column: fault.column,
        severity: "error",
        zh: fault.zh,
        en: fault.en,
        suggestion: Both { zh: fault.fix_zh, en: fault.fix_en },
    };
    faults.into_iter().map(one).collect()
}

/// How a file differs.
#[derive(Serialize, ToSchema)]
pub(crate) struct Difference {
    file: String,
    /// A unified diff.
    unified: String,
}

pub(crate) fn differences(before: &FileSet, after: &FileSet) -> Vec<Difference> {
    let one = |d: ::config::edit::Difference| Difference { file: d.file, unified: d.unified };
    ::config::edit::differences(before, after).into_iter().map(one).collect()
}

/// What came of a change.
#[derive(Serialize, ToSchema)]
pub(crate) struct Edited {
    /// What is wrong in the draft now.
    pub(crate) faults: Vec<Fault>,
    /// How it differs from the files.
    pub(crate) diff: Vec<Difference>,
}

/// Begins a draft.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Begin {
    /// Take over somebody else's draft, with what is in it.
    #[serde(default)]
    pub(crate) take_over: bool,
}

/// Some changes, all or none.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edits {
    /// At most 500.
    pub(crate) edits: Vec<Edit>,
}

/// One change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    file: String,
    /// Where: keys, places in lists (from 0), or values of a row: `["desk", {"no": "012"}, "name"]`.
    #[schema(value_type = Vec<Object>)]
    at: Vec<Step>,
    /// `set`, `remove`, or `insert` (before the row at `at`; behind the last when `at` is the list).
    op: OpWord,
    /// What for `set` and `insert`.
    #[schema(value_type = Object)]
    value: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Step {
    Index(usize),
    Key(String),
    Where(serde_json::Map<String, serde_json::Value>),
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum OpWord {
    Set,
    Remove,
    Insert,
}

impl From<Edit> for ::config::edit::Edit {
    fn from(edit: Edit) -> Self {
        let step = |step| match step {
            Step::Index(index) => ::config::edit::Step::Index(index),
            Step::Key(key) => ::config::edit::Step::Key(key),
            Step::Where(row) => ::config::edit::Step::Where(row),
        };
        let value = edit.value.unwrap_or_default();
        let op = match edit.op {
            OpWord::Set => ::config::edit::Op::Set(value),
            OpWord::Remove => ::config::edit::Op::Remove,
            OpWord::Insert => ::config::edit::Op::Insert(value),
        };
        Self { file: edit.file, at: edit.at.into_iter().map(step).collect(), op }
    }
}

/// A whole file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WholeFile {
    /// At most 8 MiB.
    pub(crate) text: String,
}

/// Why something is published.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Comment {
    /// One line, at most 500 characters.
    #[serde(default)]
    pub(crate) comment: String,
}

/// What was published.
#[derive(Serialize, ToSchema)]
pub(crate) struct Published {
    /// The version's number.
    pub(crate) version: String,
}
