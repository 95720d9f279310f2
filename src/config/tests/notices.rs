//! Holiday files as they come: JSON with or without its marks, iCalendar.

use calendar::{NoticeDay, ical};

use super::House;

#[test]
fn an_icalendar_file_serves_as_well_as_json() {
    let json = House::new();
    let before = json.load().unwrap().plan.calendar;
    let house = House::new();
    let days: Vec<NoticeDay> = before.holidays.named().filter(|d| d.date.year() == 2026).collect();
    std::fs::remove_file(house.path("calendar/2026.json")).unwrap();
    house.write("calendar/china-2026.ics", &ical::write(days, 0));
    assert_eq!(house.load().unwrap().plan.calendar, before);
}

#[test]
fn files_with_their_schema_marks_are_taken_unchanged() {
    let house = House::new();
    house.edit(
        "calendar/2026.json",
        "\"year\": 2026",
        "\"$schema\": \"https://example.org/schema.json\", \"$id\": \"https://example.org/2026.json\", \"year\": 2026",
    );
    assert!(house.load().is_ok());
}

#[test]
fn december_days_of_the_next_notice_don_t_make_this_year_noticed() {
    let house = House::new();
    for year in [2024, 2025, 2026] {
        std::fs::remove_file(house.path(&format!("calendar/{year}.json"))).unwrap();
    }
    let day = |date: &str| NoticeDay { date: date.parse().unwrap(), name: "元旦".into(), off: true };
    house.write("calendar/a.ics", &ical::write([day("2026-12-31"), day("2027-01-01")], 0));
    let holidays = house.load().unwrap().plan.calendar.holidays;
    assert_eq!(holidays.years().collect::<Vec<_>>(), [2027]);
}

#[test]
fn a_broken_icalendar_file_is_told_with_its_line() {
    let house = House::new();
    house.write("calendar/a.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:2027\nEND:VEVENT\nEND:VCALENDAR\n");
    let faults = house.faults();
    assert_eq!((faults.len(), faults[0].file.as_str(), faults[0].line), (1, "calendar/a.ics", 3));
}
