//! Tests of working time: every vector of the specification, the layers, the provisional table, iCalendar.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod ical;
mod layers;
mod notices;
mod properties;
mod workdays;

use crate::{Calendar, Date, TimeOfDay};

/// The default calendar with the notices of 2024 to 2026.
fn house() -> Calendar {
    Calendar { holidays: notices::holidays(), ..Calendar::default() }
}

/// `2026-02-13`
fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// `2026-02-13 08:30` in the default zone, milliseconds UTC.
fn at(text: &str) -> i64 {
    let (date, time) = text.split_once(' ').unwrap();
    Calendar::default().zone.moment(day(date), TimeOfDay::parse(time).unwrap())
}

#[test]
fn moments_and_civil_times_agree() {
    // 2026-02-13T08:30+08:00, by `date -u -d`.
    assert_eq!(at("2026-02-13 08:30"), 1_770_942_600_000);
    let zone = Calendar::default().zone;
    assert_eq!(zone.civil(1_770_942_600_123), (day("2026-02-13"), (8 * 60 + 30) * 60_000 + 123));
    assert_eq!(at("2026-02-13 24:00"), at("2026-02-14 00:00"));
    assert!(crate::Zone::named("Asia/Nowhere").is_err());
}
