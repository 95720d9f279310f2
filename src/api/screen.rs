//! A page that asks: its tab, its cookie, and the proof that it is ours and no foreign one's.

use std::net::IpAddr;

use access::{ABSOLUTE, Tab, Token};
use axum::extract::FromRequestParts;
use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::ApiError;
use crate::gate::{Encrypted, Peer, only};

/// Names the cookie. A page of another origin can't send it without our leave (CORS), which nobody gets: it is the proof
/// against requests that another page made the browser send (CSRF).
const TAB: HeaderName = HeaderName::from_static("x-hotline-tab");
/// Where a proxy on this machine writes for whom it asks.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Where it writes how it was asked.
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// What the browser says of the page that asks (W3C Fetch Metadata).
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A page of ours that asks.
#[derive(Clone, Debug)]
pub(crate) struct Screen {
    /// Its tab.
    pub(crate) tab: Tab,
    /// The token of its session, when it has one.
    pub(crate) token: Option<Token>,
    /// The address to lock out, when it is guessed from; `None` where all share one.
    pub(crate) source: Option<IpAddr>,
    /// The address in words, for the audit.
    pub(crate) from: String,
    /// The page came over https.
    pub(crate) is_encrypted: bool,
}

impl Screen {
    /// Reads it from a request.
    ///
    /// # Errors
    /// [`ApiError::NoTab`], [`ApiError::ForeignPage`].
    pub(crate) fn of(parts: &Parts) -> Result<Self, ApiError> {
        ours(&parts.headers)?;
        let tab = text(&parts.headers, &TAB)?.ok_or(ApiError::NoTab)?;
        let tab = Tab::parse(tab).map_err(|_| ApiError::NoTab)?;
        let token = cookie(&parts.headers, &tab.cookie()).and_then(Token::parse);
        let (source, from) = source(parts);
        let peer = peer(parts);
        let behind_proxy = peer.is_none_or(|ip| ip.is_loopback());
        let proto = text(&parts.headers, &FORWARDED_PROTO).ok().flatten();
        let is_encrypted =
            parts.extensions.get::<Encrypted>().is_some() || behind_proxy && proto == Some("https");
        Ok(Self { tab, token, source, from, is_encrypted })
    }

    /// Whether a request names a tab at all: else it is a program, or lacks what every page sends.
    pub(crate) fn is_there(headers: &HeaderMap) -> bool {
        headers.contains_key(&TAB)
    }

    /// Whether it carries a session of ours.
    pub(crate) fn has_cookie(headers: &HeaderMap) -> bool {
        let mut lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        lines.any(|line| line.split(';').any(|pair| pair.trim().starts_with("hotline_")))
    }

    /// The cookie that hands a session to this tab; without a token the one that takes it away.
    pub(crate) fn cookie(&self, token: Option<&Token>) -> Result<HeaderValue, ApiError> {
        let (value, age) = token.map_or(("", 0), |token| (token.reveal(), ABSOLUTE.as_secs()));
        let secure = if self.is_encrypted { "; Secure" } else { "" };
        let name = self.tab.cookie();
        let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age}{secure}");
        let mut cookie =
            HeaderValue::try_from(cookie).map_err(|_| ApiError::Internal("a cookie that can't be sent"))?;
        cookie.set_sensitive(true);
        Ok(cookie)
    }
}

impl<S: Sync> FromRequestParts<S> for Screen {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::of(parts)
    }
}

/// The address that a request came from: to lock out, and in words. A proxy on this machine may say for whom it asks;
/// what others write there is not believed.
pub(crate) fn source(parts: &Parts) -> (Option<IpAddr>, String) {
    let peer = peer(parts);
    let forwarded = parts.headers.get_all(&FORWARDED_FOR).iter().next_back();
    let forwarded =
        forwarded.and_then(|list| list.to_str().ok()?.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
    let is_here = peer.is_none_or(|ip| ip.is_loopback());
    let address = if is_here { forwarded.or(peer) } else { peer };
    (address.filter(|ip| !ip.is_loopback()), address.map(|ip| ip.to_string()).unwrap_or_default())
}

fn peer(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<Peer>().map(|Peer(at)| at.ip().to_canonical())
}

/// Whether the page that asks is one of ours, as far as the browser tells.
fn ours(headers: &HeaderMap) -> Result<(), ApiError> {
    if text(headers, &FETCH_SITE)?.is_some_and(|site| site != "same-origin") {
        return Err(ApiError::ForeignPage);
    }
    let Some(origin) = text(headers, &ORIGIN)? else { return Ok(()) };
    let page = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    let page = page.and_then(|page| page.parse::<Authority>().ok());
    let house = text(headers, &HOST)?.and_then(|host| host.parse::<Authority>().ok());
    let same = |page: &Authority, house: &Authority| {
        page.host().eq_ignore_ascii_case(house.host()) && page.port_u16() == house.port_u16()
    };
    match (page, house) {
        (Some(page), Some(house)) if same(&page, &house) => Ok(()),
        _ => Err(ApiError::ForeignPage),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ApiError> {
    let value = only(headers, name).map_err(|()| ApiError::ForeignPage)?;
    value.map(|value| value.to_str().map_err(|_| ApiError::ForeignPage)).transpose()
}

/// The value of a cookie (RFC 6265 section 5.4); the first when a browser sends two.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}
