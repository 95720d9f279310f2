//! What lists of promises hold: lines as they are read, without words for readers.

use call::ids::CallId;

/// Whose lines somebody sees.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Everybody's.
    House,
    /// Those of these units.
    Units(Vec<String>),
}

/// A page of lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed<T> {
    /// In the order that was asked for.
    pub lines: Vec<T>,
    /// Where to go on; `None`: that was all.
    pub next: Option<String>,
}

/// One promise of a case or call-back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PromiseLine {
    /// `handover`, `callback`, `check`, ...
    pub what: String,
    /// Its number among all promises of its owner.
    pub rev: u32,
    /// The round that it was made in.
    pub round: u32,
    /// From when it counts, UTC ms.
    pub from_at: i64,
    /// UTC ms.
    pub due_at: i64,
    /// Can still move.
    pub provisional: bool,
    /// UTC ms.
    pub ended_at: Option<i64>,
    /// `kept`, `missed`, `void`.
    pub ending: Option<String>,
    /// Why it was missed or lapsed.
    pub why: Option<String>,
    /// `claimed`, `proven`.
    pub proof: Option<String>,
    /// The call that proves it.
    pub call: Option<String>,
    /// Missed first, done afterwards, UTC ms.
    pub late_at: Option<i64>,
    /// The citizen contradicts it.
    pub disputed: bool,
}

/// Which hand-overs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HandoverFilter {
    /// The last one of each case that is not closed; else all of them.
    pub open: bool,
    /// Of this unit.
    pub unit: Option<String>,
    /// `next` of the page before.
    pub before: Option<String>,
}

/// A hand-over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HandoverLine {
    /// The case's number.
    pub case_no: String,
    /// The case's title.
    pub title: String,
    /// `enquiry`, `complaint`, ...
    pub kind: String,
    /// Code of the unit.
    pub unit: String,
    /// Its name.
    pub unit_name: String,
    /// Which of the case's, from 1.
    pub no: u32,
    /// From 1.
    pub round: u32,
    /// UTC ms.
    pub planned_at: i64,
    /// UTC ms.
    pub made_at: Option<i64>,
    /// UTC ms.
    pub received_at: Option<i64>,
    /// Staff number.
    pub received_by: Option<String>,
    /// `keys`, `operator`.
    pub channel: Option<String>,
    /// UTC ms.
    pub refused_at: Option<i64>,
    /// Why the unit returned it.
    pub refuse_reason: Option<String>,
    /// Not to wait.
    pub urgent: bool,
    /// The case's state.
    pub case_state: String,
    /// The ten minutes that began with the receipt.
    pub call_back: Option<PromiseLine>,
    /// Until when the work is promised, UTC ms.
    pub work_due_at: Option<i64>,
    /// There is somebody to call.
    pub has_citizen: bool,
}

/// A person must ask the citizen, because our calls were not enough.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskLine {
    /// The case.
    pub case_no: Option<String>,
    /// The missed call.
    pub call: Option<CallId>,
    /// `check`, `echo3`, `missed_call`.
    pub what: String,
    /// UTC ms.
    pub since: i64,
    /// Calls of ours that came to nothing.
    pub tries: u32,
    /// The case's title.
    pub title: String,
    /// The unit's name.
    pub unit_name: String,
    /// `张* 138****1234`; empty: not known, or confidential.
    pub applicant_masked: String,
    /// Who asks is not shown to those who work on it.
    pub confidential: bool,
}

/// A bad score that nobody has followed up yet, of a case or right after a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadLine {
    /// The escalation that says so: seen, it is followed up.
    pub escalation: String,
    /// The case ...
    pub case_no: Option<String>,
    /// ... or the call.
    pub call: Option<CallId>,
    /// UTC ms.
    pub at: i64,
    /// `check`, `echo3` or `post_call`.
    pub what: String,
    /// 1 to 5.
    pub score: Option<u32>,
    /// The case's title.
    pub title: String,
    /// The unit's name.
    pub unit_name: String,
}

/// Something that people are told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EscalationLine {
    /// ULID.
    pub id: String,
    /// UTC ms.
    pub at: i64,
    /// `lead`, `unit`, `joint_meeting`, `owner`.
    pub reader: String,
    /// What.
    pub news: String,
    /// The case, when it is one's.
    pub case_no: Option<String>,
    /// As promise::Of writes it.
    pub owner: String,
    /// Code of the unit.
    pub unit: Option<String>,
    /// Its name.
    pub unit_name: Option<String>,
    /// UTC ms.
    pub seen_at: Option<i64>,
    /// By whom.
    pub seen_by: Option<String>,
}

/// A call-back that is or was owed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallBackLine {
    /// The call.
    pub call: CallId,
    /// `138****1234`.
    pub number_masked: String,
    /// `missed`, `asked`, `cut_off`.
    pub because: String,
    /// When the citizen entered the queue, UTC ms.
    pub since: i64,
    /// UTC ms.
    pub due_at: i64,
    /// `new`, `calls`, `person`, `joined`, `settled`.
    pub state: String,
    /// Calls of ours that came to nothing.
    pub tries: u32,
    /// UTC ms.
    pub ended_at: Option<i64>,
    /// `kept`, `missed`, `void`.
    pub ending: Option<String>,
    /// Missed calls that it answers, the one that it came from first.
    pub calls: Vec<CallId>,
}

