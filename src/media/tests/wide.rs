//! Rooms of wide (G.722) and narrow seats, keys that come as sound, and talkers of unlike loudness.

use std::collections::BTreeMap;

use audio::FRAME;
use audio::codec::{self, Decoder, Encoder, PAYLOAD, WIDE};
use audio::{ear, rtp, tones};

use super::world::{ROOM, World, address, stream};
use crate::command::{Background, Codec, Command, Event, Group, Hearers, KeyIn, Leg, PlayTag, Stream};

/// One far end that says whatever sound it is given.
struct Talker {
    codec: codec::Codec,
    encoder: Encoder,
    decoder: Decoder,
    says: Vec<i16>,
    heard: Vec<i16>,
    sent: u16,
}

struct Talk {
    world: World,
    talkers: BTreeMap<u64, Talker>,
}

impl Talk {
    fn new() -> Self {
        Self { world: World::new(), talkers: BTreeMap::new() }
    }

    /// A seat in the room whose far end says this again and again, at the codec's own rate.
    fn sit(&mut self, leg: u64, codec: codec::Codec, dtmf: Option<u8>, says: Vec<i16>) {
        let spoken = match codec {
            codec::Codec::Pcma => Codec::Pcma,
            codec::Codec::Pcmu => Codec::Pcmu,
            codec::Codec::G722 => Codec::G722,
        };
        let media = Stream { codec: spoken, payload_type: codec.payload_type(), dtmf, ..stream(leg) };
        self.world.open_as(leg, media);
        self.world.phones.get_mut(&leg).unwrap().silent = true;
        self.world.seat(leg, Group::Main);
        let (encoder, decoder) = (Encoder::new(codec), Decoder::new(codec));
        self.talkers.insert(leg, Talker { codec, encoder, decoder, says, heard: Vec::new(), sent: 0 });
    }

    fn run(&mut self, ms: u64) {
        for _ in 0..ms / 20 {
            for (leg, talker) in &mut self.talkers {
                let samples = talker.codec.samples();
                let from = usize::from(talker.sent) * samples;
                let frame: Vec<i16> = talker
                    .says
                    .iter()
                    .copied()
                    .cycle()
                    .skip(from % talker.says.len())
                    .take(samples)
                    .collect();
                let (mut payload, mut bytes) = ([0; PAYLOAD], [0; 172]);
                talker.encoder.encode(&frame, &mut payload);
                let packet = rtp::Packet {
                    marker: talker.sent == 0,
                    payload_type: talker.codec.payload_type(),
                    sequence: talker.sent,
                    timestamp: u32::from(talker.sent) * FRAME as u32,
                    ssrc: *leg as u32,
                    payload: &payload,
                };
                let length = rtp::write(&packet, &mut bytes);
                self.world.wire.put(*leg as u32, address(*leg), &bytes[..length]);
                talker.sent += 1;
            }
            self.world.tick();
            for (leg, talker) in &mut self.talkers {
                for bytes in self.world.phones.get_mut(leg).unwrap().packets.drain(..) {
                    let mut out = [0; WIDE];
                    let packet = rtp::read(&bytes).unwrap();
                    assert_eq!(packet.payload_type, talker.codec.payload_type());
                    let length = talker.decoder.decode(packet.payload, &mut out);
                    talker.heard.extend(&out[..length]);
                }
            }
        }
    }

    /// Forgets what was heard, and listens for a while.
    fn listen(&mut self, ms: u64) {
        self.talkers.values_mut().for_each(|talker| talker.heard.clear());
        self.run(ms);
    }

    /// How loud a frequency is to this seat; the ear counts at 8 kHz.
    fn level(&self, leg: u64, hertz: f32) -> f32 {
        let talker = &self.talkers[&leg];
        ear::level(&talker.heard, hertz * 8_000.0 / talker.codec.rate() as f32)
    }
}

fn both(rate: u32, low: f32, high: f32) -> Vec<i16> {
    let second = rate as usize;
    let (low, high) = (tones::sine_at(rate, low, 4_000, second), tones::sine_at(rate, high, 2_000, second));
    low.iter().zip(&high).map(|(low, high)| low + high).collect()
}

