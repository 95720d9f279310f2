//! One call and all calls, pure: menu, queue, three-way machine, records.
//!
//! Read `event.rs` and `action.rs` first: they are the whole contract. [`Hotline::handle`] takes the time and one
//! event; afterwards [`Hotline::poll`] is drained for actions, and [`Hotline::next_timeout`] says when to come back.
//! There is no clock, socket, file or randomness in here, and the manifest proves it: the only dependency is the
//! working-time crate.

pub mod action;
pub mod advice;
mod again;
mod agents;
mod ask;
pub mod board;
mod bridge;
mod call;
pub mod case_no;
pub mod cause;
pub mod cdr;
mod closed;
mod digits;
pub mod errand;
pub mod event;
mod events;
pub mod heard;
mod hotline;
mod house;
pub mod ids;
mod inquiry;
mod leg;
mod lobby;
pub mod plan;
mod queue;
mod reach;
mod records;
mod seek;
mod survey;
mod timers;
mod view;
mod voicemail;

pub use action::Action;
pub use cause::Cause;
pub use event::{Event, Now};
pub use hotline::{Broken, Hotline};
pub use ids::{CallId, LegId};
pub use plan::Plan;
