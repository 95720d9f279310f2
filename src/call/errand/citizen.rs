//! The citizen's side of an errand: rung, greeted with the recording notice, joined with whoever waits for them.

use crate::action::{Background, Group, Say, SeatRole};
use crate::call::{After, Call, Stage};
use crate::cause::{Cause, Reason, Side};
use crate::house::Cx;
use crate::ids::{Address, LegId};
use crate::leg::{Leg, LegState, Party};
use crate::timers::Timer;

use super::{Asked, News, Task};

/// How often a contact who waits may have the citizen called.
const MOST_CALLS: u8 = 2;

impl Call {
    /// Calls the citizen; whoever waits for them hears the ring-back.
    pub(super) fn ring_citizen(&mut self, cx: &mut Cx<'_>) {
        let Some(doing) = &mut self.errand else { return };
        let Some(number) = doing.citizen.clone() else { return self.finish(cx) };
        doing.asked = None;
        doing.calls = doing.calls.saturating_add(1);
        for timer in [Timer::Key, Timer::Errand] {
            self.timers.stop(timer);
        }
        let party = Party { address: Some(Address::Number(number)), ..Party::default() };
        let due = cx.after(self.limits().citizen_ring);
        self.citizen = self.ring(cx, SeatRole::Citizen, party, Some(due));
        for waiting in [self.desk, self.operator].into_iter().flatten() {
            self.behind(cx, waiting, Background::RingBack);
        }
    }

    /// The citizen picked up: who calls, and that it is recorded, before anything else.
    pub(crate) fn citizen_answered(&mut self, cx: &mut Cx<'_>, id: LegId) {
        // Of a unit that dials in its own call was answered before.
        if !self.is_dial_in() {
            self.row.answered_at = Some(cx.now.utc_ms);
            self.answered = Some(cx.now.mono);
        }
        self.event(cx, "call.answered", Some(id), None, "");
        self.open(cx);
        self.place(cx, id, Group::Alone);
        self.crossed_by_nothing(cx);
        self.report(cx, News::CitizenAnswered);
        self.update(cx);
        if matches!(
            self.errand.as_ref().map(|doing| &doing.what),
            Some(Task::Reply { .. } | Task::Echo3 { .. })
        ) {
            return self.greet_for_questions(cx);
        }
        self.record_on(cx, true);
        let notice = self.plan.greeting.opening.iter().map(|id| Say::Prompt(*id, Vec::new())).collect();
        self.speak(cx, notice, After::Noticed);
    }

    /// The notice was heard.
    pub(crate) fn noticed(&mut self, cx: &mut Cx<'_>) {
        self.row.notice_played_at = Some(cx.now.utc_ms);
        match self.errand.as_ref().map(|doing| &doing.what) {
            Some(Task::CallBack { .. }) if self.operator.is_some() => {
                self.place(cx, self.citizen, Group::Main);
                self.operator_joins(cx);
            }
            // Gone while the notice was said: another one, and the citizen is not let go.
            Some(Task::CallBack { .. }) => self.recover_alone(cx),
            Some(Task::Reply { .. } | Task::Echo3 { .. }) => self.first_question(cx),
            Some(Task::HandOver { .. } | Task::Remind { .. } | Task::Urgent { .. } | Task::Reach { .. })
            | Some(Task::Connect { .. } | Task::DialIn)
            | None => {
                self.join_contact(cx);
            }
        }
    }

    /// Citizen and staff talk, for the first time: the proof of a call-back.
    pub(crate) fn connected(&mut self, cx: &mut Cx<'_>) {
        let Some(doing) = self.errand.as_mut().filter(|doing| !doing.connected) else { return };
        (doing.connected, doing.done) = (true, true);
        self.event(cx, "callback.connected", None, None, "");
        self.report(cx, News::Connected);
    }

    /// The citizen did not pick up, or hung up before they talked; the leg is over already.
    pub(crate) fn citizen_missed(&mut self, cx: &mut Cx<'_>, cause: Cause) {
        self.hush(cx);
        self.report(cx, News::CitizenFailed(cause));
        let Some(doing) = &mut self.errand else { return };
        doing.missed = Some(cause);
        let again = doing.calls < MOST_CALLS;
        if matches!(doing.what, Task::CallBack { .. }) {
            self.keeps_place(cx);
            return self.end(cx, cause);
        }
        match (&doing.contact, again) {
            // The contact may have them called once more, or keep to calling later.
            (Some(_), true) => self.ask_contact(cx, Asked::Now),
            (Some(_), false) => self.part_in_vain(cx),
            (None, _) => self.end(cx, cause),
        }
    }

    /// The operator of a call-back picked up: now the citizen is called.
    pub(crate) fn operator_for_errand(&mut self, cx: &mut Cx<'_>, id: LegId) {
        self.open(cx);
        self.record_on(cx, true);
        self.place(cx, id, Group::Alone);
        self.update(cx);
        self.ring_citizen(cx);
    }

    /// The operator of a call-back is gone before they talked. A citizen who is on the line already is not dropped.
    pub(crate) fn errand_without_operator(&mut self, cx: &mut Cx<'_>) {
        let state = self.legs.get(&self.citizen).map(|leg| leg.state);
        if state != Some(LegState::Up) {
            self.end(cx, Cause::new(Side::Operator, Reason::GaveUp));
        }
    }

    /// Whether this is a call-back that waits for an operator, and the citizen knows nothing of it.
    pub(crate) fn waits_to_call_back(&self) -> bool {
        let unknown = |doing: &super::Doing| matches!(doing.what, Task::CallBack { .. }) && doing.calls == 0;
        self.errand.as_deref().is_some_and(unknown) && !self.legs.values().any(Leg::alive)
    }

    /// Whether this leg belongs to the citizen's side of an errand that has not brought them together.
    pub(crate) fn is_called_citizen(&self, id: LegId) -> bool {
        self.stage == Stage::Errand && self.citizen == id
    }
}
