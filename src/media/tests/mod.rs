//! By ear, in virtual time: every seat sends a tone of its own, and the tests listen to what each one is sent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod allocations;
mod beside;
mod day;
mod disk;
mod hear;
mod inside;
mod levels;
mod network;
mod pressed;
mod quality;
mod record;
mod reports;
mod sealed;
mod secure;
mod shared;
mod srtp;
mod wide;
mod world;
