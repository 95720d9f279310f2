//! A tone through bad weather: it comes out without a seam, as early as it can, and nothing that arrives can break it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;

use super::*;
use crate::codec::{Codec, Encoder, PAYLOAD};
use crate::{ear, tones};

const LEVEL: i16 = 8_000;
const HERTZ: f32 = 440.0;

/// A far end that sends a tone, and what is heard of it.
struct Line {
    playout: Playout,
    decoder: Decoder,
    codec: Codec,
    /// What the sender has coded, and what a perfect line would make of it.
    payload: Vec<u8>,
    perfect: Vec<i16>,
    /// A packet's units.
    packet: usize,
    heard: Vec<i16>,
    kinds: Vec<Heard>,
    now: i64,
}

impl Line {
    fn new(codec: Codec, packet: usize) -> Self {
        let (mut encoder, mut decoder) = (Encoder::new(codec), Decoder::new(codec));
        let (mut payload, mut perfect) = (Vec::new(), Vec::new());
        for frame in
            tones::sine_at(codec.rate(), HERTZ, LEVEL, 3_000 * codec.samples()).chunks(codec.samples())
        {
            let (mut bytes, mut samples) = ([0; PAYLOAD], [0; 320]);
            encoder.encode(frame, &mut bytes);
            let written = decoder.decode(&bytes, &mut samples);
            payload.extend(bytes);
            perfect.extend(&samples[..written]);
        }
        let (playout, decoder) = (Playout::new(), Decoder::new(codec));
        Self {
            playout,
            decoder,
            codec,
            payload,
            perfect,
            packet,
            heard: Vec::new(),
            kinds: Vec::new(),
            now: 0,
        }
    }

    /// Packet `n` arrives at `at`.
    fn arrive(&mut self, n: usize, at: i64) {
        let bytes = &self.payload[n * self.packet..(n + 1) * self.packet];
        let timestamp = 0xffff_0000u32.wrapping_add((n * self.packet) as u32);
        self.playout.push(65_530u16.wrapping_add(n as u16), timestamp, at, bytes);
    }

    fn tick(&mut self) -> Heard {
        let mut out = vec![0; self.codec.samples()];
        let kind = self.playout.next(self.now, &mut self.decoder, &mut out);
        self.heard.extend(&out);
        self.kinds.push(kind);
        self.now += TICK;
        kind
    }

    /// Packets `from .. to`, each so late as `late` says (`None`: never), with a tick each 20 ms, 5 ms after the packet.
    fn run(&mut self, from: usize, to: usize, late: impl Fn(usize) -> Option<i64>) {
        let sent = |n: usize| (n * self.packet) as i64 - 40;
        let mut coming: Vec<_> = (from..to).filter_map(|n| Some((sent(n) + late(n)?, n))).collect();
        coming.sort_unstable();
        let end = sent(to);
        let mut coming = coming.into_iter().peekable();
        while self.now <= end {
            while let Some((at, n)) = coming.next_if(|(at, _)| *at <= self.now) {
                self.arrive(n, at);
            }
            self.tick();
        }
    }

    /// By how many samples what is heard at the end is behind what was said, when it is bit for bit the same.
    fn behind(&self) -> Option<usize> {
        let tail = &self.heard[self.heard.len() - 1_600..];
        // The tone repeats after 2 s at the earliest when it is coded; the delay is less.
        (0..8_000).find(|d| {
            self.heard.len() >= 1_600 + d && {
                let end = self.heard.len() - d;
                self.perfect.get(end - 1_600..end) == Some(tail)
            }
        })
    }

    /// The greatest step from sample to sample against that of the tone itself.
    fn roughness(&self, from: usize) -> f32 {
        let most = |x: &[i16]| x.windows(2).map(|w| (i32::from(w[1]) - i32::from(w[0])).abs()).max().unwrap();
        most(&self.heard[from..]) as f32 / most(&self.perfect[..8_000]) as f32
    }

    /// Phase of the tone in each 10 ms against a tone that never stopped, as turns.
    fn phases(&self) -> Vec<f32> {
        let phase = |(n, piece): (usize, &[i16])| {
            let (mut re, mut im) = (0.0f32, 0.0f32);
            for (i, sample) in piece.iter().enumerate() {
                let turn = ((n * 80 + i) as f32 * HERTZ / 8_000.0).fract() * std::f32::consts::TAU;
                re += f32::from(*sample) * turn.cos();
                im += f32::from(*sample) * turn.sin();
            }
            im.atan2(re) / std::f32::consts::TAU
        };
        self.heard.chunks_exact(80).enumerate().map(phase).collect()
    }
}

