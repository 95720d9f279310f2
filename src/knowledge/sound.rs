//! How a word sounds: its pinyin, its initials, and the pinyin as it is typed by whoever does not tell zh from z.

use pinyin::ToPinyinMulti;

/// Readings of one character that are used, the usual ones first.
const READINGS: usize = 3;
/// Readings of one word.
const COMBINED: usize = 12;
/// Characters of the longest word that is spelled.
const LONGEST: usize = 12;

/// The spellings of a word of Chinese characters: `shenfenzheng` and `sfz` for 身份证, more than one each when characters
/// have several readings. Empty when some character has none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Spelling {
    /// Without tones; `v` stands for `ü`.
    pub(crate) full: Vec<String>,
    /// First letters.
    pub(crate) initials: Vec<String>,
}

/// Spells a word.
pub(crate) fn spell(word: &str) -> Spelling {
    let mut spelling = Spelling { full: vec![String::new()], initials: vec![String::new()] };
    if word.chars().count() > LONGEST {
        return Spelling::default();
    }
    for c in word.chars() {
        let readings = readings(c);
        if readings.is_empty() {
            return Spelling::default();
        }
        let firsts: Vec<String> = distinct(readings.iter().map(|r| r.chars().take(1).collect()));
        spelling.full = combined(&spelling.full, &readings);
        spelling.initials = combined(&spelling.initials, &firsts);
    }
    spelling
}

fn combined(begun: &[String], next: &[String]) -> Vec<String> {
    let all = begun.iter().flat_map(|b| next.iter().map(move |n| format!("{b}{n}")));
    let mut all = distinct(all);
    all.truncate(COMBINED);
    all
}

fn readings(c: char) -> Vec<String> {
    let Some(all) = c.to_pinyin_multi() else { return Vec::new() };
    let mut readings = distinct(all.into_iter().map(|p| p.plain().replace('ü', "v")));
    readings.truncate(READINGS);
    readings
}

fn distinct(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for one in all {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

/// Whether the letters can be pinyin at all.
pub(crate) fn is_letters(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase())
}

/// The pinyin as those type it who speak zh as z, ch as c, sh as s and ng as n: equal for what sounds equal to them.
pub(crate) fn loose(pinyin: &str) -> String {
    let mut out = String::with_capacity(pinyin.len());
    let mut before = ' ';
    for c in pinyin.chars() {
        let silent = matches!((before, c), ('z' | 'c' | 's', 'h') | ('n', 'g'));
        if !silent {
            out.push(c);
        }
        before = c;
    }
    out
}

/// The first letters of the characters of a text, each by its usual reading; what is no Chinese character stays.
pub(crate) fn initials(text: &str) -> String {
    text.chars().map(|c| readings(c).first().and_then(|r| r.chars().next()).unwrap_or(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_spelled() {
        assert!(spell("身份证").initials.contains(&"sfz".to_owned()));
        assert!(spell("身份证").full.contains(&"shenfenzheng".to_owned()));
        assert!(spell("会计").full.contains(&"kuaiji".to_owned()), "the second reading counts too");
        assert!(spell("绿卡").full.contains(&"lvka".to_owned()));
        assert_eq!(spell("a证"), Spelling::default());
    }

    #[test]
    fn southern_spelling_is_one_with_the_other() {
        assert_eq!(loose("shenfenzheng"), loose("shengfengzhen"));
        assert_eq!(loose("zhuanyi"), loose("zuanyi"));
        assert_ne!(loose("shenfenzheng"), loose("shenfenzhi"));
    }

    #[test]
    fn initials_of_a_title() {
        assert_eq!(initials("居民身份证a4"), "jmsfza4");
    }
}
