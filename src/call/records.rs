//! What a call writes down: its time line, the rows of its legs, and its own row.

use std::time::Duration;

use crate::action::{Action, SeatRole};
use crate::agents::Wrap;
use crate::call::Call;
use crate::cause::{Cause, Reason, Side};
use crate::cdr::{CallBackRow, CallBackWhy, EventRow, Outcome, Record};
use crate::house::Cx;
use crate::ids::{LegId, Pii};
use crate::leg::Leg;

impl Call {
    /// One line of the time line.
    pub(crate) fn event(
        &mut self,
        cx: &mut Cx<'_>,
        kind: &'static str,
        leg: Option<LegId>,
        cause: Option<Cause>,
        detail: impl Into<String>,
    ) {
        self.seq += 1;
        let actor = leg.and_then(|id| self.legs.get(&id)).map_or_else(|| "house".to_owned(), |l| l.actor());
        let row = EventRow {
            call: self.id,
            seq: self.seq,
            at: cx.now.utc_ms,
            mono_ms: ms(cx.now.mono),
            kind,
            leg,
            actor,
            cause,
            detail: detail.into(),
        };
        cx.act(Action::Record(Box::new(Record::Event(row))));
    }

    /// A leg's row as it stands.
    pub(crate) fn record_leg(&mut self, cx: &mut Cx<'_>, id: LegId) {
        if let Some(leg) = self.legs.get(&id) {
            cx.act(Action::Record(Box::new(Record::Leg(leg.row.clone()))));
        }
    }

    /// The call's row as it stands.
    pub(crate) fn update(&mut self, cx: &mut Cx<'_>) {
        cx.act(Action::Record(Box::new(Record::Updated(self.row.clone()))));
    }

    /// A leg sits with the others.
    pub(crate) fn joined(&mut self, cx: &mut Cx<'_>, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id).filter(|l| l.row.joined_at.is_none()) else { return };
        leg.row.joined_at = Some(cx.now.utc_ms);
        match leg.role {
            SeatRole::Citizen => {}
            // Who joins only the debrief has not spoken with the citizen.
            _ if self.gone.is_some() => {}
            SeatRole::Operator | SeatRole::Supervisor => self.achieved.talked = true,
            SeatRole::Desk | SeatRole::Liaison => {
                (self.achieved.talked, self.achieved.bridged) = (true, true)
            }
            SeatRole::Emergency => self.achieved.emergency = true,
        }
        self.event(cx, "leg.joined", Some(id), None, "");
        self.record_leg(cx, id);
    }

    /// Whoever had this leg can be rung again.
    pub(crate) fn set_free(&mut self, cx: &mut Cx<'_>, id: LegId) {
        let Some(leg) = self.legs.get(&id) else { return };
        let (party, talked) = (leg.party.clone(), leg.row.answered_at.is_some());
        let (joined, beside) = (leg.row.joined_at.is_some(), leg.watch.is_some());
        match leg.role {
            // The operator is in the call by the other leg.
            _ if self.aside == Some(id) => {}
            SeatRole::Citizen | SeatRole::Emergency => {}
            SeatRole::Operator | SeatRole::Supervisor => {
                let Some(staff) = party.staff else { return };
                if beside {
                    cx.house.agents.spare(&staff);
                    let address = party.address.unwrap_or_else(|| crate::ids::Address::Phone("".into()));
                    cx.house.members.release(&address, self.id);
                } else if talked {
                    let owes = (joined && self.achieved.stated.is_none()).then_some(self.id);
                    let limits = &self.plan.limits;
                    let wrap = Wrap { length: limits.wrap_up, owes, required: limits.outcome_required };
                    cx.house.agents.wrap_up(&staff, wrap);
                    self.event(cx, "agent.wrap", Some(id), None, "");
                } else {
                    cx.house.agents.spare(&staff);
                }
            }
            SeatRole::Desk | SeatRole::Liaison => {
                let borrowed = leg.borrowed;
                let Some(address) = party.address else { return };
                // Somebody who is let go and rung anew may have two legs of the call for a while.
                let still = |l: &Leg| l.id != id && l.alive() && l.party.address.as_ref() == Some(&address);
                if !self.legs.values().any(still) {
                    if let Some(staff) = party.staff.as_ref().filter(|_| borrowed) {
                        cx.house.agents.give_back(staff, self.id);
                    }
                    cx.house.members.release(&address, self.id);
                }
                if talked {
                    cx.house.members.used(&address, cx.now.mono);
                }
            }
        }
    }

