//! Roles, passwords, codes, lock-out and sessions, each at its edges.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod factor;
mod lock;
mod passwords;
mod sessions;
