//! What a Prometheus server gets.

use std::collections::BTreeSet;

use call::action::Answer;
use call::cdr::EventRow;
use call::event::Order;
use call::ids::CallId;

use super::{Bench, ask, board};
use crate::metrics::{Meters, Reader, TABLE, WORDS};

async fn bench() -> Bench {
    Bench::with(1_000_000, |order| match order {
        Order::Board => Ok(Answer::Board(Box::new(board::house()))),
        _ => Ok(Answer::Done),
    })
    .await
}

/// A figure that is added to health is a metric too, or the reason why not stands beside it.
#[tokio::test]
async fn each_figure_of_health_is_a_metric() {
    let bench = bench().await;
    let figures = ask("GET", "/api/v1/health").to(&bench.app).await.json();
    let told: BTreeSet<&str> = TABLE.iter().map(|row| row.0).chain(WORDS.iter().copied()).collect();
    let known: BTreeSet<&str> = figures.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(told, known);
}

#[tokio::test]
async fn what_is_scraped_reads_as_open_metrics() {
    let bench = bench().await;
    bench.handle.recorder().set_slow(true);
    let scraped = ask("GET", "/metrics").to(&bench.app).await;
    assert_eq!(scraped.status, 200);
    assert!(scraped.header("content-type").starts_with("application/openmetrics-text"));
    let text = scraped.text();
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert!(text.contains("hotline_calls_offered_total 0"), "{text}");
    assert!(text.contains("hotline_degraded{reason=\"not_recorded\"} 1"), "{text}");
    assert!(text.contains("hotline_operator_wait_seconds_bucket{le=\"15.0\"} 0"), "{text}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        assert!(line.starts_with("hotline_"), "{line}");
    }
    assert_eq!(ask("GET", "/metrics").without("authorization").to(&bench.app).await.status, 401);
}

fn row(call: u128, mono_ms: u64, kind: &'static str, detail: &str) -> EventRow {
    let (actor, detail) = ("house".to_owned(), detail.to_owned());
    EventRow { call: CallId(call), seq: 1, at: 0, mono_ms, kind, leg: None, actor, cause: None, detail }
}

#[test]
fn a_wait_is_measured_once_and_by_the_clock_that_nobody_sets() {
    let meters = Meters::default();
    let mut reader = Reader::new(meters.clone());
    for (call, mono_ms, kind, detail) in [
        (1, 1_000, "call.offered", ""),
        (1, 1_020, "call.answered", ""),
        (1, 13_000, "agent.answer", ""),
        (1, 50_000, "agent.answer", ""),
        (1, 61_000, "call.ended", "outcome=on_spot"),
        (2, 70_000, "call.offered", ""),
        (2, 80_000, "call.abandoned", "outcome=abandoned"),
        (9, 90_000, "call.ended", "outcome=on_spot"),
    ] {
        reader.note(&row(call, mono_ms, kind, detail));
    }
    let mut text = String::new();
    prometheus_client::encoding::text::encode_registry(&mut text, meters.registry()).unwrap();
    for line in [
        "hotline_call_setup_seconds_sum 0.02",
        "hotline_operator_wait_seconds_bucket{le=\"10.0\"} 0",
        "hotline_operator_wait_seconds_bucket{le=\"15.0\"} 1",
        "hotline_operator_wait_seconds_count 1",
        "hotline_call_length_seconds_sum 70.0",
        "hotline_calls_ended_total{outcome=\"on_spot\"} 2",
        "hotline_calls_ended_total{outcome=\"abandoned\"} 1",
    ] {
        assert!(text.lines().any(|one| one == line), "{line} is missing in\n{text}");
    }
}
