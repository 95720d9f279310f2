//! Letters in a question: a word as it stands, or pinyin: initials, whole, the southern way, begun, mistyped, several in one.

use crate::lexicon::Lexicon;
use crate::question::{How, Reader, Reading, Term};
use crate::sound::is_letters;

/// Words that may follow each other in one stretch of letters.
const MOST_PIECES: usize = 5;
/// Letters of the longest stretch that is taken apart.
const LONGEST: usize = 48;
/// Gaps of a stretch that are compared with every word.
const MOST_GAPS: usize = 6;
/// Words of one piece.
const MOST_ALIKE: usize = 8;

/// What a run of letters and digits may mean.
pub(crate) fn term(reader: &Reader<'_>, run: &str) -> Term {
    let lexicon = reader.lexicon;
    let mut readings = vec![Reading::word(run, How::Word, 1.0)];
    for other in reader.synonyms.of(run) {
        readings.push(Reading::all(&reader.segmenter.pieces(other), How::Synonym, 0.9));
    }
    if is_letters(run) {
        put(&mut readings, lexicon.by_pinyin(run), How::Pinyin, 0.95);
        put(&mut readings, lexicon.by_initials(run), How::Initials, 0.9);
        put(&mut readings, lexicon.by_loose(run), How::Sound, 0.85);
        put(&mut readings, lexicon.beginning(run), How::Beginning, 0.7);
        let found = readings.len() > 1;
        if let Some(slots) = apart(lexicon, run, false) {
            readings.push(Reading { slots, how: How::Pinyin, weight: 0.85 });
        }
        if !found {
            put(&mut readings, lexicon.near_letters(run), How::Spelling, 0.6);
        }
        if readings.len() == 1
            && let Some(slots) = apart(lexicon, run, true)
        {
            readings.push(Reading { slots, how: How::Spelling, weight: 0.6 });
        }
        synonyms(reader, &mut readings);
    }
    Term { typed: run.to_owned(), readings, weight: 0.0 }
}

/// Whoever types a word's pinyin means what the word means.
pub(crate) fn synonyms(reader: &Reader<'_>, readings: &mut Vec<Reading>) {
    let mut more = Vec::new();
    for reading in readings.iter().filter(|r| r.how != How::Word && r.how != How::Synonym && r.weight >= 0.6)
    {
        if let [slot] = reading.slots.as_slice()
            && let [word] = slot.as_slice()
        {
            let others = reader.synonyms.of(word).iter();
            let others =
                others.map(|o| Reading::all(&reader.segmenter.pieces(o), reading.how, reading.weight * 0.85));
            more.extend(others);
        }
    }
    for reading in more {
        if readings.iter().all(|r| r.slots != reading.slots) {
            readings.push(reading);
        }
    }
}

fn put(readings: &mut Vec<Reading>, words: Vec<&str>, how: How, weight: f32) {
    for word in words {
        if readings.iter().all(|r| r.slots != [[word]]) {
            readings.push(Reading::word(word, how, weight));
        }
    }
}

/// The fewest words whose pinyin or initials, one after the other, are these letters; with `slips`, one of them may be
/// mistyped.
fn apart(lexicon: &Lexicon, letters: &str, slips: bool) -> Option<Vec<Vec<String>>> {
    if !(4..=LONGEST).contains(&letters.len()) {
        return None;
    }
    let forward = ways(lexicon, letters, false);
    if !slips {
        return forward.get(letters.len())?.clone().filter(|way| (2..=MOST_PIECES).contains(&way.len()));
    }
    let backward = ways(lexicon, letters, true);
    let mut gaps = Vec::new();
    for from in 0..letters.len() {
        for to in (from + 4)..=letters.len() {
            let whole = from == 0 && to == letters.len();
            if let (Some(Some(before)), Some(Some(after)), false) =
                (forward.get(from), backward.get(to), whole)
            {
                gaps.push((before, &letters[from..to], after));
            }
        }
    }
    // The longer the gap, the less it is like anything by chance.
    gaps.sort_by_key(|(_, gap, _)| std::cmp::Reverse(gap.len()));
    gaps.iter().take(MOST_GAPS).find_map(|(before, gap, after)| {
        let near: Vec<String> = lexicon.near_letters(gap).into_iter().map(str::to_owned).collect();
        (!near.is_empty()).then(|| [before.as_slice(), &[near], after.as_slice()].concat())
    })
}

type Way = Option<Vec<Vec<String>>>;

/// For each place, the fewest words that lead there from the beginning, or from there to the end.
fn ways(lexicon: &Lexicon, letters: &str, to_end: bool) -> Vec<Way> {
    let n = letters.len();
    let mut ways: Vec<Way> = vec![None; n + 1];
    if let Some(start) = ways.get_mut(if to_end { n } else { 0 }) {
        *start = Some(Vec::new());
    }
    for step in 1..=n {
        let here = if to_end { n - step } else { step };
        for from in (0..step).map(|back| if to_end { n - back } else { back }) {
            let Some(Some(way)) = ways.get(from) else { continue };
            let piece = &letters[here.min(from)..here.max(from)];
            let shorter =
                ways.get(here).and_then(Option::as_ref).is_none_or(|best| way.len() + 1 < best.len());
            if piece.len() < 2 || way.len() >= MOST_PIECES || !shorter {
                continue;
            }
            let words = alike(lexicon, piece);
            if !words.is_empty() {
                let mut way = way.clone();
                way.insert(if to_end { 0 } else { way.len() }, words);
                if let Some(best) = ways.get_mut(here) {
                    *best = Some(way);
                }
            }
        }
    }
    ways
}

/// Words that a piece stands for.
fn alike(lexicon: &Lexicon, piece: &str) -> Vec<String> {
    let mut words: Vec<&str> = lexicon.by_pinyin(piece);
    for more in
        [lexicon.by_initials(piece), if piece.len() > 3 { lexicon.by_loose(piece) } else { Vec::new() }]
    {
        for word in more {
            if !words.contains(&word) {
                words.push(word);
            }
        }
    }
    words.truncate(MOST_ALIKE);
    words.into_iter().map(str::to_owned).collect()
}
