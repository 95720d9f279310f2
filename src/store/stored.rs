//! What comes out of the store: calls as lists and screens show them, counts, and broken rules.

use std::fmt;

use call::cause::{Cause, Reason};
use call::cdr::{CallBackWhy, LegRow, Outcome, RatingRow};
use call::event::Source;
use call::ids::{CallId, DeskNo, Lang, LegId, Pii, StaffNo};

use crate::rows::{LegSip, LegSound, RecordingRow};

/// Which calls are asked for; all that are given must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CallFilter {
    /// Offered at or after, UTC ms.
    pub from: Option<i64>,
    /// Offered before, UTC ms.
    pub to: Option<i64>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// Going on (`true`) or over (`false`).
    pub live: Option<bool>,
    /// From this number, normalised; it is compared by its hash.
    pub caller: Option<Pii>,
    /// Answered by this operator.
    pub operator: Option<StaffNo>,
    /// This desk was rung.
    pub desk: Option<DeskNo>,
}

/// Some calls, newest first.
#[derive(Clone, PartialEq, Debug)]
pub struct Page {
    /// The calls.
    pub calls: Vec<CallLine>,
    /// Where to go on; `None` at the end.
    pub next: Option<CallId>,
}

/// A call's row as it is stored. Times in UTC ms; spans in ms, monotonic.
///
/// Names in a CDR export: `uniqueid` = `call`, `linkedid` = `parent` or `call`, `src` = `caller_masked`, `dst` = `did`,
/// `start` = `offered_at`, `answer` = `answered_at`, `end` = `ended_at`, `duration` and `billsec` = the spans in whole
/// seconds, `disposition` = [`CallLine::disposition`].
#[derive(Clone, PartialEq, Debug)]
pub struct CallLine {
    /// Key; newer calls have greater ones.
    pub call: CallId,
    /// The process that had it.
    pub node: String,
    /// `in` or `out`.
    pub direction: String,
    /// Dialled number.
    pub did: String,
    /// Trunk or phone; `None` when the first row was lost.
    pub source: Option<Source>,
    /// SIP Call-ID.
    pub sip_call_id: String,
    /// `138****1234`; empty when withheld.
    pub caller_masked: String,
    /// The caller asked for privacy.
    pub cli_withheld: bool,
    /// The number that was dialled first, when the call was diverted to ours: `0535****12`; else empty.
    pub diverted_masked: String,
    /// Language at the end.
    pub lang: Lang,
    /// Greeting profile.
    pub profile: String,
    /// Version of the configuration that it ran by.
    pub config_version: String,
    /// INVITE received.
    pub offered_at: i64,
    /// 200 sent.
    pub answered_at: Option<i64>,
    /// Over.
    pub ended_at: Option<i64>,
    /// The recording notice was heard to its end.
    pub notice_played_at: Option<i64>,
    /// From the offer to the operator's answer or the end.
    pub wait_ms: u64,
    /// In the queue.
    pub queue_ms: u64,
    /// Whole call.
    pub duration_ms: u64,
    /// From the answer to the end.
    pub billsec_ms: u64,
    /// The operator who answered.
    pub operator: Option<StaffNo>,
    /// What came of it; `None` while it goes on.
    pub outcome: Option<Outcome>,
    /// Why it ended.
    pub cause: Option<Cause>,
    /// The number of the case that was made or spoken about.
    pub case_no: Option<String>,
    /// The call that it belongs to.
    pub parent: Option<CallId>,
    /// Urgent.
    pub urgent: bool,
}

impl CallLine {
    /// How it went, in the words of a classic CDR; `None` while it goes on.
    pub fn disposition(&self) -> Option<Disposition> {
        self.ended_at?;
        Some(Disposition::of(self.answered_at.is_some(), self.cause))
    }

    /// Whole seconds of the call (`duration`).
    pub fn duration_s(&self) -> u64 {
        self.duration_ms / 1000
    }

    /// Whole seconds from the answer to the end (`billsec`).
    pub fn billsec_s(&self) -> u64 {
        self.billsec_ms / 1000
    }
}

/// How a call went, in the words of a classic CDR.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Disposition {
    /// It was answered.
    Answered,
    /// Nobody answered.
    NoAnswer,
    /// Busy.
    Busy,
    /// It could not be.
    Failed,
    /// No room: limits, channels, a restart.
    Congestion,
    /// The caller took it back.
    Cancel,
}

