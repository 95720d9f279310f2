//! What the callers say: one packet a seat and 20 ms, the same for every room, made when its time begins.

use std::time::Duration;

use audio::codec::{Codec, Encoder, PAYLOAD as FRAME, WIDE};
use audio::{rtp, tones};
use media::keys::{MasterKey, Srtp, Suite};
use media::srtp::{Guard, TAIL};

use crate::shape::{PEAK, Shape, TONES};

/// Marks of one seat come so often, in frames: 1.2 s; each seat has a third of it for its own.
pub const CYCLE: u32 = 60;
/// A mark is so long, in frames.
const MARK: u32 = 4;
/// Header, sound, and what encryption adds.
pub type Bytes = [u8; rtp::HEADER + FRAME + TAIL];

/// What they say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Say {
    /// A tone each, all the time.
    Tones,
    /// Silence, and in turns a piece of tone whose beginning is looked for.
    Marks,
}

/// The three seats' packets of this 20 ms.
pub struct Voice {
    say: Say,
    codec: Codec,
    sounds: [Vec<i16>; 3],
    encoders: [Encoder; 3],
    guards: Option<Vec<Guard>>,
    frame: u32,
    packets: [(Bytes, usize); 3],
}

impl Voice {
    pub fn new(say: Say, shape: Shape) -> Self {
        let codec = shape.codec();
        let guards =
            (shape == Shape::Secured).then(|| (0..3).map(|_| Guard::new(&mirrored(&keys()))).collect());
        Self {
            say,
            codec,
            sounds: TONES.map(|tone| tones::sine_at(codec.rate(), tone, PEAK, codec.samples())),
            encoders: TONES.map(|_| Encoder::new(codec)),
            guards,
            frame: 1_000,
            packets: [(Bytes::from([0; 172 + TAIL]), 0); 3],
        }
    }

    /// The next 20 ms.
    pub fn next(&mut self) {
        self.frame += 1;
        for seat in 0..3 {
            let silent = self.say == Say::Marks && !self.is_marked(seat);
            let mut payload = [0; FRAME];
            let sound: &[i16] = if silent { &[0; WIDE][..self.codec.samples()] } else { &self.sounds[seat] };
            self.encoders[seat].encode(sound, &mut payload);
            let packet = rtp::Packet {
                marker: false,
                payload_type: self.codec.payload_type(),
                sequence: self.frame as u16,
                timestamp: self.frame.wrapping_mul(FRAME as u32),
                ssrc: 0x5eed + seat as u32,
                payload: &payload,
            };
            let (bytes, length) = &mut self.packets[seat];
            *length = rtp::write(&packet, bytes);
            if let Some(guards) = &mut self.guards {
                *length = guards[seat].protect(bytes, *length).unwrap();
            }
        }
    }

    fn turn(&self) -> (u32, u32) {
        let at = self.frame % CYCLE;
        (at / (CYCLE / 3), at % (CYCLE / 3))
    }

    fn is_marked(&self, seat: usize) -> bool {
        self.turn().0 as usize == seat && self.turn().1 < MARK
    }

    /// The seat whose mark begins in this frame.
    pub fn begins(&self) -> Option<usize> {
        (self.say == Say::Marks && self.turn().1 == 0).then(|| self.turn().0 as usize)
    }

    pub fn packet(&self, seat: usize) -> &[u8] {
        let (bytes, length) = &self.packets[seat];
        &bytes[..*length]
    }
}

/// The keys of every encrypted leg as the engine has them: one for all spares the callers most of their work.
pub fn keys() -> Srtp {
    let suite = Suite::AesCm128Sha80;
    let key = |n: u8| MasterKey::new(suite, &vec![n; suite.key() + suite.salt()], 0).unwrap();
    Srtp { send: key(1), receive: key(2) }
}

/// The same as the far end has them.
pub fn mirrored(keys: &Srtp) -> Srtp {
    Srtp { send: keys.receive.clone(), receive: keys.send.clone() }
}

/// Long enough for the guard's clock, which counts from anywhere.
pub fn guard_time(ns: u64) -> Duration {
    Duration::from_nanos(ns)
}
