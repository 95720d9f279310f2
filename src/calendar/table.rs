//! The State Council's days and the weekly patterns.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};

/// What a notice says of a day. Weekends that merely touch a holiday are not in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DayKind {
    /// A day off.
    Off,
    /// A make-up working day (调休).
    MakeUp,
}

/// Days from all notices. December dates may stand in the next year's notice: all are merged by date.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Table {
    days: BTreeMap<Date, (i16, DayKind)>,
    years: Vec<i16>,
}

impl Table {
    /// Adds the notice of a year. The later notice wins where two name the same day.
    pub fn add(&mut self, year: i16, days: impl IntoIterator<Item = (Date, DayKind)>) {
        if !self.years.contains(&year) {
            self.years.push(year);
        }
        for (date, kind) in days {
            let known = self.days.entry(date).or_insert((year, kind));
            if known.0 <= year {
                *known = (year, kind);
            }
        }
    }

    /// What the notices say of a day.
    pub fn day(&self, date: Date) -> Option<DayKind> {
        self.days.get(&date).map(|(_, kind)| *kind)
    }

    /// No notice for the day's year is loaded yet: due dates that cross it are provisional (预计).
    pub fn is_provisional(&self, date: Date) -> bool {
        !self.years.contains(&date.year())
    }
}

/// Opening time within a day, minutes from midnight: from (included) to (excluded).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// First minute, 0 to 1439.
    pub from: u16,
    /// End, 1 to 1440.
    pub to: u16,
}

/// A weekly pattern, valid from one date to another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    /// First day, `None` = always.
    pub from: Option<Date>,
    /// Last day, `None` = for ever.
    pub until: Option<Date>,
    /// Spans by weekday, Monday first.
    pub week: [Vec<Span>; 7],
    /// Which weekday a make-up day follows.
    pub makeup_as: Weekday,
}

impl Pattern {
    /// 08:30-12:00 and 13:30-17:00, Monday to Friday.
    pub fn usual() -> Self {
        let day = || vec![Span { from: 510, to: 720 }, Span { from: 810, to: 1020 }];
        let week = [day(), day(), day(), day(), day(), Vec::new(), Vec::new()];
        Self { from: None, until: None, week, makeup_as: Weekday::Monday }
    }

    pub(crate) fn covers(&self, date: Date) -> bool {
        self.from.is_none_or(|f| date >= f) && self.until.is_none_or(|u| date <= u)
    }

    pub(crate) fn spans(&self, weekday: Weekday) -> &[Span] {
        let index = usize::try_from(weekday.to_monday_zero_offset()).unwrap_or(0);
        self.week.get(index).map_or(&[], Vec::as_slice)
    }
}
