//! The versions of the master key, as they stand in the key file.

use std::collections::BTreeMap;
use std::fmt;

use ring::digest;
use zeroize::Zeroizing;

use crate::Chance;
use crate::cipher::{SECRET, Secret, derive};
use crate::class::{Class, Scope};
use crate::error::VaultError;
use crate::text::{exactly, hex};
use crate::tree::Tree;

/// First line of a key file with more than one version.
const FIRST: &str = "hotline keys 2";
/// The same when secrets were destroyed: a program that does not know that must not read it.
const FIRST_WITH_TREES: &str = "hotline keys 3";
/// Bytes of the longest key file: far more than a version a day for a century.
pub(crate) const LONGEST: u64 = 1 << 22;

/// All versions that can still open something.
///
/// The file of a house that never changed its master key is its 32 bytes. After a change it is text: the index secret, a
/// line for each version, and a checksum, so that a cut file is noticed. A version of which secrets were destroyed is a tree.
#[derive(Clone, PartialEq, Eq)]
pub struct Masters {
    /// What hashes of numbers and codes are made with. It stays as it was at first: they could not be found otherwise.
    index: Secret,
    versions: BTreeMap<u32, Version>,
}

/// One version of the master key.
#[derive(Clone, PartialEq, Eq)]
enum Version {
    Whole(Secret),
    /// Without the secrets that were destroyed.
    Punctured(Tree),
}

impl Version {
    fn leaf(&self, class: Class, scope: Scope) -> Option<Secret> {
        match self {
            Self::Whole(secret) => Tree::whole(secret).leaf(class, scope),
            Self::Punctured(tree) => tree.leaf(class, scope),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Whole(secret) => hex(&**secret),
            Self::Punctured(tree) => tree.words().join(" "),
        }
    }

    fn parse(words: &str) -> Option<Self> {
        match exactly::<SECRET>(words) {
            Some(secret) => Some(Self::Whole(Zeroizing::new(secret))),
            None => Tree::parse(words.split(' ')).map(Self::Punctured),
        }
    }
}

impl fmt::Debug for Masters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Masters {:?}", self.versions.keys())
    }
}

impl Masters {
    /// The first version of a new house.
    ///
    /// # Errors
    /// [`VaultError::NoChance`].
    pub fn first(chance: &dyn Chance) -> Result<Self, VaultError> {
        let mut secret = Secret::default();
        chance.fill(&mut *secret)?;
        Ok(Self::of(&secret))
    }

    fn of(secret: &Secret) -> Self {
        Self { index: secret.clone(), versions: BTreeMap::from([(1, Version::Whole(secret.clone()))]) }
    }

    /// Reads the bytes of a key file.
    ///
    /// # Errors
    /// [`VaultError::BadKeyFile`], [`VaultError::Newer`].
    pub fn read(bytes: &[u8]) -> Result<Self, VaultError> {
        // A list that was cut at 32 bytes is no key.
        if let Ok(secret) = <[u8; SECRET]>::try_from(bytes)
            && !bytes.starts_with(b"hotline keys ")
        {
            return Ok(Self::of(&Zeroizing::new(secret)));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|_| VaultError::BadKeyFile("it is neither 32 bytes nor a list of keys"))?;
        if !text.starts_with("hotline keys ") {
            return Err(VaultError::BadKeyFile("it is neither 32 bytes nor a list of keys"));
        }
        if !text.starts_with(FIRST) && !text.starts_with(FIRST_WITH_TREES) {
            return Err(VaultError::Newer);
        }
        let cut = VaultError::BadKeyFile("it is cut or was changed");
        let (body, check) = text.rsplit_once("check ").ok_or_else(|| cut.clone())?;
        if check.trim_end() != checksum(body) {
            return Err(cut);
        }
        let (mut index, mut versions) = (None, BTreeMap::new());
        for line in body.lines().skip(1) {
            match line.split_once(' ') {
                Some(("index", word)) => index = exactly::<SECRET>(word).map(Zeroizing::new),
                Some(("master", rest)) => {
                    let (number, words) = rest.split_once(' ').ok_or_else(|| cut.clone())?;
                    let number = number.parse().map_err(|_| cut.clone())?;
                    versions.insert(number, Version::parse(words).ok_or_else(|| cut.clone())?);
                }
                _ => return Err(cut),
            }
        }
        match index {
            Some(index) if !versions.is_empty() => Ok(Self { index, versions }),
            _ => Err(cut),
        }
    }

