//! RTP ports, rooms, players and the recorder, on threads of their own.
//!
//! Read [`command`] first: [`Command`] is all that can be asked, [`Event`] all that is told.

pub mod command;
mod ports;
mod sound;

pub use command::{Command, Event};
pub use ports::{Port, PortPool, QUARANTINE};
pub use sound::{RATE, Sound};

/// The most seats of one room.
pub const MOST_SEATS: usize = 8;

/// The most sounds that play in one room at the same time.
pub const MOST_PLAYS: usize = 8;
