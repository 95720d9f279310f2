//! One case: what happens goes in, what is to be done comes out, and its facts rebuild it.

mod apply;
mod asked;
mod handover;
mod told;
mod tools;
mod work;

use std::collections::BTreeMap;

use crate::action::{Action, Key, Kind};
use crate::clock::Clock;
use crate::event::{Event, Outcome, Placed};
use crate::fact::{By, Fact, Flag};
use crate::ids::{CaseId, Citizen, Name, Of};
use crate::refusal::Refusal;
use crate::state::{State, Step};
use crate::vow::{Lapse, Proof, Vow, What};

/// Whether a word in reply is enough.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Track {
    /// The unit calls back; the citizen's word at the one-hour check settles it.
    Reply,
    /// The unit does something within its working days; three echoes.
    Case,
}

/// A case as it is opened: the columns of its row that never change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opening {
    /// UTC ms.
    pub at: i64,
    /// Reply or case.
    pub track: Track,
    /// Who is called about it; `None`: anonymous, or no number is known.
    pub citizen: Option<Citizen>,
    /// The unit must not learn who asks.
    pub confidential: bool,
    /// Not to wait.
    pub urgent: bool,
    /// The same citizen brought the same before.
    pub repeat_of: Option<CaseId>,
}

/// Who asks the citizen about something.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Asking {
    /// Nobody: not yet, or it is answered.
    #[default]
    Nobody,
    /// Our calls.
    Calls,
    /// A person, because our calls did not reach them or can't.
    Person,
}

/// One case. Its size is bounded: of each promise the latest is kept here, all of them are in the facts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    /// Which.
    pub id: CaseId,
    /// As it was opened.
    pub opening: Opening,
    /// Where it stands.
    pub state: State,
    /// From 1.
    pub round: u32,
    /// Who is responsible.
    pub unit: Option<Name>,
    /// Not to wait.
    pub urgent: bool,
    /// A leader watches it.
    pub supervised: bool,
    /// It stands in the ledger.
    pub blocked: bool,
    /// The latest promise of each kind.
    pub vows: BTreeMap<What, Vow>,
    /// Who does the one-hour check.
    pub check: Asking,
    /// Who asks for echo 3.
    pub echo3: Asking,
    /// Working days that the unit asked for and nobody has decided about.
    pub extension: Option<i32>,
    /// Extensions granted in this round.
    pub extended: u32,
    /// UTC ms.
    pub closed_at: Option<i64>,
    /// The case that it became part of.
    pub merged_into: Option<CaseId>,
    /// When the unit of now was named, or the round began, UTC ms.
    ordered_at: i64,
    /// The last number given to a promise.
    rev: u32,
    /// Promises of this round have higher numbers.
    round_rev: u32,
}

/// One input on its way: the moment, and what it has brought so far.
struct Turn<'a> {
    clock: Clock<'a>,
    out: Vec<Action>,
}

impl Case {
    /// A case that was opened.
    ///
    /// # Errors
    /// [`Refusal::NobodyToReply`].
    pub fn open(id: CaseId, opening: Opening) -> Result<Self, Refusal> {
        if opening.track == Track::Reply && opening.citizen.is_none() {
            return Err(Refusal::NobodyToReply);
        }
        Ok(Self::blank(id, opening))
    }

    /// The case that these facts, oldest first, have made of its row.
    pub fn rebuild<'a>(
        id: CaseId,
        opening: Opening,
        facts: impl IntoIterator<Item = (i64, &'a Fact)>,
    ) -> Self {
        let mut case = Self::blank(id, opening);
        for (at, fact) in facts {
            case.apply(at, fact);
        }
        case
    }

    fn blank(id: CaseId, opening: Opening) -> Self {
        Self {
            id,
            opening,
            state: State::Received,
            round: 1,
            unit: None,
            urgent: opening.urgent,
            supervised: false,
            blocked: false,
            vows: BTreeMap::new(),
            check: Asking::Nobody,
            echo3: Asking::Nobody,
            extension: None,
            extended: 0,
            closed_at: None,
            merged_into: None,
            ordered_at: opening.at,
            rev: 0,
            round_rev: 0,
        }
    }

    /// Takes one thing that happened and says what is to be done. A due task or a call of an older promise does nothing.
    ///
    /// # Errors
    /// Why it may not be done; the case is as before.
    pub fn handle(&mut self, clock: Clock<'_>, event: Event) -> Result<Vec<Action>, Refusal> {
        let mut turn = Turn { clock, out: Vec::new() };
        let t = &mut turn;
        match event {
            Event::SettledOnSpot => self.settle(t, Step::SettleOnSpot)?,
            Event::SettledThreeWay => self.settle(t, Step::SettleThreeWay)?,
            Event::HandOver(unit) => self.hand_over(t, unit)?,
            Event::Received(by, channel) => self.received(t, by, channel)?,
            Event::Returned(why) => self.returned(t, why)?,
            Event::Reassign(unit) => self.reassign(t, unit)?,
            Event::CalledBack(proof, by) => self.called_back(t, proof, by)?,
            Event::Echo1 { method, proof, by, until } => self.echo_1(t, method, proof, by, until)?,
            Event::Echo2 { method, proof, by } => self.echo_2(t, method, proof, by)?,
            Event::AskExtension(days, why) => self.ask_extension(t, days, why)?,
            Event::AnswerExtension(days, why) => self.answer_extension(t, days, why)?,
            Event::Reported(by) => self.reported(t, by)?,
            Event::CheckedByPerson(answers) => self.asked_by_person(t, What::Check, answers)?,
            Event::AskedByPerson(answers) => self.asked_by_person(t, What::Echo3, answers)?,
            Event::GiveUp(why) => self.give_up(t, why)?,
            Event::Decided(what) => {
                self.may(Step::Decide)?;
                self.note(t, Fact::Decided(what));
                self.close(t, Step::Decide, Lapse::Closed)?;
            }
            Event::Archive => self.close(t, Step::Archive, Lapse::Closed)?,
            Event::Merge(into) => self.merge(t, into)?,
            Event::Flag(flag, on) => self.flag(t, flag, on)?,
            Event::Due(key) => self.due(t, key)?,
            Event::Called(key, placed, outcome) => self.called(t, &key, placed, outcome)?,
            Event::CalendarChanged => self.calendar_changed(t),
        }
        Ok(turn.out)
    }

