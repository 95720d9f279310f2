//! Reading calls back: lists, details, recordings.

use std::collections::BTreeMap;

use call::cdr::{LegRow, RatingRow};
use call::event::Source;
use call::ids::{CallId, DeskNo, LegId, Name, Pii, ServiceCode, StaffNo};

use crate::course::Course;
use crate::db::{self, small, unreadable};
use crate::either::{Builder, Db, Row, query, scalar};
use crate::rows::{LegSip, LegSound, Packets, RecordingRow, Reports};
use crate::seal::Keys;
use crate::stored::{
    CallBackLine, CallDetail, CallFilter, CallLine, EventLine, LegLine, Page, RecordingFile, StatedLine,
};
use crate::words;

/// The most calls of one page.
pub(crate) const MOST_A_PAGE: u32 = 200;

const CALLS: &str = "SELECT call.id, node, direction, did, trunk, phone, sip_call_id, caller_masked, cli_withheld, lang, \
     profile, config_version, offered_at, answered_at, ended_at, notice_played_at, wait_ms, queue_ms, duration_ms, \
     billsec_ms, operator_id, outcome, ended_by, cause, cases.no AS case_no, parent_call_id, call.urgent AS urgent, \
     diverted_masked \
     FROM call LEFT JOIN cases ON cases.id = call.case_id WHERE 1 = 1";

/// One page, newest first.
pub(crate) async fn calls(
    conn: &mut Db,
    keys: &Keys,
    filter: &CallFilter,
    after: Option<CallId>,
    limit: u32,
) -> sqlx::Result<Page> {
    let limit = limit.clamp(1, MOST_A_PAGE);
    let mut sql = Builder::new(CALLS);
    if let Some(after) = after {
        sql.push(" AND call.id < ").push_bind(after.to_string());
    }
    if let Some(from) = filter.from {
        sql.push(" AND offered_at >= ").push_bind(from);
    }
    if let Some(to) = filter.to {
        sql.push(" AND offered_at < ").push_bind(to);
    }
    if let Some(outcome) = filter.outcome {
        sql.push(" AND outcome = ").push_bind(outcome.word());
    }
    match filter.live {
        Some(true) => sql.push(" AND ended_at IS NULL"),
        Some(false) => sql.push(" AND ended_at IS NOT NULL"),
        None => &mut sql,
    };
    if let Some(caller) = &filter.caller {
        sql.push(" AND caller_hash = ").push_bind(keys.number_hash(caller.reveal()));
    }
    if let Some(operator) = &filter.operator {
        sql.push(" AND operator_id = ").push_bind(operator.0.to_string());
    }
    if let Some(desk) = filter.desk {
        sql.push(
            " AND EXISTS (SELECT 1 FROM leg WHERE leg.call_id = call.id AND seat = 'desk' AND party_ref = ",
        );
        sql.push_bind(desk.to_string()).push(")");
    }
    // One more than asked for tells whether there is another page.
    sql.push(" ORDER BY call.id DESC LIMIT ").push_bind(i64::from(limit) + 1);
    let rows = sql.build().fetch_all(conn).await?;
    let mut calls = rows.iter().map(call_line).collect::<sqlx::Result<Vec<_>>>()?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = calls.len() > wanted;
    calls.truncate(wanted);
    let next = calls.last().map(|c| c.call).filter(|_| more);
    Ok(Page { calls, next })
}

/// One call with everything about it.
pub(crate) async fn call(conn: &mut Db, keys: &Keys, call: CallId) -> sqlx::Result<Option<CallDetail>> {
    let id = call.to_string();
    let mut sql = Builder::new(CALLS);
    sql.push(" AND call.id = ").push_bind(&id);
    let Some(row) = sql.build().fetch_optional(&mut *conn).await? else { return Ok(None) };
    Ok(Some(CallDetail {
        row: call_line(&row)?,
        legs: legs(conn, call).await?,
        events: events(conn, &id).await?,
        recordings: recordings(conn, &id).await?,
        rating: rating(conn, call).await?,
        call_backs: call_backs(conn, &id).await?,
        stated: stated(conn, keys, &id).await?,
    }))
}

