//! Star codes at work: each is the same as its order from a screen.

use crate::action::Say;
use crate::action::SeatRole;
use crate::call::{Call, Stage};
use crate::cause::{Cause, Reason, Side};
use crate::digits::{Code, Keyed};
use crate::event::{Key, Mode};
use crate::house::Cx;
use crate::ids::{DeskNo, LegId};

use super::Target;

impl Call {
    /// A key of somebody who talks.
    pub(crate) fn code_key(&mut self, cx: &mut Cx<'_>, id: LegId, key: Key) {
        let calling = self.is_calling();
        let now = cx.now.mono;
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let keyed = leg.keypad.press(now, &self.plan.limits, leg.role, calling, key);
        self.coded(cx, id, keyed);
    }

    /// A code is whole, or nothing.
    pub(crate) fn coded(&mut self, cx: &mut Cx<'_>, id: LegId, keyed: Keyed) {
        let role = self.legs.get(&id).map(|l| l.role);
        match (keyed, role) {
            (Keyed::Code(Code::Mute), Some(_)) => self.toggle_mute(cx, id),
            (Keyed::Code(Code::Leave), Some(SeatRole::Desk | SeatRole::Liaison)) => {
                self.hang_up(cx, id, Cause::new(Side::Callee, Reason::Normal));
                self.desk_left(cx, id);
            }
            (Keyed::Code(Code::Recall), Some(_)) => {
                self.recall(cx);
            }
            (Keyed::Code(code), Some(SeatRole::Operator | SeatRole::Supervisor))
                if self.stage == Stage::Talk =>
            {
                self.operator_code(cx, code);
            }
            (Keyed::Code(_) | Keyed::More | Keyed::Nothing, _) => {}
        }
    }

    fn toggle_mute(&mut self, cx: &mut Cx<'_>, id: LegId) {
        let on = self.legs.get(&id).is_some_and(|l| !l.muted);
        self.mute(cx, id, on);
    }

    /// What a screen would be told by a refusal, the operator hears: P06, or when the desk opens.
    fn operator_code(&mut self, cx: &mut Cx<'_>, code: Code) {
        let done = match code {
            Code::Consult(desk) => return self.desk_code(cx, desk, Mode::Consult),
            Code::Bridge(desk) => return self.desk_code(cx, desk, Mode::Bridge),
            Code::Merge => self.merge(cx),
            Code::Drop => self.drop_desk(cx),
            Code::Hold => {
                let on = !self.parked;
                self.park(cx, on)
            }
            Code::Leave => self.leave(cx),
            Code::Survey => self.end_with_survey(cx),
            Code::Emergency(key) => {
                let number = self.plan.emergency.iter().find(|l| l.key == key).map(|l| l.number);
                number.map_or(Ok(()), |number| self.emergency(cx, number))
            }
            Code::Mute | Code::Recall => Ok(()),
        };
        if done.is_err() {
            self.tell_operator(cx, vec![Say::plain(6)]);
        }
    }

    fn desk_code(&mut self, cx: &mut Cx<'_>, desk: Option<DeskNo>, mode: Mode) {
        let Some(no) = desk.or(self.prefilled) else { return self.tell_operator(cx, vec![Say::plain(6)]) };
        if self.bring(cx, Target::Desk(no), mode, false).is_ok() {
            return;
        }
        let known = self.plan.desks.contains_key(&no);
        let closed = if known { self.closed_words(cx, no) } else { None };
        let say = closed.unwrap_or_else(|| vec![Say::plain(6)]);
        self.tell_operator(cx, say);
    }
}
