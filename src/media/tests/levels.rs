//! How loud each leg is, as others read it while the threads run.

use std::collections::BTreeMap;
use std::time::Duration;

use super::world::{ROOM, World};
use crate::command::{Command, Group, Leg};
use crate::floor::Floor;
use crate::levels::{Levels, Meters};

/// A tone of peak 5,000, as all far ends send: RMS 3,536, -19.3 dBov.
const TONE: f32 = 1.0 - 19.34 / 60.0;

fn world() -> (World, Levels) {
    let meters = Meters::new(8);
    let levels = Levels::of([meters.clone()]);
    let (tape, _) = rtrb::RingBuffer::new(1);
    (World::with(Floor::new(tape, meters, Duration::from_secs(10))), levels)
}

fn read(levels: &Levels) -> BTreeMap<u64, f32> {
    let mut all = BTreeMap::new();
    levels.each(|leg, level| {
        all.insert(leg, level);
    });
    all
}

#[test]
fn a_tone_has_its_level_and_silence_none() {
    let (mut world, levels) = world();
    world.sit(1, Group::Main);
    world.sit(2, Group::Main);
    world.phones.get_mut(&2).unwrap().silent = true;
    world.run(600);
    let heard = read(&levels);
    assert_eq!(heard.len(), 1, "who says nothing is not there: {heard:?}");
    assert!((heard[&1] - TONE).abs() < 0.015, "{heard:?}, wanted {TONE}");
}

#[test]
fn who_falls_silent_leaves_or_is_muted() {
    let (mut world, levels) = world();
    world.sit(1, Group::Main);
    world.sit(2, Group::Main);
    world.run(600);
    assert_eq!(read(&levels).len(), 2);
    // What a muted seat says is not heard, but its owner sees that the microphone works.
    world.order(Command::Mute { room: ROOM, leg: Leg(1), on: true });
    world.phones.get_mut(&2).unwrap().silent = true;
    world.run(600);
    assert_eq!(read(&levels).into_keys().collect::<Vec<_>>(), [1]);
    // A leg without a seat is not listened to.
    world.order(Command::Unseat { room: ROOM, leg: Leg(1) });
    world.run(600);
    assert!(read(&levels).is_empty());
    world.phones.get_mut(&2).unwrap().silent = false;
    world.run(600);
    assert_eq!(read(&levels).into_keys().collect::<Vec<_>>(), [2]);
    world.order(Command::Close { leg: Leg(2) });
    assert!(read(&levels).is_empty(), "at once");
}

#[test]
fn the_next_leg_of_a_port_begins_silent() {
    let meters = Meters::new(2);
    let levels = Levels::of([meters.clone()]);
    meters.open(1, Leg(7));
    meters.set(1, 0.5);
    assert_eq!(read(&levels), BTreeMap::from([(7, 0.5)]));
    meters.open(1, Leg(8));
    assert!(read(&levels).is_empty());
    meters.set(1, 7.0);
    assert_eq!(read(&levels), BTreeMap::from([(8, 1.0)]), "1 is the loudest");
    // A port that there is not is nobody's.
    meters.open(9, Leg(9));
    meters.set(9, 1.0);
    assert_eq!(read(&levels).len(), 1);
}