fn call_line(row: &Row) -> sqlx::Result<CallLine> {
    let name = |text: Option<String>| text.map(Name::from);
    let (trunk, phone) = (name(row.try_get("trunk")?), name(row.try_get("phone")?));
    let outcome: Option<&str> = row.try_get("outcome")?;
    let lang: &str = row.try_get("lang")?;
    let parent: Option<&str> = row.try_get("parent_call_id")?;
    Ok(CallLine {
        call: db::call_id(row.try_get("id")?)?,
        node: row.try_get("node")?,
        direction: row.try_get("direction")?,
        did: row.try_get("did")?,
        source: trunk.map(Source::Trunk).or(phone.map(Source::Phone)),
        sip_call_id: row.try_get("sip_call_id")?,
        caller_masked: row.try_get("caller_masked")?,
        cli_withheld: row.try_get("cli_withheld")?,
        diverted_masked: row.try_get("diverted_masked")?,
        lang: words::lang(lang).ok_or_else(|| unreadable(format!("`{lang}` is no language")))?,
        profile: row.try_get("profile")?,
        config_version: row.try_get("config_version")?,
        offered_at: row.try_get("offered_at")?,
        answered_at: row.try_get("answered_at")?,
        ended_at: row.try_get("ended_at")?,
        notice_played_at: row.try_get("notice_played_at")?,
        wait_ms: small(row.try_get("wait_ms")?),
        queue_ms: small(row.try_get("queue_ms")?),
        duration_ms: small(row.try_get("duration_ms")?),
        billsec_ms: small(row.try_get("billsec_ms")?),
        operator: name(row.try_get("operator_id")?).map(StaffNo),
        outcome: outcome
            .map(|w| words::outcome(w).ok_or_else(|| unreadable(format!("`{w}` is no outcome"))))
            .transpose()?,
        cause: words::cause(row.try_get("ended_by")?, row.try_get("cause")?),
        case_no: row.try_get("case_no")?,
        parent: parent.map(db::call_id).transpose()?,
        urgent: row.try_get("urgent")?,
    })
}

async fn legs(conn: &mut Db, call: CallId) -> sqlx::Result<Vec<LegLine>> {
    const LEGS: &str = "SELECT id, seat, party_ref, uri_masked, invited_at, ringing_at, answered_at, joined_at, \
         left_at, result, ended_by, attempt, codec, dtmf_mode, mos, loss_ratio, jitter_ms, hold_ms, \
         packets_in, packets_out, announced, course, burst_ratio, round_trip_ms, far_loss, far_mos, silent_in \
         FROM leg WHERE call_id = $1 ORDER BY id";
    let rows = query(LEGS).bind(call.to_string()).fetch_all(&mut *conn).await?;
    let mut legs = rows.iter().map(|row| leg_line(call, row)).collect::<sqlx::Result<Vec<_>>>()?;
    for sip in sips(conn, call).await? {
        if let Some(leg) = legs.iter_mut().find(|leg| leg.row.leg == sip.leg) {
            leg.sip.push(sip);
        }
    }
    Ok(legs)
}

fn packets(row: &Row) -> sqlx::Result<Option<Packets>> {
    let both: (Option<i64>, Option<i64>) = (row.try_get("packets_in")?, row.try_get("packets_out")?);
    let (Some(received), Some(sent)) = both else { return Ok(None) };
    let announced = row.try_get::<Option<String>>("announced")?.unwrap_or_default().into();
    let silent = small(row.try_get::<Option<i64>>("silent_in")?.unwrap_or_default());
    Ok(Some(Packets { received: small(received), silent, sent: small(sent), announced }))
}

