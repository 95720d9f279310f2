//! Who may do what: roles, passwords, second factor, lock-out, sessions. Pure.
//!
//! Time, random bytes and what is stored are arguments. [`table`] is the one place that says which role may come to which
//! endpoint; a test of `api` walks every endpoint of the router and fails when one has no row here.

mod error;
mod lockout;
mod name;
mod password;
mod role;
mod session;
pub mod table;
#[cfg(test)]
mod tests;
mod totp;

pub use error::{AccessError, Weakness};
pub use lockout::{FREE_OF_SOURCE, FREE_OF_USER, LONGEST_LOCK, LockOut, MOST_REMEMBERED, SHORTEST_LOCK};
pub use name::{Tab, UserName};
pub use password::{
    LONGEST_PASSWORD, MEMORY_KIB, PASSES, Password, SALT_LENGTH, SHORTEST_PASSWORD, hash, is_current, verify,
    verify_nobody,
};
pub use role::Role;
pub use session::{ABSOLUTE, Life, Token};
pub use totp::{Factor, SECRET_LENGTH, STEP};
