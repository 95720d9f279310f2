//! Signatures as Standard Webhooks 1.0.0 has them: HMAC-SHA256 over `id.timestamp.body`, in the headers of the delivery.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::error::PapersError;

/// The header with the event's id.
pub const ID: &str = "webhook-id";
/// The header with the moment of sending, seconds since 1970.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures: `v1,BASE64`, several apart by spaces.
pub const SIGNATURE: &str = "webhook-signature";
/// A receiver refuses what was signed longer ago, or later, than this: it could be a recording.
pub const TOLERANCE_SECONDS: i64 = 300;

const PREFIX: &str = "whsec_";
const VERSION: &str = "v1,";
const SHORTEST: usize = 24;
const LONGEST: usize = 64;

/// What a subscriber and we know. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// Reads `whsec_` and base64 of 24 to 64 bytes.
    ///
    /// # Errors
    /// [`PapersError::Secret`], which quotes nothing.
    pub fn read(text: &str) -> Result<Self, PapersError> {
        let bytes = text.strip_prefix(PREFIX).and_then(|base| STANDARD.decode(base).ok());
        let fits = |bytes: &Vec<u8>| (SHORTEST..=LONGEST).contains(&bytes.len());
        bytes.filter(fits).map(Self).ok_or(PapersError::Secret)
    }

    /// The signature of a body, as the header [`SIGNATURE`] has it. `sent` is in seconds since 1970.
    pub fn sign(&self, id: &str, sent: i64, body: &[u8]) -> String {
        let mark = self.mac(id, sent, body).map(|mac| mac.finalize().into_bytes());
        format!("{VERSION}{}", STANDARD.encode(mark.unwrap_or_default()))
    }

    fn mac(&self, id: &str, sent: i64, body: &[u8]) -> Option<Hmac<Sha256>> {
        // HMAC takes a key of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(format!("{id}.{sent}.").as_bytes());
        mac.update(body);
        Some(mac)
    }
}

/// Whether one of the signatures in the header is of this body, compared in constant time, and was made within
/// [`TOLERANCE_SECONDS`] of `now` (seconds since 1970). For receivers written in Rust, and for our tests.
pub fn verify(secret: &Secret, (id, sent, signatures): (&str, i64, &str), body: &[u8], now: i64) -> bool {
    let fresh = now.saturating_sub(sent).unsigned_abs() <= TOLERANCE_SECONDS.unsigned_abs();
    let is_ours = |signature: &str| {
        let mark = signature.strip_prefix(VERSION).and_then(|base| STANDARD.decode(base).ok());
        let mac = secret.mac(id, sent, body);
        mark.zip(mac).is_some_and(|(mark, mac)| mac.verify_slice(&mark).is_ok())
    };
    fresh && signatures.split(' ').any(is_ours)
}
