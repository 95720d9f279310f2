//! The wire scanner: bytes from the network become a message or a fault. rsip's parser never sees them.

use std::borrow::Cow;
use std::iter::Peekable;

use memchr::{memchr, memchr_iter};

use crate::check;
use crate::headers::{Headers, long_name, model};
use crate::message::{Message, Request, Response};
use crate::method::Method;
use crate::text;
use crate::uri::Uri;

/// Largest message, bytes: what one UDP datagram can carry.
pub const MOST_BYTES: usize = 65_535;
/// Most header lines; more is an attack or a loop.
pub const MOST_HEADERS: usize = 256;
/// Room for the headers of a usual INVITE.
const USUAL_HEADERS: usize = 24;

/// Lists whose order matters: each of their values becomes a header of its own.
const LISTED: [&str; 8] =
    ["Via", "Route", "Record-Route", "Contact", "P-Asserted-Identity", "Path", "Diversion", "History-Info"];

/// How the bytes arrived, which decides what a missing or wrong Content-Length means (RFC 3261 section 18.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wire {
    /// A datagram: the body ends with it, at the latest.
    Datagram,
    /// One message cut out of a stream by its Content-Length.
    Stream,
}

/// Why bytes are no message, and the ready answer where there is somebody to answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Fault {
    /// SIP status that says it: 400, 413, 501, 505.
    pub status: u16,
    /// Reason phrase, in words for whoever reads the trace.
    pub reason: &'static str,
    /// The error response; `None` for responses, ACKs and whatever can't be answered: drop it.
    pub reply: Option<Box<Response>>,
}

impl Fault {
    pub(crate) const fn new(status: u16, reason: &'static str) -> Self {
        Self { status, reason, reply: None }
    }
}

/// Reads one message.
///
/// # Errors
/// A [`Fault`] with the status to answer.
pub fn parse(bytes: &[u8], wire: Wire) -> Result<Message, Fault> {
    if bytes.len() > MOST_BYTES {
        return Err(Fault::new(413, "Message Larger Than 65535 Bytes"));
    }
    // RFC 3261 section 7.5: leading CRLFs are ignored.
    let start = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(bytes.len());
    let bytes = bytes.get(start..).unwrap_or_default();
    let end = match find(bytes, b"\r\n\r\n") {
        Some(end) => end,
        // Read as far as it goes, to be answered.
        None if begins_as_request(bytes) => bytes.len(),
        None => return Err(ENDLESS),
    };
    let head = decode(bytes.get(..end).unwrap_or_default());
    let rest = bytes.get(end + 4..);
    let mut lines = Lines(Some(&head)).peekable();
    let line = lines.next().unwrap_or_default();
    let headers = scan_headers(lines);
    match line.strip_prefix("SIP/2.0 ") {
        Some(status) => response(status, headers?, rest.ok_or(ENDLESS)?, wire).map(Message::Response),
        None => request(line, headers, rest, wire).map(Message::Request),
    }
}

const ENDLESS: Fault = Fault::new(400, "Header Without End");

/// Whether the first line is a request's, so that the rest is worth a closer look.
fn begins_as_request(bytes: &[u8]) -> bool {
    find(bytes, b"\r\n").and_then(|end| bytes.get(..end)).is_some_and(|line| line.ends_with(b" SIP/2.0"))
}

/// Where `what` begins.
pub(crate) fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    // A search for one byte is far quicker than comparing at each place.
    let first = *what.first()?;
    memchr_iter(first, bytes).find(|at| bytes.get(*at..).is_some_and(|rest| rest.starts_with(what)))
}

/// Text cut at CRLF; a CR or LF alone is no end of a line.
#[derive(Clone)]
struct Lines<'a>(Option<&'a str>);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.0.take()?;
        let Some(end) = find(rest.as_bytes(), b"\r\n") else { return Some(rest) };
        self.0 = rest.get(end.saturating_add(2)..);
        rest.get(..end)
    }
}

/// Header text is UTF-8 (RFC 3261 section 7.1). Older Chinese equipment sends display names in GB18030: read, not refused.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::GB18030.decode_without_bom_handling(bytes).0,
    }
}

/// Splits, unfolds and names the headers; lists whose order matters are split at their commas.
fn scan_headers(mut lines: Peekable<Lines<'_>>) -> Result<Headers, Fault> {
    let mut headers = Headers::with_capacity(USUAL_HEADERS);
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let mut folded = Cow::Borrowed(line);
        while let Some(next) = lines.next_if(|line| is_folded(line)) {
            let whole = folded.to_mut();
            whole.truncate(whole.trim_ascii_end().len());
            whole.push(' ');
            whole.push_str(next.trim_ascii());
        }
        push_line(&mut headers, &folded)?;
        if headers.len() > MOST_HEADERS {
            return Err(Fault::new(400, "Too Many Header Fields"));
        }
    }
    Ok(headers)
}

/// A line that goes on with the one before it (RFC 3261 section 7.3.1).
fn is_folded(line: &str) -> bool {
    matches!(line.as_bytes().first(), Some(b' ' | b'\t'))
}

