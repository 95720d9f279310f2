//! The jitter buffer: packets come when they come, a frame of 20 ms leaves at every tick. Fixed memory.
//!
//! Frames stand in a ring of places by sequence number. The buffer begins to play when it holds its depth, which follows
//! what the network needs: a frame that came too late deepens it, long quiet lets it shrink. What is missing is
//! concealed by the frame before, faded (G.711 appendix I in its simplest form).

use crate::g711::{Law, expand};

/// Samples of a frame: 20 ms at 8 kHz.
pub const FRAME: usize = 160;
/// Places of the ring: the most that can wait, 640 ms.
const PLACES: usize = 32;
/// Least and most frames of delay.
const SHALLOWEST: u16 = 1;
const DEEPEST: u16 = 12;
/// After so many frames without a late one the buffer becomes one frame shallower: 10 s.
const CALM: u32 = 500;
/// So many frames are concealed, each quieter; then there is silence.
const CONCEALED: u32 = 4;

#[derive(Clone, Copy)]
struct Place {
    sequence: u16,
    full: bool,
    samples: [i16; FRAME],
}

const EMPTY: Place = Place { sequence: 0, full: false, samples: [0; FRAME] };

/// One leg's buffer.
pub struct Jitter {
    places: Box<[Place; PLACES]>,
    /// The next frame to leave; `None` before the first packet.
    next: Option<u16>,
    /// Filling up to its depth.
    filling: bool,
    depth: u16,
    held: u16,
    calm: u32,
    missing: u32,
    last: [i16; FRAME],
    late: u64,
}

impl Default for Jitter {
    fn default() -> Self {
        Self {
            places: Box::new([EMPTY; PLACES]),
            next: None,
            filling: true,
            depth: SHALLOWEST,
            held: 0,
            calm: 0,
            missing: 0,
            last: [0; FRAME],
            late: 0,
        }
    }
}

impl std::fmt::Debug for Jitter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Jitter({} of {} frames)", self.held, self.depth)
    }
}

impl Jitter {
    /// Takes a packet's payload of any packet time: 10 ms pieces are padded, longer ones fill several places. Packets of
    /// one stream must have one length, as RTP senders have.
    pub fn push(&mut self, sequence: u16, payload: &[u8], law: Law) {
        let frames = u16::try_from(payload.len().div_ceil(FRAME)).unwrap_or(0).min(3);
        for (i, piece) in (0u16..).zip(payload.chunks(FRAME)).take(usize::from(frames)) {
            self.put(sequence.wrapping_mul(frames.max(1)).wrapping_add(i), piece, law);
        }
    }

    fn put(&mut self, sequence: u16, payload: &[u8], law: Law) {
        let next = *self.next.get_or_insert(sequence);
        let ahead = sequence.wrapping_sub(next);
        if ahead >= 0x8000 {
            // Its turn is over. A stream that jumped far back begins anew; a straggler deepens the buffer.
            if ahead < u16::MAX - 100 {
                return self.restart(sequence, payload, law);
            }
            self.late += 1;
            self.calm = 0;
            self.depth = self.depth.saturating_add(1).min(DEEPEST);
            return;
        }
        if usize::from(ahead) >= PLACES {
            return self.restart(sequence, payload, law);
        }
        let Some(place) = self.places.get_mut(usize::from(sequence) % PLACES) else { return };
        if place.full && place.sequence == sequence {
            return;
        }
        self.held += u16::from(!place.full);
        (place.full, place.sequence) = (true, sequence);
        place.samples = [0; FRAME];
        for (sample, code) in place.samples.iter_mut().zip(payload) {
            *sample = expand(law, *code);
        }
    }

    fn restart(&mut self, sequence: u16, payload: &[u8], law: Law) {
        self.clear();
        self.put(sequence, payload, law);
    }

    /// Forgets what waits: another source, or another codec.
    pub fn clear(&mut self) {
        for place in self.places.iter_mut() {
            place.full = false;
        }
        (self.next, self.filling, self.held) = (None, true, 0);
    }

    /// The frame of this tick. False when it is silence because nothing came.
    pub fn pop(&mut self, out: &mut [i16; FRAME]) -> bool {
        if self.filling && (self.held < self.depth.max(1) || self.held == 0) {
            return self.conceal(out);
        }
        let Some(next) = self.next else { return self.conceal(out) };
        self.filling = false;
        self.shrink();
        let next = self.next.unwrap_or(next);
        self.next = Some(next.wrapping_add(1));
        let place = self.places.get_mut(usize::from(next) % PLACES).filter(|p| p.full && p.sequence == next);
        let Some(place) = place else {
            if self.held == 0 {
                // Ran dry: the sender paused, or the network is slower than thought.
                self.filling = true;
                self.next = Some(next);
            }
            return self.conceal(out);
        };
        place.full = false;
        *out = place.samples;
        self.held = self.held.saturating_sub(1);
        self.last = *out;
        self.missing = 0;
        true
    }

