//! Several legs on one port, by ear: each hears its own room only, whatever strangers, NATs and changes of address do.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use audio::rtp;

use super::srtp::keys;
use super::world::{ROOM, World, address, mirrored, stream, tone};
use crate::command::{Codec, Command, Event, Group, Leg, LegStats, Room, Stream};
use crate::engine::{Engine, Settings};
use crate::keys::Suite;
use crate::srtp::Guard;

const PORT: u32 = 9;
/// Between two packets of a real far end, and two looks at what it hears.
const POLL: Duration = Duration::from_millis(20);

fn sound(ssrc: u32, sequence: u16, code: u8) -> [u8; 172] {
    let packet = rtp::Packet {
        marker: false,
        payload_type: 8,
        sequence,
        timestamp: u32::from(sequence) * 160,
        ssrc,
        payload: &[code; 160],
    };
    let mut bytes = [0; 172];
    rtp::write(&packet, &mut bytes);
    bytes
}

/// A waiting leg on the shared port: its phone says nothing yet.
fn waiting(world: &mut World, leg: u64) {
    world.sit_on(PORT, leg, Group::Main);
    world.phones.get_mut(&leg).unwrap().silent = true;
}

fn close(world: &mut World, leg: u64) -> LegStats {
    world.order(Command::Close { leg: Leg(leg) });
    let closed = |e: &Event| match e {
        Event::LegClosed { leg: Leg(l), stats, .. } if *l == leg => Some(*stats),
        _ => None,
    };
    world.events.iter().find_map(closed).unwrap()
}

fn firsts(world: &World, leg: u64) -> usize {
    world.events.iter().filter(|e| matches!(e, Event::FirstPacket { leg: Leg(l) } if *l == leg)).count()
}

/// Three legs of one room on one port.
fn three() -> World {
    let mut world = World::new();
    for leg in 1..=3 {
        world.sit_on(PORT, leg, Group::Main);
        world.run(40);
    }
    world
}

fn all_hear_each_other(world: &mut World) {
    world.listen();
    for (leg, others) in [(1, [2, 3]), (2, [1, 3]), (3, [1, 2])] {
        world.assert_hears(leg, &others);
    }
}

#[test]
fn legs_on_one_port_hear_each_other_as_on_ports_of_their_own() {
    let mut world = three();
    all_hear_each_other(&mut world);
    for leg in 1..=3 {
        let stats = close(&mut world, leg);
        assert!(stats.received > 25 && stats.loss_ratio < 0.01 && stats.strangers == 0, "{stats:?}");
    }
}

#[test]
fn rooms_that_share_a_port_hear_nothing_of_each_other() {
    let mut world = World::new();
    world.sit_on(PORT, 1, Group::Main);
    world.sit_on(PORT, 2, Group::Main);
    world.order(Command::OpenRoom { room: Room(2), recording: None });
    for leg in [3, 4] {
        world.open_on(PORT, leg, stream(leg));
        let seat = Command::Seat {
            room: Room(2),
            leg: Leg(leg),
            track: "desk",
            group: Group::Main,
            record_alone: false,
        };
        world.order(seat);
    }
    world.listen();
    for (leg, other) in [(1, 2), (2, 1), (3, 4), (4, 3)] {
        world.assert_hears(leg, &[other]);
    }
}

#[test]
fn a_stranger_who_sprays_a_shared_port_is_heard_by_nobody() {
    let mut world = three();
    all_hear_each_other(&mut world);
    for sequence in 0..500 {
        for host in 0..4 {
            world.wire.put(PORT, address(90 + host), &sound(7, sequence, 0x2a));
        }
        world.tick();
    }
    all_hear_each_other(&mut world);
    assert_eq!(world.leaked(), 0);
}

#[test]
fn a_stranger_who_sprays_while_somebody_is_waited_for_gives_way_and_the_others_notice_nothing() {
    let mut world = World::new();
    world.sit_on(PORT, 1, Group::Main);
    world.sit_on(PORT, 2, Group::Main);
    world.run(100);
    waiting(&mut world, 3);
    for sequence in 0..20 {
        world.wire.put(PORT, address(99), &sound(7, sequence, 0x2a));
        world.tick();
    }
    world.phones.get_mut(&3).unwrap().silent = false;
    world.run(40);
    let before = world.leaked();
    all_hear_each_other(&mut world);
    assert_eq!((world.leaked(), firsts(&world, 3)), (before, 1), "the announced address has it back");
    assert!(close(&mut world, 1).loss_ratio < 0.01);
}

