//! The body of one media thread, without thread, clock and sockets: its legs and rooms, its orders, its tick.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use audio::FRAME;
use audio::tones;

use crate::command::{Command, Event, Leg, Room, Trouble};
use crate::leg::{self, Clock};
use crate::levels::Meters;
use crate::line::Line;
use crate::player::Playing;
use crate::room::{self, House, Out};
use crate::tape::Tape;

/// Most legs of one thread. When full: [`Trouble::Full`].
pub(crate) const MOST_LEGS: usize = 4_096;
/// Most rooms of one thread. When full: [`Trouble::Full`] for who wants to sit in it.
const MOST_ROOMS: usize = 2_048;
/// Room for what one tick tells without allocating.
const EVENTS: usize = 1_024;
/// Orders to the recorder that found its ring full; they may wait, frames may not.
const MOST_PENDING: usize = 4_096;

/// One media thread's legs and rooms.
pub struct Floor {
    legs: BTreeMap<Leg, Box<leg::Body>>,
    rooms: BTreeMap<Room, Box<room::Body>>,
    house: House,
    events: VecDeque<Event>,
    spent: Vec<Playing>,
    tape: rtrb::Producer<Tape>,
    pending: VecDeque<Tape>,
    meters: Meters,
    /// A leg wants room for what is measured of it.
    cramped: bool,
    lost_after: Duration,
    tick: u64,
}

impl Floor {
    pub(crate) fn new(tape: rtrb::Producer<Tape>, meters: Meters, lost_after: Duration) -> Self {
        Self {
            legs: BTreeMap::new(),
            rooms: BTreeMap::new(),
            house: House { music: tones::music(), ring_back: tones::ring_back(), beep: tones::beep() },
            events: VecDeque::with_capacity(EVENTS),
            spent: Vec::with_capacity(EVENTS),
            tape,
            pending: VecDeque::new(),
            meters,
            cramped: false,
            lost_after,
            tick: 0,
        }
    }

    /// A floor whose recordings go nowhere, and whose loudness nobody reads: for tests and simulations.
    pub fn deaf(lost_after: Duration) -> Self {
        Self::new(rtrb::RingBuffer::new(1).0, Meters::default(), lost_after)
    }

    /// What has happened.
    pub fn poll(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// How many legs are open.
    pub fn legs(&self) -> usize {
        self.legs.len()
    }

    /// Carries out an order.
    pub fn order(&mut self, now: Duration, command: Command) {
        match command {
            Command::Open { leg, port, media } if self.legs.len() < MOST_LEGS => {
                let meters = &self.meters;
                self.legs.entry(leg).or_insert_with(|| {
                    meters.open(port.index, leg);
                    Box::new(leg::Body::new(leg, port, media, now))
                });
            }
            Command::Open { leg, .. } => self.events.push_back(Event::Trouble(Trouble::Full(leg))),
            Command::Update { leg, media } => {
                if let Some(body) = self.legs.get_mut(&leg) {
                    body.update(media, now);
                }
            }
            Command::Rehouse { leg, port, media } => {
                if let Some(body) = self.legs.get_mut(&leg) {
                    body.rehouse(port, media, now);
                }
            }
            Command::Close { leg } => self.close_leg(leg),
            Command::SendDigits { leg, digits, hold } => {
                if let Some(body) = self.legs.get_mut(&leg) {
                    body.send_keys(&digits, hold);
                }
            }
            Command::OpenRoom { room, recording } => {
                if self.rooms.len() < MOST_ROOMS {
                    self.rooms.entry(room).or_insert_with(|| Box::new(room::Body::new(room, recording)));
                }
            }
            Command::Seat { room, leg, track, group, record_alone } => {
                let mut sat = false;
                if self.legs.contains_key(&leg) {
                    self.in_room(room, |body, out| sat = body.sit(leg, group, track, record_alone, out));
                }
                if !sat {
                    self.events.push_back(Event::Trouble(Trouble::Full(leg)));
                }
            }
            Command::CloseRoom { room } => {
                self.in_room(room, |body, out| body.close(out));
                self.rooms.remove(&room);
            }
            other => self.order_in_room(other),
        }
        self.spent.clear();
    }

    fn order_in_room(&mut self, command: Command) {
        match command {
            Command::Move { room, leg, group } => {
                self.in_room(room, |body, out| body.change(leg, group, out))
            }
            Command::Mute { room, leg, on } => self.in_room(room, |body, _| {
                if let Some(seat) = body.seat(leg) {
                    seat.muted = on;
                }
            }),
            Command::Unseat { room, leg } => self.in_room(room, |body, out| body.stand(leg, out)),
            Command::Play { room, play, to, sounds } => {
                if !self.rooms.contains_key(&room) {
                    return self.events.push_back(Event::PlayDone { room, play });
                }
                self.in_room(room, |body, out| body.play(Playing::new(play, to, sounds), out));
            }
            Command::StopPlay { room, play } => self.in_room(room, |body, out| body.stop_play(play, out)),
            Command::Background { room, leg, sound } => {
                self.in_room(room, |body, _| body.background(leg, sound))
            }
            Command::Recording { room, what } => self.in_room(room, |body, out| body.record(what, out)),
            Command::TakeMessage { room, leg, max, silence } => {
                let ms = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX / 100);
                self.in_room(room, |body, out| body.take_message(leg, ms(max), ms(silence), out));
            }
            Command::StopMessage { room, leg: _ } => {
                self.in_room(room, |body, out| body.end_message(crate::command::MessageEnd::Stopped, out));
            }
            Command::DiscardMessage { room, leg } => self.in_room(room, |body, out| body.discard(leg, out)),
            // Not of a room; `order` has taken them.
            Command::Open { .. }
            | Command::Update { .. }
            | Command::Rehouse { .. }
            | Command::Close { .. }
            | Command::SendDigits { .. }
            | Command::OpenRoom { .. }
            | Command::Seat { .. }
            | Command::CloseRoom { .. } => {}
        }
    }