fn reports(row: &Row) -> sqlx::Result<Reports> {
    let number = |column: &str| row.try_get::<Option<f64>>(column).map(|value| value.map(single));
    Ok(Reports {
        burst_ratio: number("burst_ratio")?,
        round_trip_ms: number("round_trip_ms")?,
        far_loss: number("far_loss")?,
        far_mos: number("far_mos")?,
    })
}

async fn sips(conn: &mut Db, call: CallId) -> sqlx::Result<Vec<LegSip>> {
    const SIPS: &str = "SELECT leg_id, sip_call_id, at, way, sip_status, q850_cause, far_words, offered \
         FROM leg_sip WHERE call_id = $1 ORDER BY at, leg_id, sip_call_id";
    let rows = query(SIPS).bind(call.to_string()).fetch_all(conn).await?;
    let line = |row: &Row| {
        let number = |column: &str| row.try_get::<Option<i64>>(column);
        Ok(LegSip {
            call,
            leg: LegId(row.try_get::<i64>("leg_id")?.cast_unsigned()),
            sip_call_id: row.try_get::<String>("sip_call_id")?.into(),
            at: row.try_get("at")?,
            way: row.try_get::<String>("way")?.into(),
            status: number("sip_status")?.and_then(|s| u16::try_from(s).ok()),
            q850: number("q850_cause")?.and_then(|q| u8::try_from(q).ok()),
            far_words: row.try_get("far_words")?,
            offered: row.try_get("offered")?,
        })
    };
    rows.iter().map(line).collect()
}

/// The newest call of a SIP Call-ID, or of a case's number.
pub(crate) async fn named(conn: &mut Db, name: &str) -> sqlx::Result<Option<CallId>> {
    const NAMED: &str = "SELECT id FROM call WHERE sip_call_id = $1 \
         UNION SELECT call_id FROM leg_sip WHERE sip_call_id = $1 \
         UNION SELECT call_id FROM cases WHERE no = $1 AND call_id IS NOT NULL \
         UNION SELECT call.id FROM call JOIN cases ON cases.id = call.case_id WHERE cases.no = $1 \
         ORDER BY 1 DESC LIMIT 1";
    let id: Option<String> = scalar(NAMED).bind(name).fetch_optional(conn).await?;
    id.as_deref().map(db::call_id).transpose()
}

fn leg_line(call: CallId, row: &Row) -> sqlx::Result<LegLine> {
    let leg = LegId(row.try_get::<i64>("id")?.cast_unsigned());
    let seat: &str = row.try_get("seat")?;
    let codec: Name = row.try_get::<String>("codec")?.into();
    let loss: Option<f64> = row.try_get("loss_ratio")?;
    let sound = match loss {
        None => None,
        Some(loss) => Some(LegSound {
            call,
            leg,
            loss_ratio: single(loss),
            jitter_ms: single(row.try_get::<Option<f64>>("jitter_ms")?.unwrap_or_default()),
            mos: row.try_get::<Option<f64>>("mos")?.map(single),
            dtmf_mode: row.try_get::<Option<String>>("dtmf_mode")?.unwrap_or_default().into(),
            codec: codec.clone(),
            packets: packets(row)?,
            course: row.try_get::<Option<Vec<u8>>>("course")?.as_deref().and_then(Course::unpack),
            reports: reports(row)?,
        }),
    };
    let row = LegRow {
        call,
        leg,
        seat: words::seat(seat).ok_or_else(|| unreadable(format!("`{seat}` is no seat")))?,
        party: row.try_get::<String>("party_ref")?.into(),
        uri_masked: row.try_get("uri_masked")?,
        attempt: u8::try_from(row.try_get::<i64>("attempt")?).unwrap_or(u8::MAX),
        invited_at: row.try_get("invited_at")?,
        ringing_at: row.try_get("ringing_at")?,
        answered_at: row.try_get("answered_at")?,
        joined_at: row.try_get("joined_at")?,
        left_at: row.try_get("left_at")?,
        hold_ms: small(row.try_get("hold_ms")?),
        result: words::cause(row.try_get("ended_by")?, row.try_get("result")?),
        codec,
    };
    Ok(LegLine { row, sound, sip: Vec::new() })
}

