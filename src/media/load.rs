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
    kept: Kept,
}

impl Stint {
    pub fn new(start: Instant) -> Self {
        let kept = Kept::default();
        Self { start, since: start, computed: computed(start), rest: Duration::ZERO, kept }
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
        let share = self.kept.share(span, all.saturating_sub(self.computed), self.rest);
        (self.since, self.computed, self.rest) = (now, all, Duration::ZERO);
        Some(share)
    }
}

/// The part of its time that others of the machine (or, on a virtual one, other machines) kept a thread from its work, of
/// the last second or so: one span in which it stood still, say for a page of memory, tells nothing of the next.
#[derive(Clone, Copy, Debug, Default)]
struct Kept(f64);

impl Kept {
    /// Weight of the latest span.
    const LATEST: f64 = 0.2;

    /// Which part of the time that it gets the thread needs. Where it is kept from its work it computes no more, and yet is full.
    fn share(&mut self, span: Duration, computed: Duration, rest: Duration) -> f64 {
        let span = span.as_secs_f64().max(1e-6);
        let (computed, rest) = (computed.as_secs_f64() / span, rest.as_secs_f64() / span);
        let kept = (1.0 - computed - rest).clamp(0.0, 1.0);
        self.0 += (kept - self.0) * Self::LATEST;
        (computed / (1.0 - self.0).max(0.01)).min(1.0)
    }
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

    /// What is told after so many spans of 200 ms with so much computing and rest in each, ms.
    fn told(spans: u32, computed: u32, rest: u32) -> f64 {
        let mut kept = Kept::default();
        (0..spans).map(|_| kept.share(200 * MS, computed * MS, rest * MS)).last().unwrap_or_default()
    }

    #[test]
    fn who_is_kept_from_its_work_is_busy() {
        // Alone on its core: what it computes, and it rests for the remainder.
        assert!((told(50, 50, 150) - 0.25).abs() < 1e-9);
        // Others take a fifth of the core, and it needs all that is left.
        assert!(told(50, 160, 0) > 0.999);
        // They take half of it, and it needs half of the rest: no more than that.
        assert!((told(50, 50, 50) - 0.5).abs() < 1e-3);
        // The two clocks do not agree to the microsecond.
        assert!((told(50, 60, 141) - 0.3).abs() < 1e-9);
    }

    #[test]
    fn one_span_in_which_it_stood_still_does_not_make_it_busy() {
        assert!(told(1, 2, 0) < 0.02);
        let mut kept = Kept::default();
        for span in [(2, 198), (2, 0), (2, 198), (2, 198)] {
            assert!(kept.share(200 * MS, span.0 * MS, span.1 * MS) < 0.02);
        }
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