#[test]
fn wide_seats_hear_each_other_wide_and_a_narrow_one_hears_all_of_its_own() {
    let mut talk = Talk::new();
    talk.sit(1, codec::Codec::G722, Some(101), both(16_000, 1_000.0, 6_000.0));
    talk.sit(2, codec::Codec::G722, Some(101), both(16_000, 600.0, 5_400.0));
    talk.sit(3, codec::Codec::Pcma, Some(101), both(8_000, 400.0, 3_000.0));
    talk.run(400);
    talk.listen(1_000);
    for (leg, hears, not) in [
        (1, [600.0, 5_400.0, 400.0, 3_000.0], [1_000.0, 6_000.0, 5_000.0]),
        (2, [1_000.0, 6_000.0, 400.0, 3_000.0], [600.0, 5_400.0, 5_000.0]),
        // What is above 4 kHz does not fold back.
        (3, [1_000.0, 600.0, 1_000.0, 600.0], [400.0, 2_000.0, 2_600.0]),
    ] {
        for hertz in hears {
            assert!(talk.level(leg, hertz) > 1_600.0, "{leg} hears {hertz} Hz at {}", talk.level(leg, hertz));
        }
        for hertz in not {
            assert!(talk.level(leg, hertz) < 100.0, "{leg} hears {hertz} Hz at {}", talk.level(leg, hertz));
        }
    }
}

#[test]
fn one_wide_seat_alone_hears_narrow_sound_and_becomes_narrow_by_agreement() {
    let mut talk = Talk::new();
    talk.sit(1, codec::Codec::G722, Some(101), both(16_000, 1_000.0, 6_000.0));
    talk.sit(2, codec::Codec::Pcmu, Some(101), both(8_000, 400.0, 3_000.0));
    talk.run(400);
    talk.listen(1_000);
    assert!(talk.level(1, 400.0) > 3_500.0 && talk.level(1, 3_000.0) > 1_600.0);
    assert!(talk.level(1, 5_000.0) < 50.0, "an image of 3,000 Hz: {}", talk.level(1, 5_000.0));
    assert!(talk.level(2, 1_000.0) > 3_500.0 && talk.level(2, 2_000.0) < 100.0);
    // A re-INVITE to another codec while the call goes on.
    let media = Stream { codec: Codec::Pcma, payload_type: 8, ..stream(1) };
    talk.world.order(Command::Update { leg: Leg(1), media });
    let talker = talk.talkers.get_mut(&1).unwrap();
    talker.codec = codec::Codec::Pcma;
    (talker.encoder, talker.decoder) = (Encoder::new(talker.codec), Decoder::new(talker.codec));
    talker.says = tones::sine(700.0, 4_000, 8_000);
    talk.run(400);
    talk.listen(1_000);
    assert!(talk.level(2, 700.0) > 3_500.0, "{}", talk.level(2, 700.0));
    assert!(talk.level(1, 400.0) > 3_500.0, "{}", talk.level(1, 400.0));
}

#[test]
fn a_far_end_that_turns_to_another_format_agreed_on_is_heard_and_answered_in_it() {
    let mut talk = Talk::new();
    talk.sit(1, codec::Codec::G722, Some(101), both(16_000, 1_000.0, 6_000.0));
    talk.sit(2, codec::Codec::G722, Some(101), both(16_000, 600.0, 5_400.0));
    let also = vec![(8, Codec::Pcma)];
    let media = Stream { codec: Codec::G722, payload_type: 9, also, ..stream(1) };
    talk.world.order(Command::Update { leg: Leg(1), media });
    talk.run(400);
    talk.listen(1_000);
    assert!(talk.level(1, 5_400.0) > 1_600.0 && talk.level(2, 6_000.0) > 1_600.0);
    for (codec, says, low) in [
        (codec::Codec::Pcma, both(8_000, 400.0, 3_000.0), 400.0),
        (codec::Codec::G722, both(16_000, 1_000.0, 6_000.0), 1_000.0),
    ] {
        let talker = talk.talkers.get_mut(&1).unwrap();
        (talker.codec, talker.says) = (codec, says);
        (talker.encoder, talker.decoder) = (Encoder::new(codec), Decoder::new(codec));
        talk.run(400);
        // That each packet to it is of its own format sees `run`.
        talk.listen(1_000);
        assert!(talk.level(1, 600.0) > 3_500.0, "{codec:?}: {}", talk.level(1, 600.0));
        assert!(talk.level(2, low) > 3_500.0, "{codec:?}: {}", talk.level(2, low));
        let high = (talk.level(1, 5_400.0), talk.level(2, 6_000.0));
        let wide = codec == codec::Codec::G722;
        assert!(!wide || high.0 > 1_600.0 && high.1 > 1_600.0, "wide again: {high:?}");
    }
    let malformed = |talk: &mut Talk| {
        talk.world.order(Command::Close { leg: Leg(1) });
        talk.world.events.iter().find_map(|e| match e {
            Event::LegClosed { stats, .. } => Some(stats.malformed),
            _ => None,
        })
    };
    assert_eq!(malformed(&mut talk), Some(0), "all that it sent was agreed on");
}

