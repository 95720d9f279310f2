//! Timers as data: the base times of RFC 3261, and a few named deadlines per machine.

use std::time::Duration;

/// T1, T2, T4 (RFC 3261 appendix A). Everything else derives from them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Times {
    /// Round-trip estimate, 500 ms.
    pub t1: Duration,
    /// Longest interval between retransmissions, 4 s.
    pub t2: Duration,
    /// Longest life of a message in the network, 5 s.
    pub t4: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self { t1: Duration::from_millis(500), t2: Duration::from_secs(4), t4: Duration::from_secs(5) }
    }
}

impl Times {
    /// 64 * T1: timers B, F, H, J, L, M and the wait for an ACK.
    pub fn give_up(&self) -> Duration {
        self.t1.saturating_mul(64)
    }

    /// Timer D: at least 32 s over UDP.
    pub fn d(&self) -> Duration {
        self.give_up().max(Duration::from_secs(32))
    }
}

/// `N` deadlines indexed by a machine's own enum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timers<const N: usize>([Option<Duration>; N]);

impl<const N: usize> Default for Timers<N> {
    fn default() -> Self {
        Self([None; N])
    }
}

impl<const N: usize> Timers<N> {
    /// Starts a timer.
    pub fn set(&mut self, timer: usize, at: Duration) {
        if let Some(slot) = self.0.get_mut(timer) {
            *slot = Some(at);
        }
    }

    /// Stops all.
    pub fn clear_all(&mut self) {
        self.0 = [None; N];
    }

    /// Takes a timer that is due; it is stopped by that.
    pub fn due(&mut self, timer: usize, now: Duration) -> bool {
        match self.0.get_mut(timer) {
            Some(slot) if slot.is_some_and(|at| at <= now) => {
                *slot = None;
                true
            }
            Some(_) | None => false,
        }
    }

    /// The earliest deadline.
    pub fn next(&self) -> Option<Duration> {
        self.0.iter().flatten().min().copied()
    }
}

/// What its machine is entered with in the agenda, so that an entry that was overtaken is known when it comes up.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Alarm(Option<Duration>);

impl Alarm {
    /// Sets it anew; `Some` when this needs a new entry.
    pub fn set(&mut self, at: Option<Duration>) -> Option<Duration> {
        if self.0 == at {
            return None;
        }
        self.0 = at;
        at
    }

    /// Sets it unless an earlier one stands, for what only moves into the future; `Some` when this needs a new entry.
    pub fn set_earlier(&mut self, at: Duration) -> Option<Duration> {
        if self.0.is_some_and(|set| set <= at) { None } else { self.set(Some(at)) }
    }

    /// Whether the entry of this moment still counts; it is used up by that.
    pub fn rings(&mut self, at: Duration) -> bool {
        self.0.take_if(|set| *set == at).is_some()
    }
}
