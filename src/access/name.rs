//! Names that come from outside: of users, and of the tab that a page runs in.

use std::fmt;

use crate::error::AccessError;

/// What somebody signs in with: 2 to 32 of `a-z 0-9 . - _`, the first a letter or digit. No personal data by itself: it
/// stands in the audit and in logs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UserName(Box<str>);

impl UserName {
    /// Reads a name; capitals and blanks around it do not matter.
    ///
    /// # Errors
    /// [`AccessError::UserName`].
    pub fn parse(text: &str) -> Result<Self, AccessError> {
        let name = text.trim().to_ascii_lowercase();
        let first = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-_".contains(&b));
        if first && plain && (2..=32).contains(&name.len()) {
            Ok(Self(name.into()))
        } else {
            Err(AccessError::UserName)
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The tab that a page runs in: 1 to 16 of `a-z 0-9`. It names the session's cookie, so that two tabs can be two people.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Tab(Box<str>);

impl Tab {
    /// Reads the value of the header `X-Hotline-Tab`.
    ///
    /// # Errors
    /// [`AccessError::Tab`].
    pub fn parse(text: &str) -> Result<Self, AccessError> {
        let fits = (1..=16).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if fits { Ok(Self(text.into())) } else { Err(AccessError::Tab) }
    }

    /// The name of this tab's cookie.
    pub fn cookie(&self) -> String {
        format!("hotline_{}", self.0)
    }

    /// The tab's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
