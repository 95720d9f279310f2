//! What the network does to a leg: strangers, loss, silence, garbage; and that a tick allocates nothing.

use std::time::Duration;

use audio::rtp;
use proptest::prelude::*;

use super::world::{UTC, World, address, stream, tone};
use crate::command::{Command, Event, Group, Leg};

fn sound(from_ssrc: u32, sequence: u16) -> [u8; 172] {
    let packet = rtp::Packet {
        marker: false,
        payload_type: 8,
        sequence,
        timestamp: u32::from(sequence) * 160,
        ssrc: from_ssrc,
        payload: &[0xd5; 160],
    };
    let mut bytes = [0; 172];
    rtp::write(&packet, &mut bytes);
    bytes
}

fn told(world: &World, wanted: impl Fn(&Event) -> bool) -> usize {
    world.events.iter().filter(|e| wanted(e)).count()
}

#[test]
fn the_first_valid_source_is_the_only_one() {
    let mut world = World::new();
    let stranger = address(99);
    world.sit(1, Group::Main);
    world.phones.get_mut(&1).unwrap().silent = true;
    world.wire.put(1, stranger, b"not RTP at all");
    world.tick();
    assert_eq!(told(&world, |e| matches!(e, Event::FirstPacket { .. })), 0, "garbage closes no latch");
    world.phones.get_mut(&1).unwrap().silent = false;
    world.sit(2, Group::Main);
    world.run(100);
    assert_eq!(told(&world, |e| matches!(e, Event::FirstPacket { leg: Leg(1) })), 1);
    for sequence in 0..50 {
        world.wire.put(1, stranger, &sound(7, sequence));
        world.tick();
    }
    world.order(Command::Close { leg: Leg(1) });
    let stats = world.events.iter().find_map(|e| match e {
        Event::LegClosed { leg: Leg(1), stats, .. } => Some(*stats),
        _ => None,
    });
    let stats = stats.unwrap();
    assert_eq!((stats.strangers, stats.malformed), (50, 1));
    assert!(world.hears(2, tone(1)) && stats.loss_ratio < 0.01);
}

#[test]
fn who_sprays_all_ports_first_gives_way_to_the_address_that_was_announced() {
    let mut world = World::new();
    let sprayer = address(99);
    world.sit(1, Group::Main);
    world.sit(2, Group::Main);
    world.phones.get_mut(&1).unwrap().silent = true;
    for sequence in 0..5 {
        world.wire.put(1, sprayer, &sound(7, sequence));
        world.tick();
    }
    world.phones.get_mut(&1).unwrap().silent = false;
    world.run(200);
    let got = world.phones[&1].packets.len();
    assert!(world.hears(2, tone(1)), "the far end is heard");
    for sequence in 5..30 {
        world.wire.put(1, sprayer, &sound(7, sequence));
        world.tick();
    }
    assert!(
        world.phones[&1].packets.len() >= got + 20,
        "and gets the sound, whatever the sprayer still sends"
    );
    world.order(Command::Close { leg: Leg(1) });
    let strangers = world.events.iter().find_map(|e| match e {
        Event::LegClosed { leg: Leg(1), stats, .. } => Some(stats.strangers),
        _ => None,
    });
    assert_eq!((told(&world, |e| matches!(e, Event::FirstPacket { leg: Leg(1) })), strangers), (1, Some(26)));
}

#[test]
fn a_peer_behind_nat_is_answered_where_it_speaks_from() {
    let mut world = World::new();
    world.sit(1, Group::Main);
    world.phones.get_mut(&1).unwrap().addr = address(77);
    world.run(200);
    assert!(world.phones[&1].packets.len() >= 8, "sound goes to the address that spoke");
    let mut media = stream(1);
    media.remote = Some(address(78));
    world.order(Command::Update { leg: Leg(1), media });
    world.phones.get_mut(&1).unwrap().addr = address(78);
    let before = world.phones[&1].packets.len();
    world.run(200);
    assert!(world.phones[&1].packets.len() >= before + 8, "a new address opens the latch again");
}

