//! What a leg may speak: what its trunk, or the setting for phones, allows; wide sound only where somebody else can hear it.
//!
//! Two seats of one codec have their packets passed on as they came, so a wide seat in a narrow call would cost and bring nothing.

use call::{CallId, LegId};
use sip::Source;
use sip::sdp::Codec;

use super::Turn;

impl Turn {
    /// For who calls us: the call begins with it, so that it may speak all that is allowed for it.
    pub(super) fn codecs_of(&self, source: &Source) -> Vec<Codec> {
        let trunk = match source {
            Source::Peer(name) => self.trunk(name),
            Source::Phone(_) => None,
        };
        trunk.map_or(&self.setup.phone_codecs, |trunk| &trunk.codecs).clone()
    }

    /// For a leg that comes to this call by a trunk, or, without one, for a phone. Wide sound where one of the others speaks it;
    /// who comes before all others may, where a trunk could bring such another one.
    pub(super) fn codecs_in(&self, call: CallId, leg: LegId, trunk: Option<&str>) -> Vec<Codec> {
        let trunk = trunk.and_then(|name| self.trunk(name));
        let allowed = trunk.map_or(&self.setup.phone_codecs, |trunk| &trunk.codecs);
        let others = self.legs.iter().filter(|(id, other)| other.call == call && **id != leg);
        let mut spoken = others.filter_map(|(_, other)| Some(other.agreed.as_ref()?.codec)).peekable();
        let wide = match spoken.peek() {
            Some(_) => spoken.any(Codec::is_wide),
            None => trunk.is_some() || self.setup.trunks.iter().any(|t| t.codecs.iter().any(|c| c.is_wide())),
        };
        let fits: Vec<Codec> = allowed.iter().copied().filter(|codec| wide || !codec.is_wide()).collect();
        // Who may speak nothing else is let speak it.
        if fits.is_empty() { allowed.clone() } else { fits }
    }
}
