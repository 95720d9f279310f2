//! Sessions: 256 random bits that only the browser holds, and how long they are good.

use std::fmt;
use std::time::Duration;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A session ends so long after it was begun, however busy it is (OWASP ASVS 3.3.2: 12 h with re-authentication).
pub const ABSOLUTE: Duration = Duration::from_secs(12 * 3_600);

/// Bytes of a token: 256 bits.
const LENGTH: usize = 32;

/// A token as its holder shows it, 64 hex digits: of a session, of the first set-up, of a trial. The store knows its
/// [`Token::hash`] alone. `Debug` shows nothing.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// A token of these random bytes.
    pub fn new(random: [u8; LENGTH]) -> Self {
        Self(Zeroizing::new(hex(&random)))
    }

    /// Reads what somebody shows.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 2 * LENGTH
            && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        fits.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// What the holder shows: for the cookie, the file or the address, never for a log.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// SHA-256 of it, hex: what is stored. A token is random, so that no slow hash is needed.
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(self.0.as_bytes()))
    }

    /// Compares in a time that does not tell how much of it was right.
    pub fn is(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| DIGITS.get(usize::from(n)).copied().map_or('0', char::from);
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

/// When a session was begun and used last, UTC ms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Life {
    /// Begun.
    pub begun: i64,
    /// Used last.
    pub seen: i64,
}

impl Life {
    /// Whether it is still good at `now` (UTC ms), when it may rest for `idle`. A clock that was set back ends nothing.
    pub fn is_good(self, now: i64, idle: Duration) -> bool {
        let within = |since: i64, span: Duration| {
            let span = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
            now.saturating_sub(since) < span
        };
        within(self.begun, ABSOLUTE) && within(self.seen, idle)
    }
}
