//! One leg's RTP: what it says each 20 ms, and what becomes of what it is told. Pure: the time comes in.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use audio::codec::{self, Decoder, Encoder, PAYLOAD, WIDE};
use audio::polyphase::{Down, Up};
use audio::{dtmf, rtp};
use media::keys::{self, MasterKey, Srtp};
use media::srtp::{self, Guard};
use sip::sdp::{Agreed, Codec, CryptoKey, Keys, Suite};

use crate::arrivals::Arrivals;
use crate::tape::Tape;
use crate::vigil::Vigil;

/// Samples of a narrow frame, 20 ms; so many units of the RTP clock has a wide one too.
pub(crate) const FRAME: usize = 160;
/// Longest packet that is read or written, bytes: 60 ms of G.711 with its header fits.
pub(crate) const PACKET: usize = 1_500;
/// A key is held for 100 ms, in samples.
const HELD: u16 = 800;
/// Frames of rest between two keys.
const REST: u8 = 3;
/// Most keys that wait to be sent, and that are kept of those that came. When full: further ones are dropped.
pub(crate) const MOST_KEYS: usize = 256;

/// What a leg says.
#[derive(Clone, Debug)]
pub(crate) enum Voice {
    /// Frames of silence, as a phone without voice activity detection sends.
    Silence,
    /// No packets at all: a broken line.
    Nothing,
    /// Sound, once or over and over; silence after it.
    Sound {
        samples: Arc<[i16]>,
        at: usize,
        again: bool,
        /// Of 16 kHz.
        wide: bool,
    },
}

impl Voice {
    /// Whether its frames have 16 kHz.
    fn is_wide(&self) -> bool {
        matches!(self, Self::Sound { wide: true, .. })
    }

    /// The next frame; `false` when nothing is to be sent.
    fn fill(&mut self, frame: &mut [i16]) -> bool {
        frame.fill(0);
        let Self::Sound { samples, at, again, .. } = self else { return !matches!(self, Self::Nothing) };
        for sample in frame.iter_mut() {
            if *again && *at >= samples.len() {
                *at = 0;
            }
            *sample = samples.get(*at).copied().unwrap_or(0);
            *at += 1;
        }
        if !*again && *at >= samples.len() {
            *self = Self::Silence;
        }
        true
    }
}

/// Between what is said and heard and the agreed codec.
#[derive(Debug)]
struct Coder {
    encoder: Encoder,
    decoder: Decoder,
    up: Up,
    down: Down,
}

impl Coder {
    fn new(codec: Codec) -> Self {
        let codec = match codec {
            Codec::Pcma => codec::Codec::Pcma,
            Codec::Pcmu => codec::Codec::Pcmu,
            Codec::G722 => codec::Codec::G722,
        };
        let (encoder, decoder) = (Encoder::new(codec), Decoder::new(codec));
        Self { encoder, decoder, up: Up::default(), down: Down::default() }
    }

    fn rate(&self) -> u32 {
        self.encoder.codec().rate()
    }

    /// A frame of 8 kHz, the first half of `sound`, or of 16.
    fn encode(&mut self, sound: &[i16; WIDE], wide: bool) -> [u8; PAYLOAD] {
        let mut payload = [0; PAYLOAD];
        let (half, _) = sound.split_at(FRAME);
        let narrow: &[i16; FRAME] = half.try_into().unwrap_or(&[0; FRAME]);
        match (wide, self.rate() == 16_000) {
            (false, false) => self.encoder.encode(narrow, &mut payload),
            (true, true) => self.encoder.encode(sound, &mut payload),
            (false, true) => {
                let mut frame = [0; WIDE];
                self.up.frame(narrow, &mut frame);
                self.encoder.encode(&frame, &mut payload);
            }
            (true, false) => {
                let mut frame = [0; FRAME];
                self.down.frame(sound, &mut frame);
                self.encoder.encode(&frame, &mut payload);
            }
        }
        payload
    }
}

