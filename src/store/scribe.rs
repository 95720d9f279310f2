//! How each entry becomes a row. Every statement can run twice and leave what one run leaves.

use call::action::SeatRole;
use call::cdr::{CallBackRow, CallRow, EventRow, LegRow, Outcome, RatingRow, Record};
use call::event::Source;
use call::ids::Pii;

use crate::chain::{self, Chain, Hung};
use crate::db::{Conn, big};
use crate::rows::{Entry, LegSound, RecordingRow};
use crate::seal::{Keys, SealFault};
use crate::words;

/// Writes entries for one node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scribe<'a> {
    pub(crate) keys: &'a Keys,
    pub(crate) node: &'a str,
}

macro_rules! insert_call {
    () => {
        "INSERT INTO call (id, node, direction, did, trunk, phone, sip_call_id, caller_e164, caller_raw, caller_hash, \
         caller_masked, cli_withheld, lang, profile, config_version, offered_at, answered_at, ended_at, \
         notice_played_at, wait_ms, queue_ms, duration_ms, billsec_ms, operator_id, outcome, ended_by, cause, \
         sip_status, q850_cause, case_id, urgent) \
         VALUES ($1, $2, 'in', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
         $22, $23, $24, $25, $26, $27, $28, (SELECT id FROM cases WHERE no = $29), $30) "
    };
}

/// The first row; when the call is there already, it has at least as much to say.
const OFFER: &str = concat!(insert_call!(), "ON CONFLICT (id) DO NOTHING");

/// A later row. What is over stays as it is; what was known stays known.
const UPDATE: &str = concat!(
    insert_call!(),
    "ON CONFLICT (id) DO UPDATE SET lang = excluded.lang, profile = excluded.profile, \
     answered_at = COALESCE(excluded.answered_at, call.answered_at), ended_at = excluded.ended_at, \
     notice_played_at = COALESCE(excluded.notice_played_at, call.notice_played_at), wait_ms = excluded.wait_ms, \
     queue_ms = excluded.queue_ms, duration_ms = excluded.duration_ms, billsec_ms = excluded.billsec_ms, \
     operator_id = COALESCE(excluded.operator_id, call.operator_id), outcome = excluded.outcome, \
     ended_by = excluded.ended_by, cause = excluded.cause, sip_status = excluded.sip_status, \
     q850_cause = excluded.q850_cause, case_id = COALESCE(excluded.case_id, call.case_id), urgent = excluded.urgent \
     WHERE call.ended_at IS NULL"
);

/// Which of a call's rows it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Offered,
    Updated,
    Ended,
}

