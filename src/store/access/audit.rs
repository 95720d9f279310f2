//! The audit: who did what, append-only, each line chained to the one before it.

use crate::chain::canonical;
use crate::either::{Builder, Db, Row, query, scalar};
use crate::error::StoreError;
use crate::store::Store;
use crate::stored::Broken;

/// Lines of the longest page.
const LONGEST_PAGE: u32 = 500;
/// Lines that are read at once when everything is read.
const AT_ONCE: i64 = 1_000;
const COLUMNS: &str = "id, at, who, role, what, target, source, detail, node, pos, prev_hash, hash";

/// What is to be noted. None of it may be personal data: no name, no number, nothing that was keyed or said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditNote {
    /// When, UTC ms.
    pub at: i64,
    /// The account, or whose token.
    pub who: String,
    /// The role in which it was done.
    pub role: String,
    /// The deed, a word of the program: `session.begun`, `call.unmask`.
    pub what: String,
    /// What it was done to: a call's id, an account, a file.
    pub target: String,
    /// From which address.
    pub source: String,
    /// More of it: the reason, what came of it.
    pub detail: String,
}

/// A line as it stands in the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditLine {
    /// Its id, a ULID.
    pub id: String,
    /// What was noted.
    pub note: AuditNote,
}

/// Which lines.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct AuditFilter {
    /// Of this account.
    pub who: Option<String>,
    /// Deeds that begin so: `call` finds `call.unmask`.
    pub what: Option<String>,
    /// At or after, UTC ms.
    pub since: Option<i64>,
    /// Older than the line of this id.
    pub before: Option<String>,
}

/// Lines, newest first.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct AuditPage {
    /// The lines.
    pub lines: Vec<AuditLine>,
    /// `before` of the next page; `None` at the end.
    pub next: Option<String>,
}

impl Store {
    /// Notes a deed; on disk when this returns.
    ///
    /// # Errors
    /// The database's; what must not be done without a trace must not be done then.
    pub async fn note(&self, note: &AuditNote) -> Result<(), StoreError> {
        let said = |e| self.said(e);
        let id = self.0.keys.mint_id(note.at).map_err(|e| said(e.into()))?;
        let node = &self.0.settings.node;
        let mut tx = self.begin().await?;
        append(&mut tx, node, &id, note).await.map_err(said)?;
        tx.commit().await.map_err(said)
    }

    /// Lines that match, newest first, at most `limit` (1 to 500).
    ///
    /// # Errors
    /// The database's.
    pub async fn audit(&self, filter: &AuditFilter, limit: u32) -> Result<AuditPage, StoreError> {
        let mut conn = self.reader().await?;
        page(&mut conn, filter, limit).await.map_err(|e| self.said(e))
    }
}

pub(crate) async fn append(conn: &mut Db, node: &str, id: &str, note: &AuditNote) -> sqlx::Result<()> {
    const END: &str = "SELECT pos, hash FROM audit WHERE node = $1 ORDER BY pos DESC LIMIT 1";
    const ADD: &str = "INSERT INTO audit (id, at, who, role, what, target, source, detail, node, pos, prev_hash, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let last = query(END).bind(node).fetch_optional(&mut *conn).await?;
    let (pos, prev): (i64, String) = match last {
        Some(row) => (row.try_get("pos")?, row.try_get("hash")?),
        None => (0, String::new()),
    };
    let pos = pos.saturating_add(1);
    let hash = link(&prev, node, pos, id, note);
    query(ADD)
        .bind(id)
        .bind(note.at)
        .bind(&note.who)
        .bind(&note.role)
        .bind(&note.what)
        .bind(&note.target)
        .bind(&note.source)
        .bind(&note.detail)
        .bind(node)
        .bind(pos)
        .bind(prev)
        .bind(hash)
        .execute(conn)
        .await
        .map(drop)
}

/// The hash of a line at its place.
fn link(prev: &str, node: &str, pos: i64, id: &str, note: &AuditNote) -> String {
    let (pos, at) = (pos.to_string(), note.at.to_string());
    let fields = [
        prev,
        node,
        &pos,
        id,
        &at,
        &note.who,
        &note.role,
        &note.what,
        &note.target,
        &note.source,
        &note.detail,
    ];
    canonical(fields.into_iter().map(Some))
}

async fn page(conn: &mut Db, filter: &AuditFilter, limit: u32) -> sqlx::Result<AuditPage> {
    let limit = limit.clamp(1, LONGEST_PAGE);
    let mut query = Builder::new(format!("SELECT {COLUMNS} FROM audit WHERE 1 = 1"));
    if let Some(who) = &filter.who {
        query.push(" AND who = ").push_bind(who);
    }
    if let Some(what) = &filter.what {
        // A prefix without LIKE, whose wildcards the asker could write.
        query.push(" AND substr(what, 1, CAST(").push_bind(i64::try_from(what.chars().count()).unwrap_or(0));
        query.push(" AS INTEGER)) = ").push_bind(what);
    }
    if let Some(since) = filter.since {
        query.push(" AND at >= ").push_bind(since);
    }
    if let Some(before) = &filter.before {
        query.push(" AND id < ").push_bind(before);
    }
    query.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(limit) + 1);
    let rows = query.build().fetch_all(conn).await?;
    let mut lines = rows.iter().map(read).collect::<sqlx::Result<Vec<_>>>()?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = lines.len() > most;
    lines.truncate(most);
    let next = lines.last().filter(|_| more).map(|line| line.id.clone());
    Ok(AuditPage { lines, next })
}

fn read(row: &Row) -> sqlx::Result<AuditLine> {
    Ok(AuditLine {
        id: row.try_get("id")?,
        note: AuditNote {
            at: row.try_get("at")?,
            who: row.try_get("who")?,
            role: row.try_get("role")?,
            what: row.try_get("what")?,
            target: row.try_get("target")?,
            source: row.try_get("source")?,
            detail: row.try_get("detail")?,
        },
    })
}

/// Walks every node's chain; where a link does not hold, its position.
pub(crate) async fn verify(conn: &mut Db, broken: &mut Vec<Broken>) -> sqlx::Result<()> {
    let nodes: Vec<String> =
        scalar("SELECT DISTINCT node FROM audit ORDER BY node").fetch_all(&mut *conn).await?;
    for node in nodes {
        if let Some(pos) = first_break(conn, &node).await? {
            broken.push(Broken::Audit { node, pos });
        }
    }
    Ok(())
}

async fn first_break(conn: &mut Db, node: &str) -> sqlx::Result<Option<i64>> {
    const LINKS: &str = "SELECT id, at, who, role, what, target, source, detail, node, pos, prev_hash, hash FROM audit \
         WHERE node = $1 AND pos > $2 ORDER BY pos LIMIT $3";
    let (mut last, mut prev) = (0i64, String::new());
    loop {
        let rows = query(LINKS).bind(node).bind(last).bind(AT_ONCE).fetch_all(&mut *conn).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        for row in &rows {
            let line = read(row)?;
            let next = last.saturating_add(1);
            let hash = link(&prev, node, next, &line.id, &line.note);
            let (pos, before): (i64, &str) = (row.try_get("pos")?, row.try_get("prev_hash")?);
            if pos != next || before != prev || row.try_get::<&str>("hash")? != hash {
                return Ok(Some(next));
            }
            (last, prev) = (next, hash);
        }
    }
}
