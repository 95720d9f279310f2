//! One call and all calls, pure: menu, queue, three-way machine, records.
//!
//! Read `event.rs` and `action.rs` first: they are the whole contract. [`Hotline::handle`] takes the time and one
//! event; afterwards [`Hotline::poll`] is drained for actions, and [`Hotline::next_timeout`] says when to come back.
//! There is no clock, socket, file or randomness in here, and the manifest proves it: the only dependency is the
//! working-time crate.

pub mod action;
pub mod cause;
pub mod cdr;
pub mod event;
pub mod ids;
pub mod plan;

pub use action::Action;
pub use cause::Cause;
pub use event::{Event, Now};
pub use ids::{CallId, LegId};
pub use plan::Plan;
