//! The two clocks of the house, read in one place.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use call::Now;
use tokio::sync::Notify;

/// Reads both clocks. A demonstration may live at another hour of another day: its wall clock is moved. Clones share that, so
/// that whoever holds one can move the wall clock of a running house; timers of sound and SIP are of the other clock and
/// stay as they are.
#[derive(Clone, Debug)]
pub struct Clock {
    start: Instant,
    shift: Arc<Shift>,
    hands: Option<Arc<Hands>>,
}

/// Where the hands of a clock stand that only moves when it is set: nothing of the system's time is in it.
#[derive(Debug, Default)]
struct Hands {
    mono_us: AtomicU64,
    utc_ms: AtomicI64,
}

#[derive(Debug, Default)]
struct Shift {
    ms: AtomicI64,
    moved: Notify,
}

/// Nothing begins at 0, so that a deadline may lie before the start without being special.
const BASE: Duration = Duration::from_secs(60);

impl Clock {
    /// The system's clocks.
    pub fn system() -> Self {
        Self::shifted(0)
    }

    /// The system's clocks with the wall clock moved by so many milliseconds.
    pub fn shifted(shift_ms: i64) -> Self {
        let shift = Shift { ms: AtomicI64::new(shift_ms), moved: Notify::new() };
        Self { start: Instant::now(), shift: Arc::new(shift), hands: None }
    }

    /// A clock that stands still until [`Clock::set`], for houses in virtual time.
    pub fn by_hand() -> Self {
        Self { hands: Some(Arc::default()), ..Self::system() }
    }

    /// Sets a clock by hand, for every clone; one that goes by itself stays as it is.
    pub fn set(&self, now: Now) {
        if let Some(hands) = &self.hands {
            hands.mono_us.store(u64::try_from(now.mono.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
            hands.utc_ms.store(now.utc_ms, Ordering::Relaxed);
        }
    }

    /// Moves the wall clock on, for every clone.
    pub fn advance(&self, by: Duration) {
        let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.shift.ms.fetch_add(ms, Ordering::Relaxed);
        self.shift.moved.notify_one();
    }

    /// Ends when the wall clock has been moved since this was asked last. For one listener.
    pub async fn moved(&self) {
        self.shift.moved.notified().await;
    }

    /// How far the wall clock was moved, milliseconds.
    pub fn shift_ms(&self) -> i64 {
        self.shift.ms.load(Ordering::Relaxed)
    }

    /// Now.
    pub fn now(&self) -> Now {
        match &self.hands {
            Some(hands) => Now {
                mono: Duration::from_micros(hands.mono_us.load(Ordering::Relaxed)),
                utc_ms: hands.utc_ms.load(Ordering::Relaxed).saturating_add(self.shift_ms()),
            },
            None => {
                Now { mono: BASE + self.start.elapsed(), utc_ms: system_ms().saturating_add(self.shift_ms()) }
            }
        }
    }

    /// The wall clock, microseconds since 1970 UTC.
    pub fn utc_us(&self) -> i64 {
        if self.hands.is_some() {
            return self.now().utc_ms.saturating_mul(1_000);
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let us = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        us.saturating_add(self.shift_ms().saturating_mul(1_000))
    }

    /// When a moment of `Now::mono` is on the runtime's clock.
    pub(crate) fn instant(&self, mono: Duration) -> Instant {
        self.start + mono.saturating_sub(BASE)
    }
}

fn system_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
