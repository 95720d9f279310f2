//! The legs of browsers: connectivity checks (ICE), the handshake (DTLS) and the encrypted packets of all of them on one UDP port.
//!
//! The only crate that knows webrtc-rs, and that by its parts without I/O: STUN and DTLS; SRTP is `media`'s. A leg's sound goes to
//! the media threads as plain RTP through the rings of a port without socket. Read [`contract`] first.

pub mod contract;
mod dtls;
mod hub;
#[cfg(test)]
mod hub_tests;
mod ice;
mod leg;
mod run;

pub use contract::{BrowserError, Counts, Credentials, Far, Leg, Order, Settings, Told, Why};
pub use leg::PATIENCE;
pub use run::{Browsers, start};