    fn settle(&mut self, t: &mut Turn<'_>, step: Step) -> Result<(), Refusal> {
        self.may(step)?;
        if self.unit.is_some() {
            return Err(Refusal::Assigned);
        }
        self.step(t, step)
    }

    fn merge(&mut self, t: &mut Turn<'_>, into: CaseId) -> Result<(), Refusal> {
        self.may(Step::Merge)?;
        if into == self.id {
            return Err(Refusal::SameCase);
        }
        self.note(t, Fact::Merged(into));
        self.close(t, Step::Merge, Lapse::Merged)
    }

    fn flag(&mut self, t: &mut Turn<'_>, flag: Flag, on: bool) -> Result<(), Refusal> {
        if self.state.is_closed() {
            return Err(Refusal::NotNow(self.state, Step::Assign));
        }
        let is = match flag {
            Flag::Urgent => self.urgent,
            Flag::Supervised => self.supervised,
            Flag::Blocked => self.blocked,
        };
        if is != on {
            self.note(t, Fact::Flagged(flag, on));
            if flag == Flag::Urgent && on {
                self.became_urgent(t);
            }
        }
        Ok(())
    }

    /// A task was claimed.
    fn due(&mut self, t: &mut Turn<'_>, key: Key) -> Result<(), Refusal> {
        if key.of != Of::Case(self.id) {
            return Err(Refusal::NotOurs);
        }
        match key.kind {
            Kind::Handover | Kind::Urgent => self.call_contact(t, key)?,
            Kind::WarnLiaison | Kind::WarnDeputy => self.call_reminder(t, key),
            Kind::Check => self.call_citizen(t, What::Check, key)?,
            Kind::Echo3 => self.call_citizen(t, What::Echo3, key)?,
            Kind::RemindBefore | Kind::RemindToday => self.remind(t, &key),
            Kind::CallBackOver if self.is_over(t, What::CallBack, key.rev) => {
                self.call_back_is_over(t, key.rev);
            }
            Kind::Echo1Over if self.is_over(t, What::Echo1, key.rev) => self.echo_1_is_over(t),
            Kind::WorkOver if self.is_over(t, What::Work, key.rev) => self.work_is_over(t)?,
            Kind::Echo3Over if self.is_over(t, What::Echo3, key.rev) => self.echo_3_is_over(t),
            Kind::CallBackOver | Kind::Echo1Over | Kind::WorkOver | Kind::Echo3Over => {}
            Kind::CallBack | Kind::Reach | Kind::Notice | Kind::Review => return Err(Refusal::NotOurs),
        }
        Ok(())
    }

    /// A task's call is over.
    fn called(
        &mut self,
        t: &mut Turn<'_>,
        key: &Key,
        placed: Placed,
        outcome: Outcome,
    ) -> Result<(), Refusal> {
        if key.of != Of::Case(self.id) {
            return Err(Refusal::NotOurs);
        }
        match key.kind {
            Kind::Handover => self.contact_called(t, What::Handover, key, outcome),
            Kind::Urgent => self.contact_called(t, What::Urgent, key, outcome),
            Kind::WarnLiaison | Kind::WarnDeputy => match outcome {
                Outcome::Heard | Outcome::Missed(_) => Ok(()),
                Outcome::Received(_)
                | Outcome::WrongUnit
                | Outcome::Acknowledged(_)
                | Outcome::Answered(_)
                | Outcome::Connected => Err(Refusal::NotOfThisCall),
            },
            Kind::Check => self.citizen_called(t, What::Check, key, placed, outcome),
            Kind::Echo3 => self.citizen_called(t, What::Echo3, key, placed, outcome),
            Kind::RemindBefore
            | Kind::RemindToday
            | Kind::CallBackOver
            | Kind::Echo1Over
            | Kind::WorkOver
            | Kind::Echo3Over
            | Kind::CallBack
            | Kind::Reach
            | Kind::Notice
            | Kind::Review => Err(Refusal::NotOfThisCall),
        }
    }

    /// The promise of this kind that runs.
    pub fn open_vow(&self, what: What) -> Option<&Vow> {
        self.vows.get(&what).filter(|vow| vow.is_open())
    }

    /// Until when the work is promised, UTC ms, and whether that can still move: what the citizen is told.
    pub fn work_due(&self) -> Option<(i64, bool)> {
        self.vows.get(&What::Work).map(|vow| (vow.due_at, vow.provisional))
    }

    fn of(&self) -> Of {
        Of::Case(self.id)
    }
}

/// Whether something typed may stand for a call that only our bridge can make.
fn through_us(case: &Case, proof: Proof) -> Result<(), Refusal> {
    let hidden = case.opening.confidential && proof == Proof::Claimed;
    if hidden { Err(Refusal::OnlyThroughUs) } else { Ok(()) }
}

/// Who took down what a task's call heard.
const KEYS: By = By::Keys;
