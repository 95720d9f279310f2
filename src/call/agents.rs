//! The operators: who is on duty, who is free, whose wrap-up ends when.

use std::time::Duration;

use crate::action::Refusal;
use crate::board::AgentView;
use crate::event::{AgentState, Now};
use crate::ids::{Address, CallId, Name, Skill, StaffNo};
use crate::plan::{Operator, Plan};

/// One operator as the queue sees them.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) operator: Operator,
    state: AgentState,
    /// Since then, UTC ms.
    since: i64,
    /// The call that rings or is talked in.
    call: Option<CallId>,
    /// When wrap-up ends.
    until: Option<Duration>,
    /// The phone is registered.
    reachable: bool,
    /// Another life of the house has them in a call.
    elsewhere: bool,
    /// What they asked for while a call rang or went on: holds when it is over.
    wish: Option<AgentState>,
    /// Not in the plan any more: forgotten when their call is over.
    leaving: bool,
    /// Calls whose outcome they have not given, and whether wrap-up lasts until they do.
    owes: Vec<(CallId, bool)>,
    /// The time of wrap-up is over, and an outcome is waited for.
    overdue: bool,
}

/// Outcomes that are waited for of one operator. When full: the oldest is let go.
const MOST_OWED: usize = 8;

/// What an operator leaves behind with a talk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wrap {
    /// How long they are left alone.
    pub(crate) length: Duration,
    /// The call, when its outcome is still to be given.
    pub(crate) owes: Option<CallId>,
    /// Wrap-up lasts until it is.
    pub(crate) required: bool,
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
pub(crate) struct Agents {
    all: Vec<Agent>,
    /// The moment of what is being handled.
    now: Now,
}

impl Agents {
    pub(crate) fn new(plan: &Plan, now: Now) -> Self {
        let mut agents = Self { all: Vec::new(), now };
        agents.reload(plan, |_| false);
        agents
    }

    /// It is this moment now.
    pub(crate) fn at(&mut self, now: Now) {
        self.now = now;
    }

