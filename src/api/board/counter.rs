//! The figures of today: counted from the time lines as they grow, and from the store for what was before.

use std::collections::HashMap;

use call::CallId;
use call::cdr::EventRow;
use store::Figures;

/// Calls that are waited for to be answered. When full: those that come then are counted as answered, but within no time.
const MOST_OPEN: usize = 20_000;
const SOON_MS: i64 = 15_000;
const LATER_MS: i64 = 30_000;

/// Counts a day.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    /// When the day began, UTC ms.
    day: i64,
    /// Lines before this moment are in what the store said.
    from: i64,
    figures: Figures,
    /// When calls that go on were offered; `None`: answered already.
    open: HashMap<CallId, Option<i64>>,
}

impl Counter {
    /// The day that began then.
    pub(crate) fn day(&self) -> i64 {
        self.day
    }

    /// Begins a day, with what the store knows of it up to `from`.
    pub(crate) fn begin(&mut self, day: i64, from: i64, known: Figures) {
        (self.day, self.from, self.figures) = (day, from, known);
    }

    pub(crate) fn figures(&self) -> &Figures {
        &self.figures
    }

    /// One line of a time line.
    pub(crate) fn note(&mut self, row: &EventRow) {
        let counts = row.at >= self.from;
        match row.kind {
            "call.offered" => {
                self.figures.offered += u64::from(counts);
                if self.open.len() < MOST_OPEN {
                    self.open.insert(row.call, Some(row.at));
                }
            }
            "agent.answer" => {
                let offered = self.open.insert(row.call, None);
                // A call is answered once, whoever comes later.
                if counts && offered != Some(None) {
                    let waited = offered.flatten().map(|at| row.at.saturating_sub(at));
                    self.figures.answered += 1;
                    self.figures.within_15 += u64::from(waited.is_some_and(|ms| ms <= SOON_MS));
                    self.figures.within_30 += u64::from(waited.is_some_and(|ms| ms <= LATER_MS));
                }
            }
            "call.ended" | "call.abandoned" => drop(self.open.remove(&row.call)),
            _ => {}
        }
        if counts {
            self.figures.note(row.kind, &row.actor, &row.detail, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(call: u128, at: i64, kind: &'static str) -> EventRow {
        let (actor, detail) = ("desk:037".to_owned(), "desk=037".to_owned());
        EventRow { call: CallId(call), seq: 1, at, mono_ms: 0, kind, leg: None, actor, cause: None, detail }
    }

    #[test]
    fn a_day_is_counted_on_from_what_the_store_knows() {
        let mut counter = Counter::default();
        counter.begin(0, 1_000, Figures { offered: 5, answered: 4, ..Figures::default() });
        for (call, at, kind) in [
            (1, 900, "call.offered"),
            (2, 1_000, "call.offered"),
            (1, 10_000, "agent.answer"),
            (2, 20_000, "agent.answer"),
            (2, 21_000, "agent.answer"),
            (1, 22_000, "room.ringing"),
            (1, 23_000, "leg.joined"),
            (1, 23_000, "room.bridged"),
            (3, 30_000, "call.offered"),
            (3, 40_000, "call.abandoned"),
        ] {
            counter.note(&row(call, at, kind));
        }
        let figures = counter.figures();
        assert_eq!((figures.offered, figures.answered), (7, 6));
        assert_eq!((figures.within_15, figures.within_30, figures.abandoned), (1, 2, 1));
        assert_eq!((figures.bridges_tried, figures.bridged), (1, 1));
        assert_eq!(figures.by_desk.values().next(), Some(&(1, 1)));
        assert_eq!(counter.open.len(), 2, "calls that are over are forgotten");
    }
}
