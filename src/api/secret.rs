//! What somebody typed that nobody may see: wiped after use, never in `Debug`.

use access::Password;
use serde::{Deserialize, Deserializer};

/// A password or code out of a body.
pub(crate) struct Typed(Password);

impl Typed {
    /// A code as text.
    pub(crate) fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

impl<'de> Deserialize<'de> for Typed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(text.into()))
    }
}

impl From<Typed> for Password {
    fn from(typed: Typed) -> Self {
        typed.0
    }
}
