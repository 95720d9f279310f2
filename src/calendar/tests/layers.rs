//! Which layer decides, why, and when a place opens next.

use std::time::Duration;

use super::{at, day, house};
use crate::{
    Calendar, Change, Desk, Hours, Level, MonthDay, Pattern, Place, Span, TimeOfDay, Validity, Weekday, Why,
};

const DESK: Place<'static> = Place::Desk(37);
const UNIT: Place<'static> = Place::Unit("民政局");
const LAST: Duration = Duration::from_secs(300);

/// The house with one unit and one desk that have no hours of their own.
fn with_desk(desk: Hours, unit: Hours) -> Calendar {
    let mut house = house();
    house.units.insert("民政局".into(), unit);
    house.desks.insert(37, Desk { unit: "民政局".into(), hours: desk });
    house
}

fn change(from: &str, until: &str, span: &str, open: bool) -> Change {
    let span = Span::parse(span).unwrap();
    Change { from: day(from), until: day(until), span, open, reason: "停电".into() }
}

fn changed(change: Change) -> Hours {
    Hours { changes: vec![change], ..Hours::default() }
}

fn weekly(valid: Validity, spans: &[&str]) -> Pattern {
    let day = || spans.iter().map(|s| Span::parse(s).unwrap()).collect::<Vec<_>>();
    Pattern { valid, week: [day(), day(), day(), day(), day(), vec![], vec![]], makeup_as: Weekday::Monday }
}

#[test]
fn a_plain_day_is_open_in_its_spans_only() {
    let house = with_desk(Hours::default(), Hours::default());
    let rows = [
        ("2026-03-03 08:29", false),
        ("2026-03-03 08:30", true),
        ("2026-03-03 11:59", true),
        ("2026-03-03 12:00", false),
        ("2026-03-03 13:30", true),
        ("2026-03-03 17:00", false),
    ];
    for place in [Place::Centre, UNIT, DESK, Place::Desk(999)] {
        for (moment, open) in rows {
            let found = house.is_open(place, at(moment));
            let why = if open { Why::Hours(Level::Centre) } else { Why::OutsideHours(Level::Centre) };
            assert_eq!((found.open, found.why), (open, why), "{place:?} {moment}");
        }
    }
    assert_eq!(house.is_open(DESK, at("2026-03-03 09:00")).closes_at, Some(at("2026-03-03 12:00")));
}

#[test]
fn state_council_days_go_before_the_week() {
    let house = with_desk(Hours::default(), Hours::default());
    let rows = [
        ("2026-02-17 10:00", false, Why::Holiday("春节".into())),
        ("2026-10-10 10:00", true, Why::MakeUp("国庆节".into())),
        ("2026-10-10 12:30", false, Why::OutsideHours(Level::Centre)),
        ("2026-10-11 10:00", false, Why::NoHours(Level::Centre)),
    ];
    for (moment, open, why) in rows {
        let found = house.is_open(DESK, at(moment));
        assert_eq!((found.open, found.why), (open, why), "{moment}");
    }
}

#[test]
fn a_make_up_day_borrows_the_weekday_that_the_pattern_names() {
    let mut pattern = weekly(Validity::Always, &["09:00-16:00"]);
    pattern.week[4] = vec![Span::parse("09:00-11:00").unwrap()];
    pattern.makeup_as = Weekday::Friday;
    let house = with_desk(Hours { patterns: vec![pattern], ..Hours::default() }, Hours::default());
    assert_eq!(house.spans(DESK, day("2026-10-10")), [Span::parse("09:00-11:00").unwrap()]);
    assert_eq!(house.spans(UNIT, day("2026-10-10")).len(), 2);
}

#[test]
fn temporary_changes_go_before_everything_nearest_first() {
    let closed = changed(change("2026-03-03", "2026-03-04", "00:00-24:00", false));
    let open = changed(change("2026-03-03", "2026-03-03", "10:00-11:00", true));
    let house = with_desk(open, closed);
    let ask = |moment| {
        let found = house.is_open(DESK, at(moment));
        (found.open, found.why)
    };
    assert_eq!(ask("2026-03-03 10:30"), (true, Why::Temporary(Level::Desk, "停电".into())));
    assert_eq!(ask("2026-03-03 11:00"), (false, Why::Temporary(Level::Unit, "停电".into())));
    assert_eq!(ask("2026-03-05 11:00"), (true, Why::Hours(Level::Centre)));
    assert_eq!(house.is_open(Place::Centre, at("2026-03-03 11:00")).why, Why::Hours(Level::Centre));
}

#[test]
fn the_centre_can_close_all_and_open_on_a_holiday() {
    let mut house = with_desk(Hours::default(), Hours::default());
    house.centre.changes = vec![
        change("2026-03-03", "2026-03-03", "14:00-24:00", false),
        change("2026-10-01", "2026-10-01", "09:00-12:00", true),
    ];
    assert!(house.is_open(DESK, at("2026-03-03 13:59")).open);
    assert_eq!(house.is_open(DESK, at("2026-03-03 13:59")).closes_at, Some(at("2026-03-03 14:00")));
    assert!(!house.is_open(DESK, at("2026-03-03 14:00")).open);
    assert!(house.is_open(DESK, at("2026-10-01 09:00")).open);
    assert!(!house.is_open(DESK, at("2026-10-01 12:00")).open);
}

