//! Statements for either database: SQLite and PostgreSQL. Written once, with `$1` for what is given;
//! [`Db`] says which of them is asked.
//!
//! Both read the same SQL as long as it keeps to what both have; where they differ, [`Dialect`] has the word. What is not asked
//! in this way yet goes to SQLite alone, by `db`.

use std::marker::PhantomData;

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _, SqlSafeStr as _, SqlStr, Sqlite, SqliteConnection};

use sqlx::postgres::{PgConnection, PgRow, Postgres};

/// A connection, lent for as long as it is asked.
pub(crate) enum Db<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// What is written differently.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Compares with this pattern, capital or small: SQLite's LIKE does so for ASCII, PostgreSQL's does not. ILIKE folds each
    /// text first, which takes three times as long, so it is left alone where there is nothing to fold.
    pub(crate) fn like(self, pattern: &str) -> &'static str {
        match self {
            Self::Postgres if pattern.bytes().any(|b| b.is_ascii_alphabetic()) => " ILIKE ",
            _ => " LIKE ",
        }
    }
}

impl Db<'_> {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }
}

/// A row of an answer.
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
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// The value of the first column.
    fn first<'r, T: Read<'r>>(&'r self) -> sqlx::Result<T> {
        match self {
            Self::Sqlite(row) => row.try_get(0),
            Self::Postgres(row) => row.try_get(0),
        }
    }
}

/// What is given to a statement.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(Option<String>),
    Whole(i64),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Whole(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::from(value.as_str())
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

/// A statement and what is given to it.
#[derive(Debug)]
pub(crate) struct Query {
    text: SqlStr,
    values: Vec<Value>,
}

/// A statement as it stands; its values follow in the order of `$1`, `$2`, ...
pub(crate) fn query(text: &'static str) -> Query {
    Query { text: SqlStr::from_static(text), values: Vec::new() }
}

/// The same for one that answers with one column.
pub(crate) fn scalar<T>(text: &'static str) -> Scalar<T> {
    Scalar { query: query(text), of: PhantomData }
}

/// A statement in the words of one database.
macro_rules! filled {
    ($database:ty, $query:expr) => {{
        let Query { text, values } = $query;
        let mut filled = sqlx::query::<$database>(text);
        for value in values {
            filled = match value {
                Value::Text(text) => filled.bind(text),
                Value::Whole(whole) => filled.bind(whole),
            };
        }
        filled
    }};
}

impl Query {
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    pub(crate) async fn fetch_all(self, db: &mut Db<'_>) -> sqlx::Result<Vec<Row>> {
        Ok(match db {
            Db::Sqlite(conn) => {
                let rows = filled!(Sqlite, self).fetch_all(&mut **conn).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Db::Postgres(conn) => {
                let rows = filled!(Postgres, self).fetch_all(&mut **conn).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    pub(crate) async fn fetch_optional(self, db: &mut Db<'_>) -> sqlx::Result<Option<Row>> {
        Ok(match db {
            Db::Sqlite(conn) => filled!(Sqlite, self).fetch_optional(&mut **conn).await?.map(Row::Sqlite),
            Db::Postgres(conn) => {
                filled!(Postgres, self).fetch_optional(&mut **conn).await?.map(Row::Postgres)
            }
        })
    }

    pub(crate) async fn fetch_one(self, db: &mut Db<'_>) -> sqlx::Result<Row> {
        self.fetch_optional(db).await?.ok_or(sqlx::Error::RowNotFound)
    }

    pub(crate) async fn execute(self, db: &mut Db<'_>) -> sqlx::Result<()> {
        match db {
            Db::Sqlite(conn) => filled!(Sqlite, self).execute(&mut **conn).await.map(drop),
            Db::Postgres(conn) => filled!(Postgres, self).execute(&mut **conn).await.map(drop),
        }
    }
}

/// A statement that answers with one column.
#[derive(Debug)]
pub(crate) struct Scalar<T> {
    query: Query,
    of: PhantomData<fn() -> T>,
}

impl<T: for<'r> Read<'r>> Scalar<T> {
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.query = self.query.bind(value);
        self
    }

    pub(crate) async fn fetch_all(self, db: &mut Db<'_>) -> sqlx::Result<Vec<T>> {
        self.query.fetch_all(db).await?.iter().map(Row::first).collect()
    }

    pub(crate) async fn fetch_optional(self, db: &mut Db<'_>) -> sqlx::Result<Option<T>> {
        self.query.fetch_optional(db).await?.map(|row| row.first()).transpose()
    }

    pub(crate) async fn fetch_one(self, db: &mut Db<'_>) -> sqlx::Result<T> {
        self.query.fetch_one(db).await?.first()
    }
}

/// A statement that is put together.
#[derive(Debug)]
pub(crate) struct Builder {
    text: String,
    values: Vec<Value>,
}

impl Builder {
    /// Begins with these words, in which nothing is given.
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), values: Vec::new() }
    }

    /// Further words of the program's own: never what somebody has typed.
    pub(crate) fn push(&mut self, words: impl AsRef<str>) -> &mut Self {
        self.text.push_str(words.as_ref());
        self
    }

    /// A value in this place.
    pub(crate) fn push_bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        let place = format!("${}", self.values.len());
        self.push(place)
    }

    pub(crate) fn build(self) -> Query {
        Query { text: AssertSqlSafe(self.text).into_sql_str(), values: self.values }
    }

    pub(crate) fn build_scalar<T>(self) -> Scalar<T> {
        Scalar { query: self.build(), of: PhantomData }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_their_places() {
        let mut sql = Builder::new("SELECT 1 FROM call WHERE id = ");
        sql.push_bind("a").push(" AND offered_at IN (").push_bind(7).push(", ").push_bind(8).push(")");
        let Query { text, values } = sql.build();
        assert_eq!(text.as_str(), "SELECT 1 FROM call WHERE id = $1 AND offered_at IN ($2, $3)");
        assert!(matches!(&values[..], [Value::Text(Some(a)), Value::Whole(7), Value::Whole(8)] if a == "a"));
    }
}
