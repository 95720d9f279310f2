//! An open end in words.

use call::Plan;

use super::{Leads, OpenEnd, Path, Presence};
use crate::wishes::shown;
use crate::{Ending, Tale, Wishes};

/// What happens, for whom, and the call that shows it.
pub(super) fn open_end(
    plan: &Plan,
    path: &Path,
    presence: &Presence,
    wishes: &Wishes,
    tale: &Tale,
) -> OpenEnd {
    let keys: Vec<String> = path.keys.iter().map(|group| shown(group)).collect();
    let keys = keys.join(",");
    let (who_zh, who_en) = presence.words();
    let (to_zh, to_en) = match path.leads {
        Leads::Desk(no) => {
            let name = plan.desks.get(&no).map(|d| d.name.to_string()).unwrap_or_default();
            (format!("窗口 {no}（{name}）"), format!("desk {no} ({name})"))
        }
        Leads::Operator | Leads::Message if keys.is_empty() => {
            ("不按任何键".to_owned(), "no key at all".to_owned())
        }
        Leads::Operator | Leads::Message => (format!("按键 {keys}"), format!("keys {keys}")),
    };
    let (end_zh, end_en) = match tale.ending {
        Ending::Waiting(_) => {
            ("5 分钟后仍在等候，也没有回电可选", "still waiting after 5 minutes, with no call-back")
        }
        Ending::Over => ("通话结束，没有人接，也没有回电", "the call ends without a person or a call-back"),
        Ending::Refused => ("来电被拒绝", "the call is refused"),
        Ending::Message => ("有话务员在岗却转了留言", "voice mail although operators are on duty"),
        Ending::Three | Ending::Talk | Ending::TalkDesk => ("接通", "reached"),
    };
    OpenEnd {
        zh: format!("{to_zh}，{who_zh}：{end_zh}"),
        en: format!("{to_en}, {who_en}: {end_en}"),
        at: wishes.at,
        number: wishes.to.to_string(),
        keys,
    }
}
