//! The codecs of a leg behind one shape: 20 ms are 160 bytes in each of them, so that one size of packet does for all.

use crate::g711::{self, Law};
use crate::g722;

/// Bytes of a frame of 20 ms, whatever the codec.
pub const PAYLOAD: usize = crate::FRAME;
/// Samples of a frame at 16 kHz: the most that one frame has.
pub const WIDE: usize = 320;

/// What a leg's sound is packed in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Codec {
    /// G.711 A-law, 8 kHz.
    Pcma,
    /// G.711 mu-law, 8 kHz.
    Pcmu,
    /// G.722 at 64 kbit/s, 16 kHz.
    G722,
}

impl Codec {
    /// Samples a second. Not the RTP clock: that is 8 kHz for all of them (RFC 3551 section 4.5.2 for G.722).
    pub const fn rate(self) -> u32 {
        match self {
            Self::Pcma | Self::Pcmu => 8_000,
            Self::G722 => 16_000,
        }
    }

    /// Samples of a frame of 20 ms.
    pub const fn samples(self) -> usize {
        match self {
            Self::Pcma | Self::Pcmu => WIDE / 2,
            Self::G722 => WIDE,
        }
    }

    /// The static RTP payload type (RFC 3551 table 4).
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
            Self::G722 => 9,
        }
    }

    /// The codec of a static payload type.
    pub const fn of_payload_type(payload_type: u8) -> Option<Self> {
        match payload_type {
            0 => Some(Self::Pcmu),
            8 => Some(Self::Pcma),
            9 => Some(Self::G722),
            _ => None,
        }
    }

    /// Whether a payload holds nothing but silence, as a muted microphone gives it: told from its bytes, without a decoder.
    /// No sample is beyond 24 of 32,768 (-62 dBov). Of G.722, whose bytes mean what went before, it can't be told: never.
    pub fn is_silent(self, payload: &[u8]) -> bool {
        match self {
            Self::Pcma => payload.iter().all(|byte| (byte ^ 0x55) & 0x7f <= 1),
            Self::Pcmu => payload.iter().all(|byte| !byte & 0x7f <= 3),
            Self::G722 => false,
        }
    }

    /// A frame of silence.
    pub const fn silence(self) -> u8 {
        match self {
            Self::Pcma => 0xd5,
            Self::Pcmu => 0xff,
            // Both bands at their smallest positive level.
            Self::G722 => 0xfa,
        }
    }
}

/// Samples to bytes; G.722 remembers what went before.
#[derive(Clone, Debug)]
pub struct Encoder(Inner<g722::Encoder>);

/// Bytes to samples; G.722 remembers what went before.
#[derive(Clone, Debug)]
pub struct Decoder(Inner<g722::Decoder>);

#[derive(Clone, Debug)]
enum Inner<Wide> {
    Law(Law),
    /// On the heap, so that a leg of G.711 stays small.
    Wide(Box<Wide>),
}

impl<Wide: Default> Inner<Wide> {
    fn new(codec: Codec) -> Self {
        match codec {
            Codec::Pcma => Self::Law(Law::A),
            Codec::Pcmu => Self::Law(Law::Mu),
            Codec::G722 => Self::Wide(Box::default()),
        }
    }

    fn codec(&self) -> Codec {
        match self {
            Self::Law(Law::A) => Codec::Pcma,
            Self::Law(Law::Mu) => Codec::Pcmu,
            Self::Wide(_) => Codec::G722,
        }
    }
}

impl Encoder {
    /// At its beginning. The only call here that allocates.
    pub fn new(codec: Codec) -> Self {
        Self(Inner::new(codec))
    }

    /// Which codec it is.
    pub fn codec(&self) -> Codec {
        self.0.codec()
    }

    /// One frame: `codec().samples()` samples. If there are fewer, the payload's rest stays as it is.
    pub fn encode(&mut self, samples: &[i16], payload: &mut [u8; PAYLOAD]) {
        match &mut self.0 {
            Inner::Law(law) => g711::encode(*law, samples, payload),
            Inner::Wide(wide) => wide.encode(samples, payload),
        }
    }
}

