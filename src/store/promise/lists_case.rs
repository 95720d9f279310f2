//! One case as the promise clock knows it, and what is due next in a list of cases. All is read by the keys of their owners.

use std::collections::HashMap;

use call::ids::CallId;
use promise::{CaseId, Of};

use crate::cases::text::WHAT;
use crate::either::{Builder, Db, Row, query, scalar};
use crate::error::StoreError;
use crate::promise::lists;
use crate::promise::owner::{self, Loaded, Owner};
use crate::promise::reading::{PROMISE, among, count, owner_of, promise_line, promises, row_of};
use crate::promise::shown::{CaseClock, EchoLine, ExtensionLine, MergedLine, PromiseLine};
use crate::seal::Keys;
use crate::store::Store;

/// Lines of a case's log, and facts, that are shown: the newest.
const SHOWN: i64 = 1_000;

impl Store {
    /// What the promise clock knows of a case; `None`: no such case. Who may see it is asked by [`Store::case`].
    ///
    /// # Errors
    /// The database's.
    pub async fn case_clock(&self, no: &str) -> Result<Option<CaseClock>, StoreError> {
        let mut moment = self.moment().await?;
        case_clock(&mut moment, self.keys_of(), no).await.map_err(|e| self.said(e))
    }

    /// The promise clock's name of the case of this number.
    ///
    /// # Errors
    /// The database's.
    pub async fn case_id(&self, no: &str) -> Result<Option<CaseId>, StoreError> {
        let mut conn = self.reader().await?;
        let id: Result<Option<String>, _> =
            scalar("SELECT id FROM cases WHERE no = $1").bind(no).fetch_optional(&mut conn).await;
        let id = id.map_err(|e| self.said(e))?;
        Ok(id.and_then(|id| CallId::parse(&id)).map(|id| CaseId(id.0)))
    }
}

async fn case_clock(conn: &mut Db, keys: &Keys, no: &str) -> sqlx::Result<Option<CaseClock>> {
    let id: Option<String> =
        scalar("SELECT id FROM cases WHERE no = $1").bind(no).fetch_optional(conn).await?;
    let Some(id) = id else { return Ok(None) };
    let of = Of::Case(CaseId(owner::id(&id)?));
    let Some(Loaded { owner: Owner::Case(case), .. }) = owner::load(conn, &of).await? else {
        return Ok(None);
    };
    let owner = of.to_string();
    let facts = facts(conn, &owner).await?;
    let promises = promises(conn, std::slice::from_ref(&owner)).await?.remove(&owner).unwrap_or_default();
    Ok(Some(CaseClock {
        case: *case,
        promises,
        handovers: lists::of_case(conn, &id).await?,
        echoes: echoes(conn, &id).await?,
        extensions: extensions(conn, &id).await?,
        log: log(conn, keys, &id, facts).await?,
    }))
}

async fn facts(conn: &mut Db, owner: &str) -> sqlx::Result<Vec<MergedLine>> {
    const FACTS: &str = "SELECT no, at, who, kind, what FROM fact WHERE owner = $1 ORDER BY no";
    let rows = query(FACTS).bind(owner).fetch_all(conn).await?;
    rows.iter().map(|row| line(row, true)).collect()
}

fn line(row: &Row, is_fact: bool) -> sqlx::Result<MergedLine> {
    Ok(MergedLine {
        no: count(row, "no")?,
        at: row.try_get("at")?,
        who: row.try_get("who")?,
        kind: row.try_get("kind")?,
        what: row.try_get("what")?,
        is_fact,
    })
}

/// Log and facts by time, each in its own order; at the same moment the log first, for it opens the case.
async fn log(conn: &mut Db, keys: &Keys, id: &str, facts: Vec<MergedLine>) -> sqlx::Result<Vec<MergedLine>> {
    const LOG: &str = "SELECT no, at, who, kind, what, what_sealed FROM case_log WHERE case_id = $1 ORDER BY no DESC LIMIT $2";
    let rows = query(LOG).bind(id).bind(SHOWN).fetch_all(conn).await?;
    let logged = |row: &Row| {
        Ok(MergedLine { what: WHAT.open(keys, id, row)?.unwrap_or_default(), ..line(row, false)? })
    };
    let mut all = rows.iter().map(logged).collect::<sqlx::Result<Vec<_>>>()?;
    all.extend(facts);
    all.sort_by_key(|line| (line.at, line.is_fact, line.no));
    let most = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    Ok(all.split_off(all.len().saturating_sub(most)))
}

async fn echoes(conn: &mut Db, id: &str) -> sqlx::Result<Vec<EchoLine>> {
    const ECHOES: &str = "SELECT round, no, due_at, at, method, told_by, promised_due, proof, call_id FROM echo \
         WHERE case_id = $1 ORDER BY round, no";
    let rows = query(ECHOES).bind(id).fetch_all(conn).await?;
    let echo = |row: &Row| {
        Ok(EchoLine {
            round: count(row, "round")?,
            no: count(row, "no")?,
            due_at: row.try_get("due_at")?,
            at: row.try_get("at")?,
            method: row.try_get("method")?,
            told_by: row.try_get("told_by")?,
            promised_due: row.try_get("promised_due")?,
            proof: row.try_get("proof")?,
            call: row.try_get("call_id")?,
        })
    };
    rows.iter().map(echo).collect()
}

async fn extensions(conn: &mut Db, id: &str) -> sqlx::Result<Vec<ExtensionLine>> {
    const ASKED: &str = "SELECT no, round, asked_at, days, reason, answered_at, granted, answer_reason FROM extension \
         WHERE case_id = $1 ORDER BY no";
    let rows = query(ASKED).bind(id).fetch_all(conn).await?;
    let days = |days: i64| i32::try_from(days).unwrap_or(i32::MAX);
    let extension = |row: &Row| {
        Ok(ExtensionLine {
            no: count(row, "no")?,
            round: count(row, "round")?,
            asked_at: row.try_get("asked_at")?,
            days: days(row.try_get("days")?),
            reason: row.try_get("reason")?,
            answered_at: row.try_get("answered_at")?,
            granted: row.try_get::<Option<i64>>("granted")?.map(days),
            answer_reason: row.try_get("answer_reason")?,
        })
    };
    rows.iter().map(extension).collect()
}

/// The open promise of each of these cases that is due next, by the id of the case's row.
pub(crate) async fn due_next(conn: &mut Db, ids: &[String]) -> sqlx::Result<HashMap<String, PromiseLine>> {
    let owners: Vec<String> = ids.iter().filter_map(|id| owner_of(id)).collect();
    if owners.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = Builder::new(PROMISE);
    among(&mut sql, "owner", owners.iter().map(String::as_str));
    // Only the last one of an owner stays, which is due first.
    sql.push(" AND ended_at IS NULL ORDER BY owner, due_at DESC, rev DESC");
    let mut found = HashMap::new();
    for row in sql.build().fetch_all(conn).await? {
        if let Some(id) = row_of(row.try_get("owner")?) {
            found.insert(id, promise_line(&row)?);
        }
    }
    Ok(found)
}