#[test]
fn prompts_and_music_are_heard_in_full_and_without_images_by_wide_seats() {
    for company in [false, true] {
        let mut talk = Talk::new();
        talk.sit(1, codec::Codec::G722, Some(101), vec![0; 16_000]);
        if company {
            talk.sit(2, codec::Codec::G722, Some(101), both(16_000, 600.0, 5_400.0));
        }
        talk.world.say(1, Hearers::Seat(Leg(1)), 3_000.0, 5_000);
        talk.run(400);
        talk.listen(1_000);
        let (said, image) = (talk.level(1, 3_000.0), talk.level(1, 5_000.0));
        assert!((5_600.0..6_400.0).contains(&said) && image < 60.0, "{company}: {said}, its image {image}");
        assert_eq!(talk.level(1, 5_400.0) > 1_600.0, company, "beside it who talks");
        talk.world.order(Command::StopPlay { room: ROOM, play: PlayTag(1) });
        talk.world.order(Command::Background { room: ROOM, leg: Leg(1), sound: Background::RingBack });
        talk.run(40);
        // China's ring-back tone sounds for a second first.
        talk.listen(800);
        let (tone, image) = (talk.level(1, 450.0), talk.level(1, 7_550.0));
        assert!(tone > 1_000.0 && image < tone / 100.0, "{company}: {tone}, its image {image}");
    }
}

#[test]
fn a_key_in_sound_is_told_once_and_not_heard_by_others() {
    for codec in [codec::Codec::Pcma, codec::Codec::G722] {
        let mut talk = Talk::new();
        let rate = codec.rate();
        // 5, for 200 ms after a second of silence.
        let second = rate as usize;
        let (low, high) = (
            tones::sine_at(rate, 770.0, 6_000, second / 5),
            tones::sine_at(rate, 1_336.0, 6_000, second / 5),
        );
        let mut says = vec![0; second];
        says.extend(low.iter().zip(&high).map(|(low, high)| low + high));
        says.extend(vec![0; second * 4 / 5]);
        talk.sit(1, codec, None, says);
        talk.sit(2, codec::Codec::Pcma, Some(101), vec![0; 8_000]);
        talk.run(2_000);
        let keys: Vec<char> = talk
            .world
            .events
            .iter()
            .filter_map(|e| match e {
                Event::Digit { leg: Leg(1), key, by: KeyIn::Sound } => Some(key.0),
                _ => None,
            })
            .collect();
        assert_eq!(keys, ['5'], "{codec:?}");
        let heard = &talk.talkers[&2].heard;
        let loudest = heard.iter().map(|s| s.unsigned_abs()).max();
        assert!(loudest < Some(600), "{codec:?}: the key is heard at {loudest:?}");
    }
}

