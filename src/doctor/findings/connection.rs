//! Whether connections stand, and what their certificates are like.

use crate::facts::{Certificate, Connection, Flaw, Secured};
use crate::report::{Mark, Report, Step};
use crate::words::{Words, both, foreign, ms};

use super::word;

/// From so few days on the end of a certificate is spoken of.
const SOON: i64 = 21;

/// Judges all connections. One destination that can't be reached is no fault while another one can.
pub(super) fn judge(connections: &[Connection], report: &mut Report) {
    let good = |c: &Connection| c.opened.is_ok() && c.tls.as_ref().is_none_or(Secured::stands);
    let some = connections.iter().any(good);
    for connection in connections {
        let (by, to) = (word(connection.to.transport), connection.to.remote);
        let mark = if some { Mark::Warning } else { Mark::Fault };
        match &connection.opened {
            Ok(took) => {
                let took = ms(*took);
                report.good(
                    Step::Connection,
                    both!("{by} {to}：连接已建立，{took}", "{by} {to}: the connection stands, {took}"),
                );
            }
            Err(why) => say(
                report,
                mark,
                both!("{by} {to}：连不上（{why}）", "{by} {to}: no connection ({why})"),
                Words::new(
                    "检查对端的地址、端口和传输方式，以及两端的防火墙。",
                    "Check the far end's address, port and transport, and the firewalls at both ends.",
                ),
            ),
        }
        if let Some(tls) = &connection.tls {
            secured(connection, tls, mark, report);
        }
    }
}

impl Secured {
    /// Whether the house would take it.
    fn stands(&self) -> bool {
        let taken = self.certificate.as_ref().is_some_and(|c| c.flaw.is_none());
        self.version.is_some() && self.objection.is_none() && taken
    }
}

fn say(report: &mut Report, mark: Mark, seen: Words, advice: Words) {
    match mark {
        Mark::Good | Mark::Warning => report.warn(Step::Connection, seen, advice),
        Mark::Fault => report.fault(Step::Connection, seen, advice),
    }
}

fn secured(connection: &Connection, tls: &Secured, mark: Mark, report: &mut Report) {
    let to = connection.to.remote;
    if let Some(version) = &tls.version {
        report.good(Step::Connection, both!("{to}：{version}", "{to}: {version}"));
    }
    if let Some(why) = &tls.objection {
        let why = foreign(why);
        let advice = if tls.asks && !tls.shown {
            Words::new(
                "对端要求出示我方证书：请在 [sip] 写 certificate 和 key。",
                "It wants a certificate of ours: write certificate and key in [sip].",
            )
        } else {
            Words::new(
                "向对端询问它要求的 TLS 版本和证书；确认那个端口讲 TLS。",
                "Ask there which TLS and certificate it wants; make sure that TLS is spoken on that port.",
            )
        };
        say(report, mark, both!("{to}：TLS 不成：{why}", "{to}: no TLS: {why}"), advice);
    }
    if tls.asks {
        let seen = if tls.shown {
            Words::new("对端要求出示证书，我方有。", "It asks for a certificate of ours, and we have one.")
        } else {
            Words::new("对端要求出示证书，我方没有。", "It asks for a certificate of ours, and we have none.")
        };
        report.good(Step::Connection, seen);
    }
    if let Some(certificate) = &tls.certificate {
        papers(connection, certificate, mark, report);
    }
}

fn papers(connection: &Connection, certificate: &Certificate, mark: Mark, report: &mut Report) {
    let names = foreign(&certificate.names.join(", "));
    let issuer = foreign(&certificate.issuer);
    let days = certificate.days.map_or_else(
        || Words::new("到期日不明", "its end is unknown"),
        |days| both!("还有 {days} 天到期", "{days} days left"),
    );
    let own = if certificate.own { Words::new("（自签）", " (by itself)") } else { Words::default() };
    let (zh, en) = (days.zh, days.en);
    let (own_zh, own_en) = (own.zh, own.en);
    let seen = both!(
        "证书：名称 {names}；签发者 {issuer}{own_zh}；{zh}",
        "Certificate: for {names}; issued by {issuer}{own_en}; {en}"
    );
    if let Some(flaw) = &certificate.flaw {
        let (why, advice) = flawed(connection, flaw);
        return say(report, mark, seen.and(why), advice);
    }
    if certificate.days.is_some_and(|days| days < SOON) {
        let advice = Words::new("提醒对端尽快更新证书。", "Remind the far end to renew it soon.");
        return report.warn(Step::Connection, seen, advice);
    }
    report.good(Step::Connection, seen.and(Words::new("。校验通过。", ". It is taken.")));
}

fn flawed(connection: &Connection, flaw: &Flaw) -> (Words, Words) {
    let wanted = connection.to.name.as_deref().unwrap_or_default();
    match flaw {
        Flaw::Ended => (
            Words::new("。已过期。", ". It has ended."),
            Words::new(
                "请对端更新证书；并检查本机时钟。",
                "The far end must renew it; check this machine's clock too.",
            ),
        ),
        Flaw::NotYet => (
            Words::new("。尚未生效。", ". It does not hold yet."),
            Words::new("检查两端的时钟。", "Check the clocks at both ends."),
        ),
        Flaw::Issuer => (
            Words::new("。签发者不受信任。", ". Nobody that we trust vouches for it."),
            Words::new(
                "把对端的根证书放进 [sip] 的 ca 文件。",
                "Put the certificate of its authority into the file ca of [sip].",
            ),
        ),
        Flaw::Name => (
            both!("。它不是给 {wanted} 的。", ". It is not for {wanted}."),
            Words::new(
                "proxy 请写证书里的名称，或请对端换证书。",
                "Write proxy by a name that is in the certificate, or have the far end change it.",
            ),
        ),
        Flaw::Purpose => (
            Words::new("。它不能用作服务器证书。", ". It is not for servers."),
            Words::new("请对端换一张带 serverAuth 的证书。", "The far end needs one with serverAuth."),
        ),
        Flaw::Other(why) => {
            let why = foreign(why);
            (
                both!("。不被接受：{why}", ". It is not taken: {why}"),
                Words::new("请对端检查证书。", "Have the far end look at its certificate."),
            )
        }
    }
}
