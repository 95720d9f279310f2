//! Looking for a desk: members of the window, other windows of the unit, the unit's liaison, one after the other.

use std::collections::VecDeque;

use crate::action::{Group, Hearers, Say, SeatRole};
use crate::call::{After, Call, Stage};
use crate::cause::{Cause, Reason, Side};
use crate::event::Mode;
use crate::house::{Cx, House};
use crate::ids::{Address, DeskNo, LegId, ServiceCode, StaffNo};
use crate::leg::{LegState, Party};
use crate::plan;
use crate::timers::Timer;

/// Whom the hunt is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// A window desk.
    Desk(DeskNo),
    /// Any desk that serves this.
    Service(ServiceCode),
    /// A person or number of the allow-list.
    Address(Address),
}

/// Somebody to ring.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Candidate {
    staff: Option<StaffNo>,
    desk: Option<DeskNo>,
    address: Address,
    seat: SeatRole,
    /// Rung together with the one before.
    together: bool,
}

/// A hunt that is under way.
#[derive(Clone, Debug)]
pub(crate) struct Hunt {
    pub(crate) mode: Mode,
    candidates: VecDeque<Candidate>,
    attempts: u8,
    /// Who is rung or hears the whisper now.
    legs: Vec<LegId>,
    /// A member who is in another call is waited for.
    waits: bool,
    waited: bool,
}

impl Hunt {
    /// A member's phone points to another one, which is rung in its place; that counts as an attempt.
    pub(crate) fn divert(
        &mut self,
        staff: Option<StaffNo>,
        desk: Option<DeskNo>,
        address: Address,
        seat: SeatRole,
    ) {
        self.candidates.push_front(Candidate { staff, desk, address, seat, together: false });
    }

    /// Whether it rings this leg, or waits for its key.
    pub(crate) fn rings(&self, leg: LegId) -> bool {
        self.legs.contains(&leg)
    }
}

impl Call {
    /// Begins to look for a desk; the citizen and operator are told by P40, or part for a private talk.
    pub(crate) fn start_hunt(&mut self, cx: &mut Cx<'_>, target: Target, mode: Mode, override_hours: bool) {
        let candidates = self.candidates(cx, &target, override_hours);
        self.declined.clear();
        self.service = match &target {
            Target::Service(code) => Some(code.clone()),
            Target::Desk(no) => {
                self.plan.services.values().find(|s| s.desks.contains(no)).map(|s| s.code.clone())
            }
            Target::Address(_) => None,
        };
        let named = candidates.front().and_then(|c| c.desk);
        self.hunt =
            Some(Hunt { mode, candidates, attempts: 0, legs: Vec::new(), waits: false, waited: false });
        self.timers.set(Timer::Hunt, cx.after(self.plan.limits.desk_hunt));
        self.event(cx, "room.ringing", None, None, named.map_or_else(String::new, |no| format!("desk={no}")));
        match mode {
            Mode::Consult => self.part_for_consult(cx),
            Mode::Bridge if self.stage == Stage::Talk => {
                if let Some(no) = named {
                    let say = vec![Say::Prompt(crate::ids::PromptId(40), vec![self.spoken_desk(no)])];
                    self.play(cx, Hearers::Seat(self.citizen), say);
                }
            }
            Mode::Bridge => {}
        }
        self.ring_back(cx);
        self.set_background(cx);
        self.ring_next(cx);
    }

    /// The citizen hears music, the operator waits for the desk in private.
    fn part_for_consult(&mut self, cx: &mut Cx<'_>) {
        self.consult = true;
        self.place(cx, self.citizen, Group::Alone);
        self.set_background(cx);
        if let Some(operator) = self.operator {
            self.place(cx, operator, Group::Private);
        }
        self.timers.set(Timer::StillTrying, cx.after(self.plan.limits.still_trying));
    }

    /// P41 for the citizen who waits.
    pub(crate) fn still_trying(&mut self, cx: &mut Cx<'_>) {
        if self.consult {
            self.play(cx, Hearers::Seat(self.citizen), vec![Say::plain(41)]);
            self.timers.set(Timer::StillTrying, cx.after(self.plan.limits.still_trying));
        }
    }

