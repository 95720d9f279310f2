//! The way of a number to the world: by which trunk and destination, how it is written there, and what comes next when
//! that fails.

use std::time::Duration;

use call::action::Ring;
use call::cause::{Cause, Reason, Side};
use call::ids::{Name, Pii};
use call::{LegId, Now};
use sip::{Flow, Invite};
use trunk::{Candidate, Event, Limit, select};

use super::Turn;
use super::legs::State;
use super::signal::Refused;
use crate::contract::Trunk;
use crate::outward::{self, Ourselves, encryption};

/// A destination that gives no sign of life for so long, not even 100, is left for the next one. Over UDP the INVITE was
/// sent five times by then.
const PATIENCE: Duration = Duration::from_secs(8);

/// A call on its way out.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    number: Pii,
    pub(super) trunk: Name,
    /// Where the INVITE went.
    way: Flow,
    /// It is the second try: there is no third.
    second: bool,
    /// Without a sign of life until then it goes elsewhere.
    pub(super) until: Duration,
}

impl Outgoing {
    /// Whether its signalling is encrypted.
    pub(super) fn secure(&self) -> bool {
        self.way.transport.secure()
    }
}

impl Turn {
    /// A trunk as configured.
    pub(super) fn trunk(&self, name: &str) -> Option<&Trunk> {
        self.setup.trunks.iter().find(|t| *t.name == *name)
    }

    /// The way to a number outside, with a channel taken on its trunk: the first trunk by order, weight and state that has
    /// one left.
    pub(super) fn way_out(&mut self, now: Now, ring: &Ring, number: &Pii) -> Result<Outgoing, Cause> {
        let (mut seen, until) = (None, now.mono.saturating_add(PATIENCE));
        for name in self.by_preference(now.mono) {
            match self.take_way(now.mono, &name, None) {
                Some(Ok(way)) => {
                    return Ok(Outgoing { number: number.clone(), trunk: name, way, second: false, until });
                }
                Some(Err(limit)) => seen = Some((name, limit)),
                None => {}
            }
        }
        tracing::warn!(leg = ring.leg.0, limit = ?seen, "no trunk takes an outgoing leg");
        let reason = if seen.is_some() { Reason::ChannelsFull } else { Reason::Trunk };
        Err(Cause::new(Side::Network, reason))
    }

    /// Trunks that take calls, in the order in which this call tries them.
    fn by_preference(&mut self, now: Duration) -> Vec<Name> {
        let mut names = Vec::new();
        let mut candidates = Vec::new();
        for trunk in self.setup.trunks.iter().filter(|t| t.proxy.is_some()) {
            let up = self.lines.of(&trunk.name).is_some_and(|line| line.is_available(now));
            names.push(trunk.name.clone());
            candidates.push(Candidate { order: trunk.order, weight: trunk.weight, up });
        }
        let order = select(&candidates, &mut self.lines.dice);
        order.into_iter().filter_map(|i| names.get(i).cloned()).collect()
    }

    /// A channel of a trunk, and its first destination but this one. `None`: it has none.
    fn take_way(&mut self, now: Duration, name: &str, but: Option<&Flow>) -> Option<Result<Flow, Limit>> {
        let line = self.lines.of(name)?;
        let way = line.destinations(now).into_iter().find(|way| Some(way) != but)?;
        Some(line.exit(now).map(|()| way))
    }

    /// The INVITE that goes this way.
    pub(super) fn trunk_invite(&self, out: &Outgoing, leg: LegId, offer: Vec<u8>) -> Option<Invite> {
        let trunk = self.trunk(&out.trunk)?;
        let number = self.setup.plan.numbers.first().map(|n| &**n);
        let ourselves = Ourselves { realm: &self.setup.sip.realm, number, place: &self.setup.place };
        outward::invite(ourselves, trunk, out.number.reveal(), out.way.clone(), offer, leg.0)
    }

    /// The far end said something about a call of ours: its trunk is there, or not.
    pub(super) fn way_said(&mut self, now: Now, id: LegId, status: u16, retry_after: Option<u32>) {
        let Some(out) = self.legs.get(&id).and_then(|l| l.outgoing.as_ref()) else { return };
        let (name, way) = (out.trunk.clone(), out.way.clone());
        let event = match status {
            408 | 503 => Event::Failed(way, retry_after.map(|s| Duration::from_secs(s.into()))),
            _ => Event::Heard(way, status),
        };
        self.line_event(now.mono, &name, event);
    }

