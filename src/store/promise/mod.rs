//! The promises in the database: owners and their steps, tasks, debts, and what is drawn from the facts.

mod begin;
mod check;
mod drawn;
mod errand_facts;
mod flat;
mod keep;
mod owner;
mod put;
mod tasks;
pub(crate) mod tell;
#[cfg(test)]
mod tests;

pub(crate) use check::verify;

pub use begin::{CalledAgain, NewItem, Taken, Timing};
pub use errand_facts::ErrandFacts;
pub use owner::{Deed, Done, Heard, Owner, PromiseFault};
pub use tasks::{Claimed, Claims};
