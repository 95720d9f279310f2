//! The State Council's notices of 2024 to 2026 as values, for the tests.

use crate::{Date, Holidays, Notice, NoticeDay};

/// (year, [(name, first month-day, last month-day, off)]); all of these lie in their own year.
type Row = (&'static str, (i8, i8), (i8, i8), bool);

const NOTICES: &[(i16, &[Row])] = &[
    (
        2024,
        &[
            ("元旦", (1, 1), (1, 1), true),
            ("春节", (2, 4), (2, 4), false),
            ("春节", (2, 10), (2, 17), true),
            ("春节", (2, 18), (2, 18), false),
            ("清明节", (4, 4), (4, 6), true),
            ("清明节", (4, 7), (4, 7), false),
            ("劳动节", (4, 28), (4, 28), false),
            ("劳动节", (5, 1), (5, 5), true),
            ("劳动节", (5, 11), (5, 11), false),
            ("端午节", (6, 10), (6, 10), true),
            ("中秋节", (9, 14), (9, 14), false),
            ("中秋节", (9, 15), (9, 17), true),
            ("国庆节", (9, 29), (9, 29), false),
            ("国庆节", (10, 1), (10, 7), true),
            ("国庆节", (10, 12), (10, 12), false),
        ],
    ),
    (
        2025,
        &[
            ("元旦", (1, 1), (1, 1), true),
            ("春节", (1, 26), (1, 26), false),
            ("春节", (1, 28), (2, 4), true),
            ("春节", (2, 8), (2, 8), false),
            ("清明节", (4, 4), (4, 6), true),
            ("劳动节", (4, 27), (4, 27), false),
            ("劳动节", (5, 1), (5, 5), true),
            ("端午节", (5, 31), (6, 2), true),
            ("国庆节、中秋节", (9, 28), (9, 28), false),
            ("国庆节、中秋节", (10, 1), (10, 8), true),
            ("国庆节、中秋节", (10, 11), (10, 11), false),
        ],
    ),
    (
        2026,
        &[
            ("元旦", (1, 1), (1, 3), true),
            ("元旦", (1, 4), (1, 4), false),
            ("春节", (2, 14), (2, 14), false),
            ("春节", (2, 15), (2, 23), true),
            ("春节", (2, 28), (2, 28), false),
            ("清明节", (4, 4), (4, 6), true),
            ("劳动节", (5, 1), (5, 5), true),
            ("劳动节", (5, 9), (5, 9), false),
            ("端午节", (6, 19), (6, 21), true),
            ("国庆节", (9, 20), (9, 20), false),
            ("中秋节", (9, 25), (9, 27), true),
            ("国庆节", (10, 1), (10, 7), true),
            ("国庆节", (10, 10), (10, 10), false),
        ],
    ),
];

/// All three notices.
pub fn notices() -> Vec<Notice> {
    let days = |year, rows: &[Row]| {
        let span = |row: &Row| {
            let (name, from, to, off) = *row;
            let last = Date::new(year, to.0, to.1).unwrap();
            let all = Date::new(year, from.0, from.1).unwrap().series(jiff::ToSpan::day(1));
            all.take_while(move |d| *d <= last).map(move |date| NoticeDay { date, name: name.into(), off })
        };
        rows.iter().flat_map(span).collect()
    };
    NOTICES.iter().map(|(year, rows)| Notice { year: *year, days: days(*year, rows) }).collect()
}

/// All three, merged.
pub fn holidays() -> Holidays {
    Holidays::merge(notices())
}
