//! How what happens reaches a call: legs, keys, sounds, answers and deadlines, each handed to the stage that it is for.

use std::time::Duration;

use crate::action::{Action, Lookup, SeatRole, Transferred};
use crate::call::{After, Call, MOST_TYPED, Stage};
use crate::cause::{Cause, Reason, Side};
use crate::event::{Key, LegEvent, Message};
use crate::house::Cx;
use crate::ids::{LegId, PlayId};
use crate::leg::{Leg, LegState};
use crate::timers::Timer;

impl Call {
    /// Something happened to a leg of this call.
    pub(crate) fn leg_event(&mut self, cx: &mut Cx<'_>, id: LegId, event: LegEvent) {
        let aside = self.aside == Some(id);
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let state = leg.state;
        match event {
            // Told by nobody: we answer it ourselves.
            LegEvent::Ringing | LegEvent::Answered | LegEvent::Failed(_) if aside => {}
            LegEvent::Ended(cause) if aside => self.aside_ended(cx, id, cause),
            LegEvent::Ringing if state == LegState::Invited => {
                leg.state = LegState::Ringing;
                leg.since = cx.now.utc_ms;
                leg.row.ringing_at = Some(cx.now.utc_ms);
                self.event(cx, "leg.progress", Some(id), None, "");
                if let Some(by) = self.transfer {
                    self.tell_transfer(cx, by, Transferred::Ringing);
                }
            }
            LegEvent::Answered if leg.is_ringing() => self.answered_leg(cx, id),
            LegEvent::Answered if state == LegState::TakenBack => self.late(cx, id),
            LegEvent::Failed(cause) if leg.is_ringing() => self.leg_failed(cx, id, cause),
            LegEvent::Ended(cause) if leg.alive() => self.leg_ended(cx, id, cause),
            LegEvent::Hold if leg.alive() => self.held(cx, id, true),
            LegEvent::Unhold if leg.alive() => self.held(cx, id, false),
            LegEvent::Moved if leg.alive() => {
                self.event(cx, "leg.moved", Some(id), None, "");
                self.held(cx, id, false);
            }
            LegEvent::MediaLost if state == LegState::Up => self.media_lost(cx, id),
            LegEvent::MediaBack => leg.lost = None,
            // What does not fit the leg's state came too late and changes nothing.
            LegEvent::Ringing
            | LegEvent::Answered
            | LegEvent::Failed(_)
            | LegEvent::Ended(_)
            | LegEvent::Hold
            | LegEvent::Unhold
            | LegEvent::Moved
            | LegEvent::MediaLost => {}
        }
    }

    fn answered_leg(&mut self, cx: &mut Cx<'_>, id: LegId) {
        let (contact, called) = (self.is_contact(id), self.is_called_citizen(id));
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.state = LegState::Up;
        leg.row.answered_at = Some(cx.now.utc_ms);
        leg.since = cx.now.utc_ms;
        leg.due = None;
        if leg.watch.is_some() {
            return self.watcher_answered(cx, id);
        }
        match leg.role {
            SeatRole::Citizen if called => self.citizen_answered(cx, id),
            SeatRole::Citizen => {}
            SeatRole::Desk | SeatRole::Liaison if contact => self.contact_answered(cx, id),
            SeatRole::Operator | SeatRole::Supervisor => self.operator_answered(cx, id),
            SeatRole::Desk | SeatRole::Liaison => self.whisper(cx, id),
            SeatRole::Emergency => self.emergency_answered(cx, id),
        }
    }

    pub(crate) fn leg_failed(&mut self, cx: &mut Cx<'_>, id: LegId, cause: Cause) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let (role, beside) = (leg.role, leg.watch.is_some());
        leg.over(cx.now, LegState::Over, cause);
        self.event(cx, "leg.failed", Some(id), Some(cause), "");
        self.set_free(cx, id);
        self.record_leg(cx, id);
        match role {
            _ if beside => {}
            SeatRole::Operator | SeatRole::Supervisor => self.operator_missed(cx, id, cause),
            SeatRole::Desk | SeatRole::Liaison if self.is_contact(id) => self.contact_failed(cx, id, cause),
            SeatRole::Desk | SeatRole::Liaison => self.member_failed(cx, id),
            SeatRole::Citizen => self.citizen_missed(cx, cause),
            SeatRole::Emergency => {}
        }
    }

    /// The far end ended a leg.
    fn leg_ended(&mut self, cx: &mut Cx<'_>, id: LegId, cause: Cause) {
        let Some((role, beside)) = self.legs.get(&id).map(|l| (l.role, l.watch.is_some())) else { return };
        match role {
            _ if beside => {
                self.stand_up(cx, id, cause, false);
                self.watcher_left(cx, id);
            }
            SeatRole::Citizen if self.is_called_citizen(id) => {
                self.stand_up(cx, id, cause, false);
                self.citizen_missed(cx, cause);
            }
            SeatRole::Citizen => self.citizen_left(cx, cause),
            SeatRole::Operator | SeatRole::Supervisor => self.operator_ended(cx, id, cause),
            SeatRole::Desk | SeatRole::Liaison => self.desk_ended(cx, id, cause),
            SeatRole::Emergency => {
                self.stand_up(cx, id, cause, false);
                self.staff_left(cx);
            }
        }
    }

