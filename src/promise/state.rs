//! Where a case stands, and the table of every step that is allowed.

/// The states of a case, in the order of its life.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum State {
    /// Opened; nobody has it yet.
    Received,
    /// The operator answered it.
    SettledOnSpot,
    /// The window answered it in the same call.
    SettledThreeWay,
    /// The unit's contacts are being called.
    HandedOver,
    /// Somebody of the unit gave the receipt.
    Accepted,
    /// The unit says that it is not theirs; an operator re-assigns.
    Returned,
    /// Given to another unit, whose contacts are called next.
    Reassigned,
    /// The citizen knows who handles it.
    InProgress,
    /// The unit asked for more days.
    ExtensionAsked,
    /// The unit says that it is done.
    Reported,
    /// The citizen is being asked (echo 3).
    Checking,
    /// The citizen has said how it was; passed through within one step.
    FollowedUp,
    /// Closed.
    Archived,
    /// Back to the unit for another round.
    Redo,
    /// Before the joint-meeting office.
    JointMeeting,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Received,
        Self::SettledOnSpot,
        Self::SettledThreeWay,
        Self::HandedOver,
        Self::Accepted,
        Self::Returned,
        Self::Reassigned,
        Self::InProgress,
        Self::ExtensionAsked,
        Self::Reported,
        Self::Checking,
        Self::FollowedUp,
        Self::Archived,
        Self::Redo,
        Self::JointMeeting,
    ];

    /// For a reader of Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Received => "已受理",
            Self::SettledOnSpot => "当场办结",
            Self::SettledThreeWay => "三方通话办结",
            Self::HandedOver => "交办中",
            Self::Accepted => "已签收",
            Self::Returned => "已退回",
            Self::Reassigned => "已改派",
            Self::InProgress => "办理中",
            Self::ExtensionAsked => "申请延期",
            Self::Reported => "已报办结",
            Self::Checking => "回访中",
            Self::FollowedUp => "已回访",
            Self::Archived => "已归档",
            Self::Redo => "重新办理",
            Self::JointMeeting => "联席会议处理",
        }
    }

    /// For a reader of English.
    pub fn en(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::SettledOnSpot => "settled on the spot",
            Self::SettledThreeWay => "settled in a three-way call",
            Self::HandedOver => "being handed over",
            Self::Accepted => "accepted",
            Self::Returned => "returned",
            Self::Reassigned => "re-assigned",
            Self::InProgress => "in progress",
            Self::ExtensionAsked => "extension asked",
            Self::Reported => "reported as done",
            Self::Checking => "being checked",
            Self::FollowedUp => "followed up",
            Self::Archived => "archived",
            Self::Redo => "to be redone",
            Self::JointMeeting => "before the joint meeting",
        }
    }

    /// Nothing runs for it any more.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::SettledOnSpot | Self::SettledThreeWay | Self::Archived)
    }
}

/// What moves a case from one state to the next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Step {
    /// The operator answered.
    SettleOnSpot,
    /// The window answered.
    SettleThreeWay,
    /// A unit is named; its contacts are called at the first moment.
    Assign,
    /// That moment has come.
    HandOver,
    /// Key 1 and a staff number.
    Receive,
    /// Wrong unit.
    Return,
    /// Another unit is named.
    Reassign,
    /// The citizen was called back, or told who handles it.
    Begin,
    /// More days, please.
    AskExtension,
    /// Granted, refused, or too late to be either.
    AnswerExtension,
    /// Done, says the unit.
    Report,
    /// The first call of echo 3.
    Ask,
    /// The citizen has answered about a reply.
    FollowReply,
    /// The citizen has answered about a report.
    FollowReport,
    /// A person closes what no call could settle.
    GiveUp,
    /// Good.
    Archive,
    /// Not good: again.
    Redo,
    /// Still not good.
    Refer,
    /// The joint meeting has decided.
    Decide,
    /// It is the same matter as another case.
    Merge,
}

use State as S;

/// Every step, from where it may be taken, and where it leads. What does not stand here is refused.
pub const TABLE: &[(Step, &[State], State)] = &[
    (Step::SettleOnSpot, &[S::Received], S::SettledOnSpot),
    (Step::SettleThreeWay, &[S::Received], S::SettledThreeWay),
    (Step::Assign, &[S::Received], S::Received),
    (Step::HandOver, &[S::Received, S::Reassigned, S::Redo], S::HandedOver),
    (Step::Receive, &[S::HandedOver], S::Accepted),
    (Step::Return, &[S::HandedOver, S::Accepted, S::InProgress], S::Returned),
    (Step::Reassign, &[S::Returned], S::Reassigned),
    (Step::Begin, &[S::Accepted], S::InProgress),
    (Step::AskExtension, &[S::Accepted, S::InProgress], S::ExtensionAsked),
    (Step::AnswerExtension, &[S::ExtensionAsked], S::InProgress),
    (Step::Report, &[S::Accepted, S::InProgress, S::ExtensionAsked], S::Reported),
    (Step::Ask, &[S::Reported], S::Checking),
    (Step::FollowReply, &[S::Accepted, S::InProgress], S::FollowedUp),
    (Step::FollowReport, &[S::Reported, S::Checking], S::FollowedUp),
    (Step::GiveUp, &[S::Accepted, S::InProgress, S::Reported, S::Checking], S::Archived),
    (Step::Archive, &[S::SettledOnSpot, S::SettledThreeWay, S::FollowedUp], S::Archived),
    (Step::Redo, &[S::FollowedUp], S::Redo),
    (Step::Refer, &[S::FollowedUp], S::JointMeeting),
    (Step::Decide, &[S::JointMeeting], S::Archived),
    (
        Step::Merge,
        &[
            S::Received,
            S::HandedOver,
            S::Accepted,
            S::Returned,
            S::Reassigned,
            S::InProgress,
            S::ExtensionAsked,
            S::Reported,
            S::Checking,
            S::Redo,
            S::JointMeeting,
        ],
        S::Archived,
    ),
];

/// Where a step leads from a state; `None`: it may not be taken there.
pub fn next(state: State, step: Step) -> Option<State> {
    let row = TABLE.iter().find(|(of, _, _)| *of == step)?;
    row.1.contains(&state).then_some(row.2)
}
