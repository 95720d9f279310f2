//! The house calls: a promise that is due becomes a call of its own, one attempt, with a report of everything that came of it.
//!
//! It is a [`Call`] that begins at the other end. Once citizen and staff talk it is like any other: the citizen can ask for an
//! operator, supervisors listen, one recording covers it.

mod citizen;
mod contact;
mod dial;
mod follow;
mod what;

pub use what::{End, Errand, ErrandRow, News, Question, Task};

use std::sync::Arc;
use std::time::Duration;

use crate::action::Action;
use crate::call::{Call, Stage};
use crate::cause::{Cause, Reason, Side};
use crate::cdr::{CallRow, Outcome, Record};
use crate::event::Caller;
use crate::house::Cx;
use crate::ids::{LegId, Name, Pii, PlayId, StaffNo};
use crate::plan::{Limits, Member, Plan};
use crate::seek::Seek;
use crate::timers::Timer;

/// No leg yet: the core mints from 1.
const NOBODY: LegId = LegId(0);
/// How long an operator is waited for before a call-back is put off.
const PATIENCE: Duration = Duration::from_secs(600);

/// What a contact is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asked {
    /// P59, after a wrong one P25: the case, of a unit that dials in.
    Case,
    /// P53: take it over?
    TakeOver,
    /// P54: the staff number.
    Number,
    /// P55: the citizen now, or later?
    Now,
    /// P57: acknowledge?
    Urgent,
    /// P58: there?
    Reach,
}

/// An errand under way.
#[derive(Clone, Debug)]
pub(crate) struct Doing {
    task: Name,
    what: Task,
    citizen: Option<Pii>,
    /// Each contact, so long.
    ring: Duration,
    /// Reports written.
    no: u32,
    /// How many contacts were tried, over all rounds.
    tried: usize,
    /// Who of the staff is rung or talks with the house.
    contact: Option<(LegId, StaffNo)>,
    asked: Option<Asked>,
    /// What the contact is being told.
    saying: Option<PlayId>,
    entry: Pii,
    /// Wrong or no keys at what is asked now.
    failures: u8,
    /// The case that was keyed.
    case: Option<Pii>,
    /// Wrong entries of a unit that dials in.
    wrong: u8,
    /// Last words are being said; then it ends so.
    parting: Option<Cause>,
    /// How often the citizen was called.
    calls: u8,
    /// The place in the queue that a call-back has, time since the start.
    pub(crate) since: Duration,
    /// Why the citizen was not reached, the last time.
    missed: Option<Cause>,
    /// Who answers before this moment is the person who has just asked for it.
    asked_until: Duration,
    /// The operator who is rung now is the last one: the patience is over.
    last_chance: bool,
    /// They talk, or did.
    connected: bool,
    done: bool,
}

impl Doing {
    fn new(
        cx: &Cx<'_>,
        limits: &Limits,
        task: Name,
        what: Task,
        citizen: Option<Pii>,
        ring: Duration,
    ) -> Self {
        Self {
            task,
            what,
            citizen,
            ring,
            no: 0,
            tried: 0,
            contact: None,
            asked: None,
            saying: None,
            entry: Pii::default(),
            failures: 0,
            case: None,
            wrong: 0,
            parting: None,
            calls: 0,
            since: cx.now.mono,
            missed: None,
            asked_until: cx.after(limits.whisper),
            last_chance: false,
            connected: false,
            done: false,
        }
    }

    /// Who is rung, in their order.
    fn chain(&self) -> &[Member] {
        match &self.what {
            Task::HandOver { contact, .. } | Task::Remind { contact, .. } | Task::Reach { contact } => {
                std::slice::from_ref(contact)
            }
            Task::Connect { staff } => std::slice::from_ref(staff),
            Task::Urgent { chain, .. } => chain,
            Task::DialIn | Task::CallBack { .. } | Task::Reply { .. } | Task::Echo3 { .. } => &[],
        }
    }

    /// The next one to ring, until all rounds are done.
    fn next(&mut self) -> Option<Member> {
        let rounds = if let Task::Urgent { rounds, .. } = self.what { usize::from(rounds.max(1)) } else { 1 };
        let length = self.chain().len();
        if self.tried >= length.saturating_mul(rounds) {
            return None;
        }
        let member = self.chain().get(self.tried.checked_rem(length)?).cloned();
        self.tried = self.tried.saturating_add(1);
        member
    }
}

impl Call {
    /// A call of the house; its first row goes out.
    pub(crate) fn on_errand(cx: &mut Cx<'_>, plan: Arc<Plan>, errand: Errand) -> Self {
        let number = errand.citizen.clone().unwrap_or_default();
        let row = CallRow {
            did: plan.numbers.first().cloned().unwrap_or_else(|| Name::from("")),
            caller: Caller { raw: number.clone(), number, ..Caller::default() },
            lang: errand.lang,
            profile: errand.what.word(),
            urgent: errand.urgent,
            case: errand.case,
            ..CallRow::begin(errand.call, cx.now.utc_ms, &plan)
        };
        let mut call = Self::blank(cx, plan, row, NOBODY);
        let doing = Doing::new(cx, call.limits(), errand.task, errand.what, errand.citizen, errand.ring);
        call.errand = Some(Box::new(doing));
        call.write_first(cx, "call.placed");
        call
    }

