//! Call-backs, items of the ledger, notices and tests of a month; and what is found when rows are bent.

use call::CallId;
use call::cdr::{CallBackRow, CallBackWhy, CallRow, Outcome as Came, Record};
use call::ids::{Name, Pii, StaffNo};
use promise::{
    Answers, CallBackEvent, Event, ItemEvent, Miss, Month, NoticeEvent, Of, Order, Outcome, Refusal, Script,
};
use tokio::sync::mpsc;

use super::house::{DAY, HOUR, House, MINUTE, MONDAY, Step};
use super::ulid;
use crate::cases::Track;
use crate::promise::{CalledAgain, NewItem, PromiseFault, Taken};
use crate::rows::Entry;
use crate::stored::Broken;
use crate::writer_tests::row;

const CITIZEN: &str = "13800001234";

fn record(record: Record) -> Entry {
    Entry::Record(Box::new(record))
}

fn owed(call: u128, number: &str, why: CallBackWhy, since: i64) -> Entry {
    let number = Pii::new(number);
    record(Record::CallBack(CallBackRow { call: CallId(call), number, why, since, due_at: since }))
}

fn call(n: u128, at: i64) -> CallRow {
    CallRow { offered_at: at, answered_at: Some(at), wait_ms: 9_000, ..row(n) }
}

fn over(n: u128, at: i64, operator: Option<&str>, outcome: Came) -> CallRow {
    CallRow {
        ended_at: Some(at + MINUTE),
        operator: operator.map(|no| StaffNo(Name::from(no))),
        outcome: Some(outcome),
        ..call(n, at)
    }
}

async fn write(house: &House, entries: Vec<Entry>) {
    let (told, _listen) = mpsc::channel(64);
    let writer = house.store.writer(told);
    entries.into_iter().for_each(|entry| writer.write(entry).unwrap());
    writer.stop().await.unwrap();
}

/// Two missed calls of one citizen, and one of another who asked to be called back.
async fn missed() -> House {
    let house = House::new().await;
    let mut entries = Vec::new();
    for (n, number, why) in [
        (1, CITIZEN, CallBackWhy::Missed),
        (2, CITIZEN, CallBackWhy::Missed),
        (3, "13900005678", CallBackWhy::Asked),
    ] {
        let at = MONDAY + i64::try_from(n).unwrap() * 1_000;
        entries.push(record(Record::Offered(call(n, at))));
        entries.push(record(Record::Ended(over(n, at, None, Came::Abandoned))));
        entries.push(owed(n, number, why, at));
    }
    write(&house, entries).await;
    house
}

#[tokio::test]
async fn missed_calls_of_one_citizen_are_one_call_back() {
    let mut house = missed().await;
    let debts = house.store.new_debts(10).await.unwrap();
    assert_eq!(debts.iter().map(|debt| debt.call.0).collect::<Vec<_>>(), [1, 2, 3]);
    let mut taken = Vec::new();
    for debt in &debts {
        taken.push(house.store.take_debt(house.timing(), *debt).await.unwrap());
    }
    assert_eq!(taken, [Taken::Opened, Taken::Joined(CallId(1)), Taken::Opened]);
    assert_eq!(house.store.take_debt(house.timing(), debts[1]).await.unwrap(), Taken::Already);
    assert_eq!(house.store.new_debts(10).await.unwrap(), []);
    house.sound().await;
    assert_eq!(house.store.called_again(&debts[2]).await.unwrap(), CalledAgain::No);
    let facts = house.store.errand_facts(&Of::CallBack(debts[0].call)).await.unwrap().unwrap();
    assert_eq!((facts.citizen, facts.since), (Some(Pii::new(CITIZEN)), Some(MONDAY + 1_000)));
    // The one who asked goes by the place that was kept, and is reached; the other one is not, three times.
    let habit = |order: &Order| match order.key.of {
        Of::CallBack(promise::CallId(3)) => Outcome::Connected,
        _ => Outcome::Missed(Miss::NoAnswer),
    };
    assert_eq!(house.work(habit).await, 2);
    house.sound().await;
    house.until(MONDAY + 3 * DAY, habit).await;
    house.sound().await;
    let states = "SELECT state || attempts || COALESCE(proof, '-') FROM callback ORDER BY because_of";
    assert_eq!(house.text(states).await, "person3- joined0- settled1proven");
    assert_eq!(house.text("SELECT joined_to FROM callback WHERE state = 'joined'").await, ulid(1));
    assert_eq!(house.text("SELECT what FROM person_asks WHERE done_at IS NULL").await, "missed_call");
    let first = Of::CallBack(debts[0].call);
    house.tell(first.clone(), Step::Back(CallBackEvent::ReachedByPerson)).await.unwrap();
    house.sound().await;
    assert_eq!(house.text("SELECT proof FROM callback WHERE because_of LIKE '%1'").await, "");
    assert_eq!(house.text("SELECT state FROM callback WHERE because_of LIKE '%1'").await, "settled");
    let again = house.tell(first, Step::Back(CallBackEvent::MissedAgain(promise::CallId(9)))).await;
    assert_eq!(again, Err(PromiseFault::Refused(Refusal::NobodyAsked)));
}

