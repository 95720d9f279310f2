//! One data key, and the line in which it is kept: wrapped by a version of the master key.

use std::fmt;

use ring::hmac;
use zeroize::Zeroizing;

use crate::cipher::{Algorithm, Cipher, NONCE, SECRET, Secret, TAG, derive};
use crate::class::{Class, Scope};
use crate::error::VaultError;
use crate::master::Masters;
use crate::text::{hex, unhex};
use crate::{Chance, drawn};

/// A key that is wrapped by a version of the master key itself: as keys of recordings were before secrets could be destroyed.
const BEFORE: u8 = 1;
/// A key that is wrapped by the version's secret of its class and scope.
const FORM: u8 = 2;

/// Bytes of a wrapped secret: nonce, secret, tag.
pub(crate) const WRAPPED: usize = NONCE + SECRET + TAG;

/// A data key's number: 64 bits of chance, so that two nodes never draw the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KeyId(pub u64);

impl KeyId {
    /// Of 16 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 16).then(|| u64::from_str_radix(text, 16).ok().map(Self)).flatten()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Wraps a secret: nonce, secret, tag.
pub(crate) fn wrap(
    cipher: &Cipher,
    label: &[u8],
    secret: &Secret,
    chance: &dyn Chance,
) -> Result<[u8; WRAPPED], VaultError> {
    let nonce = drawn::<NONCE>(chance)?;
    let mut body = secret.to_vec();
    cipher.seal(nonce, label, &mut body)?;
    let mut out = [0; WRAPPED];
    out.iter_mut().zip(nonce.into_iter().chain(body)).for_each(|(to, from)| *to = from);
    Ok(out)
}

/// The other way.
pub(crate) fn unwrap(cipher: &Cipher, label: &[u8], wrapped: &[u8; WRAPPED]) -> Result<Secret, VaultError> {
    let (nonce, body) = wrapped.split_first_chunk::<NONCE>().ok_or(VaultError::NotAuthentic)?;
    let mut body = Zeroizing::new(body.to_vec());
    let plain = cipher.open(*nonce, label, &mut body)?;
    let secret: [u8; SECRET] = (&*plain).try_into().map_err(|_| VaultError::NotAuthentic)?;
    Ok(Zeroizing::new(secret))
}

/// A data key that is ready for use.
pub struct DataKey {
    /// Its number.
    pub id: KeyId,
    /// What it seals.
    pub class: Class,
    /// What of that.
    pub scope: Scope,
    /// Counts within class and scope, from 1: a new one by order takes over at once.
    pub generation: u32,
    /// How it seals.
    pub algorithm: Algorithm,
    secret: Secret,
    pub(crate) cipher: Cipher,
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey {} {} {}", self.id, self.class.word(), self.scope)
    }
}

impl DataKey {
    /// Draws a new one.
    ///
    /// # Errors
    /// [`VaultError::NoChance`].
    pub fn draw(
        (class, scope, generation): (Class, Scope, u32),
        algorithm: Algorithm,
        chance: &dyn Chance,
    ) -> Result<Self, VaultError> {
        let id = KeyId(u64::from_be_bytes(drawn(chance)?));
        let secret = Zeroizing::new(drawn::<SECRET>(chance)?);
        let cipher = Cipher::new(algorithm, &secret)?;
        Ok(Self { id, class, scope, generation, algorithm, secret, cipher })
    }

    /// Wraps it by the newest version of the master key.
    ///
    /// # Errors
    /// [`VaultError::NoChance`]; [`VaultError::Gone`]: keys of this class and scope were destroyed.
    pub fn wrap(&self, masters: &Masters, chance: &dyn Chance) -> Result<Wrapped, VaultError> {
        let mut wrapped = Wrapped {
            form: FORM,
            id: self.id,
            class: self.class,
            scope: self.scope,
            generation: self.generation,
            algorithm: self.algorithm,
            master: masters.newest(),
            body: [0; WRAPPED],
        };
        let secret = masters.leaf(wrapped.master, self.class, self.scope)?;
        let cipher = Cipher::new(self.algorithm, &secret)?;
        wrapped.body = wrap(&cipher, wrapped.label().as_bytes(), &self.secret, chance)?;
        Ok(wrapped)
    }

    /// By which the tombstone of a destroyed key says which it was, 16 bytes as hex: it gives nothing away.
    pub fn fingerprint(&self) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &*derive(&self.secret, "hotline fingerprint"));
        hex(hmac::sign(&key, b"").as_ref().get(..16).unwrap_or_default())
    }
}

/// A data key as it is kept beside the data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wrapped {
    /// Its number.
    pub id: KeyId,
    /// What it seals.
    pub class: Class,
    /// What of that.
    pub scope: Scope,
    /// Counts within class and scope, from 1.
    pub generation: u32,
    /// How it seals, and is wrapped.
    pub algorithm: Algorithm,
    /// The version of the master key that wraps it.
    pub master: u32,
    form: u8,
    body: [u8; WRAPPED],
}

