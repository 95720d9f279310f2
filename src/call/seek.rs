//! Looking for an operator: the queue's ticket, the one who had the call before, the shift leads.

use std::time::Duration;

use crate::action::{Action, Group, Ring, SeatRole};
use crate::call::{Call, Stage};
use crate::cause::{Cause, Reason, Side};
use crate::house::{Cx, House};
use crate::ids::{LegId, Name, Skill, StaffNo};
use crate::leg::{Leg, Party};
use crate::queue::Ticket;
use crate::records::ms;
use crate::timers::Timer;

/// Who did not pick up is not rung again for the same caller before this time.
const PAUSE: Duration = Duration::from_secs(20);
/// Operators who are remembered as tried. When full: the oldest may be rung again.
const MOST_TRIED: usize = 32;

/// Who is looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Seek {
    /// Anybody with the skill, in the queue's order.
    Skill,
    /// The operator who left (`false`) or was lost (`true`).
    Same(StaffNo, bool),
    /// A shift lead.
    Lead,
}

/// A caller who waits for an operator.
#[derive(Clone, Debug)]
pub(crate) struct Wait {
    pub(crate) ticket: Ticket,
    pub(crate) skill: Skill,
    pub(crate) seek: Seek,
    /// The operator's leg that rings.
    pub(crate) ringing: Option<LegId>,
    tried: Vec<(StaffNo, Duration)>,
    /// Entered the queue, UTC ms.
    pub(crate) since_utc: i64,
    entered: Duration,
    /// P11 was said; next time P12.
    pub(crate) told_next: bool,
}

impl Call {
    /// The skill that is waited for.
    pub(crate) fn skill(&self) -> Skill {
        self.wait.as_ref().map_or_else(|| self.default_skill(), |w| w.skill.clone())
    }

    /// Begins to look for an operator; `usual`: behind those who came before.
    pub(crate) fn wait_for(&mut self, cx: &mut Cx<'_>, seek: Seek, skill: Skill, usual: bool) {
        self.wait_as(cx, seek, skill, Ticket { usual, since: cx.now.mono, call: self.id });
        self.patience(cx);
    }

    /// Looks for an operator in the place of somebody who came so long ago; nothing is told or offered meanwhile.
    pub(crate) fn wait_in_place(&mut self, cx: &mut Cx<'_>, seek: Seek, skill: Skill, before: Duration) {
        let since = cx.now.mono.saturating_sub(before);
        self.wait_as(cx, seek, skill, Ticket { usual: !self.row.urgent, since, call: self.id });
    }

    fn wait_as(&mut self, cx: &mut Cx<'_>, seek: Seek, skill: Skill, ticket: Ticket) {
        if seek == Seek::Skill {
            cx.house.queue.enter(ticket, skill.clone());
        } else {
            cx.house.returning.insert(self.id);
        }
        self.event(cx, "queue.enter", None, None, format!("skill={}", skill.0));
        self.waits_by_number(cx);
        self.wait = Some(Wait {
            ticket,
            skill,
            seek,
            ringing: None,
            tried: Vec::new(),
            since_utc: cx.now.utc_ms,
            entered: cx.now.mono,
            told_next: false,
        });
    }

    /// When the place is told and the call-back offered.
    fn patience(&mut self, cx: &mut Cx<'_>) {
        let Some(wait) = &self.wait else { return };
        if wait.seek != Seek::Skill {
            return;
        }
        let greeting = &self.plan.greeting;
        let far = cx.house.queue.ahead(wait.ticket).saturating_add(1) > greeting.offer_position;
        let offer = match (far, self.recovering) {
            (true, false) => Duration::ZERO,
            (_, true) => self.limits().recover_offer,
            (false, false) => greeting.offer_after,
        };
        let announce = greeting.announce_after;
        self.timers.set(Timer::Announce, cx.after(announce));
        self.timers.set(Timer::Offer, cx.after(offer));
    }

    /// The queue of this skill, from the menu: the place is kept, who rings for another skill is let go.
    pub(crate) fn enter_queue(&mut self, cx: &mut Cx<'_>, skill: Skill) {
        self.asking = None;
        if self.wait.is_none() {
            if !self.somebody_serves(cx, &skill) {
                return self.voicemail(cx);
            }
            self.wait_for(cx, Seek::Skill, skill, true);
        } else if self.skill() != skill {
            self.release_ringing(cx, Cause::new(Side::House, Reason::Cancelled));
            if let Some(wait) = &mut self.wait {
                wait.skill = skill.clone();
                cx.house.queue.enter(wait.ticket, skill.clone());
            }
            if skill != self.default_skill() {
                self.timers.set(Timer::Offer, cx.after(self.plan.limits.english_wait));
            }
        }
        self.timers.stop(Timer::MenuCap);
    }

