//! What a crash left behind: calls without an end are closed, once, with one final event and a call-back that is owed.

use std::ops::Range;
use std::time::Duration;

use call::cause::{Cause, Reason, Side};
use call::cdr::{CallBackRow, CallBackWhy, Outcome};
use call::ids::{CallId, Pii};

use crate::chain::{self, Chain, Hung};
use crate::db;
use crate::either::{Db, query, scalar};
use crate::over;
use crate::read;
use crate::scribe::Scribe;
use crate::store::Opened;
use crate::words;

/// So long the caller of a call that nobody answered may repeat the INVITE: 64*T1 (RFC 3261 section 17.1.1.2, timer B).
pub const UNHEARD_FOR: Duration = Duration::from_secs(32);

/// Why: the process was cut short.
const CRASH: Cause = Cause::new(Side::House, Reason::Crash);

/// What is known of an open call.
struct Left {
    id: String,
    offered_at: i64,
    answered_at: Option<i64>,
    caller: Option<Vec<u8>>,
    sip_call_id: String,
    /// A citizen called; what the house calls for is its task's to try again.
    came_in: bool,
}

impl Left {
    fn is_answered(&self, line: &Line) -> bool {
        self.answered_at.or(line.answer_at).is_some()
    }
}

/// The ends of its time line.
#[derive(Default)]
struct Line {
    seq: i64,
    last_at: Option<i64>,
    first_mono: i64,
    last_mono: i64,
    answer_at: Option<i64>,
    answer_mono: Option<i64>,
}

/// Closes what is open of this node, inside the open transaction. A second run finds nothing to close. Calls that nobody has answered
/// are left open while their INVITE may come again: it is the same call then, and has one record.
pub(crate) async fn close(conn: &mut Db, scribe: Scribe<'_>, now_utc_ms: i64) -> sqlx::Result<Opened> {
    close_within(conn, scribe, now_utc_ms, i64::MIN..i64::MAX).await
}

/// The same for calls that began within these moments, UTC ms.
pub(crate) async fn close_within(
    conn: &mut Db,
    scribe: Scribe<'_>,
    now_utc_ms: i64,
    began: Range<i64>,
) -> sqlx::Result<Opened> {
    let mut opened = Opened::default();
    adopt(&mut *conn, scribe.node).await?;
    let mut chain = Chain::end(conn, scribe.node).await?;
    for call in open_calls(conn, scribe.node).await? {
        if !began.contains(&call.offered_at) {
            continue;
        }
        let id = db::call_id(&call.id)?;
        let line = line(conn, &call.id).await?;
        let last = last_event(conn, &call.id).await?;
        if let Some(last) = last {
            complete(conn, &call, &line, &last).await?;
            opened.completed.push(id);
        } else if !call.is_answered(&line) && may_come_again(&call, now_utc_ms) {
            opened.unheard.push((id, call.sip_call_id));
        } else {
            interrupt(conn, scribe, &mut chain, &call, &line, now_utc_ms).await?;
            opened.interrupted.push(id);
        }
    }
    opened.unfinished = read::unfinished(conn, scribe.node).await?;
    Ok(opened)
}

/// Closes those of these calls that are open and unanswered still.
pub(crate) async fn close_unheard(
    conn: &mut Db,
    scribe: Scribe<'_>,
    now_utc_ms: i64,
    calls: &[CallId],
) -> sqlx::Result<Vec<CallId>> {
    let mut closed = Vec::new();
    let mut chain = Chain::end(conn, scribe.node).await?;
    for call in open_calls(conn, scribe.node).await? {
        let id = db::call_id(&call.id)?;
        if !calls.contains(&id) {
            continue;
        }
        let line = line(conn, &call.id).await?;
        if !call.is_answered(&line) && last_event(conn, &call.id).await?.is_none() {
            interrupt(conn, scribe, &mut chain, &call, &line, now_utc_ms).await?;
            closed.push(id);
        }
    }
    Ok(closed)
}

fn may_come_again(call: &Left, now_utc_ms: i64) -> bool {
    let since = Duration::from_millis(now_utc_ms.abs_diff(call.offered_at));
    !call.sip_call_id.is_empty() && since < UNHEARD_FOR
}

