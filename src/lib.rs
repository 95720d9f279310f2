//! The map of the house: which room does what, and who may lean on whom. See ARCHITECTURE.md.

pub mod command;
pub mod start;