    /// The journal has the first row: whoever comes first is rung.
    pub(crate) fn set_out(&mut self, cx: &mut Cx<'_>) {
        self.stage = Stage::Errand;
        match self.errand.as_ref().map(|doing| &doing.what) {
            Some(Task::CallBack { .. }) => self.operator_first(cx),
            Some(Task::DialIn) => self.answer_unit(cx),
            Some(Task::Reply { .. } | Task::Echo3 { .. }) => self.ring_citizen(cx),
            Some(Task::HandOver { .. } | Task::Remind { .. } | Task::Urgent { .. } | Task::Reach { .. })
            | Some(Task::Connect { .. })
            | None => {
                self.ring_contact(cx, None);
            }
        }
    }

    /// Somebody picked up: the room is there for the first of them.
    fn open(&mut self, cx: &mut Cx<'_>) {
        if !self.room {
            self.open_room(cx);
        }
    }

    /// Writes a report down.
    pub(crate) fn report(&mut self, cx: &mut Cx<'_>, news: News) {
        // A unit that dials in and has not shown whose it is belongs to no task.
        let Some(doing) = self.errand.as_mut().filter(|doing| !doing.task.is_empty()) else { return };
        doing.no = doing.no.saturating_add(1);
        let (task, no) = (doing.task.clone(), doing.no);
        let row = ErrandRow { call: self.id, task, no, at: cx.now.utc_ms, news };
        cx.act(Action::Record(Box::new(Record::Errand(row))));
    }

    /// The last report, when the call is over.
    pub(crate) fn errand_is_over(&mut self, cx: &mut Cx<'_>, cause: Cause) {
        let Some(done) = self.errand.as_ref().map(|doing| doing.done) else { return };
        self.report(cx, News::Over(if done { End::Done } else { End::Failed(cause) }));
    }

    /// What came of it, in the words of calls.
    pub(crate) fn errand_outcome(&self) -> Option<Outcome> {
        let doing = self.errand.as_ref()?;
        let received = matches!(doing.what, Task::HandOver { .. } | Task::Urgent { .. });
        Some(match (self.achieved, doing.done) {
            (done, _) if done.emergency => Outcome::Emergency,
            (done, _) if done.bridged => Outcome::Bridged,
            (done, _) if done.talked => Outcome::OnSpot,
            (_, true) if received => Outcome::HandedOver,
            (_, true) => Outcome::OnSpot,
            (_, false) => Outcome::Invalid,
        })
    }

    /// The errand did what it was for, whatever comes now.
    fn accomplished(&mut self) {
        if let Some(doing) = &mut self.errand {
            doing.done = true;
        }
    }

    /// Nothing is left to do: what it was for is done, or the citizen was not reached.
    fn finish(&mut self, cx: &mut Cx<'_>) {
        let cause = self.verdict();
        self.end(cx, cause);
    }

    fn verdict(&self) -> Cause {
        let missed = self.errand.as_ref().filter(|doing| !doing.done).and_then(|doing| doing.missed);
        missed.unwrap_or(Cause::new(Side::House, Reason::Finished))
    }

    /// A call-back begins with an operator, in the place that the caller had in the queue.
    fn operator_first(&mut self, cx: &mut Cx<'_>) {
        let Some(Task::CallBack { since, skill, operator }) =
            self.errand.as_ref().map(|doing| doing.what.clone())
        else {
            return;
        };
        if !self.somebody_serves(cx, &skill) {
            return self.end(cx, Cause::new(Side::Operator, Reason::Absent));
        }
        let before = Duration::from_millis(u64::try_from(cx.now.utc_ms.saturating_sub(since)).unwrap_or(0));
        if let Some(doing) = &mut self.errand {
            doing.since = cx.now.mono.saturating_sub(before);
        }
        self.calls_back(cx);
        let seek = operator.map_or(Seek::Skill, |staff| Seek::Same(staff, false));
        self.wait_in_place(cx, seek, skill, before);
        self.timers.set(Timer::Errand, cx.after(PATIENCE));
    }

    /// Nobody had time: the call-back is put off, unless an operator's phone rings just now.
    pub(crate) fn errand_waited(&mut self, cx: &mut Cx<'_>) {
        let Some(ringing) = self.wait.as_ref().map(|wait| wait.ringing.is_some()) else { return };
        if let Some(doing) = self.errand.as_mut().filter(|_| ringing) {
            doing.last_chance = true;
        } else {
            self.end(cx, Cause::new(Side::Operator, Reason::NoAnswer));
        }
    }

    /// An operator did not pick up a call-back whose patience is over. `true`: no other is looked for.
    pub(crate) fn gave_last_chance(&mut self, cx: &mut Cx<'_>) -> bool {
        let over = self.errand.as_ref().is_some_and(|doing| doing.last_chance) && self.stage == Stage::Errand;
        if over {
            self.end(cx, Cause::new(Side::Operator, Reason::NoAnswer));
        }
        over
    }
}