    fn candidates(&self, cx: &Cx<'_>, target: &Target, override_hours: bool) -> VecDeque<Candidate> {
        let desks: Vec<&plan::Desk> = match target {
            Target::Desk(no) => self.plan.desks.get(no).into_iter().collect(),
            Target::Service(code) => {
                let service = self.plan.services.get(code);
                service.into_iter().flat_map(|s| &s.desks).filter_map(|no| self.plan.desks.get(no)).collect()
            }
            Target::Address(address) => {
                let (staff, seat, address) = (None, SeatRole::Desk, address.clone());
                return VecDeque::from([Candidate { staff, desk: None, address, seat, together: false }]);
            }
        };
        let open = |desk: &&plan::Desk| override_hours || self.is_open(cx, desk.no);
        let mut list: VecDeque<Candidate> = VecDeque::new();
        let others = desks.iter().flat_map(|d| self.windows_beside(d.no)).collect::<Vec<_>>();
        let mut seen: Vec<DeskNo> = Vec::new();
        for desk in desks.iter().copied().chain(others).filter(open) {
            if !seen.contains(&desk.no) {
                seen.push(desk.no);
                let fresh = members(cx, desk, &list);
                list.extend(fresh);
            }
        }
        let unit = desks.first().and_then(|d| self.plan.units.get(&d.unit));
        if let Some(liaison) = unit.and_then(|u| u.contacts.first()) {
            list.push_back(Candidate {
                staff: Some(liaison.staff.clone()),
                desk: None,
                address: liaison.address.clone(),
                seat: SeatRole::Liaison,
                together: false,
            });
        }
        list
    }

    /// Other windows of the same unit that offer a service of this one.
    fn windows_beside(&self, no: DeskNo) -> Vec<&plan::Desk> {
        let unit = self.plan.desks.get(&no).map(|d| &d.unit);
        let shares = |other: &plan::Desk| {
            self.plan.services.values().any(|s| s.desks.contains(&no) && s.desks.contains(&other.no))
        };
        let beside = |d: &&plan::Desk| d.no != no && Some(&d.unit) == unit && shares(d);
        self.plan.desks.values().filter(beside).collect()
    }

    /// Rings the next member, or the members that are rung together; gives up when there is none.
    pub(crate) fn ring_next(&mut self, cx: &mut Cx<'_>) {
        loop {
            let Some(hunt) = self.hunt.as_mut() else { return };
            if !hunt.legs.is_empty() {
                return;
            }
            let Some(candidate) =
                hunt.candidates.front().filter(|_| hunt.attempts < self.plan.limits.desk_attempts)
            else {
                return self.exhausted(cx);
            };
            if !cx.house.reachable(&candidate.address) {
                self.pass_over(cx, Reason::Absent);
                continue;
            }
            match cx.house.members.taken(&candidate.address) {
                Some(call) if call == self.id || hunt.waited => self.pass_over(cx, Reason::Busy),
                Some(_) => {
                    hunt.waits = true;
                    cx.house.desk_waits.insert(self.id);
                    return self.timers.set(Timer::DeskWait, cx.after(self.plan.limits.desk_wait));
                }
                None => return self.ring_members(cx),
            }
        }
    }

    /// A member who can't be rung is no attempt.
    fn pass_over(&mut self, cx: &mut Cx<'_>, reason: Reason) {
        let Some(candidate) = self.hunt.as_mut().and_then(|h| h.candidates.pop_front()) else { return };
        let who = candidate.staff.map_or_else(String::new, |s| format!("staff={}", s.0));
        self.event(cx, "leg.failed", None, Some(Cause::new(Side::Callee, reason)), who);
    }

