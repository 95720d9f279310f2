//! The receiving half of a leg: who may be heard on its port, and what it says.

use std::net::SocketAddr;
use std::time::Duration;

use audio::FRAME;
use audio::codec::WIDE;
use audio::g711;
use audio::playout::Heard;
use audio::{rtcp, rtp};

use super::{Body, CHORES, Clock};
use crate::command::{Codec, Event, Key, KeyIn};
use crate::levels::Meters;
use crate::quality::Look;
use crate::srtp::{self, Guard};

/// After an event packet the leg is silent for so many ticks: phones that also send the tone must not be heard keying.
const KEYING_TICKS: u64 = 3;
/// Comfort noise (RFC 3389): no sound, but a sign of life.
const COMFORT_NOISE: u8 = 13;

/// The source (SSRC) that an RTP packet, or an RTCP packet on the same port, names; in encrypted ones it stands in clear
/// (RFC 3711 section 3.1).
pub(crate) fn source_of(bytes: &[u8]) -> Option<u32> {
    let at = if srtp::is_report(bytes) { 4 } else { 8 };
    let (version, source) = (bytes.first()? >> 6, bytes.get(at..)?.first_chunk()?);
    (version == 2).then(|| u32::from_be_bytes(*source))
}

impl Body {
    /// Takes a packet that arrived for it.
    pub(crate) fn packet(
        &mut self,
        clock: Clock,
        from: SocketAddr,
        bytes: &mut [u8],
        tell: &mut impl FnMut(Event),
    ) {
        if self.latched.is_some_and(|source| source != from) && self.media.remote != Some(from) {
            self.strangers += 1;
            return;
        }
        if srtp::is_report(bytes) {
            return self.report(clock, from, bytes);
        }
        // Only what is authentic may close the latch, be heard, or count as a sign of life.
        let Some(bytes) = self.opened(clock, bytes, Guard::unprotect) else { return };
        let Some(packet) = rtp::read(bytes) else {
            self.malformed += 1;
            return;
        };
        let is_key = Some(packet.payload_type) == self.media.dtmf;
        let is_sound = !packet.payload.is_empty()
            && (packet.payload_type == self.media.payload_type
                || !is_key && self.turn_to(packet.payload_type));
        if !is_key && !is_sound && packet.payload_type != COMFORT_NOISE {
            self.malformed += 1;
            return;
        }
        match self.latched.replace(from) {
            None => {
                self.marked = true;
                tell(Event::FirstPacket { leg: self.id });
            }
            Some(before) if before == from => {}
            // Who sprays all ports can be first. The far end speaks from where signalling said: it takes its place.
            Some(_) => {
                self.strangers += 1;
                self.marked = true;
                self.playout.clear();
                self.keys.reset();
            }
        }
        if self.source != Some(packet.ssrc) {
            self.marked = true;
            if self.source.replace(packet.ssrc).is_some() {
                self.playout.clear();
                self.keys.reset();
            }
        }
        self.alive(clock.now);
        // 8 timestamp units a millisecond; the reader counts differences only.
        let arrival = units(clock.now) as u32;
        if is_key {
            self.counter.count_event(packet.ssrc, packet.sequence);
            self.keying_until = clock.tick + KEYING_TICKS;
            if let Some(key) = self.keys.packet(packet.timestamp, packet.payload) {
                tell(Event::Digit { leg: self.id, key: Key(key), by: KeyIn::Events });
            }
        } else {
            self.counter.count(packet.ssrc, packet.sequence, packet.timestamp, arrival);
            let now = units(clock.now);
            let silent = !is_sound || self.decoder.codec().is_silent(packet.payload);
            self.gauge.packet(clock.now, silent);
            if is_sound {
                self.playout.push(packet.sequence, packet.timestamp, now, packet.payload);
            } else {
                self.playout.push_noise(packet.sequence, packet.timestamp, now, packet.payload);
            }
        }
    }