    /// Takes over another plan. Who is in it already keeps the state; who has a call keeps it whatever the plan says.
    pub(crate) fn reload(&mut self, plan: &Plan, reachable: impl Fn(&Address) -> bool) {
        let mut old = std::mem::take(&mut self.all);
        let now = self.now;
        for operator in &plan.operators {
            let known = old.iter().position(|a| a.operator.staff == operator.staff);
            let known = known.map(|at| old.swap_remove(at));
            let reachable = reachable(&operator.address);
            let operator = operator.clone();
            self.all.push(match known {
                Some(agent) if agent.operator.address == operator.address => {
                    Agent { operator, leaving: false, ..agent }
                }
                // They talk on where they are, and are rung at the new phone next time.
                Some(agent) if agent.call.is_some() => Agent { operator, reachable, leaving: false, ..agent },
                Some(_) | None => Agent::new(operator, reachable, now),
            });
        }
        let busy = old.into_iter().filter(|a| a.call.is_some());
        self.all.extend(busy.map(|agent| Agent { leaving: true, ..agent }));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Agent> {
        self.all.iter()
    }

    fn get(&self, staff: &StaffNo) -> Option<&Agent> {
        self.all.iter().find(|a| a.operator.staff == *staff)
    }

    fn get_mut(&mut self, staff: &StaffNo) -> Option<&mut Agent> {
        self.all.iter_mut().find(|a| a.operator.staff == *staff)
    }

    /// Where this operator is rung.
    pub(crate) fn address(&self, staff: &StaffNo) -> Option<Address> {
        self.get(staff).map(|a| a.operator.address.clone())
    }

    /// A phone came or went.
    pub(crate) fn phone(&mut self, phone: &Name, here: bool) {
        let now = self.now;
        let owner = |a: &&mut Agent| matches!(&a.operator.address, Address::Phone(user) if user == phone);
        for agent in self.all.iter_mut().filter(owner) {
            agent.reachable = here;
            if agent.call.is_some() {
                continue;
            }
            if !here {
                agent.be(now, AgentState::Off);
            } else if agent.state == AgentState::Off && agent.operator.ready_on_register {
                agent.rest(now);
            }
        }
    }

    /// An order from a screen.
    ///
    /// # Errors
    /// [`Refusal::NoSuchTarget`]: no such operator; [`Refusal::OutcomeDue`]: not ready before an outcome is given.
    pub(crate) fn set(&mut self, staff: &StaffNo, state: AgentState) -> Result<(), Refusal> {
        let now = self.now;
        let agent = self.get_mut(staff).ok_or(Refusal::NoSuchTarget)?;
        match state {
            AgentState::Ready if agent.must_tell() => return Err(Refusal::OutcomeDue),
            AgentState::Off | AgentState::Ready | AgentState::Break | AgentState::WrapUp => {
                if agent.call.is_some() {
                    agent.wish = Some(state);
                } else {
                    agent.be(now, state);
                }
            }
            // Facts, not wishes.
            AgentState::Ringing | AgentState::Talking => {}
        }
        Ok(())
    }

    /// The outcome of this call is given: whoever was kept in wrap-up for it is free. `false`: nobody was asked for it.
    pub(crate) fn settle(&mut self, call: CallId) -> bool {
        let now = self.now;
        let mut asked = false;
        for agent in &mut self.all {
            let before = agent.owes.len();
            agent.owes.retain(|(owed, _)| *owed != call);
            asked |= agent.owes.len() < before;
            if agent.overdue && !agent.must_tell() {
                agent.overdue = false;
                if agent.state == AgentState::WrapUp {
                    agent.be(now, AgentState::Ready);
                }
            }
        }
        asked
    }

    /// A supervisor who is an operator too takes part in a call beside it; afterwards they are what they were before.
    pub(crate) fn borrow(&mut self, staff: &StaffNo, call: CallId) {
        if let Some(agent) = self.get_mut(staff) {
            let before = Some(agent.state).filter(|s| matches!(s, AgentState::Off | AgentState::Break));
            agent.wish = agent.wish.take().or(before);
        }
        self.occupy(staff, call, AgentState::Ringing);
    }

    /// Somebody who was borrowed for this call is what they were before.
    pub(crate) fn give_back(&mut self, staff: &StaffNo, call: CallId) {
        if self.get(staff).is_some_and(|a| a.call == Some(call)) {
            self.spare(staff);
        }
    }

    /// These, and no others, are in calls of another life of the house.
    pub(crate) fn elsewhere(&mut self, staff: &[StaffNo]) {
        for agent in &mut self.all {
            agent.elsewhere = staff.contains(&agent.operator.staff);
        }
    }

    /// Whether they ring or talk in a call.
    pub(crate) fn is_busy(&self, staff: &StaffNo) -> bool {
        self.get(staff).is_some_and(|a| a.call.is_some() || a.elsewhere)
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
        let now = self.now;
        if let Some(agent) = self.get_mut(staff) {
            agent.be(now, state);
            agent.call = Some(call);
        }
    }

    /// The ringing ended without an answer.
    pub(crate) fn spare(&mut self, staff: &StaffNo) {
        let now = self.now;
        self.all.retain(|a| !(a.leaving && a.operator.staff == *staff));
        if let Some(agent) = self.get_mut(staff) {
            agent.call = None;
            let wish = agent.wish.take();
            if agent.reachable || matches!(agent.operator.address, Address::Number(_)) {
                match wish {
                    Some(AgentState::Ready) | None => agent.rest(now),
                    Some(state) => agent.be(now, state),
                }
            } else {
                agent.be(now, AgentState::Off);
            }
        }
    }

    /// The talk ended: wrap-up for a while, and until its outcome is given where that is required.
    pub(crate) fn wrap_up(&mut self, staff: &StaffNo, wrap: Wrap) {
        let now = self.now;
        self.spare(staff);
        let Some(agent) = self.get_mut(staff) else { return };
        if let Some(call) = wrap.owes {
            agent.owes.retain(|(owed, _)| *owed != call);
            agent.owes.push((call, wrap.required));
            if agent.owes.len() > MOST_OWED {
                agent.owes.remove(0);
            }
        }
        let resting = agent.state == AgentState::Ready || agent.overdue;
        if resting && !wrap.length.is_zero() {
            agent.be(now, AgentState::WrapUp);
            agent.until = Some(now.mono.saturating_add(wrap.length));
        } else if resting {
            agent.rest(now);
        }
    }

    /// Ends the wrap-ups that are over.
    pub(crate) fn timeout(&mut self, now: Duration) {
        let moment = self.now;
        for agent in self.all.iter_mut().filter(|a| a.until.is_some_and(|at| at <= now)) {
            agent.until = None;
            if agent.state == AgentState::WrapUp {
                agent.rest(moment);
            }
        }
    }

    /// When the next wrap-up ends.
    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        self.all.iter().filter_map(|a| a.until).min()
    }

