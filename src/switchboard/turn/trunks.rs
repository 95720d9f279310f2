//! The lines to the world: by which one a number goes out, how it is written there, and how many channels are taken.

use call::action::Ring;
use call::cause::{Cause, Reason, Side};
use call::ids::{Name, Pii};
use sip::{Flow, Scheme, Target, Transport, Uri};

use super::Turn;
use crate::contract::Trunk;

/// The way of an outgoing leg.
pub(super) struct Way {
    pub(super) to: Target,
    /// User part of From.
    pub(super) from: Name,
    pub(super) trunk: Option<Name>,
    pub(super) credentials: Option<sip::User>,
}

impl Turn {
    /// The way to a number outside: the first trunk that takes calls and has a channel left.
    pub(super) fn way_out(&self, ring: &Ring, number: &Pii) -> Result<Way, Cause> {
        let mut seen = None;
        for trunk in self.setup.trunks.iter().filter(|t| t.proxy.is_some()) {
            if self.has_channel(&trunk.name) {
                return self.way_by(trunk, number).ok_or(Cause::new(Side::House, Reason::Invalid));
            }
            seen = Some(&trunk.name);
        }
        tracing::warn!(leg = ring.leg.0, trunk = ?seen, "no trunk has a free channel for an outgoing leg");
        let reason = if seen.is_some() { Reason::ChannelsFull } else { Reason::Trunk };
        Err(Cause::new(Side::Network, reason))
    }

    fn way_by(&self, trunk: &Trunk, number: &Pii) -> Option<Way> {
        let proxy = trunk.proxy.as_ref()?;
        let number = number.reveal();
        let number = format!("{}{}", trunk.add, number.strip_prefix(trunk.strip.as_str()).unwrap_or(number));
        let remote = sip::literal(proxy)?;
        let transport = transport(proxy);
        let local = self.setup.local(transport, remote)?;
        let uri = Uri { user: number, ..Uri::clone(proxy) };
        let flow = Flow::new(transport, local, remote, 0);
        Some(Way {
            to: Target::Uri(Box::new(uri), flow),
            from: trunk.caller.clone().or_else(|| self.setup.plan.numbers.first().cloned())?,
            trunk: Some(trunk.name.clone()),
            credentials: trunk.credentials.clone(),
        })
    }

    /// Whether a trunk has a channel left, in both directions together.
    pub(super) fn has_channel(&self, name: &str) -> bool {
        let Some(trunk) = self.setup.trunks.iter().find(|t| *t.name == *name) else { return true };
        let taken = self.legs.values().filter(|l| l.trunk.as_deref() == Some(name)).count();
        u32::try_from(taken).is_ok_and(|taken| taken < trunk.channels)
    }
}

/// The transport that a URI names, or the usual one.
fn transport(uri: &Uri) -> Transport {
    match uri.param("transport").flatten() {
        Some("tcp") => Transport::Tcp,
        Some("tls") => Transport::Tls,
        Some(_) | None if uri.scheme == Scheme::Sips => Transport::Tls,
        Some(_) | None => Transport::Udp,
    }
}
