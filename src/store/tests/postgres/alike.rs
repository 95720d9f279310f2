//! The same questions, put to the same rows in both.

use call::CallId;
use promise::{Month, Settings};
use store::{CaseFilter, Eyes};

use crate::{Both, DAY, NOW, both};

const CALLS: i64 = 60_000;

fn filters() -> Vec<CaseFilter> {
    let no = |n: i64| format!("{:012}", 210_000_000_000 + n * 11);
    let by = |q: &str| CaseFilter { q: Some(q.to_owned()), ..CaseFilter::default() };
    let none = CaseFilter::default;
    vec![
        none(),
        by(&no(77)),
        by(&no(4_321)[..9]),
        by(&no(4_321)[..11]),
        by("13800001234"),
        by("路 59"),
        by("%"),
        by("_9 号"),
        by("UNIT"),
        CaseFilter { unit: Some("u7".into()), ..none() },
        CaseFilter { state: Some("archived".into()), ..none() },
        CaseFilter { state: Some("joint_meeting".into()), ..none() },
        CaseFilter { unit: Some("u7".into()), state: Some("in_progress".into()), ..none() },
        CaseFilter { desk: Some("101".into()), ..none() },
        CaseFilter { open: true, by_due: true, ..none() },
        CaseFilter { due_before: Some(NOW), urgent: true, ..none() },
        CaseFilter { supervised: true, ..none() },
        CaseFilter { blocked: true, open: true, ..none() },
    ]
}

fn all_eyes() -> [Eyes; 4] {
    [
        Eyes::Operator,
        Eyes::Office,
        Eyes::Desk { units: vec!["u7".into(), "u8".into()] },
        Eyes::Desk { units: vec![] },
    ]
}

/// Odd rows: a confidential case, one with an end and capital letters, one without a title; a withheld number.
async fn odd(both: &mut Both) {
    for sql in [
        "UPDATE cases SET confidential = TRUE, urgent = TRUE, due_at = received_at + 1 WHERE no LIKE '%7'",
        "UPDATE cases SET title = 'Unit 59 unit', supervised = TRUE, due_at = received_at + 5 WHERE no LIKE '%19'",
        "UPDATE cases SET title = NULL, blocked = TRUE WHERE no LIKE '%31'",
        "UPDATE call SET caller_hash = NULL WHERE id LIKE '%77'",
    ] {
        sqlx::raw_sql(sql).execute(&mut both.lite).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut both.big).await.unwrap();
    }
}

#[tokio::test]
async fn both_give_the_same_answers() {
    let Some(mut both) = both().await else { return };
    both.fill(CALLS).await;
    odd(&mut both).await;
    histories(&both).await;
    lists(&both).await;
    figures(&both).await;
    both.close().await;
}

async fn histories(both: &Both) {
    let mut calls = 0;
    for n in [1, 2, 77, 5_000, 5_077, CALLS - 1, CALLS, CALLS + 1] {
        let id = CallId::parse(&format!("{n:026}")).unwrap();
        for eyes in all_eyes() {
            let lite = both.store.earlier(id, &eyes).await.unwrap();
            assert_eq!(both.reader.earlier(id, &eyes).await.unwrap(), lite, "{n} {eyes:?}");
            calls += lite.map_or(0, |earlier| earlier.calls.len());
        }
    }
    assert!(calls > 20, "{calls}");
}

async fn lists(both: &Both) {
    let (mut cases, mut clocks) = (0, 0);
    for filter in filters() {
        for eyes in all_eyes() {
            let mut before = None;
            // Three pages of each.
            for _ in 0..3 {
                let lite = both.store.cases(&filter, &eyes, before.as_deref(), 20).await.unwrap();
                let big = both.reader.cases(&filter, &eyes, before.as_deref(), 20).await.unwrap();
                assert_eq!(big, lite, "{filter:?} {eyes:?} {before:?}");
                cases += lite.cases.len();
                clocks += lite.cases.iter().filter(|case| case.next.is_some()).count();
                before = lite.next;
                if before.is_none() {
                    break;
                }
            }
        }
    }
    assert!(cases > 500 && clocks > 300, "{cases} {clocks}");
}

async fn figures(both: &Both) {
    let month = Month { year: 2026, month: 9 };
    let span = store::promises::month_span(month);
    for unit in [None, Some("u7"), Some("nobody")] {
        for span in [span, (NOW - 30 * DAY, NOW), (NOW - DAY / 2, NOW), (NOW, NOW)] {
            let lite = both.store.promise_counts(NOW, span, unit).await.unwrap();
            assert_eq!(both.reader.promise_counts(NOW, span, unit).await.unwrap(), lite, "{span:?} {unit:?}");
            if unit == Some("nobody") || span.0 == span.1 {
                assert_eq!(lite.whole.of("work.made"), 0, "{span:?} {unit:?}");
            } else if span.1 - span.0 > DAY {
                assert!(lite.whole.of("work.made") > 0, "{span:?} {unit:?}");
            }
        }
    }
    for unit in ["u7", "nobody"] {
        let settings = Settings::default();
        let lite = both.store.notice_figures(&settings, NOW, month, unit).await.unwrap();
        let big = both.reader.notice_figures(&settings, NOW, month, unit).await.unwrap();
        assert_eq!(big, lite, "{unit}");
        assert_eq!(lite.cases > 0, unit == "u7");
    }
}