/// An item of the ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LedgerLine {
    /// ULID.
    pub id: String,
    /// The case that it blocks.
    pub case_no: Option<String>,
    /// Code of the unit that must see to it.
    pub owner: String,
    /// Its name.
    pub owner_name: String,
    /// In a line.
    pub title: String,
    /// Why it is blocked.
    pub why: String,
    /// UTC ms.
    pub listed_at: i64,
    /// By whom.
    pub listed_by: String,
    /// UTC ms.
    pub review_at: i64,
    /// Oldest first.
    pub reviews: Vec<ReviewLine>,
    /// UTC ms.
    pub struck_at: Option<i64>,
    /// By whom.
    pub struck_by: Option<String>,
    /// Why.
    pub struck_why: Option<String>,
}

/// The ledger as it is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger {
    /// Those that were asked for.
    pub items: Vec<LedgerLine>,
    /// All that were ever listed ...
    pub listed: u64,
    /// ... and those of them that were struck off.
    pub struck: u64,
}

/// A review of an item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReviewLine {
    /// UTC ms.
    pub at: i64,
    /// By whom.
    pub who: String,
    /// What was found.
    pub text: String,
}

/// A monthly notice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoticeLine {
    /// `YYYY-MM`.
    pub month: String,
    /// Code of the unit.
    pub unit: String,
    /// Its name.
    pub unit_name: String,
    /// `planned`, `draft`, `signed`, `sent`.
    pub stage: String,
    /// UTC ms.
    pub made_at: Option<i64>,
    /// How often its texts were changed.
    pub edits: u32,
    /// The last one who edited it.
    pub edited_by: Option<String>,
    /// Who signed it.
    pub signed_by: Option<String>,
    /// UTC ms.
    pub signed_at: Option<i64>,
    /// Who sent it.
    pub sent_by: Option<String>,
    /// What was counted when it was made: [`crate::promises::NoticeFigures`] as text.
    pub figures: Option<String>,
    /// Last month's work.
    pub work: String,
    /// Main problems.
    pub problems: String,
    /// Advice.
    pub advice: String,
}

/// An echo of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EchoLine {
    /// From 1.
    pub round: u32,
    /// 1 to 3.
    pub no: u32,
    /// UTC ms.
    pub due_at: i64,
    /// UTC ms.
    pub at: Option<i64>,
    /// `phone`, `face`, `written`.
    pub method: Option<String>,
    /// Staff number.
    pub told_by: Option<String>,
    /// Echo 1: until when, UTC ms.
    pub promised_due: Option<i64>,
    /// `claimed`, `proven`.
    pub proof: Option<String>,
    /// The call that proves it.
    pub call: Option<String>,
}

/// An extension of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExtensionLine {
    /// From 1.
    pub no: u32,
    /// From 1.
    pub round: u32,
    /// UTC ms.
    pub asked_at: i64,
    /// Working days.
    pub days: i32,
    /// Why.
    pub reason: String,
    /// UTC ms.
    pub answered_at: Option<i64>,
    /// Working days that were granted; none: refused, or not decided.
    pub granted: Option<i32>,
    /// Why.
    pub answer_reason: Option<String>,
}

/// A line of a case's log and facts, by time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MergedLine {
    /// Within its source.
    pub no: u32,
    /// UTC ms.
    pub at: i64,
    /// By whom.
    pub who: String,
    /// `note`, `attach`; of facts `promised`, `received`, ...
    pub kind: String,
    /// The text, or `name=value` pairs.
    pub what: String,
    /// It is a fact.
    pub is_fact: bool,
}

/// Everything that the promise clock knows of a case.
#[derive(Clone, PartialEq, Debug)]
pub struct CaseClock {
    /// The case itself, made again from its facts.
    pub case: promise::Case,
    /// In the order in which they were made.
    pub promises: Vec<PromiseLine>,
    /// Each unit that was named.
    pub handovers: Vec<HandoverLine>,
    /// By round and number.
    pub echoes: Vec<EchoLine>,
    /// Oldest first.
    pub extensions: Vec<ExtensionLine>,
    /// Log and facts, oldest first.
    pub log: Vec<MergedLine>,
}

/// An event that waits for, or has gone to, the subscribers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutboxLine {
    /// Its place.
    pub pos: i64,
    /// Unique.
    pub id: String,
    /// UTC ms.
    pub at: i64,
    /// `org.hotline.case.moved`, ...
    pub kind: String,
    /// The call or the case.
    pub subject: String,
    /// JSON.
    pub data: String,
}

/// How far a subscriber has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebhookLine {
    /// As the configuration names it.
    pub name: String,
    /// Everything up to this place was taken.
    pub acked: i64,
    /// Tries of the next one.
    pub tries: u32,
    /// UTC ms.
    pub next_at: i64,
    /// UTC ms.
    pub last_at: Option<i64>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Events that it refused for good.
    pub refused: u64,
}

/// A case as the public may see it: neither its words nor who asks.
#[derive(Clone, PartialEq, Debug)]
pub struct PublicCase {
    /// 12 digits.
    pub no: String,
    /// One of [`crate::STATES`].
    pub state: String,
    /// Code of the service.
    pub service: Option<String>,
    /// Its name.
    pub service_name: Option<String>,
    /// The name of the responsible unit.
    pub unit_name: Option<String>,
    /// UTC ms.
    pub received_at: i64,
    /// When its state, or what was promised, last changed, UTC ms.
    pub updated_at: i64,
    /// UTC ms.
    pub due_at: Option<i64>,
}

/// Which cases the public asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PublicFilter {
    /// These numbers, whatever else is said; none: all.
    pub numbers: Vec<String>,
    /// Of these services; none: of all.
    pub services: Vec<String>,
    /// Received from here, UTC ms ...
    pub from: i64,
    /// ... until here, inclusive.
    pub until: i64,
    /// Archived ones, or the others; `None`: both.
    pub closed: Option<bool>,
}
