//! Tasks as rows: planned, moved and cancelled by a step; claimed, renewed, ended and given back by the nodes. Each is what
//! `promise::Table` does, by the condition that stands there.

use call::ids::CallId;
use promise::{Again, Claim, Contact, Key, Kind, Lane, Lost, Name, Of, Plan, Terms, ms};

use super::owner::citizen_of;
use crate::clerk::errand;
use crate::db::{self, unreadable};
use crate::either::{Builder, Db, Query, Row, query, scalar};
use crate::error::StoreError;
use crate::store::Store;

/// The most tasks of one claim.
const MOST_AT_ONCE: u32 = 256;

/// A task that this node runs now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claimed {
    /// The right to it.
    pub claim: Claim,
    /// What it is.
    pub plan: Plan,
    /// The call that an earlier attempt has made, or was about to make.
    pub call: Option<CallId>,
}

/// What a claim has brought.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Claims {
    /// To be run now: urgent ones first, then by place.
    pub taken: Vec<Claimed>,
    /// Tasks that failed too often: [`Store::untold_tasks`] gives them until their owner is told.
    pub given_up: Vec<Key>,
    /// Tasks that nobody began while they were of use.
    pub expired: Vec<Key>,
}

impl Store {
    /// Takes tasks that are due, at most `most` (1 to 256), for a node; `is_day`: no quiet hours now. Before it, leases that
    /// ran out are taken back and what is of no use any more expires. One transaction.
    ///
    /// # Errors
    /// The database's: nothing is claimed then.
    pub async fn claim_tasks(
        &self,
        now_utc_ms: i64,
        node: &str,
        is_day: bool,
        most: u32,
    ) -> Result<Claims, StoreError> {
        // What the call of a task that is taken over has told counts: nobody is called twice for it.
        self.caught_up().await?;
        let node = Name::from(node);
        let work = errand(move |conn| {
            Box::pin(async move {
                let given_up = release(conn, now_utc_ms).await?;
                let expired = expire(conn, now_utc_ms).await?;
                let most = most.clamp(1, MOST_AT_ONCE);
                let taken = claim(conn, now_utc_ms, &node, is_day, most).await?;
                Ok(Claims { taken, given_up, expired })
            })
        });
        self.clerk().write(work).await
    }

    /// Longer leases for tasks that are worked on: at half of the lease. The lost ones are taken out of `claims` and given
    /// back.
    ///
    /// # Errors
    /// The database's: the leases are as before then.
    pub async fn renew_tasks(
        &self,
        now_utc_ms: i64,
        claims: &mut Vec<Claim>,
    ) -> Result<Vec<Key>, StoreError> {
        const RENEW: &str = "UPDATE task SET lease_until = $4 WHERE key = $1 AND state = 'running' AND lease_by = $2 \
             AND attempt = $3";
        let until = promise::after(now_utc_ms, Terms::default().lease);
        let ours = claims.clone();
        let work = errand(move |conn| {
            Box::pin(async move {
                let mut lost = Vec::new();
                for claim in ours {
                    let query = held(RENEW, &claim).bind(until);
                    if query.execute(&mut *conn).await?.rows_affected() == 0 {
                        lost.push(claim.key);
                    }
                }
                Ok(lost)
            })
        });
        let lost = self.clerk().write(work).await?;
        claims.retain(|claim| !lost.contains(&claim.key));
        claims.iter_mut().for_each(|claim| claim.until = until);
        Ok(lost)
    }

    /// It could not be done for technical reasons: tried again later, or given up.
    ///
    /// # Errors
    /// The database's: the lease runs out then.
    pub async fn task_failed(
        &self,
        now_utc_ms: i64,
        claim: &Claim,
        why: &str,
    ) -> Result<Result<Again, Lost>, StoreError> {
        const AGAIN: &str = "UPDATE task SET state = 'planned', due_at = $4, last_error = $5 \
             WHERE key = $1 AND state = 'running' AND lease_by = $2 AND attempt = $3";
        const HUMAN: &str = "UPDATE task SET state = 'human', ended_at = $4, last_error = $5 \
             WHERE key = $1 AND state = 'running' AND lease_by = $2 AND attempt = $3";
        let terms = Terms::default();
        let (text, again) = if claim.attempt < terms.attempts {
            (AGAIN, Again::At(terms.again(now_utc_ms, claim.attempt)))
        } else {
            (HUMAN, Again::Human)
        };
        let at = if let Again::At(at) = again { at } else { now_utc_ms };
        let (claim, why) = (claim.clone(), why.to_owned());
        let work = errand(move |conn| {
            Box::pin(async move {
                let done = held(text, &claim).bind(at).bind(why).execute(conn).await?;
                Ok(if done.rows_affected() == 0 { Err(Lost) } else { Ok(again) })
            })
        });
        self.clerk().write(work).await
    }

