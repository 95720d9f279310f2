//! The picture's contents from a call's record and recordings.

use call::action::SeatRole;
use store::{CallDetail, EventLine, LegLine};

use super::evidence::{Evidence, Recording};
use super::picture::{Colour, Lane, Legend, Mark, Phase, Picture, Presence, State};
use super::stage::Stage;
use super::words;
use crate::command::Tongue;
use crate::command::tongue::say;

/// Where the call goes over into another phase: kind of the event, whose, and the name that comes.
const TURNS: [(&str, &str, &str, &str); 9] = [
    ("call.offered", "", "问候", "greeting"),
    ("ivr.prompt", "house", "等候", "waiting"),
    ("leg.joined", "operator", "两方通话", "two seats"),
    ("room.ringing", "", "振铃", "ringing"),
    ("leg.whisper", "", "耳语", "whisper"),
    ("room.bridged", "", "三方通话", "three seats"),
    ("room.reduced", "", "两方通话", "two seats"),
    ("leg.left", "operator", "评价", "rating"),
    ("followup.scored", "", "致谢", "thanks"),
];

/// What gets a line of its own: kind of the event, whose, and its words.
const MARKS: [(&str, &str, &str, &str); 10] = [
    ("call.answered", "", "接通", "answered"),
    ("ivr.prompt", "house", "问候听完", "greeting heard"),
    ("leg.joined", "operator", "话务员接听", "operator answers"),
    ("room.ringing", "", "*3 呼叫窗口", "*3: window called"),
    ("leg.whisper", "", "窗口接听，听耳语", "window answers, whisper"),
    ("room.bridged", "", "按 1，三方", "key 1: three seats"),
    ("leg.left", "desk", "窗口挂机", "window hangs up"),
    ("leg.left", "operator", "*8 评价", "*8: rating"),
    ("followup.scored", "", "已评分", "rated"),
    ("call.ended", "", "结束", "over"),
];

fn seconds(from: i64, to: i64) -> f64 {
    to.saturating_sub(from) as f64 / 1_000.0
}

fn is(event: &EventLine, (kind, actor): (&str, &str)) -> bool {
    event.kind == kind && event.actor.starts_with(actor)
}

/// Everything that is to be seen of a call.
pub fn tell(stage: &Stage, evidence: &Evidence, tongue: Tongue) -> Picture {
    let detail = &evidence.detail;
    let row = &detail.row;
    let last = detail.events.last().map_or(row.offered_at, |e| e.at);
    let length_s = seconds(row.offered_at, row.ended_at.unwrap_or(last));
    let (number, caller, call) = (&row.did, &row.caller_masked, row.call);
    let when = stage.clock(row.offered_at);
    Picture {
        title: say!(tongue, "{number} 热线：一通三方通话", "hotline {number}: a three-way call"),
        subtitle: say!(
            tongue,
            "{caller} → {number} · {when} · {length_s:.1} 秒 · {call}",
            "{caller} → {number} · {when} · {length_s:.1} s · {call}"
        ),
        length_s,
        phases: phases(detail, length_s, tongue),
        marks: marks(detail, tongue),
        lanes: lanes(stage, evidence, tongue),
        legend: legend(tongue),
    }
}

fn phases(detail: &CallDetail, length_s: f64, tongue: Tongue) -> Vec<Phase> {
    let mut phases: Vec<Phase> = Vec::new();
    for event in &detail.events {
        let turn = TURNS.iter().find(|(kind, actor, ..)| is(event, (kind, actor)));
        let Some((_, _, zh, en)) = turn else { continue };
        let at = seconds(detail.row.offered_at, event.at);
        if let Some(last) = phases.last_mut() {
            last.to_s = at;
        }
        phases.push(Phase { from_s: at, to_s: length_s, name: tongue.pick(*zh, *en).to_owned() });
    }
    phases
}

fn marks(detail: &CallDetail, tongue: Tongue) -> Vec<Mark> {
    let mark = |event: &EventLine| {
        let (_, _, zh, en) = MARKS.iter().find(|(kind, actor, ..)| is(event, (kind, actor)))?;
        let at_s = seconds(detail.row.offered_at, event.at);
        let mut label = tongue.pick(*zh, *en).to_owned();
        if event.kind == "room.ringing"
            && let Some((_, desk)) = event.detail.split_once("desk=")
        {
            label = format!("{label} {desk}");
        }
        if event.kind == "call.ended"
            && let Some(outcome) = detail.row.outcome
        {
            label = format!("{label}: {}", outcome.word());
        }
        Some(Mark { at_s, label })
    };
    detail.events.iter().filter_map(mark).collect()
}

