//! Who misbehaves: counted by source and by user name, slowed, then listed and not heard for a time.
//!
//! A mistake costs nothing at first: people mistype, and phones are set up wrongly. From [`SourceSettings::free`] wrong
//! passwords on, each one is followed by a silence that doubles from a second; whoever asks over UDP repeats itself and is
//! heard when the silence is over, so that it is a delay for the honest. At [`SourceSettings::guesses`] the source is listed.
//! A trunk is never listed or slowed: its addresses are the admin's word.

use std::collections::HashMap;
use std::time::Duration;

use crate::Origin;

/// Most sources that are remembered. When full, the least offending eighth is forgotten.
const MOST_SOURCES: usize = 4_096;
/// Most user names that are remembered. When full, the least guessed eighth is forgotten.
const MOST_USERS: usize = 1_024;
/// Names that one source tried, of which each is forgiven when it comes with the right password. When full, further ones
/// are not forgiven.
const MOST_TRIED: usize = 4;
/// Longest name that is remembered as it is; longer ones count as one.
const LONGEST_NAME: usize = 64;
/// Longest silence between two guesses.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);
/// Longest lock; each relapse doubles it up to this.
const LONGEST_LOCK: Duration = Duration::from_secs(24 * 3600);

/// To which network a source belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// A trunk's.
    Trunk,
    /// The phones'.
    Phone,
    /// Nobody's.
    Stranger,
}

/// What a source did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    /// Its User-Agent is a scanner's.
    Scanner,
    /// It asked for a number or user that is not there or not its own (403, 404, 484 ...).
    Probe,
    /// What it sent could not be read.
    Garbage,
    /// A stranger asked for something, and was not answered.
    Knock,
}

/// Why a source is listed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// A scanner by its own word.
    Scanner,
    /// Wrong passwords.
    Guessing,
    /// Too many numbers or users that are not there.
    Probing,
    /// Too much that could not be read.
    Garbage,
    /// A stranger that does not give up.
    Knocking,
}

impl Reason {
    /// The word for the log and the interface.
    pub fn word(self) -> &'static str {
        match self {
            Self::Scanner => "scanner",
            Self::Guessing => "guessing",
            Self::Probing => "probing",
            Self::Garbage => "garbage",
            Self::Knocking => "knocking",
        }
    }
}

/// How patient the house is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceSettings {
    /// Further scanners' User-Agents, by their beginning.
    pub scanners: Vec<String>,
    /// Wrong passwords of a source that are followed by no silence.
    pub free: u32,
    /// Wrong passwords of a source after which it is listed.
    pub guesses: u32,
    /// Wrong passwords for one user name, from wherever, after which it may be used from its registered phone's address only.
    pub user_guesses: u32,
    /// 403, 404 and the like of a source after which it is listed; unreadable messages: the same number.
    pub probes: u32,
    /// Requests of a stranger after which it is listed.
    pub knocks: u32,
    /// What is counted is forgotten after this time.
    pub window: Duration,
    /// How long a source is listed the first time.
    pub lock: Duration,
}

impl Default for SourceSettings {
    fn default() -> Self {
        Self {
            scanners: Vec::new(),
            free: 3,
            guesses: 10,
            user_guesses: 30,
            probes: 50,
            knocks: 20,
            window: Duration::from_secs(600),
            lock: Duration::from_secs(900),
        }
    }
}

/// What came of a deed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Counted; nothing to say.
    Counted,
    /// The first of this source for a while: worth a line.
    First,
    /// Listed now: worth a line, and nothing of it is heard from here on.
    Listed(Reason),
}

/// A listed source, for the admin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listed {
    /// Who.
    pub origin: Origin,
    /// Since when, UTC milliseconds.
    pub since_ms: i64,
    /// For how long still.
    pub left: Duration,
    /// Why.
    pub reason: Reason,
    /// Deeds that were counted until it was listed.
    pub deeds: u32,
    /// How often it was listed.
    pub times: u32,
    /// Messages that were dropped since then.
    pub dropped: u64,
}

#[derive(Clone, Copy, Debug)]
struct Lock {
    since_ms: i64,
    until: Duration,
    reason: Reason,
    deeds: u32,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    /// The window that is counted in began then.
    since: Duration,
    last: Duration,
    guesses: u32,
    probes: u32,
    garbage: u32,
    knocks: u32,
    tried: Vec<(Box<str>, u32)>,
    quiet_until: Duration,
    lock: Option<Lock>,
    times: u32,
    dropped: u64,
}

impl Entry {
    fn deeds(&self) -> u32 {
        [self.probes, self.garbage, self.knocks].into_iter().fold(self.guesses, u32::saturating_add)
    }

    /// What is older than the window is forgotten, and a lock that is over is lifted.
    fn age(&mut self, now: Duration, window: Duration) {
        if self.lock.is_some_and(|lock| lock.until <= now) {
            self.lock = None;
            self.clear(now);
        }
        if self.lock.is_none() && now.saturating_sub(self.since) >= window {
            self.clear(now);
        }
    }

