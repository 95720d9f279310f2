//! Where days begin and end: moments to civil days and back, with the time zone data that is compiled in.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::{Error, TimeOfDay};

/// An IANA time zone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Zone(TimeZone);

impl Default for Zone {
    /// Asia/Shanghai, which has kept UTC+8 without summer time since September 1991.
    fn default() -> Self {
        Self::named("Asia/Shanghai").unwrap_or_else(|_| Self(TimeZone::fixed(jiff::tz::offset(8))))
    }
}

impl Zone {
    /// By its IANA name. Fails when the database that is built in doesn't know it.
    pub fn named(name: &str) -> Result<Self, Error> {
        TimeZone::get(name).map(Self).map_err(|_| Error::Zone(name.to_owned()))
    }

    /// Its IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("Asia/Shanghai")
    }

    /// The civil day and the milliseconds since its midnight. Moments beyond the year 9999 count as its last.
    pub fn civil(&self, utc_ms: i64) -> (Date, u32) {
        let bound = if utc_ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
        let local = self.0.to_datetime(Timestamp::from_millisecond(utc_ms).unwrap_or(bound));
        let time = local.time();
        let seconds =
            u32::from(time.hour().unsigned_abs()) * 3600 + u32::from(time.minute().unsigned_abs()) * 60;
        let millis = u32::from(time.millisecond().unsigned_abs());
        (local.date(), (seconds + u32::from(time.second().unsigned_abs())) * 1000 + millis)
    }

    /// The civil day of a moment.
    pub fn date(&self, utc_ms: i64) -> Date {
        self.civil(utc_ms).0
    }

    /// The moment of a civil time, milliseconds since 1970 UTC. 24:00 is the next day's midnight; a time that a
    /// change of the clocks leaves out counts by the clock before it, one that comes twice is the first.
    pub fn moment(&self, date: Date, time: TimeOfDay) -> i64 {
        let (date, hour, minute) = match time.hour_minute() {
            (24, _) => (date.tomorrow().unwrap_or(Date::MAX), 0, 0),
            (hour, minute) => (date, hour, minute),
        };
        let civil = DateTime::from_parts(date, Time::new(hour, minute, 0, 0).unwrap_or(Time::MIN));
        let moment = self.0.to_timestamp(civil);
        moment.map_or(if date.year() < 1970 { i64::MIN } else { i64::MAX }, Timestamp::as_millisecond)
    }
}
