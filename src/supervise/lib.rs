//! The small parent of a house: starts it, hears that it lives, starts it anew when it has died, and passes signals on.
//!
//! What a house says to its parent is what systemd's services say (`sd_notify(3)`): `READY=1` once it takes calls, `WATCHDOG=1`
//! for each answer of its control loop, `STOPPING=1` at its end. The parent is heard by systemd in the same words.
//!
//! [`watcher`] decides (no clock, no process in it), [`run()`] does it, [`Teller`] is the house's side. A house that goes on in
//! another process (`hotline upgrade`) has two lives for a while: whatever says a word is a life, and only when the last one has
//! died another is started.

mod ear;
mod lives;
mod run;
mod teller;
#[cfg(test)]
mod tests;
pub mod watcher;
mod words;

pub use run::{Child, run};
pub use teller::Teller;
pub use words::Word;

/// Exit code of arguments that nobody understands: the same start would end the same way.
pub const USAGE: u8 = 2;
/// Exit code of a configuration with faults (`EX_CONFIG` of sysexits.h): only an admin can mend it.
pub const CONFIG: u8 = 78;