#[test]
fn two_phones_behind_one_nat_are_told_apart_by_their_ports() {
    let mut world = World::new();
    for leg in [1, 2] {
        world.sit_on(PORT, leg, Group::Main);
        world.phones.get_mut(&leg).unwrap().addr = SocketAddr::from(([203, 0, 113, 7], 40_000 + leg as u16));
        world.run(60);
    }
    world.listen();
    world.assert_hears(1, &[2]);
    world.assert_hears(2, &[1]);
    assert_eq!((close(&mut world, 1).strangers, close(&mut world, 2).strangers), (0, 0));
}

#[test]
fn a_far_end_whose_port_changes_is_not_taken_for_the_one_that_is_waited_for() {
    let mut world = World::new();
    world.sit_on(PORT, 1, Group::Main);
    world.sit_on(PORT, 2, Group::Main);
    world.run(100);
    waiting(&mut world, 3);
    world.phones.get_mut(&1).unwrap().addr = address(81);
    world.run(400);
    assert_eq!(firsts(&world, 3), 0, "its packets are nobody's");
    // It says so: then it is heard again, while the other one is still waited for.
    let media = Stream { remote: Some(address(81)), ..stream(1) };
    world.order(Command::Update { leg: Leg(1), media });
    world.phones.get_mut(&3).unwrap().silent = false;
    world.run(60);
    all_hear_each_other(&mut world);
    assert!(close(&mut world, 1).strangers >= 18);
}

#[test]
fn symmetric_rtp_from_elsewhere_than_announced_is_answered_there() {
    let mut world = World::new();
    world.sit_on(PORT, 1, Group::Main);
    world.run(60);
    world.sit_on(PORT, 2, Group::Main);
    world.phones.get_mut(&2).unwrap().addr = SocketAddr::from(([198, 51, 100, 4], 7_000));
    world.run(60);
    world.listen();
    world.assert_hears(1, &[2]);
    world.assert_hears(2, &[1]);
}

#[test]
fn an_address_that_another_leg_of_the_port_has_can_not_be_taken_from_it() {
    let mut world = three();
    all_hear_each_other(&mut world);
    // Leg 3 claims the address of leg 1's phone. The switchboard moves it elsewhere; were that forgotten, this holds.
    world.order(Command::Update { leg: Leg(3), media: Stream { remote: Some(address(1)), ..stream(3) } });
    world.phones.get_mut(&3).unwrap().silent = true;
    world.listen();
    assert!(world.hears(2, tone(1)) && !world.hears(2, tone(3)));
    assert_eq!(firsts(&world, 3), 1, "what leg 1's phone sends opens nothing for leg 3");
    // On a port of its own it goes on.
    let port = crate::Port { thread: 0, index: 70, socket: 70, addr: ([127, 0, 0, 1], 20_070).into() };
    world.order(Command::Rehouse { leg: Leg(3), port, media: stream(3) });
    let phone = world.phones.get_mut(&3).unwrap();
    (phone.silent, phone.socket) = (false, 70);
    all_hear_each_other(&mut world);
}

#[test]
fn what_the_phone_of_a_closed_leg_still_sends_reaches_nobody() {
    let mut world = three();
    all_hear_each_other(&mut world);
    world.order(Command::Close { leg: Leg(3) });
    waiting(&mut world, 4);
    world.run(600);
    assert_eq!(firsts(&world, 4), 0, "late packets are not taken for the one that is waited for");
    world.phones.remove(&3);
    world.phones.get_mut(&4).unwrap().silent = false;
    world.run(60);
    world.listen();
    world.assert_hears(1, &[2, 4]);
    world.assert_hears(4, &[1, 2]);
}

#[test]
fn encrypted_legs_are_told_apart_before_anything_is_authentic() {
    let mut world = World::new();
    for (leg, suite) in [(1, Suite::AesCm128Sha80), (3, Suite::AesGcm256)] {
        let keys = keys(suite);
        world.open_on(PORT, leg, Stream { srtp: Some(Box::new(keys.clone())), ..stream(leg) });
        world.phones.get_mut(&leg).unwrap().guard = Some(Guard::new(&mirrored(&keys)));
        world.seat(leg, Group::Main);
        world.run(60);
    }
    world.sit_on(PORT, 2, Group::Main);
    world.run(60);
    all_hear_each_other(&mut world);
    // What one of them says, from the address of the other, from elsewhere, and in clear.
    for n in 0..200 {
        let said = world.phones[&1].last.clone();
        world.wire.put(PORT, address(3), &said);
        world.wire.put(PORT, address(77), &said);
        world.wire.put(PORT, address(1), &sound(1, n, 0x2a));
        world.tick();
    }
    all_hear_each_other(&mut world);
    assert_eq!(world.leaked(), 0);
    let (one, three) = (close(&mut world, 1), close(&mut world, 3));
    assert!(one.forged >= 200 && three.forged >= 200, "{one:?} {three:?}");
    assert!(one.loss_ratio < 0.01 && three.loss_ratio < 0.01);
}

