//! A missed call: the citizen is called back, keeps the place in the queue, and gets one call, however often they tried.

use crate::action::{Action, Key, Kind, Lane, News, Order, Plan, Reader, Script, To};
use crate::case::Asking;
use crate::clock::{Clock, after};
use crate::event::{Outcome, Placed};
use crate::fact::{Fact, Miss, Pledge};
use crate::ids::{CallId, Citizen, Of};
use crate::refusal::Refusal;
use crate::vow::{End, Lapse, Proof, Vow, What, Why};

/// Why a call-back is owed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Because {
    /// The caller hung up while waiting: called by day.
    Missed,
    /// The caller asked for it (P13, P14 to P16) and awaits it at any hour.
    Asked,
    /// The talk was cut off: the caller awaits it at any hour.
    CutOff,
}

/// A call-back as it came to be owed: the columns of its row that never change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Debt {
    /// The call.
    pub call: CallId,
    /// Whom. One with an open call-back gets no second one: tell that one [`CallBackEvent::MissedAgain`].
    pub citizen: Citizen,
    /// Why.
    pub because: Because,
    /// When the citizen entered the queue, UTC ms: the place that is kept.
    pub since: i64,
    /// May be called at any hour, before all others.
    pub urgent: bool,
}

/// What can happen to it.
#[derive(Clone, PartialEq, Debug)]
pub enum CallBackEvent {
    /// Another call of the same citizen was missed.
    MissedAgain(CallId),
    /// The citizen has called again and somebody speaks with them.
    CalledAgain,
    /// A person has reached them.
    ReachedByPerson,
    /// The task is due and claimed.
    Due(Key),
    /// Its call is over.
    Called(Key, Placed, Outcome),
}

/// A call-back that is owed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallBack {
    /// As it came to be owed.
    pub debt: Debt,
    /// The promise.
    pub vow: Option<Vow>,
    /// Who calls; nobody: it is over.
    pub asking: Asking,
    /// Missed calls that it answers.
    pub calls: u32,
}

impl CallBack {
    /// It came to be owed now.
    pub fn open(clock: Clock<'_>, debt: Debt) -> (Self, Vec<Action>) {
        let mut this = Self::blank(debt);
        let mut out = Vec::new();
        let from = if this.is_awaited() { clock.now } else { clock.by_day(clock.now) };
        let due_at = after(from, clock.settings.missed_within);
        let pledge = Pledge { what: What::MissedCall, from, days: None, due_at, provisional: false };
        this.note(clock.now, &mut out, Fact::Promised(pledge));
        this.plan(&mut out, 1, from);
        (this, out)
    }

