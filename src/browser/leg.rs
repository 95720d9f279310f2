//! One browser's leg: who has proven to be it, by which way it is reached, and its keys.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use media::Outer;
use media::srtp::{self, Guard};

use crate::contract::{Credentials, Far, Why};
use crate::dtls::{Handshake, Identity, Step};

/// Largest datagram that is looked at, and room for what a packet of ours grows by.
pub(crate) const DATAGRAM: usize = 1_500;
/// Most addresses of one leg: a browser has one for each network that it is in. When full: the oldest is forgotten.
const MOST_ADDRESSES: usize = 8;
/// Without a check or packet for so long nothing more is sent there (RFC 7675 section 5.1).
const CONSENT: Duration = Duration::from_secs(30);
/// A handshake that is not done by then is given up.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What became of a datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// It was taken.
    Taken,
    /// It was forged, repeated or unreadable.
    Forged,
    /// The leg's ring is full.
    Late,
    /// The leg is over.
    Over(Why),
}

/// One leg.
pub(crate) struct Body {
    pub ring: Outer,
    /// Our credentials; after a restart those before, for checks that are on their way, come second.
    pub ours: Vec<Credentials>,
    pub far: Option<Far>,
    /// Where it has proven to be, the latest last.
    pub addresses: Vec<SocketAddr>,
    /// Where our packets go.
    to: Option<SocketAddr>,
    /// The browser chose that way itself.
    chosen: bool,
    handshake: Option<Handshake>,
    guard: Option<Guard>,
    heard: Instant,
    /// The handshake must be done by then.
    until: Option<Instant>,
}

impl Body {
    pub fn new(ring: Outer, ours: Credentials, now: Instant) -> Self {
        Self {
            ring,
            ours: vec![ours],
            far: None,
            addresses: Vec::new(),
            to: None,
            chosen: false,
            handshake: None,
            guard: None,
            heard: now,
            until: None,
        }
    }

    /// The far end is known, or known anew. False: there can be no handshake.
    pub fn meet(&mut self, identity: &Identity, far: Far, now: Instant) -> bool {
        let same = |before: &Far| before.fingerprints == far.fingerprints && before.client == far.client;
        if !self.far.as_ref().is_some_and(same) {
            let Some(handshake) = Handshake::new(identity, &far) else { return false };
            self.handshake = Some(handshake);
            // What was heard before goes on until there are other keys.
            self.until = Some(now + PATIENCE);
        }
        self.far = Some(far);
        if self.to.is_some() {
            self.begin(now);
        }
        true
    }

    fn begin(&mut self, now: Instant) {
        if let Some(handshake) = &mut self.handshake {
            handshake.begin(now);
        }
    }

    /// A check from there was proven; `wanted`: the browser wants that way used. The address that is forgotten for it.
    pub fn proven(&mut self, from: SocketAddr, wanted: bool, now: Instant) -> Option<SocketAddr> {
        self.heard = now;
        let mut forgotten = None;
        if !self.addresses.contains(&from) {
            if self.addresses.len() >= MOST_ADDRESSES {
                forgotten = Some(self.addresses.remove(0));
            }
            self.addresses.push(from);
        }
        // Until the browser has chosen any way will do (RFC 8445 section 12.1).
        if wanted || !self.chosen && self.to.is_none() {
            self.to = Some(from);
            self.chosen |= wanted;
        }
        if self.far.is_some() {
            self.begin(now);
        }
        forgotten
    }

    /// A message of the handshake.
    pub fn shake(&mut self, now: Instant, datagram: &[u8]) -> Fate {
        let Some(handshake) = &mut self.handshake else { return Fate::Forged };
        match handshake.read(now, datagram) {
            Step::Goes => Fate::Taken,
            Step::Closed => Fate::Over(Why::Closed),
            Step::Refused => Fate::Over(Why::Certificate),
            Step::Keys(keys) => {
                self.guard = Some(Guard::new(&keys));
                self.until = None;
                Fate::Taken
            }
        }
    }

    /// A packet of its sound; `since` is the time since the start.
    pub fn packet(&mut self, now: Instant, since: Duration, datagram: &mut [u8]) -> Fate {
        let Some(guard) = &mut self.guard else { return Fate::Forged };
        let opened = if srtp::is_report(datagram) {
            guard.unprotect_report(datagram, since)
        } else {
            guard.unprotect(datagram, since)
        };
        let Some(plain) = opened.and_then(|length| datagram.get(..length)) else { return Fate::Forged };
        self.heard = now;
        if self.ring.push(plain) { Fate::Taken } else { Fate::Late }
    }

    /// Sends what its ring holds; until there are keys it waits there, so that nothing of a greeting is lost.
    pub fn drain(&mut self, now: Instant, send: &mut dyn FnMut(SocketAddr, &[u8])) {
        let (Some(guard), Some(to)) = (&mut self.guard, self.to) else { return };
        let consents = now.saturating_duration_since(self.heard) < CONSENT;
        let mut buffer = [0; DATAGRAM];
        while let Some(length) = self.ring.pop(&mut buffer[..DATAGRAM - srtp::TAIL]) {
            let sealed = if srtp::is_report(buffer.get(..length).unwrap_or_default()) {
                guard.protect_report(&mut buffer, length)
            } else {
                guard.protect(&mut buffer, length)
            };
            if let Some(bytes) = sealed.and_then(|length| buffer.get(..length)).filter(|_| consents) {
                send(to, bytes);
            }
        }
    }

    /// What is due; why the leg is over.
    pub fn due(&mut self, now: Instant) -> Option<Why> {
        if let Some(handshake) = &mut self.handshake {
            handshake.due(now);
        }
        self.until.is_some_and(|until| until <= now).then_some(Why::NoWay)
    }

    /// When [`Self::due`] is wanted.
    pub fn next(&self) -> Option<Instant> {
        let repeat = self.handshake.as_ref().and_then(Handshake::next);
        [repeat, self.until].into_iter().flatten().min()
    }

    /// Messages of the handshake go by the way that there is.
    pub fn speak(&mut self, send: &mut dyn FnMut(SocketAddr, &[u8])) {
        let (Some(handshake), Some(to)) = (&mut self.handshake, self.to) else { return };
        while let Some(datagram) = handshake.poll() {
            send(to, &datagram);
        }
    }

    /// Says goodbye.
    pub fn stop(&mut self, now: Instant, send: &mut dyn FnMut(SocketAddr, &[u8])) {
        if let Some(handshake) = self.handshake.as_mut().filter(|_| self.guard.is_some()) {
            handshake.stop(now);
        }
        self.speak(send);
    }
}
