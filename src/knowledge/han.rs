//! Chinese characters in a question: words, what means the same, and what was meant where a character is wrong.

use crate::latin;
use crate::lexicon::Trace;
use crate::question::{How, Reader, Reading, Term, is_idle};

/// Characters of the longest stretch that is looked at as one mistyped word.
const LONGEST_WORD: usize = 8;

/// What a run of Chinese characters may mean.
pub(crate) fn terms(reader: &Reader<'_>, run: &str) -> Vec<Term> {
    let words = reader.segmenter.cut(run);
    let mut terms = Vec::new();
    let mut odd: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if let Some(width) = named(reader, &words, at) {
            terms.extend(mend(reader, &std::mem::take(&mut odd)));
            terms.push(known(reader, words.get(at..at + width).unwrap_or_default()));
            at += width;
            continue;
        }
        if is_idle(word) {
            terms.extend(mend(reader, &std::mem::take(&mut odd)));
            terms.push(plain(reader, word));
        } else {
            odd.push(word);
        }
        at += 1;
    }
    terms.extend(mend(reader, &odd));
    terms
}

/// How many words from here on are, together, one that has synonyms.
fn named(reader: &Reader<'_>, words: &[&str], at: usize) -> Option<usize> {
    let most = words.len().saturating_sub(at).min(6);
    (1..=most).rev().find(|width| {
        let together = words.get(at..at + width).unwrap_or_default().concat();
        !reader.synonyms.of(&together).is_empty()
    })
}

/// A term with synonyms.
fn known(reader: &Reader<'_>, words: &[&str]) -> Term {
    let typed = words.concat();
    let mut readings = literal(reader, &typed, words);
    for other in reader.synonyms.of(&typed) {
        readings.push(Reading::all(&reader.segmenter.pieces(other), How::Synonym, 0.9));
    }
    Term { typed, readings, weight: 0.0 }
}

/// The word itself, or its characters where the base does not know the word.
fn literal(reader: &Reader<'_>, typed: &str, words: &[&str]) -> Vec<Reading> {
    // Characters that stand here and there are less than the word that they may be a mistyped one of.
    let scattered = words.len() > 1 && words.iter().all(|word| word.chars().count() == 1);
    let (how, weight) = if scattered { (How::Parts, 0.65) } else { (How::Word, 1.0) };
    let mut readings = vec![Reading::all(words, how, weight)];
    if words.len() > 1 && reader.lexicon.knows(typed) {
        readings.push(Reading::word(typed, How::Word, 1.0));
    }
    if let [word] = words
        && !reader.lexicon.knows(word)
        && word.chars().count() > 1
    {
        let chars: Vec<String> = word.chars().map(String::from).collect();
        let chars: Vec<&str> = chars.iter().map(String::as_str).collect();
        readings.push(Reading::all(&chars, How::Parts, 0.6));
    }
    readings
}

fn plain(reader: &Reader<'_>, word: &str) -> Term {
    Term { typed: word.to_owned(), readings: literal(reader, word, &[word]), weight: 0.0 }
}

/// A stretch of words without synonyms: where one is unknown to the base, what may have been meant there.
fn mend(reader: &Reader<'_>, words: &[&str]) -> Vec<Term> {
    if words.is_empty() {
        return Vec::new();
    }
    let Some((from, to, meant)) = best_window(reader, words) else {
        return words.iter().map(|word| plain(reader, word)).collect();
    };
    let here = words.get(from..to).unwrap_or_default();
    let typed = here.concat();
    let mut readings = literal(reader, &typed, here);
    for (word, trace) in meant {
        let (how, weight) = standing(trace);
        readings.push(Reading::word(word, how, weight));
    }
    latin::synonyms(reader, &mut readings);
    let mut terms = mend(reader, words.get(..from).unwrap_or_default());
    terms.push(Term { typed, readings, weight: 0.0 });
    terms.extend(mend(reader, words.get(to..).unwrap_or_default()));
    terms
}

fn standing(trace: Trace) -> (How, f32) {
    match trace {
        Trace::Pinyin => (How::Sound, 0.85),
        Trace::Loose => (How::Sound, 0.75),
        Trace::Slip => (How::Spelling, 0.7),
    }
}

type Window<'a> = (usize, usize, Vec<(&'a str, Trace)>);

/// The stretch with an unknown word in it that is most like a word of the base.
fn best_window<'a>(reader: &Reader<'a>, words: &[&str]) -> Option<Window<'a>> {
    let odd = |word: &&str| word.chars().count() == 1 || !reader.lexicon.knows(word);
    let mut best: Option<(f32, Window<'a>)> = None;
    for from in 0..words.len() {
        for to in from + 1..=words.len() {
            let window = words.get(from..to).unwrap_or_default();
            let typed = window.concat();
            let chars = typed.chars().count();
            if chars > LONGEST_WORD {
                break;
            }
            if chars < 2 || !window.iter().any(odd) {
                continue;
            }
            let mut meant = reader.lexicon.meant(&typed);
            if window.len() > 1 && reader.lexicon.knows(&typed) {
                meant.clear();
            }
            // What stands there already needs no mending.
            meant.retain(|(word, _)| !window.contains(word));
            let Some((_, trace)) = meant.first() else { continue };
            let score = standing(*trace).1 * (chars as f32).sqrt() - 0.05 * window.len() as f32;
            if best.as_ref().is_none_or(|(most, _)| score > *most) {
                best = Some((score, (from, to, meant)));
            }
        }
    }
    best.map(|(_, window)| window)
}
