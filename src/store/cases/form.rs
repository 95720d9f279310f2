//! What goes into a case and what comes out of it.

use call::ids::{CallId, Pii};

use crate::promise::PromiseLine;

/// The words of a case's state, in the order of its life.
pub const STATES: [&str; 15] = [
    "received",
    "settled_on_spot",
    "settled_three_way",
    "handed_over",
    "accepted",
    "returned",
    "reassigned",
    "in_progress",
    "extension_asked",
    "reported",
    "checking",
    "followed_up",
    "archived",
    "redo",
    "joint_meeting",
];

/// What the citizen wants.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CaseKind {
    /// To know something.
    Enquiry,
    /// Something to be done.
    Request,
    /// Something to be put right.
    Complaint,
    /// To tell of a wrong.
    Report,
    /// To propose something.
    Suggestion,
    /// To thank.
    Praise,
}

impl CaseKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Enquiry, Self::Request, Self::Complaint, Self::Report, Self::Suggestion, Self::Praise];

    /// The word in the store and the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Enquiry => "enquiry",
            Self::Request => "request",
            Self::Complaint => "complaint",
            Self::Report => "report",
            Self::Suggestion => "suggestion",
            Self::Praise => "praise",
        }
    }
}

/// Whether a word in reply is enough, or something has to be done.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Track {
    /// The unit calls back.
    Reply,
    /// The unit does something within its days.
    Case,
}

impl Track {
    /// The word in the store and the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Case => "case",
        }
    }
}

/// A case to open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewCase {
    /// The call that it comes from; its number is the applicant's unless another one is given.
    pub call: Option<CallId>,
    /// What the citizen wants.
    pub kind: CaseKind,
    /// Reply or case.
    pub track: Track,
    /// Code of a category.
    pub category: Option<String>,
    /// Code of the service; its first window's unit is responsible unless another one is given.
    pub service: Option<String>,
    /// Code of the responsible unit.
    pub unit: Option<String>,
    /// In a line.
    pub title: String,
    /// In full.
    pub content: String,
    /// Where it is about.
    pub place: Option<String>,
    /// Who asks.
    pub applicant_name: Option<Pii>,
    /// Their number, normalised.
    pub applicant_phone: Option<Pii>,
    /// Who asks is not shown to those who work on it.
    pub confidential: bool,
    /// Who asks is not kept at all.
    pub anonymous: bool,
    /// Below the emergency plan, but not to wait.
    pub urgent: bool,
}

/// A case that was opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseMade {
    /// Twelve digits, the last a check digit.
    pub no: String,
    /// Four digits, told once: only their hash is kept. Asked again with the same key, a new code takes the old one's place.
    pub query_code: Pii,
    /// It had been opened by the same request before.
    pub again: bool,
}

/// Why nothing was written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CaseFault {
    /// No case has this number, or none that this reader may see.
    NoSuchCase,
    /// The call is not in the store.
    NoSuchCall,
    /// The configuration has no such service.
    NoSuchService,
    /// The configuration has no such unit.
    NoSuchUnit,
    /// All numbers of the day are used.
    NumbersUsedUp,
}

/// Whose eyes look: what they may see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Eyes {
    /// Everything, numbers and names masked.
    Office,
    /// As the office, but not who asks confidentially.
    Operator,
    /// Cases of these units, without numbers and names.
    Desk {
        /// Codes.
        units: Vec<String>,
    },
}

impl Eyes {
    /// Whether they see who asks.
    pub(super) fn see_applicant(&self, confidential: bool) -> bool {
        match self {
            Self::Office => true,
            Self::Operator => !confidential,
            Self::Desk { .. } => false,
        }
    }
}

/// Which cases.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CaseFilter {
    /// The number or its beginning (6 digits and more), the applicant's whole number, or a part of the title.
    pub q: Option<String>,
    /// One of [`STATES`].
    pub state: Option<String>,
    /// Code of the responsible unit.
    pub unit: Option<String>,
    /// A window that offers the service, or was in the call.
    pub desk: Option<String>,
    /// Not closed yet.
    pub open: bool,
    /// Not to wait.
    pub urgent: bool,
    /// A leader watches it.
    pub supervised: bool,
    /// It stands in the ledger.
    pub blocked: bool,
    /// Open, and its work was due before this moment, UTC ms.
    pub due_before: Option<i64>,
    /// The open ones whose work is due first come first; else the newest.
    pub by_due: bool,
}

/// A case in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseLine {
    /// Its number.
    pub no: String,
    /// `enquiry`, `request`, ...
    pub kind: String,
    /// In a line; a voice message has none yet.
    pub title: String,
    /// One of [`STATES`].
    pub state: String,
    /// Code of the responsible unit.
    pub unit: Option<String>,
    /// The unit's name.
    pub unit_name: Option<String>,
    /// UTC ms.
    pub received_at: i64,
    /// UTC ms.
    pub due_at: Option<i64>,
    /// Not to wait.
    pub urgent: bool,
    /// `张* 138****1234`; empty when it is not known or not to be seen.
    pub applicant_masked: String,
    /// First 1; after each redo one more.
    pub round: u32,
    /// A leader watches it.
    pub supervised: bool,
    /// It stands in the ledger.
    pub blocked: bool,
    /// Working days that the unit asked for and nobody has decided about.
    pub extension: Option<i32>,
    /// The open promise that is due next.
    pub next: Option<PromiseLine>,
}

/// A page of cases, newest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CasePage {
    /// The cases.
    pub cases: Vec<CaseLine>,
    /// The number to go on after.
    pub next: Option<String>,
}

/// A line of a case's log: of what people wrote and attached, and of its facts ([`promise::Fact::write`]), by time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseLogLine {
    /// From 1, each source by itself.
    pub no: u32,
    /// A fact.
    pub fact: bool,
    /// UTC ms.
    pub at: i64,
    /// By whom.
    pub who: String,
    /// `state`, `note`, `attach`, `detach`; or the kind of the fact.
    pub kind: String,
    /// What, or the note's text; of a fact `name=value` words, `text=` last and to the end.
    pub what: String,
}

/// A case, whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseDetail {
    /// As in a list.
    pub line: CaseLine,
    /// `phone`, `voicemail`, `web`.
    pub source: String,
    /// `reply` or `case`.
    pub track: String,
    /// Code of a category.
    pub category: Option<String>,
    /// Code of the service.
    pub service: Option<String>,
    /// The service's name.
    pub service_name: Option<String>,
    /// In full.
    pub content: String,
    /// Where it is about.
    pub place: Option<String>,
    /// Who asks is not shown to those who work on it.
    pub confidential: bool,
    /// Who asks is not kept.
    pub anonymous: bool,
    /// UTC ms.
    pub closed_at: Option<i64>,
    /// By whom it was opened.
    pub opened_by: String,
    /// Every change.
    pub log: Vec<CaseLogLine>,
    /// The calls that belong to it with when they were offered, oldest first.
    pub calls: Vec<(CallId, i64)>,
}

/// A call that the same caller made before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EarlierCall {
    /// Its id.
    pub call: CallId,
    /// UTC ms.
    pub offered_at: i64,
    /// What came of it.
    pub outcome: Option<String>,
    /// Who answered it.
    pub operator: Option<String>,
    /// Length, ms.
    pub duration_ms: u64,
}

/// What the same caller brought before.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Earlier {
    /// Cases, newest first.
    pub cases: Vec<CaseLine>,
    /// Calls, newest first, without the one that was asked about.
    pub calls: Vec<EarlierCall>,
}
