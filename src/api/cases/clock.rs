//! What the promise clock knows of a case, as JSON.

use promise::{Asking, Lapse, Why};
use serde::Serialize;
use store::promises::{CaseClock, EchoLine, ExtensionLine, MergedLine, PromiseLine};
use utoipa::ToSchema;

use crate::promises::handovers::HandoverJson;
use crate::promises::words;
use crate::who::Who;

/// The open promise that is due next.
#[derive(Serialize, ToSchema)]
pub(crate) struct NextDue {
    /// `handover`, `callback`, `check`, `echo1`, `work`, `echo2`, `echo3`, `urgent`.
    what: String,
    /// From when it counts, UTC ms.
    from_at: i64,
    /// UTC ms.
    due_at: i64,
    /// Can still move: the year's notice is not loaded.
    provisional: bool,
}

impl From<PromiseLine> for NextDue {
    fn from(line: PromiseLine) -> Self {
        let PromiseLine { what, from_at, due_at, provisional, .. } = line;
        Self { what, from_at, due_at, provisional }
    }
}

/// A promise and how it ended.
#[derive(Serialize, ToSchema)]
struct CasePromise {
    /// `handover`, `callback`, `check`, `echo1`, `work`, `echo2`, `echo3`, `urgent`.
    what: String,
    /// Its row in the hotline's list of promises.
    row: u8,
    /// The round that it was made in.
    round: u32,
    /// From when it counts, UTC ms.
    from_at: i64,
    /// UTC ms.
    due_at: i64,
    /// Can still move.
    provisional: bool,
    /// UTC ms.
    ended_at: Option<i64>,
    /// `kept`, `missed`, `void`.
    ending: Option<String>,
    /// Why it was missed, or need not be kept.
    why: Option<String>,
    /// The same for a reader of Chinese ...
    why_zh: Option<&'static str>,
    /// ... and of English.
    why_en: Option<&'static str>,
    /// `claimed`: somebody typed it; `proven`: our own call shows it.
    proof: Option<String>,
    /// That call.
    call: Option<String>,
    /// Missed first, done afterwards, UTC ms.
    late_at: Option<i64>,
    /// The citizen contradicts it.
    disputed: bool,
}

impl From<PromiseLine> for CasePromise {
    fn from(line: PromiseLine) -> Self {
        let why = line.why.as_deref();
        let missed = why.and_then(Why::parse).map(|why| (why.zh(), why.en()));
        let words = missed.or_else(|| why.and_then(Lapse::parse).map(words::lapse));
        Self {
            row: promise::What::parse(&line.what).map_or(0, promise::What::row),
            what: line.what,
            round: line.round,
            from_at: line.from_at,
            due_at: line.due_at,
            provisional: line.provisional,
            ended_at: line.ended_at,
            ending: line.ending,
            why_zh: words.map(|(zh, _)| zh),
            why_en: words.map(|(_, en)| en),
            why: line.why,
            proof: line.proof,
            call: line.call,
            late_at: line.late_at,
            disputed: line.disputed,
        }
    }
}

/// One of the three echoes of a round.
#[derive(Serialize, ToSchema)]
struct CaseEcho {
    /// From 1.
    round: u32,
    /// 1: who handles it and until when; 2: the result; 3: how it was.
    no: u32,
    /// UTC ms.
    due_at: i64,
    /// UTC ms; null: not yet.
    at: Option<i64>,
    /// `phone`, `face`, `written`.
    method: Option<String>,
    /// Staff number.
    told_by: Option<String>,
    /// Echo 1: until when, as the unit said, UTC ms.
    promised_due: Option<i64>,
    /// `claimed`, `proven`.
    proof: Option<String>,
    /// The call that proves it.
    call: Option<String>,
}

impl From<EchoLine> for CaseEcho {
    fn from(line: EchoLine) -> Self {
        let EchoLine { round, no, due_at, at, method, told_by, promised_due, proof, call } = line;
        Self { round, no, due_at, at, method, told_by, promised_due, proof, call }
    }
}

/// An extension that was asked for.
#[derive(Serialize, ToSchema)]
struct CaseExtension {
    /// From 1.
    no: u32,
    /// From 1.
    round: u32,
    /// UTC ms.
    asked_at: i64,
    /// Working days.
    days: i32,
    /// Why.
    reason: String,
    /// UTC ms; null: nobody has decided yet.
    answered_at: Option<i64>,
    /// Working days that were granted; null: refused, or not decided.
    granted: Option<i32>,
    /// Why.
    answer_reason: Option<String>,
}

impl From<ExtensionLine> for CaseExtension {
    fn from(line: ExtensionLine) -> Self {
        let ExtensionLine { no, round, asked_at, days, reason, answered_at, granted, answer_reason } = line;
        Self { no, round, asked_at, days, reason, answered_at, granted, answer_reason }
    }
}

/// A line of a case's history.
#[derive(Serialize, ToSchema)]
#[schema(as = CaseLogLine)]
struct LogLine {
    /// Within its source.
    no: u32,
    /// UTC ms.
    at: i64,
    /// By whom: an account, a staff number; `house` or empty: by the house.
    who: String,
    /// `state`, `note`, `attach`, `detach`; of facts `promised`, `ended`, `received`, ...
    kind: String,
    /// The note's text, or `name=value` pairs; `text=` stands last and goes to the end.
    what: String,
    /// `log`, `fact`.
    source: &'static str,
}

impl From<MergedLine> for LogLine {
    fn from(line: MergedLine) -> Self {
        let MergedLine { no, at, who, kind, what, is_fact } = line;
        Self { no, at, who, kind, what, source: if is_fact { "fact" } else { "log" } }
    }
}

/// The clocks of a case.
#[derive(Serialize, ToSchema)]
#[schema(as = CaseClock)]
pub(crate) struct ClockJson {
    /// All promises, in the order in which they were made.
    promises: Vec<CasePromise>,
    /// Each time a unit was named.
    handovers: Vec<HandoverJson>,
    /// By round and number.
    echoes: Vec<CaseEcho>,
    /// Oldest first.
    extensions: Vec<CaseExtension>,
    /// Who does the one-hour check: `nobody`, `calls`, `person`.
    check: &'static str,
    /// Who asks for echo 3.
    echo3: &'static str,
    /// Steps that this reader may take now.
    steps: Vec<&'static str>,
    /// History, oldest first.
    log: Vec<LogLine>,
}

impl ClockJson {
    /// As this reader may see it.
    pub(crate) fn of(clock: CaseClock, who: &Who, steps: Vec<&'static str>) -> Self {
        let (check, echo3) = (asking(clock.case.check), asking(clock.case.echo3));
        let handover = |line| HandoverJson::of(line, who);
        Self {
            promises: clock.promises.into_iter().map(Into::into).collect(),
            handovers: clock.handovers.into_iter().map(handover).collect(),
            echoes: clock.echoes.into_iter().map(Into::into).collect(),
            extensions: clock.extensions.into_iter().map(Into::into).collect(),
            check,
            echo3,
            steps,
            log: clock.log.into_iter().map(Into::into).collect(),
        }
    }
}

fn asking(asking: Asking) -> &'static str {
    match asking {
        Asking::Nobody => "nobody",
        Asking::Calls => "calls",
        Asking::Person => "person",
    }
}
