//! Messages a second of one source, counted before they are read.

use std::collections::HashMap;
use std::time::Duration;

use crate::Origin;
use crate::sources::Standing;

/// Most sources whose messages are counted. When full, those that have been quiet are forgotten; when none has, all further
/// sources share one count.
const MOST_SOURCES: usize = 8_192;
/// A source that was quiet may bring the messages of so many seconds at once: phones that come back after a power cut.
const BURST: f64 = 5.0;
/// A trunk may bring so many times as much as a phone's address.
const TRUNK: f64 = 10.0;
/// A stranger may bring this part of what a phone's address may: enough to be noticed, and to be listed.
const STRANGER: f64 = 0.1;

/// How many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RateSettings {
    /// Messages a second from one address of a phone network.
    pub a_second: u32,
}

impl Default for RateSettings {
    fn default() -> Self {
        Self { a_second: 300 }
    }
}

/// Counts messages; buckets that fill at the allowed rate.
#[derive(Debug)]
pub struct Rates {
    settings: RateSettings,
    buckets: HashMap<Origin, Bucket>,
    others: Bucket,
    /// When the quiet ones were last looked for.
    swept: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    at: Duration,
    /// Messages that may come at once.
    left: f64,
}

impl Bucket {
    fn take(&mut self, now: Duration, rate: f64) -> bool {
        let since = now.saturating_sub(self.at).as_secs_f64();
        self.at = now.max(self.at);
        self.left = (self.left + since * rate).min(rate * BURST);
        let fits = self.left >= 1.0;
        if fits {
            self.left -= 1.0;
        }
        fits
    }
}

impl Rates {
    /// Nobody has come yet.
    pub fn new(settings: RateSettings) -> Self {
        let others = Bucket { at: Duration::ZERO, left: 0.0 };
        Self { settings, buckets: HashMap::new(), others, swept: None }
    }

    /// Other limits from now on.
    pub fn set(&mut self, settings: RateSettings) {
        self.settings = settings;
    }

    /// Counts one message; false when it is one too many.
    pub fn take(&mut self, now: Duration, origin: Origin, standing: Standing) -> bool {
        let rate = self.rate(standing);
        if let Some(bucket) = self.buckets.get_mut(&origin) {
            return bucket.take(now, rate);
        }
        if self.buckets.len() >= MOST_SOURCES && !self.forget(now) {
            return self.others.take(now, rate);
        }
        let mut bucket = Bucket { at: now, left: rate * BURST };
        let fits = bucket.take(now, rate);
        self.buckets.insert(origin, bucket);
        fits
    }

    fn rate(&self, standing: Standing) -> f64 {
        let base = f64::from(self.settings.a_second);
        match standing {
            Standing::Trunk => base * TRUNK,
            Standing::Phone => base,
            Standing::Stranger => (base * STRANGER).max(1.0),
        }
    }

    /// Forgets those whose bucket is full again, at most once a second; whether there is room now.
    fn forget(&mut self, now: Duration) -> bool {
        if self.swept.is_some_and(|at| now.saturating_sub(at) < Duration::from_secs(1)) {
            return false;
        }
        self.swept = Some(now);
        let quiet = Duration::from_secs_f64(BURST);
        self.buckets.retain(|_, bucket| now.saturating_sub(bucket.at) < quiet);
        self.buckets.len() < MOST_SOURCES
    }

    /// Sources that are counted now.
    pub fn len(&self) -> usize {
        self.buckets.len()
    }

    /// Whether nobody is counted.
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }
}
