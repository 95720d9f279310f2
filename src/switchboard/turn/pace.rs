//! How many new calls a source brings: a count per address and second.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

/// Most addresses that are remembered. When full, those of past seconds are forgotten; when all are of this second,
/// further ones count as too many.
const MOST_SOURCES: usize = 4_096;

#[derive(Default, Debug)]
pub(super) struct Pace {
    seen: HashMap<IpAddr, (u64, u32)>,
}

impl Pace {
    /// Counts one call of `source`; false when it brings more than `most` in this second.
    pub(super) fn take(&mut self, now: Duration, source: IpAddr, most: u32) -> bool {
        let second = now.as_secs();
        if self.seen.len() >= MOST_SOURCES && !self.seen.contains_key(&source) {
            self.seen.retain(|_, (at, _)| *at == second);
            if self.seen.len() >= MOST_SOURCES {
                return false;
            }
        }
        let count = self.seen.entry(source).or_insert((second, 0));
        if count.0 != second {
            *count = (second, 0);
        }
        count.1 = count.1.saturating_add(1);
        count.1 <= most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_has_its_calls_a_second_and_others_are_not_touched() {
        let (mut pace, second) = (Pace::default(), Duration::from_secs(9));
        let (a, b): (IpAddr, IpAddr) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        assert!(pace.take(second, a, 2) && pace.take(second, a, 2) && !pace.take(second, a, 2));
        assert!(pace.take(second, b, 2));
        assert!(pace.take(second + Duration::from_secs(1), a, 2));
    }

    #[test]
    fn the_table_is_bounded() {
        let mut pace = Pace::default();
        for n in 0..10_000u32 {
            pace.take(Duration::ZERO, IpAddr::V4(n.into()), 1);
        }
        assert_eq!(pace.seen.len(), MOST_SOURCES);
        assert!(pace.take(Duration::from_secs(1), [192, 0, 2, 1].into(), 1));
    }
}