fn push_line(headers: &mut Headers, line: &str) -> Result<(), Fault> {
    let colon = memchr(b':', line.as_bytes()).ok_or(Fault::new(400, "Header Line Without Colon"))?;
    let (name, value) = line.split_at(colon);
    let (name, value) = (long_name(name.trim_ascii_end()), value.get(1..).unwrap_or_default());
    let model = model(name);
    if model.is_none() && !text::is_name(name) {
        return Err(Fault::new(400, "Bad Header Name"));
    }
    if text::breaks_line(value) && !is_quoted_nul(value) {
        return Err(Fault::new(400, "Bare Line Break or NUL in Header"));
    }
    let value = value.trim_ascii();
    if LISTED.iter().any(|l| name.eq_ignore_ascii_case(l)) && memchr(b',', value.as_bytes()).is_some() {
        for piece in text::pieces(value, b',') {
            headers.push_as(model, name, piece.ok_or(Fault::new(400, "Unbalanced Quotes"))?.to_owned());
        }
    } else {
        headers.push_as(model, name, value.to_owned());
    }
    Ok(())
}

/// A quoted-pair may hide a NUL (RFC 3261 section 25.1); anywhere else it has no business, and a line break has none at all.
fn is_quoted_nul(value: &str) -> bool {
    let mut escaped = false;
    value.bytes().all(|b| {
        let good = !matches!(b, b'\r' | b'\n') && (b != 0 || escaped);
        escaped = b == b'\\' && !escaped;
        good
    })
}

fn response(line: &str, headers: Headers, rest: &[u8], wire: Wire) -> Result<Response, Fault> {
    let (status, reason) = line.split_once(' ').unwrap_or((line, ""));
    let status = match status.parse::<u16>() {
        Ok(s @ 100..=699) if status.len() == 3 => s,
        _ => return Err(Fault::new(400, "Bad Status Code")),
    };
    check::common(&headers)?;
    let body = body(&headers, rest, wire)?;
    Ok(Response { status, reason: reason.to_owned(), headers, body })
}

fn request(
    line: &str,
    headers: Result<Headers, Fault>,
    rest: Option<&[u8]>,
    wire: Wire,
) -> Result<Request, Fault> {
    let headers = headers?;
    let is_ack = line.starts_with("ACK ");
    let answer = |fault: Fault| {
        // Also when the Via can't be read: the answer finds the address that the request came from (section 18.2.2).
        let reply = (!is_ack && headers.get("Via").is_some() && headers.get("CSeq").is_some())
            .then(|| Box::new(Response::copying(&headers, fault.status, fault.reason)));
        Fault { reply, ..fault }
    };
    let checked = start_line(line).and_then(|(method, uri)| {
        let rest = rest.ok_or(ENDLESS)?;
        let counted = check::common(&headers)?;
        check::request(&headers, &method, &counted)?;
        Ok((method, uri, body(&headers, rest, wire)?))
    });
    let (method, uri, body) = checked.map_err(answer)?;
    Ok(Request { method, uri, headers, body })
}

/// `METHOD SP URI SP SIP/2.0`, single spaces, nothing around (RFC 3261 section 7.1).
fn start_line(line: &str) -> Result<(Method, Uri), Fault> {
    let (method, rest) = line.split_once(' ').ok_or(Fault::new(400, "Bad Request Line"))?;
    let (uri, version) = rest.rsplit_once(' ').ok_or(Fault::new(400, "Bad Request Line"))?;
    let method = Method::parse(method).ok_or(Fault::new(400, "Bad Method"))?;
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        let other = version.get(..4).is_some_and(|v| v.eq_ignore_ascii_case("SIP/"));
        return Err(if other {
            Fault::new(505, "Version Not Supported")
        } else {
            Fault::new(400, "Bad Request Line")
        });
    }
    let uri = Uri::parse(uri).ok_or(Fault::new(400, "Bad Request-URI"))?;
    // RFC 3261 section 19.1.1: headers are not allowed in a Request-URI.
    if uri.headers.is_some() {
        return Err(Fault::new(400, "Headers in Request-URI"));
    }
    Ok((method, uri))
}

/// Exactly one valid Content-Length, or none: then the body ends with the datagram, and on a stream there is no body,
/// which a Content-Type would contradict (see [`crate::framing::Broken::Length`]).
fn body(headers: &Headers, rest: &[u8], wire: Wire) -> Result<Vec<u8>, Fault> {
    let mut lengths = headers.all("Content-Length");
    let length = match lengths.next() {
        None if wire == Wire::Datagram => rest.len(),
        None if headers.get("Content-Type").is_some() => {
            return Err(Fault::new(400, "Content-Length Missing"));
        }
        None => 0,
        Some(text) if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) => {
            return Err(Fault::new(400, "Bad Content-Length"));
        }
        Some(text) => text.parse().map_err(|_| Fault::new(400, "Bad Content-Length"))?,
    };
    if lengths.next().is_some() {
        return Err(Fault::new(400, "Content-Length Given Twice"));
    }
    // A shorter datagram is cut off: 400 (section 18.3). What follows the body is ignored.
    rest.get(..length).map(<[u8]>::to_vec).ok_or(Fault::new(400, "Body Shorter Than Content-Length"))
}
