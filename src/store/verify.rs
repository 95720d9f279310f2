//! Counting, and looking for broken rules.

use crate::access;
use crate::chain::{Chain, Hung};
use crate::db::{self, small};
use crate::either::{Db, query, scalar};
use crate::promise;
use crate::protect;
use crate::seal::Keys;
use crate::stored::{Broken, Counts};
use call::ids::LegId;

/// Rows that are read at once when everything is read.
const AT_ONCE: i64 = 1_000;

pub(crate) async fn counts(conn: &mut Db) -> sqlx::Result<Counts> {
    const COUNT: &str = "SELECT (SELECT COUNT(*) FROM call) AS calls, \
         (SELECT COUNT(*) FROM call WHERE ended_at IS NULL) AS open_calls, \
         (SELECT COUNT(*) FROM event WHERE kind IN ('call.ended', 'call.abandoned')) AS final_events, \
         (SELECT COUNT(*) FROM event) AS events, (SELECT COUNT(*) FROM leg) AS legs, \
         (SELECT COUNT(*) FROM recording) AS recordings, (SELECT COUNT(*) FROM callback) AS call_backs, \
         (SELECT COUNT(*) FROM cases) AS cases";
    let row = query(COUNT).fetch_one(conn).await?;
    let count = |column: &str| row.try_get::<i64>(column).map(small);
    Ok(Counts {
        calls: count("calls")?,
        open_calls: count("open_calls")?,
        final_events: count("final_events")?,
        events: count("events")?,
        legs: count("legs")?,
        recordings: count("recordings")?,
        call_backs: count("call_backs")?,
        cases: count("cases")?,
    })
}

/// Everything that does not hold. `conn` is in a transaction, so that all queries see the same moment.
pub(crate) async fn verify(conn: &mut Db, keys: &Keys) -> sqlx::Result<Vec<Broken>> {
    let mut broken = Vec::new();
    final_events(conn, &mut broken).await?;
    legs(conn, &mut broken).await?;
    gaps(conn, &mut broken).await?;
    orphans(conn, &mut broken).await?;
    chains(conn, &mut broken).await?;
    access::verify(conn, &mut broken).await?;
    protect::verify(conn, &mut broken).await?;
    sealed(conn, keys, &mut broken).await?;
    promise::verify(conn, &mut broken).await?;
    Ok(broken)
}

async fn final_events(conn: &mut Db, broken: &mut Vec<Broken>) -> sqlx::Result<()> {
    const FINAL: &str = "SELECT id, finals FROM (SELECT id, ended_at, (SELECT COUNT(*) FROM event \
         WHERE event.call_id = call.id AND kind IN ('call.ended', 'call.abandoned')) AS finals FROM call) AS counted \
         WHERE finals > 1 OR (finals = 0 AND ended_at IS NOT NULL) ORDER BY id";
    for row in query(FINAL).fetch_all(conn).await? {
        let call = db::call_id(row.try_get("id")?)?;
        broken.push(Broken::FinalEvents { call, count: small(row.try_get("finals")?) });
    }
    Ok(())
}

async fn legs(conn: &mut Db, broken: &mut Vec<Broken>) -> sqlx::Result<()> {
    const OPEN: &str = "SELECT leg.call_id, leg.id FROM leg JOIN call ON call.id = leg.call_id \
         WHERE leg.left_at IS NULL AND call.ended_at IS NOT NULL ORDER BY leg.call_id, leg.id";
    for row in query(OPEN).fetch_all(conn).await? {
        let call = db::call_id(row.try_get("call_id")?)?;
        broken.push(Broken::LegOutlives { call, leg: LegId(row.try_get::<i64>("id")?.cast_unsigned()) });
    }
    Ok(())
}

async fn gaps(conn: &mut Db, broken: &mut Vec<Broken>) -> sqlx::Result<()> {
    const GAPS: &str = "SELECT call_id FROM event GROUP BY call_id \
         HAVING MIN(seq) <> 1 OR MAX(seq) <> COUNT(*) ORDER BY call_id";
    for row in query(GAPS).fetch_all(conn).await? {
        broken.push(Broken::Gap { call: db::call_id(row.try_get("call_id")?)? });
    }
    Ok(())
}

async fn orphans(conn: &mut Db, broken: &mut Vec<Broken>) -> sqlx::Result<()> {
    const ORPHANS: &str = "SELECT call_id FROM (SELECT call_id FROM event UNION SELECT call_id FROM leg \
         UNION SELECT call_id FROM recording UNION SELECT because_of AS call_id FROM callback \
         UNION SELECT call_id FROM followup WHERE kind = 'post_call') AS named \
         WHERE NOT EXISTS (SELECT 1 FROM call WHERE call.id = named.call_id) ORDER BY call_id";
    for row in query(ORPHANS).fetch_all(conn).await? {
        broken.push(Broken::NoCall { call: db::call_id(row.try_get("call_id")?)? });
    }
    Ok(())
}

async fn chains(conn: &mut Db, broken: &mut Vec<Broken>) -> sqlx::Result<()> {
    let nodes: Vec<String> =
        scalar("SELECT DISTINCT node FROM event ORDER BY node").fetch_all(&mut *conn).await?;
    for node in nodes {
        if let Some(pos) = first_break(conn, &node).await? {
            broken.push(Broken::Chain { node, pos });
        }
    }
    Ok(())
}

/// Walks a node's chain; the position of the first link that does not hold.
async fn first_break(conn: &mut Db, node: &str) -> sqlx::Result<Option<i64>> {
    const LINKS: &str = "SELECT call_id, seq, at, mono_ms, kind, leg_id, actor, ended_by, cause, sip_status, \
         q850_cause, detail, pos, prev_hash, hash FROM event WHERE node = $1 AND pos > $2 ORDER BY pos LIMIT $3";
    let mut chain = Chain::empty();
    loop {
        let rows = query(LINKS).bind(node).bind(chain.pos).bind(AT_ONCE).fetch_all(&mut *conn).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        for row in &rows {
            let next = chain.next(node, &Hung::read(row)?);
            let (pos, prev): (i64, &str) = (row.try_get("pos")?, row.try_get("prev_hash")?);
            let hash: &str = row.try_get("hash")?;
            if pos != next.pos || prev != chain.hash || hash != next.hash {
                return Ok(Some(next.pos));
            }
            chain = next;
        }
    }
}

/// Opens every sealed number and compares it with its hash.
async fn sealed(conn: &mut Db, keys: &Keys, broken: &mut Vec<Broken>) -> sqlx::Result<()> {
    const SEALED: &str = "SELECT id, caller_e164, caller_hash FROM call \
         WHERE caller_e164 IS NOT NULL AND id > $1 ORDER BY id LIMIT $2";
    let mut last = String::new();
    loop {
        let rows = query(SEALED).bind(&last).bind(AT_ONCE).fetch_all(&mut *conn).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in &rows {
            let (id, value): (String, Vec<u8>) = (row.try_get("id")?, row.try_get("caller_e164")?);
            let hash: Option<String> = row.try_get("caller_hash")?;
            let number = keys.open("call.caller_e164", &id, &value).ok();
            if number.is_none() || number.map(|n| keys.number_hash(&n)) != hash {
                broken.push(Broken::Sealed { call: db::call_id(&id)? });
            }
            last = id;
        }
    }
}
