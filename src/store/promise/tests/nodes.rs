//! Nodes that crash, race and ask twice.

use promise::{Again, CaseId, Event, Key, Of, Outcome, Refusal};

use super::house::{House, MINUTE, MONDAY, Step, step};
use crate::cases::Track;
use crate::either::query;
use crate::promise::{Deed, Done, PromiseFault};

const RECEIVED: fn() -> Outcome = || Outcome::Received("3001".into());

#[tokio::test]
async fn a_crash_between_the_steps_loses_nothing_and_does_nothing_twice() {
    let mut house = House::new().await;
    let id = house.open(Track::Case, "13800001234").await;
    house.case(id, Event::HandOver("civil".into())).await.unwrap();
    // Claimed, and the node is gone before it begins.
    let first = house.claim("a").await;
    assert_eq!((first.len(), house.claim("b").await.len()), (1, 0));
    house.now += 60_000 + 10_000;
    assert_eq!(house.claim("b").await.len(), 0, "b's clock may be ahead");
    house.now += 1;
    let second = house.claim("b").await;
    assert_eq!((second.len(), second[0].claim.attempt), (1, 2));
    // Begun: the call was about to be placed, and the node is gone.
    assert_eq!(house.begin(&second[0]).await.unwrap().len(), 1);
    let call = call::CallId(9);
    house.store.set_task_call(&second[0].claim, call).await.unwrap().unwrap();
    assert_eq!(house.store.task_of_call(call).await.unwrap().unwrap().claim, second[0].claim);
    house.now += 70_001;
    let third = house.claim("a").await;
    assert_eq!(third[0].call, Some(call), "whoever takes it over knows that there was a call");
    assert_eq!(house.begin(&third[0]).await.unwrap().len(), 1);
    // The second node wakes up again: whatever it brings is not committed.
    let before = house.count("SELECT COUNT(*) FROM fact").await;
    assert_eq!(house.called(&second[0], RECEIVED()).await, Err(PromiseFault::Lost));
    let deed = Deed { claim: Some(second[0].claim.clone()), ..Deed::new(house.now, "house") };
    let key = second[0].claim.key.clone();
    let lost = house.store.keep(Of::Case(id), deed, step(house.timing(), Some(key), Step::Due)).await;
    assert_eq!(lost.unwrap(), Err(PromiseFault::Lost));
    assert_eq!(house.count("SELECT COUNT(*) FROM fact").await, before);
    house.called(&third[0], RECEIVED()).await.unwrap();
    assert_eq!(house.text("SELECT state FROM task WHERE kind = 'handover'").await, "done");
    house.sound().await;
}

#[tokio::test]
async fn leases_are_renewed_given_back_and_given_up() {
    let mut house = House::new().await;
    let id = house.open(Track::Case, "13800001234").await;
    house.case(id, Event::HandOver("civil".into())).await.unwrap();
    let task = house.claim("a").await.remove(0);
    let mut claims = vec![task.claim.clone(), promise::Claim { attempt: 7, ..task.claim.clone() }];
    claims[1].key.turn = 9;
    house.now += 30_000;
    let lost = house.store.renew_tasks(house.now, &mut claims).await.unwrap();
    assert_eq!((lost.len(), claims.len(), claims[0].until), (1, 1, house.now + 60_000));
    let mut last = Ok(Again::Human);
    for attempt in 1..=8 {
        let claim = if attempt == 1 { claims[0].clone() } else { house.claim("a").await.remove(0).claim };
        assert_eq!(claim.attempt, attempt);
        last = house.store.task_failed(house.now, &claim, "no trunk").await.unwrap();
        assert_eq!(house.store.task_failed(house.now, &claim, "no trunk").await.unwrap(), Err(promise::Lost));
        if let Ok(Again::At(at)) = last {
            assert_eq!(house.store.next_task_at(house.now).await.unwrap(), Some(at));
            assert_eq!(house.claim("a").await.len(), 0, "not before its moment");
            house.now = at;
        }
    }
    assert_eq!(last, Ok(Again::Human));
    house.sound().await;
    // Its owner hears of it, once, whatever crashes in between.
    let untold = house.store.untold_tasks(10).await.unwrap();
    assert_eq!(untold, std::slice::from_ref(&task.claim.key));
    let deed = Deed { gave_up: Some(untold[0].clone()), ..Deed::new(house.now, "house") };
    let placed = promise::Placed { call: promise::CallId(0), began_at: house.now };
    let no_line = Step::Called(placed, Outcome::Missed(promise::Miss::NoLine));
    let work = step(house.timing(), Some(untold[0].clone()), no_line);
    // The case has not been handed over: what nobody was called for is not missed by a contact.
    house.store.keep(Of::Case(id), deed, work).await.unwrap().unwrap();
    assert_eq!(house.store.untold_tasks(10).await.unwrap(), []);
}

