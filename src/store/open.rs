//! The first minute of a store: folder, lock, file, schema, key.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{ConnectOptions, Row as _};

use crate::db::{self, Conn};
use crate::error::StoreError;
use crate::seal::{self, Keys};
use crate::store::Settings;

pub(crate) static SCHEMA: Migrator = sqlx::migrate!("../../migrations");

/// A store that is ready, and the lock that keeps others out while it lives.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) conn: Conn,
    pub(crate) keys: Keys,
    pub(crate) key_made: bool,
    pub(crate) lock: File,
}

/// Makes what is missing and checks what is there.
pub(crate) async fn prepare(settings: &Settings) -> Result<Ground, StoreError> {
    prepare_with(settings, None).await
}

/// The same with a lock that is held already.
pub(crate) async fn prepare_with(settings: &Settings, held: Option<File>) -> Result<Ground, StoreError> {
    let path = &settings.path;
    let lock = match held {
        Some(lock) => lock,
        None => lock(path)?,
    };
    touch(path)?;
    let said = |e: sqlx::Error| db::said(path, &e);
    let mut conn = db::options(path).connect().await.map_err(said)?;
    ours(&mut conn, path).await?;
    SCHEMA.run(&mut conn).await.map_err(|e| migration(path, e))?;
    let (keys, key_made) = keys(&mut conn, settings).await?;
    Ok(Ground { conn, keys, key_made, lock })
}

/// Takes the lock file beside the database. The system lets it go when the process ends, however it ends.
fn lock(path: &Path) -> Result<File, StoreError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|e| unwritable(folder, &e))?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&name)
        .map_err(|e| unwritable(Path::new(&name), &e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(e)) => Err(unwritable(Path::new(&name), &e)),
    }
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

fn unwritable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::NotWritable { path: path.to_owned(), why: error.to_string() }
}

/// A database of another program is left alone.
async fn ours(conn: &mut Conn, path: &Path) -> Result<(), StoreError> {
    let tables = "SELECT COUNT(*) AS tables, COALESCE(SUM(name = '_sqlx_migrations'), 0) AS ours \
                  FROM sqlite_master WHERE type = 'table'";
    let row = sqlx::query(tables).fetch_one(conn).await.map_err(|e| db::said(path, &e))?;
    let (tables, ours) = (row.try_get::<i64, _>("tables"), row.try_get::<i64, _>("ours"));
    match (tables, ours) {
        (Ok(0), _) | (Ok(_), Ok(1..)) => Ok(()),
        _ => Err(StoreError::NotADatabase { path: path.to_owned() }),
    }
}

fn migration(path: &Path, error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(schema) => StoreError::NewerSchema { path: path.to_owned(), schema },
        MigrateError::VersionMismatch(schema) => StoreError::OtherSchema { path: path.to_owned(), schema },
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => db::said(path, &e),
        other => StoreError::Database { why: other.to_string() },
    }
}

/// The key, made at the first start; later the one that this store was begun with.
async fn keys(conn: &mut Conn, settings: &Settings) -> Result<(Keys, bool), StoreError> {
    let said = |e: sqlx::Error| db::said(&settings.path, &e);
    let path = settings.key_file.clone();
    let mark: Option<String> = sqlx::query_scalar("SELECT value FROM meta WHERE name = 'key_mark'")
        .fetch_optional(&mut *conn)
        .await
        .map_err(said)?;
    let found = seal::load(&path)?;
    let (keys, made) = match (found, &mark) {
        (Some(keys), Some(mark)) if keys.mark == *mark => return Ok((keys, false)),
        (Some(_), Some(_)) => return Err(StoreError::WrongKey { path }),
        (None, Some(_)) => return Err(StoreError::KeyLost { path }),
        (Some(keys), None) => (keys, false),
        (None, None) => (seal::make(&path)?, true),
    };
    sqlx::query("INSERT INTO meta (name, value) VALUES ('key_mark', $1)")
        .bind(&keys.mark)
        .execute(conn)
        .await
        .map_err(said)?;
    Ok((keys, made))
}
