//! What the house calls for, and what it reports of it: the contract between the promise clock and the core.

use std::time::Duration;

use crate::cause::Cause;
use crate::ids::{CallId, Lang, Name, Pii, Skill, StaffNo};
use crate::plan::Member;

/// A call that the house makes because a promise is due. One errand is one attempt: whether, when and whom to try again is
/// the promise clock's to decide, by what [`News`] say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Errand {
    /// Minted outside.
    pub call: CallId,
    /// The task's key: comes back in every report.
    pub task: Name,
    /// What for.
    pub what: Task,
    /// The case that it is about.
    pub case: Option<Pii>,
    /// The citizen's number, normalised; `None` when nobody outside is to be called.
    pub citizen: Option<Pii>,
    /// The citizen's language. Staff are spoken to in Mandarin.
    pub lang: Lang,
    /// At any hour, and before the others in the queue.
    pub urgent: bool,
    /// How long each contact's phone rings; the citizen's rings as long as the plan says.
    pub ring: Duration,
}

/// What an errand is for (calls.md, "Tasks"; the numbers are the rows of promises.md).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Task {
    /// 7: the unit's contact takes the case over by key and staff number (P53, P54) and may be joined with the citizen at once (P55).
    HandOver {
        /// Who is rung.
        contact: Member,
        /// Whose staff number is a receipt: everybody of the unit.
        staff: Vec<StaffNo>,
    },
    /// 8: so many minutes since the hand-over and no call back (P56); may be joined with the citizen at once (P55).
    Remind {
        /// Who is rung.
        contact: Member,
        /// Since the hand-over.
        minutes: u32,
    },
    /// 19: an urgent matter goes down the chain until somebody acknowledges it (P57), so many rounds.
    Urgent {
        /// Liaison, deputy leader, shift lead.
        chain: Vec<Member>,
        /// How often from the beginning (2).
        rounds: u8,
        /// Where it is, as spoken; empty when unknown.
        place: Name,
    },
    /// 19: the monthly test whether a contact can be reached (P58).
    Reach {
        /// Who is rung.
        contact: Member,
    },
    /// 8: the unit dials in by itself. Such a call begins outside: sent out, it comes to nothing.
    DialIn,
    /// 'Connect me now' from a screen: whoever asked is rung on their own phone, then the citizen. Picked up soon after the order it
    /// needs no key; later it may be a voice mail, and P55 asks for one.
    Connect {
        /// Who asked.
        staff: Member,
    },
    /// A missed or promised call-back: an operator first, in the place that the caller had, then the citizen.
    CallBack {
        /// Entered the queue, UTC ms.
        since: i64,
        /// What the operator must be able to answer.
        skill: Skill,
        /// Who had the call before, when that one is wanted first.
        operator: Option<StaffNo>,
    },
    /// 9: one hour after the hand-over. Does it suit (P63)? Has the unit called (P64)? How satisfied (P60, P61)?
    Reply {
        /// When the matter was received, UTC ms: the day is spoken.
        received_at: i64,
    },
    /// 14: echo 3. Does it suit (P63)? Told who handles it and by when (P65)? The result (P66)? How satisfied with it (P67)?
    Echo3 {
        /// When the matter was received, UTC ms: the day is spoken.
        received_at: i64,
        /// There is no further round: who is not satisfied hears of the joint meeting (P69) rather than a redo (P68).
        last: bool,
    },
}

impl Task {
    /// The word for the call's `profile`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::HandOver { .. } => "hand_over",
            Self::Remind { .. } => "remind",
            Self::Urgent { .. } => "urgent",
            Self::Reach { .. } => "reach",
            Self::DialIn => "dial_in",
            Self::Connect { .. } => "connect",
            Self::CallBack { .. } => "call_back",
            Self::Reply { .. } => "reply",
            Self::Echo3 { .. } => "echo3",
        }
    }
}

/// One report of an errand; in the order of `no`, from 1 without gaps. The last one is [`News::Over`], exactly once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ErrandRow {
    /// The errand's call.
    pub call: CallId,
    /// The task's key.
    pub task: Name,
    /// Key within the call.
    pub no: u32,
    /// UTC ms.
    pub at: i64,
    /// What happened.
    pub news: News,
}

/// What a citizen is asked after the fact; of most of them 1 is yes and 2 is no.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Question {
    /// P63: does it suit? 2 is later.
    Suits,
    /// P64: the unit has called.
    Called,
    /// P65: was told who handles it and by when (echo 1).
    Term,
    /// P66: was told the result (echo 2).
    Result,
    /// P67: how satisfied with the result, 5 to 1.
    Score,
}

/// What happened on an errand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum News {
    /// A contact's phone is rung; the first of a unit that dials in: this one did. Its task is `dial/` and the case's key.
    Dialled(StaffNo),
    /// A contact did not take it: not reached, hung up, no key.
    Failed(StaffNo, Cause),
    /// The unit has the case: the staff number that was keyed.
    Received(StaffNo),
    /// "Not our unit" (key 3).
    WrongUnit(StaffNo),
    /// A reminder was heard to its end.
    Told(StaffNo),
    /// Key 1 at an urgent matter or a test.
    Acknowledged(StaffNo),
    /// Key 2 at an urgent matter: the next one.
    Passed(StaffNo),
    /// The citizen picked up.
    CitizenAnswered,
    /// The citizen did not.
    CitizenFailed(Cause),
    /// Citizen and unit, or citizen and operator, talk: the proof of a call-back.
    Connected,
    /// The citizen's answer to a question.
    Answered(Question, bool),
    /// 5 very satisfied .. 1 very dissatisfied.
    Scored(u8),
    /// Why the score is low: 1 attitude, 2 waiting, 3 not solved.
    Because(u8),
    /// The citizen would rather be called another time (P63, key 2).
    Later,
    /// The citizen would rather talk with an operator.
    WantsOperator,
    /// The last one.
    Over(End),
}

/// How an errand ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// It did what it was for.
    Done,
    /// It did not, and why.
    Failed(Cause),
}
