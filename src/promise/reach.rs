//! The monthly test whether a unit's liaison and deputy leader are reachable: a call at an hour that nobody knows, key 1.

use crate::action::{Action, Contact, Key, Kind, Lane, News, Order, Plan, Reader, Script, To};
use crate::clock::Clock;
use crate::event::Outcome;
use crate::fact::Fact;
use crate::ids::{Month, Name, Of};
use crate::refusal::Refusal;

/// Who is tested, one after the other.
const TESTED: [Contact; 2] = [Contact::Liaison, Contact::Deputy];

/// The test of one unit in one month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reach {
    /// When.
    pub month: Month,
    /// Whom.
    pub unit: Name,
    /// Who answered with key 1, liaison first.
    pub found: Vec<bool>,
}

impl Reach {
    /// A test to come; `chance` is drawn by the caller.
    pub fn plan(clock: Clock<'_>, month: Month, unit: Name, chance: u64) -> (Self, Vec<Action>) {
        let test = Self { month, unit, found: Vec::new() };
        let plan = test.call(clock.reach(month, chance));
        (test, vec![plan])
    }

    /// Again from its facts.
    pub fn rebuild<'a>(month: Month, unit: Name, facts: impl IntoIterator<Item = &'a Fact>) -> Self {
        let found = facts.into_iter().filter_map(|fact| match fact {
            Fact::Reached(_, yes) => Some(*yes),
            _ => None,
        });
        Self { month, unit, found: found.collect() }
    }

    fn call(&self, at: i64) -> Action {
        let turn = u32::try_from(self.found.len()).unwrap_or(u32::MAX).saturating_add(1);
        let of = Of::Reach(self.month, self.unit.clone());
        let next = TESTED.get(self.found.len()).copied();
        let lane = next.map(|contact| Lane::Contact(self.unit.clone(), contact));
        Action::Plan(Plan { lane, ..Plan::at(Key { of, kind: Kind::Reach, rev: 1, turn }, at) })
    }

    /// The call of a claimed task.
    pub fn due(&self, clock: Clock<'_>, key: Key) -> Vec<Action> {
        let Some(contact) = TESTED.get(self.found.len()) else { return Vec::new() };
        let (to, ring) = (To::Contact(self.unit.clone(), *contact), clock.settings.urgent_ring);
        vec![Action::Call(Order { key, to, script: Script::Reach, ring })]
    }

    /// It is over.
    ///
    /// # Errors
    /// [`Refusal::NotOfThisCall`].
    pub fn called(&mut self, clock: Clock<'_>, key: &Key, outcome: &Outcome) -> Result<Vec<Action>, Refusal> {
        let reached = match outcome {
            Outcome::Acknowledged(_) => true,
            Outcome::Missed(_) => false,
            Outcome::Received(_)
            | Outcome::WrongUnit
            | Outcome::Heard
            | Outcome::Answered(_)
            | Outcome::Connected => return Err(Refusal::NotOfThisCall),
        };
        let at = usize::try_from(key.turn).unwrap_or(0);
        let current = at == self.found.len().saturating_add(1);
        let Some(contact) = TESTED.get(self.found.len()).filter(|_| current) else { return Ok(Vec::new()) };
        self.found.push(reached);
        let mut out = vec![Action::Record(Fact::Reached(*contact, reached))];
        if !reached {
            out.push(Action::Tell(Reader::ShiftLead, News::Unreachable));
        }
        if self.found.len() < TESTED.len() {
            out.push(self.call(clock.now));
        }
        Ok(out)
    }
}
