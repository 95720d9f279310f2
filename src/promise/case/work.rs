//! The working days: due dates, reminders, extensions, the report, and what a changed calendar makes of them.

use crate::action::{Kind, News, Reader};
use crate::case::{Asking, Case, Turn};
use crate::clock::after;
use crate::fact::{Change, Fact, Pledge};
use crate::ids::Name;
use crate::refusal::Refusal;
use crate::state::{State, Step};
use crate::vow::{Proof, Vow, What, Why};

/// Why an extension is answered when nobody did.
const LAPSED: &str = "the due date passed before anybody decided";
/// ... and when it is not needed any more.
const NOT_NEEDED: &str = "reported before it was decided";

impl Case {
    /// The clock of the work and of the echoes that belong to it, from the moment of the hand-over.
    pub(super) fn promise_work(&mut self, t: &mut Turn<'_>, from: i64) {
        let settings = t.clock.settings;
        let due = t.clock.working_days(from, settings.work_days);
        let pledge = |what, days, found: calendar::Found<i64>| Pledge {
            what,
            from,
            days: Some(days),
            due_at: found.at,
            provisional: found.provisional,
        };
        self.promise(t, pledge(What::Work, settings.work_days, due));
        self.plan_work(t);
        if self.opening.citizen.is_some() {
            let first = t.clock.working_days(from, settings.echo1_days);
            self.promise(t, pledge(What::Echo1, settings.echo1_days, first));
            self.plan_deadline(t, What::Echo1);
            self.promise(t, pledge(What::Echo2, settings.work_days, due));
        }
    }

    /// Reminders and the end. Echo 2 has the same due date and ends with it.
    fn plan_work(&mut self, t: &mut Turn<'_>) {
        let Some(vow) = self.open_vow(What::Work) else { return };
        let due_at = vow.due_at;
        let moments = t.clock.reminders(due_at);
        for (kind, at) in [Kind::RemindBefore, Kind::RemindToday].into_iter().zip(moments) {
            if at > t.now() && at < due_at {
                self.plan_timer(t, kind, What::Work, at, Some(due_at));
            }
        }
        self.plan_deadline(t, What::Work);
    }

    fn unplan_work(t: &mut Turn<'_>) {
        for kind in [Kind::RemindBefore, Kind::RemindToday, Kind::WorkOver] {
            t.cancel(kind);
        }
    }

    pub(super) fn remind(&mut self, t: &mut Turn<'_>, key: &crate::action::Key) {
        let current = |vow: &Vow| vow.rev == key.rev && key.turn == vow.changes.saturating_add(1);
        if self.open_vow(What::Work).is_some_and(current) {
            let news = if key.kind == Kind::RemindBefore { News::DueSoon } else { News::DueToday };
            t.tell(Reader::Unit, news);
        }
    }

    /// A promise's time is over, and it was not kept.
    pub(super) fn is_over(&self, t: &Turn<'_>, what: What, rev: u32) -> bool {
        self.open_vow(what).is_some_and(|vow| vow.rev == rev && vow.due_at < t.now())
    }

    pub(super) fn echo_1_is_over(&mut self, t: &mut Turn<'_>) {
        self.miss(t, What::Echo1, Why::NotTold);
        t.tell(Reader::ShiftLead, News::Overdue);
    }

    pub(super) fn work_is_over(&mut self, t: &mut Turn<'_>) -> Result<(), Refusal> {
        let why = match self.state {
            _ if self.blocked => Why::Blocked,
            State::ExtensionAsked => Why::Undecided,
            State::Received | State::HandedOver | State::Returned | State::Reassigned | State::Redo => {
                Why::NoReceipt
            }
            State::Accepted
            | State::InProgress
            | State::Reported
            | State::Checking
            | State::FollowedUp
            | State::JointMeeting
            | State::SettledOnSpot
            | State::SettledThreeWay
            | State::Archived => Why::NotReported,
        };
        if self.state == State::ExtensionAsked {
            self.note(t, Fact::ExtensionAnswered(None, LAPSED.into()));
            self.step(t, Step::AnswerExtension)?;
        }
        self.miss(t, What::Work, why);
        self.miss(t, What::Echo2, if self.blocked { Why::Blocked } else { Why::NoResult });
        t.tell(Reader::Unit, News::Overdue);
        t.tell(Reader::ShiftLead, News::Overdue);
        Ok(())
    }

    pub(super) fn ask_extension(&mut self, t: &mut Turn<'_>, days: i32, why: Name) -> Result<(), Refusal> {
        self.only_cases()?;
        self.may(Step::AskExtension)?;
        self.may_extend(t, days)?;
        self.note(t, Fact::ExtensionAsked(days, why));
        self.step(t, Step::AskExtension)?;
        t.tell(Reader::ShiftLead, News::ExtensionAsked);
        Ok(())
    }

    fn may_extend(&self, t: &Turn<'_>, days: i32) -> Result<(), Refusal> {
        let settings = t.clock.settings;
        if self.open_vow(What::Work).is_none_or(|vow| vow.due_at < t.now()) {
            return Err(Refusal::TooLate);
        }
        if self.extended >= settings.extensions {
            return Err(Refusal::NoMoreExtensions);
        }
        if (1..=settings.extension_days).contains(&days) { Ok(()) } else { Err(Refusal::NotThatLong) }
    }

