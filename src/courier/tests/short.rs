//! Short messages: to whom, what, once; what a gateway refuses or is not ready for.

use call::ids::Pii;
use papers::Zone;
use papers::message::Form;
use serde_json::{Value, json};
use sqlx::Row;
use store::{CaseKind, NewCase, Track};

use super::House;
use super::receiver::{Receiver, Reply};
use crate::Sms;
use crate::gateway::Gateway;
use crate::notify;
use crate::tls::Tls;

fn sms(receiver: &Receiver) -> Sms {
    Sms {
        url: receiver.url(),
        form: Form::Json,
        body: r#"{"to":"{number}","text":"{text}","key":"{secret}"}"#.to_owned(),
        authorization: Some("Bearer {secret}".to_owned()),
        secret: "ge\"heim".to_owned(),
        sender: "民生热线".to_owned(),
        changed: true,
        result: true,
    }
}

async fn case(house: &House, phone: &str, anonymous: bool) -> String {
    let new = NewCase {
        call: None,
        kind: CaseKind::Request,
        track: Track::Case,
        category: None,
        service: None,
        unit: None,
        title: "路灯不亮".to_owned(),
        content: "三天".to_owned(),
        place: None,
        applicant_name: None,
        applicant_phone: Some(Pii::new(phone)),
        confidential: false,
        anonymous,
        urgent: false,
    };
    house.store.open_case(house.at(), "1001", None, new).await.unwrap().unwrap().no
}

async fn states(house: &mut House) -> Vec<(String, i64, i64)> {
    let rows = sqlx::query(
        "SELECT state, tries, LENGTH(number) + LENGTH(text) AS kept FROM short_message ORDER BY at, id",
    );
    let rows = rows.fetch_all(&mut house.other).await.unwrap();
    rows.iter().map(|row| (row.get("state"), row.get("tries"), row.get("kept"))).collect()
}

#[tokio::test]
async fn a_message_reaches_the_gateway_once_and_leaves_nothing_behind() {
    let (mut house, receiver) =
        (House::new().await, Receiver::new(&[Reply::Status(503), Reply::Status(200)]).await);
    let sms = sms(&receiver);
    let no = case(&house, "13805351234", false).await;
    let texts = || ("您的\"编号\"\n".to_owned() + &no, "Your number".to_owned());
    assert!(house.store.write_message(house.at(), &no, Some("m1"), texts()).await.unwrap());
    assert!(house.store.write_message(house.at(), &no, Some("m1"), texts()).await.unwrap());
    let sealed: Vec<u8> =
        sqlx::query_scalar("SELECT number FROM short_message").fetch_one(&mut house.other).await.unwrap();
    assert!(!sealed.windows(11).any(|part| part == b"13805351234"));
    let mut gateway = Gateway::new(&sms, Tls::new(None).unwrap(), house.store.clone(), house.now()).unwrap();
    assert_eq!(gateway.round().await.unwrap(), 1);
    assert_eq!(gateway.round().await.unwrap(), 0, "not before its time");
    house.later(10_000);
    assert_eq!(gateway.round().await.unwrap(), 1);
    house.later(86_400_000);
    assert_eq!(gateway.round().await.unwrap(), 0);
    let came = receiver.came();
    assert_eq!(came.len(), 2);
    let body: Value = serde_json::from_str(&came[1].body).unwrap();
    assert_eq!(body, json!({ "to": "13805351234", "text": texts().0, "key": "ge\"heim" }));
    assert_eq!(came[1].headers["authorization"], "Bearer ge\"heim");
    assert!(came.iter().all(|came| came.headers["idempotency-key"] == "m1"));
    assert_eq!(states(&mut house).await, [("sent".to_owned(), 2, 0)]);
}

#[tokio::test]
async fn nobody_hears_who_did_not_say_who_they_are_or_has_no_mobile() {
    let house = &mut House::new().await;
    for (phone, anonymous) in [("13805351234", true), ("05356212345", false), ("+14155550100", false)] {
        let no = case(house, phone, anonymous).await;
        let texts = ("a".to_owned(), "a".to_owned());
        assert!(!house.store.write_message(house.at(), &no, None, texts).await.unwrap(), "{phone}");
    }
    assert!(
        !house
            .store
            .write_message(house.at(), "nothing", None, (String::new(), String::new()))
            .await
            .unwrap()
    );
    assert!(states(house).await.is_empty());
}

#[tokio::test]
async fn what_is_refused_or_old_is_given_up() {
    let (mut house, receiver) =
        (House::new().await, Receiver::new(&[Reply::Status(400), Reply::Status(503)]).await);
    let no = case(&house, "13805351234", false).await;
    for id in ["m1", "m2"] {
        let texts = ("a".to_owned(), "a".to_owned());
        house.store.write_message(house.at(), &no, Some(id), texts).await.unwrap();
    }
    let mut gateway =
        Gateway::new(&sms(&receiver), Tls::new(None).unwrap(), house.store.clone(), house.now()).unwrap();
    assert_eq!(gateway.round().await.unwrap(), 2);
    house.later(86_400_001);
    assert_eq!(gateway.round().await.unwrap(), 1);
    assert_eq!(receiver.came().len(), 2, "what is old is not posted");
    assert_eq!(states(&mut house).await, [("failed".to_owned(), 1, 0), ("failed".to_owned(), 2, 0)]);
}

#[tokio::test]
async fn citizens_hear_of_a_granted_day_and_of_the_end() {
    let (mut house, receiver) = (House::new().await, Receiver::new(&[Reply::Status(200)]).await);
    let (sms, zone, now) = (sms(&receiver), Zone::named("Asia/Shanghai").unwrap(), house.now());
    let no = case(&house, "13805351234", false).await;
    assert!(!notify::round(&sms, &zone, &house.store, &now).await.unwrap());
    let due_at = house.at() + 7 * 86_400_000;
    for why in ["extension", "calendar"] {
        let data = json!({ "promise": "work", "due_at": due_at, "why": why });
        house.happens("hotline.promise.changed", &no, data).await;
    }
    house.happens("hotline.case.moved", &no, json!({ "state": "reported" })).await;
    house.happens("hotline.case.moved", &no, json!({ "state": "accepted" })).await;
    assert!(notify::round(&sms, &zone, &house.store, &now).await.unwrap());
    assert!(!notify::round(&sms, &zone, &house.store, &now).await.unwrap());
    let mut gateway = Gateway::new(&sms, Tls::new(None).unwrap(), house.store.clone(), now.clone()).unwrap();
    assert_eq!(gateway.round().await.unwrap(), 2);
    let bodies: String = receiver.came().iter().map(|came| came.body.clone()).collect();
    assert!(
        bodies.contains("【民生热线】") && bodies.contains("10月19日") && bodies.contains("办理完毕"),
        "{bodies}"
    );
    // Off for two days: what happened meanwhile is no news any more.
    house.happens("hotline.case.moved", &no, json!({ "state": "reported" })).await;
    house.later(2 * 86_400_000);
    assert!(notify::round(&sms, &zone, &house.store, &now).await.unwrap());
    assert_eq!(gateway.round().await.unwrap(), 0);
}
