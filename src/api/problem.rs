//! A refusal as problem+json (RFC 9457), in the language that the asker reads.

use std::sync::Arc;

use axum::http::header::{CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, VARY, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use call::action::Refusal;
use call::ids::Lang;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::shapes::rfc3339;
use crate::{kinds, words};

/// Why a request was refused (RFC 9457).
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Where this kind is explained: `/docs#CODE`.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened and what the reader can do.
    detail: String,
    /// The stable word for programs.
    code: &'static str,
    /// `desk_closed`: the desk's next opening, UTC ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_open: Option<i64>,
    /// The same, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_open_at: Option<String>,
    /// `wrong_stage`: the stage that the call is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'static str>,
    /// `locked_out`: seconds to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

impl Problem {
    fn new(error: &ApiError, lang: Lang) -> Self {
        let kind = kinds::of(error);
        let (title, detail) = match lang {
            Lang::Zh => (kind.zh, words::detail_zh(error)),
            Lang::En => (kind.en, error.to_string()),
        };
        let (mut next_open, mut stage, mut retry_after) = (None, None, None);
        match error {
            ApiError::Refused(Refusal::DeskClosed { next_open: at }) => next_open = *at,
            ApiError::Refused(Refusal::WrongStage { stage: word }) => stage = Some(*word),
            ApiError::LockedOut(seconds) => retry_after = Some(*seconds),
            // Nothing more to tell of the others.
            _ => {}
        }
        Self {
            kind: format!("/docs#{}", kind.code),
            title,
            status: kind.status,
            detail,
            code: kind.code,
            next_open,
            next_open_at: next_open.map(rfc3339),
            stage,
            retry_after,
        }
    }
}

/// Travels with a refusing response to the layer that knows the asker's language.
#[derive(Clone)]
pub(crate) struct Refusing(Arc<ApiError>);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        refuse(Arc::new(self))
    }
}

/// The same refusal for everybody who asked for the same.
pub(crate) fn refuse(error: Arc<ApiError>) -> Response {
    let kind = kinds::of(&error);
    match &*error {
        ApiError::Internal(what) => tracing::error!(what, "an HTTP request failed"),
        ApiError::StoreAway(why) => tracing::warn!(%why, "the HTTP interface can't read the store"),
        // The asker's business, told in the answer.
        _ => {}
    }
    let status = StatusCode::from_u16(kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = status.into_response();
    if let Some(seconds) = kind.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    // Every 401 names what would do (RFC 9110 section 15.5.2); a page signs in instead.
    if kind.status == 401 {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"hotline\""));
    }
    response.extensions_mut().insert(Refusing(error));
    response
}

/// Stands in an answer whose refusal has the words of another specification: it goes out as it is.
#[derive(Clone, Copy)]
pub(crate) struct Spoken;

/// Gives a refusing response its body. Refusals of the router itself (no such path, wrong method) get theirs here too.
pub(crate) fn speak(mut response: Response, lang: Lang) -> Response {
    let refusing = response.extensions_mut().remove::<Refusing>();
    if response.extensions_mut().remove::<Spoken>().is_some() {
        return response;
    }
    let error = match (refusing, response.status()) {
        (Some(Refusing(error)), _) => error,
        (None, StatusCode::METHOD_NOT_ALLOWED) => Arc::new(ApiError::WrongMethod),
        (None, StatusCode::NOT_FOUND) => Arc::new(ApiError::NoSuchPath),
        (None, _) => return response,
    };
    let body = serde_json::to_vec(&Problem::new(&error, lang)).unwrap_or_default();
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    parts.headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    parts.headers.insert(VARY, HeaderValue::from_static("Accept-Language"));
    Response::from_parts(parts, body.into())
}

/// The language that the asker reads best (RFC 9110 section 12.5.4); Chinese when nothing fits.
pub(crate) fn language(headers: &HeaderMap) -> Lang {
    let mut best = (Lang::Zh, 0);
    let values = headers.get_all(axum::http::header::ACCEPT_LANGUAGE).iter();
    for range in values.filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')) {
        let mut parts = range.split(';');
        let tag = parts.next().unwrap_or_default().trim();
        let lang = match tag.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "en" => Lang::En,
            "zh" | "*" => Lang::Zh,
            _ => continue,
        };
        let weight = parts.find_map(|p| p.trim().strip_prefix("q=")).map_or(1000, thousandths);
        if weight > best.1 {
            best = (lang, weight);
        }
    }
    best.0
}

/// `0.8` as 800; what does not read is 0.
fn thousandths(text: &str) -> u32 {
    let value: f32 = text.trim().parse().unwrap_or(0.0);
    if (0.0..=1.0).contains(&value) { (value * 1000.0) as u32 } else { 0 }
}
