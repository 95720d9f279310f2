//! A statement with what is given to it, and its answers.

use std::marker::PhantomData;
use std::sync::Arc;

use sqlx::postgres::Postgres;
use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr, Sqlite};

use super::row::{Read, Row};
use super::value::Value;
use super::{Db, Wire};

/// A statement and what is given to it.
#[derive(Debug)]
pub(crate) struct Query {
    pub(super) text: SqlStr,
    pub(super) values: Vec<Value>,
}

/// A statement as it stands; its values follow in the order of `$1`, `$2`, ...
pub(crate) fn query(text: &'static str) -> Query {
    Query { text: SqlStr::from_static(text), values: Vec::new() }
}

/// The same for one that answers with one column.
pub(crate) fn scalar<T>(text: &'static str) -> Scalar<T> {
    Scalar { query: query(text), of: PhantomData }
}

/// What a statement has done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Done {
    rows: u64,
}

impl Done {
    /// How many rows it has written or removed.
    pub(crate) fn rows_affected(self) -> u64 {
        self.rows
    }
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
                Value::Real(real) => filled.bind(real),
                Value::Flag(flag) => filled.bind(flag),
                Value::Bytes(bytes) => filled.bind(bytes),
            };
        }
        filled
    }};
}

impl Query {
    /// A statement that the program has put together.
    pub(super) fn made(text: String, values: Vec<Value>) -> Self {
        Self { text: AssertSqlSafe(text).into_sql_str(), values }
    }

    /// Several statements in one text, which SQLite alone takes.
    pub(crate) fn script(text: Arc<str>) -> Self {
        Self { text: AssertSqlSafe(text).into_sql_str(), values: Vec::new() }
    }

    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    pub(crate) async fn fetch_all(self, db: &mut Db) -> sqlx::Result<Vec<Row>> {
        Ok(match db.wire() {
            Wire::Sqlite(conn) => {
                let rows = filled!(Sqlite, self).fetch_all(conn).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Wire::Postgres(conn) => {
                let rows = filled!(Postgres, self).fetch_all(conn).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    pub(crate) async fn fetch_optional(self, db: &mut Db) -> sqlx::Result<Option<Row>> {
        Ok(match db.wire() {
            Wire::Sqlite(conn) => filled!(Sqlite, self).fetch_optional(conn).await?.map(Row::Sqlite),
            Wire::Postgres(conn) => filled!(Postgres, self).fetch_optional(conn).await?.map(Row::Postgres),
        })
    }

    pub(crate) async fn fetch_one(self, db: &mut Db) -> sqlx::Result<Row> {
        self.fetch_optional(db).await?.ok_or(sqlx::Error::RowNotFound)
    }

    pub(crate) async fn execute(self, db: &mut Db) -> sqlx::Result<Done> {
        let rows = match db.wire() {
            Wire::Sqlite(conn) => filled!(Sqlite, self).execute(conn).await?.rows_affected(),
            Wire::Postgres(conn) => filled!(Postgres, self).execute(conn).await?.rows_affected(),
        };
        Ok(Done { rows })
    }
}

/// A statement that answers with one column.
#[derive(Debug)]
pub(crate) struct Scalar<T> {
    query: Query,
    of: PhantomData<fn() -> T>,
}

impl<T: for<'r> Read<'r>> Scalar<T> {
    pub(super) fn of(query: Query) -> Self {
        Self { query, of: PhantomData }
    }

    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.query = self.query.bind(value);
        self
    }

    pub(crate) async fn fetch_all(self, db: &mut Db) -> sqlx::Result<Vec<T>> {
        self.query.fetch_all(db).await?.iter().map(Row::first).collect()
    }

    pub(crate) async fn fetch_optional(self, db: &mut Db) -> sqlx::Result<Option<T>> {
        self.query.fetch_optional(db).await?.map(|row| row.first()).transpose()
    }

    pub(crate) async fn fetch_one(self, db: &mut Db) -> sqlx::Result<T> {
        self.query.fetch_one(db).await?.first()
    }
}
