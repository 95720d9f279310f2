//! Trunks that stay up, pure: one machine per trunk that finds, registers, asks and counts; and the choice between them.
//!
//! [`Line::handle`] takes what happened and when; [`Line::poll`] tells what to do; [`Line::next_timeout`] says when to come
//! back. A destination is whatever the owner sends to. No clock, socket or randomness is in here: the seed is injected.
//!
//! ```
//! use std::time::Duration;
//! use trunk::{Action, Answer, Event, Line, Settings, State, Way};
//!
//! let settings = Settings { register: Some(Duration::from_secs(3600)), ..Settings::default() };
//! let mut line = Line::new(settings, Way::Fixed(vec!["192.0.2.1:5060"]), 7, Duration::ZERO);
//! let Some(Action::Register { request, to, expires }) = line.poll() else { panic!() };
//! assert_eq!((to, expires), ("192.0.2.1:5060", 3600));
//! let granted = Answer { expires: Some(600), ..Answer::status(200) };
//! line.handle(Duration::from_millis(20), Event::Answered(request, granted));
//! assert_eq!(line.state(), &State::Up);
//! ```

mod bucket;
mod dice;
mod line;
mod register;
mod select;
mod sites;
mod state;

pub use bucket::{Bucket, Limit};
pub use dice::Dice;
pub use line::{Line, Settings, Way};
pub use select::{Candidate, select};
pub use state::{State, View};

/// Something that happened to a trunk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event<D> {
    /// The answer to [`Action::Locate`] with this number: destinations in the order in which they are to be tried, and how
    /// long they are good for; or why there are none, in words.
    Located(u64, Result<Vec<D>, String>, std::time::Duration),
    /// The end of a [`Action::Register`] or [`Action::Ask`] with this number.
    Answered(u64, Answer),
    /// A destination sent something, or answered a call with this status; any but 408 and 503 says that it is there. 0: a
    /// request of its own.
    Heard(D, u16),
    /// A destination did not answer a call, could not be reached, or is out of service; `Some`: for so long.
    Failed(D, Option<std::time::Duration>),
    /// The connection to this destination is gone, and a registration over it with it.
    Disconnected(D),
    /// [`Line::next_timeout`] has come.
    Timeout,
    /// The house closes: registrations are taken back, nothing is begun any more.
    Stop,
}

/// How a request of ours was answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Final status; 408 when nobody answered, 503 when it could not be sent.
    pub status: u16,
    /// Granted duration of a registration, seconds.
    pub expires: Option<u32>,
    /// Min-Expires of a 423, seconds.
    pub min_expires: Option<u32>,
    /// Retry-After, seconds.
    pub retry_after: Option<u32>,
}

impl Answer {
    /// An answer that says nothing else.
    pub fn status(status: u16) -> Self {
        Self { status, expires: None, min_expires: None, retry_after: None }
    }
}

/// Something to do for a trunk. Each number is answered once, or never: the machine does not wait for ever.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action<D> {
    /// Look the trunk's proxy up; [`Event::Located`] answers.
    Locate(u64),
    /// Register; 0 s takes the registration back.
    Register {
        /// Comes back with the answer.
        request: u64,
        /// Where.
        to: D,
        /// Wished duration, seconds.
        expires: u32,
    },
    /// Ask (OPTIONS) whether it is there.
    Ask {
        /// Comes back with the answer.
        request: u64,
        /// Whom.
        to: D,
    },
    /// The state is another one: for the log, in words.
    Changed(State),
}

#[cfg(test)]
mod tests;
