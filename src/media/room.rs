//! One room in a tick: who says what, who hears what, what is written down. Nothing here allocates.

mod hear;

use std::cell::Cell;

use audio::g711::Law;
use audio::limit::{Fade, Limiter, run_out};
use audio::{FRAME, ear};
use hear::hears;

pub(crate) use self::hear::Ear;

use crate::command::{Background, Event, Group, Leg, MessageEnd, Recording, RecordingSpec, Room, Trouble};
use crate::leg::TICKS;
use crate::player::Playing;
use crate::tape::{File, Frame, Tape};
use crate::{MOST_PLAYS, MOST_SEATS, wide};

/// Quieter than this (RMS) is silence in a message.
const SILENCE: f32 = 150.0;
/// Tracks of a recording: the house and the seats. A further seat is heard, but has no track.
const MOST_TRACKS: usize = 12;
/// Ticks between two notes of how far a recording has come: 200 ms.
const REACHED_EVERY: u32 = 10;
/// Track 0: what the house said to the citizen.
const HOUSE: u8 = 0;

/// One seat.
pub(crate) struct Seat {
    pub(crate) leg: Leg,
    /// The leg's place among all of the thread.
    pub(crate) place: u32,
    pub(crate) group: Group,
    pub(crate) muted: bool,
    background: Background,
    /// Ticks since the background began.
    background_at: u64,
    record_alone: bool,
    /// Name of its track, and the track once it has one: who only listens needs none.
    name: &'static str,
    track: Option<u8>,
    /// What it says in this tick, and whether that is more than silence.
    pub(crate) voice: [i16; FRAME],
    pub(crate) sounds: bool,
    /// All that 16 kHz needs.
    pub(crate) wide: wide::Side,
    /// Soft edges where it joins or is muted; and no mix that it hears is cut.
    fade: Fade,
    limiter: Cell<Limiter>,
    /// What is said to it in this tick: a bit for each place among the plays.
    said: u8,
}

/// A message that is being taken.
struct Message {
    leg: Leg,
    /// Ticks since its beginning.
    length: u32,
    /// Tick of the last sound.
    sounded: u32,
    max: u32,
    silence: u32,
    /// The beep is still being said.
    beep: usize,
}

/// One room.
pub(crate) struct Body {
    id: Room,
    /// The sub-tick of each tick in which it has its turn.
    pub(crate) phase: u8,
    pub(crate) seats: Vec<Seat>,
    /// What is left in the next tick of who has just left.
    parting: Option<[i16; FRAME]>,
    /// The last sample at 16 kHz of a wide seat that has just left, for the other wide ones.
    parting_wide: Option<i16>,
    plays: Vec<Playing>,
    tracks: Vec<(&'static str, Option<Leg>)>,
    spec: Option<RecordingSpec>,
    /// `None` before the start; then whether it runs.
    recording: Option<bool>,
    /// Ticks since the recording began.
    recorded: u32,
    lost: u64,
    message: Option<Message>,
    /// A prompt is not ready for packets of this law.
    uncoded: Option<Law>,
}

/// Sounds that every room has.
pub(crate) struct House {
    pub(crate) music: Vec<i16>,
    pub(crate) ring_back: Vec<i16>,
    pub(crate) beep: Vec<i16>,
}

/// Where a room's tick leaves what it has to tell.
pub(crate) struct Out<'a> {
    pub(crate) tell: &'a mut dyn FnMut(Event),
    /// False: the recorder has no room for it.
    pub(crate) tape: &'a mut dyn FnMut(Tape) -> bool,
    /// What was said to its end: freed outside the tick.
    pub(crate) spent: &'a mut Vec<Playing>,
}

impl Body {
    pub(crate) fn new(id: Room, phase: u8, spec: Option<RecordingSpec>) -> Self {
        Self {
            id,
            phase,
            // Orders make more room, ticks never do.
            seats: Vec::new(),
            parting: None,
            parting_wide: None,
            plays: Vec::new(),
            tracks: Vec::new(),
            spec,
            recording: None,
            recorded: 0,
            lost: 0,
            message: None,
            uncoded: None,
        }
    }

    pub(crate) fn seat(&mut self, leg: Leg) -> Option<&mut Seat> {
        self.seats.iter_mut().find(|s| s.leg == leg)
    }

    /// Whether its seats have a 16 kHz side in the next tick.
    pub(crate) fn is_wide(&self) -> bool {
        self.parting_wide.is_some() || wide::is(&self.seats)
    }

    /// What a seat hears behind everything else, from its beginning.
    pub(crate) fn background(&mut self, leg: Leg, sound: Background) {
        if let Some(seat) = self.seat(leg).filter(|s| s.background != sound) {
            (seat.background, seat.background_at) = (sound, 0);
        }
    }

