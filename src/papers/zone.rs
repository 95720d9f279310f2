//! The house's time zone: moments as people and as machines read them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::error::PapersError;

/// Days from 1899-12-30, where spreadsheets count from, to 1970-01-01.
const SHEET_EPOCH: f64 = 25_569.0;
const DAY_SECONDS: f64 = 86_400.0;

/// A time zone. Moments are UTC ms; one that no calendar knows (before year -9999, after 9999) is read as 1970-01-01.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// By its IANA name; the data come with the program.
    ///
    /// # Errors
    /// [`PapersError::Zone`].
    pub fn named(name: &str) -> Result<Self, PapersError> {
        TimeZone::get(name).map(Self).map_err(|_| PapersError::Zone(name.to_owned()))
    }

    fn local(&self, at: i64) -> DateTime {
        self.0.to_datetime(timestamp(at))
    }

    /// `2026-03-02 09:15:00`: what spreadsheets take for a date.
    pub fn plain(&self, at: i64) -> String {
        self.local(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// `2026年3月2日`, or `2 March 2026`.
    pub fn day(&self, at: i64, chinese: bool) -> String {
        let day = self.local(at).date();
        if chinese {
            return format!("{}年{}月{}日", day.year(), day.month(), day.day());
        }
        day.strftime("%-d %B %Y").to_string()
    }

    /// `3月2日`, or `2 March`: in short messages.
    pub(crate) fn short_day(&self, at: i64, chinese: bool) -> String {
        let day = self.local(at).date();
        if chinese {
            return format!("{}月{}日", day.month(), day.day());
        }
        day.strftime("%-d %B").to_string()
    }

    /// Year (0 before our era), month, day.
    pub(crate) fn civil(&self, at: i64) -> (u16, u8, u8) {
        let day = self.local(at).date();
        let small = |part: i8| u8::try_from(part).unwrap_or(1);
        (u16::try_from(day.year()).unwrap_or(0), small(day.month()), small(day.day()))
    }

    /// RFC 3339 with the offset of the zone, to the second: `2026-03-02T09:15:00+08:00`.
    pub fn rfc3339(&self, at: i64) -> String {
        timestamp(at).to_zoned(self.0.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// Days since 1899-12-30 by the zone's clock, as spreadsheets count.
    pub(crate) fn serial(&self, at: i64) -> f64 {
        let local = self.local(at).to_zoned(TimeZone::UTC).map(|z| z.timestamp().as_millisecond());
        local.unwrap_or_default() as f64 / 1_000.0 / DAY_SECONDS + SHEET_EPOCH
    }
}

fn timestamp(at: i64) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap_or_default()
}

/// RFC 3339 in UTC with milliseconds: `2026-03-02T01:15:00.250Z`.
pub(crate) fn utc(at: i64) -> String {
    timestamp(at).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
