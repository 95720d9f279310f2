//! The day in Asia/Shanghai, for case numbers and daily counts.
//!
//! The working-time crate knows days too, but the store does not lean on it: China has kept UTC+8 without summer time
//! since 1991, so that a few lines of arithmetic are all that is needed.

/// Ahead of UTC, ms.
const SHANGHAI_MS: i64 = 8 * 3600 * 1000;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// Days since 1970-01-01 of a moment given in UTC ms. The same in SQL: `(at + 28800000) / 86400000`.
pub(crate) fn day_no(utc_ms: i64) -> i64 {
    utc_ms.saturating_add(SHANGHAI_MS).div_euclid(DAY_MS)
}

/// `YYMMDD` of a moment given in UTC ms.
pub(crate) fn day(utc_ms: i64) -> String {
    let days = day_no(utc_ms);
    let (year, month, day) = civil(days);
    format!("{:02}{month:02}{day:02}", year.rem_euclid(100))
}

/// `YYYY-MM-DD` of a count of days since 1970-01-01.
pub(crate) fn written(days: i64) -> String {
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// From when to when a day is, UTC ms; the end is outside.
pub(crate) fn span_of(days: i64) -> (i64, i64) {
    let begins = days.saturating_mul(DAY_MS).saturating_sub(SHANGHAI_MS);
    (begins, begins.saturating_add(DAY_MS))
}

/// From when to when a month is, UTC ms; the end is outside.
pub(crate) fn month(year: i64, month: i64) -> (i64, i64) {
    let first = |year: i64, month: i64| span_of(days_to(year, month, 1)).0;
    (first(year, month), if month == 12 { first(year + 1, 1) } else { first(year, month + 1) })
}

/// The same of the month before.
pub(crate) fn month_before(year: i64, of: i64) -> (i64, i64) {
    if of <= 1 { month(year - 1, 12) } else { month(year, of - 1) }
}

/// The count of days since 1970-01-01, the other way round.
fn days_to(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a count of days since 1970-01-01 (Gregorian). The year is counted from March, so that the
/// leap day comes last and months follow one rule: five months have 153 days.
fn civil(days: i64) -> (i64, i64, i64) {
    const ERA: i64 = 146_097;
    let since = days.saturating_add(719_468);
    let (era, of_era) = (since.div_euclid(ERA), since.rem_euclid(ERA));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_sixteen_hours_utc() {
        assert_eq!(day(0), "700101");
        // 2026-10-09 15:59:59.999 UTC and one millisecond later.
        assert_eq!(day(1_791_561_599_999), "261009");
        assert_eq!(day(1_791_561_600_000), "261010");
        assert_eq!(day(-DAY_MS), "691231");
        assert_eq!(day(i64::MAX).len(), 6);
    }

    #[test]
    fn a_day_is_written_and_found_again() {
        for days in (-200_000..200_000).step_by(37) {
            let (year, month, day) = civil(days);
            assert_eq!(days_to(year, month, day), days);
        }
        assert_eq!(written(20_735), "2026-10-09");
        let (from, to) = month(2026, 12);
        assert_eq!((day(from), day(to - 1), day(to)), ("261201".into(), "261231".into(), "270101".into()));
    }

    #[test]
    fn leap_days_are_known() {
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(11_017), (2000, 3, 1));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(civil(24_855), (2038, 1, 19));
    }
}
