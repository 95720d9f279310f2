//! What the screens keep: desks that shut themselves, when a desk was reachable last, and the figures of a day.

use std::collections::BTreeMap;

use call::board::ClosedDesk;
use call::ids::{CallId, DeskNo};

use crate::db::{small, unreadable};
use crate::either::{Db, Row, query};
use crate::error::StoreError;
use crate::store::Store;

/// The figures of a day, or of a part of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    /// Calls that came in.
    pub offered: u64,
    /// Of these, answered by an operator.
    pub answered: u64,
    /// Within 15 s of the offer.
    pub within_15: u64,
    /// Within 30 s.
    pub within_30: u64,
    /// Given up while waiting.
    pub abandoned: u64,
    /// How often a desk was looked for.
    pub bridges_tried: u64,
    /// How often one came.
    pub bridged: u64,
    /// The same by desk: looked for, came.
    pub by_desk: BTreeMap<DeskNo, (u64, u64)>,
}

impl Store {
    /// A desk is shut until then (UTC ms), or open again (`None`).
    ///
    /// # Errors
    /// The database's; nothing is changed then.
    pub async fn close_desk(
        &self,
        now_utc_ms: i64,
        who: &str,
        desk: DeskNo,
        until: Option<i64>,
        reason: &str,
    ) -> Result<(), StoreError> {
        const SHUT: &str = "INSERT INTO desk_closed (desk_no, until, reason, who, at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (desk_no) DO UPDATE SET until = excluded.until, reason = excluded.reason, \
             who = excluded.who, at = excluded.at";
        let mut conn = self.alone().await?;
        let query = match until {
            Some(until) => {
                let query = query(SHUT).bind(desk.to_string()).bind(until);
                query.bind(reason).bind(who).bind(now_utc_ms)
            }
            None => query("DELETE FROM desk_closed WHERE desk_no = $1").bind(desk.to_string()),
        };
        query.execute(&mut conn).await.map(drop).map_err(|e| self.said(e))
    }

    /// Desks that are shut still; those whose time is over are forgotten.
    ///
    /// # Errors
    /// The database's.
    pub async fn closed_desks(&self, now_utc_ms: i64) -> Result<Vec<ClosedDesk>, StoreError> {
        let mut conn = self.alone().await?;
        closed_desks(&mut conn, now_utc_ms).await.map_err(|e| self.said(e))
    }

    /// These desks are reachable now.
    ///
    /// # Errors
    /// The database's; nothing is changed then.
    pub async fn desks_seen(&self, now_utc_ms: i64, desks: &[DeskNo]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        seen(&mut tx, now_utc_ms, desks).await.map_err(|e| self.said(e))?;
        tx.commit().await.map_err(|e| self.said(e))
    }

    /// When each desk was reachable last, UTC ms; those that never were are not in it.
    ///
    /// # Errors
    /// The database's.
    pub async fn last_seen(&self) -> Result<BTreeMap<DeskNo, i64>, StoreError> {
        let mut conn = self.reader().await?;
        let rows = query("SELECT desk_no, at FROM desk_seen").fetch_all(&mut conn).await;
        let read = rows.and_then(|rows| {
            rows.iter().map(|row| Ok((desk_no(row.try_get("desk_no")?)?, row.try_get("at")?))).collect()
        });
        read.map_err(|e| self.said(e))
    }

    /// The figures of the calls that were offered from `from` on, as far as they went before `to` (UTC ms).
    ///
    /// # Errors
    /// The database's.
    pub async fn figures(&self, from: i64, to: i64) -> Result<Figures, StoreError> {
        let mut conn = self.reader().await?;
        figures(&mut conn, from, to).await.map_err(|e| self.said(e))
    }
}

fn desk_no(text: &str) -> sqlx::Result<DeskNo> {
    text.parse().map(DeskNo).map_err(|_| unreadable(format!("`{text}` is no desk")))
}

async fn closed_desks(conn: &mut Db, now: i64) -> sqlx::Result<Vec<ClosedDesk>> {
    query("DELETE FROM desk_closed WHERE until <= $1").bind(now).execute(&mut *conn).await?;
    let rows = query("SELECT desk_no, until, reason FROM desk_closed ORDER BY desk_no");
    let read = |row: &Row| {
        Ok(ClosedDesk {
            desk: desk_no(row.try_get("desk_no")?)?,
            until: row.try_get("until")?,
            reason: row.try_get::<&str>("reason")?.into(),
        })
    };
    rows.fetch_all(conn).await?.iter().map(read).collect()
}

async fn seen(conn: &mut Db, now: i64, desks: &[DeskNo]) -> sqlx::Result<()> {
    const SEEN: &str = "INSERT INTO desk_seen (desk_no, at) VALUES ($1, $2) \
         ON CONFLICT (desk_no) DO UPDATE SET at = excluded.at WHERE excluded.at > desk_seen.at";
    for desk in desks {
        query(SEEN).bind(desk.to_string()).bind(now).execute(&mut *conn).await?;
    }
    Ok(())
}

async fn figures(conn: &mut Db, from: i64, to: i64) -> sqlx::Result<Figures> {
    const CALLS: &str = "SELECT COUNT(*) AS offered, COUNT(operator_id) AS answered, \
         COUNT(CASE WHEN operator_id IS NOT NULL AND wait_ms <= 15000 THEN 1 END) AS within_15, \
         COUNT(CASE WHEN operator_id IS NOT NULL AND wait_ms <= 30000 THEN 1 END) AS within_30 \
         FROM call WHERE offered_at >= $1 AND offered_at < $2 AND direction = 'in'";
    // Events are kept by call, and the ids of calls grow with time.
    const EVENTS: &str = "SELECT kind, actor, detail, COUNT(*) AS n FROM event \
         WHERE call_id >= $1 AND at >= $2 AND at < $3 \
         AND kind IN ('call.abandoned', 'room.ringing', 'room.bridged', 'leg.joined') \
         GROUP BY kind, actor, detail";
    let row = query(CALLS).bind(from).bind(to).fetch_one(&mut *conn).await?;
    let count = |name: &str| row.try_get::<i64>(name).map(small);
    let mut figures = Figures {
        offered: count("offered")?,
        answered: count("answered")?,
        within_15: count("within_15")?,
        within_30: count("within_30")?,
        ..Figures::default()
    };
    let first = CallId(u128::try_from(from).unwrap_or(0) << 80).to_string();
    let rows = query(EVENTS).bind(first).bind(from).bind(to).fetch_all(conn).await?;
    for row in &rows {
        let n = small(row.try_get("n")?);
        figures.note(row.try_get("kind")?, row.try_get("actor")?, row.try_get("detail")?, n);
    }
    Ok(figures)
}

impl Figures {
    /// Counts `n` lines of time lines, but for the answers of operators.
    pub fn note(&mut self, kind: &str, actor: &str, detail: &str, n: u64) {
        let desk = |text: &str, head: &str| text.strip_prefix(head)?.parse().ok().map(DeskNo);
        match kind {
            "call.abandoned" => self.abandoned += n,
            "room.ringing" => {
                self.bridges_tried += n;
                if let Some(no) = desk(detail, "desk=") {
                    self.by_desk.entry(no).or_default().0 += n;
                }
            }
            "room.bridged" => self.bridged += n,
            "leg.joined" => {
                if let Some(no) = desk(actor, "desk:") {
                    self.by_desk.entry(no).or_default().1 += n;
                }
            }
            _ => {}
        }
    }
}
