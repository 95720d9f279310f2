//! The proof that something was destroyed: tombstones in the store, and the secrets that are no longer in the key file.

use std::collections::BTreeSet;

use vault::machine::key_file;
use vault::{Broken as Gap, Class, KeyId, Scope, Tombstone, VaultError, chained};

use crate::either::{Db, Row, query, scalar};
use crate::error::StoreError;
use crate::seal::Keys;
use crate::store::Store;
use crate::stored::Broken;

const ALL: &str = "SELECT no, key_id, class, scope, fingerprint, at, who, why, sealed, prev_hash, hash FROM key_tombstone \
     ORDER BY no";
const LAST: &str = "SELECT no, key_id, class, scope, fingerprint, at, who, why, sealed, prev_hash, hash FROM key_tombstone \
     ORDER BY no DESC LIMIT 1";

/// What was destroyed, and what of it does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    /// One for each data key, oldest first.
    pub stones: Vec<Tombstone>,
    /// The first tombstone that is not what it was.
    pub broken: Option<u64>,
    /// Keys that are said to be destroyed and are still in the store.
    pub undead: Vec<KeyId>,
    /// Tombstones whose secret is still in the key file: the next round takes it out.
    pub waiting: Vec<u64>,
}

impl Proof {
    /// Whether everything that is said to be destroyed is.
    pub fn holds(&self) -> bool {
        self.broken.is_none() && self.undead.is_empty() && self.waiting.is_empty()
    }
}

fn stone(row: &Row) -> sqlx::Result<Option<Tombstone>> {
    let line = [
        row.try_get::<i64>("no")?.to_string(),
        row.try_get("key_id")?,
        row.try_get("class")?,
        row.try_get("scope")?,
        row.try_get("fingerprint")?,
        row.try_get::<i64>("at")?.to_string(),
        row.try_get("who")?,
        row.try_get("why")?,
        row.try_get::<i64>("sealed")?.to_string(),
        row.try_get("prev_hash")?,
        row.try_get("hash")?,
    ];
    Ok(Tombstone::parse(&line.join("\t")))
}

/// All tombstones, and the first that can't be read.
async fn stones(db: &mut Db) -> sqlx::Result<(Vec<Tombstone>, Option<u64>)> {
    let rows = query(ALL).fetch_all(db).await?;
    let mut stones = Vec::with_capacity(rows.len());
    for row in &rows {
        match stone(row)? {
            Some(stone) => stones.push(stone),
            None => return Ok((stones, Some(u64::try_from(row.try_get::<i64>("no")?).unwrap_or(0)))),
        }
    }
    Ok((stones, None))
}

/// Writes the tombstone of a key, behind the last one, inside the open transaction.
pub(super) async fn bury(db: &mut Db, next: Tombstone) -> sqlx::Result<Tombstone> {
    const PUT: &str = "INSERT INTO key_tombstone (no, key_id, class, scope, fingerprint, at, who, why, sealed, prev_hash, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let last = query(LAST).fetch_optional(db).await?;
    let last = last.as_ref().map(stone).transpose()?.flatten();
    let stone = chained(last.as_ref(), next);
    let line = stone.line();
    let mut words = line.rsplit('\t');
    let (hash, prev) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let put = query(PUT)
        .bind(i64::try_from(stone.no).unwrap_or(i64::MAX))
        .bind(stone.key.to_string())
        .bind(stone.class.word())
        .bind(stone.scope.to_string())
        .bind(&stone.fingerprint)
        .bind(stone.at)
        .bind(&stone.by)
        .bind(&stone.why)
        .bind(i64::try_from(stone.values).unwrap_or(i64::MAX))
        .bind(prev)
        .bind(hash);
    put.execute(db).await?;
    Ok(stone)
}

/// The classes and scopes of which every key is destroyed, by the tombstones.
async fn dead(db: &mut Db) -> sqlx::Result<BTreeSet<(Class, Scope)>> {
    const DEAD: &str = "SELECT DISTINCT class, scope FROM key_tombstone WHERE NOT EXISTS (SELECT 1 FROM data_key \
         WHERE data_key.class = key_tombstone.class AND data_key.scope = key_tombstone.scope)";
    let rows = query(DEAD).fetch_all(db).await?;
    let read = |row: &Row| {
        let (class, scope): (String, String) = (row.try_get("class")?, row.try_get("scope")?);
        Ok(Class::parse(&class).zip(Scope::parse(&scope)))
    };
    Ok(rows.iter().map(read).collect::<sqlx::Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Takes the secrets of what is destroyed out of the key file. What a crash left, or another node destroyed, is among them.
/// Recordings are not: their keys lie beside them, see [`Store::puncture_recordings`]. Nothing that lives may be wrapped in the
/// form of before by then: the root of a version goes with the first secret that is taken out.
pub(super) async fn puncture(db: &mut Db, keys: &Keys) -> sqlx::Result<Result<(), VaultError>> {
    let dead: Vec<_> = dead(db).await?.into_iter().filter(|(class, _)| *class != Class::Recording).collect();
    Ok(out_of_the_key_file(keys, &dead))
}

pub(super) fn out_of_the_key_file(keys: &Keys, dead: &[(Class, Scope)]) -> Result<(), VaultError> {
    let masters = key_file::change(&keys.file, |masters| {
        let gone = dead.iter().filter(|(class, scope)| masters.has(*class, *scope));
        Ok(gone.fold(masters.clone(), |masters, (class, scope)| masters.punctured(*class, *scope)))
    })?;
    keys.with_safe(|safe| safe.take_masters(masters));
    Ok(())
}

/// Whether the tombstones hold, as part of [`Store::verify`].
pub(crate) async fn verify(db: &mut Db, broken: &mut Vec<Broken>) -> sqlx::Result<()> {
    let (stones, unread) = stones(db).await?;
    if let Some(no) = unread.or(vault::verify(&stones, None).err().map(|Gap { no }| no)) {
        broken.push(Broken::Tombstone { no });
    }
    for key in undead(db).await? {
        broken.push(Broken::Undead { key: key.to_string() });
    }
    Ok(())
}

async fn undead(db: &mut Db) -> sqlx::Result<Vec<KeyId>> {
    const UNDEAD: &str = "SELECT key_id FROM key_tombstone JOIN data_key ON data_key.id = key_id ORDER BY no";
    let undead = scalar::<String>(UNDEAD).fetch_all(db).await?;
    Ok(undead.iter().filter_map(|id| KeyId::parse(id)).collect())
}

impl Store {
    /// What was destroyed, checked against the store and the key file.
    ///
    /// # Errors
    /// The database's; the key file's.
    pub async fn proof(&self) -> Result<Proof, StoreError> {
        let mut moment = self.moment().await?;
        let (stones, unread) = stones(&mut moment).await.map_err(|e| self.said(e))?;
        let undead = undead(&mut moment).await.map_err(|e| self.said(e))?;
        let dead = dead(&mut moment).await.map_err(|e| self.said(e))?;
        let masters =
            key_file::load(&self.keys_of().file)?.ok_or(VaultError::BadKeyFile("it is not there"))?;
        let waits = |stone: &&Tombstone| {
            dead.contains(&(stone.class, stone.scope)) && masters.has(stone.class, stone.scope)
        };
        let waiting = stones.iter().filter(waits).map(|stone| stone.no).collect();
        let broken = unread.or(vault::verify(&stones, None).err().map(|Gap { no }| no));
        Ok(Proof { stones, broken, undead, waiting })
    }
}