    /// A call of ours failed with this status: whether it goes on by another way, as the same leg. 5xx, 408 and what could
    /// not be sent do so, once; all else is final.
    pub(super) fn goes_on(&mut self, now: Now, id: LegId, status: u16) -> bool {
        if !matches!(status, 408 | 500..600) {
            return false;
        }
        let Some(leg) = self.legs.get(&id).filter(|l| l.state == State::Calling) else { return false };
        let Some(out) = leg.outgoing.as_deref().filter(|out| !out.second).cloned() else { return false };
        let Some(next) = self.next_way(now, &out, matches!(status, 408 | 503)) else { return false };
        self.go(now, id, next)
    }

    /// The second try: another destination of the same trunk where that one is known to be good and the first was out of
    /// reach, else another trunk, else what is left.
    fn next_way(&mut self, now: Now, out: &Outgoing, out_of_reach: bool) -> Option<Outgoing> {
        let until = now.mono.saturating_add(PATIENCE);
        let again = |way| Outgoing { way, second: true, until, ..out.clone() };
        let line = self.lines.of(&out.trunk);
        let good = line.as_ref().is_some_and(|line| line.is_available(now.mono));
        let ways = line.map(|line| line.destinations(now.mono)).unwrap_or_default();
        let other = ways.into_iter().find(|way| *way != out.way);
        if let Some(way) = other.clone().filter(|_| good && out_of_reach) {
            return Some(again(way));
        }
        for name in self.by_preference(now.mono).into_iter().filter(|name| *name != out.trunk) {
            // Who asked for a pause is not the way out of another one's trouble.
            if self.lines.of(&name).is_none_or(|line| *line.state() == trunk::State::Resting) {
                continue;
            }
            if let Some(Ok(way)) = self.take_way(now.mono, &name, None) {
                self.channel_back(&out.trunk);
                return Some(Outgoing { trunk: name, ..again(way) });
            }
        }
        other.map(again)
    }

    /// Calls by this way instead.
    fn go(&mut self, now: Now, id: LegId, next: Outgoing) -> bool {
        let Some(trunk) = self.trunk(&next.trunk).cloned() else { return false };
        let advertised = self.setup.advertised;
        let shield = self.secrets.shield(encryption(next.secure(), Some(&trunk)));
        let Some(call) = self.legs.get(&id).map(|leg| leg.call) else { return false };
        let codecs = self.codecs_in(call, id, Some(&next.trunk));
        let Some(leg) = self.legs.get_mut(&id) else { return false };
        (leg.shield, leg.codecs) = (shield, codecs);
        leg.local.address.set_ip(advertised);
        leg.speak_with(&trunk);
        leg.agreed = None;
        leg.trunk = Some(next.trunk.clone());
        let offer = leg.our_offer();
        leg.outgoing = Some(Box::new(next.clone()));
        let Some(invite) = self.trunk_invite(&next, id, offer) else { return false };
        let Ok(session) = self.stack.invite(now.mono, invite) else { return false };
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.session = session;
        }
        self.signalling(now, id);
        self.patience.insert((next.until, id));
        tracing::info!(leg = id.0, trunk = &*next.trunk, "an outgoing leg goes on by another way");
        true
    }

    /// Calls whose destination gave no sign of life in time go elsewhere, if there is another way. The INVITE is taken back;
    /// should it be answered all the same, it is hung up.
    pub(super) fn patience_due(&mut self, now: Now) {
        while let Some((until, id)) = self.patience.first().copied().filter(|(until, _)| *until <= now.mono) {
            self.patience.remove(&(until, id));
            let Some(leg) = self.legs.get(&id).filter(|l| l.state == State::Calling) else { continue };
            let Some(out) = leg.outgoing.as_deref().filter(|out| out.until == until).cloned() else {
                continue;
            };
            let session = leg.session;
            if out.second || self.stack.is_heard(session) {
                continue;
            }
            self.way_said(now, id, 408, None);
            if let Some(next) = self.next_way(now, &out, true) {
                self.signalled(now, id, Refused { status: 408, ..Refused::default() });
                self.stack.set_token(session, NOBODY.0);
                self.stack.hang_up(now.mono, session, None);
                if !self.go(now, id, next) {
                    self.failed_for_good(now, id, 408);
                }
            }
        }
    }

    pub(super) fn channel_back(&mut self, name: &str) {
        if let Some(line) = self.lines.of(name) {
            line.give_back();
        }
    }
}

/// The token of sessions that were given up.
pub(super) const NOBODY: LegId = LegId(0);
