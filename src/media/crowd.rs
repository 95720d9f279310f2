//! Several legs on one port: whose packet is it. Told before anything of it is believed, by who sent it alone.
//!
//! The pool places no leg where another still waits for its first packet, or has the same far end; so there is one answer, or
//! none. Nobody is given what may be somebody else's.

use std::net::SocketAddr;
use std::time::Duration;

use crate::phases::{COUNT, PHASES};
use crate::ports::QUARANTINE;

/// Those who left lately and are remembered, of each port. When full: the one who left first is forgotten.
const MOST_GONE: usize = 32;

/// Sub-ticks between two looks at a port on which somebody is waited for: 10 ms. Where nobody notes when a packet came, as
/// often as can be.
const LOOK: u64 = if cfg!(target_os = "linux") { PHASES / 2 } else { 1 };

/// What tells one leg's packets from another's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Marks {
    /// Where its far end speaks from.
    pub(crate) latched: Option<SocketAddr>,
    /// Where its far end said that it listens.
    pub(crate) announced: Option<SocketAddr>,
    /// The source (SSRC) that spoke last.
    pub(crate) source: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Here {
    leg: u32,
    marks: Marks,
}

#[derive(Clone, Copy, Debug)]
struct Gone {
    from: SocketAddr,
    source: Option<u32>,
    until: Duration,
}

/// Whose a packet is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Whose {
    /// This leg's, by its place among the thread's legs.
    Leg(u32),
    /// Nobody's.
    Nobody,
}

/// The legs of one socket.
#[derive(Clone, Debug, Default)]
pub(crate) struct Crowd {
    here: Vec<Here>,
    /// Of each of them [`key`] of where it is latched on: nearly all packets are found by it.
    keys: Vec<u64>,
    gone: Vec<Gone>,
    /// How many of them have their turn in each phase.
    turns: [u16; COUNT],
    /// The first phase in which one of them has.
    first: u8,
    /// Nobody says when its packets came.
    timeless: bool,
    /// Where it looks first: behind whom it found last, for far ends speak in the same order again and again.
    guess: usize,
}

/// The key of no address.
const NOBODY: u64 = 0;

/// A number that two addresses seldom share; [`NOBODY`] for none.
fn key(at: Option<SocketAddr>) -> u64 {
    let port = |port: u16| u64::from(port) | 1 << 16;
    match at {
        None => NOBODY,
        Some(SocketAddr::V4(at)) => u64::from(at.ip().to_bits()) << 32 | port(at.port()),
        Some(SocketAddr::V6(at)) => {
            let bits = at.ip().to_bits();
            ((bits >> 64) as u64 ^ bits as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) << 17 | port(at.port())
        }
    }
}

impl Crowd {
    pub(crate) fn is_empty(&self) -> bool {
        self.here.is_empty()
    }

    /// One of the legs has its turn in this phase from now on, and no more in that one.
    pub(crate) fn turns(&mut self, before: Option<u8>, now: Option<u8>) {
        for (phase, change) in [(before, -1), (now, 1)] {
            let count = phase.and_then(|phase| self.turns.get_mut(usize::from(phase)));
            if let Some(count) = count {
                *count = count.saturating_add_signed(change);
            }
        }
        self.first = self.turns.iter().position(|legs| *legs > 0).unwrap_or_default() as u8;
    }

    /// Whether the port is looked at in one of these sub-ticks: when one of its legs has its turn, for what has come then is
    /// heard at once; and each 10 ms while somebody is waited for. A packet that comes between lies there, and it is known
    /// since when.
    pub(crate) fn is_due(&self, from: u64, to: u64) -> bool {
        let turn = |sub: u64| self.turns.get((sub % PHASES) as usize).is_some_and(|legs| *legs > 0);
        let step = |sub: u64| (sub + PHASES - u64::from(self.first)) / LOOK;
        let often = cfg!(not(target_os = "linux")) || self.keys.contains(&NOBODY);
        from == 0 || self.timeless || (often && step(to) != step(from - 1)) || (from..=to).any(turn)
    }

    /// One of the legs.
    pub(crate) fn first(&self) -> Option<u32> {
        self.here.first().map(|here| here.leg)
    }

    /// A leg comes. Not in a tick: it allocates. `timeless`: nobody says when its packets came.
    pub(crate) fn join(&mut self, leg: u32, marks: Marks, timeless: bool) {
        self.timeless = timeless;
        self.here.push(Here { leg, marks });
        self.keys.push(key(marks.latched));
    }

