//! A tick allocates nothing, whatever is said, mixed, recorded and sent in it.

use std::sync::Arc;
use std::time::Duration;

use allocation_counter::measure;
use audio::{g711, rtp, tones};

use super::world::{UTC, stream};
use crate::command::{Command, Group, Hearers, Leg, PlayTag, Recording, RecordingSpec, Room};
use crate::floor::{Floor, MOST_LEGS};
use crate::levels::Meters;
use crate::line::{Channel, Line, Take};
use crate::ports::Port;
use crate::recorder;
use crate::sound::Sound;

/// A wire whose packets come from arrays and go nowhere: it allocates nothing itself.
#[derive(Default)]
pub(super) struct Wire {
    pub(super) legs: u32,
    pub(super) sequence: u16,
    pub(super) sent: usize,
}

impl Line for Wire {
    fn receive(&mut self, socket: u32, channel: Channel, take: Take<'_>) {
        if channel == Channel::Rtcp {
            return;
        }
        for leg in (0..self.legs).filter(|leg| leg / 8 == socket) {
            let mut payload = [0; 160];
            g711::encode(g711::Law::A, &[3_000; 160], &mut payload);
            let packet = rtp::Packet {
                marker: false,
                payload_type: stream(leg.into()).payload_type,
                sequence: self.sequence,
                timestamp: u32::from(self.sequence) * 160,
                ssrc: leg,
                payload: &payload,
            };
            let mut bytes = [0; 172];
            rtp::write(&packet, &mut bytes);
            take(super::world::address(leg.into()), Duration::ZERO, &mut bytes);
        }
    }

    fn send(&mut self, _: u32, _: Channel, _: std::net::SocketAddr, bytes: &[u8]) {
        self.sent += usize::from(!bytes.is_empty());
    }

    fn flush(&mut self) {
        self.sequence = self.sequence.wrapping_add(1);
    }
}

#[test]
fn ticks_allocate_nothing() {
    let (tape, mut ring) = rtrb::RingBuffer::new(recorder::RING);
    let mut floor = Floor::new(tape, Meters::new(MOST_LEGS), Duration::from_secs(10));
    let mut wire = Wire { legs: 24, ..Wire::default() };
    for leg in 0..wire.legs {
        let room = Room((leg / 3).into());
        if leg.is_multiple_of(3) {
            let spec = RecordingSpec { folder: "/nowhere".into(), stem: "x".into() };
            floor.order(Duration::ZERO, Command::OpenRoom { room, recording: Some(spec) });
        }
        let port = Port { thread: 0, index: leg, socket: leg / 8, addr: ([127, 0, 0, 1], 20_000).into() };
        floor.order(Duration::ZERO, Command::Open { leg: Leg(leg.into()), port, media: stream(leg.into()) });
        let track = ["citizen", "operator", "desk"][(leg % 3) as usize];
        let leg = Leg(leg.into());
        let seat = Command::Seat { room, leg, track, group: Group::Main, record_alone: true };
        floor.order(Duration::ZERO, seat);
    }
    for room in (0..8).map(Room) {
        floor.order(Duration::ZERO, Command::Recording { room, what: Recording::Start });
        let sounds = vec![Arc::new(Sound::new("tone", tones::sine(700.0, 6_000, 40_000)))];
        let play = Command::Play { room, play: PlayTag(1), to: Hearers::Main, sounds };
        floor.order(Duration::ZERO, play);
    }
    let mut now = Duration::ZERO;
    let mut ticks = |count: u32, floor: &mut Floor, wire: &mut Wire| {
        let mut allocated = 0;
        for _ in 0..count {
            now += Duration::from_millis(20);
            allocated += measure(|| floor.tick(now, UTC, wire)).count_total;
            floor.sweep();
            while floor.poll().is_some() {}
            while ring.pop().is_ok() {}
        }
        allocated
    };
    // A prompt ends, reports are due, measurements are taken.
    assert_eq!(ticks(500, &mut floor, &mut wire), 0);
    assert!(wire.sent >= 24 * 500, "{}", wire.sent);
    assert!(measure(|| drop(std::hint::black_box(vec![0u8; 9]))).count_total > 0, "the counter counts");
}
