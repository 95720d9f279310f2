//! Hours as an admin writes them: spans of the day, weekly patterns with their validity, temporary changes.

use std::fmt;
use std::sync::Arc;

use jiff::civil::{Date, Weekday};

use crate::Error;

/// Minutes since midnight, 00:00 to 24:00.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// 00:00
    pub const MIDNIGHT: Self = Self(0);
    /// 24:00, the end of the day.
    pub const END: Self = Self(24 * 60);

    /// `None` beyond 24:00.
    pub fn new(hour: u16, minute: u16) -> Option<Self> {
        let total = hour.checked_mul(60)?.checked_add(minute)?;
        (minute < 60 && total <= Self::END.0).then_some(Self(total))
    }

    /// Minutes since midnight; `None` beyond 1440.
    pub fn from_minutes(minutes: u16) -> Option<Self> {
        (minutes <= Self::END.0).then_some(Self(minutes))
    }

    /// Reads `HH:MM`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let read = |part: &str| {
            let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| part.parse().ok()).flatten()
        };
        text.split_once(':')
            .and_then(|(hour, minute)| Self::new(read(hour)?, read(minute)?))
            .ok_or_else(|| Error::Time(text.to_owned()))
    }

    /// Minutes since midnight, 0 to 1440.
    pub fn minutes(self) -> u16 {
        self.0
    }

    /// Hour 0 to 24 and minute 0 to 59.
    pub(crate) fn hour_minute(self) -> (i8, i8) {
        (i8::try_from(self.0 / 60).unwrap_or(0), i8::try_from(self.0 % 60).unwrap_or(0))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// Part of a day: from `from`, up to but not including `to`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    from: TimeOfDay,
    to: TimeOfDay,
}

impl Span {
    /// 00:00-24:00
    pub const DAY: Self = Self { from: TimeOfDay::MIDNIGHT, to: TimeOfDay::END };

    /// `None` unless the end is after the beginning.
    pub fn new(from: TimeOfDay, to: TimeOfDay) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// Reads `HH:MM-HH:MM`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (from, to) = text.split_once('-').ok_or_else(|| Error::Span(text.to_owned()))?;
        let (from, to) = (TimeOfDay::parse(from.trim())?, TimeOfDay::parse(to.trim())?);
        Self::new(from, to).ok_or_else(|| Error::Span(text.to_owned()))
    }

    /// First minute.
    pub fn from(self) -> TimeOfDay {
        self.from
    }

    /// First minute after it.
    pub fn to(self) -> TimeOfDay {
        self.to
    }

    /// Whether the two share a minute.
    pub fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }

    pub(crate) fn contains(self, time: TimeOfDay) -> bool {
        self.from <= time && time < self.to
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from, self.to)
    }
}

/// A day of any year.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MonthDay {
    month: i8,
    day: i8,
}

impl MonthDay {
    /// `None` when no year has this day.
    pub fn new(month: i8, day: i8) -> Option<Self> {
        // 2024 is a leap year: 29 February is a day of some years.
        Date::new(2024, month, day).is_ok().then_some(Self { month, day })
    }

    /// Reads `MM-DD`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let read = |part: &str| {
            let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| part.parse().ok()).flatten()
        };
        text.split_once('-')
            .and_then(|(month, day)| Self::new(read(month)?, read(day)?))
            .ok_or_else(|| Error::MonthDay(text.to_owned()))
    }

    fn of(date: Date) -> Self {
        Self { month: date.month(), day: date.day() }
    }
}

/// When a weekly pattern holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Validity {
    /// All the time.
    #[default]
    Always,
    /// From a day to a day, both included; an open end is `None`.
    Dates(Option<Date>, Option<Date>),
    /// Each year from a day to a day, both included; may run over the turn of the year.
    Season(MonthDay, MonthDay),
}

impl Validity {
    fn holds(self, date: Date) -> bool {
        match self {
            Self::Always => true,
            Self::Dates(from, until) => from.is_none_or(|d| d <= date) && until.is_none_or(|d| date <= d),
            Self::Season(from, until) if from <= until => (from..=until).contains(&MonthDay::of(date)),
            Self::Season(from, until) => {
                let day = MonthDay::of(date);
                from <= day || day <= until
            }
        }
    }
}

/// The hours of a week.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    /// When it holds.
    pub valid: Validity,
    /// Spans of each day, Monday first.
    pub week: [Vec<Span>; 7],
    /// Whose spans a make-up working day (调休) uses. Default Monday.
    pub makeup_as: Weekday,
}

impl Pattern {
    /// Mondays to Fridays 08:30-12:00 and 13:30-17:00.
    pub fn office() -> Self {
        let span = |from, to| Span { from: TimeOfDay(from), to: TimeOfDay(to) };
        let day = || vec![span(8 * 60 + 30, 12 * 60), span(13 * 60 + 30, 17 * 60)];
        Self {
            valid: Validity::Always,
            week: [day(), day(), day(), day(), day(), Vec::new(), Vec::new()],
            makeup_as: Weekday::Monday,
        }
    }

    /// The spans of a day of the week.
    pub fn spans(&self, day: Weekday) -> &[Span] {
        let index = usize::from(day.to_monday_zero_offset().unsigned_abs());
        self.week.get(index).map_or(&[], Vec::as_slice)
    }
}

/// A temporary closing or opening. It decides about the minutes that it names and says nothing about others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// First day.
    pub from: Date,
    /// Last day, included.
    pub until: Date,
    /// Which part of these days; [`Span::DAY`] for all of it.
    pub span: Span,
    /// Opened instead of closed.
    pub open: bool,
    /// Said to the operator and the admin: `停电检修`.
    pub reason: Arc<str>,
}

/// Hours of one place: what it says itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hours {
    /// Weekly patterns; the first that holds on a day counts.
    pub patterns: Vec<Pattern>,
    /// Temporary closings and openings; the first that names a minute counts.
    pub changes: Vec<Change>,
}

impl Hours {
    /// The weekly pattern that counts on a day: the first that holds on it.
    pub fn pattern(&self, date: Date) -> Option<&Pattern> {
        self.patterns.iter().find(|p| p.valid.holds(date))
    }

    pub(crate) fn changes(&self, date: Date) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |c| c.from <= date && date <= c.until)
    }
}
