//! How many lines a flood may write into the log.

use std::time::Duration;

/// Lines a second. When there are more, they are counted, and the next line says how many were left out.
const MOST_A_SECOND: u32 = 20;

/// Lets so many lines a second through.
#[derive(Default, Debug)]
pub struct Lines {
    second: u64,
    said: u32,
    left_out: u64,
}

impl Lines {
    /// Whether a line may be written now; `Some` holds how many were left out since the last one.
    pub fn take(&mut self, now: Duration) -> Option<u64> {
        if now.as_secs() != self.second {
            (self.second, self.said) = (now.as_secs(), 0);
        }
        if self.said >= MOST_A_SECOND {
            self.left_out = self.left_out.saturating_add(1);
            return None;
        }
        self.said = self.said.saturating_add(1);
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_writes_few_lines_and_says_how_many_it_left_out() {
        let mut lines = Lines::default();
        let said = (0..1_000).filter(|_| lines.take(Duration::from_secs(9)).is_some()).count();
        assert_eq!(said, 20);
        assert_eq!(lines.take(Duration::from_secs(10)), Some(980));
        assert_eq!(lines.take(Duration::from_secs(10)), Some(0));
    }
}
