//! What a citizen is asked after the fact: one hour after the hand-over (row 9), and when the unit reports that it is done
//! (echo 3, row 14). P63 asks whether it suits; only then is anything recorded, after the notice.

use crate::action::{Group, Say, Slot, Value};
use crate::ask::Ask;
use crate::call::{After, Call, Stage};
use crate::cause::{Cause, Reason, Side};
use crate::event::Key;
use crate::house::Cx;
use crate::ids::PromptId;
use crate::plan::Go;

use super::{News, Question, Task};

/// Scores up to this one are bad: a person follows up, the matter is done again.
const BAD: u8 = 2;
/// The recording notice.
const NOTICE: PromptId = PromptId(2);

impl Call {
    /// P63: who calls, about what, and whether it suits.
    pub(super) fn greet_for_questions(&mut self, cx: &mut Cx<'_>) {
        let received = match self.errand.as_ref().map(|doing| &doing.what) {
            Some(Task::Reply { received_at } | Task::Echo3 { received_at, .. }) => *received_at,
            _ => cx.now.utc_ms,
        };
        let date = Value::Date { at: received, now: cx.now.utc_ms, provisional: false };
        let say = vec![Say::Prompt(PromptId(63), vec![(Slot::Date, date)])];
        self.ask_citizen(cx, Question::Suits, say);
    }

    /// Puts a question; no answer to it is never taken for a good one.
    fn ask_citizen(&mut self, cx: &mut Cx<'_>, question: Question, say: Vec<Say>) {
        self.stage = Stage::Survey;
        self.place(cx, self.citizen, Group::Main);
        let patience = self.limits().first_digit;
        self.pose_for(cx, Ask::Follow(question), say, patience);
    }

    /// It suits and the notice was heard: the questions.
    pub(super) fn first_question(&mut self, cx: &mut Cx<'_>) {
        match self.errand.as_ref().map(|doing| &doing.what) {
            Some(Task::Echo3 { .. }) => self.ask_citizen(cx, Question::Term, vec![Say::plain(65)]),
            _ => self.ask_citizen(cx, Question::Called, vec![Say::plain(64)]),
        }
    }

    /// A key at one of the questions. 0 is an operator at any of them.
    pub(crate) fn follow_key(&mut self, cx: &mut Cx<'_>, question: Question, key: Key) {
        match (question, key) {
            (_, Key::Digit(0)) => {
                self.accomplished();
                self.report(cx, News::WantsOperator);
                self.stage = Stage::Lobby;
                self.record_on(cx, true);
                self.go(cx, Go::Queue(self.default_skill()));
            }
            (Question::Suits, Key::Digit(1)) => {
                self.asking = None;
                self.record_on(cx, true);
                self.speak(cx, vec![Say::Prompt(NOTICE, Vec::new())], After::Noticed);
            }
            (Question::Suits, Key::Digit(2)) => {
                self.accomplished();
                self.report(cx, News::Later);
                self.thank(cx);
            }
            (Question::Score, Key::Digit(score @ 1..=5)) => self.result_scored(cx, score),
            (Question::Called | Question::Term | Question::Result, Key::Digit(answer @ 1..=2)) => {
                self.answered_question(cx, question, answer == 1);
            }
            (_, Key::Digit(_) | Key::Star | Key::Hash) => self.invalid(cx),
        }
    }

    fn answered_question(&mut self, cx: &mut Cx<'_>, question: Question, yes: bool) {
        self.event(cx, "followup.answered", None, None, "");
        self.report(cx, News::Answered(question, yes));
        match (question, yes) {
            // Not called back: a person looks into it, a rating would be mockery.
            (Question::Called, false) => {
                self.accomplished();
                self.thank(cx);
            }
            (Question::Called, true) => {
                let patience = self.limits().rating;
                self.pose_for(cx, Ask::Rating, vec![Say::plain(60)], patience);
            }
            (Question::Term, _) => self.ask_citizen(cx, Question::Result, vec![Say::plain(66)]),
            (Question::Result | Question::Score | Question::Suits, _) => {
                self.ask_citizen(cx, Question::Score, vec![Say::plain(67)]);
            }
        }
    }

    /// How satisfied with the result; who is not hears what follows: done again (P68), or the joint meeting (P69).
    fn result_scored(&mut self, cx: &mut Cx<'_>, score: u8) {
        self.event(cx, "followup.scored", None, None, "");
        self.accomplished();
        self.report(cx, News::Scored(score));
        let last = matches!(self.errand.as_ref().map(|d| &d.what), Some(Task::Echo3 { last: true, .. }));
        let follows = if last { 69 } else { 68 };
        let say = if score <= BAD { vec![Say::plain(follows), Say::plain(62)] } else { vec![Say::plain(62)] };
        self.farewell(cx, say, Cause::new(Side::House, Reason::Finished));
    }

    /// P62: thanks, good-bye.
    fn thank(&mut self, cx: &mut Cx<'_>) {
        self.farewell(cx, vec![Say::plain(62)], Cause::new(Side::House, Reason::Finished));
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
