//! The media threads as a model: rooms without sound that obey every order as `media::command` documents it, know who
//! hears whom, and object to an order that makes no sense.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use media::command::{
    Background, FileKind, Group, Hearers, Leg, LegStats, MessageEnd, PlayTag, RecordingSpec, Room, Stream,
};
use media::{Command, Event, Port};

use super::chance::Chance;
use super::tape::{Message, file};

/// A leg without sound for so long is told to be lost.
pub const LOST_AFTER: Duration = Duration::from_secs(10);
/// One tick of a media thread.
const TICK: u64 = 20;

/// What the model wants to do later, or tells.
#[derive(Debug)]
pub enum Later {
    /// For the house.
    Tell(Event),
    /// For [`Sound::due`].
    Due(Due),
}

/// Something of the model that is due.
#[derive(Clone, Copy, Debug)]
pub enum Due {
    /// Everything was said.
    Said(Room, PlayTag),
    /// A tick: what nobody hears is done.
    Tick(Room),
    /// Is there still no sound of this leg?
    Silence(Leg),
    /// The message ends by itself; the number tells messages of one room apart.
    Message(Room, u64, MessageEnd),
}

#[derive(Debug)]
pub struct Line {
    pub port: Port,
    pub media: Stream,
    pub room: Option<Room>,
    /// Its phone speaks.
    pub alive: bool,
    /// Since then nothing was heard.
    since: Duration,
    lost: bool,
}

#[derive(Debug)]
pub struct Seat {
    pub group: Group,
    pub muted: bool,
    pub track: &'static str,
    pub background: Background,
}

#[derive(Debug)]
pub struct Chamber {
    pub thread: u16,
    pub seats: BTreeMap<Leg, Seat>,
    pub plays: Vec<(PlayTag, Hearers)>,
    /// Since then the citizen hears nothing at all.
    pub quiet_since: Option<Duration>,
    pub spec: Option<RecordingSpec>,
    pub recording: Option<bool>,
    pub message: Option<Message>,
}

/// All threads.
#[derive(Default, Debug)]
pub struct Sound {
    pub lines: BTreeMap<Leg, Line>,
    pub rooms: BTreeMap<Room, Chamber>,
    by_port: BTreeMap<SocketAddr, Leg>,
    by_remote: BTreeMap<SocketAddr, Leg>,
    /// Addresses of phones that send sound.
    voices: BTreeSet<SocketAddr>,
    /// Legs that were closed in this step: the core hears of it only now, and its last orders about them are no fault.
    pub closed_now: Vec<Leg>,
    /// What was begun to be said in this step.
    pub said_now: Vec<(Room, Hearers)>,
    /// When each thread, and the recorder, told its last; the order is kept.
    told: [Duration; 3],
    pub messages: u64,
    /// Streams that were ever opened, and those whose end was ordered and not told yet.
    pub opened: usize,
    pub closing: usize,
    pub later: Vec<(Duration, Later)>,
}

pub type Sense = Result<(), String>;
pub const RECORDER: u16 = 2;

impl Sound {
    /// A new step of the house begins.
    pub fn step(&mut self) {
        self.closed_now.clear();
        self.said_now.clear();
    }

    /// The process is gone: rooms, ports and recordings with it. Whoever speaks goes on speaking.
    pub fn falls(&mut self) {
        *self = Self { voices: std::mem::take(&mut self.voices), messages: self.messages, ..Self::default() };
    }

    /// The leg whose port this is.
    pub fn on_port(&self, port: SocketAddr) -> Option<(Leg, &Line)> {
        let leg = self.by_port.get(&port)?;
        self.lines.get(leg).map(|line| (*leg, line))
    }

    fn at(&mut self, now: Duration, thread: u16, dice: &mut Chance) -> Duration {
        let wait = if thread == RECORDER { dice.ms(1, 300) } else { dice.ms(1, TICK + 5) };
        let told = &mut self.told[usize::from(thread)];
        *told = (now + wait).max(*told);
        *told
    }

    pub fn tell(&mut self, now: Duration, thread: u16, dice: &mut Chance, event: Event) {
        let at = self.at(now, thread, dice);
        self.later.push((at, Later::Tell(event)));
    }

    pub fn due_at(&mut self, at: Duration, due: Due) {
        self.later.push((at, Later::Due(due)));
    }

