//! Sessions: who is signed in. They outlive a restart.

use super::account::{self, Account};
use crate::either::query;
use crate::error::StoreError;
use crate::store::Store;

/// A session with its account, as of now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sitting {
    /// Whose.
    pub account: Account,
    /// Begun, UTC ms.
    pub begun_at: i64,
    /// Used last, UTC ms.
    pub seen_at: i64,
}

impl Store {
    /// Begins a session.
    ///
    /// # Errors
    /// The database's; there is none then.
    pub async fn begin_sitting(
        &self,
        now_utc_ms: i64,
        token_hash: &str,
        name: &str,
    ) -> Result<(), StoreError> {
        const BEGIN: &str =
            "INSERT INTO sitting (token_hash, account, begun_at, seen_at) VALUES ($1, $2, $3, $4)";
        let mut conn = self.alone().await?;
        let begun = query(BEGIN).bind(token_hash).bind(name).bind(now_utc_ms).bind(now_utc_ms);
        begun.execute(&mut conn).await.map(drop).map_err(|e| self.said(e))
    }

    /// The session of this token's hash with its account as it is now. Whether it is still good, the caller judges.
    ///
    /// # Errors
    /// The database's.
    pub async fn sitting(&self, token_hash: &str) -> Result<Option<Sitting>, StoreError> {
        const ONE: &str = "SELECT account, begun_at, seen_at FROM sitting WHERE token_hash = $1";
        let said = |e| self.said(e);
        let mut conn = self.reader().await?;
        let row = query(ONE).bind(token_hash).fetch_optional(&mut conn).await.map_err(said)?;
        let Some(row) = row else { return Ok(None) };
        let name: String = row.try_get("account").map_err(said)?;
        let account = account::one(&mut conn, &self.0.keys, &name).await.map_err(said)?;
        let Some(account) = account else { return Ok(None) };
        let begun_at = row.try_get("begun_at").map_err(said)?;
        let seen_at = row.try_get("seen_at").map_err(said)?;
        Ok(Some(Sitting { account, begun_at, seen_at }))
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// The database's.
    pub async fn touch_sitting(&self, seen_utc_ms: i64, token_hash: &str) -> Result<(), StoreError> {
        const TOUCH: &str = "UPDATE sitting SET seen_at = $2 WHERE token_hash = $1 AND seen_at < $2";
        let mut conn = self.alone().await?;
        let touch = query(TOUCH).bind(token_hash).bind(seen_utc_ms);
        touch.execute(&mut conn).await.map(drop).map_err(|e| self.said(e))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database's; it may go on then.
    pub async fn end_sitting(&self, token_hash: &str) -> Result<(), StoreError> {
        let mut conn = self.alone().await?;
        let end = query("DELETE FROM sitting WHERE token_hash = $1").bind(token_hash);
        end.execute(&mut conn).await.map(drop).map_err(|e| self.said(e))
    }

    /// Ends all sessions of an account but this one.
    ///
    /// # Errors
    /// The database's; they may go on then.
    pub async fn end_sittings(&self, name: &str, but: Option<&str>) -> Result<u64, StoreError> {
        const END: &str = "DELETE FROM sitting WHERE account = $1 AND token_hash <> $2";
        let mut conn = self.alone().await?;
        let end = query(END).bind(name).bind(but.unwrap_or_default());
        end.execute(&mut conn).await.map(|done| done.rows_affected()).map_err(|e| self.said(e))
    }

    /// Forgets sessions that were begun before this, or used last before that (UTC ms).
    ///
    /// # Errors
    /// The database's.
    pub async fn forget_sittings(&self, begun_before: i64, seen_before: i64) -> Result<u64, StoreError> {
        let mut conn = self.alone().await?;
        let gone = query("DELETE FROM sitting WHERE begun_at < $1 OR seen_at < $2");
        let gone = gone.bind(begun_before).bind(seen_before).execute(&mut conn).await;
        gone.map(|done| done.rows_affected()).map_err(|e| self.said(e))
    }
}
