//! The questions, asked of PostgreSQL.

use std::path::Path;
use std::time::Duration;

use call::ids::CallId;
use promise::Month;
use sqlx::Transaction;
use sqlx::postgres::{PgPool, PgPoolOptions, Postgres};

use crate::cases::{self, CaseFilter, CasePage, Earlier, Eyes};
use crate::either::Db;
use crate::error::StoreError;
use crate::postgres::schema;
use crate::promise::{self as promised, Counted, NoticeFigures};
use crate::seal::{self, Keys};

/// Connections for questions. When all are taken, further questions wait for one, at most [`POOL_WAIT`].
const READERS: u32 = 4;
const POOL_WAIT: Duration = Duration::from_secs(5);

/// All questions of a moment see the same rows, as they do in SQLite.
const MOMENT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// A store in PostgreSQL, to be asked.
#[derive(Debug)]
pub struct Reader {
    pool: PgPool,
    keys: Keys,
}

impl Reader {
    /// Brings the schema up to date. `url` is `postgres://USER@localhost/DATABASE?host=FOLDER`, FOLDER being that of the
    /// server's socket, or `postgres://USER@NAME/DATABASE`; the key file is made when there is none.
    ///
    /// # Errors
    /// The database's, or what keeps the key file from being read or made.
    pub async fn open(url: &str, key_file: &Path) -> Result<Self, StoreError> {
        let keys = match seal::load(key_file)? {
            Some(keys) => keys,
            None => seal::make(key_file)?,
        };
        let pool = PgPoolOptions::new().max_connections(READERS).acquire_timeout(POOL_WAIT);
        let pool = pool.connect(url).await.map_err(|e| said(&e))?;
        let brought = schema::migrator().run(&pool).await;
        brought.map_err(|e| StoreError::Database { why: e.to_string() })?;
        Ok(Self { pool, keys })
    }

    /// As [`crate::Store::cases`].
    ///
    /// # Errors
    /// The database's.
    pub async fn cases(
        &self,
        filter: &CaseFilter,
        eyes: &Eyes,
        before: Option<&str>,
        limit: u32,
    ) -> Result<CasePage, StoreError> {
        let mut conn = self.pool.acquire().await.map_err(|e| said(&e))?;
        let db = &mut Db::Postgres(&mut conn);
        cases::cases(db, &self.keys, filter, eyes, before, limit).await.map_err(|e| said(&e))
    }

    /// As [`crate::Store::earlier`].
    ///
    /// # Errors
    /// The database's.
    pub async fn earlier(&self, call: CallId, eyes: &Eyes) -> Result<Option<Earlier>, StoreError> {
        let mut moment = self.moment().await?;
        cases::earlier(&mut Db::Postgres(&mut moment), call, eyes).await.map_err(|e| said(&e))
    }

    /// As [`crate::Store::promise_counts`]; days whose calls nobody has counted are counted, and not kept.
    ///
    /// # Errors
    /// The database's.
    pub async fn promise_counts(
        &self,
        now_utc_ms: i64,
        span: (i64, i64),
        unit: Option<&str>,
    ) -> Result<Counted, StoreError> {
        let mut moment = self.moment().await?;
        let unit = unit.unwrap_or(promised::EVERYBODY);
        let counted = promised::count(&mut Db::Postgres(&mut moment), now_utc_ms, span, unit).await;
        counted.map(|(counted, _)| counted).map_err(|e| said(&e))
    }

    /// As [`crate::Store::notice_figures`].
    ///
    /// # Errors
    /// The database's.
    pub async fn notice_figures(
        &self,
        settings: &promise::Settings,
        now_utc_ms: i64,
        month: Month,
        unit: &str,
    ) -> Result<NoticeFigures, StoreError> {
        let mut moment = self.moment().await?;
        let db = &mut Db::Postgres(&mut moment);
        promised::notice(db, settings, now_utc_ms, month, unit)
            .await
            .map(|(made, _)| made)
            .map_err(|e| said(&e))
    }

    /// Ends the connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn moment(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        self.pool.begin_with(MOMENT).await.map_err(|e| said(&e))
    }
}

fn said(error: &sqlx::Error) -> StoreError {
    StoreError::Database { why: error.to_string() }
}
