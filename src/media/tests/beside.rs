//! Who sits beside the call: hears it, and is heard by one seat or by nobody.

use super::world::{ROOM, World};
use crate::command::{Command, Group, Hearers, Leg};

fn to(world: &mut World, leg: u64, group: Group) {
    world.order(Command::Move { room: ROOM, leg: Leg(leg), group });
    world.listen();
}

/// Citizen 1, operator 2, desk 3 and a supervisor 5.
fn house() -> World {
    let mut world = World::new();
    for leg in 1..=3 {
        world.sit(leg, Group::Main);
    }
    world.sit(5, Group::Beside(None));
    world.listen();
    world
}

#[test]
fn a_listener_hears_all_and_is_heard_by_nobody() {
    let mut world = house();
    world.assert_hears(5, &[1, 2, 3]);
    world.assert_hears(1, &[2, 3]);
    world.assert_hears(2, &[1, 3]);
    world.assert_hears(3, &[1, 2]);
    world.say(1, Hearers::Main, 2_000.0, 5_000);
    world.listen();
    assert!(world.hears(5, 2_000.0), "what is said to the room is heard beside it");
}

#[test]
fn a_coach_is_heard_by_the_operator_alone_and_a_barger_by_all() {
    let mut world = house();
    to(&mut world, 5, Group::Beside(Some(Leg(2))));
    world.assert_hears(2, &[1, 3, 5]);
    world.assert_hears(1, &[2, 3]);
    world.assert_hears(3, &[1, 2]);
    world.assert_hears(5, &[1, 2, 3]);
    to(&mut world, 5, Group::Main);
    world.assert_hears(1, &[2, 3, 5]);
    world.assert_hears(5, &[1, 2, 3]);
    to(&mut world, 5, Group::Beside(None));
    world.assert_hears(1, &[2, 3]);
    world.order(Command::Unseat { room: ROOM, leg: Leg(5) });
    world.listen();
    world.assert_hears(2, &[1, 3]);
    assert!(world.phones[&5].heard.is_empty());
}

#[test]
fn a_private_talk_is_not_heard_beside_the_call() {
    let mut world = house();
    to(&mut world, 1, Group::Alone);
    to(&mut world, 2, Group::Private);
    to(&mut world, 3, Group::Private);
    world.assert_hears(5, &[]);
    to(&mut world, 5, Group::Beside(Some(Leg(2))));
    world.assert_hears(5, &[]);
    world.assert_hears(2, &[3, 5]);
    world.assert_hears(3, &[2]);
    world.assert_hears(1, &[]);
}

#[test]
fn a_muted_coach_is_heard_by_nobody_and_one_beside_nobody_neither() {
    let mut world = house();
    to(&mut world, 5, Group::Beside(Some(Leg(2))));
    world.order(Command::Mute { room: ROOM, leg: Leg(5), on: true });
    world.listen();
    world.assert_hears(2, &[1, 3]);
    world.order(Command::Mute { room: ROOM, leg: Leg(5), on: false });
    world.order(Command::Unseat { room: ROOM, leg: Leg(2) });
    world.listen();
    world.assert_hears(1, &[3]);
    world.assert_hears(5, &[1, 3]);
}