    /// An order. `Err` says why it makes no sense.
    pub fn order(&mut self, now: Duration, thread: u16, dice: &mut Chance, command: Command) -> Sense {
        match command {
            Command::Open { leg, port, media } => self.open(now, thread, dice, leg, port, media),
            Command::Update { leg, media } => self.update(now, thread, dice, leg, media),
            Command::Rehouse { leg, port, media } => self.rehouse(now, thread, dice, leg, port, media),
            Command::Close { leg } => self.close(now, thread, dice, leg),
            Command::SendDigits { leg, .. } => self.line(thread, leg).map(|_| ()),
            Command::OpenRoom { room, recording } => {
                let (seats, plays) = (BTreeMap::new(), Vec::new());
                let chamber = Chamber {
                    thread,
                    seats,
                    plays,
                    spec: recording,
                    recording: None,
                    message: None,
                    quiet_since: None,
                };
                let old = self.rooms.insert(room, chamber);
                wants(old.is_none(), || "a room is opened twice".into())
            }
            Command::Seat { room, leg, group, track, .. } => {
                let seat = Seat { group, muted: false, track, background: Background::Silence };
                self.seat(now, thread, dice, room, leg, seat)
            }
            Command::Move { room, leg, group } => {
                self.in_seat(thread, room, leg, |seat| seat.group = group)?;
                self.tick_soon(now, dice, room);
                Ok(())
            }
            Command::Mute { room, leg, on } => self.in_seat(thread, room, leg, |seat| seat.muted = on),
            Command::Background { room, leg, sound } => {
                self.in_seat(thread, room, leg, |seat| seat.background = sound)
            }
            Command::Unseat { room, leg } => {
                if !self.closed_now.contains(&leg) {
                    self.in_seat(thread, room, leg, |_| ())?;
                }
                self.chamber(thread, room)?;
                self.stand(now, dice, room, leg);
                Ok(())
            }
            Command::CloseRoom { room } => self.close_room(now, thread, dice, room),
            Command::Play { room, play, to, sounds } => {
                let length = sounds.iter().map(|s| s.length()).sum::<Duration>();
                self.play(now, thread, dice, room, (play, to), length)
            }
            Command::StopPlay { room, play } => {
                self.chamber(thread, room)?;
                self.said(now, dice, room, play);
                Ok(())
            }
            Command::Recording { room, what } => self.record(thread, room, what),
            Command::TakeMessage { room, leg, max, silence } => {
                self.take_message(now, thread, dice, (room, leg), max, silence)
            }
            Command::StopMessage { room, .. } => {
                self.chamber(thread, room)?;
                self.end_message(now, dice, room, MessageEnd::Stopped);
                Ok(())
            }
            Command::DiscardMessage { room, .. } => self.chamber(thread, room).map(|_| ()),
        }
    }

    pub fn line(&mut self, thread: u16, leg: Leg) -> Result<&mut Line, String> {
        let line = self.lines.get_mut(&leg).ok_or_else(|| format!("{leg:?} is not open"))?;
        wants(line.port.thread == thread, || format!("{leg:?} is not of thread {thread}"))?;
        Ok(line)
    }

    pub fn chamber(&mut self, thread: u16, room: Room) -> Result<&mut Chamber, String> {
        let chamber = self.rooms.get_mut(&room).ok_or("the room is not open")?;
        wants(chamber.thread == thread, || format!("the room is not of thread {thread}"))?;
        Ok(chamber)
    }

    fn in_seat(&mut self, thread: u16, room: Room, leg: Leg, what: impl FnOnce(&mut Seat)) -> Sense {
        let closed = self.closed_now.contains(&leg);
        let seat = self.chamber(thread, room)?.seats.get_mut(&leg);
        match seat {
            Some(seat) => what(seat),
            None => wants(closed, || format!("{leg:?} has no seat in the room"))?,
        }
        Ok(())
    }

    fn open(
        &mut self,
        now: Duration,
        thread: u16,
        dice: &mut Chance,
        leg: Leg,
        port: Port,
        media: Stream,
    ) -> Sense {
        wants(port.thread == thread, || format!("{leg:?} is opened on a port of another thread"))?;
        wants(!self.lines.contains_key(&leg), || format!("{leg:?} is opened twice"))?;
        if let Some(other) = self.by_port.insert(port.addr, leg) {
            return Err(format!("{leg:?} is opened on the port of {other:?}"));
        }
        let line = Line { port, media: media.clone(), room: None, alive: false, since: now, lost: false };
        self.lines.insert(leg, line);
        self.opened += 1;
        self.agree(now, dice, leg, media);
        Ok(())
    }

