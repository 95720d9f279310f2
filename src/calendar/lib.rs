//! Working time, pure: layers of closings, State Council days and weekly patterns.
//!
//! First match wins: temporary closing or opening (desk, then unit, then centre), then the State Council's day, then the
//! weekly pattern that is valid on the date, then closed. Times are milliseconds UTC; days are Beijing's.

mod open;
mod table;
#[cfg(test)]
mod tests;

pub use jiff::civil::{Date, Weekday};
pub use open::{Calendar, Exception, Place, Reason, Verdict};
pub use table::{DayKind, Pattern, Span, Table};

/// Beijing is 8 hours ahead of UTC the whole year, since 1991.
pub(crate) const OFFSET_MS: i64 = 8 * 3_600_000;
pub(crate) const DAY_MS: i64 = 86_400_000;

/// The day in Beijing of a moment, and the minute of that day.
pub fn local(utc_ms: i64) -> (Date, u16) {
    let shifted = utc_ms.saturating_add(OFFSET_MS);
    let days = shifted.div_euclid(DAY_MS);
    let minute = shifted.rem_euclid(DAY_MS) / 60_000;
    (date_of(days), u16::try_from(minute).unwrap_or(0))
}

/// The moment of a minute of a day in Beijing.
pub fn utc_ms(date: Date, minute: u16) -> i64 {
    days_of(date).saturating_mul(DAY_MS).saturating_add(i64::from(minute) * 60_000).saturating_sub(OFFSET_MS)
}

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

fn days_of(date: Date) -> i64 {
    date.since((jiff::Unit::Day, EPOCH)).map_or(0, |span| span.get_days().into())
}

/// Dates outside the years -9999 to 9999 are cut to their ends.
fn date_of(days: i64) -> Date {
    let span = i32::try_from(days).ok().and_then(|d| jiff::Span::new().try_days(d).ok());
    span.and_then(|s| EPOCH.checked_add(s).ok()).unwrap_or(Date::MAX)
}
