//! The few moves that everything about a case is made of: note a fact, take a step, promise, fulfil, let lapse, plan.

use crate::action::{Action, Key, Kind, Lane, News, Plan, Reader};
use crate::case::handover::contact;
use crate::case::{Case, Turn};
use crate::fact::{Fact, Pledge};
use crate::refusal::Refusal;
use crate::state::{Step, next};
use crate::vow::{End, Lapse, Proof, Vow, What, Why};

impl Turn<'_> {
    pub(super) fn now(&self) -> i64 {
        self.clock.now
    }

    pub(super) fn tell(&mut self, reader: Reader, news: News) {
        self.out.push(Action::Tell(reader, news));
    }

    pub(super) fn cancel(&mut self, kind: Kind) {
        self.out.push(Action::Cancel(Some(kind)));
    }
}

impl Case {
    /// Every change goes through here, so that the facts can make it again.
    pub(super) fn note(&mut self, t: &mut Turn<'_>, fact: Fact) {
        self.apply(t.now(), &fact);
        t.out.push(Action::Record(fact));
    }

    pub(super) fn may(&self, step: Step) -> Result<(), Refusal> {
        next(self.state, step).map(drop).ok_or(Refusal::NotNow(self.state, step))
    }

    pub(super) fn step(&mut self, t: &mut Turn<'_>, step: Step) -> Result<(), Refusal> {
        let state = next(self.state, step).ok_or(Refusal::NotNow(self.state, step))?;
        if state != self.state {
            self.note(t, Fact::Moved(state));
        }
        Ok(())
    }

    /// The end of a case: what runs lapses, what is planned is cancelled.
    pub(super) fn close(&mut self, t: &mut Turn<'_>, step: Step, why: Lapse) -> Result<(), Refusal> {
        self.may(step)?;
        self.lapse_all(t, why);
        self.step(t, step)
    }

    pub(super) fn promise(&mut self, t: &mut Turn<'_>, pledge: Pledge) -> u32 {
        self.note(t, Fact::Promised(pledge));
        self.rev
    }

    /// Promised in this round, whatever became of it.
    pub(super) fn has_promised(&self, what: What) -> bool {
        self.vows.get(&what).is_some_and(|vow| vow.rev > self.round_rev)
    }

    /// It was done: in time, late, or late and known to be missed.
    pub(super) fn fulfil(&mut self, t: &mut Turn<'_>, what: What, proof: Proof) {
        let Some(vow) = self.vows.get(&what) else { return };
        match vow.end {
            None => {
                let end = vow.done(t.now(), proof);
                self.note(t, Fact::Ended(what, end));
            }
            Some((_, End::Missed(_))) if vow.late_at.is_none() => self.note(t, Fact::Late(what, proof)),
            Some((_, End::Missed(_) | End::Kept(_) | End::Void(_))) => {}
        }
    }

    pub(super) fn miss(&mut self, t: &mut Turn<'_>, what: What, why: Why) {
        if self.open_vow(what).is_some() {
            self.note(t, Fact::Ended(what, End::Missed(why)));
        }
    }

    pub(super) fn lapse(&mut self, t: &mut Turn<'_>, what: What, why: Lapse) {
        if self.open_vow(what).is_some() {
            self.note(t, Fact::Ended(what, End::Void(why)));
        }
    }

    pub(super) fn lapse_all(&mut self, t: &mut Turn<'_>, why: Lapse) {
        for what in What::ALL {
            self.lapse(t, what, why);
        }
        t.out.push(Action::Cancel(None));
    }

    /// It was done at some time, in time or not.
    pub(super) fn is_done(&self, what: What) -> bool {
        let done = |vow: &Vow| matches!(vow.end, Some((_, End::Kept(_)))) || vow.late_at.is_some();
        self.vows
            .get(&what)
            .is_some_and(|vow| done(vow) || matches!(vow.end, Some((_, End::Missed(Why::Late)))))
    }

    /// A task of a promise that runs and that calls nobody.
    pub(super) fn plan_timer(&self, t: &mut Turn<'_>, kind: Kind, what: What, at: i64, until: Option<i64>) {
        if let Some(vow) = self.open_vow(what) {
            let key = Key { of: self.of(), kind, rev: vow.rev, turn: vow.changes.saturating_add(1) };
            t.out.push(Action::Plan(Plan { urgent: self.urgent, until, ..Plan::at(key, at) }));
        }
    }

    /// The millisecond after a promise's due date.
    pub(super) fn plan_deadline(&self, t: &mut Turn<'_>, what: What) {
        if let (Some(vow), Some(kind)) = (self.open_vow(what), Kind::over(what)) {
            self.plan_timer(t, kind, what, vow.due_at.saturating_add(1), None);
        }
    }

    /// A call to the unit's contacts: one at a time.
    pub(super) fn plan_unit_call(
        &self,
        t: &mut Turn<'_>,
        key: (Kind, u32, u32),
        at: i64,
        until: Option<i64>,
    ) {
        let (kind, rev, turn) = key;
        let key = Key { of: self.of(), kind, rev, turn };
        // What is urgent waits for nobody's other call: a phone that is busy says so, and the chain goes on.
        let contact = if self.urgent { None } else { contact(kind, turn) };
        let lane = self.unit.clone().zip(contact).map(|(unit, contact)| Lane::Contact(unit, contact));
        t.out.push(Action::Plan(Plan { urgent: self.urgent, lane, until, ..Plan::at(key, at) }));
    }

    /// A call to the citizen, never in the quiet hours.
    pub(super) fn plan_citizen_call(&self, t: &mut Turn<'_>, key: (Kind, u32, u32), at: i64) {
        let (kind, rev, turn) = key;
        let key = Key { of: self.of(), kind, rev, turn };
        let lane = self.opening.citizen.map(Lane::Citizen);
        t.out.push(Action::Plan(Plan { urgent: self.urgent, lane, daytime: true, ..Plan::at(key, at) }));
    }
}