    /// The hotline consents, or does not.
    pub(super) fn answer_extension(
        &mut self,
        t: &mut Turn<'_>,
        days: Option<i32>,
        why: Name,
    ) -> Result<(), Refusal> {
        self.may(Step::AnswerExtension)?;
        if let Some(days) = days {
            self.may_extend(t, days)?;
        }
        self.note(t, Fact::ExtensionAnswered(days, why));
        self.step(t, Step::AnswerExtension)?;
        if let Some(days) = days {
            for what in [What::Work, What::Echo2] {
                let Some(vow) = self.open_vow(what).cloned() else { continue };
                let more = vow.days.unwrap_or(0).saturating_add(days);
                self.set_due(t, &vow, vow.from, more, Change::Extension);
            }
            Self::unplan_work(t);
            self.plan_work(t);
        }
        t.tell(Reader::Unit, News::DueChanged);
        Ok(())
    }

    /// The due date of a promise that runs by working days, computed anew; whether it, or its certainty, is another one.
    fn set_due(&mut self, t: &mut Turn<'_>, vow: &Vow, from: i64, days: i32, why: Change) -> bool {
        let due = t.clock.working_days(from, days);
        if (due.at, due.provisional, from, Some(days)) == (vow.due_at, vow.provisional, vow.from, vow.days) {
            return false;
        }
        let new =
            Pledge { what: vow.what, from, days: Some(days), due_at: due.at, provisional: due.provisional };
        self.note(t, Fact::DueChanged { old: vow.due_at, new, why });
        true
    }

    /// Urgent before it was handed over: the days count from now.
    pub(super) fn bring_forward(&mut self, t: &mut Turn<'_>) {
        let now = t.now();
        self.recount(t, Change::Urgent, |vow| vow.from.min(now));
    }

    /// Other working days: what runs by them is computed anew, and each change keeps the old date.
    pub(super) fn calendar_changed(&mut self, t: &mut Turn<'_>) {
        let before = self.open_vow(What::Handover).map(|vow| vow.from);
        self.move_handover(t);
        let after = self.open_vow(What::Handover).map(|vow| vow.from);
        // The work counts from the hand-over that still waits, if it is the first of the round.
        self.recount(t, Change::Calendar, |vow| match (before, after) {
            (Some(before), Some(after)) if vow.from == before => after,
            (_, _) => vow.from,
        });
    }

    fn recount(&mut self, t: &mut Turn<'_>, why: Change, from: impl Fn(&Vow) -> i64) {
        for what in [What::Work, What::Echo1, What::Echo2, What::Echo3] {
            let Some(vow) = self.open_vow(what).cloned() else { continue };
            let Some(days) = vow.days else { continue };
            if !self.set_due(t, &vow, from(&vow), days, why) {
                continue;
            }
            if what == What::Work {
                Self::unplan_work(t);
                self.plan_work(t);
                t.tell(Reader::Unit, News::DueChanged);
            } else if what != What::Echo2 {
                Kind::over(what).into_iter().for_each(|kind| t.cancel(kind));
                self.plan_deadline(t, what);
            }
        }
    }

    /// Done, says the unit; the citizen is asked.
    pub(super) fn reported(&mut self, t: &mut Turn<'_>, by: Name) -> Result<(), Refusal> {
        self.only_cases()?;
        self.may(Step::Report)?;
        if self.opening.citizen.is_some() && !self.is_done(What::Echo2) {
            return Err(Refusal::TellTheCitizenFirst);
        }
        if self.extension.is_some() {
            self.note(t, Fact::ExtensionAnswered(None, NOT_NEEDED.into()));
        }
        self.note(t, Fact::Reported(by));
        self.step(t, Step::Report)?;
        self.fulfil(t, What::Work, Proof::Claimed);
        Self::unplan_work(t);
        if self.opening.citizen.is_none() {
            self.note(t, Fact::Person(What::Echo3));
            t.tell(Reader::ShiftLead, News::LookAtIt);
            return Ok(());
        }
        let (from, days) = (t.now(), t.clock.settings.echo3_days);
        let due = t.clock.working_days(from, days);
        let pledge = Pledge {
            what: What::Echo3,
            from,
            days: Some(days),
            due_at: due.at,
            provisional: due.provisional,
        };
        let rev = self.promise(t, pledge);
        self.plan_citizen_call(t, (Kind::Echo3, rev, 1), self.echo_3_from(t));
        self.plan_deadline(t, What::Echo3);
        Ok(())
    }

    /// At once; but the one-hour check and echo 3 are two calls, and the check goes first.
    fn echo_3_from(&self, t: &Turn<'_>) -> i64 {
        let checked = self.vows.get(&What::Check).filter(|_| self.check == Asking::Calls);
        let later = checked.map(|vow| after(vow.from, t.clock.settings.citizen_gap));
        t.clock.by_day(later.map_or(t.now(), |at| at.max(t.now())))
    }
}
