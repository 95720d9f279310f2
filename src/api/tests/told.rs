//! A case that is opened lays a short message down, where the setting wants one.

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
