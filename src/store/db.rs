//! What the database's errors mean, and how values go in and out.

use call::ids::CallId;

use crate::at::StoreAt;
use crate::error::StoreError;

/// What the database's error means for the reader.
pub(crate) fn said(at: &StoreAt, error: &sqlx::Error) -> StoreError {
    match (error, at) {
        (sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_), _) => {
            StoreError::Unreadable { what: error.to_string() }
        }
        (sqlx::Error::Database(fault), StoreAt::File(path)) => said_by_sqlite(fault.as_ref(), path, error),
        (sqlx::Error::Database(fault), StoreAt::Server(_)) => said_by_postgres(fault.as_ref(), at),
        (sqlx::Error::Configuration(why), StoreAt::Server(_)) => {
            StoreError::BadAddress { at: at.clone(), why: why.to_string() }
        }
        (
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::WorkerCrashed,
            StoreAt::Server(_),
        ) => StoreError::Away { at: at.clone(), why: error.to_string() },
        (other, _) => StoreError::Database { why: other.to_string() },
    }
}

/// By its result code: <https://www.sqlite.org/rescode.html>.
fn said_by_sqlite(
    fault: &dyn sqlx::error::DatabaseError,
    path: &std::path::Path,
    error: &sqlx::Error,
) -> StoreError {
    let (at, why) = (StoreAt::File(path.to_owned()), fault.message().to_owned());
    match fault.code().and_then(|code| code.parse::<i32>().ok()).map(|code| code & 0xff) {
        Some(5 | 6) => StoreError::Locked { at },
        Some(8 | 14) => StoreError::NotWritable { path: path.to_owned(), why },
        Some(11) => StoreError::Damaged { at, why },
        Some(13) => StoreError::DiskFull { at },
        Some(26) => StoreError::NotADatabase { at },
        Some(_) | None => StoreError::Database { why: error.to_string() },
    }
}

/// By its SQLSTATE: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn said_by_postgres(fault: &dyn sqlx::error::DatabaseError, at: &StoreAt) -> StoreError {
    let (at, why) = (at.clone(), fault.message().to_owned());
    let code = fault.code().unwrap_or_default();
    match (code.get(..2).unwrap_or_default(), &*code) {
        (_, "53100") => StoreError::DiskFull { at },
        (_, "55P03") => StoreError::Locked { at },
        (_, "25006" | "28000" | "28P01" | "3D000" | "42501") => StoreError::Denied { at, why },
        ("08" | "57" | "53", _) => StoreError::Away { at, why },
        (_, "XX001" | "XX002") => StoreError::Damaged { at, why },
        _ => StoreError::Database { why },
    }
}

/// Whether the schema refused the values themselves, so that trying again can't help. A key that is taken is not meant:
/// the next try reads it anew.
pub(crate) fn is_refusal(error: &sqlx::Error) -> bool {
    use sqlx::error::ErrorKind;
    error.as_database_error().is_some_and(|fault| {
        matches!(
            fault.kind(),
            ErrorKind::CheckViolation | ErrorKind::NotNullViolation | ErrorKind::ForeignKeyViolation
        ) || is_no_value(fault)
    })
}

/// PostgreSQL's class of values that no column takes, as a text with a NUL.
fn is_no_value(fault: &dyn sqlx::error::DatabaseError) -> bool {
    fault.code().is_some_and(|code| code.len() == 5 && code.starts_with("22"))
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