/// One leg.
#[derive(Debug)]
pub(crate) struct Port {
    /// Whether it keeps what it hears, or only counts.
    ear: bool,
    agreed: Option<Agreed>,
    /// Of the codec that was agreed on, or that came before the answer.
    coder: Coder,
    /// Of an encrypted call.
    guard: Option<Guard>,
    pub voice: Voice,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    keys: VecDeque<char>,
    pressing: Option<dtmf::Sender>,
    rest: u8,
    receiver: dtmf::Receiver,
    /// Keys that came, by RFC 4733 or SIP INFO.
    pub pressed: String,
    pub tape: Tape,
    pub arrivals: Arrivals,
    /// The tone that is waited for.
    pub vigil: Option<Vigil>,
    /// When the newest packet came.
    pub newest: Option<Duration>,
    pub acked: Option<Duration>,
    pub sent: u64,
    /// Packets from elsewhere than the agreed address.
    pub strays: u64,
}

impl Port {
    /// Not agreed with anybody yet. The seed gives SSRC and the first sequence number and timestamp (RFC 3550 section 5.1).
    pub fn new(ear: bool, seed: u64) -> Self {
        let [a, b, c, d, e, f, g, h] = seed.to_be_bytes();
        Self {
            ear,
            agreed: None,
            coder: Coder::new(Codec::Pcma),
            guard: None,
            voice: Voice::Silence,
            // Below 2^15: who loses the first packets can still tell the roll-over of the number (RFC 4568 section 6.4).
            sequence: u16::from_be_bytes([a, b]) & 0x7fff,
            timestamp: u32::from_be_bytes([0, c, d, e]),
            ssrc: u32::from_be_bytes([e, f, g, h]),
            keys: VecDeque::new(),
            pressing: None,
            rest: 0,
            receiver: dtmf::Receiver::default(),
            pressed: String::new(),
            tape: Tape::default(),
            arrivals: Arrivals::default(),
            vigil: None,
            newest: None,
            acked: None,
            sent: 0,
            strays: 0,
        }
    }

    /// What offer and answer came to.
    pub fn agree(&mut self, now: Duration, agreed: Agreed) {
        match (agreed.srtp.as_deref().and_then(keys_of), &mut self.guard) {
            (Some(keys), Some(guard)) => {
                if guard.update(&keys, now) {
                    (self.ssrc, self.sequence) = (self.ssrc.wrapping_add(1), self.sequence & 0x7fff);
                }
            }
            (Some(keys), guard @ None) => *guard = Some(Guard::new(&keys)),
            (None, guard) => *guard = None,
        }
        self.speak(agreed.codec);
        let before = self.agreed.replace(agreed);
        if before.is_some() {
            self.arrivals.rest();
        }
    }

    /// What is said and heard is of this codec from here on.
    fn speak(&mut self, codec: Codec) {
        let coder = Coder::new(codec);
        if coder.encoder.codec() != self.coder.encoder.codec() {
            self.tape.rate(coder.rate());
            self.coder = coder;
        }
    }

