//! What the demonstration tells at its end: checks, who heard whom, the time line, legs, figures, and where it all stands.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use phone::Stats;
use store::{CallDetail, LegLine, RecordingKind};

use super::ears::{Finding, Who};
use super::evidence::Evidence;
use super::play::{Played, Step};
use super::stage::Stage;
use super::words;
use crate::command::Tongue;
use crate::command::text::pad;
use crate::command::tongue::say;

/// What was played and what it left.
pub(super) struct Report<'a> {
    pub(super) stage: &'a Stage,
    pub(super) played: &'a Played,
    pub(super) evidence: Option<&'a Evidence>,
    /// Where everything stands.
    pub(super) folder: &'a Path,
    /// The picture, when there is one.
    pub(super) picture: Option<&'a Path>,
}

impl Report<'_> {
    /// All of it.
    pub(super) fn text(&self, t: Tongue) -> String {
        let mut text = String::new();
        if let Some(evidence) = self.evidence {
            heading(&mut text, t.pick("时间线", "Time line"));
            timeline(&mut text, &evidence.detail, t);
            heading(&mut text, t.pick("通话腿", "Legs"));
            legs(&mut text, &evidence.detail, t);
            heading(&mut text, t.pick("通话记录", "Call record"));
            record(&mut text, &evidence.detail, t);
        }
        if !self.played.heard.is_empty() {
            heading(
                &mut text,
                t.pick("谁听到谁（各自发一个单音）", "Who heard whom (each says a tone of their own)"),
            );
            matrix(&mut text, self.played, t);
        }
        if !self.played.figures.stats.is_empty() {
            heading(&mut text, t.pick("数据（话机一侧）", "Figures (at the phones)"));
            figures(&mut text, self.played, t);
        }
        heading(&mut text, t.pick("检查", "Checks"));
        checks(&mut text, self.played, t);
        heading(&mut text, t.pick("留下的文件", "What is left"));
        self.files(&mut text, t);
        text
    }

    fn files(&self, text: &mut String, t: Tongue) {
        let settings = &self.stage.checked.settings;
        let here = |path: &Path| {
            let below = path.strip_prefix(&self.stage.folder).unwrap_or(path);
            self.folder.join(below).display().to_string()
        };
        row(text, t.pick("工单库", "record"), &settings.store.file().map(here).unwrap_or_default());
        for (recording, label) in [
            (self.evidence.and_then(|e| e.main.as_ref()), t.pick("录音", "recording")),
            (self.evidence.and_then(|e| e.private.as_ref()), t.pick("私密轨", "private track")),
        ] {
            let Some(recording) = recording else { continue };
            let names: Vec<&str> = recording.tracks.iter().map(|track| &*track.name).collect();
            let (path, names) = (here(&recording.path), names.join(", "));
            row(text, label, &say!(t, "{path}（声道：{names}）", "{path} (channels: {names})"));
        }
        if let Some(picture) = self.picture {
            row(text, t.pick("图", "picture"), &here(picture));
        }
    }
}

fn heading(text: &mut String, words: &str) {
    let _ = writeln!(text, "\n{words}");
}

fn row(text: &mut String, label: &str, value: &str) {
    let _ = writeln!(text, "  {}{value}", pad(label, 15));
}

