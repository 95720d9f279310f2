//! A call as the store has it: its row, legs, recordings, rating, call-backs.

use call::cdr::{CallBackWhy, RatingRow};
use call::event::Source;
use serde::Serialize;
use store::{CallBackLine, CallDetail, CallLine, LegLine, LegSip, RecordingFile};
use utoipa::ToSchema;

use super::{Event, Verdict, rfc3339};
use crate::current::Names;

/// A call's row.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallRecord {
    /// ULID; newer calls have greater ones.
    id: String,
    /// The process that had it.
    node: String,
    /// `in` or `out`.
    direction: String,
    /// Dialled number.
    did: String,
    /// The trunk that it came by.
    trunk: Option<String>,
    /// The phone of the house that it came from.
    phone: Option<String>,
    /// SIP Call-ID.
    sip_call_id: String,
    /// `138****1234`; empty when withheld.
    caller_masked: String,
    /// The caller asked for privacy.
    cli_withheld: bool,
    /// The number that was dialled first, when the call was diverted to ours: `0535****12`; else empty.
    diverted_masked: String,
    /// `zh-CN` or `en`.
    lang: &'static str,
    /// Greeting profile: `direct` or `menu`.
    profile: String,
    /// Version of the configuration that it ran by.
    config_version: String,
    /// INVITE received, UTC ms.
    offered_at: i64,
    /// 200 sent, UTC ms.
    answered_at: Option<i64>,
    /// Over, UTC ms.
    ended_at: Option<i64>,
    /// The recording notice was heard to its end, UTC ms.
    notice_played_at: Option<i64>,
    /// From the offer to the operator's answer or the end, ms.
    wait_ms: u64,
    /// In the queue, ms.
    queue_ms: u64,
    /// Staff number of the operator who answered.
    operator_id: Option<String>,
    /// Their name by the configuration in use, else the number.
    operator_name: Option<String>,
    /// `on_spot`, `bridged`, `handed_over`, `case_opened`, `voicemail`, `abandoned`, `emergency`, `invalid`,
    /// `interrupted`; nothing while it goes on.
    outcome: Option<&'static str>,
    /// Why it ended.
    cause: Option<Verdict>,
    /// 12 digits.
    case_no: Option<String>,
    /// The call that it belongs to.
    parent_call_id: Option<String>,
    /// Urgent.
    urgent: bool,
    /// The same in the words of a classic CDR.
    cdr: Cdr,
}

/// The export names of a call.
#[derive(Serialize, ToSchema)]
pub(crate) struct Cdr {
    /// Who called, masked.
    src: String,
    /// Dialled number.
    dst: String,
    /// RFC 3339.
    start: String,
    /// RFC 3339.
    answer: Option<String>,
    /// RFC 3339.
    end: Option<String>,
    /// Whole seconds.
    duration: u64,
    /// Whole seconds from the answer on.
    billsec: u64,
    /// `ANSWERED`, `NO ANSWER`, `BUSY`, `FAILED`, `CONGESTION`, `CANCEL`; nothing while it goes on.
    disposition: Option<&'static str>,
    /// The call.
    uniqueid: String,
    /// The call that it belongs to, or itself.
    linkedid: String,
}

impl From<&CallLine> for Cdr {
    fn from(line: &CallLine) -> Self {
        Self {
            src: line.caller_masked.clone(),
            dst: line.did.clone(),
            start: rfc3339(line.offered_at),
            answer: line.answered_at.map(rfc3339),
            end: line.ended_at.map(rfc3339),
            duration: line.duration_s(),
            billsec: line.billsec_s(),
            disposition: line.disposition().map(store::Disposition::word),
            uniqueid: line.call.to_string(),
            linkedid: line.parent.unwrap_or(line.call).to_string(),
        }
    }
}

