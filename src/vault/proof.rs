//! The proof that a data key was destroyed: tombstones, each chained to the one before by SHA-256.

use ring::digest;

use crate::class::{Class, Scope};
use crate::key::KeyId;
use crate::text::{exactly, hex};

/// What the first tombstone is chained to.
const NOTHING: [u8; 32] = [0; 32];
/// Characters of the longest word of who and why.
pub const LONGEST: usize = 200;

/// A data key is gone for good, and with it what it sealed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tombstone {
    /// Counts from 1.
    pub no: u64,
    /// The key that is gone.
    pub key: KeyId,
    /// What it sealed.
    pub class: Class,
    /// What of that.
    pub scope: Scope,
    /// The key's fingerprint: [`crate::DataKey::fingerprint`].
    pub fingerprint: String,
    /// UTC ms.
    pub at: i64,
    /// Who ordered it.
    pub by: String,
    /// Why: the retention that ran out, a citizen's wish.
    pub why: String,
    /// How many values or recordings it had sealed.
    pub values: u64,
    /// Of the tombstone before.
    pub prev: [u8; 32],
    /// Of all the above.
    pub hash: [u8; 32],
}

/// Where a chain is broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Broken {
    /// The first tombstone that is not what it was; one past the last: some are missing.
    pub no: u64,
}

/// Sets the tombstone behind the chain's last: number and hashes come from here.
#[must_use]
pub fn chained(last: Option<&Tombstone>, mut next: Tombstone) -> Tombstone {
    next.no = last.map_or(1, |last| last.no.saturating_add(1));
    next.prev = last.map_or(NOTHING, |last| last.hash);
    (next.by, next.why) = (plain(&next.by), plain(&next.why));
    next.hash = next.sum();
    next
}

/// Looks through a chain. `last`: the hash that was noted elsewhere when the last one was set; with it a cut end is found.
///
/// # Errors
/// The first tombstone that is not what it was.
pub fn verify(chain: &[Tombstone], last: Option<[u8; 32]>) -> Result<(), Broken> {
    let (mut no, mut prev) = (1, NOTHING);
    for stone in chain {
        if stone.no != no || stone.prev != prev || stone.hash != stone.sum() {
            return Err(Broken { no });
        }
        (no, prev) = (no.saturating_add(1), stone.hash);
    }
    if last.is_some_and(|last| last != prev) { Err(Broken { no }) } else { Ok(()) }
}

/// No tab, no line end, not too long.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect()
}

impl Tombstone {
    /// Each field with its length before it: nothing can move from one to the next.
    fn sum(&self) -> [u8; 32] {
        let mut context = digest::Context::new(&digest::SHA256);
        let fields = self.fields();
        for field in fields.iter().map(String::as_str).chain([hex(&self.prev).as_str()]) {
            context.update(&u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(field.as_bytes());
        }
        context.finish().as_ref().try_into().unwrap_or(NOTHING)
    }

    fn fields(&self) -> [String; 9] {
        [
            self.no.to_string(),
            self.key.to_string(),
            self.class.word().to_owned(),
            self.scope.to_string(),
            self.fingerprint.clone(),
            self.at.to_string(),
            self.by.clone(),
            self.why.clone(),
            self.values.to_string(),
        ]
    }

    /// One line of a file: fields with tabs between.
    pub fn line(&self) -> String {
        let fields = self.fields();
        format!("{}\t{}\t{}", fields.join("\t"), hex(&self.prev), hex(&self.hash))
    }

    /// The other way; `None`: damaged.
    pub fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split('\t').collect();
        let [no, key, class, scope, fingerprint, at, by, why, values, prev, hash] =
            <[&str; 11]>::try_from(fields).ok()?;
        Some(Self {
            no: no.parse().ok()?,
            key: KeyId::parse(key)?,
            class: Class::parse(class)?,
            scope: Scope::parse(scope)?,
            fingerprint: fingerprint.to_owned(),
            at: at.parse().ok()?,
            by: by.to_owned(),
            why: why.to_owned(),
            values: values.parse().ok()?,
            prev: exactly(prev)?,
            hash: exactly(hash)?,
        })
    }
}
