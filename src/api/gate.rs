//! Who may come in: hosts of this machine, and whoever may by the table of roles and endpoints.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use access::Role;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{ALLOW, AUTHORIZATION, HOST, STRICT_TRANSPORT_SECURITY};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use crate::error::ApiError;
use crate::rooms::{House, Token};
use crate::screen::{Screen, source};
use crate::who::{By, Who};

/// Wrong tokens that are looked at in a second. When it is full, tokens are not even compared until the second is over
/// (429), except on connections that have shown the right one: a guesser can't lock out who is in already.
pub(crate) const GUESSES: u32 = 10;
const SECOND: Duration = Duration::from_secs(1);

/// Counts wrong tokens.
#[derive(Default)]
pub(crate) struct Guesses(Mutex<Option<(Instant, u32)>>);

impl Guesses {
    /// Takes one of this second's looks at an unknown token; `false` when they are used up.
    pub(crate) fn take(&self, now: Instant) -> bool {
        let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, n) = count.filter(|(since, _)| now.duration_since(*since) < SECOND).unwrap_or((now, 0));
        let left = n < GUESSES;
        *count = Some((since, if left { n.saturating_add(1) } else { n }));
        left
    }

    /// It was the right one: not a guess.
    pub(crate) fn give_back(&self) {
        let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *count = count.map(|(since, n)| (since, n.saturating_sub(1)));
    }
}

/// Rides with each request: whether its connection has shown the right token.
#[derive(Clone, Default)]
pub(crate) struct Known(Arc<AtomicBool>);

/// Rides with each request: the address that its connection came from.
#[derive(Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Rides with requests that came over TLS.
#[derive(Clone, Copy)]
pub(crate) struct Encrypted;

/// Lets in who may come to this endpoint by [`access::table`], and tells the handler who it is.
pub(crate) async fn enter(State(house): State<Arc<House>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match pass(&house, &mut parts).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(ApiError::WrongMethod) => wrong_method(&parts),
        Err(error) => error.into_response(),
    }
}

/// The path is there, but not for this method: says for which (RFC 9110 section 15.5.6).
fn wrong_method(request: &Parts) -> Response {
    let path = request.extensions.get::<MatchedPath>().map(MatchedPath::as_str);
    let methods = access::table::all().filter(|row| Some(row.path) == path).map(|row| row.method);
    let mut response = ApiError::WrongMethod.into_response();
    if let Ok(methods) = HeaderValue::try_from(methods.collect::<Vec<_>>().join(",")) {
        response.headers_mut().insert(ALLOW, methods);
    }
    response
}

async fn pass(house: &House, request: &mut Parts) -> Result<(), ApiError> {
    let path = request.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let method = if request.method == Method::HEAD { "GET" } else { request.method.as_str() };
    let row = path.and_then(|path| access::table::of(method, &path));
    // What has no row is for nobody; a test finds an endpoint that was left out.
    let row = row.ok_or(ApiError::WrongMethod)?;
    if row.is_open() {
        return Ok(());
    }
    let is_page = !request.headers.contains_key(AUTHORIZATION);
    let (who, duty) = if is_page && Screen::is_there(&request.headers) {
        page(house, request).await?
    } else if is_page && Screen::has_cookie(&request.headers) {
        return Err(ApiError::NoTab);
    } else {
        (program(house, request)?, None)
    };
    if !row.admits(who.role, false) {
        return Err(ApiError::Forbidden);
    }
    if let Some(duty) = duty
        && !row.admits(who.role, true)
    {
        return Err(duty);
    }
    request.extensions.insert(who);
    Ok(())
}

/// A page of ours with its session, and what its account must do before anything else, as a refusal.
async fn page(house: &House, request: &Parts) -> Result<(Who, Option<ApiError>), ApiError> {
    let screen = Screen::of(request)?;
    let token = screen.token.as_ref().ok_or(ApiError::NoSession)?;
    let session = house.session(token).await?.ok_or(ApiError::NoSession)?;
    Ok((Who::of_session(house, &session, token, &screen), session.first_duty()))
}