impl CallRecord {
    pub(crate) fn of(line: CallLine, names: &Names) -> Self {
        let cdr = Cdr::from(&line);
        let (trunk, phone) = match line.source {
            Some(Source::Trunk(name)) => (Some(name.to_string()), None),
            Some(Source::Phone(name)) => (None, Some(name.to_string())),
            Some(Source::House) | None => (None, None),
        };
        Self {
            id: line.call.to_string(),
            node: line.node,
            direction: line.direction,
            did: line.did,
            trunk,
            phone,
            sip_call_id: line.sip_call_id,
            caller_masked: line.caller_masked,
            cli_withheld: line.cli_withheld,
            diverted_masked: line.diverted_masked,
            lang: line.lang.tag(),
            profile: line.profile,
            config_version: line.config_version,
            offered_at: line.offered_at,
            answered_at: line.answered_at,
            ended_at: line.ended_at,
            notice_played_at: line.notice_played_at,
            wait_ms: line.wait_ms,
            queue_ms: line.queue_ms,
            operator_name: line.operator.as_ref().map(|staff| names.show(&staff.0)),
            operator_id: line.operator.map(|staff| staff.0.to_string()),
            outcome: line.outcome.map(call::cdr::Outcome::word),
            cause: line.cause.map(Verdict::from),
            case_no: line.case_no,
            parent_call_id: line.parent.map(|call| call.to_string()),
            urgent: line.urgent,
            cdr,
        }
    }
}

/// Some calls, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Calls {
    /// The calls.
    pub(crate) calls: Vec<CallRecord>,
    /// Give it as `after` for the next page; nothing at the end.
    pub(crate) next: Option<String>,
}

/// Everything about one call.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallPage {
    /// Its row.
    call: CallRecord,
    /// Its legs, in the order in which they were rung.
    legs: Vec<Leg>,
    /// Its time line.
    events: Vec<Event>,
    /// Its recordings.
    recordings: Vec<Recording>,
    /// The citizen's rating.
    rating: Option<Rating>,
    /// Call-backs that are owed because of it.
    call_backs: Vec<CallBack>,
}

impl CallPage {
    pub(crate) fn of(detail: CallDetail, names: &Names) -> Self {
        let cause = detail.row.cause.map(|cause| Verdict::knowing(cause, detail.facts()));
        let call = CallRecord { cause, ..CallRecord::of(detail.row, names) };
        let events = detail.events.into_iter().map(|line| Event::stored(&call.id, line)).collect();
        Self {
            legs: detail.legs.into_iter().map(Leg::from).collect(),
            events,
            recordings: detail.recordings.into_iter().map(|file| Recording::new(&call.id, file)).collect(),
            rating: detail.rating.map(Rating::from),
            call_backs: detail.call_backs.into_iter().map(CallBack::from).collect(),
            call,
        }
    }
}

/// A leg. Times in UTC ms.
#[derive(Serialize, ToSchema)]
pub(crate) struct Leg {
    /// Its number.
    leg: u64,
    /// `citizen`, `operator`, `desk`, `liaison`, `supervisor`, `emergency`.
    seat: &'static str,
    /// Staff number, desk number or trunk.
    party_ref: String,
    /// Masked address.
    uri_masked: String,
    /// Which attempt at this seat, from 1.
    attempt: u8,
    /// INVITE sent or received.
    invited_at: i64,
    /// 180.
    ringing_at: Option<i64>,
    /// 200.
    answered_at: Option<i64>,
    /// Sat down with the others for the first time.
    joined_at: Option<i64>,
    /// Over.
    left_at: Option<i64>,
    /// On hold, ms.
    hold_ms: u64,
    /// How it ended.
    result: Option<Verdict>,
    /// `PCMA`, ...; empty when unknown.
    codec: String,
    /// How it sounded, when that was measured.
    sound: Option<Sound>,
    /// How it was signalled, in the order of time: each INVITE of ours, and a refused one of theirs.
    sip: Vec<Signalled>,
}

/// One INVITE of a leg.
#[derive(Serialize, ToSchema)]
pub(crate) struct Signalled {
    /// Its Call-ID.
    call_id: String,
    /// Sent, or refused; UTC ms.
    at: i64,
    /// The trunk; `phone` for a phone of the house.
    way: String,
    /// The status that refused it.
    status: Option<u16>,
    /// Q.850 cause that came with it.
    q850_cause: Option<u8>,
    /// The far end's own words, cleaned.
    far_words: String,
    /// Codecs of the far end, where they were the reason.
    offered: String,
}

impl From<LegSip> for Signalled {
    fn from(row: LegSip) -> Self {
        Self {
            call_id: row.sip_call_id.to_string(),
            at: row.at,
            way: row.way.to_string(),
            status: row.status,
            q850_cause: row.q850,
            far_words: row.far_words,
            offered: row.offered,
        }
    }
}

/// How a leg sounded.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sound {
    /// How keys came: `rfc4733`, `info`, `inband`.
    dtmf_mode: String,
    /// Mean opinion score, 1.0 to 5.0.
    mos: Option<f32>,
    /// Lost packets of those expected, 0.0 to 1.0.
    loss_ratio: f32,
    /// Interarrival jitter, ms.
    jitter_ms: f32,
}

