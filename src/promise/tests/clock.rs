//! Every deadline of the clock, against the list of promises and against arithmetic of our own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "year/almanac.rs"]
mod almanac;
mod world;

use almanac::Almanac;
use calendar::{Calendar, Zone};
use promise::{Clock, Month, Settings};
use proptest::prelude::*;
use world::notices;
use world::time::{at, say};

fn at_now<'a>(calendar: &'a Calendar, settings: &'a Settings, now: i64) -> Clock<'a> {
    Clock { now, calendar, settings }
}

#[test]
fn the_night_begins_at_21_and_ends_at_8() {
    let (calendar, settings) = (notices::calendar(&[2026]), Settings::default());
    let clock = at_now(&calendar, &settings, 0);
    let rows = [
        ("2026-10-12 20:59:59", "2026-10-12 20:59:59"),
        ("2026-10-12 21:00:00", "2026-10-13 08:00:00"),
        ("2026-10-12 23:59:59", "2026-10-13 08:00:00"),
        ("2026-10-13 00:00:00", "2026-10-13 08:00:00"),
        ("2026-10-13 07:59:59", "2026-10-13 08:00:00"),
        ("2026-10-13 08:00:00", "2026-10-13 08:00:00"),
        ("2026-12-31 22:00:00", "2027-01-01 08:00:00"),
        ("2026-02-28 22:00:00", "2026-03-01 08:00:00"),
    ];
    for (asked, called) in rows {
        assert_eq!(say(clock.by_day(at(asked))), called, "{asked}");
        assert_eq!(clock.is_day(at(asked)), asked == called, "{asked}");
    }
}

#[test]
fn quiet_hours_within_a_day_are_understood_too() {
    let hour = |h| calendar::TimeOfDay::new(h, 0).unwrap();
    let settings = Settings { quiet_from: hour(12), quiet_until: hour(14), ..Settings::default() };
    let calendar = notices::calendar(&[2026]);
    let clock = at_now(&calendar, &settings, 0);
    assert!(clock.is_day(at("2026-10-12 11:59")) && clock.is_day(at("2026-10-12 23:00")));
    assert_eq!(say(clock.by_day(at("2026-10-12 13:00"))), "2026-10-12 14:00:00");
}

#[test]
fn who_does_not_answer_is_tried_at_other_hours() {
    let (calendar, settings) = (notices::calendar(&[2026]), Settings::default());
    let rows = [
        // Half an hour later when that is another hour, else at the next.
        ("2026-10-12 10:40:10", 1, "2026-10-12 11:10:10"),
        ("2026-10-12 10:10:10", 1, "2026-10-12 11:00:00"),
        ("2026-10-12 20:40:00", 1, "2026-10-13 08:00:00"),
        // The other half of the day.
        ("2026-10-12 11:10:00", 2, "2026-10-12 14:00:00"),
        ("2026-10-12 12:00:00", 2, "2026-10-13 09:00:00"),
        // The next day.
        ("2026-10-12 11:10:00", 3, "2026-10-13 14:00:00"),
        ("2026-10-12 15:10:00", 3, "2026-10-13 09:00:00"),
    ];
    for (now, tries, next) in rows {
        assert_eq!(say(at_now(&calendar, &settings, at(now)).again(tries)), next, "{now}, try {tries}");
    }
}

#[test]
fn hours_of_a_zone_that_is_off_by_half_an_hour_are_its_own() {
    let calendar = Calendar { zone: Zone::named("Asia/Kolkata").unwrap(), ..Calendar::default() };
    let settings = Settings::default();
    // 10:40 in Kolkata (UTC+5:30) is 05:10 UTC: half an hour later it is 11:10 there, another hour.
    let now = at("2026-10-12 13:10");
    assert_eq!(at_now(&calendar, &settings, now).again(1), at("2026-10-12 13:40"));
    // 10:10 there: 10:40 is the same hour, so it is 11:00 there, 13:30 in Shanghai.
    assert_eq!(at_now(&calendar, &settings, at("2026-10-12 12:40")).again(1), at("2026-10-12 13:30"));
}

