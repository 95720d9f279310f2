//! How it went: for people in lines, for machines as one JSON object. Numbers of callers are masked, keys only counted.

use std::net::SocketAddr;
use std::time::Duration;

use ::phone::{EndedBy, Ending, Stats};
use call::ids::Pii;
use serde_json::{Value, json};

use crate::command::Tongue;
use crate::command::tongue::say;

/// Full scale of a 16-bit sample.
const FULL_SCALE: f64 = 32_768.0;

/// A granted registration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registered {
    pub took: Duration,
    pub granted: Duration,
}

/// What was heard, over the whole call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    pub seconds: f64,
    /// Root mean square in units of a sample.
    pub rms: f32,
    /// Highest sample.
    pub peak: u16,
}

impl Heard {
    pub fn of(tape: &::phone::Heard) -> Self {
        let peak = tape.samples.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
        Self { seconds: tape.duration().as_secs_f64(), rms: tape.rms(), peak }
    }

    /// The level against full scale, decibel; `None` for silence.
    fn dbfs(self) -> Option<f64> {
        let ratio = f64::from(self.rms) / FULL_SCALE;
        (self.rms >= 1.0).then(|| (20.0 * ratio.log10() * 10.0).round() / 10.0)
    }
}

/// One call.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallReport {
    /// It came in.
    pub incoming: bool,
    /// Who called here, as far as known.
    pub caller: Option<String>,
    /// From the INVITE to the first 180.
    pub ringing: Option<Duration>,
    /// From the INVITE to the 200.
    pub answered: Option<Duration>,
    pub codec: Option<&'static str>,
    pub stats: Stats,
    pub keys_heard: usize,
    pub heard: Option<Heard>,
    /// What could not be done.
    pub fault: Option<String>,
    pub ending: Option<Ending>,
}

impl CallReport {
    /// How it ended.
    pub fn end(&mut self, ending: Ending) {
        self.ending = Some(ending);
    }

    /// Whether it was answered and all was done in it.
    pub fn answered(&self) -> bool {
        self.answered.is_some() && self.fault.is_none()
    }

    /// Final status: 200 when it was answered.
    fn status(&self) -> Option<u16> {
        if self.answered.is_some() { Some(200) } else { self.ending.as_ref().and_then(|e| e.status) }
    }

    fn json(&self) -> Value {
        let s = &self.stats;
        json!({
            "direction": if self.incoming { "in" } else { "out" },
            "caller": self.caller.as_deref().map(masked),
            "status": self.status(),
            "ms_180": self.ringing.map(ms),
            "ms_200": self.answered.map(ms),
            "ms_first_rtp": s.first_packet.map(ms),
            "codec": self.codec,
            "rtp": {
                "sent": s.sent, "received": s.packets, "lost": s.lost, "loss_percent": loss(s),
                "missing": s.shortfall(), "out_of_order": s.out_of_order, "jitter_ms": ms(s.jitter),
                "late": s.late, "latest_ms": ms(s.worst), "longest_pause_ms": ms(s.longest_pause),
                "span_ms": ms(s.span), "streams": s.sources, "strays": s.strays, "own_lag_ms": ms(s.own_lag),
            },
            "heard": self.heard.map(|h| json!({
                "seconds": (h.seconds * 1_000.0).round() / 1_000.0, "rms": h.rms.round(), "peak": h.peak,
                "dbfs": h.dbfs(),
            })),
            "keys_heard": self.keys_heard,
            "fault": self.fault,
            "end": self.ending.as_ref().map(|e| json!({
                "by": e.by, "status": e.status, "q850": e.q850, "reason": e.reason,
                "lasted_ms": ms(e.lasted), "talked_ms": e.talked.map(ms),
            })),
        })
    }

    fn text(&self, rtp: bool, t: Tongue) -> String {
        let mut lines = Vec::new();
        if self.incoming {
            let caller = self.caller.as_deref().map_or_else(|| "-".to_owned(), masked);
            lines.push(say!(t, "来电 {caller}", "call from {caller}"));
        }
        let status = self.status().map_or_else(|| "-".to_owned(), |s| s.to_string());
        let since = |d: Option<Duration>| d.map_or_else(|| "-".to_owned(), |d| format!("{} ms", ms(d)));
        let (rang, up, first) = (since(self.ringing), since(self.answered), since(self.stats.first_packet));
        lines.push(say!(
            t,
            "状态 {status}  180 {rang}  200 {up}  首个 RTP（ACK 后）{first}",
            "status {status}  180 {rang}  200 {up}  first RTP {first} after the ACK"
        ));
        if self.answered.is_some() {
            lines.push(self.sound(t));
        }
        if rtp && self.answered.is_some() {
            lines.push(self.rtp(t));
        }
        if let Some(fault) = &self.fault {
            lines.push(say!(t, "未做到：{fault}", "not done: {fault}"));
        }
        if let Some(ending) = &self.ending {
            lines.push(ended(ending, t));
        }
        lines.into_iter().map(|line| format!("{line}\n")).collect()
    }

