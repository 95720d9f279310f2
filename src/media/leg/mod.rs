//! One leg's stream: who may be heard on its port, what it says, what it is sent, and the figures of both.

mod receive;
mod reports;
mod send;
mod voice;

pub(crate) use receive::source_of;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use audio::codec::{self, Decoder, Encoder};
use audio::g711::Law;
use audio::playout::Playout;
use audio::{dtmf, rtcp};

use crate::command::{Codec, Digits, Leg, LegStats, Room, Stream};
use crate::course::{Course, Sampler};
use crate::crowd::Marks;
use crate::levels::Loudness;
use crate::ports::Port;
use crate::quality::Gauge;
use crate::srtp::Guard;
use voice::{Fit, Voice};

/// Keys that wait to be sent. When full: further ones are dropped.
const MOST_KEYS: usize = 2 * Digits::MOST;
/// The first sequence number is below 2^15: a far end that loses the first packets can still tell the roll-over of the
/// number (RFC 4568 section 6.4).
const FIRST: u16 = 0x7fff;
/// Ticks a second.
pub(crate) const TICKS: u64 = 50;
/// Ticks between two looks at all that need not be done in every one: 200 ms.
pub(crate) const CHORES: u64 = 10;

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
    /// Somebody reads how loud each leg is.
    pub(crate) shown: bool,
}

/// What speaks a format to which the far end may turn: made with the agreement, so that a tick makes nothing.
struct Spare {
    payload_type: u8,
    codec: Codec,
    coders: (Decoder, Encoder),
}

/// One leg. What each packet and each turn need stands together and first: a thread has more legs than its cache holds, and
/// what it pays for most is each further line of memory.
#[repr(C)]
pub(crate) struct Body {
    id: Leg,
    /// The only source that is listened to, once one has spoken (symmetric RTP, RFC 4961): the first one, until the address
    /// that the far end announced speaks itself.
    latched: Option<SocketAddr>,
    media: Stream,
    /// Of an encrypted leg. It is built from [`Stream::srtp`] and never goes away again.
    guard: Option<Box<Guard>>,
    source: Option<u32>,
    /// What tells its packets from others' has changed.
    pub(crate) marked: bool,
    marker: bool,
    lost: bool,
    /// The sub-tick of each tick in which it has its turn: that of its room.
    pub(crate) phase: u8,
    sequence: u16,
    ssrc: u32,
    timestamp: u32,
    packets: u32,
    /// A key that was in the sound, not told yet.
    keyed: Option<char>,
    heard_at: Duration,
    keying_until: u64,
    pause_until: u64,
    /// The tick of its next chores, and how many times they were done since its last report.
    chores_at: u64,
    chores: u64,
    pub(crate) port: Port,
    to_send: VecDeque<(char, u16)>,
    sending: Option<dtmf::Sender>,
    decoder: Decoder,
    encoder: Encoder,
    loudness: Loudness,
    counter: rtcp::Counter,
    gauge: Gauge,
    voice: Voice,
    playout: Playout,
    /// For the other formats that were agreed on.
    spare: Vec<Spare>,
    /// Between what it hears and what its codec takes.
    fit: Fit,
    keys: dtmf::Receiver,
    sampler: Sampler,
    strangers: u64,
    malformed: u64,
    forged: u64,
    /// What the far end's reports tell.
    far: reports::Far,
    /// Its place among all of the thread.
    place: u32,
    /// Where it sits.
    pub(crate) room: Option<Room>,
}

impl Body {
    pub(crate) fn new(id: Leg, (port, place, phase): (Port, u32, u8), media: Stream, now: Duration) -> Self {
        // Any number will do: the far end tells streams apart by address, and what guards an encrypted one is its key.
        let mixed = id.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let guard = media.srtp.as_deref().map(|keys| Box::new(Guard::new(keys)));
        let (decoder, encoder) = coders(media.codec);
        let voice = Voice::new(media.codec.is_wide(), media.dtmf.is_none());
        let spare = spares(&media);
        Self {
            id,
            latched: None,
            media,
            guard,
            source: None,
            marked: false,
            marker: true,
            lost: false,
            phase,
            sequence: (mixed >> 16) as u16 & FIRST,
            ssrc: (mixed >> 32) as u32,
            timestamp: mixed as u32,
            packets: 0,
            keyed: None,
            heard_at: now,
            keying_until: 0,
            pause_until: 0,
            chores_at: 0,
            // Not all legs report in the same tick.
            chores: id.0.wrapping_mul(7) % send::REPORT_CHORES,
            port,
            to_send: VecDeque::new(),
            sending: None,
            decoder,
            encoder,
            loudness: Loudness::default(),
            counter: rtcp::Counter::default(),
            voice,
            playout: Playout::new(),
            spare,
            fit: Fit::default(),
            keys: dtmf::Receiver::default(),
            sampler: Sampler::default(),
            gauge: Gauge::default(),
            strangers: 0,
            malformed: 0,
            forged: 0,
            far: reports::Far::default(),
            place,
            room: None,
        }
    }