    /// Whom to ring now, if anybody is free.
    pub(crate) fn next_operator(&self, house: &House, now: Duration) -> Option<StaffNo> {
        let wait = self.wait.as_ref().filter(|w| w.ringing.is_none())?;
        let rested = |staff: &StaffNo| !wait.tried.iter().any(|(s, until)| s == staff && *until > now);
        match &wait.seek {
            Seek::Skill => house.agents.free(&wait.skill).find(|s| rested(s)).cloned(),
            Seek::Same(staff, _) => house.agents.may_return(staff).then(|| staff.clone()),
            Seek::Lead => {
                self.plan.shift_leads.iter().find(|s| rested(s) && house.agents.may_return(s)).cloned()
            }
        }
    }

    /// Rings an operator for this call.
    pub(crate) fn ring_operator(&mut self, cx: &mut Cx<'_>, staff: &StaffNo) {
        let Some(address) = cx.house.agents.address(staff) else { return };
        let lead = self.wait.as_ref().is_some_and(|w| w.seek == Seek::Lead);
        let role = if lead { SeatRole::Supervisor } else { SeatRole::Operator };
        let party =
            Party { staff: Some(staff.clone()), desk: None, address: Some(address), word: staff.0.clone() };
        let due =
            cx.after(if self.recovering { self.limits().recover_ring } else { self.limits().operator_ring });
        let id = self.ring(cx, role, party, Some(due));
        cx.house.agents.ring(staff, self.id);
        if let Some(wait) = &mut self.wait {
            wait.ringing = Some(id);
        }
        self.event(cx, "agent.ring", Some(id), None, "");
    }

    /// Calls somebody for a seat of this call.
    pub(crate) fn ring(
        &mut self,
        cx: &mut Cx<'_>,
        seat: SeatRole,
        party: Party,
        due: Option<Duration>,
    ) -> LegId {
        let id = cx.mint_leg(self.id);
        let attempt = self.attempts.entry(seat).or_default();
        *attempt = attempt.saturating_add(1);
        let (to, desk) = (party.address.clone(), party.desk);
        let mut leg = Leg::new(cx.now, self.id, id, seat, party, *attempt);
        leg.due = due;
        self.forget_old_legs(cx);
        self.legs.insert(id, leg);
        if let Some(to) = to {
            let display = self.display();
            cx.act(Action::Ring(Ring {
                call: self.id,
                leg: id,
                to,
                seat,
                desk,
                display,
                lang: self.row.lang,
            }));
        }
        self.record_leg(cx, id);
        self.event(cx, "leg.invited", Some(id), None, "");
        id
    }

    /// What a phone of ours may show of the call: the case, or the last four digits of the caller.
    fn display(&self) -> Name {
        let case = self.row.case.as_ref().map(|c| Name::from(c.reveal()));
        case.unwrap_or_else(|| self.row.caller.number.tail(4).into())
    }

    /// A call of hours may ring many people: rows that are written need no place here.
    fn forget_old_legs(&mut self, cx: &mut Cx<'_>) {
        /// More than this, and the oldest that is over is forgotten.
        const MOST_LEGS: usize = 64;
        if self.legs.len() >= MOST_LEGS {
            let old = self.legs.values().find(|l| !l.alive() && l.id != self.citizen).map(|l| l.id);
            if let Some(old) = old {
                self.legs.remove(&old);
                cx.house.legs.remove(&old);
            }
        }
    }

    /// An operator picked up.
    pub(crate) fn operator_answered(&mut self, cx: &mut Cx<'_>, id: LegId) {
        let staff = self.legs.get(&id).and_then(|l| l.party.staff.clone());
        if let Some(wait) = &mut self.wait {
            wait.ringing = None;
        }
        self.event(cx, "agent.answer", Some(id), None, "");
        self.stop_waiting(cx);
        if let Some(staff) = staff {
            cx.house.agents.talk(&staff, self.id);
            if self.row.operator.is_none() {
                self.row.wait_ms = ms(cx.now.mono.saturating_sub(self.began));
            }
            self.row.operator = Some(staff.clone());
            self.last_operator = Some(staff);
        }
        self.operator = Some(id);
        match self.stage {
            Stage::Opening => self.place(cx, id, Group::Alone),
            Stage::Errand => self.operator_for_errand(cx, id),
            _ => self.operator_joins(cx),
        }
    }

