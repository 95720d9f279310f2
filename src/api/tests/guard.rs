//! The guard over HTTP: the list, the pardon, and outbound calls stopped and allowed again.

use std::time::Duration;

use call::action::Answer;
use switchboard::contract::GuardView;
use switchboard::{Listed, OutboundView};

use super::{Ask, Bench, get, post};

fn view() -> GuardView {
    let row = |source: &str, dropped| Listed {
        origin: source.parse().unwrap(),
        since_ms: 1_790_000_000_000,
        left: Duration::from_secs(800),
        reason: guard_reason(),
        deeds: 10,
        times: 2,
        dropped,
    };
    GuardView {
        listed: vec![row("192.0.2.7", 5_000), row("2001:db8:1:2::9", 3)],
        counts: (2, 5_003),
        refusing: 0.25,
        outbound: OutboundView { today: 7, ..OutboundView::default() },
        ..GuardView::default()
    }
}

fn guard_reason() -> switchboard::Reason {
    switchboard::Reason::Guessing
}

#[tokio::test]
async fn the_list_is_read_a_source_pardoned_and_outbound_stopped() {
    let bench = Bench::guarded(view(), |_| Ok(Answer::Done)).await;
    let told = get("/api/v1/guard").to(&bench.app).await.json();
    assert_eq!(told["listed"][0]["source"], "192.0.2.7");
    assert_eq!(
        (told["listed"][0]["why"].as_str(), told["listed"][0]["dropped"].as_u64()),
        (Some("guessing"), Some(5_000))
    );
    assert_eq!(told["listed"][1]["source"], "2001:db8:1:2::/64");
    assert_eq!((told["refusing"].as_f64(), told["outbound"]["today"].as_u64()), (Some(0.25), Some(7)));
    assert_eq!(told["outbound"]["stopped"], false);
    for (n, source) in ["192.0.2.7", "2001:db8:1:2::"].into_iter().enumerate() {
        let delete = Ask { method: "DELETE".into(), ..get(&format!("/api/v1/guard/{source}")) };
        let told = delete.with("idempotency-key", &format!("p{n}")).to(&bench.app).await;
        assert_eq!(told.status.as_u16(), 200, "{}", told.text());
    }
    let told = get("/api/v1/guard").to(&bench.app).await.json();
    assert_eq!(told["listed"].as_array().map(Vec::len), Some(0));
    let told = post("/api/v1/outbound", "o1").json("{\"on\": false}").to(&bench.app).await;
    assert_eq!(told.status.as_u16(), 200, "{}", told.text());
    let told = get("/api/v1/guard").to(&bench.app).await.json();
    assert_eq!(
        (told["outbound"]["stopped"].as_bool(), told["outbound"]["why"].as_str()),
        (Some(true), Some("order"))
    );
}

#[tokio::test]
async fn what_is_no_address_pardons_nobody() {
    let bench = Bench::guarded(view(), |_| Ok(Answer::Done)).await;
    for source in ["nobody", "192.0.2.300", "..%2F..%2Fcalls", "%00", "192.0.2.7%0d%0aX", "2001:db8::%2F48"] {
        let delete = Ask { method: "DELETE".into(), ..get(&format!("/api/v1/guard/{source}")) };
        let told = delete.with("idempotency-key", "p").to(&bench.app).await;
        assert_eq!(told.problem(), (400, "bad_address".into()), "{source}");
    }
}
