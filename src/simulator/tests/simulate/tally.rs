//! What a run came to: what it met, or what broke.

use std::collections::BTreeMap;
use std::time::Duration;

/// What broke, when.
#[derive(Debug)]
pub struct Fault {
    pub at: Duration,
    pub words: String,
}

/// What a run came to.
#[derive(Default, Debug)]
pub struct Tally {
    pub calls: u64,
    pub steps: u64,
    pub kinds: BTreeMap<&'static str, u64>,
    pub ends: BTreeMap<&'static str, u64>,
    /// How often each desk was looked for.
    pub desks: BTreeMap<String, u64>,
}

impl Tally {
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.steps += other.steps;
        for (kind, count) in &other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
        for (desk, count) in &other.desks {
            *self.desks.entry(desk.clone()).or_default() += count;
        }
        for (end, count) in &other.ends {
            *self.ends.entry(end).or_default() += count;
        }
    }
}