/// Even now and then by 0 .. 60 ms.
fn jitter(n: usize) -> Option<i64> {
    Some((n as i64 * 7_919 + 13) % 480)
}

#[test]
fn an_even_stream_comes_out_as_it_was_whatever_the_length_of_its_packets() {
    for packet in [80, 160, 240, 320, 480] {
        let mut line = Line::new(Codec::Pcma, packet);
        line.run(0, 48_000 / packet, |_| Some(0));
        let behind = line.behind();
        assert!(behind.is_some_and(|d| d <= 240), "{packet}: {behind:?}");
        let odd = line.kinds.iter().skip(3).filter(|k| **k != Heard::Voice).count();
        // The first packets of 10 and of 30 ms end within a frame.
        assert!(odd == 0 && line.playout.late() <= u64::from(packet % 160 != 0), "{packet}: {odd}");
    }
}

#[test]
fn a_lost_packet_leaves_no_seam_and_costs_no_delay() {
    for codec in [Codec::Pcma, Codec::Pcmu, Codec::G722] {
        let mut line = Line::new(codec, 160);
        line.run(0, 465, |n| (n % 100 != 70).then_some(0));
        let heard = line.kinds.iter().filter(|k| **k == Heard::Concealed).count();
        assert!((4..=10).contains(&heard), "{codec:?}: {heard} frames");
        assert!(line.roughness(320) < 1.25, "{codec:?}: steps of {}", line.roughness(320));
        let level = ear::rms(&line.heard[3_200..]) / (f32::from(LEVEL) / 2f32.sqrt());
        assert!((0.95..1.05).contains(&level), "{codec:?}: {level}");
        assert_eq!(line.playout.late(), 0);
        if codec != Codec::G722 {
            assert_eq!(line.behind(), Some(0), "{codec:?}");
            // 440 Hz in whole samples of a period is off by 0.01 turns in 20 ms.
            let most =
                line.phases()[4..].iter().map(|p| p.abs() % 0.5).map(|p| p.min(0.5 - p)).fold(0.0, f32::max);
            assert!(most < 0.3, "phase off by {most} turns");
        }
    }
}

#[test]
fn many_losses_cost_one_frame_of_delay_and_are_closed_from_both_sides() {
    let mut line = Line::new(Codec::Pcma, 160);
    line.run(0, 1_000, |n| (n % 10 != 3).then_some(0));
    let delay = line.playout.behind(line.now).unwrap();
    assert!((TICK..=TICK + 2 * MARGIN + SLACK).contains(&delay), "{delay}");
    assert_eq!(line.playout.late(), 0);
    assert!(line.roughness(16_000) < 1.25, "steps of {}", line.roughness(16_000));
    let level = ear::rms(&line.heard[16_000..]) / (f32::from(LEVEL) / 2f32.sqrt());
    assert!((0.9..1.05).contains(&level), "{level}");
}

#[test]
fn jitter_is_covered_after_a_while_and_the_delay_returns_when_it_ends() {
    let mut line = Line::new(Codec::Pcma, 160);
    line.run(0, 500, jitter);
    let before = line.kinds.len();
    line.run(500, 1_000, jitter);
    let odd = line.kinds[before..].iter().filter(|k| **k != Heard::Voice).count();
    assert!(odd <= 10, "{odd} of 500 frames are not voice at {:?}", line.playout);
    assert!(line.roughness(20_000) < 1.25, "steps of {}", line.roughness(20_000));
    line.run(1_000, 2_900, |_| Some(0));
    let behind = line.playout.behind(line.now).unwrap();
    assert!(behind <= SLACK * 2 + MARGIN, "{behind}");
    assert!(line.playout.figures().shortened > 200);
}

#[test]
fn a_stall_is_survived_and_its_delay_does_not_stay() {
    let mut line = Line::new(Codec::Pcma, 160);
    // 200 ms without anything, then all of it at once.
    line.run(0, 200, |_| Some(0));
    line.run(200, 600, |n| Some((210 - n as i64).clamp(0, 10) * 160));
    let figures = line.playout.figures();
    assert!((1_280..=2_000).contains(&figures.concealed), "{figures:?}");
    assert!(figures.late > 0 && figures.late <= 10, "{figures:?}");
    assert!(line.roughness(320) < 1.6, "steps of {}", line.roughness(320));
    line.run(600, 900, |_| Some(0));
    let behind = line.playout.behind(line.now).unwrap();
    assert!(behind <= SLACK * 2, "{behind} {:?}", line.playout);
}

