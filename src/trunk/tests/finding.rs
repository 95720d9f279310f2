//! Destinations from the resolver: their order, their time, and what to do without them.

use super::{Exchange, World, asking, registering, s};
use crate::{Action, Event, State, Way};

fn named(settings: crate::Settings) -> World {
    World::new(settings, Way::Named("sip:carrier.example".to_owned()))
}

fn looks(world: &World) -> usize {
    world.did.iter().filter(|(_, a)| matches!(a, Action::Locate(_))).count()
}

#[test]
fn the_order_of_the_look_up_is_kept_and_asked_for_again_when_its_time_is_over() {
    let mut world = named(asking(30));
    world.until(s(1));
    assert_eq!(world.line.destinations(world.now), ["a", "b"]);
    world.names = (Ok(vec!["c", "a"]), s(300));
    world.until(s(299));
    assert_eq!((world.line.destinations(world.now), looks(&world)), (vec!["a", "b"], 1));
    world.until(s(302));
    assert_eq!((world.line.destinations(world.now), looks(&world)), (vec!["c", "a"], 2));
}

#[test]
fn a_name_that_leads_nowhere_is_told_in_words_and_tried_again() {
    let mut world = named(registering());
    world.names = (Err("no such name".to_owned()), s(0));
    world.until(s(60));
    assert_eq!(world.line.state(), &State::Nowhere("no such name".to_owned()));
    assert!(world.line.state().words().1.contains("no such name"));
    assert!((4..10).contains(&looks(&world)), "{}", looks(&world));
    world.names = (Ok(vec!["a"]), s(300));
    world.until(s(400));
    assert_eq!(world.line.state(), &State::Up);
}

#[test]
fn what_was_found_earlier_is_kept_when_the_resolver_fails() {
    let mut world = named(asking(30));
    world.until(s(100));
    world.names = (Err("no answer".to_owned()), s(0));
    world.until(s(2000));
    assert_eq!(world.line.destinations(world.now), ["a", "b"]);
    assert_eq!(world.line.state(), &State::Up);
}

#[test]
fn a_resolver_that_never_answers_is_asked_again() {
    let mut line = crate::Line::<&str>::new(registering(), Way::Named("x".to_owned()), 1, s(0));
    let Some(Action::Locate(first)) = line.poll() else { panic!() };
    line.handle(s(31), Event::Timeout);
    let at = line.next_timeout().unwrap();
    line.handle(at, Event::Timeout);
    let Some(Action::Locate(second)) = line.poll() else { panic!() };
    line.handle(at, Event::Located(first, Ok(vec!["old"]), s(300)));
    assert!(line.destinations(at).is_empty(), "an answer to an earlier question");
    line.handle(at, Event::Located(second, Ok(vec!["a"]), s(300)));
    assert_eq!(line.destinations(at), ["a"]);
}

#[test]
fn what_is_known_of_a_destination_outlives_the_next_look_up() {
    let mut world = named(asking(10));
    world.exchanges.insert("a", Exchange::Dead);
    world.until(s(290));
    assert_eq!(world.line.destinations(world.now), ["b", "a"]);
    world.until(s(310));
    assert_eq!(world.line.destinations(world.now), ["b", "a"]);
}

#[test]
fn a_registration_leaves_a_destination_that_is_not_listed_any_more() {
    let mut world = named(registering());
    world.until(s(10));
    world.names = (Ok(vec!["b", "c"]), s(300));
    world.until(s(320));
    assert_eq!(world.registered(s(10)).iter().map(|(to, _)| *to).collect::<Vec<_>>(), ["b"]);
}

#[test]
fn more_destinations_than_a_house_can_use_are_left_out() {
    let names: Vec<&'static str> = "a b c d e f g h i j k l m n o p q r s t a b".split(' ').collect();
    let line = crate::Line::new(asking(30), Way::Fixed(names), 1, s(0));
    assert_eq!(line.destinations(s(0)).len(), 16);
}
