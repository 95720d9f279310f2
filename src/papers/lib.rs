//! What leaves the house as documents: tables (CSV, XLSX), Open311, CloudEvents, short messages, the monthly notice.
//!
//! Bytes in memory, from values that the caller brings: no file, no clock, no database. Moments are UTC ms and are written in
//! the [`Zone`] of the house. What citizens and staff wrote is escaped, or guarded against being a formula, here and once.

mod error;
pub mod events;
pub mod message;
pub mod notice;
pub mod open311;
pub mod table;
#[cfg(test)]
mod tests;
mod text;
mod zone;

pub use error::PapersError;
pub use zone::Zone;
