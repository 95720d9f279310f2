//! Statutory days of years whose notice has not appeared: fixed dates and a small table of the lunar festivals.

use jiff::civil::Date;

/// Festivals of one year as (month, day); Qingming is a day of April.
struct Festivals {
    year: i16,
    new_year: (i8, i8),
    qingming: i8,
    dragon_boat: (i8, i8),
    mid_autumn: (i8, i8),
}

/// Lunar New Year (1/1), Dragon Boat (5/5) and Mid-Autumn (8/15) of the lunisolar calendar of GB/T 33661-2017 as in
/// the conversion tables of the Hong Kong Observatory; Qingming is the solar term at longitude 15 degrees. Three
/// independent implementations agree on every row, and `tests` hold the rows against the notices that are loaded.
const FESTIVALS: [Festivals; 27] = [
    row(2024, (2, 10), 4, (6, 10), (9, 17)),
    row(2025, (1, 29), 4, (5, 31), (10, 6)),
    row(2026, (2, 17), 5, (6, 19), (9, 25)),
    row(2027, (2, 6), 5, (6, 9), (9, 15)),
    row(2028, (1, 26), 4, (5, 28), (10, 3)),
    row(2029, (2, 13), 4, (6, 16), (9, 22)),
    row(2030, (2, 3), 5, (6, 5), (9, 12)),
    row(2031, (1, 23), 5, (6, 24), (10, 1)),
    row(2032, (2, 11), 4, (6, 12), (9, 19)),
    row(2033, (1, 31), 4, (6, 1), (9, 8)),
    row(2034, (2, 19), 5, (6, 20), (9, 27)),
    row(2035, (2, 8), 5, (6, 10), (9, 16)),
    row(2036, (1, 28), 4, (5, 30), (10, 4)),
    row(2037, (2, 15), 4, (6, 18), (9, 24)),
    row(2038, (2, 4), 5, (6, 7), (9, 13)),
    row(2039, (1, 24), 5, (5, 27), (10, 2)),
    row(2040, (2, 12), 4, (6, 14), (9, 20)),
    row(2041, (2, 1), 4, (6, 3), (9, 10)),
    row(2042, (1, 22), 4, (6, 22), (9, 28)),
    row(2043, (2, 10), 5, (6, 11), (9, 17)),
    row(2044, (1, 30), 4, (5, 31), (10, 5)),
    row(2045, (2, 17), 4, (6, 19), (9, 25)),
    row(2046, (2, 6), 4, (6, 8), (9, 15)),
    row(2047, (1, 26), 5, (5, 29), (10, 4)),
    row(2048, (2, 14), 4, (6, 15), (9, 22)),
    row(2049, (2, 2), 4, (6, 4), (9, 11)),
    row(2050, (1, 23), 4, (6, 23), (9, 30)),
];

const fn row(
    year: i16,
    new_year: (i8, i8),
    qingming: i8,
    dragon_boat: (i8, i8),
    mid_autumn: (i8, i8),
) -> Festivals {
    Festivals { year, new_year, qingming, dragon_boat, mid_autumn }
}

/// The statutory holiday that a date is, by the State Council's regulation of 2024: 1 January; lunar New Year's Eve
/// and the first three lunar days; Qingming; 1 and 2 May; Dragon Boat; Mid-Autumn; 1 to 3 October. Beyond the
/// table's years only the fixed dates are known.
pub(crate) fn statutory(date: Date) -> Option<&'static str> {
    match (date.month(), date.day()) {
        (1, 1) => return Some("元旦"),
        (5, 1 | 2) => return Some("劳动节"),
        (10, 1..=3) => return Some("国庆节"),
        _ => {}
    }
    let year = FESTIVALS.iter().find(|f| f.year == date.year())?;
    let day = |(month, day)| Date::new(date.year(), month, day).ok();
    let after_new_year = day(year.new_year).and_then(|d| d.until(date).ok()).map(|s| s.get_days());
    if after_new_year.is_some_and(|n| (-1..=2).contains(&n)) {
        return Some("春节");
    }
    [("清明节", (4, year.qingming)), ("端午节", year.dragon_boat), ("中秋节", year.mid_autumn)]
        .into_iter()
        .find_map(|(name, at)| (day(at) == Some(date)).then_some(name))
}