    /// A leg leaves; what its far end still sends is for nobody. Not in a tick.
    pub(crate) fn leave(&mut self, leg: u32, now: Duration) {
        let Some(at) = self.here.iter().position(|h| h.leg == leg) else { return };
        let Marks { latched, source, .. } = self.here.swap_remove(at).marks;
        self.keys.swap_remove(at);
        self.gone.retain(|gone| gone.until > now);
        if let Some(from) = latched {
            if self.gone.len() >= MOST_GONE {
                self.gone.remove(0);
            }
            self.gone.push(Gone { from, source, until: now.saturating_add(QUARANTINE) });
        }
        if self.here.is_empty() {
            (self.here, self.keys) = (Vec::new(), Vec::new());
        }
    }

    /// What is known of a leg has changed.
    pub(crate) fn mark(&mut self, leg: u32, marks: Marks) {
        let Some(at) = self.here.iter().position(|h| h.leg == leg) else { return };
        if let (Some(here), Some(place)) = (self.here.get_mut(at), self.keys.get_mut(at)) {
            (here.marks, *place) = (marks, key(marks.latched));
        }
    }

    /// Whose an RTP packet is. `source` is its SSRC, which stands in clear in encrypted ones too.
    pub(crate) fn whose(&mut self, from: SocketAddr, source: Option<u32>, now: Duration) -> Whose {
        if let [only] = self.here.as_slice()
            && self.gone.is_empty()
        {
            // It knows by itself who is a stranger.
            return Whose::Leg(only.leg);
        }
        let wanted = key(Some(from));
        let found = match self.keys.get(self.guess) {
            Some(key) if *key == wanted => Some(self.guess),
            _ => self.keys.iter().position(|key| *key == wanted),
        };
        if let Some(at) = found {
            self.guess = at + 1;
            if let Some(here) = self.here.get(at).filter(|here| here.marks.latched == Some(from)) {
                return Whose::Leg(here.leg);
            }
            // Two addresses have the same key: once in a lifetime.
            if let Some(here) = self.here.iter().find(|h| h.marks.latched == Some(from)) {
                return Whose::Leg(here.leg);
            }
        }
        if let Some(here) = self.here.iter().find(|h| h.marks.announced == Some(from)) {
            return Whose::Leg(here.leg);
        }
        let left = |g: &Gone| g.until > now && (g.from == from || g.source.is_some() && g.source == source);
        if self.gone.iter().any(left) {
            return Whose::Nobody;
        }
        // The far end of another leg whose port has changed: a stranger there, and not the one who is waited for here.
        let moved =
            |h: &&Here| h.marks.latched.is_some() && h.marks.source.is_some() && h.marks.source == source;
        if let Some(here) = self.here.iter().find(moved) {
            return Whose::Leg(here.leg);
        }
        self.waits(from)
    }

    /// The one that waits; of several the one whose far end is on that host.
    fn waits(&self, from: SocketAddr) -> Whose {
        let mut waiting = self.here.iter().filter(|h| h.marks.latched.is_none());
        let (first, second) = (waiting.next(), waiting.next());
        let one = |found: Option<&Here>| found.map_or(Whose::Nobody, |here| Whose::Leg(here.leg));
        if second.is_none() {
            return match self.here.as_slice() {
                [only] => Whose::Leg(only.leg),
                _ => one(first),
            };
        }
        let host =
            |h: &&Here| h.marks.latched.is_none() && h.marks.announced.is_some_and(|to| to.ip() == from.ip());
        let mut on_host = self.here.iter().filter(host);
        let found = on_host.next();
        if on_host.next().is_some() { Whose::Nobody } else { one(found) }
    }

