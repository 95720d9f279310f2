//! Client transaction of everything but INVITE: RFC 3261 section 17.1.2.

use std::time::Duration;

use super::{Due, Heard};
use crate::timers::{Timers, Times};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Trying,
    Proceeding,
    Completed,
    Terminated,
}

/// E: resend. F: give up. K: absorb repeated responses.
#[derive(Clone, Copy)]
enum Timer {
    E,
    F,
    K,
}

#[derive(Clone, Debug)]
pub(crate) struct ClientOther {
    state: State,
    reliable: bool,
    times: Times,
    interval: Duration,
    timers: Timers<3>,
}

impl ClientOther {
    /// The request has just been sent.
    pub(crate) fn start(now: Duration, times: Times, reliable: bool) -> Self {
        let mut timers = Timers::default();
        if !reliable {
            timers.set(Timer::E as usize, now.saturating_add(times.t1));
        }
        timers.set(Timer::F as usize, now.saturating_add(times.give_up()));
        Self { state: State::Trying, reliable, times, interval: times.t1, timers }
    }

    pub(crate) fn response(&mut self, now: Duration, status: u16) -> Heard {
        match (self.state, status) {
            (State::Trying | State::Proceeding, 100..=199) => {
                self.state = State::Proceeding;
                Heard::Pass
            }
            (State::Trying | State::Proceeding, _) => {
                self.state = State::Completed;
                self.timers.clear_all();
                let k = if self.reliable { Duration::ZERO } else { self.times.t4 };
                self.timers.set(Timer::K as usize, now.saturating_add(k));
                Heard::Pass
            }
            (State::Completed | State::Terminated, _) => Heard::Ignore,
        }
    }

    pub(crate) fn timeout(&mut self, now: Duration) -> Due {
        if self.timers.due(Timer::F as usize, now) {
            self.state = State::Terminated;
            self.timers.clear_all();
            return Due::TimedOut;
        }
        if self.timers.due(Timer::E as usize, now) {
            // Doubling up to T2; at T2 at once when something provisional was heard (section 17.1.2.2).
            self.interval = match self.state {
                State::Proceeding => self.times.t2,
                State::Trying | State::Completed | State::Terminated => {
                    self.interval.saturating_mul(2).min(self.times.t2)
                }
            };
            self.timers.set(Timer::E as usize, now.saturating_add(self.interval));
            return Due::Resend;
        }
        if self.timers.due(Timer::K as usize, now) {
            self.state = State::Terminated;
            return Due::Over;
        }
        Due::Nothing
    }

    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        self.timers.next()
    }

    /// Nothing final was heard yet.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Trying | State::Proceeding)
    }
}
