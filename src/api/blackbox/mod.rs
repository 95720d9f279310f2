//! The black box: everything about one call on one page, and its exports. Each look is in the audit before it is answered.

mod ladder;
mod lanes;
mod peaks;
mod vcon;
mod words;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use call::action::Refusal;
use serde::{Deserialize, Serialize};
use store::{CallDetail, LegLine};
use trace::{Traced, Wanted};
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::extract::{OfCall, Place};
use crate::problem::Problem;
use crate::recordings::{is_flac, now_utc_ms, within};
use crate::rooms::House;
use crate::sealed;
use crate::shapes::Event;
use crate::shapes::record::CallRecord;
use crate::who::Who;

/// Messages so long before the offer and after the end belong to a call, ms: a far end may repeat its BYE for 32 s.
const BEFORE: i64 = 5_000;
const AFTER: i64 = 120_000;

/// Everything about one call.
#[derive(Serialize, ToSchema)]
pub(crate) struct BlackBox {
    /// Its row; numbers masked.
    call: CallRecord,
    verdict: words::Verdict,
    ladder: ladder::Ladder,
    seats: Vec<lanes::Lane>,
    events: Vec<Event>,
    decisions: Vec<words::Decision>,
    /// That keys were pressed, never which.
    digits_masked: Vec<Digit>,
    quality: Vec<Quality>,
    recordings: Vec<Recorded>,
    exports: Exports,
}

/// A key was pressed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Digit {
    /// UTC ms.
    at: i64,
    leg: Option<u64>,
    /// How it came: `rfc4733`, `info`, `inband`; nothing when it is not known.
    mode: Option<String>,
    /// A dot.
    key: &'static str,
}

/// How a leg sounded.
#[derive(Serialize, ToSchema)]
pub(crate) struct Quality {
    leg: u64,
    codec: String,
    /// Lost of those expected, 0 to 1.
    loss: f32,
    jitter_ms: f32,
    /// Mean opinion score, 1 to 4.5: estimated from loss, its runs, late packets, jitter and the way (ITU-T G.107).
    mos: Option<f32>,
    /// To the far end and back, ms, when its reports told (RFC 3550).
    round_trip_ms: Option<f32>,
    /// What the far end lost of ours, 0 to 1, by its reports.
    far_loss: Option<f32>,
    /// How we sound there, 1 to 5, by its own account (RFC 3611).
    far_mos: Option<f32>,
    /// How it went: one for each 5 s, and for longer spans in a call of more than an hour. None for a span in which nothing
    /// was to come, and none while the leg is open.
    samples: Vec<Sample>,
    /// RTP packets that came, and that we sent; nothing of calls before this was measured.
    packets_in: Option<u64>,
    packets_out: Option<u64>,
    /// Of those that came, those in which nothing but silence was.
    silent_in: Option<u64>,
    /// The address that the far end announced: `public`, `private`, `loopback`, `nothing`.
    announced: Option<String>,
    /// What is wrong with it, Chinese.
    fault_zh: Option<String>,
    /// English.
    fault_en: Option<String>,
}

/// How a leg sounded for some seconds.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sample {
    /// The end of that time, UTC ms.
    at: i64,
    /// Lost of those expected, 0 to 1.
    loss: f32,
    jitter_ms: f32,
    mos: f32,
}

/// A recording.
#[derive(Serialize, ToSchema)]
pub(crate) struct Recorded {
    no: u32,
    /// `mix`, `private`, `voicemail`.
    kind: &'static str,
    leg: Option<u64>,
    /// Names of its channels; empty when they are not known.
    tracks: Vec<String>,
    started_at: i64,
    duration_ms: Option<u64>,
    /// Its sound; wants a reason.
    url: String,
}

/// Where the exports are.
#[derive(Serialize, ToSchema)]
pub(crate) struct Exports {
    pcap: String,
    vcon: String,
    /// The call's sound; nothing when it was not recorded.
    wav: Option<String>,
}

/// The call, for whom it is for.
async fn open(house: &House, who: &Who, of: &OfCall) -> Result<CallDetail, ApiError> {
    let detail = house.rooms.store.call(of.call()?).await.map_err(ApiError::StoreAway)?;
    let detail = detail.ok_or(ApiError::Refused(Refusal::NoSuchCall))?;
    if who.may_read(&detail) { Ok(detail) } else { Err(ApiError::NotYours) }
}

