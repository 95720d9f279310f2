//! The store from outside, on a real file: what goes in comes out, what is told is on disk, what breaks off is closed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, clippy::print_stderr, missing_docs)]

mod aftermath;
mod away;
mod board;
#[path = "../both/mod.rs"]
mod both;
mod cases;
mod common;
mod errand;
mod house;
mod kill;
mod knowledge;
mod opening;
#[path = "../both/raw.rs"]
mod raw;
mod round_trip;
mod stream;

use store::{Server, Settings, Store, StoreAt};
