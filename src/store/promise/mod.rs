//! The promises in the database: owners and their steps, tasks, debts, and what is drawn from the facts.

mod drawn;
mod keep;
mod owner;
mod put;
mod tasks;
pub(crate) mod tell;
#[cfg(test)]
mod tests;

pub use owner::{Deed, Done, Heard, Owner, PromiseFault};
pub use tasks::{Claimed, Claims};