/// The messages of a call as they were kept: secrets blotted, numbers masked.
async fn messages(house: &House, detail: &CallDetail) -> Result<Vec<Traced>, ApiError> {
    let folder = house.rooms.current.now().settings.trace.folder.clone();
    let mut call_ids = vec![detail.row.sip_call_id.clone()];
    call_ids.extend(detail.legs.iter().flat_map(|leg| &leg.sip).map(|sip| sip.sip_call_id.to_string()));
    let from = detail.row.offered_at.saturating_sub(BEFORE).saturating_mul(1_000);
    let until = detail.row.ended_at.unwrap_or_else(now_utc_ms).saturating_add(AFTER).saturating_mul(1_000);
    let look = tokio::task::spawn_blocking(move || {
        let wanted = Wanted { call_ids: &call_ids, from_us: Some(from), until_us: Some(until) };
        trace::find(&folder, &wanted)
    });
    let found = look.await.map_err(|_| ApiError::Internal("the trace could not be read"))?;
    let found = found.map_err(|why| {
        tracing::warn!(%why, "the trace can't be read");
        ApiError::Internal("the trace could not be read")
    })?;
    let mut messages = found.messages;
    trace::mask::mask(&mut messages);
    Ok(messages)
}

/// 通话黑匣子：一页看完一通通话。Everything about one call: ladder, seats over time, decisions, sound, verdict. Audited.
#[utoipa::path(get, path = "/api/v1/calls/{id}/box", tag = "calls", security(("token" = [])), params(OfCall), responses(
    (status = 200, body = BlackBox, description = "The call"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn whole(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfCall>,
) -> Result<Json<BlackBox>, ApiError> {
    let detail = open(&house, &who, &of).await?;
    let id = detail.row.call.to_string();
    house.audit(&who, "call.box", &id, "").await?;
    let messages = messages(&house, &detail).await?;
    let recordings: Vec<Recorded> =
        detail.recordings.iter().map(|file| recorded(&id, file, &detail)).collect();
    let names = house.rooms.current.names();
    Ok(Json(BlackBox {
        verdict: words::verdict(&detail),
        ladder: ladder::Ladder::of(&detail, &messages),
        seats: lanes::lanes(&detail, &names),
        decisions: words::decisions(&detail),
        digits_masked: digits(&detail),
        quality: detail.legs.iter().filter_map(quality).collect(),
        exports: Exports {
            pcap: format!("/api/v1/calls/{id}/pcap"),
            vcon: format!("/api/v1/calls/{id}/vcon"),
            wav: recordings.iter().find(|file| file.kind == "mix").map(|file| file.url.clone()),
        },
        recordings,
        events: detail.events.iter().cloned().map(|line| Event::stored(&id, line)).collect(),
        call: CallRecord::of(detail.row, &names),
    }))
}

fn digits(detail: &CallDetail) -> Vec<Digit> {
    let mode = |leg| {
        let line = detail.legs.iter().find(|line| Some(line.row.leg) == leg)?;
        line.sound.as_ref().map(|sound| sound.dtmf_mode.to_string()).filter(|mode| !mode.is_empty())
    };
    let pressed = detail.events.iter().filter(|event| event.kind == "ivr.digit");
    pressed
        .map(|event| Digit {
            at: event.at, leg: event.leg.map(|leg| leg.0), mode: mode(event.leg), key: "•"
        })
        .collect()
}

fn quality(line: &LegLine) -> Option<Quality> {
    let sound = line.sound.as_ref()?;
    let fault = words::fault(line);
    let packets = sound.packets.as_ref();
    Some(Quality {
        leg: line.row.leg.0,
        codec: line.row.codec.to_string(),
        loss: sound.loss_ratio,
        jitter_ms: sound.jitter_ms,
        mos: sound.mos,
        round_trip_ms: sound.reports.round_trip_ms,
        far_loss: sound.reports.far_loss,
        far_mos: sound.reports.far_mos,
        samples: sound.course.iter().flat_map(store::Course::heard).map(sample).collect(),
        packets_in: packets.map(|packets| packets.received),
        packets_out: packets.map(|packets| packets.sent),
        silent_in: packets.map(|packets| packets.silent),
        announced: packets.map(|packets| packets.announced.to_string()),
        fault_zh: fault.as_ref().map(|fault| fault.zh.clone()),
        fault_en: fault.map(|fault| fault.en),
    })
}

fn sample((at, span): (i64, store::Span)) -> Sample {
    Sample {
        at,
        loss: f32::from(span.loss) / 10_000.0,
        jitter_ms: f32::from(span.jitter) / 16.0,
        mos: f32::from(span.mos) / 100.0,
    }
}

fn recorded(id: &str, file: &store::RecordingFile, detail: &CallDetail) -> Recorded {
    Recorded {
        no: file.no,
        kind: file.row.kind.word(),
        leg: file.row.leg.map(|leg| leg.0),
        tracks: peaks::names(file.row.kind, detail),
        started_at: file.row.started_at,
        duration_ms: file.row.duration_ms,
        url: format!("/api/v1/calls/{id}/recordings/{}", file.no),
    }
}

/// A file to be kept. The name is made of the call's id alone.
fn download(bytes: Vec<u8>, id: &str, ending: &'static str, kind: &'static str) -> Response {
    let mut response = bytes.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    let name = format!("attachment; filename=\"{id}.{ending}\"");
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    response
}

/// 信令抓包（号码已遮盖）。The call's SIP messages as a capture file; numbers masked, secrets blotted. Audited.
#[utoipa::path(get, path = "/api/v1/calls/{id}/pcap", tag = "calls", security(("token" = [])), params(OfCall), responses(
    (status = 200, content_type = "application/vnd.tcpdump.pcap", description = "The messages"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn pcap(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfCall>,
) -> Result<Response, ApiError> {
    let detail = open(&house, &who, &of).await?;
    let id = detail.row.call.to_string();
    house.audit(&who, "call.pcap", &id, "").await?;
    let bytes = trace::pcap::file(&messages(&house, &detail).await?);
    Ok(download(bytes, &id, "pcap", "application/vnd.tcpdump.pcap"))
}

/// vCon 导出。The call as a vCon (draft-ietf-vcon-vcon-core); no number, no name. Audited.
#[utoipa::path(get, path = "/api/v1/calls/{id}/vcon", tag = "calls", security(("token" = [])), params(OfCall), responses(
    (status = 200, content_type = "application/vcon+json", description = "The vCon"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn vcon(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfCall>,
) -> Result<Response, ApiError> {
    let detail = open(&house, &who, &of).await?;
    let id = detail.row.call.to_string();
    house.audit(&who, "call.vcon", &id, "").await?;
    let bytes = serde_json::to_vec(&vcon::vcon(&detail, now_utc_ms()));
    let bytes = bytes.map_err(|_| ApiError::Internal("the vCon could not be written"))?;
    Ok(download(bytes, &id, "vcon.json", "application/vcon+json"))
}

/// A recording of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfSound {
    /// The call's id.
    id: String,
    /// The recording's number within the call.
    no: u32,
}

/// 录音波形。How loud each channel of a recording was, for a picture of it; not the sound. Audited.
#[utoipa::path(get, path = "/api/v1/calls/{id}/peaks/{no}", tag = "calls", security(("token" = [])), params(OfSound), responses(
    (status = 200, body = peaks::Peaks, description = "The peaks"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn outline(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfSound>,
) -> Result<Json<peaks::Peaks>, ApiError> {
    let detail = open(&house, &who, &OfCall::named(&of.id)).await?;
    let file = detail.recordings.iter().find(|file| file.no == of.no).ok_or(ApiError::NoSuchRecording)?;
    if file.row.purged_at.is_some() {
        return Err(ApiError::Purged);
    }
    if file.row.bytes.is_none() {
        return Err(ApiError::StillRecording);
    }
    house.audit(&who, "call.peaks", &format!("{}/{}", detail.row.call, of.no), "").await?;
    let path = within(&house.rooms.recordings, &file.row.file()).await.ok_or(ApiError::FileGone)?;
    let names = peaks::names(file.row.kind, &detail);
    let sound = sealed::open(&house.rooms.locker, &path).await?;
    let read = tokio::task::spawn_blocking(move || peaks::read(sound, is_flac(&path), &names)).await;
    let read = read.map_err(|_| ApiError::Internal("the recording could not be read"))?;
    read.map(Json).map_err(|_| ApiError::FileGone)
}
