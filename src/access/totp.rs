//! The second factor: one-time codes of an authenticator program (TOTP, RFC 6238).

use std::fmt;

use totp_rs::{Algorithm, Builder, Secret, Totp};

use crate::error::AccessError;
use crate::name::UserName;

/// Seconds of a step (RFC 6238 section 4.1).
pub const STEP: u64 = 30;
/// Bytes of a secret: 160 bits (RFC 4226 section 4, R6).
pub const SECRET_LENGTH: usize = 20;
/// Digits of a code.
const DIGITS: u8 = 6;
/// Steps before and after the present one that are taken too: for clocks that go wrong (RFC 6238 section 5.2).
const WINDOW: u16 = 1;

/// A second factor. `Debug` shows nothing.
pub struct Factor(Totp);

impl fmt::Debug for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Factor(***)")
    }
}

impl Factor {
    /// A factor of these random bytes. SHA-1, as authenticator programs know nothing else for sure.
    ///
    /// # Errors
    /// [`AccessError::Secret`].
    pub fn new(random: [u8; SECRET_LENGTH]) -> Result<Self, AccessError> {
        Self::of(Secret::new_stack(random))
    }

    /// The factor of a stored secret, base 32.
    ///
    /// # Errors
    /// [`AccessError::Secret`].
    pub fn stored(base32: &str) -> Result<Self, AccessError> {
        Self::of(Secret::try_from_base32(base32).map_err(|_| AccessError::Secret)?)
    }

    fn of(secret: Secret) -> Result<Self, AccessError> {
        let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(DIGITS).with_skew(WINDOW);
        let made = builder.with_step_duration(STEP).with_secret(secret).build();
        made.map(Self).map_err(|_| AccessError::Secret)
    }

    /// The secret in base 32: what is stored, sealed, and what a user types who can't scan the code.
    pub fn base32(&self) -> String {
        self.0.secret().to_base32()
    }

    /// The address that authenticator programs read (Google's Key URI format). A user name needs no escapes.
    pub fn uri(&self, user: &UserName) -> String {
        let secret = self.base32();
        format!(
            "otpauth://totp/hotline:{user}?secret={secret}&issuer=hotline&algorithm=SHA1&digits={DIGITS}&period={STEP}"
        )
    }

    /// What an authenticator program shows at this time: for those who test the way in.
    pub fn code(&self, at_s: u64) -> String {
        self.0.generate(at_s).to_string()
    }

    /// The step of this code when it is right at `now_s` (seconds since 1970) and of a later step than `last`: a code
    /// is good once (RFC 6238 section 5.2). Store the step before anybody is let in by it.
    pub fn check(&self, code: &str, now_s: u64, last: Option<u64>) -> Option<u64> {
        let digits = code.len() == usize::from(DIGITS) && code.bytes().all(|b| b.is_ascii_digit());
        let step = digits.then(|| self.0.check(code, now_s)).flatten()?;
        last.is_none_or(|last| step > last).then_some(step)
    }
}
