//! What people must go on with: follow-ups, escalations, call-backs.
//!
//! What is open has a partial index each (`person_asks_open`, `escalation_open`, `callback_open`, `callback_new`) and is
//! bounded by what people have not done yet; everything else is read from an index by time, a page at once.

use std::collections::HashMap;

use promise::{Fact, News, What};

use crate::clerk::errand;
use crate::db;
use crate::either::{Builder, Db, Row, query, scalar};
use crate::error::StoreError;
use crate::promise::lists::MOST_LINES;
use crate::promise::reading::{among, briefs, is_case, page, promises, row_of};
use crate::promise::shown::{AskLine, BadLine, CallBackLine, EscalationLine, Listed, Scope};
use crate::promise::unhappy::OF_CALL;
use crate::store::Store;

const ESCALATION: &str = "SELECT id, owner, escalation.at AS at, reader, news, unit_code, unit.name AS unit_name, seen_at, seen_by \
     FROM escalation LEFT JOIN unit ON unit.code = escalation.unit_code WHERE 1 = 1";
const CALLBACK: &str =
    "SELECT because_of, why, number_masked, since, due_at, attempts, state FROM callback WHERE 1 = 1";

impl Store {
    /// Whom a person must ask, the longest wait first, and the bad scores that nobody has followed up, newest first; at
    /// most [`MOST_LINES`] of each.
    ///
    /// # Errors
    /// The database's.
    pub async fn follow_ups(&self) -> Result<(Vec<AskLine>, Vec<BadLine>), StoreError> {
        let mut moment = self.moment().await?;
        let both = async {
            let asks = asks(&mut moment).await?;
            Ok((asks, bad(&mut moment).await?))
        };
        both.await.map_err(|e| self.said(e))
    }

