//! Two nodes with clocks that differ: what each believes to hold, and what is under way on it.

use std::collections::BTreeMap;

use promise::{Claim, Key, Lane, Name, Outcome, Placed};

/// Lines of a node.
pub const LINES: usize = 30;

/// A call under way.
pub struct Talk {
    pub claim: Claim,
    pub placed: Placed,
    pub outcome: Outcome,
    pub lane: Option<Lane>,
    /// The node forgets to renew its lease: the other one will take it over.
    pub stalls: bool,
}

pub struct Node {
    pub name: Name,
    /// Its clock is so much ahead (ms).
    pub skew: i64,
    pub up: bool,
    pub talks: BTreeMap<u64, Talk>,
}

impl Node {
    pub fn new(name: &str, skew: i64) -> Self {
        Self { name: name.into(), skew, up: true, talks: BTreeMap::new() }
    }

    pub fn now(&self, at: i64) -> i64 {
        at + self.skew
    }

    /// Whether it may still believe, by its own clock, that a task is its own.
    pub fn believes(&self, at: i64, key: &Key) -> bool {
        self.up && self.talks.values().any(|talk| talk.claim.key == *key && self.now(at) <= talk.claim.until)
    }

    /// Whether somebody of this lane is on the line by a claim that it may still believe in.
    pub fn occupies(&self, at: i64, lane: &Lane) -> bool {
        let theirs = |talk: &Talk| talk.lane.as_ref() == Some(lane) && self.now(at) <= talk.claim.until;
        self.up && self.talks.values().any(theirs)
    }
}
