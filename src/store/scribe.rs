//! How each entry becomes a row. Every statement can run twice and leave what one run leaves.

use call::action::SeatRole;
use call::cdr::{CallBackRow, CallRow, EventRow, LegRow, Outcome, RatingRow, Record, StatedRow};
use call::event::Source;
use call::ids::Pii;

use crate::chain::{self, Chain, Hung};
use crate::course::Course;
use crate::db::big;
use crate::either::{Db, Query, Rows, query};
use crate::errand;
use crate::over;
use crate::rows::{Entry, LegSip, LegSound, RecordingRow};
use crate::seal::{Keys, SealFault};
use crate::words;

/// Writes entries for one node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scribe<'a> {
    pub(crate) keys: &'a Keys,
    pub(crate) node: &'a str,
}

/// The columns of a call's row as they are given.
const CALL: &str = "id, node, did, trunk, phone, sip_call_id, caller_e164, caller_raw, caller_hash, caller_masked, \
     cli_withheld, lang, profile, config_version, offered_at, answered_at, ended_at, notice_played_at, wait_ms, \
     queue_ms, duration_ms, billsec_ms, operator_id, outcome, ended_by, cause, sip_status, q850_cause, case_no, urgent, \
     diverted_from, diverted_masked";

macro_rules! insert_call {
    () => {
        "INSERT INTO call (id, node, direction, did, trunk, phone, sip_call_id, caller_e164, caller_raw, caller_hash, \
         caller_masked, cli_withheld, lang, profile, config_version, offered_at, answered_at, ended_at, \
         notice_played_at, wait_ms, queue_ms, duration_ms, billsec_ms, operator_id, outcome, ended_by, cause, \
         sip_status, q850_cause, case_id, urgent, diverted_from, diverted_masked) \
         SELECT id, node, CASE WHEN trunk IS NULL AND phone IS NULL THEN 'out' ELSE 'in' END, did, trunk, phone, sip_call_id, caller_e164, caller_raw, caller_hash, \
         caller_masked, cli_withheld, lang, profile, config_version, offered_at, answered_at, ended_at, \
         notice_played_at, wait_ms, queue_ms, duration_ms, billsec_ms, operator_id, outcome, ended_by, cause, \
         sip_status, q850_cause, (SELECT cases.id FROM cases WHERE cases.no = given.case_no), urgent, \
         diverted_from, diverted_masked \
         FROM given WHERE id IS NOT NULL "
    };
}

/// The first row; when the call is there already, it has at least as much to say.
pub(crate) const OFFER: Rows =
    Rows { columns: CALL, write: concat!(insert_call!(), "ON CONFLICT (id) DO NOTHING") };

/// A later row. What is over stays as it is; what was known stays known.
pub(crate) const UPDATE: Rows = Rows {
    columns: CALL,
    write: concat!(
        insert_call!(),
        "ON CONFLICT (id) DO UPDATE SET lang = excluded.lang, profile = excluded.profile, \
         answered_at = COALESCE(excluded.answered_at, call.answered_at), ended_at = excluded.ended_at, \
         notice_played_at = COALESCE(excluded.notice_played_at, call.notice_played_at), wait_ms = excluded.wait_ms, \
         queue_ms = excluded.queue_ms, duration_ms = excluded.duration_ms, billsec_ms = excluded.billsec_ms, \
         operator_id = COALESCE(excluded.operator_id, call.operator_id), outcome = excluded.outcome, \
         ended_by = excluded.ended_by, cause = excluded.cause, sip_status = excluded.sip_status, \
         q850_cause = excluded.q850_cause, case_id = COALESCE(excluded.case_id, call.case_id), \
         urgent = excluded.urgent WHERE call.ended_at IS NULL"
    ),
};

/// A leg's row. Nothing reopens a leg that is over, and no open leg is added to a call that is over.
pub(crate) const LEG: Rows = Rows {
    columns: "call_id, id, seat, party_ref, uri_masked, invited_at, ringing_at, answered_at, joined_at, left_at, \
         result, ended_by, sip_status, q850_cause, attempt, codec, hold_ms",
    write: "INSERT INTO leg (call_id, id, seat, party_ref, uri_masked, invited_at, ringing_at, answered_at, \
         joined_at, left_at, result, ended_by, sip_status, q850_cause, attempt, codec, hold_ms) \
         SELECT call_id, id, seat, party_ref, uri_masked, invited_at, ringing_at, answered_at, \
         joined_at, left_at, result, ended_by, sip_status, q850_cause, attempt, codec, hold_ms \
         FROM given WHERE call_id IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM call WHERE call.id = given.call_id AND call.ended_at IS NOT NULL \
         AND (call.outcome = 'interrupted' OR given.left_at IS NULL)) \
         ON CONFLICT (call_id, id) DO UPDATE SET \
         ringing_at = COALESCE(excluded.ringing_at, leg.ringing_at), \
         answered_at = COALESCE(excluded.answered_at, leg.answered_at), \
         joined_at = COALESCE(excluded.joined_at, leg.joined_at), \
         left_at = COALESCE(excluded.left_at, leg.left_at), result = COALESCE(excluded.result, leg.result), \
         ended_by = COALESCE(excluded.ended_by, leg.ended_by), \
         sip_status = COALESCE(excluded.sip_status, leg.sip_status), \
         q850_cause = COALESCE(excluded.q850_cause, leg.q850_cause), attempt = excluded.attempt, \
         codec = CASE WHEN excluded.codec = '' THEN leg.codec ELSE excluded.codec END, \
         hold_ms = CASE WHEN excluded.hold_ms > leg.hold_ms THEN excluded.hold_ms ELSE leg.hold_ms END",
};

