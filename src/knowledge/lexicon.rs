//! The words that the base knows: those of its titles and keywords, found by themselves, by sound, and by one slip.

use std::collections::{BTreeMap, HashMap};

use crate::fold::is_han;
use crate::near::{Slip, slip};
use crate::sound::{Spelling, is_letters, loose, spell};

/// Words at most. When full: the rarest are left out; they are found by themselves still, not by sound or slip.
pub const MOST_WORDS: usize = 100_000;
/// Words that one look-up gives at most, the most frequent first.
const MOST_FOUND: usize = 12;
/// Letters from which on a slip is looked for: shorter ones are near to everything.
const SLIP_FROM: usize = 4;
/// Letters from which on a beginning is completed.
const COMPLETE_FROM: usize = 3;

#[derive(Debug)]
struct Known {
    text: Box<str>,
    chars: Box<[char]>,
    entries: u32,
}

/// Words by text, sound and shape.
#[derive(Debug, Default)]
pub struct Lexicon {
    words: Vec<Known>,
    by_text: HashMap<Box<str>, u32>,
    /// Sorted, so that a beginning can be completed.
    by_pinyin: BTreeMap<Box<str>, Vec<u32>>,
    by_loose: HashMap<Box<str>, Vec<u32>>,
    by_initials: HashMap<Box<str>, Vec<u32>>,
    /// Words of two and more Chinese characters by their length.
    by_length: BTreeMap<usize, Vec<u32>>,
    entries: u64,
}

/// How a word was come upon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Trace {
    /// It is spelled the same.
    Pinyin,
    /// It is spelled the same by whoever speaks zh as z.
    Loose,
    /// One slip.
    Slip,
}

impl Lexicon {
    /// Takes the words of the index, each with the number of entries whose title or keywords have it, and the number of
    /// all entries. Single characters and numbers are not kept: they are looked for as they stand.
    pub fn new(words: impl IntoIterator<Item = (String, u64)>, entries: u64) -> Self {
        let mut words: Vec<(String, u64)> = words.into_iter().filter(|(word, _)| is_kept(word)).collect();
        words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        words.truncate(MOST_WORDS);
        let mut lexicon = Self { entries, ..Self::default() };
        for (text, entries) in words {
            lexicon.add(&text, u32::try_from(entries).unwrap_or(u32::MAX));
        }
        lexicon
    }

