//! The turn's own random numbers, from the injected seed: the tails of call ids.

use call::ids::CallId;

/// SplitMix64 (Steele, Lea, Flood 2014): names calls, guards nothing.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: &[u8; 32]) -> Self {
        let fold = |state: u64, byte: &u8| state.rotate_left(8) ^ u64::from(*byte);
        Self(seed.iter().fold(0x9E37_79B9_7F4A_7C15, fold))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A ULID: 48 bits of milliseconds, 80 random ones.
    pub(super) fn call(&mut self, utc_ms: i64) -> CallId {
        let ms = u128::from(utc_ms.unsigned_abs()) & 0xFFFF_FFFF_FFFF;
        let random = (u128::from(self.next()) << 16) | u128::from(self.next() & 0xFFFF);
        CallId((ms << 80) | random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_differ_within_a_millisecond() {
        let mut dice = Dice::new(&[3; 32]);
        let (a, b, later) =
            (dice.call(1_791_770_400_000), dice.call(1_791_770_400_000), dice.call(1_791_770_400_001));
        assert!(a != b && a < later && b < later);
        assert_eq!(CallId::parse(&a.to_string()), Some(a));
    }
}