    fn clear(&mut self, now: Duration) {
        self.since = now;
        (self.guesses, self.probes, self.garbage, self.knocks) = (0, 0, 0, 0);
        self.tried.clear();
        self.quiet_until = Duration::ZERO;
    }
}

#[derive(Clone, Copy, Debug)]
struct Name {
    since: Duration,
    guesses: u32,
    until: Duration,
    times: u32,
}

/// The table of sources and of guessed names.
#[derive(Debug)]
pub struct Sources {
    settings: SourceSettings,
    sources: HashMap<Origin, Entry>,
    names: HashMap<Box<str>, Name>,
    listed: u64,
    dropped: u64,
}

impl Sources {
    /// Nobody has done anything yet.
    pub fn new(settings: SourceSettings) -> Self {
        Self { settings, sources: HashMap::new(), names: HashMap::new(), listed: 0, dropped: 0 }
    }

    /// Other limits from now on; who is listed stays so.
    pub fn set(&mut self, settings: SourceSettings) {
        self.settings = settings;
    }

    /// Whether this User-Agent is a scanner's.
    pub fn is_scanner(&self, agent: &str) -> bool {
        crate::is_scanner(agent, &self.settings.scanners)
    }

    /// Whether a message of this source is heard; what is not heard is counted. Cheap: asked for each message.
    pub fn hears(&mut self, now: Duration, origin: Origin, standing: Standing) -> bool {
        if standing == Standing::Trunk {
            return true;
        }
        let Some(entry) = self.sources.get_mut(&origin) else { return true };
        let locked = entry.lock.is_some_and(|lock| lock.until > now);
        if locked || entry.quiet_until > now {
            entry.dropped = entry.dropped.saturating_add(1);
            self.dropped = self.dropped.saturating_add(1);
            return false;
        }
        true
    }

    /// Whether this source is listed now; nothing is counted.
    pub fn is_listed(&self, now: Duration, origin: Origin) -> bool {
        self.sources.get(&origin).and_then(|e| e.lock).is_some_and(|lock| lock.until > now)
    }

    /// Whether this user name may be tried: not while it is guessed at. Its registered phone's address always may.
    pub fn may_try(&self, now: Duration, user: &str) -> bool {
        self.names.get(short(user)).is_none_or(|name| name.until <= now)
    }

    /// Messages of a listed source that were dropped before they came this far.
    pub fn dropped_outside(&mut self, origin: Origin, count: u64) {
        self.dropped = self.dropped.saturating_add(count);
        if let Some(entry) = self.sources.get_mut(&origin) {
            entry.dropped = entry.dropped.saturating_add(count);
        }
    }

    /// A source did something. `utc_ms` is for the list.
    pub fn did(
        &mut self,
        now: Duration,
        utc_ms: i64,
        origin: Origin,
        standing: Standing,
        deed: Deed,
    ) -> Outcome {
        let settings = self.settings.clone();
        let entry = self.entry(now, origin);
        let first = entry.deeds() == 0;
        let (count, limit, reason) = match deed {
            Deed::Scanner => (&mut entry.probes, 1, Reason::Scanner),
            Deed::Probe => (&mut entry.probes, settings.probes, Reason::Probing),
            Deed::Garbage => (&mut entry.garbage, settings.probes, Reason::Garbage),
            Deed::Knock => (&mut entry.knocks, settings.knocks, Reason::Knocking),
        };
        *count = count.saturating_add(1);
        let over = *count >= limit;
        self.judge(now, utc_ms, origin, standing, (first, over, reason))
    }

    /// A wrong password. Known and unknown names count alike, so that the house does not tell them apart.
    pub fn wrong(
        &mut self,
        now: Duration,
        utc_ms: i64,
        origin: Origin,
        standing: Standing,
        user: &str,
    ) -> Outcome {
        self.guessed(now, user);
        let settings = self.settings.clone();
        let entry = self.entry(now, origin);
        let first = entry.deeds() == 0;
        entry.guesses = entry.guesses.saturating_add(1);
        let (name, room) = (short(user), entry.tried.len() < MOST_TRIED);
        match entry.tried.iter_mut().find(|(tried, _)| **tried == *name) {
            Some((_, count)) => *count = count.saturating_add(1),
            None if room => entry.tried.push((name.into(), 1)),
            None => {}
        }
        if entry.guesses > settings.free && standing != Standing::Trunk {
            let steps = entry.guesses.saturating_sub(settings.free).saturating_sub(1).min(16);
            let silence = Duration::from_secs(1u64 << steps).min(LONGEST_SILENCE);
            entry.quiet_until = now.saturating_add(silence);
        }
        let over = entry.guesses >= settings.guesses;
        self.judge(now, utc_ms, origin, standing, (first, over, Reason::Guessing))
    }