    /// When somebody should come back (UTC ms): something is due, or a lease runs out.
    ///
    /// # Errors
    /// The database's.
    pub async fn next_task_at(&self, now_utc_ms: i64) -> Result<Option<i64>, StoreError> {
        const NEXT: &str = "SELECT (SELECT MIN(due_at) FROM task WHERE state = 'planned' AND due_at > $1) AS due, \
             (SELECT MIN(lease_until) FROM task WHERE state = 'running') AS lease";
        let mut conn = self.reader().await?;
        let row = query(NEXT).bind(now_utc_ms).fetch_one(&mut conn).await;
        let next = |row: Row| -> sqlx::Result<Option<i64>> {
            let (due, lease): (Option<i64>, Option<i64>) = (row.try_get("due")?, row.try_get("lease")?);
            let lease = lease.map(|at| promise::after(at, Terms::default().skew).saturating_add(1));
            Ok(due.into_iter().chain(lease).min())
        };
        row.and_then(next).map_err(|e| self.said(e))
    }

    /// Writes down which call is about to be made for a task: before it is placed.
    ///
    /// # Errors
    /// The database's: do not place it then.
    pub async fn set_task_call(&self, claim: &Claim, call: CallId) -> Result<Result<(), Lost>, StoreError> {
        const CALL: &str = "UPDATE task SET call_id = $4 WHERE key = $1 AND state = 'running' AND lease_by = $2 \
             AND attempt = $3";
        let claim = claim.clone();
        let work = errand(move |conn| {
            Box::pin(async move {
                let done = held(CALL, &claim).bind(call.to_string()).execute(conn).await?;
                Ok(if done.rows_affected() == 0 { Err(Lost) } else { Ok(()) })
            })
        });
        self.clerk().write(work).await
    }

    /// The running task that a call is made for.
    ///
    /// # Errors
    /// The database's.
    pub async fn task_of_call(&self, call: CallId) -> Result<Option<Claimed>, StoreError> {
        const OF_CALL: &str = "SELECT * FROM task WHERE call_id = $1 AND state = 'running'";
        let mut conn = self.reader().await?;
        let row = query(OF_CALL).bind(call.to_string()).fetch_optional(&mut conn).await;
        row.and_then(|row| row.as_ref().map(claimed).transpose()).map_err(|e| self.said(e))
    }

    /// The running task of this key.
    ///
    /// # Errors
    /// The database's.
    pub async fn running_task(&self, key: &Key) -> Result<Option<Claimed>, StoreError> {
        const OF_KEY: &str = "SELECT * FROM task WHERE key = $1 AND state = 'running'";
        let mut conn = self.reader().await?;
        let row = query(OF_KEY).bind(key.to_string()).fetch_optional(&mut conn).await;
        row.and_then(|row| row.as_ref().map(claimed).transpose()).map_err(|e| self.said(e))
    }

    /// Tasks that failed too often and whose owner has not been told ([`super::Deed::gave_up`]), the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn untold_tasks(&self, most: u32) -> Result<Vec<Key>, StoreError> {
        const UNTOLD: &str =
            "SELECT key FROM task WHERE state = 'human' AND told_at IS NULL ORDER BY ended_at LIMIT $1";
        let mut conn = self.reader().await?;
        let keys = query(UNTOLD).bind(i64::from(most)).fetch_all(&mut conn).await;
        keys.and_then(|rows| rows.iter().map(key).collect()).map_err(|e| self.said(e))
    }

    /// Takes the rows out that came to their end before a moment (UTC ms) and whose owner is closed, so that no key of it
    /// comes again; at most `most` rows at once. How many.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget_tasks(&self, before_utc_ms: i64, most: u32) -> Result<u64, StoreError> {
        // An owner with a promise or a task that runs is not closed.
        const FORGET: &str = "DELETE FROM task WHERE key IN (SELECT key FROM task WHERE ended_at < $1 \
             AND NOT EXISTS (SELECT 1 FROM task AS live WHERE live.owner = task.owner AND live.ended_at IS NULL) \
             AND NOT EXISTS (SELECT 1 FROM promise WHERE promise.owner = task.owner AND promise.ended_at IS NULL) \
             ORDER BY ended_at LIMIT $2)";
        let work = errand(move |conn| {
            Box::pin(async move {
                let query = query(FORGET).bind(before_utc_ms).bind(i64::from(most));
                query.execute(conn).await.map(|done| done.rows_affected())
            })
        });
        self.clerk().write(work).await
    }
}

