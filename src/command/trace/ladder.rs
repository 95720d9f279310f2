//! The messages of a call as a ladder's rungs: between which parties, what they say, whether they were said before.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use sip::glance::{Glance, glance};
use sip::{Headers, Message, Wire};
use store::CallDetail;
use trace::{Direction, Traced};

/// A column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Party {
    /// `citizen`, `operator`, `desk`, ...; empty when only the address is known.
    pub seat: &'static str,
    /// Staff number, desk, trunk, phone.
    pub name: String,
    pub address: String,
}

/// One message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Rung {
    pub at_us: i64,
    /// Index of the party; the house is at the other end.
    pub party: usize,
    pub direction: Direction,
    /// `INVITE`, `180 Ringing`.
    pub label: String,
    /// The method that a response answers.
    pub answers: Option<String>,
    pub sound: Option<Glance>,
    /// Reason, Warning, Retry-After and where a redirection points.
    pub notes: Vec<String>,
    pub again: bool,
}

/// The parties, the citizen first, and the rungs in their order.
pub(super) fn rungs(detail: Option<&CallDetail>, messages: &[Traced]) -> (Vec<Party>, Vec<Rung>) {
    let mut parties: Vec<Party> = Vec::new();
    let mut of_call_id: HashMap<String, usize> = HashMap::new();
    let mut said = HashMap::new();
    let mut rungs = Vec::new();
    for message in messages {
        let call_id = message.call_id().unwrap_or_default();
        let party = *of_call_id.entry(call_id.to_owned()).or_insert_with(|| {
            let party = party(detail, call_id, message);
            let same = |p: &Party| (p.seat, &p.name) == (party.seat, &party.name) && !party.seat.is_empty();
            parties.iter().position(same).unwrap_or_else(|| {
                parties.push(party);
                parties.len().saturating_sub(1)
            })
        });
        let mut hasher = DefaultHasher::new();
        (&message.bytes, message.direction == Direction::In).hash(&mut hasher);
        let times = said.entry(hasher.finish()).or_insert(0_u32);
        *times = times.saturating_add(1);
        rungs.push(rung(message, party, *times > 1));
    }
    (parties, rungs)
}

/// Whose leg a Call-ID is.
fn party(detail: Option<&CallDetail>, call_id: &str, message: &Traced) -> Party {
    let address = message.remote.to_string();
    let Some(detail) = detail else { return Party { seat: "", name: String::new(), address } };
    if detail.row.sip_call_id == call_id {
        let name = match &detail.row.source {
            Some(call::event::Source::Trunk(name) | call::event::Source::Phone(name)) => name.to_string(),
            Some(call::event::Source::House) | None => String::new(),
        };
        return Party { seat: "citizen", name, address };
    }
    let leg = detail.legs.iter().find(|leg| leg.sip.iter().any(|sip| *sip.sip_call_id == *call_id));
    match leg {
        Some(leg) => Party { seat: leg.row.seat.word(), name: leg.row.party.to_string(), address },
        None => Party { seat: "", name: String::new(), address },
    }
}

fn rung(message: &Traced, party: usize, again: bool) -> Rung {
    let Traced { at_us, direction, bytes, transport, .. } = message;
    let wire = if transport.reliable() { Wire::Stream } else { Wire::Datagram };
    let blank = Rung {
        at_us: *at_us,
        party,
        direction: *direction,
        label: String::new(),
        answers: None,
        sound: None,
        notes: Vec::new(),
        again,
    };
    match sip::parse(bytes, wire) {
        Ok(Message::Request(request)) => Rung {
            label: plain(&request.method.to_string()),
            sound: glance(&request.body),
            notes: notes(&request.headers),
            ..blank
        },
        Ok(Message::Response(response)) => Rung {
            label: plain(&format!("{} {}", response.status, response.reason)),
            answers: response.headers.cseq().map(|(_, method)| plain(&method.to_string())),
            sound: glance(&response.body),
            notes: notes(&response.headers),
            ..blank
        },
        Err(_) => {
            let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
            Rung {
                label: plain(&String::from_utf8_lossy(first)),
                notes: vec!["malformed".to_owned()],
                ..blank
            }
        }
    }
}

fn notes(headers: &Headers) -> Vec<String> {
    let note = |name: &'static str| headers.get(name).map(|value| format!("{name}: {}", plain(value)));
    ["Reason", "Warning", "Retry-After", "Refer-To", "Min-SE"].into_iter().filter_map(note).collect()
}

/// One line of printable characters: what a far end wrote must not steer a terminal.
pub(super) fn plain(text: &str) -> String {
    const LONGEST: usize = 120;
    let shown = |c: char| {
        if c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            ' '
        } else {
            c
        }
    };
    text.chars().map(shown).take(LONGEST).collect::<String>().trim().to_owned()
}
