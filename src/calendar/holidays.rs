//! The State Council's days: yearly notices merged by date, and the provisional table for years without one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::{Date, Weekday};

use crate::festivals;

/// One yearly notice (国务院办公厅关于节假日安排的通知).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Notice {
    /// Year of the notice. Its days may lie in the December before.
    pub year: i16,
    /// The days that it names.
    pub days: Vec<NoticeDay>,
}

/// A day that a notice names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoticeDay {
    /// Which.
    pub date: Date,
    /// `春节`
    pub name: Arc<str>,
    /// A day off; else a make-up working day (调休).
    pub off: bool,
}

/// What a day is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Day {
    /// A day off by notice, or a statutory day of a year without one.
    Off(Arc<str>),
    /// A make-up working day by notice.
    MakeUp(Arc<str>),
    /// Monday to Friday, nothing special.
    Weekday,
    /// Saturday or Sunday, nothing special.
    Weekend,
}

impl Day {
    /// Whether offices work on it.
    pub fn works(&self) -> bool {
        match self {
            Self::MakeUp(_) | Self::Weekday => true,
            Self::Off(_) | Self::Weekend => false,
        }
    }
}

/// All loaded notices, merged by date.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Holidays {
    days: BTreeMap<Date, (Arc<str>, bool)>,
    years: BTreeSet<i16>,
}

impl Holidays {
    /// Merges notices. Where two name the same date the later year wins, and of the same year the later in `notices`:
    /// December days can stand in the next year's notice.
    pub fn merge(notices: impl IntoIterator<Item = Notice>) -> Self {
        let mut notices: Vec<Notice> = notices.into_iter().collect();
        notices.sort_by_key(|n| n.year);
        let mut merged = Self::default();
        for notice in notices {
            merged.years.insert(notice.year);
            merged.days.extend(notice.days.into_iter().map(|d| (d.date, (d.name, d.off))));
        }
        merged
    }

    /// The years whose notices are loaded, ascending.
    pub fn years(&self) -> impl Iterator<Item = i16> {
        self.years.iter().copied()
    }

    /// Whether the notice of this year is loaded. Admins are to be warned from 1 November while next year's is not.
    pub fn covers(&self, year: i16) -> bool {
        self.years.contains(&year)
    }

    /// The days that notices name, ascending.
    pub fn named(&self) -> impl Iterator<Item = NoticeDay> {
        self.days.iter().map(|(date, (name, off))| NoticeDay { date: *date, name: name.clone(), off: *off })
    }

    /// What a day is, and whether that can still change because its year's notice is not loaded.
    pub fn day(&self, date: Date) -> (Day, bool) {
        if let Some((name, off)) = self.days.get(&date) {
            let day = if *off { Day::Off(name.clone()) } else { Day::MakeUp(name.clone()) };
            return (day, false);
        }
        let provisional = !self.covers(date.year());
        if provisional && let Some(name) = festivals::statutory(date) {
            return (Day::Off(name.into()), true);
        }
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        (if weekend { Day::Weekend } else { Day::Weekday }, provisional)
    }
}