/// How a leg sounded; its row is there by then.
pub(crate) const SOUND: Rows = Rows {
    columns: "call_id, id, loss_ratio, jitter_ms, mos, dtmf_mode, codec, packets_in, packets_out, announced, \
         course, burst_ratio, round_trip_ms, far_loss, far_mos, silent_in",
    write: "UPDATE leg SET loss_ratio = given.loss_ratio, jitter_ms = given.jitter_ms, mos = given.mos, \
         dtmf_mode = given.dtmf_mode, codec = CASE WHEN given.codec = '' THEN leg.codec ELSE given.codec END, \
         packets_in = given.packets_in, packets_out = given.packets_out, announced = given.announced, \
         course = given.course, burst_ratio = given.burst_ratio, round_trip_ms = given.round_trip_ms, \
         far_loss = given.far_loss, far_mos = given.far_mos, silent_in = given.silent_in \
         FROM given WHERE leg.call_id = given.call_id AND leg.id = given.id",
};

/// How a leg was signalled. What was known stays known.
pub(crate) const SIP: Rows = Rows {
    columns: "call_id, leg_id, sip_call_id, at, way, sip_status, q850_cause, far_words, offered",
    write: "INSERT INTO leg_sip (call_id, leg_id, sip_call_id, at, way, sip_status, q850_cause, far_words, offered) \
         SELECT call_id, leg_id, sip_call_id, at, way, sip_status, q850_cause, far_words, offered \
         FROM given WHERE call_id IS NOT NULL \
         ON CONFLICT (call_id, leg_id, sip_call_id) DO UPDATE SET \
         sip_status = COALESCE(excluded.sip_status, leg_sip.sip_status), \
         q850_cause = COALESCE(excluded.q850_cause, leg_sip.q850_cause), \
         far_words = CASE WHEN excluded.far_words = '' THEN leg_sip.far_words ELSE excluded.far_words END, \
         offered = CASE WHEN excluded.offered = '' THEN leg_sip.offered ELSE excluded.offered END",
};

/// A recording's row; the first writing gives it its number within the call.
pub(crate) const RECORDING: Rows = Rows {
    columns: "call_id, leg_id, kind, path, codec, started_at, duration_ms, bytes, sha256, key_id, retain_until, \
         legal_hold, purged_at",
    write: "INSERT INTO recording (call_id, no, leg_id, kind, path, codec, started_at, duration_ms, \
         bytes, sha256, key_id, retain_until, legal_hold, purged_at) \
         SELECT call_id, COALESCE((SELECT MAX(no) FROM recording WHERE recording.call_id = given.call_id), 0) + 1, \
         leg_id, kind, path, codec, started_at, duration_ms, bytes, sha256, key_id, retain_until, legal_hold, purged_at \
         FROM given WHERE call_id IS NOT NULL \
         ON CONFLICT (call_id, path) DO UPDATE SET codec = excluded.codec, \
         duration_ms = COALESCE(excluded.duration_ms, recording.duration_ms), \
         bytes = COALESCE(excluded.bytes, recording.bytes), sha256 = COALESCE(excluded.sha256, recording.sha256), \
         key_id = COALESCE(excluded.key_id, recording.key_id), \
         retain_until = COALESCE(excluded.retain_until, recording.retain_until), \
         legal_hold = (recording.legal_hold OR excluded.legal_hold), \
         purged_at = COALESCE(excluded.purged_at, recording.purged_at)",
};

/// A call-back that is owed. Nothing is added to a call that was closed after a crash: that has its own already.
pub(crate) const OWE: Rows = Rows {
    columns: "because_of, why, purpose, number, number_hash, number_masked, since, due_at",
    write: "INSERT INTO callback (because_of, why, purpose, number, number_hash, number_masked, since, \
         due_at, attempts, missed, escalation_level) \
         SELECT because_of, why, purpose, number, number_hash, number_masked, since, due_at, 0, FALSE, 0 \
         FROM given WHERE because_of IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM call WHERE call.id = given.because_of AND call.outcome = 'interrupted') \
         ON CONFLICT (because_of, why) DO NOTHING",
};

