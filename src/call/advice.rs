//! What to change when a call or leg was refused or failed: by the verdict, and better where the wire told more.

use crate::cause::{Cause, Reason};

/// Longest text of a far end that is kept, characters.
const LONGEST: usize = 80;
/// Digits in a row that a far end's text may hold; more could be somebody's number.
const DIGITS: usize = 4;

/// What the wire told beside the verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Facts<'a> {
    /// The final SIP status that the far end sent, or that we refused it with.
    pub status: Option<u16>,
    /// Codecs that the far end offered or answered with: `G729, G723`.
    pub offered: &'a str,
}

/// What an admin can do, Chinese and English.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Advice {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Advice {
    fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// What to change: the codecs where they were the reason, else what the far end's status asks for, else what the verdict does.
pub fn advice(cause: Cause, facts: Facts<'_>) -> Advice {
    if cause.reason == Reason::NoCodec && !facts.offered.is_empty() {
        let offered = facts.offered;
        return Advice::new(
            format!("对端只提供 {offered}；请在运营商或话机一侧启用 PCMA（G.711 A 律）或 PCMU。"),
            format!(
                "The far end offered {offered} only: allow PCMA (G.711 A-law) or PCMU at the carrier or phone."
            ),
        );
    }
    let told = facts.status.and_then(|status| STATUSES.iter().find(|(s, ..)| *s == status));
    // A status that we chose ourselves says no more than the verdict.
    if let Some((_, zh, en)) = told
        && facts.status != Some(cause.sip_status())
    {
        return Advice::new(*zh, *en);
    }
    let (zh, en) = by_reason(cause.reason);
    Advice::new(zh, en)
}

