//! The body of one media thread, without thread, clock and sockets: its legs and rooms, its orders, its tick.

mod turn;

use std::collections::VecDeque;
use std::time::Duration;

use audio::tones;

use crate::command::{Command, Event, Leg, Room, Stream, Trouble};
use crate::crowd::Crowd;
use crate::leg;
use crate::levels::Meters;
use crate::phases::{PHASES, Phases};
use crate::player::Playing;
use crate::ports::Port;
use crate::room::{self, House, Out};
use crate::table::Table;
use crate::tape::Tape;

/// Most legs of one thread. When full: [`Trouble::Full`].
pub(crate) const MOST_LEGS: usize = 4_096;
/// Most rooms of one thread. When full: [`Trouble::Full`] for who wants to sit in it.
const MOST_ROOMS: usize = 2_048;
/// Room for what one tick tells without allocating.
const EVENTS: usize = 1_024;
/// Orders to the recorder that found its ring full; they may wait, frames may not.
const MOST_PENDING: usize = 4_096;
/// Rooms whose prompts are made ready for packets one after the other. When full: the others ask in a later tick.
const MOST_UNCODED: usize = 64;
/// Between two looks whether anybody reads how loud the legs are, and how long it is measured after that, in sub-ticks:
/// 200 ms and 2 s.
const LOOK: u64 = 10 * PHASES;
const SHOWN: u64 = 100 * PHASES;
/// Sub-ticks between two looks for RTCP at a port: 200 ms.
const RTCP_EVERY: u64 = 10 * PHASES;

/// One media thread's legs and rooms.
pub struct Floor {
    legs: Table<Leg, leg::Body>,
    rooms: Table<Room, room::Body>,
    /// Who has a turn when.
    pub(crate) phases: Phases,
    /// Whose a packet is, by socket.
    crowds: Vec<Crowd>,
    /// The sockets that have legs.
    open: Vec<u32>,
    house: House,
    events: VecDeque<Event>,
    spent: Vec<Playing>,
    tape: rtrb::Producer<Tape>,
    pending: VecDeque<Tape>,
    meters: Meters,
    /// A leg wants room for what is measured of it.
    cramped: bool,
    lost_after: Duration,
    /// Sub-ticks so far, and the first for which nothing was received yet.
    pub(crate) sub: u64,
    received: u64,
    /// Packets on shared ports that were nobody's.
    strangers: u64,
    /// Rooms in which a prompt is not ready for packets yet.
    uncoded: Vec<u32>,
    /// Legs of whose packets nobody says when they came.
    timeless: usize,
    /// Until which sub-tick somebody wants to see how loud each leg is.
    shown: u64,
}

