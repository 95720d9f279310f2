//! Numbers of citizens in clear: which files hold one.

use std::fs;
use std::path::{Path, PathBuf};

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

/// Files below a folder that hold this number, in their name or in what they hold.
pub fn holding(folder: &Path, number: &str) -> Vec<PathBuf> {
    let holds = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap();
        path.to_string_lossy().contains(number)
            || bytes.windows(number.len()).any(|piece| piece == number.as_bytes())
    };
    files(folder).into_iter().filter(holds).collect()
}

#[test]
fn a_planted_number_is_found_wherever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a/b");
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("clean"), [b"1381234567".as_slice(), &[0; 4_096], b"8"].concat()).unwrap();
    assert_eq!(holding(folder.path(), "13812345678"), Vec::<PathBuf>::new());
    let (planted, named) = (deep.join("planted"), folder.path().join("13812345678.wav"));
    fs::write(&planted, [[0xff; 4_096].as_slice(), b"13812345678", &[0; 7]].concat()).unwrap();
    fs::write(&named, []).unwrap();
    let mut found = holding(folder.path(), "13812345678");
    found.sort();
    assert_eq!(found, [named, planted]);
}
