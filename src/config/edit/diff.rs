//! What differs between two sets of files, as unified diffs.

use similar::TextDiff;

use crate::FileSet;

/// Lines shown around each change.
const CONTEXT: usize = 3;

/// How one file differs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Which file.
    pub file: String,
    /// The unified diff, with both names in its heading.
    pub unified: String,
}

/// The files that differ, in the order in which they are shown. A file that one side lacks is empty there.
pub fn differences(before: &FileSet, after: &FileSet) -> Vec<Difference> {
    let mut names = before.names();
    names.extend(after.names().into_iter().filter(|n| before.get(n).is_none()));
    let differ = |file: String| {
        let side = |set: &FileSet| set.get(&file).unwrap_or_default().to_owned();
        let (old, new) = (side(before), side(after));
        let there = before.get(&file).is_some() == after.get(&file).is_some();
        if old == new && there {
            return None;
        }
        let name = |set: &FileSet, at: &str| match set.get(&file) {
            Some(_) => format!("{at}/{file}"),
            None => "/dev/null".to_owned(),
        };
        let (a, b) = (name(before, "a"), name(after, "b"));
        let diff = TextDiff::from_lines(&old, &new);
        let unified = diff.unified_diff().context_radius(CONTEXT).header(&a, &b).to_string();
        Some(Difference { file, unified })
    };
    names.into_iter().filter_map(differ).collect()
}
