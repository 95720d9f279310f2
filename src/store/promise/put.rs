//! Rows that a step has changed, written: what differs between what was drawn before it and after it.

use std::collections::BTreeMap;

use promise::{Asking, By, CallBack, Case, Name, State, What};

use super::drawn::{Counts, Drawn, EchoRow, ExtensionRow, HandoverRow, PromiseRow, ScoreRow, proof_words};
use super::owner::ulid;
use crate::either::{Builder, Db, query};

/// What is new or other in a map of rows.
fn changed<'a, K: Ord, V: PartialEq>(
    before: &BTreeMap<K, V>,
    after: &'a BTreeMap<K, V>,
) -> Vec<(&'a K, &'a V)> {
    after.iter().filter(|(key, row)| before.get(key) != Some(row)).collect()
}

/// Writes the rows that differ. `owner` as `promise::Of` writes it, `case`: the id of a case's row.
pub(super) async fn rows(
    conn: &mut Db,
    owner: &str,
    case: Option<&str>,
    before: &Drawn,
    after: &Drawn,
) -> sqlx::Result<()> {
    promises(conn, owner, &changed(&before.promises, &after.promises)).await?;
    asks(conn, owner, &changed(&before.asks, &after.asks)).await?;
    if let Some(case) = case {
        handovers(conn, case, &changed(&before.handovers, &after.handovers)).await?;
        echoes(conn, case, &changed(&before.echoes, &after.echoes)).await?;
        extensions(conn, case, &changed(&before.extensions, &after.extensions)).await?;
        scores(conn, case, &changed(&before.scores, &after.scores)).await?;
    }
    count(conn, &after.counts).await
}

async fn promises(conn: &mut Db, owner: &str, rows: &[(&u32, &PromiseRow)]) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut sql = Builder::new(
        "INSERT INTO promise (owner, rev, what, unit_code, round, from_at, due_at, provisional, ended_at, ending, why, \
         proof, call_id, late_at, disputed) ",
    );
    sql.push_values(rows, |mut out, (rev, row)| {
        let ((ending, why), (proof, call)) = (row.ending(), proof_words(row.proof()));
        out.push_bind(owner)
            .push_bind(i64::from(**rev))
            .push_bind(row.what.word())
            .push_bind(row.unit.as_deref())
            .push_bind(i64::from(row.round))
            .push_bind(row.from)
            .push_bind(row.due_at)
            .push_bind(row.provisional)
            .push_bind(row.ended.map(|(at, _)| at))
            .push_bind(ending)
            .push_bind(why)
            .push_bind(proof)
            .push_bind(call)
            .push_bind(row.late.map(|(at, _)| at))
            .push_bind(row.disputed);
    });
    sql.push(
        " ON CONFLICT (owner, rev) DO UPDATE SET from_at = excluded.from_at, due_at = excluded.due_at, \
         provisional = excluded.provisional, ended_at = excluded.ended_at, ending = excluded.ending, \
         why = excluded.why, proof = excluded.proof, call_id = excluded.call_id, late_at = excluded.late_at, \
         disputed = excluded.disputed",
    );
    sql.build().execute(conn).await.map(drop)
}

async fn handovers(conn: &mut Db, case: &str, rows: &[(&u32, &HandoverRow)]) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut sql = Builder::new(
        "INSERT INTO handover (case_id, no, unit_code, round, planned_at, made_at, received_by, received_at, channel, \
         refused_at, refuse_reason, reassigned_to, due_at) ",
    );
    sql.push_values(rows, |mut out, (no, row)| {
        let (received, refused) = (row.received.as_ref(), row.refused.as_ref());
        out.push_bind(case)
            .push_bind(i64::from(**no))
            .push_bind(row.unit.as_ref())
            .push_bind(i64::from(row.round))
            .push_bind(row.planned_at)
            .push_bind(row.made_at)
            .push_bind(received.map(|(_, by, _)| by.as_ref()))
            .push_bind(received.map(|(at, _, _)| *at))
            .push_bind(received.map(|(_, _, channel)| channel.word()))
            .push_bind(refused.map(|(at, _)| *at))
            .push_bind(refused.map(|(_, why)| why.as_ref()))
            .push_bind(row.reassigned_to.as_deref())
            .push_bind(row.due_at);
    });
    sql.push(
        " ON CONFLICT (case_id, no) DO UPDATE SET planned_at = excluded.planned_at, made_at = excluded.made_at, \
         received_by = excluded.received_by, received_at = excluded.received_at, channel = excluded.channel, \
         refused_at = excluded.refused_at, refuse_reason = excluded.refuse_reason, \
         reassigned_to = excluded.reassigned_to, due_at = excluded.due_at",
    );
    sql.build().execute(conn).await.map(drop)
}