impl Disposition {
    /// The word of the export.
    pub fn word(self) -> &'static str {
        match self {
            Self::Answered => "ANSWERED",
            Self::NoAnswer => "NO ANSWER",
            Self::Busy => "BUSY",
            Self::Failed => "FAILED",
            Self::Congestion => "CONGESTION",
            Self::Cancel => "CANCEL",
        }
    }

    /// Of a call that is over.
    pub(crate) fn of(answered: bool, cause: Option<Cause>) -> Self {
        if answered { Self::Answered } else { cause.map_or(Self::Failed, Self::unanswered) }
    }

    /// Of a call that was never answered.
    fn unanswered(cause: Cause) -> Self {
        match cause.reason {
            Reason::GaveUp
            | Reason::Cancelled
            | Reason::LateAnswer
            | Reason::Normal
            | Reason::CalledAgain => Self::Cancel,
            Reason::Busy => Self::Busy,
            Reason::NoAnswer | Reason::NoKey | Reason::Closed | Reason::Absent | Reason::Exhausted => {
                Self::NoAnswer
            }
            Reason::Overload | Reason::Draining | Reason::ChannelsFull => Self::Congestion,
            Reason::Declined
            | Reason::Invalid
            | Reason::Trunk
            | Reason::NotOurs
            | Reason::NotAllowed
            | Reason::Outside
            | Reason::Outbound
            | Reason::Incomplete
            | Reason::NoCodec
            | Reason::MediaLost
            | Reason::Unregistered
            | Reason::PeerGone
            | Reason::Crash
            | Reason::Finished
            | Reason::Protocol => Self::Failed,
        }
    }
}

/// Everything about one call. Never more of a citizen's number than its mask.
#[derive(Clone, PartialEq, Debug)]
pub struct CallDetail {
    /// Its row.
    pub row: CallLine,
    /// Its legs, in the order of their numbers.
    pub legs: Vec<LegLine>,
    /// Its time line.
    pub events: Vec<EventLine>,
    /// Its recordings.
    pub recordings: Vec<RecordingFile>,
    /// The citizen's rating.
    pub rating: Option<RatingRow>,
    /// Call-backs that are owed because of it.
    pub call_backs: Vec<CallBackLine>,
    /// What an operator stated of it.
    pub stated: Option<StatedLine>,
}

impl CallDetail {
    /// What the wire told about the end of the call itself: of the citizen's leg.
    pub fn facts(&self) -> call::advice::Facts<'_> {
        let citizen = self.legs.iter().find(|leg| leg.row.seat == call::action::SeatRole::Citizen);
        citizen.and_then(|leg| leg.sip.last()).map_or_else(Default::default, LegSip::facts)
    }
}

/// What an operator stated of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatedLine {
    /// When, UTC ms.
    pub at: i64,
    /// Who.
    pub who: String,
    /// What came of it.
    pub outcome: Outcome,
    /// The case that was made or spoken about.
    pub case_no: Option<String>,
    /// The service that it was about.
    pub service: Option<String>,
    /// In their words; `Debug` shows stars.
    pub note: Pii,
}

/// A leg as it is stored.
#[derive(Clone, PartialEq, Debug)]
pub struct LegLine {
    /// What the core said.
    pub row: LegRow,
    /// How it sounded, when that was measured.
    pub sound: Option<LegSound>,
    /// How it was signalled, in the order of time: each INVITE of ours, and a refused one of theirs.
    pub sip: Vec<LegSip>,
}

/// A line of the time line as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventLine {
    /// From 1, without gaps.
    pub seq: u32,
    /// UTC ms.
    pub at: i64,
    /// Monotonic ms since the process start.
    pub mono_ms: u64,
    /// The word: `call.offered`, ...
    pub kind: String,
    /// Whose leg.
    pub leg: Option<LegId>,
    /// `citizen`, `operator:1001`, `desk:037`, `house`.
    pub actor: String,
    /// Verdict.
    pub cause: Option<Cause>,
    /// Further facts as `key=value` words.
    pub detail: String,
}

