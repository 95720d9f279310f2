//! A case that is opened lays a short message down, where the setting wants one; and a subscriber of events is sent back.

use config::settings::{Body, Sms};
use serde_json::json;

use super::{Ask, Bench, get};

/// Later than every message of the test.
const LATER: i64 = 4_102_444_800_000;

fn sms(opened: bool) -> Sms {
    Sms {
        url: "http://127.0.0.1:9/".to_owned(),
        format: Body::Json,
        body: "{number}{text}".to_owned(),
        authorization: None,
        sender: "民生热线".to_owned(),
        opened,
        changed: true,
        result: true,
    }
}

#[tokio::test]
async fn whoever_opens_a_case_gets_its_number_and_code() {
    let bench = Bench::new().await;
    let open = async |sms: Option<Sms>| {
        let mut checked = (*bench.rooms.current.now()).clone();
        checked.settings.outputs.sms = sms;
        bench.rooms.current.exchange(checked);
        let body = json!({"kind": "complaint", "track": "case", "title": "路灯", "content": "", "confidential": false,
            "anonymous": false, "urgent": false, "applicant_phone": "13805351234"});
        let asked = Ask { method: "POST".into(), ..get("/api/v1/cases") }.json(&body.to_string());
        let told = asked.to(&bench.app).await;
        assert_eq!(told.status, 201, "{}", told.text());
        (told.json(), bench.rooms.store.waiting_messages(LATER, 10).await.unwrap())
    };
    assert!(open(None).await.1.is_empty(), "there is no gateway");
    assert!(open(Some(sms(false))).await.1.is_empty(), "the setting does not want it");
    let (made, waiting) = open(Some(sms(true))).await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].number.reveal(), "13805351234");
    let text = waiting[0].text.reveal();
    assert!(text.starts_with("【民生热线】"), "{text}");
    assert!(
        text.contains(made["no"].as_str().unwrap()) && text.contains(made["query_code"].as_str().unwrap()),
        "{text}"
    );
}

/// What the page of subscribers says of the one that there is.
async fn subscriber(bench: &Bench) -> serde_json::Value {
    let told = get("/api/v1/webhooks").to(&bench.app).await;
    assert_eq!(told.status, 200, "{}", told.text());
    assert!(!told.text().contains("secret"), "{}", told.text());
    told.json()["webhooks"][0].clone()
}

async fn replay(bench: &Bench, name: &str, body: serde_json::Value) -> u16 {
    let path = format!("/api/v1/webhooks/{name}/replay");
    let asked = Ask { method: "POST".into(), ..get(&path) }.json(&body.to_string());
    asked.to(&bench.app).await.status.as_u16()
}

#[tokio::test]
async fn a_subscriber_is_sent_again_what_it_had_and_a_pause_ends() {
    let bench = Bench::new().await;
    let mut checked = (*bench.rooms.current.now()).clone();
    checked.settings.outputs.webhooks = vec![config::settings::Webhook {
        name: "platform".into(),
        url: "https://platform.example.org/in/secret".into(),
        types: Vec::new(),
    }];
    bench.rooms.current.exchange(checked);
    for title in ["路灯", "井盖", "噪声"] {
        super::promises::opened(&bench, title, false).await;
    }
    let (store, now) = (&bench.rooms.store, bench.rooms.promises.now());
    let head = store.outbox_head().await.unwrap();
    assert!(head >= 3, "{head}");
    // It took all, and then wants no more.
    let at = store.subscriber("platform").await.unwrap();
    assert_eq!(at.acked, head, "one that is new begins at the newest");
    store.put_off(now, &at, i64::MAX, "HTTP 410: paused until a replay").await.unwrap();
    let paused = subscriber(&bench).await;
    assert_eq!((&paused["waiting"], &paused["tries"]), (&json!(0), &json!(1)), "{paused}");
    assert!(paused["last_error"].is_string() && paused["next_at"].is_i64(), "{paused}");
    assert_eq!(replay(&bench, "platform", json!({"from": 2})).await, 204);
    let back = subscriber(&bench).await;
    assert_eq!((&back["acked"], &back["waiting"]), (&json!(1), &json!(head - 1)), "{back}");
    assert_eq!((&back["last_error"], &back["next_at"]), (&json!(null), &json!(null)), "{back}");
    let again = store.events_after(1, 100).await.unwrap();
    assert_eq!(again.first().map(|event| event.pos), Some(2), "the first that is sent again");
    for (name, body, status) in [
        ("nobody", json!({"from": 1}), 404),
        ("platform", json!({"from": -1}), 400),
        ("platform", json!({}), 400),
    ] {
        assert_eq!(replay(&bench, name, body).await, status, "{name}");
    }
    let audit = get("/api/v1/audit?what=webhook.replayed").to(&bench.app).await.json();
    assert_eq!(audit["lines"].as_array().unwrap().len(), 1, "{audit}");
    assert_eq!(audit["lines"][0]["detail"], "from=2");
}