    /// What the leads of the hotline (`Scope::House`), or these units, are told, newest first; those that nobody has seen to,
    /// or all.
    ///
    /// # Errors
    /// The database's.
    pub async fn escalations(
        &self,
        scope: &Scope,
        all: bool,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Listed<EscalationLine>, StoreError> {
        let mut moment = self.moment().await?;
        escalations(&mut moment, scope, all, before, limit).await.map_err(|e| self.said(e))
    }

    /// How many of them wait for the leads, and since when the first does (UTC ms).
    ///
    /// # Errors
    /// The database's.
    pub async fn escalations_waiting(&self) -> Result<(u64, Option<i64>), StoreError> {
        const WAITING: &str = "SELECT COUNT(*) AS n, MIN(at) AS since FROM escalation WHERE seen_at IS NULL \
             AND reader IN ('lead', 'joint_meeting', 'owner')";
        let mut conn = self.reader().await?;
        let row = query(WAITING).fetch_one(&mut conn).await;
        let read = row.and_then(|row| Ok((db::small(row.try_get("n")?), row.try_get("since")?)));
        read.map_err(|e| self.said(e))
    }

    /// Somebody has seen to it; seen twice, the first stays. `false`: there is none that this reader may see.
    ///
    /// # Errors
    /// The database's.
    pub async fn escalation_seen(
        &self,
        now_utc_ms: i64,
        who: &str,
        id: &str,
        scope: &Scope,
    ) -> Result<bool, StoreError> {
        let (who, id, scope) = (who.to_owned(), id.to_owned(), scope.clone());
        let seen =
            errand(move |conn| Box::pin(async move { seen(conn, now_utc_ms, &who, &id, &scope).await }));
        self.clerk().write(seen).await
    }

    /// Call-backs, newest first; those that are open, or all.
    ///
    /// # Errors
    /// The database's.
    pub async fn call_backs(
        &self,
        open: bool,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Listed<CallBackLine>, StoreError> {
        let mut moment = self.moment().await?;
        call_backs(&mut moment, open, before, limit).await.map_err(|e| self.said(e))
    }
}

/// Facts of a kind, by owner, oldest first.
async fn facts(
    conn: &mut Db,
    owners: &[String],
    kind: &str,
) -> sqlx::Result<HashMap<String, Vec<(i64, Fact)>>> {
    let mut found: HashMap<String, Vec<(i64, Fact)>> = HashMap::new();
    if owners.is_empty() {
        return Ok(found);
    }
    let mut sql = Builder::new("SELECT owner, at, kind, what FROM fact WHERE kind = ");
    sql.push_bind(kind.to_owned());
    among(&mut sql, "owner", owners.iter().map(String::as_str));
    sql.push(" ORDER BY owner, no");
    for row in sql.build().fetch_all(conn).await? {
        if let Some(fact) = Fact::read(row.try_get("kind")?, row.try_get("what")?) {
            found.entry(row.try_get("owner")?).or_default().push((row.try_get("at")?, fact));
        }
    }
    Ok(found)
}

async fn asks(conn: &mut Db) -> sqlx::Result<Vec<AskLine>> {
    const OPEN: &str = "SELECT owner, what, since FROM person_asks WHERE done_at IS NULL \
         AND what IN ('check', 'echo3', 'missed_call') ORDER BY since LIMIT $1";
    const NUMBER: &str = "SELECT number_masked FROM callback WHERE because_of = $1 LIMIT 1";
    let rows = query(OPEN).bind(i64::from(MOST_LINES)).fetch_all(&mut *conn).await?;
    let owners = rows.iter().map(|row| row.try_get("owner")).collect::<sqlx::Result<Vec<String>>>()?;
    let cases = briefs(conn, &owners).await?;
    let tried = facts(conn, &owners, "tried").await?;
    let mut lines = Vec::with_capacity(rows.len());
    for (row, owner) in rows.iter().zip(owners) {
        let what: String = row.try_get("what")?;
        let same = |fact: &Fact| matches!(fact, Fact::Tried(of, _) if of.word() == what);
        let tries = tried.get(&owner).map_or(0, |all| all.iter().filter(|(_, fact)| same(fact)).count());
        let case = cases.get(&owner).cloned();
        let call = row_of(&owner).filter(|_| !is_case(&owner)).map(|id| db::call_id(&id)).transpose()?;
        let mut masked = case.as_ref().map(|case| case.applicant_masked.clone()).unwrap_or_default();
        if let Some(call) = call {
            let number = scalar(NUMBER).bind(call.to_string()).fetch_optional(&mut *conn).await?;
            masked = number.unwrap_or_default();
        }
        let (no, confidential) =
            (case.as_ref().map(|c| c.no.clone()), case.as_ref().is_some_and(|c| c.confidential));
        let case = case.unwrap_or_default();
        lines.push(AskLine {
            case_no: no,
            call,
            what,
            since: row.try_get("since")?,
            tries: u32::try_from(tries).unwrap_or(u32::MAX),
            title: case.title,
            unit_name: case.unit_name,
            applicant_masked: masked,
            confidential,
        });
    }
    Ok(lines)
}

async fn bad(conn: &mut Db) -> sqlx::Result<Vec<BadLine>> {
    const OPEN: &str = "SELECT id, owner, at FROM escalation WHERE seen_at IS NULL AND reader = 'lead' AND news = $1 \
         ORDER BY at DESC, id DESC LIMIT $2";
    let rows = query(OPEN).bind(News::NotSatisfied.word()).bind(i64::from(MOST_LINES));
    let rows = rows.fetch_all(&mut *conn).await?;
    let owners = rows.iter().map(|row| row.try_get("owner")).collect::<sqlx::Result<Vec<String>>>()?;
    let cases = briefs(conn, &owners).await?;
    let scored = facts(conn, &owners, "scored").await?;
    let rated = rated(conn, &owners).await?;
    let mut lines = Vec::with_capacity(rows.len());
    for (row, owner) in rows.iter().zip(owners) {
        let (escalation, at) = (row.try_get("id")?, row.try_get::<i64>("at")?);
        if let Some((call, score)) = owner.strip_prefix(OF_CALL).and_then(|id| rated.get_key_value(id)) {
            lines.push(BadLine {
                escalation,
                case_no: None,
                call: Some(db::call_id(call)?),
                at,
                what: "post_call".to_owned(),
                score: *score,
                title: String::new(),
                unit_name: String::new(),
            });
            continue;
        }
        let Some(case) = cases.get(&owner) else { continue };
        // Told in the same step as it was written down.
        let own = scored.get(&owner).and_then(|all| all.iter().rev().find(|(then, _)| *then <= at));
        let (what, score) = match own {
            Some((_, Fact::Scored(what, answers, _))) => (*what, answers.score.map(u32::from)),
            _ => (What::Check, None),
        };
        lines.push(BadLine {
            escalation,
            case_no: Some(case.no.clone()),
            call: None,
            at,
            what: what.word().to_owned(),
            score,
            title: case.title.clone(),
            unit_name: case.unit_name.clone(),
        });
    }
    Ok(lines)
}

/// What citizens said right after these calls, by call.
async fn rated(conn: &mut Db, owners: &[String]) -> sqlx::Result<HashMap<String, Option<u32>>> {
    let calls: Vec<&str> = owners.iter().filter_map(|owner| owner.strip_prefix(OF_CALL)).collect();
    let mut found = HashMap::new();
    if calls.is_empty() {
        return Ok(found);
    }
    let mut sql = Builder::new("SELECT call_id, score FROM followup WHERE kind = 'post_call'");
    among(&mut sql, "call_id", calls);
    for row in sql.build().fetch_all(conn).await? {
        let score = row.try_get::<Option<i64>>("score")?.and_then(|score| u32::try_from(score).ok());
        found.insert(row.try_get("call_id")?, score);
    }
    Ok(found)
}

/// Whose they are: the leads' with those of whoever has no screen of their own, or a unit's.
fn readers(sql: &mut Builder, scope: &Scope) {
    match scope {
        Scope::House => {
            sql.push(" AND reader IN ('lead', 'joint_meeting', 'owner')");
        }
        Scope::Units(units) => {
            sql.push(" AND reader IN ('unit', 'owner')");
            among(sql, "unit_code", units.iter().map(String::as_str));
        }
    }
}

async fn escalations(
    conn: &mut Db,
    scope: &Scope,
    all: bool,
    before: Option<&str>,
    limit: u32,
) -> sqlx::Result<Listed<EscalationLine>> {
    let limit = limit.clamp(1, MOST_LINES);
    let mut sql = Builder::new(ESCALATION);
    readers(&mut sql, scope);
    if !all {
        sql.push(" AND seen_at IS NULL");
    }
    if let Some(before) = before {
        sql.push(" AND id < ").push_bind(before.to_owned());
    }
    // Ids grow with time.
    sql.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(limit) + 1);
    let rows = sql.build().fetch_all(&mut *conn).await?;
    let mut lines = rows.iter().map(escalation).collect::<sqlx::Result<Vec<_>>>()?;
    let owners: Vec<String> = lines.iter().map(|line| line.owner.clone()).collect();
    let cases = briefs(conn, &owners).await?;
    for line in &mut lines {
        line.case_no = cases.get(&line.owner).map(|case| case.no.clone());
    }
    Ok(page(lines, limit, |line| line.id.clone()))
}

fn escalation(row: &Row) -> sqlx::Result<EscalationLine> {
    Ok(EscalationLine {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        reader: row.try_get("reader")?,
        news: row.try_get("news")?,
        case_no: None,
        owner: row.try_get("owner")?,
        unit: row.try_get("unit_code")?,
        unit_name: row.try_get("unit_name")?,
        seen_at: row.try_get("seen_at")?,
        seen_by: row.try_get("seen_by")?,
    })
}

async fn seen(conn: &mut Db, now: i64, who: &str, id: &str, scope: &Scope) -> sqlx::Result<bool> {
    let mut sql = Builder::new("SELECT COUNT(*) FROM escalation WHERE id = ");
    sql.push_bind(id.to_owned());
    readers(&mut sql, scope);
    let there: i64 = sql.build_scalar().fetch_one(&mut *conn).await?;
    const SEEN: &str = "UPDATE escalation SET seen_at = $2, seen_by = $3 WHERE id = $1 AND seen_at IS NULL";
    if there > 0 {
        query(SEEN).bind(id).bind(now).bind(who).execute(conn).await?;
    }
    Ok(there > 0)
}

async fn call_backs(
    conn: &mut Db,
    open: bool,
    before: Option<&str>,
    limit: u32,
) -> sqlx::Result<Listed<CallBackLine>> {
    let limit = limit.clamp(1, MOST_LINES);
    let mut sql = Builder::new(CALLBACK);
    if open {
        // Two partial indexes: `callback_new` and `callback_open`.
        sql.push(" AND (state = 'new' OR state IN ('calls', 'person'))");
    }
    if let Some((since, call)) = before.and_then(|text| text.split_once('.'))
        && let Ok(since) = since.parse::<i64>()
    {
        sql.push(" AND since <= ").push_bind(since).push(" AND (since < ").push_bind(since);
        sql.push(" OR because_of < ").push_bind(call.to_owned()).push(")");
    }
    sql.push(" ORDER BY since DESC, because_of DESC LIMIT ").push_bind(i64::from(limit) + 1);
    let rows = sql.build().fetch_all(&mut *conn).await?;
    let mut lines = rows.iter().map(call_back).collect::<sqlx::Result<Vec<_>>>()?;
    let owner = |line: &CallBackLine| promise::Of::CallBack(promise::CallId(line.call.0)).to_string();
    let owners: Vec<String> = lines.iter().map(owner).collect();
    let (promised, joined) = (promises(conn, &owners).await?, facts(conn, &owners, "joined").await?);
    for (line, owner) in lines.iter_mut().zip(&owners) {
        if let Some(promise) = promised.get(owner).and_then(|all| all.last()) {
            (line.due_at, line.ended_at, line.ending) =
                (promise.due_at, promise.ended_at, promise.ending.clone());
        }
        for (_, fact) in joined.get(owner).into_iter().flatten() {
            if let Fact::Joined(call) = fact {
                line.calls.push(call::CallId(call.0));
            }
        }
    }
    Ok(page(lines, limit, |line| format!("{}.{}", line.since, line.call)))
}

fn call_back(row: &Row) -> sqlx::Result<CallBackLine> {
    let call = db::call_id(row.try_get("because_of")?)?;
    Ok(CallBackLine {
        call,
        number_masked: row.try_get("number_masked")?,
        because: row.try_get("why")?,
        since: row.try_get("since")?,
        due_at: row.try_get("due_at")?,
        state: row.try_get("state")?,
        tries: crate::promise::reading::count(row, "attempts")?,
        ended_at: None,
        ending: None,
        calls: vec![call],
    })
}
