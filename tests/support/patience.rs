//! Waiting for something with a deadline: look, pause, look again.

use std::time::{Duration, Instant};

/// Between two looks.
const POLL: Duration = Duration::from_millis(20);

/// Looks until there is something; fails with these words when there is nothing `within` that time.
pub fn until<T>(what: &str, within: Duration, look: impl FnMut() -> Option<T>) -> T {
    soon(within, look).unwrap_or_else(|| panic!("{what}: not within {within:?}"))
}

/// Looks until there is something; `None` when there is nothing `within` that time.
pub fn soon<T>(within: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + within;
    loop {
        let found = look();
        if found.is_some() || Instant::now() >= deadline {
            return found;
        }
        std::thread::sleep(POLL);
    }
}

/// Seconds.
pub const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
