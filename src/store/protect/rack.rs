//! The data keys of the store: learnt when it is opened, made before they are needed, wrapped anew, all beside calls that go on.

use vault::machine::key_file;
use vault::{Algorithm, Class, DataKey, Masters, Month, Scope, VaultError, Wrapped};

use crate::either::{Db, query};
use crate::error::StoreError;
use crate::seal::{Keys, SealFault};
use crate::store::Store;

/// Classes that have a key for each month.
const BY_MONTH: [Class; 3] = [Class::Number, Class::Name, Class::Case];
/// Classes that have one key: what they seal goes with the configuration, not with time.
const ALWAYS: [Class; 2] = [Class::Staff, Class::Configuration];

/// The key file is as it must be, the keys of this month and the next are there, and all are learnt.
pub(crate) async fn ready(db: &mut Db, keys: &Keys, now: i64, seals: Algorithm) -> Result<(), StoreError> {
    let masters = key_file::change(&keys.file, |masters| {
        // The secret from which the hashes come must wrap nothing that is to be destroyed some day.
        if masters.is_of_before() { masters.renewed(keys.chance()) } else { Ok(masters.clone()) }
    })?;
    keys.with_safe(|safe| safe.take_masters(masters));
    learn(db, keys).await?;
    for (class, scope) in wanted(keys, now, seals) {
        mint(db, keys, class, scope, now, seals).await?;
    }
    Ok(())
}

/// Which keys are to be made now. An algorithm that was changed gets keys of its own from then on.
fn wanted(keys: &Keys, now: i64, seals: Algorithm) -> Vec<(Class, Scope)> {
    let this = Month::of_utc_ms(now);
    let months = [Some(this), this.next()].into_iter().flatten().map(Scope::Month);
    let safe = keys.safe();
    let of_month = months.flat_map(|month| BY_MONTH.map(|class| (class, month)));
    let of_month = of_month
        .filter(|(class, month)| safe.current(*class, *month).is_none_or(|key| key.algorithm != seals));
    let always = ALWAYS.into_iter().filter_map(|class| match safe.newest(class) {
        None => Some((class, Scope::Month(this))),
        Some(scope) => {
            safe.current(class, scope).is_some_and(|key| key.algorithm != seals).then_some((class, scope))
        }
    });
    of_month.chain(always).filter(|(class, scope)| safe.masters().has(*class, *scope)).collect()
}

/// Makes a key. It is learnt from its row, so that two nodes that make one at the same moment use the same.
pub(crate) async fn mint(
    db: &mut Db,
    keys: &Keys,
    class: Class,
    scope: Scope,
    now: i64,
    seals: Algorithm,
) -> Result<(), StoreError> {
    const MINT: &str = "INSERT INTO data_key (id, class, scope, generation, line, made_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (class, scope, generation) DO NOTHING";
    // Another process may have renewed the master key, and take the older version out.
    let newest = masters(keys)?;
    keys.with_safe(|safe| safe.take_masters(newest));
    let wrapped = {
        let safe = keys.safe();
        let generation = safe.current(class, scope).map_or(0, |key| key.generation).saturating_add(1);
        DataKey::draw((class, scope, generation), seals, keys.chance())?
            .wrap(safe.masters(), keys.chance())?
    };
    let mint = query(MINT)
        .bind(wrapped.id.to_string())
        .bind(class.word())
        .bind(scope.to_string())
        .bind(i64::from(wrapped.generation))
        .bind(wrapped.line())
        .bind(now);
    mint.execute(db).await.map_err(|e| StoreError::Database { why: e.to_string() })?;
    learn(db, keys).await
}

/// Learns every key that is kept. One whose secret was destroyed is left out: it came back with a backup.
pub(crate) async fn learn(db: &mut Db, keys: &Keys) -> Result<(), StoreError> {
    let rows = query("SELECT line FROM data_key ORDER BY made_at, id").fetch_all(db).await;
    let rows = rows.map_err(|e| StoreError::Database { why: e.to_string() })?;
    for row in rows {
        let line: String = row.try_get("line").map_err(|e| StoreError::Unreadable { what: e.to_string() })?;
        let wrapped = Wrapped::parse(&line)?;
        if keys.safe().key(wrapped.id).is_some() {
            continue;
        }
        let learnt = keys.with_safe(|safe| match safe.learn(&wrapped) {
            // Another process has renewed the master key.
            Err(VaultError::NoMaster(_)) => {
                safe.take_masters(masters(keys)?);
                safe.learn(&wrapped)
            }
            learnt => learnt,
        });
        match learnt {
            Ok(_) => {}
            Err(VaultError::Gone) => tracing::warn!(
                "data key {} ({} {}) was destroyed: what it sealed came back with a backup and stays closed",
                wrapped.id,
                wrapped.class.word(),
                wrapped.scope
            ),
            Err(other) => return Err(other.into()),
        }
    }
    Ok(())
}

fn masters(keys: &Keys) -> Result<Masters, VaultError> {
    key_file::load(&keys.file)?.ok_or(VaultError::BadKeyFile("it is not there"))
}

/// A data key as it is listed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyLine {
    /// As it is kept.
    pub wrapped: Wrapped,
    /// Made, UTC ms.
    pub made_at: i64,
}

async fn lines(db: &mut Db) -> sqlx::Result<Vec<(String, i64)>> {
    const LINES: &str = "SELECT line, made_at FROM data_key ORDER BY scope, class, generation, id";
    let rows = query(LINES).fetch_all(db).await?;
    rows.iter().map(|row| Ok((row.try_get("line")?, row.try_get("made_at")?))).collect()
}

impl Store {
    /// The data keys of the store, the oldest scope first.
    ///
    /// # Errors
    /// The database's; a line that is damaged.
    pub async fn data_keys(&self) -> Result<Vec<KeyLine>, StoreError> {
        let mut conn = self.reader().await?;
        let lines = lines(&mut conn).await.map_err(|e| self.said(e))?;
        let line = |(line, made_at): (String, i64)| Ok(KeyLine { wrapped: Wrapped::parse(&line)?, made_at });
        lines.into_iter().map(line).collect()
    }

    /// Wraps all data keys of the store by the newest version of the master key in the key file; how many were not. Values stay
    /// as they are, and whoever reads and writes them goes on.
    ///
    /// # Errors
    /// The database's; the key file's. What was wrapped anew stays so, and the rest as it was.
    pub async fn rewrap_keys(&self) -> Result<usize, StoreError> {
        const REWRAP: &str = "UPDATE data_key SET line = $2 WHERE id = $1 AND line = $3";
        let keys = self.keys_of();
        let masters = masters(keys)?;
        let mut done = 0;
        for KeyLine { wrapped, .. } in self.data_keys().await? {
            if wrapped.is_newest(&masters) {
                continue;
            }
            let line = match wrapped.open(&masters) {
                Ok(key) => key.wrap(&masters, keys.chance())?.line(),
                Err(VaultError::Gone) => continue,
                Err(other) => return Err(other.into()),
            };
            let mut tx = self.begin().await?;
            let rewrap = query(REWRAP).bind(wrapped.id.to_string()).bind(line).bind(wrapped.line());
            rewrap.execute(&mut tx).await.map_err(|e| self.said(e))?;
            tx.commit().await.map_err(|e| self.said(e))?;
            done += 1;
        }
        keys.with_safe(|safe| safe.take_masters(masters));
        Ok(done)
    }
}

impl From<SealFault> for StoreError {
    fn from(_: SealFault) -> Self {
        Self::Keys(VaultError::NotAuthentic)
    }
}
