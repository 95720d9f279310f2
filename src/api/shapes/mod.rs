//! What goes in and out as JSON. Names as in the store; times in UTC ms, beside it RFC 3339 where a person reads.

pub(crate) mod record;

use call::advice::{Advice, Facts, advice};
use call::board::{CallView, SeatView};
use call::cause::{Cause, Side};
use call::cdr::EventRow;
use call::event::AgentState;
use serde::{Deserialize, Serialize};
use store::EventLine;
use utoipa::ToSchema;

use crate::current::Names;

/// UTC ms as RFC 3339 with milliseconds: `2026-11-02T01:02:03.004Z`. Out of the calendar's range: empty.
pub(crate) fn rfc3339(utc_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(utc_ms).map(|at| format!("{at:.3}")).unwrap_or_default()
}

/// A call that is going on.
#[derive(Serialize, ToSchema)]
pub(crate) struct LiveCall {
    /// ULID.
    id: String,
    /// `greeting`, `queue`, `talk`, `consult`, `ringing`, `three`, `talk_desk`, `recover`, `debrief`, `survey`,
    /// `message`, `ending`.
    stage: &'static str,
    /// `138****1234`; empty when withheld.
    caller_masked: String,
    /// `zh-CN` or `en`.
    lang: &'static str,
    /// UTC ms.
    offered_at: i64,
    /// Place in the queue, 1 = next.
    position: Option<u32>,
    /// Who sits in it or is rung.
    seats: Vec<Seat>,
}

/// One seat of a live call.
#[derive(Serialize, ToSchema)]
pub(crate) struct Seat {
    /// Number of the leg.
    leg: u64,
    /// `citizen`, `operator`, `desk`, `liaison`, `supervisor`, `emergency`.
    seat: &'static str,
    /// Staff number, desk number or empty.
    party_ref: String,
    /// The person's name where the configuration has one, else as `party_ref`; empty of a citizen.
    name: String,
    /// `invited`, `ringing`, `whisper`, `private`, `joined`, `held`, `listening`, `coaching`.
    state: &'static str,
}

impl LiveCall {
    pub(crate) fn of(view: CallView, names: &Names) -> Self {
        Self {
            id: view.call.to_string(),
            stage: view.stage,
            caller_masked: view.caller,
            lang: view.lang.tag(),
            offered_at: view.offered_at,
            position: view.position,
            seats: view.seats.into_iter().map(|seat| Seat::of(seat, names)).collect(),
        }
    }
}

impl Seat {
    fn of(view: SeatView, names: &Names) -> Self {
        let name = view.staff.as_ref().and_then(|staff| names.find(&staff.0)).map(str::to_owned);
        let name = name.unwrap_or_else(|| view.party.clone());
        Self { name, leg: view.leg.0, seat: view.role.word(), party_ref: view.party, state: view.state }
    }
}

/// All live calls.
#[derive(Serialize, ToSchema)]
pub(crate) struct LiveCalls {
    /// Oldest first.
    pub(crate) calls: Vec<LiveCall>,
}

/// A verdict: why something ended or did not come about.
#[derive(Serialize, ToSchema)]
pub(crate) struct Verdict {
    /// `citizen`, `operator`, `callee`, `house`, `network`.
    side: &'static str,
    /// The stable word: `normal`, `gave_up`, `busy`, ...
    reason: &'static str,
    /// SIP status.
    sip_status: u16,
    /// Q.850 cause.
    q850_cause: u8,
    /// What happened and what an admin can do, in Chinese.
    zh: &'static str,
    /// The same in English.
    en: &'static str,
    /// What to change, by all that the wire told, in Chinese.
    advice_zh: String,
    /// The same in English.
    advice_en: String,
}

impl From<Cause> for Verdict {
    fn from(cause: Cause) -> Self {
        Self::knowing(cause, Facts::default())
    }
}

