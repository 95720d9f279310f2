//! What the citizen says: the one-hour check, echo 3, and what follows from it. No answer is never 'satisfied'.

use crate::action::{Action, Key, Kind, News, Order, Reader, Script, To};
use crate::case::{Asking, Case, KEYS, Track, Turn};
use crate::clock::after;
use crate::event::{Outcome, Placed};
use crate::fact::{Answers, By, Fact, Miss, Pledge};
use crate::ids::Name;
use crate::refusal::Refusal;
use crate::state::{State, Step};
use crate::vow::{End, Lapse, Proof, What, Why};

impl Case {
    /// An hour after the hand-over, even if nobody called back; by day.
    pub(super) fn plan_check(&mut self, t: &mut Turn<'_>) {
        let from = t.clock.by_day(after(t.now(), t.clock.settings.check_after));
        let due_at = after(from, t.clock.settings.check_grace);
        let pledge = Pledge { what: What::Check, from, days: None, due_at, provisional: false };
        let rev = self.promise(t, pledge);
        self.plan_citizen_call(t, (Kind::Check, rev, 1), from);
    }

    fn asking(&self, what: What) -> Asking {
        if what == What::Check { self.check } else { self.echo3 }
    }

    /// Nobody has told us how it was.
    pub(super) fn echo_3_is_over(&mut self, t: &mut Turn<'_>) {
        let called = self.vows.get(&What::Echo3).is_some_and(|vow| vow.tries > 0);
        self.miss(t, What::Echo3, if called { Why::NotReached } else { Why::NotCalled });
    }

    /// The call that a claimed task makes.
    pub(super) fn call_citizen(&mut self, t: &mut Turn<'_>, what: What, key: Key) -> Result<(), Refusal> {
        let current = self.vows.get(&what).is_some_and(|vow| vow.rev == key.rev);
        let (true, Asking::Calls, Some(citizen)) = (current, self.asking(what), self.opening.citizen) else {
            return Ok(());
        };
        if what == What::Echo3 && self.state == State::Reported {
            self.step(t, Step::Ask)?;
        }
        let script = if what == What::Check { Script::Check } else { Script::Echo3 };
        let (to, ring) = (To::Citizen(citizen), t.clock.settings.ring);
        t.out.push(Action::Call(Order { key, to, script, ring }));
        Ok(())
    }

    pub(super) fn citizen_called(
        &mut self,
        t: &mut Turn<'_>,
        what: What,
        key: &Key,
        placed: Placed,
        outcome: Outcome,
    ) -> Result<(), Refusal> {
        let answers = match outcome {
            Outcome::Answered(answers) if self.is_whole(what, answers) => Ok(answers),
            Outcome::Answered(_) => Err(Miss::NoKeys),
            Outcome::Missed(miss) => Err(miss),
            Outcome::Received(_)
            | Outcome::WrongUnit
            | Outcome::Acknowledged(_)
            | Outcome::Heard
            | Outcome::Connected => return Err(Refusal::NotOfThisCall),
        };
        let current = self.vows.get(&what).filter(|vow| vow.rev == key.rev);
        let Some(vow) = current.filter(|vow| key.turn == vow.tries.saturating_add(1)) else { return Ok(()) };
        if self.asking(what) != Asking::Calls {
            return Ok(());
        }
        if what == What::Check && vow.is_open() && answers != Err(Miss::NoLine) {
            let end = vow.done(placed.began_at, Proof::Proven(placed.call));
            self.note(t, Fact::Ended(what, end));
        }
        match answers {
            Ok(answers) => self.answered(t, what, answers, KEYS, Proof::Proven(placed.call)),
            Err(miss) => {
                self.not_reached(t, what, key, miss);
                Ok(())
            }
        }
    }

    fn not_reached(&mut self, t: &mut Turn<'_>, what: What, key: &Key, miss: Miss) {
        self.note(t, Fact::Tried(what, miss));
        if key.turn < t.clock.settings.citizen_tries && miss != Miss::WrongNumber {
            let at = t.clock.again(key.turn);
            self.plan_citizen_call(t, (key.kind, key.rev, key.turn.saturating_add(1)), at);
        } else {
            if what == What::Check {
                self.miss(t, What::Check, Why::NotCalled);
            }
            self.note(t, Fact::Person(what));
            t.tell(Reader::ShiftLead, News::NotReached);
        }
    }

