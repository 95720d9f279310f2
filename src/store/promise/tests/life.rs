//! Whole lives of cases, call-backs, items, notices and tests, through the store.

use promise::{
    Answers, Channel, Event, Method, Miss, Of, Order, Outcome, Proof, Refusal, Script, State,
    Step as CaseStep, To,
};

use super::house::{DAY, HOUR, House, MINUTE, MONDAY, Step};
use crate::cases::Track;
use crate::promise::PromiseFault;

/// Everybody is there and content.
fn well(order: &Order) -> Outcome {
    match order.script {
        Script::Handover => Outcome::Received("3001".into()),
        Script::Reminder(_) => Outcome::Heard,
        Script::Urgent | Script::Reach => Outcome::Acknowledged("3001".into()),
        Script::Check => Outcome::Answered(Answers { first: Some(true), second: None, score: Some(5) }),
        Script::Echo3 => Outcome::Answered(Answers { first: Some(true), second: Some(true), score: Some(4) }),
        Script::CallBack => Outcome::Connected,
    }
}

/// Nobody is.
fn silent(_: &Order) -> Outcome {
    Outcome::Missed(Miss::NoAnswer)
}

#[tokio::test]
async fn a_case_is_handed_over_done_and_archived() {
    let mut house = House::new().await;
    let id = house.open(Track::Case, "13800001234").await;
    house.sound().await;
    house.case(id, Event::HandOver("civil".into())).await.unwrap();
    house.sound().await;
    assert_eq!(house.work(well).await, 1);
    house.sound().await;
    assert_eq!(house.text("SELECT state FROM cases").await, "accepted");
    assert_eq!(house.text("SELECT received_by FROM handover").await, "3001");
    house.now += 5 * MINUTE;
    let call = promise::CallId(77);
    house.case(id, Event::CalledBack(Proof::Proven(call), "3001".into())).await.unwrap();
    house.until(MONDAY + 2 * HOUR, well).await;
    house.sound().await;
    assert_eq!(house.text("SELECT kind || score FROM followup").await, "reply_1h5");
    house.now = MONDAY + DAY;
    let echo2 = Event::Echo2 { method: Method::Face, proof: Proof::Claimed, by: "3001".into() };
    house.case(id, echo2).await.unwrap();
    house.case(id, Event::Reported("3001".into())).await.unwrap();
    house.sound().await;
    house.until(MONDAY + 10 * DAY, well).await;
    house.sound().await;
    assert_eq!(house.text("SELECT state FROM cases").await, "archived");
    let endings = "SELECT what || '=' || ending FROM promise ORDER BY rev";
    let all = "handover=kept work=kept echo1=kept echo2=kept callback=kept check=kept echo3=kept";
    assert_eq!(house.text(endings).await, all);
    assert_eq!(
        house.text("SELECT call_id FROM promise WHERE what = 'callback'").await,
        crate::promise::tests::ulid(77)
    );
    assert_eq!(house.count("SELECT COUNT(*) FROM echo WHERE at IS NOT NULL").await, 3);
    assert_eq!(house.count("SELECT COUNT(*) FROM task WHERE state IN ('planned', 'running')").await, 0);
    let late = house.case(id, Event::Reported("3001".into())).await;
    assert_eq!(late, Err(PromiseFault::Refused(Refusal::NotNow(State::Archived, CaseStep::Report))));
    let counted = "SELECT count FROM day_count WHERE unit_code = 'civil' AND what = 'check.score5'";
    assert_eq!(house.count(counted).await, 1);
}

