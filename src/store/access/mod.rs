//! Accounts, sessions and the audit: rows in, rows out. What they mean is the business of the crate `access`.

mod account;
mod audit;
mod number;
mod sitting;
#[cfg(test)]
mod tests;

pub use account::{Account, Change, Hidden};
pub use audit::{AuditFilter, AuditLine, AuditNote, AuditPage};
pub(crate) use audit::{append, verify};
pub use sitting::Sitting;