/// A statement about a running task whose first three values are those of its claim.
fn held(text: &'static str, claim: &Claim) -> Query {
    query(text).bind(claim.key.to_string()).bind(claim.node.to_string()).bind(i64::from(claim.attempt))
}

async fn release(conn: &mut Db, now: i64) -> sqlx::Result<Vec<Key>> {
    const RELEASE: &str = "UPDATE task SET state = CASE WHEN attempt < $2 THEN 'planned' ELSE 'human' END, \
         ended_at = CASE WHEN attempt < $2 THEN NULL ELSE $3 END, \
         last_error = 'lease lost by ' || COALESCE(lease_by, '') WHERE state = 'running' AND lease_until < $1 \
         RETURNING key, state";
    let terms = Terms::default();
    let query =
        query(RELEASE).bind(now.saturating_sub(ms(terms.skew))).bind(i64::from(terms.attempts)).bind(now);
    let mut given_up = Vec::new();
    for row in query.fetch_all(conn).await? {
        if row.try_get::<&str>("state")? == "human" {
            given_up.push(key(&row)?);
        }
    }
    given_up.sort();
    Ok(given_up)
}

async fn expire(conn: &mut Db, now: i64) -> sqlx::Result<Vec<Key>> {
    const EXPIRE: &str = "UPDATE task SET state = 'expired', ended_at = $1 WHERE state = 'planned' AND until_at < $1 \
         RETURNING key";
    let rows = query(EXPIRE).bind(now).fetch_all(conn).await?;
    rows.iter().map(key).collect()
}

/// One of each lane: the first by the order in which all are taken.
async fn claim(conn: &mut Db, now: i64, node: &Name, is_day: bool, most: u32) -> sqlx::Result<Vec<Claimed>> {
    const CLAIM: &str = "UPDATE task SET state = 'running', attempt = attempt + 1, lease_by = $2, lease_until = $3, \
         started_at = COALESCE(started_at, $1), lag_ms = COALESCE(lag_ms, $1 - due_at) \
         WHERE key IN (SELECT key FROM (SELECT key, urgent, place, lane, \
         ROW_NUMBER() OVER (PARTITION BY lane ORDER BY urgent DESC, place, key) AS nth FROM task \
         WHERE state = 'planned' AND due_at <= $1 AND (until_at IS NULL OR until_at >= $1) AND (NOT daytime OR $4) \
         AND (lane IS NULL OR lane NOT IN (SELECT lane FROM task WHERE state = 'running' AND lane IS NOT NULL))) AS due \
         WHERE lane IS NULL OR nth = 1 ORDER BY urgent DESC, place, key LIMIT $5) RETURNING *";
    let rows = query(CLAIM)
        .bind(now)
        .bind(node.to_string())
        .bind(promise::after(now, Terms::default().lease))
        .bind(is_day)
        .bind(i64::from(most))
        .fetch_all(conn)
        .await?;
    let mut taken = rows.iter().map(claimed).collect::<sqlx::Result<Vec<_>>>()?;
    // In no order that is promised they come back.
    taken.sort_by(|a, b| {
        let order = |c: &Claimed| (!c.plan.urgent, c.plan.place, c.plan.key.to_string());
        order(a).cmp(&order(b))
    });
    Ok(taken)
}

fn key(row: &Row) -> sqlx::Result<Key> {
    let text: &str = row.try_get("key")?;
    Key::parse(text).ok_or_else(|| unreadable(format!("`{text}` is no task's key")))
}

fn claimed(row: &Row) -> sqlx::Result<Claimed> {
    let plan = plan(row)?;
    let call: Option<&str> = row.try_get("call_id")?;
    let claim = Claim {
        key: plan.key.clone(),
        node: Name::from(row.try_get::<Option<&str>>("lease_by")?.unwrap_or_default()),
        attempt: u32::try_from(row.try_get::<i64>("attempt")?).unwrap_or(u32::MAX),
        until: row.try_get("lease_until")?,
        lag_ms: row.try_get::<Option<i64>>("lag_ms")?.unwrap_or(0),
    };
    Ok(Claimed { claim, plan, call: call.map(db::call_id).transpose()? })
}

