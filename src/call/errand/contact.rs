//! The staff's side of an errand: a unit's contact is rung, asked by keys, and may be joined with the citizen.

use crate::action::{Action, Background, Group, Hearers, Play, Say, SeatRole, Slot, Value};
use crate::call::{Call, Stage};
use crate::cause::{Cause, Reason, Side};
use crate::event::Key;
use crate::house::Cx;
use crate::ids::{Lang, LegId, Pii, PlayId, PromptId, StaffNo};
use crate::leg::{LegState, Party};
use crate::plan::Member;
use crate::timers::Timer;

use super::{Asked, News, Task};

/// Digits of the longest staff number that is listened to.
const MOST_DIGITS: usize = 12;
/// How often a staff number may be wrong.
const MOST_WRONG: u8 = 3;

impl Call {
    /// Rings the next contact; when there is none left the errand is over, by the last one's verdict.
    pub(super) fn ring_contact(&mut self, cx: &mut Cx<'_>, last: Option<Cause>) {
        let mut verdict = last;
        while let Some(member) = self.errand.as_mut().and_then(|doing| doing.next()) {
            let Member { staff, address } = member;
            let busy = cx.house.members.taken(&address).is_some() || cx.house.agents.is_busy(&staff);
            let reason = match (cx.house.reachable(&address), busy) {
                (false, _) => Reason::Absent,
                (true, true) => Reason::Busy,
                (true, false) => {
                    cx.house.members.take(&address, self.id);
                    // An operator who is rung so gets no caller meanwhile.
                    cx.house.agents.borrow(&staff, self.id);
                    let word = staff.0.clone();
                    let party =
                        Party { staff: Some(staff.clone()), desk: None, address: Some(address), word };
                    let due =
                        cx.after(self.errand.as_ref().map_or(self.limits().desk_ring, |doing| doing.ring));
                    let id = self.ring(cx, SeatRole::Liaison, party, Some(due));
                    if let Some(leg) = self.legs.get_mut(&id) {
                        leg.borrowed = true;
                    }
                    if let Some(doing) = &mut self.errand {
                        (doing.contact, doing.failures) = (Some((id, staff.clone())), 0);
                    }
                    self.event(cx, "handover.dialled", Some(id), None, "");
                    return self.report(cx, News::Dialled(staff));
                }
            };
            let cause = Cause::new(Side::Callee, reason);
            verdict = Some(cause);
            self.report(cx, News::Failed(staff, cause));
        }
        self.end(cx, verdict.unwrap_or(Cause::new(Side::Callee, Reason::Exhausted)));
    }

    /// Whether this leg is the contact's, rung or up.
    pub(crate) fn is_contact(&self, id: LegId) -> bool {
        self.errand.as_ref().and_then(|doing| doing.contact.as_ref()).is_some_and(|(leg, _)| *leg == id)
    }

    pub(super) fn contact(&self) -> Option<(LegId, StaffNo)> {
        self.errand.as_ref().and_then(|doing| doing.contact.clone())
    }

    /// The contact picked up. What follows proves that it is a person.
    pub(crate) fn contact_answered(&mut self, cx: &mut Cx<'_>, id: LegId) {
        self.event(cx, "leg.answered", Some(id), None, "");
        self.desk = Some(id);
        if let Some((_, staff)) = self.contact() {
            cx.house.agents.talk(&staff, self.id);
        }
        self.open(cx);
        self.record_on(cx, true);
        self.place(cx, id, Group::Alone);
        let first = match self.errand.as_ref().map(|doing| &doing.what) {
            Some(Task::HandOver { .. }) => Asked::TakeOver,
            Some(Task::Urgent { .. }) => Asked::Urgent,
            Some(Task::Reach { .. }) => Asked::Reach,
            Some(Task::Connect { .. }) if self.has_just_asked(cx) => return self.ring_citizen(cx),
            Some(
                Task::DialIn
                | Task::Connect { .. }
                | Task::Remind { .. }
                | Task::CallBack { .. }
                | Task::Reply { .. }
                | Task::Echo3 { .. },
            )
            | None => Asked::Now,
        };
        self.ask_contact(cx, first);
    }

