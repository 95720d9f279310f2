//! Encrypted legs by ear: who is heard, who is not, and what reaches the wire. Each test first hears the right one.

use audio::rtp;

use super::srtp::{key, keys};
use super::world::{World, address, mirrored, stream, tone};
use crate::command::{Command, Digits, Event, Group, Leg, LegStats, Stream};
use crate::keys::{Srtp, Suite};
use crate::srtp::Guard;

/// Leg 1 is encrypted, leg 2 is not, leg 3 is by another suite.
fn three() -> World {
    let mut world = World::new();
    world.sit_secured(1, Group::Main, &keys(Suite::AesCm128Sha80));
    world.sit(2, Group::Main);
    world.sit_secured(3, Group::Main, &keys(Suite::AesGcm256));
    world
}

fn all_hear_each_other(world: &mut World) {
    world.listen();
    for (leg, others) in [(1, [2, 3]), (2, [1, 3]), (3, [1, 2])] {
        world.assert_hears(leg, &others);
    }
}

fn close(world: &mut World, leg: u64) -> LegStats {
    world.order(Command::Close { leg: Leg(leg) });
    let closed = |e: &Event| match e {
        Event::LegClosed { leg: Leg(l), stats, .. } if *l == leg => Some(*stats),
        _ => None,
    };
    world.events.iter().find_map(closed).unwrap()
}

#[test]
fn encrypted_and_clear_seats_hear_each_other() {
    let mut world = three();
    all_hear_each_other(&mut world);
    assert_eq!(close(&mut world, 1).forged, 0);
}

/// Leg 1 goes on behind this port, with the phone that was leg 7's.
fn rehoused(world: &mut World, inside: bool, media: Stream) {
    let addr = if inside { crate::INSIDE } else { address(70) };
    let port = crate::Port { thread: 0, index: 7, socket: 7, addr };
    world.order(Command::Rehouse { leg: Leg(1), port, media });
    world.phones.remove(&1);
}

#[test]
fn a_leg_that_moves_to_another_phone_keeps_its_seat_and_its_figures() {
    let mut world = three();
    all_hear_each_other(&mut world);
    world.open(7);
    close(&mut world, 7);
    rehoused(&mut world, true, stream(7));
    for sequence in 0..50 {
        world.wire.put(1, address(1), &clear(8, sequence));
    }
    world.listen();
    world.assert_hears(7, &[2, 3]);
    world.assert_hears(2, &[3, 7]);
    let stats = close(&mut world, 1);
    assert!(stats.received > 50 && stats.forged == 0 && stats.strangers == 0, "{stats:?}");
}

#[test]
fn a_leg_that_moves_to_a_socket_without_keys_does_not_become_clear() {
    let mut world = three();
    all_hear_each_other(&mut world);
    world.open(7);
    close(&mut world, 7);
    rehoused(&mut world, false, stream(7));
    world.listen();
    world.assert_hears(7, &[]);
    world.assert_hears(2, &[3]);
    assert!(close(&mut world, 1).forged >= 25);
    // With keys of its own it is heard.
    let mut world = three();
    world.open(7);
    close(&mut world, 7);
    let own = keys(Suite::AesGcm128);
    world.phones.get_mut(&7).unwrap().guard = Some(Guard::new(&mirrored(&own)));
    rehoused(&mut world, false, Stream { srtp: Some(Box::new(own)), ..stream(7) });
    world.listen();
    world.assert_hears(7, &[2, 3]);
    world.assert_hears(2, &[3, 7]);
}

#[test]
fn a_call_is_heard_over_the_roll_over_of_the_far_end_s_numbers() {
    let mut world = three();
    for phone in world.phones.values_mut() {
        phone.sequence = 65_500;
    }
    world.run(1_000);
    assert!(world.phones.values().all(|p| p.sequence < 100));
    all_hear_each_other(&mut world);
    assert_eq!((close(&mut world, 1).forged, close(&mut world, 3).forged), (0, 0));
}

#[test]
fn clear_packets_into_an_encrypted_leg_are_not_heard_and_close_no_latch() {
    let mut world = three();
    all_hear_each_other(&mut world);
    let mut world = three();
    for leg in [1, 3] {
        let phone = world.phones.get_mut(&leg).unwrap();
        phone.guard = None;
    }
    world.listen();
    world.assert_hears(2, &[]);
    let first = |e: &&Event| matches!(e, Event::FirstPacket { leg } if *leg != Leg(2));
    assert_eq!(world.events.iter().filter(first).count(), 0, "no latch closes on what is not authentic");
    assert!(close(&mut world, 1).forged >= 25);
}

#[test]
fn who_speaks_first_from_elsewhere_does_not_get_the_sound() {
    let mut world = three();
    let thief = address(50);
    for sequence in 0..100 {
        world.wire.put(1, thief, &clear(8, sequence));
        world.tick();
    }
    all_hear_each_other(&mut world);
    assert_eq!(world.leaked(), 0);
    let stats = close(&mut world, 1);
    assert_eq!((stats.forged, stats.strangers), (1, 99), "the first one, before the phone's own");
}

