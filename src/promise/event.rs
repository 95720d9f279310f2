//! Everything that can happen to a case. With `action.rs` and `fact.rs` this is the contract of the crate.

use crate::action::Key;
use crate::fact::{Answers, Channel, Flag, Method, Miss};
use crate::ids::{CallId, CaseId, Name};
use crate::vow::Proof;

/// One thing that happened. Goes into [`crate::Case::handle`].
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// The operator answered it in the call.
    SettledOnSpot,
    /// The window answered it in the same call.
    SettledThreeWay,
    /// An operator hands it over to a unit.
    HandOver(Name),
    /// The receipt of a staff number.
    Received(Name, Channel),
    /// The unit says that it is not theirs, and why.
    Returned(Name),
    /// An operator names another unit.
    Reassign(Name),
    /// The unit called the citizen back: through our bridge, or so they say. With the staff number.
    CalledBack(Proof, Name),
    /// The unit told who handles it and until when (UTC ms).
    Echo1 {
        /// How.
        method: Method,
        /// What shows it.
        proof: Proof,
        /// Staff number.
        by: Name,
        /// Until when, as they said.
        until: Option<i64>,
    },
    /// The unit told the result.
    Echo2 {
        /// How.
        method: Method,
        /// What shows it.
        proof: Proof,
        /// Staff number.
        by: Name,
    },
    /// The unit asks for more working days, and why.
    AskExtension(i32, Name),
    /// The hotline grants so many (`Some`) or refuses, and why.
    AnswerExtension(Option<i32>, Name),
    /// Done, says a staff number of the unit.
    Reported(Name),
    /// A person asked the citizen, in the one-hour check's place ...
    CheckedByPerson(Answers),
    /// ... or in echo 3's.
    AskedByPerson(Answers),
    /// A person closes a case whose citizen cannot be reached or asked, and why. It does not count as satisfied.
    GiveUp(Name),
    /// What the joint meeting decided.
    Decided(Name),
    /// Put what was settled in the call into the archive.
    Archive,
    /// It is the same matter as another case.
    Merge(CaseId),
    /// Set a flag or take it away.
    Flag(Flag, bool),
    /// A task of this case is due and has been claimed.
    Due(Key),
    /// The call of a task is over, and what it brought.
    Called(Key, Placed, Outcome),
    /// Working days or hours are other ones.
    CalendarChanged,
}

/// A call of ours.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Placed {
    /// Its record.
    pub call: CallId,
    /// When it began, UTC ms.
    pub began_at: i64,
}

/// What a call of ours brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Nothing.
    Missed(Miss),
    /// Hand-over: key 1 and this staff number.
    Received(Name),
    /// Hand-over: key 3.
    WrongUnit,
    /// Urgent chain: key 1, this staff number.
    Acknowledged(Name),
    /// A reminder was heard.
    Heard,
    /// Check or echo 3: the citizen's answers.
    Answered(Answers),
    /// A call-back: the citizen speaks with somebody.
    Connected,
}