fn plan(row: &Row) -> sqlx::Result<Plan> {
    let lane: Option<&str> = row.try_get("lane")?;
    Ok(Plan {
        key: key(row)?,
        due_at: row.try_get("due_at")?,
        place: row.try_get("place")?,
        urgent: row.try_get("urgent")?,
        daytime: row.try_get("daytime")?,
        lane: lane.map(read_lane).transpose()?,
        until: row.try_get("until_at")?,
    })
}

/// `contact/UNIT/liaison`, `citizen/HEX`.
pub(super) fn lane_word(lane: &Lane) -> String {
    match lane {
        Lane::Contact(unit, contact) => format!("contact/{unit}/{}", contact.word()),
        Lane::Citizen(citizen) => format!("citizen/{:x}", citizen.0),
    }
}

fn read_lane(text: &str) -> sqlx::Result<Lane> {
    let contact = |rest: &str| {
        let (unit, contact) = rest.rsplit_once('/')?;
        Some(Lane::Contact(Name::from(unit), Contact::parse(contact)?))
    };
    let lane = match text.split_once('/') {
        Some(("contact", rest)) => contact(rest),
        Some(("citizen", hex)) => citizen_of(hex).map(Lane::Citizen),
        _ => None,
    };
    lane.ok_or_else(|| unreadable(format!("`{text}` is no lane")))
}

/// Plans tasks; those whose keys are known stay as they are.
pub(super) async fn put(conn: &mut Db, plans: &[&Plan]) -> sqlx::Result<()> {
    if plans.is_empty() {
        return Ok(());
    }
    let mut sql = Builder::new(
        "INSERT INTO task (key, owner, kind, due_at, place, urgent, daytime, lane, until_at, state, attempt, lease_until) ",
    );
    sql.push_values(plans, |mut row, plan| {
        row.push_bind(plan.key.to_string())
            .push_bind(plan.key.of.to_string())
            .push_bind(plan.key.kind.word())
            .push_bind(plan.due_at)
            .push_bind(plan.place)
            .push_bind(plan.urgent)
            .push_bind(plan.daytime)
            .push_bind(plan.lane.as_ref().map(lane_word))
            .push_bind(plan.until)
            .push("'planned', 0, 0");
    });
    sql.push(" ON CONFLICT (key) DO NOTHING");
    sql.build().execute(conn).await.map(drop)
}

/// Another moment for a task that has not begun.
pub(super) async fn move_to(conn: &mut Db, key: &Key, at: i64) -> sqlx::Result<()> {
    const MOVE: &str = "UPDATE task SET due_at = $2, place = $2 WHERE key = $1 AND state = 'planned'";
    query(MOVE).bind(key.to_string()).bind(at).execute(conn).await.map(drop)
}

/// What is planned of an owner, or of one kind, is not wanted any more.
pub(super) async fn cancel(conn: &mut Db, now: i64, of: &Of, kind: Option<Kind>) -> sqlx::Result<()> {
    const CANCEL: &str = "UPDATE task SET state = 'cancelled', ended_at = $2 WHERE owner = $1 AND state = 'planned' \
         AND ($3 IS NULL OR kind = $3)";
    let query = query(CANCEL).bind(of.to_string()).bind(now).bind(kind.map(Kind::word));
    query.execute(conn).await.map(drop)
}

/// Whether the claim is held still.
pub(super) async fn is_held(conn: &mut Db, claim: &Claim) -> sqlx::Result<bool> {
    const HELD: &str =
        "SELECT COUNT(*) FROM task WHERE key = $1 AND state = 'running' AND lease_by = $2 AND attempt = $3";
    let query = scalar::<i64>(HELD)
        .bind(claim.key.to_string())
        .bind(claim.node.to_string())
        .bind(i64::from(claim.attempt));
    query.fetch_one(conn).await.map(|count| count > 0)
}

/// It is done.
pub(super) async fn end(conn: &mut Db, now: i64, claim: &Claim) -> sqlx::Result<()> {
    const DONE: &str = "UPDATE task SET state = 'done', ended_at = $4 WHERE key = $1 AND state = 'running' \
         AND lease_by = $2 AND attempt = $3";
    held(DONE, claim).bind(now).execute(conn).await.map(drop)
}

/// The owner of a task that failed too often has been told.
pub(super) async fn told(conn: &mut Db, now: i64, key: &Key) -> sqlx::Result<()> {
    const TOLD: &str = "UPDATE task SET told_at = $2 WHERE key = $1 AND state = 'human' AND told_at IS NULL";
    query(TOLD).bind(key.to_string()).bind(now).execute(conn).await.map(drop)
}
