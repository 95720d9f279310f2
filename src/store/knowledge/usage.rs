//! What is used and what was asked in vain.

use crate::clerk::errand;
use crate::db::small;
use crate::either::{Db, Row, query};
use crate::error::StoreError;
use crate::knowledge::book::{Miss, Opened, Usage};
use crate::knowledge::shelf;
use crate::store::Store;

/// Questions asked in vain that are kept. When full: the rarest and oldest gives way.
pub const MOST_MISSES: i64 = 1_000;
/// Lines of each list.
const SHOWN: i64 = 100;
/// Characters of the longest question that is kept.
const LONGEST_MISS: usize = 32;
/// So many digits in a row could be somebody's number: such a question is not kept.
const MOST_DIGITS: usize = 4;
/// Whoever goes on typing within so long asks the same question: only its last form is kept, ms.
const TYPING: i64 = 10_000;

impl Store {
    /// How the base is used.
    ///
    /// # Errors
    /// The database's.
    pub async fn usage(&self) -> Result<Usage, StoreError> {
        let mut moment = self.moment().await?;
        usage(&mut moment).await.map_err(|e| self.said(e))
    }

    /// All groups of synonyms.
    ///
    /// # Errors
    /// The database's.
    pub async fn synonyms(&self) -> Result<Vec<Vec<String>>, StoreError> {
        let mut conn = self.reader().await?;
        shelf::groups(&mut conn).await.map_err(|e| self.said(e))
    }

    /// Notes that an entry was opened; `false`: there is none.
    ///
    /// # Errors
    /// The database's.
    pub async fn note_opened(&self, id: i64) -> Result<bool, StoreError> {
        const NOTE: &str = "UPDATE knowledge SET opened = opened + 1 WHERE id = $1";
        let note = errand(move |conn| {
            Box::pin(
                async move { query(NOTE).bind(id).execute(conn).await.map(|done| done.rows_affected() > 0) },
            )
        });
        self.clerk().write(note).await
    }

    /// Notes a question asked in vain, in the background: nobody waits for it.
    pub(super) fn note_miss(&self, now_utc_ms: i64, q: &str) {
        if !may_be_kept(q) {
            return;
        }
        let (store, q) = (self.clone(), q.to_owned());
        tokio::spawn(async move {
            let note = errand(move |conn| Box::pin(async move { miss(conn, now_utc_ms, &q).await }));
            if let Err(fault) = store.clerk().write(note).await {
                tracing::warn!("a question asked in vain could not be noted: {fault}");
            }
        });
    }
}

/// Short enough, and nobody's number.
fn may_be_kept(q: &str) -> bool {
    let mut digits = 0;
    let number = q.chars().filter(|c| !matches!(c, ' ' | '-')).any(|c| {
        digits = if c.is_numeric() { digits + 1 } else { 0 };
        digits > MOST_DIGITS
    });
    !number && (2..=LONGEST_MISS).contains(&q.chars().count())
}

async fn miss(conn: &mut Db, now_utc_ms: i64, q: &str) -> sqlx::Result<()> {
    const BEGUN: &str = "DELETE FROM knowledge_miss WHERE count = 1 AND last_at > $2 AND q <> $1 \
         AND substr($1, 1, length(q)) = q";
    const NOTE: &str = "INSERT INTO knowledge_miss (q, count, last_at) VALUES ($1, 1, $2) \
         ON CONFLICT (q) DO UPDATE SET count = knowledge_miss.count + 1, last_at = excluded.last_at";
    const BOUND: &str = "DELETE FROM knowledge_miss WHERE q <> $2 AND q NOT IN (SELECT q FROM knowledge_miss \
         WHERE q <> $2 ORDER BY count DESC, last_at DESC LIMIT $1)";
    query(BEGUN).bind(q).bind(now_utc_ms - TYPING).execute(&mut *conn).await?;
    query(NOTE).bind(q).bind(now_utc_ms).execute(&mut *conn).await?;
    query(BOUND).bind(MOST_MISSES - 1).bind(q).execute(conn).await.map(drop)
}

async fn usage(conn: &mut Db) -> sqlx::Result<Usage> {
    const MOST: &str =
        "SELECT id, title, opened FROM knowledge WHERE opened > 0 ORDER BY opened DESC, id LIMIT $1";
    const MISSES: &str =
        "SELECT q, count, last_at FROM knowledge_miss ORDER BY count DESC, last_at DESC LIMIT $1";
    let opened = |row: &Row| {
        Ok(Opened {
            id: row.try_get("id")?,
            title: row.try_get("title")?,
            opened: small(row.try_get("opened")?),
        })
    };
    let missed = |row: &Row| {
        Ok(Miss {
            q: row.try_get("q")?,
            count: small(row.try_get("count")?),
            last_at: row.try_get("last_at")?,
        })
    };
    let most = query(MOST).bind(SHOWN).fetch_all(&mut *conn).await?;
    let misses = query(MISSES).bind(SHOWN).fetch_all(&mut *conn).await?;
    Ok(Usage {
        entries: shelf::entries(conn).await?,
        most: most.iter().map(opened).collect::<sqlx::Result<_>>()?,
        misses: misses.iter().map(missed).collect::<sqlx::Result<_>>()?,
    })
}