    fn update(&mut self, now: Duration, thread: u16, dice: &mut Chance, leg: Leg, media: Stream) -> Sense {
        let line = self.line(thread, leg)?;
        let back = !line.media.receive || media.send && !line.media.send;
        let lost = media.receive && back && {
            line.since = now;
            std::mem::take(&mut line.lost)
        };
        if lost {
            self.tell(now, thread, dice, Event::MediaBack { leg });
        }
        self.agree(now, dice, leg, media);
        Ok(())
    }

    fn rehouse(
        &mut self,
        now: Duration,
        thread: u16,
        dice: &mut Chance,
        leg: Leg,
        port: Port,
        media: Stream,
    ) -> Sense {
        wants(port.thread == thread, || format!("{leg:?} moves to a port of another thread"))?;
        let line = self.line(thread, leg)?;
        let (before, lost) = (std::mem::replace(&mut line.port, port), std::mem::take(&mut line.lost));
        line.since = now;
        self.by_port.remove(&before.addr);
        if let Some(other) = self.by_port.insert(port.addr, leg) {
            return Err(format!("{leg:?} moves to the port of {other:?}"));
        }
        if lost {
            self.tell(now, thread, dice, Event::MediaBack { leg });
        }
        self.agree(now, dice, leg, media);
        Ok(())
    }

    /// What both ends agreed on: the phone's address may be another now.
    fn agree(&mut self, now: Duration, dice: &mut Chance, leg: Leg, media: Stream) {
        let Some(line) = self.lines.get_mut(&leg) else { return };
        if let Some(old) = line.media.remote {
            self.by_remote.remove(&old);
        }
        line.media = media.clone();
        let speaks = media.remote.is_some_and(|remote| self.voices.contains(&remote));
        let silent = !speaks && media.receive;
        if line.alive {
            line.since = now;
        }
        line.alive = speaks;
        let (at, thread) = (line.since + LOST_AFTER, line.port.thread);
        let back = !silent && std::mem::take(&mut line.lost);
        if let Some(remote) = media.remote {
            self.by_remote.insert(remote, leg);
        }
        if silent {
            self.due_at(at.max(now), Due::Silence(leg));
        }
        if back {
            self.tell(now, thread, dice, Event::MediaBack { leg });
        }
    }

    /// A phone begins or ceases to send sound from this address.
    pub fn voice(&mut self, now: Duration, dice: &mut Chance, from: SocketAddr, on: bool) {
        let changed = if on { self.voices.insert(from) } else { self.voices.remove(&from) };
        let leg = self.by_remote.get(&from).copied().filter(|_| changed);
        let Some((leg, line)) = leg.and_then(|leg| self.lines.get_mut(&leg).map(|line| (leg, line))) else {
            return;
        };
        line.alive = on;
        line.since = now;
        let (thread, back) = (line.port.thread, on && std::mem::take(&mut line.lost));
        if back {
            self.tell(now, thread, dice, Event::MediaBack { leg });
        }
        if !on {
            self.due_at(now + LOST_AFTER, Due::Silence(leg));
        }
    }

    fn close(&mut self, now: Duration, thread: u16, dice: &mut Chance, leg: Leg) -> Sense {
        self.line(thread, leg)?;
        let Some(line) = self.lines.remove(&leg) else { return Ok(()) };
        if let Some(room) = line.room {
            self.stand(now, dice, room, leg);
        }
        self.by_port.remove(&line.port.addr);
        if let Some(remote) = line.media.remote {
            self.by_remote.remove(&remote);
        }
        self.closed_now.push(leg);
        self.closing += 1;
        self.tell(
            now,
            thread,
            dice,
            Event::LegClosed { leg, stats: LegStats::default(), course: Default::default() },
        );
        Ok(())
    }

    fn seat(
        &mut self,
        now: Duration,
        thread: u16,
        dice: &mut Chance,
        room: Room,
        leg: Leg,
        seat: Seat,
    ) -> Sense {
        self.chamber(thread, room)?;
        let line = self.line(thread, leg)?;
        if let Some(other) = line.room.replace(room) {
            return Err(format!(
                "{leg:?} sits already, {}",
                if other == room { "here" } else { "elsewhere" }
            ));
        }
        let chamber = self.chamber(thread, room)?;
        chamber.seats.insert(leg, seat);
        wants(chamber.seats.len() <= media::MOST_SEATS, || "more seats than a room has".into())?;
        self.tick_soon(now, dice, room);
        Ok(())
    }

