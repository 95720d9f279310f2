//! Personal data protected: data keys by class and month, retention, legal holds, the proof that something was destroyed, and what
//! the store has of one citizen.
//!
//! A value dies twice: its column is overwritten, and the data key of its class and month is destroyed, row and secret, so
//! that no copy of the database opens it any more. What a legal hold keeps is sealed anew by a key of the hold before.
//! What stays is that a call took place, when, how it ended, and what was promised: nothing that leads to a person.

mod blank;
mod carry;
mod due;
mod forget;
mod hold;
mod person;
mod proof;
mod rack;
mod round;
mod sound;
#[cfg(test)]
mod tests;

pub use due::Retention;
pub use forget::Forgotten;
pub use hold::{Hold, HoldFault, HoldOf};
pub use person::{MOST_ROWS, Part, PersonReport};
pub use proof::Proof;
pub use rack::KeyLine;
pub use round::Done;
pub use sound::DueRecording;

pub(crate) use proof::verify;
pub(crate) use rack::{learn, ready};
