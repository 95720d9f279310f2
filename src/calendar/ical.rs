//! iCalendar (RFC 5545), as far as days off and make-up days need it: text to values and back.
//!
//! The marks are those of the widespread calendar of China's public holidays: `X-APPLE-SPECIAL-DAY:WORK-HOLIDAY` for
//! a day off, `ALTERNATE-WORKDAY` for a make-up day. Without them, a summary that ends in `班` is a make-up day.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::{Error, NoticeDay};

/// Longest event: a year. Longer ones are mistakes.
const LONGEST_EVENT_DAYS: usize = 366;
/// Most events of a file; the rest is refused.
const MOST_EVENTS: usize = 10_000;
/// Octets of a line without its end (RFC 5545 section 3.1).
const LINE_OCTETS: usize = 75;

const MARK: &str = "X-APPLE-SPECIAL-DAY";
const OFF: &str = "WORK-HOLIDAY";
const WORKS: &str = "ALTERNATE-WORKDAY";

/// An event while it is being read.
#[derive(Default)]
struct Event {
    line: usize,
    start: Option<Date>,
    end: Option<Date>,
    days: Option<i64>,
    summary: String,
    off: Option<bool>,
}

/// Reads the days of a calendar. If any event of the file is marked, those without a mark (solar terms, other
/// feasts) are left out. Fails at the first event that can't be understood, with its line.
pub fn read(text: &str) -> Result<Vec<NoticeDay>, Error> {
    let mut events: Vec<Event> = Vec::new();
    let mut open: Option<Event> = None;
    let mut inner = 0usize;
    let mut calendar = false;
    for (line, content) in unfold(text) {
        let (name, value) = property(&content);
        match (name.as_str(), value.trim().to_ascii_uppercase().as_str()) {
            ("BEGIN", "VCALENDAR") => calendar = true,
            ("BEGIN", "VEVENT") if open.is_none() => open = Some(Event { line, ..Event::default() }),
            ("BEGIN", _) if open.is_some() => inner = inner.saturating_add(1),
            ("END", "VEVENT") if inner == 0 => events.extend(open.take()),
            ("END", _) if open.is_some() => inner = inner.saturating_sub(1),
            _ => {
                if let Some(event) = open.as_mut().filter(|_| inner == 0) {
                    event.take(&name, value, line)?;
                }
            }
        }
        if events.len() > MOST_EVENTS {
            return Err(fault(line, format!("more than {MOST_EVENTS} events: split the file")));
        }
    }
    if !calendar {
        return Err(fault(1, "BEGIN:VCALENDAR is missing: this is no iCalendar file".to_owned()));
    }
    if let Some(event) = open {
        return Err(fault(event.line, "this VEVENT has no END:VEVENT".to_owned()));
    }
    let marked = events.iter().any(|e| e.off.is_some());
    let mut days = Vec::new();
    for event in events.iter().filter(|e| !marked || e.off.is_some()) {
        event.days(&mut days)?;
    }
    Ok(days)
}

/// Writes days as all-day events, runs of one name as one event. `stamp` is the moment of writing, milliseconds UTC.
pub fn write(days: impl IntoIterator<Item = NoticeDay>, stamp: i64) -> String {
    let stamp =
        Timestamp::from_millisecond(stamp).unwrap_or(Timestamp::UNIX_EPOCH).strftime("%Y%m%dT%H%M%SZ");
    let mut out = String::new();
    for line in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//hotline//working days//ZH"] {
        fold(&mut out, line);
    }
    for (day, last) in runs(days) {
        let end = last.tomorrow().unwrap_or(last);
        let word = if day.off { "休" } else { "班" };
        fold(&mut out, "BEGIN:VEVENT");
        fold(&mut out, &format!("UID:{}@hotline", day.date));
        fold(&mut out, &format!("DTSTAMP:{stamp}"));
        fold(&mut out, &format!("DTSTART;VALUE=DATE:{}", day.date.strftime("%Y%m%d")));
        fold(&mut out, &format!("DTEND;VALUE=DATE:{}", end.strftime("%Y%m%d")));
        fold(&mut out, &format!("SUMMARY:{}（{word}）", escape(&day.name)));
        fold(&mut out, &format!("{MARK}:{}", if day.off { OFF } else { WORKS }));
        fold(&mut out, "END:VEVENT");
    }
    fold(&mut out, "END:VCALENDAR");
    out
}

impl Event {
    fn take(&mut self, name: &str, value: &str, line: usize) -> Result<(), Error> {
        match name {
            "DTSTART" => self.start = Some(date(value, line)?),
            "DTEND" => self.end = Some(date(value, line)?),
            "DURATION" => self.days = Some(duration(value, line)?),
            "SUMMARY" => self.summary = unescape(value),
            "RRULE" | "RDATE" => {
                return Err(fault(line, format!("{name}: repeated events are not read; write each day")));
            }
            MARK => match value.trim().to_ascii_uppercase().as_str() {
                OFF => self.off = Some(true),
                WORKS => self.off = Some(false),
                other => return Err(fault(line, format!("{MARK} is {other:?}: write {OFF} or {WORKS}"))),
            },
            _ => {}
        }
        Ok(())
    }

