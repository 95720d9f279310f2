//! Who may go on talking to the house, how much of it, and whom the house may call. Pure: `(now, what happened)` in, a verdict out.
//!
//! * [`Sources`]: scanners, guessers and the like are slowed, then listed and no longer heard.
//! * [`Rates`]: messages a second of one source, counted before anything is read.
//! * [`Overload`]: which part of the new work is told to come later, before the house is slow.
//! * [`Outbound`]: calls to the world outside, their limits, and the stop when something smells of toll fraud.
//!
//! Every table is bounded; what happens when it is full stands beside its constant. Time is the duration since the start of
//! the house, as everywhere.

mod agents;
mod forecast;
mod lines;
mod origin;
mod outbound;
mod overload;
mod rates;
mod sources;
#[cfg(test)]
mod tests;

pub use agents::{SCANNERS, is_scanner};
pub use lines::Lines;
pub use origin::Origin;
pub use outbound::{Asked, Denied, Outbound, OutboundSettings, OutboundView, Permit, Stopped};
pub use overload::{Kind, Load, Overload, OverloadSettings};
pub use rates::{RateSettings, Rates};
pub use sources::{Deed, Listed, Outcome, Reason, SourceSettings, Sources, Standing};
