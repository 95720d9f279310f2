//! What the house decided in a call, and what became of it, in plain words of both languages.

use call::heard::{Announced, Heard, heard};
use serde::Serialize;
use store::{CallDetail, EventLine, LegLine};
use utoipa::ToSchema;

/// The verdict on a call.
#[derive(Serialize, ToSchema)]
pub(crate) struct Verdict {
    /// What happened, Chinese.
    zh: String,
    /// English.
    en: String,
    /// What to do, Chinese.
    advice_zh: String,
    /// English.
    advice_en: String,
}

/// How the call ended and, before it, what was wrong with its sound.
pub(crate) fn verdict(detail: &CallDetail) -> Verdict {
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    for (line, told) in detail.legs.iter().filter_map(|line| Some((line, fault(line)?))) {
        let (seat, party) = (line.row.seat.word(), &line.row.party);
        zh.push(format!("{} {party}：{}", seat_zh(seat), told.zh));
        en.push(format!("{seat} {party}: {}", told.en));
    }
    match detail.row.cause {
        None => {
            zh.push("通话仍在进行。".to_owned());
            en.push("The call goes on.".to_owned());
            Verdict { zh: zh.join(" "), en: en.join(" "), advice_zh: String::new(), advice_en: String::new() }
        }
        Some(cause) => {
            let advice = call::advice::advice(cause, detail.facts());
            zh.push(cause.zh().to_owned());
            en.push(cause.en().to_owned());
            Verdict { zh: zh.join(" "), en: en.join(" "), advice_zh: advice.zh, advice_en: advice.en }
        }
    }
}

/// What is wrong with the sound of a leg, as far as it was measured.
pub(crate) fn fault(line: &LegLine) -> Option<call::advice::Advice> {
    let sound = line.sound.as_ref()?;
    let packets = sound.packets.as_ref()?;
    let (answered, left) = (line.row.answered_at?, line.row.left_at?);
    heard(&Heard {
        up_ms: left.saturating_sub(answered),
        packets_in: packets.received,
        silent_in: packets.silent,
        packets_out: packets.sent,
        announced: Announced::ALL.into_iter().find(|a| a.word() == &*packets.announced)?,
        loss_ratio: sound.loss_ratio,
        jitter_ms: sound.jitter_ms,
    })
}

fn seat_zh(seat: &str) -> &'static str {
    match seat {
        "citizen" => "来电",
        "operator" => "话务员",
        "desk" => "窗口",
        "liaison" => "联络员",
        "supervisor" => "班长",
        _ => "紧急电话",
    }
}

/// One decision.
#[derive(Serialize, ToSchema)]
pub(crate) struct Decision {
    /// UTC ms.
    at: i64,
    zh: String,
    en: String,
    /// The configuration that decided.
    config_version: String,
}

/// What the house decided, in the order of time.
pub(crate) fn decisions(detail: &CallDetail) -> Vec<Decision> {
    let version = &detail.row.config_version;
    let decision = |event: &EventLine| {
        let (zh, en) = words(event)?;
        Some(Decision { at: event.at, zh, en, config_version: version.clone() })
    };
    detail.events.iter().filter_map(decision).collect()
}

fn words(event: &EventLine) -> Option<(String, String)> {
    let value = event.detail.split_once('=').map_or(event.detail.as_str(), |(_, value)| value);
    let actor = event.actor.as_str();
    let why_zh = event.cause.map_or(String::new(), |cause| format!("：{}", cause.zh()));
    let why_en = event.cause.map_or(String::new(), |cause| format!(": {}", cause.en()));
    Some(match event.kind.as_str() {
        "queue.enter" => {
            (format!("排队等候话务员（技能 {value}）"), format!("into the queue for operators ({value})"))
        }
        "queue.offer_callback" => ("提供回电".to_owned(), "a call-back was offered".to_owned()),
        "agent.ring" => (format!("呼叫 {actor}"), format!("{actor} is rung")),
        "agent.reject" => (format!("{actor} 未接{why_zh}"), format!("{actor} did not take it{why_en}")),
        "room.ringing" => (format!("寻找窗口 {value}"), format!("desk {value} is looked for")),
        "room.override" => {
            (format!("班长越过办公时间：{value}"), format!("the hours are overridden: {value}"))
        }
        "leg.failed" => (format!("{actor} 未接通{why_zh}"), format!("{actor} was not reached{why_en}")),
        "leg.declined" => (format!("{actor} 谢绝 {value}"), format!("{actor} declined {value}")),
        "leg.accepted" => (format!("{actor} 接受"), format!("{actor} accepted")),
        "leg.supervise" => (format!("{actor} 介入：{value}"), format!("{actor} takes part: {value}")),
        "room.recover" => ("寻回话务员".to_owned(), "an operator is looked for again".to_owned()),
        "emergency.transfer" => {
            (format!("转接紧急电话 {value}"), format!("emergency service {value} is brought in"))
        }
        "callback.due" => ("登记回电".to_owned(), "a call-back is owed".to_owned()),
        "call.outcome" => (format!("话务员填写结果：{value}"), format!("the outcome was stated: {value}")),
        _ => return None,
    })
}
