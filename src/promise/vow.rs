//! One promise with its clock: from when it counts, until when it holds, and how it ended. Kept, missed with a reason, or void.

use crate::fact::Pledge;
use crate::ids::CallId;

/// What is promised. [`What::row`] is its row in the list of promises.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum What {
    /// The unit has the case: somebody gave the receipt. Due an hour after the moment of the hand-over; ends without a
    /// receipt when all contacts were tried.
    Handover,
    /// The unit calls the citizen back within ten minutes of the receipt.
    CallBack,
    /// The citizen is asked an hour after the hand-over. Kept when that call begins in time, whoever answers it.
    Check,
    /// The citizen knows who handles it and until when.
    Echo1,
    /// Done within the working days.
    Work,
    /// The citizen knows the result, within the same limit.
    Echo2,
    /// The citizen has told how it was, within a working day of the report. Not kept by calls that nobody answered.
    Echo3,
    /// Somebody has acknowledged an urgent matter.
    Urgent,
    /// A missed call is called back. Kept when that call begins in time.
    MissedCall,
}

impl What {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Handover,
        Self::CallBack,
        Self::Check,
        Self::Echo1,
        Self::Work,
        Self::Echo2,
        Self::Echo3,
        Self::Urgent,
        Self::MissedCall,
    ];

    /// Its row in the hotline's list of promises; 1 is the hotline that is always there.
    pub fn row(self) -> u8 {
        match self {
            Self::MissedCall => 1,
            Self::Handover => 7,
            Self::CallBack => 8,
            Self::Check => 9,
            Self::Echo1 => 11,
            Self::Work => 12,
            Self::Echo2 => 13,
            Self::Echo3 => 14,
            Self::Urgent => 19,
        }
    }
}

/// What shows that it was done.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Proof {
    /// Our own legs: this call.
    Proven(CallId),
    /// Somebody typed that it was done; the citizen is asked.
    Claimed,
}

/// How a promise ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum End {
    /// In time.
    Kept(Proof),
    /// Not in time.
    Missed(Why),
    /// It need not be kept any more.
    Void(Lapse),
}

/// Why a promise was missed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Why {
    /// Done, but too late.
    Late,
    /// No contact of the unit gave the receipt.
    NoReceipt,
    /// The unit did not call back.
    NoCallBack,
    /// The unit did not say who handles it.
    NotTold,
    /// The unit did not report completion.
    NotReported,
    /// The unit asked for more days in time, and the hotline did not decide.
    Undecided,
    /// Outside conditions block it: it stands in the ledger.
    Blocked,
    /// The citizen did not hear the result.
    NoResult,
    /// The citizen did not answer any of our calls.
    NotReached,
    /// We did not call.
    NotCalled,
    /// Nobody acknowledged.
    NoOne,
}

impl Why {
    /// For a reader of Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Late => "已办但超时",
            Self::NoReceipt => "联系人均未签收",
            Self::NoCallBack => "单位未按时回电",
            Self::NotTold => "未告知承办人和时限",
            Self::NotReported => "单位未按时报办结",
            Self::Undecided => "延期申请未及时审批",
            Self::Blocked => "受客观条件限制，已列入台账",
            Self::NoResult => "未按时告知群众结果",
            Self::NotReached => "未能联系上群众",
            Self::NotCalled => "热线未按时拨打",
            Self::NoOne => "无人应答紧急诉求",
        }
    }

    /// For a reader of English.
    pub fn en(self) -> &'static str {
        match self {
            Self::Late => "done, but too late",
            Self::NoReceipt => "no contact of the unit gave the receipt",
            Self::NoCallBack => "the unit did not call back in time",
            Self::NotTold => "the citizen was not told who handles it and by when",
            Self::NotReported => "the unit did not report completion",
            Self::Undecided => "the unit asked for more days and nobody decided",
            Self::Blocked => "outside conditions block it, see the ledger",
            Self::NoResult => "the citizen did not hear the result in time",
            Self::NotReached => "the citizen did not answer our calls",
            Self::NotCalled => "the hotline did not call in time",
            Self::NoOne => "nobody acknowledged the urgent matter",
        }
    }
}

/// Why a promise need not be kept any more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Lapse {
    /// It was the wrong unit.
    Returned,
    /// The matter became urgent: another promise takes its place.
    Urgent,
    /// The case became part of another one.
    Merged,
    /// The case was closed before.
    Closed,
    /// The citizen called again.
    CalledAgain,
}

/// One promise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vow {
    /// What.
    pub what: What,
    /// Its number among all promises of its owner: the tasks and calls of an older one do nothing.
    pub rev: u32,
    /// From when it counts, UTC ms.
    pub from: i64,
    /// So many working days, when it runs by the calendar; else by the wall clock.
    pub days: Option<i32>,
    /// UTC ms; that very millisecond is still in time.
    pub due_at: i64,
    /// Rests on a year whose notice is not loaded.
    pub provisional: bool,
    /// How often the due date was changed.
    pub changes: u32,
    /// Calls that came to nothing.
    pub tries: u32,
    /// How and when (UTC ms) it ended; `None`: it runs.
    pub end: Option<(i64, End)>,
    /// Missed first, done afterwards, UTC ms.
    pub late_at: Option<i64>,
}

impl Vow {
    /// A promise that begins.
    pub fn new(rev: u32, pledge: Pledge) -> Self {
        let Pledge { what, from, days, due_at, provisional } = pledge;
        Self { what, rev, from, days, due_at, provisional, changes: 0, tries: 0, end: None, late_at: None }
    }

    /// It runs.
    pub fn is_open(&self) -> bool {
        self.end.is_none()
    }

    /// How it ends when it is done now.
    pub fn done(&self, now: i64, proof: Proof) -> End {
        if now <= self.due_at { End::Kept(proof) } else { End::Missed(Why::Late) }
    }
}
