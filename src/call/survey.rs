//! The rating after the call: P60, for 1 and 2 P61, P62.

use crate::action::{Action, Group, Say};
use crate::ask::Ask;
use crate::call::{Call, Stage};
use crate::cause::{Cause, Reason, Side};
use crate::cdr::{RatingRow, Record};
use crate::event::Key;
use crate::house::Cx;

impl Call {
    /// The citizen is alone again and asked for a rating; the call's end was this.
    pub(crate) fn survey(&mut self, cx: &mut Cx<'_>, cause: Cause) {
        self.cause = self.cause.or(Some(cause));
        self.stop_waiting(cx);
        self.stop_hunt(cx);
        self.dismiss_watchers(cx);
        self.stage = Stage::Survey;
        (self.parked, self.consult) = (false, false);
        self.music = false;
        self.place(cx, self.citizen, Group::Main);
        self.set_background(cx);
        self.pose_for(cx, Ask::Rating, vec![Say::plain(60)], self.plan.limits.rating);
    }

    pub(crate) fn rating_key(&mut self, cx: &mut Cx<'_>, key: Key) {
        match key {
            Key::Digit(score @ (1 | 2)) => {
                self.pose_for(cx, Ask::Reason(score), vec![Say::plain(61)], self.plan.limits.rating);
            }
            Key::Digit(score @ 3..=5) => self.rated(cx, Some(score), None),
            Key::Digit(_) | Key::Star | Key::Hash => self.rating_again(cx),
        }
    }

    pub(crate) fn reason_given(&mut self, cx: &mut Cx<'_>, score: u8, key: Key) {
        match key {
            Key::Digit(reason @ 1..=3) => self.rated(cx, Some(score), Some(reason)),
            Key::Digit(_) | Key::Star | Key::Hash => self.rating_again(cx),
        }
    }

    /// A key that is no score: the time begins anew, nothing is said.
    fn rating_again(&mut self, cx: &mut Cx<'_>) {
        self.timers.set(crate::timers::Timer::Key, cx.after(self.plan.limits.rating));
    }

    /// No key in time: without a score we hang up, without a reason the score stands.
    pub(crate) fn rating_silent(&mut self, cx: &mut Cx<'_>) {
        match self.asking.as_ref().map(|a| &a.what) {
            Some(Ask::Reason(score)) => {
                let score = *score;
                self.rated(cx, Some(score), None);
            }
            _ => {
                let cause = self.cause.unwrap_or(Cause::new(Side::House, Reason::Finished));
                self.end(cx, cause);
            }
        }
    }

    fn rated(&mut self, cx: &mut Cx<'_>, score: Option<u8>, reason: Option<u8>) {
        if self.scored(cx, score, reason) {
            self.event(cx, "followup.scored", None, None, "");
            return self.farewell(cx, vec![Say::plain(62)], Cause::new(Side::House, Reason::Finished));
        }
        let row = RatingRow {
            call: self.id,
            score,
            reason,
            operator: self.row.operator.clone(),
            desk: self.served_by,
            service: self.service.clone(),
        };
        cx.act(Action::Record(Box::new(Record::Rating(row))));
        self.event(cx, "followup.scored", None, None, "");
        self.farewell(cx, vec![Say::plain(62)], Cause::new(Side::House, Reason::Finished));
    }
}
