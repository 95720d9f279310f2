//! What somebody typed, as the words that may be meant by it; and the expression that finds them in an index.

use crate::fold::{Run, fold, runs};
use crate::lexicon::Lexicon;
use crate::synonyms::Synonyms;
use crate::words::Segmenter;
use crate::{han, latin};

/// Characters of a question that are read; what is longer is cut.
pub const LONGEST_QUESTION: usize = 64;
/// Terms of a question; more are left out.
pub const MOST_TERMS: usize = 12;
/// Readings of a term.
const MOST_READINGS: usize = 24;

/// Words that tell nothing about what is looked for. They are left out, unless there is nothing else.
const IDLE: &[&str] = &[
    "的",
    "了",
    "吗",
    "呢",
    "呀",
    "啊",
    "吧",
    "我",
    "我们",
    "我家",
    "你",
    "你们",
    "他",
    "她",
    "想",
    "想要",
    "要",
    "需要",
    "请",
    "请问",
    "咨询",
    "问",
    "一下",
    "怎么",
    "怎么办",
    "怎样",
    "怎么样",
    "如何",
    "什么",
    "哪里",
    "哪儿",
    "哪",
    "在",
    "去",
    "到",
    "给",
    "能",
    "可以",
    "可不可以",
    "能不能",
    "是",
    "有",
    "有没有",
    "和",
    "与",
    "及",
    "把",
    "被",
    "让",
    "个",
    "这",
    "那",
    "办",
    "办理",
    "手续",
    "流程",
    "材料",
    "事",
    "事情",
    "业务",
    "多少",
    "多久",
    "时候",
    "关于",
    "没",
    "没有",
    "不",
    "还",
    "就",
    "也",
    "都",
    "又",
    "家",
    "家里",
    "人",
    "地方",
    "带",
    "拿",
    "应该",
    "现在",
    "已经",
];

/// How a word of the base stands for what was typed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum How {
    /// It is what was typed.
    Word,
    /// Its characters were typed, though not as this word.
    Parts,
    /// It means the same.
    Synonym,
    /// It is spelled so.
    Pinyin,
    /// These are its initials.
    Initials,
    /// It begins so.
    Beginning,
    /// It sounds the same or nearly so.
    Sound,
    /// It is one slip of the fingers away.
    Spelling,
}

impl How {
    /// The word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Word => "word",
            Self::Parts => "parts",
            Self::Synonym => "synonym",
            Self::Pinyin => "pinyin",
            Self::Initials => "initials",
            Self::Beginning => "beginning",
            Self::Sound => "sound",
            Self::Spelling => "spelling",
        }
    }
}

/// One way to read a term: each slot must be there, by any of its words.
#[derive(Clone, PartialEq, Debug)]
pub struct Reading {
    /// Words of the base.
    pub slots: Vec<Vec<String>>,
    /// How they stand for what was typed.
    pub how: How,
    /// 1.0: it is what was typed; less the farther it is.
    pub weight: f32,
}

impl Reading {
    pub(crate) fn word(word: &str, how: How, weight: f32) -> Self {
        Self { slots: vec![vec![word.to_owned()]], how, weight }
    }

    pub(crate) fn all(words: &[&str], how: How, weight: f32) -> Self {
        Self { slots: words.iter().map(|w| vec![(*w).to_owned()]).collect(), how, weight }
    }
}

/// A part of the question, and all that it may mean.
#[derive(Clone, PartialEq, Debug)]
pub struct Term {
    /// As it was typed, folded.
    pub typed: String,
    /// What it may mean, at least one.
    pub readings: Vec<Reading>,
    /// How telling it is, 0.0 to 1.0.
    pub weight: f32,
}

/// A question that was read.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Question {
    /// As it was typed, folded and cut.
    pub folded: String,
    /// Its terms, in order.
    pub terms: Vec<Term>,
    /// About so many entries have all terms in title or keywords, at most.
    pub at_most: u64,
    /// About so many entries have any of the terms in title or keywords, at most.
    pub any_at_most: u64,
}

/// Reads questions.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// Cuts Chinese.
    pub segmenter: &'a Segmenter,
    /// The words of the base.
    pub lexicon: &'a Lexicon,
    /// Words that mean the same.
    pub synonyms: &'a Synonyms,
}

impl Reader<'_> {
    /// Reads what somebody typed.
    pub fn read(&self, typed: &str) -> Question {
        let folded: String = fold(typed).chars().take(LONGEST_QUESTION).collect();
        let mut terms = Vec::new();
        for run in runs(&folded) {
            match run {
                Run::Han(run) => terms.extend(han::terms(self, run)),
                Run::Latin(run) => terms.push(latin::term(self, run)),
            }
        }
        if terms.iter().any(|term| !is_idle(&term.typed)) {
            terms.retain(|term| !is_idle(&term.typed));
        }
        terms.truncate(MOST_TERMS);
        for term in &mut terms {
            self.weigh(term);
        }
        let at_most = terms.iter().map(|term| self.entries_with(term)).min().unwrap_or(0);
        let any_at_most = terms.iter().map(|term| self.entries_with(term)).sum();
        Question { folded, terms, at_most, any_at_most }
    }

    fn weigh(&self, term: &mut Term) {
        term.readings.truncate(MOST_READINGS);
        let words = term.readings.iter().filter(|r| r.weight >= 0.5).flat_map(|r| r.slots.iter().flatten());
        let most = words.map(|word| self.lexicon.telling(word)).fold(0.0, f32::max);
        // Two characters tell more than one.
        let long = (term.typed.chars().count() as f32 / 2.0).clamp(0.5, 1.5);
        term.weight = (most * long).max(0.05);
    }

    fn entries_with(&self, term: &Term) -> u64 {
        let of = |word: &String| self.lexicon.entries_with(word).unwrap_or(0);
        let slot = |slot: &Vec<String>| slot.iter().map(of).sum::<u64>();
        let reading = |r: &Reading| r.slots.iter().map(slot).min().unwrap_or(0);
        term.readings.iter().map(reading).sum()
    }
}

pub(crate) fn is_idle(word: &str) -> bool {
    IDLE.contains(&word)
}

impl Question {
    /// Whether nothing can be looked for.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The FTS5 expression that finds entries with all terms. `None` when there are none.
    pub fn strict(&self) -> Option<String> {
        self.joined(" AND ")
    }

    /// The FTS5 expression that finds entries with any of the terms. `None` when there are none.
    pub fn loose(&self) -> Option<String> {
        self.joined(" OR ")
    }

    fn joined(&self, by: &str) -> Option<String> {
        let terms: Vec<String> = self.terms.iter().map(term).collect();
        (!terms.is_empty()).then(|| terms.join(by))
    }
}

fn term(term: &Term) -> String {
    let readings = term.readings.iter().map(|r| {
        let slots = r.slots.iter().map(|words| {
            let words = words.iter().map(|w| quoted(w)).collect::<Vec<_>>();
            if words.len() == 1 { words.concat() } else { format!("({})", words.join(" OR ")) }
        });
        let slots = slots.collect::<Vec<_>>();
        if slots.len() == 1 { slots.concat() } else { format!("({})", slots.join(" AND ")) }
    });
    format!("({})", readings.collect::<Vec<_>>().join(" OR "))
}

/// Words hold letters and digits alone; the quotes keep AND, OR and NOT from being read as operators.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', ""))
}
