//! Live calls, operators and health: what the core and the gauges say, as JSON.

use std::sync::atomic::Ordering;

use call::CallId;
use call::action::{Answer, CallView, SeatRole};
use call::event::{AgentState, Order};
use call::ids::{Lang, StaffNo};
use serde_json::json;

use super::{Bench, STRANGER, board, get};

fn view() -> CallView {
    CallView {
        call: CallId::parse(STRANGER).unwrap(),
        stage: "three",
        caller: "138****5678".into(),
        lang: Lang::En,
        offered_at: 1_790_000_000_123,
        seats: vec![board::seat(7, SeatRole::Desk, Some("2001"), Some(37), "joined")],
        ..board::call(1, Vec::new())
    }
}

async fn bench() -> Bench {
    Bench::with(1_000, |order| match order {
        Order::ListCalls => Ok(Answer::Calls(vec![view()])),
        Order::ListAgents => Ok(Answer::Agents(vec![
            (StaffNo("1001".into()), "op1".into(), AgentState::Talking),
            (StaffNo("1002".into()), "op2".into(), AgentState::WrapUp),
        ])),
        _ => Ok(Answer::Done),
    })
    .await
}

#[tokio::test]
async fn live_calls_and_operators_as_a_screen_wants_them() {
    let bench = bench().await;
    let told = get("/api/v1/calls/live").to(&bench.app).await;
    assert_eq!(
        told.json(),
        json!({"calls": [{
            "id": STRANGER, "stage": "three", "caller_masked": "138****5678", "lang": "en",
            "offered_at": 1_790_000_000_123_i64, "position": null,
            "seats": [{"leg": 7, "seat": "desk", "party_ref": "037", "name": "傅立新", "state": "joined"}],
        }]})
    );
    let told = get("/api/v1/operators").to(&bench.app).await;
    assert_eq!(
        told.json(),
        json!({"operators": [
            {"staff": "1001", "name": "程晨", "phone": "op1", "state": "talking"},
            {"staff": "1002", "name": "朱玉兰", "phone": "op2", "state": "wrap_up"},
        ]})
    );
}

#[tokio::test]
async fn trunks_are_told_in_words_and_figures() {
    let bench = bench().await;
    let told = get("/api/v1/trunks").to(&bench.app).await;
    assert_eq!(told.status, 200);
    let trunks = &told.json()["trunks"];
    assert_eq!(
        trunks[0],
        json!({
            "name": "a", "up": true, "state": "up", "zh": "状态", "en": "in words", "since": 1_790_000_000_000_i64,
            "registered_until": 1_790_000_060_000_i64, "last_heard": 1_790_000_000_020_i64, "last_status": 200,
            "taken": 2, "channels": 30, "destinations": [{"to": "UDP 192.0.2.1:5060", "good": true}],
        })
    );
    assert_eq!((&trunks[1]["up"], &trunks[1]["registered_until"]), (&json!(false), &json!(null)));
}

#[tokio::test]
async fn no_trunk_up_is_a_reason_to_look() {
    let bench = bench().await;
    let gauges = bench.handle.gauges();
    gauges.trunks.store(2, Ordering::Relaxed);
    gauges.trunks_up.store(1, Ordering::Relaxed);
    assert_eq!(get("/health").to(&bench.app).await.status, 200);
    gauges.trunks_up.store(0, Ordering::Relaxed);
    let told = get("/health").to(&bench.app).await;
    assert_eq!(told.text(), r#"{"status":"degraded","csp_reports":0,"reasons":["no_trunk_up"]}"#);
}

#[tokio::test]
async fn health_is_one_word_for_everybody_and_figures_for_the_token() {
    let bench = bench().await;
    let health = || async { get("/health").without("authorization").to(&bench.app).await };
    let told = health().await;
    assert_eq!(
        (told.status.as_u16(), told.text().as_str()),
        (200, r#"{"status":"ok","csp_reports":0,"reasons":[]}"#)
    );
    let gauges = bench.handle.gauges();
    gauges.store_away.store(true, Ordering::Relaxed);
    gauges.free_ports.store(0, Ordering::Relaxed);
    let told = health().await;
    let degraded = r#"{"status":"degraded","csp_reports":0,"reasons":["store_away","no_free_ports"]}"#;
    assert_eq!((told.status.as_u16(), told.text().as_str()), (503, degraded));
    gauges.draining.store(true, Ordering::Relaxed);
    let told = health().await;
    assert_eq!((told.status.as_u16(), told.json()["status"].as_str()), (503, Some("draining")));
    gauges.calls.store(42, Ordering::Relaxed);
    bench.handle.lateness().worst_us.store(999, Ordering::Relaxed);
    let told = get("/api/v1/health").to(&bench.app).await;
    let figures = told.json();
    assert_eq!(told.status, 200);
    assert_eq!((&figures["calls"], &figures["media_worst_us"]), (&json!(42), &json!(999)));
    assert_eq!((&figures["status"], &figures["version"]), (&json!("draining"), &json!("0.0.0-test")));
}

#[tokio::test(start_paused = true)]
async fn a_silent_switchboard_is_noticed_and_not_asked_for_every_request() {
    let bench = Bench::with(1, |_| Ok(Answer::Agents(Vec::new()))).await;
    for _ in 0..20 {
        assert_eq!(get("/health").to(&bench.app).await.status, 200);
    }
    assert_eq!(bench.orders.lock().unwrap().len(), 1);
    // The far side may give no second answer.
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    let told = get("/health").to(&bench.app).await;
    assert_eq!(told.text(), r#"{"status":"degraded","csp_reports":0,"reasons":["switchboard_silent"]}"#);
}
