//! A day of calls in virtual time: what the media threads hold at its end is what they held after its first hour.

use std::sync::Arc;
use std::time::Duration;

use allocation_counter::measure;
use audio::tones;

use super::allocations::Wire;
use super::world::{UTC, stream};
use crate::command::{Command, Event, Group, Hearers, Leg, PlayTag, Recording, RecordingSpec, Room};
use crate::floor::{Floor, MOST_LEGS};
use crate::levels::Meters;
use crate::ports::{Port, PortPool};
use crate::recorder;
use crate::sound::Sound;

/// Calls of a busy hour; of three seats each.
const AN_HOUR: u64 = 1_250;
/// Ticks of a call, and how far the clock goes on until the next: an hour has as many.
const TICKS: u64 = 12;
const BETWEEN: Duration = Duration::from_millis(2_640);
/// Sockets of the house, and legs on each.
const SOCKETS: u32 = 6;
const LEGS: u32 = 8;

struct House {
    floor: Floor,
    pool: PortPool,
    wire: Wire,
    ring: rtrb::Consumer<crate::tape::Tape>,
    said: Arc<Sound>,
    now: Duration,
    calls: u64,
}

impl House {
    fn new() -> Self {
        let (tape, ring) = rtrb::RingBuffer::new(recorder::RING / 64);
        let addr = ([127, 0, 0, 1], 20_000).into();
        let place = |index| Port { thread: 0, index, socket: index / LEGS, addr };
        Self {
            floor: Floor::new(tape, Meters::new(MOST_LEGS), Duration::from_secs(10)),
            pool: PortPool::new((0..SOCKETS * LEGS).map(place)),
            wire: Wire { legs: SOCKETS * LEGS, ..Wire::default() },
            ring,
            said: Arc::new(Sound::new("tone", tones::sine(700.0, 6_000, 40_000))),
            now: Duration::ZERO,
            calls: 0,
        }
    }

    /// One call: three seats, a prompt, a recording; some end in the middle of it.
    fn call(&mut self) {
        self.calls += 1;
        self.now += BETWEEN;
        let room = Room(self.calls.into());
        let spec = RecordingSpec { folder: "/nowhere".into(), stem: "x".into() };
        self.order(Command::OpenRoom { room, recording: Some(spec) });
        let mut legs = Vec::new();
        for (seat, track) in (0..).zip(["citizen", "operator", "desk"]) {
            let leg = Leg(self.calls * 3 + seat);
            let port = self.pool.take(0, self.now).unwrap();
            self.order(Command::Open { leg, port, media: stream(port.index.into()) });
            self.order(Command::Seat { room, leg, track, group: Group::Main, record_alone: true });
            legs.push((leg, port));
            self.run(1, &legs);
        }
        self.order(Command::Recording { room, what: Recording::Start });
        let sounds = vec![Arc::clone(&self.said)];
        self.order(Command::Play { room, play: PlayTag(self.calls), to: Hearers::Main, sounds });
        if self.calls.is_multiple_of(7) {
            let (max, silence) = (Duration::from_secs(60), Duration::from_secs(5));
            self.order(Command::TakeMessage { room, leg: legs[0].0, max, silence });
        }
        self.run(TICKS - 3, &legs);
        if !self.calls.is_multiple_of(5) {
            self.order(Command::Unseat { room, leg: legs[1].0 });
        }
        for (leg, _) in &legs {
            self.order(Command::Close { leg: *leg });
        }
        self.order(Command::CloseRoom { room });
        self.run(1, &legs);
    }

    fn order(&mut self, command: Command) {
        self.floor.order(self.now, command);
    }

    fn run(&mut self, ticks: u64, legs: &[(Leg, Port)]) {
        for _ in 0..ticks {
            self.now += Duration::from_millis(20);
            self.floor.tick(self.now, UTC, &mut self.wire);
            self.floor.sweep();
            while let Some(event) = self.floor.poll() {
                let port = |leg| legs.iter().find(|(own, _)| *own == leg).unwrap().1;
                match event {
                    Event::FirstPacket { leg } => self.pool.heard(port(leg)),
                    Event::LegClosed { leg, .. } => self.pool.give_back(port(leg), self.now),
                    _ => {}
                }
            }
            while self.ring.pop().is_ok() {}
        }
    }

    fn hours(&mut self, hours: u64) {
        (0..hours * AN_HOUR).for_each(|_| self.call());
    }
}

#[test]
fn a_day_of_calls_leaves_nothing_behind() {
    // The whole day with `make soak`.
    let hours = if std::env::var_os("HOTLINE_SOAK_MINUTES").is_some() { 23 } else { 2 };
    let mut house = House::new();
    let ports = house.pool.free(house.now);
    house.hours(1);
    let rest = measure(|| house.hours(hours));
    house.now += Duration::from_secs(60);
    println!(
        "{} calls: {} bytes more than after the first hour, in {} of {} allocations",
        house.calls, rest.bytes_current, rest.count_current, rest.count_total
    );
    assert!(house.wire.sent as u64 > house.calls * 3, "{} packets", house.wire.sent);
    assert!(rest.count_total > house.calls, "it counts");
    assert_eq!((house.floor.legs(), house.pool.free(house.now)), (0, ports));
    // The course of a day: not a byte a call.
    assert!(rest.bytes_current < 4_096, "{} bytes in {hours} h", rest.bytes_current);
}