#[tokio::test]
async fn nobody_answers_and_everything_is_visibly_missed() {
    let mut house = House::new().await;
    let id = house.open(Track::Case, "13800001234").await;
    house.case(id, Event::HandOver("civil".into())).await.unwrap();
    house.until(MONDAY + HOUR, silent).await;
    house.sound().await;
    assert_eq!(house.text("SELECT why FROM promise WHERE what = 'handover'").await, "no_receipt");
    assert_eq!(house.text("SELECT what FROM person_asks WHERE done_at IS NULL").await, "handover");
    assert_eq!(house.text("SELECT reader || ' ' || news FROM escalation").await, "lead nobody_took_it");
    house.case(id, Event::Received("3001".into(), Channel::Operator)).await.unwrap();
    assert_eq!(house.count("SELECT COUNT(*) FROM person_asks WHERE done_at IS NULL").await, 0);
    house.until(MONDAY + 20 * DAY, silent).await;
    house.sound().await;
    let open = "SELECT COUNT(*) FROM promise WHERE ended_at IS NULL";
    assert_eq!(house.count(open).await, 0);
    let missed = "SELECT what || '=' || why FROM promise WHERE ending = 'missed' ORDER BY rev";
    assert_eq!(
        house.text(missed).await,
        "handover=no_receipt work=not_reported echo1=not_told echo2=no_result callback=no_call_back"
    );
    assert_eq!(house.text("SELECT check_by FROM cases").await, "person");
    let pos = "SELECT COUNT(*) - MAX(pos) FROM outbox";
    assert_eq!(house.count(pos).await, 0, "events are numbered without gaps");
    assert_eq!(house.count("SELECT COUNT(*) FROM outbox WHERE data LIKE '%138%'").await, 0);
}

#[tokio::test]
async fn a_redo_is_another_hand_over_and_another_round() {
    let mut house = House::new().await;
    let id = house.open(Track::Case, "13800001234").await;
    house.case(id, Event::HandOver("civil".into())).await.unwrap();
    house.work(well).await;
    house.case(id, Event::Returned("not ours".into())).await.unwrap();
    house.case(id, Event::Reassign("water".into())).await.unwrap();
    house.work(well).await;
    house.sound().await;
    for round in 1..=2 {
        let proof = Proof::Proven(promise::CallId(5));
        house.case(id, Event::CalledBack(proof, "4001".into())).await.unwrap();
        house.case(id, Event::AskExtension(3, "parts".into())).await.unwrap();
        house.case(id, Event::AnswerExtension((round == 1).then_some(3), "fine".into())).await.unwrap();
        let echo2 = Event::Echo2 { method: Method::Phone, proof, by: "4001".into() };
        house.case(id, echo2).await.unwrap();
        house.case(id, Event::Reported("4001".into())).await.unwrap();
        let bad = |order: &Order| match order.script {
            Script::Echo3 => {
                Outcome::Answered(Answers { first: Some(true), second: Some(true), score: Some(1) })
            }
            _ => well(order),
        };
        let soon = house.now + 3 * HOUR;
        house.until(soon, bad).await;
        house.sound().await;
    }
    assert_eq!(house.text("SELECT state FROM cases").await, "joint_meeting");
    let named = "SELECT no || unit_code || round || COALESCE(reassigned_to, '') FROM handover ORDER BY no";
    assert_eq!(house.text(named).await, "1civil1water 2water1 3water2");
    let extended = "SELECT no || '.' || round || '.' || COALESCE(CAST(granted AS TEXT), 'no') FROM extension ORDER BY no";
    assert_eq!(house.text(extended).await, "1.1.3 2.2.no");
    house.case(id, Event::Decided("settled".into())).await.unwrap();
    house.sound().await;
}

#[tokio::test]
async fn urgent_cases_run_down_the_chain_and_keep_how_they_were_opened() {
    let mut house = House::new().await;
    // Friday, 21:30: an ordinary hand-over waits until Monday.
    house.now = MONDAY + 4 * DAY + 11 * HOUR + 30 * MINUTE;
    let id = house.open(Track::Case, "13800001234").await;
    house.case(id, Event::HandOver("civil".into())).await.unwrap();
    house.case(id, Event::Flag(promise::Flag::Urgent, true)).await.unwrap();
    house.sound().await;
    let lead = |order: &Order| match order.to {
        To::ShiftLead => Outcome::Acknowledged("1001".into()),
        _ => Outcome::Missed(Miss::Busy),
    };
    house.work(lead).await;
    house.sound().await;
    assert_eq!(house.text("SELECT state FROM cases").await, "accepted");
    house.case(id, Event::Flag(promise::Flag::Urgent, false)).await.unwrap();
    house.case(id, Event::Flag(promise::Flag::Supervised, true)).await.unwrap();
    house.sound().await;
    let flags = "SELECT COUNT(*) FROM cases WHERE NOT urgent AND supervised AND NOT blocked";
    assert_eq!(house.count(flags).await, 1);
    assert_eq!(house.tell(Of::Case(promise::CaseId(1)), Step::Due).await, Err(PromiseFault::NoSuchOwner));
}