#[test]
fn a_change_of_the_clocks_moves_no_promise_by_the_wall() {
    // Berlin goes from 03:00 back to 02:00 on 25 October 2026 at 01:00 UTC; 21:00 there is 20:00 UTC, then 21:00 UTC.
    let calendar = Calendar { zone: Zone::named("Europe/Berlin").unwrap(), ..Calendar::default() };
    let settings = Settings::default();
    let clock = at_now(&calendar, &settings, 0);
    let utc = |text: &str| at(text) + 8 * 3_600_000;
    assert_eq!(clock.by_day(utc("2026-10-24 19:00")), utc("2026-10-25 07:00"), "08:00 of the winter's clock");
    assert_eq!(clock.by_day(utc("2026-10-23 19:00")), utc("2026-10-24 06:00"), "08:00 of the summer's");
}

#[test]
fn reminders_come_one_working_day_before_and_on_the_day() {
    let (calendar, settings) = (notices::calendar(&[2026]), Settings::default());
    let clock = at_now(&calendar, &settings, 0);
    let rows = [
        ("2026-10-19 17:00", "2026-10-16 08:30:00", "2026-10-19 08:30:00"),
        // Over National Day; before a make-up Saturday; after one.
        ("2026-10-08 17:00", "2026-09-30 08:30:00", "2026-10-08 08:30:00"),
        ("2026-10-10 17:00", "2026-10-09 08:30:00", "2026-10-10 08:30:00"),
        ("2026-10-12 17:00", "2026-10-10 08:30:00", "2026-10-12 08:30:00"),
    ];
    for (due, before, today) in rows {
        assert_eq!(clock.reminders(at(due)).map(say), [before, today], "{due}");
    }
}

#[test]
fn the_notice_comes_on_the_first_working_day_of_each_month() {
    let (calendar, settings) = (notices::calendar(&[2026]), Settings::default());
    let clock = at_now(&calendar, &settings, 0);
    let days = [
        "2026-02-02",
        "2026-03-02",
        "2026-04-01",
        "2026-05-06",
        "2026-06-01",
        "2026-07-01",
        "2026-08-03",
        "2026-09-01",
        "2026-10-08",
        "2026-11-02",
        "2026-12-01",
        "2027-01-04",
    ];
    for (month, day) in (1..=12).zip(days) {
        let found = clock.notice(Month { year: 2026, month });
        assert_eq!(say(found.at), format!("{day} 08:30:00"));
        assert_eq!(found.provisional, month == 12);
    }
}

#[test]
fn a_reachability_test_lies_in_its_month_at_any_hour() {
    let (calendar, settings) = (notices::calendar(&[2026]), Settings::default());
    let clock = at_now(&calendar, &settings, 0);
    let month = Month { year: 2026, month: 2 };
    let mut hours = std::collections::BTreeSet::new();
    for chance in (0..200_000).step_by(37) {
        let at = clock.reach(month, chance);
        assert_eq!(clock.month(at), month);
        hours.insert(almanac::minute(at) / 60);
    }
    assert_eq!(hours.len(), 24, "reachable 24 h is what is promised");
}

/// The sure almanac of three years: every day's due dates.
#[test]
fn due_dates_of_a_thousand_days_are_those_of_the_table() {
    let calendar = notices::calendar(&[2024, 2025, 2026]);
    let mut almanac = Almanac::default();
    for year in [2024, 2025, 2026] {
        almanac.read(&notices::text(year));
    }
    let settings = Settings::default();
    let first = at("2024-01-01 12:40");
    for day in 0..1090 {
        let now = first + day * 86_400_000;
        let clock = at_now(&calendar, &settings, now);
        let handed = clock.handover(now, false);
        assert_eq!(handed.at, almanac.first(now), "{}", say(now));
        let days = i32::try_from(day % 15).unwrap() + 1;
        if now < at("2026-11-25 00:00") {
            let due = clock.working_days(handed.at, days);
            assert_eq!((due.at, due.provisional), almanac.due(handed.at, days), "{} + {days}", say(now));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_tried_in_the_night_or_in_the_same_hour(second in 0i64..400 * 86_400, tries in 1u32..5) {
        let (calendar, settings) = (notices::calendar(&[2026]), Settings::default());
        let now = at("2026-01-01 00:00") + second * 1000;
        let next = at_now(&calendar, &settings, now).again(tries);
        prop_assert!(next > now && next - now < 2 * 86_400_000);
        prop_assert!(almanac::is_day(next));
        prop_assert_ne!(almanac::minute(next) / 60, almanac::minute(now) / 60);
        prop_assert_eq!(at_now(&calendar, &settings, now).by_day(now), almanac::by_day(now));
    }
}