/// Statuses that say more than the verdict does (RFC 3261 section 21 and the RFCs that add to it).
const STATUSES: &[(u16, &str, &str)] = &[
    (
        400,
        "对端看不懂我们的消息；用 hotline trace 看该通话，并把消息交给对端厂商。",
        "The far end could not read our message: look at the call with hotline trace and show it to the far end's maker.",
    ),
    (
        401,
        "对端要求口令；请在 trunks.toml 写 user，在密码文件写 trunk.名称。",
        "The far end wants a password: set user in trunks.toml and trunk.NAME in the secrets file.",
    ),
    (
        402,
        "运营商账户欠费或需预付；请联系运营商。",
        "The carrier wants payment first: settle the account with the carrier.",
    ),
    (
        403,
        "对端不许：请与运营商核对账号、显示号码（caller）、来源地址和可拨范围。",
        "The far end forbids it: check the account, the presented number (caller), our source address and the allowed destinations with the carrier.",
    ),
    (
        404,
        "对端没有这个号码；请核对号码写法（strip、add、form）和号码本身。",
        "The far end does not know the number: check how it is written (strip, add, form) and the number itself.",
    ),
    (
        407,
        "对端要求口令而口令不对或没有；请核对 trunks.toml 的 user 和密码文件的 trunk.名称。",
        "The far end wants a password and ours was wrong or missing: check user in trunks.toml and trunk.NAME in the secrets file.",
    ),
    (
        408,
        "对端没有应答信令；请核对地址、防火墙，以及对端是否在运行。",
        "No answer to our signalling: check the address, the firewall, and whether the far end runs.",
    ),
    (410, "号码已停用；请更新通讯录。", "The number is no longer in use: correct the directory."),
    (
        413,
        "消息过大，对端不收；请减少编码或改用 TCP。",
        "The message was too large for the far end: offer fewer codecs, or use TCP.",
    ),
    (
        415,
        "对端不接受这种内容；请核对对端的 SDP 设置。",
        "The far end does not take this kind of body: check its SDP settings.",
    ),
    (
        416,
        "对端不认这种地址；号码须写成 sip: 地址。",
        "The far end does not know this kind of address: write numbers as sip: addresses.",
    ),
    (
        420,
        "对端不支持我们要求的扩展；请在 trunks.toml 关掉 prack 或 session_timer。",
        "The far end does not support an extension that we require: turn prack or session_timer off in trunks.toml.",
    ),
    (
        421,
        "对端要求我们未启用的扩展；请在 trunks.toml 启用 prack 或 session_timer。",
        "The far end requires an extension that is off here: turn prack or session_timer on in trunks.toml.",
    ),
    (
        422,
        "会话计时过短；请在 trunks.toml 调大 session_timer。",
        "The session timer was too short for the far end: raise session_timer in trunks.toml.",
    ),
    (
        423,
        "注册时长过短；请在 trunks.toml 调大 expires。",
        "The registration was too short for the far end: raise expires in trunks.toml.",
    ),
    (
        433,
        "对端拒绝匿名呼叫；请在 trunks.toml 写 caller。",
        "The far end refuses anonymous calls: set caller in trunks.toml.",
    ),
    (
        480,
        "对端暂时不可用：话机离线、免打扰或无人接听。",
        "The far end is not available for now: phone off line, do not disturb, or nobody there.",
    ),
    (
        481,
        "对端已不认识这通电话；对端可能重启过。",
        "The far end no longer knew the call: it may have restarted.",
    ),
    (
        482,
        "呼叫绕回原处；请检查运营商与本机之间的转接。",
        "The call came round in a loop: check the diversions between the carrier and here.",
    ),
    (483, "经过的转发太多；请检查转接和路由。", "Too many hops on the way: check diversions and routes."),
    (
        484,
        "号码位数不足；请核对 strip、add、form。",
        "The number was incomplete for the far end: check strip, add and form.",
    ),
    (
        488,
        "对端不接受我们的语音编码或加密；请核对 codecs 与 media（srtp 或 clear）。",
        "The far end takes none of our codecs, or not our encryption: check codecs and media (srtp or clear).",
    ),
    (
        491,
        "双方同时修改会话；稍后会自动再试。",
        "Both ends changed the session at once; it is tried again by itself.",
    ),
    (
        500,
        "对端内部出错；请连同时间和 Call-ID 报给运营商。",
        "The far end had a fault of its own: report time and Call-ID to the carrier.",
    ),
    (
        501,
        "对端没有实现这种请求；请核对对端型号与设置。",
        "The far end does not implement this request: check its model and settings.",
    ),
    (
        502,
        "运营商后面的网络出错；请连同时间和 Call-ID 报给运营商。",
        "The network behind the carrier failed: report time and Call-ID to the carrier.",
    ),
    (
        503,
        "对端过载或停止服务；有第二条中继时会自动改走。",
        "The far end was overloaded or out of service: a second trunk is tried where there is one.",
    ),
    (
        504,
        "运营商后面的网络没有应答；请连同时间和 Call-ID 报给运营商。",
        "The network behind the carrier did not answer: report time and Call-ID to the carrier.",
    ),
    (
        580,
        "对端资源预留失败；请在对端关闭 precondition。",
        "The far end could not reserve resources: turn preconditions off there.",
    ),
    (
        603,
        "对方拒接，或被运营商按骚扰电话拦下；请与运营商核对号码标记。",
        "Declined by the person, or blocked by the carrier as spam: ask the carrier how our number is labelled.",
    ),
    (604, "任何地方都没有这个号码；请核对号码。", "The number exists nowhere: check it."),
    (
        606,
        "对端不接受我们的语音描述；请核对 codecs 与 media。",
        "The far end does not take our session description: check codecs and media.",
    ),
    (
        607,
        "对方把我们列为不受欢迎；请与运营商核对号码标记。",
        "The called person marked us as unwanted: ask the carrier how our number is labelled.",
    ),
    (
        608,
        "被中间的分析系统拦下；请与运营商核对号码标记。",
        "Blocked by an analytics service on the way: ask the carrier how our number is labelled.",
    ),
];

