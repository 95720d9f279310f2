//! 'Connect me now' by HTTP: who rings whom, once per key; and a citizen who was reached by hand.

use call::cdr::{CallBackRow, CallBackWhy, Record};
use call::errand::Task;
use call::ids::Pii;
use serde_json::{Value, json};
use store::Entry;
use tokio::sync::mpsc;

use super::promises::{Scene, UNIT, opened, post};
use super::records::{NUMBER, call_row, id};
use super::roles::page;
use super::{Told, get, until_async};

/// Asks to be connected, with this key.
async fn connect(scene: &Scene, no: &str, key: Option<&str>) -> Told {
    let ask = page(post(&format!("/api/v1/cases/{no}/connect"), &json!({})), &scene.window);
    let ask = match key {
        Some(key) => ask.with("idempotency-key", key),
        None => ask,
    };
    ask.to(&scene.bench.app).await
}

fn call(told: &Told) -> String {
    assert_eq!(told.status, 202, "{}", told.text());
    assert!(!told.text().contains("13800001234"), "nobody sees the number");
    told.json()["call"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn whoever_wants_to_be_connected_is_rung_and_then_the_citizen() {
    let scene = Scene::set().await;
    let told = connect(&scene, &scene.no, None).await;
    assert_eq!(told.problem(), (404, "no_such_case".into()), "not its unit's yet");
    scene.received().await;
    let told = connect(&scene, &scene.no, None).await;
    let call = call(&told);
    let sent = scene.bench.sent().await;
    assert_eq!(sent.len(), 1);
    assert_eq!(
        (sent[0].call.to_string(), sent[0].citizen.as_ref().map(|n| n.reveal())),
        (call, Some("13800001234"))
    );
    assert_eq!(sent[0].case.as_ref().map(|no| no.reveal().to_owned()), Some(scene.no.clone()));
    assert!(
        matches!(&sent[0].what, Task::Connect { staff } if &*staff.staff.0 == "2012"),
        "{:?}",
        sent[0].what
    );
    let audit = get("/api/v1/audit?what=case.connect").to(&scene.bench.app).await.json();
    let line = &audit["lines"][0];
    assert_eq!((&line["who"], &line["target"]), (&json!("window"), &json!(scene.no)), "{audit}");
}

#[tokio::test]
async fn the_same_key_rings_once_and_gets_the_same_call() {
    let scene = Scene::set().await;
    scene.received().await;
    let (first, twin) =
        tokio::join!(connect(&scene, &scene.no, Some("k-1")), connect(&scene, &scene.no, Some("k-1")));
    let later = connect(&scene, &scene.no, Some("k-1")).await;
    let call = call(&first);
    for told in [&twin, &later] {
        assert_eq!((told.status, told.json()["call"].as_str()), (first.status, Some(&*call)));
    }
    assert_eq!((later.header("idempotency-replayed"), scene.bench.sent().await.len()), ("true", 1));
    let audit = get("/api/v1/audit?what=case.connect").to(&scene.bench.app).await.json();
    assert_eq!(audit["lines"].as_array().unwrap().len(), 1, "{audit}");
    // Another key rings again; the key of one case is not another's.
    assert_ne!(self::call(&connect(&scene, &scene.no, Some("k-2")).await), call);
    let other = opened(&scene.bench, "另一件", false).await;
    let step = async |step: Value| {
        let told = post(&format!("/api/v1/cases/{other}/step"), &step).to(&scene.bench.app).await;
        assert_eq!(told.status, 200, "{step}: {}", told.text());
    };
    step(json!({"step": "hand_over", "unit": UNIT})).await;
    scene.due_of(&other).await;
    step(json!({"step": "received", "staff": "2012"})).await;
    assert_eq!(connect(&scene, &other, Some("k-1")).await.problem(), (422, "key_reused".into()));
    assert_eq!(scene.bench.sent().await.len(), 1);
}

#[tokio::test]
async fn a_key_that_rang_nobody_may_be_used_again() {
    let scene = Scene::set().await;
    let (status, _) = scene.step(&scene.operator, json!({"step": "hand_over", "unit": UNIT})).await;
    assert_eq!(status, 200);
    scene.due().await;
    for _ in 0..2 {
        let told = connect(&scene, &scene.no, Some("k-1")).await;
        assert_eq!((told.problem().0, told.header("idempotency-replayed")), (409, ""), "not received yet");
    }
    let (status, _) = scene.step(&scene.window, json!({"step": "received"})).await;
    assert_eq!(status, 200);
    call(&connect(&scene, &scene.no, Some("k-1")).await);
    assert_eq!(scene.bench.sent().await.len(), 1);
    let told = connect(&scene, &scene.no, Some(&"k".repeat(65))).await;
    assert_eq!(told.problem(), (400, "bad_key".into()));
}

/// A citizen hung up while waiting, and is owed a call.
async fn owed(scene: &Scene) -> String {
    let (told, mut heard) = mpsc::channel(100);
    let store = &scene.bench.rooms.store;
    let writer = store.writer(told);
    let row = call_row(1);
    let (call, since) = (row.call, row.offered_at);
    let (number, why, due_at) = (Pii::new(NUMBER), CallBackWhy::Missed, since + 3_600_000);
    let owed = CallBackRow { call, number, why, since, due_at };
    for record in [Record::Offered(row.clone()), Record::CallBack(owed), Record::Ended(row)] {
        writer.write(Entry::Record(Box::new(record))).unwrap();
    }
    writer.stop().await.unwrap();
    while heard.recv().await.is_some() {}
    let debts = store.new_debts(10).await.unwrap();
    assert_eq!(debts.len(), 1);
    for debt in debts {
        store.take_debt(scene.bench.rooms.promises.timing(), debt).await.unwrap();
    }
    id(1).to_string()
}

#[tokio::test]
async fn whom_a_person_has_reached_is_owed_no_call_any_more() {
    let scene = Scene::set().await;
    let call = owed(&scene).await;
    let listed = async |state: &str| {
        scene.ask(get(&format!("/api/v1/callbacks?state={state}")), &scene.operator).await.1["callbacks"]
            .clone()
    };
    let open = listed("open").await;
    assert_eq!((&open[0]["call"], &open[0]["ending"]), (&json!(call), &Value::Null), "{open}");
    assert_eq!(open[0]["number_masked"], "138****5678");
    let path = format!("/api/v1/callbacks/{call}/reached");
    let ask = || page(post(&path, &json!({})), &scene.operator).with("idempotency-key", "k-1");
    for _ in 0..2 {
        assert_eq!(ask().to(&scene.bench.app).await.status, 204);
    }
    assert_eq!(listed("open").await, json!([]));
    let all = listed("all").await;
    assert_eq!((&all[0]["state"], &all[0]["ended_at"].is_i64()), (&json!("settled"), &true), "{all}");
    until_async("the audit", async || {
        let audit = get("/api/v1/audit?what=callback.reached").to(&scene.bench.app).await.json();
        audit["lines"][0]["target"] == json!(call) && audit["lines"][0]["who"] == "operator"
    })
    .await;
    let nobody = format!("/api/v1/callbacks/{}/reached", super::STRANGER);
    assert_eq!(scene.ask(post(&nobody, &json!({})), &scene.operator).await.0, 404);
    assert_eq!(scene.ask(post(&path, &json!({})), &scene.window).await.0, 403, "not a window's");
}
