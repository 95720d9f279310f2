//! The database behind the store: how it is opened, what its errors mean, and how values go in and out.
//!
//! Everything that is SQLite's own stands here and in `open.rs`. Queries elsewhere are plain SQL with `$1` placeholders
//! that PostgreSQL reads too.

use std::path::Path;
use std::time::Duration;

use call::ids::CallId;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::error::StoreError;

pub(crate) type Conn = sqlx::SqliteConnection;
pub(crate) type Pool = sqlx::SqlitePool;
pub(crate) type Row = sqlx::sqlite::SqliteRow;
pub(crate) type Builder = sqlx::QueryBuilder<sqlx::Sqlite>;
pub(crate) type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

/// A statement that writes any number of rows of one kind: it reads them from `given`, whose columns these are. A row
/// whose first column is NULL is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    pub(crate) columns: &'static str,
    pub(crate) write: &'static str,
}

impl Rows {
    /// The statement for so many rows. Placeholders without numbers: SQLite looks numbered ones up one by one, and a
    /// script's go on counting from statement to statement. PostgreSQL wants `$1` to `$n` here.
    pub(crate) fn text(self, rows: usize) -> String {
        let row = format!("({})", vec!["?"; self.width()].join(", "));
        format!("WITH given ({}) AS (VALUES {}) {}", self.columns, vec![row; rows].join(", "), self.write)
    }

    /// The statement for one row.
    pub(crate) fn one<'q>(self) -> Query<'q> {
        sqlx::query(sqlx::AssertSqlSafe(self.text(1)))
    }

    /// How many columns a row has.
    pub(crate) fn width(self) -> usize {
        self.columns.split(',').count()
    }
}

/// A transaction that writes takes the lock at once: taking it later could fail in the middle.
pub(crate) const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";
pub(crate) const COMMIT: &str = "COMMIT";
pub(crate) const ROLLBACK: &str = "ROLLBACK";

/// How long a statement waits for another connection's lock. Locks are held for one commit, a few ms; who waits this
/// long has found a stranger in the file.
const LOCK_WAIT: Duration = Duration::from_millis(1500);

/// Connections for questions. When all are taken, further questions wait for one, at most [`POOL_WAIT`].
const READERS: u32 = 4;
const POOL_WAIT: Duration = Duration::from_secs(5);

/// Safe against a power cut: NORMAL lost every acknowledged row when it was tried, FULL kept all.
pub(crate) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(LOCK_WAIT)
        .thread_name(|id| format!("store-{id}"))
}

/// Connections for questions, made when they are needed.
pub(crate) fn pool(path: &Path) -> Pool {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(POOL_WAIT)
        .connect_lazy_with(options(path))
}

/// What the database's error means for the reader. Result codes: <https://www.sqlite.org/rescode.html>.
pub(crate) fn said(path: &Path, error: &sqlx::Error) -> StoreError {
    let path = path.to_owned();
    match error {
        sqlx::Error::Database(fault) => match primary_code(fault.as_ref()) {
            Some(5 | 6) => StoreError::Locked { path },
            Some(8 | 14) => StoreError::NotWritable { path, why: fault.message().to_owned() },
            Some(11) => StoreError::Damaged { path, why: fault.message().to_owned() },
            Some(13) => StoreError::DiskFull { path },
            Some(26) => StoreError::NotADatabase { path },
            Some(_) | None => StoreError::Database { why: error.to_string() },
        },
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
            StoreError::Unreadable { what: error.to_string() }
        }
        other => StoreError::Database { why: other.to_string() },
    }
}

fn primary_code(fault: &dyn sqlx::error::DatabaseError) -> Option<i32> {
    fault.code()?.parse::<i32>().ok().map(|code| code & 0xff)
}

/// Whether the schema refused the values themselves, so that trying again can't help. A key that is taken is not meant:
/// the next try reads it anew.
pub(crate) fn is_refusal(error: &sqlx::Error) -> bool {
    use sqlx::error::ErrorKind;
    error.as_database_error().is_some_and(|fault| {
        matches!(
            fault.kind(),
            ErrorKind::CheckViolation | ErrorKind::NotNullViolation | ErrorKind::ForeignKeyViolation
        )
    })
}

/// Whether a row of a sheet was refused, be it for its values or for a key that is taken: row by row the rest goes in.
pub(crate) fn breaks_sheet(error: &sqlx::Error) -> bool {
    is_refusal(error) || error.as_database_error().is_some_and(|fault| fault.is_unique_violation())
}

/// A value that does not read back.
pub(crate) fn unreadable(what: impl Into<String>) -> sqlx::Error {
    sqlx::Error::Decode(what.into().into())
}

/// A span or size for a BIGINT column; what is beyond it is never reached.
pub(crate) fn big(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Back from a BIGINT column.
pub(crate) fn small(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A call's key from its column.
pub(crate) fn call_id(text: &str) -> Result<CallId, sqlx::Error> {
    CallId::parse(text).ok_or_else(|| unreadable(format!("`{text}` is no call's key")))
}
