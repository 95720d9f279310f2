//! One leg's stream: who may be heard on its port, what it says, what it is sent, and the figures of both.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use audio::g711::{self, Law};
use audio::jitter::{FRAME, Jitter};
use audio::{dtmf, rtcp, rtp};

use crate::command::{Codec, Digits, Event, Key, Leg, LegStats, Stream};
use crate::course::{Course, Sampler};
use crate::levels::{Loudness, Meters};
use crate::line::{Channel, Line};
use crate::ports::Port;
use crate::srtp::{self, Guard};

/// Largest packet that is looked at.
const DATAGRAM: usize = 1_500;
/// Most packets of one leg in one tick; the rest waits for the next.
const MOST_A_TICK: usize = 8;
/// Between two RTCP reports: 5 s (RFC 3550 section 6.2).
const REPORT_TICKS: u64 = 250;
/// RTCP is looked for this often.
const RTCP_TICKS: u64 = 10;
/// After an event packet the leg is silent for so many ticks: phones that also send the tone must not be heard keying.
const KEYING_TICKS: u64 = 3;
/// How often a leg's loudness is published: 200 ms.
const LEVEL_TICKS: u64 = 10;
/// Comfort noise (RFC 3389): no sound, but a sign of life.
const COMFORT_NOISE: u8 = 13;
/// Between two keys that we send.
const KEY_GAP_TICKS: u64 = 4;
/// Keys that wait to be sent. When full: further ones are dropped.
const MOST_KEYS: usize = 2 * Digits::MOST;
/// The first sequence number is below 2^15: a far end that loses the first packets can still tell the roll-over of the
/// number (RFC 4568 section 6.4).
const FIRST: u16 = 0x7fff;
/// Ticks a second.
pub(crate) const TICKS: u64 = 50;

/// What a leg's tick needs to know of the world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// Ticks since the start of the thread.
    pub(crate) tick: u64,
    /// Time since the start.
    pub(crate) now: Duration,
    /// Wall clock, milliseconds since 1970.
    pub(crate) utc_ms: i64,
    /// A leg without RTP and RTCP for so long is lost.
    pub(crate) lost_after: Duration,
}

/// One leg.
pub(crate) struct Body {
    id: Leg,
    pub(crate) port: Port,
    media: Stream,
    /// Of an encrypted leg. It is built from [`Stream::srtp`] and never goes away again.
    guard: Option<Box<Guard>>,
    /// The only source that is listened to, once one has spoken (symmetric RTP, RFC 4961): the first one, until the address
    /// that the far end announced speaks itself.
    latched: Option<SocketAddr>,
    source: Option<u32>,
    jitter: Jitter,
    keys: dtmf::Receiver,
    keying_until: u64,
    counter: rtcp::Counter,
    loudness: Loudness,
    sampler: Sampler,
    heard_at: Duration,
    lost: bool,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    marker: bool,
    packets: u32,
    strangers: u64,
    malformed: u64,
    forged: u64,
    far_loss: Option<f32>,
    sending: Option<dtmf::Sender>,
    to_send: VecDeque<(char, u16)>,
    pause_until: u64,
}

impl Body {
    pub(crate) fn new(id: Leg, port: Port, media: Stream, now: Duration) -> Self {
        // Any number will do: the far end tells streams apart by address, and what guards an encrypted one is its key.
        let mixed = id.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let guard = media.srtp.as_deref().map(|keys| Box::new(Guard::new(keys)));
        Self {
            id,
            port,
            media,
            guard,
            latched: None,
            source: None,
            jitter: Jitter::default(),
            keys: dtmf::Receiver::default(),
            keying_until: 0,
            counter: rtcp::Counter::default(),
            loudness: Loudness::default(),
            sampler: Sampler::default(),
            heard_at: now,
            lost: false,
            ssrc: (mixed >> 32) as u32,
            sequence: (mixed >> 16) as u16 & FIRST,
            timestamp: mixed as u32,
            marker: true,
            packets: 0,
            strangers: 0,
            malformed: 0,
            forged: 0,
            far_loss: None,
            sending: None,
            to_send: VecDeque::with_capacity(MOST_KEYS),
            pause_until: 0,
        }
    }

    /// A new agreement; another address opens the latch again.
    pub(crate) fn update(&mut self, media: Stream, now: Duration) {
        if media.remote != self.media.remote {
            self.latched = None;
        }
        if media.codec != self.media.codec {
            self.jitter.clear();
        }
        // Silence was their right on hold, and counts anew from here.
        let back = !self.media.receive || media.send && !self.media.send;
        if media.receive && back {
            self.heard_at = now;
        }
        self.secure(&media, now);
        self.media = media;
    }

    /// Goes on behind another port, with another far end. Behind a port without socket somebody else encrypts.
    pub(crate) fn rehouse(&mut self, port: Port, media: Stream, now: Duration) {
        self.port = port;
        self.guard = match media.srtp.as_deref() {
            Some(keys) => Some(Box::new(Guard::new(keys))),
            None if port.is_inside() => None,
            None => self.guard.take(),
        };
        (self.latched, self.source) = (None, None);
        self.jitter.clear();
        self.keys.reset();
        (self.ssrc, self.sequence) = (self.ssrc.wrapping_add(1), self.sequence & FIRST);
        self.marker = true;
        self.heard_at = now;
        self.media = media;
    }

