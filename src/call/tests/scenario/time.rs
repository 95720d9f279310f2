//! The wall clock of the scripts: China Standard Time, eight hours ahead of UTC, no summer time.

const DAY_MS: i64 = 86_400_000;
const AHEAD_MS: i64 = 8 * 3_600_000;

/// `2026-10-12T10:00` in China as UTC ms.
pub fn utc_ms(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T')?;
    let mut date = date.split('-').map(|p| p.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (hour, minute) = time.split_once(':')?;
    let (hour, minute) = (hour.parse::<i64>().ok()?, minute.parse::<i64>().ok()?);
    Some(days(year, month, day) * DAY_MS + (hour * 60 + minute) * 60_000 - AHEAD_MS)
}

/// UTC ms as `2026-10-12T10:00` in China.
pub fn moment(utc_ms: i64) -> String {
    let minute = (utc_ms + AHEAD_MS).rem_euclid(DAY_MS) / 60_000;
    format!("{}T{:02}:{:02}", day(utc_ms), minute / 60, minute % 60)
}

/// UTC ms as `2026-10-12` in China.
pub fn day(utc_ms: i64) -> String {
    let mut left = (utc_ms + AHEAD_MS).div_euclid(DAY_MS);
    let mut year = 1970;
    while left >= days(year + 1, 1, 1) - days(year, 1, 1) {
        left -= days(year + 1, 1, 1) - days(year, 1, 1);
        year += 1;
    }
    let mut month = 1;
    while month < 12 && left >= days(year, month + 1, 1) - days(year, month, 1) {
        left -= days(year, month + 1, 1) - days(year, month, 1);
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", left + 1)
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar, counted from 1 March so that leap days come last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day - 1 - 719_468
}
