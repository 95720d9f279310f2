//! All calls of the house: events find their call, operators find their callers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::action::{Action, Answer, Refusal};
use crate::agents::Agents;
use crate::board::{Board, CallView};
use crate::call::Call;
use crate::cause::{Cause, Reason, Side};
use crate::cdr::{Record, StatedRow};
use crate::errand::Errand;
use crate::event::{AgentState, Event, LegEvent, Now, Offer, Order, Stated};
use crate::house::{Cx, House};
use crate::ids::{CallId, LegId, Name, RequestId, StaffNo};
use crate::plan::Plan;

/// The core. Feed [`Hotline::handle`], drain [`Hotline::poll`], come back at [`Hotline::next_timeout`].
#[derive(Debug)]
pub struct Hotline {
    plan: Arc<Plan>,
    pub(crate) calls: BTreeMap<CallId, Call>,
    pub(crate) house: House,
    /// When each call wants to be woken, and the same by call.
    alarms: BTreeSet<(Duration, CallId)>,
    alarm_of: BTreeMap<CallId, Duration>,
    draining: bool,
}

impl Hotline {
    /// A house without calls; nobody is on duty until their phones register.
    pub fn new(plan: Arc<Plan>, now: Now) -> Self {
        let house = House::new(Agents::new(&plan, now));
        Self {
            plan,
            calls: BTreeMap::new(),
            house,
            alarms: BTreeSet::new(),
            alarm_of: BTreeMap::new(),
            draining: false,
        }
    }

    /// A new leg's name, for the citizen's leg of an [`Offer`].
    pub fn mint_leg(&mut self) -> LegId {
        self.house.mint_leg()
    }

    /// Takes one thing that happened.
    pub fn handle(&mut self, now: Now, event: Event) {
        self.house.agents.at(now);
        match event {
            Event::Offered(offer) => self.offered(now, offer),
            Event::Journaled(call) => self.with(now, call, Call::journaled),
            Event::Leg(leg, event) => self.leg_event(now, leg, event),
            Event::Transfer(leg, what) => self.with_leg(now, leg, |call, cx| call.transfer(cx, leg, what)),
            Event::Aside { leg, beside, to } => {
                self.with_leg(now, beside, |call, cx| call.aside_offered(cx, leg, &to));
            }
            Event::Redirected(leg, to) => {
                self.with_leg(now, leg, |call, cx| call.redirected(cx, leg, to.as_ref()));
            }
            Event::Key(leg, key) => self.with_leg(now, leg, |call, cx| call.key(cx, leg, key)),
            Event::PlayDone(call, play) => self.with(now, call, |call, cx| call.play_done(cx, play)),
            Event::MessageTaken(leg, message) => {
                self.with_leg(now, leg, |call, cx| call.message_taken(cx, message));
            }
            Event::NotRecorded(call, why) => self.with(now, call, |call, cx| call.not_recorded(cx, why)),
            Event::Phone { phone, reachable } => self.phone(now, &phone, reachable),
            Event::Found(call, lookup) => self.with(now, call, |call, cx| call.found(cx, lookup)),
            Event::Order(request, order) => self.order(now, request, order),
            Event::Closed(desks) => {
                for shut in desks {
                    self.house.closed.set(now.utc_ms, shut.desk, Some(shut.until), shut.reason);
                }
            }
            Event::Errand(errand) => self.set_out(now, *errand),
            Event::PlanChanged(plan) => self.change(plan),
            Event::Elsewhere(staff) => self.house.agents.elsewhere(&staff),
            Event::Drain(on) => self.drain(now, on),
            Event::Timeout => self.timeout(now),
        }
        self.one_call_each(now);
        self.dispatch(now);
    }

    /// The next thing to do for the world.
    pub fn poll(&mut self) -> Option<Action> {
        self.house.out.pop_front()
    }

    /// When [`Event::Timeout`] is wanted, time since the start.
    pub fn next_timeout(&self) -> Option<Duration> {
        let calls = self.alarms.first().map(|(at, _)| *at);
        [calls, self.house.agents.next_timeout()].into_iter().flatten().min()
    }

    /// How many calls are live.
    pub fn call_count(&self) -> usize {
        self.calls.len()
    }

    /// The live calls as a screen shows them.
    pub fn live(&self) -> Vec<CallView> {
        self.calls.values().map(|call| call.view(&self.house)).collect()
    }

