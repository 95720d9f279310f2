//! Passwords: what is taken as one, and Argon2id (RFC 9106) over it.

use std::fmt;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use crate::error::{AccessError, Weakness};
use crate::name::UserName;

/// Memory of one hash, KiB: 19 MiB, as OWASP's Password Storage Cheat Sheet names it for Argon2id with two passes.
pub const MEMORY_KIB: u32 = 19_456;
/// Passes over that memory (same source).
pub const PASSES: u32 = 2;
/// Lanes (same source).
const LANES: u32 = 1;
/// Bytes of a hash.
const OUTPUT: usize = 32;
/// Random bytes that go in beside the password (RFC 9106 section 3.1 recommends 16).
pub const SALT_LENGTH: usize = 16;
/// Most memory that a stored hash may ask for, KiB: whatever got into the store must not take the machine's.
const MOST_MEMORY_KIB: u32 = 256 * 1_024;
/// Most passes that a stored hash may ask for.
const MOST_PASSES: u32 = 16;

/// Characters of the shortest password that is taken (NIST SP 800-63B asks for 8 with a second factor, OWASP ASVS for 12).
pub const SHORTEST_PASSWORD: usize = 12;
/// Characters of the longest: hashing more would serve a guesser's load alone.
pub const LONGEST_PASSWORD: usize = 128;
/// A password with fewer different characters is a pattern.
const FEWEST_DIFFERENT: usize = 5;
/// So many characters in a row that count up or down (`123456`, `fedcba`) are a pattern when they are half of it.
const RUN: usize = 5;
/// What guessers try first. What is left of a password when such a word is taken out must still be long enough by half.
const COMMON: [&str; 20] = [
    "password",
    "passw0rd",
    "p@ssw0rd",
    "qwerty",
    "1qaz2wsx",
    "qazwsx",
    "asdfgh",
    "zxcvbn",
    "iloveyou",
    "letmein",
    "welcome",
    "administrator",
    "admin",
    "changeme",
    "default",
    "hotline",
    "woaini",
    "12345",
    "rexian",
    "mima",
];

/// A hash that no password has: it is compared with for users who are not there, so that time does not tell.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What somebody typed. Wiped when it is dropped; `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl Password {
    /// Whether it may become this user's password.
    ///
    /// # Errors
    /// [`AccessError::Weak`], in words for the user.
    pub fn judge(&self, user: &UserName) -> Result<(), AccessError> {
        self.weakness(user).map_or(Ok(()), |why| Err(AccessError::Weak(why)))
    }

    /// What was typed: for one-time codes, which travel the same way.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Too long to be any password: not even compared.
    pub fn is_absurd(&self) -> bool {
        self.0.chars().nth(LONGEST_PASSWORD).is_some()
    }

    fn weakness(&self, user: &UserName) -> Option<Weakness> {
        let length = self.0.chars().count();
        if length < SHORTEST_PASSWORD {
            return Some(Weakness::Short);
        }
        if length > LONGEST_PASSWORD {
            return Some(Weakness::Long);
        }
        let lower = Zeroizing::new(self.0.to_lowercase());
        let name = user.as_str();
        if name.len() > 2 && lower.contains(name) {
            return Some(Weakness::Name);
        }
        if is_pattern(&lower) {
            return Some(Weakness::Pattern);
        }
        let built =
            |word: &str| lower.contains(word) && (length.saturating_sub(word.len())) * 2 < SHORTEST_PASSWORD;
        COMMON.iter().any(|word| built(word)).then_some(Weakness::Common)
    }

    fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Few different characters, or mostly a run.
fn is_pattern(lower: &str) -> bool {
    let letters: Vec<u32> = lower.chars().map(u32::from).collect();
    let mut different = letters.clone();
    different.sort_unstable();
    different.dedup();
    if different.len() < FEWEST_DIFFERENT {
        return true;
    }
    let (mut run, mut step, mut in_runs) = (1usize, 0i64, 0usize);
    let mut close = |run: usize| in_runs += if run >= RUN { run } else { 0 };
    for pair in letters.windows(2) {
        let [a, b] = [pair.first(), pair.get(1)].map(|c| c.map_or(0, |c| i64::from(*c)));
        let next = b - a;
        if next.abs() <= 1 && next == step {
            run += 1;
        } else {
            close(run);
            (run, step) = (2, if next.abs() <= 1 { next } else { 2 });
        }
    }
    close(run);
    in_runs * 2 >= letters.len()
}

fn argon() -> Result<Argon2<'static>, AccessError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(OUTPUT)).map_err(|_| AccessError::Hash)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The password's hash as a PHC string. Takes 19 MiB and some hundredths of a second: for a thread that may wait.
///
/// # Errors
/// [`AccessError::Hash`].
pub fn hash(password: &Password, salt: [u8; SALT_LENGTH]) -> Result<String, AccessError> {
    let made: Result<PasswordHash, _> = argon()?.hash_password_with_salt(password.bytes(), &salt);
    made.map(|hash| hash.to_string()).map_err(|_| AccessError::Hash)
}

/// Whether it is the password of this hash. As slow as [`hash`].
///
/// # Errors
/// [`AccessError::Hash`] when what is stored is no hash of ours.
pub fn verify(password: &Password, stored: &str) -> Result<bool, AccessError> {
    let hash = PasswordHash::new(stored).map_err(|_| AccessError::Hash)?;
    let asked = Params::try_from(&hash).map_err(|_| AccessError::Hash)?;
    if asked.m_cost() > MOST_MEMORY_KIB || asked.t_cost() > MOST_PASSES {
        return Err(AccessError::Hash);
    }
    if password.is_absurd() {
        return Ok(false);
    }
    Ok(argon()?.verify_password(password.bytes(), &hash).is_ok())
}

/// Takes as long as [`verify`] and is never right.
pub fn verify_nobody(password: &Password) -> bool {
    let _ = verify(password, NOBODY);
    false
}

/// Whether a stored hash was made with today's parameters; else it is made anew at the next right password.
pub fn is_current(stored: &str) -> bool {
    let params = PasswordHash::new(stored).ok().and_then(|hash| Params::try_from(&hash).ok());
    params.is_some_and(|p| p.m_cost() >= MEMORY_KIB && p.t_cost() >= PASSES)
}