    fn stand(&mut self, now: Duration, dice: &mut Chance, room: Room, leg: Leg) {
        if let Some(line) = self.lines.get_mut(&leg) {
            line.room = None;
        }
        let Some(chamber) = self.rooms.get_mut(&room) else { return };
        if chamber.message.as_ref().is_some_and(|m| m.leg == leg) {
            self.end_message(now, dice, room, MessageEnd::Stopped);
        }
        if let Some(chamber) = self.rooms.get_mut(&room) {
            chamber.seats.remove(&leg);
        }
        self.tick_soon(now, dice, room);
    }

    fn tick_soon(&mut self, now: Duration, dice: &mut Chance, room: Room) {
        let at = now + dice.ms(1, TICK);
        self.due_at(at, Due::Tick(room));
    }

    fn close_room(&mut self, now: Duration, thread: u16, dice: &mut Chance, room: Room) -> Sense {
        self.chamber(thread, room)?;
        self.end_message(now, dice, room, MessageEnd::Stopped);
        let Some(chamber) = self.rooms.remove(&room) else { return Ok(()) };
        for (play, _) in chamber.plays {
            self.tell(now, thread, dice, Event::PlayDone { room, play });
        }
        for leg in chamber.seats.keys() {
            if let Some(line) = self.lines.get_mut(leg) {
                line.room = None;
            }
        }
        if let (Some(_), Some(spec)) = (chamber.recording, chamber.spec) {
            let files = if dice.permille(20) { Vec::new() } else { vec![file(FileKind::Main, &spec, "")] };
            self.tell(now, RECORDER, dice, Event::RecordingClosed { room, files });
        }
        Ok(())
    }

    fn play(
        &mut self,
        now: Duration,
        thread: u16,
        dice: &mut Chance,
        room: Room,
        (play, to): (PlayTag, Hearers),
        length: Duration,
    ) -> Sense {
        let chamber = self.chamber(thread, room)?;
        let twice = chamber.plays.iter().any(|(tag, _)| *tag == play);
        wants(!twice, || format!("{play:?} is played twice"))?;
        if chamber.plays.len() >= media::MOST_PLAYS {
            self.tell(now, thread, dice, Event::PlayDone { room, play });
            return Ok(());
        }
        chamber.plays.push((play, to));
        self.said_now.push((room, to));
        self.due_at(now + length, Due::Said(room, play));
        self.tick_soon(now, dice, room);
        Ok(())
    }

    /// Said to its end, or stopped, or heard by nobody: told once.
    fn said(&mut self, now: Duration, dice: &mut Chance, room: Room, play: PlayTag) {
        let Some(chamber) = self.rooms.get_mut(&room) else { return };
        let Some(at) = chamber.plays.iter().position(|(tag, _)| *tag == play) else { return };
        chamber.plays.remove(at);
        let thread = chamber.thread;
        self.tell(now, thread, dice, Event::PlayDone { room, play });
    }

    /// Something of the model is due.
    pub fn due(&mut self, now: Duration, dice: &mut Chance, due: Due) {
        match due {
            Due::Said(room, play) => self.said(now, dice, room, play),
            Due::Tick(room) => {
                let Some(chamber) = self.rooms.get(&room) else { return };
                let unheard: Vec<PlayTag> = chamber
                    .plays
                    .iter()
                    .filter(|(_, to)| !chamber.heard(*to))
                    .map(|(play, _)| *play)
                    .collect();
                for play in unheard {
                    self.said(now, dice, room, play);
                }
            }
            Due::Silence(leg) => {
                let Some(line) = self.lines.get_mut(&leg) else { return };
                let silent = !line.alive && now.saturating_sub(line.since) >= LOST_AFTER;
                if silent && line.media.receive && !std::mem::replace(&mut line.lost, true) {
                    let thread = line.port.thread;
                    self.tell(now, thread, dice, Event::MediaLost { leg });
                }
            }
            Due::Message(room, number, ended) => {
                let message = self.rooms.get(&room).and_then(|c| c.message.as_ref());
                if message.is_some_and(|m| m.number == number) {
                    self.end_message(now, dice, room, ended);
                }
            }
        }
    }
}

pub fn wants(holds: bool, else_say: impl FnOnce() -> String) -> Sense {
    if holds { Ok(()) } else { Err(else_say()) }
}
