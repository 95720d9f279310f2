//! What the promise clock looks up of calls: the reports of one, how far it is, and what operators have said of cases.

use call::cdr::Outcome;
use call::errand::ErrandRow;
use call::ids::CallId;

use crate::db::{self, unreadable};
use crate::either::{Row, query};
use crate::errand;
use crate::error::StoreError;
use crate::store::Store;
use crate::words;

/// How far a call of ours is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlacedCall {
    /// The process that has or had it.
    pub node: String,
    /// It is over.
    pub over: bool,
}

/// What an operator has said of a call that belongs to a case which waits for its first step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SaidOfCase {
    /// The call.
    pub call: CallId,
    /// UTC ms.
    pub at: i64,
    /// Who said it.
    pub who: String,
    /// What came of the call.
    pub outcome: Outcome,
    /// The case.
    pub case: promise::CaseId,
    /// The case was opened in this very call.
    pub opened_in_it: bool,
    /// The unit that was written into the case.
    pub unit: Option<String>,
}

impl Store {
    /// All reports of a call in their order, each with whether it was read.
    ///
    /// # Errors
    /// The store is away, or a report can't be read.
    pub async fn errand_rows(&self, call: CallId) -> Result<Vec<(ErrandRow, bool)>, StoreError> {
        const ROWS: &str = "SELECT call_id, no, task, at, kind, staff, value, ended_by, cause, \
             read_at IS NOT NULL AS is_read FROM errand_news WHERE call_id = $1 ORDER BY no";
        let mut conn = self.reader().await?;
        let rows = query(ROWS).bind(call.to_string()).fetch_all(&mut conn).await;
        let one = |row: &Row| Ok((errand::line(row)?, row.try_get("is_read")?));
        rows.and_then(|rows| rows.iter().map(one).collect()).map_err(|e| self.said(e))
    }

    /// How far a call is; `None`: it was never placed.
    ///
    /// # Errors
    /// The database's.
    pub async fn placed_call(&self, call: CallId) -> Result<Option<PlacedCall>, StoreError> {
        const PLACED: &str = "SELECT node, ended_at IS NOT NULL AS over FROM call WHERE id = $1";
        let mut conn = self.reader().await?;
        let row = query(PLACED).bind(call.to_string()).fetch_optional(&mut conn).await;
        let one = |row: Row| Ok(PlacedCall { node: row.try_get("node")?, over: row.try_get("over")? });
        row.and_then(|row| row.map(one).transpose()).map_err(|e| self.said(e))
    }

    /// What operators have said since a moment (UTC ms) of calls whose case has taken no step yet, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn said_of_cases(&self, since_utc_ms: i64, most: u32) -> Result<Vec<SaidOfCase>, StoreError> {
        const SAID: &str = "SELECT stated.call_id AS call_id, at, who, outcome, cases.id AS id, unit_code, \
             COALESCE(cases.call_id = stated.call_id, FALSE) AS opened_in_it FROM cases \
             JOIN stated ON stated.case_no = cases.no \
             WHERE cases.state = 'received' AND cases.received_at >= $1 AND stated.at >= $1 ORDER BY at LIMIT $2";
        let mut conn = self.reader().await?;
        let query = query(SAID).bind(since_utc_ms).bind(i64::from(most));
        let rows = query.fetch_all(&mut conn).await;
        rows.and_then(|rows| rows.iter().map(said).collect()).map_err(|e| self.said(e))
    }
}

fn said(row: &Row) -> sqlx::Result<SaidOfCase> {
    let word: &str = row.try_get("outcome")?;
    Ok(SaidOfCase {
        call: db::call_id(row.try_get("call_id")?)?,
        at: row.try_get("at")?,
        who: row.try_get("who")?,
        outcome: words::outcome(word).ok_or_else(|| unreadable(format!("`{word}` is no outcome")))?,
        case: promise::CaseId(db::call_id(row.try_get("id")?)?.0),
        opened_in_it: row.try_get("opened_in_it")?,
        unit: row.try_get("unit_code")?,
    })
}
