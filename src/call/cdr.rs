//! What is written down about a call: its row, its legs, its events. The store gives them durability.

use crate::action::SeatRole;
use crate::cause::Cause;
use crate::errand::ErrandRow;
use crate::event::{Caller, Source, Stated};
use crate::ids::{CallId, DeskNo, Lang, LegId, Name, Pii, ServiceCode, StaffNo};
use crate::plan::Plan;

/// One thing to write. Each carries the key under which writing it twice is the same as once:
/// the call id, the leg id within the call, or the event's number within the call.
#[derive(Clone, PartialEq, Debug)]
pub enum Record {
    /// The call's first row: on disk before anything is answered.
    Offered(CallRow),
    /// The call's row as it stands now (answered, operator known, ...).
    Updated(CallRow),
    /// The call's final row. Exactly one per call.
    Ended(CallRow),
    /// A leg's row; written when it is invited and again when it is over.
    Leg(LegRow),
    /// One line of the time line.
    Event(EventRow),
    /// A call-back that is owed: the caller hung up while waiting, or asked for it.
    CallBack(CallBackRow),
    /// A rating after the call.
    Rating(RatingRow),
    /// A report of an errand that the house calls for.
    Errand(ErrandRow),
    /// What an operator stated of the call; the key is the call, and the last one counts.
    Stated(StatedRow),
}

/// The call's facts. Times in UTC ms.
#[derive(Clone, PartialEq, Debug)]
pub struct CallRow {
    /// Key.
    pub call: CallId,
    /// Dialled number.
    pub did: Name,
    /// Trunk, phone, or the house itself.
    pub source: Source,
    /// SIP Call-ID.
    pub sip_call_id: Name,
    /// Who called; on an errand the citizen who is called.
    pub caller: Caller,
    /// Language at the end.
    pub lang: Lang,
    /// Greeting profile: `direct` or `menu`; of a call of the house its errand's word.
    pub profile: &'static str,
    /// Version of the configuration that the call runs by.
    pub config_version: Name,
    /// INVITE received.
    pub offered_at: i64,
    /// 200 sent.
    pub answered_at: Option<i64>,
    /// Over.
    pub ended_at: Option<i64>,
    /// The recording notice P02 was heard to its end.
    pub notice_played_at: Option<i64>,
    /// From the offer to the operator's answer or the end, ms, monotonic.
    pub wait_ms: u64,
    /// Time in the queue, ms, monotonic.
    pub queue_ms: u64,
    /// Whole duration, ms, monotonic (a jump of the wall clock does not change it).
    pub duration_ms: u64,
    /// Time from answer to end, ms, monotonic.
    pub billsec_ms: u64,
    /// The operator who answered.
    pub operator: Option<StaffNo>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// Why it ended.
    pub cause: Option<Cause>,
    /// Urgent.
    pub urgent: bool,
    /// The case that was made or spoken about.
    pub case: Option<Pii>,
}

impl CallRow {
    /// The row of a call that begins now, in the plan's terms; who calls whom is still to be filled in.
    pub(crate) fn begin(call: CallId, now: i64, plan: &Plan) -> Self {
        Self {
            call,
            did: Name::from(""),
            source: Source::House,
            sip_call_id: Name::from(""),
            caller: Caller::default(),
            lang: Lang::Zh,
            profile: plan.greeting.profile.word(),
            config_version: plan.version.clone(),
            offered_at: now,
            answered_at: None,
            ended_at: None,
            notice_played_at: None,
            wait_ms: 0,
            queue_ms: 0,
            duration_ms: 0,
            billsec_ms: 0,
            operator: None,
            outcome: None,
            cause: None,
            urgent: false,
            case: None,
        }
    }
}

/// What came of a call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// Settled on the line: by the operator, or by what the menu told.
    OnSpot,
    /// Citizen and desk spoke in one room.
    Bridged,
    /// Handed over to a unit.
    HandedOver,
    /// A case was opened.
    CaseOpened,
    /// A voice message was left.
    Voicemail,
    /// The citizen hung up before anybody answered in person.
    Abandoned,
    /// An emergency service was brought in.
    Emergency,
    /// Refused, or nothing came of it.
    Invalid,
    /// Cut short by a crash.
    Interrupted,
}