    /// The order from the screen is so fresh that no voice mail picks up instead.
    fn has_just_asked(&self, cx: &Cx<'_>) -> bool {
        self.errand.as_ref().is_some_and(|doing| cx.now.mono <= doing.asked_until)
    }

    /// Says what is asked; the time for the first key begins when it was said.
    pub(super) fn ask_contact(&mut self, cx: &mut Cx<'_>, asked: Asked) {
        let say = self.question(asked);
        let Some((id, _)) = self.contact() else { return };
        self.hush_contact(cx);
        self.behind(cx, id, Background::Silence);
        let play = cx.mint_play();
        let to = Hearers::Seat(id);
        cx.act(Action::Play(Play { call: self.id, play, to, lang: Lang::Zh, say }));
        let Some(doing) = &mut self.errand else { return };
        if doing.asked != Some(asked) {
            doing.failures = 0;
        }
        (doing.asked, doing.saying, doing.entry) = (Some(asked), Some(play), Pii::default());
    }

    fn question(&self, asked: Asked) -> Vec<Say> {
        let case = || (Slot::Case, Value::Case(self.row.case.clone().unwrap_or_default()));
        let what = self.errand.as_ref().map(|doing| &doing.what);
        match (asked, what) {
            // Not recorded yet, and told that it will be.
            (Asked::Case, _) if self.errand.as_ref().is_some_and(|doing| doing.wrong > 0) => {
                vec![Say::plain(25)]
            }
            (Asked::Case, _) => vec![Say::plain(2), Say::plain(59)],
            (Asked::TakeOver, _) => vec![Say::Prompt(PromptId(53), vec![case()])],
            (Asked::Number, _) => vec![Say::plain(54)],
            // The reminder once, before the question that goes with it.
            (Asked::Now, Some(Task::Remind { minutes, .. })) if !self.was_told() => {
                let reminder = Say::Prompt(PromptId(56), vec![case(), (Slot::N, Value::Count(*minutes))]);
                vec![reminder, Say::plain(55)]
            }
            (Asked::Now, _) => vec![Say::plain(55)],
            (Asked::Urgent, Some(Task::Urgent { place, .. })) => {
                let place = (Slot::Place, Value::Named(place.clone()));
                vec![Say::Prompt(PromptId(57), vec![case(), place])]
            }
            (Asked::Urgent, _) => vec![Say::Prompt(PromptId(57), vec![case()])],
            (Asked::Reach, _) => vec![Say::plain(58)],
        }
    }

    /// The reminder was heard to its end.
    fn was_told(&self) -> bool {
        self.errand.as_ref().is_some_and(|doing| doing.done)
    }

    pub(super) fn hush_contact(&mut self, cx: &mut Cx<'_>) {
        self.timers.stop(Timer::Key);
        if let Some(play) = self.errand.as_mut().and_then(|doing| doing.saying.take()) {
            cx.act(Action::StopPlay(self.id, play));
        }
    }

    /// Something was said to the contact to its end. `true`: it was ours.
    pub(crate) fn said_to_contact(&mut self, cx: &mut Cx<'_>, play: PlayId) -> bool {
        let Some(doing) = self.errand.as_mut().filter(|doing| doing.saying == Some(play)) else {
            return false;
        };
        doing.saying = None;
        if let Some(cause) = doing.parting {
            self.end(cx, cause);
            return true;
        }
        let staff = doing.contact.as_ref().map(|(_, staff)| staff.clone());
        if matches!(doing.what, Task::Remind { .. }) && !doing.done {
            doing.done = true;
            self.event(cx, "callback.warned", None, None, "");
            if let Some(staff) = staff {
                self.report(cx, News::Told(staff));
            }
            if self.errand.as_ref().is_some_and(|doing| doing.citizen.is_none()) {
                self.finish(cx);
                return true;
            }
        }
        let patience = self.limits().first_digit;
        self.timers.set(Timer::Key, cx.after(patience));
        true
    }

