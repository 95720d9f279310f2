//! Whether a place is open at a moment, why, and when it opens next.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;

use crate::{Calendar, Change, Day, Found, Hours, Pattern, Span, TimeOfDay};

/// Whose hours are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Place<'a> {
    /// The hotline's centre.
    Centre,
    /// A unit, by code.
    Unit(&'a str),
    /// A window desk, by number.
    Desk(u16),
}

/// Whose word decided.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Level {
    /// The desk's own hours.
    Desk,
    /// Its unit's.
    Unit,
    /// The centre's.
    Centre,
}

/// Why a place is open or closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// A temporary closing or opening, and the reason that was written.
    Temporary(Level, Arc<str>),
    /// Closed: a day off by the State Council, by name.
    Holiday(Arc<str>),
    /// A make-up working day, by name, inside the hours.
    MakeUp(Arc<str>),
    /// Inside the weekly hours.
    Hours(Level),
    /// Closed: outside the hours of a day that has some (noon, evening).
    OutsideHours(Level),
    /// Closed: the pattern has no hours on this day of the week.
    NoHours(Level),
    /// Closed: no pattern holds on this day.
    NoPattern,
    /// Open, but too short before closing for a new bridge.
    ClosingSoon,
}

/// The answer for one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Openness {
    /// Open for what was asked.
    pub open: bool,
    /// Why.
    pub why: Why,
    /// When it closes, milliseconds since 1970 UTC; `None` when closed, or open for the next days without a break.
    pub closes_at: Option<i64>,
    /// Rests on a year whose notice is not loaded.
    pub provisional: bool,
}

/// How far `next_open` looks: longer than any notice reaches.
const HORIZON_DAYS: usize = 400;
/// How many days an opening that runs over midnight is followed to find its end.
const LONGEST_OPENING_DAYS: usize = 8;

impl Calendar {
    /// Whether a place is open at a moment, with the reason.
    pub fn is_open(&self, place: Place<'_>, utc_ms: i64) -> Openness {
        let (date, millis) = self.zone.civil(utc_ms);
        let minute = u16::try_from(millis / 60_000).unwrap_or(0);
        let (open, why) = self.decide(place, date, TimeOfDay::from_minutes(minute).unwrap_or_default());
        let closes_at = if open { self.closing(place, date, minute) } else { None };
        let provisional = !matches!(why, Why::Temporary(..)) && self.holidays.day(date).1;
        Openness { open, why, closes_at, provisional }
    }

    /// Whether a new bridge may begin: open, and not in the last `last` of a span. A running bridge goes on.
    pub fn may_bridge(&self, place: Place<'_>, utc_ms: i64, last: Duration) -> Openness {
        let found = self.is_open(place, utc_ms);
        let enough = utc_ms.saturating_add(millis(last));
        if found.open && found.closes_at.is_some_and(|end| end <= enough) {
            return Openness { open: false, why: Why::ClosingSoon, ..found };
        }
        found
    }

    /// The first moment from `utc_ms` on at which the place is open: `utc_ms` itself when it is. `None` when nothing
    /// opens within 400 days.
    pub fn next_open(&self, place: Place<'_>, utc_ms: i64) -> Option<Found<i64>> {
        self.next_bridge(place, utc_ms, Duration::ZERO)
    }

    /// The first moment from `utc_ms` on at which a new bridge may begin, see [`Calendar::may_bridge`].
    pub fn next_bridge(&self, place: Place<'_>, utc_ms: i64, last: Duration) -> Option<Found<i64>> {
        let now = self.may_bridge(place, utc_ms, last);
        if now.open {
            return Some(Found { at: utc_ms, provisional: now.provisional });
        }
        let first = self.zone.date(utc_ms);
        let mut provisional = false;
        for date in first.series(jiff::ToSpan::day(1)).take(HORIZON_DAYS) {
            provisional |= self.holidays.day(date).1;
            let starts = self.spans(place, date).into_iter().map(|s| self.zone.moment(date, s.from()));
            let found = starts.filter(|at| *at > utc_ms).find(|at| self.may_bridge(place, *at, last).open);
            if let Some(at) = found {
                return Some(Found { at, provisional });
            }
        }
        None
    }

    /// The open spans of a day, ascending and apart.
    pub fn spans(&self, place: Place<'_>, date: Date) -> Vec<Span> {
        let cuts = self.cuts(place, date);
        let mut open: Vec<Span> = Vec::new();
        for (from, to) in cuts.iter().zip(cuts.iter().skip(1)) {
            if !self.decide(place, date, *from).0 {
                continue;
            }
            let joined = open.last().copied().filter(|last| last.to() == *from);
            if joined.is_some() {
                open.pop();
            }
            open.extend(Span::new(joined.map_or(*from, Span::from), *to));
        }
        open
    }