    /// False: no seat is free.
    pub(crate) fn sit(
        &mut self,
        (leg, place): (Leg, u32),
        group: Group,
        name: &'static str,
        record_alone: bool,
        out: &mut Out<'_>,
    ) -> bool {
        if self.seats.len() >= MOST_SEATS || self.seat(leg).is_some() {
            return false;
        }
        let track = if group == Group::Beside(None) { None } else { self.track(leg, name, out) };
        self.seats.reserve_exact(1);
        self.seats.push(Seat {
            leg,
            place,
            group,
            muted: false,
            background: Background::Silence,
            background_at: 0,
            record_alone,
            name,
            track,
            voice: [0; FRAME],
            sounds: false,
            wide: wide::Side::default(),
            fade: Fade::default(),
            limiter: Cell::default(),
            said: 0,
        });
        true
    }

    /// Moves a seat to another group.
    pub(crate) fn change(&mut self, leg: Leg, group: Group, out: &mut Out<'_>) {
        let Some(seat) = self.seat(leg) else { return };
        seat.group = group;
        let (name, tracked) = (seat.name, seat.track.is_some());
        if !tracked && group != Group::Beside(None) {
            let track = self.track(leg, name, out);
            if let Some(seat) = self.seat(leg) {
                seat.track = track;
            }
        }
    }

    /// The seat's track: that of one of its name which is free, else a new one.
    fn track(&mut self, leg: Leg, name: &'static str, out: &mut Out<'_>) -> Option<u8> {
        if self.tracks.is_empty() {
            self.tracks.push(("house", None));
        }
        let free = self.tracks.iter_mut().enumerate().find(|(_, (n, who))| *n == name && who.is_none());
        if let Some((at, (_, who))) = free {
            *who = Some(leg);
            return u8::try_from(at).ok();
        }
        if self.tracks.len() >= MOST_TRACKS {
            (out.tell)(Event::Trouble(Trouble::NoTrack { room: self.id, track: name }));
            return None;
        }
        let at = u8::try_from(self.tracks.len()).ok()?;
        self.tracks.push((name, Some(leg)));
        if self.recording.is_some() {
            (out.tape)(Tape::Track(self.id, at, name));
        }
        Some(at)
    }

    pub(crate) fn stand(&mut self, leg: Leg, out: &mut Out<'_>) {
        if self.message.as_ref().is_some_and(|m| m.leg == leg) {
            self.end_message(MessageEnd::Stopped, out);
        }
        let wide = wide::is(&self.seats);
        if let Some(seat) = self.seat(leg).filter(|seat| seat.group == Group::Main && seat.sounds) {
            let last = seat.voice.last().copied().unwrap_or_default();
            let last_wide = seat.wide.voice.last().copied().filter(|_| wide && seat.wide.is);
            run_out(last, self.parting.get_or_insert([0; FRAME]));
            self.parting_wide = last_wide.or(self.parting_wide);
        }
        self.seats.retain(|s| s.leg != leg);
        for (_, who) in self.tracks.iter_mut().filter(|(_, who)| *who == Some(leg)) {
            *who = None;
        }
    }

    /// Says something; one too many, or to nobody, is done at once.
    pub(crate) fn play(&mut self, playing: Playing, out: &mut Out<'_>) {
        if self.plays.len() >= MOST_PLAYS {
            return (out.tell)(Event::PlayDone { room: self.id, play: playing.tag });
        }
        self.plays.push(playing);
    }

    pub(crate) fn stop_play(&mut self, tag: crate::command::PlayTag, out: &mut Out<'_>) {
        if let Some(at) = self.plays.iter().position(|p| p.tag == tag) {
            self.plays.swap_remove(at);
            (out.tell)(Event::PlayDone { room: self.id, play: tag });
        }
    }

    pub(crate) fn record(&mut self, what: Recording, out: &mut Out<'_>) {
        match what {
            Recording::Start if self.recording.is_none() => {
                let Some(spec) = self.spec.clone() else { return };
                self.recording = Some(true);
                (out.tape)(Tape::Open(self.id, Box::new(spec)));
                for (at, (name, _)) in (0u8..).zip(&self.tracks) {
                    (out.tape)(Tape::Track(self.id, at, name));
                }
            }
            Recording::Pause | Recording::Resume if self.recording.is_some() => {
                self.recording = Some(what == Recording::Resume);
            }
            Recording::Start | Recording::Pause | Recording::Resume => {}
        }
    }

    pub(crate) fn take_message(&mut self, leg: Leg, max_ms: u64, silence_ms: u64, out: &mut Out<'_>) {
        let Some(spec) = self.spec.clone().filter(|_| self.message.is_none()) else { return };
        let ticks = |ms: u64| u32::try_from(ms * TICKS / 1_000).unwrap_or(u32::MAX);
        (out.tape)(Tape::Message(self.id, leg, Box::new(spec)));
        self.message = Some(Message {
            leg,
            length: 0,
            sounded: 0,
            max: ticks(max_ms),
            silence: ticks(silence_ms),
            beep: 0,
        });
    }

    pub(crate) fn end_message(&mut self, ended: MessageEnd, out: &mut Out<'_>) {
        if let Some(message) = self.message.take() {
            // The closing silence is no part of it; the last sound is heard out.
            let length = if ended == MessageEnd::Silence { message.sounded } else { message.length };
            let length = if message.sounded == 0 { 0 } else { length };
            (out.tape)(Tape::MessageEnded(self.id, message.leg, length, ended));
        }
    }

