//! Working days, hand-over moments and due dates.

use super::{at, day, house};
use crate::{Calendar, Date, Day, Found, HandoverScope, Holidays, Notice, NoticeDay};

#[test]
fn due_days_follow_the_notices() {
    let house = house();
    let rows = [
        ("2026-02-13", "2026-02-14", "2026-02-27"),
        ("2026-02-14", "2026-02-24", "2026-02-28"),
        ("2026-04-30", "2026-05-06", "2026-05-11"),
        ("2026-09-24", "2026-09-28", "2026-10-09"),
        ("2026-09-30", "2026-10-08", "2026-10-13"),
        ("2026-10-09", "2026-10-10", "2026-10-15"),
    ];
    for (day_0, next, fifth) in rows {
        let certain = |at| Found { at: day(at), provisional: false };
        assert_eq!(house.add_workdays(day(day_0), 1), certain(next), "{day_0} + 1");
        assert_eq!(house.add_workdays(day(day_0), 5), certain(fifth), "{day_0} + 5");
    }
}

#[test]
fn what_comes_on_a_day_off_is_handed_over_at_the_next_opening() {
    let house = house();
    let rows = [
        ("2026-02-15 10:00", "2026-02-24 08:30", "2026-03-02 17:00"),
        ("2026-10-03 23:59", "2026-10-08 08:30", "2026-10-14 17:00"),
        ("2026-09-19 00:00", "2026-09-20 08:30", "2026-09-28 17:00"),
        // On a working day at once, at any hour.
        ("2026-02-13 22:10", "2026-02-13 22:10", "2026-02-27 17:00"),
    ];
    for (received, handed_over, due) in rows {
        let first = house.first_moment(at(received));
        assert_eq!(first, Found { at: at(handed_over), provisional: false }, "received {received}");
        assert_eq!(house.due(first.at, 5), Found { at: at(due), provisional: false }, "received {received}");
    }
}

#[test]
fn with_working_hours_a_hand_over_waits_for_the_opening() {
    let house = Calendar { handover_scope: HandoverScope::WorkingHours, ..house() };
    let rows = [
        ("2026-02-13 03:00", "2026-02-13 08:30"),
        ("2026-02-13 09:15", "2026-02-13 09:15"),
        ("2026-02-13 12:30", "2026-02-13 13:30"),
        ("2026-02-13 17:00", "2026-02-14 08:30"),
        ("2026-02-14 17:00", "2026-02-24 08:30"),
    ];
    for (received, expected) in rows {
        assert_eq!(house.first_moment(at(received)).at, at(expected), "{received}");
    }
}

#[test]
fn years_have_their_working_days() {
    let house = house();
    for (year, expected) in [(2025, 248), (2026, 248)] {
        let first = Date::new(year, 1, 1).unwrap();
        let all = first.series(jiff::ToSpan::day(1)).take_while(|d| d.year() == year);
        assert_eq!(all.filter(|d| house.is_workday(*d).works).count(), expected, "{year}");
    }
}

#[test]
fn a_reminder_day_is_found_by_counting_back() {
    let house = house();
    for (day_0, back) in
        [("2026-02-24", "2026-02-14"), ("2026-09-28", "2026-09-24"), ("2026-03-03", "2026-03-02")]
    {
        assert_eq!(house.add_workdays(day(day_0), -1).at, day(back), "{day_0} - 1");
    }
    assert_eq!(house.add_workdays(day("2026-02-15"), 0).at, day("2026-02-15"));
}

#[test]
fn the_later_notice_wins_a_date_that_two_name() {
    let named = |date: &str, off| NoticeDay { date: day(date), name: "元旦".into(), off };
    let later = Notice { year: 2024, days: vec![named("2023-12-31", true), named("2024-01-01", true)] };
    let earlier = Notice { year: 2023, days: vec![named("2023-12-31", false)] };
    let merged = Holidays::merge([later, earlier]);
    assert_eq!(merged.day(day("2023-12-31")), (Day::Off("元旦".into()), false));
    assert_eq!(merged.years().collect::<Vec<_>>(), [2023, 2024]);
}

#[test]
fn without_a_notice_statutory_days_and_weekends_are_off_and_all_is_provisional() {
    let house = house();
    // Statutory days of 2027: New Year's Eve is 5 February.
    let off = [
        ("2027-01-01", "元旦"),
        ("2027-02-05", "春节"),
        ("2027-02-08", "春节"),
        ("2027-04-05", "清明节"),
        ("2027-05-02", "劳动节"),
        ("2027-06-09", "端午节"),
        ("2027-09-15", "中秋节"),
        ("2027-10-03", "国庆节"),
    ];
    for (date, name) in off {
        let found = house.is_workday(day(date));
        assert_eq!(
            (found.works, found.day, found.provisional),
            (false, Day::Off(name.into()), true),
            "{date}"
        );
    }
    for (date, works) in
        [("2027-02-04", true), ("2027-02-09", true), ("2027-05-03", true), ("2027-02-13", false)]
    {
        let found = house.is_workday(day(date));
        assert_eq!((found.works, found.provisional), (works, true), "{date}");
    }
}

#[test]
fn a_due_date_that_crosses_into_a_year_without_notice_is_provisional() {
    let house = house();
    assert!(!house.add_workdays(day("2026-12-24"), 5).provisional);
    assert_eq!(house.add_workdays(day("2026-12-28"), 5), Found { at: day("2027-01-05"), provisional: true });
    assert!(house.due(at("2026-12-28 10:00"), 5).provisional);
    assert!(house.first_moment(at("2027-01-02 10:00")).provisional);
    assert!(!house.first_moment(at("2026-12-31 10:00")).provisional);
}

#[test]
fn the_festival_table_agrees_with_the_notices() {
    let house = house();
    let bare = Calendar::default();
    for year in [2024, 2025, 2026] {
        let first = Date::new(year, 1, 1).unwrap();
        for date in first.series(jiff::ToSpan::day(1)).take_while(|d| d.year() == year) {
            // The regulation of November 2024 added New Year's Eve and 2 May; the notice of 2024 is older.
            let added = [day("2024-02-09"), day("2024-05-02")].contains(&date);
            if matches!(bare.is_workday(date).day, Day::Off(_)) && !added {
                assert!(!house.is_workday(date).works, "{date} is off by the table, but not by the notice");
            }
        }
    }
}

#[test]
fn counting_stops_at_the_end_of_the_calendar() {
    let house = Calendar::default();
    assert_eq!(house.add_workdays(day("9999-12-30"), 30_000).at, Date::MAX);
    assert_eq!(house.add_workdays(Date::MIN, -5).at, Date::MIN);
}
