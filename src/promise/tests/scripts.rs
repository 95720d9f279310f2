//! Runs every script of `tests/promises` through one `check`, in virtual time. `PROMISE=word` runs those whose name holds the
//! word and prints everything that happened.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod script;
mod world;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Fewer scripts than this, and somebody has lost some.
const FEWEST_SCRIPTS: usize = 55;
/// Rows of the promises that this product keeps or runs; each has a script with its number. 10 and 17 are figures: `figures.rs`.
const ROWS: [u8; 12] = [1, 7, 8, 9, 11, 12, 13, 14, 15, 16, 18, 19];

fn scripts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/promises");
    let mut found: Vec<(String, String)> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "txt"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    found.sort();
    found
}

#[test]
fn every_script_holds() {
    let all = scripts();
    let wanted = std::env::var("PROMISE").unwrap_or_default();
    let mut failures = Vec::new();
    for (name, text) in all.iter().filter(|(name, _)| name.contains(&wanted)) {
        failures.extend(script::check(name, text, !wanted.is_empty()));
    }
    assert!(failures.is_empty(), "{} failures\n\n{}\n", failures.len(), failures.join("\n\n"));
    assert!(all.len() >= FEWEST_SCRIPTS, "only {} scripts are left", all.len());
}

#[test]
fn every_row_has_a_script() {
    // A script that expects nothing proves nothing.
    for (name, text) in scripts() {
        let expects =
            |line: &str| ["expect ", "never ", "state ", "due "].iter().any(|word| line.starts_with(word));
        assert!(text.lines().any(expects), "{name} expects nothing");
    }
    let number = |name: &str| name.split('-').next().and_then(|n| n.parse::<u8>().ok());
    let rows: BTreeSet<u8> = scripts().iter().filter_map(|(name, _)| number(name)).collect();
    for row in ROWS {
        assert!(rows.contains(&row), "row {row} of the promises has no script");
    }
}
