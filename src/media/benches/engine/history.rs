//! The figures of all runs: `bench/history.csv`, a line a figure, drawn beside it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{draw, taken};

const HEAD: &str = "date,commit,name,value,unit,load";

/// One figure of one run.
pub struct Row {
    pub date: String,
    pub commit: String,
    pub name: String,
    pub value: f64,
    pub unit: String,
}

/// The figures of this run.
pub struct History {
    rows: Vec<(String, f64, String)>,
    load: f64,
}

impl History {
    pub fn new() -> Self {
        Self { rows: Vec::new(), load: taken::load() }
    }

    pub fn add(&mut self, name: &str, value: f64, unit: &str) {
        self.rows.push((name.to_owned(), value, unit.to_owned()));
    }

    /// Appends them, and draws all.
    pub fn keep(self) {
        let folder = folder();
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("history.csv");
        let mut text = fs::read_to_string(&path).unwrap_or_else(|_| format!("{HEAD}\n"));
        let date = said("date", &["-u", "+%Y-%m-%dT%H:%MZ"]);
        let mut commit = said("git", &["rev-parse", "--short", "HEAD"]);
        if !said("git", &["status", "--porcelain", "src/media", "src/audio"]).is_empty() {
            commit.push('+');
        }
        for (name, value, unit) in &self.rows {
            writeln!(text, "{date},{commit},{name},{value:.4},{unit},{:.1}", self.load).unwrap();
        }
        fs::write(&path, &text).unwrap();
        redraw();
        println!("\nkept in bench/history.csv, drawn in bench/history.svg");
    }
}

/// Draws what is kept.
pub fn redraw() {
    let text = fs::read_to_string(folder().join("history.csv")).unwrap();
    fs::write(folder().join("history.svg"), draw::history(&read(&text))).unwrap();
}

/// The lines that can be read.
fn read(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let mut fields = line.split(',').map(str::to_owned);
        Some(Row {
            date: fields.next()?,
            commit: fields.next()?,
            name: fields.next()?,
            value: fields.next()?.parse().ok()?,
            unit: fields.next()?,
        })
    };
    text.lines().skip(1).filter_map(row).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench")
}

/// What a program says, in the project's folder; nothing when it is not there.
fn said(program: &str, words: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let out = Command::new(program).args(words).current_dir(root).output();
    out.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default()
}
