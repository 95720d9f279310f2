//! Statements for either database: SQLite and PostgreSQL. Written once, with `$1` for what is given; [`Db`] says which of them is
//! asked. Both read the same SQL as long as it keeps to what both have; where they differ, [`Dialect`] has the word.

mod builder;
mod pool;
mod query;
mod row;
mod rows;
mod tx;
mod value;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, Postgres};
use sqlx::{Connection as _, Sqlite, SqliteConnection, Transaction};

pub(crate) use builder::Builder;
pub(crate) use pool::{Place, Pool};
pub(crate) use query::{Query, query, scalar};
pub(crate) use row::Row;
pub(crate) use rows::Rows;
pub(crate) use tx::{BEGIN_SQLITE, COMMIT, Line, Tx, in_time};

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

/// A connection to one of them.
#[derive(Debug)]
pub(crate) struct Db {
    conn: Conn,
    /// Who writes next in this process.
    line: Line,
}

#[derive(Debug)]
enum Conn {
    Sqlite(Held<Sqlite>),
    Postgres(Held<Postgres>),
}

/// How a connection is held: for itself, lent by the pool, or lent with a transaction that ends with it.
enum Held<D: sqlx::Database> {
    Own(Box<D::Connection>),
    Lent(PoolConnection<D>),
    Within(Transaction<'static, D>),
}

impl<D: sqlx::Database> std::fmt::Debug for Held<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Own(_) => "Own",
            Self::Lent(_) => "Lent",
            Self::Within(_) => "Within",
        })
    }
}

impl<D: sqlx::Database> Held<D> {
    fn conn(&mut self) -> &mut D::Connection {
        match self {
            Self::Own(conn) => conn,
            Self::Lent(conn) => conn,
            Self::Within(moment) => moment,
        }
    }
}

/// What a statement is sent over.
enum Wire<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Db {
    pub(crate) fn dialect(&self) -> Dialect {
        match self.conn {
            Conn::Sqlite(_) => Dialect::Sqlite,
            Conn::Postgres(_) => Dialect::Postgres,
        }
    }

    fn wire(&mut self) -> Wire<'_> {
        match &mut self.conn {
            Conn::Sqlite(held) => Wire::Sqlite(held.conn()),
            Conn::Postgres(held) => Wire::Postgres(held.conn()),
        }
    }

    /// Brings the schema up to date.
    pub(crate) async fn migrate(&mut self) -> Result<(), sqlx::migrate::MigrateError> {
        match self.wire() {
            Wire::Sqlite(conn) => crate::open::SCHEMA.run(conn).await,
            Wire::Postgres(conn) => crate::postgres::migrator().run(conn).await,
        }
    }

    /// Ends the connection in order; one that the pool has lent goes back to it.
    pub(crate) async fn close(self) -> sqlx::Result<()> {
        match self.conn {
            Conn::Sqlite(Held::Own(conn)) => conn.close().await,
            Conn::Postgres(Held::Own(conn)) => conn.close().await,
            Conn::Sqlite(_) | Conn::Postgres(_) => Ok(()),
        }
    }
}
