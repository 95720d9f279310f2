//! Master keys of SRTP as offer and answer carried them; `Debug` shows stars, memory is wiped when they go.

use std::fmt;

use zeroize::Zeroizing;

/// Longest master key identifier that packets may carry, bytes (RFC 4568 section 6.1).
pub const LONGEST_MKI: u8 = 128;

/// How packets are encrypted and authenticated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Suite {
    /// `AES_CM_128_HMAC_SHA1_80` (RFC 4568 section 6.2.1): a tag of 10 bytes on each packet.
    AesCm128Sha80,
    /// `AES_CM_128_HMAC_SHA1_32` (RFC 4568 section 6.2.2): a tag of 4 bytes on RTP, of 10 on RTCP.
    AesCm128Sha32,
    /// `AEAD_AES_128_GCM` (RFC 7714 section 14.1): a tag of 16 bytes.
    AesGcm128,
    /// `AEAD_AES_256_GCM` (RFC 7714 section 14.1): a tag of 16 bytes.
    AesGcm256,
}

impl Suite {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::AesCm128Sha80, Self::AesCm128Sha32, Self::AesGcm128, Self::AesGcm256];

    /// Length of the master key, bytes.
    pub fn key(self) -> usize {
        match self {
            Self::AesCm128Sha80 | Self::AesCm128Sha32 | Self::AesGcm128 => 16,
            Self::AesGcm256 => 32,
        }
    }

    /// Length of the master salt, bytes.
    pub fn salt(self) -> usize {
        match self {
            Self::AesCm128Sha80 | Self::AesCm128Sha32 => 14,
            Self::AesGcm128 | Self::AesGcm256 => 12,
        }
    }
}

/// The key of one direction.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey {
    suite: Suite,
    /// Key, then salt. On the heap, so that moving it leaves no copy behind.
    bytes: Zeroizing<Vec<u8>>,
    mki: u8,
}

impl MasterKey {
    /// From key and salt, one after the other as `inline:` brings them; `None` when the length is not the suite's.
    /// `mki` is the length of the identifier that each packet carries, 0..=[`LONGEST_MKI`]; what it says is not looked at,
    /// there is but one key.
    pub fn new(suite: Suite, key_and_salt: &[u8], mki: u8) -> Option<Self> {
        let fits = key_and_salt.len() == suite.key() + suite.salt() && mki <= LONGEST_MKI;
        fits.then(|| Self { suite, bytes: Zeroizing::new(key_and_salt.to_vec()), mki })
    }

    /// How it is used.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// Length of the identifier on each packet, bytes; 0: none.
    pub(crate) fn mki(&self) -> usize {
        usize::from(self.mki)
    }

    /// Key and salt, for the cipher only.
    pub(crate) fn reveal(&self) -> (&[u8], &[u8]) {
        self.bytes.split_at_checked(self.suite.key()).unwrap_or_default()
    }
}

impl fmt::Debug for MasterKey {
    /// Whoever reads a log must not hear the call.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ***", self.suite)
    }
}

/// Both directions of a leg. Each end chooses the key of what it sends (RFC 4568 section 6.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Srtp {
    /// Of what we send.
    pub send: MasterKey,
    /// Of what the far end sends.
    pub receive: MasterKey,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_key_fits_its_suite_and_shows_stars() {
        for suite in Suite::ALL {
            let length = suite.key() + suite.salt();
            assert!(MasterKey::new(suite, &vec![0x41; length + 1], 0).is_none());
            assert!(MasterKey::new(suite, &vec![0x41; length - 1], 0).is_none());
            assert!(MasterKey::new(suite, &vec![0x41; length], LONGEST_MKI + 1).is_none());
            let key = MasterKey::new(suite, &vec![0x41; length], 4).unwrap();
            assert_eq!((key.reveal().0.len(), key.reveal().1.len()), (suite.key(), suite.salt()));
            let shown = format!("{key:?}{:?}", Srtp { send: key.clone(), receive: key.clone() });
            assert!(shown.contains("***") && !shown.contains("65") && !shown.contains("41"), "{shown}");
        }
    }
}
