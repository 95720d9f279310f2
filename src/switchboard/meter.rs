//! What the loop measures of itself, for the guard: how long messages wait, and how full everything is.

use std::sync::atomic::Ordering;
use std::time::Duration;

use guard::Load;
use media::Dials;

/// Between two measurements.
const EVERY: Duration = Duration::from_millis(100);
/// Weight of the latest batch in the mean time that a message takes.
const LATEST: f64 = 0.1;

/// Counts the loop's work.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    at: Duration,
    /// Mean time that one message takes, seconds.
    a_message: f64,
    /// The longest turn of the loop since the last measurement.
    longest: Duration,
    ticks: u64,
    late: u64,
}

/// What is filled how far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filled {
    /// Messages that wait for the loop, and the most that may.
    pub inbound: (usize, usize),
    /// Rows that wait for the store, and the most with which new calls are taken.
    pub store: (usize, usize),
    /// RTP ports on which no further leg can be placed now, and that there are.
    pub ports: (usize, usize),
    /// Calls, and their legs.
    pub calls: (usize, usize),
}

impl Meter {
    /// So many messages were taken in this time.
    pub fn worked(&mut self, messages: u32, time: Duration) {
        let each = time.as_secs_f64() / f64::from(messages.max(1));
        self.a_message += (each - self.a_message) * LATEST;
        self.turned(time);
    }

    /// Something else took this time.
    pub fn turned(&mut self, time: Duration) {
        self.longest = self.longest.max(time);
    }

    /// A measurement, when one is due.
    pub fn load(&mut self, now: Duration, filled: Filled, dials: &Dials) -> Option<Load> {
        if now.saturating_sub(self.at) < EVERY {
            return None;
        }
        self.at = now;
        let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let (ticks, late) = (read(&dials.lateness.ticks), read(&dials.lateness.late));
        let (new, new_late) = (ticks.saturating_sub(self.ticks), late.saturating_sub(self.late));
        (self.ticks, self.late) = (ticks, late);
        let longest = std::mem::take(&mut self.longest);
        let waits = f64::from(u32::try_from(filled.inbound.0).unwrap_or(u32::MAX)) * self.a_message;
        Some(Load {
            lag: longest.saturating_add(Duration::from_secs_f64(waits)),
            queue: part(filled.inbound),
            store: part(filled.store),
            ports: part(filled.ports),
            // A single late tick among few says nothing.
            late: if new >= 20 { new_late as f64 / new as f64 } else { 0.0 },
            sound: dials.load.busiest(),
            calls: u32::try_from(filled.calls.0).unwrap_or(u32::MAX),
            legs: u32::try_from(filled.calls.1).unwrap_or(u32::MAX),
        })
    }
}

fn part((taken, all): (usize, usize)) -> f64 {
    if all == 0 { 0.0 } else { taken as f64 / all as f64 }
}

/// As figures are kept.
pub(crate) fn number(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_is_what_waits_times_what_each_takes() {
        let (mut meter, dials) = (Meter::default(), Dials { load: media::Load::of(1), ..Dials::default() });
        let filled = Filled { inbound: (1_000, 8_192), store: (0, 10), ports: (30, 100), calls: (12, 30) };
        for _ in 0..100 {
            meter.worked(50, Duration::from_millis(10));
        }
        let load = meter.load(Duration::from_secs(60), filled, &dials).unwrap_or_default();
        assert!((200..=215).contains(&load.lag.as_millis()), "{load:?}");
        assert!(
            load.queue > 0.12 && load.queue < 0.13 && (load.ports - 0.3).abs() < 1e-9 && load.late == 0.0
        );
        assert!(meter.load(Duration::from_millis(60_050), filled, &dials).is_none(), "not yet");
        dials.lateness.ticks.store(100, Ordering::Relaxed);
        dials.lateness.late.store(5, Ordering::Relaxed);
        dials.load.note(0, 0.7);
        let idle = Filled { inbound: (0, 8_192), ..filled };
        let load = meter.load(Duration::from_secs(61), idle, &dials).unwrap_or_default();
        assert!(load.lag.is_zero() && (load.late - 0.05).abs() < 1e-9);
        assert!((load.sound - 0.7).abs() < 1e-3);
        assert_eq!((load.calls, load.legs), (12, 30));
    }
}
