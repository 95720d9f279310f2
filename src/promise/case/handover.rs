//! The hand-over: to whom, when, by which calls, and what begins with the receipt.

use crate::action::{Action, Contact, Key, Kind, News, Order, Reader, Script, To};
use crate::case::{Case, Track, Turn};
use crate::clock::after;
use crate::event::Outcome;
use crate::fact::{Change, Channel, Fact, Miss, Pledge};
use crate::ids::Name;
use crate::refusal::Refusal;
use crate::state::{State, Step};
use crate::vow::{Lapse, Proof, Vow, What, Why};

/// Whom the urgent chain calls, in this order.
const URGENT: [Option<Contact>; 3] = [Some(Contact::Liaison), Some(Contact::Deputy), None];
/// What is written when key 3 says that it is the wrong unit.
const BY_KEY: &str = "key 3";

/// Whom the `turn`-th call of a kind is for; `None`: nobody of the unit, but the shift lead.
pub(super) fn contact(kind: Kind, turn: u32) -> Option<Contact> {
    let chain = match kind {
        Kind::Urgent => URGENT,
        Kind::Handover => Contact::CHAIN.map(Some),
        Kind::WarnLiaison => [Some(Contact::Liaison); 3],
        Kind::WarnDeputy => [Some(Contact::Deputy); 3],
        Kind::Check
        | Kind::Echo3
        | Kind::CallBack
        | Kind::RemindBefore
        | Kind::RemindToday
        | Kind::CallBackOver
        | Kind::Echo1Over
        | Kind::WorkOver
        | Kind::Echo3Over
        | Kind::Reach
        | Kind::Notice
        | Kind::Review => return None,
    };
    let place = usize::try_from(turn.saturating_sub(1)).unwrap_or(0) % chain.len();
    chain.get(place).copied().flatten()
}

impl Case {
    pub(super) fn hand_over(&mut self, t: &mut Turn<'_>, unit: Name) -> Result<(), Refusal> {
        self.may(Step::Assign)?;
        if self.unit.is_some() {
            return Err(Refusal::Assigned);
        }
        self.note(t, Fact::Assigned(unit));
        self.plan_handover(t);
        Ok(())
    }

    pub(super) fn reassign(&mut self, t: &mut Turn<'_>, unit: Name) -> Result<(), Refusal> {
        self.may(Step::Reassign)?;
        self.note(t, Fact::Assigned(unit));
        self.step(t, Step::Reassign)?;
        self.plan_handover(t);
        Ok(())
    }

    /// The calls to the unit, and with the first of a round the clock of the work. Another unit gets no new one: the
    /// citizen has been told that day.
    pub(super) fn plan_handover(&mut self, t: &mut Turn<'_>) {
        let start = t.clock.handover(t.now(), self.urgent);
        if self.urgent {
            self.begin_urgent(t);
        } else {
            let due_at = after(start.at, t.clock.settings.handover_within);
            let pledge = Pledge {
                what: What::Handover,
                from: start.at,
                days: None,
                due_at,
                provisional: start.provisional,
            };
            let rev = self.promise(t, pledge);
            self.plan_unit_call(t, (Kind::Handover, rev, 1), start.at, None);
        }
        if self.opening.track == Track::Case && !self.has_promised(What::Work) {
            self.promise_work(t, start.at);
        }
    }

    fn begin_urgent(&mut self, t: &mut Turn<'_>) {
        let due_at = after(t.now(), t.clock.settings.urgent_within);
        let pledge = Pledge { what: What::Urgent, from: t.now(), days: None, due_at, provisional: false };
        let rev = self.promise(t, pledge);
        self.plan_unit_call(t, (Kind::Urgent, rev, 1), t.now(), None);
    }

    /// It does not wait any more for its turn or its day.
    pub(super) fn became_urgent(&mut self, t: &mut Turn<'_>) {
        if self.open_vow(What::Handover).is_none() {
            return;
        }
        self.lapse(t, What::Handover, Lapse::Urgent);
        t.cancel(Kind::Handover);
        self.begin_urgent(t);
        self.bring_forward(t);
    }

    /// The promise of the hand-over that goes on or was the last: by the ordinary calls or by the urgent chain.
    fn handing(&self) -> Option<&Vow> {
        let both = [What::Handover, What::Urgent].into_iter();
        both.filter_map(|what| self.vows.get(&what)).max_by_key(|vow| vow.rev)
    }

    /// The next contact is called.
    pub(super) fn call_contact(&mut self, t: &mut Turn<'_>, key: Key) -> Result<(), Refusal> {
        let current = self.handing().filter(|vow| vow.is_open() && vow.rev == key.rev);
        let waits =
            matches!(self.state, State::Received | State::Reassigned | State::Redo | State::HandedOver);
        let (Some(_), true, Some(unit)) = (current, waits, self.unit.clone()) else { return Ok(()) };
        if self.state != State::HandedOver {
            self.step(t, Step::HandOver)?;
        }
        let settings = t.clock.settings;
        let (script, ring) = if key.kind == Kind::Urgent {
            (Script::Urgent, settings.urgent_ring)
        } else {
            (Script::Handover, settings.ring)
        };
        let to = contact(key.kind, key.turn).map_or(To::ShiftLead, |contact| To::Contact(unit, contact));
        t.out.push(Action::Call(Order { key, to, script, ring }));
        Ok(())
    }

