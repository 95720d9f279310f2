//! The test call: taken or refused, why, and what that says of the settings.

use sip::Reliable;

use super::answer::seen_at;
use super::{quoted, sound};
use crate::facts::{Answered, Called, Facts};
use crate::report::{Report, Step};
use crate::words::{Words, both, foreign, ms, shown};
use crate::written::{Form, Written};

/// Judges the call.
pub(super) fn judge(written: &Written, called: &Called, facts: &Facts, report: &mut Report) {
    sent(called, report);
    sound::ringing(written, called, report);
    session(written, called, report);
    form(written, called, report);
    let Some(answer) = &called.invite.answer else {
        return report.fault(
            Step::Call,
            Words::new("INVITE 没有应答。", "No answer to the INVITE."),
            Words::new(
                "若 OPTIONS 有应答而这里没有：INVITE 较长，UDP 分片可能被丢，试 transport = \"tcp\"。",
                "If OPTIONS was answered: an INVITE is longer, and fragments of UDP may be dropped; try transport = \"tcp\".",
            ),
        );
    };
    match answer.status {
        200..300 => taken(written, called, answer, facts, report),
        487 if called.cancelled => report.warn(
            Step::Call,
            Words::new("30 秒没人接，已取消。", "Nobody answered for 30 s; the call was taken back."),
            Words::new("请用一个会接的号码再试。", "Try again with a number that is answered."),
        ),
        status => {
            let (reason, advice) = (foreign(&answer.reason), refused(written, status));
            let warning = answer.warning.as_deref().map(foreign).unwrap_or_default();
            let seen = both!("拒绝：{status} {reason} {warning}", "Refused: {status} {reason} {warning}");
            match status {
                // The far end did its part: the number did not.
                486 | 600 | 603 | 480 => report.warn(Step::Call, seen, advice),
                _ => report.fault(Step::Call, seen, advice),
            }
            extensions(written, answer, report);
            if status == 488 || status == 606 {
                media(written, called, report);
            }
        }
    }
}

fn sent(called: &Called, report: &mut Report) {
    let (number, sent_as) = (foreign(&called.number), foreign(&called.sent_as));
    report.good(
        Step::Call,
        both!("拨 {number}，写成 {sent_as}。", "{number} was called, written as {sent_as}."),
    );
}

fn taken(written: &Written, called: &Called, answer: &Answered, facts: &Facts, report: &mut Report) {
    let took = ms(answer.took);
    report.good(Step::Call, both!("{took} 后接通。", "Answered after {took}."));
    seen_at(Step::Call, written, &called.invite, report);
    let options = facts.options.iter().filter_map(|a| a.answer.as_ref());
    let info = options.chain([answer]).any(|a| a.allow.iter().any(|m| m == "INFO"));
    sound::judge(written, called, info, report);
    match called.bye {
        Some(200..300) => report.good(Step::Call, Words::new("挂断被确认。", "Our BYE was answered.")),
        Some(status) => report.warn(
            Step::Call,
            both!("挂断得到 {status}。", "Our BYE got {status}."),
            Words::new("看那通电话是否真的结束了。", "See whether that call has really ended."),
        ),
        None => report.warn(
            Step::Call,
            Words::new("挂断没有应答。", "No answer to our BYE."),
            Words::new(
                "对端给的 Contact 或 Record-Route 可能我方到不了；通话会拖到对端超时。",
                "Its Contact or Record-Route may be out of our reach; calls then last until the far end gives up.",
            ),
        ),
    }
}

fn refused(written: &Written, status: u16) -> Words {
    match status {
        401 | 407 if written.user.is_none() => Words::new(
            "它要用户名和密码：写 user，密码写进密码文件。",
            "It wants user and password: write user, and the password in the file of secrets.",
        ),
        401 | 407 => Words::new("它不接受这个用户名和密码。", "It does not take this user and password."),
        403 if written.user.is_some() && !written.register => Words::new(
            "不许呼出：也许要先注册（register = true），或主叫号码（caller）不对。",
            "Not allowed: it may want a registration first (register = true), or another number of ours (caller).",
        ),
        403 => Words::new(
            "不许呼出：核对主叫号码（caller、identity）和业务开通情况。",
            "Not allowed: check our number (caller, identity), and what the carrier has enabled.",
        ),
        404 | 484 | 604 => Words::new(
            "它不认这个号码的写法：试 form 的其他值，或 strip / add。",
            "It does not know the number in this form: try another form, or strip and add.",
        ),
        408 => Words::new(
            "它身后没有应答，或没到它那里：再试一次。",
            "Nobody behind it answered, or it was not reached: try again.",
        ),
        420 | 421 => {
            Words::new("扩展谈不拢：见建议的设置。", "Extensions don't fit: see the proposed settings.")
        }
        422 => Words::new(
            "会话定时谈不拢：见建议的设置。",
            "Session timers don't fit: see the proposed settings.",
        ),
        486 | 600 | 603 | 480 => Words::new(
            "中继是通的，这个号码忙或不接：换一个号码再试。",
            "The trunk works; the number is busy or does not answer: try another one.",
        ),
        488 | 606 => Words::new(
            "编码或加密谈不拢：见建议的设置，并问运营商收什么。",
            "Codecs or encryption don't fit: see the proposed settings, and ask the carrier what it takes.",
        ),
        500.. => {
            Words::new("它出了故障或忙不过来：隔一会儿再试。", "It has a fault or is busy: try again later.")
        }
        _ => Words::new("请把这个应答告诉运营商。", "Tell the carrier of this answer."),
    }
}