#[tokio::test]
async fn who_calls_again_is_seen_waiting_and_talking() {
    let mut house = missed().await;
    let debt = house.store.new_debts(1).await.unwrap()[0];
    house.store.take_debt(house.timing(), debt).await.unwrap();
    assert_eq!(
        house.store.called_again(&debt).await.unwrap(),
        CalledAgain::No,
        "the second one came to nothing"
    );
    write(&house, vec![record(Record::Offered(call(5, MONDAY + HOUR)))]).await;
    assert_eq!(house.store.called_again(&debt).await.unwrap(), CalledAgain::Waiting);
    let talking = CallRow { operator: Some(StaffNo(Name::from("1001"))), ..call(5, MONDAY + HOUR) };
    write(&house, vec![record(Record::Updated(talking))]).await;
    assert_eq!(house.store.called_again(&debt).await.unwrap(), CalledAgain::Talked);
    house.tell(Of::CallBack(debt.call), Step::Back(CallBackEvent::CalledAgain)).await.unwrap();
    house.sound().await;
    assert_eq!(house.count("SELECT COUNT(*) FROM task WHERE state = 'planned'").await, 0);
    assert_eq!(house.text("SELECT ending || why FROM promise").await, "voidcalled_again");
}

#[tokio::test]
async fn the_end_of_a_call_is_told_once() {
    let mut house = House::new().await;
    let ended = |n, operator, outcome| {
        vec![
            record(Record::Offered(call(n, MONDAY))),
            record(Record::Ended(over(n, MONDAY, operator, outcome))),
        ]
    };
    write(&house, ended(1, Some("1001"), Came::OnSpot)).await;
    write(&house, ended(1, Some("1001"), Came::OnSpot)).await;
    write(&house, [ended(2, Some("1001"), Came::CaseOpened), ended(3, None, Came::Abandoned)].concat()).await;
    house.sound().await;
    assert_eq!(house.told(&["outcome", "direction"]).await, "on_spotin case_openedin abandonedin");
    assert_eq!(house.count("SELECT COUNT(*) FROM outbox").await, 3);
}

#[tokio::test]
async fn items_are_listed_once_reviewed_and_struck_off() {
    let mut house = House::new().await;
    let case = house.open(Track::Case, CITIZEN).await;
    let new = NewItem {
        case: Some(case),
        owner: "civil".to_owned(),
        title: "旧路灯".to_owned(),
        why: "no budget".to_owned(),
    };
    let item = house.store.open_item(house.timing(), "1001", Some("k"), new.clone()).await.unwrap();
    assert_eq!(house.store.open_item(house.timing(), "1001", Some("k"), new).await.unwrap(), item);
    assert_eq!(house.count("SELECT COUNT(*) FROM ledger_item").await, 1);
    let nobody = |_: &Order| Outcome::Heard;
    house.until(MONDAY + 40 * DAY, nobody).await;
    assert_eq!(house.text("SELECT reader || unit_code FROM escalation").await, "ownercivil");
    house.sound().await;
    house.tell(Of::Item(item), Step::Item(ItemEvent::Reviewed("soon".into()))).await.unwrap();
    house.tell(Of::Item(item), Step::Item(ItemEvent::Struck("built".into()))).await.unwrap();
    house.sound().await;
    let row = "SELECT reviews || struck_by || struck_why FROM ledger_item";
    assert_eq!(house.text(row).await, "11001built");
    assert_eq!(house.count("SELECT COUNT(*) FROM task WHERE state = 'planned'").await, 0);
    let late = house.tell(Of::Item(item), Step::Item(ItemEvent::Struck("again".into()))).await;
    assert_eq!(late, Err(PromiseFault::Refused(Refusal::StruckOff)));
    assert_eq!(
        house.store.errand_facts(&Of::Item(item)).await.unwrap().unwrap().place.as_deref(),
        Some("人民路")
    );
}

