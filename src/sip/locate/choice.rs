//! The order of SRV records: by priority, and among equals by weight and chance (RFC 2782).

use super::Srv;

/// Chance from a seed (splitmix64): the same seed gives the same order.
#[derive(Clone, Debug)]
pub(super) struct Chance(pub u64);

impl Chance {
    /// A number from 0 to `most`, both included.
    fn up_to(&mut self, most: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        let wide = u128::from(z) * (u128::from(most) + 1);
        u32::try_from(wide >> 64).unwrap_or(most)
    }
}

/// Puts the records into the order in which they are to be tried.
pub(super) fn order(mut left: Vec<Srv>, chance: &mut Chance) -> Vec<Srv> {
    // Those without weight stand first among equals, so that they have a small chance too.
    left.sort_by_key(|r| (r.priority, r.weight != 0));
    let mut ordered = Vec::with_capacity(left.len());
    while let Some(priority) = left.first().map(|r| r.priority) {
        let equal = left.iter().take_while(|r| r.priority == priority);
        let sum = equal.map(|r| u32::from(r.weight)).fold(0, u32::saturating_add);
        let number = chance.up_to(sum);
        let mut running = 0u32;
        let chosen = left.iter().take_while(|r| r.priority == priority).position(|r| {
            running = running.saturating_add(r.weight.into());
            running >= number
        });
        ordered.push(left.remove(chosen.unwrap_or(0)));
    }
    ordered
}
