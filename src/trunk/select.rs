//! Which trunk a call goes out by: those that are up before those that are not, lower order first, shares by weight.

use crate::dice::Dice;

/// What is known of a trunk when one is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// Lower first.
    pub order: u32,
    /// Its share among those of the same order; 0 comes last there.
    pub weight: u32,
    /// It can be expected to take a call.
    pub up: bool,
}

/// The places of `candidates` in the order in which they are to be tried. A trunk that is down comes after all that are up,
/// but it comes: an emergency call rather tries it in vain than not at all. Among the same order the first is drawn by
/// weight, then the next among the rest, as in RFC 2782.
pub fn select(candidates: &[Candidate], dice: &mut Dice) -> Vec<usize> {
    let mut left: Vec<(usize, Candidate)> = candidates.iter().copied().enumerate().collect();
    left.sort_by_key(|(place, c)| (!c.up, c.order, *place));
    let mut chosen = Vec::with_capacity(left.len());
    while let Some((_, first)) = left.first().copied() {
        let peers = left.iter().take_while(|(_, c)| (c.up, c.order) == (first.up, first.order));
        let sum: u64 = peers.clone().map(|(_, c)| u64::from(c.weight)).sum();
        let mut draw = dice.below(sum);
        let mut drawn = 0;
        for (i, (_, c)) in peers.enumerate() {
            drawn = i;
            match draw.checked_sub(c.weight.into()) {
                Some(rest) if sum > 0 => draw = rest,
                Some(_) | None => break,
            }
        }
        chosen.push(left.remove(drawn).0);
    }
    chosen
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use super::*;

    fn candidate(order: u32, weight: u32, up: bool) -> Candidate {
        Candidate { order, weight, up }
    }

    #[test]
    fn order_goes_before_weight_and_up_before_both() {
        let list =
            [candidate(2, 10, true), candidate(1, 10, false), candidate(1, 1, true), candidate(1, 0, true)];
        for seed in 0..50 {
            assert_eq!(select(&list, &mut Dice::new(seed)), [2, 3, 0, 1]);
        }
        assert!(select(&[], &mut Dice::new(0)).is_empty());
    }

    #[test]
    fn weights_are_shares() {
        let list = [candidate(1, 30, true), candidate(1, 10, true)];
        let mut dice = Dice::new(1);
        let first = (0..4_000).filter(|_| select(&list, &mut dice)[0] == 0).count();
        assert!((2_900..3_100).contains(&first), "{first} of 4000 for a share of three quarters");
        let none = [candidate(1, 0, true), candidate(1, 0, true)];
        assert_eq!(select(&none, &mut dice), [0, 1]);
    }
}
