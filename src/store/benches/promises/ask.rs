//! The questions, and how long their answers take. They go in by the doors that the screens use.

use std::time::{Duration, Instant};

use call::CallId;
use promise::{Month, Settings};
use store::{CaseFilter, Eyes, Store};

use crate::{DAY, NOW};

/// Wanted: each question within this.
const WANTED: Duration = Duration::from_millis(100);
/// Questions of each kind.
const ASKED: i64 = 200;
/// Months that are asked about: the newest facts are there for two.
const MONTHS: i64 = 50;

/// Prints what a kind of question took; the first one apart, for nothing of it was in memory.
fn report(of: &str, what: &str, times: &mut [Duration]) {
    let first = times[0];
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    let late = times.iter().filter(|took| **took > WANTED).count();
    println!(
        "promises: {of}: {what}: {} answers, the first {first:.1?}, p50 {:.1?}, p99 {:.1?}, worst {:.1?}, {late} beyond {WANTED:?}",
        times.len(),
        at(50),
        at(99),
        at(100)
    );
}

/// The number of the `n`-th case.
fn no(n: i64) -> String {
    format!("{:012}", 210_000_000_000 + n * 11)
}

/// The `n`-th filter of a kind, in a store of so many cases.
type Asked = fn(i64, i64) -> CaseFilter;

fn by(q: String) -> CaseFilter {
    CaseFilter { q: Some(q), ..CaseFilter::default() }
}

const KINDS: [(&str, Asked, bool); 8] = [
    ("a case by its whole number", |n, cases| by(no(n * 7_919 % cases + 1)), true),
    ("cases by the beginning of a number", |n, cases| by(no(n * 7_919 % cases + 1)[..9].to_owned()), true),
    ("cases by a part of the title", |n, cases| by(format!("{} 号", cases - n * 31)), true),
    ("cases by a part that no title has", |n, _| by(format!("第 {n} 座桥")), false),
    (
        "cases of a unit",
        |n, _| CaseFilter { unit: Some(format!("u{}", n % 39 + 1)), ..CaseFilter::default() },
        true,
    ),
    (
        "cases in a state",
        |n, _| {
            let state = ["in_progress", "archived"][usize::try_from(n % 2).unwrap()];
            CaseFilter { state: Some(state.to_owned()), ..CaseFilter::default() }
        },
        true,
    ),
    (
        "cases in a state that none is in",
        |_, _| CaseFilter { state: Some("joint_meeting".to_owned()), ..CaseFilter::default() },
        false,
    ),
    (
        "a unit's cases in a state",
        |n, _| CaseFilter {
            unit: Some(format!("u{}", n % 39 + 1)),
            state: Some("in_progress".to_owned()),
            ..CaseFilter::default()
        },
        true,
    ),
];

/// Asks everything.
pub async fn questions(of: &str, house: &Store, calls: i64) {
    let cases = calls / 10;
    let mut times = Vec::new();
    for n in 1..=ASKED {
        let id = CallId::parse(&format!("{:026}", n * 7_919 % calls + 1)).unwrap();
        let begun = Instant::now();
        let earlier = house.earlier(id, &Eyes::Operator).await.unwrap().unwrap();
        times.push(begun.elapsed());
        assert!(!earlier.calls.is_empty());
    }
    report(of, "a caller's history", &mut times);
    for (what, filter, is_there) in KINDS {
        let mut times = Vec::new();
        for n in 1..=ASKED {
            let filter = filter(n, cases);
            let begun = Instant::now();
            let page = house.cases(&filter, &Eyes::Office, None, 50).await.unwrap();
            times.push(begun.elapsed());
            assert_ne!(page.cases.is_empty(), is_there, "{filter:?}");
        }
        report(of, what, &mut times);
    }
    months(of, house).await;
}

/// The `n`-th month before this one.
fn month(n: i64) -> Month {
    // Months since the year 0; it is October 2026.
    let months = 2026 * 12 + 9 - n;
    Month { year: i16::try_from(months / 12).unwrap(), month: i8::try_from(months % 12 + 1).unwrap() }
}

async fn months(of: &str, house: &Store) {
    for (what, unit) in [("the figures of a month", None), ("the figures of a month of one unit", Some("u7"))]
    {
        let mut times = Vec::new();
        for n in 0..ASKED {
            let span = store::promises::month_span(month(n % MONTHS));
            let begun = Instant::now();
            let counted = house.promise_counts(NOW, span, unit).await.unwrap();
            times.push(begun.elapsed());
            assert!(counted.whole.of("work.made") > 0);
        }
        report(of, what, &mut times);
        // Both edges are parts of days, whose facts and calls are counted one by one.
        let mut times = Vec::new();
        for n in 0..ASKED {
            let to = NOW - n % 30 * DAY;
            let begun = Instant::now();
            let counted = house.promise_counts(NOW, (to - 30 * DAY, to), unit).await.unwrap();
            times.push(begun.elapsed());
            assert!(counted.whole.of("work.made") > 0);
        }
        report(of, &format!("{what}, from minute to minute"), &mut times);
    }
    let mut times = Vec::new();
    for n in 0..ASKED {
        let unit = format!("u{}", n % 39 + 1);
        let begun = Instant::now();
        let figures =
            house.notice_figures(&Settings::default(), NOW, month(n % MONTHS), &unit).await.unwrap();
        times.push(begun.elapsed());
        assert!(figures.cases > 0 && figures.before.is_some());
    }
    report(of, "a unit's monthly notice", &mut times);
}
