//! The band filters of G.722: one signal of 16 kHz to two of 8 kHz and back (sections 3.1 and 4.4). Worked through a block at
//! a time with the taps outside, so that the compiler makes vectors of it.

use super::BLOCK;
use super::tables::FILTER;

/// Samples of each phase that the filter looks back on.
const BACK: usize = FILTER.len() - 1;
/// The bands have 15 bits.
const MOST: i32 = 16_383;

/// The even or the odd samples of a block, behind the last ones of the block before.
type Phase = [i16; BACK + BLOCK];

/// Analysis, in the encoder.
#[derive(Clone, Debug)]
pub struct Split {
    even: Phase,
    odd: Phase,
}

impl Default for Split {
    fn default() -> Self {
        Self { even: [0; BACK + BLOCK], odd: [0; BACK + BLOCK] }
    }
}

impl Split {
    /// At most `2 * BLOCK` samples to half as many of each band.
    pub fn block(&mut self, samples: &[i16], low: &mut [i16; BLOCK], high: &mut [i16; BLOCK]) {
        let places = self.even.iter_mut().zip(&mut self.odd).skip(BACK);
        for ((even, odd), pair) in places.zip(samples.chunks_exact(2)) {
            if let [first, second] = pair {
                (*even, *odd) = (*first, *second);
            }
        }
        let one = convolve(&self.even, |tap| FILTER[tap]);
        let two = convolve(&self.odd, |tap| FILTER[BACK - tap]);
        for (((low, high), one), two) in low.iter_mut().zip(high).zip(&one).zip(&two) {
            *low = ((two + one) >> 14).clamp(-MOST - 1, MOST) as i16;
            *high = ((two - one) >> 14).clamp(-MOST - 1, MOST) as i16;
        }
        forward(&mut self.even, samples.len() / 2);
        forward(&mut self.odd, samples.len() / 2);
    }
}

/// Synthesis, in the decoder.
#[derive(Clone, Debug)]
pub struct Join {
    difference: Phase,
    sum: Phase,
}

impl Default for Join {
    fn default() -> Self {
        Self { difference: [0; BACK + BLOCK], sum: [0; BACK + BLOCK] }
    }
}

impl Join {
    /// Both bands to as many samples as `samples` has, at most `2 * BLOCK`.
    pub fn block(&mut self, low: &[i16; BLOCK], high: &[i16; BLOCK], samples: &mut [i16]) {
        let places = self.difference.iter_mut().zip(&mut self.sum).skip(BACK);
        for ((difference, sum), (low, high)) in places.zip(low.iter().zip(high)) {
            // Both have 15 bits.
            (*difference, *sum) = (low.wrapping_sub(*high), low.wrapping_add(*high));
        }
        let one = convolve(&self.difference, |tap| FILTER[BACK - tap]);
        let two = convolve(&self.sum, |tap| FILTER[tap]);
        for ((pair, one), two) in samples.chunks_exact_mut(2).zip(&one).zip(&two) {
            if let [first, second] = pair {
                (*first, *second) = (narrow(*one >> 11), narrow(*two >> 11));
            }
        }
        forward(&mut self.difference, samples.len() / 2);
        forward(&mut self.sum, samples.len() / 2);
    }
}

/// The sum over the taps for each place of a block, so many places at a time as keep their sums in registers.
#[inline]
fn convolve(phase: &Phase, tap: impl Fn(usize) -> i16) -> [i32; BLOCK] {
    const LANES: usize = 16;
    let mut out = [0i32; BLOCK];
    for (out, phase) in out.chunks_exact_mut(LANES).zip(phase.windows(BACK + LANES).step_by(LANES)) {
        let mut sums = [0i32; LANES];
        for at in 0..FILTER.len() {
            let weight = i32::from(tap(at));
            for (sum, sample) in sums.iter_mut().zip(&phase[at..at + LANES]) {
                *sum += i32::from(*sample) * weight;
            }
        }
        out.copy_from_slice(&sums);
    }
    out
}

/// What the next block looks back on: the last of these `fresh` samples.
fn forward(phase: &mut Phase, fresh: usize) {
    phase.copy_within(fresh.min(BLOCK)..fresh.min(BLOCK) + BACK, 0);
}

fn narrow(value: i32) -> i16 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}