    pub(super) fn contact_called(
        &mut self,
        t: &mut Turn<'_>,
        what: What,
        key: &Key,
        outcome: Outcome,
    ) -> Result<(), Refusal> {
        let by = match (what, outcome) {
            (What::Handover, Outcome::Received(by)) | (What::Urgent, Outcome::Acknowledged(by)) => {
                Ok(Some(by))
            }
            (What::Handover | What::Urgent, Outcome::WrongUnit) => Ok(None),
            (What::Handover | What::Urgent, Outcome::Missed(miss)) => Err(miss),
            (_, _) => return Err(Refusal::NotOfThisCall),
        };
        let current = self.handing().is_some_and(|vow| {
            vow.is_open() && vow.rev == key.rev && key.turn == vow.tries.saturating_add(1)
        });
        if !current || self.state != State::HandedOver {
            return Ok(());
        }
        match by {
            Ok(Some(by)) => self.received(t, by, Channel::Keys),
            Ok(None) => self.returned(t, BY_KEY.into()),
            Err(miss) => {
                self.contact_missed(t, what, key, miss);
                Ok(())
            }
        }
    }

    fn contact_missed(&mut self, t: &mut Turn<'_>, what: What, key: &Key, miss: Miss) {
        self.note(t, Fact::Tried(what, miss));
        let settings = t.clock.settings;
        let urgent = what == What::Urgent;
        let most = if urgent { settings.urgent_rounds.saturating_mul(3) } else { settings.handover_tries };
        if key.turn < most {
            // The urgent chain goes on at once.
            let at = if urgent { t.now() } else { after(t.now(), settings.handover_gap) };
            self.plan_unit_call(t, (key.kind, key.rev, key.turn.saturating_add(1)), at, None);
            return;
        }
        let (why, news) = if urgent {
            (Why::NoOne, News::NobodyAcknowledged)
        } else {
            (Why::NoReceipt, News::NobodyTookIt)
        };
        self.miss(t, what, why);
        self.note(t, Fact::Person(what));
        t.tell(Reader::ShiftLead, news);
    }

    /// The receipt: the ten minutes and the hour begin.
    pub(super) fn received(&mut self, t: &mut Turn<'_>, by: Name, channel: Channel) -> Result<(), Refusal> {
        if self.state != State::HandedOver && self.open_vow(What::Handover).is_some() {
            return Err(Refusal::NotHandedOver);
        }
        self.may(Step::Receive)?;
        self.note(t, Fact::Received(by, channel));
        self.step(t, Step::Receive)?;
        for (what, kind) in [(What::Handover, Kind::Handover), (What::Urgent, Kind::Urgent)] {
            if self.handing().is_some_and(|vow| vow.what == what) {
                // The receipt itself is the evidence: a staff number, typed by keys or by an operator.
                self.fulfil(t, what, Proof::Claimed);
                t.cancel(kind);
            }
        }
        if self.opening.citizen.is_some() {
            self.await_call_back(t);
            self.plan_check(t);
        }
        Ok(())
    }

    /// Wrong unit: its clocks end, that of the work goes on.
    pub(super) fn returned(&mut self, t: &mut Turn<'_>, why: Name) -> Result<(), Refusal> {
        self.may(Step::Return)?;
        self.note(t, Fact::Returned(why));
        for what in [What::Handover, What::Urgent, What::CallBack, What::Check] {
            self.lapse(t, what, Lapse::Returned);
        }
        let calls = [Kind::Handover, Kind::Urgent, Kind::WarnLiaison, Kind::WarnDeputy, Kind::Check];
        for kind in calls.into_iter().chain([Kind::CallBackOver]) {
            t.cancel(kind);
        }
        self.step(t, Step::Return)?;
        t.tell(Reader::ShiftLead, News::Returned);
        Ok(())
    }

    /// Whether the moment of the hand-over is still to come.
    pub(super) fn is_waiting(&self) -> bool {
        let before = matches!(self.state, State::Received | State::Reassigned | State::Redo);
        before && self.open_vow(What::Handover).is_some()
    }

    /// The moment of a hand-over that still waits, by the calendar of now.
    pub(super) fn move_handover(&mut self, t: &mut Turn<'_>) {
        let Some(old) = self.open_vow(What::Handover).filter(|_| self.is_waiting()).cloned() else { return };
        let start = t.clock.handover(self.ordered_at, false);
        let from = start.at.max(t.now());
        if (from, start.provisional) == (old.from, old.provisional) {
            return;
        }
        let due_at = after(from, t.clock.settings.handover_within);
        let new = Pledge { what: What::Handover, from, days: None, due_at, provisional: start.provisional };
        self.note(t, Fact::DueChanged { old: old.due_at, new, why: Change::Calendar });
        let key = Key { of: self.of(), kind: Kind::Handover, rev: old.rev, turn: 1 };
        t.out.push(Action::Move(key, from));
    }
}
