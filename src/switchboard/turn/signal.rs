//! How each leg was signalled, for the store: the Call-ID of every INVITE of ours, and what the far end's refusal said.

use call::advice::sanitized;
use call::ids::Name;
use call::{LegId, Now};
use sip::glance::glance;
use store::{Entry, LegSip};

use super::Turn;
use super::legs::Leg;
use crate::contract::Output;

/// How an INVITE was refused.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Refused<'a> {
    pub(super) status: u16,
    pub(super) q850: Option<u8>,
    /// The far end's words.
    pub(super) words: &'a str,
    /// Its session description, where that was the reason.
    pub(super) description: &'a [u8],
}

impl Turn {
    /// A session serves a leg from now on: ours, or that of a phone that called beside or took over.
    pub(super) fn signalling(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.sip_call_id = self.stack.call_id(leg.session).unwrap_or_default().into();
        self.out.push_back(row(now, id, leg, None));
    }

    /// An INVITE came to nothing.
    pub(super) fn signalled(&mut self, now: Now, id: LegId, refused: Refused<'_>) {
        if let Some(leg) = self.legs.get(&id) {
            self.out.push_back(row(now, id, leg, Some(refused)));
        }
    }
}

fn row(now: Now, id: LegId, leg: &Leg, refused: Option<Refused<'_>>) -> Output {
    let codecs = refused.and_then(|r| glance(r.description)).map(|seen| seen.codecs.join(", "));
    let row = LegSip {
        call: leg.call,
        leg: id,
        sip_call_id: leg.sip_call_id.clone(),
        at: now.utc_ms,
        way: leg.trunk.clone().unwrap_or_else(|| Name::from("phone")),
        status: refused.map(|r| r.status),
        q850: refused.and_then(|r| r.q850),
        far_words: refused.map(|r| sanitized(r.words)).unwrap_or_default(),
        offered: codecs.unwrap_or_default(),
    };
    Output::Store(Entry::LegSip(Box::new(row)))
}
