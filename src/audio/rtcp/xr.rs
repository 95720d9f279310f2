//! Extended reports (RFC 3611): the VoIP metrics block, by which two ends tell each other how the talk sounds.

use crate::bursts::{Bursts, Found};

/// Packet type of an extended report (section 2).
pub(super) const KIND: u8 = 207;
/// Bytes of one with a VoIP metrics block alone: header and sender, then the block of section 4.7.
pub(super) const LENGTH: usize = 8 + 36;
/// Block type, and its length in words behind the first.
const VOIP: u8 = 7;
const WORDS: u16 = 8;
/// "This value is not known" of levels, ratings and scores (section 4.7.3, 4.7.5).
const UNKNOWN: u8 = 127;
/// Received without loss concealment unknown: ours is enhanced (section 4.7.6), the buffer adaptive.
const ENHANCED_ADAPTIVE: u8 = 0b1011_0000;

/// What one end says of the stream that it hears.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Voip {
    /// Packets that did not come, of those expected: 0.0 ..= 1.0, in 256ths on the wire.
    pub loss: f32,
    /// Packets that came too late to be heard, of those expected.
    pub discard: f32,
    /// Loss within bursts, and between them.
    pub burst_density: f32,
    /// Loss within gaps.
    pub gap_density: f32,
    /// Mean length of a burst, ms.
    pub burst_ms: u16,
    /// Mean length of a gap, ms.
    pub gap_ms: u16,
    /// To the far end and back, ms; 0: not known.
    pub round_trip_ms: u16,
    /// From packet to ear and from mouth to packet at this end, ms.
    pub end_system_ms: u16,
    /// The rating R of ITU-T G.107, 0 to 100.
    pub rating: Option<u8>,
    /// Mean opinion score of listening, 1.0 ..= 5.0.
    pub listening: Option<f32>,
    /// The same with delay and echo in it.
    pub talking: Option<f32>,
    /// The buffer's delay now, and at its most, ms.
    pub buffer_ms: u16,
    /// The most that it may become, ms.
    pub buffer_most_ms: u16,
}

impl Voip {
    /// What was counted of losses; the rest is not known yet.
    pub fn of(found: &Found) -> Self {
        Self {
            loss: found.loss,
            discard: found.discard,
            burst_density: found.burst_density,
            gap_density: found.gap_density,
            burst_ms: found.burst_ms,
            gap_ms: found.gap_ms,
            ..Self::default()
        }
    }
}

/// The share as 256ths, rounded down (section 4.7.1).
fn share(value: f32) -> u8 {
    // The cast saturates.
    (value.clamp(0.0, 1.0) * 256.0).min(255.0) as u8
}

fn score(value: Option<f32>) -> u8 {
    value.map_or(UNKNOWN, |mos| (mos.clamp(1.0, 5.0) * 10.0).round() as u8)
}

/// Writes the extended report of `from` about `about`.
pub(super) fn write(from: u32, about: u32, voip: &Voip, out: &mut [u8; LENGTH]) {
    let words = u16::try_from(LENGTH / 4 - 1).unwrap_or_default().to_be_bytes();
    let head = [0x80, KIND].into_iter().chain(words).chain(from.to_be_bytes());
    let block = [VOIP, 0].into_iter().chain(WORDS.to_be_bytes()).chain(about.to_be_bytes());
    let losses = [share(voip.loss), share(voip.discard), share(voip.burst_density), share(voip.gap_density)];
    let times = [voip.burst_ms, voip.gap_ms, voip.round_trip_ms, voip.end_system_ms];
    // Signal and noise level and the residual echo return loss are not measured here.
    let levels = [UNKNOWN, UNKNOWN, UNKNOWN, Bursts::GMIN];
    let scores = [voip.rating.unwrap_or(UNKNOWN), UNKNOWN, score(voip.listening), score(voip.talking)];
    let buffer = [voip.buffer_ms, voip.buffer_ms, voip.buffer_most_ms];
    let all = head
        .chain(block)
        .chain(losses)
        .chain(times.into_iter().flat_map(u16::to_be_bytes))
        .chain(levels)
        .chain(scores)
        .chain([ENHANCED_ADAPTIVE, 0])
        .chain(buffer.into_iter().flat_map(u16::to_be_bytes));
    out.iter_mut().zip(all).for_each(|(place, byte)| *place = byte);
}

