//! The rules of the house as tests: arrows, purity, doors, sizes, first lines, no panics. Change a rule here and in ARCHITECTURE.md together.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

#[path = "architecture/tables.rs"]
mod tables;

use tables::{ARROWS, DOORS, IMPURE, MACHINE, MOST_FUNCTION_LINES, MOST_LINES, PURE, PURE_DEPENDENCIES};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// One source file: its path from the root, its text, and the same text without comments and literals.
struct Source {
    path: String,
    text: String,
    code: String,
}

impl Source {
    fn is_test(&self) -> bool {
        let p = &self.path;
        ["tests/", "fuzz/"].iter().any(|folder| p.starts_with(folder))
            || p.contains("/tests/")
            || p.ends_with("/tests.rs")
            || p.ends_with("_tests.rs")
    }

    fn is_bench(&self) -> bool {
        self.path.starts_with("benches/")
            || self.path.contains("/benches/")
            || self.path.contains("/examples/")
    }

    fn krate(&self) -> Option<&str> {
        let mut parts = self.path.split('/');
        (parts.next() == Some("src")).then(|| parts.next()).flatten()
    }
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for folder in ["src", "tests", "benches", "fuzz"] {
        gather(&root().join(folder), &mut found);
    }
    found.sort();
    assert!(found.len() > 20, "the sources were not found");
    found
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let code = strip(&text);
            let path = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            Source { path, text, code }
        })
        .collect()
}

fn gather(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|n| n != "target") {
                gather(&path, found);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Blanks comments, strings and character literals, line by line, so that rules look at code only.
fn strip(text: &str) -> String {
    let bytes: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < bytes.len() {
        let c = bytes[i];
        let next = bytes.get(i + 1).copied();
        if c == '/' && next == Some('/') {
            while i < bytes.len() && bytes[i] != '\n' {
                i += 1;
            }
        } else if c == '/' && next == Some('*') {
            i += 2;
            while i + 1 < bytes.len() && !(bytes[i] == '*' && bytes[i + 1] == '/') {
                if bytes[i] == '\n' {
                    out.push('\n');
                }
                i += 1;
            }
            i += 2;
        } else if c == 'r'
            && matches!(next, Some('"' | '#'))
            && !out.ends_with(|p: char| p.is_alphanumeric() || p == '_')
        {
            i = raw_string(&bytes, i, &mut out);
        } else if c == '"' {
            i = quoted(&bytes, i, &mut out);
        } else if c == '\'' && (next == Some('\\') || bytes.get(i + 2) == Some(&'\'')) {
            i += if next == Some('\\') { 2 } else { 1 };
            while i < bytes.len() && bytes[i] != '\'' {
                i += 1;
            }
            i += 1;
        } else {
            out.push(c);
            i += 1;
        }
    }
    out
}

fn quoted(bytes: &[char], mut i: usize, out: &mut String) -> usize {
    i += 1;
    while i < bytes.len() && bytes[i] != '"' {
        if bytes[i] == '\n' {
            out.push('\n');
        }
        i += if bytes[i] == '\\' { 2 } else { 1 };
    }
    out.push_str("\"\"");
    i + 1
}

fn raw_string(bytes: &[char], start: usize, out: &mut String) -> usize {
    let mut i = start + 1;
    let hashes = bytes[i..].iter().take_while(|c| **c == '#').count();
    i += hashes;
    if bytes.get(i) != Some(&'"') {
        out.push('r');
        return start + 1;
    }
    i += 1;
    while i < bytes.len() {
        if bytes[i] == '"' && bytes[i + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes {
            break;
        }
        if bytes[i] == '\n' {
            out.push('\n');
        }
        i += 1;
    }
    out.push_str("\"\"");
    i + 1 + hashes
}

/// The code without `#[cfg(test)] mod ... { }` blocks.
fn without_inline_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..at]);
        let after = &rest[at..];
        let open = after.find('{');
        let end = after.find(';');
        rest = match (open, end) {
            (Some(o), Some(e)) if e < o => &after[e + 1..],
            (Some(o), _) => &after[o + block_length(&after[o..])..],
            (None, Some(e)) => &after[e + 1..],
            (None, None) => "",
        };
    }
    kept.push_str(rest);
    kept
}

fn block_length(text: &str) -> usize {
    let mut depth = 0usize;
    for (i, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return i + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// The names under `[dependencies]` of a member's manifest.
fn dependencies(krate: &str) -> BTreeSet<String> {
    let manifest = fs::read_to_string(root().join("src").join(krate).join("Cargo.toml")).unwrap();
    let mut names = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.trim() == "[dependencies]";
        } else if inside && let Some(end) = line.find(['.', ' ', '=']) {
            names.insert(line[..end].to_owned());
        }
    }
    names
}

fn complain(title: &str, faults: Vec<String>) {
    assert!(faults.is_empty(), "{title}:\n  {}", faults.join("\n  "));
}

