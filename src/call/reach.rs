//! A citizen who keys a window desk: confirmed, rung at once or filled in for the operator, or told when it opens.

use calendar::{Level, Place, Why};

use crate::action::{Hearers, Say, Slot, Value};
use crate::ask::Ask;
use crate::bridge::Target;
use crate::call::{After, Call};
use crate::event::Mode;
use crate::house::Cx;
use crate::ids::{DeskNo, PromptId};
use crate::plan::Go;

impl Call {
    pub(crate) fn desk_keyed(&mut self, cx: &mut Cx<'_>, digits: &str) {
        let desk = digits.parse().ok().map(DeskNo).filter(|no| self.plan.desks.contains_key(no));
        match desk {
            Some(no) => {
                let say = vec![Say::Prompt(PromptId(31), vec![self.spoken_desk(no)])];
                self.pose(cx, Ask::Confirm(no), say);
            }
            None => self.invalid(cx),
        }
    }

    pub(crate) fn spoken_desk(&self, no: DeskNo) -> (Slot, Value) {
        let name = self.plan.desks.get(&no).map_or_else(|| "".into(), |d| d.name.clone());
        (Slot::Desk, Value::Desk(no, name))
    }

    /// The desk is confirmed.
    pub(crate) fn reach(&mut self, cx: &mut Cx<'_>, no: DeskNo) {
        let hours =
            self.plan.calendar.may_bridge(Place::Desk(no.0), cx.now.utc_ms, self.plan.limits.last_bridge);
        if !hours.open {
            let say = self.closed_words(cx, no, &hours.why);
            return self.pose(cx, Ask::Closed, say);
        }
        // Another desk may be rung still, for the citizen who thought better of it.
        self.stop_hunt(cx);
        let skill = self.default_skill();
        if !self.plan.desks.get(&no).is_some_and(|d| d.straight) {
            self.prefilled = Some(no);
            return self.go(cx, Go::Queue(skill));
        }
        // The operator joins when one is free; the desk does not wait for that.
        self.enter_queue(cx, skill);
        if self.stage == crate::call::Stage::Lobby {
            let say = vec![Say::Prompt(PromptId(47), vec![self.spoken_desk(no)])];
            self.start_hunt(cx, Target::Desk(no), Mode::Bridge, false);
            if self.hunt.is_some() {
                self.speak(cx, say, After::Nothing);
            }
        }
    }

    /// P33 when the desk itself shut for the day, else P32 with the next opening.
    pub(crate) fn closed_words(&self, cx: &Cx<'_>, no: DeskNo, why: &Why) -> Vec<Say> {
        let now = cx.now.utc_ms;
        let next = self.plan.calendar.next_bridge(Place::Desk(no.0), now, self.plan.limits.last_bridge);
        match (why, next) {
            (Why::Temporary(Level::Desk, _), _) | (_, None) => vec![Say::plain(33)],
            (_, Some(next)) => {
                vec![Say::Prompt(PromptId(32), vec![(Slot::DateTime, Value::DateTime { at: next.at, now })])]
            }
        }
    }

    /// Tells an operator by ear what a screen would show.
    pub(crate) fn tell_operator(&mut self, cx: &mut Cx<'_>, say: Vec<Say>) {
        if let Some(operator) = self.operator {
            self.play(cx, Hearers::Seat(operator), say);
        }
    }
}