/// Measured values were written from single precision.
#[allow(clippy::cast_possible_truncation)]
fn single(value: f64) -> f32 {
    value as f32
}

async fn events(conn: &mut Db, call: &str) -> sqlx::Result<Vec<EventLine>> {
    const EVENTS: &str = "SELECT seq, at, mono_ms, kind, leg_id, actor, ended_by, cause, detail \
         FROM event WHERE call_id = $1 ORDER BY seq";
    let rows = query(EVENTS).bind(call).fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            Ok(EventLine {
                seq: u32::try_from(row.try_get::<i64>("seq")?).unwrap_or(u32::MAX),
                at: row.try_get("at")?,
                mono_ms: small(row.try_get("mono_ms")?),
                kind: row.try_get("kind")?,
                leg: row.try_get::<Option<i64>>("leg_id")?.map(|l| LegId(l.cast_unsigned())),
                actor: row.try_get("actor")?,
                cause: words::cause(row.try_get("ended_by")?, row.try_get("cause")?),
                detail: row.try_get("detail")?,
            })
        })
        .collect()
}

macro_rules! recordings {
    () => {
        "SELECT recording.call_id, no, leg_id, kind, path, codec, started_at, recording.duration_ms, bytes, sha256, \
         key_id, retain_until, legal_hold, purged_at FROM recording "
    };
}

async fn recordings(conn: &mut Db, call: &str) -> sqlx::Result<Vec<RecordingFile>> {
    const ALL: &str = concat!(recordings!(), "WHERE call_id = $1 ORDER BY no");
    let rows = query(ALL).bind(call).fetch_all(conn).await?;
    rows.iter().map(recording_file).collect()
}

/// One recording.
pub(crate) async fn recording(conn: &mut Db, call: CallId, no: u32) -> sqlx::Result<Option<RecordingFile>> {
    const ONE: &str = concat!(recordings!(), "WHERE call_id = $1 AND no = $2");
    let row = query(ONE).bind(call.to_string()).bind(i64::from(no)).fetch_optional(conn).await?;
    row.as_ref().map(recording_file).transpose()
}

/// The calls from this one on with their recordings. `conn` is in a transaction.
pub(crate) async fn recordings_since(
    conn: &mut Db,
    first: CallId,
) -> sqlx::Result<BTreeMap<CallId, Vec<RecordingFile>>> {
    const FILES: &str =
        concat!(recordings!(), "WHERE recording.call_id >= $1 ORDER BY recording.call_id, no");
    let first = first.to_string();
    let ids: Vec<String> =
        scalar("SELECT id FROM call WHERE id >= $1").bind(&first).fetch_all(&mut *conn).await?;
    let mut calls = BTreeMap::new();
    for id in &ids {
        calls.insert(db::call_id(id)?, Vec::new());
    }
    for row in query(FILES).bind(&first).fetch_all(conn).await? {
        let file = recording_file(&row)?;
        calls.entry(file.row.call).or_default().push(file);
    }
    Ok(calls)
}

/// Recordings of this node that were never closed.
pub(crate) async fn unfinished(conn: &mut Db, node: &str) -> sqlx::Result<Vec<RecordingRow>> {
    const OPEN: &str = concat!(
        recordings!(),
        "JOIN call ON call.id = recording.call_id WHERE call.node = $1 AND recording.duration_ms IS NULL \
         AND purged_at IS NULL ORDER BY recording.call_id, no"
    );
    let rows = query(OPEN).bind(node).fetch_all(conn).await?;
    rows.iter().map(|row| recording_file(row).map(|file| file.row)).collect()
}

