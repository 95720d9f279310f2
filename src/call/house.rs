//! What all calls share: operators, queue, phones, desk members who are taken, and the outbox.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crate::action::Action;
use crate::again::{Kept, Numbers};
use crate::agents::Agents;
use crate::closed::Closed;
use crate::event::Now;
use crate::ids::{Address, CallId, LegId, Name, PlayId};
use crate::queue::Queue;

/// Shared by all calls of the house.
#[derive(Debug, Default)]
pub(crate) struct House {
    pub(crate) agents: Agents,
    pub(crate) queue: Queue,
    pub(crate) members: Members,
    /// Calls that look for one certain operator or a shift lead, before the queue.
    pub(crate) returning: BTreeSet<CallId>,
    /// Citizens who called and wait or talk, or did.
    pub(crate) callers: Numbers,
    /// Citizens whom the house is about to call back.
    pub(crate) call_backs: Numbers,
    /// Places of citizens whom a call-back did not reach.
    pub(crate) kept: Kept,
    /// Calls whose citizen may be called back at the same time: looked at after what is being handled.
    pub(crate) again: Vec<CallId>,
    /// Calls whose desk is taken by another call.
    pub(crate) desk_waits: BTreeSet<CallId>,
    /// Phones that are registered.
    pub(crate) phones: BTreeSet<Name>,
    /// Desks that shut themselves.
    pub(crate) closed: Closed,
    /// Whose leg it is.
    pub(crate) legs: BTreeMap<LegId, CallId>,
    pub(crate) out: VecDeque<Action>,
    last_leg: u64,
    last_play: u64,
}

impl House {
    /// With these operators and no calls.
    pub(crate) fn new(agents: Agents) -> Self {
        Self { agents, ..Self::default() }
    }

    /// Whether a leg can be rung there at all.
    pub(crate) fn reachable(&self, address: &Address) -> bool {
        match address {
            Address::Phone(user) => self.phones.contains(user),
            Address::Number(_) => true,
        }
    }

    pub(crate) fn mint_leg(&mut self) -> LegId {
        self.last_leg += 1;
        LegId(self.last_leg)
    }
}

/// Desk members and liaisons by address: who is in a call, and whose last call ended when.
#[derive(Debug, Default)]
pub(crate) struct Members {
    taken: BTreeMap<Address, CallId>,
    used: BTreeMap<Address, Duration>,
}

impl Members {
    pub(crate) fn taken(&self, address: &Address) -> Option<CallId> {
        self.taken.get(address).copied()
    }

    pub(crate) fn take(&mut self, address: &Address, call: CallId) {
        self.taken.insert(address.clone(), call);
    }

    /// Free again, unless somebody else has them.
    pub(crate) fn release(&mut self, address: &Address, call: CallId) {
        if self.taken.get(address) == Some(&call) {
            self.taken.remove(address);
        }
    }

    /// Everybody who is in a call.
    pub(crate) fn all_taken(&self) -> impl Iterator<Item = (&Address, CallId)> {
        self.taken.iter().map(|(address, call)| (address, *call))
    }

    /// Their talk ended now.
    pub(crate) fn used(&mut self, address: &Address, now: Duration) {
        self.used.insert(address.clone(), now);
    }

    /// When their last talk ended; never comes first.
    pub(crate) fn last_used(&self, address: &Address) -> Option<Duration> {
        self.used.get(address).copied()
    }
}

/// One input's surroundings: the time and the house.
pub(crate) struct Cx<'a> {
    pub(crate) now: Now,
    pub(crate) house: &'a mut House,
}

impl Cx<'_> {
    pub(crate) fn act(&mut self, action: Action) {
        self.house.out.push_back(action);
    }

    /// So much later.
    pub(crate) fn after(&self, span: Duration) -> Duration {
        self.now.mono.saturating_add(span)
    }

    pub(crate) fn mint_play(&mut self) -> PlayId {
        self.house.last_play += 1;
        PlayId(self.house.last_play)
    }

    pub(crate) fn mint_leg(&mut self, call: CallId) -> LegId {
        let leg = self.house.mint_leg();
        self.house.legs.insert(leg, call);
        leg
    }
}