/// A table whose last column is as wide as it likes; lines end without spaces.
fn table(text: &mut String, widths: &[usize], rows: &[Vec<String>]) {
    for cells in rows {
        let mut line = String::from("  ");
        for (i, cell) in cells.iter().enumerate() {
            line.push_str(&pad(cell, widths.get(i).copied().unwrap_or(0)));
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

fn offset(detail: &CallDetail, at: i64) -> String {
    format!("{:.2}", at.saturating_sub(detail.row.offered_at) as f64 / 1_000.0)
}

fn timeline(text: &mut String, detail: &CallDetail, t: Tongue) {
    let head = [t.pick("秒", "s"), t.pick("事件", "event"), t.pick("谁", "who"), t.pick("内容", "what")];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for event in &detail.events {
        let cause = event.cause.map(|c| t.pick(c.zh(), c.en()).trim_end_matches(['。', '.']));
        let what = [Some(words::event(event, t)), cause, Some(&*event.detail)];
        let what: Vec<&str> = what.into_iter().flatten().filter(|w| !w.is_empty()).collect();
        let what = what.join(t.pick("；", "; "));
        rows.push(vec![offset(detail, event.at), event.kind.clone(), event.actor.clone(), what]);
    }
    table(text, &[8, 18, 16], &rows);
}

fn legs(text: &mut String, detail: &CallDetail, t: Tongue) {
    let head = [
        t.pick("席位", "seat"),
        t.pick("工号/中继", "party"),
        t.pick("邀请", "invited"),
        t.pick("振铃", "ringing"),
        t.pick("接听", "answered"),
        t.pick("入席", "joined"),
        t.pick("离席", "left"),
        t.pick("编码", "codec"),
        t.pick("按键", "keys"),
        t.pick("丢包", "loss"),
        t.pick("抖动", "jitter"),
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(detail.legs.iter().map(|leg| leg_row(detail, leg, t)));
    table(text, &[11, 11, 9, 9, 10, 8, 8, 7, 9, 9], &rows);
}

fn leg_row(detail: &CallDetail, leg: &LegLine, t: Tongue) -> Vec<String> {
    let at = |at: Option<i64>| at.map_or_else(|| "-".to_owned(), |at| offset(detail, at));
    let dash = |word: &str| if word.is_empty() { "-".to_owned() } else { word.to_owned() };
    let (row, sound) = (&leg.row, leg.sound.as_ref());
    vec![
        words::seat(row.seat, t).to_owned(),
        dash(&row.party),
        at(Some(row.invited_at)),
        at(row.ringing_at),
        at(row.answered_at),
        at(row.joined_at),
        at(row.left_at),
        dash(sound.map(|s| &*s.codec).filter(|c| !c.is_empty()).unwrap_or(&row.codec)),
        dash(sound.map_or("", |s| &*s.dtmf_mode)),
        sound.map_or_else(|| "-".to_owned(), |s| format!("{:.2} %", s.loss_ratio * 100.0)),
        sound.map_or_else(|| "-".to_owned(), |s| format!("{:.1} ms", s.jitter_ms)),
    ]
}

fn record(text: &mut String, detail: &CallDetail, t: Tongue) {
    let call = &detail.row;
    let s = |ms: u64| format!("{:.1} s", ms as f64 / 1_000.0);
    row(text, t.pick("编号", "call"), &call.call.to_string());
    row(text, t.pick("主叫 → 被叫", "from → to"), &format!("{} → {}", call.caller_masked, call.did));
    row(text, t.pick("结果", "outcome"), call.outcome.map_or("-", call::cdr::Outcome::word));
    row(text, t.pick("处置", "disposition"), call.disposition().map_or("-", store::Disposition::word));
    if let Some(cause) = call.cause {
        row(text, t.pick("原因", "cause"), t.pick(cause.zh(), cause.en()));
    }
    row(text, t.pick("等候", "wait"), &s(call.wait_ms));
    row(text, t.pick("排队", "in the queue"), &s(call.queue_ms));
    row(text, t.pick("时长", "duration"), &s(call.duration_ms));
    row(text, t.pick("计费时长", "billed"), &s(call.billsec_ms));
    if let Some(score) = detail.rating.as_ref().and_then(|r| r.score) {
        row(text, t.pick("评分", "rating"), &score.to_string());
    }
    for recording in &detail.recordings {
        let label = match recording.row.kind {
            RecordingKind::Mix | RecordingKind::Leg | RecordingKind::Voicemail => t.pick("录音", "recording"),
            RecordingKind::Private => t.pick("私密轨", "private track"),
        };
        let hash: String = recording.row.sha256.iter().flat_map(|h| h.chars().take(16)).collect();
        let length = s(recording.row.duration_ms.unwrap_or(0));
        row(text, label, &format!("{length}, SHA-256 {hash}…"));
    }
}

fn matrix(text: &mut String, played: &Played, t: Tongue) {
    let sign = |finding| match finding {
        Finding::Heard => "✓",
        Finding::Still => "·",
        Finding::Wrong => "✗",
        Finding::Nobody => " ",
    };
    let hears = |who| {
        let who = words::who(who, t);
        say!(t, "{who}听到", "{who} hears")
    };
    let mut head = vec![String::new()];
    head.extend(Who::ALL.map(hears));
    let initials =
        Who::ALL.map(|who| words::who(who, t).chars().next().unwrap_or(' ').to_string()).join("  ");
    let mut rows = vec![head, vec![String::new(), initials.clone(), initials.clone(), initials]];
    let wide = t.pick("   ", "  ");
    for heard in &played.heard {
        let mut cells = vec![words::part(heard.part, t).to_owned()];
        cells.extend(Who::ALL.map(|hearer| Who::ALL.map(|s| sign(heard.finding(hearer, s))).join(wide)));
        rows.push(cells);
    }
    table(text, &[15, 18, 18], &rows);
    let _ = writeln!(
        text,
        "  {}",
        t.pick(
            "✓ 听到  · 听不到，也不应听到  ✗ 不符",
            "✓ heard  · not heard, and not to be  ✗ not as it should be"
        )
    );
}

fn figures(text: &mut String, played: &Played, t: Tongue) {
    let ms = |span: Duration| format!("{:.1} ms", span.as_secs_f64() * 1_000.0);
    let figures = &played.figures;
    row(text, "INVITE → 180", &ms(figures.ringing));
    row(text, "INVITE → 200", &ms(figures.answered));
    for (who, stats) in &figures.stats {
        let Stats { packets, lost, late, .. } = stats;
        let first = stats.first_packet.map_or_else(|| "-".to_owned(), ms);
        let worst = ms(stats.worst);
        let words = say!(
            t,
            "ACK → 首个 RTP 包 {first}；收 {packets} 包，丢 {lost}，迟到 {late}，最迟 {worst}",
            "ACK → first RTP packet {first}; {packets} packets, {lost} lost, {late} late, the latest by {worst}"
        );
        row(text, words::who(*who, t), &words);
    }
}

fn checks(text: &mut String, played: &Played, t: Tongue) {
    for step in Step::ALL {
        let check = played.checks.iter().find(|c| c.step == step);
        let (sign, why) = match check.map(|c| &c.fault) {
            Some(None) => ("✓", String::new()),
            Some(Some(fault)) => ("✗", format!("{}{}", t.pick("：", ": "), fault.words(t))),
            None => ("-", t.pick("（未进行）", " (not reached)").to_owned()),
        };
        let _ = writeln!(text, "  {sign} {}{why}", step.words(t));
    }
}
