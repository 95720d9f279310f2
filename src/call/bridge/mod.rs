//! The three-way call: who joins, and who may stay when one leaves.

mod codes;
mod hunt;
mod orders;
mod screen;
mod transfer;
mod watch;
mod whisper;

pub(crate) use hunt::{Hunt, Target};

use crate::action::{Action, Background, Group, Hearers, Say, SeatRole};
use crate::call::{After, Call, Stage};
use crate::cause::{Cause, Reason, Side};
use crate::event::{Mode, Supervision};
use crate::house::Cx;
use crate::ids::LegId;
use crate::leg::LegState;
use crate::seek::Seek;
use crate::timers::Timer;

/// Who left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Left {
    /// The operator hung up.
    // .
    Ended,
    /// The operator's phone or sound is gone.
    Lost,
    /// The operator left citizen and desk on purpose.
    OnPurpose,
    /// The desk, or another of the called.
    Desk,
}

/// What comes of it for those who stay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Next {
    /// They talk on.
    TalkOn,
    /// The operator is looked for; the others talk on.
    Recover,
    /// The citizen is alone: P46, head of the queue.
    RecoverAlone,
    /// The citizen is alone while a desk is still rung.
    WaitForDesk,
    /// The citizen is alone: P45, the same operator.
    Return,
    /// The citizen is asked for a rating.
    Survey,
}

/// The one table of who may stay. `company`: somebody of us is still with the citizen; `ringing`: a desk is being rung.
fn next(left: Left, company: bool, ringing: bool) -> Next {
    match (left, company, ringing) {
        (Left::Ended | Left::Lost, true, _) => Next::Recover,
        (Left::Ended, false, true) => Next::WaitForDesk,
        (Left::Ended, false, false) => Next::Survey,
        (Left::Lost, false, _) => Next::RecoverAlone,
        (Left::OnPurpose, true, _) => Next::TalkOn,
        (Left::OnPurpose, false, _) => Next::WaitForDesk,
        (Left::Desk, true, _) => Next::TalkOn,
        (Left::Desk, false, _) => Next::Return,
    }
}

impl Call {
    /// A desk is rung or consulted: single keys of the operator mean something.
    pub(crate) fn is_calling(&self) -> bool {
        self.hunt.is_some() || self.consult
    }

    /// Legs of ours that talk with the citizen, or will when a private talk ends.
    fn staff(&self) -> Vec<LegId> {
        let beside = |l: &crate::leg::Leg| l.watch.is_some_and(|mode| mode != Supervision::Barge);
        let theirs = |l: &&crate::leg::Leg| l.id != self.citizen && self.aside != Some(l.id) && !beside(l);
        let with = |l: &&crate::leg::Leg| theirs(l) && l.state == LegState::Up && l.seat.is_some();
        self.legs.values().filter(with).map(|l| l.id).collect()
    }

    fn follow(&mut self, cx: &mut Cx<'_>, left: Left, cause: Cause) {
        let company = !self.staff().is_empty();
        match next(left, company, self.hunt.is_some()) {
            Next::TalkOn => self.together(cx),
            Next::Recover => self.recover(cx),
            Next::RecoverAlone => self.recover_alone(cx),
            Next::WaitForDesk => self.wait_for_desk(cx, left),
            // The unit has called the citizen back, and that was it.
            Next::Return if self.operator.is_none() && self.errand.is_some() && left == Left::Desk => {
                self.end(cx, cause);
            }
            Next::Return => self.return_operator(cx),
            Next::Survey => self.survey(cx, cause),
        }
    }

    /// The operator hung up.
    pub(crate) fn operator_ended(&mut self, cx: &mut Cx<'_>, id: LegId, cause: Cause) {
        if self.legs.get(&id).is_some_and(|l| l.is_ringing()) {
            self.stand_up(cx, id, cause, false);
            return self.operator_missed(cx, id, cause);
        }
        self.stand_up(cx, id, cause, false);
        // Who hangs up after pressing the transfer key leaves on purpose.
        let on_purpose = self.transfer.take_if(|by| *by == id).is_some();
        let left = match cause.side {
            _ if on_purpose => Left::OnPurpose,
            // The dialog died: nobody hung up.
            Side::Network => Left::Lost,
            Side::Citizen | Side::Operator | Side::Callee | Side::House => Left::Ended,
        };
        self.let_aside_go(cx, cause);
        self.operator = None;
        match self.stage {
            Stage::Talk => self.follow(cx, left, cause),
            Stage::Debrief => self.staff_left(cx),
            // Gone again while the notice was still being said: looked for anew when it ends.
            Stage::Opening => {
                let skill = self.default_skill();
                self.wait_for(cx, Seek::Skill, skill, false);
            }
            Stage::Errand => self.errand_without_operator(cx),
            Stage::Arriving | Stage::Lobby | Stage::Closing | Stage::Survey | Stage::Message => {}
            Stage::Farewell | Stage::Over => {}
        }
    }