async fn echoes(conn: &mut Db, case: &str, rows: &[(&(u32, u8), &EchoRow)]) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut sql = Builder::new(
        "INSERT INTO echo (case_id, round, no, due_at, at, method, told_by, promised_due, proof, call_id) ",
    );
    sql.push_values(rows, |mut out, ((round, no), row)| {
        let (proof, call) = proof_words(row.proof);
        out.push_bind(case)
            .push_bind(i64::from(*round))
            .push_bind(i64::from(*no))
            .push_bind(row.due_at)
            .push_bind(row.at)
            .push_bind(row.method.map(promise::Method::word))
            .push_bind(row.told_by.as_deref())
            .push_bind(row.promised_due)
            .push_bind(proof)
            .push_bind(call);
    });
    sql.push(
        " ON CONFLICT (case_id, round, no) DO UPDATE SET due_at = excluded.due_at, at = excluded.at, \
         method = excluded.method, told_by = excluded.told_by, promised_due = excluded.promised_due, \
         proof = excluded.proof, call_id = excluded.call_id",
    );
    sql.build().execute(conn).await.map(drop)
}

async fn extensions(conn: &mut Db, case: &str, rows: &[(&u32, &ExtensionRow)]) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut sql = Builder::new(
        "INSERT INTO extension (case_id, no, round, asked_at, days, reason, answered_at, granted, answer_reason) ",
    );
    sql.push_values(rows, |mut out, (no, row)| {
        let answered = row.answered.as_ref();
        out.push_bind(case)
            .push_bind(i64::from(**no))
            .push_bind(i64::from(row.round))
            .push_bind(row.asked_at)
            .push_bind(i64::from(row.days))
            .push_bind(row.reason.as_ref())
            .push_bind(answered.map(|(at, _, _)| *at))
            .push_bind(answered.and_then(|(_, days, _)| *days).map(i64::from))
            .push_bind(answered.map(|(_, _, why)| why.as_ref()));
    });
    sql.push(
        " ON CONFLICT (case_id, no) DO UPDATE SET answered_at = excluded.answered_at, granted = excluded.granted, \
         answer_reason = excluded.answer_reason",
    );
    sql.build().execute(conn).await.map(drop)
}

async fn scores(conn: &mut Db, case: &str, rows: &[(&u32, &ScoreRow)]) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut sql = Builder::new(
        "INSERT INTO followup (id, case_id, kind, score, q1, q2, source, round, tries, operator_id, at, unit_code) ",
    );
    sql.push_values(rows, |mut out, (no, row)| {
        let kind = if row.what == What::Check { "reply_1h" } else { "echo3" };
        let operator = (row.by == By::Operator).then(|| row.who.to_string());
        out.push_bind(format!("{case}.{no}"))
            .push_bind(case)
            .push_bind(kind)
            .push_bind(row.answers.score.map(i64::from))
            .push_bind(row.answers.first.map(i64::from))
            .push_bind(row.answers.second.map(i64::from))
            .push_bind(row.by.word())
            .push_bind(i64::from(row.round))
            .push_bind(i64::from(row.tries))
            .push_bind(operator)
            .push_bind(row.at)
            .push_bind(row.unit.as_deref());
    });
    sql.push(" ON CONFLICT (id) DO NOTHING");
    sql.build().execute(conn).await.map(drop)
}

