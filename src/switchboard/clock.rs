//! The two clocks of the house, read in one place.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use call::Now;

/// Reads both clocks. A demonstration may live at another hour of another day: `shift` moves its wall clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    shift_ms: i64,
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
        Self { start: Instant::now(), shift_ms }
    }

    /// Now.
    pub fn now(&self) -> Now {
        Now { mono: BASE + self.start.elapsed(), utc_ms: system_ms().saturating_add(self.shift_ms) }
    }

    /// The wall clock, microseconds since 1970 UTC.
    pub fn utc_us(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let us = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        us.saturating_add(self.shift_ms.saturating_mul(1_000))
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