    /// The operator's phone or sound is gone; the leg is over already.
    pub(crate) fn operator_lost(&mut self, cx: &mut Cx<'_>) {
        self.let_aside_go(cx, Cause::new(Side::Network, Reason::PeerGone));
        self.transfer = self.transfer.filter(|by| Some(*by) != self.operator);
        self.operator = None;
        match self.stage {
            Stage::Talk => self.follow(cx, Left::Lost, Cause::new(Side::Network, Reason::PeerGone)),
            Stage::Debrief => self.staff_left(cx),
            Stage::Opening => {
                let skill = self.default_skill();
                self.wait_for(cx, Seek::Skill, skill, false);
            }
            Stage::Errand => self.errand_without_operator(cx),
            Stage::Arriving | Stage::Lobby | Stage::Closing | Stage::Survey | Stage::Message => {}
            Stage::Farewell | Stage::Over => {}
        }
    }

    /// A desk's leg was ended by the desk.
    pub(crate) fn desk_ended(&mut self, cx: &mut Cx<'_>, id: LegId, cause: Cause) {
        match self.legs.get(&id).map(|l| l.state) {
            Some(LegState::Whisper(..) | LegState::Reason) => {
                self.stand_up(cx, id, Cause::new(Side::Callee, Reason::Declined), false);
                self.event(cx, "leg.declined", Some(id), None, "");
                self.note_declined(cx, id, None);
                self.member_failed(cx, id);
            }
            Some(LegState::Parting(_)) => {
                self.stand_up(cx, id, cause, false);
                self.closed_in(cx);
            }
            Some(LegState::Up) => {
                self.stand_up(cx, id, cause, false);
                self.desk_left(cx, id);
            }
            // A unit that dialled in gives up before we have answered.
            Some(LegState::Invited) if self.stage == Stage::Arriving => {
                self.stand_up(cx, id, cause, false);
                self.end(cx, cause);
            }
            Some(LegState::Invited | LegState::Ringing | LegState::TakenBack | LegState::Over) | None => {}
        }
    }

    /// A desk is out of the room; its leg is over already.
    pub(crate) fn desk_left(&mut self, cx: &mut Cx<'_>, id: LegId) {
        if self.desk == Some(id) {
            self.desk = None;
        }
        self.event(cx, "room.reduced", None, None, "");
        if self.consult {
            self.let_aside_go(cx, Cause::new(Side::Callee, Reason::Normal));
        }
        if self.transfer.take_if(|by| *by == id).is_some() && self.stage == Stage::Talk {
            return self.follow(cx, Left::OnPurpose, Cause::new(Side::Callee, Reason::Normal));
        }
        self.staff_left(cx);
    }

    /// One of the called is gone: the others go on, or nobody is left to.
    pub(crate) fn staff_left(&mut self, cx: &mut Cx<'_>) {
        match self.stage {
            Stage::Talk => self.follow(cx, Left::Desk, Cause::new(Side::Callee, Reason::Normal)),
            Stage::Debrief if self.staff().len() < 2 => {
                let cause = self.cause.unwrap_or(Cause::new(Side::Citizen, Reason::Normal));
                self.end(cx, cause);
            }
            Stage::Errand => self.contact_left(cx),
            Stage::Debrief | Stage::Arriving | Stage::Opening | Stage::Lobby | Stage::Closing => {}
            Stage::Survey | Stage::Message | Stage::Farewell | Stage::Over => {}
        }
    }

    /// Everybody who is there talks together: no private talk, nobody parked.
    fn together(&mut self, cx: &mut Cx<'_>) {
        (self.consult, self.parked) = (false, false);
        self.timers.stop(Timer::StillTrying);
        self.stage = Stage::Talk;
        self.place(cx, self.citizen, Group::Main);
        self.set_background(cx);
        for id in self.staff().into_iter().chain(self.aside) {
            self.place(cx, id, Group::Main);
        }
        self.seat_watchers(cx);
        self.ring_back(cx);
    }

    /// The operator hears that a desk is being rung.
    pub(crate) fn ring_back(&mut self, cx: &mut Cx<'_>) {
        let what = if self.hunt.is_some() { Background::RingBack } else { Background::Silence };
        if let Some(operator) = self.operator {
            self.behind(cx, operator, what);
        }
    }