#[tokio::test]
async fn two_nodes_never_call_one_liaison_at_once() {
    let mut house = House::new().await;
    for _ in 0..5 {
        let id = house.open(Track::Case, "").await;
        house.case(id, Event::HandOver("civil".into())).await.unwrap();
        let id = house.open(Track::Case, "").await;
        house.case(id, Event::HandOver("water".into())).await.unwrap();
    }
    let (a, b) = tokio::join!(house.claim("a"), house.claim("b"));
    assert_eq!(a.len() + b.len(), 2, "one for each unit");
    assert_eq!((house.claim("a").await, house.claim("b").await), (vec![], vec![]));
    for task in a.iter().chain(&b) {
        house.begin(task).await.unwrap();
        house.called(task, RECEIVED()).await.unwrap();
    }
    assert_eq!(house.claim("b").await.len(), 2, "the next ones follow");
    // What the index holds, whoever asks.
    let second = "UPDATE task SET state = 'running' WHERE state = 'planned' AND kind = 'handover'";
    assert!(query(second).execute(&mut house.other).await.is_err());
    house.sound().await;
}

#[tokio::test]
async fn urgent_tasks_go_first_then_by_place_and_what_is_late_expires() {
    let mut house = House::new().await;
    house
        .run(
            "INSERT INTO task (key, owner, kind, due_at, place, urgent, daytime, lane, until_at, state, attempt, lease_until) \
             VALUES ('callback/1/callback/1.1', 'callback/1', 'callback', 5, 3, FALSE, FALSE, 'citizen/1', NULL, 'planned', 0, 0), \
             ('callback/2/callback/1.1', 'callback/2', 'callback', 4, 4, FALSE, FALSE, 'citizen/2', NULL, 'planned', 0, 0), \
             ('callback/3/callback/1.1', 'callback/3', 'callback', 9, 9, TRUE, FALSE, 'citizen/3', NULL, 'planned', 0, 0), \
             ('callback/4/callback/1.1', 'callback/4', 'callback', 2, 2, FALSE, TRUE, 'citizen/4', NULL, 'planned', 0, 0), \
             ('callback/5/callback/1.1', 'callback/5', 'callback', 1, 1, FALSE, FALSE, 'citizen/5', 19, 'planned', 0, 0), \
             ('callback/6/callback/1.1', 'callback/6', 'callback', 1, 1, FALSE, FALSE, 'citizen/6', 20, 'planned', 0, 0), \
             ('callback/7/callback/1.1', 'callback/7', 'callback', 21, 21, FALSE, FALSE, 'citizen/7', NULL, 'planned', 0, 0)",
        )
        .await;
    let night = house.store.claim_tasks(20, "a", false, 3).await.unwrap();
    let owners = |claims: &[crate::promise::Claimed]| -> Vec<String> {
        claims.iter().map(|c| c.claim.key.of.to_string()).collect()
    };
    assert_eq!(owners(&night.taken), ["callback/3", "callback/6", "callback/1"]);
    assert_eq!(night.expired, [Key::parse("callback/5/callback/1.1").unwrap()]);
    assert_eq!(night.taken[2].claim.lag_ms, 15);
    assert_eq!(house.store.next_task_at(20).await.unwrap(), Some(21));
    let rest = house.store.claim_tasks(20, "b", true, 9).await.unwrap();
    assert_eq!(owners(&rest.taken), ["callback/4", "callback/2"]);
}

/// A hand-over under the same key.
async fn ask(house: &House, id: CaseId, who: &str) -> Result<Done, PromiseFault> {
    let deed = Deed { request_key: Some("k1".to_owned()), ..Deed::new(house.now, who) };
    let event = Step::Case(Event::HandOver("civil".into()));
    house.store.keep(Of::Case(id), deed, step(house.timing(), None, event)).await.unwrap()
}

#[tokio::test]
async fn a_request_that_comes_twice_is_done_once() {
    let house = &mut House::new().await;
    let id = house.open(Track::Case, "13800001234").await;
    assert!(!ask(house, id, "1001").await.unwrap().again);
    assert!(ask(house, id, "1001").await.unwrap().again);
    // Somebody else's key of the same letters is another one.
    let refused = ask(house, id, "1002").await;
    assert_eq!(refused, Err(PromiseFault::Refused(Refusal::Assigned)));
    assert_eq!(house.count("SELECT COUNT(*) FROM fact WHERE kind = 'assigned'").await, 1);
    assert_eq!(house.count("SELECT COUNT(*) FROM handover").await, 1);
    house.now = MONDAY + MINUTE;
    let settled = house.case(id, Event::SettledOnSpot).await;
    assert_eq!(settled, Err(PromiseFault::Refused(Refusal::Assigned)));
    house.sound().await;
}
