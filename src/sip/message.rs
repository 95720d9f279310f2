//! Requests and responses: what the scanner fills, what the printer writes, and typed views that parse only when asked.

use std::fmt::{self, Write as _};

use rsip::Header;
use rsip::headers::UntypedHeader;

use crate::SipError;
use crate::address::{NameAddr, Via};
use crate::headers::Headers;
use crate::method::Method;
use crate::text;
use crate::uri::Uri;
use crate::view;
use crate::write;

/// A request.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Request-URI.
    pub uri: Uri,
    /// Headers.
    pub headers: Headers,
    /// Body, any bytes.
    pub body: Vec<u8>,
}

/// A response.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// Status, 100 to 699.
    pub status: u16,
    /// Reason phrase.
    pub reason: String,
    /// Headers.
    pub headers: Headers,
    /// Body, any bytes.
    pub body: Vec<u8>,
}

/// Numbers, keyed digits and credentials stand in URIs, header values and bodies: none of them is shown.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, uri, headers, body } = self;
        write!(f, "{method} {uri:?} {headers:?} and {} bytes", body.len())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, reason: _, headers, body } = self;
        write!(f, "{status} {headers:?} and {} bytes", body.len())
    }
}

/// Either.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

/// The first value of one of rsip's models.
macro_rules! first {
    ($headers:expr, $model:ident) => {
        $headers.models().iter().find_map(|header| match header {
            Header::$model(found) => Some(found.value()),
            _ => None,
        })
    };
}

/// Typed views over [`Headers`]; each parses at the moment of asking and answers `None` for what is missing or malformed.
impl Headers {
    /// The topmost Via.
    pub fn via(&self) -> Option<Via> {
        self.view_via().map(Via::from)
    }

    /// The topmost Via, to be looked at.
    pub(crate) fn view_via(&self) -> Option<view::Via<'_>> {
        first!(self, Via).and_then(view::Via::parse)
    }

    /// From, to be looked at.
    pub(crate) fn view_from(&self) -> Option<view::NameAddr<'_>> {
        first!(self, From).and_then(view::NameAddr::parse)
    }

    /// To, to be looked at.
    pub(crate) fn view_to(&self) -> Option<view::NameAddr<'_>> {
        first!(self, To).and_then(view::NameAddr::parse)
    }

    /// From.
    pub fn from(&self) -> Option<NameAddr> {
        self.view_from().map(NameAddr::from)
    }

    /// To.
    pub fn to(&self) -> Option<NameAddr> {
        self.view_to().map(NameAddr::from)
    }

    /// Call-ID.
    pub fn call_id(&self) -> Option<&str> {
        first!(self, CallId)
    }

    /// CSeq: number below 2^31 (RFC 3261 section 8.1.1.5) and method.
    pub fn cseq(&self) -> Option<(u32, Method)> {
        first!(self, CSeq).and_then(cseq)
    }

    /// The first Contact; `None` also for `*`.
    pub fn contact(&self) -> Option<NameAddr> {
        first!(self, Contact).and_then(NameAddr::parse)
    }

    /// All name-addr values under a name: Route, Record-Route, Contact.
    pub fn addresses(&self, name: &str) -> Vec<NameAddr> {
        self.all(name).filter_map(NameAddr::parse).collect()
    }

    /// Tokens of a list header such as Require or Supported.
    pub fn tokens<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.all(name).flat_map(|v| v.split(',')).map(str::trim).filter(|t| !t.is_empty())
    }

    /// A header that is one number.
    pub fn number(&self, name: &str) -> Option<u32> {
        self.get(name)?.split([';', ' ']).next()?.trim().parse().ok()
    }

    /// Media type of the body in lower case, without parameters.
    pub fn content_type(&self) -> Option<String> {
        Some(self.get("Content-Type")?.split(';').next()?.trim().to_ascii_lowercase())
    }

    /// The Q.850 cause of a Reason header, in a request (RFC 3326) or a response (RFC 6432), which may stand beside others.
    pub fn q850(&self) -> Option<u8> {
        let mut reasons = self.all("Reason").flat_map(|v| v.split(',')).map(str::trim_start);
        let is = |r: &&str| r.get(..5).is_some_and(|p| p.eq_ignore_ascii_case("Q.850"));
        let parts = reasons.find(is)?.split(';').filter_map(|p| p.split_once('='));
        let named = |(name, _): &(&str, &str)| name.trim().eq_ignore_ascii_case("cause");
        parts.into_iter().find(named).and_then(|(_, cause)| cause.trim().parse().ok())
    }
}

/// Reads a CSeq value.
pub(crate) fn cseq(value: &str) -> Option<(u32, Method)> {
    let (number, method) = value.split_at(value.bytes().position(|b| matches!(b, b' ' | b'\t'))?);
    let number = number.parse::<u32>().ok().filter(|n| *n < 1 << 31)?;
    Some((number, Method::parse(method.trim_ascii())?))
}

impl Request {
    /// A request with no headers yet. What a URI may say of headers and method, as in a Contact or From that stands in for
    /// one, has no place in a Request-URI (RFC 3261 section 19.1.1, table 1).
    pub fn new(method: Method, mut uri: Uri) -> Self {
        uri.headers = None;
        uri.params.retain(|(name, _)| !name.eq_ignore_ascii_case("method"));
        Self { method, uri, headers: Headers::default(), body: Vec::new() }
    }