    /// The packet in clear; `None`, and counted, when it is not of the far end.
    fn opened<'a>(
        &mut self,
        clock: Clock,
        bytes: &'a mut [u8],
        by: fn(&mut Guard, &mut [u8], Duration) -> Option<usize>,
    ) -> Option<&'a [u8]> {
        let Some(guard) = &mut self.guard else { return Some(bytes) };
        match by(guard, bytes, clock.now) {
            Some(length) => bytes.get(..length),
            None => {
                self.forged += 1;
                None
            }
        }
    }

    /// Takes an RTCP packet.
    pub(crate) fn report(&mut self, clock: Clock, from: SocketAddr, bytes: &mut [u8]) {
        let known = self.latched.or(self.media.remote).is_none_or(|source| source.ip() == from.ip());
        let Some(bytes) = self.opened(clock, bytes, Guard::unprotect_report) else { return };
        match rtcp::read(bytes, self.ssrc) {
            Some(report) if known => {
                self.alive(clock.now);
                self.far.take(clock, &report);
            }
            Some(_) => self.strangers += 1,
            None => self.malformed += 1,
        }
    }

    fn alive(&mut self, now: Duration) {
        self.heard_at = now;
        if self.lost {
            // It is told at once.
            self.chores_at = 0;
        }
    }

    /// A key that was in the sound; neither RTP nor RTCP for the time-out, and sound again after it.
    pub(crate) fn watch(&mut self, clock: Clock, tell: &mut impl FnMut(Event)) {
        if let Some(key) = self.keyed.take() {
            tell(Event::Digit { leg: self.id, key: Key(key), by: KeyIn::Sound });
        }
        let silent = clock.now.saturating_sub(self.heard_at) >= clock.lost_after;
        match (self.lost, silent && self.media.receive) {
            (false, true) => {
                self.lost = true;
                tell(Event::MediaLost { leg: self.id });
            }
            (true, false) => {
                self.lost = false;
                tell(Event::MediaBack { leg: self.id });
            }
            (false, false) | (true, true) => {}
        }
    }

    /// What it says in this tick, and the same at 16 kHz where that is wanted; silence while it keys.
    /// False: it is silent.
    pub(crate) fn say(
        &mut self,
        clock: Clock,
        voice: &mut [i16; FRAME],
        wide: Option<&mut [i16; WIDE]>,
    ) -> bool {
        let mut sound = [0; WIDE];
        let (frame, _) = sound.split_at_mut(if self.media.codec.is_wide() { WIDE } else { FRAME });
        let heard = self.playout.next(units(clock.now), &mut self.decoder, frame);
        let keying = clock.tick < self.keying_until || !self.media.receive;
        let silent = keying || heard == Heard::Silence;
        if silent && !self.voice.holds() {
            *voice = [0; FRAME];
            wide.into_iter().for_each(|wide| *wide = [0; WIDE]);
            return false;
        }
        if silent {
            frame.fill(0);
        }
        self.keyed = self.voice.shape(&mut sound, voice, wide).or(self.keyed);
        if clock.shown && !silent && heard != Heard::Comfort {
            self.loudness.add(voice);
        }
        true
    }

    /// The last sample of a payload of its law; that of G.722 is known to its decoder alone.
    pub(crate) fn last_of(&self, payload: &[u8; FRAME]) -> Option<i16> {
        Some(g711::expand(self.law()?, *payload.last()?))
    }

    /// It sits alone: what it says in this tick is heard by nobody. False: it has to be decoded all the same, by [`Body::say`].
    pub(crate) fn pass_over(&mut self, clock: Clock) -> bool {
        self.payload(clock, self.media.codec).is_some()
    }

    /// What it says in this tick as it came, for another leg of that codec; `None` where it has to be decoded: then
    /// [`Body::say`] goes on from here.
    pub(crate) fn payload(&mut self, clock: Clock, codec: Codec) -> Option<[u8; FRAME]> {
        let idle = clock.tick >= self.keying_until && self.voice.is_plain();
        if !self.media.receive || self.media.codec != codec || !idle {
            return None;
        }
        let payload = self.playout.due(units(clock.now))?;
        self.voice.passed(self.law(), &payload);
        Some(payload)
    }

    /// Says how loud it was lately, and notes how the stream goes, when that is due. True: [`Body::make_room`] is wanted.
    pub(crate) fn measure(&mut self, clock: Clock, meters: &Meters) -> bool {
        if !self.has_turn(clock) {
            return false;
        }
        (self.chores_at, self.chores) = (clock.tick + CHORES, self.chores + 1);
        meters.set(self.place, self.loudness.over(CHORES as usize * FRAME));
        let look = Look {
            counter: &self.counter,
            late: self.playout.late(),
            round_trip_ms: self.far.round_trip_ms,
            lost: self.lost,
            receive: self.media.receive,
        };
        if let Some(quality) = self.gauge.look(clock, &look) {
            meters.sounds(self.place, quality);
        }
        self.sampler.look(clock, &self.counter, self.playout.late())
    }
}

/// Time in units of 125 us, as playout counts it.
fn units(now: Duration) -> i64 {
    i64::try_from(now.as_micros() / 125).unwrap_or(i64::MAX)
}
