//! The SIP messages of a call as a ladder: who sent what to whom. Numbers are masked and secrets blotted before they come here.

use serde::Serialize;
use store::CallDetail;
use trace::{Direction, Traced};
use utoipa::ToSchema;

/// The house's own lane.
const HOUSE: &str = "hotline";
/// Characters of a start line that are shown.
const LONGEST_LINE: usize = 120;

/// A ladder.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ladder {
    /// The lanes: the house, then the others in the order of their first message.
    parties: Vec<String>,
    /// In the order of time.
    messages: Vec<Message>,
}

/// A message.
#[derive(Serialize, ToSchema)]
pub(crate) struct Message {
    /// UTC ms.
    at: i64,
    /// A lane.
    from: String,
    /// A lane.
    to: String,
    /// Its first line.
    line: String,
    /// The whole of it.
    text: String,
}

impl Ladder {
    pub(crate) fn of(detail: &CallDetail, messages: &[Traced]) -> Self {
        let mut parties = vec![HOUSE.to_owned()];
        let mut rungs = Vec::with_capacity(messages.len());
        for message in messages {
            let far = party(detail, message);
            if !parties.contains(&far) {
                parties.push(far.clone());
            }
            let (from, to) = match message.direction {
                Direction::In => (far, HOUSE.to_owned()),
                Direction::Out => (HOUSE.to_owned(), far),
            };
            let text = readable(&message.bytes);
            let line = text.lines().next().unwrap_or_default().chars().take(LONGEST_LINE).collect();
            rungs.push(Message { at: message.at_us.div_euclid(1_000), from, to, line, text });
        }
        Self { parties, messages: rungs }
    }
}

/// Whose leg a Call-ID is: `citizen city`, `desk 2001`; else the address.
fn party(detail: &CallDetail, message: &Traced) -> String {
    let call_id = message.call_id().unwrap_or_default();
    if detail.row.sip_call_id == call_id {
        return match &detail.row.source {
            Some(call::event::Source::Trunk(name) | call::event::Source::Phone(name)) => {
                format!("citizen {name}")
            }
            Some(call::event::Source::House) | None => "citizen".to_owned(),
        };
    }
    let leg = detail.legs.iter().find(|leg| leg.sip.iter().any(|sip| *sip.sip_call_id == *call_id));
    leg.map_or_else(|| message.remote.to_string(), |leg| format!("{} {}", leg.row.seat.word(), leg.row.party))
}

/// What a page can show: line feeds and tabs stay, other control and direction characters do not.
fn readable(bytes: &[u8]) -> String {
    let steers = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}
