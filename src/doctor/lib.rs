//! What was observed of a trunk, in words: which of its claims hold, what to do about those that don't, and which settings follow.
//!
//! Pure. Whoever has sockets observes ([`Facts`], partly read out of the messages by [`log`]); [`examine`] judges.
//!
//! ```
//! use doctor::{Facts, Mark, Written, examine};
//!
//! let report = examine(&Written::named("carrier"), &Facts::default());
//! assert_eq!(report.findings[0].mark, Mark::Warning);
//! assert!(report.findings[0].seen.en.contains("no proxy"));
//! ```

mod facts;
mod findings;
pub mod log;
mod report;
mod words;
mod written;

#[cfg(test)]
mod tests;

pub use facts::{
    Answered, Asked, Called, Certificate, Connection, Facts, Flaw, Lookup, Provisional, Registered, Secured,
    Sound,
};
pub use findings::examine;
pub use report::{Finding, Mark, Proposal, Report, Step};
pub use words::Words;
pub use written::{Form, Keys, Written};