    /// A key of the contact.
    pub(crate) fn contact_key(&mut self, cx: &mut Cx<'_>, id: LegId, key: Key) {
        // A key by SIP INFO may overtake the answer.
        let up = self.legs.get(&id).is_some_and(|leg| leg.state == LegState::Up);
        let Some((leg, staff)) = self.contact().filter(|(leg, _)| *leg == id && up) else { return };
        let Some(asked) = self.errand.as_ref().and_then(|doing| doing.asked) else { return };
        self.hush_contact(cx);
        self.event(cx, "ivr.digit", Some(leg), None, "");
        match (asked, key) {
            (Asked::TakeOver, Key::Digit(1)) => self.ask_contact(cx, Asked::Number),
            // Once more, as often as wanted.
            (Asked::TakeOver, Key::Digit(2)) => self.ask_contact(cx, Asked::TakeOver),
            (Asked::TakeOver, Key::Digit(3)) => {
                self.event(cx, "handover.refused", Some(leg), None, "reason=wrong_unit");
                self.accomplished();
                self.report(cx, News::WrongUnit(staff));
                self.finish(cx);
            }
            (Asked::Number | Asked::Case, Key::Hash) => self.number_keyed(cx),
            (Asked::Number | Asked::Case, Key::Digit(_)) => self.number_digit(cx, key),
            (Asked::Number | Asked::Case, Key::Star) => self.ask_contact(cx, asked),
            (Asked::Now, Key::Digit(1)) => self.ring_citizen(cx),
            (Asked::Now, Key::Digit(2)) => self.not_now(cx, Cause::new(Side::Callee, Reason::Declined)),
            (Asked::Urgent | Asked::Reach, Key::Digit(1)) => {
                self.accomplished();
                self.event(cx, "handover.received", Some(leg), None, "acknowledged");
                self.report(cx, News::Acknowledged(staff));
                self.citizen_now(cx);
            }
            (Asked::Urgent, Key::Digit(2)) => {
                self.report(cx, News::Passed(staff));
                self.let_contact_go(cx, Cause::new(Side::Callee, Reason::Declined));
            }
            (_, Key::Digit(_) | Key::Star | Key::Hash) => self.contact_silent(cx),
        }
    }

    /// With a citizen to be called the contact is asked whether now; otherwise that was all.
    fn citizen_now(&mut self, cx: &mut Cx<'_>) {
        if self.errand.as_ref().is_some_and(|doing| doing.citizen.is_some()) {
            self.ask_contact(cx, Asked::Now);
        } else {
            self.finish(cx);
        }
    }

    fn number_digit(&mut self, cx: &mut Cx<'_>, key: Key) {
        let patience = self.limits().inter_digit;
        let Some(doing) = &mut self.errand else { return };
        let so_far = doing.entry.reveal();
        if so_far.len() < MOST_DIGITS {
            doing.entry = Pii::new(format!("{so_far}{}", key.as_char()));
        }
        self.timers.set(Timer::Key, cx.after(patience));
    }

    /// The staff number is the receipt: it must be one of the unit.
    fn number_keyed(&mut self, cx: &mut Cx<'_>) {
        let Some(doing) = &mut self.errand else { return };
        let keyed = std::mem::take(&mut doing.entry);
        if let (Task::DialIn, Some(asked)) = (&doing.what, doing.asked) {
            return self.dialled(cx, asked, keyed);
        }
        let Task::HandOver { staff, .. } = &doing.what else { return };
        let known = staff.iter().find(|no| *no.0 == *keyed.reveal()).cloned();
        let contact = doing.contact.as_ref().map(|(leg, _)| *leg);
        match known {
            Some(receiver) => {
                doing.done = true;
                self.event(cx, "handover.received", contact, None, format!("by={}", receiver.0));
                self.report(cx, News::Received(receiver));
                self.citizen_now(cx);
            }
            None => {
                doing.failures = doing.failures.saturating_add(1);
                let enough = doing.failures >= MOST_WRONG;
                self.event(cx, "ivr.invalid", contact, None, "");
                if enough {
                    self.contact_gave_nothing(cx);
                } else {
                    self.ask_contact(cx, Asked::Number);
                }
            }
        }
    }