#[test]
fn silence_is_told_once_and_its_end_too_but_not_of_a_leg_that_is_on_hold() {
    let mut world = World::new();
    for leg in [1, 2] {
        world.sit(leg, Group::Main);
    }
    world.run(100);
    for leg in [1, 2] {
        world.phones.get_mut(&leg).unwrap().silent = true;
    }
    let mut held = stream(2);
    held.receive = false;
    world.order(Command::Update { leg: Leg(2), media: held });
    world.run(25_000);
    assert_eq!(told(&world, |e| matches!(e, Event::MediaLost { leg: Leg(1) })), 1);
    assert_eq!(told(&world, |e| matches!(e, Event::MediaLost { leg: Leg(2) })), 0);
    world.phones.get_mut(&1).unwrap().silent = false;
    world.run(100);
    assert_eq!(told(&world, |e| matches!(e, Event::MediaBack { leg: Leg(1) })), 1);
}

#[test]
fn rtcp_keeps_a_held_leg_alive_and_its_silence_counts_anew_when_it_is_back() {
    let mut world = World::new();
    world.sit(1, Group::Main);
    world.run(100);
    world.phones.get_mut(&1).unwrap().silent = true;
    let mut held = stream(1);
    held.send = false;
    world.order(Command::Update { leg: Leg(1), media: held });
    // An empty receiver report (RFC 3550 section 6.4.2) each 5 s.
    let report = [0x80, 201, 0, 1, 0, 0, 0, 7];
    let before = world.phones[&1].packets.len();
    for _ in 0..8 {
        world.wire.put(1, address(1), &report);
        world.run(5_000);
    }
    assert_eq!(told(&world, |e| matches!(e, Event::MediaLost { .. })), 0, "RTCP is a sign of life");
    assert_eq!(world.phones[&1].packets.len(), before, "nothing is sent to who holds");
    assert!(world.wire.reports >= 4, "our own reports go on");
    world.run(11_000);
    assert_eq!(
        told(&world, |e| matches!(e, Event::MediaLost { .. })),
        1,
        "whether that matters is not media's"
    );
    // Back from hold and still silent: it is lost once more.
    world.order(Command::Update { leg: Leg(1), media: stream(1) });
    world.run(9_000);
    assert_eq!(told(&world, |e| matches!(e, Event::MediaLost { .. })), 1);
    world.run(2_000);
    assert_eq!(told(&world, |e| matches!(e, Event::MediaLost { .. })), 2);
}

#[test]
fn lost_packets_are_counted_and_the_talk_is_still_heard() {
    let mut world = World::new();
    world.sit(1, Group::Main);
    world.sit(2, Group::Main);
    world.run(100);
    for tick in 0..500 {
        world.phones.get_mut(&1).unwrap().lose = tick % 20 == 0;
        world.tick();
    }
    assert!(world.hears(2, tone(1)));
    world.order(Command::Close { leg: Leg(1) });
    let closed = world.events.iter().find_map(|e| match e {
        Event::LegClosed { stats, course, .. } => Some((stats.loss_ratio, course)),
        _ => None,
    });
    let (lost, course) = closed.unwrap();
    assert!((0.04..0.06).contains(&lost));
    assert_eq!((course.begun_utc_ms, course.span_ms, course.samples.len()), (UTC, 5_000, 2));
    for sample in &course.samples {
        assert!((240..=251).contains(&sample.expected) && (12..=13).contains(&sample.lost), "{sample:?}");
    }
    assert!(world.wire.reports >= 2, "RTCP goes out");
}

#[test]
fn frames_leave_every_20_ms_with_timestamps_that_fit() {
    let mut world = World::new();
    world.sit(1, Group::Main);
    world.run(1_000);
    let packets: Vec<_> = world.phones[&1].packets.iter().map(|p| rtp::read(p).unwrap()).collect();
    assert_eq!(packets.len(), 50);
    assert!(packets[0].marker && packets[1..].iter().all(|p| !p.marker));
    for pair in packets.windows(2) {
        assert_eq!(pair[1].sequence.wrapping_sub(pair[0].sequence), 1);
        assert_eq!(pair[1].timestamp.wrapping_sub(pair[0].timestamp), 160);
    }
}

proptest! {
    #[test]
    fn nothing_that_arrives_breaks_a_leg(packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..60)) {
        let mut world = World::new();
        world.sit(1, Group::Main);
        for packet in packets {
            world.wire.put(1, address(1), &packet);
            world.tick();
        }
        prop_assert_eq!(world.floor.legs(), 1);
        prop_assert!(world.now() > Duration::ZERO);
    }
}
