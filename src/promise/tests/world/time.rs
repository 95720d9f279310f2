//! Moments in words: `2026-10-12 10:00`, Shanghai, by arithmetic of our own.

const DAY_MS: i64 = 86_400_000;
const ZONE_MS: i64 = 8 * 3_600_000;

/// Days since 1970 of a date of the Gregorian calendar.
pub fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let leap = |y: i64| (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    let length = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let years: i64 = (1970..year).map(|y| 365 + i64::from(leap(y))).sum();
    let months: i64 =
        (1..month).map(|m| length[usize::try_from(m - 1).unwrap()] + i64::from(m == 2 && leap(year))).sum();
    years + months + day - 1
}

/// The date of a day number.
pub fn date(number: i64) -> (i64, i64, i64) {
    let mut year = 1970;
    while day_number(year + 1, 1, 1) <= number {
        year += 1;
    }
    let month = (1..=12).rev().find(|m| day_number(year, *m, 1) <= number).unwrap();
    (year, month, number - day_number(year, month, 1) + 1)
}

/// Reads `2026-10-12 10:00` or `2026-10-12 10:00:30`.
pub fn try_at(text: &str) -> Option<i64> {
    let (date, time) = text.trim().split_once(' ')?;
    let parts =
        |text: &str, by: char| text.split(by).map(|p| p.parse::<i64>().ok()).collect::<Option<Vec<_>>>();
    let (date, time) = (parts(date, '-')?, parts(time, ':')?);
    let [year, month, day] = date[..] else { return None };
    let (hour, minute, second) = (*time.first()?, *time.get(1)?, time.get(2).copied().unwrap_or(0));
    Some(day_number(year, month, day) * DAY_MS + (hour * 3600 + minute * 60 + second) * 1000 - ZONE_MS)
}

/// The same for what is right.
pub fn at(text: &str) -> i64 {
    try_at(text).unwrap_or_else(|| panic!("{text} is not a moment"))
}

/// `2026-10-12 10:00:30`; a rest of a second is cut off.
pub fn say(at: i64) -> String {
    let local = at + ZONE_MS;
    let (year, month, day) = date(local.div_euclid(DAY_MS));
    let seconds = local.rem_euclid(DAY_MS) / 1000;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}
