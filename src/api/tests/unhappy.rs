//! A citizen who was not satisfied right after the call: listed until a person has followed it up.

use call::cdr::{RatingRow, Record};
use serde_json::json;
use store::Entry;
use tokio::sync::mpsc;

use super::get;
use super::promises::{Scene, post};
use super::records::{call_row, id};

/// Calls after which citizens gave these scores.
async fn rated(scene: &Scene, scores: &[u8]) {
    let (told, mut heard) = mpsc::channel(100);
    let writer = scene.bench.rooms.store.writer(told);
    for (n, score) in (1..).zip(scores) {
        let row = call_row(n);
        let (call, operator) = (row.call, row.operator.clone());
        let rating =
            RatingRow { call, score: Some(*score), reason: Some(3), operator, desk: None, service: None };
        for record in [Record::Offered(row.clone()), Record::Rating(rating), Record::Ended(row)] {
            writer.write(Entry::Record(Box::new(record))).unwrap();
        }
    }
    writer.stop().await.unwrap();
    while heard.recv().await.is_some() {}
}

#[tokio::test]
async fn a_bad_score_right_after_a_call_waits_for_a_person() {
    let scene = Scene::set().await;
    rated(&scene, &[5, 2, 3, 1]).await;
    let (store, now) = (&scene.bench.rooms.store, scene.bench.rooms.promises.now());
    assert_eq!(store.tell_unhappy(now, 10).await.unwrap(), 2);
    assert_eq!(store.tell_unhappy(now, 10).await.unwrap(), 0, "told once");
    let bad = async || scene.ask(get("/api/v1/followups"), &scene.operator).await.1["bad"].clone();
    let listed = bad().await;
    let mut found: Vec<_> =
        listed.as_array().unwrap().iter().map(|line| (line["call"].clone(), line["score"].clone())).collect();
    found.sort_by_key(|(call, _)| call.to_string());
    let want = [(json!(id(2).to_string()), json!(2)), (json!(id(4).to_string()), json!(1))];
    assert_eq!(found, want, "{listed}");
    assert!(
        listed
            .as_array()
            .unwrap()
            .iter()
            .all(|line| line["what"] == "post_call" && line["case_no"].is_null())
    );
    // The leads hear of it, and whoever subscribes to events, who learns no number.
    let (_, escalations) = scene.ask(get("/api/v1/escalations"), &scene.lead).await;
    let first = &escalations["escalations"][0];
    assert_eq!((&first["news"], &first["unit"]), (&json!("not_satisfied"), &json!(null)), "{escalations}");
    assert!(first["owner"].as_str().unwrap().starts_with("call/"));
    let events = get("/api/v1/cloudevents?limit=100").to(&scene.bench.app).await.text();
    assert_eq!(events.matches("hotline.escalation.raised").count(), 2, "{events}");
    // Followed up: one is left.
    let path = format!("/api/v1/escalations/{}/seen", listed[0]["escalation"].as_str().unwrap());
    assert_eq!(scene.ask(post(&path, &json!({})), &scene.lead).await.0, 204);
    assert_eq!(bad().await.as_array().unwrap().len(), 1);
}
