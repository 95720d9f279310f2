//! From what was observed to findings and proposals, step by step.

mod answer;
mod call;
mod connection;
mod place;
mod register;
mod sound;

use sip::Transport;

use crate::facts::Facts;
use crate::report::{Report, Step};
use crate::words::{Words, both};
use crate::written::Written;

/// Judges what was observed of a trunk.
pub fn examine(written: &Written, facts: &Facts) -> Report {
    let mut report = Report::default();
    configuration(written, &mut report);
    if written.proxy.is_none() {
        return report;
    }
    if let Some(lookup) = &facts.lookup {
        place::judge(written, lookup, &facts.outside, &mut report);
    }
    connection::judge(&facts.connections, &mut report);
    answer::judge(written, facts, &mut report);
    if let Some(registered) = &facts.register {
        register::judge(written, registered, &mut report);
    }
    if let Some(called) = &facts.call {
        call::judge(written, called, facts, &mut report);
    }
    report.findings.sort_by_key(|finding| finding.step);
    report
}

/// What is written, as far as it can be judged alone.
fn configuration(written: &Written, report: &mut Report) {
    let name = &written.name;
    let Some(proxy) = &written.proxy else {
        return report.warn(
            Step::Configuration,
            both!(
                "中继 {name} 没有 proxy：它只带来电话，没有可以试的。",
                "{name} has no proxy: it only brings calls, and there is nothing to try."
            ),
            Words::new(
                "要从它呼出，请在 trunks.toml 写 proxy；只要呼入，就不用管。",
                "To call out by it, write proxy in trunks.toml; if it is only to bring calls, all is well.",
            ),
        );
    };
    let transport = written.transport.map_or_else(
        || Words::new("由域名查询决定，地址则用 UDP", "as the look-up says, UDP for an address"),
        |t| Words::new(word(t), word(t)),
    );
    let (zh, en) = (transport.zh, transport.en);
    report.good(
        Step::Configuration,
        both!("proxy 是 {proxy}；传输：{zh}。", "The proxy is {proxy}; transport: {en}."),
    );
    if !written.nets && written.certificate.is_none() {
        report.warn(
            Step::Configuration,
            Words::new(
                "没有写 nets 或 certificate：它打来的电话不被认作中继来电。",
                "Neither nets nor certificate is written: calls that it brings are not known as this trunk's.",
            ),
            Words::new(
                "要接它打来的电话，请把运营商信令服务器的地址写进 nets。",
                "To take calls from it, write the addresses of the carrier's signalling servers in nets.",
            ),
        );
    }
    match (&written.user, written.password) {
        (Some(_), true) => {
            report.good(Step::Configuration, Words::new("有用户名和密码。", "User and password are there."));
        }
        (Some(_), false) => report.fault(
            Step::Configuration,
            Words::new("有用户名，没有密码。", "There is a user but no password."),
            both!(
                "在密码文件里加一行 \"trunk.{name}\" = \"密码\"。",
                "Add a line \"trunk.{name}\" = \"the password\" to the file of secrets."
            ),
        ),
        (None, _) => {}
    }
}

/// A transport as trunks.toml writes it.
pub(crate) fn word(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
        Transport::Tls => "tls",
        Transport::Ws => "ws",
        Transport::Wss => "wss",
    }
}

/// Quoted as TOML wants it.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