/// 420 and 421 name extensions (RFC 3261 sections 21.4.15 and 21.4.16).
fn extensions(written: &Written, answer: &Answered, report: &mut Report) {
    let names = |list: &[String], name: &str| list.iter().any(|t| t.eq_ignore_ascii_case(name));
    if names(&answer.unsupported, "100rel") {
        let value = if written.prack == Reliable::Required { "supported" } else { "off" };
        report.propose("prack", &quoted(value), Words::new("它不会 100rel", "it does not know 100rel"));
    }
    if names(&answer.unsupported, "timer") {
        report.propose("session_timer", "0", Words::new("它不会会话定时", "it does not know session timers"));
    }
    if names(&answer.require, "100rel") && written.prack == Reliable::Off {
        report.propose("prack", &quoted("supported"), Words::new("它要求 100rel", "it requires 100rel"));
    }
    if names(&answer.require, "timer") && written.session_timer == 0 {
        report.propose("session_timer", "1800", Words::new("它要求会话定时", "it requires session timers"));
    }
}

fn media(written: &Written, called: &Called, report: &mut Report) {
    let offered = called.offered.as_ref().is_some_and(sip::sdp::Look::is_encrypted);
    if offered && written.srtp {
        report.propose(
            "media",
            &quoted("clear"),
            Words::new(
                "加密的提议被拒绝；只有运营商确实不会 SRTP 时才改",
                "the encrypted offer was refused; only where the carrier really has no SRTP",
            ),
        );
    } else if !offered {
        report.propose(
            "media",
            &quoted("srtp"),
            Words::new("不加密的提议被拒绝", "the clear offer was refused"),
        );
    }
}

/// Session timers (RFC 4028).
fn session(written: &Written, called: &Called, report: &mut Report) {
    if let Some(least) = called.too_small {
        report.good(
            Step::Call,
            both!(
                "它要求会话间隔至少 {least} 秒（422）。",
                "It wants a session interval of at least {least} s (422)."
            ),
        );
        if least > written.session_timer {
            report.propose(
                "session_timer",
                &least.to_string(),
                Words::new("省去每次 422 这一回合", "saves the round of the 422"),
            );
        }
    }
    let taken = called.invite.answer.as_ref().is_some_and(|a| (200..300).contains(&a.status));
    match &called.timer {
        Some((seconds, refresher)) => {
            let who = match refresher.as_deref() {
                Some("uac") => Words::new("我方刷新", "we refresh"),
                Some("uas") => Words::new("对端刷新", "it refreshes"),
                Some(_) | None => Words::new("没说谁刷新", "who refreshes is not said"),
            };
            let (zh, en) = (who.zh, who.en);
            report.good(Step::Call, both!("会话定时 {seconds} 秒，{zh}", "Session timer {seconds} s, {en}"));
            let least = (*seconds).max(90);
            if least < written.min_se {
                report.propose(
                    "min_se",
                    &least.to_string(),
                    both!("它用 {seconds} 秒", "it uses {seconds} s"),
                );
            }
        }
        None if taken && written.session_timer > 0 => report.good(
            Step::Call,
            Words::new(
                "它不用会话定时；断线靠 OPTIONS 和声音发现。",
                "It uses no session timer; a broken call is noticed by OPTIONS and by its sound.",
            ),
        ),
        None => {}
    }
}

/// In which form the far end shows the number that was called.
fn form(written: &Written, called: &Called, report: &mut Report) {
    let mut known: Vec<&str> = vec![&called.number, &called.sent_as];
    known.extend(called.forms.iter().map(|(_, number)| number.as_str()));
    for number in &called.shown {
        let told = shown(number, &known);
        report.good(Step::Call, both!("它把对方写成 {told}。", "It shows the called number as {told}."));
        let as_shown = |(form, written): &&(Form, String)| *form != Form::AsIs && written == number;
        let Some((form, _)) = called.forms.iter().find(as_shown) else { continue };
        let same = called.forms.iter().any(|(f, n)| *f == written.form && n == number);
        if !same {
            report.propose(
                "form",
                &quoted(form.word()),
                Words::new("它自己这样写号码", "it writes numbers so itself"),
            );
        }
    }
}