    /// The bytes of the key file.
    pub fn print(&self) -> Zeroizing<Vec<u8>> {
        if self.versions.len() == 1 && self.is_of_before() {
            return Zeroizing::new(self.index.to_vec());
        }
        let punctured = self.versions.values().any(|version| matches!(version, Version::Punctured(_)));
        let first = if punctured { FIRST_WITH_TREES } else { FIRST };
        let mut body = Zeroizing::new(format!("{first}\nindex {}\n", hex(&*self.index)));
        for (number, version) in &self.versions {
            body.push_str(&format!("master {number} {}\n", version.words()));
        }
        let check = checksum(&body);
        body.push_str(&format!("check {check}\n"));
        Zeroizing::new(body.as_bytes().to_vec())
    }

    /// The same with one version more, which wraps from now on.
    ///
    /// # Errors
    /// [`VaultError::NoChance`].
    pub fn renewed(&self, chance: &dyn Chance) -> Result<Self, VaultError> {
        let mut secret = Secret::default();
        chance.fill(&mut *secret)?;
        let mut renewed = self.clone();
        renewed.versions.insert(self.newest().saturating_add(1), Version::Whole(secret));
        Ok(renewed)
    }

    /// The same without the versions before the newest: once nothing is wrapped by them any more. The index secret stays, and
    /// with it what format 1 sealed still opens.
    #[must_use]
    pub fn retired(&self) -> Self {
        let mut kept = self.clone();
        let newest = self.newest();
        kept.versions.retain(|number, _| *number == newest);
        kept
    }

    /// The newest version's number.
    pub fn newest(&self) -> u32 {
        self.versions.keys().next_back().copied().unwrap_or_default()
    }

    /// The versions' numbers.
    pub fn versions(&self) -> impl Iterator<Item = u32> + '_ {
        self.versions.keys().copied()
    }

    /// Whether the newest version is the secret from which the hashes come: it can't be destroyed, so nothing that is to be
    /// destroyed some day may be wrapped by it.
    pub fn is_of_before(&self) -> bool {
        matches!(self.versions.get(&self.newest()), Some(Version::Whole(secret)) if **secret == *self.index)
    }

    /// The same without the secret of this class and scope, in every version: no data key of it opens any more, wherever a
    /// copy of it lies.
    ///
    /// What the version that [`Self::is_of_before`] names had wrapped is not reached.
    #[must_use]
    pub fn punctured(&self, class: Class, scope: Scope) -> Self {
        let mut punctured = self.clone();
        for version in punctured.versions.values_mut() {
            let mut tree = match version {
                Version::Whole(secret) if **secret == *self.index => continue,
                Version::Whole(secret) => Tree::whole(secret),
                Version::Punctured(tree) => tree.clone(),
            };
            tree.puncture(class, scope);
            *version = Version::Punctured(tree);
        }
        punctured
    }

    /// Whether a data key of this class and scope could be wrapped, or opened.
    pub fn has(&self, class: Class, scope: Scope) -> bool {
        self.versions.get(&self.newest()).is_some_and(|version| version.leaf(class, scope).is_some())
    }

    /// The secret of a version itself, which wrapped keys before there were trees.
    pub(crate) fn version(&self, number: u32) -> Result<&Secret, VaultError> {
        match self.versions.get(&number) {
            Some(Version::Whole(secret)) => Ok(secret),
            Some(Version::Punctured(_)) => Err(VaultError::Gone),
            None => Err(VaultError::NoMaster(number)),
        }
    }

    /// The secret of a class and scope in a version.
    pub(crate) fn leaf(&self, number: u32, class: Class, scope: Scope) -> Result<Secret, VaultError> {
        let version = self.versions.get(&number).ok_or(VaultError::NoMaster(number))?;
        version.leaf(class, scope).ok_or(VaultError::Gone)
    }

    /// What the keys that never change are drawn from.
    pub fn index(&self) -> &[u8; SECRET] {
        &self.index
    }

    /// A secret for something that stays whatever is rotated: the hashes of numbers and codes, values of format 1.
    pub fn fixed(&self, label: &str) -> Zeroizing<[u8; SECRET]> {
        derive(&self.index, label)
    }
}

