//! Who hears whom, and what is said to whom.

use super::world::{ROOM, World, tone};
use crate::command::{Background, Command, Event, Group, Hearers, KeyIn, Leg, PlayTag};

#[test]
fn in_rooms_of_two_three_and_six_everybody_hears_the_others_and_never_themselves() {
    for seats in [2, 3, 6] {
        let mut world = World::new();
        let mut seated = Vec::new();
        for leg in 1..=seats {
            world.sit(leg, Group::Main);
            seated.push(leg);
            all_hear_all_others(&mut world, &seated);
        }
        // They leave from the middle, then the first, then the last: no seat depends on another's place.
        while seated.len() > 1 {
            let at = [seated.len() / 2, 0, seated.len() - 1][seated.len() % 3];
            let left = seated.remove(at);
            world.order(Command::Unseat { room: ROOM, leg: Leg(left) });
            all_hear_all_others(&mut world, &seated);
            assert!(world.phones[&left].heard.is_empty(), "who has left hears nothing");
        }
    }
}

fn all_hear_all_others(world: &mut World, seated: &[u64]) {
    world.listen();
    for one in seated {
        let others: Vec<u64> = seated.iter().copied().filter(|l| l != one).collect();
        world.assert_hears(*one, &others);
    }
}

#[test]
fn a_private_talk_is_heard_by_its_own_and_the_one_who_waits_hears_music() {
    let mut world = World::new();
    world.sit(1, Group::Main);
    world.sit(2, Group::Main);
    world.order(Command::Move { room: ROOM, leg: Leg(1), group: Group::Alone });
    world.order(Command::Move { room: ROOM, leg: Leg(2), group: Group::Private });
    world.order(Command::Background { room: ROOM, leg: Leg(1), sound: Background::Music });
    world.sit(3, Group::Private);
    world.listen();
    world.assert_hears(2, &[3]);
    world.assert_hears(3, &[2]);
    world.assert_hears(1, &[]);
    assert!(audio::ear::rms(&world.phones[&1].heard) > 100.0, "music");
}

#[test]
fn a_whisper_is_heard_by_its_seat_only() {
    let mut world = World::new();
    world.sit(1, Group::Main);
    world.sit(2, Group::Main);
    world.sit(3, Group::Alone);
    world.say(1, Hearers::Seat(Leg(3)), 2_000.0, 5_000);
    world.listen();
    assert_eq!([1, 2, 3].map(|leg| world.hears(leg, 2_000.0)), [false, false, true]);
    world.assert_hears(3, &[]);
    world.assert_hears(1, &[2]);
}

#[test]
fn a_prompt_for_the_room_is_heard_by_all_and_told_done_once() {
    let mut world = World::new();
    world.sit(1, Group::Main);
    world.sit(2, Group::Main);
    world.run(100);
    world.say(7, Hearers::Main, 2_000.0, 300);
    world.run(280);
    assert_eq!(world.done(7), 0);
    world.run(100);
    assert_eq!(world.done(7), 1);
    let loud: Vec<usize> = [1, 2].map(|leg| world.phones[&leg].heard.len()).into();
    assert!(loud.iter().all(|n| *n > 0));
    for leg in [1, 2] {
        let whole =
            audio::ear::level(&world.phones[&leg].heard, 2_000.0) * world.phones[&leg].heard.len() as f32;
        let said = 6_000.0 * 2_400.0;
        assert!((0.9..1.1).contains(&(whole / said)), "the prompt arrives complete: {}", whole / said);
    }
}

#[test]
fn what_is_stopped_or_heard_by_nobody_is_done_at_once() {
    let mut world = World::new();
    world.sit(1, Group::Main);
    world.say(1, Hearers::Main, 2_000.0, 60_000);
    world.order(Command::StopPlay { room: ROOM, play: PlayTag(1) });
    world.say(2, Hearers::Private, 2_000.0, 60_000);
    world.say(3, Hearers::Seat(Leg(1)), 2_000.0, 60_000);
    world.run(40);
    world.order(Command::Unseat { room: ROOM, leg: Leg(1) });
    world.run(40);
    world.say(4, Hearers::Main, 2_000.0, 60_000);
    world.order(Command::CloseRoom { room: ROOM });
    world.say(5, Hearers::Main, 2_000.0, 60_000);
    assert_eq!([1, 2, 3, 4, 5].map(|play| world.done(play)), [1; 5]);
}

