//! Carries what leaves the house: events of the outbox to their subscribers, short messages to the gateway.
//!
//! Each subscriber has a task of its own, so that one who is down keeps nobody waiting. Events go one by one, in the order of the
//! house; the next one waits until this one is taken, refused for good, or tried again in time. Where a subscriber is stands in
//! the store and is noted after what was delivered: a crash in between delivers again, under the same id.
//!
//! Where things are sent is the admin's word alone (outputs.toml): no address comes from a request or from an event.

mod error;
mod gateway;
mod hook;
mod http;
mod notify;
mod run;
#[cfg(test)]
mod tests;
mod tls;
mod wait;

pub use error::CourierError;
pub use run::{Now, start};

use std::fmt;
use std::path::PathBuf;

use papers::Zone;
use papers::message::Form;

/// What is carried where. Two that are equal are the same work.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Setup {
    /// The `source` of all events: `/hotline/hotline-1`.
    pub source: String,
    /// The IANA name of the house's time zone.
    pub zone: String,
    /// Authorities that are trusted beside the system's, PEM.
    pub ca: Option<PathBuf>,
    /// Subscribers.
    pub hooks: Vec<Hook>,
    /// The gateway of short messages.
    pub sms: Option<Sms>,
}

/// A subscriber. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Hook {
    /// Its name.
    pub name: String,
    /// Where events are posted.
    pub url: String,
    /// Which: whole types, or beginnings with `*` behind them; none: all.
    pub types: Vec<String>,
    /// What its signatures are made with: `whsec_...`.
    pub secret: String,
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hook({})", self.name)
    }
}

/// The gateway of short messages. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Sms {
    /// Where messages are posted.
    pub url: String,
    /// How the body is written.
    pub form: Form,
    /// The body, with places `number`, `text`, `secret`.
    pub body: String,
    /// The header `Authorization`, with the place `secret`.
    pub authorization: Option<String>,
    /// The gateway's secret; empty when it wants none.
    pub secret: String,
    /// The sender's name, shown before each text; may be empty.
    pub sender: String,
    /// The day of a case has changed: a message is sent.
    pub changed: bool,
    /// The unit has reported that it is done: a message is sent.
    pub result: bool,
}

impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sms")
    }
}

impl Setup {
    /// The zone of days in short messages.
    fn zone(&self) -> Result<Zone, CourierError> {
        Ok(Zone::named(&self.zone)?)
    }
}