    fn days(&self, out: &mut Vec<NoticeDay>) -> Result<(), Error> {
        let start = self.start.ok_or_else(|| fault(self.line, "this VEVENT has no DTSTART".to_owned()))?;
        let end = match (self.end, self.days) {
            (Some(end), _) => end,
            (None, Some(days)) => start.saturating_add(days.days()),
            (None, None) => start.tomorrow().unwrap_or(start),
        };
        if end <= start {
            return Err(fault(
                self.line,
                "DTEND is not after DTSTART; it is the day after the last".to_owned(),
            ));
        }
        let (name, marked_off) = named(&self.summary);
        let off = self.off.unwrap_or(marked_off);
        for (n, date) in start.series(1.day()).take_while(|d| *d < end).enumerate() {
            if n >= LONGEST_EVENT_DAYS {
                return Err(fault(self.line, format!("longer than {LONGEST_EVENT_DAYS} days")));
            }
            out.push(NoticeDay { date, name: name.clone(), off });
        }
        Ok(())
    }
}

/// The name without its mark, and whether the mark says a day off.
fn named(summary: &str) -> (Arc<str>, bool) {
    let bare = summary.trim().trim_end_matches(['）', ')']);
    for (word, off) in [("班", false), ("休", true)] {
        if let Some(name) = bare.strip_suffix(word).map(|n| n.trim_end_matches(['（', '(', ' '])) {
            return (name.into(), off);
        }
    }
    (summary.trim().into(), true)
}

/// Logical lines with the number of their first physical line (RFC 5545 section 3.1; bare LF is taken too).
fn unfold(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (i, raw) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        match (raw.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some((_, last))) => last.push_str(rest),
            _ => lines.push((i + 1, raw.to_owned())),
        }
    }
    lines
}

/// Name in capitals and value; parameters are passed over, colons in their quotes too.
fn property(line: &str) -> (String, &str) {
    let mut quoted = false;
    let colon = line.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == ':' && !quoted
    });
    let (head, value) =
        colon.and_then(|(at, _)| Some((line.get(..at)?, line.get(at + 1..)?))).unwrap_or((line, ""));
    (head.split(';').next().unwrap_or_default().trim().to_ascii_uppercase(), value)
}

/// `20260217`, or the day of `20260217T...`.
fn date(value: &str, line: usize) -> Result<Date, Error> {
    let value = value.trim();
    let digits = value.get(..8).filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
    let rest = value.get(8..).unwrap_or_default();
    let read = |digits: &str| {
        let year = digits.get(..4)?.parse().ok()?;
        Date::new(year, digits.get(4..6)?.parse().ok()?, digits.get(6..)?.parse().ok()?).ok()
    };
    digits
        .filter(|_| rest.is_empty() || rest.starts_with('T'))
        .and_then(read)
        .ok_or_else(|| fault(line, format!("{value:?} is not a date: write YYYYMMDD")))
}

/// Whole days: `P3D`, `P1W`.
fn duration(value: &str, line: usize) -> Result<i64, Error> {
    let read = || {
        let body = value.trim().strip_prefix('P')?;
        let (number, days) =
            body.strip_suffix('D').map(|n| (n, 1)).or(body.strip_suffix('W').map(|n| (n, 7)))?;
        number.parse::<i64>().ok().filter(|n| (1..=366).contains(n))?.checked_mul(days)
    };
    read().ok_or_else(|| fault(line, format!("{value:?} is not a number of days: write P1D or P1W")))
}

fn runs(days: impl IntoIterator<Item = NoticeDay>) -> Vec<(NoticeDay, Date)> {
    let mut runs: Vec<(NoticeDay, Date)> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some((first, last))
                if first.name == day.name
                    && first.off == day.off
                    && last.tomorrow().ok() == Some(day.date) =>
            {
                *last = day.date;
            }
            _ => runs.push((day.clone(), day.date)),
        }
    }
    runs
}

/// Appends a content line, folded so that no character is cut.
fn fold(out: &mut String, line: &str) {
    let mut used = 0;
    for c in line.chars() {
        if used + c.len_utf8() > LINE_OCTETS {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(c);
        used += c.len_utf8();
    }
    out.push_str("\r\n");
}

/// TEXT of RFC 5545 section 3.3.11.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            out.extend(chars.next().map(|e| if matches!(e, 'n' | 'N') { '\n' } else { e }));
        } else {
            out.push(c);
        }
    }
    out
}

fn fault(line: usize, what: String) -> Error {
    Error::Ical { line, what }
}