#[test]
fn arrows_point_one_way() {
    let mut table = BTreeMap::<_, Vec<_>>::new();
    ARROWS.iter().for_each(|(of, to)| table.entry(*of).or_default().extend(*to));
    let members: BTreeSet<String> = fs::read_dir(root().join("src"))
        .unwrap()
        .flatten()
        .filter(|e| e.path().join("Cargo.toml").exists())
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    let mut faults = Vec::new();
    for member in &members {
        let Some(allowed) = table.get(member.as_str()) else {
            faults.push(format!("{member} stands in no row of ARROWS"));
            continue;
        };
        for name in dependencies(member) {
            if members.contains(&name) && !allowed.contains(&name.as_str()) {
                faults.push(format!("{member} -> {name} is not an arrow of the plan"));
            }
        }
    }
    complain("arrows", faults);
}

#[test]
fn pure_crates_stay_pure() {
    let allowed: BTreeMap<_, _> = PURE_DEPENDENCIES.iter().copied().collect();
    let mut faults = Vec::new();
    for krate in PURE {
        for name in dependencies(krate) {
            if !allowed[krate].contains(&name.as_str()) {
                faults.push(format!("{krate} draws in {name}"));
            }
        }
    }
    for source in sources().iter().filter(|s| !s.is_test() && !s.is_bench()) {
        if source.krate().is_some_and(|k| PURE.contains(&k)) && !source.path.starts_with(MACHINE) {
            let code = without_inline_tests(&source.code);
            for word in IMPURE.iter().filter(|w| code.contains(**w)) {
                faults.push(format!("{} says {word}", source.path));
            }
        }
    }
    complain("purity", faults);
}

#[test]
fn foreign_crates_have_one_door() {
    let mut faults = Vec::new();
    for source in sources().iter().filter(|s| !s.is_test()) {
        for (name, doors) in DOORS {
            let says =
                source.code.contains(&format!("{name}::")) || source.code.contains(&format!("use {name}"));
            if says && !doors.iter().any(|d| source.path.starts_with(d)) {
                faults.push(format!("{} uses {name}, whose door is {}", source.path, doors.join(" or ")));
            }
        }
    }
    complain("doors", faults);
}

#[test]
fn files_say_their_role_and_stay_short() {
    let mut faults = Vec::new();
    for source in sources() {
        if !source.text.starts_with("//!") {
            faults.push(format!("{}: the first line does not say the file's role (//!)", source.path));
        }
        let lines = source.text.lines().count();
        if lines > MOST_LINES {
            faults.push(format!("{}: {lines} lines, at most {MOST_LINES}", source.path));
        }
    }
    complain("files", faults);
}

#[test]
fn functions_stay_short() {
    let mut faults = Vec::new();
    for source in sources() {
        let mut rest = source.code.as_str();
        let mut line = 1;
        while let Some(at) = next_function(rest) {
            line += rest[..at].matches('\n').count();
            rest = &rest[at..];
            let Some(open) = rest.find(['{', ';']) else { break };
            if rest[open..].starts_with('{') {
                let body = &rest[open..open + block_length(&rest[open..])];
                let lines = rest[..open].matches('\n').count() + body.matches('\n').count() + 1;
                if lines > MOST_FUNCTION_LINES {
                    faults.push(format!(
                        "{}:{line}: a function of {lines} lines, at most {MOST_FUNCTION_LINES}",
                        source.path
                    ));
                }
            }
            line += rest[..open].matches('\n').count();
            rest = &rest[open..];
        }
    }
    complain("functions", faults);
}

fn next_function(code: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = code[from..].find("fn ") {
        let at = from + at;
        let before = code[..at].chars().next_back();
        let named = code[at + 3..].starts_with(|c: char| c.is_alphabetic() || c == '_');
        if named && before.is_none_or(|c| !c.is_alphanumeric() && c != '_') {
            return Some(at);
        }
        from = at + 3;
    }
    None
}

#[test]
fn nothing_panics_outside_tests() {
    let words =
        [".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!(", "unreachable!(", "unsafe {"];
    let mut faults = Vec::new();
    for source in sources().iter().filter(|s| !s.is_test() && !s.is_bench()) {
        let code = without_inline_tests(&source.code);
        for word in words.iter().filter(|w| code.contains(**w)) {
            faults.push(format!("{} says {word}", source.path));
        }
    }
    complain("panics", faults);
}

#[test]
fn tests_do_not_wait_by_the_clock() {
    let mut faults = Vec::new();
    for source in sources().iter().filter(|s| s.is_test() && !s.path.ends_with("architecture.rs")) {
        for (i, line) in source.code.lines().enumerate() {
            // A pause between two looks of a poll with a deadline is the one allowed use; it says so by its name.
            if line.contains("sleep(") && !line.contains("between_looks") && !line.contains("POLL") {
                faults.push(format!("{}:{}: waits by sleep; poll with a deadline", source.path, i + 1));
            }
        }
    }
    complain("waiting", faults);
}

#[test]
fn nothing_is_left_open() {
    let words = ["TODO", "FIXME", "XXX", "#[ignore"];
    let mut faults = Vec::new();
    for source in sources().iter().filter(|s| !s.path.ends_with("architecture.rs")) {
        for word in words.iter().filter(|w| source.text.contains(**w)) {
            faults.push(format!("{} says {word}", source.path));
        }
    }
    complain("left open", faults);
}