#[test]
fn patterns_hold_in_their_dates_and_seasons() {
    let month_day = |text| MonthDay::parse(text).unwrap();
    let summer =
        weekly(Validity::Season(month_day("06-01"), month_day("09-30")), &["08:30-12:00", "14:30-18:00"]);
    let winter = weekly(Validity::Season(month_day("12-15"), month_day("02-15")), &["09:00-16:00"]);
    let once = weekly(Validity::Dates(Some(day("2026-06-01")), Some(day("2026-06-05"))), &["10:00-11:00"]);
    let desk = Hours { patterns: vec![once, summer, winter], ..Hours::default() };
    let house = with_desk(desk, Hours::default());
    let spans = |date: &str| house.spans(DESK, day(date)).iter().map(Span::to_string).collect::<Vec<_>>();
    assert_eq!(spans("2026-05-29"), ["08:30-12:00", "13:30-17:00"]);
    assert_eq!(spans("2026-06-05"), ["10:00-11:00"]);
    assert_eq!(spans("2026-06-08"), ["08:30-12:00", "14:30-18:00"]);
    assert_eq!(spans("2026-09-30"), ["08:30-12:00", "14:30-18:00"]);
    assert_eq!(spans("2026-12-15"), ["09:00-16:00"]);
    assert_eq!(spans("2026-01-05"), ["09:00-16:00"]);
    assert_eq!(spans("2026-02-24"), ["08:30-12:00", "13:30-17:00"]);
}

#[test]
fn a_day_without_any_pattern_is_closed() {
    let mut house = house();
    house.centre.patterns = vec![weekly(Validity::Dates(None, Some(day("2026-01-31"))), &["09:00-16:00"])];
    assert_eq!(house.is_open(Place::Centre, at("2026-03-03 10:00")).why, Why::NoPattern);
    assert_eq!(house.next_open(Place::Centre, at("2026-03-03 10:00")), None);
}

#[test]
fn no_new_bridge_in_the_last_five_minutes_of_a_span() {
    let house = house();
    let rows = [
        ("2026-03-03 11:54", true),
        ("2026-03-03 11:55", false),
        ("2026-03-03 16:54", true),
        ("2026-03-03 16:55", false),
    ];
    for (moment, open) in rows {
        assert_eq!(house.may_bridge(Place::Centre, at(moment), LAST).open, open, "{moment}");
        assert!(house.is_open(Place::Centre, at(moment)).open, "{moment}");
    }
    assert_eq!(house.may_bridge(Place::Centre, at("2026-03-03 11:58"), LAST).why, Why::ClosingSoon);
    let next = house.next_bridge(Place::Centre, at("2026-03-03 11:58"), LAST).unwrap();
    assert_eq!(next.at, at("2026-03-03 13:30"));
}

#[test]
fn the_next_opening_passes_over_holidays() {
    let house = house();
    let rows = [
        ("2026-03-03 10:00", "2026-03-03 10:00"),
        ("2026-03-03 12:00", "2026-03-03 13:30"),
        ("2026-03-03 17:00", "2026-03-04 08:30"),
        ("2026-02-14 17:00", "2026-02-24 08:30"),
        ("2026-10-09 18:00", "2026-10-10 08:30"),
    ];
    for (moment, expected) in rows {
        let next = house.next_open(Place::Centre, at(moment)).unwrap();
        assert_eq!((next.at, next.provisional), (at(expected), false), "{moment}");
    }
    let over_the_year = house.next_open(Place::Centre, at("2026-12-31 17:00")).unwrap();
    assert_eq!((over_the_year.at, over_the_year.provisional), (at("2027-01-04 08:30"), true));
}

#[test]
fn a_place_that_never_closes_may_bridge_at_midnight() {
    let mut night = weekly(Validity::Always, &["00:00-24:00"]);
    night.week = std::array::from_fn(|_| vec![Span::DAY]);
    let house = with_desk(Hours { patterns: vec![night], ..Hours::default() }, Hours::default());
    let found = house.may_bridge(DESK, at("2026-03-03 23:58"), LAST);
    assert_eq!((found.open, found.closes_at), (true, None));
    // The National Day closes it at its midnight.
    let eve = house.may_bridge(DESK, at("2026-09-30 23:58"), LAST);
    assert_eq!((eve.open, eve.closes_at), (false, Some(at("2026-10-01 00:00"))));
}

#[test]
fn times_and_spans_are_read_strictly() {
    for good in ["00:00", "08:30", "24:00"] {
        assert_eq!(TimeOfDay::parse(good).unwrap().to_string(), good);
    }
    for bad in ["8:30", "24:01", "12:60", "12", "", "ab:cd", "+8:30", "12:30:00"] {
        assert!(TimeOfDay::parse(bad).is_err(), "{bad}");
    }
    for bad in ["12:00-08:30", "12:00-12:00", "08:30", "08:30-"] {
        assert!(Span::parse(bad).is_err(), "{bad}");
    }
    assert!(MonthDay::parse("02-29").is_ok());
    for bad in ["02-30", "13-01", "2-3", ""] {
        assert!(MonthDay::parse(bad).is_err(), "{bad}");
    }
}
