//! The screens: the web app of `web/dist`, built into the binary; in a debug build read from the folder.

pub(crate) mod csp;
mod doors;

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HOST,
    IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::error::ApiError;
use crate::extract::Place;
use crate::gate::only;
use crate::rooms::House;

pub(crate) use csp::Reports;
pub(crate) use doors::sip_doors;

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist"]
#[allow_missing = true]
struct Dist;

/// Shown where the web app was not built.
const NOT_BUILT: &str = include_str!("not_built.html");
/// Files whose names hold a hash of what is in them never change.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Compressed forms of a file, the smallest first: the coding (RFC 7932, RFC 1952) and what its file's name ends with.
const FORMS: [(&str, &str); 2] = [("br", "br"), ("gzip", "gz")];

/// What the page may load and do; `{doors}` are the addresses at which the house takes SIP over WebSocket.
///
/// Element Plus places its pop-ups by style attributes; style elements and scripts inline stay forbidden.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; \
    img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'{doors}; \
    worker-src 'self' blob:; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; \
    report-uri /api/v1/csp";
/// The page may use the microphone, and nothing else of the machine.
const ABILITIES: &str =
    "microphone=(self), camera=(), geolocation=(), display-capture=(), usb=(), payment=()";

/// 网页界面。The screens.
#[utoipa::path(get, path = "/", tag = "pages", responses((status = 200, content_type = "text/html", description = "The page")))]
pub(crate) async fn index(State(house): State<Arc<House>>, headers: HeaderMap) -> Response {
    let mut response = match Dist::get("index.html") {
        Some(file) => send(&file, "index.html", &headers, "no-cache"),
        None => ([(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")], NOT_BUILT)
            .into_response(),
    };
    let host = only(&headers, &HOST).ok().flatten().and_then(|host| host.to_str().ok()).unwrap_or_default();
    let doors: String =
        sip_doors(&house.rooms.current.now().settings, host).iter().map(|door| format!(" {door}")).collect();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::try_from(POLICY.replace("{doors}", &doors)) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(HeaderName::from_static("permissions-policy"), HeaderValue::from_static(ABILITIES));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    response
}

/// A file of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfFile {
    /// Its name.
    file: String,
}

/// 网页界面的文件。A file of the screens; its name holds a hash of what is in it.
#[utoipa::path(get, path = "/assets/{file}", tag = "pages", params(OfFile), responses((status = 200, description = "The file")))]
pub(crate) async fn asset(Place(of): Place<OfFile>, headers: HeaderMap) -> Result<Response, ApiError> {
    let name = format!("assets/{}", of.file);
    let plain = of.file.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        && !of.file.starts_with('.');
    let file = Dist::get(&name).filter(|_| plain).ok_or(ApiError::NoSuchPath)?;
    Ok(send(&file, &name, &headers, FOR_EVER))
}

/// 网页图标。The icon of the screens.
#[utoipa::path(get, path = "/favicon.svg", tag = "pages", responses((status = 200, content_type = "image/svg+xml", description = "The icon")))]
pub(crate) async fn icon(headers: HeaderMap) -> Result<Response, ApiError> {
    let file = Dist::get("favicon.svg").ok_or(ApiError::NoSuchPath)?;
    Ok(send(&file, "favicon.svg", &headers, "no-cache"))
}

/// The file, as the build has compressed it where the browser takes that; 304 when the browser has it.
fn send(file: &EmbeddedFile, name: &str, asked: &HeaderMap, keep: &'static str) -> Response {
    let hash: String =
        file.metadata.sha256_hash().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let (packed, encoding) = packed(name, asked).unzip();
    // A tag for each form (RFC 9110 section 8.8.3.3).
    let tag = encoding.map_or(format!("\"{hash}\""), |encoding| format!("\"{hash}-{encoding}\""));
    let known = asked.get(IF_NONE_MATCH).is_some_and(|known| {
        known.to_str().is_ok_and(|list| list.split(',').any(|one| one.trim().trim_start_matches("W/") == tag))
    });
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        packed.as_ref().unwrap_or(file).data.to_vec().into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind(name)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(ETAG, tag);
    }
    if let Some(encoding) = encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The file as `scripts/web` has compressed it beside itself: as the browser likes it best, of equals the smaller.
fn packed(name: &str, asked: &HeaderMap) -> Option<(EmbeddedFile, &'static str)> {
    let mut forms = FORMS.map(|(coding, end)| (wish(asked, coding), coding, end));
    forms.sort_by_key(|(wish, ..)| std::cmp::Reverse(*wish));
    let file = |end: &str| Dist::get(&format!("{name}.{end}"));
    forms.iter().filter(|(wish, ..)| *wish > 0).find_map(|(_, coding, end)| Some((file(end)?, *coding)))
}

/// How much the browser wants a coding, 0 to 1000; 0: not at all (RFC 9110 sections 12.4.2 and 12.5.3).
fn wish(asked: &HeaderMap, coding: &str) -> u16 {
    let lines = asked.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    let of = |one: &str| {
        let mut parts = one.split(';').map(str::trim);
        parts.next().filter(|name| name.eq_ignore_ascii_case(coding))?;
        Some(parts.find_map(|part| part.strip_prefix("q=")).map_or(1_000, thousandths))
    };
    lines.flat_map(|line| line.split(',')).find_map(of).unwrap_or(0)
}

/// `0.25` as 250; what is no weight is none.
fn thousandths(weight: &str) -> u16 {
    let (whole, rest) = weight.split_once('.').unwrap_or((weight, ""));
    match (whole, format!("{rest:0<3}").parse::<u16>()) {
        ("1", Ok(0)) => 1_000,
        ("0", Ok(part)) if part < 1_000 => part,
        _ => 0,
    }
}

/// The media type by the end of the name; what is not known is no page and no script.
fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "wav" => "audio/wav",
        "mp3" => "audio/mpeg",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
