//! How busy the media threads are: which part of the time that they get they need.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Over which span it is measured: long enough that all phases have had their turns.
const SPAN: Duration = Duration::from_millis(200);

/// How busy each media thread is. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Load(Arc<[AtomicU32]>);

impl Load {
    /// That of so many threads, all idle.
    pub fn of(threads: u16) -> Self {
        Self((0..threads).map(|_| AtomicU32::new(0)).collect())
    }

    /// As a media thread notes it, 0.0 ..= 1.0.
    pub fn note(&self, thread: u16, share: f64) {
        if let Some(place) = self.0.get(usize::from(thread)) {
            place.store((share * 1_000.0).clamp(0.0, 1_000.0) as u32, Ordering::Relaxed);
        }
    }

    /// That of the busiest thread over the last 200 ms, 0.0 ..= 1.0. From about 0.8 on, packets begin to leave late.
    pub fn busiest(&self) -> f64 {
        let most = self.0.iter().map(|part| part.load(Ordering::Relaxed)).max().unwrap_or_default();
        f64::from(most) / 1_000.0
    }
}

/// A media thread's own account of its time.
#[derive(Debug)]
pub(crate) struct Stint {
    start: Instant,
    /// When this span began, and what had been computed by then.
    since: Instant,
    computed: Duration,
    /// How long it meant to sleep since then.
    rest: Duration,
}

impl Stint {
    pub fn new(start: Instant) -> Self {
        Self { start, since: start, computed: computed(start), rest: Duration::ZERO }
    }

    /// It had nothing to do for so long. What it slept beyond that is not rest: it was kept from its work.
    pub fn rested(&mut self, time: Duration) {
        self.rest += time;
    }

    /// The share of a span that is over.
    pub fn over(&mut self, now: Instant) -> Option<f64> {
        let span = now.saturating_duration_since(self.since);
        if span < SPAN {
            return None;
        }
        let all = computed(self.start);
        let share = share(span, all.saturating_sub(self.computed), self.rest);
        (self.since, self.computed, self.rest) = (now, all, Duration::ZERO);
        Some(share)
    }
}

/// Which part of the time that it got a thread needed. Where others of the machine (or, on a virtual one, other machines) keep
/// it from its work, it computes no more and yet is full: what it got is then less than the span.
fn share(span: Duration, computed: Duration, rest: Duration) -> f64 {
    let got = computed + rest.min(span.saturating_sub(computed));
    if got.is_zero() { 1.0 } else { computed.as_secs_f64() / got.as_secs_f64() }
}

/// How long this thread has computed; where the system does not tell, how long it is here.
fn computed(start: Instant) -> Duration {
    #[cfg(target_os = "linux")]
    if let Ok(time) = nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID) {
        return Duration::from(time);
    }
    start.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_busiest_thread_counts() {
        let load = Load::of(2);
        load.note(0, 0.25);
        assert!((load.busiest() - 0.25).abs() < 1e-9);
        load.note(1, 2.0);
        load.note(7, 1.0);
        assert!((load.busiest() - 1.0).abs() < 1e-9);
        load.note(1, 0.0);
        assert!((load.busiest() - 0.25).abs() < 1e-9);
    }

    #[test]
    fn who_is_kept_from_its_work_is_busy() {
        // Alone on its core: what it computes, and it rests for the remainder.
        assert!((share(200 * MS, 50 * MS, 150 * MS) - 0.25).abs() < 1e-9);
        // Others take a fifth of the core, and it needs all that is left.
        assert!((share(200 * MS, 160 * MS, Duration::ZERO) - 1.0).abs() < 1e-9);
        // They take half of it, and it needs half of the rest: no more than that.
        assert!((share(200 * MS, 50 * MS, 50 * MS) - 0.5).abs() < 1e-9);
        // It got nothing at all.
        assert!((share(200 * MS, Duration::ZERO, Duration::ZERO) - 1.0).abs() < 1e-9);
        // The two clocks do not agree to the microsecond.
        assert!((share(200 * MS, 60 * MS, 141 * MS) - 0.3).abs() < 1e-9);
    }

    #[test]
    fn what_a_thread_computes_is_counted() {
        let start = Instant::now();
        let before = computed(start);
        let mut sum = 0u64;
        while computed(start) < before + Duration::from_millis(5) {
            sum = sum.wrapping_mul(31).wrapping_add(7);
            assert!(start.elapsed() < Duration::from_secs(60), "{sum}");
        }
        assert!(start.elapsed() >= Duration::from_millis(5));
    }
}