    /// Again from its row and its facts, oldest first.
    pub fn rebuild<'a>(debt: Debt, facts: impl IntoIterator<Item = (i64, &'a Fact)>) -> Self {
        let mut this = Self::blank(debt);
        for (at, fact) in facts {
            this.apply(at, fact);
        }
        this
    }

    fn blank(debt: Debt) -> Self {
        Self { debt, vow: None, asking: Asking::Nobody, calls: 1 }
    }

    /// Called at any hour.
    pub fn is_awaited(&self) -> bool {
        self.debt.urgent || matches!(self.debt.because, Because::Asked | Because::CutOff)
    }

    /// Takes one thing that happened.
    ///
    /// # Errors
    /// Why it can't be; nothing has changed.
    pub fn handle(&mut self, clock: Clock<'_>, event: CallBackEvent) -> Result<Vec<Action>, Refusal> {
        let mut out = Vec::new();
        match event {
            CallBackEvent::MissedAgain(call) => {
                if self.asking == Asking::Nobody {
                    return Err(Refusal::NobodyAsked);
                }
                self.note(clock.now, &mut out, Fact::Joined(call));
            }
            CallBackEvent::CalledAgain => self.over(clock, &mut out, End::Void(Lapse::CalledAgain)),
            CallBackEvent::ReachedByPerson => {
                let end = self.vow.as_ref().map(|vow| vow.done(clock.now, Proof::Claimed));
                self.over(clock, &mut out, end.unwrap_or(End::Void(Lapse::Closed)));
            }
            CallBackEvent::Due(key) => {
                if self.asking == Asking::Calls {
                    let (to, ring) = (To::Citizen(self.debt.citizen), clock.settings.ring);
                    out.push(Action::Call(Order { key, to, script: Script::CallBack, ring }));
                }
            }
            CallBackEvent::Called(key, placed, outcome) => {
                self.called(clock, &mut out, &key, placed, outcome)?;
            }
        }
        Ok(out)
    }

    fn called(
        &mut self,
        clock: Clock<'_>,
        out: &mut Vec<Action>,
        key: &Key,
        placed: Placed,
        outcome: Outcome,
    ) -> Result<(), Refusal> {
        let miss = match outcome {
            Outcome::Connected => None,
            Outcome::Missed(miss) => Some(miss),
            Outcome::Received(_)
            | Outcome::WrongUnit
            | Outcome::Acknowledged(_)
            | Outcome::Heard
            | Outcome::Answered(_) => return Err(Refusal::NotOfThisCall),
        };
        let Some(vow) = self.vow.clone().filter(|vow| key.turn == vow.tries.saturating_add(1)) else {
            return Ok(());
        };
        if self.asking != Asking::Calls {
            return Ok(());
        }
        if vow.is_open() && miss != Some(Miss::NoLine) {
            let end = vow.done(placed.began_at, Proof::Proven(placed.call));
            self.note(clock.now, out, Fact::Ended(What::MissedCall, end));
        }
        let Some(miss) = miss else {
            self.over(clock, out, End::Void(Lapse::Closed));
            return Ok(());
        };
        self.note(clock.now, out, Fact::Tried(What::MissedCall, miss));
        if key.turn < clock.settings.citizen_tries && miss != Miss::WrongNumber {
            self.plan(out, key.turn.saturating_add(1), clock.again(key.turn));
            return Ok(());
        }
        if self.vow.as_ref().is_some_and(Vow::is_open) {
            self.note(clock.now, out, Fact::Ended(What::MissedCall, End::Missed(Why::NotCalled)));
        }
        self.note(clock.now, out, Fact::Person(What::MissedCall));
        out.push(Action::Tell(Reader::ShiftLead, News::NotReached));
        Ok(())
    }

    /// Nothing is owed any more; a promise that still runs ends like this.
    fn over(&mut self, clock: Clock<'_>, out: &mut Vec<Action>, end: End) {
        if self.asking == Asking::Nobody {
            return;
        }
        if self.vow.as_ref().is_some_and(Vow::is_open) {
            self.note(clock.now, out, Fact::Ended(What::MissedCall, end));
        }
        self.note(clock.now, out, Fact::Settled);
        out.push(Action::Cancel(None));
    }

    fn plan(&self, out: &mut Vec<Action>, turn: u32, at: i64) {
        let key = Key { of: Of::CallBack(self.debt.call), kind: Kind::CallBack, rev: 1, turn };
        out.push(Action::Plan(Plan {
            place: self.debt.since.min(at),
            urgent: self.debt.urgent,
            daytime: !self.is_awaited(),
            lane: Some(Lane::Citizen(self.debt.citizen)),
            ..Plan::at(key, at)
        }));
    }

    fn note(&mut self, now: i64, out: &mut Vec<Action>, fact: Fact) {
        self.apply(now, &fact);
        out.push(Action::Record(fact));
    }

    fn apply(&mut self, at: i64, fact: &Fact) {
        match fact {
            Fact::Promised(pledge) => {
                self.vow = Some(Vow::new(1, *pledge));
                self.asking = Asking::Calls;
            }
            Fact::Joined(_) => self.calls = self.calls.saturating_add(1),
            Fact::Person(_) => self.asking = Asking::Person,
            Fact::Settled => self.asking = Asking::Nobody,
            Fact::Ended(_, end) => self.vow.iter_mut().for_each(|vow| vow.end = Some((at, *end))),
            Fact::Tried(..) => self.vow.iter_mut().for_each(|vow| vow.tries = vow.tries.saturating_add(1)),
            // No other fact is one of a call-back.
            _ => {}
        }
    }
}
