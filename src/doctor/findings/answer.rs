//! Whether the far end answers OPTIONS, what it says of itself, and where it sees us.

use sip::Transport;

use super::{quoted, word};
use crate::facts::{Answered, Asked, Facts};
use crate::report::{Mark, Report, Step};
use crate::words::{Words, both, foreign, ms};
use crate::written::Written;

/// Judges OPTIONS to all destinations, and what was tried where nobody answered.
pub(super) fn judge(written: &Written, facts: &Facts, report: &mut Report) {
    let some = facts.options.iter().any(|asked| asked.answer.is_some());
    for asked in &facts.options {
        match &asked.answer {
            Some(answer) => answered(written, asked, answer, report),
            None => silent(asked, if some { Mark::Warning } else { Mark::Fault }, report),
        }
    }
    if !some {
        elsewhere(written, facts, report);
    }
    // One address of ours is enough: the first destination that answers is the one in use.
    if let Some(asked) = facts.options.iter().find(|a| a.answer.is_some()) {
        seen_at(Step::Options, written, asked, report);
    }
}

fn silent(asked: &Asked, mark: Mark, report: &mut Report) {
    let (by, to) = (word(asked.transport), asked.remote);
    let seen = both!("{by} {to}：没有应答", "{by} {to}: no answer");
    let advice = Words::new(
        "可能地址或端口不对，对端没有登记我方地址，或防火墙拦住了；先问运营商按什么地址认我们。",
        "Address or port may be wrong, the far end may not know our address, or a firewall drops it: ask the carrier by which address it knows us.",
    );
    match mark {
        Mark::Good | Mark::Warning => report.warn(Step::Options, seen, advice),
        Mark::Fault => report.fault(Step::Options, seen, advice),
    }
}

fn answered(written: &Written, asked: &Asked, answer: &Answered, report: &mut Report) {
    let (by, to) = (word(asked.transport), asked.remote);
    let (status, reason, took) = (answer.status, foreign(&answer.reason), ms(answer.took));
    let server = answer.server.as_deref().map_or_else(
        || Words::new("不报程序名", "it does not name its program"),
        |name| Words::new(foreign(name), foreign(name)),
    );
    let (zh, en) = (server.zh, server.en);
    let seen =
        both!("{by} {to}：{status} {reason}，{took}；{zh}", "{by} {to}: {status} {reason}, {took}; {en}");
    match status {
        200..300 | 405 | 501 => report.good(Step::Options, seen),
        401 | 407 => {
            let advice = if written.user.is_some() {
                Words::new(
                    "它不接受用户名和密码：核对 user 和密码文件里的那一行。",
                    "It does not take user and password: check user and its line in the file of secrets.",
                )
            } else {
                Words::new(
                    "它要用户名和密码：在 trunks.toml 写 user，密码写进密码文件。",
                    "It wants user and password: write user in trunks.toml, and the password in the file of secrets.",
                )
            };
            report.warn(Step::Options, seen, advice);
        }
        403 => report.warn(
            Step::Options,
            seen,
            Words::new(
                "它听见了但拒绝：请运营商登记我方地址，或给我们注册账号。",
                "It hears us but refuses: have the carrier enter our address, or give us an account to register.",
            ),
        ),
        503 => report.warn(
            Step::Options,
            seen,
            Words::new(
                "它说自己忙不过来：隔一会儿再试。",
                "It says that it can't serve now: try again later.",
            ),
        ),
        _ => report.warn(
            Step::Options,
            seen,
            Words::new(
                "它活着；热线把任何应答都当作在线。打电话未必受影响。",
                "It is there: the house counts any answer as a sign of life. Calls may work all the same.",
            ),
        ),
    }
    abilities(answer, report);
}

fn abilities(answer: &Answered, report: &mut Report) {
    let list = |all: &[String]| {
        if all.is_empty() { "-".to_owned() } else { foreign(&all.join(", ")) }
    };
    let (allow, supported, accept) = (list(&answer.allow), list(&answer.supported), list(&answer.accept));
    report.good(
        Step::Options,
        both!(
            "方法 {allow}；扩展 {supported}；内容 {accept}",
            "Methods {allow}; extensions {supported}; bodies {accept}"
        ),
    );
}

/// What `received` and `rport` tell of a NAT between us and the far end (RFC 3581).
pub(super) fn seen_at(step: Step, written: &Written, asked: &Asked, report: &mut Report) {
    let Some(answer) = &asked.answer else { return };
    let ours = asked.ours;
    let told = ours.ip();
    // Over a stream the port is that of the connection, and says nothing.
    let port = answer.rport.filter(|port| asked.transport == Transport::Udp && *port != ours.port());
    match (answer.received.filter(|ip| *ip != told), port) {
        (None, None) => report.good(
            step,
            both!("它看到的地址就是我方告诉它的 {told}。", "It sees us at {told}, as we tell it."),
        ),
        (None, Some(port)) => {
            let ours = ours.port();
            report.warn(
                step,
                both!("它看到的端口是 {port}，不是 {ours}。", "It sees us at port {port}, not {ours}."),
                Words::new(
                    "路上有改写端口的 NAT：请在路由器上固定映射 SIP 和 RTP 端口。",
                    "A NAT on the way changes ports: map the SIP and RTP ports in the router one to one.",
                ),
            );
        }
        (Some(ip), _) => {
            report.warn(
                step,
                both!(
                    "我方告诉它 {told}，它看到的是 {ip}：中间有 NAT。",
                    "We tell it {told}, it sees {ip}: there is a NAT on the way."
                ),
                Words::new(
                    "写上 advertised，并在路由器上把 SIP 和 RTP 端口固定映射过来。",
                    "Write advertised, and map the SIP and RTP ports in the router one to one.",
                ),
            );
            if written.advertised != Some(ip) {
                let why = both!("它从 {ip} 看到我们", "it sees us at {ip}");
                report.propose("advertised", &quoted(&ip.to_string()), why);
            }
        }
    }
}

/// By another transport somebody answered.
fn elsewhere(written: &Written, facts: &Facts, report: &mut Report) {
    let Some(found) = facts.elsewhere.iter().find(|asked| asked.answer.is_some()) else { return };
    let (by, to, port) = (word(found.transport), found.remote, found.remote.port());
    report.warn(
        Step::Options,
        both!("用 {by} 在 {to} 有应答。", "By {by} somebody answers at {to}."),
        Words::new("把传输方式改成它。", "Change the transport to that."),
    );
    let why = both!("只有 {by} 有应答", "only {by} is answered");
    let usual = if found.transport == Transport::Tls { 5061 } else { 5060 };
    if port == written.port.unwrap_or(usual) {
        report.propose("transport", &quoted(by), why);
    } else {
        let host = &written.host;
        report.propose("proxy", &quoted(&format!("sip:{host}:{port};transport={by}")), why);
    }
}