    /// No key in time, or one that means nothing: once more, then it is taken for a machine, or for 'later'.
    pub(crate) fn contact_silent(&mut self, cx: &mut Cx<'_>) {
        let Some(doing) = &mut self.errand else { return };
        let Some(asked) = doing.asked else { return };
        if matches!(asked, Asked::Number | Asked::Case) && !doing.entry.reveal().is_empty() {
            return self.number_keyed(cx);
        }
        doing.failures = doing.failures.saturating_add(1);
        let again = doing.failures < self.plan.limits.whisper_times;
        match (again, asked) {
            (true, _) => self.ask_contact(cx, asked),
            (false, Asked::Now) => self.not_now(cx, Cause::new(Side::Callee, Reason::NoKey)),
            (false, Asked::Case | Asked::Number) if self.is_dial_in() => self.dialled_nothing(cx),
            (false, Asked::Case | Asked::TakeOver | Asked::Number | Asked::Urgent | Asked::Reach) => {
                self.contact_gave_nothing(cx);
            }
        }
    }

    /// Key 2 at P55, or no key. Who asked for the call and then does not want it has failed it, unless the citizen did.
    fn not_now(&mut self, cx: &mut Cx<'_>, cause: Cause) {
        if self.errand.as_ref().is_some_and(|doing| doing.done || doing.missed.is_some()) {
            return self.finish(cx);
        }
        self.contact_failed_with(cx, cause);
    }

    fn contact_gave_nothing(&mut self, cx: &mut Cx<'_>) {
        self.contact_failed_with(cx, Cause::new(Side::Callee, Reason::NoKey));
    }

    fn contact_failed_with(&mut self, cx: &mut Cx<'_>, cause: Cause) {
        if let Some((_, staff)) = self.contact() {
            self.report(cx, News::Failed(staff, cause));
        }
        self.let_contact_go(cx, cause);
    }

    /// This one is hung up, the next one rung.
    fn let_contact_go(&mut self, cx: &mut Cx<'_>, cause: Cause) {
        self.hush_contact(cx);
        if let Some((leg, _)) = self.errand.as_mut().and_then(|doing| doing.contact.take()) {
            self.hang_up(cx, leg, cause);
        }
        self.desk = None;
        if let Some(doing) = &mut self.errand {
            doing.asked = None;
        }
        self.ring_contact(cx, Some(cause));
    }

    /// The contact's phone was not answered; the leg is over already.
    pub(crate) fn contact_failed(&mut self, cx: &mut Cx<'_>, id: LegId, cause: Cause) {
        let Some((_, staff)) =
            self.errand.as_mut().and_then(|doing| doing.contact.take_if(|(leg, _)| *leg == id))
        else {
            return;
        };
        self.report(cx, News::Failed(staff, cause));
        self.ring_contact(cx, Some(cause));
    }

    /// The contact hung up before they talked with the citizen; the leg is over already.
    pub(crate) fn contact_left(&mut self, cx: &mut Cx<'_>) {
        self.hush_contact(cx);
        if let Some(cause) = self.errand.as_ref().and_then(|doing| doing.parting) {
            return self.end(cx, cause);
        }
        let done = self.errand.as_ref().is_some_and(|doing| doing.done);
        let gone = self.errand.as_mut().and_then(|doing| doing.contact.take());
        // A citizen who is being rung, or hears the notice, is let go: there is nobody to talk with.
        if done {
            return self.finish(cx);
        }
        let rung = self.errand.as_ref().is_some_and(|doing| doing.calls > 0);
        let reason = if rung { Reason::GaveUp } else { Reason::Declined };
        let cause = Cause::new(Side::Callee, reason);
        if let Some((_, staff)) = gone {
            self.report(cx, News::Failed(staff, cause));
        }
        self.ring_contact(cx, Some(cause));
    }

    /// Citizen and unit in one room: from here it is a call like any other.
    pub(super) fn join_contact(&mut self, cx: &mut Cx<'_>) {
        let Some((contact, _)) = self.contact() else { return self.finish(cx) };
        self.stage = Stage::Talk;
        if let Some(doing) = &mut self.errand {
            (doing.asked, doing.done) = (None, true);
        }
        self.behind(cx, contact, Background::Silence);
        self.place(cx, self.citizen, Group::Main);
        self.place(cx, contact, Group::Main);
        self.connected(cx);
        self.update(cx);
    }
}
