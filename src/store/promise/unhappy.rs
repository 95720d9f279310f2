//! Citizens who were not satisfied right after their call: the leads are told once, and a person follows it up.

use promise::{News, Reader};

use super::tell::{self, Line};
use crate::clerk::errand;
use crate::either::{Db, query};
use crate::error::StoreError;
use crate::seal::Keys;
use crate::store::Store;

/// How the owner of such a line is written: `call/ULID`.
pub(super) const OF_CALL: &str = "call/";

const UNTOLD: &str = "SELECT followup.id AS id, call_id, offered_at FROM followup JOIN call ON call.id = call_id \
     WHERE followup.kind = 'post_call' AND followup.score <= 2 AND followup.at IS NULL ORDER BY call_id LIMIT $1";

impl Store {
    /// Tells the leads of scores of 1 and 2 after a call of which they were not told yet: at most so many; how many.
    ///
    /// # Errors
    /// The database's; nothing has happened then.
    pub async fn tell_unhappy(&self, now_utc_ms: i64, most: u32) -> Result<u32, StoreError> {
        let mut conn = self.reader().await?;
        let rows = query(UNTOLD).bind(i64::from(most)).fetch_all(&mut conn).await;
        drop(conn);
        if rows.map_err(|e| self.said(e))?.is_empty() {
            return Ok(0);
        }
        let store = self.clone();
        let work =
            errand(move |conn| Box::pin(async move { tell(conn, store.keys_of(), now_utc_ms, most).await }));
        self.clerk().write(work).await
    }
}

async fn tell(conn: &mut Db, keys: &Keys, now: i64, most: u32) -> sqlx::Result<u32> {
    const TOLD: &str = "UPDATE followup SET at = $2 WHERE id = $1 AND at IS NULL";
    let rows = query(UNTOLD).bind(i64::from(most)).fetch_all(&mut *conn).await?;
    let mut count = 0_u32;
    for row in rows {
        let (id, call): (String, String) = (row.try_get("id")?, row.try_get("call_id")?);
        let told = query(TOLD).bind(id).bind(row.try_get::<i64>("offered_at")?);
        if told.execute(&mut *conn).await?.rows_affected() == 0 {
            continue;
        }
        let line =
            Line { id: keys.mint_id(now)?, reader: Reader::ShiftLead, news: News::NotSatisfied, unit: None };
        let events = tell::raise(conn, &format!("{OF_CALL}{call}"), &call, now, &[line]).await?;
        tell::send(conn, &events).await?;
        count = count.saturating_add(1);
    }
    Ok(count)
}
