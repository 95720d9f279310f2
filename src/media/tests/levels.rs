//! How loud each leg is, as others read it while the threads run.

use std::collections::BTreeMap;
use std::time::Duration;

use audio::rtp::{self, Packet};

use super::world::{ROOM, World, address};
use crate::command::{Command, Event, Group, Leg};
use crate::floor::Floor;
use crate::levels::{Levels, Meters};
use crate::quality::{Fault, Quality};

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

fn sounds(levels: &Levels) -> BTreeMap<u64, Quality> {
    let mut all = BTreeMap::new();
    levels.qualities(|leg, quality| {
        all.insert(leg, quality);
    });
    all
}

#[test]
fn how_each_leg_sounds_is_told_while_it_talks() {
    let (mut world, levels) = world();
    world.sit(1, Group::Main);
    world.sit(2, Group::Main);
    assert!(sounds(&levels).is_empty(), "nobody has talked for five seconds");
    world.run(5_200);
    let good = sounds(&levels);
    assert_eq!(good.len(), 2);
    assert!(good.values().all(|q| q.mos > Some(4.2) && q.unheard == 0.0 && q.fault.is_none()), "{good:?}");
    // A tenth is lost.
    for tick in 0..500 {
        world.phones.get_mut(&1).unwrap().lose = tick % 10 == 0;
        world.tick();
    }
    let bad = sounds(&levels);
    assert!((0.08..0.12).contains(&bad[&1].unheard) && bad[&1].mos < Some(3.5), "{bad:?}");
    assert_eq!((bad[&1].fault, bad[&2].fault), (Some(Fault::Loss), None));
    world.run(5_200);
    assert_eq!(sounds(&levels)[&1].fault, None, "what was counts no more");
    world.order(Command::Close { leg: Leg(1) });
    assert_eq!(sounds(&levels).into_keys().collect::<Vec<_>>(), [2]);
}

#[test]
fn who_sends_nothing_and_who_sends_silence_are_told_apart() {
    let (mut world, levels) = world();
    for leg in 1..=3 {
        world.sit(leg, Group::Main);
    }
    world.phones.get_mut(&1).unwrap().silent = true;
    // A muted microphone: packets of A-law silence, and of comfort noise after them.
    world.phones.get_mut(&3).unwrap().silent = true;
    let mute = |world: &mut World, payload_type: u8, ticks: u16, from: u16| {
        for n in from..from + ticks {
            let payload: &[u8] = if payload_type == 13 { &[60] } else { &[0xd5; 160] };
            let timestamp = u32::from(n) * 160;
            let packet = Packet { marker: false, payload_type, sequence: n, timestamp, ssrc: 3, payload };
            let mut bytes = [0; 200];
            let length = rtp::write(&packet, &mut bytes);
            world.wire.put(3, address(3), &bytes[..length]);
            world.tick();
        }
    };
    mute(&mut world, 8, 500, 0);
    assert_eq!(sounds(&levels)[&1].fault, Some(Fault::Nothing));
    assert_eq!(sounds(&levels)[&3].fault, None, "ten seconds without a word are no fault");
    mute(&mut world, 13, 550, 500);
    let told = sounds(&levels);
    let faults: Vec<_> = told.values().map(|quality| quality.fault).collect();
    assert_eq!(faults, [Some(Fault::Nothing), None, Some(Fault::Silence)]);
    assert_eq!(told[&1].mos, None);
    world.order(Command::Close { leg: Leg(3) });
    let stats = world.events.iter().find_map(|e| match e {
        Event::LegClosed { leg: Leg(3), stats, .. } => Some(*stats),
        _ => None,
    });
    assert!(stats.is_some_and(|stats| stats.silent == 1_050 && stats.silent == stats.received), "{stats:?}");
}