    /// The bytes for the wire, with the right Content-Length.
    pub fn print(&self) -> Vec<u8> {
        let mut head = room(&self.headers, &self.body);
        // Writing to a String can't fail.
        let _ = write!(head, "{} {} SIP/2.0\r\n", self.method, self.uri);
        print(head, &self.headers, &self.body)
    }

    /// Puts a body in, with its type.
    ///
    /// # Errors
    /// [`SipError::BreaksLine`] when the type holds a line break.
    pub fn set_body(&mut self, kind: &str, body: Vec<u8>) -> Result<(), SipError> {
        self.headers.set("Content-Type", kind)?;
        self.body = body;
        Ok(())
    }
}

impl Response {
    /// A response to a request: Via, From, To, Call-ID, CSeq are copied (RFC 3261 section 8.2.6.2).
    /// The To tag is the caller's business: see [`Response::tag`].
    pub fn to(request: &Request, status: u16, reason: &str) -> Self {
        Self::copying(&request.headers, status, reason)
    }

    pub(crate) fn copying(from: &Headers, status: u16, reason: &str) -> Self {
        let mut headers = Headers::with_capacity(USUAL);
        headers.copy(from, usize::MAX, |h| matches!(h, Header::Via(_)));
        // Of what a faulty request gives twice, the first: the response itself must be well-formed (section 20).
        headers.copy(from, 1, |h| matches!(h, Header::From(_)));
        headers.copy(from, 1, |h| matches!(h, Header::To(_)));
        headers.copy(from, 1, |h| matches!(h, Header::CallId(_)));
        headers.copy(from, 1, |h| matches!(h, Header::CSeq(_)));
        if status == 100
            && let Some(stamp) = from.get("Timestamp")
        {
            headers.push_scanned("Timestamp", stamp.to_owned());
        }
        Self { status, reason: reason.to_owned(), headers, body: Vec::new() }
    }

    /// Adds a To tag when there is none.
    #[must_use]
    pub fn tag(mut self, tag: &str) -> Self {
        if self.headers.view_to().is_some_and(|to| to.tag().is_none()) {
            // The far end's own text is kept to the letter; a bare URI's parameters belong to the header anyway.
            let to = self.headers.get("To").unwrap_or_default();
            let tagged = [to, ";tag=", tag].concat();
            self.headers.set_first("To", tagged);
        }
        self
    }

    /// The bytes for the wire, with the right Content-Length.
    pub fn print(&self) -> Vec<u8> {
        let mut head = room(&self.headers, &self.body);
        head.push_str("SIP/2.0 ");
        // Writing to a String can't fail.
        let _ = write::number(&mut head, self.status);
        head.push(' ');
        if text::breaks_line(&self.reason) {
            head.extend(self.reason.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')));
        } else {
            head.push_str(&self.reason);
        }
        head.push_str("\r\n");
        print(head, &self.headers, &self.body)
    }

    /// Puts a body in, with its type.
    ///
    /// # Errors
    /// [`SipError::BreaksLine`] when the type holds a line break.
    pub fn set_body(&mut self, kind: &str, body: Vec<u8>) -> Result<(), SipError> {
        self.headers.set("Content-Type", kind)?;
        self.body = body;
        Ok(())
    }
}

impl Message {
    /// Its headers.
    pub fn headers(&self) -> &Headers {
        match self {
            Self::Request(r) => &r.headers,
            Self::Response(r) => &r.headers,
        }
    }

    /// The bytes for the wire.
    pub fn print(&self) -> Vec<u8> {
        match self {
            Self::Request(r) => r.print(),
            Self::Response(r) => r.print(),
        }
    }
}

/// Room for the headers of a usual response.
const USUAL: usize = 12;
/// Most first lines, Content-Length and its line's end fit in here.
const FRAME: usize = 256;

/// Room for a whole message, so that it is written without moving.
fn room(headers: &Headers, body: &[u8]) -> String {
    let lines: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    String::with_capacity(FRAME + lines + body.len())
}

fn print(mut head: String, headers: &Headers, body: &[u8]) -> Vec<u8> {
    for (name, value) in headers.iter().filter(|(n, _)| *n != "Content-Length") {
        head.push_str(name);
        head.push_str(": ");
        head.push_str(value);
        head.push_str("\r\n");
    }
    head.push_str("Content-Length: ");
    let _ = write::number(&mut head, body.len());
    head.push_str("\r\n\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The standard phrase for a status.
pub fn phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        181 => "Call Is Being Forwarded",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        480 => "Temporarily Unavailable",
        469 => "Bad Info Package",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        484 => "Address Incomplete",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        600 => "Busy Everywhere",
        489 => "Bad Event",
        603 => "Decline",
        604 => "Does Not Exist Anywhere",
        606 => "Not Acceptable",
        _ if status < 200 => "Progress",
        _ if status < 300 => "OK",
        _ if status < 400 => "Redirection",
        _ if status < 500 => "Client Error",
        _ if status < 600 => "Server Error",
        _ => "Global Failure",
    }
}
