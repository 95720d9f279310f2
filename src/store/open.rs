//! The first minute of a store: folder, lock, file or server, schema, key.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sqlx::migrate::{MigrateError, Migrator};

use crate::at::StoreAt;
use crate::either::{Db, Dialect, Place, query, scalar};
use crate::error::StoreError;
use crate::lock::{Lock, unwritable};
use crate::seal::{self, Keys};
use crate::store::Settings;

pub(crate) static SCHEMA: Migrator = sqlx::migrate!("../../migrations");

/// A store that is ready, and the lock that keeps others out while it lives.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) place: Place,
    pub(crate) db: Db,
    pub(crate) keys: Keys,
    pub(crate) key_made: bool,
    pub(crate) lock: Lock,
}

/// Makes what is missing and checks what is there.
pub(crate) async fn prepare(settings: &Settings) -> Result<Ground, StoreError> {
    let place = Place::new(settings.at.clone());
    let lock = Lock::take(&place, &settings.node).await?;
    lay(settings, place, lock).await
}

/// The same beside a life of the house that runs, whose open lock this is.
pub(crate) async fn prepare_beside(settings: &Settings, held: Option<File>) -> Result<Ground, StoreError> {
    let place = Place::new(settings.at.clone());
    let lock = Lock::join(&place, &settings.node, held).await?;
    lay(settings, place, lock).await
}

async fn lay(settings: &Settings, place: Place, lock: Lock) -> Result<Ground, StoreError> {
    if let StoreAt::File(path) = &settings.at {
        touch(path)?;
    }
    let mut db = place.connect().await.map_err(|e| place.said(&e))?;
    ours(&mut db, &place).await?;
    db.migrate().await.map_err(|e| migration(&place, e))?;
    let (keys, key_made) = keys(&mut db, &place, settings).await?;
    Ok(Ground { place, db, keys, key_made, lock })
}

/// Makes the file with mode 0600, which SQLite's own files beside it inherit, and proves that it can be written.
fn touch(path: &Path) -> Result<(), StoreError> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(|e| unwritable(path, &e))
}

/// A database of another program is left alone.
async fn ours(db: &mut Db, place: &Place) -> Result<(), StoreError> {
    const SQLITE: &str = "SELECT COUNT(*) AS tables, COALESCE(SUM(name = '_sqlx_migrations'), 0) AS ours \
         FROM sqlite_master WHERE type = 'table'";
    const POSTGRES: &str = "SELECT COUNT(*) AS tables, COUNT(*) FILTER (WHERE tablename = '_sqlx_migrations') AS ours \
         FROM pg_tables WHERE schemaname = current_schema()";
    let tables = match db.dialect() {
        Dialect::Sqlite => SQLITE,
        Dialect::Postgres => POSTGRES,
    };
    let row = query(tables).fetch_one(db).await.map_err(|e| place.said(&e))?;
    match (row.try_get::<i64>("tables"), row.try_get::<i64>("ours")) {
        (Ok(0), _) | (Ok(_), Ok(1..)) => Ok(()),
        _ => Err(StoreError::NotADatabase { at: place.at().clone() }),
    }
}

fn migration(place: &Place, error: MigrateError) -> StoreError {
    let at = place.at().clone();
    match error {
        MigrateError::VersionMissing(schema) => StoreError::NewerSchema { at, schema },
        MigrateError::VersionMismatch(schema) => StoreError::OtherSchema { at, schema },
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => place.said(&e),
        other => StoreError::Database { why: other.to_string() },
    }
}

/// The key, made at the first start; later the one that this store was begun with. The nodes of one server have the same: the
/// first to come makes it, and each other gets a copy of the file.
async fn keys(db: &mut Db, place: &Place, settings: &Settings) -> Result<(Keys, bool), StoreError> {
    let path = settings.key_file.clone();
    let mark: Option<String> = scalar("SELECT value FROM meta WHERE name = 'key_mark'")
        .fetch_optional(db)
        .await
        .map_err(|e| place.said(&e))?;
    let found = seal::load(&path)?;
    let (keys, made) = match (found, &mark) {
        (Some(keys), Some(mark)) if keys.mark == *mark => return Ok((keys, false)),
        (Some(_), Some(_)) => return Err(StoreError::WrongKey { path }),
        (None, Some(_)) => return Err(StoreError::KeyLost { path }),
        (Some(keys), None) => (keys, false),
        (None, None) => (seal::make(&path)?, true),
    };
    query("INSERT INTO meta (name, value) VALUES ('key_mark', $1)")
        .bind(&keys.mark)
        .execute(db)
        .await
        .map_err(|e| place.said(&e))?;
    Ok((keys, made))
}
