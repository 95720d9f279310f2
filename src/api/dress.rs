//! The outermost layer: time limit, the words of refusals, and the headers that every answer carries.

use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;
use crate::problem::{language, speak};

/// Within so much an answer begins; a body that streams may take longer. When it is over: 503 `timed_out`, and an
/// order that is under way goes on.
pub(crate) const ANSWER_TIME: Duration = Duration::from_secs(15);
/// The same for what works that long by its nature: a rehearsal, a trunk's examination with a test call.
const LONG_ANSWER_TIME: Duration = Duration::from_secs(180);
const LONG: [&str; 3] = ["/rehearse", "/doctor", "/test-call"];

/// Nothing may be loaded, framed or run; a page that needs more sets its own.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Runs the rest within its time and dresses what comes of it.
pub(crate) async fn dress(request: Request, next: Next) -> Response {
    let lang = language(request.headers());
    let long = LONG.iter().any(|end| request.uri().path().ends_with(end));
    let time = if long { LONG_ANSWER_TIME } else { ANSWER_TIME };
    let answer = tokio::time::timeout(time, next.run(request)).await;
    let mut response = speak(answer.unwrap_or_else(|_| ApiError::TimedOut.into_response()), lang);
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(CACHE_CONTROL, "no-store");
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_FRAME_OPTIONS, "DENY");
    set(REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    response
}
