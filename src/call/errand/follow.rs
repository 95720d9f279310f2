//! What a citizen is asked after the fact: has the unit called, were term and result told, how satisfied (rows 9 and 14).

use crate::action::{Group, Say, Slot, Value};
use crate::ask::Ask;
use crate::call::{Call, Stage};
use crate::cause::{Cause, Reason, Side};
use crate::event::Key;
use crate::house::Cx;
use crate::ids::PromptId;
use crate::plan::Go;

use super::{News, Question, Task};

impl Call {
    /// Puts a question; no answer to it is never taken for a good one.
    pub(super) fn ask_citizen(&mut self, cx: &mut Cx<'_>, question: Question) {
        self.stage = Stage::Survey;
        self.place(cx, self.citizen, Group::Main);
        let case = (Slot::Case, Value::Case(self.row.case.clone().unwrap_or_default()));
        let say = match question {
            Question::Called => Say::Prompt(PromptId(63), vec![case]),
            Question::Term => Say::Prompt(PromptId(64), vec![case]),
            Question::Result => Say::plain(65),
        };
        let patience = self.limits().first_digit;
        self.pose_for(cx, Ask::Follow(question), vec![say], patience);
    }

    /// 1 yes, 2 no, 3 wrong number, 0 an operator.
    pub(crate) fn follow_key(&mut self, cx: &mut Cx<'_>, question: Question, key: Key) {
        match key {
            Key::Digit(1) => self.answered_question(cx, question, true),
            Key::Digit(2) => self.answered_question(cx, question, false),
            Key::Digit(3) if question != Question::Result => {
                self.accomplished();
                self.report(cx, News::WrongNumber);
                self.thank(cx);
            }
            Key::Digit(0) => {
                self.accomplished();
                self.report(cx, News::WantsOperator);
                self.stage = Stage::Lobby;
                self.go(cx, Go::Queue(self.default_skill()));
            }
            Key::Digit(_) | Key::Star | Key::Hash => self.invalid(cx),
        }
    }

    fn answered_question(&mut self, cx: &mut Cx<'_>, question: Question, yes: bool) {
        self.event(cx, "followup.answered", None, None, "");
        self.report(cx, News::Answered(question, yes));
        let echo3 = self.errand.as_ref().is_some_and(|doing| doing.what == Task::Echo3);
        match (question, yes) {
            (Question::Term, _) => self.ask_citizen(cx, Question::Result),
            // The unit has not called, or the result was not told: a person looks into it, a rating would be mockery.
            (Question::Called, false) => {
                self.accomplished();
                self.thank(cx);
            }
            (Question::Result, false) if !echo3 => self.thank(cx),
            (Question::Called, true) | (Question::Result, _) => {
                let patience = self.limits().rating;
                self.pose_for(cx, Ask::Rating, vec![Say::plain(60)], patience);
            }
        }
    }

    /// P66: noted, good-bye.
    fn thank(&mut self, cx: &mut Cx<'_>) {
        self.farewell(cx, vec![Say::plain(66)], Cause::new(Side::House, Reason::Finished));
    }

    /// Nothing was keyed, or nothing that means something: an answering machine, or a child. Asked again another time.
    pub(crate) fn follow_in_vain(&mut self, cx: &mut Cx<'_>) {
        self.end(cx, Cause::new(Side::Citizen, Reason::NoKey));
    }

    /// The rating of an errand belongs to the case. `false`: it is no errand.
    pub(crate) fn scored(&mut self, cx: &mut Cx<'_>, score: Option<u8>, reason: Option<u8>) -> bool {
        if self.errand.is_none() {
            return false;
        }
        if let Some(score) = score {
            self.accomplished();
            self.report(cx, News::Scored(score));
        }
        if let Some(reason) = reason {
            self.report(cx, News::Because(reason));
        }
        true
    }
}
