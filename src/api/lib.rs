//! The HTTP interface: calls and their orders, live events, recordings, health. On loopback only, never without a token.
//!
//! [`serve`] takes its socket and its end from outside; [`router`] is the whole map on one page. Whoever asks from
//! another machine comes through a proxy with TLS that runs beside this process.
//!
//! What the reader of the code should know first: every handler answers `Result<_, ApiError>`, and one layer
//! ([`dress`]) turns every refusal into problem+json (RFC 9457) in the asker's language. Orders go through
//! [`idempotency`], so that a request that was sent twice is carried out once.

mod board;
mod calls;
mod current;
mod docs;
mod dress;
mod error;
mod extract;
mod gate;
mod health;
mod idempotency;
mod kinds;
mod live_events;
mod note;
mod orders;
mod problem;
mod recordings;
mod rooms;
mod router;
mod serve;
mod shapes;
mod trunks;
mod who;
mod words;

#[cfg(test)]
mod tests;

pub use current::Current;
pub use error::ApiError;
pub use rooms::{Rooms, SHORTEST_TOKEN, Token};
pub use router::{document, router};
pub use serve::{CONNECTIONS, serve};
