//! A citizen who keys a window desk: confirmed, rung at once or filled in for the operator, or told when it opens.

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
        if let Some(say) = self.closed_words(cx, no) {
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

    /// Tells an operator by ear what a screen would show.
    pub(crate) fn tell_operator(&mut self, cx: &mut Cx<'_>, say: Vec<Say>) {
        if let Some(operator) = self.operator {
            self.play(cx, Hearers::Seat(operator), say);
        }
    }
}
