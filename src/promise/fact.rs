//! What is written down: each fact with its moment is a row, and the facts of an owner rebuild it, whatever calendar and settings hold by then.

use crate::action::Contact;
use crate::ids::{CallId, CaseId, Name, Of};
use crate::state::State;
use crate::vow::{End, Proof, What};

/// A fact, when (UTC ms) and of whom.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// Whose.
    pub of: Of,
    /// UTC ms.
    pub at: i64,
    /// What.
    pub fact: Fact,
}

/// What has happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fact {
    /// The state is another one.
    Moved(State),
    /// A unit is responsible from now on.
    Assigned(Name),
    /// Something was promised.
    Promised(Pledge),
    /// A due date is another one; the old one is kept here.
    DueChanged {
        /// Before.
        old: i64,
        /// After.
        new: Pledge,
        /// Why.
        why: Change,
    },
    /// A promise ended.
    Ended(What, End),
    /// What was missed is done now.
    Late(What, Proof),
    /// A call for a promise came to nothing.
    Tried(What, Miss),
    /// A person must go on with it.
    Person(What),
    /// The receipt, by staff number.
    Received(Name, Channel),
    /// Wrong unit, and why.
    Returned(Name),
    /// The unit spoke with the citizen or wrote to them.
    Told {
        /// A call-back, echo 1 or echo 2.
        what: What,
        /// How.
        method: Method,
        /// What shows it.
        proof: Proof,
        /// By whom, a staff number.
        by: Name,
        /// Echo 1: until when, as the unit said, UTC ms.
        until: Option<i64>,
    },
    /// More days were asked, and why.
    ExtensionAsked(i32, Name),
    /// `Some`: so many days were granted; `None`: refused, or too late. And why.
    ExtensionAnswered(Option<i32>, Name),
    /// Done, says the unit: by whom.
    Reported(Name),
    /// The citizen's answers to a check or echo 3.
    Scored(What, Answers, By),
    /// The citizen contradicts what was entered.
    Disputed(What),
    /// The next round has begun.
    Round(u32),
    /// A flag was set or taken away.
    Flagged(Flag, bool),
    /// Became part of another case.
    Merged(CaseId),
    /// A person closed it, and why.
    GaveUp(Name),
    /// What the joint meeting decided.
    Decided(Name),
    /// A call-back answers another missed call of the same citizen too.
    Joined(CallId),
    /// Nothing is owed any more.
    Settled,
    /// A contact was tested: reachable or not.
    Reached(Contact, bool),
    /// An item came to the ledger, and why.
    Listed(Name),
    /// It was reviewed, with what was found; and when next, UTC ms.
    Reviewed(Name, i64),
    /// It was struck off, and why.
    Struck(Name),
    /// A monthly notice was made ...
    NoticeMade,
    /// ... edited by a person ...
    NoticeEdited(Name),
    /// ... signed by one ...
    NoticeSigned(Name),
    /// ... and sent.
    NoticeSent(Name),
}

/// A promise's terms.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Pledge {
    /// What.
    pub what: What,
    /// From when it counts, UTC ms.
    pub from: i64,
    /// By so many working days; else by the wall clock.
    pub days: Option<i32>,
    /// UTC ms.
    pub due_at: i64,
    /// Can still move: spoken as 预计.
    pub provisional: bool,
}

/// Why a due date changed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Change {
    /// An extension was granted.
    Extension,
    /// A notice was loaded, or working time changed.
    Calendar,
    /// It became urgent before it was handed over.
    Urgent,
}

/// How a receipt came in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Channel {
    /// Key 1 and a staff number, in our call.
    Keys,
    /// An operator who spoke with them.
    Operator,
}

/// How a citizen was told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Method {
    /// By phone.
    Phone,
    /// In person.
    Face,
    /// In writing.
    Written,
}

/// Who took down the answers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum By {
    /// Keys.
    Keys,
    /// An operator.
    Operator,
}

/// Flags of a case that can change.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Flag {
    /// Below the emergency plan, but not to wait.
    Urgent,
    /// A leader watches it.
    Supervised,
    /// Outside conditions block it; it stands in the ledger.
    Blocked,
}

/// Why a call came to nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Miss {
    /// Nobody answered.
    NoAnswer,
    /// Busy.
    Busy,
    /// Declined, or passed on with key 2.
    Declined,
    /// Answered without the keys that count: voice mail, or hung up.
    NoKeys,
    /// The number is wrong.
    WrongNumber,
    /// The chain has nobody at this place.
    Nobody,
    /// We could not call: after the last attempt of a task that failed.
    NoLine,
}

/// What a citizen said.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Answers {
    /// Check: did the unit call back? Echo 3: did they say who handles it and until when?
    pub first: Option<bool>,
    /// Echo 3: did they tell the result?
    pub second: Option<bool>,
    /// 5 very satisfied .. 1 very dissatisfied.
    pub score: Option<u8>,
}
