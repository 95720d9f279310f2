//! Joins the promise machines with the running house: what is due becomes a call, what the call reports becomes what happened.
//!
//! [`translate`] and [`news`] are pure: an order of a promise as an errand of the house, and the reports of an errand as events.

pub mod news;
pub mod translate;

#[cfg(test)]
mod tests;