/// A program that shows the token: it acts as an admin.
fn program(house: &House, request: &Parts) -> Result<Who, ApiError> {
    let known = request.extensions.get::<Known>().cloned().unwrap_or_default();
    let (source, from) = source(request);
    judge(house.guesses_of(source), &house.rooms.token, &request.headers, &known)?;
    Ok(Who {
        user: house.rooms.token.name().into(),
        role: Role::Admin,
        staff: None,
        desks: Arc::new([]),
        from: from.into(),
        by: By::Token,
        ended: house.closing.clone(),
    })
}

fn judge(guesses: &Guesses, token: &Token, headers: &HeaderMap, known: &Known) -> Result<(), ApiError> {
    let header = only(headers, &AUTHORIZATION).ok().flatten().ok_or(ApiError::Unauthorized)?;
    let offered = bearer(header).ok_or(ApiError::Unauthorized)?;
    // The look is taken before the comparison, so that guesses at the same moment count too.
    let counted = !known.0.load(Ordering::Relaxed);
    if counted && !guesses.take(Instant::now()) {
        return Err(ApiError::TooManyGuesses);
    }
    let right = token.is(offered);
    known.0.store(right, Ordering::Relaxed);
    if !right {
        // At most GUESSES lines a second, but for a connection that was known.
        tracing::warn!("a wrong token was shown to the HTTP interface");
        return Err(ApiError::Unauthorized);
    }
    if counted {
        guesses.give_back();
    }
    Ok(())
}

/// The token of `Bearer TOKEN`; the scheme's case does not matter (RFC 9110 section 11.1).
fn bearer(header: &HeaderValue) -> Option<&[u8]> {
    let (scheme, token) = header.as_bytes().split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}

/// The header when it is there once, `Ok(None)` when it is not there, `Err` when it is there twice.
pub(crate) fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(()),
    }
}

/// A year: whoever came by TLS comes by nothing else for so long (RFC 6797 section 6.1).
const STRICT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Turns away whoever thinks that this is another house: a web page that was led here by its own name (DNS rebinding)
/// could else read answers through the admin's browser. By which names it may be asked beside those of loopback, the
/// setting `hosts` says. By one of these names over TLS, browsers are told to use nothing but TLS; loopback and bare addresses
/// stay free (RFC 6797 section 8.1.1).
pub(crate) async fn host(State(house): State<Arc<House>>, request: Request, next: Next) -> Response {
    let checked = house.rooms.current.now();
    let is_here = |authority: &str| is_ours(authority, &checked.settings.api.hosts);
    let header = only(request.headers(), &HOST).ok().flatten().and_then(|h| h.to_str().ok());
    let named = request.uri().authority().is_none_or(|a| is_here(a.as_str()));
    if !(named && header.is_some_and(is_here)) {
        return ApiError::ForeignHost.into_response();
    }
    let by_name = header.is_some_and(|authority| is_name(authority, &checked.settings.api.hosts));
    let strict = by_name && request.extensions().get::<Encrypted>().is_some();
    let mut response = next.run(request).await;
    if strict {
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, STRICT);
    }
    response
}

/// Whether it is one of these names, and no address.
fn is_name(authority: &str, hosts: &[String]) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else { return false };
    let name = authority.host().to_ascii_lowercase();
    let is_address = name.starts_with('[') || name.parse::<std::net::Ipv4Addr>().is_ok();
    !is_address && hosts.contains(&name)
}

fn is_ours(authority: &str, hosts: &[String]) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else { return false };
    // A user part has no business in a Host header.
    if authority.as_str().contains('@') {
        return false;
    }
    let name = authority.host().to_ascii_lowercase();
    matches!(name.as_str(), "localhost" | "127.0.0.1" | "[::1]") || hosts.contains(&name)
}
