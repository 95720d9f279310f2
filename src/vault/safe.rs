//! The data keys in memory: seals and opens values, seals them anew, wraps the keys anew, forgets what is destroyed.

use std::collections::HashMap;
use std::fmt;

use crate::cipher::{Algorithm, Cipher, NONCE};
use crate::class::{Class, Scope};
use crate::error::VaultError;
use crate::key::{DataKey, KeyId, Wrapped};
use crate::master::Masters;
use crate::{Chance, drawn};

/// First byte of a value that the master key itself sealed, before there were data keys.
const BEFORE: u8 = 1;
/// First byte of a value that a data key sealed: then algorithm, key, nonce, body, tag.
const FORMAT: u8 = 2;
/// Bytes before the nonce: format, algorithm, key.
const HEAD: usize = 10;

/// What seals and opens. The wrapped keys are kept by whoever keeps the data: what is minted here is to be on disk before
/// anything that it sealed.
pub struct Safe {
    masters: Masters,
    /// Of keys that are minted from now on.
    algorithm: Algorithm,
    before: Cipher,
    keys: HashMap<KeyId, DataKey>,
    current: HashMap<(Class, Scope), KeyId>,
}

impl fmt::Debug for Safe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Safe of {} keys", self.keys.len())
    }
}

impl Safe {
    /// An empty one: it opens values of before, and mints keys.
    ///
    /// # Errors
    /// None that a key of the right length could give.
    pub fn new(masters: Masters, algorithm: Algorithm) -> Result<Self, VaultError> {
        // Values of format 1 were sealed by this key and no other.
        let before = Cipher::raw(Algorithm::Aes256Gcm, &*masters.fixed("hotline seal"))?;
        Ok(Self { masters, algorithm, before, keys: HashMap::new(), current: HashMap::new() })
    }

    /// The master key's versions.
    pub fn masters(&self) -> &Masters {
        &self.masters
    }

    /// Another master version was made, or the key file read again.
    pub fn take_masters(&mut self, masters: Masters) {
        self.masters = masters;
    }

    /// Takes in a key that is kept beside the data. The newest generation of its class and scope seals.
    ///
    /// # Errors
    /// [`VaultError::NoMaster`], [`VaultError::NotAuthentic`].
    pub fn learn(&mut self, wrapped: &Wrapped) -> Result<KeyId, VaultError> {
        let key = wrapped.open(&self.masters)?;
        Ok(self.keep(key))
    }

    fn keep(&mut self, key: DataKey) -> KeyId {
        let (id, place) = (key.id, (key.class, key.scope));
        let newest = self.current.get(&place).and_then(|id| self.keys.get(id)).map(|key| key.generation);
        if newest.is_none_or(|newest| newest <= key.generation) {
            self.current.insert(place, id);
        }
        self.keys.insert(id, key);
        id
    }

    /// Whether something seals for this class and scope.
    pub fn has(&self, class: Class, scope: Scope) -> bool {
        self.current.contains_key(&(class, scope))
    }

    /// The key that seals for this class and scope.
    pub fn current(&self, class: Class, scope: Scope) -> Option<&DataKey> {
        self.current.get(&(class, scope)).and_then(|id| self.keys.get(id))
    }

    /// Seals nothing for this class and scope any more; what was sealed still opens.
    pub fn stop(&mut self, class: Class, scope: Scope) {
        self.current.remove(&(class, scope));
    }

    /// The newest scope of a class for which something seals; of months alone.
    pub fn newest(&self, class: Class) -> Option<Scope> {
        let months =
            self.current.keys().filter(|(of, scope)| *of == class && matches!(scope, Scope::Month(_)));
        months.map(|(_, scope)| *scope).max()
    }

    /// Draws a key, which seals from now on. It must be on disk before what it sealed.
    ///
    /// # Errors
    /// [`VaultError::NoChance`].
    pub fn mint(&mut self, class: Class, scope: Scope, chance: &dyn Chance) -> Result<Wrapped, VaultError> {
        let newest = self.current.get(&(class, scope)).and_then(|id| self.keys.get(id));
        let generation = newest.map_or(0, |key| key.generation).saturating_add(1);
        let key = DataKey::draw((class, scope, generation), self.algorithm, chance)?;
        let wrapped = key.wrap(&self.masters, chance)?;
        self.keep(key);
        Ok(wrapped)
    }

    /// A key by its number.
    pub fn key(&self, id: KeyId) -> Option<&DataKey> {
        self.keys.get(&id)
    }

    /// All keys, the oldest scope first.
    pub fn keys(&self) -> Vec<&DataKey> {
        let mut keys: Vec<&DataKey> = self.keys.values().collect();
        keys.sort_by_key(|key| (key.scope, key.class, key.generation, key.id));
        keys
    }