    /// The operators: staff number, phone, state.
    pub fn agents(&self) -> Vec<(StaffNo, Name, AgentState)> {
        self.house.agents.iter().map(|a| (a.operator.staff.clone(), a.phone(), a.state())).collect()
    }

    /// Everything that a screen shows.
    pub fn board(&self, now: Now) -> Board {
        Board {
            plan: Arc::clone(&self.plan),
            calls: self.live(),
            agents: self.house.agents.iter().map(|agent| agent.view(now)).collect(),
            closed: self.house.closed.list(now.utc_ms),
            phones: self.house.phones.iter().cloned().collect(),
            taken: self.house.members.all_taken().map(|(address, call)| (address.clone(), call)).collect(),
        }
    }

    /// The leg beside which a call of this phone would be a private talk: the operator's part of the one call that it is in,
    /// or of the one that it has on hold.
    pub fn room_for_aside(&self, phone: &str) -> Option<LegId> {
        let held = self.operator_legs(phone, true);
        if held.len() == 1 { held.first().copied() } else { self.only(phone) }
    }

    fn only(&self, phone: &str) -> Option<LegId> {
        let all = self.operator_legs(phone, false);
        if all.len() == 1 { all.first().copied() } else { None }
    }

    fn operator_legs(&self, phone: &str, held: bool) -> Vec<LegId> {
        let legs = self.calls.values().filter_map(|call| call.legs.get(&call.operator?));
        let theirs = |l: &&crate::leg::Leg| {
            let here = matches!(&l.party.address, Some(crate::ids::Address::Phone(user)) if **user == *phone);
            here && (!held || l.held.is_some())
        };
        legs.filter(theirs).map(|l| l.id).collect()
    }

    fn offered(&mut self, now: Now, offer: Offer) {
        let full = self.calls.len() >= usize::try_from(self.plan.limits.max_calls).unwrap_or(usize::MAX);
        let later = Some(self.plan.limits.retry_after);
        let house = |reason| Cause::new(Side::House, reason);
        let of_unit = self.plan.unit_access.numbers.contains(&offer.to);
        let refusal = if !of_unit && !self.plan.numbers.contains(&offer.to) {
            Some((Cause::new(Side::Citizen, Reason::NotOurs), None))
        } else if let Some(cause) = offer.refuse {
            let busy = matches!(cause.reason, Reason::Overload | Reason::ChannelsFull | Reason::Draining);
            Some((cause, later.filter(|_| busy)))
        } else if self.draining {
            Some((house(Reason::Draining), later))
        } else if full {
            Some((house(Reason::Overload), later))
        } else {
            None
        };
        let (id, plan) = (offer.call, Arc::clone(&self.plan));
        let mut cx = Cx { now, house: &mut self.house };
        let call =
            if of_unit { Call::dialled_in(&mut cx, plan, &offer) } else { Call::new(&mut cx, plan, &offer) };
        self.calls.insert(id, call);
        self.with(now, id, |call, cx| {
            if let Some((cause, retry_after)) = refusal {
                call.refuse(cx, cause, retry_after);
            }
        });
    }

    /// The house calls, unless it is being emptied or is full: citizens who call come first.
    fn set_out(&mut self, now: Now, errand: Errand) {
        let full = self.calls.len() >= usize::try_from(self.plan.limits.max_calls).unwrap_or(usize::MAX);
        let refused = match (self.draining, full) {
            (true, _) => Some(Reason::Draining),
            (false, true) => Some(Reason::Overload),
            (false, false) => None,
        };
        let (id, plan) = (errand.call, Arc::clone(&self.plan));
        let mut cx = Cx { now, house: &mut self.house };
        let call = Call::on_errand(&mut cx, plan, errand);
        self.calls.insert(id, call);
        self.with(now, id, |call, cx| {
            if let Some(reason) = refused {
                call.end(cx, Cause::new(Side::House, reason));
            }
        });
    }

    /// Takes nothing new, or does again. A call-back that only waits for an operator is nobody's call yet: it would keep an
    /// emptied house up for ten minutes, and whoever goes on after it can do it.
    fn drain(&mut self, now: Now, on: bool) {
        self.draining = on;
        if on {
            let waits = |(id, call): (&CallId, &Call)| call.waits_to_call_back().then_some(*id);
            for id in self.calls.iter().filter_map(waits).collect::<Vec<_>>() {
                self.with(now, id, |call, cx| call.end(cx, Cause::new(Side::House, Reason::Draining)));
            }
        }
    }

