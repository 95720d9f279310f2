//! What scripts do not show of a case: results that come twice, tasks that are left, questions that are over.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod world;

use promise::{
    Asking, CallId, CaseId, Channel, Event, Key, Kind, Miss, Of, Outcome, Placed, Proof, Refusal, Script,
    State, TaskState, Track, What,
};

use world::people::Habit;
use world::time::at;
use world::{World, whole};

/// A case of Monday morning, handed over; its liaison is called.
fn handed_over() -> (World, CaseId) {
    let mut world = World::new(at("2026-10-12 10:00"));
    let id = world.open(Track::Case, true, false);
    world.tell(id, Event::HandOver("civil".into())).unwrap();
    world.run_until(world.now);
    assert_eq!(world.case(id).state, State::HandedOver);
    (world, id)
}

fn accepted() -> (World, CaseId) {
    let (mut world, id) = handed_over();
    world.tell(id, Event::Received("3001".into(), Channel::Operator)).unwrap();
    (world, id)
}

fn planned(world: &World, id: CaseId) -> Vec<Kind> {
    let rows = world.house.table.iter().filter(|row| row.plan.key.of == Of::Case(id));
    rows.filter(|row| row.state == TaskState::Planned).map(|row| row.plan.key.kind).collect()
}

fn key(world: &World, id: CaseId, what: What, kind: Kind, turn: u32) -> Key {
    Key { of: Of::Case(id), kind, rev: world.case(id).vows[&what].rev, turn }
}

fn placed(world: &World) -> Placed {
    Placed { call: CallId(9), began_at: world.now }
}

#[test]
fn a_result_that_comes_twice_counts_once() {
    let (mut world, id) = handed_over();
    let first = key(&world, id, What::Handover, Kind::Handover, 1);
    let missed = || Event::Called(first.clone(), placed(&world), Outcome::Missed(Miss::NoAnswer));
    let (once, twice) = (missed(), missed());
    world.tell(id, once).unwrap();
    assert_eq!(world.case(id).vows[&What::Handover].tries, 1);
    let before = world.case(id).clone();
    world.tell(id, twice).unwrap();
    assert_eq!(*world.case(id), before);

    let (mut world, id) = accepted();
    let first = key(&world, id, What::Check, Kind::Check, 1);
    for _ in 0..2 {
        let missed = Event::Called(first.clone(), placed(&world), Outcome::Missed(Miss::Busy));
        world.tell(id, missed).unwrap();
    }
    assert_eq!(world.case(id).vows[&What::Check].tries, 1);
}

#[test]
fn a_receipt_by_keys_after_the_case_went_elsewhere_is_none() {
    let (mut world, id) = handed_over();
    let old = key(&world, id, What::Handover, Kind::Handover, 1);
    world.tell(id, Event::Returned("not ours".into())).unwrap();
    world.tell(id, Event::Reassign("roads".into())).unwrap();
    let before = world.case(id).clone();
    world.tell(id, Event::Called(old, placed(&world), Outcome::Received("3001".into()))).unwrap();
    assert_eq!(*world.case(id), before);
}

#[test]
fn what_is_returned_leaves_no_call_planned_and_nobody_to_be_asked() {
    let (mut world, id) = accepted();
    let calls = [Kind::WarnLiaison, Kind::Check, Kind::CallBackOver];
    assert!(calls.iter().all(|kind| planned(&world, id).contains(kind)));
    world.tell(id, Event::Returned("not ours".into())).unwrap();
    let left = planned(&world, id);
    assert!(!calls.iter().any(|kind| left.contains(kind)), "{left:?}");
    assert!(left.contains(&Kind::WorkOver), "the clock of the work goes on");
    assert_eq!(world.case(id).check, Asking::Nobody);
    assert_eq!(world.tell(id, Event::CheckedByPerson(whole(5))), Err(Refusal::NobodyAsked));
}

#[test]
fn what_is_closed_leaves_nothing_planned() {
    let (mut world, id) = accepted();
    world.tell(id, Event::Merge(CaseId(99))).unwrap();
    assert!(planned(&world, id).is_empty());
    assert_eq!(world.case(id).merged_into, Some(CaseId(99)));
    assert_eq!(world.case(id).closed_at, Some(world.now));
}

#[test]
fn a_task_of_another_case_is_refused() {
    let (mut world, id) = accepted();
    let foreign = Key { of: Of::Case(CaseId(404)), ..key(&world, id, What::Check, Kind::Check, 1) };
    assert_eq!(world.tell(id, Event::Due(foreign)), Err(Refusal::NotOurs));
    let reach = key(&world, id, What::Check, Kind::Reach, 1);
    assert_eq!(world.tell(id, Event::Due(reach)), Err(Refusal::NotOurs));
    let check = key(&world, id, What::Check, Kind::Check, 1);
    let heard = Event::Called(check, placed(&world), Outcome::Heard);
    assert_eq!(world.tell(id, heard), Err(Refusal::NotOfThisCall));
}

#[test]
fn a_reply_is_for_somebody() {
    let at = at("2026-10-12 10:00");
    let opening = promise::Opening {
        at,
        track: Track::Reply,
        citizen: None,
        confidential: false,
        urgent: false,
        repeat_of: Some(CaseId(1)),
    };
    assert_eq!(promise::Case::open(CaseId(2), opening).err(), Some(Refusal::NobodyToReply));
}

#[test]
fn a_reply_has_no_echoes_extensions_or_reports() {
    let mut world = World::new(at("2026-10-12 10:00"));
    let id = world.open(Track::Reply, true, false);
    world.people.0.insert("liaison".to_owned(), Habit::Takes("3001".to_owned()));
    world.tell(id, Event::HandOver("civil".into())).unwrap();
    world.run_until(world.now + 60_000);
    assert_eq!(world.case(id).state, State::Accepted);
    let by = || "3001".into();
    let (method, proof) = (promise::Method::Face, Proof::Claimed);
    let deeds = [
        Event::Echo1 { method, proof, by: by(), until: None },
        Event::Echo2 { method, proof, by: by() },
        Event::AskExtension(2, "rain".into()),
        Event::Reported(by()),
    ];
    for deed in deeds {
        assert_eq!(world.tell(id, deed), Err(Refusal::NotForReplies));
    }
}

#[test]
fn the_chain_names_its_scripts_and_rings_as_set() {
    let (mut world, id) = handed_over();
    world.tell(id, Event::Flag(promise::Flag::Urgent, true)).unwrap();
    let urgent = key(&world, id, What::Urgent, Kind::Urgent, 3);
    let done = world.house.tell(world.now, id, Event::Due(urgent)).unwrap();
    let order = done.order().unwrap();
    assert_eq!((order.script, order.ring.as_secs()), (Script::Urgent, 20));
    assert_eq!(order.to, promise::To::ShiftLead);
}
