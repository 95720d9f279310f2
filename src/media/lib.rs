//! RTP ports, rooms, players and the recorder, on threads of their own.
//!
//! Read [`command`] first: [`Command`] is all that can be asked, [`Event`] all that is told.

mod batch;
mod bind;
pub mod command;
pub mod course;
mod crowd;
mod engine;
mod flac;
mod floor;
pub mod keys;
mod leg;
mod levels;
mod line;
mod load;
mod phases;
mod player;
mod ports;
pub mod quality;
mod recorder;
mod repair;
mod rings;
mod room;
mod sockets;
mod sound;
mod spool;
pub mod srtp;
mod table;
mod tape;
mod trouble;
mod urgency;
mod wide;
mod worker;

#[cfg(test)]
mod tests;

pub use command::{Command, Event};
pub use engine::{Dials, Engine, EngineError, Settings};
pub use floor::Floor;
pub use levels::Levels;
pub use line::{Channel, Line, Take};
pub use load::Load;
pub use ports::{Port, PortPool, QUARANTINE};
pub use recorder::{Recorder, Wanted as Recordings};
pub use repair::{inspect, repair, youngest};
pub use rings::{INSIDE, Outer, Rings};
pub use sockets::Given;
pub use sound::{RATE, Sound};
pub use worker::Lateness;

/// The most seats of one room.
pub const MOST_SEATS: usize = 8;

/// The most sounds that play in one room at the same time.
pub const MOST_PLAYS: usize = 8;