fn recording_file(row: &Row) -> sqlx::Result<RecordingFile> {
    let kind: &str = row.try_get("kind")?;
    let size = |column: &str| row.try_get::<Option<i64>>(column).map(|v| v.map(small));
    Ok(RecordingFile {
        no: u32::try_from(row.try_get::<i64>("no")?).unwrap_or(u32::MAX),
        row: RecordingRow {
            call: db::call_id(row.try_get("call_id")?)?,
            leg: row.try_get::<Option<i64>>("leg_id")?.map(|l| LegId(l.cast_unsigned())),
            kind: words::recording_kind(kind)
                .ok_or_else(|| unreadable(format!("`{kind}` is no kind of recording")))?,
            path: row.try_get("path")?,
            codec: row.try_get("codec")?,
            started_at: row.try_get("started_at")?,
            duration_ms: size("duration_ms")?,
            bytes: size("bytes")?,
            sha256: row.try_get("sha256")?,
            key_id: row.try_get("key_id")?,
            retain_until: row.try_get("retain_until")?,
            legal_hold: row.try_get("legal_hold")?,
            purged_at: row.try_get("purged_at")?,
        },
    })
}

async fn stated(conn: &mut Db, keys: &Keys, call: &str) -> sqlx::Result<Option<StatedLine>> {
    const STATED: &str =
        "SELECT at, who, outcome, case_no, service_code, note FROM stated WHERE call_id = $1";
    let Some(row) = query(STATED).bind(call).fetch_optional(conn).await? else { return Ok(None) };
    let word: &str = row.try_get("outcome")?;
    let note: Option<Vec<u8>> = row.try_get("note")?;
    let note = note.map(|sealed| keys.open("stated.note", call, &sealed)).transpose()?;
    Ok(Some(StatedLine {
        at: row.try_get("at")?,
        who: row.try_get("who")?,
        outcome: words::outcome(word).ok_or_else(|| unreadable(format!("`{word}` is no outcome")))?,
        case_no: row.try_get("case_no")?,
        service: row.try_get("service_code")?,
        note: Pii::new(note.unwrap_or_default()),
    }))
}

async fn rating(conn: &mut Db, call: CallId) -> sqlx::Result<Option<RatingRow>> {
    const RATING: &str = "SELECT score, reasons, operator_id, desk_no, service_code FROM followup \
         WHERE call_id = $1 AND kind = 'post_call'";
    let row = query(RATING).bind(call.to_string()).fetch_optional(conn).await?;
    let Some(row) = row else { return Ok(None) };
    let text = |column: &str| row.try_get::<Option<String>>(column);
    Ok(Some(RatingRow {
        call,
        score: row.try_get::<Option<i64>>("score")?.and_then(|s| u8::try_from(s).ok()),
        reason: text("reasons")?.and_then(|r| r.parse().ok()),
        operator: text("operator_id")?.map(|o| StaffNo(o.into())),
        desk: text("desk_no")?.and_then(|d| d.parse().ok()).map(DeskNo),
        service: text("service_code")?.map(|s| ServiceCode(s.into())),
    }))
}

async fn call_backs(conn: &mut Db, call: &str) -> sqlx::Result<Vec<CallBackLine>> {
    const OWED: &str = "SELECT why, number_masked, since, due_at, attempts, connected_at, missed \
         FROM callback WHERE because_of = $1 ORDER BY why";
    let rows = query(OWED).bind(call).fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            let why: &str = row.try_get("why")?;
            Ok(CallBackLine {
                why: words::call_back_why(why)
                    .ok_or_else(|| unreadable(format!("`{why}` is no reason to call back")))?,
                number_masked: row.try_get("number_masked")?,
                since: row.try_get("since")?,
                due_at: row.try_get("due_at")?,
                attempts: u32::try_from(row.try_get::<i64>("attempts")?).unwrap_or(u32::MAX),
                connected_at: row.try_get("connected_at")?,
                missed: row.try_get("missed")?,
            })
        })
        .collect()
}