    fn ring_members(&mut self, cx: &mut Cx<'_>) {
        let due = cx.after(self.plan.limits.desk_ring);
        let mut first = true;
        while let Some(hunt) = self.hunt.as_mut() {
            if !first && !hunt.candidates.front().is_some_and(|c| c.together) {
                return;
            }
            let Some(candidate) = hunt.candidates.pop_front() else { return };
            let free = cx.house.reachable(&candidate.address)
                && cx.house.members.taken(&candidate.address).is_none();
            if !free {
                continue;
            }
            hunt.attempts = hunt.attempts.saturating_add(u8::from(first));
            first = false;
            let word = candidate.staff.as_ref().map_or_else(|| "".into(), |s| s.0.clone());
            cx.house.members.take(&candidate.address, self.id);
            let address = Some(candidate.address);
            let party = Party { staff: candidate.staff, desk: candidate.desk, address, word };
            let leg = self.ring(cx, candidate.seat, party, Some(due));
            if let Some(hunt) = self.hunt.as_mut() {
                hunt.legs.push(leg);
            }
        }
    }

    /// Whether the member who is waited for has left the other call.
    pub(crate) fn wanted_desk_is_free(&self, house: &House) -> bool {
        let wanted = self.hunt.as_ref().filter(|h| h.waits).and_then(|h| h.candidates.front());
        wanted.is_some_and(|c| house.members.taken(&c.address).is_none())
    }

    /// The member who was in another call may be free now.
    pub(crate) fn desk_freed(&mut self, cx: &mut Cx<'_>) {
        let waits = self.hunt.as_mut().is_some_and(|h| std::mem::take(&mut h.waits));
        cx.house.desk_waits.remove(&self.id);
        if waits {
            self.timers.stop(Timer::DeskWait);
            self.ring_next(cx);
        }
    }

    /// Waited long enough for a member in another call: the next one.
    pub(crate) fn desk_waited(&mut self, cx: &mut Cx<'_>) {
        cx.house.desk_waits.remove(&self.id);
        if let Some(hunt) = self.hunt.as_mut().filter(|h| h.waits) {
            (hunt.waits, hunt.waited) = (false, true);
            self.ring_next(cx);
        }
    }

    /// A member did not come to join: when all who were rung together did not, the next one.
    pub(crate) fn member_failed(&mut self, cx: &mut Cx<'_>, id: LegId) {
        if let Some(hunt) = self.hunt.as_mut() {
            hunt.legs.retain(|leg| *leg != id);
            self.ring_next(cx);
        }
    }

    /// The time for the whole hunt is over; who listens to the whisper may still accept.
    pub(crate) fn hunt_timed_out(&mut self, cx: &mut Cx<'_>) {
        let Some(hunt) = self.hunt.as_mut() else { return };
        hunt.candidates.clear();
        let legs = hunt.legs.clone();
        hunt.legs.retain(|id| !self.legs.get(id).is_some_and(|l| l.is_ringing()));
        for id in legs {
            if self.legs.get(&id).is_some_and(|l| l.is_ringing()) {
                self.hang_up(cx, id, Cause::new(Side::Callee, Reason::NoAnswer));
            }
        }
        self.ring_next(cx);
    }

    /// Nobody is left to ring: P43, and back to the talk.
    fn exhausted(&mut self, cx: &mut Cx<'_>) {
        let why = self.why_nobody();
        self.not_transferred(cx, why);
        self.let_aside_go(cx, why);
        self.stop_hunt(cx);
        self.event(cx, "room.reduced", None, Some(Cause::new(Side::Callee, Reason::Exhausted)), "");
        self.back_to_talk(cx);
    }

    /// What a phone that wants to transfer is told: why the last one who was rung did not come.
    fn why_nobody(&self) -> Cause {
        let nobody = Cause::new(Side::Callee, Reason::Exhausted);
        let rung = self.hunt.as_ref().is_some_and(|h| h.attempts > 0);
        let called = |l: &&crate::leg::Leg| matches!(l.role, SeatRole::Desk | SeatRole::Liaison);
        let last = self.legs.values().rev().find(called).and_then(|l| l.row.result);
        match last.filter(|_| rung).map(|c| c.reason) {
            Some(reason @ (Reason::Busy | Reason::NoAnswer | Reason::Declined | Reason::Outside)) => {
                Cause::new(Side::Callee, reason)
            }
            Some(_) | None => nobody,
        }
    }

