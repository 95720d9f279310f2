//! Legal holds: what they keep from erasing, since when and why, and who released them.

use std::collections::HashMap;

use call::ids::CallId;

use crate::clerk::errand;
use crate::either::{Db, Row, query, scalar};
use crate::error::StoreError;
use crate::store::Store;

/// What a hold is on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HoldOf {
    /// A call with its recordings, its call-back and what was stated of it.
    Call(CallId),
    /// A case by its number, with all calls about it.
    Case(String),
}

/// A hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hold {
    /// Counts from 1.
    pub no: u32,
    /// What it is on.
    pub of: HoldOf,
    /// Why: a file number of whoever asked for it, not what it is about.
    pub why: String,
    /// Who ordered it.
    pub who: String,
    /// Since, UTC ms.
    pub at: i64,
    /// Released, UTC ms, and by whom.
    pub released: Option<(i64, String)>,
}

/// Why there is no hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HoldFault {
    /// No such call or case.
    NoSuch,
    /// One stands on it already, of this number.
    Held(u32),
}

impl Store {
    /// Puts a hold on a call or case: nothing of it is erased until it is released. Its number.
    ///
    /// # Errors
    /// The database's; nothing is held then.
    pub async fn hold(
        &self,
        now_utc_ms: i64,
        who: &str,
        of: HoldOf,
        why: &str,
    ) -> Result<Result<u32, HoldFault>, StoreError> {
        let (who, why) = (who.to_owned(), why.to_owned());
        let mut tx = self.begin().await?;
        let held = put(&mut tx, now_utc_ms, &who, &of, &why).await.map_err(|e| self.said(e))?;
        tx.commit().await.map_err(|e| self.said(e))?;
        Ok(held)
    }

    /// Releases a hold: what is due by then is erased by the next round. False: there is none that holds.
    ///
    /// # Errors
    /// The database's; it holds on then.
    pub async fn release_hold(&self, now_utc_ms: i64, who: &str, no: u32) -> Result<bool, StoreError> {
        let who = who.to_owned();
        let release = errand(move |conn| Box::pin(async move { release(conn, now_utc_ms, &who, no).await }));
        self.clerk().write(release).await
    }

    /// The holds, oldest first; `all`: those that were released too.
    ///
    /// # Errors
    /// The database's.
    pub async fn holds(&self, all: bool) -> Result<Vec<Hold>, StoreError> {
        const HOLDS: &str = "SELECT legal_hold.no AS no, legal_hold.kind AS kind, target, cases.no AS case_no, why, who, at, \
             released_at, released_by FROM legal_hold LEFT JOIN cases ON cases.id = target AND legal_hold.kind = 'case' \
             WHERE $1 OR released_at IS NULL ORDER BY legal_hold.no";
        let mut conn = self.reader().await?;
        let rows = query(HOLDS).bind(all).fetch_all(&mut conn).await.map_err(|e| self.said(e))?;
        rows.iter().map(hold).collect::<sqlx::Result<_>>().map_err(|e| self.said(e))
    }
}

fn hold(row: &Row) -> sqlx::Result<Hold> {
    let (kind, target): (String, String) = (row.try_get("kind")?, row.try_get("target")?);
    let of = match kind.as_str() {
        "call" => HoldOf::Call(crate::db::call_id(&target)?),
        _ => HoldOf::Case(row.try_get::<Option<String>>("case_no")?.unwrap_or(target)),
    };
    let (at, by): (Option<i64>, Option<String>) = (row.try_get("released_at")?, row.try_get("released_by")?);
    Ok(Hold {
        no: u32::try_from(row.try_get::<i64>("no")?).unwrap_or(u32::MAX),
        of,
        why: row.try_get("why")?,
        who: row.try_get("who")?,
        at: row.try_get("at")?,
        released: at.map(|at| (at, by.unwrap_or_default())),
    })
}