    /// Takes keys up, or changed ones.
    fn secure(&mut self, media: &Stream, now: Duration) {
        let Some(keys) = media.srtp.as_deref() else { return };
        match &mut self.guard {
            Some(guard) => {
                if guard.update(keys, now) {
                    self.ssrc = self.ssrc.wrapping_add(1);
                    self.sequence &= FIRST;
                    self.marker = true;
                }
            }
            None => {
                self.guard = Some(Box::new(Guard::new(keys)));
                // What came before may be anybody's.
                self.latched = None;
                self.source = None;
                self.jitter.clear();
                self.keys.reset();
            }
        }
    }

    fn law(&self) -> Law {
        match self.media.codec {
            Codec::Pcma => Law::A,
            Codec::Pcmu => Law::Mu,
        }
    }

    /// Takes everything that has arrived.
    pub(crate) fn receive(&mut self, clock: Clock, line: &mut impl Line, tell: &mut impl FnMut(Event)) {
        let mut buffer = [0; DATAGRAM];
        for _ in 0..MOST_A_TICK {
            let Some((length, from)) = line.receive(self.port.index, Channel::Rtp, &mut buffer) else {
                break;
            };
            self.packet(clock, from, buffer.get_mut(..length).unwrap_or_default(), tell);
        }
        if clock.tick.wrapping_add(self.id.0).is_multiple_of(RTCP_TICKS) {
            while let Some((length, from)) = line.receive(self.port.index, Channel::Rtcp, &mut buffer) {
                self.report(clock, from, buffer.get_mut(..length).unwrap_or_default());
            }
        }
        self.watch(clock, tell);
    }

