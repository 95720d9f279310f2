//! One entry of the agenda: the earliest comes first.

use std::cmp::Reverse;
use std::time::Duration;

use super::world::Thing;

pub struct Entry {
    pub at: Reverse<(Duration, u64)>,
    pub thing: Box<Thing>,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}
