//! Whom the sockets hear: listed sources not at all, the others so many messages a second.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use guard::{Origin, RateSettings, Rates, Standing};
use sip::Net;

/// Most sources that are shut out here. When full, further ones are dropped by the loop instead, which costs more.
const MOST_SHUT: usize = 4_096;

/// Most addresses outside all networks that the house has sent requests to. When full, all are forgotten; the next request
/// makes each known again.
pub(crate) const MOST_FRIENDS: usize = 1_024;

/// What becomes of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Heard {
    Yes,
    /// Its source brings too much.
    TooMany,
    /// Its source is listed.
    Shut,
}

/// Networks and limits; other ones may come while the house runs.
#[derive(Clone, Debug)]
pub struct DoorSettings {
    /// Networks of trunks.
    pub trunks: Vec<Net>,
    /// Networks of phones.
    pub phones: Vec<Net>,
    /// Messages a second.
    pub rates: RateSettings,
}

impl Default for DoorSettings {
    /// Nobody is known, and nobody is counted.
    fn default() -> Self {
        let rates = RateSettings { a_second: u32::MAX };
        Self { trunks: Vec::new(), phones: Vec::new(), rates }
    }
}

/// Shared by all sockets.
#[derive(Debug)]
pub struct Door {
    start: Instant,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    settings: DoorSettings,
    rates: Rates,
    shut: HashMap<Origin, Shut>,
    /// Whom the house has sent requests to: they may answer as a trunk may.
    friends: HashSet<Origin>,
}

#[derive(Debug)]
struct Shut {
    until: Duration,
    dropped: u64,
}

impl Inner {
    fn standing(&self, ip: IpAddr) -> Standing {
        let within = |nets: &[Net]| nets.iter().any(|net| net.contains(ip));
        if within(&self.settings.trunks) || self.friends.contains(&Origin::of(ip)) {
            Standing::Trunk
        } else if within(&self.settings.phones) {
            Standing::Phone
        } else {
            Standing::Stranger
        }
    }
}

impl Door {
    pub(super) fn new(settings: DoorSettings) -> Self {
        let rates = Rates::new(settings.rates);
        Self {
            start: Instant::now(),
            inner: Mutex::new(Inner { settings, rates, shut: HashMap::new(), friends: HashSet::new() }),
        }
    }

    /// Other networks and limits from now on.
    pub fn set(&self, settings: DoorSettings) {
        let mut inner = self.inner();
        inner.rates.set(settings.rates);
        inner.settings = settings;
    }

    /// Nothing of this source for so long.
    pub fn shut(&self, origin: Origin, time: Duration) {
        let now = self.start.elapsed();
        let mut inner = self.inner();
        if inner.shut.len() >= MOST_SHUT {
            inner.shut.retain(|_, shut| shut.until > now);
        }
        if inner.shut.len() < MOST_SHUT {
            inner.shut.insert(origin, Shut { until: now.saturating_add(time), dropped: 0 });
        }
    }

    /// This source again.
    pub fn open(&self, origin: Origin) {
        self.inner().shut.remove(&origin);
    }

    /// The house has sent a request to this source.
    pub fn befriend(&self, origin: Origin) {
        let mut inner = self.inner();
        inner.shut.remove(&origin);
        if inner.friends.len() >= MOST_FRIENDS {
            inner.friends.clear();
        }
        inner.friends.insert(origin);
    }

    /// How much of each was dropped since this was asked last.
    pub fn dropped(&self) -> Vec<(Origin, u64)> {
        let now = self.start.elapsed();
        let mut inner = self.inner();
        let all = inner.shut.iter_mut().filter(|(_, shut)| shut.dropped > 0);
        let dropped = all.map(|(origin, shut)| (*origin, std::mem::take(&mut shut.dropped))).collect();
        inner.shut.retain(|_, shut| shut.until > now);
        dropped
    }

    /// Whether a message of this host is heard.
    pub(super) fn hears(&self, ip: IpAddr) -> Heard {
        let (now, origin) = (self.start.elapsed(), Origin::of(ip));
        let mut inner = self.inner();
        if let Some(shut) = inner.shut.get_mut(&origin).filter(|shut| shut.until > now) {
            shut.dropped = shut.dropped.saturating_add(1);
            return Heard::Shut;
        }
        let standing = inner.standing(ip);
        if inner.rates.take(now, origin, standing) { Heard::Yes } else { Heard::TooMany }
    }

    /// Whether a connection of this host is taken.
    pub(super) fn admits(&self, ip: IpAddr) -> bool {
        let now = self.start.elapsed();
        self.inner().shut.get(&Origin::of(ip)).is_none_or(|shut| shut.until <= now)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
