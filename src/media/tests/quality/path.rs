//! The real path of a voice: packets into one leg of a floor, through the room, out of the other leg, decoded.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use audio::FRAME;
use audio::g711::{self, Law};
use audio::rtp;

use super::super::world::{UTC, address, stream};
use super::weather::{PACKET, Weather, arrivals};
use crate::command::{Codec, Command, Event, Group, Leg, LegStats, Room, Stream};
use crate::floor::Floor;
use crate::line::{Channel, Line, Take};
use crate::ports::Port;

const ROOM: Room = Room(1);
const SPEAKER: u64 = 1;
const LISTENER: u64 = 2;

#[derive(Default)]
struct Wire {
    waiting: VecDeque<Vec<u8>>,
    /// Sound that the listener was sent.
    sent: Vec<Vec<u8>>,
}

impl Line for Wire {
    fn receive(&mut self, socket: u32, channel: Channel, take: Take<'_>) {
        if u64::from(socket) != SPEAKER || channel != Channel::Rtp {
            return;
        }
        for mut bytes in self.waiting.drain(..) {
            take(address(SPEAKER), Duration::ZERO, &mut bytes);
        }
    }

    fn send(&mut self, port: u32, channel: Channel, _: SocketAddr, bytes: &[u8]) {
        if u64::from(port) == LISTENER && channel == Channel::Rtp {
            self.sent.push(bytes.to_vec());
        }
    }

    fn flush(&mut self) {}
}

/// What came out at the other end.
pub struct Heard {
    /// From the moment at which the first packet was sent.
    pub samples: Vec<i16>,
    /// The speaker's figures.
    pub stats: LegStats,
    /// How often the speaker's leg was given up for lost.
    pub lost: usize,
}

fn packet(voice: &[i16], n: usize) -> Vec<u8> {
    let mut payload = [0; FRAME];
    let from = n * FRAME;
    g711::encode(Law::A, &voice[from..from + FRAME], &mut payload);
    let packet = rtp::Packet {
        marker: n == 0,
        payload_type: 8,
        // Over the wrap of both.
        sequence: 65_500u16.wrapping_add(n as u16),
        timestamp: 0xffff_f000u32.wrapping_add((n * FRAME) as u32),
        ssrc: 7,
        payload: &payload,
    };
    let mut bytes = vec![0; rtp::HEADER + FRAME];
    rtp::write(&packet, &mut bytes);
    bytes
}

/// Sends a voice through the house; the listener's phone plays what it gets without buffer.
pub fn through(voice: &[i16], weather: Weather, seed: u64) -> Heard {
    let (mut floor, mut wire) = (Floor::deaf(Duration::from_secs(60)), Wire::default());
    let mut order = |command| floor.order(Duration::ZERO, command);
    order(Command::OpenRoom { room: ROOM, recording: None });
    for leg in [SPEAKER, LISTENER] {
        let port =
            Port { thread: 0, index: leg as u32, socket: leg as u32, addr: ([127, 0, 0, 1], 20_000).into() };
        let media = Stream { codec: Codec::Pcma, payload_type: 8, ..stream(leg) };
        order(Command::Open { leg: Leg(leg), port, media });
        let (group, track) = (Group::Main, "");
        order(Command::Seat { room: ROOM, leg: Leg(leg), track, group, record_alone: false });
    }
    let count = voice.len() / FRAME;
    let mut coming = arrivals(weather, count, seed).into_iter().peekable();
    let mut samples = Vec::with_capacity(voice.len() + 16_000);
    let mut lost = 0;
    for tick in 0..count as u32 + 50 {
        let now = PACKET * tick;
        while let Some((_, n)) = coming.next_if(|(at, _)| *at <= now) {
            wire.waiting.push_back(packet(voice, n));
        }
        floor.tick(now, UTC, &mut wire);
        floor.sweep();
        lost += std::iter::from_fn(|| floor.poll())
            .filter(|e| matches!(e, Event::MediaLost { leg: Leg(SPEAKER) }))
            .count();
        let before = samples.len();
        for bytes in wire.sent.drain(..) {
            let payload = rtp::read(&bytes).unwrap().payload.to_vec();
            samples.extend(payload.iter().map(|code| g711::expand(Law::A, *code)));
        }
        assert_eq!(samples.len() - before, FRAME, "the listener gets one frame a tick");
    }
    floor.order(Duration::ZERO, Command::Close { leg: Leg(SPEAKER) });
    let stats = std::iter::from_fn(|| floor.poll()).find_map(|e| match e {
        Event::LegClosed { stats, .. } => Some(stats),
        _ => None,
    });
    Heard { samples, stats: stats.unwrap(), lost }
}
