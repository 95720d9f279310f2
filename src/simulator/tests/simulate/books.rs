//! The case store as a model, as far as calls go: the rows that a start after a crash looks at, each written as often as it comes and
//! kept once. What is promised stands in `vows.rs`. The real store is held against it in `same.rs`.

use std::collections::{BTreeMap, BTreeSet};

use call::cdr::{CallBackRow, CallBackWhy, CallRow, Outcome, Record};
use call::errand::ErrandRow;
use call::event::Source;
use call::ids::{CallId, Pii};
use promise::{Case, CaseId, Fact, Key, Of, Opening, Table, Terms};
use store::Entry;

/// The process that writes.
pub const NODE: &str = "hotline-1";

/// A call's rows.
#[derive(Debug)]
pub struct CallBook {
    pub row: CallRow,
    pub ended: bool,
    /// Events by number; whether each is a final one.
    pub events: BTreeMap<u32, bool>,
    pub answered: bool,
}

impl CallBook {
    fn new(row: CallRow) -> Self {
        Self { row, ended: false, events: BTreeMap::new(), answered: false }
    }

    pub fn came_in(&self) -> bool {
        self.row.source != Source::House
    }

    pub fn finals(&self) -> usize {
        self.events.values().filter(|last| **last).count()
    }

    fn is_interrupted(&self) -> bool {
        self.row.outcome == Some(Outcome::Interrupted)
    }
}

/// A call-back that is owed because of a call.
#[derive(Clone, Debug)]
pub struct Owed {
    pub row: CallBackRow,
    /// Somebody has taken it up.
    pub taken: bool,
    /// The call-back of this earlier call answers it.
    pub joined: Option<CallId>,
}

/// What a start has found.
#[derive(Default, Debug)]
pub struct Left {
    pub interrupted: Vec<CallId>,
    pub unheard: Vec<(CallId, String)>,
}

/// All rows.
#[derive(Debug)]
pub struct Books {
    pub calls: BTreeMap<CallId, CallBook>,
    /// Reports by call and number, and whether they were read.
    pub news: BTreeMap<(CallId, u32), (ErrandRow, bool)>,
    /// By call and reason.
    pub owed: BTreeMap<(CallId, &'static str), Owed>,
    pub table: Table,
    pub call_of: BTreeMap<Key, CallId>,
    pub told: BTreeSet<Key>,
    pub facts: BTreeMap<Of, Vec<(i64, Fact)>>,
    pub cases: BTreeMap<CaseId, (Opening, Pii)>,
    pub requests: BTreeSet<String>,
    /// The last frame of the journal that is in here: written with its rows.
    pub cursor: u64,
    /// Broken on purpose: whom a task calls is not written down.
    pub forgetful: bool,
    /// What must never be, the first of it.
    pub fault: Option<String>,
}

impl Books {
    pub fn new() -> Self {
        Self {
            calls: BTreeMap::new(),
            news: BTreeMap::new(),
            owed: BTreeMap::new(),
            table: Table::new(Terms::default()),
            call_of: BTreeMap::new(),
            told: BTreeSet::new(),
            facts: BTreeMap::new(),
            cases: BTreeMap::new(),
            requests: BTreeSet::new(),
            cursor: 0,
            forgetful: false,
            fault: None,
        }
    }

    pub fn fault(&mut self, words: String) {
        self.fault.get_or_insert(words);
    }

