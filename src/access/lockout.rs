//! Lock-out: wrong passwords cost time that grows, per user and per source. Bounded, and no way to lock a desk out for long.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::net::IpAddr;
use std::time::Duration;

/// Wrong passwords for one user that cost nothing.
pub const FREE_OF_USER: u32 = 5;
/// Wrong passwords of one source that cost nothing: a floor of desks may share an address.
pub const FREE_OF_SOURCE: u32 = 20;
/// The first lock; each further wrong password doubles it.
pub const SHORTEST_LOCK: Duration = Duration::from_secs(30);
/// The longest lock.
pub const LONGEST_LOCK: Duration = Duration::from_secs(900);
/// So long after the last wrong password everything is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3_600);
/// Users, and sources, and pairs of both, that are remembered. When it is full, the one that failed longest ago makes
/// room; of the pairs all, and they are learnt again.
pub const MOST_REMEMBERED: usize = 4_096;

/// What failed of one user or one source.
#[derive(Clone, Copy, Debug)]
struct Count {
    fails: u32,
    last: Duration,
    until: Duration,
}

#[derive(Debug)]
struct Counts<K>(HashMap<K, Count>);

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq + Clone> Counts<K> {
    /// How long it is still locked.
    fn left(&self, key: &K, now: Duration) -> Option<Duration> {
        let count = self.0.get(key)?;
        count.until.checked_sub(now).filter(|left| !left.is_zero())
    }

    /// One more that may be wrong: counted before it is known, so that guesses at the same moment count too.
    fn add(&mut self, key: &K, now: Duration, free: u32) {
        let old = self.0.get(key).copied().filter(|c| now.saturating_sub(c.last) < FORGOTTEN_AFTER);
        let fails = old.map_or(1, |c| c.fails.saturating_add(1));
        let until = match fails.checked_sub(free) {
            Some(over @ 0..=15) => {
                now.saturating_add(SHORTEST_LOCK.saturating_mul(1 << over).min(LONGEST_LOCK))
            }
            Some(_) => now.saturating_add(LONGEST_LOCK),
            None => now,
        };
        if old.is_none() && self.0.len() >= MOST_REMEMBERED {
            self.make_room();
        }
        self.0.insert(key.clone(), Count { fails, last: now, until });
    }

    fn make_room(&mut self) {
        let oldest = self.0.iter().min_by_key(|(_, count)| count.last).map(|(key, _)| key.clone());
        if let Some(key) = oldest {
            self.0.remove(&key);
        }
    }

    /// It was right after all: the source is as it was before.
    fn take_back(&mut self, key: &K, free: u32) {
        if let Some(count) = self.0.get_mut(key) {
            count.fails = count.fails.saturating_sub(1);
            if count.fails < free {
                count.until = Duration::ZERO;
            }
        }
    }
}

/// Who guessed how often. Time is the time since the start.
#[derive(Debug, Default)]
pub struct LockOut {
    users: Counts<Box<str>>,
    sources: Counts<IpAddr>,
    /// Who has signed in from where: these are not kept out by what others guess elsewhere.
    known: HashSet<(Box<str>, IpAddr)>,
}

impl LockOut {
    /// Whether a password may be tried now, and counts it as wrong until [`Self::passed`]. `source` is the network
    /// address, `None` where all share one: this machine itself, or a proxy that does not say for whom it asks.
    ///
    /// # Errors
    /// How long the asker must wait.
    pub fn begin(&mut self, now: Duration, user: &str, source: Option<IpAddr>) -> Result<(), Duration> {
        let user: Box<str> = user.into();
        let known = source.is_some_and(|source| self.known.contains(&(user.clone(), source)));
        let of_user = if known { None } else { self.users.left(&user, now) };
        let of_source = source.and_then(|source| self.sources.left(&source, now));
        if let Some(left) = of_user.max(of_source) {
            return Err(left);
        }
        self.users.add(&user, now, FREE_OF_USER);
        if let Some(source) = source {
            self.sources.add(&source, now, FREE_OF_SOURCE);
        }
        Ok(())
    }

    /// Password and second factor were right.
    pub fn passed(&mut self, user: &str, source: Option<IpAddr>) {
        let user: Box<str> = user.into();
        self.users.0.remove(&user);
        if let Some(source) = source {
            self.sources.take_back(&source, FREE_OF_SOURCE);
            if self.known.len() >= MOST_REMEMBERED {
                self.known.clear();
            }
            self.known.insert((user, source));
        }
    }

    /// It was right, but not everything was shown yet: takes the one try back and forgets nothing.
    pub fn no_guess(&mut self, user: &str, source: Option<IpAddr>) {
        self.users.take_back(&user.into(), FREE_OF_USER);
        if let Some(source) = source {
            self.sources.take_back(&source, FREE_OF_SOURCE);
        }
    }

    /// An admin has reset the account: it starts afresh.
    pub fn pardon(&mut self, user: &str) {
        self.users.0.remove(user);
    }

    /// Users and sources that are remembered now.
    pub fn remembered(&self) -> (usize, usize) {
        (self.users.0.len(), self.sources.0.len())
    }
}