    /// After a calm time, or when more waits than can be useful, one frame is left out: the delay shrinks.
    fn shrink(&mut self) {
        self.calm += 1;
        if self.calm >= CALM {
            self.calm = 0;
            self.depth = self.depth.saturating_sub(1).max(SHALLOWEST);
        }
        let Some(next) = self.next.filter(|_| self.held > self.depth + 2) else { return };
        if let Some(place) = self.places.get_mut(usize::from(next) % PLACES)
            && std::mem::take(&mut place.full)
        {
            self.held = self.held.saturating_sub(1);
        }
        self.next = Some(next.wrapping_add(1));
    }

    fn conceal(&mut self, out: &mut [i16; FRAME]) -> bool {
        self.missing = self.missing.saturating_add(1);
        if self.missing > CONCEALED {
            *out = [0; FRAME];
            return false;
        }
        for sample in &mut self.last {
            *sample = (i32::from(*sample) * 3 / 4) as i16;
        }
        *out = self.last;
        true
    }

    /// Frames that came after their turn.
    pub fn late(&self) -> u64 {
        self.late
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::g711::compress;

    fn payload(n: u16) -> [u8; FRAME] {
        [compress(Law::A, i16::try_from(n % 60 * 500).unwrap()); FRAME]
    }

    fn value(n: u16) -> i16 {
        expand(Law::A, payload(n).first().copied().unwrap())
    }

    fn pop(jitter: &mut Jitter) -> i16 {
        let mut out = [0; FRAME];
        jitter.pop(&mut out);
        out.first().copied().unwrap()
    }

    #[test]
    fn frames_leave_in_order_one_a_tick() {
        let mut jitter = Jitter::default();
        for n in 1..40u16 {
            jitter.push(n.wrapping_add(65_520), &payload(n), Law::A);
            assert_eq!(pop(&mut jitter), value(n));
        }
    }

    #[test]
    fn overtaken_frames_are_put_right_once_the_buffer_is_deep_enough() {
        let mut jitter = Jitter::default();
        let mut heard = Vec::new();
        for pair in 0..60u16 {
            // Each second packet overtakes the first one.
            for n in [pair * 2 + 1, pair * 2] {
                jitter.push(n, &payload(n), Law::A);
                heard.push(pop(&mut jitter));
            }
        }
        let tail: Vec<i16> = heard.iter().rev().take(20).rev().copied().collect();
        let first = (0..120).find(|n| value(*n) == tail.first().copied().unwrap() && *n > 80).unwrap();
        let expected: Vec<i16> = (first..first + 20).map(value).collect();
        assert_eq!(tail, expected);
    }

    #[test]
    fn what_is_lost_fades_and_then_is_silent() {
        let mut jitter = Jitter::default();
        jitter.push(0, &payload(20), Law::A);
        let levels: Vec<i16> = (0..7).map(|_| pop(&mut jitter)).collect();
        assert!(levels.is_sorted_by(|a, b| a >= b) && levels.first() == Some(&value(20)));
        assert_eq!(levels.last(), Some(&0));
    }

    #[test]
    fn a_burst_does_not_stay_as_delay() {
        let mut jitter = Jitter::default();
        for n in 0..12u16 {
            jitter.push(n, &payload(n), Law::A);
        }
        for n in 12..100u16 {
            pop(&mut jitter);
            jitter.push(n, &payload(n), Law::A);
        }
        assert!(jitter.held <= jitter.depth + 3, "{jitter:?}");
    }

    #[test]
    fn packets_of_30_and_40_ms_are_whole() {
        let mut jitter = Jitter::default();
        let mut long = payload(3).to_vec();
        long.extend(payload(7));
        jitter.push(5, &long, Law::A);
        assert_eq!([pop(&mut jitter), pop(&mut jitter)], [value(3), value(7)]);
    }

    proptest! {
        #[test]
        fn any_order_of_packets_is_survived(steps in prop::collection::vec((any::<u16>(), 0usize..700, any::<bool>()), 1..200)) {
            let mut jitter = Jitter::default();
            for (sequence, length, tick) in steps {
                jitter.push(sequence, &vec![0x55; length], Law::Mu);
                if tick {
                    jitter.pop(&mut [0; FRAME]);
                }
                prop_assert!(usize::from(jitter.held) <= PLACES);
                prop_assert_eq!(usize::from(jitter.held), jitter.places.iter().filter(|p| p.full).count());
            }
        }
    }
}
