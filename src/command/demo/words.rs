//! Words of the demonstration in both languages: people, parts, events, seats.

use call::action::SeatRole;
use store::EventLine;

use super::ears::{Finding, Heard, Part, Who};
use super::picture::State;
use crate::command::Tongue;
use crate::command::tongue::say;

/// One of the three.
pub(super) fn who(who: Who, tongue: Tongue) -> &'static str {
    match who {
        Who::Citizen => tongue.pick("群众", "citizen"),
        Who::Operator => tongue.pick("话务员", "operator"),
        Who::Desk => tongue.pick("窗口", "window"),
    }
}

/// A seat.
pub(super) fn seat(role: SeatRole, tongue: Tongue) -> &'static str {
    match role {
        SeatRole::Citizen => who(Who::Citizen, tongue),
        SeatRole::Operator => who(Who::Operator, tongue),
        SeatRole::Desk => who(Who::Desk, tongue),
        SeatRole::Liaison => tongue.pick("联络人", "liaison"),
        SeatRole::Supervisor => tongue.pick("班长", "shift lead"),
        SeatRole::Emergency => tongue.pick("紧急电话", "emergency"),
    }
}

/// A part of the play.
pub(super) fn part(part: Part, tongue: Tongue) -> &'static str {
    match part {
        Part::Two => tongue.pick("两方通话", "two seats"),
        Part::Ringing => tongue.pick("呼叫窗口", "window rings"),
        Part::Whisper => tongue.pick("耳语提示", "whisper"),
        Part::Three => tongue.pick("三方通话", "three seats"),
        Part::TwoAgain => tongue.pick("窗口离席", "window gone"),
    }
}

/// How far a seat is.
pub(super) fn state(state: State, tongue: Tongue) -> &'static str {
    match state {
        State::Invited => tongue.pick("已邀请", "invited"),
        State::Ringing => tongue.pick("振铃", "rings"),
        State::Whisper => tongue.pick("听耳语，尚未入席", "hears the whisper"),
        State::Joined => tongue.pick("在通话中", "in the room"),
    }
}

/// Which ears heard what they should not, or did not hear what they should.
pub(super) fn wrong(heard: &Heard, tongue: Tongue) -> String {
    let mut list = Vec::new();
    for hearer in Who::ALL {
        for speaker in Who::ALL.into_iter().filter(|s| heard.finding(hearer, *s) == Finding::Wrong) {
            let (one, other) = (who(hearer, tongue), who(speaker, tongue));
            list.push(match (heard.part.expects(hearer, speaker), hearer == speaker) {
                (true, _) => say!(tongue, "{one}听不到{other}", "the {one} does not hear the {other}"),
                (false, true) => say!(tongue, "{one}听到自己", "the {one} hears themselves"),
                (false, false) => say!(tongue, "{one}听到{other}", "the {one} hears the {other}"),
            });
        }
    }
    let part = part(heard.part, tongue);
    let list = list.join(tongue.pick("，", ", "));
    say!(tongue, "{part}：{list}", "{part}: {list}")
}

/// What happened, for a line of the time line; empty for a kind that is not known here.
pub(super) fn event(event: &EventLine, tongue: Tongue) -> &'static str {
    let (zh, en) = match event.kind.as_str() {
        "call.offered" => ("来电", "a call comes in"),
        "call.answered" => ("接通", "answered"),
        "call.ended" => ("通话结束", "the call is over"),
        "call.abandoned" => ("等候中挂机", "given up while waiting"),
        "room.created" => ("房间建立", "the room is there"),
        "room.ringing" => ("呼叫窗口", "the window is called"),
        "room.bridged" => ("三方通话开始", "three talk together"),
        "room.consult" => ("私下咨询", "private consultation"),
        "room.reduced" => ("窗口离席，其余继续", "the others talk on"),
        "room.recover" => ("恢复通话", "the call is recovered"),
        "room.ended" => ("房间关闭", "the room is closed"),
        "rec.start" => ("开始录音", "recording begins"),
        "rec.stop" => ("停止录音", "recording ends"),
        "queue.enter" => ("进入排队", "in the queue"),
        "queue.leave" => ("离开排队", "out of the queue"),
        "agent.ring" => ("选中话务员", "an operator is chosen"),
        "agent.answer" => ("话务员接听", "the operator answers"),
        "agent.reject" => ("话务员未接", "the operator does not answer"),
        "agent.wrap" => ("话后整理", "wrap-up"),
        "ivr.prompt" if event.detail == "opening" => ("问候听完", "the greeting was heard"),
        "ivr.prompt" => ("提示音", "a prompt"),
        "leg.invited" => ("呼出", "invited"),
        "leg.progress" => ("振铃", "rings"),
        "leg.answered" => ("接听", "answers"),
        "leg.whisper" => ("听耳语提示", "hears the whisper"),
        "leg.accepted" => ("按 1 接受", "accepts by key 1"),
        "leg.declined" => ("拒绝", "declines"),
        "leg.failed" => ("未接通", "does not come"),
        "leg.joined" => ("入席", "takes the seat"),
        "leg.left" => ("离席", "leaves the seat"),
        "leg.media_lost" => ("断音", "no sound"),
        "followup.scored" => ("已评分", "rated"),
        _ => ("", ""),
    };
    tongue.pick(zh, en)
}