#[test]
fn a_second_stall_meets_a_buffer_that_is_deep_enough() {
    let mut line = Line::new(Codec::Pcma, 160);
    let stall = |at: i64| {
        move |n: usize| Some(if (at..at + 8).contains(&(n as i64)) { (at + 8 - n as i64) * 160 } else { 0 })
    };
    line.run(0, 240, stall(200));
    let first = line.playout.figures().concealed;
    line.run(240, 400, stall(245));
    assert!(
        first >= 800 && line.playout.figures().concealed - first <= 160,
        "{first} {:?}",
        line.playout.figures()
    );
}

#[test]
fn a_sender_that_pauses_is_followed_and_the_line_is_not_dead() {
    let mut line = Line::new(Codec::Pcma, 160);
    let room: Vec<u8> = (0..160 * 200).map(|n| if n % 3 == 0 { 0xd7 } else { 0x57 }).collect();
    line.payload.splice(0..room.len(), room);
    line.run(0, 300, |_| Some(0));
    // The sequence goes on, the timestamp has a gap: silence suppression.
    for _ in 0..100 {
        line.tick();
    }
    let paused = &line.kinds[line.kinds.len() - 90..];
    assert!(paused.iter().all(|k| *k == Heard::Comfort), "{paused:?}");
    let noise = ear::rms(&line.heard[line.heard.len() - 8_000..]);
    assert!((20.0..60.0).contains(&noise), "{noise}");
    let (start, concealed) = (line.kinds.len(), line.playout.figures().concealed);
    for n in 0..50u32 {
        let at = (400 + i64::from(n)) * 160;
        let timestamp = 0xffff_0000u32.wrapping_add((400 + n) * 160);
        line.now = at + 40;
        let bytes = line.payload[48_000..48_160].to_vec();
        line.playout.push(65_530u16.wrapping_add(300 + n as u16), timestamp, at, &bytes);
        line.tick();
    }
    let odd = line.kinds[start..].iter().filter(|k| **k != Heard::Voice).count();
    assert!(odd <= 2 && line.playout.figures().concealed - concealed <= 320, "{odd}");
    assert_eq!(line.playout.late(), 0);
}

#[test]
fn a_far_end_that_says_it_is_silent_is_silent_at_once() {
    let mut line = Line::new(Codec::Pcma, 160);
    line.run(0, 50, |_| Some(0));
    line.playout.push_noise(65_530u16.wrapping_add(50), 0xffff_0000u32.wrapping_add(8_000), line.now, &[56]);
    let kinds = [line.tick(), line.tick(), line.tick()];
    assert_eq!(kinds[1..], [Heard::Comfort; 2]);
    let tone = ear::level(&line.heard[line.heard.len() - 160..], HERTZ);
    assert!(tone < 200.0, "the voice does not go on: {tone}");
}

#[test]
fn doubles_are_nothing_and_stragglers_are_late() {
    let mut line = Line::new(Codec::Pcma, 160);
    line.run(0, 50, |_| Some(0));
    for n in [49, 48, 30] {
        line.arrive(n, line.now);
    }
    assert_eq!(line.playout.late(), 0, "they were heard");
    line.run(50, 100, |n| (n != 80).then_some(0));
    line.arrive(80, line.now);
    assert_eq!(line.playout.late(), 1);
}

#[test]
fn what_was_given_away_undecoded_is_as_if_it_had_been_heard() {
    let (mut whole, mut part) = (Line::new(Codec::Pcma, 160), Line::new(Codec::Pcma, 160));
    let lost = [50, 53, 55, 58];
    whole.run(0, 60, |n| (!lost.contains(&n)).then_some(0));
    for n in 0..60 {
        part.now = n as i64 * 160;
        if !lost.contains(&n) {
            part.arrive(n, part.now - 40);
        }
        match part.playout.due(part.now) {
            Some(payload) => {
                assert_eq!(payload[..], part.payload[n * 160..(n + 1) * 160]);
                let mut out = [0; 160];
                part.decoder.decode(&payload, &mut out);
                part.heard.extend(out);
            }
            None => {
                part.tick();
            }
        }
    }
    let apart = part.heard.iter().zip(&whole.heard).map(|(a, b)| (i32::from(*a) - i32::from(*b)).abs());
    assert!(apart.clone().take(50 * 160).all(|d| d == 0), "bit for bit");
    // But for the noise beneath, whose level was learnt from fewer frames.
    assert!(apart.clone().all(|d| d < 60), "{:?}", apart.max());
    assert!(part.kinds.len() <= 8, "all but the losses and what follows: {}", part.kinds.len());
}