async fn asks(conn: &mut Db, owner: &str, rows: &[(&(What, i64), &Option<i64>)]) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut sql = Builder::new("INSERT INTO person_asks (owner, what, since, done_at) ");
    sql.push_values(rows, |mut out, ((what, since), done)| {
        out.push_bind(owner).push_bind(what.word()).push_bind(*since).push_bind(**done);
    });
    sql.push(" ON CONFLICT (owner, what, since) DO UPDATE SET done_at = excluded.done_at");
    sql.build().execute(conn).await.map(drop)
}

/// Adds to the daily counts.
pub(super) async fn count(conn: &mut Db, counts: &Counts) -> sqlx::Result<()> {
    if counts.is_empty() {
        return Ok(());
    }
    let mut sql = Builder::new("INSERT INTO day_count (day, unit_code, what, count) ");
    sql.push_values(counts, |mut out, ((day, unit, what), count)| {
        out.push_bind(*day).push_bind(unit).push_bind(what).push_bind(*count);
    });
    sql.push(" ON CONFLICT (unit_code, day, what) DO UPDATE SET count = day_count.count + excluded.count");
    sql.build().execute(conn).await.map(drop)
}

/// What stands in the row of a case beside the facts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct CaseRow {
    pub(super) state: &'static str,
    pub(super) round: i64,
    /// `None`: what stands there is who is thought to be responsible.
    pub(super) unit: Option<Name>,
    pub(super) due_at: Option<i64>,
    pub(super) due_provisional: bool,
    pub(super) extended: bool,
    pub(super) closed_at: Option<i64>,
    pub(super) merged_into: Option<String>,
    pub(super) urgent: bool,
    pub(super) supervised: bool,
    pub(super) blocked: bool,
    pub(super) extension: Option<i64>,
    pub(super) check: &'static str,
    pub(super) echo3: &'static str,
}

impl CaseRow {
    pub(super) fn of(case: &Case) -> Self {
        let due = case.work_due();
        Self {
            state: State::word(case.state),
            round: i64::from(case.round),
            unit: case.unit.clone(),
            due_at: due.map(|(at, _)| at),
            due_provisional: due.is_none_or(|(_, provisional)| provisional),
            extended: case.extended > 0,
            closed_at: case.closed_at,
            merged_into: case.merged_into.map(|id| ulid(id.0)),
            urgent: case.urgent,
            supervised: case.supervised,
            blocked: case.blocked,
            extension: case.extension.map(i64::from),
            check: asking_word(case.check),
            echo3: asking_word(case.echo3),
        }
    }
}

pub(super) fn asking_word(asking: Asking) -> &'static str {
    match asking {
        Asking::Nobody => "nobody",
        Asking::Calls => "calls",
        Asking::Person => "person",
    }
}

/// The row of a case.
pub(super) async fn case(conn: &mut Db, id: &str, row: &CaseRow) -> sqlx::Result<()> {
    const CASE: &str = "UPDATE cases SET state = $2, round = $3, unit_code = COALESCE($4, unit_code), due_at = $5, \
         due_provisional = $6, extended = $7, closed_at = $8, merged_into = $9, urgent = $10, supervised = $11, \
         blocked = $12, extension_days = $13, check_by = $14, echo3_by = $15 WHERE id = $1";
    query(CASE)
        .bind(id)
        .bind(row.state)
        .bind(row.round)
        .bind(row.unit.as_deref())
        .bind(row.due_at)
        .bind(row.due_provisional)
        .bind(row.extended)
        .bind(row.closed_at)
        .bind(&row.merged_into)
        .bind(row.urgent)
        .bind(row.supervised)
        .bind(row.blocked)
        .bind(row.extension)
        .bind(row.check)
        .bind(row.echo3)
        .execute(conn)
        .await
        .map(drop)
}

/// `callback.state` of one that has been taken.
pub(super) fn call_back_state(call_back: &CallBack) -> &'static str {
    match call_back.asking {
        Asking::Calls => "calls",
        Asking::Person => "person",
        Asking::Nobody => "settled",
    }
}