    /// After a hunt that came to nothing.
    pub(crate) fn back_to_talk(&mut self, cx: &mut Cx<'_>) {
        match self.stage {
            Stage::Talk => {
                self.regroup(cx);
                self.play(cx, Hearers::Main, vec![Say::plain(43)]);
            }
            Stage::Lobby => {
                self.music = true;
                self.set_background(cx);
                if self.wait.is_none() {
                    let skill = self.default_skill();
                    self.wait_for(cx, crate::seek::Seek::Skill, skill, false);
                }
                self.connecting = true;
                self.speak(cx, vec![Say::plain(4)], After::Nothing);
            }
            Stage::Arriving | Stage::Opening | Stage::Debrief | Stage::Closing => {}
            Stage::Survey | Stage::Message | Stage::Errand | Stage::Farewell | Stage::Over => {}
        }
    }

    /// Looking for a desk ends; whoever is rung or hears the whisper is let go.
    pub(crate) fn stop_hunt(&mut self, cx: &mut Cx<'_>) {
        cx.house.desk_waits.remove(&self.id);
        let Some(hunt) = self.hunt.take() else { return };
        self.not_transferred(cx, Cause::new(Side::House, Reason::Cancelled));
        if self.desk.is_none() {
            self.let_aside_go(cx, Cause::new(Side::House, Reason::Cancelled));
        }
        for timer in [Timer::Hunt, Timer::DeskWait] {
            self.timers.stop(timer);
        }
        for id in hunt.legs {
            self.hang_up(cx, id, Cause::new(Side::House, Reason::Cancelled));
        }
        self.ring_back(cx);
        self.set_background(cx);
    }

    /// The citizen is gone: who is rung is cancelled, who hears the whisper is told (P52).
    pub(crate) fn tell_desks_too_late(&mut self, cx: &mut Cx<'_>) {
        let Some(hunt) = self.hunt.as_mut() else { return };
        let whispering = |s: Option<LegState>| matches!(s, Some(LegState::Whisper(..) | LegState::Reason));
        let (told, rung): (Vec<LegId>, Vec<LegId>) = std::mem::take(&mut hunt.legs)
            .into_iter()
            .partition(|id| whispering(self.legs.get(id).map(|l| l.state)));
        hunt.legs = rung;
        self.stop_hunt(cx);
        for id in told {
            self.part(cx, id);
        }
    }

    /// A member accepted: the others who were rung with it are let go.
    pub(crate) fn hunt_won(&mut self, cx: &mut Cx<'_>, id: LegId) -> Mode {
        let Some(mut hunt) = self.hunt.take() else { return Mode::Bridge };
        cx.house.desk_waits.remove(&self.id);
        for timer in [Timer::Hunt, Timer::DeskWait] {
            self.timers.stop(timer);
        }
        hunt.legs.retain(|leg| *leg != id);
        for other in hunt.legs {
            // Side `Callee`: another member took it ("call completed elsewhere").
            self.hang_up(cx, other, Cause::new(Side::Callee, Reason::Cancelled));
        }
        hunt.mode
    }

    /// The hunt goes on in the open: citizen and operator talk meanwhile.
    pub(crate) fn hunt_openly(&mut self, cx: &mut Cx<'_>) {
        if let Some(hunt) = self.hunt.as_mut() {
            hunt.mode = Mode::Bridge;
        }
        self.regroup(cx);
    }
}

/// A window's members in the order in which they are rung. Who sits at two windows is rung once: a busy phone is final.
fn members(cx: &Cx<'_>, desk: &plan::Desk, before: &VecDeque<Candidate>) -> Vec<Candidate> {
    let fresh = |m: &&plan::Member| !before.iter().any(|c| c.address == m.address);
    let mut members: Vec<&plan::Member> = desk.members.iter().filter(fresh).collect();
    if desk.hunt == plan::Hunt::LongestIdle {
        members.sort_by_key(|m| cx.house.members.last_used(&m.address));
    }
    let together = desk.hunt == plan::Hunt::All;
    let candidate = |(i, member): (usize, &plan::Member)| Candidate {
        staff: Some(member.staff.clone()),
        desk: Some(desk.no),
        address: member.address.clone(),
        seat: SeatRole::Desk,
        together: together && i > 0,
    };
    members.into_iter().enumerate().map(candidate).collect()
}