    /// Operators with this skill who may be rung now, in the plan's order.
    pub(crate) fn free(&self, skill: &Skill) -> impl Iterator<Item = &StaffNo> {
        let ready = |a: &&Agent| a.state == AgentState::Ready && !a.elsewhere;
        let fits = move |a: &&Agent| ready(a) && a.operator.skills.contains(skill);
        self.all.iter().filter(fits).map(|a| &a.operator.staff)
    }

    /// Whether this one, asked for by name, may be rung now: wrap-up is no hindrance to coming back.
    pub(crate) fn may_return(&self, staff: &StaffNo) -> bool {
        let may = |a: &Agent| !a.elsewhere && matches!(a.state, AgentState::Ready | AgentState::WrapUp);
        self.get(staff).is_some_and(may)
    }

    /// Operators on duty with this skill, free or not.
    pub(crate) fn on_duty(&self, skill: &Skill) -> usize {
        let on_duty = |a: &&Agent| a.state != AgentState::Off && !a.leaving;
        self.all.iter().filter(on_duty).filter(|a| a.operator.skills.contains(skill)).count()
    }

    /// Who rings or talks in which call, for the invariants.
    pub(crate) fn occupied(&self) -> impl Iterator<Item = (&StaffNo, CallId)> {
        self.all.iter().filter_map(|a| a.call.map(|call| (&a.operator.staff, call)))
    }
}

impl Agent {
    fn new(operator: Operator, reachable: bool, now: Now) -> Self {
        let ready = reachable && operator.ready_on_register;
        Self {
            operator,
            state: if ready { AgentState::Ready } else { AgentState::Off },
            since: now.utc_ms,
            call: None,
            until: None,
            reachable,
            elsewhere: false,
            wish: None,
            leaving: false,
            owes: Vec::new(),
            overdue: false,
        }
    }

    /// In another state from now on.
    fn be(&mut self, now: Now, state: AgentState) {
        if std::mem::replace(&mut self.state, state) != state {
            self.since = now.utc_ms;
        }
        (self.until, self.overdue) = (None, false);
    }

    /// Ready, unless an outcome has to be given first.
    fn rest(&mut self, now: Now) {
        let owes = self.must_tell();
        self.be(now, if owes { AgentState::WrapUp } else { AgentState::Ready });
        self.overdue = owes;
    }

    fn must_tell(&self) -> bool {
        self.owes.iter().any(|(_, required)| *required)
    }

    /// As a screen shows it.
    pub(crate) fn view(&self, now: Now) -> AgentView {
        let left = self.until.map(|at| i64::try_from(at.saturating_sub(now.mono).as_millis()).unwrap_or(0));
        AgentView {
            staff: self.operator.staff.clone(),
            phone: self.phone(),
            state: self.state,
            since: self.since,
            call: self.call,
            wrap_up_until: left.map(|ms| now.utc_ms.saturating_add(ms)),
            outcome_due: self.owes.iter().map(|(call, _)| *call).collect(),
        }
    }
}