    /// Whether what is sent and heard is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.guard.is_some()
    }

    /// The codec that was agreed on.
    pub fn codec(&self) -> Option<Codec> {
        self.agreed.as_ref().map(|agreed| agreed.codec)
    }

    /// Adds keys; `false` when one is no key, or telephone-event was not agreed on.
    pub fn press(&mut self, keys: &str) -> bool {
        let can = self.agreed.as_ref().is_some_and(|a| a.dtmf.is_some());
        let room = MOST_KEYS.saturating_sub(self.keys.len());
        if !can || keys.len() > room || keys.chars().any(|k| dtmf::Sender::new(k, 0, HELD).is_none()) {
            return false;
        }
        self.keys.extend(keys.chars());
        true
    }

    /// A key from the far end.
    pub fn hear_key(&mut self, key: char) {
        if self.pressed.len() < MOST_KEYS {
            self.pressed.push(key);
        }
    }

    /// Whether keys or a sound that ends are still being sent.
    pub fn is_busy(&self) -> (bool, bool) {
        let keys = !self.keys.is_empty() || self.pressing.is_some();
        (keys, matches!(self.voice, Voice::Sound { again: false, .. }))
    }

    /// The packet of this 20 ms, and where it goes.
    pub fn send(&mut self, out: &mut [u8; PACKET]) -> Option<(SocketAddr, usize)> {
        let agreed = self.agreed.as_ref().filter(|a| a.direction.sends())?;
        let (to, payload_type) = (agreed.remote, agreed.payload_type);
        let timestamp = self.timestamp;
        self.timestamp = timestamp.wrapping_add(FRAME as u32);
        if let Some(event) = agreed.dtmf
            && let Some(length) = self.key(event, timestamp, out)
        {
            return Some((to, length));
        }
        let (mut sound, wide) = ([0; WIDE], self.voice.is_wide());
        let (frame, _) = sound.split_at_mut(if wide { WIDE } else { FRAME });
        if !self.voice.fill(frame) {
            return None;
        }
        let payload = self.coder.encode(&sound, wide);
        Some((to, self.write(payload_type, self.sent == 0, timestamp, &payload, out)))
    }

    fn key(&mut self, event: u8, timestamp: u32, out: &mut [u8; PACKET]) -> Option<usize> {
        if self.pressing.is_none() {
            if self.rest > 0 {
                self.rest -= 1;
                return None;
            }
            self.pressing = dtmf::Sender::new(self.keys.pop_front()?, timestamp, HELD);
        }
        let pressing = self.pressing.as_mut()?;
        let (began, said) = (pressing.timestamp, pressing.next(FRAME as u16));
        let Some(said) = said else {
            self.pressing = None;
            self.rest = REST;
            return None;
        };
        Some(self.write(event, said.first, began, &said.payload, out))
    }

    fn write(
        &mut self,
        payload_type: u8,
        marker: bool,
        timestamp: u32,
        payload: &[u8],
        out: &mut [u8; PACKET],
    ) -> usize {
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        self.sent += 1;
        let packet = rtp::Packet { marker, payload_type, sequence, timestamp, ssrc: self.ssrc, payload };
        let length = rtp::write(&packet, out);
        match &mut self.guard {
            Some(guard) => guard.protect(out, length).unwrap_or_default(),
            None => length,
        }
    }

    /// Bytes from the agreed address.
    pub fn receive(&mut self, now: Duration, bytes: &mut [u8]) {
        if srtp::is_report(bytes) {
            return;
        }
        let length = match &mut self.guard {
            Some(guard) => guard.unprotect(bytes, now),
            None => Some(bytes.len()),
        };
        let Some(length) = length else { return self.strays += 1 };
        let bytes = bytes.get(..length).unwrap_or_default();
        let Some(packet) = rtp::read(bytes) else { return };
        let known = |codec: &Codec| codec.static_type() == packet.payload_type;
        let event = match &self.agreed {
            Some(agreed) if agreed.dtmf == Some(packet.payload_type) => true,
            Some(agreed) if agreed.payload_type == packet.payload_type => false,
            Some(_) => return self.strays += 1,
            // Sound may overtake the answer that says what it is (RFC 3264 section 5.1): the static types are known.
            None => {
                let Some(codec) = Codec::ALL.into_iter().find(known) else { return self.strays += 1 };
                self.speak(codec);
                false
            }
        };
        self.newest = Some(now);
        self.arrivals.packet(now, &packet, event);
        if event && let Some(key) = self.receiver.packet(packet.timestamp, packet.payload) {
            self.hear_key(key);
        }
        if (self.ear || self.vigil.is_some()) && !event {
            let mut samples = [0; 2 * PACKET];
            let length = self.coder.decoder.decode(packet.payload, &mut samples);
            let heard = samples.get(..length).unwrap_or_default();
            if let Some(vigil) = &mut self.vigil {
                vigil.frame(now, heard);
            }
            if self.ear {
                self.tape.put(packet.ssrc, packet.timestamp, heard);
            }
        }
    }
}

/// The keys of a session description as the cipher wants them; `None` when their length is not their suite's.
pub fn keys_of(keys: &Keys) -> Option<Srtp> {
    let key = |key: &CryptoKey| {
        let suite = match key.suite {
            Suite::AesCm128Sha80 => keys::Suite::AesCm128Sha80,
            Suite::AesCm128Sha32 => keys::Suite::AesCm128Sha32,
            Suite::AesGcm128 => keys::Suite::AesGcm128,
            Suite::AesGcm256 => keys::Suite::AesGcm256,
        };
        MasterKey::new(suite, key.reveal(), key.mki)
    };
    Some(Srtp { send: key(&keys.ours)?, receive: key(&keys.theirs)? })
}