    /// Citizen and desk talk on; the operator is rung again, then a shift lead.
    fn recover(&mut self, cx: &mut Cx<'_>) {
        self.together(cx);
        self.recovering = true;
        self.event(cx, "room.recover", None, None, "");
        let patience = self.limits().recover_ring;
        self.look_for_last(cx, true, patience);
    }

    /// Looks for who had the call before; without such a one for anybody, first of all.
    fn look_for_last(&mut self, cx: &mut Cx<'_>, lost: bool, patience: std::time::Duration) {
        if self.wait.is_some() {
            return;
        }
        let skill = self.default_skill();
        match self.last_operator.clone() {
            Some(staff) => {
                self.wait_for(cx, Seek::Same(staff, lost), skill, false);
                self.timers.set(Timer::Seek, cx.after(patience));
            }
            None => self.wait_for(cx, Seek::Skill, skill, false),
        }
    }

    /// The citizen alone: P46, head of the queue, the call-back offer when that takes long.
    pub(crate) fn recover_alone(&mut self, cx: &mut Cx<'_>) {
        self.stop_hunt(cx);
        self.alone(cx);
        self.recovering = true;
        self.event(cx, "room.recover", None, None, "");
        let skill = self.default_skill();
        self.wait_for(cx, Seek::Skill, skill, false);
        self.speak(cx, vec![Say::plain(46)], After::Nothing);
    }

    /// The operator left while a desk is rung: the citizen waits for it.
    fn wait_for_desk(&mut self, cx: &mut Cx<'_>, left: Left) {
        self.alone(cx);
        if let Some(hunt) = &mut self.hunt {
            hunt.mode = Mode::Bridge;
        }
        if left == Left::Ended {
            self.recovering = true;
            self.event(cx, "room.recover", None, None, "");
            let patience = self.limits().recover_ring;
            self.look_for_last(cx, true, patience);
        }
        self.set_background(cx);
    }

    /// The desk hung up and no operator is there: P45, the same one if free soon.
    fn return_operator(&mut self, cx: &mut Cx<'_>) {
        self.alone(cx);
        let patience = self.limits().recall;
        self.look_for_last(cx, false, patience);
        self.speak(cx, vec![Say::plain(45)], After::Nothing);
    }

    /// The citizen is alone with the house again.
    fn alone(&mut self, cx: &mut Cx<'_>) {
        (self.consult, self.parked) = (false, false);
        self.timers.stop(Timer::StillTrying);
        self.stage = Stage::Lobby;
        (self.music, self.connecting) = (true, true);
        self.place(cx, self.citizen, Group::Main);
        self.set_background(cx);
    }

    /// An operator is called back into citizen and desk. `false`: nobody has to be called.
    pub(crate) fn recall(&mut self, cx: &mut Cx<'_>) -> bool {
        if self.operator.is_some() || self.stage != Stage::Talk {
            return false;
        }
        let patience = self.limits().recall;
        self.look_for_last(cx, false, patience);
        true
    }

    /// The citizen hung up.
    pub(crate) fn citizen_left(&mut self, cx: &mut Cx<'_>, cause: Cause) {
        self.stand_up(cx, self.citizen, cause, false);
        self.without_citizen(cx, cause);
    }

    /// The citizen's sound is gone for good; the leg is over already.
    pub(crate) fn citizen_cut_off(&mut self, cx: &mut Cx<'_>, cause: Cause) {
        self.without_citizen(cx, cause);
    }

    fn without_citizen(&mut self, cx: &mut Cx<'_>, cause: Cause) {
        self.gone = Some(cx.now.mono);
        self.timers.stop_all();
        self.hush(cx);
        self.asking = None;
        if self.stage == Stage::Message {
            self.cause = Some(cause);
            if self.mailbox.is_taking() {
                cx.act(Action::StopMessage(self.id, self.citizen));
            }
            return self.left_message(cx);
        }
        let served = self.achieved.talked || self.achieved.told || self.achieved.call_back;
        let cause = match cause.side {
            Side::Citizen if !served => Cause::new(Side::Citizen, Reason::GaveUp),
            _ => self.cause.unwrap_or(cause),
        };
        self.cause = Some(cause);
        (self.consult, self.parked) = (false, false);
        self.stop_waiting(cx);
        self.dismiss_watchers(cx);
        self.tell_desks_too_late(cx);
        if self.staff().len() >= 2 {
            return self.debrief(cx);
        }
        self.let_aside_go(cx, cause);
        for id in self.staff() {
            self.hang_up(cx, id, cause);
        }
        self.stage = Stage::Closing;
        if !self.legs.values().any(|l| matches!(l.state, LegState::Parting(_))) {
            self.end(cx, cause);
        }
    }

