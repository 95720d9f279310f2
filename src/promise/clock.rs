//! Every deadline: by the working calendar or by the wall clock. The moment is an argument, the zone is the calendar's.

use std::time::Duration;

use calendar::{Calendar, Date, Found, Place, TimeOfDay};

use crate::ids::Month;
use crate::settings::Settings;

const HOUR_MS: i64 = 3_600_000;

/// The moment, and what deadlines are computed by.
#[derive(Clone, Copy, Debug)]
pub struct Clock<'a> {
    /// Now, UTC ms.
    pub now: i64,
    /// Working days and hours.
    pub calendar: &'a Calendar,
    /// The figures.
    pub settings: &'a Settings,
}

/// A span in milliseconds.
pub fn ms(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// So long after a moment, by the wall clock.
pub fn after(at: i64, span: Duration) -> i64 {
    at.saturating_add(ms(span))
}

impl Clock<'_> {
    /// When what comes at `at` is handed over: at once on a working day, else first thing on the next; urgent always at once.
    pub fn handover(&self, at: i64, urgent: bool) -> Found<i64> {
        if urgent { Found { at, provisional: false } } else { self.calendar.first_moment(at) }
    }

    /// The end of the `days`-th working day after the day of `from`, which is day 0.
    pub fn working_days(&self, from: i64, days: i32) -> Found<i64> {
        self.calendar.due(from, days)
    }

    /// The reminders of a due date: at the opening of the working day before it, and at the opening of its own day.
    pub fn reminders(&self, due_at: i64) -> [i64; 2] {
        let day = self.calendar.zone.date(due_at);
        [self.opening(self.calendar.add_workdays(day, -1).at), self.opening(day)]
    }

    /// When a citizen who does not await it may be called: `at`, or 08:00 when that is in the quiet hours.
    pub fn by_day(&self, at: i64) -> i64 {
        if self.is_day(at) {
            return at;
        }
        let (date, millis) = self.calendar.zone.civil(at);
        let morning_of = if millis < tod_ms(self.settings.quiet_until) { date } else { tomorrow(date) };
        self.calendar.zone.moment(morning_of, self.settings.quiet_until)
    }

    /// Outside the quiet hours: 08:00 is day, 21:00 is not.
    pub fn is_day(&self, at: i64) -> bool {
        let (_, millis) = self.calendar.zone.civil(at);
        let (from, until) = (tod_ms(self.settings.quiet_from), tod_ms(self.settings.quiet_until));
        if until <= from { (until..from).contains(&millis) } else { !(from..until).contains(&millis) }
    }

    /// When a citizen who did not answer the `tries`-th call is tried again: half an hour later and in another hour of the
    /// day, then in the other half of the day, then on the next day; never in the quiet hours.
    pub fn again(&self, tries: u32) -> i64 {
        let zone = &self.calendar.zone;
        let (date, millis) = zone.civil(self.now);
        let at_noon = |date, half| zone.moment(date, half);
        let (morning, afternoon) = (self.settings.morning, self.settings.afternoon);
        let before_noon = millis < 12 * 3_600_000;
        let next = match tries {
            0 | 1 => self.another_hour(after(self.now, self.settings.citizen_gap)),
            2 if before_noon => at_noon(date, afternoon),
            2 => at_noon(tomorrow(date), morning),
            _ => at_noon(tomorrow(date), if before_noon { afternoon } else { morning }),
        };
        self.by_day(next)
    }

    /// `at`, or the next full hour when it lies in the hour of now.
    fn another_hour(&self, at: i64) -> i64 {
        let hour = |at: i64| at.div_euclid(HOUR_MS);
        // Zones that are off by half an hour change their hour at another moment: the wall's hour is what counts.
        let (_, millis) = self.calendar.zone.civil(self.now);
        let shift = i64::from(millis).rem_euclid(HOUR_MS).saturating_sub(self.now.rem_euclid(HOUR_MS));
        let (now, then) = (self.now.saturating_add(shift), at.saturating_add(shift));
        if hour(now) == hour(then) {
            hour(now).saturating_add(1).saturating_mul(HOUR_MS).saturating_sub(shift)
        } else {
            at
        }
    }

    /// When the notice about a month is due: the opening of the first working day of the month after it.
    pub fn notice(&self, about: Month) -> Found<i64> {
        let month = about.next();
        let first = Date::new(month.year, month.month, 1).unwrap_or(Date::MAX);
        let before = first.yesterday().unwrap_or(first);
        let day = self.calendar.add_workdays(before, 1);
        Found { at: self.opening(day.at), provisional: day.provisional }
    }

    /// When an item of the ledger is reviewed next: at the opening of the working day so many after now.
    pub fn review(&self) -> i64 {
        let today = self.calendar.zone.date(self.now);
        self.opening(self.calendar.add_workdays(today, self.settings.review_days).at)
    }

    /// When a unit is tested in a month: a minute of it that `chance` chooses, so that nobody can wait for it.
    pub fn reach(&self, month: Month, chance: u64) -> i64 {
        let first = Date::new(month.year, month.month, 1).unwrap_or(Date::MAX);
        // Days 1 to 27: room for a second test in the same month when the first could not be placed.
        let day = i8::try_from(chance % 27).unwrap_or(0).saturating_add(1);
        let date = Date::new(month.year, month.month, day).unwrap_or(first);
        let (from, until) = (self.settings.reach_from.minutes(), self.settings.reach_until.minutes());
        let minutes = u64::from(until.saturating_sub(from).max(1));
        let minute = u16::try_from((chance / 27) % minutes).unwrap_or(0).saturating_add(from);
        self.calendar.zone.moment(date, TimeOfDay::from_minutes(minute).unwrap_or(self.settings.reach_from))
    }

    /// The month of a moment.
    pub fn month(&self, at: i64) -> Month {
        let date = self.calendar.zone.date(at);
        Month { year: date.year(), month: date.month() }
    }

    fn opening(&self, date: Date) -> i64 {
        let spans = self.calendar.spans(Place::Centre, date);
        self.calendar.zone.moment(date, spans.first().map_or(TimeOfDay::MIDNIGHT, |span| span.from()))
    }
}

fn tod_ms(time: TimeOfDay) -> u32 {
    u32::from(time.minutes()).saturating_mul(60_000)
}

fn tomorrow(date: Date) -> Date {
    date.tomorrow().unwrap_or(date)
}