    /// The recording is started, paused or resumed.
    pub(crate) fn record_on(&mut self, cx: &mut Cx<'_>, on: bool) {
        use crate::action::Recording;
        if self.unrecorded {
            return;
        }
        let (what, kind) = match (self.recording, on) {
            (None, true) => (Recording::Start, "rec.start"),
            (Some(true), false) => (Recording::Pause, "rec.pause"),
            (Some(false), true) => (Recording::Resume, "rec.resume"),
            (None, false) | (Some(true), true) | (Some(false), false) => return,
        };
        self.recording = Some(on);
        cx.act(Action::Recording(self.id, what));
        self.event(cx, kind, None, None, "");
    }

    /// Nothing is recorded from here on, whatever anybody orders.
    pub(crate) fn not_recorded(&mut self, cx: &mut Cx<'_>, why: &'static str) {
        if !std::mem::replace(&mut self.unrecorded, true) {
            self.recording = None;
            self.event(cx, "rec.stop", None, None, format!("why={why}"));
        }
    }

    /// The last words about a call; nothing is written about it after this.
    pub(crate) fn close(&mut self, cx: &mut Cx<'_>, cause: Cause) {
        if self.recording.take().is_some() {
            self.event(cx, "rec.stop", None, None, "");
        }
        if std::mem::take(&mut self.room) {
            self.event(cx, "room.ended", None, None, "");
            cx.act(Action::CloseRoom(self.id));
        }
        self.crossed_by_nothing(cx);
        let outcome = self.outcome(cause);
        let abandoned = outcome == Outcome::Abandoned && !self.achieved.call_back;
        if let Some(why) = self.owed(abandoned, cause)
            && let Some(number) = self.own_number()
        {
            self.owe(cx, why, number);
        }
        let now = cx.now.mono;
        self.row.outcome = Some(self.achieved.stated.unwrap_or(outcome));
        self.row.cause = Some(cause);
        self.row.ended_at = Some(cx.now.utc_ms);
        self.row.duration_ms = ms(now.saturating_sub(self.began));
        self.row.billsec_ms = self.answered.map_or(0, |at| ms(self.gone.unwrap_or(now).saturating_sub(at)));
        if self.row.operator.is_none() {
            self.row.wait_ms = self.row.duration_ms;
        }
        let kind = if abandoned { "call.abandoned" } else { "call.ended" };
        let citizen = self.citizen;
        let told = self.row.outcome.unwrap_or(outcome).word();
        self.event(cx, kind, Some(citizen), Some(cause), format!("outcome={told}"));
        self.record_leg(cx, citizen);
        self.errand_is_over(cx, cause);
        cx.act(Action::Record(Box::new(Record::Ended(self.row.clone()))));
    }

    fn outcome(&self, cause: Cause) -> Outcome {
        let done = self.achieved;
        if let Some(outcome) = self.errand_outcome() {
            return outcome;
        }
        match cause.reason {
            _ if done.emergency => Outcome::Emergency,
            _ if done.bridged => Outcome::Bridged,
            _ if done.talked || done.told => Outcome::OnSpot,
            _ if done.message => Outcome::Voicemail,
            Reason::GaveUp | Reason::Finished | Reason::Normal | Reason::MediaLost | Reason::PeerGone => {
                Outcome::Abandoned
            }
            _ => Outcome::Invalid,
        }
    }

    /// Every missed call is called back, and everybody who was cut off by us or the network.
    fn owed(&self, abandoned: bool, cause: Cause) -> Option<CallBackWhy> {
        // An errand's own task knows what to do next.
        if self.achieved.call_back || self.errand.is_some() {
            return None;
        }
        let cut = matches!(cause.reason, Reason::MediaLost | Reason::PeerGone) && cause.side == Side::Network;
        if abandoned {
            Some(CallBackWhy::Missed)
        } else if self.achieved.talked && (cut || self.recovering) {
            Some(CallBackWhy::CutOff)
        } else {
            None
        }
    }

    /// A call-back is owed to this number; the place in the queue is kept.
    pub(crate) fn owe(&mut self, cx: &mut Cx<'_>, why: CallBackWhy, number: Pii) {
        let due = i64::try_from(self.limits().call_back_due.as_millis()).unwrap_or(i64::MAX);
        let row = CallBackRow {
            call: self.id,
            number,
            why,
            since: self.wait.as_ref().map_or(self.row.offered_at, |w| w.since_utc),
            due_at: cx.now.utc_ms.saturating_add(due),
        };
        self.event(cx, "callback.due", None, None, "");
        cx.act(Action::Record(Box::new(Record::CallBack(row))));
    }
}

/// Whole milliseconds.
pub(crate) fn ms(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