/// A rating.
pub(crate) const RATE: Rows = Rows {
    columns: "id, call_id, score, reasons, operator_id, desk_no, service_code",
    write: "INSERT INTO followup (id, call_id, kind, score, reasons, source, round, tries, operator_id, \
         desk_no, service_code) \
         SELECT id, call_id, 'post_call', score, reasons, 'dtmf', 1, 1, operator_id, desk_no, service_code \
         FROM given WHERE id IS NOT NULL \
         ON CONFLICT (id) DO UPDATE SET score = COALESCE(excluded.score, followup.score), \
         reasons = COALESCE(excluded.reasons, followup.reasons)",
};

const STATED: &str = "call_id, at, who, outcome, case_no, service_code, note";

/// What an operator stated of a call; the last word counts.
pub(crate) const STATE: Rows = Rows {
    columns: STATED,
    write: "INSERT INTO stated (call_id, at, who, outcome, case_no, service_code, note) \
         SELECT call_id, at, who, outcome, case_no, service_code, note FROM given WHERE call_id IS NOT NULL \
         ON CONFLICT (call_id) DO UPDATE SET at = excluded.at, who = excluded.who, outcome = excluded.outcome, \
         case_no = COALESCE(excluded.case_no, stated.case_no), \
         service_code = COALESCE(excluded.service_code, stated.service_code), \
         note = COALESCE(excluded.note, stated.note) WHERE excluded.at >= stated.at",
};

/// The same in the row of a call that is over; one that goes on ends with it by itself.
pub(crate) const RESTATE: Rows = Rows {
    columns: STATED,
    write: "UPDATE call SET outcome = given.outcome, \
         case_id = COALESCE((SELECT cases.id FROM cases WHERE cases.no = given.case_no), call.case_id) \
         FROM given WHERE call.id = given.call_id AND call.ended_at IS NOT NULL",
};

/// Which of a call's rows it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    Offered,
    Updated,
    Ended,
}

impl Scribe<'_> {
    /// Writes one entry inside the open transaction.
    pub(crate) async fn write(self, conn: &mut Db, chain: &mut Chain, entry: &Entry) -> sqlx::Result<()> {
        let query = match entry {
            Entry::Record(record) => match record.as_ref() {
                Record::Offered(row) => self.call(OFFER.one(), row, Stage::Offered)?,
                Record::Updated(row) => self.call(UPDATE.one(), row, Stage::Updated)?,
                Record::Ended(row) => return self.ended(conn, row).await,
                Record::Leg(row) => leg(LEG.one(), row),
                Record::Event(row) => return chain::hang(conn, self.node, chain, &hung(row)).await,
                Record::CallBack(row) => self.owed(OWE.one(), row)?,
                Record::Rating(row) => rating(RATE.one(), row),
                Record::Errand(row) => errand::news(errand::NEWS.one(), row),
                Record::Stated(row) => {
                    self.stated(STATE.one(), row)?.execute(&mut *conn).await?;
                    self.stated(RESTATE.one(), row)?
                }
            },
            Entry::Recording(row) => recording(RECORDING.one(), row),
            Entry::LegSound(row) => sound(SOUND.one(), row),
            Entry::LegSip(row) => signalled(SIP.one(), row),
        };
        query.execute(conn).await.map(drop)
    }

    /// The last row of a call with what its end tells others: all of it, or nothing when the row is refused.
    async fn ended(self, conn: &mut Db, row: &CallRow) -> sqlx::Result<()> {
        query("SAVEPOINT ended").execute(&mut *conn).await?;
        over::over(over::OVER.one(), row).execute(&mut *conn).await?;
        let done = self.call(UPDATE.one(), row, Stage::Ended)?.execute(&mut *conn).await;
        if done.is_err() {
            query("ROLLBACK TO ended").execute(&mut *conn).await?;
        }
        query("RELEASE ended").execute(conn).await?;
        done.map(drop)
    }

    /// [`OFFER`] or [`UPDATE`], filled in.
    pub(crate) fn call(self, query: Query, row: &CallRow, stage: Stage) -> sqlx::Result<Query> {
        let id = row.call.to_string();
        let (trunk, phone) = match &row.source {
            Source::Trunk(name) => (Some(name.as_ref()), None),
            Source::Phone(name) => (None, Some(name.as_ref())),
            Source::House => (None, None),
        };
        let number = row.caller.number.reveal();
        let sealed = self.seal("call.caller_e164", &id, &row.caller.number)?;
        let raw = self.seal("call.caller_raw", &id, &row.caller.raw)?;
        let diverted = self.seal("call.diverted_from", &id, &row.caller.diverted)?;
        let hash = (!number.is_empty()).then(|| self.keys.number_hash(number));
        // Only the final row ends a call, and it always does.
        let over = stage == Stage::Ended;
        let outcome = over.then(|| row.outcome.unwrap_or(Outcome::Invalid).word());
        let ended_at = over.then(|| row.ended_at.unwrap_or(row.offered_at));
        let cause = row.cause.filter(|_| over);
        Ok(query
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
            .bind(diverted)
            .bind(row.caller.diverted.masked()))
    }

    /// [`STATE`] or [`RESTATE`], filled in.
    pub(crate) fn stated(self, query: Query, row: &StatedRow) -> sqlx::Result<Query> {
        let StatedRow { at, stated } = row;
        let call = stated.call.to_string();
        let note = self.seal("stated.note", &call, &stated.note)?;
        Ok(query
            .bind(call)
            .bind(*at)
            .bind(stated.by.to_string())
            .bind(stated.outcome.word())
            .bind(stated.case.as_ref().map(|case| case.reveal().to_owned()))
            .bind(stated.service.as_ref().map(|service| service.0.to_string()))
            .bind(note))
    }

    /// `None` for an empty number: there is nothing to seal.
    fn seal(self, place: &str, owner: &str, number: &Pii) -> Result<Option<Vec<u8>>, SealFault> {
        let text = number.reveal();
        if text.is_empty() { Ok(None) } else { self.keys.seal(place, owner, text).map(Some) }
    }

    /// Owes somebody a call-back, inside the open transaction.
    pub(crate) async fn call_back(self, conn: &mut Db, row: &CallBackRow) -> sqlx::Result<()> {
        self.owed(OWE.one(), row)?.execute(conn).await.map(drop)
    }

    /// [`OWE`], filled in.
    pub(crate) fn owed(self, query: Query, row: &CallBackRow) -> sqlx::Result<Query> {
        let call = row.call.to_string();
        let number = row.number.reveal();
        let sealed = self.keys.seal("callback.number", &call, number)?;
        Ok(query
            .bind(call)
            .bind(words::why(row.why))
            .bind(words::purpose(row.why))
            .bind(sealed)
            .bind(self.keys.number_hash(number))
            .bind(row.number.masked())
            .bind(row.since)
            .bind(row.due_at))
    }
}