impl Outcome {
    /// The word for the store and the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::OnSpot => "on_spot",
            Self::Bridged => "bridged",
            Self::HandedOver => "handed_over",
            Self::CaseOpened => "case_opened",
            Self::Voicemail => "voicemail",
            Self::Abandoned => "abandoned",
            Self::Emergency => "emergency",
            Self::Invalid => "invalid",
            Self::Interrupted => "interrupted",
        }
    }
}

/// A leg's facts. Times in UTC ms.
#[derive(Clone, PartialEq, Debug)]
pub struct LegRow {
    /// Of which call.
    pub call: CallId,
    /// Key within the call.
    pub leg: LegId,
    /// Seat.
    pub seat: SeatRole,
    /// Staff number, desk number, trunk; never a citizen's number.
    pub party: Name,
    /// Masked address.
    pub uri_masked: String,
    /// Which attempt at this seat, from 1.
    pub attempt: u8,
    /// INVITE sent or received.
    pub invited_at: i64,
    /// 180.
    pub ringing_at: Option<i64>,
    /// 200.
    pub answered_at: Option<i64>,
    /// Sat down in the main group for the first time.
    pub joined_at: Option<i64>,
    /// Over.
    pub left_at: Option<i64>,
    /// Time on hold, ms.
    pub hold_ms: u64,
    /// `joined`, or why it did not.
    pub result: Option<Cause>,
    /// `PCMA`, ... ; empty when unknown.
    pub codec: Name,
}

/// One line of the time line. `kind` is one of the words of the specification: `call.offered`, `leg.joined`, ...
#[derive(Clone, PartialEq, Debug)]
pub struct EventRow {
    /// Of which call.
    pub call: CallId,
    /// Key within the call, from 1, without gaps.
    pub seq: u32,
    /// UTC ms.
    pub at: i64,
    /// Monotonic ms since the process start.
    pub mono_ms: u64,
    /// The word.
    pub kind: &'static str,
    /// Whose leg.
    pub leg: Option<LegId>,
    /// `citizen`, `operator:1001`, `desk:037`, `house`.
    pub actor: String,
    /// Verdict, for ends and failures.
    pub cause: Option<Cause>,
    /// Further facts as `key=value` words; never a number or keyed digit.
    pub detail: String,
}

/// A call-back that is owed.
#[derive(Clone, PartialEq, Debug)]
pub struct CallBackRow {
    /// Because of this call.
    pub call: CallId,
    /// Whom to call.
    pub number: Pii,
    /// Why.
    pub why: CallBackWhy,
    /// Place in the queue that is kept: when the caller entered it, UTC ms.
    pub since: i64,
    /// Due, UTC ms.
    pub due_at: i64,
}

/// Why a call-back is owed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CallBackWhy {
    /// Hung up while waiting.
    Missed,
    /// Asked for it in the queue (P13).
    Asked,
    /// Cut off in the middle and not reached again.
    CutOff,
}

/// A rating after the call (P60, P61).
#[derive(Clone, PartialEq, Debug)]
pub struct RatingRow {
    /// Of which call.
    pub call: CallId,
    /// 5 very satisfied .. 1 very dissatisfied; `None` when nothing valid was keyed.
    pub score: Option<u8>,
    /// 1 attitude, 2 waiting, 3 not solved.
    pub reason: Option<u8>,
    /// The operator it is about.
    pub operator: Option<StaffNo>,
    /// The desk that took part.
    pub desk: Option<DeskNo>,
    /// The service it was about.
    pub service: Option<ServiceCode>,
}

/// What an operator stated of a call, during it or after its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatedRow {
    /// When, UTC ms.
    pub at: i64,
    /// What.
    pub stated: Stated,
}