fn checksum(body: &str) -> String {
    hex(digest::digest(&digest::SHA256, body.as_bytes()).as_ref().get(..8).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tests::Dice;

    #[test]
    fn a_key_file_of_before_is_version_one_and_stays_as_it_is() {
        let masters = Masters::read(&[7; 32]).unwrap();
        assert_eq!((masters.newest(), masters.print().as_slice()), (1, [7; 32].as_slice()));
        assert_eq!(format!("{masters:?}"), "Masters [1]", "Debug must not show the key");
    }

    #[test]
    fn another_version_makes_it_a_list_and_what_is_cut_or_changed_is_noticed() {
        let dice = Dice::default();
        let first = Masters::first(&dice).unwrap();
        let second = first.renewed(&dice).unwrap();
        let bytes = second.print();
        let read = Masters::read(&bytes).unwrap();
        assert_eq!(read.versions().collect::<Vec<_>>(), [1, 2]);
        assert_eq!((read.fixed("x"), read.print()), (first.fixed("x"), bytes.clone()));
        assert_ne!(read.version(1).unwrap(), read.version(2).unwrap());
        for at in 0..bytes.len() - 1 {
            assert!(Masters::read(&bytes[..at]).is_err(), "cut at {at}");
            let mut bent = bytes.to_vec();
            bent[at] ^= 1;
            assert!(Masters::read(&bent).is_err(), "byte {at} was changed");
        }
        assert_eq!(Masters::read(b"hotline keys 4\n").unwrap_err(), VaultError::Newer);
        assert!(matches!(Masters::read(b"short"), Err(VaultError::BadKeyFile(_))));

        let retired = Masters::read(&second.retired().print()).unwrap();
        assert_eq!((retired.versions().collect::<Vec<_>>(), retired.fixed("x")), (vec![2], first.fixed("x")));
        assert_eq!(retired.version(1).unwrap_err(), VaultError::NoMaster(1));
    }

    #[test]
    fn a_destroyed_secret_is_gone_from_every_version_and_the_hashes_stay() {
        let dice = Dice::default();
        let first = Masters::first(&dice).unwrap();
        let masters = first.renewed(&dice).unwrap().renewed(&dice).unwrap();
        let [dead, alive] = [11, 12].map(|month| Scope::Month(crate::Month::new(2026, month).unwrap()));
        let punctured = masters.punctured(Class::Number, dead);
        let read = Masters::read(&punctured.print()).unwrap();
        assert!(read == punctured && read.print().starts_with(b"hotline keys 3\n"));
        assert!(first.is_of_before() && !masters.is_of_before());
        for version in [2, 3] {
            assert_eq!(read.leaf(version, Class::Number, dead).unwrap_err(), VaultError::Gone);
            assert_eq!(
                read.leaf(version, Class::Number, alive).unwrap(),
                masters.leaf(version, Class::Number, alive).unwrap()
            );
            assert!(read.leaf(version, Class::Name, dead).is_ok());
            assert_eq!(read.version(version).unwrap_err(), VaultError::Gone, "the root must be gone too");
        }
        assert!(
            !read.has(Class::Number, dead)
                && read.has(Class::Number, alive)
                && masters.has(Class::Number, dead)
        );
        assert_eq!((read.fixed("x"), read.punctured(Class::Number, dead)), (first.fixed("x"), read.clone()));
        assert!(
            read.renewed(&dice).unwrap().has(Class::Number, dead),
            "another version has wrapped nothing yet"
        );
    }
}
