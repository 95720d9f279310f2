//! Which steps somebody may take with a case: by role, by unit, and by asking the promise clock itself.

use access::Role;
use promise::{Answers, Case, CaseId, Channel, Clock, Event, Flag, Method, Proof};

use crate::cases::units_of;
use crate::rooms::House;
use crate::who::Who;

/// A step by its word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CaseStep)]
pub(crate) enum StepWord {
    /// The operator answered it in the call.
    SettleOnSpot,
    /// The window answered it in the same call.
    SettleThreeWay,
    /// What was settled in the call goes into the archive.
    Archive,
    /// `unit`: hand it over.
    HandOver,
    /// `unit`: another one, after it was returned.
    Reassign,
    /// The receipt of a member of the unit (`staff`).
    Received,
    /// The unit says that it is not theirs (`reason`).
    Returned,
    /// The unit says that it called the citizen back.
    CalledBack,
    /// The unit told who handles it, `until` when; `method`.
    Echo1,
    /// The unit told the result; `method`.
    Echo2,
    /// More `days`, and why (`reason`).
    AskExtension,
    /// `days` granted, or null: refused; `reason`.
    AnswerExtension,
    /// Done, says the unit.
    Reported,
    /// A person asked the citizen in the one-hour check's place: `first`, `score`.
    Checked,
    /// A person asked for echo 3: `first`, `second`, `score`.
    Asked,
    /// A person closes what no call could settle (`reason`).
    GiveUp,
    /// What the joint meeting decided (`reason`).
    Decided,
    /// It is the same matter as another case (`into`).
    Merge,
    /// `flag` is set (`on`) or taken away.
    Flag,
}

use StepWord as W;

impl StepWord {
    /// All of them.
    const ALL: [Self; 19] = [
        W::SettleOnSpot,
        W::SettleThreeWay,
        W::Archive,
        W::HandOver,
        W::Reassign,
        W::Received,
        W::Returned,
        W::CalledBack,
        W::Echo1,
        W::Echo2,
        W::AskExtension,
        W::AnswerExtension,
        W::Reported,
        W::Checked,
        W::Asked,
        W::GiveUp,
        W::Decided,
        W::Merge,
        W::Flag,
    ];

    /// The word in JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            W::SettleOnSpot => "settle_on_spot",
            W::SettleThreeWay => "settle_three_way",
            W::Archive => "archive",
            W::HandOver => "hand_over",
            W::Reassign => "reassign",
            W::Received => "received",
            W::Returned => "returned",
            W::CalledBack => "called_back",
            W::Echo1 => "echo1",
            W::Echo2 => "echo2",
            W::AskExtension => "ask_extension",
            W::AnswerExtension => "answer_extension",
            W::Reported => "reported",
            W::Checked => "checked",
            W::Asked => "asked",
            W::GiveUp => "give_up",
            W::Decided => "decided",
            W::Merge => "merge",
            W::Flag => "flag",
        }
    }

    /// What the unit itself says: a window of its own, or an operator who has it from the unit's mouth.
    pub(crate) fn is_units(self) -> bool {
        matches!(
            self,
            W::Received | W::Returned | W::CalledBack | W::Echo1 | W::Echo2 | W::AskExtension | W::Reported
        )
    }

    /// Whether this role may take it at all.
    pub(crate) fn is_for(self, role: Role) -> bool {
        match role {
            Role::Admin | Role::Supervisor => true,
            Role::Operator => !matches!(self, W::AnswerExtension | W::Decided | W::GiveUp),
            Role::Desk => self.is_units(),
            Role::Auditor | Role::Citizen => false,
        }
    }

    /// Events of which one must be possible for the step to be.
    fn tries(self, case: &Case) -> Vec<Event> {
        let somebody = || promise::Name::from("x");
        let told = [Method::Phone, Method::Face].into_iter();
        let score = Answers { first: Some(true), second: Some(true), score: Some(5) };
        match self {
            W::SettleOnSpot => vec![Event::SettledOnSpot],
            W::SettleThreeWay => vec![Event::SettledThreeWay],
            W::Archive => vec![Event::Archive],
            W::HandOver => vec![Event::HandOver(somebody())],
            W::Reassign => vec![Event::Reassign(somebody())],
            W::Received => vec![Event::Received(somebody(), Channel::Operator)],
            W::Returned => vec![Event::Returned(somebody())],
            W::CalledBack => vec![Event::CalledBack(Proof::Claimed, somebody())],
            W::Echo1 => told
                .map(|method| Event::Echo1 { method, proof: Proof::Claimed, by: somebody(), until: None })
                .collect(),
            W::Echo2 => {
                told.map(|method| Event::Echo2 { method, proof: Proof::Claimed, by: somebody() }).collect()
            }
            W::AskExtension => vec![Event::AskExtension(1, somebody())],
            W::AnswerExtension => vec![Event::AnswerExtension(None, somebody())],
            W::Reported => vec![Event::Reported(somebody())],
            W::Checked => vec![Event::CheckedByPerson(score)],
            W::Asked => vec![Event::AskedByPerson(score)],
            W::GiveUp => vec![Event::GiveUp(somebody())],
            W::Decided => vec![Event::Decided(somebody())],
            W::Merge => vec![Event::Merge(CaseId(case.id.0 ^ 1))],
            W::Flag => vec![Event::Flag(Flag::Supervised, !case.supervised)],
        }
    }
}

/// Whether somebody may touch the case at all: a window only the cases of its unit.
pub(crate) fn is_theirs(house: &House, who: &Who, case: &Case) -> bool {
    who.role != Role::Desk
        || case.unit.as_deref().is_some_and(|unit| units_of(house, who).iter().any(|own| own == unit))
}

/// The steps that this reader may take now. What may be is asked of the case itself, on a copy that nobody keeps.
pub(crate) fn of(house: &House, who: &Who, case: &Case) -> Vec<&'static str> {
    if !is_theirs(house, who, case) {
        return Vec::new();
    }
    let checked = house.rooms.current.now();
    let clock = Clock {
        now: house.promise_now(),
        calendar: &checked.plan.calendar,
        settings: &checked.settings.promises.settings,
    };
    let may = |step: &StepWord| {
        step.is_for(who.role)
            && step.tries(case).into_iter().any(|event| case.clone().handle(clock, event).is_ok())
    };
    StepWord::ALL.into_iter().filter(may).map(StepWord::word).collect()
}
