//! Which entry comes first, and why.

use std::collections::HashSet;

use crate::fold::fold;
use crate::question::{How, Question, Reading, Term};
use crate::sound::{initials, is_letters};

/// What stands in the title counts whole, in the keywords and in the body less.
const IN_TITLE: f32 = 1.0;
const IN_KEYWORDS: f32 = 0.85;
const IN_BODY: f32 = 0.35;
/// The title is what was asked, holds it, or has these initials.
const TITLE_IS: f32 = 0.30;
const TITLE_HOLDS: f32 = 0.15;
const TITLE_BEGINS: f32 = 0.03;
const TITLE_INITIALS: f32 = 0.20;
/// How much of the title was asked for.
const TITLE_COVERED: f32 = 0.15;
/// Entries that are opened often come a little sooner.
const OPENED: f32 = 0.04;

/// An entry that may be the answer.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// As it is shown.
    pub title: &'a str,
    /// The title's tokens, by [`crate::Segmenter::index`].
    pub title_words: &'a str,
    /// Tokens of the keywords and of the service's name.
    pub keyword_words: &'a str,
    /// As it is shown.
    pub body: &'a str,
    /// How often it was opened.
    pub opened: u64,
}

/// Where a word was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Place {
    /// In the title.
    Title,
    /// In the keywords.
    Keywords,
    /// In the body.
    Body,
}

impl Place {
    /// The word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Keywords => "keywords",
            Self::Body => "body",
        }
    }
}

/// One reason: what was typed, the words that it stands for here, how, and where they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Why {
    /// As it was typed, folded.
    pub typed: String,
    /// What was found for it.
    pub found: String,
    /// How it stands for what was typed.
    pub how: How,
    /// Where it is.
    pub place: Place,
}

/// A candidate's place in the order.
#[derive(Clone, PartialEq, Debug)]
pub struct Judged {
    /// 0.0 to about 1.7; the greater comes first.
    pub score: f32,
    /// How much of the question it has, 0.0 to 1.0.
    pub covered: f32,
    /// One reason a term that it has.
    pub why: Vec<Why>,
}

/// A candidate's words, ready to be looked up.
struct Words<'a> {
    title: HashSet<&'a str>,
    keywords: HashSet<&'a str>,
    body: String,
}

impl Words<'_> {
    fn place(&self, word: &str) -> Option<Place> {
        if self.title.contains(word) {
            Some(Place::Title)
        } else if self.keywords.contains(word) {
            Some(Place::Keywords)
        } else if self.body.contains(word) {
            Some(Place::Body)
        } else {
            None
        }
    }
}

impl Question {
    /// Judges a candidate.
    pub fn judge(&self, candidate: &Candidate<'_>) -> Judged {
        let words = Words {
            title: candidate.title_words.split(' ').collect(),
            keywords: candidate.keyword_words.split(' ').collect(),
            body: fold(candidate.body),
        };
        let mut why = Vec::new();
        let (mut got, mut had, mut all) = (0.0, 0.0, 0.0);
        for term in &self.terms {
            all += term.weight;
            if let Some((value, reason)) = best(term, &words) {
                got += term.weight * value;
                had += term.weight;
                why.push(reason);
            }
        }
        let all = f32::max(all, f32::MIN_POSITIVE);
        let title = self.of_title(&fold(candidate.title), &why);
        let opened = (1.0 + candidate.opened as f32).ln() / 10.0;
        let score = got / all + title * (had / all) + OPENED * opened.min(1.0);
        Judged { score, covered: had / all, why }
    }

    fn of_title(&self, title: &str, why: &[Why]) -> f32 {
        let compact: String = title.chars().filter(|c| c.is_alphanumeric()).collect();
        let asked: String = self.folded.chars().filter(|c| c.is_alphanumeric()).collect();
        let mut score = 0.0;
        if compact == asked {
            score += TITLE_IS;
        } else if compact.contains(&asked) {
            score += TITLE_HOLDS + if compact.starts_with(&asked) { TITLE_BEGINS } else { 0.0 };
        } else if is_letters(&asked) && asked.len() > 1 && initials(&compact).contains(&asked) {
            score += TITLE_INITIALS;
        }
        let found: usize =
            why.iter().filter(|w| w.place == Place::Title).map(|w| w.found.chars().count()).sum();
        let long = compact.chars().count().max(1);
        score + TITLE_COVERED * (found as f32 / long as f32).min(1.0)
    }
}

/// The reading of a term that counts most here.
fn best(term: &Term, words: &Words<'_>) -> Option<(f32, Why)> {
    let mut best: Option<(f32, Why)> = None;
    for reading in &term.readings {
        let Some((value, found, place)) = value(reading, words) else { continue };
        if best.as_ref().is_none_or(|(most, _)| value > *most) {
            best = Some((value, Why { typed: term.typed.clone(), found, how: reading.how, place }));
        }
    }
    best
}

/// What a reading counts here: every slot must be there; the farthest place is the reading's.
fn value(reading: &Reading, words: &Words<'_>) -> Option<(f32, String, Place)> {
    let (mut sum, mut found, mut farthest) = (0.0, String::new(), Place::Title);
    for slot in &reading.slots {
        let near = slot.iter().filter_map(|word| words.place(word).map(|place| (place, word)));
        let (place, word) = near.min_by_key(|(place, _)| *place)?;
        sum += match place {
            Place::Title => IN_TITLE,
            Place::Keywords => IN_KEYWORDS,
            Place::Body => IN_BODY,
        };
        found.push_str(word);
        farthest = farthest.max(place);
    }
    let slots = reading.slots.len().max(1) as f32;
    Some((reading.weight * sum / slots, found, farthest))
}
