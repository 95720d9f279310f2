//! The same store in a PostgreSQL that the bench starts and ends. `PROMISES_EXPLAIN=1` shows the plans of what takes longer than 50 ms.

use std::path::Path;
use std::time::Instant;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use store::{Server as At, Settings, Store, StoreAt};

use crate::ask::questions;
use crate::fill::{Words, statements};
use crate::server::Server;
use crate::{NOW, TABLES};

/// What an administrator sets on a machine of 24 GiB that has other work too, with its data on flash; the rest is PostgreSQL's own.
const SETTINGS: [&str; 7] = [
    "shared_buffers=4GB",
    "effective_cache_size=12GB",
    "work_mem=32MB",
    "maintenance_work_mem=1GB",
    "max_wal_size=4GB",
    "random_page_cost=1.1",
    "max_connections=40",
];
/// While rows are made: nobody has been told that any of them is safe.
const FILLING: [&str; 5] =
    ["fsync=off", "full_page_writes=off", "synchronous_commit=off", "wal_level=minimal", "max_wal_senders=0"];
/// Plans of slow statements, in the log.
const EXPLAIN: [&str; 5] = [
    "shared_preload_libraries=auto_explain",
    "auto_explain.log_min_duration=50",
    "auto_explain.log_analyze=on",
    "auto_explain.log_buffers=on",
    "auto_explain.log_timing=off",
];

/// Makes the rows, and the indexes after them; how large it is then, MiB.
async fn fill(url: &str, calls: i64) -> i64 {
    let mut conn = PgConnection::connect(url).await.unwrap();
    let made = format!(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename IN {TABLES} \
         AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = indexname)"
    );
    let indexes: Vec<(String, String)> =
        sqlx::query_as(AssertSqlSafe(made)).fetch_all(&mut conn).await.unwrap();
    for (name, _) in &indexes {
        run(&mut conn, &format!("DROP INDEX {name}")).await;
    }
    for (_, statement) in statements(Words::Postgres, calls) {
        run(&mut conn, &statement).await;
    }
    for (_, sql) in &indexes {
        run(&mut conn, sql).await;
    }
    // As the server does by itself after so many new rows.
    run(&mut conn, "VACUUM (ANALYZE)").await;
    run(&mut conn, "CHECKPOINT").await;
    let size = sqlx::query_scalar("SELECT pg_database_size(current_database()) / 1024 / 1024");
    let size = size.fetch_one(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    size
}

async fn run(conn: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(conn).await.unwrap();
}

pub async fn measure(calls: i64) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let Some(mut server) = Server::make(folder) else {
        println!("promises: no PostgreSQL here (initdb is not found), skipped");
        return;
    };
    let begun = Instant::now();
    server.start(&[&SETTINGS[..], &FILLING[..]].concat());
    let mut conn = PgConnection::connect(&server.url("postgres")).await.unwrap();
    run(&mut conn, "CREATE DATABASE hotline").await;
    conn.close().await.unwrap();
    let url = server.url("hotline");
    let key = tempfile::tempdir_in(folder).unwrap();
    let settings = Settings {
        at: StoreAt::Server(At::new(url.clone(), None)),
        ..Settings::beside(key.path().join("big.db"), "bench")
    };
    let (made, _) = Store::open(settings.clone(), NOW).await.unwrap();
    made.close().await;
    drop(made);
    let size = fill(&url, calls).await;
    server.stop();
    println!(
        "promises: PostgreSQL: {calls} calls and {} cases made within {:.0?}, {size} MiB",
        calls / 10,
        begun.elapsed()
    );
    let explain = std::env::var_os("PROMISES_EXPLAIN").map_or(&[][..], |_| &EXPLAIN[..]);
    server.start(&[&SETTINGS[..], explain].concat());
    let house = Store::look(settings).unwrap();
    questions("PostgreSQL", &house, calls).await;
    house.close().await;
    if !explain.is_empty() {
        println!("{}", server.said());
    }
}