#[test]
fn a_muted_seat_hears_and_is_not_heard() {
    let mut world = World::new();
    world.sit(1, Group::Main);
    world.sit(2, Group::Main);
    world.order(Command::Mute { room: ROOM, leg: Leg(2), on: true });
    world.listen();
    world.assert_hears(1, &[]);
    world.assert_hears(2, &[1]);
    world.order(Command::Mute { room: ROOM, leg: Leg(2), on: false });
    world.listen();
    world.assert_hears(1, &[2]);
}

#[test]
fn who_leaves_two_runs_out_instead_of_breaking_off() {
    let step =
        |heard: &[i16]| heard.windows(2).map(|w| i32::from(w[0]).abs_diff(i32::from(w[1]))).max().unwrap();
    for frames in 0..5 {
        let mut world = World::new();
        world.sit(1, Group::Main);
        world.sit(2, Group::Main);
        world.run(400 + 20 * frames);
        let phone = world.phones.get_mut(&2).unwrap();
        let talk = phone.heard.split_off(100 * 8);
        phone.heard = talk[talk.len() - 80..].to_vec();
        world.order(Command::Unseat { room: ROOM, leg: Leg(1) });
        world.run(100);
        let left = &world.phones[&2].heard;
        assert!(step(left) <= step(&talk), "{frames}: {} after {}", step(left), step(&talk));
        assert!(
            left[left.len() - 400..].iter().all(|s| s.abs() <= 8)
                && left[80..100].iter().any(|s| s.abs() > 8)
        );
    }
}

#[test]
fn the_ring_back_is_heard_behind_a_talk_by_one_seat_and_not_under_a_prompt() {
    let mut world = World::new();
    world.sit(1, Group::Main);
    world.sit(2, Group::Main);
    world.order(Command::Background { room: ROOM, leg: Leg(2), sound: Background::RingBack });
    world.listen();
    assert!(world.hears(2, 450.0) && !world.hears(1, 450.0) && world.hears(2, tone(1)));
    world.say(1, Hearers::Seat(Leg(2)), 2_000.0, 5_000);
    world.listen();
    assert!(!world.hears(2, 450.0));
}

#[test]
fn keys_are_told_and_never_heard_by_others() {
    let mut world = World::new();
    world.sit(1, Group::Main);
    world.sit(2, Group::Main);
    world.run(100);
    let keys = crate::command::Digits::new("5#").unwrap();
    world.order(Command::SendDigits {
        leg: Leg(1),
        digits: keys,
        hold: std::time::Duration::from_millis(80),
    });
    world.run(1_000);
    assert_eq!(world.phones[&1].keys, "5#");
    let mut sender = audio::dtmf::Sender::new('7', 1_000_000, 800).unwrap();
    world.phones.get_mut(&1).unwrap().silent = true;
    let mut sequence = 1;
    while let Some(said) = sender.next(160) {
        let packet = audio::rtp::Packet {
            marker: said.first,
            payload_type: 101,
            sequence,
            timestamp: sender.timestamp,
            ssrc: 1,
            payload: &said.payload,
        };
        let mut bytes = [0; 16];
        audio::rtp::write(&packet, &mut bytes);
        world.wire.put(1, super::world::address(1), &bytes);
        sequence += 1;
        world.tick();
    }
    let told = world.events.iter().filter_map(|e| match e {
        Event::Digit { leg: Leg(1), key, by: KeyIn::Events } => Some(key.0),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), ['7']);
}

#[test]
fn more_seats_than_a_room_has_are_told() {
    let mut world = World::new();
    for leg in 1..=6 {
        world.sit(leg, Group::Main);
    }
    for leg in 7..=9u64 {
        world.open(leg);
        let seat = Command::Seat {
            room: ROOM,
            leg: Leg(leg),
            track: "desk",
            group: Group::Main,
            record_alone: true,
        };
        world.order(seat);
    }
    let full =
        world.events.iter().filter(|e| matches!(e, Event::Trouble(crate::command::Trouble::Full(_)))).count();
    assert_eq!(full, 1, "eight seats, nine legs");
}