    /// The layers of calendar rules for one minute; the first that says something decides.
    fn decide(&self, place: Place<'_>, date: Date, time: TimeOfDay) -> (bool, Why) {
        for (level, hours) in self.levels(place) {
            if let Some(change) = hours.changes(date).find(|c| c.span.contains(time)) {
                return (change.open, Why::Temporary(level, change.reason.clone()));
            }
        }
        let day = self.holidays.day(date).0;
        if let Day::Off(name) = day {
            return (false, Why::Holiday(name));
        }
        let Some((level, pattern)) = self.pattern(place, date) else {
            return (false, Why::NoPattern);
        };
        let spans = spans_of(pattern, &day, date);
        if !spans.iter().any(|s| s.contains(time)) {
            let why = if spans.is_empty() { Why::NoHours(level) } else { Why::OutsideHours(level) };
            return (false, why);
        }
        let why = if let Day::MakeUp(name) = day { Why::MakeUp(name) } else { Why::Hours(level) };
        (true, why)
    }

    /// All minutes of a day at which the decision may turn, with both ends of the day.
    fn cuts(&self, place: Place<'_>, date: Date) -> BTreeSet<TimeOfDay> {
        let day = self.holidays.day(date).0;
        let mut cuts = BTreeSet::from([TimeOfDay::MIDNIGHT, TimeOfDay::END]);
        let mut add = |span: &Span| cuts.extend([span.from(), span.to()]);
        for (_, hours) in self.levels(place) {
            hours.changes(date).map(|c: &Change| &c.span).for_each(&mut add);
        }
        if let Some((_, pattern)) = self.pattern(place, date) {
            spans_of(pattern, &day, date).iter().for_each(add);
        }
        cuts
    }

    fn pattern(&self, place: Place<'_>, date: Date) -> Option<(Level, &Pattern)> {
        self.levels(place).into_iter().find_map(|(level, hours)| Some((level, hours.pattern(date)?)))
    }

    /// Whose hours count for a place, nearest first.
    fn levels(&self, place: Place<'_>) -> Vec<(Level, &Hours)> {
        let desk = match place {
            Place::Desk(no) => self.desks.get(&no),
            Place::Unit(_) | Place::Centre => None,
        };
        let unit = match place {
            Place::Unit(code) => Some(code),
            Place::Desk(_) => desk.map(|d| &*d.unit),
            Place::Centre => None,
        };
        let mut levels = Vec::with_capacity(3);
        levels.extend(desk.map(|d| (Level::Desk, &d.hours)));
        levels.extend(unit.and_then(|code| self.units.get(code)).map(|hours| (Level::Unit, hours)));
        levels.push((Level::Centre, &self.centre));
        levels
    }

    /// When the opening that holds this minute ends; it may run over midnight.
    fn closing(&self, place: Place<'_>, date: Date, minute: u16) -> Option<i64> {
        let mut from = TimeOfDay::from_minutes(minute)?;
        for day in date.series(jiff::ToSpan::day(1)).take(LONGEST_OPENING_DAYS) {
            let end = self.spans(place, day).into_iter().find(|s| s.contains(from)).map(Span::to);
            match end {
                Some(end) if end < TimeOfDay::END => return Some(self.zone.moment(day, end)),
                Some(_) => from = TimeOfDay::MIDNIGHT,
                None => return Some(self.zone.moment(day, TimeOfDay::MIDNIGHT)),
            }
        }
        None
    }
}

/// A pattern's spans of a day; a make-up day borrows another weekday's.
fn spans_of<'a>(pattern: &'a Pattern, day: &Day, date: Date) -> &'a [Span] {
    let weekday = if matches!(day, Day::MakeUp(_)) { pattern.makeup_as } else { date.weekday() };
    pattern.spans(weekday)
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

impl Why {
    /// In words for an admin, Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Temporary(level, reason) => format!("{}临时安排：{reason}", level.zh()),
            Self::Holiday(name) => format!("{name}放假"),
            Self::MakeUp(name) => format!("{name}调休上班日"),
            Self::Hours(level) => format!("在{}办公时间内", level.zh()),
            Self::OutsideHours(level) => format!("不在{}办公时间内", level.zh()),
            Self::NoHours(level) => format!("{}当天不办公", level.zh()),
            Self::NoPattern => "当天没有适用的办公时间".to_owned(),
            Self::ClosingSoon => "即将下班，不再发起新的三方通话".to_owned(),
        }
    }

    /// In words for an admin, English.
    pub fn en(&self) -> String {
        match self {
            Self::Temporary(level, reason) => format!("temporary change of the {}: {reason}", level.en()),
            Self::Holiday(name) => format!("public holiday {name}"),
            Self::MakeUp(name) => format!("make-up working day for {name}"),
            Self::Hours(level) => format!("inside the hours of the {}", level.en()),
            Self::OutsideHours(level) => format!("outside the hours of the {}", level.en()),
            Self::NoHours(level) => format!("the {} has no hours on this day of the week", level.en()),
            Self::NoPattern => "no weekly hours hold on this day".to_owned(),
            Self::ClosingSoon => "about to close: no new three-way call".to_owned(),
        }
    }
}

impl Level {
    fn zh(self) -> &'static str {
        match self {
            Self::Desk => "窗口",
            Self::Unit => "单位",
            Self::Centre => "中心",
        }
    }

    fn en(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Unit => "unit",
            Self::Centre => "centre",
        }
    }
}
