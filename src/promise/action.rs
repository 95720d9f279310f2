//! Everything that the promises ask of the world. With `event.rs` and `fact.rs` this is the contract of the crate.
//!
//! `Record`, `Plan`, `Cancel` and `Tell` of one event belong into one transaction of the store, and only after it is
//! committed the `Call` is placed. So a crash loses nothing: what was not committed has not happened, and the task whose
//! lease runs out is run again.

use std::time::Duration;

use crate::fact::Fact;
use crate::ids::{Citizen, Name, Of};
use crate::vow::What;

/// One thing to do.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// Write this down (`case_log`, `handover`, `callback`, `echo`, `followup`, `extension`, ...).
    Record(Fact),
    /// Do something later. A key that is known is not planned again.
    Plan(Plan),
    /// Do it at another moment (UTC ms), if it has not begun.
    Move(Key, i64),
    /// Cancel what is planned of this kind, whatever its number; `None`: everything of this owner. A task that runs goes on:
    /// what it brings is told and does nothing.
    Cancel(Option<Kind>),
    /// Place this call now, for the task that is being run; [`crate::Event::Called`] tells how it went. Without such an action
    /// the task is done.
    Call(Order),
    /// Tell people: an alarm, a line on a screen, a message. Goes through the outbox.
    Tell(Reader, News),
}

/// What a task is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Call the unit's next contact: P53, P54, P55.
    Handover,
    /// Call the next of the urgent chain: P57.
    Urgent,
    /// P56 to the liaison.
    WarnLiaison,
    /// P56 to the deputy leader.
    WarnDeputy,
    /// Ask the citizen whether the unit called back.
    Check,
    /// Ask the citizen about echoes 1 and 2 and how it was.
    Echo3,
    /// Call back a citizen whose call was missed.
    CallBack,
    /// The unit hears that a due date comes: one working day before ...
    RemindBefore,
    /// ... and on the day.
    RemindToday,
    /// The ten minutes are over: called back by now, or missed ...
    CallBackOver,
    /// ... echo 1's day ...
    Echo1Over,
    /// ... the working days, with echo 2 ...
    WorkOver,
    /// ... echo 3's day.
    Echo3Over,
    /// Call a contact of the unit, who presses 1.
    Reach,
    /// Make the monthly notice.
    Notice,
    /// Review an item of the ledger.
    Review,
}

impl Kind {
    /// The task at the end of a promise's time; `None`: it ends by what is done for it.
    pub(crate) fn over(what: What) -> Option<Self> {
        match what {
            What::CallBack => Some(Self::CallBackOver),
            What::Echo1 => Some(Self::Echo1Over),
            What::Work => Some(Self::WorkOver),
            What::Echo3 => Some(Self::Echo3Over),
            What::Handover | What::Check | What::Echo2 | What::Urgent | What::MissedCall => None,
        }
    }
}

/// The idempotency key of a task: planned twice, it is one task.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Key {
    /// Whose.
    pub of: Of,
    /// What for.
    pub kind: Kind,
    /// Of which promise: [`crate::Vow::rev`].
    pub rev: u32,
    /// Which try, or which of its due dates, from 1.
    pub turn: u32,
}

impl std::fmt::Display for Key {
    /// As in the store's `task.key`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}.{}", self.of, self.kind.word(), self.rev, self.turn)
    }
}

/// Who must not be called twice at once.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Lane {
    /// Somebody of a unit.
    Contact(Name, Contact),
    /// A citizen.
    Citizen(Citizen),
}

/// A task to come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Its key.
    pub key: Key,
    /// UTC ms; how late it begins is measured from here.
    pub due_at: i64,
    /// Its place in the line, UTC ms: `due_at`, or when the citizen entered the queue whose place is kept.
    pub place: i64,
    /// Goes before all that is not urgent.
    pub urgent: bool,
    /// Begins outside the quiet hours only.
    pub daytime: bool,
    /// Whom it calls.
    pub lane: Option<Lane>,
    /// Useless from this moment on, UTC ms: not begun by then, it expires.
    pub until: Option<i64>,
}

impl Plan {
    /// An ordinary task.
    pub fn at(key: Key, due_at: i64) -> Self {
        Self { key, due_at, place: due_at, urgent: false, daytime: false, lane: None, until: None }
    }
}

/// A call to place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// The task that it is for.
    pub key: Key,
    /// Whom.
    pub to: To,
    /// What is said there.
    pub script: Script,
    /// Rings so long.
    pub ring: Duration,
}

/// Whom we call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum To {
    /// Somebody of a unit.
    Contact(Name, Contact),
    /// The hotline's own shift lead.
    ShiftLead,
    /// The citizen.
    Citizen(Citizen),
}

/// A place in a unit's 24 h contact chain.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Contact {
    /// Takes hand-overs.
    Liaison,
    /// Deputy leader.
    Deputy,
    /// Leader.
    Leader,
}

impl Contact {
    /// The chain, first to be called first.
    pub const CHAIN: [Self; 3] = [Self::Liaison, Self::Deputy, Self::Leader];
}

/// What a call says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Script {
    /// P53 P54 P55.
    Handover,
    /// P56 with the minutes since the hand-over.
    Reminder(u32),
    /// P57.
    Urgent,
    /// The questions of the one-hour check.
    Check,
    /// The questions of echo 3.
    Echo3,
    /// An operator is joined to the citizen who waited.
    CallBack,
    /// A test: press 1.
    Reach,
}

/// Who is told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Reader {
    /// The shift lead of the hotline.
    ShiftLead,
    /// The case's unit.
    Unit,
    /// The joint-meeting office.
    JointMeeting,
    /// Whoever the ledger item belongs to.
    Owner,
}

/// What is told. Never personal data: the case is named by who gets it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum News {
    /// No contact took the hand-over: a person must.
    NobodyTookIt,
    /// Nobody acknowledged an urgent matter.
    NobodyAcknowledged,
    /// No call-back within ten minutes.
    NoCallBack,
    /// Wrong unit: name another one.
    Returned,
    /// A due date is one working day away.
    DueSoon,
    /// It is due today.
    DueToday,
    /// It was due and is not done.
    Overdue,
    /// An extension was asked.
    ExtensionAsked,
    /// Our calls did not reach the citizen: a person must.
    NotReached,
    /// The citizen cannot be called: a person looks at the evidence.
    LookAtIt,
    /// The citizen is not satisfied: a person must follow up.
    NotSatisfied,
    /// The citizen contradicts what the unit has entered.
    Disputed,
    /// Do it again.
    Redo,
    /// Still not satisfied: the joint-meeting office takes over.
    Referred,
    /// The due date was changed.
    DueChanged,
    /// An item of the ledger is to be reviewed.
    Review,
    /// A contact was not reachable in the test.
    Unreachable,
    /// The monthly notice waits for an editor.
    NoticeReady,
}
