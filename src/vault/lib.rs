//! Envelope encryption of what the house keeps: master keys wrap data keys, data keys seal values and recordings.
//!
//! - [`Masters`]: the versions of the master key, as they stand in the key file; of each, the secret of one class and month can be
//!   destroyed for good while all others stay (`tree`).
//! - [`DataKey`], [`Wrapped`]: one for each [`Class`] and [`Scope`] (a month, or a legal hold); kept wrapped beside the data.
//! - [`Safe`]: the data keys in memory: seals, opens, seals anew, wraps anew, forgets.
//! - [`Tombstone`]: the proof that a data key was destroyed, each chained to the one before.
//! - [`stream`]: recordings, as files of chunks of which each is authentic by itself.
//! - [`machine`]: the only part that touches the machine: the key file, the system's randomness, the folder of the recordings.

mod cipher;
mod class;
mod error;
mod key;
pub mod machine;
mod master;
mod proof;
mod safe;
pub mod stream;
mod text;
mod tree;

#[cfg(test)]
mod tests;

pub use cipher::Algorithm;
pub use class::{Class, Month, Scope};
pub use error::VaultError;
pub use key::{DataKey, KeyId, Wrapped};
pub use machine::{Locker, Sound};
pub use master::Masters;
pub use proof::{Broken, Tombstone, chained, verify};
pub use safe::{Safe, key_of};

/// Where random bytes come from.
pub trait Chance {
    /// Fills all of it.
    ///
    /// # Errors
    /// [`VaultError::NoChance`]: the system gives none.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), VaultError>;
}

/// Random bytes of a known length.
pub(crate) fn drawn<const N: usize>(chance: &dyn Chance) -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    chance.fill(&mut bytes)?;
    Ok(bytes)
}
