//! A desk's own orders from its screen: accept and decline, at the whisper or while its phone still rings.

use crate::action::{Action, Refusal};
use crate::board::Declined;
use crate::call::Call;
use crate::cause::{Cause, Reason, Side};
use crate::event::DeclineReason;
use crate::house::Cx;
use crate::ids::{LegId, StaffNo};
use crate::leg::{Leg, LegState};

/// Who declined, kept for the operator's screen. When full: the oldest is forgotten there; the time line has all.
const MOST_DECLINED: usize = 8;

impl Call {
    /// The desk's leg that is meant: this person's, else whoever hears the whisper, else whoever is rung.
    fn rung_desk(&self, by: Option<&StaffNo>) -> Option<LegId> {
        let hunt = self.hunt.as_ref()?;
        let theirs =
            |l: &&Leg| hunt.rings(l.id) && by.is_none_or(|staff| l.party.staff.as_ref() == Some(staff));
        let whispers = |l: &&Leg| matches!(l.state, LegState::Whisper(..));
        let mut legs = self.legs.values().filter(theirs);
        let whispered = self.legs.values().filter(theirs).find(whispers);
        whispered.or_else(|| legs.next()).map(|l| l.id)
    }

    /// As key 1 at the whisper; while the phone rings it holds for a whisper's time, so that a voice mail which picks up
    /// later is no person.
    pub(crate) fn accept(&mut self, cx: &mut Cx<'_>, by: Option<&StaffNo>) -> Result<(), Refusal> {
        let joined = self.desk.and_then(|id| self.legs.get(&id)).and_then(|l| l.party.staff.as_ref());
        if by.is_some() && joined == by {
            return Ok(());
        }
        let wrong = Refusal::WrongStage { stage: self.word() };
        let id = self.rung_desk(by).ok_or_else(|| wrong.clone())?;
        let until = cx.after(self.plan.limits.whisper);
        let Some(leg) = self.legs.get_mut(&id) else { return Err(wrong) };
        match leg.state {
            LegState::Whisper(_, play) => {
                cx.act(Action::StopPlay(self.id, play));
                self.accepted(cx, id);
            }
            LegState::Invited | LegState::Ringing => leg.accepted = Some(until),
            LegState::Reason | LegState::Up | LegState::Parting(_) | LegState::TakenBack | LegState::Over => {
                return Err(wrong);
            }
        }
        Ok(())
    }

    /// A person took the call: into the private talk, or into the room.
    pub(crate) fn accepted(&mut self, cx: &mut Cx<'_>, id: LegId) {
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.state = LegState::Up;
            (leg.due, leg.accepted) = (None, None);
            leg.since = cx.now.utc_ms;
        }
        self.event(cx, "leg.accepted", Some(id), None, "");
        let mode = self.hunt_won(cx, id);
        self.desk_accepted(cx, id, mode);
    }

    /// As key 2 at the whisper with its reason, also while the phone rings.
    pub(crate) fn decline_by(
        &mut self,
        cx: &mut Cx<'_>,
        by: Option<&StaffNo>,
        reason: DeclineReason,
    ) -> Result<(), Refusal> {
        let wrong = Refusal::WrongStage { stage: self.word() };
        let id = self.rung_desk(by).ok_or(wrong)?;
        self.decline(cx, id, Some(reason));
        Ok(())
    }

    /// Declined, with a reason or without one; the operator's screen is told.
    pub(crate) fn decline(&mut self, cx: &mut Cx<'_>, id: LegId, reason: Option<DeclineReason>) {
        let cause = Cause::new(Side::Callee, Reason::Declined);
        self.hang_up(cx, id, cause);
        let detail = reason.map_or_else(String::new, |r| format!("reason={}", r.word()));
        self.event(cx, "leg.declined", Some(id), Some(cause), detail);
        self.note_declined(cx, id, reason);
        self.member_failed(cx, id);
    }

    /// Keeps for the screens who did not want to come.
    pub(crate) fn note_declined(&mut self, cx: &Cx<'_>, id: LegId, reason: Option<DeclineReason>) {
        let Some(leg) = self.legs.get(&id) else { return };
        let (desk, staff) = (leg.party.desk, leg.party.staff.clone());
        if self.declined.len() >= MOST_DECLINED {
            self.declined.remove(0);
        }
        self.declined.push(Declined { desk, staff, reason, at: cx.now.utc_ms });
    }
}
