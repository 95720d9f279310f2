//! The two ciphers: AES-256-GCM (NIST SP 800-38D) and SM4-GCM (GB/T 32907, RFC 8998), behind one shape.

use std::fmt;

use aes_gcm::AesGcm;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, KeyInit};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;
use sm4::Sm4;
use zeroize::Zeroizing;

use crate::error::VaultError;

/// Bytes of a nonce (SP 800-38D section 8.2).
pub(crate) const NONCE: usize = 12;
/// Bytes of a tag.
pub(crate) const TAG: usize = 16;
/// Bytes of a secret from which a cipher's key is drawn.
pub(crate) const SECRET: usize = 32;

/// Wiped when it is dropped.
pub(crate) type Secret = Zeroizing<[u8; SECRET]>;

/// How something is sealed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Algorithm {
    /// AES with 256 bits, Galois counter mode.
    #[default]
    Aes256Gcm,
    /// SM4 with 128 bits, Galois counter mode: where commercial cryptography of China is required.
    Sm4Gcm,
}

impl Algorithm {
    /// As it stands in settings and key lines.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Aes256Gcm => "aes-256-gcm",
            Self::Sm4Gcm => "sm4-gcm",
        }
    }

    /// The other way.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Aes256Gcm, Self::Sm4Gcm].into_iter().find(|it| it.word() == word)
    }

    /// As it stands in sealed values.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Aes256Gcm => 1,
            Self::Sm4Gcm => 2,
        }
    }

    pub(crate) fn of_code(code: u8) -> Result<Self, VaultError> {
        match code {
            1 => Ok(Self::Aes256Gcm),
            2 => Ok(Self::Sm4Gcm),
            _ => Err(VaultError::Newer),
        }
    }
}

/// A key that is ready for use.
pub(crate) enum Cipher {
    Aes(Box<LessSafeKey>),
    Sm4(Box<AesGcm<Sm4, U12>>),
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher")
    }
}

/// HMAC-SHA256 of a label: a secret has one use under each name (NIST SP 800-108).
pub(crate) fn derive(secret: &[u8; SECRET], label: &str) -> Secret {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), label.as_bytes());
    let mut out = Secret::default();
    out.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
    out
}

impl Cipher {
    /// The cipher of a secret. The same secret gives another key for each algorithm.
    pub(crate) fn new(algorithm: Algorithm, secret: &[u8; SECRET]) -> Result<Self, VaultError> {
        let key = derive(secret, &format!("hotline {}", algorithm.word()));
        match algorithm {
            Algorithm::Aes256Gcm => Self::raw(algorithm, &*key),
            // 128 bits (GB/T 32907).
            Algorithm::Sm4Gcm => Self::raw(algorithm, key.get(..16).unwrap_or_default()),
        }
    }

