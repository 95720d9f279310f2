//! The table of tasks: leases, lanes, quiet hours, back-off, and two nodes that do anything in any order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};

use promise::{
    Again, CaseId, Citizen, Claim, Contact, Key, Kind, Lane, Lost, Name, Of, Plan, Table, TaskState, Terms,
    after,
};
use proptest::prelude::*;

const S: i64 = 1000;

fn key(case: u128, turn: u32) -> Key {
    Key { of: Of::Case(CaseId(case)), kind: Kind::Check, rev: 1, turn }
}

fn node(name: &str) -> Name {
    name.into()
}

fn table() -> Table {
    Table::new(Terms::default())
}

fn claim(table: &mut Table, now: i64, who: &str) -> Option<Claim> {
    table.release(now);
    table.claim(now, &node(who), true)
}

#[test]
fn a_key_is_one_task_however_often_it_is_planned() {
    let mut table = table();
    assert!(table.plan(Plan::at(key(1, 1), 10 * S)));
    assert!(!table.plan(Plan::at(key(1, 1), 20 * S)));
    assert_eq!(claim(&mut table, 9 * S, "a"), None, "not due");
    let had = claim(&mut table, 15 * S, "a").unwrap();
    assert_eq!((had.attempt, had.lag_ms, had.until), (1, 5 * S, 75 * S));
    table.done(16 * S, &had).unwrap();
    assert!(!table.plan(Plan::at(key(1, 1), 20 * S)), "done is done");
    assert_eq!(claim(&mut table, 99 * S, "a"), None);
    assert_eq!(table.done(17 * S, &had), Err(Lost));
}

#[test]
fn a_lease_that_runs_out_is_taken_over_and_the_first_node_brings_nothing_about() {
    let mut table = table();
    table.plan(Plan::at(key(1, 1), 0));
    let mut first = claim(&mut table, 0, "a").unwrap();
    table.renew(30 * S, &mut first).unwrap();
    assert_eq!(first.until, 90 * S);
    // 90 s by a clock that may be 10 s behind: not yet.
    assert_eq!(claim(&mut table, 100 * S, "b"), None);
    assert_eq!(table.next_at(100 * S), Some(100 * S + 1));
    let second = claim(&mut table, 100 * S + 1, "b").unwrap();
    assert_eq!((second.attempt, second.lag_ms), (2, 0), "how late it began is known from the first time");
    let row = table.get(&key(1, 1)).unwrap();
    assert_eq!(row.last_error.as_deref(), Some("lease lost by a"));
    assert_eq!(table.done(101 * S, &first), Err(Lost));
    let somebody = Claim { node: node("c"), ..second.clone() };
    assert_eq!(table.done(101 * S, &somebody), Err(Lost), "another node's");
    assert_eq!(table.renew(101 * S, &mut first), Err(Lost));
    assert_eq!(table.failed(101 * S, &first, "late".into()), Err(Lost));
    table.done(102 * S, &second).unwrap();
    assert_eq!(table.get(&key(1, 1)).unwrap().state, TaskState::Done);
}

#[test]
fn failures_wait_longer_each_time_and_end_with_a_person() {
    let mut table = table();
    table.plan(Plan::at(key(1, 1), 0));
    let (mut now, mut waits) = (0, Vec::new());
    let last = loop {
        let had = claim(&mut table, now, "a").unwrap();
        match table.failed(now, &had, "no trunk".into()).unwrap() {
            Again::At(at) => {
                assert_eq!(claim(&mut table, at - 1, "a"), None);
                assert_eq!(table.next_at(now), Some(at));
                waits.push((at - now) / S);
                now = at;
            }
            Again::Human => break had.attempt,
        }
    };
    assert_eq!(waits, [10, 20, 40, 80, 160, 320, 600]);
    assert_eq!(last, 8);
    let row = table.get(&key(1, 1)).unwrap();
    assert_eq!((row.state, row.last_error.as_deref()), (TaskState::Human, Some("no trunk")));
    assert_eq!(claim(&mut table, now * 2, "a"), None);
}

