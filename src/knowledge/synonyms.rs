//! Words that mean the same: whoever asks for one finds what is written with the other.

use std::collections::BTreeMap;

use crate::fold::{Run, fold, runs};

/// Groups at most.
pub const MOST_GROUPS: usize = 2_000;
/// Words of a group at most.
pub const MOST_IN_A_GROUP: usize = 24;
/// Characters of the longest word of a group.
pub const LONGEST_SYNONYM: usize = 20;

/// Why groups are not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SynonymsError {
    /// Too many groups.
    #[error("there are more than {MOST_GROUPS} groups of synonyms: leave some out")]
    TooMany,
    /// A group of one, or of too many.
    #[error("group {0} of the synonyms has {1} words: write 2 to {MOST_IN_A_GROUP}")]
    Size(usize, usize),
    /// A word that can't be looked for.
    #[error(
        "group {0} of the synonyms has the word {1:?}: write 1 to {LONGEST_SYNONYM} letters, digits or Chinese characters without blanks"
    )]
    Word(usize, String),
}

impl SynonymsError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::TooMany => format!("同义词超过 {MOST_GROUPS} 组：请删减"),
            Self::Size(group, words) => {
                format!("第 {group} 组同义词有 {words} 个词：请写 2 至 {MOST_IN_A_GROUP} 个")
            }
            Self::Word(group, word) => {
                format!(
                    "第 {group} 组同义词中的 {word:?} 无法用于查找：请写 1 至 {LONGEST_SYNONYM} 个汉字、字母或数字，不含空格"
                )
            }
        }
    }
}

/// The groups, and every word's others.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Synonyms {
    groups: Vec<Vec<String>>,
    others: BTreeMap<String, Vec<String>>,
}

impl Synonyms {
    /// Takes groups of words. A word may stand in several; it means all of them then.
    ///
    /// # Errors
    /// [`SynonymsError`] names the group, from 1.
    pub fn new(groups: Vec<Vec<String>>) -> Result<Self, SynonymsError> {
        if groups.len() > MOST_GROUPS {
            return Err(SynonymsError::TooMany);
        }
        let mut others: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut kept = Vec::with_capacity(groups.len());
        for (no, group) in (1..).zip(groups) {
            let mut words: Vec<String> = Vec::with_capacity(group.len());
            for word in group {
                let folded = fold(&word);
                if !is_word(&folded) {
                    return Err(SynonymsError::Word(no, word));
                }
                if !words.contains(&folded) {
                    words.push(folded);
                }
            }
            if !(2..=MOST_IN_A_GROUP).contains(&words.len()) {
                return Err(SynonymsError::Size(no, words.len()));
            }
            for word in &words {
                let known = others.entry(word.clone()).or_default();
                let new: Vec<_> =
                    words.iter().filter(|w| *w != word && !known.contains(w)).cloned().collect();
                known.extend(new);
            }
            kept.push(words);
        }
        Ok(Self { groups: kept, others })
    }

    /// Reads groups from lines: the words of a line, apart by blanks, commas, `、`, `=` or `|`; `#` begins a comment.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn read(text: &str) -> Result<Self, SynonymsError> {
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
        let apart = |c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、' | '=' | '|' | '\u{feff}');
        let groups =
            lines.map(|line| line.split(apart).filter(|w| !w.is_empty()).map(str::to_owned).collect());
        Self::new(groups.filter(|group: &Vec<String>| !group.is_empty()).collect())
    }

    /// All groups, folded.
    pub fn groups(&self) -> &[Vec<String>] {
        &self.groups
    }

    /// What else means the same as this folded word.
    pub(crate) fn of(&self, word: &str) -> &[String] {
        self.others.get(word).map_or(&[], Vec::as_slice)
    }
}

/// One run of letters, digits and Chinese characters.
fn is_word(folded: &str) -> bool {
    let short = (1..=LONGEST_SYNONYM).contains(&folded.chars().count());
    let runs = runs(folded);
    let all: usize = runs
        .iter()
        .map(|run| match run {
            Run::Han(text) | Run::Latin(text) => text.len(),
        })
        .sum();
    short && all == folded.len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_word_of_a_group_means_the_others() {
        let known = Synonyms::read("身份证 居民证、ID卡 # comment\n\n驾照=驾驶证\n身份证 证件\n").unwrap();
        assert_eq!(known.of("身份证"), ["居民证", "id卡", "证件"]);
        assert_eq!(known.of("id卡"), ["身份证", "居民证"]);
        assert_eq!(known.of("驾驶证"), ["驾照"]);
        assert!(known.of("户口").is_empty());
        assert_eq!(known.groups().len(), 3);
    }

    #[test]
    fn groups_that_can_not_be_used_are_named() {
        assert_eq!(Synonyms::read("身份证").unwrap_err(), SynonymsError::Size(1, 1));
        assert_eq!(Synonyms::read("a b\n<b> c").unwrap_err(), SynonymsError::Word(2, "<b>".into()));
        let long = "证".repeat(LONGEST_SYNONYM + 1);
        assert!(matches!(Synonyms::new(vec![vec!["a".into(), long]]), Err(SynonymsError::Word(1, _))));
        let many = vec![vec!["a".to_owned(), "b".to_owned()]; MOST_GROUPS + 1];
        assert_eq!(Synonyms::new(many).unwrap_err(), SynonymsError::TooMany);
        assert!(SynonymsError::Size(1, 1).zh().contains('1'));
    }
}