    /// The cipher of a key of the algorithm's own length.
    pub(crate) fn raw(algorithm: Algorithm, key: &[u8]) -> Result<Self, VaultError> {
        let unfit = VaultError::BadKeyFile("a key has not the length of its algorithm");
        match algorithm {
            Algorithm::Aes256Gcm => {
                let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| unfit)?;
                Ok(Self::Aes(Box::new(LessSafeKey::new(key))))
            }
            Algorithm::Sm4Gcm => {
                AesGcm::new_from_slice(key).map(|key| Self::Sm4(Box::new(key))).map_err(|_| unfit)
            }
        }
    }

    /// Seals in place and appends the tag. A nonce must never come twice under one key.
    pub(crate) fn seal(&self, nonce: [u8; NONCE], aad: &[u8], body: &mut Vec<u8>) -> Result<(), VaultError> {
        self.seal_from(0, nonce, aad, body)
    }

    /// The same for what stands behind the first bytes, which stay as they are.
    pub(crate) fn seal_from(
        &self,
        from: usize,
        nonce: [u8; NONCE],
        aad: &[u8],
        body: &mut Vec<u8>,
    ) -> Result<(), VaultError> {
        let plain = body.get_mut(from..).ok_or(VaultError::TooLong)?;
        match self {
            Self::Aes(key) => {
                let nonce = Nonce::assume_unique_for_key(nonce);
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(aad), plain);
                body.extend_from_slice(tag.map_err(|_| VaultError::TooLong)?.as_ref());
            }
            Self::Sm4(key) => {
                let tag = key.encrypt_inout_detached(&nonce.into(), aad, InOutBuf::from(plain));
                body.extend_from_slice(&tag.map_err(|_| VaultError::TooLong)?);
            }
        }
        Ok(())
    }

    /// Opens in place; what comes back is the part without the tag.
    pub(crate) fn open<'b>(
        &self,
        nonce: [u8; NONCE],
        aad: &[u8],
        body: &'b mut [u8],
    ) -> Result<&'b mut [u8], VaultError> {
        match self {
            Self::Aes(key) => {
                let nonce = Nonce::assume_unique_for_key(nonce);
                key.open_in_place(nonce, Aad::from(aad), body).map_err(|_| VaultError::NotAuthentic)
            }
            Self::Sm4(key) => {
                let at = body.len().checked_sub(TAG).ok_or(VaultError::NotAuthentic)?;
                let (plain, tag) = body.split_at_mut(at);
                let tag: [u8; TAG] = (&*tag).try_into().map_err(|_| VaultError::NotAuthentic)?;
                key.decrypt_inout_detached(&nonce.into(), aad, InOutBuf::from(&mut *plain), &tag.into())
                    .map_err(|_| VaultError::NotAuthentic)?;
                Ok(plain)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::text::{hex, unhex};

    fn check(algorithm: Algorithm, [key, nonce, aad, plain, sealed, tag]: [&str; 6]) {
        let cipher = Cipher::raw(algorithm, &unhex(key).unwrap()).unwrap();
        let nonce: [u8; NONCE] = unhex(nonce).unwrap().try_into().unwrap();
        let (aad, mut body) = (unhex(aad).unwrap(), unhex(plain).unwrap());
        cipher.seal(nonce, &aad, &mut body).unwrap();
        assert_eq!(hex(&body), format!("{sealed}{tag}").to_lowercase());
        for at in [0, body.len() / 2, body.len() - 1] {
            let mut bent = body.clone();
            bent[at] ^= 1;
            assert_eq!(cipher.open(nonce, &aad, &mut bent).unwrap_err(), VaultError::NotAuthentic);
        }
        assert!(cipher.open(nonce, b"another place", &mut body.clone()).is_err());
        assert!(cipher.open(nonce, &aad, &mut body.clone()[..TAG - 1]).is_err());
        assert_eq!(hex(cipher.open(nonce, &aad, &mut body).unwrap()), plain.to_lowercase());
    }

    #[test]
    fn sm4_gcm_is_that_of_rfc_8998() {
        // Appendix A.1.
        check(
            Algorithm::Sm4Gcm,
            [
                "0123456789ABCDEFFEDCBA9876543210",
                "00001234567800000000ABCD",
                "FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2",
                concat!(
                    "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD",
                    "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA"
                ),
                concat!(
                    "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735",
                    "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
                ),
                "83DE3541E4C2B58177E065A9BF7B62EC",
            ],
        );
    }

    #[test]
    fn aes_256_gcm_is_that_of_its_authors() {
        // The Galois/Counter Mode of Operation (McGrew, Viega), appendix B, test case 16.
        check(
            Algorithm::Aes256Gcm,
            [
                "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
                "cafebabefacedbaddecaf888",
                "feedfacedeadbeeffeedfacedeadbeefabaddad2",
                concat!(
                    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
                    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
                ),
                concat!(
                    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa",
                    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                ),
                "76fc6ece0f4e1768cddf8853bb2d551b",
            ],
        );
    }

    #[test]
    fn one_secret_gives_another_key_for_each_algorithm() {
        let keys = [Algorithm::Aes256Gcm, Algorithm::Sm4Gcm].map(|it| {
            assert_eq!(Algorithm::parse(it.word()), Some(it));
            assert_eq!(Algorithm::of_code(it.code()), Ok(it));
            derive(&[7; SECRET], &format!("hotline {}", it.word()))
        });
        assert_ne!(keys[0].get(..16), keys[1].get(..16));
        assert_eq!((Algorithm::parse("rot13"), Algorithm::of_code(3)), (None, Err(VaultError::Newer)));
    }
}
