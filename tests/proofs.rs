//! The tables of docs/ that say what proves what: every row names tests, and they are there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn complain(title: &str, faults: Vec<String>) {
    assert!(faults.is_empty(), "{title}:\n  {}", faults.join("\n  "));
}

/// Every test that docs/sip.md names as a proof.
#[test]
fn the_table_of_rfcs_names_tests_that_are_there() {
    let rows = rows("docs/sip.md");
    assert!(rows.len() > 30, "the table of docs/sip.md is not read");
    complain("docs/sip.md", rows.iter().flat_map(|row| unproven(row)).collect());
}

/// Every promise, in order, and the tests that docs/promises.md names for it.
#[test]
fn the_table_of_promises_names_all_of_them_and_tests_that_are_there() {
    let rows = rows("docs/promises.md");
    let numbers: Vec<_> =
        rows.iter().filter_map(|row| row.split('|').nth(1)?.trim().parse::<u32>().ok()).collect();
    assert_eq!(numbers, (1..=19).collect::<Vec<_>>(), "the rows of docs/promises.md");
    complain("docs/promises.md", rows.iter().flat_map(|row| unproven(row)).collect());
}

/// The rows of a page's table, without its head.
fn rows(page: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    text.lines().filter(|line| line.starts_with("| ")).skip(1).map(str::to_owned).collect()
}

/// What is wrong with a row's proofs: `path#name` of a test, or the path of a script.
fn unproven(row: &str) -> Vec<String> {
    let quoted = || row.split('`').skip(1).step_by(2);
    let scripts = quoted().filter(|proof| proof.starts_with("tests/") && proof.ends_with(".txt"));
    let tests: Vec<_> = quoted().filter_map(|proof| proof.split_once('#')).collect();
    let mut faults: Vec<_> = scripts
        .clone()
        .filter(|path| !root().join(path).exists())
        .map(|path| format!("{path} is not there"))
        .collect();
    if tests.is_empty() && scripts.count() == 0 {
        faults.push(format!("no test: {row}"));
    }
    for (path, name) in tests {
        let text = fs::read_to_string(root().join(path)).unwrap_or_default();
        let head = text.split(&format!("fn {name}(")).next().unwrap_or_default();
        let attributes = head.rsplit('}').next().unwrap_or_default();
        if head.len() == text.len() || !attributes.contains("test") {
            faults.push(format!("{path} has no test {name}"));
        }
    }
    faults
}
