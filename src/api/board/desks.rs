//! The desks of a scene: hours, who is reachable, who is busy.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use call::board::{Board, Hours};
use call::ids::{Address, DeskNo};
use call::plan::{Desk, Plan};

/// Hours hold for a minute.
const MINUTE_MS: i64 = 60_000;

/// The hours of all desks, worked out once a minute.
#[derive(Debug, Default)]
pub(crate) struct Clocks {
    minute: i64,
    version: Arc<str>,
    hours: Arc<BTreeMap<DeskNo, Hours>>,
}

impl Clocks {
    pub(crate) fn at(&mut self, plan: &Plan, now: i64) -> Arc<BTreeMap<DeskNo, Hours>> {
        let minute = now.div_euclid(MINUTE_MS);
        if self.minute != minute || self.version != plan.version {
            (self.minute, self.version) = (minute, Arc::clone(&plan.version));
            self.hours = Arc::new(plan.desks.keys().map(|no| (*no, plan.hours_of(*no, now))).collect());
        }
        Arc::clone(&self.hours)
    }
}

/// Who of the house can be rung, and who is in a call.
pub(crate) struct People<'a> {
    phones: BTreeSet<&'a str>,
    taken: BTreeSet<&'a Address>,
}

impl<'a> People<'a> {
    pub(crate) fn of(board: &'a Board) -> Self {
        Self {
            phones: board.phones.iter().map(|phone| &**phone).collect(),
            taken: board.taken.iter().map(|(address, _)| address).collect(),
        }
    }

    pub(crate) fn reachable(&self, address: &Address) -> bool {
        match address {
            Address::Phone(user) => self.phones.contains(&**user),
            Address::Number(_) => true,
        }
    }

    pub(crate) fn busy(&self, address: &Address) -> bool {
        self.taken.contains(address)
    }

    /// Whether somebody of the desk can be rung at all.
    pub(crate) fn any_reachable(&self, desk: &Desk) -> bool {
        desk.members.iter().any(|member| self.reachable(&member.address))
    }
}