async fn put(
    db: &mut Db,
    now: i64,
    who: &str,
    of: &HoldOf,
    why: &str,
) -> sqlx::Result<Result<u32, HoldFault>> {
    const OPEN: &str = "SELECT no FROM legal_hold WHERE kind = $1 AND target = $2 AND released_at IS NULL";
    const PUT: &str = "INSERT INTO legal_hold (no, kind, target, why, who, at) \
         SELECT COALESCE(MAX(no), 0) + 1, $1, $2, $3, $4, $5 FROM legal_hold RETURNING no";
    let (kind, target) = match of {
        HoldOf::Call(call) => {
            let there = scalar::<String>("SELECT id FROM call WHERE id = $1").bind(call.to_string());
            ("call", there.fetch_optional(db).await?)
        }
        HoldOf::Case(no) => {
            let there = scalar::<String>("SELECT id FROM cases WHERE no = $1").bind(no);
            ("case", there.fetch_optional(db).await?)
        }
    };
    let Some(target) = target else { return Ok(Err(HoldFault::NoSuch)) };
    let number = |no: i64| u32::try_from(no).unwrap_or(u32::MAX);
    if let Some(no) = scalar::<i64>(OPEN).bind(kind).bind(&target).fetch_optional(db).await? {
        return Ok(Err(HoldFault::Held(number(no))));
    }
    let put = scalar::<i64>(PUT).bind(kind).bind(&target).bind(why).bind(who).bind(now);
    let no = put.fetch_one(db).await?;
    mark_recordings(db).await?;
    Ok(Ok(number(no)))
}

async fn release(db: &mut Db, now: i64, who: &str, no: u32) -> sqlx::Result<bool> {
    const RELEASE: &str =
        "UPDATE legal_hold SET released_at = $2, released_by = $3 WHERE no = $1 AND released_at IS NULL";
    let done = query(RELEASE).bind(i64::from(no)).bind(now).bind(who).execute(db).await?;
    mark_recordings(db).await?;
    // What it kept was passed by: the next round looks at all of it again.
    query("DELETE FROM meta WHERE name LIKE 'retention.%'").execute(db).await?;
    Ok(done.rows_affected() > 0)
}

/// The calls that are held, each by itself or with its case.
macro_rules! held_calls {
    () => {
        "(SELECT target FROM legal_hold WHERE kind = 'call' AND released_at IS NULL \
         UNION SELECT call.id FROM call JOIN legal_hold ON target = call.case_id \
         WHERE legal_hold.kind = 'case' AND released_at IS NULL \
         UNION SELECT cases.call_id FROM cases JOIN legal_hold ON target = cases.id \
         WHERE legal_hold.kind = 'case' AND released_at IS NULL AND cases.call_id IS NOT NULL)"
    };
}
pub(super) use held_calls;

/// The mark at recordings that screens show.
async fn mark_recordings(db: &mut Db) -> sqlx::Result<()> {
    const MARK: &str =
        concat!("UPDATE recording SET legal_hold = TRUE WHERE NOT legal_hold AND call_id IN ", held_calls!());
    const UNMARK: &str = concat!(
        "UPDATE recording SET legal_hold = FALSE WHERE legal_hold AND call_id NOT IN ",
        held_calls!()
    );
    query(MARK).execute(db).await?;
    query(UNMARK).execute(db).await.map(drop)
}

/// What is held: calls and rows of cases by their ids, each with the hold that keeps it.
pub(super) type Held = HashMap<String, u32>;

/// All that is held now.
pub(super) async fn held(db: &mut Db) -> sqlx::Result<Held> {
    const HELD: &str = "SELECT no, target AS id FROM legal_hold WHERE released_at IS NULL \
         UNION ALL SELECT held.no, call.id FROM call JOIN legal_hold AS held ON held.target = call.case_id \
         WHERE held.kind = 'case' AND held.released_at IS NULL \
         UNION ALL SELECT held.no, cases.call_id FROM cases JOIN legal_hold AS held ON held.target = cases.id \
         WHERE held.kind = 'case' AND held.released_at IS NULL AND cases.call_id IS NOT NULL";
    let rows = query(HELD).fetch_all(db).await?;
    let mut held = Held::new();
    for row in &rows {
        let no = u32::try_from(row.try_get::<i64>("no")?).unwrap_or(u32::MAX);
        // The oldest hold keeps what several hold: the younger ones keep it on when that one is released.
        held.entry(row.try_get("id")?).and_modify(|before| *before = no.min(*before)).or_insert(no);
    }
    Ok(held)
}

/// Holds that were released and may still have keys.
pub(super) async fn released(db: &mut Db) -> sqlx::Result<Vec<u32>> {
    let all = scalar::<i64>("SELECT no FROM legal_hold WHERE released_at IS NOT NULL ORDER BY no");
    Ok(all.fetch_all(db).await?.into_iter().filter_map(|no| u32::try_from(no).ok()).collect())
}
