//! Is it open, why, and when next: the layers and the arithmetic of working days.

use jiff::civil::{Date, Weekday};

use crate::table::{DayKind, Pattern, Span, Table};
use crate::{local, utc_ms};

/// How far ahead an opening or a working day is searched, days.
const HORIZON: u32 = 400;

/// A temporary closing or opening of one day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exception {
    /// The day.
    pub date: Date,
    /// Open at these spans; none = closed.
    pub spans: Vec<Span>,
    /// Why, for people.
    pub why: String,
}

/// What is special about one place: a desk, a unit or the centre.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// Temporary closings and openings.
    pub exceptions: Vec<Exception>,
    /// Own weekly patterns; none = those of the layer below.
    pub patterns: Vec<Pattern>,
}

/// Working time of the centre. Desks and units bring their own [`Place`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calendar {
    /// The State Council's days.
    pub table: Table,
    /// The centre.
    pub centre: Place,
}

/// Why it is open or closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// A temporary closing or opening, with its words.
    Exception(String),
    /// A day off of the State Council.
    Holiday,
    /// A make-up working day.
    MakeUpDay,
    /// The weekly pattern.
    Week,
}

/// Open or closed, why, and until when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Open now.
    pub open: bool,
    /// Which layer says so.
    pub reason: Reason,
    /// End of the present span, UTC ms; `None` when closed.
    pub until: Option<i64>,
}

impl Calendar {
    /// The usual office hours with this table.
    pub fn new(table: Table) -> Self {
        Self { table, centre: Place { exceptions: Vec::new(), patterns: vec![Pattern::usual()] } }
    }

    /// The spans of a day at a place, and why. `layers` are the desk's and the unit's, in this order.
    fn day(&self, layers: &[&Place], date: Date) -> (Vec<Span>, Reason) {
        let all = || layers.iter().copied().chain(std::iter::once(&self.centre));
        if let Some(exception) = all().flat_map(|p| &p.exceptions).find(|e| e.date == date) {
            return (exception.spans.clone(), Reason::Exception(exception.why.clone()));
        }
        let kind = self.table.day(date);
        if kind == Some(DayKind::Off) {
            return (Vec::new(), Reason::Holiday);
        }
        let pattern = all().find_map(|p| p.patterns.iter().find(|p| p.covers(date)));
        let Some(pattern) = pattern else { return (Vec::new(), Reason::Week) };
        match kind {
            Some(DayKind::MakeUp) => (pattern.spans(pattern.makeup_as).to_vec(), Reason::MakeUpDay),
            Some(DayKind::Off) | None => (pattern.spans(date.weekday()).to_vec(), Reason::Week),
        }
    }

    /// Whether a place is open at a moment, and why.
    pub fn is_open(&self, layers: &[&Place], at: i64) -> Verdict {
        let (date, minute) = local(at);
        let (spans, reason) = self.day(layers, date);
        let span = spans.iter().find(|s| s.from <= minute && minute < s.to);
        Verdict { open: span.is_some(), reason, until: span.map(|s| utc_ms(date, s.to)) }
    }

    /// The next opening after a closed moment, or the moment itself when open. `None` when nothing opens within 400 days.
    pub fn next_open(&self, layers: &[&Place], at: i64) -> Option<i64> {
        let (first, minute) = local(at);
        let mut date = first;
        for _ in 0..HORIZON {
            let (spans, _) = self.day(layers, date);
            let earliest = spans.iter().filter(|s| date > first || s.to > minute).map(|s| s.from).min();
            if let Some(from) = earliest {
                return Some(utc_ms(date, from).max(at));
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    /// Whether people work on a day: the State Council's word, else Monday to Friday.
    pub fn is_workday(&self, date: Date) -> bool {
        match self.table.day(date) {
            Some(DayKind::Off) => false,
            Some(DayKind::MakeUp) => true,
            None => !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday),
        }
    }

    /// The `n`-th working day after a day, which is day 0. The second value: the way crosses a year without a notice.
    pub fn add_workdays(&self, date: Date, n: u32) -> (Date, bool) {
        let (mut day, mut left, mut provisional) = (date, n, false);
        for _ in 0..HORIZON.saturating_add(n.saturating_mul(4)) {
            if left == 0 {
                break;
            }
            let Ok(next) = day.tomorrow() else { break };
            day = next;
            provisional |= self.table.is_provisional(day);
            if self.is_workday(day) {
                left = left.saturating_sub(1);
            }
        }
        (day, provisional)
    }

    /// The moment at which a matter received now is handed over: now on a working day, else the opening of the next one.
    pub fn first_moment(&self, at: i64) -> i64 {
        let (date, _) = local(at);
        if self.is_workday(date) {
            return at;
        }
        let (next, _) = self.add_workdays(date, 1);
        let (spans, _) = self.day(&[], next);
        utc_ms(next, spans.iter().map(|s| s.from).min().unwrap_or(510))
    }
}
