//! What a call left behind: its record in the store and its recording, and whether both say what was played.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use audio::wav;
use call::action::SeatRole;
use call::cdr::Outcome;
use call::ids::CallId;
use store::{CallDetail, Disposition, RecordingKind, RecordingRow};

use super::cast::Cast;
use super::ears::{self, Who};
use super::play::{Check, Fault, Played, Step};
use super::stage::CALLER;

/// How long the last rows and files may take.
const SOON: Duration = Duration::from_secs(10);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// The score that the citizen keyed.
const SCORE: u8 = 5;
/// Samples a millisecond.
const MS: usize = 8;
/// Between what was keyed and its effect in the sound, milliseconds.
const EDGE: i64 = 200;

/// A track of a recording.
#[derive(Clone, PartialEq, Debug)]
pub struct Track {
    /// `mix`, `house`, `citizen`, ...
    pub name: String,
    /// 8 kHz mono.
    pub samples: Vec<i16>,
}

/// One WAV file.
#[derive(Clone, PartialEq, Debug)]
pub struct Recording {
    /// Where.
    pub path: PathBuf,
    /// Its channels.
    pub tracks: Vec<Track>,
}

impl Recording {
    /// A track by its name.
    pub fn track(&self, name: &str) -> Option<&[i16]> {
        self.tracks.iter().find(|t| t.name == name).map(|t| &*t.samples)
    }
}

/// Everything that a call left.
#[derive(Clone, PartialEq, Debug)]
pub struct Evidence {
    /// The record.
    pub detail: CallDetail,
    /// The call; mix first.
    pub main: Option<Recording>,
    /// What was said in private, apart from the mix.
    pub private: Option<Recording>,
}

/// Gathers what the played call left and adds what is found to its checks. `begin` is told of each step.
pub async fn gather(
    cast: &Cast,
    played: &mut Played,
    begin: &mut (dyn FnMut(Step) + Send),
) -> Option<Evidence> {
    let call = played.call?;
    begin(Step::Record);
    let detail = match settled(cast, call).await {
        Ok(detail) => detail,
        Err(fault) => {
            played.checks.push(Check { step: Step::Record, fault: Some(fault) });
            return None;
        }
    };
    let fault = record(cast, &detail).await.err();
    played.checks.push(Check { step: Step::Record, fault });
    begin(Step::Sound);
    let names = names(&detail);
    let main = read(cast, &detail, RecordingKind::Mix, names).await;
    let private = read(cast, &detail, RecordingKind::Private, vec!["mix", "desk"]).await;
    let evidence = Evidence { detail, main: main.ok(), private: private.ok() };
    let fault = sound(cast, &evidence).err();
    played.checks.push(Check { step: Step::Sound, fault });
    Some(evidence)
}

/// Waits until all of the call is in the store: its end, its recordings, how its legs sounded.
async fn settled(cast: &Cast, call: CallId) -> Result<CallDetail, Fault> {
    let begun = Instant::now();
    loop {
        let found = cast.house.store.call(call).await;
        let found =
            found.map_err(|e| Fault::evidence(format!("工单库：{e}"), format!("the case store: {e}")))?;
        let late = begun.elapsed() >= SOON;
        match found {
            Some(detail) if late || is_whole(&detail) => return Ok(detail),
            None if late => {
                return Err(Fault::evidence("工单库中没有这通电话", "the call is not in the case store"));
            }
            Some(_) | None => tokio::time::sleep(LOOK).await,
        }
    }
}

fn is_whole(detail: &CallDetail) -> bool {
    detail.row.ended_at.is_some()
        && detail.legs.iter().all(|leg| leg.sound.is_some() || leg.row.answered_at.is_none())
        && detail.recordings.iter().any(|r| r.row.kind == RecordingKind::Mix && r.row.duration_ms.is_some())
}

fn when(right: bool, zh: &str, en: &str) -> Result<(), Fault> {
    if right { Ok(()) } else { Err(Fault::evidence(zh, en)) }
}

/// The record says what was played, and no more of the citizen's number than its mask.
async fn record(cast: &Cast, detail: &CallDetail) -> Result<(), Fault> {
    let row = &detail.row;
    let count = |kind: &str| detail.events.iter().filter(|e| e.kind == kind).count();
    let finals = count("call.ended") + count("call.abandoned");
    when(finals == 1, "结束事件不是恰好一条", "there is not exactly one final event")?;
    when(row.outcome == Some(Outcome::Bridged), "结果不是 bridged", "the outcome is not bridged")?;
    when(
        row.disposition() == Some(Disposition::Answered),
        "处置不是 ANSWERED",
        "the disposition is not ANSWERED",
    )?;
    when(
        row.notice_played_at.is_some(),
        "没有记下录音告知已播完",
        "the end of the recording notice is not noted",
    )?;
    when(
        row.operator.as_ref() == Some(&cast.stage.roles.operator.0),
        "记录的话务员不对",
        "the operator in the record is another one",
    )?;
    when(
        detail.rating.as_ref().is_some_and(|r| r.score == Some(SCORE)),
        "评分没有记为 5",
        "the rating is not noted as 5",
    )?;
    let seats = [SeatRole::Citizen, SeatRole::Operator, SeatRole::Desk];
    let joined =
        |seat: &SeatRole| detail.legs.iter().any(|l| l.row.seat == *seat && l.row.joined_at.is_some());
    when(seats.iter().all(joined), "三条通话腿没有都入席", "not all three legs joined")?;
    when(detail.legs.iter().all(|l| l.row.left_at.is_some()), "有通话腿没有结束", "a leg has no end")?;
    when(
        row.caller_masked == "138****0000",
        "主叫号码没有隐去中间四位",
        "the caller is not masked as it should be",
    )?;
    when(
        !format!("{detail:?}").contains(CALLER),
        "记录里有完整的主叫号码",
        "the whole number is in the record",
    )?;
    match cast.house.store.verify().await {
        Ok(broken) if broken.is_empty() => Ok(()),
        Ok(broken) => {
            let broken: Vec<String> = broken.iter().map(ToString::to_string).collect();
            let broken = broken.join("; ");
            Err(Fault::evidence(
                format!("工单库不自洽：{broken}"),
                format!("the case store is broken: {broken}"),
            ))
        }
        Err(error) => Err(Fault::evidence(format!("工单库：{error}"), format!("the case store: {error}"))),
    }
}

