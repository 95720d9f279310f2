//! A small SIP phone for tests, load and trunk checks: registers, calls, answers, sends tones, sound and keys, and listens.
//!
//! SIP runs on the caller's tokio runtime, RTP on a thread of its own ([`Media`]). Dropping a [`Call`] hangs up, dropping
//! the last [`Phone`] ends all its calls and gives its registration back.
//!
//! ```no_run
//! # async fn example() -> Result<(), phone::PhoneError> {
//! use std::time::Duration;
//! use phone::{Account, Phone};
//!
//! let phone = Phone::start(Account::new("2001", "secret", ([127, 0, 0, 1], 5060).into())).await?;
//! phone.register().await?;
//! let call = phone.call("89000").await?;
//! call.tone(700);
//! call.until_hears(&[450], &[700], Duration::from_secs(5)).await?;
//! call.digits("12#").await?;
//! call.hang_up();
//! println!("{:?}", call.ended().await);
//! # Ok(()) }
//! ```

mod account;
mod arrivals;
mod call;
mod error;
mod events;
mod grip;
mod handset;
mod leg;
mod media;
mod pending;
mod phone;
mod port;
mod seed;
mod sound;
mod stats;
mod tape;
mod vigil;
mod wire;

#[cfg(test)]
mod tests;

pub use account::{Account, Dial};
pub use arrivals::LATE;
pub use call::Call;
pub use error::PhoneError;
pub use leg::{EndedBy, Ending};
pub use media::{Ear, Media};
pub use pending::{Dialing, Ringing};
pub use phone::Phone;
pub use port::keys_of;
pub use sip::Transport;
pub use sip::sdp::{Codec, Direction, Encryption};
pub use sound::TONE_PEAK;
pub use stats::Stats;
pub use tape::Heard;