impl Decoder {
    /// At its beginning. The only call here that allocates.
    pub fn new(codec: Codec) -> Self {
        Self(Inner::new(codec))
    }

    /// Which codec it is.
    pub fn codec(&self) -> Codec {
        self.0.codec()
    }

    /// It remembers nothing: the same bytes are the same sound whenever they are decoded.
    pub fn forgets(&self) -> bool {
        matches!(self.0, Inner::Law(_))
    }

    /// A payload of any length to samples at `codec().rate()`; how many were written. What does not fit into `samples` is left out.
    pub fn decode(&mut self, payload: &[u8], samples: &mut [i16]) -> usize {
        match &mut self.0 {
            Inner::Law(law) => {
                g711::decode(*law, payload, samples);
                payload.len().min(samples.len())
            }
            Inner::Wide(wide) => {
                wide.decode(payload, samples);
                2 * payload.len().min(samples.len() / 2)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{ear, tones};

    #[test]
    fn each_codec_brings_a_voice_across() {
        for codec in [Codec::Pcma, Codec::Pcmu, Codec::G722] {
            let (mut encoder, mut decoder) = (Encoder::new(codec), Decoder::new(codec));
            assert_eq!((encoder.codec(), decoder.codec()), (codec, codec));
            assert_eq!(Codec::of_payload_type(codec.payload_type()), Some(codec));
            let tone = tones::sine_at(codec.rate(), 440.0, 8_000, 50 * codec.samples());
            let mut heard = Vec::new();
            for frame in tone.chunks(codec.samples()) {
                let (mut payload, mut samples) = ([0; PAYLOAD], [0; WIDE]);
                encoder.encode(frame, &mut payload);
                let written = decoder.decode(&payload, &mut samples);
                assert_eq!(written, codec.samples());
                heard.extend_from_slice(samples.get(..written).unwrap());
            }
            let level = ear::level(heard.get(500..).unwrap(), 440.0 * 8_000.0 / codec.rate() as f32);
            assert!((7_800.0..8_200.0).contains(&level), "{codec:?} {level}");
        }
        assert_eq!(Codec::of_payload_type(18), None);
    }

    #[test]
    fn silence_is_silent() {
        for codec in [Codec::Pcma, Codec::Pcmu, Codec::G722] {
            let mut samples = [9; WIDE];
            let written = Decoder::new(codec).decode(&[codec.silence(); PAYLOAD], &mut samples);
            assert!(samples.iter().take(written).all(|s| s.abs() <= 8), "{codec:?} {samples:?}");
        }
    }

    #[test]
    fn odd_lengths_end_where_the_shorter_ends() {
        let mut decoder = Decoder::new(Codec::G722);
        assert_eq!(decoder.decode(&[0xfa; 80], &mut [0; WIDE]), 160);
        assert_eq!(decoder.decode(&[0xfa; 200], &mut [0; WIDE]), 320);
        assert_eq!(decoder.decode(&[0xfa; 3], &mut [0; 5]), 4);
        assert_eq!(decoder.decode(&[], &mut [0; 5]), 0);
        assert_eq!(Decoder::new(Codec::Pcma).decode(&[0; 7], &mut [0; 5]), 5);
    }

    #[test]
    fn silence_is_told_from_its_bytes_and_soft_sound_is_none() {
        for codec in [Codec::Pcma, Codec::Pcmu] {
            let (mut encoder, mut payload) = (Encoder::new(codec), [0; PAYLOAD]);
            for level in [0, 8, 16] {
                let faint: Vec<i16> = (0..160).map(|n| if n % 16 < 8 { level } else { -level }).collect();
                encoder.encode(&faint, &mut payload);
                assert!(codec.is_silent(&payload), "{codec:?} {level}");
            }
            // One sample is enough.
            let soft: Vec<i16> = (0..160).map(|n| if n == 159 { 60 } else { 0 }).collect();
            encoder.encode(&soft, &mut payload);
            assert!(!codec.is_silent(&payload), "{codec:?} at -55 dBov");
        }
        assert!(!Codec::G722.is_silent(&[Codec::G722.silence(); PAYLOAD]));
    }
}