    fn leg_event(&mut self, now: Now, leg: LegId, event: LegEvent) {
        if self.house.legs.contains_key(&leg) {
            return self.with_leg(now, leg, |call, cx| call.leg_event(cx, leg, event));
        }
        if event == LegEvent::Answered {
            // The answer crossed our CANCEL and the call is over: nobody is there to say a word.
            let late = Cause::new(Side::House, Reason::LateAnswer);
            self.house.out.push_back(Action::HangUp(leg, late));
        }
    }

    fn with_leg(&mut self, now: Now, leg: LegId, what: impl FnOnce(&mut Call, &mut Cx<'_>)) {
        if let Some(call) = self.house.legs.get(&leg).copied() {
            self.with(now, call, what);
        }
    }

    /// Does something to a live call; afterwards its alarm is set anew, or it is forgotten when it is over.
    pub(crate) fn with(&mut self, now: Now, id: CallId, what: impl FnOnce(&mut Call, &mut Cx<'_>)) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        what(call, &mut Cx { now, house: &mut self.house });
        let next = if call.is_over() { None } else { call.next_timeout() };
        if call.is_over()
            && let Some(over) = self.calls.remove(&id)
        {
            for leg in over.legs.keys() {
                self.house.legs.remove(leg);
            }
        }
        let before = match next {
            Some(at) => self.alarm_of.insert(id, at),
            None => self.alarm_of.remove(&id),
        };
        if before != next {
            if let Some(at) = before {
                self.alarms.remove(&(at, id));
            }
            if let Some(at) = next {
                self.alarms.insert((at, id));
            }
        }
    }

    fn timeout(&mut self, now: Now) {
        self.house.agents.timeout(now.mono);
        let due = self.alarms.iter().take_while(|(at, _)| *at <= now.mono).map(|(_, id)| *id);
        for id in due.collect::<Vec<_>>() {
            self.with(now, id, Call::timeout);
        }
    }

    /// A phone registered, or is gone: its operator can be rung, or is lost to the call that they are in.
    fn phone(&mut self, now: Now, phone: &Name, here: bool) {
        if here {
            self.house.phones.insert(phone.clone());
        } else {
            self.house.phones.remove(phone);
        }
        self.house.agents.phone(phone, here);
        if here {
            return;
        }
        let owner = |(staff, call): (&StaffNo, CallId)| {
            let agent = self.house.agents.iter().find(|a| a.operator.staff == *staff && a.phone() == *phone);
            agent.map(|a| (a.operator.staff.clone(), call))
        };
        let cut: Vec<_> = self.house.agents.occupied().filter_map(owner).collect();
        for (staff, call) in cut {
            self.with(now, call, |call, cx| call.operator_unregistered(cx, &staff));
        }
    }

    fn change(&mut self, plan: Arc<Plan>) {
        let phones = self.house.phones.clone();
        let reachable = |address: &crate::ids::Address| match address {
            crate::ids::Address::Phone(user) => phones.contains(user),
            crate::ids::Address::Number(_) => false,
        };
        self.house.agents.reload(&plan, reachable);
        self.plan = plan;
    }

    fn order(&mut self, now: Now, request: RequestId, order: Order) {
        let done = |done: Result<(), Refusal>| done.map(|()| Answer::Done);
        let reply = match order {
            Order::ListCalls => Ok(Answer::Calls(self.live())),
            Order::ListAgents => Ok(Answer::Agents(self.agents())),
            Order::Board => Ok(Answer::Board(Box::new(self.board(now)))),
            Order::Agent(staff, state) => done(self.house.agents.set(&staff, state)),
            Order::Outcome(stated) => {
                self.stated(now, *stated);
                Ok(Answer::Done)
            }
            Order::CloseDesk { desk, .. } if !self.plan.desks.contains_key(&desk) => {
                Err(Refusal::NoSuchTarget)
            }
            Order::CloseDesk { desk, until, reason } => {
                self.house.closed.set(now.utc_ms, desk, until, reason);
                Ok(Answer::Done)
            }
            Order::Bridge { call, .. }
            | Order::Merge(call)
            | Order::Drop(call)
            | Order::Leave(call)
            | Order::Hold(call, _)
            | Order::Mute(call, _)
            | Order::Survey(call)
            | Order::Emergency(call, _)
            | Order::Recall(call)
            | Order::Recording(call, _)
            | Order::Accept { call, .. }
            | Order::Decline { call, .. }
            | Order::Supervise { call, .. }
            | Order::HangUp(call) => {
                let mut reply = Err(Refusal::NoSuchCall);
                self.with(now, call, |call, cx| reply = call.order(cx, order));
                reply
            }
        };
        self.house.out.push_back(Action::Reply(request, reply));
    }

    /// The outcome of a call, which may be over: whether there ever was such a call is the store's to know.
    fn stated(&mut self, now: Now, stated: Stated) {
        self.with(now, stated.call, |call, cx| {
            call.achieved.stated = Some(stated.outcome);
            call.row.case = stated.case.clone().or(call.row.case.take());
            call.event(cx, "call.outcome", None, None, format!("outcome={}", stated.outcome.word()));
        });
        self.house.agents.settle(stated.call);
        let row = StatedRow { at: now.utc_ms, stated };
        self.house.out.push_back(Action::Record(Box::new(Record::Stated(row))));
    }

    /// Whoever became free is given to who waits: first to those who had them before, then in the queue's order.
    fn dispatch(&mut self, now: Now) {
        for id in self.house.desk_waits.iter().copied().collect::<Vec<_>>() {
            let free = self.calls.get(&id).is_some_and(|c| c.wanted_desk_is_free(&self.house));
            if free {
                self.with(now, id, Call::desk_freed);
            }
        }
        let waiting: Vec<CallId> =
            self.house.returning.iter().copied().chain(self.house.queue.iter()).collect();
        for id in waiting {
            let operator = self.calls.get(&id).and_then(|call| call.next_operator(&self.house, now.mono));
            if let Some(staff) = operator {
                self.with(now, id, |call, cx| call.ring_operator(cx, &staff));
            }
        }
    }

    /// Looks for broken invariants; for tests and simulations, costs time.
    ///
    /// # Errors
    /// The first one found.
    pub fn check(&self) -> Result<(), Broken> {
        for (leg, call) in &self.house.legs {
            if !self.calls.get(call).is_some_and(|c| c.legs.contains_key(leg)) {
                return Err(Broken::LostLeg(*leg));
            }
        }
        for call in self.calls.values() {
            call.check()?;
            if call.next_timeout() != self.alarm_of.get(&call.id).copied() {
                return Err(Broken::Alarm(call.id));
            }
        }
        for (staff, id) in self.house.agents.occupied() {
            let of = |l: &crate::leg::Leg| l.alive() && l.party.staff.as_ref() == Some(staff);
            if !self.calls.get(&id).is_some_and(|c| c.legs.values().any(of)) {
                return Err(Broken::LostOperator(staff.clone()));
            }
        }
        Ok(())
    }
}

/// An invariant that does not hold: a bug of the core.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Broken {
    /// A leg belongs to no live call.
    LostLeg(LegId),
    /// An operator is busy with a call that has no leg of theirs.
    LostOperator(StaffNo),
    /// A call's alarm is not what it waits for.
    Alarm(CallId),
    /// A call that is over was kept.
    Undead(CallId),
    /// A call waits for nothing and nobody.
    Stuck(CallId),
    /// A seat is held by a leg that is not up.
    GhostSeat(LegId),
    /// Somebody is rung or up, and the call does not know what for.
    Stray(LegId),
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::LostLeg(leg) => write!(f, "{leg:?} belongs to no live call"),
            Self::LostOperator(staff) => {
                write!(f, "operator {} is busy with a call that knows nothing of it", staff.0)
            }
            Self::Alarm(call) => write!(f, "the alarm of {call} is wrong"),
            Self::Undead(call) => write!(f, "{call} is over and was kept"),
            Self::Stuck(call) => write!(f, "{call} waits for nothing and nobody"),
            Self::Stray(leg) => write!(f, "nothing in its call knows of {leg:?}"),
            Self::GhostSeat(leg) => write!(f, "{leg:?} sits in a room and is not up"),
        }
    }
}

impl std::error::Error for Broken {}
