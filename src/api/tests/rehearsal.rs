//! Rehearsal over HTTP: single questions in both languages, last week's calls, one at a time.

use serde_json::{Value, json};

use super::{Bench, ask};

impl Bench {
    async fn route(&self, question: Value) -> Value {
        let told = ask("POST", "/api/v1/rehearsal/route").json(&question.to_string()).to(&self.app).await;
        assert_eq!(told.status, 200, "{}", told.text());
        told.json()
    }
}

/// 2026-10-12 10:00 in Asia/Shanghai, a Monday.
const MONDAY: i64 = 1_791_770_400_000;

fn english(route: &Value) -> String {
    route["steps"].as_array().unwrap().iter().map(|s| format!("{}\n", s["en"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_question_is_answered_step_by_step_in_both_languages_with_why() {
    let bench = Bench::new().await;
    let route = bench.route(json!({"at": MONDAY, "from": "13800000000", "keys": "2,037#,1"})).await;
    let told = english(&route);
    assert!(told.contains("138****0000 dials 89000") && told.contains("desk 037 is open"), "{told}");
    assert!(route["end"]["en"].as_str().unwrap().starts_with("three-way call"));
    assert!(route["end"]["zh"].as_str().unwrap().starts_with("三方通话"));
    let hours = route["steps"].as_array().unwrap().iter().find(|s| s["kind"] == "hours").unwrap();
    assert!(hours["why_en"].as_str().unwrap().contains("calendar/hours.toml:"), "{hours}");
    assert!(hours["zh"].as_str().unwrap().contains("在办公") && hours["at_ms"].as_i64().unwrap() > MONDAY);
}

#[tokio::test]
async fn who_is_away_and_what_is_shut_changes_the_path() {
    let bench = Bench::new().await;
    let end = |route: Value| route["end"]["en"].as_str().unwrap().to_owned();
    assert_eq!(end(bench.route(json!({"at": MONDAY, "absent": ["operators"]})).await), "voice mail");
    let keyed = json!({"at": MONDAY, "keys": "2,037#,1", "closed": ["037"]});
    assert!(english(&bench.route(keyed).await).contains("desk 037 is closed: temporary change of the desk"));
    let busy = bench.route(json!({"at": MONDAY, "keys": "2,037#,1", "desk": "busy"})).await;
    assert!(english(&busy).contains("did not come"), "{busy}");
    let away = bench.route(json!({"at": MONDAY, "keys": "2,037#,1", "absent": ["2034"]})).await;
    assert!(english(&away).contains("2034 is passed over"), "{}", english(&away));
    assert!(end(bench.route(json!({"at": MONDAY, "to": "89001"})).await).starts_with("ended"));
}

#[tokio::test]
async fn a_question_can_be_asked_of_the_draft() {
    let bench = Bench::new().await;
    let question = json!({"at": MONDAY, "keys": "2,037#,1", "draft": true});
    let refused = ask("POST", "/api/v1/rehearsal/route").json(&question.to_string()).to(&bench.app).await;
    assert_eq!(refused.problem(), (409, "no_draft".into()));
    ask("POST", "/api/v1/config/draft").to(&bench.app).await;
    let shut = json!({"edits": [{"file": "calendar/hours.toml", "at": ["change"], "op": "insert",
        "value": {"place": "desk 037", "from": "2026-10-12", "reason": "停电检修"}}]});
    let told = ask("PATCH", "/api/v1/config/draft").json(&shut.to_string()).to(&bench.app).await;
    assert_eq!((told.status.as_u16(), &told.json()["faults"]), (200, &json!([])));
    assert!(english(&bench.route(question).await).contains("desk 037 is closed"));
    assert!(
        english(&bench.route(json!({"at": MONDAY, "keys": "2,037#,1"})).await).contains("desk 037 is open")
    );
}

#[tokio::test]
async fn questions_that_do_not_read_are_refused() {
    let bench = Bench::new().await;
    for question in [
        json!({"keys": "2;3"}),
        json!({"keys": "1".repeat(101)}),
        json!({"to": "nobody"}),
        json!({"from": "abc"}),
        json!({"desk": "sleeps"}),
        json!({"absent": vec!["x"; 1001]}),
        json!({"when": 5}),
    ] {
        let told = ask("POST", "/api/v1/rehearsal/route").json(&question.to_string()).to(&bench.app).await;
        assert_eq!(told.problem(), (400, "bad_body".into()), "{question}");
    }
    let told = ask("POST", "/api/v1/rehearsal/route").json(r#"{"closed":["37"]}"#).to(&bench.app).await;
    assert_eq!(told.problem(), (400, "bad_address".into()));
}
