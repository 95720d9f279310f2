//! The same tests for both databases: each binary runs on SQLite, and one test of it runs all the others again on a PostgreSQL of its own.

pub mod server;

use std::ops::Deref;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Server as At, Settings, Store, StoreAt};
use server::Server;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use tempfile::TempDir;

/// Set for the tests that run on a server: the address of its first database.
const SERVER: &str = "HOTLINE_TEST_SERVER";
/// A database with the schema and no rows, of which each test's is a copy.
const TEMPLATE: &str = "made";
/// The test below, which must not run itself.
const ALL: &str = "all_of_it_on_postgres";
/// Tests at once: the server is the same for all.
const AT_ONCE: &str = "4";

/// Whether this test runs on a server: for what is SQLite's alone.
pub fn on_server() -> bool {
    std::env::var_os(SERVER).is_some()
}

/// A folder, and on a server a database, for one test.
#[derive(Debug)]
pub struct Folder {
    folder: TempDir,
    database: Option<String>,
}

pub fn folder() -> Folder {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let folder = tempfile::tempdir().unwrap();
    let database = on_server().then(|| {
        let name = format!("t{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        on_first(&format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}"));
        name
    });
    Folder { folder, database }
}

impl Folder {
    /// The address of the database; `None`: a file.
    pub fn url(&self) -> Option<String> {
        self.database.as_deref().map(url)
    }

    /// A store here; on SQLite it is this file of the folder.
    pub fn settings(&self, file: &str, node: &str) -> Settings {
        let settings = Settings::beside(self.folder.path().join(file), node);
        match self.url() {
            Some(url) => Settings { at: StoreAt::Server(At::new(url, None)), ..settings },
            None => settings,
        }
    }
}

impl Deref for Folder {
    type Target = TempDir;

    fn deref(&self) -> &TempDir {
        &self.folder
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Some(name) = &self.database {
            on_first(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// A database of the server that the tests run on.
fn url(database: &str) -> String {
    let first = std::env::var(SERVER).unwrap();
    first.replace("/postgres?", &format!("/{database}?"))
}

fn on_first(sql: &str) {
    let first = std::env::var(SERVER).unwrap();
    let sql = sql.to_owned();
    // A thread of its own, as a test may be inside of a runtime already.
    std::thread::spawn(move || ask(&first, &sql)).join().unwrap();
}

/// Has this done by a server.
fn ask(url: &str, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut conn = PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    });
}

/// A server whose `made` has the schema; `None`: PostgreSQL is not installed.
fn with_template() -> Option<Server> {
    let Some(mut server) = Server::make(&std::env::temp_dir()) else {
        eprintln!("PostgreSQL is not there (no initdb; `scripts/setup peers` brings it), skipped");
        return None;
    };
    server.start(&["fsync=off", "max_connections=200"]);
    let first = server.url("postgres");
    ask(&first, &format!("CREATE DATABASE {TEMPLATE}"));
    let folder = tempfile::tempdir().unwrap();
    let at = StoreAt::Server(At::new(server.url(TEMPLATE), None));
    let settings = Settings { at, ..Settings::beside(folder.path().join("made.db"), "made") };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (made, _) = Store::open(settings, 0).await.unwrap();
        made.close().await;
    });
    drop(runtime);
    // Each test's store gets a key of its own.
    ask(&server.url(TEMPLATE), "DELETE FROM meta WHERE name = 'key_mark'; DELETE FROM data_key");
    Some(server)
}

#[test]
fn all_of_it_on_postgres() {
    if on_server() {
        return;
    }
    let Some(server) = with_template() else { return };
    let mut all = Command::new(std::env::current_exe().unwrap());
    all.args(["--skip", ALL, "--test-threads", AT_ONCE]).env(SERVER, server.url("postgres"));
    let out = all.output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{said}\n{}", String::from_utf8_lossy(&out.stderr));
    let passed = said.split(" passed").next().and_then(|head| head.rsplit(' ').next());
    let passed: u32 = passed.and_then(|n| n.parse().ok()).unwrap();
    assert!(passed > 20, "{said}");
}