/// The channels of the main file in their order: the mix, the prompts, then seats as they were taken.
fn names(detail: &CallDetail) -> Vec<&'static str> {
    let mut seated: Vec<_> = detail.legs.iter().filter(|l| l.row.answered_at.is_some()).collect();
    seated.sort_by_key(|l| (l.row.answered_at, l.row.leg));
    let mut names = vec!["mix", "house"];
    for leg in seated {
        let name = leg.row.seat.word();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

async fn read(
    cast: &Cast,
    detail: &CallDetail,
    kind: RecordingKind,
    names: Vec<&'static str>,
) -> Result<Recording, String> {
    let row: Option<&RecordingRow> = detail.recordings.iter().map(|r| &r.row).find(|r| r.kind == kind);
    let row = row.ok_or("no such recording")?;
    let path = cast.stage.checked.settings.recordings.join(&row.path);
    let bytes = tokio::fs::read(&path).await.map_err(|e| e.to_string())?;
    let tracks = wav::tracks(&bytes).map_err(|e| e.to_string())?;
    let named = |(i, samples): (usize, Vec<i16>)| Track {
        name: names.get(i).map_or_else(|| format!("track-{i}"), |name| (*name).to_owned()),
        samples,
    };
    Ok(Recording { path, tracks: tracks.into_iter().enumerate().map(named).collect() })
}

/// The recording says what was played: prompts whole, voices on tracks of their own, nothing private in the mix.
fn sound(cast: &Cast, evidence: &Evidence) -> Result<(), Fault> {
    let main = evidence.main.as_ref();
    let main = main.ok_or_else(|| Fault::evidence("没有录音文件", "there is no recording"))?;
    let names: Vec<&str> = main.tracks.iter().map(|t| &*t.name).collect();
    let expected = ["mix", "house", "citizen", "operator", "desk"];
    when(names == expected, "录音的声道不对", "the recording has other channels than it should")?;
    let track = |name: &str| main.track(name).unwrap_or_default();
    let house = track("house");
    let begin = house.iter().position(|s| *s != 0).unwrap_or(0);
    let greeting = trimmed(&cast.greeting);
    when(
        house.get(begin..).is_some_and(|h| h.starts_with(greeting)),
        "录音里的问候不完整",
        "the greeting in the recording is not whole",
    )?;
    when(
        trimmed(house).ends_with(trimmed(&cast.thanks)),
        "录音里的致谢不完整",
        "the thanks in the recording are not whole",
    )?;
    for (name, own) in [("citizen", Who::Citizen), ("operator", Who::Operator), ("desk", Who::Desk)] {
        let alone = Who::ALL.into_iter().filter(|w| *w != own).all(|other| ears::lacks(track(name), other));
        when(ears::has(track(name), own), "有声道里没有本人的声音", "a track lacks its own voice")?;
        when(alone, "有声道里混入了别人的声音", "somebody else is on a track")?;
    }
    let private = evidence.private.as_ref().and_then(|p| p.track("desk"));
    when(
        private.is_some_and(|desk| ears::has(desk, Who::Desk)),
        "耳语轨里没有窗口的声音",
        "the window is not on the private track",
    )?;
    let apart = between(evidence, track("mix"), "leg.whisper", "room.bridged");
    when(
        ears::lacks(apart, Who::Desk),
        "窗口入席之前已进入混音",
        "the window is in the mix before it joined",
    )?;
    let three = between(evidence, track("mix"), "room.bridged", "room.reduced");
    let all = Who::ALL.into_iter().all(|who| ears::has(three, who));
    when(all, "三方通话的混音里缺人", "somebody is missing in the mix of the three-way talk")
}

/// Without the silence at both ends.
fn trimmed(samples: &[i16]) -> &[i16] {
    let begin = samples.iter().position(|s| *s != 0).unwrap_or(0);
    let end = samples.iter().rposition(|s| *s != 0).map_or(begin, |last| last + 1);
    samples.get(begin..end).unwrap_or_default()
}

/// The piece of a track between two events, without the edges.
fn between<'a>(evidence: &Evidence, track: &'a [i16], from: &str, to: &str) -> &'a [i16] {
    let at = |kind: &str| evidence.detail.events.iter().find(|e| e.kind == kind).map(|e| e.at);
    let place = |kind: &str, edge: i64| {
        let ms = at(kind)?.checked_sub(at("rec.start")?)?.saturating_add(edge);
        Some(usize::try_from(ms).ok()? * MS)
    };
    let piece = place(from, EDGE).zip(place(to, -EDGE)).and_then(|(from, to)| track.get(from..to));
    piece.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_at_the_ends_is_no_part_of_a_prompt() {
        assert_eq!(trimmed(&[0, 0, 5, 0, 7, 0]), [5, 0, 7]);
        assert!(trimmed(&[0, 0]).is_empty() && trimmed(&[]).is_empty());
    }
}