impl Scribe<'_> {
    /// Writes one entry inside the open transaction.
    pub(crate) async fn write(self, conn: &mut Conn, chain: &mut Chain, entry: &Entry) -> sqlx::Result<()> {
        match entry {
            Entry::Record(record) => match record.as_ref() {
                Record::Offered(row) => self.call(conn, row, Stage::Offered).await,
                Record::Updated(row) => self.call(conn, row, Stage::Updated).await,
                Record::Ended(row) => self.call(conn, row, Stage::Ended).await,
                Record::Leg(row) => leg(conn, row).await,
                Record::Event(row) => chain::hang(conn, self.node, chain, &hung(row)).await,
                Record::CallBack(row) => self.call_back(conn, row).await,
                Record::Rating(row) => rating(conn, row).await,
            },
            Entry::Recording(row) => recording(conn, row).await,
            Entry::LegSound(row) => sound(conn, row).await,
        }
    }

    async fn call(self, conn: &mut Conn, row: &CallRow, stage: Stage) -> sqlx::Result<()> {
        let id = row.call.to_string();
        let (trunk, phone) = match &row.source {
            Source::Trunk(name) => (Some(name.as_ref()), None),
            Source::Phone(name) => (None, Some(name.as_ref())),
        };
        let number = row.caller.number.reveal();
        let sealed = self.seal("call.caller_e164", &id, &row.caller.number)?;
        let raw = self.seal("call.caller_raw", &id, &row.caller.raw)?;
        let hash = (!number.is_empty()).then(|| self.keys.number_hash(number));
        // Only the final row ends a call, and it always does.
        let over = stage == Stage::Ended;
        let outcome = over.then(|| row.outcome.unwrap_or(Outcome::Invalid).word());
        let ended_at = over.then(|| row.ended_at.unwrap_or(row.offered_at));
        let cause = row.cause.filter(|_| over);
        sqlx::query(if stage == Stage::Offered { OFFER } else { UPDATE })
            .bind(id)
            .bind(self.node)
            .bind(row.did.as_ref())
            .bind(trunk)
            .bind(phone)
            .bind(row.sip_call_id.as_ref())
            .bind(sealed)
            .bind(raw)
            .bind(hash)
            .bind(row.caller.number.masked())
            .bind(row.caller.withheld)
            .bind(row.lang.tag())
            .bind(row.profile)
            .bind(row.config_version.as_ref())
            .bind(row.offered_at)
            .bind(row.answered_at)
            .bind(ended_at)
            .bind(row.notice_played_at)
            .bind(big(row.wait_ms))
            .bind(big(row.queue_ms))
            .bind(big(row.duration_ms))
            .bind(big(row.billsec_ms))
            .bind(row.operator.as_ref().map(|o| o.0.as_ref()))
            .bind(outcome)
            .bind(cause.map(|c| words::side(c.side)))
            .bind(cause.map(|c| c.word()))
            .bind(cause.map(|c| i64::from(c.sip_status())))
            .bind(cause.map(|c| i64::from(c.q850())))
            .bind(row.case.as_ref().map(Pii::reveal))
            .bind(row.urgent)
            .execute(conn)
            .await
            .map(drop)
    }

    /// `None` for an empty number: there is nothing to seal.
    fn seal(self, place: &str, owner: &str, number: &Pii) -> Result<Option<Vec<u8>>, SealFault> {
        let text = number.reveal();
        if text.is_empty() { Ok(None) } else { self.keys.seal(place, owner, text).map(Some) }
    }

    /// A call-back that is owed. Nothing is added to a call that was closed after a crash: that has its own already.
    pub(crate) async fn call_back(self, conn: &mut Conn, row: &CallBackRow) -> sqlx::Result<()> {
        const OWE: &str = "INSERT INTO callback (because_of, why, purpose, number, number_hash, number_masked, since, \
             due_at, attempts, missed, escalation_level) \
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, 0, FALSE, 0 \
             WHERE NOT EXISTS (SELECT 1 FROM call WHERE id = $1 AND outcome = 'interrupted') \
             ON CONFLICT (because_of, why) DO NOTHING";
        let call = row.call.to_string();
        let number = row.number.reveal();
        let sealed = self.keys.seal("callback.number", &call, number)?;
        sqlx::query(OWE)
            .bind(call)
            .bind(words::why(row.why))
            .bind(words::purpose(row.why))
            .bind(sealed)
            .bind(self.keys.number_hash(number))
            .bind(row.number.masked())
            .bind(row.since)
            .bind(row.due_at)
            .execute(conn)
            .await
            .map(drop)
    }
}

fn hung(row: &EventRow) -> Hung {
    Hung {
        call: row.call.to_string(),
        seq: i64::from(row.seq),
        at: row.at,
        mono_ms: big(row.mono_ms),
        kind: row.kind.to_owned(),
        leg: row.leg.map(|l| l.0.cast_signed()),
        actor: row.actor.clone(),
        by: None,
        cause: None,
        sip_status: None,
        q850: None,
        detail: row.detail.clone(),
    }
    .with_cause(row.cause)
}

/// A leg's row. Nothing reopens a leg that is over, and no open leg is added to a call that is over.
async fn leg(conn: &mut Conn, row: &LegRow) -> sqlx::Result<()> {
    const LEG: &str = "INSERT INTO leg (call_id, id, seat, party_ref, uri_masked, invited_at, ringing_at, answered_at, \
         joined_at, left_at, result, ended_by, sip_status, q850_cause, attempt, codec, hold_ms) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17 \
         WHERE NOT EXISTS (SELECT 1 FROM call WHERE id = $1 AND ended_at IS NOT NULL \
         AND (outcome = 'interrupted' OR $10 IS NULL)) \
         ON CONFLICT (call_id, id) DO UPDATE SET \
         ringing_at = COALESCE(excluded.ringing_at, leg.ringing_at), \
         answered_at = COALESCE(excluded.answered_at, leg.answered_at), \
         joined_at = COALESCE(excluded.joined_at, leg.joined_at), \
         left_at = COALESCE(excluded.left_at, leg.left_at), result = COALESCE(excluded.result, leg.result), \
         ended_by = COALESCE(excluded.ended_by, leg.ended_by), \
         sip_status = COALESCE(excluded.sip_status, leg.sip_status), \
         q850_cause = COALESCE(excluded.q850_cause, leg.q850_cause), attempt = excluded.attempt, \
         codec = CASE WHEN excluded.codec = '' THEN leg.codec ELSE excluded.codec END, \
         hold_ms = CASE WHEN excluded.hold_ms > leg.hold_ms THEN excluded.hold_ms ELSE leg.hold_ms END";
    // A citizen's leg must not name its party, whatever it was called by.
    let party = if row.seat == SeatRole::Citizen { "" } else { row.party.as_ref() };
    sqlx::query(LEG)
        .bind(row.call.to_string())
        .bind(row.leg.0.cast_signed())
        .bind(row.seat.word())
        .bind(party)
        .bind(&row.uri_masked)
        .bind(row.invited_at)
        .bind(row.ringing_at)
        .bind(row.answered_at)
        .bind(row.joined_at)
        .bind(row.left_at)
        .bind(row.result.map(|c| c.word()))
        .bind(row.result.map(|c| words::side(c.side)))
        .bind(row.result.map(|c| i64::from(c.sip_status())))
        .bind(row.result.map(|c| i64::from(c.q850())))
        .bind(i64::from(row.attempt))
        .bind(row.codec.as_ref())
        .bind(big(row.hold_ms))
        .execute(conn)
        .await
        .map(drop)
}

