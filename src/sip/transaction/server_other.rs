//! Server transaction of everything but INVITE: RFC 3261 section 17.2.2.

use std::time::Duration;

use super::{Due, Repeat};
use crate::timers::{Timers, Times};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Trying,
    Proceeding,
    Completed,
    Terminated,
}

/// J: absorb repeated requests.
#[derive(Clone, Copy)]
enum Timer {
    J,
}

#[derive(Clone, Debug)]
pub(crate) struct ServerOther {
    state: State,
    reliable: bool,
    times: Times,
    timers: Timers<1>,
}

impl ServerOther {
    pub(crate) fn new(times: Times, reliable: bool) -> Self {
        Self { state: State::Trying, reliable, times, timers: Timers::default() }
    }

    /// Whether this response may be sent now; advances the machine.
    pub(crate) fn respond(&mut self, now: Duration, status: u16) -> bool {
        match (self.state, status) {
            (State::Trying | State::Proceeding, 100..=199) => {
                self.state = State::Proceeding;
                true
            }
            (State::Trying | State::Proceeding, _) => {
                self.state = State::Completed;
                let j = if self.reliable { Duration::ZERO } else { self.times.give_up() };
                self.timers.set(Timer::J as usize, now.saturating_add(j));
                true
            }
            (State::Completed | State::Terminated, _) => false,
        }
    }

    /// The request came again.
    pub(crate) fn repeated(&self) -> Repeat {
        match self.state {
            State::Proceeding | State::Completed => Repeat::Resend,
            State::Trying | State::Terminated => Repeat::Absorb,
        }
    }

    pub(crate) fn timeout(&mut self, now: Duration) -> Due {
        if self.timers.due(Timer::J as usize, now) {
            self.state = State::Terminated;
            return Due::Over;
        }
        Due::Nothing
    }

    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        self.timers.next()
    }
}