    fn packet(&mut self, clock: Clock, from: SocketAddr, bytes: &mut [u8], tell: &mut impl FnMut(Event)) {
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
        let is_sound = packet.payload_type == self.media.payload_type && !packet.payload.is_empty();
        if !is_key && !is_sound && packet.payload_type != COMFORT_NOISE {
            self.malformed += 1;
            return;
        }
        match self.latched.replace(from) {
            None => tell(Event::FirstPacket { leg: self.id }),
            Some(before) if before == from => {}
            // Who sprays all ports can be first. The far end speaks from where signalling said: it takes its place.
            Some(_) => {
                self.strangers += 1;
                self.jitter.clear();
                self.keys.reset();
            }
        }
        if self.source.replace(packet.ssrc).is_some_and(|before| before != packet.ssrc) {
            self.jitter.clear();
            self.keys.reset();
        }
        self.alive(clock.now);
        // 8 timestamp units a millisecond; the reader counts differences only.
        let arrival = (clock.now.as_micros() / 125) as u32;
        if is_key {
            self.counter.count_event(packet.ssrc, packet.sequence);
            self.keying_until = clock.tick + KEYING_TICKS;
            if let Some(key) = self.keys.packet(packet.timestamp, packet.payload) {
                tell(Event::Digit { leg: self.id, key: Key(key) });
            }
        } else {
            self.counter.count(packet.ssrc, packet.sequence, packet.timestamp, arrival);
            if is_sound {
                self.jitter.push(packet.sequence, packet.payload, self.law());
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

    fn report(&mut self, clock: Clock, from: SocketAddr, bytes: &mut [u8]) {
        let known = self.latched.or(self.media.remote).is_none_or(|source| source.ip() == from.ip());
        let Some(bytes) = self.opened(clock, bytes, Guard::unprotect_report) else { return };
        match rtcp::read(bytes, self.ssrc) {
            Some(block) if known => {
                self.alive(clock.now);
                if let Some(block) = block {
                    let loss = f32::from(block.fraction) / 256.0;
                    self.far_loss = Some(self.far_loss.map_or(loss, |before| before * 0.75 + loss * 0.25));
                }
            }
            Some(_) => self.strangers += 1,
            None => self.malformed += 1,
        }
    }

    fn alive(&mut self, now: Duration) {
        self.heard_at = now;
    }

    /// Neither RTP nor RTCP for the time-out, and sound again after it.
    fn watch(&mut self, clock: Clock, tell: &mut impl FnMut(Event)) {
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

    /// What it says in this tick; silence while it keys.
    pub(crate) fn say(&mut self, clock: Clock, voice: &mut [i16; FRAME]) {
        let sound = self.jitter.pop(voice);
        if !sound || clock.tick < self.keying_until || !self.media.receive {
            *voice = [0; FRAME];
        } else {
            self.loudness.add(voice);
        }
    }

    /// Says how loud it was lately, and notes how the stream goes, when that is due. True: [`Body::make_room`] is wanted.
    pub(crate) fn measure(&mut self, clock: Clock, meters: &Meters) -> bool {
        if clock.tick.wrapping_add(self.id.0).is_multiple_of(LEVEL_TICKS) {
            meters.set(self.port.index, self.loudness.over(LEVEL_TICKS as usize * FRAME));
        }
        self.sampler.look(clock, &self.counter, self.jitter.late())
    }

    /// Between ticks: room for what is measured next.
    pub(crate) fn make_room(&mut self) {
        self.sampler.make_room();
    }

    /// Sends what it hears in this tick: a key when one is due, else the sound.
    pub(crate) fn hear(&mut self, clock: Clock, line: &mut impl Line, ear: &[i16; FRAME]) {
        let timestamp = self.timestamp;
        self.timestamp = self.timestamp.wrapping_add(FRAME as u32);
        let Some(to) = self.latched.or(self.media.remote).filter(|_| self.media.send) else { return };
        self.begin_key(clock, timestamp);
        let mut payload = [0; FRAME];
        g711::encode(self.law(), ear, &mut payload);
        let mut packet = rtp::Packet {
            marker: std::mem::take(&mut self.marker),
            payload_type: self.media.payload_type,
            sequence: self.sequence,
            timestamp,
            ssrc: self.ssrc,
            payload: &payload,
        };
        let key = self.sending.as_mut().and_then(|s| s.next(FRAME as u16).map(|said| (s.timestamp, said)));
        let mut bytes = [0; rtp::HEADER + FRAME + srtp::TAIL];
        let length = match (key, self.media.dtmf) {
            (Some((begun, said)), Some(payload_type)) => {
                (packet.marker, packet.timestamp) = (said.first, begun);
                (packet.payload_type, packet.payload) = (payload_type, &said.payload);
                rtp::write(&packet, &mut bytes)
            }
            (None, _) | (_, None) => {
                if self.sending.take().is_some() {
                    self.pause_until = clock.tick + KEY_GAP_TICKS;
                }
                rtp::write(&packet, &mut bytes)
            }
        };
        self.sequence = self.sequence.wrapping_add(1);
        let length = match &mut self.guard {
            None => length,
            // Never in clear; what can't be encrypted is lost.
            Some(guard) => guard.protect(&mut bytes, length).unwrap_or_default(),
        };
        let Some(bytes) = bytes.get(..length).filter(|b| !b.is_empty()) else { return };
        self.packets = self.packets.wrapping_add(1);
        line.send(self.port.index, Channel::Rtp, to, bytes);
    }

    fn begin_key(&mut self, clock: Clock, timestamp: u32) {
        if self.sending.is_none()
            && clock.tick >= self.pause_until
            && let Some((key, length)) = self.to_send.pop_front()
        {
            self.sending = dtmf::Sender::new(key, timestamp, length);
        }
    }

    /// Keys to send, each held so long. Without an agreed event type they can't be sent.
    pub(crate) fn send_keys(&mut self, digits: &Digits, hold: Duration) {
        let samples = u16::try_from(hold.as_millis() * 8).unwrap_or(u16::MAX);
        for key in digits.reveal().chars() {
            if self.to_send.len() < MOST_KEYS && self.media.dtmf.is_some() {
                self.to_send.push_back((key, samples));
            }
        }
    }

    /// The RTCP report when it is due.
    pub(crate) fn send_report(&mut self, clock: Clock, line: &mut impl Line) {
        if !clock.tick.wrapping_add(self.id.0.wrapping_mul(37)).is_multiple_of(REPORT_TICKS) {
            return;
        }
        let Some(to) = self.latched.or(self.media.remote) else { return };
        let sent = rtcp::Sent {
            ssrc: self.ssrc,
            utc_ms: clock.utc_ms,
            timestamp: self.timestamp,
            packets: self.packets,
            octets: self.packets.wrapping_mul(FRAME as u32),
        };
        let mut bytes = [0; rtcp::LONGEST + srtp::TAIL];
        let length = rtcp::write(&sent, &mut self.counter, &mut bytes);
        let length = match &mut self.guard {
            None => length,
            Some(guard) => guard.protect_report(&mut bytes, length).unwrap_or_default(),
        };
        let Some(bytes) = bytes.get(..length).filter(|b| !b.is_empty()) else { return };
        if self.media.rtcp_mux {
            return line.send(self.port.index, Channel::Rtp, to, bytes);
        }
        if let Some(port) = to.port().checked_add(1) {
            line.send(self.port.index, Channel::Rtcp, SocketAddr::new(to.ip(), port), bytes);
        }
    }

    /// Its figures.
    pub(crate) fn stats(&self) -> LegStats {
        LegStats {
            received: self.counter.received(),
            sent: u64::from(self.packets),
            loss_ratio: self.counter.loss_ratio(),
            jitter_ms: self.counter.jitter_ms(),
            late: self.jitter.late(),
            strangers: self.strangers,
            malformed: self.malformed,
            forged: self.forged,
            far_loss_ratio: self.far_loss,
        }
    }

    /// How it went, when it is over.
    pub(crate) fn finish(self) -> Course {
        self.sampler.finish()
    }
}