/// How a leg sounded; its row is there by then.
async fn sound(conn: &mut Conn, row: &LegSound) -> sqlx::Result<()> {
    const SOUND: &str = "UPDATE leg SET loss_ratio = $3, jitter_ms = $4, mos = $5, dtmf_mode = $6, \
         codec = CASE WHEN $7 = '' THEN codec ELSE $7 END WHERE call_id = $1 AND id = $2";
    sqlx::query(SOUND)
        .bind(row.call.to_string())
        .bind(row.leg.0.cast_signed())
        .bind(f64::from(row.loss_ratio))
        .bind(f64::from(row.jitter_ms))
        .bind(row.mos.map(f64::from))
        .bind(row.dtmf_mode.as_ref())
        .bind(row.codec.as_ref())
        .execute(conn)
        .await
        .map(drop)
}

async fn rating(conn: &mut Conn, row: &RatingRow) -> sqlx::Result<()> {
    const RATE: &str = "INSERT INTO followup (id, call_id, kind, score, reasons, source, round, tries, operator_id, \
         desk_no, service_code) VALUES ($1, $2, 'post_call', $3, $4, 'dtmf', 1, 1, $5, $6, $7) \
         ON CONFLICT (id) DO UPDATE SET score = COALESCE(excluded.score, followup.score), \
         reasons = COALESCE(excluded.reasons, followup.reasons)";
    let call = row.call.to_string();
    sqlx::query(RATE)
        .bind(format!("{call}.post_call"))
        .bind(call)
        .bind(row.score.map(i64::from))
        .bind(row.reason.map(|r| r.to_string()))
        .bind(row.operator.as_ref().map(|o| o.0.as_ref()))
        .bind(row.desk.map(|d| d.to_string()))
        .bind(row.service.as_ref().map(|s| s.0.as_ref()))
        .execute(conn)
        .await
        .map(drop)
}

/// A recording's row; the first writing gives it its number within the call.
async fn recording(conn: &mut Conn, row: &RecordingRow) -> sqlx::Result<()> {
    const RECORDING: &str = "INSERT INTO recording (call_id, no, leg_id, kind, path, codec, started_at, duration_ms, \
         bytes, sha256, key_id, retain_until, legal_hold, purged_at) \
         SELECT $1, COALESCE(MAX(no), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 \
         FROM recording WHERE call_id = $1 \
         ON CONFLICT (call_id, path) DO UPDATE SET codec = excluded.codec, \
         duration_ms = COALESCE(excluded.duration_ms, recording.duration_ms), \
         bytes = COALESCE(excluded.bytes, recording.bytes), sha256 = COALESCE(excluded.sha256, recording.sha256), \
         key_id = COALESCE(excluded.key_id, recording.key_id), \
         retain_until = COALESCE(excluded.retain_until, recording.retain_until), \
         legal_hold = (recording.legal_hold OR excluded.legal_hold), \
         purged_at = COALESCE(excluded.purged_at, recording.purged_at)";
    sqlx::query(RECORDING)
        .bind(row.call.to_string())
        .bind(row.leg.map(|l| l.0.cast_signed()))
        .bind(row.kind.word())
        .bind(&row.path)
        .bind(&row.codec)
        .bind(row.started_at)
        .bind(row.duration_ms.map(big))
        .bind(row.bytes.map(big))
        .bind(&row.sha256)
        .bind(&row.key_id)
        .bind(row.retain_until)
        .bind(row.legal_hold)
        .bind(row.purged_at)
        .execute(conn)
        .await
        .map(drop)
}
