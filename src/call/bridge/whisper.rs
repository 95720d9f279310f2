//! The whisper: a desk that answered hears P50 and joins by key 1 only, so that no voice mail can.

use crate::action::{Group, Hearers, Say, Slot, Value};
use crate::call::Call;
use crate::cause::{Cause, Reason, Side};
use crate::event::{DeclineReason, Key};
use crate::house::Cx;
use crate::ids::{LegId, Pii, PromptId};
use crate::leg::LegState;

impl Call {
    /// A desk answered. Whoever has just accepted on the screen need not hear what it is about.
    pub(crate) fn whisper(&mut self, cx: &mut Cx<'_>, id: LegId) {
        self.event(cx, "leg.answered", Some(id), None, "");
        let accepted = self.legs.get(&id).and_then(|l| l.accepted);
        if accepted.is_some_and(|until| cx.now.mono <= until) {
            return self.accepted(cx, id);
        }
        self.place(cx, id, Group::Alone);
        self.event(cx, "leg.whisper", Some(id), None, "");
        self.say_whisper(cx, id, 1);
    }

    fn say_whisper(&mut self, cx: &mut Cx<'_>, id: LegId, times: u8) {
        let play = self.play(cx, Hearers::Seat(id), vec![Say::Prompt(PromptId(50), self.whisper_slots())]);
        let due = cx.after(self.plan.limits.whisper);
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.state = LegState::Whisper(times, play);
            leg.since = cx.now.utc_ms;
            leg.due = Some(due);
        }
    }

    /// The case's last four digits, else the caller's, and the service: never a whole number.
    fn whisper_slots(&self) -> Vec<(Slot, Value)> {
        let of = self.row.case.as_ref().unwrap_or(&self.row.caller.number);
        let tail = (Slot::D4, Value::Digits(Pii::new(of.tail(4))));
        let service = self.service.as_ref().and_then(|code| self.plan.services.get(code));
        let named = service.map(|s| (Slot::Service, Value::Named(s.name.clone())));
        std::iter::once(tail).chain(named).collect()
    }

    /// No key in time: once more, then it is taken for voice mail or a fax.
    pub(crate) fn whisper_again(&mut self, cx: &mut Cx<'_>, id: LegId, times: u8) {
        if times < self.plan.limits.whisper_times {
            return self.say_whisper(cx, id, times.saturating_add(1));
        }
        self.hang_up(cx, id, Cause::new(Side::Callee, Reason::NoKey));
        self.member_failed(cx, id);
    }

    /// 1 accepts, 2 declines; other keys mean nothing.
    pub(crate) fn whisper_key(&mut self, cx: &mut Cx<'_>, id: LegId, key: Key) {
        let Some(LegState::Whisper(_, play)) = self.legs.get(&id).map(|l| l.state) else { return };
        match key {
            Key::Digit(1) => {
                cx.act(crate::action::Action::StopPlay(self.id, play));
                self.accepted(cx, id);
            }
            Key::Digit(2) => {
                cx.act(crate::action::Action::StopPlay(self.id, play));
                self.play(cx, Hearers::Seat(id), vec![Say::plain(51)]);
                let due = cx.after(self.plan.limits.first_digit);
                if let Some(leg) = self.legs.get_mut(&id) {
                    leg.state = LegState::Reason;
                    leg.due = Some(due);
                }
            }
            Key::Digit(_) | Key::Star | Key::Hash => {}
        }
    }

    /// Why it declines: 1 busy with a case, 2 not this window, 3 calls back later.
    pub(crate) fn reason_key(&mut self, cx: &mut Cx<'_>, id: LegId, key: Key) {
        match key {
            Key::Digit(1) => self.decline(cx, id, Some(DeclineReason::Serving)),
            Key::Digit(2) => self.decline(cx, id, Some(DeclineReason::WrongWindow)),
            Key::Digit(3) => self.decline(cx, id, Some(DeclineReason::WillCallBack)),
            Key::Digit(_) | Key::Star | Key::Hash => {}
        }
    }
}