fn lanes(stage: &Stage, evidence: &Evidence, tongue: Tongue) -> Vec<Lane> {
    let detail = &evidence.detail;
    let begin = detail.events.iter().find(|e| e.kind == "rec.start").map_or(0, |e| e.at);
    let begin_s = seconds(detail.row.offered_at, begin);
    let samples = |recording: &Option<Recording>, name: &str| {
        recording.as_ref().and_then(|r| r.track(name)).unwrap_or_default().to_vec()
    };
    let seat = |role: SeatRole, colour: Colour, who: String| Lane {
        name: words::seat(role, tongue).to_owned(),
        who,
        colour,
        presence: detail
            .legs
            .iter()
            .filter(|l| l.row.seat == role)
            .flat_map(|l| presence(detail, l))
            .collect(),
        begin_s,
        samples: samples(&evidence.main, role.word()),
        apart: false,
    };
    let track = |name: &str, who: &str, colour, samples, apart| Lane {
        name: name.to_owned(),
        who: who.to_owned(),
        colour,
        presence: Vec::new(),
        begin_s,
        samples,
        apart,
    };
    let roles = &stage.roles;
    let operator = format!("{} · {}", roles.operator.0.0, roles.operator.1);
    let desk = format!("{} · {}", roles.desk, roles.desk_name);
    let mut lanes = vec![
        seat(SeatRole::Citizen, Colour::Blue, detail.row.caller_masked.clone()),
        seat(SeatRole::Operator, Colour::Green, operator),
        seat(SeatRole::Desk, Colour::Orange, desk),
        track(
            tongue.pick("热线语音", "prompts"),
            tongue.pick("群众听到的提示音", "heard by the citizen"),
            Colour::Violet,
            samples(&evidence.main, "house"),
            false,
        ),
        track(
            tongue.pick("混音", "mix"),
            tongue.pick("全程录音", "the whole call"),
            Colour::Slate,
            samples(&evidence.main, "mix"),
            false,
        ),
    ];
    if evidence.private.is_some() {
        lanes.push(track(
            tongue.pick("私密轨", "private"),
            tongue.pick("入席之前，不进混音", "apart from the mix"),
            Colour::Rose,
            samples(&evidence.private, "mix"),
            true,
        ));
    }
    lanes
}

/// How far a leg was when: each stretch ends where the next one begins.
fn presence(detail: &CallDetail, leg: &LegLine) -> Vec<Presence> {
    let row = &leg.row;
    let end = row.left_at.or(detail.row.ended_at).unwrap_or(row.invited_at);
    let called = row.seat == SeatRole::Citizen;
    let steps = [
        (Some(row.invited_at).filter(|_| !called), State::Invited),
        (row.ringing_at, State::Ringing),
        (row.answered_at, if row.seat == SeatRole::Desk { State::Whisper } else { State::Joined }),
        (row.joined_at, State::Joined),
    ];
    let mut steps: Vec<(i64, State)> =
        steps.into_iter().filter_map(|(at, state)| Some((at?, state))).collect();
    steps.dedup_by_key(|step| step.1);
    let ends = steps.iter().skip(1).map(|(at, _)| *at).chain([end]).collect::<Vec<_>>();
    let place = |at| seconds(detail.row.offered_at, at);
    let span =
        |((from, state), to): ((i64, State), i64)| Presence { from_s: place(from), to_s: place(to), state };
    steps.into_iter().zip(ends).map(span).collect()
}

fn legend(tongue: Tongue) -> Legend {
    let states = [State::Invited, State::Ringing, State::Whisper, State::Joined];
    Legend {
        states: states.into_iter().map(|s| (s, words::state(s, tongue).to_owned())).collect(),
        sound: (tongue.pick("有效值", "mean level").to_owned(), tongue.pick("峰值", "peak").to_owned()),
        note: tongue
            .pick(
                "波形取自录音（8 kHz、16 位、每席一轨），各轨同一比例。窗口按 1 之前只在私密轨上，群众与话务员听不到。",
                "Outlines are drawn from the recording (8 kHz, 16 bit, a track for each seat), all on one scale. \
                 Until it keys 1 the window is on the private track only, heard by nobody.",
            )
            .to_owned(),
    }
}
