//! The map of the house: which room does what, and who may lean on whom. See ARCHITECTURE.md.

mod backstage;
pub mod command;
mod control;
mod dialogs;
mod first;
mod front;
mod heart;
mod lines;
mod outfit;
mod outward;
mod promises;
mod record;
pub mod retention;
mod salvage;
#[cfg(test)]
mod salvage_tests;
mod sockets;
mod sound;
pub mod start;
mod upgrade;
mod warm;
