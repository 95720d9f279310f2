//! The sound of a recording, with Range. Whoever hears one says why, and that is written down first.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use access::Role;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tower_http::services::ServeFile;
use utoipa::IntoParams;
use vault::Sound;

use crate::error::ApiError;
use crate::extract::{Ask, Place, call_id};
use crate::gate::only;
use crate::problem::Problem;
use crate::rooms::House;
use crate::sealed;
use crate::who::Who;

/// Characters of the longest reason.
pub(crate) const LONGEST_REASON: usize = 200;

/// A recording of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfRecording {
    /// The call's id: 26 characters of a ULID.
    id: String,
    /// The recording's number within the call, from 1.
    #[param(value_type = u32, minimum = 1)]
    n: String,
}

/// Why somebody listens.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Why {
    /// Why you listen, 1 to 200 characters; here or in the header `X-Reason` (UTF-8).
    reason: Option<String>,
}

/// 录音（WAV 或 FLAC，支持 Range），须说明理由，调听留痕。A recording as WAV or FLAC, with Range; every access is kept with its reason.
#[utoipa::path(get, path = "/api/v1/calls/{id}/recordings/{n}", tag = "calls", security(("token" = [])),
    params(OfRecording, Why, ("X-Reason" = Option<String>, Header, description = "Why you listen")), responses(
    (status = 200, content_type = "audio/wav", description = "The sound", body = Vec<u8>),
    (status = 206, content_type = "audio/wav", description = "A part of it; audio/flac where it was compressed after the call",
        body = Vec<u8>),
    (status = 416, description = "The range is not within the file; Content-Range tells its length"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn sound(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfRecording>,
    Ask(why): Ask<Why>,
    request: Request,
) -> Result<Response, ApiError> {
    let call = call_id(&of.id)?;
    let why = reason(request.headers(), why.reason)?;
    let no = of.n.parse().map_err(|_| ApiError::NoSuchRecording)?;
    let store = &house.rooms.store;
    let file = store.recording(call, no).await.map_err(ApiError::StoreAway)?;
    let row = file.ok_or(ApiError::NoSuchRecording)?.row;
    if row.purged_at.is_some() {
        return Err(ApiError::Purged);
    }
    if row.duration_ms.is_none() {
        return Err(ApiError::StillRecording);
    }
    let path = within(&house.rooms.recordings, &row.file()).await.ok_or(ApiError::FileGone)?;
    if who.role == Role::Operator {
        let detail = store.call(call).await.map_err(ApiError::StoreAway)?;
        if !detail.is_some_and(|detail| who.may_read(&detail)) {
            return Err(ApiError::NotYours);
        }
    }
    let sound = sealed::open(&house.rooms.locker, &path).await?;
    store
        .note_recording_access(now_utc_ms(), call, no, &who.user, &why)
        .await
        .map_err(ApiError::StoreAway)?;
    let call = call.to_string();
    house.audit(&who, "recording.heard", &format!("{call}/{no}"), &why).await?;
    tracing::info!(who = &*who.user, call, no, "a recording was read by HTTP");
    serve(&path, sound, request).await
}

async fn serve(path: &Path, sound: Sound, request: Request) -> Result<Response, ApiError> {
    let kind = HeaderValue::from_static(if is_flac(path) { "audio/flac" } else { "audio/wav" });
    if !matches!(sound, Sound::Clear(_)) {
        let mut response = sealed::serve(sound, request.headers())?;
        if response.status().is_success() {
            response.headers_mut().insert(CONTENT_TYPE, kind);
        }
        return Ok(response);
    }
    let answer = ServeFile::new(path).try_call(request).await.map_err(|_| ApiError::FileGone)?;
    if answer.status() == StatusCode::NOT_FOUND {
        return Err(ApiError::FileGone);
    }
    let mut response = answer.map(Body::new).into_response();
    if response.status().is_success() {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    Ok(response)
}

/// Compressed after its call.
pub(crate) fn is_flac(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "flac")
}

/// The store's path in the folder of the recordings. Neither `..` nor a link leads out of it, whatever the store says.
pub(crate) async fn within(folder: &Path, path: &str) -> Option<PathBuf> {
    let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if !inside {
        return None;
    }
    let folder = tokio::fs::canonicalize(folder).await.ok()?;
    let path = tokio::fs::canonicalize(folder.join(path)).await.ok()?;
    path.starts_with(&folder).then_some(path)
}

fn reason(headers: &HeaderMap, query: Option<String>) -> Result<String, ApiError> {
    let header = only(headers, &HeaderName::from_static("x-reason")).map_err(|()| ApiError::NoReason)?;
    let header = header.map(|value| std::str::from_utf8(value.as_bytes()).map(str::to_owned)).transpose();
    let reason = header.map_err(|_| ApiError::NoReason)?.or(query).ok_or(ApiError::NoReason)?;
    said_why(&reason).ok_or(ApiError::NoReason)
}

/// A reason as it may stand in the audit; `None` when it says nothing.
pub(crate) fn said_why(reason: &str) -> Option<String> {
    let reason = reason.trim();
    let fits =
        (1..=LONGEST_REASON).contains(&reason.chars().count()) && !reason.chars().any(char::is_control);
    fits.then(|| reason.to_owned())
}

/// The wall clock, UTC ms.
pub(crate) fn now_utc_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
