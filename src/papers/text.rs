//! Text of strangers made fit for XML and HTML.

/// Without what XML 1.0 (section 2.2) has no place for: control characters but tab and line ends, U+FFFE, U+FFFF.
pub(crate) fn clean(text: &str) -> String {
    let fits = |c: &char| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    text.chars().filter(fits).collect()
}