impl Floor {
    pub(crate) fn new(tape: rtrb::Producer<Tape>, meters: Meters, lost_after: Duration) -> Self {
        Self {
            legs: Table::default(),
            rooms: Table::default(),
            phases: Phases::default(),
            crowds: Vec::new(),
            open: Vec::new(),
            house: House { music: tones::music(), ring_back: tones::ring_back(), beep: tones::beep() },
            events: VecDeque::with_capacity(EVENTS),
            spent: Vec::with_capacity(EVENTS),
            tape,
            pending: VecDeque::new(),
            meters,
            cramped: false,
            lost_after,
            sub: 0,
            received: 0,
            strangers: 0,
            uncoded: Vec::with_capacity(MOST_UNCODED),
            timeless: 0,
            shown: SHOWN,
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

    /// Whether nobody has this port.
    pub(crate) fn is_idle(&self, port: Port) -> bool {
        let crowd = usize::try_from(port.socket).ok().and_then(|at| self.crowds.get(at));
        crowd.is_none_or(Crowd::is_empty)
    }

    /// Carries out an order.
    pub fn order(&mut self, now: Duration, command: Command) {
        match command {
            Command::Open { leg, port, media } => self.open_leg(now, leg, port, media),
            Command::Update { leg, media } => {
                if let Some(body) = self.legs.get(leg) {
                    body.update(media, now);
                }
                self.mark(leg);
            }
            Command::Rehouse { leg, port, media } => self.rehouse(now, leg, port, media),
            Command::Close { leg } => self.close_leg(now, leg),
            Command::SendDigits { leg, digits, hold } => {
                if let Some(body) = self.legs.get(leg) {
                    body.send_keys(&digits, hold);
                }
            }
            Command::OpenRoom { room, recording } => {
                if self.rooms.len() < MOST_ROOMS {
                    let phase = self.phases.lightest();
                    let opened = self.rooms.insert(room, |_| room::Body::new(room, phase, recording));
                    if let Some(place) = opened {
                        self.phases.add_room(phase, place);
                    }
                }
            }
            Command::Seat { room, leg, track, group, record_alone } => {
                let mut sat = false;
                if let Some(place) = self.legs.find(leg) {
                    self.in_room(room, |body, out| {
                        sat = body.sit((leg, place), group, track, record_alone, out);
                    });
                }
                if sat {
                    self.seated(room, leg);
                } else {
                    self.events.push_back(Event::Trouble(Trouble::Full(leg)));
                }
            }
            Command::CloseRoom { room } => {
                self.in_room(room, |body, out| body.close(out));
                if let Some((place, body)) = self.rooms.remove(room) {
                    self.phases.drop_room(body.phase, place);
                }
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
            Command::Unseat { room, leg } => {
                self.in_room(room, |body, out| body.stand(leg, out));
                if let Some(body) = self.legs.get(leg).filter(|body| body.room == Some(room)) {
                    body.room = None;
                }
            }
            Command::Play { room, play, to, sounds } => {
                if self.rooms.find(room).is_none() {
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

    fn open_leg(&mut self, now: Duration, leg: Leg, port: Port, media: Stream) {
        if self.legs.len() >= MOST_LEGS {
            return self.events.push_back(Event::Trouble(Trouble::Full(leg)));
        }
        let phase = self.phase_at(port);
        let opened = self.legs.insert(leg, |place| leg::Body::new(leg, (port, place, phase), media, now));
        let Some(place) = opened else { return };
        self.meters.open(place, leg);
        self.phases.add_leg(phase, place);
        self.join(port.socket, place);
    }

    /// When a leg that comes to this port has its turn: with its neighbours.
    fn phase_at(&mut self, port: Port) -> u8 {
        let crowd = usize::try_from(port.socket).ok().and_then(|at| self.crowds.get(at));
        let neighbour = crowd.and_then(Crowd::first).and_then(|place| self.legs.at(place));
        match neighbour.map(|body| body.phase) {
            Some(phase) => self.phases.beside(phase),
            None => self.phases.lightest(),
        }
    }

    fn join(&mut self, socket: u32, place: u32) {
        let (Ok(at), Some(body)) = (usize::try_from(socket), self.legs.at(place)) else { return };
        if self.crowds.len() <= at {
            self.crowds.resize_with(at + 1, Crowd::default);
        }
        let Some(crowd) = self.crowds.get_mut(at) else { return };
        if crowd.is_empty() {
            self.open.push(socket);
        }
        crowd.join(place, body.marks(), body.port.is_inside());
        self.timeless += usize::from(body.port.is_inside());
        crowd.turns(None, Some(body.phase));
    }

    fn leave(&mut self, now: Duration, (port, phase): (Port, u8), place: u32) {
        let socket = port.socket;
        self.timeless -= usize::from(port.is_inside());
        let crowd = usize::try_from(socket).ok().and_then(|at| self.crowds.get_mut(at));
        let Some(crowd) = crowd else { return };
        crowd.leave(place, now);
        crowd.turns(Some(phase), None);
        if crowd.is_empty() {
            self.open.retain(|open| *open != socket);
        }
    }

    /// What tells a leg's packets from others' may have changed.
    fn mark(&mut self, leg: Leg) {
        let Some(place) = self.legs.find(leg) else { return };
        let Some(body) = self.legs.at(place) else { return };
        let crowd = usize::try_from(body.port.socket).ok().and_then(|at| self.crowds.get_mut(at));
        if let Some(crowd) = crowd {
            crowd.mark(place, body.marks());
        }
    }

    fn rehouse(&mut self, now: Duration, leg: Leg, port: Port, media: Stream) {
        let Some(place) = self.legs.find(leg) else { return };
        let Some(body) = self.legs.at(place) else { return };
        let before = (body.port, body.phase);
        body.rehouse(port, media, now);
        self.leave(now, before, place);
        self.join(port.socket, place);
    }

    /// Leg and room have their turn together: the room with who sits in it first, who comes later with the room.
    fn seated(&mut self, room: Room, leg: Leg) {
        let (Some(place), Some(at)) = (self.legs.find(leg), self.rooms.find(room)) else { return };
        let (Some(body), Some(own)) = (self.legs.at(place), self.rooms.at(at)) else { return };
        if own.is_movable() {
            let before = std::mem::replace(&mut own.phase, body.phase);
            self.phases.drop_room(before, at);
            self.phases.add_room(body.phase, at);
        } else {
            let before = std::mem::replace(&mut body.phase, own.phase);
            self.phases.drop_leg(before, place);
            self.phases.add_leg(own.phase, place);
            let crowd = usize::try_from(body.port.socket).ok().and_then(|at| self.crowds.get_mut(at));
            if let Some(crowd) = crowd {
                crowd.turns(Some(before), Some(own.phase));
            }
        }
        // It can sit in one room only.
        if let Some(other) = body.room.replace(room).filter(|other| *other != room) {
            self.in_room(other, |body, out| body.stand(leg, out));
        }
    }

    fn close_leg(&mut self, now: Duration, leg: Leg) {
        let Some((place, body)) = self.legs.remove(leg) else { return };
        self.meters.close(place);
        self.phases.drop_leg(body.phase, place);
        self.leave(now, (body.port, body.phase), place);
        if let Some(room) = body.room {
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
        if let Some(body) = self.rooms.get(room) {
            what(body, &mut out);
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
