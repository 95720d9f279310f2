//! How many calls a second: a token bucket that holds one second's worth.

use std::time::Duration;

/// Why a trunk takes no further call now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// All its channels are taken.
    Channels,
    /// Too many calls within a second; a second later there is room again.
    Rate,
}

/// Tokens come at a steady rate; one call takes one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bucket {
    per_second: u32,
    /// In millionths of a token.
    level: u64,
    filled: Duration,
}

/// One token.
const TOKEN: u64 = 1_000_000;

impl Bucket {
    /// A full one.
    pub fn new(per_second: u32, now: Duration) -> Self {
        Self { per_second, level: TOKEN.saturating_mul(per_second.into()), filled: now }
    }

    /// Another rate from now on.
    pub(crate) fn set(&mut self, per_second: u32, now: Duration) {
        self.fill(now);
        self.per_second = per_second;
        self.level = self.level.min(TOKEN.saturating_mul(per_second.into()));
    }

    fn fill(&mut self, now: Duration) {
        let micros = u64::try_from(now.saturating_sub(self.filled).as_micros()).unwrap_or(u64::MAX);
        let full = TOKEN.saturating_mul(self.per_second.into());
        self.level = self.level.saturating_add(micros.saturating_mul(self.per_second.into())).min(full);
        self.filled = self.filled.max(now);
    }

    /// Takes a token, if there is one.
    pub fn take(&mut self, now: Duration) -> bool {
        self.fill(now);
        let left = self.level.checked_sub(TOKEN);
        self.level = left.unwrap_or(self.level);
        left.is_some()
    }
}
