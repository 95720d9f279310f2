//! Where the proxy is (RFC 3263): the questions, the answers, and the order of trying.

use std::net::IpAddr;

use sip::locate::{Answer, Kind, Question, Record};

use super::word;
use crate::facts::Lookup;
use crate::report::{Report, Step};
use crate::words::{Words, both, foreign};
use crate::written::Written;

/// Judges the look-up. `outside`: destinations in none of the trunk's networks.
pub(super) fn judge(written: &Written, lookup: &Lookup, outside: &[IpAddr], report: &mut Report) {
    if lookup.asked.is_empty() {
        report.good(
            Step::Names,
            Words::new("proxy 写的是地址，不用查域名。", "The proxy is an address: nothing is looked up."),
        );
    }
    for (question, answer) in &lookup.asked {
        told(question, answer, report);
    }
    match &lookup.to {
        Ok(to) => {
            let list: Vec<String> =
                to.iter().map(|d| format!("{} {}", word(d.transport), d.remote)).collect();
            let list = list.join(" → ");
            report.good(Step::Names, both!("依次尝试：{list}", "Tried in this order: {list}"));
        }
        Err(why) => report.fault(
            Step::Names,
            both!("没有去处：{why}", "It leads nowhere: {why}"),
            Words::new(
                "检查 proxy 的写法、域名服务器（[sip] 的 dns）和本机监听的传输方式。",
                "Check how proxy is written, the name servers (dns of [sip]), and over what this house listens.",
            ),
        ),
    }
    if !outside.is_empty() && written.nets {
        let list: Vec<String> = outside.iter().map(ToString::to_string).collect();
        let list = list.join(", ");
        report.warn(
            Step::Names,
            both!("这些地址不在 nets 里：{list}", "These addresses lie in none of nets: {list}"),
            Words::new(
                "从那里打来的电话会被当作陌生来源；运营商若从这些地址呼入，请加进 nets。",
                "A call from there is a stranger's; if the carrier calls from these addresses, add them to nets.",
            ),
        );
    }
}

fn told(question: &Question, answer: &Answer, report: &mut Report) {
    let (kind, name) = (kind(question.kind), &question.name);
    match answer {
        Answer::Found(records, good_for) => {
            let list: Vec<String> = records.iter().map(record).collect();
            let (list, seconds) = (list.join("; "), good_for.as_secs());
            report.good(
                Step::Names,
                both!(
                    "{kind} {name}：{list}（{seconds} 秒有效）",
                    "{kind} {name}: {list} (good for {seconds} s)"
                ),
            );
        }
        Answer::Nothing => {
            report.good(Step::Names, both!("{kind} {name}：没有", "{kind} {name}: none"));
        }
        Answer::Failed => report.warn(
            Step::Names,
            both!("{kind} {name}：域名服务器没有应答", "{kind} {name}: the name servers did not answer"),
            Words::new(
                "检查 [sip] 的 dns，或本机的域名解析。",
                "Check dns of [sip], or the resolver of this machine.",
            ),
        ),
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Naptr => "NAPTR",
        Kind::Srv => "SRV",
        Kind::A => "A",
        Kind::Aaaa => "AAAA",
    }
}

fn record(record: &Record) -> String {
    match record {
        Record::Naptr(n) => {
            format!("{} {} {} {}", n.order, n.preference, foreign(&n.services), foreign(&n.replacement))
        }
        Record::Srv(s) => format!("{} {} {}:{}", s.priority, s.weight, foreign(&s.target), s.port),
        Record::Address(ip) => ip.to_string(),
    }
}