#[tokio::test]
async fn notices_and_tests_are_planned_once_for_each_unit() {
    let mut house = House::new().await;
    house
        .run(
            "INSERT INTO unit (code, name, kind, config_version, gone_with) VALUES ('civil', 'C', 'department', 1, NULL), \
             ('water', 'W', 'agency', 1, NULL), ('old', 'O', 'agency', 1, 2)",
        )
        .await;
    let month = Month { year: 2026, month: 10 };
    assert_eq!(house.store.plan_notices(house.timing(), month).await.unwrap(), 2);
    assert_eq!(house.store.plan_notices(house.timing(), month).await.unwrap(), 0);
    let planned = house.store.planned_notices().await.unwrap();
    assert_eq!(planned, [Of::Notice(month, "civil".into()), Of::Notice(month, "water".into())]);
    let next = month.next();
    assert_eq!(house.store.plan_reaches(house.timing(), next).await.unwrap(), 2);
    assert_eq!(house.store.plan_reaches(house.timing(), next).await.unwrap(), 0);
    let habit = |order: &Order| match (&order.to, order.script) {
        (promise::To::Contact(unit, _), Script::Reach) if unit.as_ref() == "civil" => {
            Outcome::Acknowledged("3001".into())
        }
        _ => Outcome::Missed(Miss::NoAnswer),
    };
    house.until(MONDAY + 60 * DAY, habit).await;
    house.sound().await;
    let reached = "SELECT unit_code || what || SUM(count) FROM day_count WHERE what LIKE 'reach%' \
         GROUP BY unit_code, what ORDER BY unit_code, what";
    assert_eq!(house.text(reached).await, "reach.no2 reach.yes2 civilreach.yes2 waterreach.no2");
    assert_eq!(
        house.count("SELECT COUNT(*) FROM monthly_notice WHERE stage = 'draft' AND made_at > 0").await,
        2
    );
    for event in [
        NoticeEvent::Edited("1001".into(), 0),
        NoticeEvent::Signed("1002".into(), 1),
        NoticeEvent::Sent("1003".into()),
    ] {
        house.tell(planned[0].clone(), Step::Notice(event)).await.unwrap();
    }
    house.sound().await;
    let who =
        "SELECT stage || edited_by || signed_by || sent_by FROM monthly_notice WHERE unit_code = 'civil'";
    assert_eq!(house.text(who).await, "sent100110021003");
}

#[tokio::test]
async fn bent_rows_and_promises_without_a_task_are_found() {
    let mut house = House::new().await;
    let id = house.open(Track::Case, CITIZEN).await;
    house.case(id, Event::HandOver("civil".into())).await.unwrap();
    let habit = |order: &Order| match order.script {
        Script::Handover => Outcome::Received("3001".into()),
        Script::Reminder(_) => Outcome::Heard,
        _ => Outcome::Answered(Answers { first: Some(true), second: None, score: Some(3) }),
    };
    house.until(MONDAY + 2 * HOUR, habit).await;
    house.sound().await;
    let owner = Of::Case(id).to_string();
    let of = |row: &str| Broken::Promise { owner: owner.clone(), row: row.to_owned() };
    for (bend, mend, found) in [
        ("UPDATE cases SET state = 'reported'", "UPDATE cases SET state = 'accepted'", of("case")),
        ("UPDATE cases SET unit_code = 'x'", "UPDATE cases SET unit_code = 'civil'", of("the row")),
        (
            "UPDATE promise SET disputed = TRUE WHERE rev = 1",
            "UPDATE promise SET disputed = FALSE WHERE rev = 1",
            of("promise 1"),
        ),
        (
            "UPDATE handover SET received_by = '9'",
            "UPDATE handover SET received_by = '3001'",
            of("hand-over 1"),
        ),
        (
            "UPDATE echo SET due_at = due_at + 1 WHERE no = 1",
            "UPDATE echo SET due_at = due_at - 1 WHERE no = 1",
            of("echo 1.1"),
        ),
        (
            "UPDATE task SET state = 'cancelled' WHERE kind = 'echo1_over'",
            "UPDATE task SET state = 'planned' WHERE kind = 'echo1_over'",
            Broken::Unwatched { owner: owner.clone(), what: "echo1".to_owned() },
        ),
        (
            "UPDATE day_count SET count = 2 WHERE what = 'check.score3' AND unit_code = ''",
            "UPDATE day_count SET count = 1 WHERE what = 'check.score3' AND unit_code = ''",
            Broken::Count { day: MONDAY / DAY, what: "check.score3 ".to_owned() },
        ),
        ("UPDATE fact SET no = 99 WHERE no = 3", "UPDATE fact SET no = 3 WHERE no = 99", of("fact 3")),
    ] {
        house.run(bend).await;
        let broken = house.store.verify().await.unwrap();
        assert!(broken.contains(&found), "{bend}: {broken:?}");
        house.run(mend).await;
        house.sound().await;
    }
    assert_eq!(house.text("SELECT type FROM outbox WHERE pos = 1").await, "hotline.case.opened");
    assert!(house.told(&["kind"]).await.starts_with("complaint"));
    let no = house.text("SELECT no FROM cases").await;
    let log = house.store.case(&no, &crate::cases::Eyes::Office).await;
    let log = log.unwrap().unwrap().log;
    assert!(!log[0].fact && log[1].fact && log[1].kind == "assigned", "{log:?}");
}