#[test]
fn a_loud_seat_and_a_quiet_one_are_heard_alike() {
    // Syllables and pauses at 8 kHz.
    let voice = |peak: f32| -> Vec<i16> {
        let sample = |at: usize| {
            let time = at as f32 / 8_000.0;
            let swell = (time * 25.0).sin().max(0.0) * if time % 1.0 < 0.7 { 1.0 } else { 0.0 };
            let turn = time * 140.0 * std::f32::consts::TAU;
            ((1..10).map(|n| (turn * n as f32).sin() / n as f32).sum::<f32>() * swell * peak) as i16
        };
        (0..16_000).map(sample).collect()
    };
    let mut talk = Talk::new();
    talk.sit(1, codec::Codec::Pcma, Some(101), voice(9_000.0));
    talk.sit(2, codec::Codec::Pcmu, Some(101), voice(900.0));
    talk.run(600);
    talk.listen(2_000);
    let apart = |talk: &Talk| ear::rms(&talk.talkers[&2].heard) / ear::rms(&talk.talkers[&1].heard);
    assert!(apart(&talk) > 5.0, "at first they are as they are: {}", apart(&talk));
    talk.run(10_000);
    talk.listen(4_000);
    assert!((0.6..1.6).contains(&apart(&talk)), "one is {} times as loud", apart(&talk));
}

#[test]
fn nobody_clicks_who_is_muted_or_leaves() {
    // 10,000 * 2 * pi * 200 / 8,000, and what the laws add.
    const STEEPEST: i32 = 1_571 + 700;
    // Of one codec what is said is passed on as it came; of two it is mixed.
    for other in [codec::Codec::Pcma, codec::Codec::Pcmu] {
        let mut talk = Talk::new();
        talk.sit(1, codec::Codec::Pcma, Some(101), tones::sine(200.0, 10_000, 8_000));
        talk.sit(2, other, Some(101), vec![0; 8_000]);
        talk.run(400);
        let mut orders = vec![
            Command::Mute { room: ROOM, leg: Leg(1), on: true },
            Command::Mute { room: ROOM, leg: Leg(1), on: false },
        ];
        if other == codec::Codec::Pcmu {
            orders.push(Command::Unseat { room: ROOM, leg: Leg(1) });
        }
        for command in orders {
            let what = format!("{command:?}");
            talk.listen(100);
            talk.world.order(command);
            talk.run(100);
            let heard = &talk.talkers[&2].heard;
            let jump = heard.windows(2).map(|w| (i32::from(w[0]) - i32::from(w[1])).abs()).max();
            assert!(jump <= Some(STEEPEST), "{what} to {other:?}: a jump of {jump:?}");
        }
        talk.world.order(Command::Unseat { room: ROOM, leg: Leg(1) });
        talk.run(40);
        talk.listen(200);
        assert!(talk.talkers[&2].heard.iter().all(|s| s.abs() <= 8), "gone");
    }
}

#[test]
fn nobody_clicks_who_is_muted_in_a_wide_room_or_leaves_it() {
    // 10,000 * 2 * pi * 200 / 16,000, and what the codec adds.
    const STEEPEST: i32 = 785 + 200;
    for others in [
        &[codec::Codec::G722][..],
        &[codec::Codec::G722, codec::Codec::G722],
        &[codec::Codec::G722, codec::Codec::Pcma],
    ] {
        let mut talk = Talk::new();
        talk.sit(1, codec::Codec::G722, Some(101), tones::sine_at(16_000, 200.0, 10_000, 16_000));
        for (leg, codec) in (2..).zip(others) {
            talk.sit(leg, *codec, Some(101), vec![0; 16_000]);
        }
        talk.run(400);
        for command in [
            Command::Mute { room: ROOM, leg: Leg(1), on: true },
            Command::Mute { room: ROOM, leg: Leg(1), on: false },
            Command::Unseat { room: ROOM, leg: Leg(1) },
        ] {
            let what = format!("{command:?}");
            talk.listen(100);
            talk.world.order(command);
            talk.run(100);
            for (leg, codec) in (2..).zip(others) {
                let heard = &talk.talkers[&leg].heard;
                let jump = heard.windows(2).map(|w| (i32::from(w[0]) - i32::from(w[1])).abs()).max();
                let steepest = STEEPEST * 16_000 / codec.rate().cast_signed();
                assert!(jump <= Some(steepest), "{what} to {leg} of {others:?}: a jump of {jump:?}");
            }
        }
        talk.listen(200);
        for leg in (2..).take(others.len()) {
            let loudest = talk.talkers[&leg].heard.iter().map(|s| s.unsigned_abs()).max();
            assert!(loudest <= Some(16), "gone, but {leg} hears {loudest:?}");
        }
    }
}
