//! iCalendar: what we write we read, and what others write.

use super::{day, notices};
use crate::{Error, NoticeDay, ical};

fn named(date: &str, name: &str, off: bool) -> NoticeDay {
    NoticeDay { date: day(date), name: name.into(), off }
}

#[test]
fn what_is_written_reads_back_the_same() {
    let days: Vec<NoticeDay> = notices::holidays().named().collect();
    let text = ical::write(days.iter().cloned(), 1_770_942_600_000);
    assert_eq!(ical::read(&text).unwrap(), days);
    assert!(text.contains("DTSTAMP:20260213T003000Z\r\n"));
    assert!(
        text.contains("DTSTART;VALUE=DATE:20260215\r\nDTEND;VALUE=DATE:20260224\r\nSUMMARY:春节（休）\r\n")
    );
    assert!(text.split("\r\n").all(|line| line.len() <= 75));
}

#[test]
fn long_and_odd_names_survive_folding_and_escaping() {
    let odd = named("2026-01-01", &"元旦, 放假; 通知\\第一\n行".repeat(6), true);
    let text = ical::write([odd.clone()], 0);
    assert!(text.split("\r\n").all(|line| line.len() <= 75));
    assert_eq!(ical::read(&text).unwrap(), [odd]);
}

#[test]
fn calendars_of_others_are_understood() {
    let text = "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nDURATION:P3D\n\
        SUMMARY;LANGUAGE=zh_CN:元旦（休）\nBEGIN:VALARM\nSUMMARY:春节（班）\nEND:VALARM\nEND:VEVENT\n\
        BEGIN:VEVENT\nDTSTART;TZID=\"Asia:Shanghai\":20260104T000000\nSUMMARY:元旦 班\nEND:VEVENT\nEND:VCALENDAR\n";
    let off = |date| named(date, "元旦", true);
    let expected =
        [off("2026-01-01"), off("2026-01-02"), off("2026-01-03"), named("2026-01-04", "元旦", false)];
    assert_eq!(ical::read(text).unwrap(), expected);
}

#[test]
fn in_a_marked_calendar_other_feasts_are_left_out() {
    let text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260214\r\nSUMMARY:情人节\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nDTSTART:20260214\r\nSUMMARY:春节（班）\r\n\
        X-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    assert_eq!(ical::read(text).unwrap(), [named("2026-02-14", "春节", false)]);
}

#[test]
fn faults_name_their_line() {
    let event = |body: &str| format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{body}\nEND:VEVENT\nEND:VCALENDAR\n");
    let rows = [
        ("no calendar".to_owned(), 1),
        (event("SUMMARY:x"), 2),
        (event("DTSTART:20260230"), 3),
        (event("DTSTART:2026"), 3),
        (event("DTSTART:二〇二六年一月"), 3),
        (event("DTSTART:20260102\nDTEND:20260102"), 2),
        (event("DTSTART:20260102\nRRULE:FREQ=YEARLY"), 4),
        (event("DTSTART:20260102\nDURATION:PT5H"), 4),
        (event("DTSTART:20260102\nDTEND:20290102"), 2),
        (event("DTSTART:20260102\nX-APPLE-SPECIAL-DAY:MAYBE"), 4),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260102\n".to_owned(), 2),
    ];
    for (text, expected) in rows {
        match ical::read(&text) {
            Err(Error::Ical { line, .. }) => assert_eq!(line, expected, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}