    /// The same key, wrapped by the newest version of the master key.
    ///
    /// # Errors
    /// [`VaultError::NoKey`], [`VaultError::NoChance`].
    pub fn rewrap(&self, id: KeyId, chance: &dyn Chance) -> Result<Wrapped, VaultError> {
        self.keys.get(&id).ok_or(VaultError::NoKey(id))?.wrap(&self.masters, chance)
    }

    /// Forgets a key: what it sealed does not open any more. True: it was there.
    pub fn forget(&mut self, id: KeyId) -> bool {
        self.current.retain(|_, current| *current != id);
        self.keys.remove(&id).is_some()
    }

    /// Seals a value for one place, as `call.caller_e164` of a call: moved to another place it does not open.
    ///
    /// # Errors
    /// [`VaultError::NoCurrent`]: mint a key first. [`VaultError::NoChance`].
    pub fn seal(
        &self,
        (class, scope): (Class, Scope),
        (place, owner): (&str, &str),
        plain: &[u8],
        chance: &dyn Chance,
    ) -> Result<Vec<u8>, VaultError> {
        let key = self.current.get(&(class, scope)).and_then(|id| self.keys.get(id));
        let key = key.ok_or(VaultError::NoCurrent)?;
        let nonce = drawn::<NONCE>(chance)?;
        let mut sealed = Vec::with_capacity(HEAD + NONCE + plain.len() + crate::cipher::TAG);
        sealed.extend_from_slice(&[FORMAT, key.algorithm.code()]);
        sealed.extend_from_slice(&key.id.0.to_be_bytes());
        let aad = label(&sealed, place, owner);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        key.cipher.seal_from(HEAD + NONCE, nonce, &aad, &mut sealed)?;
        Ok(sealed)
    }

    /// Seals as before there were data keys: where none is at hand, for nothing must stay clear.
    ///
    /// # Errors
    /// [`VaultError::NoChance`].
    pub fn seal_before(
        &self,
        (place, owner): (&str, &str),
        plain: &[u8],
        chance: &dyn Chance,
    ) -> Result<Vec<u8>, VaultError> {
        let nonce = drawn::<NONCE>(chance)?;
        let mut sealed = Vec::with_capacity(1 + NONCE + plain.len() + crate::cipher::TAG);
        sealed.push(BEFORE);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        self.before.seal_from(1 + NONCE, nonce, format!("{place}:{owner}").as_bytes(), &mut sealed)?;
        Ok(sealed)
    }

    /// Opens what was sealed for the same place, of either format.
    ///
    /// # Errors
    /// [`VaultError::NotAuthentic`], [`VaultError::NoKey`], [`VaultError::Newer`].
    pub fn open(&self, (place, owner): (&str, &str), sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (cipher, aad, rest) = match sealed.first() {
            Some(&BEFORE) => {
                (&self.before, format!("{place}:{owner}").into_bytes(), sealed.get(1..).unwrap_or_default())
            }
            Some(&FORMAT) => {
                let id = key_of(sealed).ok_or(VaultError::NotAuthentic)?;
                let key = self.keys.get(&id).ok_or(VaultError::NoKey(id))?;
                let (head, rest) = sealed.split_at_checked(HEAD).ok_or(VaultError::NotAuthentic)?;
                (&key.cipher, label(head, place, owner), rest)
            }
            Some(_) => return Err(VaultError::Newer),
            None => return Err(VaultError::NotAuthentic),
        };
        let (nonce, body) = rest.split_first_chunk::<NONCE>().ok_or(VaultError::NotAuthentic)?;
        let mut body = body.to_vec();
        let length = cipher.open(*nonce, &aad, &mut body)?.len();
        body.truncate(length);
        Ok(body)
    }

    /// Seals a value anew, under the key of another class and scope: before a month's key dies, what a legal hold keeps.
    ///
    /// # Errors
    /// As of [`Self::open`] and [`Self::seal`].
    pub fn reseal(
        &self,
        to: (Class, Scope),
        at: (&str, &str),
        sealed: &[u8],
        chance: &dyn Chance,
    ) -> Result<Vec<u8>, VaultError> {
        let plain = zeroize::Zeroizing::new(self.open(at, sealed)?);
        self.seal(to, at, &plain, chance)
    }
}

/// The data key of a sealed value; `None`: of a format without.
pub fn key_of(sealed: &[u8]) -> Option<KeyId> {
    let (head, _) = sealed.split_first_chunk::<HEAD>()?;
    let [format, _, id @ ..] = head;
    (*format == FORMAT).then(|| KeyId(u64::from_be_bytes(*id)))
}

/// What is sealed along: format, algorithm, key, and the place.
fn label(head: &[u8], place: &str, owner: &str) -> Vec<u8> {
    [head, place.as_bytes(), b":", owner.as_bytes()].concat()
}
