//! The lists of recordings: every prompt that the house says must be there in both languages, with its files.

use std::collections::BTreeMap;
use std::path::Path;

use call::ids::{Lang, PromptId};

use crate::fault::{Faults, Spot, Text};
use crate::problem::Problem;
use crate::rules;
use crate::words;

/// What can be filled in.
const SLOTS: [&str; 12] = [
    "{n}",
    "{m}",
    "{d4}",
    "{case}",
    "{date}",
    "{datetime}",
    "{status}",
    "{unit}",
    "{desk}",
    "{service}",
    "{emg}",
    "{place}",
];
const LANGS: [Lang; 2] = [Lang::Zh, Lang::En];

/// The prompts that flows say by themselves, as runs of numbers.
const SAID: [(u8, u8); 6] = [(1, 7), (10, 26), (30, 33), (40, 47), (50, 59), (60, 74)];

/// The prompts that are there.
#[derive(Default)]
pub(crate) struct Recordings {
    slots: BTreeMap<(PromptId, &'static str), bool>,
    /// The list was there; else what is missing is only a consequence.
    complete: bool,
}

impl Recordings {
    /// What keeps a prompt from being said as it is: missing in a language, or with slots.
    pub fn problem(&self, id: PromptId) -> Option<Problem> {
        let shown = id.to_string();
        match self.has_slots(id) {
            _ if !self.complete => None,
            None => Some(rules::prompt_missing(&shown)),
            Some(true) => Some(rules::prompt_slots(&shown)),
            Some(false) => None,
        }
    }

    /// Whether it has slots in some language; `None` when it isn't there in both.
    fn has_slots(&self, id: PromptId) -> Option<bool> {
        let in_lang = |lang: Lang| self.slots.get(&(id, lang.tag())).copied();
        Some(in_lang(Lang::Zh)? | in_lang(Lang::En)?)
    }
}

/// Checks `parts.tsv` and `clips.tsv` of a folder.
pub(crate) fn recordings(dir: &Path, parts: &Text, clips: &Text, faults: &Faults) -> Recordings {
    let mut found = Recordings { complete: true, ..Recordings::default() };
    for (spot, row) in rows(parts) {
        let mut cells = row.split('\t');
        let id = cells.next().and_then(words::prompt);
        let lang = cells.next().and_then(lang);
        let (Some(id), Some(lang), Some(list)) = (id, lang, cells.next()) else {
            faults.add(spot, rules::prompt_row(row));
            continue;
        };
        let mut slots = false;
        for part in list.split_whitespace() {
            if !part.starts_with('{') {
                recording(dir, lang, part, spot, faults);
                continue;
            }
            slots = true;
            if !SLOTS.contains(&part) {
                faults.add(spot, rules::prompt_slot(part, &SLOTS.join(" ")));
            }
        }
        found.slots.insert((id, lang), slots);
    }
    for (spot, row) in rows(clips) {
        let mut cells = row.split('\t');
        match (cells.next().and_then(lang), cells.next()) {
            (Some(lang), Some(clip)) => recording(dir, lang, clip, spot, faults),
            _ => faults.add(spot, rules::prompt_row(row)),
        }
    }
    for id in SAID.into_iter().flat_map(|(from, to)| from..=to).map(PromptId) {
        if found.has_slots(id).is_none() {
            faults.add(Spot { file: parts.file, byte: 0 }, rules::prompt_missing(&id.to_string()));
        }
    }
    found
}

/// The rows of a list below its heading, with their places.
fn rows(text: &Text) -> impl Iterator<Item = (Spot, &str)> {
    let mut byte = 0;
    let rows = text.text.split_inclusive('\n').map(move |line| {
        let spot = Spot { file: text.file, byte };
        byte += line.len();
        (spot, line.trim_end())
    });
    rows.skip(1).filter(|(_, row)| !row.is_empty())
}

fn lang(tag: &str) -> Option<&'static str> {
    LANGS.into_iter().map(Lang::tag).find(|t| *t == tag)
}

fn recording(dir: &Path, lang: &str, name: &str, spot: Spot, faults: &Faults) {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let path = dir.join(lang).join(format!("{name}.wav"));
    if !plain || !path.is_file() {
        faults.add(spot, rules::prompt_file(&format!("{lang}/{name}.wav")));
    }
}