    /// Whether the keys say enough. A reply is settled by its score, unless nobody called back at all.
    fn is_whole(&self, what: What, answers: Answers) -> bool {
        let scored = answers.score.is_some_and(|score| (1..=5).contains(&score));
        match (what, self.opening.track) {
            (What::Check, Track::Reply) => answers.first.is_some_and(|called| !called || scored),
            (What::Check, Track::Case) => answers.first.is_some(),
            (_, _) => scored,
        }
    }

    pub(super) fn asked_by_person(
        &mut self,
        t: &mut Turn<'_>,
        what: What,
        answers: Answers,
    ) -> Result<(), Refusal> {
        match self.asking(what) {
            Asking::Nobody => return Err(Refusal::NobodyAsked),
            Asking::Calls | Asking::Person => {}
        }
        if !self.is_whole(what, answers) {
            return Err(Refusal::NoScore);
        }
        if what == What::Check {
            self.fulfil(t, What::Check, Proof::Claimed);
        }
        self.answered(t, what, answers, By::Operator, Proof::Claimed)
    }

    fn answered(
        &mut self,
        t: &mut Turn<'_>,
        what: What,
        answers: Answers,
        by: By,
        proof: Proof,
    ) -> Result<(), Refusal> {
        self.note(t, Fact::Scored(what, answers, by));
        let bad = answers.score.is_some_and(|score| score <= t.clock.settings.bad_score);
        if bad {
            t.tell(Reader::ShiftLead, News::NotSatisfied);
        }
        if what == What::Check {
            t.cancel(Kind::Check);
            self.dispute(t, What::CallBack, answers.first);
            let open = matches!(self.state, State::Accepted | State::InProgress);
            if self.opening.track == Track::Reply && open {
                self.step(t, Step::FollowReply)?;
                return self.verdict(t, answers.first == Some(true) && !bad);
            }
            return Ok(());
        }
        self.fulfil(t, What::Echo3, proof);
        self.dispute(t, What::Echo1, answers.first);
        self.dispute(t, What::Echo2, answers.second);
        self.step(t, Step::FollowReport)?;
        self.verdict(t, !bad)
    }

    /// The citizen says that what somebody typed has not happened.
    fn dispute(&mut self, t: &mut Turn<'_>, what: What, said: Option<bool>) {
        let claimed = |end| matches!(end, Some((_, End::Kept(Proof::Claimed))));
        if said == Some(false) && self.vows.get(&what).is_some_and(|vow| claimed(vow.end)) {
            self.note(t, Fact::Disputed(what));
            t.tell(Reader::ShiftLead, News::Disputed);
        }
    }

    /// Satisfied: archived. Not: once more, with fresh days. Still not: the joint-meeting office.
    fn verdict(&mut self, t: &mut Turn<'_>, good: bool) -> Result<(), Refusal> {
        if good {
            return self.close(t, Step::Archive, Lapse::Closed);
        }
        if self.round >= t.clock.settings.rounds {
            self.close(t, Step::Refer, Lapse::Closed)?;
            t.tell(Reader::JointMeeting, News::Referred);
            return Ok(());
        }
        self.close(t, Step::Redo, Lapse::Closed)?;
        self.note(t, Fact::Round(self.round.saturating_add(1)));
        t.tell(Reader::Unit, News::Redo);
        self.plan_handover(t);
        Ok(())
    }

    pub(super) fn give_up(&mut self, t: &mut Turn<'_>, why: Name) -> Result<(), Refusal> {
        self.may(Step::GiveUp)?;
        let asking = if self.opening.track == Track::Reply { self.check } else { self.echo3 };
        match asking {
            Asking::Nobody => return Err(Refusal::NobodyAsked),
            Asking::Calls => return Err(Refusal::StillCalling),
            Asking::Person => {}
        }
        self.note(t, Fact::GaveUp(why));
        self.miss(t, What::Echo3, Why::NotReached);
        self.close(t, Step::GiveUp, Lapse::Closed)
    }
}
