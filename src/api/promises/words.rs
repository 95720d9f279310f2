//! What people are told, in plain words: news, and why a promise need not be kept.

use promise::{Lapse, News};

/// News for a reader of Chinese and of English.
pub(crate) fn news(news: News) -> (&'static str, &'static str) {
    match news {
        News::NobodyTookIt => {
            ("单位联系人均未签收，请人工交办", "no contact of the unit took the case: hand it over by hand")
        }
        News::NobodyAcknowledged => {
            ("紧急诉求无人应答，请立即处理", "nobody has acknowledged an urgent matter: see to it now")
        }
        News::NoCallBack => ("10 分钟内未回电群众", "the citizen was not called back within ten minutes"),
        News::Returned => ("单位退回，请改派", "the unit returned it: name another one"),
        News::DueSoon => ("还有一个工作日到期", "due in one working day"),
        News::DueToday => ("今天到期", "due today"),
        News::Overdue => ("已超期", "overdue"),
        News::ExtensionAsked => ("单位申请延期，请审批", "the unit asks for more days: decide"),
        News::NotReached => {
            ("系统未能联系上群众，请人工回访", "our calls did not reach the citizen: a person must ask")
        }
        News::LookAtIt => ("无法回访群众，请核对办结材料", "nobody can be asked: look at the evidence"),
        News::NotSatisfied => {
            ("群众不满意，请人工回访", "the citizen is not satisfied: follow it up in person")
        }
        News::Disputed => ("群众说法与单位填报不符", "the citizen contradicts what the unit has entered"),
        News::Redo => ("群众不满意，请重新办理", "the citizen is not satisfied: do it again"),
        News::Referred => ("仍不满意，转联席会议", "still not satisfied: before the joint meeting"),
        News::DueChanged => ("办理期限有变", "the due date has changed"),
        News::Review => ("台账事项待复核", "an item of the ledger is to be reviewed"),
        News::Unreachable => ("24 小时联系人未接通", "a 24 h contact was not reachable in the test"),
        News::NoticeReady => ("月度通报已生成，请编辑签发", "the monthly notice waits for an editor"),
    }
}

/// Why a promise need not be kept any more.
pub(crate) fn lapse(lapse: Lapse) -> (&'static str, &'static str) {
    match lapse {
        Lapse::Returned => ("单位已退回", "it was the wrong unit"),
        Lapse::Urgent => ("已转为紧急诉求", "it became urgent: another promise took its place"),
        Lapse::Merged => ("已并入其他工单", "it became part of another case"),
        Lapse::Closed => ("工单已结束", "the case was closed before"),
        Lapse::CalledAgain => ("群众已再次来电", "the citizen called again"),
    }
}
