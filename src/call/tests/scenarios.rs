//! Runs every script of `tests/scenarios` through one `check`, in virtual time. `SCENARIO=word` runs those whose name
//! holds the word and prints everything that happened.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod scenario {
    pub mod check;
    pub mod ends;
    pub mod errands;
    pub mod over;
    pub mod parse;
    pub mod people;
    pub mod plans;
    pub mod room;
    pub mod script;
    pub mod seen;
    pub mod store;
    pub mod time;
    pub mod words;
    pub mod world;
}

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Fewer scripts than this, and somebody has lost some.
const FEWEST_SCRIPTS: usize = 90;

fn scripts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/scenarios");
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "txt") {
                let name = path.strip_prefix(&root).unwrap().with_extension("");
                found.push((name.to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_script_holds() {
    let began = Instant::now();
    let all = scripts();
    let wanted = std::env::var("SCENARIO").unwrap_or_default();
    let mut failures = Vec::new();
    let mut failed = 0;
    for (name, text) in all.iter().filter(|(name, _)| name.contains(&wanted)) {
        let found = match scenario::parse::parse(name, text) {
            Ok(script) => scenario::check::check(&script),
            Err(fault) => vec![fault],
        };
        failed += usize::from(!found.is_empty());
        failures.extend(found);
    }
    println!("{} scripts, {failed} failed, {} ms", all.len(), began.elapsed().as_millis());
    assert!(all.len() >= FEWEST_SCRIPTS, "only {} scripts are left", all.len());
    assert!(failures.is_empty(), "{failed} scripts failed\n\n{}\n", failures.join("\n\n"));
}
