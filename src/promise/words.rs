//! The words under which the store knows things: written and read by one table each.

/// `word()` and `parse()` of an enum without fields.
macro_rules! words {
    ($type:ty { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $type {
            /// The word in the store.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// From its word; `None` for any other.
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

use crate::action::{Contact, Kind, News, Reader};
use crate::fact::{By, Change, Channel, Flag, Method, Miss};
use crate::state::State;
use crate::vow::{Lapse, What, Why};

words!(State {
    Received => "received",
    SettledOnSpot => "settled_on_spot",
    SettledThreeWay => "settled_three_way",
    HandedOver => "handed_over",
    Accepted => "accepted",
    Returned => "returned",
    Reassigned => "reassigned",
    InProgress => "in_progress",
    ExtensionAsked => "extension_asked",
    Reported => "reported",
    Checking => "checking",
    FollowedUp => "followed_up",
    Archived => "archived",
    Redo => "redo",
    JointMeeting => "joint_meeting",
});

words!(What {
    Handover => "handover",
    CallBack => "callback",
    Check => "check",
    Echo1 => "echo1",
    Work => "work",
    Echo2 => "echo2",
    Echo3 => "echo3",
    Urgent => "urgent",
    MissedCall => "missed_call",
});

words!(Why {
    Late => "late",
    NoReceipt => "no_receipt",
    NoCallBack => "no_call_back",
    NotTold => "not_told",
    NotReported => "not_reported",
    Undecided => "undecided",
    Blocked => "blocked",
    NoResult => "no_result",
    NotReached => "not_reached",
    NotCalled => "not_called",
    NoOne => "no_one",
});

words!(Lapse {
    Returned => "returned",
    Urgent => "urgent",
    Merged => "merged",
    Closed => "closed",
    CalledAgain => "called_again",
});

words!(Kind {
    Handover => "handover",
    Urgent => "urgent",
    WarnLiaison => "warn_liaison",
    WarnDeputy => "warn_deputy",
    Check => "check",
    Echo3 => "echo3",
    CallBack => "callback",
    RemindBefore => "remind_before",
    RemindToday => "remind_today",
    CallBackOver => "callback_over",
    Echo1Over => "echo1_over",
    WorkOver => "work_over",
    Echo3Over => "echo3_over",
    Reach => "reach",
    Notice => "notice",
    Review => "review",
});

words!(Contact {
    Liaison => "liaison",
    Deputy => "deputy",
    Leader => "leader",
});

words!(Reader {
    ShiftLead => "lead",
    Unit => "unit",
    JointMeeting => "joint_meeting",
    Owner => "owner",
});

words!(News {
    NobodyTookIt => "nobody_took_it",
    NobodyAcknowledged => "nobody_acknowledged",
    NoCallBack => "no_call_back",
    Returned => "returned",
    DueSoon => "due_soon",
    DueToday => "due_today",
    Overdue => "overdue",
    ExtensionAsked => "extension_asked",
    NotReached => "not_reached",
    LookAtIt => "look_at_it",
    NotSatisfied => "not_satisfied",
    Disputed => "disputed",
    Redo => "redo",
    Referred => "referred",
    DueChanged => "due_changed",
    Review => "review",
    Unreachable => "unreachable",
    NoticeReady => "notice_ready",
});

words!(Miss {
    NoAnswer => "no_answer",
    Busy => "busy",
    Declined => "declined",
    NoKeys => "no_keys",
    WrongNumber => "wrong_number",
    Nobody => "nobody",
    NoLine => "no_line",
});

words!(Method {
    Phone => "phone",
    Face => "face",
    Written => "written",
});

words!(Channel {
    Keys => "keys",
    Operator => "operator",
});

words!(By {
    Keys => "dtmf",
    Operator => "operator",
});

words!(Flag {
    Urgent => "urgent",
    Supervised => "supervised",
    Blocked => "blocked",
});

words!(Change {
    Extension => "extension",
    Calendar => "calendar",
    Urgent => "urgent",
});
