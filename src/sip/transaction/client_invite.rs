//! INVITE client transaction: RFC 3261 section 17.1.1 with the Accepted state of RFC 6026 section 8.4.

use std::time::Duration;

use super::{Due, Heard};
use crate::timers::{Timers, Times};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Calling,
    Proceeding,
    Completed,
    Accepted,
    Terminated,
}

/// A: resend. B: give up. D: absorb repeated refusals. M: absorb repeated 2xx.
#[derive(Clone, Copy)]
enum Timer {
    A,
    B,
    D,
    M,
}

#[derive(Clone, Debug)]
pub(crate) struct ClientInvite {
    state: State,
    reliable: bool,
    times: Times,
    interval: Duration,
    timers: Timers<4>,
}

impl ClientInvite {
    /// The INVITE has just been sent.
    pub(crate) fn start(now: Duration, times: Times, reliable: bool) -> Self {
        let mut timers = Timers::default();
        if !reliable {
            timers.set(Timer::A as usize, now.saturating_add(times.t1));
        }
        timers.set(Timer::B as usize, now.saturating_add(times.give_up()));
        Self { state: State::Calling, reliable, times, interval: times.t1, timers }
    }

    pub(crate) fn response(&mut self, now: Duration, status: u16) -> Heard {
        match (self.state, status) {
            (State::Calling | State::Proceeding, 100..=199) => {
                self.state = State::Proceeding;
                self.timers.clear_all();
                Heard::Pass
            }
            (State::Calling | State::Proceeding, 200..=299) => {
                self.state = State::Accepted;
                self.timers.clear_all();
                self.timers.set(Timer::M as usize, now.saturating_add(self.times.give_up()));
                Heard::Pass
            }
            (State::Calling | State::Proceeding, _) => {
                self.state = State::Completed;
                self.timers.clear_all();
                let d = if self.reliable { Duration::ZERO } else { self.times.d() };
                self.timers.set(Timer::D as usize, now.saturating_add(d));
                Heard::PassAndAck
            }
            (State::Accepted, 200..=299) => Heard::Pass,
            (State::Completed, 300..=699) => Heard::AckAgain,
            (State::Accepted | State::Completed | State::Terminated, _) => Heard::Ignore,
        }
    }

    pub(crate) fn timeout(&mut self, now: Duration) -> Due {
        if self.timers.due(Timer::B as usize, now) {
            self.state = State::Terminated;
            self.timers.clear_all();
            return Due::TimedOut;
        }
        if self.timers.due(Timer::A as usize, now) {
            // Timer A doubles without the cap of T2 (section 17.1.1.2); B ends it.
            self.interval = self.interval.saturating_mul(2);
            self.timers.set(Timer::A as usize, now.saturating_add(self.interval));
            return Due::Resend;
        }
        if self.timers.due(Timer::D as usize, now) || self.timers.due(Timer::M as usize, now) {
            self.state = State::Terminated;
            return Due::Over;
        }
        Due::Nothing
    }

    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        self.timers.next()
    }

    /// CANCEL may be sent only after a provisional response (section 9.1).
    pub(crate) fn can_cancel(&self) -> bool {
        self.state == State::Proceeding
    }

    /// Nothing final was heard yet.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Calling | State::Proceeding)
    }
}