    /// The speech path opens between citizen and operator.
    pub(crate) fn operator_joins(&mut self, cx: &mut Cx<'_>) {
        let Some(operator) = self.operator else { return };
        self.recovering = false;
        self.asking = None;
        self.typed.clear();
        self.hush(cx);
        for timer in [Timer::Music, Timer::MenuCap, Timer::Key, Timer::Store] {
            self.timers.stop(timer);
        }
        self.music = false;
        self.stage = Stage::Talk;
        self.set_background(cx);
        self.place(cx, operator, Group::Main);
        self.seat_watchers(cx);
        self.ring_back(cx);
        self.connected(cx);
        self.update(cx);
    }

    /// An operator did not pick up: the next one. Who is looked for by name and whose phone went meanwhile, as with a page
    /// that is loaded anew, is waited for: the phone comes back, and is rung again until patience ends.
    pub(crate) fn operator_missed(&mut self, cx: &mut Cx<'_>, id: LegId, cause: Cause) {
        let Some(wait) = self.wait.as_mut().filter(|w| w.ringing == Some(id)) else { return };
        wait.ringing = None;
        let comes_back = cause.reason == Reason::Unregistered && matches!(wait.seek, Seek::Same(..));
        let missed = self.legs.get(&id).filter(|_| !comes_back).and_then(|l| l.party.staff.clone());
        if let Some(staff) = missed {
            wait.tried.push((staff, cx.now.mono.saturating_add(PAUSE)));
            if wait.tried.len() > MOST_TRIED {
                wait.tried.remove(0);
            }
        }
        self.event(cx, "agent.reject", Some(id), Some(cause), "");
        if !self.gave_last_chance(cx) && !comes_back {
            self.seek_on(cx);
        }
    }

    /// Who was looked for by name did not come: the next best.
    pub(crate) fn seek_on(&mut self, cx: &mut Cx<'_>) {
        let Some(wait) = self.wait.as_mut().filter(|w| w.ringing.is_none()) else { return };
        wait.seek = match &wait.seek {
            Seek::Skill => return,
            Seek::Same(_, true) => Seek::Lead,
            Seek::Same(_, false) => Seek::Skill,
            Seek::Lead => Seek::Lead,
        };
        let found = self.next_operator(cx.house, cx.now.mono).is_some();
        let Some(wait) = self.wait.as_mut() else { return };
        if wait.seek == Seek::Lead && !found {
            wait.seek = Seek::Skill;
        }
        if wait.seek == Seek::Skill {
            // Whoever comes back goes first; a call-back has the place that it had.
            wait.ticket.usual = self.stage == Stage::Errand;
            cx.house.returning.remove(&self.id);
            cx.house.queue.enter(wait.ticket, wait.skill.clone());
            if self.stage != Stage::Errand {
                self.patience(cx);
            }
        }
    }

    /// Nobody is looked for any more.
    pub(crate) fn stop_waiting(&mut self, cx: &mut Cx<'_>) {
        if self.wait.is_none() {
            return;
        }
        self.release_ringing(cx, Cause::new(Side::House, Reason::Cancelled));
        let Some(wait) = self.wait.take() else { return };
        cx.house.queue.leave(wait.ticket);
        cx.house.returning.remove(&self.id);
        self.row.queue_ms = self.row.queue_ms.saturating_add(ms(cx.now.mono.saturating_sub(wait.entered)));
        for timer in [Timer::Announce, Timer::Offer, Timer::Seek] {
            self.timers.stop(timer);
        }
        self.event(cx, "queue.leave", None, None, "");
    }

    /// The operator who rings is let go.
    fn release_ringing(&mut self, cx: &mut Cx<'_>, cause: Cause) {
        if let Some(id) = self.wait.as_mut().and_then(|w| w.ringing.take()) {
            self.hang_up(cx, id, cause);
        }
    }

    /// The phone of this operator is gone: ringing there is over, and a talk goes into recovery.
    pub(crate) fn operator_unregistered(&mut self, cx: &mut Cx<'_>, staff: &StaffNo) {
        let of = |l: &&Leg| l.alive() && l.party.staff.as_ref() == Some(staff);
        let operates = |l: &&Leg| matches!(l.role, SeatRole::Operator | SeatRole::Supervisor);
        let Some(leg) = self.legs.values().filter(operates).find(of) else { return };
        let (id, ringing, beside) = (leg.id, leg.is_ringing(), leg.watch.is_some());
        let cause = Cause::new(Side::Network, Reason::Unregistered);
        self.hang_up(cx, id, cause);
        if beside {
            return self.watcher_left(cx, id);
        }
        if ringing {
            self.operator_missed(cx, id, cause);
        } else {
            self.operator_lost(cx);
        }
    }
}