    /// A new agreement; another address opens the latch again.
    pub(crate) fn update(&mut self, media: Stream, now: Duration) {
        if media.remote != self.media.remote {
            self.latched = None;
        }
        if media.codec != self.media.codec {
            self.playout.clear();
            (self.decoder, self.encoder) = coders(media.codec);
        }
        self.spare = spares(&media);
        self.voice.change(media.codec.is_wide(), media.dtmf.is_none());
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
        self.playout.clear();
        (self.decoder, self.encoder) = coders(media.codec);
        self.spare = spares(&media);
        self.voice = Voice::new(media.codec.is_wide(), media.dtmf.is_none());
        self.keys.reset();
        (self.ssrc, self.sequence) = (self.ssrc.wrapping_add(1), self.sequence & FIRST);
        self.marker = true;
        self.heard_at = now;
        self.media = media;
    }

    /// The far end sends another format that was agreed on: from here on both ends speak it. False: this one was not.
    fn turn_to(&mut self, payload_type: u8) -> bool {
        let Some(spare) = self.spare.iter_mut().find(|s| s.payload_type == payload_type) else {
            return false;
        };
        std::mem::swap(&mut spare.payload_type, &mut self.media.payload_type);
        std::mem::swap(&mut spare.codec, &mut self.media.codec);
        std::mem::swap(&mut spare.coders.0, &mut self.decoder);
        std::mem::swap(&mut spare.coders.1, &mut self.encoder);
        self.playout.clear();
        self.voice.change(self.media.codec.is_wide(), self.media.dtmf.is_none());
        true
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
                self.playout.clear();
                self.keys.reset();
            }
        }
    }

    /// Whether [`Body::watch`], [`Body::send_report`] and [`Body::measure`] have anything to do in this tick: each
    /// [`CHORES`] ticks since it came.
    pub(crate) fn has_chores(&self, clock: Clock) -> bool {
        self.keyed.is_some() || self.has_turn(clock)
    }

    fn has_turn(&self, clock: Clock) -> bool {
        clock.tick >= self.chores_at
    }

    /// What tells its packets from those of others on its port.
    pub(crate) fn marks(&self) -> Marks {
        Marks { latched: self.latched, announced: self.media.remote, source: self.source }
    }

    pub(crate) fn codec(&self) -> Codec {
        self.media.codec
    }

    /// The law of a narrow leg; a wide one has none.
    fn law(&self) -> Option<Law> {
        match self.media.codec {
            Codec::Pcma => Some(Law::A),
            Codec::Pcmu => Some(Law::Mu),
            Codec::G722 => None,
        }
    }

    /// Between ticks: room for what is measured next.
    pub(crate) fn make_room(&mut self) {
        self.sampler.make_room();
    }

    /// Its figures.
    pub(crate) fn stats(&self) -> LegStats {
        LegStats {
            received: self.counter.received(),
            sent: u64::from(self.packets),
            loss_ratio: self.counter.loss_ratio(),
            jitter_ms: self.counter.jitter_ms(),
            late: self.playout.late(),
            silent: self.gauge.silent,
            strangers: self.strangers,
            malformed: self.malformed,
            forged: self.forged,
            far_loss_ratio: self.far.loss,
            far_mos: self.far.mos,
            round_trip_ms: self.far.round_trip_ms,
            burst_ratio: self.counter.bursts().ratio,
        }
    }

    /// How it went, when it is over.
    pub(crate) fn finish(self) -> Course {
        self.sampler.finish()
    }
}

fn spares(media: &Stream) -> Vec<Spare> {
    let spare = |(payload_type, codec): &(u8, Codec)| Spare {
        payload_type: *payload_type,
        codec: *codec,
        coders: coders(*codec),
    };
    media.also.iter().filter(|(payload_type, _)| *payload_type != media.payload_type).map(spare).collect()
}

/// What speaks the codec of an agreement.
fn coders(codec: Codec) -> (Decoder, Encoder) {
    let codec = match codec {
        Codec::Pcma => codec::Codec::Pcma,
        Codec::Pcmu => codec::Codec::Pcmu,
        Codec::G722 => codec::Codec::G722,
    };
    (Decoder::new(codec), Encoder::new(codec))
}
