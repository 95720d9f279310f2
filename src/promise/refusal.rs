//! Why something may not be done, in words for those who asked for it.

use crate::state::{State, Step};

/// A refusal. Nothing has changed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// The step may not be taken in this state.
    NotNow(State, Step),
    /// A unit was named before; it has to return the case first.
    Assigned,
    /// The moment of the hand-over has not come, so that nobody can have received it.
    NotHandedOver,
    /// An anonymous citizen can't be called back: open it as a case, not as a reply.
    NobodyToReply,
    /// The citizen wants to stay unknown to the unit: it reaches them only through our bridge.
    OnlyThroughUs,
    /// Only a case has echoes, extensions and reports; a reply is settled by the citizen's word.
    NotForReplies,
    /// The result has not been told.
    TellTheCitizenFirst,
    /// All extensions of this round are used.
    NoMoreExtensions,
    /// Not between 1 and the most days of an extension.
    NotThatLong,
    /// The due date has passed.
    TooLate,
    /// Nobody is to be asked about this case now.
    NobodyAsked,
    /// Our own calls have not been tried to the end.
    StillCalling,
    /// A score is 1 to 5, and echo 3 is not answered without one.
    NoScore,
    /// A case is not part of itself.
    SameCase,
    /// The task belongs to another case.
    NotOurs,
    /// No call of this kind can bring that.
    NotOfThisCall,
    /// The item was struck off the ledger.
    StruckOff,
    /// The notice is not made yet.
    NoDraft,
    /// What is signed is not changed any more.
    SignedAlready,
    /// Somebody has changed the text since it was read.
    EditedMeanwhile,
    /// Nobody has signed it.
    NotSigned,
}

impl Refusal {
    /// A word for programs.
    pub fn word(self) -> &'static str {
        self.words().0
    }

    /// For a reader of Chinese.
    pub fn zh(self) -> String {
        match self {
            Self::NotNow(state, _) => format!("工单状态为“{}”，不能进行此操作", state.zh()),
            _ => self.words().1.to_owned(),
        }
    }

    /// For a reader of English.
    pub fn en(self) -> String {
        match self {
            Self::NotNow(state, _) => format!("the case is {}: this can't be done with it now", state.en()),
            _ => self.words().2.to_owned(),
        }
    }

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::NotNow(..) => ("not_now", "当前状态不能进行此操作", "this can't be done in this state"),
            Self::Assigned => (
                "assigned",
                "工单已交办，须先由单位退回",
                "a unit has it already: it must return the case first",
            ),
            Self::NotHandedOver => {
                ("not_handed_over", "尚未到交办时间", "the case has not been handed over yet")
            }
            Self::NobodyToReply => (
                "nobody_to_reply",
                "匿名诉求无法回复，请按办理件登记",
                "an anonymous citizen can't be called back: open it as a case",
            ),
            Self::OnlyThroughUs => (
                "only_through_us",
                "群众要求保密，只能通过热线接通",
                "who asks is confidential: the unit reaches them through the hotline's bridge only",
            ),
            Self::NotForReplies => (
                "not_for_replies",
                "回复件不需要此操作",
                "a reply has no echoes, extensions or reports: the citizen's word settles it",
            ),
            Self::TellTheCitizenFirst => (
                "tell_the_citizen_first",
                "请先将办理结果告知群众",
                "tell the citizen the result first, then report",
            ),
            Self::NoMoreExtensions => {
                ("no_more_extensions", "本轮延期次数已用完", "this round has no extension left")
            }
            Self::NotThatLong => ("not_that_long", "延期天数超出范围", "an extension can't be that long"),
            Self::TooLate => ("too_late", "办理期限已过", "the due date has passed"),
            Self::NobodyAsked => ("nobody_asked", "目前不需要回访", "nobody is to be asked about it now"),
            Self::StillCalling => {
                ("still_calling", "系统仍在拨打群众电话", "our calls to the citizen are not over")
            }
            Self::NoScore => ("no_score", "请填写1至5分的评价", "give the citizen's score, 1 to 5"),
            Self::SameCase => ("same_case", "不能并入本工单", "a case can't be merged into itself"),
            Self::NotOurs => ("not_ours", "任务不属于本工单", "the task belongs to another case"),
            Self::NotOfThisCall => {
                ("not_of_this_call", "此类通话没有这种结果", "no such call ends like that")
            }
            Self::StruckOff => ("struck_off", "该事项已销号", "the item was struck off the ledger"),
            Self::NoDraft => {
                ("no_notice_yet", "通报尚未生成", "the notice is made on the first working day of the month")
            }
            Self::SignedAlready => {
                ("signed_already", "通报已签发，不能再修改", "the notice is signed: its text stays")
            }
            Self::EditedMeanwhile => (
                "edited_meanwhile",
                "其他人刚刚修改过这份通报：请先复制您写的内容，再重新打开通报",
                "somebody has changed the notice since you read it: copy what you wrote, then open the notice again",
            ),
            Self::NotSigned => ("not_signed", "通报尚未签发", "have the notice signed before it is sent"),
        }
    }
}
