//! The only part that touches the machine: the system's randomness, the key file, the folder of the recordings and their keys.

mod files;
pub mod key_file;
mod locker;

pub use locker::{Kept, Locker, Sound};

use ring::rand::{SecureRandom, SystemRandom};

use crate::Chance;
use crate::error::VaultError;

/// The system's randomness.
#[derive(Clone, Debug)]
pub struct System(SystemRandom);

impl System {
    /// It costs nothing.
    pub fn new() -> Self {
        Self(SystemRandom::new())
    }
}

impl Default for System {
    fn default() -> Self {
        Self::new()
    }
}

impl Chance for System {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), VaultError> {
        self.0.fill(bytes).map_err(|_| VaultError::NoChance)
    }
}
