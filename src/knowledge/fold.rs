//! Text as it is compared: full-width letters and digits as plain ones, lower case, no controls, no invisible marks.

/// Folds a text: full-width forms become plain ones (U+FF01 to U+FF5E, U+3000), Latin lower case, `ü` the `v` of pinyin
/// keyboards; controls and white space become one blank; marks that nobody sees are dropped. Traditional characters stay.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !is_invisible(*c)).map(plain) {
        if c.is_control() || c.is_whitespace() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else {
            out.extend(c.to_lowercase().map(|c| if c == 'ü' { 'v' } else { c }));
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Whether it is a Chinese character.
pub fn is_han(c: char) -> bool {
    matches!(c, '〇' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{2fa1f}' | '\u{30000}'..='\u{323af}')
}

fn plain(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    }
}

/// Zero-width marks and those that turn the direction of writing.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A stretch of one kind of writing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Run<'a> {
    /// Chinese characters.
    Han(&'a str),
    /// Letters and digits of other scripts.
    Latin(&'a str),
}

/// The runs of a folded text; what is neither letter nor digit stands between them.
pub(crate) fn runs(folded: &str) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let mut start = 0;
    let mut kind = None;
    for (at, c) in folded.char_indices().chain([(folded.len(), ' ')]) {
        let next = if is_han(c) {
            Some(true)
        } else if c.is_alphanumeric() {
            Some(false)
        } else {
            None
        };
        if next != kind {
            match kind {
                Some(true) => runs.push(Run::Han(&folded[start..at])),
                Some(false) => runs.push(Run::Latin(&folded[start..at])),
                None => {}
            }
            (start, kind) = (at, next);
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_forms_and_case_are_folded_and_controls_are_blanks() {
        assert_eq!(fold("ＡＢＣ１２３　ＶＩＰ卡"), "abc123 vip卡");
        assert_eq!(fold("\u{feff}身\u{200b}份\0证\r\n\t補辦 "), "身份 证 補辦");
        assert_eq!(fold("nǚ NÜ"), "nǚ nv");
        assert_eq!(fold(""), "");
    }

    #[test]
    fn runs_are_cut_where_the_writing_changes() {
        let text = fold("A4纸，3 岁以下(sfz)");
        let want = [Run::Latin("a4"), Run::Han("纸"), Run::Latin("3"), Run::Han("岁以下"), Run::Latin("sfz")];
        assert_eq!(runs(&text), want);
        assert_eq!(runs("＝+-@!"), []);
    }
}