#[test]
fn reports_keep_the_right_one_alive() {
    let mut world = three();
    all_hear_each_other(&mut world);
    for leg in [1, 2] {
        world.phones.get_mut(&leg).unwrap().silent = true;
    }
    let report = [0x80, 201, 0, 1, 0, 0, 0, 7];
    for _ in 0..15 {
        let SocketAddr::V4(at) = address(1) else { panic!("not IPv4") };
        world.wire.put_report(PORT, SocketAddr::from((*at.ip(), at.port() + 1)), &report);
        world.run(1_000);
    }
    let lost = |world: &World, leg| {
        world.events.iter().any(|e| matches!(e, Event::MediaLost { leg: Leg(l) } if *l == leg))
    };
    // Where the sound of leg 2 comes from is the port above that of leg 1: the test's phones are neighbours.
    assert!(!lost(&world, 1) && !lost(&world, 3) && lost(&world, 2));
}

#[test]
fn a_thousand_calls_come_and_go_and_nothing_stays() {
    let mut world = World::new();
    for leg in 10..1_010u64 {
        world.open_on(PORT, leg, stream(leg));
        world.tick();
        world.order(Command::Close { leg: Leg(leg) });
        world.phones.remove(&leg);
        world.events.clear();
    }
    assert_eq!(world.floor.legs(), 0);
    world.sit_on(PORT, 1, Group::Main);
    world.sit_on(PORT, 2, Group::Main);
    world.listen();
    world.assert_hears(1, &[2]);
    world.order(Command::CloseRoom { room: ROOM });
}

/// One far end of the engine's sockets.
fn far() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    socket
}

#[test]
fn two_calls_on_one_real_port_hear_each_other() {
    let settings = Settings {
        address: [127, 0, 0, 1].into(),
        ports: (0, 0),
        legs_per_port: 8,
        any: 1,
        inside: 0,
        threads: 1,
        lost_after: Duration::from_secs(10),
        recordings: Default::default(),
    };
    let (mut engine, mut pool, mut events) = Engine::start(&settings).unwrap();
    engine.send(0, Command::OpenRoom { room: ROOM, recording: None }).unwrap();
    let (mut phones, mut ports) = (Vec::new(), Vec::new());
    // Far from each other: what is concealed fades towards silence, never towards the other.
    let codes = [0x2a, 0xaa];
    for (leg, code) in [1, 2].map(Leg).into_iter().zip(codes) {
        let phone = far();
        let remote = phone.local_addr().ok();
        let port = pool.take_facing(0, remote, Duration::ZERO).unwrap();
        let media = Stream { remote, codec: Codec::Pcma, payload_type: 8, ..stream(1) };
        engine.send(0, Command::Open { leg, port, media }).unwrap();
        let (track, group) = ("citizen", Group::Main);
        engine.send(0, Command::Seat { room: ROOM, leg, track, group, record_alone: false }).unwrap();
        let begun = Instant::now();
        // The second one finds the port open when the first was heard.
        while begun.elapsed() < Duration::from_secs(5) {
            phone.send_to(&sound(leg.0 as u32, 0, code), port.addr).unwrap();
            if let Ok(Event::FirstPacket { leg: first }) = events.try_recv() {
                assert_eq!(first, leg);
                pool.heard(port);
                break;
            }
            std::thread::yield_now();
        }
        phones.push(phone);
        ports.push(port);
    }
    assert_eq!((ports[0].addr, pool.taken()), (ports[1].addr, 2));
    let (mut heard, begun) = ([0, 0], Instant::now());
    for sequence in 1..u16::MAX {
        for (at, phone) in phones.iter().enumerate() {
            phone.send_to(&sound(at as u32 + 1, sequence, codes[at]), ports[at].addr).unwrap();
            let mut bytes = [0; 200];
            while let Ok((length, from)) = phone.recv_from(&mut bytes) {
                assert_eq!(from, ports[at].addr);
                let packet = rtp::read(&bytes[..length]).unwrap();
                assert!(!packet.payload.contains(&codes[at]), "nobody hears themselves");
                heard[at] += usize::from(packet.payload[80] == codes[1 - at]);
            }
        }
        if heard.iter().all(|n| *n >= 10) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{heard:?}");
        std::thread::sleep(POLL);
    }
    engine.stop();
}
