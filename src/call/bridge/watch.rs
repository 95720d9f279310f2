//! A supervisor beside a call: listens, coaches the operator, or joins in. Their leaving never ends anything.

use crate::action::{Group, Refusal, SeatRole};
use crate::call::{Call, Stage};
use crate::cause::{Cause, Reason, Side};
use crate::event::Supervision;
use crate::house::Cx;
use crate::ids::{LegId, StaffNo};
use crate::leg::{Leg, LegState, Party};

use super::Left;

/// Supervisors beside one call. When full: [`Refusal::SeatTaken`].
const MOST_WATCHERS: usize = 2;
const DONE: Cause = Cause::new(Side::House, Reason::Finished);

impl Call {
    /// A supervisor begins, changes how, or ends (`None`).
    pub(crate) fn supervise(
        &mut self,
        cx: &mut Cx<'_>,
        by: &StaffNo,
        mode: Option<Supervision>,
    ) -> Result<(), Refusal> {
        let theirs = |l: &&Leg| l.watch.is_some() && l.alive() && l.party.staff.as_ref() == Some(by);
        let there = self.legs.values().find(theirs).map(|l| l.id);
        let wrong = Refusal::WrongStage { stage: self.word() };
        match (there, mode) {
            (None, None) => Err(wrong),
            (Some(id), None) => {
                self.hang_up(cx, id, Cause::new(Side::Operator, Reason::Normal));
                self.watcher_left(cx, id);
                Ok(())
            }
            (_, Some(_)) if self.stage != Stage::Talk => Err(wrong),
            // The citizen would talk to nobody.
            (Some(id), Some(mode)) if mode != Supervision::Barge && self.staff() == [id] => Err(wrong),
            (Some(id), Some(mode)) => {
                self.watch_as(cx, id, mode);
                Ok(())
            }
            (None, Some(mode)) => self.ring_watcher(cx, by, mode),
        }
    }

    fn ring_watcher(&mut self, cx: &mut Cx<'_>, by: &StaffNo, mode: Supervision) -> Result<(), Refusal> {
        let address = self.plan.phone_of(&by.0).ok_or(Refusal::NoSuchTarget)?;
        if self.legs.values().filter(|l| l.watch.is_some() && l.alive()).count() >= MOST_WATCHERS {
            return Err(Refusal::SeatTaken);
        }
        let talks = cx.house.agents.is_busy(by) || cx.house.members.taken(&address).is_some();
        if talks || !cx.house.reachable(&address) {
            return Err(Refusal::NoPhone);
        }
        cx.house.members.take(&address, self.id);
        cx.house.agents.borrow(by, self.id);
        let word = by.0.clone();
        let party = Party { staff: Some(by.clone()), desk: None, address: Some(address), word };
        let due = cx.after(self.limits().operator_ring);
        let id = self.ring(cx, SeatRole::Supervisor, party, Some(due));
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.watch = Some(mode);
        }
        self.event(cx, "leg.supervise", Some(id), None, format!("mode={}", mode.word()));
        Ok(())
    }

    fn watch_as(&mut self, cx: &mut Cx<'_>, id: LegId, mode: Supervision) {
        let Some(leg) = self.legs.get_mut(&id).filter(|l| l.watch != Some(mode)) else { return };
        leg.watch = Some(mode);
        leg.since = cx.now.utc_ms;
        self.event(cx, "leg.supervise", Some(id), None, format!("mode={}", mode.word()));
        self.seat_watchers(cx);
        self.set_background(cx);
    }

    /// The supervisor picked up.
    pub(crate) fn watcher_answered(&mut self, cx: &mut Cx<'_>, id: LegId) {
        self.event(cx, "leg.answered", Some(id), None, "");
        if let Some(staff) = self.legs.get(&id).and_then(|l| l.party.staff.clone()) {
            cx.house.agents.talk(&staff, self.id);
        }
        self.seat_watchers(cx);
        self.set_background(cx);
        self.record_leg(cx, id);
    }

    /// Each where their way of taking part wants them, beside the operator who is there now.
    pub(crate) fn seat_watchers(&mut self, cx: &mut Cx<'_>) {
        let up = |l: &&Leg| l.watch.is_some() && l.state == LegState::Up;
        let watchers: Vec<_> = self.legs.values().filter(up).map(|l| (l.id, l.watch)).collect();
        for (id, mode) in watchers {
            let group = match mode {
                Some(Supervision::Barge) => Group::Main,
                Some(Supervision::Whisper) => Group::Beside(self.operator),
                Some(Supervision::Listen) | None => Group::Beside(None),
            };
            self.place(cx, id, group);
        }
    }

    /// The supervisor's leg is over, whoever ended it. Whoever is in the call goes on; a citizen whom they were the last to
    /// talk with is looked after.
    pub(crate) fn watcher_left(&mut self, cx: &mut Cx<'_>, id: LegId) {
        let talked = self.legs.get(&id).is_some_and(|l| l.watch == Some(Supervision::Barge));
        let alone = self.staff().is_empty();
        if talked && alone && self.stage == Stage::Talk {
            self.follow(cx, Left::Desk, Cause::new(Side::Callee, Reason::Normal));
        } else if talked {
            self.set_background(cx);
        }
    }

    /// Nobody is beside the call any more: the citizen has gone, or is asked for the rating.
    pub(crate) fn dismiss_watchers(&mut self, cx: &mut Cx<'_>) {
        let beside = |l: &&Leg| l.watch.is_some() && l.alive();
        for id in self.legs.values().filter(beside).map(|l| l.id).collect::<Vec<_>>() {
            let rung = self.legs.get(&id).is_some_and(Leg::is_ringing);
            let cause = if rung { Cause::new(Side::House, Reason::Cancelled) } else { DONE };
            self.hang_up(cx, id, cause);
        }
    }
}