/// The VoIP metrics of our stream `ssrc` among an extended report's blocks; `body` begins behind the first word.
pub(super) fn read(body: &[u8], ssrc: u32) -> Option<Voip> {
    let mut rest = body.get(4..)?;
    while let Some((head, after)) = rest.split_first_chunk::<4>() {
        let [kind, _, high, low] = *head;
        let length = usize::from(u16::from_be_bytes([high, low])) * 4;
        let block = after.get(..length)?;
        if kind == VOIP
            && let Some(voip) = block.first_chunk::<32>().and_then(|block| metrics(block, ssrc))
        {
            return Some(voip);
        }
        rest = after.get(length..)?;
    }
    None
}

fn metrics(block: &[u8; 32], ssrc: u32) -> Option<Voip> {
    let word =
        |at: usize| block.get(at..at + 2).and_then(|pair| pair.try_into().ok()).map_or(0, u16::from_be_bytes);
    let byte = |at: usize| block.get(at).copied().unwrap_or_default();
    let ours = block.first_chunk::<4>().is_some_and(|name| u32::from_be_bytes(*name) == ssrc);
    let part = |at: usize| f32::from(byte(at)) / 256.0;
    let score = |at: usize| (10..=50).contains(&byte(at)).then(|| f32::from(byte(at)) / 10.0);
    ours.then(|| Voip {
        loss: part(4),
        discard: part(5),
        burst_density: part(6),
        gap_density: part(7),
        burst_ms: word(8),
        gap_ms: word(10),
        round_trip_ms: word(12),
        end_system_ms: word(14),
        rating: Some(byte(20)).filter(|r| *r <= 100),
        listening: score(22),
        talking: score(23),
        buffer_ms: word(26),
        buffer_most_ms: word(30),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use proptest::prelude::*;

    use super::*;

    const SAID: Voip = Voip {
        loss: 0.25,
        discard: 0.125,
        burst_density: 0.5,
        gap_density: 0.0,
        burst_ms: 120,
        gap_ms: 4_000,
        round_trip_ms: 87,
        end_system_ms: 60,
        rating: Some(72),
        listening: Some(3.7),
        talking: Some(3.6),
        buffer_ms: 40,
        buffer_most_ms: 400,
    };

    #[test]
    fn what_one_end_says_the_other_reads() {
        let mut bytes = [0; LENGTH];
        write(7, 9, &SAID, &mut bytes);
        assert_eq!(read(&bytes[4..], 9), Some(SAID));
        assert_eq!(read(&bytes[4..], 7), None, "it is about another stream");
    }

    /// The layout of section 4.7, byte by byte.
    #[test]
    fn the_block_is_that_of_the_standard() {
        let mut bytes = [0; LENGTH];
        write(0x0102_0304, 0x0506_0708, &SAID, &mut bytes);
        assert_eq!(bytes[..12], [0x80, 207, 0, 10, 1, 2, 3, 4, 7, 0, 0, 8]);
        assert_eq!(bytes[12..20], [5, 6, 7, 8, 64, 32, 128, 0]);
        assert_eq!(bytes[20..28], [0, 120, 0x0f, 0xa0, 0, 87, 0, 60]);
        assert_eq!(bytes[28..36], [127, 127, 127, 16, 72, 127, 37, 36]);
        assert_eq!(bytes[36..], [0xb0, 0, 0, 40, 0, 40, 1, 144]);
    }

    #[test]
    fn what_is_not_known_is_said_so() {
        let mut bytes = [0; LENGTH];
        write(7, 9, &Voip::default(), &mut bytes);
        let read = read(&bytes[4..], 9).unwrap();
        assert_eq!((read.rating, read.listening, read.talking), (None, None, None));
    }

    #[test]
    fn other_blocks_before_it_are_passed_over() {
        let mut bytes = [0; LENGTH];
        write(7, 9, &SAID, &mut bytes);
        // A receiver reference time block (section 4.4) of two words.
        let mut whole = bytes[4..8].to_vec();
        whole.extend([4, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
        whole.extend(&bytes[8..]);
        assert_eq!(read(&whole, 9), Some(SAID));
        whole[7] = 200;
        assert_eq!(read(&whole, 9), None, "a block that is longer than the packet");
    }

    proptest! {
        #[test]
        fn nothing_that_arrives_can_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..120), ssrc: u32) {
            let _ = read(&bytes, ssrc);
        }
    }
}