    pub(crate) fn discard(&mut self, leg: Leg, out: &mut Out<'_>) {
        (out.tape)(Tape::Discard(self.id, leg));
    }

    /// Everything is over.
    pub(crate) fn close(&mut self, out: &mut Out<'_>) {
        self.end_message(MessageEnd::Stopped, out);
        for playing in self.plays.drain(..) {
            (out.tell)(Event::PlayDone { room: self.id, play: playing.tag });
        }
        if self.recording.is_some() {
            (out.tape)(Tape::Close(self.id, self.recorded));
        }
    }

    /// One tick, after each seat's `voice` was filled. `hear` is called with what each seat hears.
    pub(crate) fn tick(
        &mut self,
        house: &House,
        out: &mut Out<'_>,
        mut hear: impl FnMut(u32, Ear<'_>) -> Option<Law>,
    ) {
        for seat in &mut self.seats {
            seat.sounds &= seat.fade.frame(&mut seat.voice, !seat.muted);
        }
        self.speak(out);
        let beep = self.beep(house);
        self.hear_all(house, beep, &mut hear);
        self.write_down(out);
        self.listen_for_silence(out);
    }

    /// Everything that is being said goes on. What nobody hears, or has come to its end, is done.
    fn speak(&mut self, out: &mut Out<'_>) {
        let mut at = 0;
        while let Some(playing) = self.plays.get_mut(at) {
            let to = playing.to;
            if self.seats.iter().any(|seat| hears(to, seat)) && playing.advance() {
                at += 1;
                continue;
            }
            let playing = self.plays.swap_remove(at);
            (out.tell)(Event::PlayDone { room: self.id, play: playing.tag });
            out.spent.push(playing);
        }
        for seat in &mut self.seats {
            let said = self.plays.iter().enumerate().filter(|(_, playing)| hears(playing.to, seat));
            seat.said = said.fold(0, |bits, (at, _)| bits | 1 << at);
        }
    }

    /// The beep before a message.
    fn beep(&mut self, house: &House) -> Option<(Leg, [i16; FRAME])> {
        let message = self.message.as_mut()?;
        let rest = house.beep.get(message.beep * FRAME..).filter(|r| !r.is_empty())?;
        let seat = self.seats.iter().find(|s| s.leg == message.leg)?;
        let mut frame = [0; FRAME];
        for (sample, tone) in frame.iter_mut().zip(rest) {
            *sample = *tone;
        }
        message.beep += 1;
        Some((seat.leg, frame))
    }

    /// One frame for each track that sounds; silence needs no place.
    fn write_down(&mut self, out: &mut Out<'_>) {
        if let Some(running) = self.recording {
            if running {
                let house = self.house_says();
                self.write(File::Main, HOUSE, &house, out);
                for at in 0..self.seats.len() {
                    let Some(seat) = self.seats.get(at) else { break };
                    let file = match seat.group {
                        Group::Main => File::Main,
                        Group::Private => File::Private,
                        Group::Alone if seat.record_alone => File::Private,
                        Group::Beside(Some(_)) => File::Private,
                        Group::Alone | Group::Beside(None) => continue,
                    };
                    if let Some(track) = seat.track {
                        let voice = seat.voice;
                        self.write(file, track, &voice, out);
                    }
                }
            }
            self.recorded = self.recorded.saturating_add(1);
            if self.recorded.is_multiple_of(REACHED_EVERY) {
                // When it finds no place the next one says it.
                (out.tape)(Tape::Reached(self.id, self.recorded));
            }
        }
        if self.lost > 0 && (out.tape)(Tape::Lost(self.id, self.lost)) {
            self.lost = 0;
        }
    }

    fn write(&mut self, file: File, track: u8, samples: &[i16; FRAME], out: &mut Out<'_>) {
        if samples.iter().all(|s| *s == 0) {
            return;
        }
        let frame = Frame { room: self.id, file, at: self.recorded, track, samples: *samples };
        if !(out.tape)(Tape::Frame(frame)) {
            self.lost += 1;
        }
    }

    fn listen_for_silence(&mut self, out: &mut Out<'_>) {
        /// Ticks of the beep's 400 ms.
        const BEEP: usize = 20;
        let Some(message) = &mut self.message else { return };
        if message.beep < BEEP {
            return;
        }
        let Some(seat) = self.seats.iter().find(|s| s.leg == message.leg) else { return };
        let frame = Frame {
            room: self.id,
            file: File::Message(message.leg),
            at: message.length,
            track: HOUSE,
            samples: seat.voice,
        };
        if !(out.tape)(Tape::Frame(frame)) {
            self.lost += 1;
        }
        message.length += 1;
        if ear::rms(&seat.voice) > SILENCE {
            message.sounded = message.length;
        }
        if message.length >= message.max {
            self.end_message(MessageEnd::Full, out);
        } else if message.length - message.sounded >= message.silence {
            self.end_message(MessageEnd::Silence, out);
        }
    }
}