#[test]
fn nodes_that_die_at_every_attempt_end_with_a_person_too() {
    let mut table = table();
    table.plan(Plan::at(key(1, 1), 0));
    let mut given_up = Vec::new();
    for round in 0..9 {
        let now = round * 100 * S;
        given_up.extend(table.release(now));
        table.claim(now, &node("a"), true);
    }
    assert_eq!(given_up, [key(1, 1)]);
}

#[test]
fn one_lane_carries_one_call() {
    let mut table = table();
    let lane = Some(Lane::Contact("civil".into(), Contact::Liaison));
    for case in 1..=2 {
        table.plan(Plan { lane: lane.clone(), ..Plan::at(key(case, 1), 0) });
    }
    table.plan(Plan { lane: Some(Lane::Citizen(Citizen(1))), ..Plan::at(key(3, 1), 0) });
    let first = claim(&mut table, 0, "a").unwrap();
    assert_eq!(claim(&mut table, 0, "b").unwrap().key, key(3, 1), "another lane is free");
    assert_eq!(claim(&mut table, 0, "b"), None);
    table.done(S, &first).unwrap();
    assert_eq!(claim(&mut table, S, "b").unwrap().key, key(2, 1));
}

#[test]
fn urgent_goes_first_then_the_place_in_the_line() {
    let mut table = table();
    table.plan(Plan::at(key(1, 1), 5 * S));
    table.plan(Plan { place: S, ..Plan::at(key(2, 1), 6 * S) });
    table.plan(Plan { urgent: true, ..Plan::at(key(3, 1), 9 * S) });
    let order: Vec<Key> = (0..3).map(|_| claim(&mut table, 10 * S, "a").unwrap().key).collect();
    assert_eq!(order, [key(3, 1), key(2, 1), key(1, 1)]);
}

#[test]
fn what_is_for_the_day_waits_for_it_also_when_it_is_taken_over() {
    let mut table = table();
    table.plan(Plan { daytime: true, ..Plan::at(key(1, 1), 0) });
    assert_eq!(table.claim(S, &node("a"), false), None);
    table.claim(2 * S, &node("a"), true).unwrap();
    table.release(200 * S);
    assert_eq!(table.claim(200 * S, &node("b"), false), None);
    assert_eq!(table.claim(900 * S, &node("b"), true).unwrap().attempt, 2);
}

#[test]
fn what_nobody_began_in_time_expires_and_what_is_not_wanted_is_cancelled() {
    let mut table = table();
    table.plan(Plan { until: Some(20 * S), ..Plan::at(key(1, 1), 10 * S) });
    table.plan(Plan::at(key(2, 1), 10 * S));
    let other = Key { kind: Kind::Echo3, ..key(2, 1) };
    table.plan(Plan::at(other.clone(), 10 * S));
    assert!(table.expire(20 * S).is_empty(), "its last moment");
    assert_eq!(table.expire(20 * S + 1), [key(1, 1)]);
    assert_eq!(table.cancel(21 * S, &Of::Case(CaseId(2)), Some(Kind::Check)), 1);
    assert_eq!(table.get(&key(2, 1)).unwrap().state, TaskState::Cancelled);
    let running = claim(&mut table, 21 * S, "a").unwrap();
    assert_eq!(running.key, other);
    assert_eq!(table.cancel(22 * S, &Of::Case(CaseId(2)), None), 0, "what runs goes on");
    assert!(!table.move_to(&other, 99 * S));
    table.done(23 * S, &running).unwrap();
    assert_eq!(table.forget(&Of::Case(CaseId(2)), 24 * S).len(), 2);
    assert_eq!(table.iter().count(), 1);
}

#[test]
fn a_moved_task_comes_at_its_new_moment_only() {
    let mut table = table();
    table.plan(Plan::at(key(1, 1), 10 * S));
    assert!(table.move_to(&key(1, 1), 50 * S));
    assert_eq!(claim(&mut table, 49 * S, "a"), None);
    assert_eq!(claim(&mut table, 50 * S, "a").unwrap().lag_ms, 0);
}