/// Events without a call's row (its first row found no room in the queue) get one, so that nothing is left without a
/// record.
async fn adopt(conn: &mut Db, node: &str) -> sqlx::Result<()> {
    const ADOPT: &str = "INSERT INTO call (id, node, direction, did, sip_call_id, caller_masked, cli_withheld, lang, \
         profile, config_version, offered_at, wait_ms, queue_ms, duration_ms, billsec_ms, urgent) \
         SELECT call_id, $1, 'in', '', '', '', FALSE, 'zh-CN', '', '', MIN(at), 0, 0, 0, 0, FALSE \
         FROM event WHERE node = $1 AND NOT EXISTS (SELECT 1 FROM call WHERE call.id = event.call_id) \
         GROUP BY call_id";
    query(ADOPT).bind(node).execute(conn).await.map(drop)
}

async fn open_calls(conn: &mut Db, node: &str) -> sqlx::Result<Vec<Left>> {
    const OPEN: &str = "SELECT id, offered_at, answered_at, caller_e164, sip_call_id, direction = 'in' AS came_in FROM call \
         WHERE node = $1 AND ended_at IS NULL ORDER BY id";
    let rows = query(OPEN).bind(node).fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            Ok(Left {
                id: row.try_get("id")?,
                offered_at: row.try_get("offered_at")?,
                answered_at: row.try_get("answered_at")?,
                caller: row.try_get("caller_e164")?,
                sip_call_id: row.try_get("sip_call_id")?,
                came_in: row.try_get("came_in")?,
            })
        })
        .collect()
}

async fn line(conn: &mut Db, call: &str) -> sqlx::Result<Line> {
    const LINE: &str = "SELECT MAX(seq) AS seq, MAX(at) AS last_at, MIN(mono_ms) AS first_mono, \
         (SELECT mono_ms FROM event WHERE call_id = $1 ORDER BY seq DESC LIMIT 1) AS last_mono, \
         MIN(CASE WHEN kind = 'call.answered' THEN at END) AS answer_at, \
         MIN(CASE WHEN kind = 'call.answered' THEN mono_ms END) AS answer_mono FROM event WHERE call_id = $1";
    let row = query(LINE).bind(call).fetch_one(conn).await?;
    Ok(Line {
        seq: row.try_get::<Option<i64>>("seq")?.unwrap_or(0),
        last_at: row.try_get("last_at")?,
        first_mono: row.try_get::<Option<i64>>("first_mono")?.unwrap_or(0),
        last_mono: row.try_get::<Option<i64>>("last_mono")?.unwrap_or(0),
        answer_at: row.try_get("answer_at")?,
        answer_mono: row.try_get("answer_mono")?,
    })
}

/// The final event, when it came to disk before the crash.
async fn last_event(conn: &mut Db, call: &str) -> sqlx::Result<Option<Hung>> {
    const LAST: &str = "SELECT call_id, seq, at, mono_ms, kind, leg_id, actor, ended_by, cause, sip_status, \
         q850_cause, detail FROM event WHERE call_id = $1 AND kind IN ('call.ended', 'call.abandoned')";
    let row = query(LAST).bind(call).fetch_optional(conn).await?;
    row.as_ref().map(Hung::read).transpose()
}

/// The call had ended and only its final row was lost: the row is completed from the final event.
async fn complete(conn: &mut Db, call: &Left, line: &Line, last: &Hung) -> sqlx::Result<()> {
    let told = last.detail.split(' ').find_map(|word| word.strip_prefix("outcome=")).and_then(words::outcome);
    let outcome = match told {
        Some(outcome) => outcome,
        None if last.kind == "call.abandoned" => Outcome::Abandoned,
        None => Outcome::Invalid,
    };
    let cause = words::cause(last.by.as_deref(), last.cause.as_deref());
    end(conn, call, line, last.at, outcome, cause).await?;
    end_legs(conn, &call.id, last.at, cause).await
}