/// A recording as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordingFile {
    /// Its number within the call, from 1.
    pub no: u32,
    /// Its facts.
    pub row: RecordingRow,
}

/// A call-back that is owed, as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallBackLine {
    /// Why.
    pub why: CallBackWhy,
    /// Whom, masked.
    pub number_masked: String,
    /// Place in the queue that is kept: when the caller entered it, UTC ms.
    pub since: i64,
    /// Due, UTC ms.
    pub due_at: i64,
    /// How often it was tried.
    pub attempts: u32,
    /// Reached, UTC ms.
    pub connected_at: Option<i64>,
    /// It was due and nobody called.
    pub missed: bool,
}

/// How much there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Calls.
    pub calls: u64,
    /// Calls without an end.
    pub open_calls: u64,
    /// Final events (`call.ended`, `call.abandoned`).
    pub final_events: u64,
    /// Events.
    pub events: u64,
    /// Legs.
    pub legs: u64,
    /// Recordings.
    pub recordings: u64,
    /// Call-backs owed.
    pub call_backs: u64,
    /// Cases.
    pub cases: u64,
}

/// A rule that the store's contents break. None of them should ever be seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Broken {
    /// A call that is over without exactly one final event.
    FinalEvents {
        /// Which call.
        call: CallId,
        /// How many it has.
        count: u64,
    },
    /// A leg that goes on after its call.
    LegOutlives {
        /// Which call.
        call: CallId,
        /// Which leg.
        leg: LegId,
    },
    /// Events whose numbers do not run 1, 2, 3 ...
    Gap {
        /// Which call.
        call: CallId,
    },
    /// Events, legs, recordings, ratings or call-backs of a call that has no row.
    NoCall {
        /// Which call.
        call: CallId,
    },
    /// The chain of hashes does not hold: an event was changed or taken out.
    Chain {
        /// Whose chain.
        node: String,
        /// At which link.
        pos: i64,
    },
    /// The chain of the audit does not hold: a line was changed or taken out.
    Audit {
        /// Whose chain.
        node: String,
        /// At which line.
        pos: i64,
    },
    /// A sealed number does not open, or is not the one of its hash.
    Sealed {
        /// Which call.
        call: CallId,
    },
    /// The proofs of destruction do not hold: one was changed or taken out.
    Tombstone {
        /// Which, from 1.
        no: u64,
    },
    /// A data key that is said to be destroyed is there again.
    Undead {
        /// Its number, 16 hex digits.
        key: String,
    },
    /// What is drawn from the facts of an owner of promises is not what stands beside them.
    Promise {
        /// Whose: `case/...`.
        owner: String,
        /// Which row.
        row: String,
    },
    /// A promise runs, and no task will end it.
    Unwatched {
        /// Whose: `case/...`.
        owner: String,
        /// What is promised.
        what: String,
    },
    /// A daily count is not what a recount gives.
    Count {
        /// Days since 1970-01-01.
        day: i64,
        /// What is counted, with its unit.
        what: String,
    },
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FinalEvents { call, count } => write!(f, "call {call} has {count} final events, not 1"),
            Self::LegOutlives { call, leg } => write!(f, "leg {} of call {call} outlives it", leg.0),
            Self::Gap { call } => write!(f, "the events of call {call} have a gap"),
            Self::NoCall { call } => write!(f, "there are rows of call {call}, but not its own"),
            Self::Chain { node, pos } => {
                write!(f, "the chain of events of {node} is broken at {pos}: a row was changed or taken out")
            }
            Self::Audit { node, pos } => {
                write!(f, "the audit of {node} is broken at line {pos}: one was changed or taken out")
            }
            Self::Sealed { call } => write!(f, "the number of call {call} can't be opened or is not its own"),
            Self::Tombstone { no } => {
                write!(f, "the proofs of destruction are broken at {no}: one was changed or taken out")
            }
            Self::Undead { key } => write!(f, "data key {key} is said to be destroyed and is in the store"),
            Self::Promise { owner, row } => write!(f, "{row} of {owner} is not what its facts tell"),
            Self::Unwatched { owner, what } => write!(f, "no task will end the promise `{what}` of {owner}"),
            Self::Count { day, what } => {
                write!(f, "the count of {what} on day {day} is not what a recount gives")
            }
        }
    }
}
