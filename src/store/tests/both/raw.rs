//! Another connection to the same database, as a checker has it.

use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use store::StoreAt;

pub enum Raw {
    Lite(SqliteConnection),
    Big(PgConnection),
}

/// What one column of all rows holds, as this.
macro_rules! column {
    ($raw:expr, $sql:expr, $of:ty) => {{
        let sql = AssertSqlSafe($sql.to_owned());
        match $raw {
            Raw::Lite(conn) => sqlx::query_scalar::<_, $of>(sql).fetch_all(conn).await.unwrap(),
            Raw::Big(conn) => sqlx::query_scalar::<_, $of>(sql).fetch_all(conn).await.unwrap(),
        }
    }};
}

impl Raw {
    pub async fn to(at: &StoreAt, url: Option<String>) -> Self {
        match (at, url) {
            (StoreAt::File(path), _) => {
                Self::Lite(SqliteConnectOptions::new().filename(path).connect().await.unwrap())
            }
            (StoreAt::Server(_), url) => Self::Big(PgConnection::connect(&url.unwrap()).await.unwrap()),
        }
    }

    pub async fn run(&mut self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Lite(conn) => sqlx::raw_sql(sql).execute(conn).await.map(drop).unwrap(),
            Self::Big(conn) => sqlx::raw_sql(sql).execute(conn).await.map(drop).unwrap(),
        }
    }

    /// Lets nobody write until `ROLLBACK`.
    pub async fn hold(&mut self) {
        self.run(match self {
            Self::Lite(_) => "BEGIN IMMEDIATE",
            Self::Big(_) => "BEGIN; SELECT pg_advisory_xact_lock(29395943403646565)",
        })
        .await;
    }

    pub async fn numbers(&mut self, sql: &str) -> Vec<i64> {
        column!(self, sql, i64)
    }

    pub async fn number(&mut self, sql: &str) -> i64 {
        self.numbers(sql).await[0]
    }

    pub async fn texts(&mut self, sql: &str) -> Vec<String> {
        column!(self, sql, String)
    }

    pub async fn bytes(&mut self, sql: &str) -> Vec<Vec<u8>> {
        column!(self, sql, Vec<u8>)
    }
}