/// What each verdict asks for when nothing more is known. A test finds every reason here.
const REASONS: [(Reason, &str, &str); 29] = [
    (Reason::Normal, "无需处理。", "Nothing to do."),
    (
        Reason::GaveUp,
        "若常见：增加在岗话务员，或缩短等候前的播报。",
        "If this is common: put more operators on duty, or shorten what is said before.",
    ),
    (
        Reason::Busy,
        "若常见：给该窗口增加成员或启用第二部话机。",
        "If this is common: add members to the desk, or a second phone.",
    ),
    (
        Reason::NoAnswer,
        "核对值班安排、话机铃声与免打扰设置。",
        "Check the duty list, the phone's ringer and its do-not-disturb.",
    ),
    (
        Reason::Declined,
        "询问该成员原因；不在岗者应退出值班。",
        "Ask the member why; whoever is not on duty should log out.",
    ),
    (
        Reason::NoKey,
        "关闭该话机的语音信箱和转接，并告知成员接听后按 1。",
        "Turn voice mail and diversion of that phone off, and tell the member to press 1 after answering.",
    ),
    (
        Reason::Invalid,
        "核对 staff.toml、desks.toml 中的话机或号码，以及中继的 strip、add、form。",
        "Check the phone or number in staff.toml and desks.toml, and the trunk's strip, add and form.",
    ),
    (
        Reason::Trunk,
        "运行 hotline trunk doctor 检查该中继，并连同 Call-ID 报给运营商。",
        "Run hotline trunk doctor for that trunk, and report the Call-ID to the carrier.",
    ),
    (Reason::Cancelled, "无需处理：本方取消。", "Nothing to do: we took it back."),
    (
        Reason::LateAnswer,
        "无需处理；若常见，延长振铃时间。",
        "Nothing to do; if this is common, let it ring longer.",
    ),
    (
        Reason::Closed,
        "如时段有误，改 calendar/hours.toml。",
        "If the hours are wrong, change calendar/hours.toml.",
    ),
    (
        Reason::Absent,
        "检查该话机的网络、用户名与密码：未注册就无法振铃。",
        "Check the phone's network, user name and password: unregistered, it can't ring.",
    ),
    (Reason::Exhausted, "增加成员，或用一键交办。", "Add members, or hand the case over."),
    (
        Reason::NotOurs,
        "若确是本热线号码，写入 routing.toml 的 numbers；否则请运营商改路由。",
        "If it is our number, add it to numbers in routing.toml; else ask the carrier to route it elsewhere.",
    ),
    (
        Reason::NotAllowed,
        "若应允许，把来源写入 trunks.toml 的 nets，或把号码写入 allowed_outside。",
        "If it should be allowed, add the source to nets in trunks.toml, or the number to allowed_outside.",
    ),
    (
        Reason::Outside,
        "取消话机上的呼叫转移；确需外部号码时写入 allowed_outside 并用桥接指令接入。",
        "Take the diversion out of the phone; if the outside number is needed, add it to allowed_outside and bring it in by an order.",
    ),
    (
        Reason::Outbound,
        "外呼已停止或达到限额：先查是否盗打，再 POST /api/v1/outbound 放行，或调高 routing.toml 的 [outbound]。",
        "Outbound calls are stopped or at a limit: look for toll fraud, then POST /api/v1/outbound, or raise [outbound] in routing.toml.",
    ),
    (
        Reason::Incomplete,
        "请运营商送完整号码（不要逐位送）。",
        "Ask the carrier to send whole numbers (no overlap dialling).",
    ),
    (
        Reason::NoCodec,
        "在对端启用 PCMA（G.711 A 律）或 PCMU。",
        "Enable PCMA (G.711 A-law) or PCMU at the far end.",
    ),
    (
        Reason::Overload,
        "调大 limits 或 calls_per_second，或扩容。",
        "Raise limits or calls_per_second, or add capacity.",
    ),
    (Reason::Draining, "无需处理：重启后恢复。", "Nothing to do: it is over with the restart."),
    (
        Reason::ChannelsFull,
        "向运营商增购通道并调大 channels，或再加一条中继。",
        "Buy more channels and raise channels, or add another trunk.",
    ),
    (
        Reason::MediaLost,
        "检查防火墙是否放行 RTP 端口，以及 media.advertised 是否为对端可达的地址。",
        "Check that the firewall lets the RTP ports through and that media.advertised can be reached from there.",
    ),
    (Reason::Unregistered, "检查该话机的网络与供电。", "Check the phone's network and power."),
    (Reason::CalledAgain, "无需处理：一位群众只接一次电话。", "Nothing to do: one call for each citizen."),
    (
        Reason::PeerGone,
        "检查到对端的网络；运行 hotline trunk doctor。",
        "Check the network to the far end; run hotline trunk doctor.",
    ),
    (
        Reason::Crash,
        "查看日志中重启前的最后几行，并报给开发者。",
        "Read the last lines of the log before the restart, and report them.",
    ),
    (Reason::Finished, "无需处理。", "Nothing to do."),
    (
        Reason::Protocol,
        "用 hotline trace 看该通话，并把消息交给对端厂商。",
        "Look at the call with hotline trace, and show the messages to the far end's maker.",
    ),
];

