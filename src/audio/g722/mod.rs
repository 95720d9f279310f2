//! G.722 (ITU-T G.722, 7 kHz speech at 64 kbit/s): two bands of 8 kHz, 6 bits for the lower and 2 for the upper one in each byte.
//!
//! 16 kHz, 16-bit samples outside; one byte is two samples. On the wire the RTP clock is 8 kHz although the sound is not
//! (RFC 3551 section 4.5.2), so that a frame of 20 ms is 160 bytes as in G.711. Encoder and decoder add 22 samples
//! (1.4 ms) of delay together, that of the two band filters.

mod band;
mod filter;
mod tables;
#[cfg(test)]
mod tests;

use band::{High, Low};
use filter::{Join, Split};

/// So many bytes are worked on at once: 20 ms.
const BLOCK: usize = 160;

/// How many bits of the lower band are speech (G.722 section 1.3); the others may be anybody's data.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Mode {
    /// All 6: mode 1, what RTP carries.
    #[default]
    Kbit64,
    /// 5: mode 2.
    Kbit56,
    /// 4: mode 3.
    Kbit48,
}

/// Sound to bytes.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    split: Split,
    low: Low,
    high: High,
}

impl Encoder {
    /// Two samples to each byte; the shorter of both lengths counts, a sample without a partner is left out.
    pub fn encode(&mut self, samples: &[i16], bytes: &mut [u8]) {
        for (samples, bytes) in samples.chunks(2 * BLOCK).zip(bytes.chunks_mut(BLOCK)) {
            let (mut low, mut high) = ([0; BLOCK], [0; BLOCK]);
            self.split.block(samples, &mut low, &mut high);
            let pairs = samples.len() / 2;
            for ((byte, low), high) in bytes.iter_mut().zip(&low).zip(&high).take(pairs) {
                *byte = self.bands(*low, *high);
            }
        }
    }

    /// One sample of each band, 15 bits, to a byte.
    #[inline]
    fn bands(&mut self, low: i16, high: i16) -> u8 {
        (self.high.encode(high) << 6) | self.low.encode(low)
    }
}

/// Bytes to sound.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    mode: Mode,
    join: Join,
    low: Low,
    high: High,
}

impl Decoder {
    /// A decoder of this mode.
    pub fn new(mode: Mode) -> Self {
        Self { mode, ..Self::default() }
    }

    /// Each byte to two samples; the shorter of both lengths counts.
    pub fn decode(&mut self, bytes: &[u8], samples: &mut [i16]) {
        for (bytes, samples) in bytes.chunks(BLOCK).zip(samples.chunks_mut(2 * BLOCK)) {
            let (mut low, mut high) = ([0; BLOCK], [0; BLOCK]);
            for ((low, high), byte) in low.iter_mut().zip(&mut high).zip(bytes).take(samples.len() / 2) {
                (*low, *high) = self.bands(*byte);
            }
            let pairs = bytes.len().min(samples.len() / 2);
            self.join.block(&low, &high, samples.get_mut(..2 * pairs).unwrap_or_default());
        }
    }

    /// A byte to one sample of each band, 15 bits.
    #[inline]
    fn bands(&mut self, byte: u8) -> (i16, i16) {
        (self.low.decode(byte & 0x3f, self.mode), self.high.decode(byte >> 6))
    }
}
