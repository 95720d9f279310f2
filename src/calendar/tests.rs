//! The vectors of the specification, on the State Council's days of 2025 and 2026.
#![allow(clippy::unwrap_used, clippy::panic)]

use jiff::civil::{Date, date};

use super::{Calendar, DayKind, Exception, Place, Reason, Span, Table, local, utc_ms};

fn days(year: i16, rows: &[(i8, i8, i8, DayKind)]) -> Vec<(Date, DayKind)> {
    rows.iter()
        .flat_map(|(m, from, to, kind)| (*from..=*to).map(move |d| (date(year, *m, d), *kind)))
        .collect()
}

fn calendar() -> Calendar {
    use DayKind::{MakeUp, Off};
    let mut table = Table::default();
    table.add(
        2025,
        days(
            2025,
            &[
                (1, 1, 1, Off),
                (1, 26, 26, MakeUp),
                (1, 28, 31, Off),
                (2, 1, 4, Off),
                (2, 8, 8, MakeUp),
                (4, 4, 6, Off),
                (4, 27, 27, MakeUp),
                (5, 1, 5, Off),
                (5, 31, 31, Off),
                (6, 1, 2, Off),
                (9, 28, 28, MakeUp),
                (10, 1, 8, Off),
                (10, 11, 11, MakeUp),
            ],
        ),
    );
    table.add(
        2026,
        days(
            2026,
            &[
                (1, 1, 3, Off),
                (1, 4, 4, MakeUp),
                (2, 14, 14, MakeUp),
                (2, 15, 23, Off),
                (2, 28, 28, MakeUp),
                (4, 4, 6, Off),
                (5, 1, 5, Off),
                (5, 9, 9, MakeUp),
                (6, 19, 21, Off),
                (9, 20, 20, MakeUp),
                (9, 25, 27, Off),
                (10, 1, 7, Off),
                (10, 10, 10, MakeUp),
            ],
        ),
    );
    Calendar::new(table)
}

#[test]
fn working_days_are_counted_over_holidays_and_make_up_days() {
    let c = calendar();
    let rows = [
        ((2, 13), (2, 14), (2, 27)),
        ((2, 14), (2, 24), (2, 28)),
        ((4, 30), (5, 6), (5, 11)),
        ((9, 24), (9, 28), (10, 9)),
        ((9, 30), (10, 8), (10, 13)),
        ((10, 9), (10, 10), (10, 15)),
    ];
    for ((m, d), one, five) in rows {
        let from = date(2026, m, d);
        assert_eq!(c.add_workdays(from, 1), (date(2026, one.0, one.1), false), "{from} + 1");
        assert_eq!(c.add_workdays(from, 5), (date(2026, five.0, five.1), false), "{from} + 5");
    }
}

#[test]
fn what_is_received_on_a_day_off_is_handed_over_at_the_next_opening() {
    let c = calendar();
    for (received, handed, due) in
        [((2, 15), (2, 24), (3, 2)), ((10, 3), (10, 8), (10, 14)), ((9, 19), (9, 20), (9, 28))]
    {
        let at = c.first_moment(utc_ms(date(2026, received.0, received.1), 600));
        assert_eq!(local(at), (date(2026, handed.0, handed.1), 510));
        assert_eq!(c.add_workdays(local(at).0, 5).0, date(2026, due.0, due.1));
    }
    let friday = utc_ms(date(2026, 2, 13), 1300);
    assert_eq!(c.first_moment(friday), friday, "a working day hands over at once, after hours too");
}

#[test]
fn both_years_have_248_working_days() {
    let c = calendar();
    for year in [2025, 2026] {
        let mut day = date(year, 1, 1);
        let mut n = 0;
        while day.year() == year {
            n += u32::from(c.is_workday(day));
            day = day.tomorrow().unwrap();
        }
        assert_eq!(n, 248, "{year}");
    }
}

#[test]
fn a_make_up_saturday_is_open_like_a_monday_and_a_holiday_is_closed() {
    let c = calendar();
    let makeup = c.is_open(&[], utc_ms(date(2026, 10, 10), 600));
    assert_eq!((makeup.open, makeup.reason), (true, Reason::MakeUpDay));
    assert_eq!(makeup.until, Some(utc_ms(date(2026, 10, 10), 720)));
    let holiday = c.is_open(&[], utc_ms(date(2026, 10, 1), 600));
    assert_eq!((holiday.open, holiday.reason), (false, Reason::Holiday));
    assert_eq!(c.next_open(&[], utc_ms(date(2026, 10, 1), 600)), Some(utc_ms(date(2026, 10, 8), 510)));
}

#[test]
fn spans_end_at_lunch_and_open_again() {
    let c = calendar();
    let day = date(2026, 11, 23);
    for (minute, open) in
        [(509, false), (510, true), (719, true), (720, false), (809, false), (810, true), (1020, false)]
    {
        assert_eq!(c.is_open(&[], utc_ms(day, minute)).open, open, "minute {minute}");
    }
    assert_eq!(c.next_open(&[], utc_ms(day, 720)), Some(utc_ms(day, 810)));
    assert_eq!(c.next_open(&[], utc_ms(day, 600)), Some(utc_ms(day, 600)));
    assert_eq!(c.next_open(&[], utc_ms(day, 1020)), Some(utc_ms(date(2026, 11, 24), 510)));
}

#[test]
fn the_desk_s_exception_wins_over_the_unit_s_and_the_state_council_s() {
    let c = calendar();
    let exception = |spans: Vec<Span>, why: &str| Place {
        exceptions: vec![Exception { date: date(2026, 10, 1), spans, why: why.to_owned() }],
        patterns: Vec::new(),
    };
    let desk = exception(vec![Span { from: 540, to: 660 }], "holiday service");
    let unit = exception(Vec::new(), "closed");
    let at = utc_ms(date(2026, 10, 1), 600);
    assert!(c.is_open(&[&desk, &unit], at).open);
    let closed = c.is_open(&[&Place::default(), &unit], at);
    assert_eq!((closed.open, closed.reason), (false, Reason::Exception("closed".to_owned())));
}

#[test]
fn a_due_date_in_a_year_without_notice_is_provisional() {
    let c = calendar();
    assert!(c.add_workdays(date(2026, 12, 30), 5).1);
    assert!(!c.add_workdays(date(2026, 12, 1), 5).1);
}

#[test]
fn the_later_notice_wins_for_the_same_day() {
    let mut table = Table::default();
    table.add(2026, [(date(2026, 12, 31), DayKind::Off)]);
    table.add(2025, [(date(2026, 12, 31), DayKind::MakeUp)]);
    assert_eq!(table.day(date(2026, 12, 31)), Some(DayKind::Off));
}
