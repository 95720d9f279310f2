//! PostgreSQL beside SQLite: the same columns and indexes, and the same answers from the same rows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]
#![allow(missing_docs)]

mod alike;
#[path = "../../benches/promises/fill.rs"]
mod fill;
mod schemas;
#[path = "../both/server.rs"]
mod server;

use std::path::Path;

use server::Server;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use store::{Settings, Store, StoreAt};
use tempfile::TempDir;

/// Monday, 12 October 2026, 10:00 in Shanghai.
const NOW: i64 = 1_791_770_400_000;
const DAY: i64 = 86_400_000;
/// Calls and cases are spread over so long up to now.
const SPAN: i64 = 200 * DAY;

/// Both, new and empty.
struct Both {
    store: Store,
    reader: Store,
    lite: SqliteConnection,
    big: PgConnection,
    // Dropped in this order: the server ends before its folder goes.
    _server: Server,
    _folder: TempDir,
}

/// `None`: PostgreSQL is not installed.
async fn both() -> Option<Both> {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut server) = Server::make(Path::new(env!("CARGO_TARGET_TMPDIR"))) else {
        eprintln!("PostgreSQL is not there (no initdb; `scripts/setup peers` brings it), skipped");
        return None;
    };
    server.start(&["fsync=off"]);
    let settings = Settings::beside(folder.path().join("hotline.db"), "hotline-1");
    let lite = SqliteConnectOptions::new().filename(folder.path().join("hotline.db"));
    let other = settings.clone();
    let (store, _) = Store::open(settings, NOW).await.unwrap();
    // A database that orders by language, as an administrator may have made it: ours are ordered by bytes all the same.
    let mut first = PgConnection::connect(&server.url("postgres")).await.unwrap();
    let make = "CREATE DATABASE hotline TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'zh-CN' LOCALE 'C'";
    sqlx::raw_sql(make).execute(&mut first).await.unwrap();
    first.close().await.unwrap();
    let url = server.url("hotline");
    let at = StoreAt::Server(store::Server::new(url.clone(), None));
    let (reader, _) = Store::open(Settings { at, ..other }, NOW).await.unwrap();
    let (lite, big) = (lite.connect().await.unwrap(), PgConnection::connect(&url).await.unwrap());
    Some(Both { store, reader, lite, big, _server: server, _folder: folder })
}

impl Both {
    /// The same rows in both.
    async fn fill(&mut self, calls: i64) {
        for (_, statement) in fill::statements(fill::Words::Sqlite, calls) {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut self.lite).await.unwrap();
        }
        for (_, statement) in fill::statements(fill::Words::Postgres, calls) {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut self.big).await.unwrap();
        }
    }

    async fn close(self) {
        self.reader.close().await;
        self.store.close().await;
    }
}
