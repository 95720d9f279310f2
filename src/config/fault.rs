//! Faults: where, what is wrong and what to do, in Chinese and English. All of them are gathered before any is shown.

use std::cell::RefCell;
use std::fmt;

use crate::problem::Problem;

/// Most faults of one load; the rest would only repeat them.
const MOST_FAULTS: usize = 500;

/// One thing that is wrong in the configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Path from the configuration's folder: `menus.toml`.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong, Chinese.
    pub zh: String,
    /// What is wrong, English.
    pub en: String,
    /// What to do, Chinese.
    pub fix_zh: String,
    /// What to do, English.
    pub fix_en: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, zh, en, fix_zh, fix_en } = self;
        write!(f, "{file}:{line}:{column}: {zh}。{fix_zh}。\n    {en}. {fix_en}.")
    }
}

/// A place in one of the files: its index among them and the byte.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Spot {
    pub file: usize,
    pub byte: usize,
}

/// A value and where it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct At<T> {
    pub value: T,
    pub spot: Spot,
}

/// One file as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    /// Its index among the files, as in [`Spot`].
    pub file: usize,
    /// From the configuration's folder.
    pub name: String,
    pub text: String,
}

/// Where readers and checks leave what they find.
#[derive(Default)]
pub(crate) struct Faults(RefCell<Vec<(Spot, Problem)>>);

impl Faults {
    /// Beyond the most, faults are dropped: whoever has mended 500 loads again anyway.
    pub fn add(&self, spot: Spot, problem: Problem) {
        let mut list = self.0.borrow_mut();
        let fault = (spot, problem);
        if list.len() < MOST_FAULTS && !list.contains(&fault) {
            list.push(fault);
        }
    }

    /// Whether this file has a fault so far.
    pub fn in_file(&self, file: usize) -> bool {
        self.0.borrow().iter().any(|(spot, _)| spot.file == file)
    }

    /// In the order of files and lines.
    pub fn list(self, files: &[&Text]) -> Vec<Fault> {
        let mut list = self.0.into_inner();
        list.sort_by_key(|(spot, _)| *spot);
        list.into_iter().map(|(spot, problem)| fault(files, spot, problem)).collect()
    }
}

fn fault(files: &[&Text], spot: Spot, problem: Problem) -> Fault {
    let file = files.get(spot.file);
    let (line, column) = file.map_or((1, 1), |f| position(&f.text, spot.byte));
    let Problem { zh, en, fix_zh, fix_en } = problem;
    Fault { file: file.map(|f| f.name.clone()).unwrap_or_default(), line, column, zh, en, fix_zh, fix_en }
}

/// Line and column, from 1, of a byte.
fn position(text: &str, byte: usize) -> (usize, usize) {
    let mut end = byte.min(text.len());
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    let before = text.get(..end).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (line, before.get(start..).unwrap_or_default().chars().count() + 1)
}

/// The byte where a line (from 1) begins.
pub(crate) fn line_start(text: &str, line: usize) -> usize {
    text.match_indices('\n').nth(line.saturating_sub(2)).filter(|_| line > 1).map_or(0, |(at, _)| at + 1)
}
