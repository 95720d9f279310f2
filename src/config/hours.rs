//! calendar/hours.toml: weekly hours and temporary changes of the centre, the units and the desks.

use std::collections::BTreeMap;

use calendar::{Calendar, Change, HandoverScope, Hours, MonthDay, Pattern, Span, Validity, Weekday, Zone};

use crate::fault::{At, Faults};
use crate::known::Known;
use crate::notices::day;
use crate::places::{Desks, UnitRow};
use crate::problem::{Kind, Problem};
use crate::sheet::Table;
use crate::words;

const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];
const SCOPES: &[(&str, HandoverScope)] =
    &[("working_day", HandoverScope::WorkingDay), ("working_hours", HandoverScope::WorkingHours)];

/// Whose hours a table gives.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Centre,
    Unit(String),
    Desk(u16),
}

/// Reads hours.toml; notices and desks come from elsewhere.
pub(crate) fn hours(
    root: Table<'_>,
    units: &Known<String, UnitRow>,
    desks: &Desks,
    faults: &Faults,
) -> Calendar {
    let zone = root.parsed("zone", Kind::Zone, |z| Zone::named(z).ok()).map(|z| z.value).unwrap_or_default();
    let handover_scope = root.word("handover_scope", SCOPES, HandoverScope::default());
    let mut hours: BTreeMap<Whose, Hours> = BTreeMap::new();
    for row in root.tables("pattern") {
        if let (Some(whose), Some(pattern)) = (whose(&row, units, desks, faults), pattern(&row)) {
            hours.entry(whose).or_default().patterns.push(pattern);
        }
        row.done();
    }
    for row in root.tables("change") {
        if let (Some(whose), Some(change)) = (whose(&row, units, desks, faults), change(&row)) {
            hours.entry(whose).or_default().changes.push(change);
        }
        row.done();
    }
    let centre = hours.remove(&Whose::Centre).unwrap_or_default();
    if centre.patterns.is_empty() {
        root.blame_at(root.spot_of("pattern"), Problem::missing("pattern: place = \"centre\""));
    }
    let mut calendar = Calendar { zone, handover_scope, centre, ..Calendar::default() };
    for (_, desk) in desks.all() {
        let own = hours.remove(&Whose::Desk(desk.no.0)).unwrap_or_default();
        calendar.desks.insert(desk.no.0, calendar::Desk { unit: desk.unit.0.clone(), hours: own });
    }
    for (whose, own) in hours {
        if let Whose::Unit(code) = whose {
            calendar.units.insert(code.into(), own);
        }
    }
    root.done();
    calendar
}

/// `centre`, `unit GAJ`, `desk 037`.
fn whose(row: &Table<'_>, units: &Known<String, UnitRow>, desks: &Desks, faults: &Faults) -> Option<Whose> {
    let place = row.need("place")?;
    let shown = |name: &str| At { value: name.to_owned(), spot: place.spot };
    let found = match place.value.split_once(' ') {
        None if place.value == "centre" => Some(Whose::Centre),
        Some(("unit", code)) => {
            let code = code.trim().to_owned();
            units.find(faults, &shown(&code), &code)?;
            Some(Whose::Unit(code))
        }
        Some(("desk", no)) => match words::desk(no.trim()) {
            Some(number) => {
                desks.find(faults, &shown(no), &number)?;
                Some(Whose::Desk(number.0))
            }
            None => None,
        },
        _ => None,
    };
    if found.is_none() {
        row.blame_at(place.spot, Problem::format("place", Kind::Place, &place.value));
    }
    found
}

fn pattern(row: &Table<'_>) -> Option<Pattern> {
    let everyday = spans(row, "weekdays");
    let mut week: [Vec<Span>; 7] = Default::default();
    for (spans_of_day, (name, weekday)) in week.iter_mut().zip(DAYS) {
        let work = !matches!(weekday, Weekday::Saturday | Weekday::Sunday);
        *spans_of_day = match row.has(name) {
            true => spans(row, name),
            false if work => everyday.clone(),
            false => Vec::new(),
        };
    }
    let makeup_as = row.word("makeup_as", &DAYS, Weekday::Monday);
    Some(Pattern { valid: validity(row)?, week, makeup_as })
}

/// The spans of a day, ascending; those that overlap are a fault.
fn spans(row: &Table<'_>, key: &'static str) -> Vec<Span> {
    let mut all = row.all_parsed(key, Kind::Span, |text| Span::parse(text).ok());
    all.sort_by_key(|s| s.value);
    for (a, b) in all.iter().zip(all.iter().skip(1)) {
        if a.value.overlaps(b.value) {
            row.blame_at(b.spot, Problem::overlap(&a.value.to_string(), &b.value.to_string()));
        }
    }
    all.into_iter().map(|s| s.value).collect()
}

/// `season`, or `from` and `until`, or always.
fn validity(row: &Table<'_>) -> Option<Validity> {
    let season = row.parsed("season", Kind::Season, season);
    let (from, until) = (row.parsed("from", Kind::Date, day), row.parsed("until", Kind::Date, day));
    let dated = row.has("from") || row.has("until");
    if row.has("season") && dated {
        row.blame("season", Problem::one_of("season", "from / until"));
        return None;
    }
    if let Some(season) = season {
        return Some(season.value);
    }
    let (from, until) = (from.map(|d| d.value), until.map(|d| d.value));
    if from.zip(until).is_some_and(|(from, until)| until < from) {
        row.blame("from", Problem::order("from", "until"));
    }
    Some(if dated { Validity::Dates(from, until) } else { Validity::Always })
}

/// `06-01..09-30`
fn season(text: &str) -> Option<Validity> {
    let (from, until) = text.split_once("..")?;
    Some(Validity::Season(MonthDay::parse(from.trim()).ok()?, MonthDay::parse(until.trim()).ok()?))
}

fn change(row: &Table<'_>) -> Option<Change> {
    let from = row.need_parsed("from", Kind::Date, day);
    let until = row.parsed("until", Kind::Date, day);
    let span = row.parsed("span", Kind::Span, |text| Span::parse(text).ok());
    let open = row.flag("open", false);
    let reason = row.need("reason");
    let from = from?.value;
    let until = until.map_or(from, |d| d.value);
    if until < from {
        row.blame("from", Problem::order("from", "until"));
    }
    let span = span.map_or(Span::DAY, |s| s.value);
    Some(Change { from, until, span, open, reason: reason?.value.into() })
}
