//! The seats of a call over time: when each was rung, heard the whisper, talked in private, sat with the others, was on hold.

use call::action::SeatRole;
use call::cdr::LegRow;
use serde::Serialize;
use store::{CallDetail, EventLine, LegLine};
use utoipa::ToSchema;

use crate::current::Names;

/// One seat.
#[derive(Serialize, ToSchema)]
pub(crate) struct Lane {
    leg: u64,
    /// `citizen`, `operator`, `desk`, ...
    seat: &'static str,
    /// Staff number, desk or line.
    party_ref: String,
    /// The person's name by the configuration in use, where one is known, else as `party_ref`; empty of a citizen.
    name: String,
    /// The desk's name.
    desk_name: Option<String>,
    /// Invited, UTC ms.
    from: i64,
    /// Over, UTC ms.
    to: Option<i64>,
    spans: Vec<Span>,
}

/// A stretch in one state.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema, Debug)]
pub(crate) struct Span {
    /// `invited`, `ringing`, `whisper`, `private`, `joined`, `held`, `listening`, `coaching`.
    state: &'static str,
    from: i64,
    to: Option<i64>,
}

/// All seats, in the order in which they were rung.
pub(crate) fn lanes(detail: &CallDetail, names: &Names) -> Vec<Lane> {
    detail
        .legs
        .iter()
        .map(|line| Lane {
            leg: line.row.leg.0,
            seat: line.row.seat.word(),
            party_ref: line.row.party.to_string(),
            name: name(&line.row, names).to_owned(),
            desk_name: desk(&line.row, names).map(str::to_owned),
            from: line.row.invited_at,
            to: line.row.left_at,
            spans: spans(line, &detail.events),
        })
        .collect()
}

/// Whose seat it is: of a desk's, the store knows the phone that was rung.
fn name<'a>(row: &'a LegRow, names: &'a Names) -> &'a str {
    let known = match row.seat {
        SeatRole::Operator | SeatRole::Liaison | SeatRole::Supervisor => names.find(&row.party),
        SeatRole::Desk => names.of_phone(&row.uri_masked),
        SeatRole::Emergency => None,
        SeatRole::Citizen => return "",
    };
    known.unwrap_or(&row.party)
}

fn desk<'a>(row: &LegRow, names: &'a Names) -> Option<&'a str> {
    if row.seat == SeatRole::Desk { names.of_desk(&row.party) } else { None }
}

fn spans(line: &LegLine, events: &[EventLine]) -> Vec<Span> {
    let mut spans: Vec<Span> = vec![Span { state: "invited", from: line.row.invited_at, to: None }];
    let mut before_hold = "joined";
    for event in events.iter().filter(|e| e.at >= line.row.invited_at) {
        if line.row.left_at.is_some_and(|left| event.at > left) {
            break;
        }
        let now = spans.last().map_or("invited", |span| span.state);
        if let Some(state) = next(line, event, now, before_hold)
            && state != now
        {
            if state == "held" {
                before_hold = now;
            }
            if let Some(last) = spans.last_mut() {
                last.to = Some(event.at);
            }
            spans.push(Span { state, from: event.at, to: None });
        }
    }
    if let Some(last) = spans.last_mut() {
        last.to = line.row.left_at;
    }
    spans.retain(|span| span.to != Some(span.from));
    spans
}

/// The state of a seat after an event; `None`: as it was.
fn next(
    line: &LegLine,
    event: &EventLine,
    now: &'static str,
    before_hold: &'static str,
) -> Option<&'static str> {
    let own = event.leg == Some(line.row.leg);
    let sits = matches!(now, "joined" | "private");
    match event.kind.as_str() {
        "leg.progress" if own => Some("ringing"),
        "leg.whisper" if own => Some("whisper"),
        "leg.supervise" if own && now != "invited" && now != "ringing" => Some(beside(&event.detail)),
        "leg.answered" if own && line.row.seat == SeatRole::Supervisor => Some("listening"),
        "leg.joined" if own => Some("joined"),
        "call.answered" if own => Some("joined"),
        "leg.hold" if own => Some("held"),
        "leg.unhold" if own => Some(before_hold),
        "leg.accepted" if own => Some("private"),
        // Operator and desk part from the citizen, and come back.
        "room.consult" if sits && line.row.seat == SeatRole::Operator => Some("private"),
        "room.bridged" | "room.reduced" if now == "private" => Some("joined"),
        _ => None,
    }
}

fn beside(detail: &str) -> &'static str {
    match detail.strip_prefix("mode=") {
        Some("whisper") => "coaching",
        Some("barge") => "joined",
        Some(_) | None => "listening",
    }
}