async fn interrupt(
    conn: &mut Db,
    scribe: Scribe<'_>,
    chain: &mut Chain,
    call: &Left,
    line: &Line,
    now_utc_ms: i64,
) -> sqlx::Result<()> {
    let known = [Some(call.offered_at), call.answered_at, line.last_at];
    let ended_at = known.into_iter().flatten().max().unwrap_or(now_utc_ms);
    let last = Hung {
        call: call.id.clone(),
        seq: line.seq.saturating_add(1),
        at: ended_at,
        mono_ms: line.last_mono,
        kind: "call.ended".to_owned(),
        leg: None,
        actor: "house".to_owned(),
        by: None,
        cause: None,
        sip_status: None,
        q850: None,
        detail: format!("outcome=interrupted closed_at={now_utc_ms}"),
    }
    .with_cause(Some(CRASH));
    chain::hang(conn, scribe.node, chain, &last).await?;
    owe(conn, scribe, call, line, now_utc_ms).await?;
    end_legs(conn, &call.id, ended_at, Some(CRASH)).await?;
    end(conn, call, line, ended_at, Outcome::Interrupted, Some(CRASH)).await
}

/// Whoever was cut off is called back at once, unless a call-back is owed to them already. The answer may have gone out
/// and its event not come to disk: a caller of whom only the offer is known is called back as one who was missed.
async fn owe(
    conn: &mut Db,
    scribe: Scribe<'_>,
    call: &Left,
    line: &Line,
    now_utc_ms: i64,
) -> sqlx::Result<()> {
    let Some(sealed) = call.caller.as_ref().filter(|_| call.came_in) else { return Ok(()) };
    let owed: i64 = scalar("SELECT COUNT(*) FROM callback WHERE because_of = $1")
        .bind(&call.id)
        .fetch_one(&mut *conn)
        .await?;
    if owed > 0 {
        return Ok(());
    }
    let number = scribe.keys.open("call.caller_e164", &call.id, sealed)?;
    let row = CallBackRow {
        call: db::call_id(&call.id)?,
        number: Pii::new(number),
        why: if call.is_answered(line) { CallBackWhy::CutOff } else { CallBackWhy::Missed },
        since: call.offered_at,
        due_at: now_utc_ms,
    };
    scribe.call_back(conn, &row).await
}

async fn end_legs(conn: &mut Db, call: &str, at: i64, cause: Option<Cause>) -> sqlx::Result<()> {
    const END: &str = "UPDATE leg SET left_at = $2, result = COALESCE(result, $3), ended_by = COALESCE(ended_by, $4), \
         sip_status = COALESCE(sip_status, $5), q850_cause = COALESCE(q850_cause, $6) \
         WHERE call_id = $1 AND left_at IS NULL";
    query(END)
        .bind(call)
        .bind(at)
        .bind(cause.map(|c| c.word()))
        .bind(cause.map(|c| words::side(c.side)))
        .bind(cause.map(|c| i64::from(c.sip_status())))
        .bind(cause.map(|c| i64::from(c.q850())))
        .execute(conn)
        .await
        .map(drop)
}

/// Ends the row. Spans come from the monotonic times of the time line; the wall clock may have jumped.
async fn end(
    conn: &mut Db,
    call: &Left,
    line: &Line,
    at: i64,
    outcome: Outcome,
    cause: Option<Cause>,
) -> sqlx::Result<()> {
    const END: &str = "UPDATE call SET ended_at = $2, outcome = $3, ended_by = $4, cause = $5, sip_status = $6, \
         q850_cause = $7, duration_ms = $8, billsec_ms = $9, answered_at = COALESCE(answered_at, $10), \
         wait_ms = CASE WHEN operator_id IS NULL THEN $8 ELSE wait_ms END \
         WHERE id = $1 AND ended_at IS NULL";
    let span = |from: i64| line.last_mono.saturating_sub(from).max(0);
    query(END)
        .bind(&call.id)
        .bind(at)
        .bind(outcome.word())
        .bind(cause.map(|c| words::side(c.side)))
        .bind(cause.map(|c| c.word()))
        .bind(cause.map(|c| i64::from(c.sip_status())))
        .bind(cause.map(|c| i64::from(c.q850())))
        .bind(span(line.first_mono))
        .bind(line.answer_mono.map_or(0, span))
        .bind(line.answer_at)
        .execute(&mut *conn)
        .await?;
    over::closed(conn, &call.id).await
}
