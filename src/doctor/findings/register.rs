//! Whether our registration is taken, by which challenge, and for how long.

use super::answer::seen_at;
use crate::facts::{Asked, Registered};
use crate::report::{Report, Step};
use crate::words::{Words, both, foreign, ms};
use crate::written::Written;

/// Judges the registration.
pub(super) fn judge(written: &Written, registered: &Registered, report: &mut Report) {
    challenge(&registered.query, report);
    let Some(answer) = &registered.query.answer else {
        return report.fault(
            Step::Register,
            Words::new("REGISTER 没有应答。", "No answer to REGISTER."),
            Words::new(
                "注册服务器可能另有地址：问运营商；proxy 要写注册服务器。",
                "The registrar may be elsewhere: ask the carrier; proxy must be the registrar.",
            ),
        );
    };
    let (status, reason, took) = (answer.status, foreign(&answer.reason), ms(answer.took));
    if !(200..300).contains(&status) {
        let seen = both!(
            "查询注册：{status} {reason}，{took}",
            "Asked who is registered: {status} {reason}, {took}"
        );
        return match registered.own {
            // A registrar that does not answer questions may register all the same.
            Some(_) => own(written, registered, report),
            None => report.fault(Step::Register, seen, refused(status)),
        };
    }
    report
        .good(Step::Register, both!("用户名和密码被接受，{took}。", "User and password are taken, {took}."));
    seen_at(Step::Register, written, &registered.query, report);
    if registered.others > 0 && registered.own.is_none() {
        let others = registered.others;
        let left = registered
            .longest
            .map_or_else(Words::default, |s| both!("，最长还有 {s} 秒", ", the longest for {s} s more"));
        let (zh, en) = (left.zh, left.en);
        report.good(
            Step::Register,
            both!(
                "已经有 {others} 个注册（多半是正在运行的热线自己）{zh}；为了不打扰它，没有再注册。",
                "{others} contacts are registered already (most likely the running house's own){en}; not to disturb it, none was added."
            ),
        );
    }
    own(written, registered, report);
    if registered.service_route {
        report.warn(
            Step::Register,
            Words::new("它给了 Service-Route。", "It gives a Service-Route."),
            Words::new(
                "热线按 proxy 呼出，不跟 Service-Route；如呼出不通，把 proxy 改成那里的服务器。",
                "The house calls out by proxy and does not follow it; if calls fail, make that server the proxy.",
            ),
        );
    }
}

fn challenge(asked: &Asked, report: &mut Report) {
    if asked.challenge.is_empty() {
        if asked.answer.is_some() {
            report.good(Step::Register, Words::new("它没有要密码。", "It asks for no password."));
        }
        return;
    }
    let told = |a: &sip::digest::Asks| {
        let qop = if a.qop.is_empty() { "-".to_owned() } else { foreign(&a.qop) };
        format!("{} (qop {qop}, realm {})", foreign(&a.algorithm), foreign(&a.realm))
    };
    let list = asked.challenge.iter().map(told).collect::<Vec<_>>().join("; ");
    if asked.challenge.iter().any(sip::digest::Asks::is_known) {
        report.good(Step::Register, both!("质询：{list}", "Challenge: {list}"));
    } else {
        report.fault(
            Step::Register,
            both!("质询：{list}", "Challenge: {list}"),
            Words::new(
                "热线会 MD5 和 SHA-256：请运营商启用其中一种。",
                "The house knows MD5 and SHA-256: have the carrier enable one of them.",
            ),
        );
    }
}

fn refused(status: u16) -> Words {
    match status {
        401 | 407 => Words::new(
            "用户名或密码不对：核对 user 和密码文件里的那一行。",
            "User or password is wrong: check user and its line in the file of secrets.",
        ),
        403 => Words::new(
            "账号被禁用、密码不对，或不许从这里注册：问运营商。",
            "The account is closed, the password wrong, or registering from here not allowed: ask the carrier.",
        ),
        404 => Words::new(
            "它不认识这个用户：核对 user 和 proxy 里的域。",
            "It does not know this user: check user, and the domain in proxy.",
        ),
        _ => Words::new("请把这个应答告诉运营商。", "Tell the carrier of this answer."),
    }
}

/// Our own registration, where it was tried.
fn own(written: &Written, registered: &Registered, report: &mut Report) {
    let Some(asked) = &registered.own else { return };
    let Some(answer) = &asked.answer else {
        return report.fault(
            Step::Register,
            Words::new("注册没有应答。", "No answer to the registration."),
            Words::new("再试一次；还不行就问运营商。", "Try again; if it stays so, ask the carrier."),
        );
    };
    let (status, reason) = (answer.status, foreign(&answer.reason));
    let wished = written.expires;
    if let Some(least) = registered.least.filter(|least| *least > wished) {
        report.propose(
            "expires",
            &least.to_string(),
            both!("它要求至少 {least} 秒", "it wants at least {least} s"),
        );
    }
    match (status, registered.granted) {
        (200..300, Some(granted)) => {
            report.good(
                Step::Register,
                both!(
                    "注册 {granted} 秒（要 {wished} 秒）。",
                    "Registered for {granted} s ({wished} s were asked for)."
                ),
            );
        }
        (200..300, None) => report.warn(
            Step::Register,
            Words::new(
                "注册被接受，但没说多久。",
                "The registration is taken, but for how long is not said.",
            ),
            Words::new("热线按自己要的时间续。", "The house refreshes by the time that it asked for."),
        ),
        (423, _) => {
            let least = registered.least.unwrap_or_default();
            report.warn(
                Step::Register,
                both!(
                    "注册时间太短（423），至少 {least} 秒。",
                    "The time is too short (423): at least {least} s."
                ),
                Words::new(
                    "热线会自己改用更长的时间；写上 expires 就省去每次这一回合。",
                    "The house takes the longer time by itself; with expires written it saves that round.",
                ),
            );
        }
        _ => report.fault(
            Step::Register,
            both!("注册：{status} {reason}", "Registration: {status} {reason}"),
            refused(status),
        ),
    }
    taken_back(registered, report);
}

fn taken_back(registered: &Registered, report: &mut Report) {
    if registered.granted.is_none() {
        return;
    }
    match registered.removed {
        Some(200..300) => {
            report.good(Step::Register, Words::new("试用的注册已取消。", "The registration was taken back."));
        }
        Some(_) | None => report.warn(
            Step::Register,
            Words::new(
                "试用的注册没能取消，到期自然失效。",
                "The registration could not be taken back; it ends by itself.",
            ),
            Words::new(
                "在那之前，来电可能先试那个没人接听的地址。",
                "Until then a call may first be tried at an address where nobody is.",
            ),
        ),
    }
}