impl From<LegLine> for Leg {
    fn from(line: LegLine) -> Self {
        let LegLine { row, sound, sip } = line;
        let facts = sip.last().map_or_else(Default::default, LegSip::facts);
        let result = row.result.map(|cause| Verdict::knowing(cause, facts));
        Self {
            leg: row.leg.0,
            seat: row.seat.word(),
            party_ref: row.party.to_string(),
            uri_masked: row.uri_masked,
            attempt: row.attempt,
            invited_at: row.invited_at,
            ringing_at: row.ringing_at,
            answered_at: row.answered_at,
            joined_at: row.joined_at,
            left_at: row.left_at,
            hold_ms: row.hold_ms,
            result,
            codec: row.codec.to_string(),
            sound: sound.map(|sound| Sound {
                dtmf_mode: sound.dtmf_mode.to_string(),
                mos: sound.mos,
                loss_ratio: sound.loss_ratio,
                jitter_ms: sound.jitter_ms,
            }),
            sip: sip.into_iter().map(Signalled::from).collect(),
        }
    }
}

/// A recording. Its sound: `href`.
#[derive(Serialize, ToSchema)]
pub(crate) struct Recording {
    /// Its number within the call, from 1.
    no: u32,
    /// Where it can be heard.
    href: String,
    /// Whose track; nothing for the mix.
    leg: Option<u64>,
    /// `mix`, `leg`, `private`, `voicemail`.
    kind: &'static str,
    /// `pcm_s16le` in a WAV file, or `flac`.
    codec: String,
    /// Begun, UTC ms.
    started_at: i64,
    /// Nothing while it runs.
    duration_ms: Option<u64>,
    /// Nothing while it runs.
    bytes: Option<u64>,
    /// SHA-256 of the file, hex; nothing while it runs.
    sha256: Option<String>,
    /// To be purged then, UTC ms.
    retain_until: Option<i64>,
    /// Not to be purged while this holds.
    legal_hold: bool,
    /// Purged, UTC ms.
    purged_at: Option<i64>,
}

impl Recording {
    fn new(call_id: &str, file: RecordingFile) -> Self {
        let RecordingFile { no, row } = file;
        Self {
            no,
            href: format!("/api/v1/calls/{call_id}/recordings/{no}"),
            leg: row.leg.map(|leg| leg.0),
            kind: row.kind.word(),
            codec: row.codec,
            started_at: row.started_at,
            duration_ms: row.duration_ms,
            bytes: row.bytes,
            sha256: row.sha256,
            retain_until: row.retain_until,
            legal_hold: row.legal_hold,
            purged_at: row.purged_at,
        }
    }
}

/// The citizen's rating.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rating {
    /// 5 very satisfied to 1 very dissatisfied; nothing when no valid key was pressed.
    score: Option<u8>,
    /// 1 attitude, 2 waiting, 3 not solved.
    reason: Option<u8>,
    /// The operator whom it is about.
    operator_id: Option<String>,
    /// The desk that took part.
    desk: Option<String>,
    /// The service that it was about.
    service: Option<String>,
}

impl From<RatingRow> for Rating {
    fn from(row: RatingRow) -> Self {
        Self {
            score: row.score,
            reason: row.reason,
            operator_id: row.operator.map(|staff| staff.0.to_string()),
            desk: row.desk.map(|desk| desk.to_string()),
            service: row.service.map(|service| service.0.to_string()),
        }
    }
}

/// A call-back that is owed. Times in UTC ms.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallBack {
    /// `missed`, `asked`, `cut_off`.
    why: &'static str,
    /// Whom, masked.
    number_masked: String,
    /// Place in the queue that is kept: when the caller entered it.
    since: i64,
    /// Due.
    due_at: i64,
    /// How often it was tried.
    attempts: u32,
    /// Reached.
    connected_at: Option<i64>,
    /// It was due and nobody called.
    missed: bool,
}

impl From<CallBackLine> for CallBack {
    fn from(line: CallBackLine) -> Self {
        let why = match line.why {
            CallBackWhy::Missed => "missed",
            CallBackWhy::Asked => "asked",
            CallBackWhy::CutOff => "cut_off",
        };
        Self {
            why,
            number_masked: line.number_masked,
            since: line.since,
            due_at: line.due_at,
            attempts: line.attempts,
            connected_at: line.connected_at,
            missed: line.missed,
        }
    }
}
