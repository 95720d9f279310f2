//! Legs that share ports: who gets which, and who is moved because nobody could tell two far ends apart.

use media::command::Leg;
use media::{Command, Event};
use switchboard::contract::Input;

use super::world::{TOWN, World, setup};

/// The port of our description in the last 200 that was sent.
fn answered(world: &World) -> Option<u16> {
    let body = String::from_utf8(world.response(200)?.body.clone()).unwrap();
    let line = body.lines().find_map(|line| line.strip_prefix("m=audio "))?;
    line.split(' ').next()?.parse().ok()
}

/// A citizen whose phone listens at this port of the carrier calls; the port that our answer names.
fn call(world: &mut World, id: &str, far: &str) -> Option<u16> {
    world.sent.clear();
    let invite = world.invite(TOWN, "89000", id, "").replace("m=audio 4000", &format!("m=audio {far}"));
    world.hears(TOWN, invite);
    let port = answered(world);
    world.further(id, "ACK", 1);
    port
}

/// Everybody who was given a stream is heard.
fn all_speak(world: &mut World) {
    let opened = |c: &Command| match c {
        Command::Open { leg, .. } => Some(*leg),
        _ => None,
    };
    let legs: Vec<Leg> = world.media.iter().filter_map(opened).collect();
    for leg in legs {
        world.tell(Input::Media(Event::FirstPacket { leg }));
    }
}

/// The same citizen's phone listens elsewhere from now on; the statuses, and the port that our answer names.
fn moves(world: &mut World, id: &str, far: &str, seq: u32) -> (Vec<u16>, Option<u16>) {
    world.sent.clear();
    let tag = world.tag(id).unwrap();
    let again = world
        .invite(TOWN, "89000", id, "")
        .replace("m=audio 4000", &format!("m=audio {far}"))
        .replace("CSeq: 1", &format!("CSeq: {seq}"))
        .replace("branch=z9hG4bK", &format!("branch=z9hG4bK{seq}"))
        .replace("To: <sip:op1@hotline.example>", &format!("To: <sip:op1@hotline.example>{tag}"));
    world.hears(TOWN, again);
    let (statuses, port) = (world.statuses(), answered(world));
    if statuses.contains(&200) {
        world.further(id, "ACK", seq);
    }
    (statuses, port)
}

#[test]
fn a_port_is_shared_once_its_leg_was_heard_but_not_with_the_same_far_end() {
    let mut world = World::with_ports(setup(), 4, 8);
    let one = call(&mut world, "one", "4000").unwrap();
    let two = call(&mut world, "two", "4002").unwrap();
    assert_ne!(one, two, "the first is still waited for");
    all_speak(&mut world);
    assert_eq!(call(&mut world, "three", "4004"), Some(one));
    all_speak(&mut world);
    assert_eq!(call(&mut world, "four", "4000"), Some(two), "whose far end is that of the first");
    all_speak(&mut world);
    let five = call(&mut world, "five", "4000").unwrap();
    assert!(![one, two].contains(&five));
}

#[test]
fn who_moves_to_the_far_end_of_another_leg_is_answered_from_another_port() {
    let mut world = World::with_ports(setup(), 2, 8);
    let one = call(&mut world, "one", "4000");
    all_speak(&mut world);
    assert_eq!(call(&mut world, "two", "4002"), one);
    all_speak(&mut world);
    assert_eq!(moves(&mut world, "two", "4006", 2), (vec![200], one), "where nobody is it may go");
    all_speak(&mut world);
    world.media.clear();
    let (statuses, two) = moves(&mut world, "two", "4000", 3);
    assert!(two.is_some() && two != one, "{statuses:?} {one:?} {two:?}");
    let rehoused = |c: &Command| matches!(c, Command::Rehouse { port, .. } if Some(port.addr.port()) == two);
    assert!(world.media.iter().any(rehoused), "{:?}", world.media);
    all_speak(&mut world);
}

#[test]
fn without_another_port_nothing_changes() {
    let mut world = World::with_ports(setup(), 1, 8);
    let one = call(&mut world, "one", "4000");
    all_speak(&mut world);
    assert_eq!(call(&mut world, "two", "4002"), one);
    all_speak(&mut world);
    world.media.clear();
    assert_eq!(moves(&mut world, "two", "4000", 2), (vec![503], None));
    assert!(!world.media.iter().any(|c| matches!(c, Command::Update { .. } | Command::Rehouse { .. })));
    assert_eq!(moves(&mut world, "two", "4008", 3), (vec![200], one), "the call goes on");
}