    /// Operator and desk talk on for a while.
    fn debrief(&mut self, cx: &mut Cx<'_>) {
        self.stage = Stage::Debrief;
        for id in self.staff().into_iter().chain(self.aside) {
            self.place(cx, id, Group::Main);
        }
        self.ring_back(cx);
        self.timers.set(Timer::Debrief, cx.after(self.plan.limits.debrief));
    }

    /// The desk has accepted: into the private talk, or into the room.
    pub(crate) fn desk_accepted(&mut self, cx: &mut Cx<'_>, id: LegId, mode: Mode) {
        self.desk = Some(id);
        self.ring_back(cx);
        self.pick_up_aside(cx);
        match mode {
            Mode::Consult if self.operator.is_some() => {
                self.place(cx, id, Group::Private);
                self.event(cx, "room.consult", None, None, "");
            }
            Mode::Consult | Mode::Bridge => {
                self.bridged(cx);
                self.transferred(cx);
            }
        }
    }

    /// Citizen, desk and, when there is one, operator in one room.
    pub(crate) fn bridged(&mut self, cx: &mut Cx<'_>) {
        let (desk, party) = match self.desk.and_then(|id| self.legs.get(&id)) {
            Some(leg) => (leg.id, leg.party.desk),
            None => return,
        };
        self.served_by = party;
        self.asking = None;
        self.hush(cx);
        for timer in [Timer::Music, Timer::MenuCap, Timer::Key] {
            self.timers.stop(timer);
        }
        self.music = false;
        self.together(cx);
        self.place(cx, desk, Group::Main);
        // Who transferred is just leaving.
        let operators = |by: LegId| self.operator == Some(by) || self.aside == Some(by);
        let words = if self.transfer.is_some_and(operators) { 44 } else { 42 };
        self.play(cx, Hearers::Main, vec![Say::plain(words)]);
        self.event(cx, "room.bridged", None, None, "");
        self.update(cx);
    }

    /// An emergency line picked up.
    pub(crate) fn emergency_answered(&mut self, cx: &mut Cx<'_>, id: LegId) {
        match self.stage {
            Stage::Talk => {
                self.place(cx, id, Group::Main);
                self.update(cx);
            }
            Stage::Arriving | Stage::Opening | Stage::Lobby | Stage::Debrief | Stage::Closing => {
                self.hang_up(cx, id, Cause::new(Side::House, Reason::LateAnswer));
            }
            Stage::Survey | Stage::Message | Stage::Errand | Stage::Farewell | Stage::Over => {
                self.hang_up(cx, id, Cause::new(Side::House, Reason::LateAnswer));
            }
        }
    }

    /// Whoever was taken back and picked up all the same is told so (P52) and let go.
    pub(crate) fn late(&mut self, cx: &mut Cx<'_>, id: LegId) {
        let role = self.legs.get(&id).map(|l| l.role);
        let open = self.room && !self.is_over();
        match role {
            Some(SeatRole::Desk | SeatRole::Liaison) if open => self.part(cx, id),
            Some(_) | None => {
                cx.act(Action::HangUp(id, Cause::new(Side::House, Reason::LateAnswer)));
            }
        }
    }

    /// P52 to a desk that came too late.
    pub(crate) fn part(&mut self, cx: &mut Cx<'_>, id: LegId) {
        let late = self.legs.get(&id).is_some_and(|l| l.state == LegState::TakenBack);
        self.place(cx, id, Group::Alone);
        let play = self.play(cx, Hearers::Seat(id), vec![Say::plain(52)]);
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.state = LegState::Parting(play);
            leg.due = None;
        }
        if late {
            self.event(cx, "leg.late_answer", Some(id), None, "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_another_with_them() {
        for left in [Left::Ended, Left::Lost, Left::OnPurpose, Left::Desk] {
            for ringing in [false, true] {
                let stay = next(left, true, ringing);
                assert!(matches!(stay, Next::TalkOn | Next::Recover), "{left:?}: {stay:?}");
            }
        }
    }

    #[test]
    fn a_citizen_who_is_left_alone_is_never_dropped() {
        assert_eq!(next(Left::Ended, false, false), Next::Survey, "the operator's own end of a talk");
        assert_eq!(next(Left::Ended, false, true), Next::WaitForDesk);
        assert_eq!(next(Left::Lost, false, false), Next::RecoverAlone);
        assert_eq!(next(Left::Desk, false, false), Next::Return);
    }
}
