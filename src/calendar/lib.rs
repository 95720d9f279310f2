//! Working time, pure: layers of closings, State Council days and weekly patterns.
//!
//! Moments are milliseconds since 1970 UTC and come in as values; nothing in here reads a clock. Days are civil
//! [`Date`]s of the calendar's [`Zone`]. [`Calendar::is_open`] says for a centre, unit or desk whether it is open and
//! why, [`Calendar::next_open`] when it opens, and [`Calendar::add_workdays`] counts days as the due dates do.
//! What rests on a year whose notice has not appeared yet is marked `provisional`.

mod festivals;
mod holidays;
mod hours;
pub mod ical;
mod openness;
mod workdays;
mod zone;

pub use holidays::{Day, Holidays, Notice, NoticeDay};
pub use hours::{Change, Hours, MonthDay, Pattern, Span, TimeOfDay, Validity};
pub use jiff::civil::{Date, Weekday};
pub use openness::{Level, Openness, Place, Why};
pub use workdays::{HandoverScope, Workday};
pub use zone::Zone;

use std::collections::BTreeMap;
use std::sync::Arc;

/// What can't be read. Each says what the writer can do about it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
    /// The zone is not in the IANA database that is built in.
    #[error("unknown time zone {0:?}: use an IANA name such as Asia/Shanghai")]
    Zone(String),
    /// Not a time of day.
    #[error("{0:?} is not a time of day: write HH:MM from 00:00 to 24:00")]
    Time(String),
    /// A span that ends before it begins.
    #[error("{0:?} is not a span: write HH:MM-HH:MM, the end after the beginning")]
    Span(String),
    /// Not a day of the year.
    #[error("{0:?} is not a day of the year: write MM-DD")]
    MonthDay(String),
    /// An iCalendar file that breaks RFC 5545 where we need it.
    #[error("line {line}: {what}")]
    Ical {
        /// Line of the file, from 1.
        line: usize,
        /// What is wrong and what to write instead.
        what: String,
    },
}

/// A day or moment that was computed, and whether it can still move.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Found<T> {
    /// The day or moment (milliseconds since 1970 UTC).
    pub at: T,
    /// It rests on a year whose State Council notice is not loaded: spoken as 预计.
    pub provisional: bool,
}

/// The working time of the whole house.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calendar {
    /// Where days begin and end.
    pub zone: Zone,
    /// The State Council's days of all loaded notices.
    pub holidays: Holidays,
    /// Hours of the centre, and of everything that has none of its own.
    pub centre: Hours,
    /// Hours of units, by unit code.
    pub units: BTreeMap<Arc<str>, Hours>,
    /// Hours of desks, by desk number.
    pub desks: BTreeMap<u16, Desk>,
    /// When 'at once' is for a hand-over.
    pub handover_scope: HandoverScope,
}

/// A desk's place in the layers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Desk {
    /// Code of the unit whose hours it falls back on.
    pub unit: Arc<str>,
    /// Its own hours; usually none.
    pub hours: Hours,
}

impl Default for Calendar {
    /// Mondays to Fridays 08:30-12:00 and 13:30-17:00 in Asia/Shanghai, no notice loaded.
    fn default() -> Self {
        Self {
            zone: Zone::default(),
            holidays: Holidays::default(),
            centre: Hours { patterns: vec![Pattern::office()], changes: Vec::new() },
            units: BTreeMap::new(),
            desks: BTreeMap::new(),
            handover_scope: HandoverScope::default(),
        }
    }
}

#[cfg(test)]
mod tests;
