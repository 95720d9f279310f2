//! What the end of a call leaves beside its row: an event of the outbox. It is written before the row that ends the call: as
//! long as that row is open the event has not been written, so that the statement can run twice.

use call::cdr::{CallRow, Outcome};
use call::event::Source;
use serde_json::json;

use crate::either::{Db, Query, Rows, query};
use crate::promise::tell::{self, Event};

/// The type of the event.
const ENDED: &str = "hotline.call.ended";

/// An event of a call that ends. `head` and `tail` are its JSON around the moment of the answer.
pub(crate) const OVER: Rows = Rows {
    columns: "call_id, at, head, answered_at, tail",
    write: "INSERT INTO outbox (pos, id, at, type, subject, data) \
         SELECT (SELECT COALESCE(MAX(pos), 0) FROM outbox) + ROW_NUMBER() OVER (ORDER BY given.at, given.call_id), \
         'call.' || given.call_id || '.ended', given.at, 'hotline.call.ended', given.call_id, \
         given.head || COALESCE(CAST(COALESCE(given.answered_at, call.answered_at) AS TEXT), 'null') || given.tail \
         FROM given LEFT JOIN call ON call.id = given.call_id \
         WHERE given.call_id IS NOT NULL AND call.ended_at IS NULL ON CONFLICT (id) DO NOTHING",
};

/// [`OVER`], filled in.
pub(crate) fn over(query: Query, row: &CallRow) -> Query {
    let ended_at = row.ended_at.unwrap_or(row.offered_at);
    let outcome = row.outcome.unwrap_or(Outcome::Invalid).word();
    let rest = json!({
        "call": row.call.to_string(), "did": row.did.as_ref(), "direction": direction(row), "outcome": outcome,
        "offered_at": row.offered_at, "ended_at": ended_at, "wait_ms": row.wait_ms,
    });
    let rest = rest.to_string();
    let tail = format!(",{}", rest.strip_prefix('{').unwrap_or(&rest));
    query.bind(row.call.to_string()).bind(ended_at).bind("{\"answered_at\":").bind(row.answered_at).bind(tail)
}

fn direction(row: &CallRow) -> &'static str {
    if row.source == Source::House { "out" } else { "in" }
}

/// The same of a call whose row was ended after a crash.
pub(crate) async fn closed(conn: &mut Db, call: &str) -> sqlx::Result<()> {
    const ROW: &str = "SELECT direction, did, outcome, offered_at, answered_at, ended_at, wait_ms FROM call \
         WHERE id = $1 AND ended_at IS NOT NULL";
    let Some(row) = query(ROW).bind(call).fetch_optional(&mut *conn).await? else { return Ok(()) };
    let (direction, did): (String, String) = (row.try_get("direction")?, row.try_get("did")?);
    let (outcome, offered_at): (String, i64) = (row.try_get("outcome")?, row.try_get("offered_at")?);
    let (at, wait_ms): (i64, i64) = (row.try_get("ended_at")?, row.try_get("wait_ms")?);
    let answered_at: Option<i64> = row.try_get("answered_at")?;
    let data = json!({
        "answered_at": answered_at, "call": call, "did": did, "direction": direction, "outcome": outcome,
        "offered_at": offered_at, "ended_at": at, "wait_ms": wait_ms,
    });
    let id = format!("call.{call}.ended");
    tell::send(conn, &[Event { id, at, kind: ENDED, subject: call.to_owned(), data }]).await
}
