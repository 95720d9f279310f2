//! OPTIONS with hysteresis: three misses in a row, two answers, and what calls prove by the way.

use std::time::Duration;

use super::{Exchange, World, asking, s};
use crate::{Action, Answer, Event, Settings, State, Way};

fn one(every: u64) -> World {
    World::new(asking(every), Way::Fixed(vec!["a"]))
}

#[test]
fn it_is_asked_about_every_interval_and_the_first_time_at_once() {
    let mut world = one(30);
    assert_eq!(world.line.state(), &State::Unproven);
    world.until(s(3600));
    let times = world.asked("a", s(0));
    assert!(times[0] <= s(1) && (105..=135).contains(&times.len()), "{}", times.len());
    assert_eq!(world.changes(), [State::Up]);
}

#[test]
fn one_or_two_misses_say_nothing_three_do() {
    for (misses, changes) in [(1, 1), (2, 1), (3, 2)] {
        let mut world = one(30);
        world.until(s(10));
        world.exchanges.insert("a", Exchange::Dead);
        while world.asked("a", s(10)).len() < misses {
            world.until(world.now + Duration::from_millis(100));
        }
        world.exchanges.insert("a", Exchange::Well);
        world.until(world.now + s(9));
        assert_eq!(world.changes().len(), changes, "{misses}: {:?}", world.changes());
    }
}

#[test]
fn a_silent_one_is_known_within_a_minute_and_back_after_two_answers() {
    let mut world = one(30);
    world.until(s(100));
    world.exchanges.insert("a", Exchange::Dead);
    world.until(s(170));
    assert_eq!(world.line.state(), &State::Silent);
    assert!(!world.line.is_available(world.now));
    let since = world.now;
    world.exchanges.insert("a", Exchange::Well);
    while world.line.state() == &State::Silent {
        world.until(world.now + Duration::from_millis(50));
    }
    assert_eq!(world.asked("a", since).len(), 2);
    assert_eq!(world.changes(), [State::Up, State::Silent, State::Up]);
}

#[test]
fn any_answer_but_408_and_503_says_that_somebody_is_there() {
    for (status, up) in
        [(404, true), (405, true), (481, true), (500, true), (603, true), (408, false), (503, false)]
    {
        let mut world = one(10);
        world.exchanges.insert("a", Exchange::Says(Answer::status(status)));
        world.until(s(60));
        assert_eq!(world.line.state() == &State::Up, up, "{status}");
        assert_eq!(world.line.view(world.now).last.is_some(), up);
    }
}

#[test]
fn calls_prove_and_disprove_it_too() {
    let mut world = one(600);
    world.until(s(10));
    world.exchanges.insert("a", Exchange::Dead);
    for _ in 0..30 {
        world.until(world.now + s(60));
        world.tell(Event::Heard("a", 0));
    }
    assert_eq!(world.changes(), [State::Up]);
    assert!(world.asked("a", s(10)).is_empty(), "while it is heard it need not be asked");
    for _ in 0..3 {
        world.tell(Event::Failed("a", None));
    }
    assert_eq!(world.line.state(), &State::Silent);
}

#[test]
fn where_nobody_asks_a_failed_call_makes_it_rest_and_time_heals() {
    let mut world = one(0);
    world.tell(Event::Heard("a", 200));
    assert_eq!(world.line.state(), &State::Up);
    world.tell(Event::Failed("a", None));
    assert_eq!(world.line.state(), &State::Silent);
    assert_eq!(world.line.destinations(world.now), ["a"], "rather tried in vain than not at all");
    world.until(s(31));
    assert_eq!(world.line.state(), &State::Up);
    assert!(!world.did.iter().any(|(_, a)| matches!(a, Action::Ask { .. })));
}

#[test]
fn a_pause_that_is_asked_for_lasts_as_long_as_it_says() {
    let mut world = one(30);
    world.until(s(10));
    world.tell(Event::Failed("a", Some(s(90))));
    assert_eq!(world.line.state(), &State::Resting);
    world.until(s(99));
    assert_eq!(world.line.state(), &State::Resting, "answers to questions don't shorten it");
    world.until(s(101));
    assert_eq!(world.line.state(), &State::Up);
}

#[test]
fn another_interval_and_none_are_taken_up_at_once() {
    let mut world = one(0);
    world.until(s(100));
    world.line.reconfigure(world.now, asking(10), Way::Fixed(vec!["a"]));
    world.until(s(200));
    assert!((8..=13).contains(&world.asked("a", s(100)).len()));
    world.line.reconfigure(world.now, Settings::default(), Way::Fixed(vec!["a"]));
    world.until(s(300));
    assert!(world.asked("a", s(201)).is_empty());
}
