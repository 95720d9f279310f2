//! Where connections come from: one for somebody's own, or one of the pool for questions.

use std::io;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::tx::{BEGIN_SQLITE, Line, TAKE, Tx};
use super::{Conn, Db, Held, query};
use crate::at::{Server, StoreAt};
use crate::db;
use crate::error::StoreError;

/// How long a statement waits for another connection's lock: SQLite's are held for one commit, a few ms; who waits this
/// long has found a stranger in the file.
const LOCK_WAIT: Duration = Duration::from_millis(1500);

/// Connections for questions. When all are taken, further questions wait for one, at most [`POOL_WAIT`].
const READERS: u32 = 4;
const POOL_WAIT: Duration = Duration::from_secs(5);
/// So long a server may take to answer a new connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// All questions of a moment see the same rows.
const MOMENT_SQLITE: &str = "BEGIN";
const MOMENT_POSTGRES: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// What each session of ours is on a server, whatever its administrator has set. A commit is on disk when it is told. A node that
/// stops in the middle of a transaction holds the others up for so long, and one that waits for it as long.
const SESSION: [(&str, &str); 3] =
    [("synchronous_commit", "on"), ("idle_in_transaction_session_timeout", "10s"), ("lock_timeout", "3s")];

/// A database: makes connections to it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    at: StoreAt,
    line: Line,
}

impl Place {
    pub(crate) fn new(at: StoreAt) -> Self {
        Self { at, line: Line::default() }
    }

    pub(crate) fn at(&self) -> &StoreAt {
        &self.at
    }

    /// A connection for somebody's own.
    pub(crate) async fn connect(&self) -> sqlx::Result<Db> {
        let conn = match &self.at {
            StoreAt::File(path) => Conn::Sqlite(Held::Own(Box::new(sqlite(path).connect().await?))),
            StoreAt::Server(server) => {
                let options = postgres(server)?;
                let late = |_| sqlx::Error::Io(io::ErrorKind::TimedOut.into());
                let conn = tokio::time::timeout(CONNECT_WITHIN, options.connect()).await.map_err(late)??;
                Conn::Postgres(Held::Own(Box::new(conn)))
            }
        };
        Ok(Db { conn, line: self.line.clone() })
    }

    /// Connections for questions, made when they are needed.
    ///
    /// # Errors
    /// The server's address is none.
    pub(crate) fn pool(&self) -> sqlx::Result<Pool> {
        let of = match &self.at {
            StoreAt::File(path) => {
                let pool = SqlitePoolOptions::new().max_connections(READERS).acquire_timeout(POOL_WAIT);
                Of::Sqlite(pool.connect_lazy_with(sqlite(path)))
            }
            StoreAt::Server(server) => {
                let pool = PgPoolOptions::new().max_connections(READERS).acquire_timeout(POOL_WAIT);
                Of::Postgres(pool.connect_lazy_with(postgres(server)?))
            }
        };
        Ok(Pool { of, line: self.line.clone() })
    }

    /// What a fault means for the reader.
    pub(crate) fn said(&self, error: &sqlx::Error) -> StoreError {
        db::said(&self.at, error)
    }
}

/// Safe against a power cut: NORMAL lost every acknowledged row when it was tried, FULL kept all.
fn sqlite(path: &std::path::Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // What is erased leaves the file: SQLite would leave it in pages that are free.
        .pragma("secure_delete", "ON")
        .busy_timeout(LOCK_WAIT)
        .thread_name(|id| format!("store-{id}"))
}

fn postgres(server: &Server) -> sqlx::Result<PgConnectOptions> {
    let options = PgConnectOptions::from_str(server.url())?.application_name("hotline").options(SESSION);
    Ok(match server.password() {
        Some(password) => options.password(password),
        None => options,
    })
}

/// Connections for questions, and for writing a little now and then.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    of: Of,
    line: Line,
}

#[derive(Clone, Debug)]
enum Of {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Pool {
    /// A connection, to be asked.
    pub(crate) async fn acquire(&self) -> sqlx::Result<Db> {
        let conn = match &self.of {
            Of::Sqlite(pool) => Conn::Sqlite(Held::Lent(pool.acquire().await?)),
            Of::Postgres(pool) => Conn::Postgres(Held::Lent(pool.acquire().await?)),
        };
        Ok(Db { conn, line: self.line.clone() })
    }

    /// A transaction that only asks: all its questions see the same moment.
    pub(crate) async fn moment(&self) -> sqlx::Result<Tx> {
        let conn = match &self.of {
            Of::Sqlite(pool) => Conn::Sqlite(Held::Within(pool.begin_with(MOMENT_SQLITE).await?)),
            Of::Postgres(pool) => Conn::Postgres(Held::Within(pool.begin_with(MOMENT_POSTGRES).await?)),
        };
        Ok(Tx::new(Db { conn, line: self.line.clone() }, None))
    }

    /// A connection that writes single statements, each on disk when it returns, when it is this process's turn.
    pub(crate) async fn alone(&self) -> sqlx::Result<Tx> {
        // First the turn, then the connection: whoever has the turn must not wait for those who wait for it.
        let turn = self.line.turn().await;
        Ok(Tx::new(self.acquire().await?, Some(turn)))
    }

    /// A transaction that writes.
    pub(crate) async fn begin(&self) -> sqlx::Result<Tx> {
        let turn = self.line.turn().await;
        let line = self.line.clone();
        let db = match &self.of {
            Of::Sqlite(pool) => {
                Db { conn: Conn::Sqlite(Held::Within(pool.begin_with(BEGIN_SQLITE).await?)), line }
            }
            Of::Postgres(pool) => {
                let mut db = Db { conn: Conn::Postgres(Held::Within(pool.begin().await?)), line };
                query(TAKE).execute(&mut db).await?;
                db
            }
        };
        Ok(Tx::new(db, Some(turn)))
    }

    pub(crate) async fn close(&self) {
        match &self.of {
            Of::Sqlite(pool) => pool.close().await,
            Of::Postgres(pool) => pool.close().await,
        }
    }
}