    /// RFC 3264 hold by a phone: the leg is kept and muted, so that no music enters the mix.
    fn held(&mut self, cx: &mut Cx<'_>, id: LegId, on: bool) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if on == leg.held.is_some() {
            return;
        }
        leg.since = cx.now.utc_ms;
        if on {
            leg.held = Some(cx.now.mono);
            leg.lost = None;
        } else {
            leg.unheld(cx.now.mono);
        }
        if leg.seat.is_some() && !leg.muted {
            cx.act(Action::Mute(self.id, id, on));
        }
        self.event(cx, if on { "leg.hold" } else { "leg.unhold" }, Some(id), None, "");
    }

    /// A leg that is on hold may be silent; another is hung up when its sound does not come back.
    fn media_lost(&mut self, cx: &mut Cx<'_>, id: LegId) {
        /// The event comes after so much silence, as media is set.
        const TOLD_AFTER: Duration = Duration::from_secs(10);
        let patience = self.limits().media_lost_hang_up.saturating_sub(TOLD_AFTER);
        let Some(leg) = self.legs.get_mut(&id).filter(|l| l.held.is_none()) else { return };
        leg.lost = Some(cx.after(patience));
        self.event(cx, "leg.media_lost", Some(id), None, "");
    }

    /// A key of anybody.
    pub(crate) fn key(&mut self, cx: &mut Cx<'_>, id: LegId, key: Key) {
        let Some((state, beside)) = self.legs.get(&id).map(|l| (l.state, l.watch.is_some())) else { return };
        // Who is beside the call gives no orders by key.
        if beside {
            return;
        }
        if self.stage == Stage::Errand {
            return self.contact_key(cx, id, key);
        }
        if id == self.citizen {
            match self.stage {
                Stage::Opening if self.typed.len() < MOST_TYPED => self.typed.push_back(key),
                Stage::Lobby | Stage::Survey | Stage::Message => self.citizen_keyed(cx, key),
                Stage::Talk => self.code_key(cx, id, key),
                Stage::Arriving
                | Stage::Opening
                | Stage::Errand
                | Stage::Debrief
                | Stage::Closing
                | Stage::Farewell
                | Stage::Over => {}
            }
            return;
        }
        match state {
            LegState::Whisper(..) => self.whisper_key(cx, id, key),
            LegState::Reason => self.reason_key(cx, id, key),
            LegState::Up if self.stage == Stage::Talk => self.code_key(cx, id, key),
            LegState::Up
            | LegState::Invited
            | LegState::Ringing
            | LegState::Parting(_)
            | LegState::TakenBack
            | LegState::Over => {}
        }
    }

    /// Something was said to its end.
    pub(crate) fn play_done(&mut self, cx: &mut Cx<'_>, play: PlayId) {
        if let Some(speech) = self.speech.take_if(|s| s.play == play) {
            return self.said(cx, speech.after);
        }
        if self.said_to_contact(cx, play) {
            return;
        }
        let of = |l: &&Leg| matches!(l.state, LegState::Parting(p) if p == play);
        let parting = self.legs.values().find(of).map(|l| l.id);
        if let Some(id) = parting {
            self.hang_up(cx, id, Cause::new(Side::House, Reason::LateAnswer));
            self.closed_in(cx);
        }
    }

    fn said(&mut self, cx: &mut Cx<'_>, after: After) {
        match after {
            After::Nothing => self.fell_silent(cx),
            After::Opening => self.opened(cx),
            After::Noticed => self.noticed(cx),
            After::Then(next) => self.greet_on(cx, next),
            After::Keys(patience) => self.timers.set(Timer::Key, cx.after(patience)),
            After::Message => self.take_message(cx),
            After::HangUp => {
                let cause = self.cause.unwrap_or(Cause::new(Side::House, Reason::Finished));
                self.end(cx, cause);
            }
        }
    }

    /// The store answers.
    pub(crate) fn found(&mut self, cx: &mut Cx<'_>, lookup: Lookup) {
        if self.timers.runs(Timer::Store) {
            self.timers.stop(Timer::Store);
            match self.stage {
                Stage::Lobby => self.looked_up(cx, lookup),
                Stage::Message | Stage::Closing => self.case_made(cx, &lookup),
                Stage::Errand => self.found_of_unit(cx, lookup),
                Stage::Arriving
                | Stage::Opening
                | Stage::Talk
                | Stage::Debrief
                | Stage::Survey
                | Stage::Farewell
                | Stage::Over => {}
            }
        }
    }

    pub(crate) fn message_taken(&mut self, cx: &mut Cx<'_>, message: Message) {
        match self.stage {
            Stage::Message | Stage::Closing => self.took_message(cx, message),
            Stage::Arriving
            | Stage::Opening
            | Stage::Errand
            | Stage::Lobby
            | Stage::Talk
            | Stage::Debrief
            | Stage::Survey
            | Stage::Farewell
            | Stage::Over => {}
        }
    }

    /// When this call wants to be woken.
    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        let legs = self.legs.values().filter_map(Leg::next_timeout).min();
        [self.timers.next(), legs].into_iter().flatten().min()
    }

    /// Everything that is due.
    pub(crate) fn timeout(&mut self, cx: &mut Cx<'_>) {
        while let Some(timer) = self.timers.pop(cx.now.mono) {
            self.fire(cx, timer);
        }
        let due = |l: &Leg| l.next_timeout().is_some_and(|at| at <= cx.now.mono);
        let legs: Vec<LegId> = self.legs.values().filter(|l| due(l)).map(|l| l.id).collect();
        for id in legs {
            self.leg_due(cx, id);
        }
    }

    fn fire(&mut self, cx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::Journal => self.not_journaled(cx),
            Timer::Music => self.music_begins(cx),
            Timer::Announce => self.announce(cx),
            Timer::Offer => self.offer_call_back(cx),
            Timer::Key if self.stage == Stage::Errand => self.contact_silent(cx),
            Timer::Key => self.nothing_keyed(cx),
            Timer::Errand => self.errand_waited(cx),
            Timer::MenuCap => self.menu_capped(cx),
            Timer::Seek => self.seek_on(cx),
            Timer::Hunt => self.hunt_timed_out(cx),
            Timer::DeskWait => self.desk_waited(cx),
            Timer::StillTrying => self.still_trying(cx),
            Timer::Debrief => {
                let cause = self.cause.unwrap_or(Cause::new(Side::House, Reason::Finished));
                self.end(cx, cause);
            }
            Timer::Store => {
                self.timers.set(Timer::Store, cx.now.mono);
                self.found(cx, Lookup::Unavailable);
            }
        }
    }

    fn leg_due(&mut self, cx: &mut Cx<'_>, id: LegId) {
        let now = cx.now.mono;
        let calling = self.is_calling();
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.lost.is_some_and(|at| at <= now) {
            leg.lost = None;
            return self.cut_off(cx, id);
        }
        if leg.keypad.until().is_some_and(|at| at <= now) {
            let keyed = leg.keypad.time_out(leg.role, calling);
            return self.coded(cx, id, keyed);
        }
        if leg.due.take_if(|at| *at <= now).is_none() {
            return;
        }
        match leg.state {
            LegState::Invited | LegState::Ringing => self.unanswered(cx, id),
            LegState::Whisper(times, _) => self.whisper_again(cx, id, times),
            LegState::Reason => self.decline(cx, id, None),
            LegState::Up | LegState::Parting(_) | LegState::TakenBack | LegState::Over => {}
        }
    }

    /// Nobody picked up in time.
    fn unanswered(&mut self, cx: &mut Cx<'_>, id: LegId) {
        let Some((role, beside)) = self.legs.get(&id).map(|l| (l.role, l.watch.is_some())) else { return };
        let cause = Cause::new(Side::Callee, Reason::NoAnswer);
        self.hang_up(cx, id, cause);
        match role {
            _ if beside => {}
            SeatRole::Operator | SeatRole::Supervisor => self.operator_missed(cx, id, cause),
            SeatRole::Desk | SeatRole::Liaison if self.is_contact(id) => self.contact_failed(cx, id, cause),
            SeatRole::Desk | SeatRole::Liaison => self.member_failed(cx, id),
            SeatRole::Citizen => self.citizen_missed(cx, cause),
            SeatRole::Emergency => {}
        }
    }

    /// A leg's sound did not come back.
    fn cut_off(&mut self, cx: &mut Cx<'_>, id: LegId) {
        let Some((role, beside)) = self.legs.get(&id).map(|l| (l.role, l.watch.is_some())) else { return };
        let cause = Cause::new(Side::Network, Reason::MediaLost);
        self.hang_up(cx, id, cause);
        if self.aside == Some(id) {
            return self.aside_is_over(cx);
        }
        match role {
            _ if beside => self.watcher_left(cx, id),
            SeatRole::Citizen if self.is_called_citizen(id) => self.citizen_missed(cx, cause),
            SeatRole::Citizen => self.citizen_cut_off(cx, cause),
            SeatRole::Operator | SeatRole::Supervisor => self.operator_lost(cx),
            SeatRole::Desk | SeatRole::Liaison => self.desk_left(cx, id),
            SeatRole::Emergency => self.staff_left(cx),
        }
    }
}