    /// A right password: the mistakes that were made with this name from here are forgiven, those with other names are not.
    pub fn right(&mut self, now: Duration, origin: Origin, user: &str) {
        self.names.remove(short(user));
        let Some(entry) = self.sources.get_mut(&origin) else { return };
        if let Some(at) = entry.tried.iter().position(|(tried, _)| **tried == *short(user)) {
            let (_, count) = entry.tried.swap_remove(at);
            entry.guesses = entry.guesses.saturating_sub(count);
        }
        if entry.guesses <= self.settings.free {
            entry.quiet_until = entry.quiet_until.min(now);
        }
    }

    /// Takes a source off the list; false when it is not on it.
    pub fn pardon(&mut self, now: Duration, origin: Origin) -> bool {
        self.sources.remove(&origin).is_some_and(|e| e.lock.is_some_and(|lock| lock.until > now))
    }

    /// Who is listed now, the worst first.
    pub fn list(&self, now: Duration) -> Vec<Listed> {
        let row = |(origin, entry): (&Origin, &Entry)| {
            let lock = entry.lock.filter(|lock| lock.until > now)?;
            Some(Listed {
                origin: *origin,
                since_ms: lock.since_ms,
                left: lock.until.saturating_sub(now),
                reason: lock.reason,
                deeds: lock.deeds,
                times: entry.times,
                dropped: entry.dropped,
            })
        };
        let mut list: Vec<Listed> = self.sources.iter().filter_map(row).collect();
        list.sort_by_key(|row| (std::cmp::Reverse(row.dropped), row.origin));
        list
    }

    /// User names that are guessed at now: how many.
    pub fn names_locked(&self, now: Duration) -> usize {
        self.names.values().filter(|name| name.until > now).count()
    }

    /// How often a source was listed, and how many messages were dropped, since the start.
    pub fn counts(&self) -> (u64, u64) {
        (self.listed, self.dropped)
    }

    /// Sources and names that are remembered.
    pub fn len(&self) -> (usize, usize) {
        (self.sources.len(), self.names.len())
    }

    fn entry(&mut self, now: Duration, origin: Origin) -> &mut Entry {
        if self.sources.len() >= MOST_SOURCES && !self.sources.contains_key(&origin) {
            let mut all: Vec<_> = self
                .sources
                .iter()
                .map(|(o, e)| (e.lock.is_some_and(|l| l.until > now), e.times, e.deeds(), e.last, *o))
                .collect();
            all.sort_unstable();
            for (.., origin) in all.into_iter().take(MOST_SOURCES / 8) {
                self.sources.remove(&origin);
            }
        }
        let window = self.settings.window;
        let entry = self.sources.entry(origin).or_insert_with(|| Entry { since: now, ..Entry::default() });
        entry.age(now, window);
        entry.last = now;
        entry
    }

    fn judge(
        &mut self,
        now: Duration,
        utc_ms: i64,
        origin: Origin,
        standing: Standing,
        (first, over, reason): (bool, bool, Reason),
    ) -> Outcome {
        let (lock, quiet) = (self.settings.lock, if first { Outcome::First } else { Outcome::Counted });
        let Some(entry) = self.sources.get_mut(&origin) else { return quiet };
        if !over || standing == Standing::Trunk || entry.lock.is_some() {
            return quiet;
        }
        entry.times = entry.times.saturating_add(1);
        let doubled =
            lock.saturating_mul(1 << entry.times.saturating_sub(1).min(16)).min(LONGEST_LOCK.max(lock));
        let deeds = entry.deeds();
        entry.lock = Some(Lock { since_ms: utc_ms, until: now.saturating_add(doubled), reason, deeds });
        entry.dropped = 0;
        self.listed = self.listed.saturating_add(1);
        Outcome::Listed(reason)
    }

    fn guessed(&mut self, now: Duration, user: &str) {
        if self.names.len() >= MOST_USERS && !self.names.contains_key(short(user)) {
            let mut all: Vec<_> =
                self.names.iter().map(|(n, e)| (e.until > now, e.guesses, e.since, n.clone())).collect();
            all.sort_unstable();
            for (.., name) in all.into_iter().take(MOST_USERS / 8) {
                self.names.remove(&name);
            }
        }
        let fresh = Name { since: now, guesses: 0, until: Duration::ZERO, times: 0 };
        let name = self.names.entry(short(user).into()).or_insert(fresh);
        if now.saturating_sub(name.since) >= self.settings.window {
            (name.since, name.guesses) = (now, 0);
        }
        name.guesses = name.guesses.saturating_add(1);
        if name.guesses >= self.settings.user_guesses && name.until <= now {
            name.times = name.times.saturating_add(1);
            let factor = 1 << name.times.saturating_sub(1).min(16);
            let lock = self.settings.lock;
            name.until = now.saturating_add(lock.saturating_mul(factor).min(LONGEST_LOCK.max(lock)));
            name.guesses = 0;
        }
    }
}

/// The name as it is remembered: one that could be no phone of ours stands for all such.
fn short(user: &str) -> &str {
    let fine = |b: u8| b.is_ascii_alphanumeric() || b"+.-_".contains(&b);
    if user.len() <= LONGEST_NAME && user.bytes().all(fine) { user } else { "" }
}