    fn close_leg(&mut self, leg: Leg) {
        let Some(body) = self.legs.remove(&leg) else { return };
        self.meters.close(body.port.index);
        let seated = self.rooms.iter().find(|(_, r)| r.seats.iter().any(|s| s.leg == leg)).map(|(id, _)| *id);
        if let Some(room) = seated {
            self.in_room(room, |body, out| body.stand(leg, out));
        }
        self.events.push_back(Event::LegClosed { leg, stats: body.stats(), course: body.finish() });
    }

    fn in_room(&mut self, room: Room, what: impl FnOnce(&mut room::Body, &mut Out<'_>)) {
        let (events, tape, pending) = (&mut self.events, &mut self.tape, &mut self.pending);
        let mut out = Out {
            tell: &mut |event| events.push_back(event),
            tape: &mut |item| keep(tape, pending, item),
            spent: &mut self.spent,
        };
        if let Some(body) = self.rooms.get_mut(&room) {
            what(body, &mut out);
        }
    }

    /// 20 ms: receives, mixes, sends, writes down. `now` is the time since the start, `utc_ms` the wall clock.
    pub fn tick(&mut self, now: Duration, utc_ms: i64, line: &mut impl Line) {
        let clock = Clock { tick: self.tick, now, utc_ms, lost_after: self.lost_after };
        self.tick += 1;
        let (legs, events) = (&mut self.legs, &mut self.events);
        for body in legs.values_mut() {
            body.receive(clock, line, &mut |event| events.push_back(event));
            body.send_report(clock, line);
            self.cramped |= body.measure(clock, &self.meters);
        }
        let (tape, pending) = (&mut self.tape, &mut self.pending);
        while let Some(item) = pending.pop_front() {
            if let Err(rtrb::PushError::Full(item)) = tape.push(item) {
                pending.push_front(item);
                break;
            }
        }
        let mut out = Out {
            tell: &mut |event| events.push_back(event),
            tape: &mut |item| keep(tape, pending, item),
            spent: &mut self.spent,
        };
        for room in self.rooms.values_mut() {
            for seat in &mut room.seats {
                match legs.get_mut(&seat.leg) {
                    Some(body) => body.say(clock, &mut seat.voice),
                    None => seat.voice = [0; FRAME],
                }
            }
            room.tick(&self.house, &mut out, |leg, ear| {
                if let Some(body) = legs.get_mut(&leg) {
                    body.hear(clock, line, ear);
                }
            });
        }
    }

    /// Frees what the tick left behind, and makes the room that it wants; call it between ticks.
    pub fn sweep(&mut self) {
        self.spent.clear();
        if std::mem::take(&mut self.cramped) {
            self.legs.values_mut().for_each(|body| body.make_room());
        }
    }
}

/// Frames that find no place are lost, and counted by who sent them; orders wait.
fn keep(tape: &mut rtrb::Producer<Tape>, pending: &mut VecDeque<Tape>, item: Tape) -> bool {
    let is_frame = matches!(item, Tape::Frame(_) | Tape::Reached(..) | Tape::Lost(..));
    if is_frame && !pending.is_empty() {
        return false;
    }
    if !pending.is_empty() {
        pending.push_back(item);
        return true;
    }
    match tape.push(item) {
        Ok(()) => true,
        Err(rtrb::PushError::Full(item)) if !is_frame && pending.len() < MOST_PENDING => {
            pending.push_back(item);
            true
        }
        Err(rtrb::PushError::Full(_)) => false,
    }
}
