//! A year's days in words for screens: worked, off, holidays, make-up days.

use calendar::{Date, Day, Holidays};

/// A day of a year.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct YearDay {
    /// `2026-10-01`
    pub date: String,
    /// `work`, `rest` (a weekend), `holiday`, `make_up` (a weekend that is worked).
    pub kind: &'static str,
    /// Of which holiday; empty on other days.
    pub name: String,
}

/// All days of a year; none for a year that no calendar has.
pub fn days(holidays: &Holidays, year: i16) -> Vec<YearDay> {
    let first = Date::new(year, 1, 1).ok();
    let all = std::iter::successors(first, |day| day.tomorrow().ok()).take_while(|day| day.year() == year);
    let line = |date: Date| {
        let (kind, name) = match holidays.day(date).0 {
            Day::Off(name) => ("holiday", name.to_string()),
            Day::MakeUp(name) => ("make_up", name.to_string()),
            Day::Weekday => ("work", String::new()),
            Day::Weekend => ("rest", String::new()),
        };
        YearDay { date: date.to_string(), kind, name }
    };
    all.map(line).collect()
}