    /// Whose an RTCP packet on the port above is: it comes from the port above that of the sound (RFC 3550 section 11), or
    /// from a host that one leg alone has.
    pub(crate) fn whose_report(&self, from: SocketAddr) -> Whose {
        if let [only] = self.here.as_slice() {
            return Whose::Leg(only.leg);
        }
        let sound = from.port().checked_sub(1).map(|port| SocketAddr::new(from.ip(), port));
        let speaks = |h: &Here| h.marks.latched.or(h.marks.announced);
        if let Some(here) = self.here.iter().find(|h| sound.is_some() && speaks(h) == sound) {
            return Whose::Leg(here.leg);
        }
        let mut on_host = self.here.iter().filter(|h| speaks(h).is_some_and(|at| at.ip() == from.ip()));
        match (on_host.next(), on_host.next()) {
            (Some(here), None) => Whose::Leg(here.leg),
            _ => Whose::Nobody,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn at(host: u8, port: u16) -> SocketAddr {
        ([198, 51, 100, host], port).into()
    }

    fn heard(from: SocketAddr, source: u32) -> Marks {
        Marks { latched: Some(from), announced: Some(from), source: Some(source) }
    }

    fn waits(announced: SocketAddr) -> Marks {
        Marks { announced: Some(announced), ..Marks::default() }
    }

    fn crowd(legs: &[Marks]) -> Crowd {
        let mut crowd = Crowd::default();
        for (leg, marks) in (0..).zip(legs) {
            crowd.join(leg, *marks, false);
        }
        crowd
    }

    #[test]
    fn a_port_is_looked_at_when_its_legs_have_their_turn_and_more_often_while_one_is_waited_for() {
        let due = |crowd: &Crowd| (5 * PHASES..6 * PHASES).filter(|sub| crowd.is_due(*sub, *sub)).count();
        let (mut waiting, mut talking) = (crowd(&[Marks::default()]), crowd(&[heard(at(1, 1_000), 1)]));
        for phase in 0..COUNT as u8 {
            waiting.turns(None, Some(phase));
            talking.turns(None, Some(phase));
            assert_eq!(
                (due(&waiting), due(&talking)),
                if cfg!(target_os = "linux") { (2, 1) } else { (4, 4) }
            );
            let at = 5 * PHASES + u64::from(phase);
            assert!(talking.is_due(at, at) && talking.is_due(at - 1, at + 1) && talking.is_due(0, 0));
            waiting.turns(Some(phase), None);
            talking.turns(Some(phase), None);
        }
        (0..COUNT as u8).for_each(|phase| talking.turns(None, Some(phase)));
        assert_eq!(due(&talking), COUNT);
    }

    #[test]
    fn two_legs_behind_one_address_are_told_apart_by_port() {
        let mut crowd = crowd(&[heard(at(1, 1_000), 1), heard(at(1, 1_002), 2)]);
        assert_eq!(crowd.whose(at(1, 1_000), Some(9), NOW), Whose::Leg(0));
        assert_eq!(crowd.whose(at(1, 1_002), Some(9), NOW), Whose::Leg(1));
        assert_eq!(crowd.whose(at(1, 1_004), Some(9), NOW), Whose::Nobody, "and nobody waits");
        assert_eq!(crowd.whose_report(at(1, 1_003)), Whose::Leg(1));
        assert_eq!(crowd.whose_report(at(1, 1_009)), Whose::Nobody);
    }

    #[test]
    fn who_comes_from_elsewhere_is_the_one_that_is_waited_for() {
        let mut crowd = crowd(&[heard(at(1, 1_000), 1), waits(at(2, 1_000))]);
        assert_eq!(crowd.whose(at(3, 7), Some(9), NOW), Whose::Leg(1), "behind a NAT");
        assert_eq!(
            crowd.whose(at(1, 4_000), Some(1), NOW),
            Whose::Leg(0),
            "its port has changed, it is the same"
        );
    }

    #[test]
    fn the_announced_address_decides_and_a_latched_one_before_it() {
        let mut crowd =
            crowd(&[heard(at(1, 1_000), 1), waits(at(1, 1_000)), waits(at(2, 1_000)), waits(at(3, 5))]);
        assert_eq!(crowd.whose(at(1, 1_000), Some(9), NOW), Whose::Leg(0), "nobody takes it by naming it");
        assert_eq!(crowd.whose(at(2, 1_000), Some(9), NOW), Whose::Leg(2));
        assert_eq!(crowd.whose(at(2, 9), Some(9), NOW), Whose::Leg(2), "of several who wait, by host");
        assert_eq!(crowd.whose(at(7, 9), Some(9), NOW), Whose::Nobody);
    }

    #[test]
    fn what_one_who_left_still_sends_is_for_nobody() {
        let mut crowd = crowd(&[heard(at(1, 1_000), 1), heard(at(2, 1_000), 2)]);
        crowd.leave(0, NOW);
        crowd.join(5, waits(at(3, 1_000)), false);
        let soon = NOW + Duration::from_secs(1);
        assert_eq!(crowd.whose(at(1, 1_000), Some(1), soon), Whose::Nobody);
        assert_eq!(crowd.whose(at(1, 2_000), Some(1), soon), Whose::Nobody, "from another port neither");
        assert_eq!(crowd.whose(at(4, 1_000), Some(4), soon), Whose::Leg(5));
        crowd.leave(1, NOW);
        assert_eq!(crowd.whose(at(1, 1_000), Some(1), soon), Whose::Nobody, "also for who is alone");
        assert_eq!(crowd.whose(at(1, 1_000), Some(1), NOW + QUARANTINE), Whose::Leg(5));
        for n in 0..100 {
            crowd.join(n, heard(at(9, n as u16), n), false);
            crowd.leave(n, NOW);
        }
        assert!(crowd.gone.len() <= MOST_GONE);
    }
}
