//! Chance from an injected seed: jitter, and shares by weight.

use std::time::Duration;

/// SplitMix64 (Steele, Lea, Flood 2014); spreads load, guards nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x9E37_79B9_7F4A_7C15)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next().checked_rem(end).unwrap_or(0)
    }

    /// So long, give or take a share of `percent`.
    pub(crate) fn about(&mut self, span: Duration, percent: u32) -> Duration {
        let ms = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let spread = ms.saturating_mul(percent.into()) / 100;
        let off = self.below(spread.saturating_mul(2).saturating_add(1));
        Duration::from_millis(ms.saturating_sub(spread).saturating_add(off))
    }
}
