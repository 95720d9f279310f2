//! Orders: what reaches the core, what its refusals look like, and that a repetition is no second order.

use call::CallId;
use call::action::{Answer, Refusal};
use call::event::{AgentState, Mode, Order, Wanted};
use call::ids::{Address, DeskNo, Pii, ServiceCode, StaffNo};

use super::{Bench, STRANGER, get, post, until};
use crate::idempotency::{Asked, KEY_AGE, Keys, Turn};

fn path(order: &str) -> String {
    format!("/api/v1/calls/{STRANGER}/{order}")
}

fn call() -> CallId {
    CallId::parse(STRANGER).unwrap()
}

fn bridge(to: Wanted, mode: Mode, override_reason: Option<&str>) -> Order {
    Order::Bridge { call: call(), to, mode, case: None, override_reason: override_reason.map(Into::into) }
}

#[tokio::test]
async fn every_order_reaches_the_core_as_it_was_meant() {
    let bench = Bench::new().await;
    let outside = Wanted::Address(Address::Number(Pii::new("+8653512345")));
    let cases = [
        ("bridge", r#"{"desk":"037","mode":"bridge"}"#, bridge(Wanted::Desk(DeskNo(37)), Mode::Bridge, None)),
        (
            "bridge",
            r#"{"service":"hk-01","mode":"consult","override_reason":"台风"}"#,
            bridge(Wanted::Service(ServiceCode("hk-01".into())), Mode::Consult, Some("台风")),
        ),
        (
            "bridge",
            r#"{"phone":"op2","mode":"consult"}"#,
            bridge(Wanted::Address(Address::Phone("op2".into())), Mode::Consult, None),
        ),
        ("bridge", r#"{"number":"+8653512345","mode":"bridge"}"#, bridge(outside, Mode::Bridge, None)),
        ("merge", "", Order::Merge(call())),
        ("merge", "null", Order::Merge(call())),
        ("drop", "{}", Order::Drop(call())),
        ("leave", "", Order::Leave(call())),
        ("hold", r#"{"on":true}"#, Order::Hold(call(), true)),
        ("mute", r#"{"on":false}"#, Order::Mute(call(), false)),
        ("survey", "", Order::Survey(call())),
        ("emergency", r#"{"service":120}"#, Order::Emergency(call(), 120)),
        ("recall", "", Order::Recall(call())),
        ("recording", r#"{"on":false}"#, Order::Recording(call(), false)),
        ("hang-up", "", Order::HangUp(call())),
    ];
    for (n, (order, body, meant)) in cases.into_iter().enumerate() {
        let told = post(&path(order), &format!("key-{n}")).json(body).to(&bench.app).await;
        assert_eq!(
            (told.status.as_u16(), told.text().as_str()),
            (200, r#"{"status":"done"}"#),
            "{order} {body}"
        );
        assert_eq!(bench.given().last(), Some(&meant), "{order} {body}");
    }
    let told =
        post("/api/v1/operators/1001/state", "key-a").json(r#"{"state":"wrap_up"}"#).to(&bench.app).await;
    assert_eq!(told.status, 200);
    let meant = Order::Agent(StaffNo("1001".into()), AgentState::WrapUp);
    assert_eq!(bench.given().last(), Some(&meant));
    let before = bench.given().len();
    let told = post("/api/v1/drain", "key-b").json(r#"{"on":true}"#).to(&bench.app).await;
    assert_eq!((told.status.as_u16(), bench.given().len()), (200, before));
}

#[tokio::test]
async fn what_does_not_fit_is_no_order() {
    let bench = Bench::new().await;
    let cases = [
        ("bridge", r#"{"desk":"037"}"#, "mode"),
        ("bridge", r#"{"mode":"bridge"}"#, "exactly one"),
        ("bridge", r#"{"desk":"037","service":"x","mode":"bridge"}"#, "exactly one"),
        ("bridge", r#"{"desk":"37","mode":"bridge"}"#, "three digits"),
        ("bridge", r#"{"desk":"000","mode":"bridge"}"#, "three digits"),
        ("bridge", r#"{"desk":37,"mode":"bridge"}"#, "string"),
        ("bridge", r#"{"desk":"037","mode":"blind"}"#, "blind"),
        ("bridge", r#"{"desk":"037","mode":"bridge","colour":"red"}"#, "colour"),
        ("bridge", r#"{"number":"110a","mode":"bridge"}"#, "digits"),
        ("bridge", r#"{"phone":"op\u0000","mode":"bridge"}"#, "control"),
        ("bridge", r#"{"desk":"037","mode":"bridge","override_reason":" "}"#, "override_reason"),
        ("bridge", r#"{"desk":"037","desk":"038","mode":"bridge"}"#, "duplicate"),
        ("hold", "", "on"),
        ("hold", r#"{"on":"yes"}"#, "boolean"),
        ("hold", r#"{"on":true} x"#, "trailing"),
        ("emergency", r#"{"service":119000}"#, "119000"),
        ("emergency", r#"{"service":112}"#, "110"),
        ("merge", r#"{"now":true}"#, "now"),
        ("merge", "[]x", "column"),
    ];
    for (order, body, word) in cases {
        let told = post(&path(order), "k").json(body).to(&bench.app).await;
        assert_eq!(told.problem(), (400, "bad_body".into()), "{order} {body}");
        let detail = told.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(word), "{order} {body}: {detail}");
    }
    for state in ["ringing", "talking", "asleep"] {
        let body = format!(r#"{{"state":"{state}"}}"#);
        let told = post("/api/v1/operators/1001/state", "k").json(&body).to(&bench.app).await;
        assert_eq!(told.problem(), (400, "bad_body".into()), "{state}");
    }
    let told = post(&path("hold"), "k").json(r#"{"on":true}"#).without("content-type").to(&bench.app).await;
    assert_eq!(told.problem(), (415, "not_json".into()));
    assert_eq!(bench.given(), []);
}

#[tokio::test]
async fn refusals_say_what_the_reader_can_do() {
    let cases = [
        (Refusal::NoSuchCall, 404, "no_such_call"),
        (Refusal::NoSuchTarget, 404, "no_such_target"),
        (Refusal::DeskClosed { next_open: Some(1_790_000_000_123) }, 409, "desk_closed"),
        (Refusal::DeskClosed { next_open: None }, 409, "desk_closed"),
        (Refusal::WrongStage { stage: "queue" }, 409, "wrong_stage"),
        (Refusal::SeatTaken, 409, "seat_taken"),
        (Refusal::NotAllowed, 403, "not_allowed"),
    ];
    for (refusal, status, code) in cases {
        let refused = refusal.clone();
        let bench = Bench::with(10, move |_| Err(refused.clone())).await;
        let told = post(&path("merge"), "k").with("accept-language", "en").to(&bench.app).await;
        assert_eq!(told.problem(), (status, code.into()));
        let json = told.json();
        match refusal {
            Refusal::DeskClosed { next_open: Some(at) } => {
                assert_eq!(json["next_open"], at);
                assert_eq!(json["next_open_at"], "2026-09-21T14:13:20.123Z");
            }
            Refusal::WrongStage { stage } => assert_eq!(json["stage"], stage),
            _ => assert!(json.get("next_open").is_none() && json.get("stage").is_none()),
        }
    }
}

#[tokio::test]
async fn words_are_in_the_readers_language() {
    let bench = Bench::new().await;
    let told = |accept: Option<&str>| {
        let ask = get("/nothing");
        let ask = accept.map_or(ask.clone(), |a| ask.with("accept-language", a));
        let app = bench.app.clone();
        async move { ask.to(&app).await.header("content-language").to_owned() }
    };
    for (accept, lang) in [
        (None, "zh-CN"),
        (Some("en"), "en"),
        (Some("en-GB,en;q=0.8"), "en"),
        (Some("zh-CN,zh;q=0.9,en;q=0.8"), "zh-CN"),
        (Some("en;q=0.3, zh;q=0.7"), "zh-CN"),
        (Some("de, en;q=0.5"), "en"),
        (Some("fr, *;q=0.5"), "zh-CN"),
        (Some("en;q=x,;,,,=,zh;q=-1"), "zh-CN"),
    ] {
        assert_eq!(told(accept).await, lang, "{accept:?}");
    }
}

#[tokio::test]
async fn an_order_needs_one_good_key() {
    let bench = Bench::new().await;
    let plain = post(&path("merge"), "k").without("idempotency-key");
    for key in ["", " ", "a b", &"k".repeat(65), "schlüssel"] {
        let told = plain.clone().with("idempotency-key", key).to(&bench.app).await;
        assert_eq!(told.problem(), (400, "bad_key".into()), "{key:?}");
    }
    assert_eq!(plain.clone().to(&bench.app).await.problem().1, "bad_key");
    let two = plain.clone().with("idempotency-key", "a").with("idempotency-key", "b");
    assert_eq!(two.to(&bench.app).await.problem().1, "bad_key");
    assert_eq!(bench.given(), []);
    let longest = plain.with("idempotency-key", &"k".repeat(64));
    assert_eq!(longest.to(&bench.app).await.status, 200);
}

#[tokio::test]
async fn the_same_key_again_replays_and_with_another_order_is_refused() {
    let bench = Bench::with(100, |order| match order {
        Order::Merge(_) => Err(Refusal::WrongStage { stage: "talk" }),
        _ => Ok(Answer::Done),
    })
    .await;
    let hold = || post(&path("hold"), "one");
    let first = hold().json(r#"{"on":true}"#).to(&bench.app).await;
    let again = hold().json("{ \"on\" : true }").to(&bench.app).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (again.status, ""));
    assert_eq!((again.text(), again.header("idempotency-replayed")), (first.text(), "true"));
    let other = hold().json(r#"{"on":false}"#).to(&bench.app).await;
    assert_eq!(other.problem(), (422, "key_reused".into()));
    let elsewhere = post("/api/v1/drain", "one").json(r#"{"on":true}"#).to(&bench.app).await;
    assert_eq!(elsewhere.problem(), (422, "key_reused".into()));
    assert_eq!(bench.given(), [Order::Hold(call(), true)]);
    // A refusal is an answer too.
    for replayed in ["", "true"] {
        let told = post(&path("merge"), "two").to(&bench.app).await;
        assert_eq!(told.problem(), (409, "wrong_stage".into()));
        assert_eq!(told.header("idempotency-replayed"), replayed);
    }
    assert_eq!(bench.given().len(), 2);
}

#[tokio::test]
async fn many_at_once_give_one_order_and_all_get_its_answer() {
    let bench = Bench::with(0, |_| Ok(Answer::Done)).await;
    let ask = || {
        let app = bench.app.clone();
        tokio::spawn(async move { post(&path("survey"), "same").to(&app).await })
    };
    let asked: Vec<_> = (0..50).map(|_| ask()).collect();
    // One of them is hung up while the order is under way.
    let hung_up = ask();
    tokio::task::yield_now().await;
    hung_up.abort();
    bench.may_answer.add_permits(10);
    let mut replayed = 0;
    for told in asked {
        let told = told.await.unwrap();
        assert_eq!(told.status, 200);
        replayed += usize::from(told.header("idempotency-replayed") == "true");
    }
    assert_eq!((replayed, bench.given().len()), (49, 1));
}

#[tokio::test]
async fn whoever_asked_may_hang_up_and_come_back_for_the_answer() {
    let bench = Bench::with(0, |_| Err(Refusal::SeatTaken)).await;
    let app = bench.app.clone();
    let gone = tokio::spawn(async move { post(&path("survey"), "same").to(&app).await });
    tokio::task::yield_now().await;
    gone.abort();
    let _ = gone.await;
    bench.may_answer.add_permits(10);
    let orders = std::sync::Arc::clone(&bench.orders);
    until("the order", move || orders.lock().unwrap().len() == 1).await;
    let told = post(&path("survey"), "same").to(&bench.app).await;
    assert_eq!((told.problem().1.as_str(), told.header("idempotency-replayed")), ("seat_taken", "true"));
    assert_eq!(bench.given().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_too_long_is_told_so_and_the_order_goes_on() {
    let bench = Bench::with(0, |_| Ok(Answer::Done)).await;
    let told = post(&path("survey"), "slow").to(&bench.app).await;
    assert_eq!(told.problem(), (503, "timed_out".into()));
    bench.may_answer.add_permits(1);
    let told = post(&path("survey"), "slow").to(&bench.app).await;
    assert_eq!((told.status.as_u16(), bench.given().len()), (200, 1));
}

#[tokio::test]
async fn an_order_that_did_not_reach_the_core_may_be_sent_again() {
    let bench = Bench::new().await;
    bench.far.abort();
    until("the end", || bench.far.is_finished()).await;
    for _ in 0..2 {
        let told = post(&path("survey"), "k").to(&bench.app).await;
        assert_eq!(told.problem(), (503, "stopped".into()));
        assert_eq!((told.header("retry-after"), told.header("idempotency-replayed")), ("5", ""));
    }
    let health = get("/health").to(&bench.app).await;
    assert_eq!(health.text(), r#"{"status":"degraded","csp_reports":0,"reasons":["switchboard_silent"]}"#);
}

#[tokio::test(start_paused = true)]
async fn keys_are_bounded_in_number_and_age() {
    let keys: Keys = Keys::with_room(2);
    let key = |text: &str| {
        let request = axum::http::Request::builder().header("idempotency-key", text).body(()).unwrap();
        let mut parts = request.into_parts().0;
        async move {
            use axum::extract::FromRequestParts;
            crate::idempotency::Key::from_request_parts(&mut parts, &()).await.ok().unwrap()
        }
    };
    let (a, b, c) = (key("a").await, key("b").await, key("c").await);
    let asked = Asked::Drain(true);
    let now = tokio::time::Instant::now;
    let first = |turn| match turn {
        Ok(Turn::First(told)) => told,
        Ok(Turn::Again(_)) => panic!("again"),
        Err(error) => panic!("{error}"),
    };
    let told_a = first(keys.begin(&a, &asked, now()));
    let told_b = first(keys.begin(&b, &asked, now()));
    assert!(matches!(keys.begin(&c, &asked, now()), Err(crate::ApiError::KeysFull)));
    // The oldest that is done makes room, though an older one is under way.
    keys.settle(&b, &told_b, Ok(Ok(())));
    drop(told_b);
    let told_c = first(keys.begin(&c, &asked, now()));
    assert_eq!(keys.len(), 2);
    assert!(matches!(keys.begin(&a, &asked, now()), Ok(Turn::Again(_))));
    keys.settle(&a, &told_a, Ok(Ok(())));
    keys.settle(&c, &told_c, Ok(Err(Refusal::SeatTaken)));
    tokio::time::advance(KEY_AGE).await;
    let _ = first(keys.begin(&a, &asked, now()));
    assert_eq!(keys.len(), 1);
}
