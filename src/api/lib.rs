//! The HTTP interface: the screens, calls and their orders, live events, recordings, health. Without TLS on loopback only.
//!
//! [`serve`] takes its sockets and its end from outside; [`router`] is the whole map on one page. Programs show a token,
//! people sign in; which role may come to which endpoint is one table (`access::table`), asked by one [`gate`].
//!
//! What the reader of the code should know first: every handler answers `Result<_, ApiError>`, and one layer
//! ([`dress`]) turns every refusal into problem+json (RFC 9457) in the asker's language. Orders go through
//! [`idempotency`], so that a request that was sent twice is carried out once.

mod audit;
mod backstage;
mod blackbox;
mod board;
mod calendar;
mod calls;
mod cases;
mod config;
mod current;
mod docs;
mod dress;
mod error;
mod extract;
mod gate;
mod hashing;
mod health;
mod idempotency;
mod kinds;
mod knowledge;
mod live_events;
mod metrics;
mod note;
mod open311;
mod orders;
mod phone;
mod problem;
mod promises;
mod prompts;
mod recordings;
mod rehearsal;
mod rooms;
mod router;
mod screen;
mod sealed;
mod secret;
mod serve;
mod session;
mod sessions;
mod setup;
mod shapes;
mod trial;
mod trunk_check;
mod trunks;
mod unmask;
mod users;
mod web;
mod who;
mod words;

#[cfg(test)]
mod tests;

pub use backstage::{Backstage, Behind, Examined, Pending, Taken, Words};
pub use current::Current;
pub use error::ApiError;
pub use rooms::{Random, Rooms, SHORTEST_TOKEN, Token};
pub use router::{document, router};
pub use serve::{CONNECTIONS, CONNECTIONS_TLS, Doors, serve};
pub use setup::FirstAdmin;
