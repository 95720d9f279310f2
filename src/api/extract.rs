//! How requests are read: path, query and body, strictly. What does not fit is told in words, never guessed.

use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use call::CallId;
use call::action::Refusal;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use crate::error::ApiError;

/// Bytes of the longest body. A longer one is 413, unread.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;
/// The same for files of the configuration: the largest of them, with every character escaped twice over.
pub(crate) const LARGE_LIMIT: usize = 16 * 1024 * 1024;
/// Within so much a body must have arrived.
pub(crate) const BODY_TIME: Duration = Duration::from_secs(10);
/// Characters of a parser's complaint that are passed on.
const LONGEST_COMPLAINT: usize = 300;

/// The variables of the path.
pub(crate) struct Place<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Place<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(place)| Self(place)).map_err(|why| ApiError::BadAddress(complaint(&why.body_text())))
    }
}

/// The query.
pub(crate) struct Ask<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Ask<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::from_request_parts(parts, state).await;
        query.map(|Query(ask)| Self(ask)).map_err(|why| ApiError::BadAddress(complaint(&why.body_text())))
    }
}

/// The JSON body; an empty one is `{}`.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        json(request, BODY_LIMIT).await.map(Self)
    }
}

/// The same for files of the configuration, which may be long.
pub(crate) struct Large<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Large<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        json(request, LARGE_LIMIT).await.map(Self)
    }
}

async fn json<T: DeserializeOwned>(request: Request, limit: usize) -> Result<T, ApiError> {
    let is_json = request.headers().get(CONTENT_TYPE).map(|t| is_json(t.as_bytes()));
    let read = axum::body::to_bytes(request.into_body(), limit);
    let bytes = tokio::time::timeout(BODY_TIME, read).await.map_err(|_| ApiError::SlowBody)?;
    let bytes = bytes.map_err(|_| ApiError::TooLarge)?;
    let text: &[u8] = match is_json {
        _ if bytes.is_empty() => b"{}",
        Some(true) => &bytes,
        Some(false) | None => return Err(ApiError::NotJson),
    };
    serde_json::from_slice(text).map_err(|why| ApiError::BadBody(complaint(&why.to_string())))
}

fn is_json(content_type: &[u8]) -> bool {
    let essence = content_type.split(|b| *b == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/json")
}

/// A parser's words, cut: they quote the request, which may be long.
fn complaint(words: &str) -> String {
    let mut short: String = words.chars().take(LONGEST_COMPLAINT).collect();
    if short.len() < words.len() {
        short.push('…');
    }
    short
}

/// A call of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfCall {
    /// The call's id: 26 characters of a ULID.
    id: String,
}

impl OfCall {
    /// A call by its id, whatever it is.
    pub(crate) fn named(id: &str) -> Self {
        Self { id: id.to_owned() }
    }

    /// The call. What is no id names no call.
    pub(crate) fn call(&self) -> Result<CallId, ApiError> {
        call_id(&self.id)
    }
}

/// Reads a call's id.
pub(crate) fn call_id(text: &str) -> Result<CallId, ApiError> {
    CallId::parse(text).ok_or(ApiError::Refused(Refusal::NoSuchCall))
}

/// The header of every order.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "describes the header that idempotency::Key reads")]
pub(crate) struct KeyHeader {
    /// 1 to 64 visible ASCII characters, a new one for every new order. The same key with the same order again gets
    /// the first answer (and the header `Idempotency-Replayed: true`); the order is not carried out twice.
    #[param(rename = "Idempotency-Key")]
    idempotency_key: String,
}
