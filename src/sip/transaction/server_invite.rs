//! INVITE server transaction: RFC 3261 section 17.2.1 with the Accepted state of RFC 6026 section 8.7.
//!
//! 100 Trying is not sent by itself: the owner sends it once the call's journal row is on disk.

use std::time::Duration;

use super::{Due, Repeat};
use crate::timers::{Timers, Times};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Proceeding,
    Completed,
    Confirmed,
    Accepted,
    Terminated,
}

/// G: resend the refusal. H: no ACK came. I: absorb repeated ACKs. L: absorb repeated INVITEs after a 2xx.
#[derive(Clone, Copy)]
enum Timer {
    G,
    H,
    I,
    L,
}

#[derive(Clone, Debug)]
pub(crate) struct ServerInvite {
    state: State,
    reliable: bool,
    times: Times,
    interval: Duration,
    timers: Timers<4>,
}

impl ServerInvite {
    pub(crate) fn new(times: Times, reliable: bool) -> Self {
        Self { state: State::Proceeding, reliable, times, interval: times.t1, timers: Timers::default() }
    }

    /// Whether this response may be sent now; advances the machine.
    pub(crate) fn respond(&mut self, now: Duration, status: u16) -> bool {
        match (self.state, status) {
            (State::Proceeding, 100..=199) => true,
            (State::Proceeding, 200..=299) => {
                self.state = State::Accepted;
                self.timers.set(Timer::L as usize, now.saturating_add(self.times.give_up()));
                true
            }
            (State::Proceeding, _) => {
                self.state = State::Completed;
                if !self.reliable {
                    self.timers.set(Timer::G as usize, now.saturating_add(self.times.t1));
                }
                self.timers.set(Timer::H as usize, now.saturating_add(self.times.give_up()));
                true
            }
            // The owner repeats its 2xx until the ACK comes (RFC 6026 section 7.1).
            (State::Accepted, 200..=299) => true,
            (State::Accepted | State::Completed | State::Confirmed | State::Terminated, _) => false,
        }
    }

    /// The INVITE came again.
    pub(crate) fn repeated(&self) -> Repeat {
        match self.state {
            State::Proceeding | State::Completed => Repeat::Resend,
            State::Confirmed | State::Accepted | State::Terminated => Repeat::Absorb,
        }
    }

    /// An ACK with this transaction's branch.
    pub(crate) fn ack(&mut self, now: Duration) {
        match self.state {
            State::Completed => {
                self.state = State::Confirmed;
                self.timers.clear_all();
                let i = if self.reliable { Duration::ZERO } else { self.times.t4 };
                self.timers.set(Timer::I as usize, now.saturating_add(i));
            }
            State::Proceeding | State::Confirmed | State::Accepted | State::Terminated => {}
        }
    }

    pub(crate) fn timeout(&mut self, now: Duration) -> Due {
        if self.timers.due(Timer::H as usize, now) {
            self.state = State::Terminated;
            self.timers.clear_all();
            return Due::TimedOut;
        }
        if self.timers.due(Timer::G as usize, now) {
            self.interval = self.interval.saturating_mul(2).min(self.times.t2);
            self.timers.set(Timer::G as usize, now.saturating_add(self.interval));
            return Due::Resend;
        }
        if self.timers.due(Timer::I as usize, now) || self.timers.due(Timer::L as usize, now) {
            self.state = State::Terminated;
            return Due::Over;
        }
        Due::Nothing
    }

    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        self.timers.next()
    }
}
