//! The queue: who waits for an operator, in which order.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::ids::{CallId, Skill};

/// A place in the queue: who was cut off goes before all others, then who waits longest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Ticket {
    /// False sorts first: the head of the queue.
    pub(crate) usual: bool,
    /// Since the start of the process.
    pub(crate) since: Duration,
    pub(crate) call: CallId,
}

/// Everybody who waits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue(BTreeMap<Ticket, Skill>);

impl Queue {
    pub(crate) fn enter(&mut self, ticket: Ticket, skill: Skill) {
        self.0.insert(ticket, skill);
    }

    pub(crate) fn leave(&mut self, ticket: Ticket) {
        self.0.remove(&ticket);
    }

    /// The calls in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = CallId> {
        self.0.keys().map(|t| t.call)
    }

    /// How many with the same skill wait before this one.
    pub(crate) fn ahead(&self, ticket: Ticket) -> u32 {
        let Some(skill) = self.0.get(&ticket) else { return 0 };
        let before = self.0.range(..ticket).filter(|(_, s)| *s == skill).count();
        u32::try_from(before).unwrap_or(u32::MAX)
    }
}