#[derive(Clone, Debug)]
enum Deed {
    Plan(u8, u8),
    Claim(bool),
    Renew(u8),
    Done(u8),
    Failed(u8),
    Dies(bool),
    Cancel(u8),
    Wait(u16),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (any::<u8>(), any::<u8>()).prop_map(|(case, lane)| Deed::Plan(case % 40, lane % 5)),
        any::<bool>().prop_map(Deed::Claim),
        any::<bool>().prop_map(Deed::Claim),
        any::<u8>().prop_map(Deed::Renew),
        any::<u8>().prop_map(Deed::Done),
        any::<u8>().prop_map(Deed::Failed),
        any::<bool>().prop_map(Deed::Dies),
        any::<u8>().prop_map(|case| Deed::Cancel(case % 40)),
        any::<u16>().prop_map(|ms| Deed::Wait(ms / 2)),
    ]
}

/// Left alone, everything comes to an end.
fn run_out(table: &mut Table, mut at: i64, done: &mut BTreeSet<Key>) {
    for _ in 0..2_000 {
        at += 60 * S;
        table.release(at);
        while let Some(claim) = table.claim(at, &node("c"), true) {
            table.done(at, &claim).unwrap();
            assert!(done.insert(claim.key));
        }
        if table.iter().all(|row| row.ended_at.is_some()) {
            break;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Two nodes whose clocks differ by the most that is allowed never believe both that a task, or a lane, is theirs; what is
    /// done is done once.
    #[test]
    fn no_two_nodes_hold_the_same(deeds in prop::collection::vec(deed(), 1..200)) {
        let skews = [5 * S, -5 * S];
        let mut table = table();
        let mut lanes = BTreeMap::new();
        let mut held: Vec<(usize, Claim)> = Vec::new();
        let mut done = BTreeSet::new();
        let mut at = 1_000_000;
        for deed in deeds {
            match deed {
                Deed::Plan(case, lane) => {
                    let lane = Lane::Citizen(Citizen(lane.into()));
                    let plan = Plan { lane: Some(lane.clone()), ..Plan::at(key(case.into(), 1), at) };
                    if table.plan(plan) {
                        lanes.insert(key(case.into(), 1), lane);
                    }
                }
                Deed::Claim(second) => {
                    let who = usize::from(second);
                    let now = at + skews[who];
                    table.release(now);
                    if let Some(claim) = table.claim(now, &node(["a", "b"][who]), true) {
                        for (other, had) in &held {
                            let believes = at + skews[*other] <= had.until;
                            prop_assert!(!believes || lanes[&had.key] != lanes[&claim.key]);
                        }
                        prop_assert!(!done.contains(&claim.key));
                        held.push((who, claim));
                    }
                }
                Deed::Renew(n) if !held.is_empty() => {
                    let n = usize::from(n) % held.len();
                    let (who, claim) = &mut held[n];
                    let now = at + skews[*who];
                    // A node whose own clock says that the lease is over does not go on.
                    let renewed = now <= claim.until && table.renew(now, claim).is_ok();
                    if !renewed {
                        held.remove(n);
                    }
                }
                Deed::Done(n) if !held.is_empty() => {
                    let (who, claim) = held.remove(usize::from(n) % held.len());
                    if table.done(at + skews[who], &claim).is_ok() {
                        prop_assert!(done.insert(claim.key));
                    }
                }
                Deed::Failed(n) if !held.is_empty() => {
                    let (who, claim) = held.remove(usize::from(n) % held.len());
                    let _ = table.failed(at + skews[who], &claim, "".into());
                }
                Deed::Dies(second) => held.retain(|(who, _)| *who != usize::from(second)),
                Deed::Cancel(case) => {
                    table.cancel(at, &Of::Case(CaseId(case.into())), None);
                }
                Deed::Wait(ms) => at = after(at, std::time::Duration::from_millis(ms.into())),
                Deed::Renew(_) | Deed::Done(_) | Deed::Failed(_) => {}
            }
        }
        run_out(&mut table, at, &mut done);
        for row in table.iter() {
            prop_assert!(row.ended_at.is_some());
            prop_assert_eq!(row.state == TaskState::Done, done.contains(&row.plan.key));
        }
    }
}