#[test]
fn frames_leave_undecoded_again_when_the_network_is_even_again() {
    for codec in [Codec::Pcma, Codec::G722] {
        let mut line = Line::new(codec, 160);
        line.run(0, 400, jitter);
        line.run(400, 1_900, |_| Some(0));
        let mut given = Vec::new();
        for n in 1_900..1_950 {
            line.now = n as i64 * 160;
            line.arrive(n, line.now - 40);
            match line.playout.due(line.now) {
                Some(payload) => given.extend(payload),
                None => {
                    line.tick();
                }
            }
        }
        assert!(given.len() >= 45 * 160, "{codec:?}: {} of 50", given.len() / 160);
        let tail = &given[given.len() - 1_600..];
        let behind =
            (0..480).find(|d| line.payload.get(1_950 * 160 - d - 1_600..1_950 * 160 - d) == Some(tail));
        assert!(behind.is_some(), "{codec:?}: what was sent, without hole");
    }
}

#[test]
fn another_source_goes_on_without_a_click() {
    let mut line = Line::new(Codec::Pcma, 160);
    line.run(0, 100, |_| Some(0));
    line.playout.clear();
    line.tick();
    for n in 0..50u16 {
        let bytes = line.payload[usize::from(n) * 160..][..160].to_vec();
        line.playout.push(7 + n, u32::from(n) * 160, line.now, &bytes);
        line.tick();
    }
    assert!(line.roughness(320) < 1.5, "steps of {}", line.roughness(320));
    assert!(line.kinds[105..].iter().all(|k| *k == Heard::Voice));
}

#[test]
fn a_black_out_ends_where_the_stream_is_then() {
    let mut line = Line::new(Codec::Pcma, 160);
    line.run(0, 1_700, |n| (!(100..1_600).contains(&n)).then_some(0));
    assert_eq!(line.behind(), Some(0));
    assert_eq!(line.playout.late(), 0);
}

#[test]
fn what_was_heard_fades_where_another_source_begins() {
    for packets in [50, 51, 53] {
        let mut line = Line::new(Codec::Pcma, 160);
        line.run(0, packets, |_| Some(0));
        let from = line.heard.len() - 10;
        line.playout.clear();
        (0..10).for_each(|_| _ = line.tick());
        assert!(line.roughness(from) < 1.2, "{packets}: {}", line.roughness(from));
        assert!(
            line.heard[from + 20..from + 80].iter().any(|s| s.abs() > LEVEL / 2),
            "{packets}: it breaks off"
        );
        assert!(line.heard[line.heard.len() - 160..].iter().all(|s| s.abs() < 100));
    }
}

#[test]
fn a_leg_stays_small() {
    let boxed = ring::CAPACITY + sound::BYTES;
    let size = size_of::<Playout>() + boxed;
    assert!(size <= 12 * 1_024, "{size} bytes");
}

proptest! {
    #[test]
    fn nothing_that_arrives_can_break_it(
        steps in prop::collection::vec((any::<u16>(), any::<u32>(), 0usize..700, 0i64..4_000, 0u8..6), 1..200),
        near: bool,
        wide: bool,
    ) {
        let codec = if wide { Codec::G722 } else { Codec::Pcmu };
        let (mut playout, mut decoder) = (Playout::new(), Decoder::new(codec));
        let (mut now, mut out) = (0, vec![0; codec.samples()]);
        for (sequence, timestamp, length, passed, what) in steps {
            now += passed;
            let (sequence, timestamp) =
                if near { (sequence % 64, timestamp % 16_000) } else { (sequence, timestamp) };
            match what {
                0 | 1 => playout.push(sequence, timestamp, now, &vec![0x35; length]),
                2 => playout.push_noise(sequence, timestamp, now, &vec![0x35; length % 12]),
                3 => { playout.next(now, &mut decoder, &mut out); }
                4 => { playout.due(now); }
                _ => playout.clear(),
            }
            prop_assert!(playout.held_ms() <= 640 + 80, "{playout:?}");
            prop_assert!((20..=400).contains(&playout.target_ms()));
        }
    }
}