impl Wrapped {
    /// What is sealed along: nobody can make a key of another month, class or master out of it.
    fn label(&self) -> String {
        let Self { id, class, scope, generation, algorithm, master, form, body: _ } = self;
        format!(
            "hotline data key {form} {id} {} {scope} {generation} {} {master}",
            class.word(),
            algorithm.word()
        )
    }

    /// Unwraps it.
    ///
    /// # Errors
    /// [`VaultError::NoMaster`], [`VaultError::NotAuthentic`], [`VaultError::Gone`].
    pub fn open(&self, masters: &Masters) -> Result<DataKey, VaultError> {
        let cipher = match self.form {
            BEFORE => Cipher::new(self.algorithm, masters.version(self.master)?)?,
            _ => Cipher::new(self.algorithm, &*masters.leaf(self.master, self.class, self.scope)?)?,
        };
        let secret = unwrap(&cipher, self.label().as_bytes(), &self.body)?;
        let (id, class, scope) = (self.id, self.class, self.scope);
        let (generation, algorithm) = (self.generation, self.algorithm);
        let cipher = Cipher::new(algorithm, &secret)?;
        Ok(DataKey { id, class, scope, generation, algorithm, secret, cipher })
    }

    /// Whether it is wrapped as a key is that is wrapped now.
    pub fn is_newest(&self, masters: &Masters) -> bool {
        self.form == FORM && self.master == masters.newest()
    }

    /// One line, as it is kept in a file or a column.
    pub fn line(&self) -> String {
        format!("{} {}", self.label(), hex(&self.body))
    }

    /// The other way.
    ///
    /// # Errors
    /// [`VaultError::BadKeyLine`], [`VaultError::Newer`].
    pub fn parse(line: &str) -> Result<Self, VaultError> {
        let bad = || VaultError::BadKeyLine;
        let rest = line.trim_end().strip_prefix("hotline data key ").ok_or_else(bad)?;
        let (form, rest) = match (rest.strip_prefix("1 "), rest.strip_prefix("2 ")) {
            (Some(rest), _) => (BEFORE, rest),
            (_, Some(rest)) => (FORM, rest),
            _ => return Err(VaultError::Newer),
        };
        let words: Vec<&str> = rest.split(' ').collect();
        let [id, class, scope, generation, algorithm, master, body] =
            <[&str; 7]>::try_from(words).map_err(|_| bad())?;
        Ok(Self {
            id: KeyId::parse(id).ok_or_else(bad)?,
            class: Class::parse(class).ok_or(VaultError::Newer)?,
            scope: Scope::parse(scope).ok_or_else(bad)?,
            generation: generation.parse().map_err(|_| bad())?,
            algorithm: Algorithm::parse(algorithm).ok_or(VaultError::Newer)?,
            master: master.parse().map_err(|_| bad())?,
            form,
            body: unhex(body).and_then(|body| body.try_into().ok()).ok_or_else(bad)?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::class::Month;
    use crate::tests::Dice;

    #[test]
    fn a_key_is_kept_wrapped_and_nothing_of_its_line_can_be_changed() {
        let dice = Dice::default();
        let masters = Masters::first(&dice).unwrap();
        for algorithm in [Algorithm::Aes256Gcm, Algorithm::Sm4Gcm] {
            let scope = Scope::Month(Month::new(2026, 11).unwrap());
            let key = DataKey::draw((Class::Recording, scope, 2), algorithm, &dice).unwrap();
            let line = key.wrap(&masters, &dice).unwrap().line();
            let again = Wrapped::parse(&line).unwrap().open(&masters).unwrap();
            assert_eq!((again.fingerprint(), again.id), (key.fingerprint(), key.id));
            assert!(!line.contains(&hex(&*key.secret)) && !format!("{key:?}").contains(&hex(&*key.secret)));
            for at in 0..line.len() {
                let mut bent = line.clone().into_bytes();
                bent[at] ^= 1;
                let opened = String::from_utf8(bent).map(|bent| {
                    Wrapped::parse(&bent)
                        .and_then(|wrapped| wrapped.open(&masters))
                        .map(|key| key.fingerprint())
                });
                // The other case of a hex digit is the same digit.
                assert!(!matches!(opened, Ok(Ok(_))), "byte {at} was changed");
                assert!(Wrapped::parse(&line[..at]).is_err(), "cut at {at}");
            }
            let other = Masters::first(&dice).unwrap();
            assert_eq!(Wrapped::parse(&line).unwrap().open(&other).unwrap_err(), VaultError::NotAuthentic);
            assert_eq!(Wrapped::parse("hotline data key 3 x").unwrap_err(), VaultError::Newer);
        }
    }
}
