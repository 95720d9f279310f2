//! calendar/*.json and *.ics: the State Council's yearly notices, unchanged as they come.

use std::collections::{BTreeMap, BTreeSet};

use calendar::{Date, Holidays, Notice, NoticeDay, ical};
use serde::Deserialize;

use crate::fault::{Faults, Spot, Text, line_start};
use crate::rules;

/// The JSON form that China's open-source world uses.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoticeFile {
    #[serde(rename = "$schema")]
    _schema: Option<String>,
    #[serde(rename = "$id")]
    _id: Option<String>,
    year: i16,
    #[serde(rename = "papers", default)]
    _papers: Vec<String>,
    days: Vec<DayRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct DayRow {
    name: String,
    #[serde(deserialize_with = "date")]
    date: Date,
    is_off_day: bool,
}

fn date<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Date, D::Error> {
    let text = String::deserialize(value)?;
    day(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not a date: write YYYY-MM-DD")))
}

/// `2026-10-01`, strictly.
pub(crate) fn day(text: &str) -> Option<Date> {
    let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    plain.then(|| text.parse().ok()).flatten()
}

/// Reads all holiday files and merges them.
pub(crate) fn holidays(files: &[Text], faults: &Faults) -> Holidays {
    let mut notices = Vec::new();
    for text in files {
        let read = if text.name.ends_with(".ics") { icalendar(&text.text) } else { json(&text.text) };
        match read {
            Ok(found) => notices.extend(found),
            Err((line, why)) => {
                faults.add(Spot { file: text.file, byte: line_start(&text.text, line) }, rules::notice(&why));
            }
        }
    }
    Holidays::merge(notices)
}

fn json(text: &str) -> Result<Vec<Notice>, (usize, String)> {
    let file: NoticeFile = serde_json::from_str(text).map_err(|e| (e.line(), e.to_string()))?;
    let day = |row: DayRow| NoticeDay { date: row.date, name: row.name.into(), off: row.is_off_day };
    Ok(vec![Notice { year: file.year, days: file.days.into_iter().map(day).collect() }])
}

/// An iCalendar file has no year of its own: it is the notice of each year in which it names a day. December days
/// belong to the next year's notice where the file is one, as the first of them can be days of New Year.
fn icalendar(text: &str) -> Result<Vec<Notice>, (usize, String)> {
    let days = ical::read(text).map_err(|e| match e {
        calendar::Error::Ical { line, what } => (line, what),
        other => (1, other.to_string()),
    })?;
    let years: BTreeSet<i16> = days.iter().filter(|d| d.date.month() < 12).map(|d| d.date.year()).collect();
    let mut notices: BTreeMap<i16, Notice> = BTreeMap::new();
    for day in days {
        let (own, next) = (day.date.year(), day.date.year().saturating_add(1));
        let year = if !years.contains(&own) && years.contains(&next) { next } else { own };
        notices.entry(year).or_insert_with(|| Notice { year, days: Vec::new() }).days.push(day);
    }
    Ok(notices.into_values().collect())
}
