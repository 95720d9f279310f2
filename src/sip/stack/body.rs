//! Bodies: the session description, also inside a multipart, and the keys of SIP INFO.

use super::contract::Pressed;
use crate::headers::Headers;
use crate::message::Request;

/// Most parts of a multipart body that are looked at.
const MOST_PARTS: usize = 16;

/// What a body holds.
pub(crate) enum Body {
    /// Nothing.
    None,
    /// A session description.
    Sdp(Vec<u8>),
    /// Something that we don't know: 415.
    Strange,
}

/// Finds the session description; carriers put it beside ISUP or location data in multipart/mixed (RFC 5621 section 3).
pub(crate) fn description(request: &Request) -> Body {
    if request.body.is_empty() {
        return Body::None;
    }
    match request.headers.content_type().as_deref() {
        Some("application/sdp") => Body::Sdp(request.body.clone()),
        Some("multipart/mixed" | "multipart/alternative") => {
            parts(&request.headers, &request.body).map_or(Body::Strange, Body::Sdp)
        }
        Some(_) | None => Body::Strange,
    }
}

fn parts(headers: &Headers, body: &[u8]) -> Option<Vec<u8>> {
    let kind = headers.get("Content-Type")?;
    let boundary = kind.split(';').find_map(|p| {
        let (name, value) = p.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"'))
    })?;
    let fence = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(fence.as_bytes().get(2..)?).or_else(|| after(body, fence.as_bytes()))?;
    for _ in 0..MOST_PARTS {
        let part = rest.get(..find(rest, fence.as_bytes())?)?;
        let end = find(part, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(part.get(..end)?).to_ascii_lowercase();
        let is_sdp = head.lines().filter_map(|line| line.split_once(':')).any(|(name, value)| {
            name.trim() == "content-type" && value.trim().starts_with("application/sdp")
        });
        if is_sdp {
            return part.get(end.checked_add(4)?..).map(<[u8]>::to_vec);
        }
        rest = after(rest, fence.as_bytes())?;
    }
    None
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|w| w == what)
}

fn after<'b>(bytes: &'b [u8], what: &[u8]) -> Option<&'b [u8]> {
    bytes.get(find(bytes, what)?.checked_add(what.len())?..)
}

/// Reads the key of an INFO and how long it was held. Both forms are older than any RFC: `Signal=5 / Duration=160`
/// lines, where some equipment numbers the keys as RFC 4733 does, or the bare key.
pub(crate) fn key(request: &Request) -> Option<(Pressed, Option<u32>)> {
    let text = std::str::from_utf8(&request.body).ok()?;
    let line = |name: &str| {
        text.lines().filter_map(|l| l.split_once('=')).find(|(n, _)| n.trim().eq_ignore_ascii_case(name))
    };
    let (signal, duration) = match request.headers.content_type()?.as_str() {
        "application/dtmf-relay" => {
            (line("Signal")?.1.trim(), line("Duration").and_then(|(_, v)| v.trim().parse().ok()))
        }
        "application/dtmf" => (text.trim(), None),
        _ => return None,
    };
    let key = match signal {
        "10" => '*',
        "11" => '#',
        "12" => 'A',
        "13" => 'B',
        "14" => 'C',
        "15" => 'D',
        one => {
            let mut chars = one.chars();
            chars.next().filter(|_| chars.next().is_none())?.to_ascii_uppercase()
        }
    };
    let known = key.is_ascii_digit() || matches!(key, '*' | '#' | 'A'..='D');
    known.then_some((Pressed(key), duration))
}