fn clear(payload_type: u8, sequence: u16) -> Vec<u8> {
    let payload = [0x2a; 160];
    let packet = rtp::Packet {
        marker: false,
        payload_type,
        sequence,
        timestamp: 160 * u32::from(sequence),
        ssrc: 1,
        payload: &payload,
    };
    let mut bytes = vec![0; 172];
    rtp::write(&packet, &mut bytes);
    bytes
}

#[test]
fn what_was_recorded_of_a_call_cannot_be_played_into_it() {
    let mut world = three();
    let mut recorded = Vec::new();
    for _ in 0..50 {
        world.tick();
        recorded.push(world.phones[&1].last.clone());
    }
    all_hear_each_other(&mut world);
    world.phones.get_mut(&1).unwrap().silent = true;
    world.run(500);
    for phone in world.phones.values_mut() {
        phone.heard.clear();
    }
    for packet in &recorded {
        world.wire.put(1, address(1), packet);
        world.tick();
    }
    world.assert_hears(2, &[3]);
    assert_eq!(close(&mut world, 1).forged, 50);
}

#[test]
fn keys_and_reports_are_encrypted_too() {
    let mut world = three();
    let digits = Digits::new("159").unwrap();
    world.order(Command::SendDigits { leg: Leg(1), digits, hold: std::time::Duration::from_millis(100) });
    world.run(6_000);
    assert_eq!(world.phones[&1].keys, "159");
    for raw in &world.phones[&1].packets {
        assert!(
            Guard::new(&mirrored(&keys(Suite::AesCm128Sha80)))
                .unprotect(&mut raw.clone(), world.now())
                .is_some()
        );
    }
    let before = close(&mut world, 2);
    assert!(before.sent > 0);
    // A report of leg 1 or 3 is the last that left, or one of leg 2 is: silence leg 2 by its end, and look again.
    world.wire.report.clear();
    world.run(6_000);
    let report = world.wire.report.clone();
    let flag = report.len() - 14;
    assert!(
        report[flag] & 0x80 != 0 || report[report.len() - 4] & 0x80 != 0,
        "SRTCP says that it is encrypted"
    );
    let bye_for_a_stranger = [0x80, 203, 0, 1, 0, 0, 0, 1];
    world.wire.put_report(1, address(1), &bye_for_a_stranger);
    world.run(400);
    assert_eq!(close(&mut world, 1).forged, 1, "clear RTCP is no sign of life");
}

#[test]
fn a_leg_that_was_encrypted_never_becomes_clear() {
    let mut world = three();
    all_hear_each_other(&mut world);
    world.order(Command::Update { leg: Leg(1), media: stream(1) });
    all_hear_each_other(&mut world);
    world.phones.get_mut(&1).unwrap().guard = None;
    world.listen();
    world.assert_hears(2, &[3]);
}

#[test]
fn keys_change_during_a_call_and_nothing_is_missed() {
    let mut world = three();
    all_hear_each_other(&mut world);
    for (round, suite) in (1u8..).zip([Suite::AesCm128Sha32, Suite::AesGcm128, Suite::AesCm128Sha80]) {
        let new = Srtp { send: key(suite, round), receive: key(suite, 100 + round) };
        let media = Stream { srtp: Some(Box::new(new.clone())), ..stream(1) };
        world.order(Command::Update { leg: Leg(1), media });
        // What was on its way under the old key.
        world.run(100);
        let now = world.now();
        let phone = world.phones.get_mut(&1).unwrap();
        phone.guard.as_mut().unwrap().update(&mirrored(&new), now);
        (phone.ssrc, phone.sequence) = (phone.ssrc + 10, 0);
        all_hear_each_other(&mut world);
    }
    let stats = close(&mut world, 1);
    assert_eq!(stats.forged, 0);
}

#[test]
fn a_thousand_tries_from_wrong_sources_leak_nothing_and_end_nothing() {
    let mut world = three();
    all_hear_each_other(&mut world);
    for phone in world.phones.values_mut() {
        phone.heard.clear();
    }
    for n in 0..1_000u16 {
        let leg = u32::from(n % 3) + 1;
        let recorded = world.phones[&u64::from(leg)].last.clone();
        // From an address of its own, from the right host, and (only encrypted legs can tell) under the right address.
        world.wire.put(leg, address(60 + u64::from(n % 7)), &clear(8, n));
        world.wire.put(leg, address(60 + u64::from(n % 7)), &recorded);
        if leg != 2 {
            world.wire.put(leg, address(leg.into()), &clear(8, n));
            world.wire.put(leg, address(leg.into()), &recorded);
        }
        world.tick();
    }
    for (leg, others) in [(1, [2, 3]), (2, [1, 3]), (3, [1, 2])] {
        world.assert_hears(leg, &others);
    }
    assert_eq!(world.leaked(), 0, "nothing leaks");
    let lost = |e: &&Event| matches!(e, Event::MediaLost { .. });
    assert_eq!(world.events.iter().filter(lost).count(), 0);
    assert!(world.hears(2, tone(1)));
    for leg in [1, 2, 3] {
        let stats = close(&mut world, leg);
        assert!(stats.strangers >= 600 && stats.loss_ratio < 0.01, "leg {leg}: {stats:?}");
        assert!(leg == 2 || stats.forged >= 600, "leg {leg}: {stats:?}");
    }
}