impl Verdict {
    /// With what the wire told beside the cause.
    pub(crate) fn knowing(cause: Cause, facts: Facts<'_>) -> Self {
        let Advice { zh: advice_zh, en: advice_en } = advice(cause, facts);
        Self {
            side: side(cause.side),
            reason: cause.word(),
            sip_status: cause.sip_status(),
            q850_cause: cause.q850(),
            zh: cause.zh(),
            en: cause.en(),
            advice_zh,
            advice_en,
        }
    }
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Citizen => "citizen",
        Side::Operator => "operator",
        Side::Callee => "callee",
        Side::House => "house",
        Side::Network => "network",
    }
}

/// One line of a call's time line.
#[derive(Serialize, ToSchema)]
pub(crate) struct Event {
    /// The call's id.
    call_id: String,
    /// From 1, without gaps.
    seq: u32,
    /// UTC ms.
    at: i64,
    /// The same, RFC 3339.
    time: String,
    /// Monotonic ms since the process start.
    mono_ms: u64,
    /// `call.offered`, `leg.joined`, ...
    kind: String,
    /// Number of the leg.
    leg: Option<u64>,
    /// `citizen`, `operator:1001`, `desk:037`, `house`.
    actor: String,
    /// For ends and failures.
    cause: Option<Verdict>,
    /// Further facts as `key=value` words.
    detail: String,
}

impl Event {
    pub(crate) fn stored(call_id: &str, line: EventLine) -> Self {
        Self {
            call_id: call_id.to_owned(),
            seq: line.seq,
            at: line.at,
            time: rfc3339(line.at),
            mono_ms: line.mono_ms,
            kind: line.kind,
            leg: line.leg.map(|leg| leg.0),
            actor: line.actor,
            cause: line.cause.map(Verdict::from),
            detail: line.detail,
        }
    }
}

impl From<&EventRow> for Event {
    fn from(row: &EventRow) -> Self {
        Self {
            call_id: row.call.to_string(),
            seq: row.seq,
            at: row.at,
            time: rfc3339(row.at),
            mono_ms: row.mono_ms,
            kind: row.kind.to_owned(),
            leg: row.leg.map(|leg| leg.0),
            actor: row.actor.clone(),
            cause: row.cause.map(Verdict::from),
            detail: row.detail.clone(),
        }
    }
}

/// What came of an order.
#[derive(Serialize, ToSchema)]
pub(crate) struct Done {
    /// `done`: carried out, or under way (a desk rings; the time line tells how it goes on).
    pub(crate) status: &'static str,
}

/// Yes or no.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switch {
    /// On or off.
    pub(crate) on: bool,
}

/// An order that needs no words: no body, or `{}`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// All operators.
#[derive(Serialize, ToSchema)]
pub(crate) struct Operators {
    /// In the order of the configuration.
    pub(crate) operators: Vec<Operator>,
}

/// An operator.
#[derive(Serialize, ToSchema)]
pub(crate) struct Operator {
    /// Staff number.
    pub(crate) staff: String,
    /// The name, where the configuration has one; else the number.
    pub(crate) name: String,
    /// User name of the phone; an outside number is masked.
    pub(crate) phone: String,
    /// `off`, `ready`, `break`, `ringing`, `talking`, `wrap_up`.
    pub(crate) state: &'static str,
}

/// The word of an operator's state.
pub(crate) fn state_word(state: AgentState) -> &'static str {
    match state {
        AgentState::Off => "off",
        AgentState::Ready => "ready",
        AgentState::Break => "break",
        AgentState::Ringing => "ringing",
        AgentState::Talking => "talking",
        AgentState::WrapUp => "wrap_up",
    }
}

/// What an operator may wish to be. Ringing and talking are facts, not wishes.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wish {
    /// Not on duty.
    Off,
    /// Ready for a call.
    Ready,
    /// On a break.
    Break,
    /// Still busy with the last call.
    WrapUp,
}

impl From<Wish> for AgentState {
    fn from(wish: Wish) -> Self {
        match wish {
            Wish::Off => Self::Off,
            Wish::Ready => Self::Ready,
            Wish::Break => Self::Break,
            Wish::WrapUp => Self::WrapUp,
        }
    }
}

/// An operator's wish.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewState {
    /// In a call it holds when the call is over.
    pub(crate) state: Wish,
}
