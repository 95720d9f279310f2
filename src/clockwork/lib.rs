//! Joins the promise machines with the running house: what is due becomes a call, what the call reports becomes what happened.
//!
//! [`translate`] and [`news`] are pure: an order of a promise as an errand of the house, and the reports of an errand as events.
//! [`start`] runs the loop that claims what is due and reads what calls report; [`Door`] is the way in for everybody else.
//!
//! Nothing is lost by a crash: what is to be done and what was written are one transaction of the store, a call's name is
//! written on its task before it is placed, and a task whose node is gone is taken over when its lease has run out.

mod deeds;
mod door;
mod house;
pub mod keeper;
pub mod news;
mod reports;
mod rules;
mod run;
mod tasks;
pub mod translate;
mod upkeep;

#[cfg(test)]
mod tests;

pub use door::{ConnectFault, Door};
pub use rules::Rules;
pub use run::{Parts, Rounds, Running, door, start};