/// An event as it is hung into the chain.
pub(crate) fn hung(row: &EventRow) -> Hung {
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

/// [`LEG`], filled in.
pub(crate) fn leg(query: Query, row: &LegRow) -> Query {
    // A citizen's leg must not name its party, whatever it was called by.
    let party = if row.seat == SeatRole::Citizen { "" } else { row.party.as_ref() };
    query
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
}

/// [`SOUND`], filled in.
pub(crate) fn sound(query: Query, row: &LegSound) -> Query {
    query
        .bind(row.call.to_string())
        .bind(row.leg.0.cast_signed())
        .bind(f64::from(row.loss_ratio))
        .bind(f64::from(row.jitter_ms))
        .bind(row.mos.map(f64::from))
        .bind(row.dtmf_mode.as_ref())
        .bind(row.codec.as_ref())
        .bind(row.packets.as_ref().map(|packets| big(packets.received)))
        .bind(row.packets.as_ref().map(|packets| big(packets.sent)))
        .bind(row.packets.as_ref().map(|packets| packets.announced.to_string()))
        .bind(row.course.as_ref().map(Course::pack))
        .bind(row.reports.burst_ratio.map(f64::from))
        .bind(row.reports.round_trip_ms.map(f64::from))
        .bind(row.reports.far_loss.map(f64::from))
        .bind(row.reports.far_mos.map(f64::from))
        .bind(row.packets.as_ref().map(|packets| big(packets.silent)))
}

/// [`SIP`], filled in.
pub(crate) fn signalled(query: Query, row: &LegSip) -> Query {
    query
        .bind(row.call.to_string())
        .bind(row.leg.0.cast_signed())
        .bind(row.sip_call_id.to_string())
        .bind(row.at)
        .bind(row.way.to_string())
        .bind(row.status.map(i64::from))
        .bind(row.q850.map(i64::from))
        .bind(row.far_words.clone())
        .bind(row.offered.clone())
}

/// [`RATE`], filled in.
pub(crate) fn rating(query: Query, row: &RatingRow) -> Query {
    let call = row.call.to_string();
    query
        .bind(format!("{call}.post_call"))
        .bind(call)
        .bind(row.score.map(i64::from))
        .bind(row.reason.map(|r| r.to_string()))
        .bind(row.operator.as_ref().map(|o| o.0.as_ref()))
        .bind(row.desk.map(|d| d.to_string()))
        .bind(row.service.as_ref().map(|s| s.0.as_ref()))
}

/// [`RECORDING`], filled in.
pub(crate) fn recording(query: Query, row: &RecordingRow) -> Query {
    query
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
}
