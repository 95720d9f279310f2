//! Cases by HTTP: opened once, listed, noted, attached; masked; what is hostile stays text.

use call::cdr::Record;
use serde_json::{Value, json};
use store::Entry;
use tokio::sync::mpsc;

use super::records::{NUMBER, call_row, id};
use super::{Ask, Bench, STRANGER, get};

fn post(path: &str, body: &Value) -> Ask {
    Ask { method: "POST".into(), ..get(path) }.json(&body.to_string())
}

fn form(title: &str) -> Value {
    json!({"kind": "complaint", "track": "case", "title": title, "content": "路灯不亮", "confidential": false,
        "anonymous": false, "urgent": true})
}

async fn open(bench: &Bench, body: Value) -> String {
    let told = post("/api/v1/cases", &body).to(&bench.app).await;
    assert_eq!(told.status, 201, "{}", told.text());
    let made = told.json();
    assert_eq!(made["query_code"].as_str().unwrap().len(), 4);
    made["no"].as_str().unwrap().to_owned()
}

/// Two calls of the same number.
async fn calls(bench: &Bench) {
    let (told, mut heard) = mpsc::channel(100);
    let writer = bench.rooms.store.writer(told);
    for n in [1, 2] {
        writer.write(Entry::Record(Box::new(Record::Offered(call_row(n))))).unwrap();
    }
    writer.stop().await.unwrap();
    while heard.recv().await.is_some() {}
}

#[tokio::test]
async fn a_case_goes_from_the_form_to_the_list_and_keeps_its_log() {
    let bench = Bench::new().await;
    calls(&bench).await;
    let (first, second) = (id(1).to_string(), id(2).to_string());
    let mut body = form("路灯");
    body["call"] = json!(first);
    body["applicant_name"] = json!("张三");
    let no = open(&bench, body).await;
    let list = get("/api/v1/cases?state=received&limit=5").to(&bench.app).await.json();
    let line = &list["cases"][0];
    assert_eq!((&line["no"], &line["urgent"], &list["next"]), (&json!(no), &json!(true), &Value::Null));
    assert_eq!(line["applicant_masked"], "张* 138****5678");
    let path = format!("/api/v1/cases/{no}");
    assert_eq!(post(&format!("{path}/note"), &json!({"text": "已联系"})).to(&bench.app).await.status, 204);
    assert_eq!(post(&format!("{path}/attach"), &json!({"call": second})).to(&bench.app).await.status, 204);
    let told = get(&path).to(&bench.app).await;
    assert!(!told.text().contains(NUMBER) && !told.text().contains("张三"), "{}", told.text());
    let page = told.json();
    let log: Vec<_> = page["log"].as_array().unwrap().iter().map(|l| l["kind"].as_str().unwrap()).collect();
    assert_eq!(log, ["state", "note", "attach"]);
    assert_eq!(page["calls"].as_array().unwrap().len(), 2);
    let earlier = get(&format!("/api/v1/calls/{second}/earlier")).to(&bench.app).await.json();
    assert_eq!((&earlier["cases"][0]["no"], &earlier["calls"][0]["id"]), (&json!(no), &json!(first)));
    // Shown in full with a reason only.
    let bare = post(&format!("{path}/unmask"), &json!({"reason": " "})).to(&bench.app).await;
    assert_eq!(bare.problem(), (400, "unfit".into()));
    let told = post(&format!("{path}/unmask"), &json!({"reason": "回访核实"})).to(&bench.app).await.json();
    assert_eq!(told, json!({"name": "张三", "phone": NUMBER}));
}

#[tokio::test]
async fn the_same_key_opens_one_case() {
    let bench = Bench::new().await;
    let ask = || post("/api/v1/cases", &form("路灯")).with("idempotency-key", "k-1");
    let (first, second) = (ask().to(&bench.app).await.json(), ask().to(&bench.app).await.json());
    assert_eq!(first["no"], second["no"]);
    let bad =
        post("/api/v1/cases", &form("路灯")).with("idempotency-key", &"k".repeat(65)).to(&bench.app).await;
    assert_eq!(bad.problem(), (400, "bad_key".into()));
}

#[tokio::test]
async fn what_can_not_be_taken_is_told_in_words() {
    let bench = Bench::new().await;
    let with = |field: &str, value: Value| {
        let mut body = form("路灯");
        body[field] = value;
        post("/api/v1/cases", &body)
    };
    for (field, value) in [
        ("title", json!(" ")),
        ("title", json!("长".repeat(201))),
        ("content", json!("a\u{0}b")),
        ("service", json!("QQQ-001")),
        ("unit", json!("QQQ")),
        ("applicant_phone", json!("<script>")),
        ("applicant_phone", json!("12")),
        ("applicant_name", json!("长".repeat(61))),
    ] {
        let told = with(field, value.clone()).to(&bench.app).await;
        assert_eq!(told.problem(), (400, "unfit".into()), "{field} {value}");
    }
    for (field, value) in
        [("kind", json!("x")), ("track", json!(1)), ("more", json!(1)), ("urgent", json!("yes"))]
    {
        assert_eq!(with(field, value).to(&bench.app).await.problem(), (400, "bad_body".into()), "{field}");
    }
    assert_eq!(with("call", json!(STRANGER)).to(&bench.app).await.problem(), (404, "no_such_call".into()));
    for no in ["1", "261009000013", "26100900001%32", STRANGER, "261009000012"] {
        let path = format!("/api/v1/cases/{no}");
        assert_eq!(get(&path).to(&bench.app).await.problem(), (404, "no_such_case".into()), "{no}");
        let note = post(&format!("{path}/note"), &json!({"text": "x"})).to(&bench.app).await;
        assert_eq!(note.problem(), (404, "no_such_case".into()), "{no}");
    }
    for query in ["?limit=0", "?limit=201", "?state=x", "?other=1"] {
        assert_eq!(
            get(&format!("/api/v1/cases{query}")).to(&bench.app).await.problem().1,
            "bad_address",
            "{query}"
        );
    }
    assert_eq!(
        get(&format!("/api/v1/calls/{STRANGER}/earlier")).to(&bench.app).await.problem().1,
        "no_such_call"
    );
}

#[tokio::test]
async fn script_is_text_in_every_field() {
    let bench = Bench::new().await;
    let script = "<script>alert('1')</script>\u{1b}[31m\u{202e}' OR 1=1 --";
    let mut body = form(script);
    body["content"] = json!(script);
    body["place"] = json!(script);
    body["applicant_name"] = json!(script);
    let no = open(&bench, body).await;
    let path = format!("/api/v1/cases/{no}");
    assert_eq!(post(&format!("{path}/note"), &json!({"text": script})).to(&bench.app).await.status, 204);
    let told = get(&path).to(&bench.app).await;
    assert_eq!(told.header("content-type"), "application/json");
    let page = told.json();
    assert_eq!(
        (&page["title"], &page["content"], &page["place"]),
        (&json!(script), &json!(script), &json!(script))
    );
    assert_eq!((&page["log"][1]["what"], &page["log"][1]["source"]), (&json!(script), &json!("log")));
    assert!(page["applicant_masked"].as_str().unwrap().starts_with("<*"));
}
