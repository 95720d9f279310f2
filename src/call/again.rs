//! A citizen who calls while the house is about to call them back gets one call, not two: their own, in the place that the
//! call-back had.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::call::{Call, Stage};
use crate::cause::{Cause, Reason, Side};
use crate::event::Now;
use crate::hotline::Hotline;
use crate::house::Cx;
use crate::ids::{CallId, Pii, StaffNo};
use crate::leg::LegState;
use crate::seek::Seek;
use crate::timers::Timer;

/// Why a call-back ends whose citizen has called.
const CALLED_AGAIN: Cause = Cause::new(Side::Citizen, Reason::CalledAgain);

/// Numbers of citizens and the calls that they are in. Bounded by the calls.
#[derive(Debug, Default)]
pub(crate) struct Numbers(BTreeSet<(Pii, CallId)>);

impl Numbers {
    pub(crate) fn insert(&mut self, number: Pii, call: CallId) {
        self.0.insert((number, call));
    }

    pub(crate) fn remove(&mut self, number: Pii, call: CallId) {
        self.0.remove(&(number, call));
    }

    /// The first call of this number.
    fn of(&self, number: &Pii) -> Option<CallId> {
        let first = (number.clone(), CallId(0));
        self.0.range(first..).next().filter(|(of, _)| of == number).map(|(_, call)| *call)
    }
}

/// Places of call-backs that did not reach their citizen, who may call at any moment: busy mostly means that they do just now.
#[derive(Debug, Default)]
pub(crate) struct Kept(BTreeMap<Pii, (Place, Duration)>);

/// Places that are kept so. When full: the one that is kept for the shortest time from now goes.
const MOST_KEPT: usize = 256;

impl Kept {
    fn keep(&mut self, number: Pii, place: Place, until: Duration) {
        let first = self.0.iter().min_by_key(|(_, (_, until))| *until).map(|(number, _)| number.clone());
        if let Some(first) = first.filter(|_| self.0.len() >= MOST_KEPT) {
            self.0.remove(&first);
        }
        self.0.insert(number, (place, until));
    }

    fn take(&mut self, number: &Pii, now: Duration) -> Option<Place> {
        self.0.remove(number).filter(|(_, until)| *until >= now).map(|(place, _)| place)
    }
}

/// What a call-back leaves to the call that takes its place.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    since: Duration,
    urgent: bool,
    /// Who had picked up for it already.
    operator: Option<StaffNo>,
}

impl Call {
    /// A citizen waits for an operator: whoever is about to call them back need not.
    pub(crate) fn waits_by_number(&mut self, cx: &mut Cx<'_>) {
        if self.errand.is_some() {
            return;
        }
        if let Some(number) = self.own_number() {
            cx.house.callers.insert(number, self.id);
            cx.house.again.push(self.id);
        }
    }

    /// The citizen was not reached: for the time of a call-back they keep the place, should they call themselves.
    pub(crate) fn keeps_place(&mut self, cx: &mut Cx<'_>) {
        let Some(place) = self.place_to_leave() else { return };
        let until = cx.after(self.limits().call_back_due);
        if let Some(number) = self.own_number() {
            cx.house.kept.keep(number, Place { operator: None, ..place }, until);
        }
    }

    /// A call-back sets out: whoever has called already need not be called.
    pub(crate) fn calls_back(&mut self, cx: &mut Cx<'_>) {
        let Some(number) = self.own_number() else { return };
        cx.house.again.extend(cx.house.callers.of(&number));
        cx.house.call_backs.insert(number, self.id);
    }

    /// Nothing can cross this call any more.
    pub(crate) fn crossed_by_nothing(&mut self, cx: &mut Cx<'_>) {
        if let Some(number) = self.own_number() {
            cx.house.callers.remove(number.clone(), self.id);
            cx.house.call_backs.remove(number, self.id);
        }
    }

    /// What this call-back has come to, unless the citizen has picked up.
    fn place_to_leave(&self) -> Option<Place> {
        let up = self.legs.get(&self.citizen).is_some_and(|leg| leg.state == LegState::Up);
        if self.stage != Stage::Errand || up {
            return None;
        }
        let since = self.errand.as_ref()?.since;
        let operator =
            self.operator.and_then(|id| self.legs.get(&id)).and_then(|leg| leg.party.staff.clone());
        Some(Place { since, urgent: self.row.urgent, operator })
    }

    /// The place of the call-back, and its operator.
    fn take_place(&mut self, cx: &mut Cx<'_>, place: Place) {
        let Some(wait) = &mut self.wait else { return };
        let queued = wait.seek == Seek::Skill;
        if queued {
            cx.house.queue.leave(wait.ticket);
        }
        wait.ticket.since = wait.ticket.since.min(place.since);
        wait.ticket.usual &= !place.urgent;
        match place.operator.filter(|_| queued && wait.ringing.is_none()) {
            Some(staff) => {
                wait.seek = Seek::Same(staff, false);
                cx.house.returning.insert(self.id);
                let patience = self.plan.limits.recall;
                self.timers.set(Timer::Seek, cx.after(patience));
            }
            None if queued => cx.house.queue.enter(wait.ticket, wait.skill.clone()),
            None => {}
        }
        self.event(cx, "queue.kept", None, None, "");
    }
}

impl Hotline {
    /// Calls that came to wait, and call-backs that set out, since the last time: each citizen keeps one.
    pub(crate) fn one_call_each(&mut self, now: Now) {
        for id in std::mem::take(&mut self.house.again) {
            let Some(number) = self.calls.get(&id).and_then(Call::own_number) else { continue };
            if let Some(place) = self.house.kept.take(&number, now.mono) {
                self.with(now, id, |call, cx| call.take_place(cx, place));
            }
            let Some(back) = self.house.call_backs.of(&number) else { continue };
            let Some(place) = self.calls.get(&back).and_then(Call::place_to_leave) else { continue };
            self.with(now, back, |call, cx| call.end(cx, CALLED_AGAIN));
            self.with(now, id, |call, cx| call.take_place(cx, place));
        }
    }
}