fn by_reason(reason: Reason) -> (&'static str, &'static str) {
    let row = REASONS.iter().find(|(of, ..)| *of == reason);
    row.map_or(("", ""), |(_, zh, en)| (zh, en))
}

/// A far end's own words as they may be kept and shown: one line of printable characters, no numbers, not long.
pub fn sanitized(text: &str) -> String {
    let shown = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut out = String::new();
    let mut run = String::new();
    for c in text.chars().filter(shown).take(LONGEST).chain(std::iter::once('\n')) {
        if c.is_ascii_digit() {
            run.push(c);
            continue;
        }
        if run.len() > DIGITS {
            out.push_str(&"*".repeat(run.len()));
        } else {
            out.push_str(&run);
        }
        run.clear();
        if c != '\n' {
            out.push(c);
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::Side;

    #[test]
    fn every_reason_has_an_advice_in_both_languages() {
        for (n, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, n, "{reason:?} stands in the list where it stands in the type");
            let Advice { zh, en } = advice(Cause::new(Side::Network, reason), Facts::default());
            assert!(zh.ends_with('。') && en.ends_with('.') && zh != en, "{reason:?}: {zh} {en}");
            assert!(!zh.is_ascii() && en.is_ascii(), "{reason:?}: {zh} {en}");
        }
    }

    #[test]
    fn every_refusal_by_a_far_end_has_an_advice() {
        for status in 300..700 {
            let cause = Cause::from_sip(status);
            let facts = Facts { status: Some(status), ..Facts::default() };
            assert!(!advice(cause, facts).en.is_empty());
        }
        assert!(STATUSES.is_sorted_by_key(|(status, ..)| *status));
        for (status, zh, en) in STATUSES {
            assert!(zh.ends_with('。') && en.ends_with('.') && !zh.is_ascii() && en.is_ascii(), "{status}");
        }
        let forbidden = advice(Cause::from_sip(403), Facts { status: Some(403), ..Facts::default() });
        assert!(forbidden.en.contains("allowed destinations"), "{}", forbidden.en);
    }

    #[test]
    fn the_codecs_that_were_offered_are_named() {
        let facts = Facts { status: Some(488), offered: "G729" };
        let Advice { zh, en } = advice(Cause::new(Side::Network, Reason::NoCodec), facts);
        assert!(en.contains("offered G729 only: allow PCMA") && zh.contains("只提供 G729"), "{zh} {en}");
    }

    #[test]
    fn a_far_ends_words_are_cleaned() {
        for (text, kept) in [
            ("Busy Here", "Busy Here"),
            ("\u{1b}[31mNo \u{202e}route\r\n", "[31mNo route"),
            ("Call 13800001234 barred by 1001", "Call *********** barred by 1001"),
            ("空号", "空号"),
            ("", ""),
        ] {
            assert_eq!(sanitized(text), kept);
        }
        assert_eq!(sanitized(&"x".repeat(500)).len(), LONGEST);
    }
}
