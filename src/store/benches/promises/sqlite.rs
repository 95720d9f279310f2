//! The store in SQLite, as it is.

use std::path::Path;
use std::time::Instant;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection as _};
use store::{Settings, Store};

use crate::ask::questions;
use crate::fill::{Words, statements};
use crate::{NOW, TABLES};

/// Makes the rows, and the indexes after them.
async fn fill(path: &Path, calls: i64) {
    let options = SqliteConnectOptions::new().filename(path).journal_mode(SqliteJournalMode::Off);
    let mut conn = options.connect().await.unwrap();
    run(&mut conn, "PRAGMA synchronous = OFF; PRAGMA cache_size = -800000; PRAGMA temp_store = MEMORY").await;
    let made = format!(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN {TABLES}"
    );
    let indexes: Vec<(String, String)> =
        sqlx::query_as(sqlx::AssertSqlSafe(made)).fetch_all(&mut conn).await.unwrap();
    for (name, _) in &indexes {
        run(&mut conn, &format!("DROP INDEX {name}")).await;
    }
    for (_, statement) in statements(Words::Sqlite, calls) {
        run(&mut conn, &statement).await;
    }
    for (_, sql) in &indexes {
        run(&mut conn, sql).await;
    }
    run(&mut conn, "ANALYZE").await;
    conn.close().await.unwrap();
}

async fn run(conn: &mut SqliteConnection, sql: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(conn).await.unwrap();
}

pub async fn measure(calls: i64) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let settings = Settings::beside(folder.path().join("big.db"), "bench");
    let path = folder.path().join("big.db");
    let (store, _) = Store::open(settings.clone(), NOW).await.unwrap();
    store.close().await;
    drop(store);
    let begun = Instant::now();
    fill(&path, calls).await;
    let size = std::fs::metadata(&path).unwrap().len() / 1024 / 1024;
    println!(
        "promises: SQLite: {calls} calls and {} cases made within {:.0?}, {size} MiB",
        calls / 10,
        begun.elapsed()
    );
    let store = Store::look(settings).unwrap();
    questions("SQLite", &store, calls).await;
    store.close().await;
}
