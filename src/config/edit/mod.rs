//! Changes of the files as an admin's screen asks for them: one value at one place, everything else byte for byte as it was.
//!
//! A file is read into a tree of places ([`tree`]), the place is found in it ([`place`]), and the text is changed there
//! ([`change`]): comments, order and layout of all the rest are never printed anew.

mod change;
mod diff;
mod json;
mod list;
mod model;
mod place;
mod render;
mod table;
mod toml;
mod tree;

use serde_json::Value;

pub use diff::{Difference, differences};
pub use model::model;

/// Most changes of one request. More are refused: a screen changes one thing at a time.
pub const MOST_EDITS: usize = 500;

/// One change.
#[derive(Clone, PartialEq, Debug)]
pub struct Edit {
    /// The file, by its path in the folder.
    pub file: String,
    /// Where in it.
    pub at: Vec<Step>,
    /// What to do there.
    pub op: Op,
}

/// A step down into a file.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// The value of this key.
    Key(String),
    /// The row at this place of a list, from 0.
    Index(usize),
    /// The first row of a list that has these values: `{"no": "012"}`.
    Where(serde_json::Map<String, Value>),
}

/// What is done at a place.
#[derive(Clone, PartialEq, Debug)]
pub enum Op {
    /// The value there, or a new one where none is.
    Set(Value),
    /// Away with it.
    Remove,
    /// A new row before the one that is there; at a list, behind its last.
    Insert(Value),
}

/// Why a change can't be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EditError {
    /// No such file belongs to a configuration.
    #[error("{0:?} is no file of the configuration: take one of those that GET /api/v1/config lists")]
    NoSuchFile(String),
    /// The file can't be read as TOML or JSON.
    #[error("{0} has a fault in its syntax: mend its text first")]
    Syntax(String),
    /// Nothing is at this place.
    #[error("{file} has nothing at {at}: read the configuration again, it may have changed")]
    NoSuchPlace {
        /// Which file.
        file: String,
        /// The place as it was asked for.
        at: String,
    },
    /// The value can't stand there.
    #[error("{file} can't take this value at {at}: {why}")]
    Unfit {
        /// Which file.
        file: String,
        /// The place as it was asked for.
        at: String,
        /// Why, English.
        why: &'static str,
        /// Why, Chinese.
        why_zh: &'static str,
    },
}

impl EditError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::NoSuchFile(name) => format!("{name:?} 不是配置文件；可用的文件见 GET /api/v1/config"),
            Self::Syntax(name) => format!("{name} 有语法错误；请先改好它的文本"),
            Self::NoSuchPlace { file, at } => format!("{file} 里没有 {at}；请重新读取配置，它可能已经变了"),
            Self::Unfit { file, at, why_zh, .. } => format!("{file} 的 {at} 不能写这个值：{why_zh}"),
        }
    }
}

/// What can be wrong inside one file; [`Edit::apply`] adds which file and place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wrong {
    Syntax,
    NoSuchPlace,
    Unfit(&'static str, &'static str),
}

impl Edit {
    /// The file's text with this change.
    ///
    /// # Errors
    /// [`EditError`]; the text stays as it was.
    pub fn apply(&self, text: &str) -> Result<String, EditError> {
        let syntax = Syntax::of(&self.file).ok_or_else(|| EditError::NoSuchFile(self.file.clone()))?;
        change::apply(text, syntax, &self.at, &self.op).map_err(|wrong| {
            let (file, at) = (self.file.clone(), place::shown(&self.at));
            match wrong {
                Wrong::Syntax => EditError::Syntax(file),
                Wrong::NoSuchPlace => EditError::NoSuchPlace { file, at },
                Wrong::Unfit(why, why_zh) => EditError::Unfit { file, at, why, why_zh },
            }
        })
    }
}

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Syntax {
    Toml,
    Json,
}

impl Syntax {
    /// By the name; an iCalendar file is only replaced as a whole.
    fn of(name: &str) -> Option<Self> {
        if !crate::is_file_name(name) {
            return None;
        }
        match name.rsplit_once('.')?.1 {
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}
