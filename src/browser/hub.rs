//! All browser legs on one UDP port, without the socket: datagrams find their leg by address, checks by the leg's fragment (RFC 7983).

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use media::{Outer, Port};

use crate::contract::{Counts, Credentials, Far, Leg, Order, Told, Why};
use crate::dtls::Identity;
use crate::ice::Check;
use crate::leg::{Body, Fate};

/// Credentials of one leg that are answered at a time: those of now and, after a restart, those before.
const MOST_CREDENTIALS: usize = 2;

/// The legs.
pub(crate) struct Hub {
    identity: Identity,
    start: Instant,
    legs: BTreeMap<Leg, Body>,
    by_fragment: HashMap<String, Leg>,
    by_address: HashMap<SocketAddr, Leg>,
    /// Rings of ports that no leg has.
    free: HashMap<Port, Outer>,
    told: VecDeque<Told>,
    counts: Arc<Counts>,
}

/// How a datagram leaves.
pub(crate) type Send<'a> = &'a mut dyn FnMut(SocketAddr, &[u8]);

impl Hub {
    /// Without legs. As many as there are rings can be.
    pub fn new(identity: Identity, rings: Vec<Outer>, counts: Arc<Counts>, now: Instant) -> Self {
        let free = rings.into_iter().map(|ring| (ring.port(), ring)).collect();
        Self {
            identity,
            start: now,
            legs: BTreeMap::new(),
            by_fragment: HashMap::new(),
            by_address: HashMap::new(),
            free,
            told: VecDeque::new(),
            counts,
        }
    }

    /// What has happened.
    pub fn poll(&mut self) -> Option<Told> {
        self.told.pop_front()
    }

    /// Carries out an order. Orders about a leg that is not there are ignored.
    pub fn order(&mut self, now: Instant, order: Order, send: Send<'_>) {
        match order {
            Order::Open { leg, port, ours } => self.open(now, leg, port, ours),
            Order::Meet { leg, ours, far } => self.meet(now, leg, ours, *far, send),
            Order::Close { leg } => self.close(now, leg, send),
        }
    }

    fn open(&mut self, now: Instant, leg: Leg, port: Port, ours: Credentials) {
        if self.legs.contains_key(&leg) {
            return;
        }
        let Some(ring) = self.free.remove(&port) else {
            return self.told.push_back(Told::Gone(leg, Why::Full));
        };
        self.by_fragment.insert(ours.fragment.clone(), leg);
        self.legs.insert(leg, Body::new(ring, ours, now));
    }

    fn meet(&mut self, now: Instant, leg: Leg, ours: Credentials, far: Far, send: Send<'_>) {
        let Some(body) = self.legs.get_mut(&leg) else { return };
        if body.ours.first() != Some(&ours) {
            self.by_fragment.insert(ours.fragment.clone(), leg);
            body.ours.insert(0, ours);
            for old in body.ours.drain(MOST_CREDENTIALS.min(body.ours.len())..) {
                self.by_fragment.remove(&old.fragment);
            }
        }
        if !body.meet(&self.identity, far, now) {
            return self.over(now, leg, Why::NoWay, send);
        }
        body.speak(send);
    }

    fn close(&mut self, now: Instant, leg: Leg, send: Send<'_>) {
        let Some(mut body) = self.legs.remove(&leg) else { return };
        body.stop(now, send);
        for credentials in &body.ours {
            self.by_fragment.remove(&credentials.fragment);
        }
        self.by_address.retain(|_, owner| *owner != leg);
        let mut ring = body.ring;
        ring.clear();
        self.free.insert(ring.port(), ring);
    }

    fn over(&mut self, now: Instant, leg: Leg, why: Why, send: Send<'_>) {
        self.close(now, leg, send);
        self.told.push_back(Told::Gone(leg, why));
    }

    /// A datagram came (RFC 7983 section 7 tells the kinds apart).
    pub fn receive(&mut self, now: Instant, from: SocketAddr, datagram: &mut [u8], send: Send<'_>) {
        let fate = match datagram.first() {
            Some(0..=3) => self.check(now, from, datagram, send),
            Some(20..=63) => self.of(from).map(|(leg, body)| {
                let fate = body.shake(now, datagram);
                body.speak(send);
                (leg, fate)
            }),
            Some(128..=191) => {
                let since = now.saturating_duration_since(self.start);
                self.of(from).map(|(leg, body)| (leg, body.packet(now, since, datagram)))
            }
            Some(_) | None => None,
        };
        let count = match fate {
            Some((_, Fate::Taken)) => return,
            None => &self.counts.strangers,
            Some((_, Fate::Forged)) => &self.counts.forged,
            Some((_, Fate::Late)) => &self.counts.late,
            Some((leg, Fate::Over(why))) => return self.over(now, leg, why, send),
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    fn of(&mut self, from: SocketAddr) -> Option<(Leg, &mut Body)> {
        let leg = *self.by_address.get(&from)?;
        Some((leg, self.legs.get_mut(&leg)?))
    }

    /// A connectivity check: the only thing that makes an address known.
    fn check(
        &mut self,
        now: Instant,
        from: SocketAddr,
        datagram: &[u8],
        send: Send<'_>,
    ) -> Option<(Leg, Fate)> {
        let check = Check::read(datagram)?;
        let leg = *self.by_fragment.get(check.fragment())?;
        let body = self.legs.get_mut(&leg)?;
        let current = body.ours.first().is_some_and(|ours| ours.fragment == check.fragment());
        let ours = body.ours.iter().find(|ours| ours.fragment == check.fragment())?;
        // Those before a restart came from an end of which the name is not kept.
        let theirs = body.far.as_ref().filter(|_| current).map(|far| far.fragment.as_str());
        let Some((answer, wanted)) = check.answer(ours, theirs, from, self.identity.crypto()) else {
            return Some((leg, Fate::Forged));
        };
        // Nobody takes the way of another leg away by a check of his own.
        if *self.by_address.entry(from).or_insert(leg) != leg {
            return Some((leg, Fate::Forged));
        }
        send(from, &answer);
        if let Some(forgotten) = body.proven(from, wanted, now) {
            self.by_address.remove(&forgotten);
        }
        body.speak(send);
        body.drain(now, send);
        Some((leg, Fate::Taken))
    }

    /// A media thread has something in its rings.
    pub fn stirred(&mut self, now: Instant, send: Send<'_>) {
        for body in self.legs.values_mut() {
            body.drain(now, send);
        }
    }

    /// What is due; what a leg left in its ring as it went is thrown away.
    pub fn due(&mut self, now: Instant, send: Send<'_>) {
        let mut over = Vec::new();
        for (leg, body) in &mut self.legs {
            let why = body.due(now);
            body.speak(send);
            over.extend(why.map(|why| (*leg, why)));
        }
        for (leg, why) in over {
            self.over(now, leg, why, send);
        }
        self.free.values_mut().for_each(Outer::clear);
    }

    /// When [`Self::due`] is wanted, where a leg wants it.
    pub fn next(&self) -> Option<Instant> {
        self.legs.values().filter_map(Body::next).min()
    }

    /// Everybody is told that it is over.
    pub fn stop(&mut self, now: Instant, send: Send<'_>) {
        let legs: Vec<Leg> = self.legs.keys().copied().collect();
        for leg in legs {
            self.close(now, leg, send);
        }
    }
}
