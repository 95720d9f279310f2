//! The State Council's notices as the house reads them: the files that are shipped.

use std::path::Path;

use calendar::{Calendar, Date, Holidays, Notice, NoticeDay};

/// The files' text of these years.
pub fn text(year: i16) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../sip-config/calendar/{year}.json"));
    std::fs::read_to_string(file).unwrap()
}

/// One notice.
pub fn notice(text: &str) -> Notice {
    let file: serde_json::Value = serde_json::from_str(text).unwrap();
    let day = |day: &serde_json::Value| NoticeDay {
        date: day["date"].as_str().unwrap().parse::<Date>().unwrap(),
        name: day["name"].as_str().unwrap().into(),
        off: day["isOffDay"].as_bool().unwrap(),
    };
    let year = i16::try_from(file["year"].as_i64().unwrap()).unwrap();
    Notice { year, days: file["days"].as_array().unwrap().iter().map(day).collect() }
}

/// Office hours, and these years' notices.
pub fn calendar(years: &[i16]) -> Calendar {
    let holidays = Holidays::merge(years.iter().map(|year| notice(&text(*year))));
    Calendar { holidays, ..Calendar::default() }
}

/// A notice of a script's own: `01-01,01-02,+01-03`, a make-up day with a plus.
pub fn made_up(year: i16, days: &str) -> Notice {
    let day = |day: &str| NoticeDay {
        date: format!("{year}-{}", day.trim_start_matches('+')).parse::<Date>().unwrap(),
        name: "holiday".into(),
        off: !day.starts_with('+'),
    };
    Notice { year, days: days.split(',').map(day).collect() }
}
