//! Questions against the sample: the hundred of the table, and what must hold of any text.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod files;
mod questions;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::import::{Encoding, Format, read};
use crate::{Candidate, Draft, Judged, Lexicon, Question, Reader, Segmenter, Synonyms};

const SAMPLE: &str = include_str!("../../../knowledge/sample.csv");
const SYNONYMS: &str = include_str!("../../../knowledge/synonyms.txt");
const SERVICES: &str = include_str!("../../../sip-config/services.toml");

/// Loading the dictionary takes a moment: once for all tests.
fn segmenter() -> &'static Segmenter {
    static ONE: OnceLock<Segmenter> = OnceLock::new();
    ONE.get_or_init(Segmenter::new)
}

/// The sample's services, by code.
fn services() -> BTreeMap<String, String> {
    let field = |line: &str, name: &str| {
        line.split(&format!("{name} = \"")).nth(1)?.split('"').next().map(str::to_owned)
    };
    SERVICES.lines().filter_map(|line| Some((field(line, "code")?, field(line, "name")?))).collect()
}

/// A base in memory that judges every entry: what an index of any database must agree with.
struct Base {
    entries: Vec<(Draft, String, String)>,
    lexicon: Lexicon,
    synonyms: Synonyms,
}

impl Base {
    fn sample() -> &'static Self {
        static ONE: OnceLock<Base> = OnceLock::new();
        ONE.get_or_init(|| {
            let services = services();
            let sheet =
                read(SAMPLE.as_bytes(), Format::Csv, Encoding::Utf8, &|code| services.contains_key(code));
            assert!(sheet.faults.is_empty(), "{:?}", sheet.faults);
            Self::of(sheet.entries, SYNONYMS)
        })
    }

    fn of(drafts: Vec<Draft>, synonyms: &str) -> Self {
        let (segmenter, services) = (segmenter(), services());
        let entry = |draft: Draft| {
            let name = services.get(&draft.service).cloned().unwrap_or_default();
            let (title, keywords) = (segmenter.index(&draft.title), draft.keywords.join(" "));
            (draft, title, segmenter.index(&format!("{keywords} {name}")))
        };
        let entries: Vec<_> = drafts.into_iter().map(entry).collect();
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for (_, title, keywords) in &entries {
            let words: BTreeSet<&str> = title.split(' ').chain(keywords.split(' ')).collect();
            words.into_iter().for_each(|word| *counts.entry(word.to_owned()).or_default() += 1);
        }
        let lexicon = Lexicon::new(counts, entries.len() as u64);
        Self { entries, lexicon, synonyms: Synonyms::read(synonyms).unwrap() }
    }

    fn question(&self, typed: &str) -> Question {
        Reader { segmenter: segmenter(), lexicon: &self.lexicon, synonyms: &self.synonyms }.read(typed)
    }

    /// Everything that has something of the question, the best first.
    fn ask(&self, typed: &str) -> Vec<(Judged, &Draft)> {
        let question = self.question(typed);
        let judged = self.entries.iter().map(|(draft, title, keywords)| {
            let candidate = Candidate {
                title: &draft.title,
                title_words: title,
                keyword_words: keywords,
                body: &draft.body,
                opened: 0,
            };
            (question.judge(&candidate), draft)
        });
        let mut found: Vec<_> = judged.filter(|(judged, _)| !judged.why.is_empty()).collect();
        found.sort_by(|(a, _), (b, _)| b.score.total_cmp(&a.score));
        found
    }
}
