//! A row of an answer, of either database.

use sqlx::postgres::{PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{ColumnIndex, Row as _};

/// A row of an answer.
#[derive(Debug)]
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What can be read from a column of either database.
pub(crate) trait Read<'r>: sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite> + ReadPostgres<'r> {}
impl<'r, T: sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite> + ReadPostgres<'r>> Read<'r> for T {}

pub(crate) trait ReadPostgres<'r>: sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres> {}
impl<'r, T: sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>> ReadPostgres<'r> for T {}

impl Row {
    /// The value of a column.
    pub(crate) fn try_get<'r, T: Read<'r>>(&'r self, column: &str) -> sqlx::Result<T> {
        self.at(column)
    }

    /// The value of the first column.
    pub(super) fn first<'r, T: Read<'r>>(&'r self) -> sqlx::Result<T> {
        self.at(0)
    }

    fn at<'r, T: Read<'r>, I>(&'r self, column: I) -> sqlx::Result<T>
    where
        I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>,
    {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }
}
