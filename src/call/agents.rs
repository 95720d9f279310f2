//! The operators: who is on duty, who is free, whose wrap-up ends when.

use std::time::Duration;

use crate::event::AgentState;
use crate::ids::{Address, CallId, Name, Skill, StaffNo};
use crate::plan::{Operator, Plan};

/// One operator as the queue sees them.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) operator: Operator,
    state: AgentState,
    /// The call that rings or is talked in.
    call: Option<CallId>,
    /// When wrap-up ends.
    until: Option<Duration>,
    /// The phone is registered.
    reachable: bool,
    /// What they asked for while a call rang or went on: holds when it is over.
    wish: Option<AgentState>,
    /// Not in the plan any more: forgotten when their call is over.
    leaving: bool,
}

impl Agent {
    /// The phone's user name, for screens.
    pub(crate) fn phone(&self) -> Name {
        match &self.operator.address {
            Address::Phone(user) => Name::clone(user),
            Address::Number(number) => number.masked().into(),
        }
    }

    pub(crate) fn state(&self) -> AgentState {
        self.state
    }
}

/// All operators of the plan, in its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Agents(Vec<Agent>);

impl Agents {
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut agents = Self::default();
        agents.reload(plan, |_| false);
        agents
    }

    /// Takes over another plan. Who is in it already keeps the state; who has a call keeps it whatever the plan says.
    pub(crate) fn reload(&mut self, plan: &Plan, reachable: impl Fn(&Address) -> bool) {
        let mut old = std::mem::take(&mut self.0);
        for operator in &plan.operators {
            let known = old.iter().position(|a| a.operator.staff == operator.staff);
            let known = known.map(|at| old.swap_remove(at));
            let reachable = reachable(&operator.address);
            let operator = operator.clone();
            self.0.push(match known {
                Some(agent) if agent.operator.address == operator.address => {
                    Agent { operator, leaving: false, ..agent }
                }
                // They talk on where they are, and are rung at the new phone next time.
                Some(agent) if agent.call.is_some() => Agent { operator, reachable, leaving: false, ..agent },
                Some(_) | None => Agent::new(operator, reachable),
            });
        }
        let busy = old.into_iter().filter(|a| a.call.is_some());
        self.0.extend(busy.map(|agent| Agent { leaving: true, ..agent }));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Agent> {
        self.0.iter()
    }

    fn get(&self, staff: &StaffNo) -> Option<&Agent> {
        self.0.iter().find(|a| a.operator.staff == *staff)
    }

    fn get_mut(&mut self, staff: &StaffNo) -> Option<&mut Agent> {
        self.0.iter_mut().find(|a| a.operator.staff == *staff)
    }

    /// Where this operator is rung.
    pub(crate) fn address(&self, staff: &StaffNo) -> Option<Address> {
        self.get(staff).map(|a| a.operator.address.clone())
    }

    /// A phone came or went.
    pub(crate) fn phone(&mut self, phone: &Name, here: bool) {
        let owner = |a: &&mut Agent| matches!(&a.operator.address, Address::Phone(user) if user == phone);
        for agent in self.0.iter_mut().filter(owner) {
            agent.reachable = here;
            if agent.call.is_some() {
                continue;
            }
            if !here {
                agent.off();
            } else if agent.state == AgentState::Off && agent.operator.ready_on_register {
                agent.state = AgentState::Ready;
            }
        }
    }

    /// An order from a screen. `false`: no such operator.
    pub(crate) fn set(&mut self, staff: &StaffNo, state: AgentState) -> bool {
        let Some(agent) = self.get_mut(staff) else { return false };
        match state {
            AgentState::Off | AgentState::Ready | AgentState::Break | AgentState::WrapUp => {
                if agent.call.is_some() {
                    agent.wish = Some(state);
                } else {
                    (agent.state, agent.until) = (state, None);
                }
            }
            // Facts, not wishes.
            AgentState::Ringing | AgentState::Talking => {}
        }
        true
    }

    /// Rings in a call.
    pub(crate) fn ring(&mut self, staff: &StaffNo, call: CallId) {
        self.occupy(staff, call, AgentState::Ringing);
    }

    /// Talks in a call.
    pub(crate) fn talk(&mut self, staff: &StaffNo, call: CallId) {
        self.occupy(staff, call, AgentState::Talking);
    }

    fn occupy(&mut self, staff: &StaffNo, call: CallId, state: AgentState) {
        if let Some(agent) = self.get_mut(staff) {
            (agent.state, agent.call, agent.until) = (state, Some(call), None);
        }
    }

    /// The ringing ended without an answer.
    pub(crate) fn spare(&mut self, staff: &StaffNo) {
        self.0.retain(|a| !(a.leaving && a.operator.staff == *staff));
        if let Some(agent) = self.get_mut(staff) {
            agent.call = None;
            let wish = agent.wish.take();
            if agent.reachable || matches!(agent.operator.address, Address::Number(_)) {
                agent.state = wish.unwrap_or(AgentState::Ready);
            } else {
                agent.off();
            }
        }
    }

    /// The talk ended: wrap-up until then.
    pub(crate) fn wrap_up(&mut self, staff: &StaffNo, now: Duration, length: Duration) {
        self.spare(staff);
        if let Some(agent) = self.get_mut(staff)
            && agent.state == AgentState::Ready
            && !length.is_zero()
        {
            agent.state = AgentState::WrapUp;
            agent.until = Some(now.saturating_add(length));
        }
    }

    /// Ends the wrap-ups that are over.
    pub(crate) fn timeout(&mut self, now: Duration) {
        for agent in self.0.iter_mut().filter(|a| a.until.is_some_and(|at| at <= now)) {
            agent.until = None;
            if agent.state == AgentState::WrapUp {
                agent.state = AgentState::Ready;
            }
        }
    }

    /// When the next wrap-up ends.
    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        self.0.iter().filter_map(|a| a.until).min()
    }

    /// Operators with this skill who may be rung now, in the plan's order.
    pub(crate) fn free(&self, skill: &Skill) -> impl Iterator<Item = &StaffNo> {
        let fits = move |a: &&Agent| a.state == AgentState::Ready && a.operator.skills.contains(skill);
        self.0.iter().filter(fits).map(|a| &a.operator.staff)
    }

    /// Whether this one, asked for by name, may be rung now: wrap-up is no hindrance to coming back.
    pub(crate) fn may_return(&self, staff: &StaffNo) -> bool {
        self.get(staff).is_some_and(|a| matches!(a.state, AgentState::Ready | AgentState::WrapUp))
    }

    /// Operators on duty with this skill, free or not.
    pub(crate) fn on_duty(&self, skill: &Skill) -> usize {
        let on_duty = |a: &&Agent| a.state != AgentState::Off && !a.leaving;
        self.0.iter().filter(on_duty).filter(|a| a.operator.skills.contains(skill)).count()
    }

    /// Who rings or talks in which call, for the invariants.
    pub(crate) fn occupied(&self) -> impl Iterator<Item = (&StaffNo, CallId)> {
        self.0.iter().filter_map(|a| a.call.map(|call| (&a.operator.staff, call)))
    }
}

impl Agent {
    fn new(operator: Operator, reachable: bool) -> Self {
        let ready = reachable && operator.ready_on_register;
        let state = if ready { AgentState::Ready } else { AgentState::Off };
        Self { operator, state, call: None, until: None, reachable, wish: None, leaving: false }
    }

    fn off(&mut self) {
        (self.state, self.until) = (AgentState::Off, None);
    }
}
