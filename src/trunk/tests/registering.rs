//! Registrations: refreshed, refused, moved, taken back.

use super::{Exchange, World, registering, s};
use crate::{Action, Answer, Event, Settings, State, Way};

#[test]
fn a_registration_is_refreshed_well_before_its_end_and_never_lapses() {
    let mut world = World::fixed(registering());
    for minute in 1..=600 {
        world.until(s(60 * minute));
        assert!(world.line.view(world.now).registered_until > Some(world.now + s(300)));
    }
    let times: Vec<_> = world.registered(s(0)).iter().map(|(_, at)| *at).collect();
    assert!(times.windows(2).all(|w| (s(3100)..s(3300)).contains(&(w[1] - w[0]))), "{times:?}");
    assert_eq!(world.changes(), [State::Up]);
}

#[test]
fn what_is_granted_counts_not_what_was_asked() {
    let mut world = World::fixed(registering());
    let short = Answer { expires: Some(60), ..Answer::status(200) };
    world.exchanges.insert("a", Exchange::Says(short));
    world.until(s(600));
    let count = world.registered(s(0)).len();
    assert!((15..=35).contains(&count), "{count} in ten minutes of a minute each");
    assert_eq!(world.line.state(), &State::Up);
}

#[test]
fn an_interval_too_brief_is_lengthened_once_and_then_kept() {
    let mut world = World::fixed(Settings { register: Some(s(60)), ..Settings::default() });
    let brief = Answer { min_expires: Some(1800), ..Answer::status(423) };
    world.exchanges.insert("a", Exchange::Says(brief));
    world.until(s(1));
    // The same number again makes no sense: it is a refusal then.
    let asked: Vec<_> = world
        .did
        .iter()
        .filter_map(|(_, a)| match a {
            Action::Register { expires, .. } => Some(*expires),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [60, 1800]);
    assert_eq!(world.line.state(), &State::Unregistered(423));
    world.exchanges.insert("a", Exchange::Well);
    world.until(s(1200));
    assert_eq!(world.line.state(), &State::Up);
}

#[test]
fn a_refusal_that_a_person_must_mend_is_not_hammered() {
    for status in [401, 403, 404, 407] {
        let mut world = World::fixed(registering());
        world.exchanges.insert("a", Exchange::Says(Answer::status(status)));
        world.until(s(3600));
        let tries = world.registered(s(0)).len();
        assert!((3..=6).contains(&tries), "{tries} tries within an hour after {status}");
        assert_eq!(world.line.state(), &State::Unregistered(status));
        let (zh, en) = world.line.state().words();
        assert!(zh.contains(&status.to_string()) && en.contains("check user"), "{en}");
        world.exchanges.insert("a", Exchange::Well);
        world.until(s(3600 + 1200));
        assert_eq!(world.line.state(), &State::Up);
    }
}

#[test]
fn tries_wait_longer_and_longer_up_to_five_minutes() {
    let mut world = World::new(registering(), Way::Fixed(vec!["a"]));
    world.exchanges.insert("a", Exchange::Says(Answer::status(500)));
    world.until(s(3600));
    let times: Vec<_> = world.registered(s(0)).iter().map(|(_, at)| *at).collect();
    let waits: Vec<_> = times.windows(2).map(|w| w[1] - w[0]).collect();
    assert!(waits[0] >= s(1) && waits[0] <= s(3), "{waits:?}");
    assert!(waits.iter().all(|w| *w <= s(301)) && waits.iter().any(|w| *w > s(200)), "{waits:?}");
    assert!(times.len() < 30, "{}", times.len());
}

#[test]
fn two_houses_with_other_seeds_do_not_come_together() {
    let at = |seed| {
        let mut line = crate::Line::new(registering(), Way::Fixed(vec!["a"]), seed, s(0));
        let Some(Action::Register { request, .. }) = line.poll() else { panic!() };
        line.handle(s(1), Event::Answered(request, Answer { expires: Some(3600), ..Answer::status(200) }));
        line.next_timeout().unwrap()
    };
    assert_ne!(at(1), at(2));
}

#[test]
fn a_pause_that_is_asked_for_is_kept() {
    let mut world = World::new(registering(), Way::Fixed(vec!["a"]));
    let busy = Answer { retry_after: Some(120), ..Answer::status(503) };
    world.exchanges.insert("a", Exchange::Says(busy));
    world.until(s(100));
    assert_eq!(world.registered(s(0)).len(), 1);
    world.until(s(130));
    assert_eq!(world.registered(s(0)).len(), 2);
}

#[test]
fn a_dead_exchange_is_left_for_the_next_within_seconds() {
    let mut world = World::fixed(registering());
    world.exchanges.insert("a", Exchange::Dead);
    world.until(s(60));
    let all = world.registered(s(0));
    assert_eq!(all.iter().map(|(to, _)| *to).collect::<Vec<_>>()[..2], ["a", "b"]);
    assert!(all[1].1 <= s(9), "{all:?}");
    assert_eq!(world.line.state(), &State::Up);
}

#[test]
fn one_that_dies_in_the_middle_of_it_is_left_and_taken_again_when_it_is_back() {
    let mut world = World::fixed(Settings { qualify: s(30), ..registering() });
    world.until(s(10));
    assert_eq!(world.registered(s(0)).last().unwrap().0, "a");
    world.exchanges.insert("a", Exchange::Dead);
    world.until(s(200));
    assert_eq!(world.registered(s(10)).iter().map(|(to, _)| *to).collect::<Vec<_>>(), ["b"]);
    assert_eq!(world.line.destinations(world.now), ["b", "a"]);
    assert_eq!(world.changes(), [State::Up], "the trunk itself was there all the time");
    world.exchanges.insert("a", Exchange::Well);
    world.until(s(300));
    assert_eq!(world.registered(s(200)).last().unwrap().0, "a", "back to the first");
    assert_eq!(world.line.destinations(world.now), ["a", "b"]);
}

#[test]
fn when_all_are_back_the_registration_does_not_wait_for_its_turn() {
    let mut world = World::fixed(Settings { qualify: s(10), ..registering() });
    for at in ["a", "b"] {
        world.exchanges.insert(at, Exchange::Dead);
    }
    world.until(s(4000));
    assert_eq!(world.line.state(), &State::Silent);
    world.exchanges.insert("b", Exchange::Well);
    world.until(s(4030));
    assert_eq!(world.line.state(), &State::Up);
}

#[test]
fn a_lost_connection_and_another_account_register_anew() {
    let mut world = World::fixed(registering());
    world.until(s(100));
    world.tell(Event::Disconnected("a"));
    world.until(s(102));
    assert_eq!(world.registered(s(100)).len(), 1);
    world.tell(Event::Disconnected("b"));
    world.until(s(110));
    assert_eq!(world.registered(s(102)).len(), 0, "it was not over that one");
    let other = Settings { account: "203.0.113.9".to_owned(), ..registering() };
    world.line.reconfigure(world.now, other, Way::Fixed(vec!["a", "b"]));
    world.until(s(111));
    assert_eq!(world.registered(s(110)).len(), 1);
}

#[test]
fn it_is_taken_back_at_the_end_and_nothing_follows() {
    let mut world = World::fixed(Settings { qualify: s(30), ..registering() });
    world.until(s(100));
    world.tell(Event::Stop);
    assert!(!world.line.is_quiet());
    world.until(s(101));
    assert!(world.line.is_quiet());
    assert!(matches!(
        world.did.iter().rev().find(|(_, a)| matches!(a, Action::Register { .. })),
        Some((_, Action::Register { expires: 0, to: "a", .. }))
    ));
    let before = world.did.len();
    world.until(s(10_000));
    assert_eq!(world.did.len(), before);
    assert_eq!((world.line.state(), world.line.next_timeout()), (&State::Stopped, None));
}

#[test]
fn without_the_wish_it_is_taken_back_too() {
    let mut world = World::fixed(registering());
    world.until(s(10));
    world.line.reconfigure(world.now, Settings::default(), Way::Fixed(vec!["a", "b"]));
    world.until(s(20));
    assert_eq!(world.line.view(world.now).registered_until, None);
    assert!(world.line.is_quiet() && world.registered(s(10)).is_empty());
}
