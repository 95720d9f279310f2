//! A configuration folder of a test's own: copied, and changed here and there.

use std::fs;
use std::path::Path;

/// A folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Replaces text that must be there.
pub fn edit(file: &Path, changes: &[(&str, &str)]) {
    let mut text = fs::read_to_string(file).unwrap();
    for (before, after) in changes {
        assert!(text.contains(before), "{file:?} has no {before}");
        text = text.replace(before, after);
    }
    fs::write(file, text).unwrap();
}

/// Adds to the end.
pub fn append(file: &Path, more: &str) {
    let text = fs::read_to_string(file).unwrap();
    fs::write(file, text + "\n" + more).unwrap();
}