    /// Writes an entry, as the scribe does.
    pub fn write(&mut self, entry: &Entry) {
        let Entry::Record(record) = entry else { return };
        match record.as_ref() {
            Record::Offered(row) => {
                self.calls.entry(row.call).or_insert_with(|| CallBook::new(row.clone()));
            }
            Record::Updated(row) => self.update(row, false),
            Record::Ended(row) => self.update(row, true),
            Record::Event(row) => {
                let Some(book) = self.calls.get_mut(&row.call).filter(|book| !book.is_interrupted()) else {
                    return;
                };
                let last = matches!(row.kind, "call.ended" | "call.abandoned");
                if last && book.finals() > 0 && !book.events.contains_key(&row.seq) {
                    return;
                }
                book.answered |= row.kind == "call.answered";
                book.events.entry(row.seq).or_insert(last);
            }
            Record::CallBack(row) => {
                if !self.calls.get(&row.call).is_some_and(CallBook::is_interrupted) {
                    self.owe(row.clone());
                }
            }
            Record::Errand(row) => {
                self.news.entry((row.call, row.no)).or_insert_with(|| (row.clone(), false));
            }
            Record::Leg(_) | Record::Rating(_) | Record::Stated(_) => {}
        }
    }

    fn update(&mut self, row: &CallRow, ends: bool) {
        let book = self.calls.entry(row.call).or_insert_with(|| CallBook::new(row.clone()));
        if book.ended {
            return;
        }
        let before = std::mem::replace(&mut book.row, row.clone());
        book.row.operator = book.row.operator.take().or(before.operator);
        book.row.answered_at = book.row.answered_at.or(before.answered_at);
        book.ended = ends;
    }

    fn owe(&mut self, row: CallBackRow) {
        let why = why(row.why);
        self.owed.entry((row.call, why)).or_insert(Owed { row, taken: false, joined: None });
    }

    /// Closes what an earlier life has left open, as the store's aftermath does.
    pub fn close(&mut self, utc_ms: i64, only: Option<&[CallId]>) -> Left {
        let mut left = Left::default();
        let open: Vec<CallId> = self.calls.iter().filter(|(_, b)| !b.ended).map(|(call, _)| *call).collect();
        for call in open {
            if only.is_some_and(|only| !only.contains(&call)) {
                continue;
            }
            let Some(book) = self.calls.get_mut(&call) else { continue };
            let answered = book.answered || book.row.answered_at.is_some();
            if only.is_some() && (answered || book.finals() > 0) {
                continue;
            }
            let since = utc_ms.abs_diff(book.row.offered_at);
            let again = u128::from(since) < store::UNHEARD_FOR.as_millis();
            let again = again && !book.row.sip_call_id.is_empty() && only.is_none();
            if book.finals() > 0 {
                book.ended = true;
            } else if !answered && again {
                left.unheard.push((call, book.row.sip_call_id.to_string()));
            } else {
                let seq = book.events.keys().next_back().copied().unwrap_or(0);
                book.events.insert(seq + 1, true);
                (book.ended, book.row.outcome) = (true, Some(Outcome::Interrupted));
                let owing = book.came_in() && !book.row.caller.number.reveal().is_empty();
                let row = CallBackRow {
                    call,
                    number: book.row.caller.number.clone(),
                    why: if answered { CallBackWhy::CutOff } else { CallBackWhy::Missed },
                    since: book.row.offered_at,
                    due_at: utc_ms,
                };
                if owing && !self.owed.keys().any(|(of, _)| *of == call) {
                    self.owe(row);
                }
                left.interrupted.push(call);
            }
        }
        left
    }

    /// The facts of an owner, each with its moment.
    pub fn facts_of(&self, of: &Of) -> impl Iterator<Item = (i64, &Fact)> + Clone {
        self.facts.get(of).into_iter().flatten().map(|(at, fact)| (*at, fact))
    }

    /// A case, built again from what is kept of it.
    pub fn case(&self, id: CaseId) -> Option<Case> {
        let (opening, _) = self.cases.get(&id)?;
        Some(Case::rebuild(id, *opening, self.facts_of(&Of::Case(id))))
    }
}

pub fn why(why: CallBackWhy) -> &'static str {
    match why {
        CallBackWhy::Asked => "asked",
        CallBackWhy::CutOff => "cut_off",
        CallBackWhy::Missed => "missed",
    }
}
