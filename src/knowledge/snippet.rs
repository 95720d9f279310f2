//! The part of a body that is shown below a hit.

use crate::rank::{Place, Why};

/// Characters of a snippet.
pub const SNIPPET: usize = 90;
/// Characters shown before the first word that was found.
const BEFORE: usize = 16;

/// A piece of the body, on one line, around the first word that was found in it; its beginning when none was.
pub fn snippet(body: &str, why: &[Why]) -> String {
    let line: Vec<char> = body.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect();
    if line.len() <= SNIPPET {
        return line.into_iter().collect();
    }
    let text: String = line.iter().collect::<String>().to_lowercase();
    let found = why.iter().filter(|w| w.place == Place::Body).find_map(|w| text.find(w.found.as_str()));
    let at = found.map_or(0, |bytes| text.get(..bytes).map_or(0, |before| before.chars().count()));
    let from = at.saturating_sub(BEFORE).min(line.len().saturating_sub(SNIPPET));
    let to = (from + SNIPPET).min(line.len());
    let mut out = String::new();
    if from > 0 {
        out.push('…');
    }
    out.extend(line.get(from..to).unwrap_or_default());
    if to < line.len() {
        out.push('…');
    }
    out
}