    fn sound(&self, t: Tongue) -> String {
        let (s, codec) = (&self.stats, self.codec.unwrap_or("-"));
        let (received, lost, late, jitter) = (s.packets, s.lost, s.late, ms(s.jitter));
        let percent = loss(s);
        let level = self
            .heard
            .and_then(Heard::dbfs)
            .map_or_else(|| t.pick("静音", "silence").to_owned(), |level| format!("{level:.1} dBFS"));
        say!(
            t,
            "{codec}  收 {received} 包，丢 {lost}（{percent}%），迟 {late}，抖动 {jitter} ms，音量 {level}",
            "{codec}  {received} packets, {lost} lost ({percent}%), {late} late, jitter {jitter} ms, level {level}"
        )
    }

    fn rtp(&self, t: Tongue) -> String {
        let s = &self.stats;
        let (sent, missing, order, streams) = (s.sent, s.shortfall(), s.out_of_order, s.sources);
        let (latest, pause, strays, lag) = (ms(s.worst), ms(s.longest_pause), s.strays, ms(s.own_lag));
        say!(
            t,
            "RTP  发 {sent}，缺 {missing}，乱序 {order}，流 {streams}，最迟 {latest} ms，最长间隔 {pause} ms，来路不明 {strays}，本机延迟 {lag} ms",
            "RTP  {sent} sent, {missing} missing, {order} out of order, {streams} streams, latest {latest} ms, longest pause {pause} ms, {strays} strays, own lag {lag} ms"
        )
    }
}

fn ended(ending: &Ending, t: Tongue) -> String {
    let by = match ending.by {
        EndedBy::Us => t.pick("本机挂断", "we hung up"),
        EndedBy::Them => t.pick("对方挂断", "the far end hung up"),
        EndedBy::Refused => t.pick("对方拒绝", "refused"),
        EndedBy::Cancelled => t.pick("对方取消", "cancelled by the far end"),
        EndedBy::Lost => t.pick("对方失联", "the far end is lost"),
    };
    let lasted = ending.lasted.as_secs_f64();
    let mut text = say!(t, "{by}，共 {lasted:.1} 秒", "{by} after {lasted:.1} s");
    if let Some(q850) = ending.q850 {
        text.push_str(&format!("  Q.850 {q850}"));
    }
    if !ending.reason.is_empty() {
        text.push_str(&format!("  {}", ending.reason));
    }
    text
}

/// A telephone number of somebody is nobody else's business.
fn masked(number: &str) -> String {
    if number.len() < 9 { number.to_owned() } else { Pii::new(number).masked() }
}

/// Milliseconds, to a tenth.
fn ms(length: Duration) -> f64 {
    (length.as_secs_f64() * 10_000.0).round() / 10.0
}

/// Per cent of what was sent here, to a tenth.
fn loss(stats: &Stats) -> f64 {
    let due = stats.packets + stats.lost;
    if due == 0 { 0.0 } else { (stats.lost as f64 * 1_000.0 / due as f64).round() / 10.0 }
}

/// The whole run.
#[derive(Debug)]
pub(crate) struct Report {
    local: SocketAddr,
    pub registered: Option<Registered>,
    pub calls: Vec<CallReport>,
    /// Why nothing came about.
    pub fault: Option<String>,
}

impl Report {
    pub fn new(local: SocketAddr) -> Self {
        Self { local, registered: None, calls: Vec::new(), fault: None }
    }

    /// How many calls were answered.
    pub fn answered(&self) -> u32 {
        let answered = self.calls.iter().filter(|call| call.answered()).count();
        u32::try_from(answered).unwrap_or(u32::MAX)
    }

    /// The last call in lines.
    pub fn last(&self, rtp: bool, tongue: Tongue) -> String {
        self.calls.last().map(|call| call.text(rtp, tongue)).unwrap_or_default()
    }

    /// The last line when several calls came.
    pub fn end(&self, tongue: Tongue) -> String {
        let (answered, all) = (self.answered(), self.calls.len());
        if all < 2 {
            return String::new();
        }
        say!(tongue, "共 {all} 个电话，接通 {answered} 个\n", "{all} calls, {answered} answered\n")
    }

    /// One object.
    pub fn json(&self) -> String {
        let whole = json!({
            "local": self.local.to_string(),
            "registered": self.registered.map(|r| json!({"ms": ms(r.took), "for_s": r.granted.as_secs()})),
            "calls": self.calls.iter().map(CallReport::json).collect::<Vec<_>>(),
            "fault": self.fault,
        });
        format!("{whole:#}\n")
    }
}
