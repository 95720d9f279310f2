//! Counting working days: hand-over moments, due dates, reminders before them.

use jiff::civil::Date;

use crate::{Calendar, Day, Found, Place, Span, TimeOfDay};

/// When 'at once' is for a hand-over.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum HandoverScope {
    /// Any of the 24 h of a working day.
    #[default]
    WorkingDay,
    /// Only inside the centre's hours.
    WorkingHours,
}

/// What a day is for those who count working days.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Workday {
    /// Offices work.
    pub works: bool,
    /// Why.
    pub day: Day,
    /// The year's notice is not loaded: it can still change.
    pub provisional: bool,
}

impl Calendar {
    /// Whether offices work on a day. Temporary closings don't count here: a due date is the law's, not the window's.
    pub fn is_workday(&self, date: Date) -> Workday {
        let (day, provisional) = self.holidays.day(date);
        Workday { works: day.works(), day, provisional }
    }

    /// The `n`-th working day after a day, which is day 0 whether it works or not; before it when `n` is negative.
    /// Provisional when any day on the way is. Stops at the ends of the calendar (years -9999 and 9999).
    pub fn add_workdays(&self, day_0: Date, n: i32) -> Found<Date> {
        let mut found = Found { at: day_0, provisional: self.holidays.day(day_0).1 };
        let mut left = n.unsigned_abs();
        while left > 0 {
            let next = if n > 0 { found.at.tomorrow() } else { found.at.yesterday() };
            let Ok(next) = next else { break };
            let (day, provisional) = self.holidays.day(next);
            left -= u32::from(day.works());
            found = Found { at: next, provisional: found.provisional || provisional };
        }
        found
    }

    /// The first moment for a hand-over: now on a working day (or inside its hours, see [`HandoverScope`]), else the
    /// opening of the next working day; its midnight when the centre has no hours on it.
    pub fn first_moment(&self, utc_ms: i64) -> Found<i64> {
        let today = self.zone.date(utc_ms);
        let workday = self.is_workday(today);
        if workday.works {
            let provisional = workday.provisional;
            match self.handover_scope {
                HandoverScope::WorkingDay => return Found { at: utc_ms, provisional },
                HandoverScope::WorkingHours if self.is_open(Place::Centre, utc_ms).open => {
                    return Found { at: utc_ms, provisional };
                }
                HandoverScope::WorkingHours => {
                    let starts = self.spans(Place::Centre, today).into_iter();
                    let later = starts.map(|s| self.zone.moment(today, s.from())).find(|at| *at > utc_ms);
                    if let Some(at) = later {
                        return Found { at, provisional };
                    }
                }
            }
        }
        let next = self.add_workdays(today, 1);
        let opening = self.spans(Place::Centre, next.at).first().map_or(TimeOfDay::MIDNIGHT, |s| s.from());
        Found { at: self.zone.moment(next.at, opening), provisional: next.provisional }
    }

    /// The end of the `n`-th working day after a hand-over: the centre's close of that day, or its midnight when the
    /// centre has no hours on it.
    pub fn due(&self, handed_over_ms: i64, n: i32) -> Found<i64> {
        let day = self.add_workdays(self.zone.date(handed_over_ms), n);
        let close = self.spans(Place::Centre, day.at).last().map_or(TimeOfDay::END, |s: &Span| s.to());
        Found { at: self.zone.moment(day.at, close), provisional: day.provisional }
    }
}