    /// Most frequent first: lists of the look-ups are in this order by themselves.
    fn add(&mut self, text: &str, entries: u32) {
        let Ok(id) = u32::try_from(self.words.len()) else { return };
        let chars: Box<[char]> = text.chars().collect();
        let han = chars.iter().copied().all(is_han);
        let spelling = if han { spell(text) } else { Spelling::default() };
        for full in &spelling.full {
            self.by_pinyin.entry(full.as_str().into()).or_default().push(id);
            let ids = self.by_loose.entry(loose(full).into()).or_default();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        for initials in &spelling.initials {
            self.by_initials.entry(initials.as_str().into()).or_default().push(id);
        }
        if han {
            self.by_length.entry(chars.len()).or_default().push(id);
        } else if is_letters(text) {
            self.by_pinyin.entry(text.into()).or_default().push(id);
        }
        self.by_text.insert(text.into(), id);
        self.words.push(Known { text: text.into(), chars, entries });
    }

    /// How many words it knows.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Entries whose title or keywords have this word; `None`: it does not know it.
    pub(crate) fn entries_with(&self, word: &str) -> Option<u64> {
        let id = self.by_text.get(word)?;
        self.words.get(usize::try_from(*id).ok()?).map(|known| u64::from(known.entries))
    }

    pub(crate) fn knows(&self, word: &str) -> bool {
        self.by_text.contains_key(word)
    }

    /// How telling a word is: about 1 for one that few entries have, near 0 for one that most have.
    pub(crate) fn telling(&self, word: &str) -> f32 {
        let all = self.entries.max(1) as f32;
        match self.entries_with(word) {
            Some(with) => (1.0 + all / (1.0 + with as f32)).ln() / (1.0 + all).ln(),
            None => 0.7,
        }
    }

    /// Words with these initials.
    pub(crate) fn by_initials(&self, letters: &str) -> Vec<&str> {
        self.texts(self.by_initials.get(letters))
    }

    /// Words that are spelled so.
    pub(crate) fn by_pinyin(&self, letters: &str) -> Vec<&str> {
        self.texts(self.by_pinyin.get(letters))
    }

    /// Words that sound so to whoever speaks zh as z.
    pub(crate) fn by_loose(&self, letters: &str) -> Vec<&str> {
        self.texts(self.by_loose.get(loose(letters).as_str()))
    }

    /// Words whose pinyin begins so.
    pub(crate) fn beginning(&self, letters: &str) -> Vec<&str> {
        if letters.len() < COMPLETE_FROM {
            return Vec::new();
        }
        let from =
            self.by_pinyin.range::<str, _>((std::ops::Bound::Excluded(letters), std::ops::Bound::Unbounded));
        let mut ids: Vec<u32> = from
            .take_while(|(pinyin, _)| pinyin.starts_with(letters))
            .take(MOST_FOUND * 8)
            .flat_map(|(_, ids)| ids.iter().copied())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        self.texts(Some(&ids))
    }

    /// Words one slip of the fingers from these letters.
    pub(crate) fn near_letters(&self, letters: &str) -> Vec<&str> {
        if letters.len() < SLIP_FROM {
            return Vec::new();
        }
        let near = |pinyin: &str| {
            pinyin.len().abs_diff(letters.len()) <= 1 && slip(letters.as_bytes(), pinyin.as_bytes()).is_some()
        };
        let mut ids: Vec<u32> =
            self.by_pinyin.iter().filter(|(p, _)| near(p)).flat_map(|(_, ids)| ids.iter().copied()).collect();
        ids.sort_unstable();
        ids.dedup();
        self.texts(Some(&ids))
    }

    /// Words that somebody may have meant who wrote these characters: those that sound the same, then those one slip off.
    pub(crate) fn meant(&self, typed: &str) -> Vec<(&str, Trace)> {
        let chars: Vec<char> = typed.chars().collect();
        let mut found: Vec<(&str, Trace)> = Vec::new();
        let spelling = spell(typed);
        for full in &spelling.full {
            put(&mut found, typed, self.by_pinyin(full), Trace::Pinyin);
        }
        for full in &spelling.full {
            put(&mut found, typed, self.by_loose(full), Trace::Loose);
        }
        let near = (chars.len().saturating_sub(1)..=chars.len() + 1).filter_map(|n| self.by_length.get(&n));
        for known in near.flatten().filter_map(|id| self.words.get(usize::try_from(*id).ok()?)) {
            if let Some(slip) = slip(&chars, &known.chars)
                && allows(slip, &chars, &known.chars)
            {
                put(&mut found, typed, vec![&known.text], Trace::Slip);
            }
        }
        found.truncate(MOST_FOUND);
        found
    }

    fn texts(&self, ids: Option<&Vec<u32>>) -> Vec<&str> {
        let known = ids.into_iter().flatten().filter_map(|id| self.words.get(usize::try_from(*id).ok()?));
        known.take(MOST_FOUND).map(|known| &*known.text).collect()
    }
}

fn put<'a>(found: &mut Vec<(&'a str, Trace)>, typed: &str, words: Vec<&'a str>, trace: Trace) {
    for word in words {
        if word != typed && found.iter().all(|(known, _)| *known != word) {
            found.push((word, trace));
        }
    }
}

/// Short words are near to too many others: two characters may only be swapped, or have lost the middle one of three.
fn allows(slip: Slip, typed: &[char], right: &[char]) -> bool {
    match slip {
        Slip::Swapped => true,
        Slip::Wrong => typed.len() >= 3,
        Slip::Extra => right.len() >= 3,
        Slip::Missing => {
            typed.len() >= 3
                || (typed.len() == 2 && typed.first() == right.first() && typed.last() == right.last())
        }
    }
}

fn is_kept(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some() && chars.next().is_some() && !word.bytes().all(|b| b.is_ascii_digit())
}
