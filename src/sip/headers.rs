//! An ordered list of headers. rsip's header model holds the values; its parser never sees them.

use std::fmt;

use rsip::Header;
use rsip::headers::UntypedHeader;
use rsip::headers::untyped as model;

use crate::SipError;
use crate::text;

/// Makes one known header out of its value.
pub(crate) type Model = fn(String) -> Header;

macro_rules! known {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// The model of this name, in whatever case; `None` for a header that rsip has no place for.
        pub(crate) fn model(name: &str) -> Option<Model> {
            // Most messages write the names as the RFC does: one comparison of bytes before the tolerant ones.
            $(if name == $name {
                return Some(|value| Header::$variant(model::$variant::new(value)));
            })*
            $(if name.eq_ignore_ascii_case($name) {
                return Some(|value| Header::$variant(model::$variant::new(value)));
            })*
            None
        }

        #[inline]
        fn read(header: &Header) -> (&str, &str) {
            match header {
                $(Header::$variant(inner) => ($name, inner.value()),)*
                Header::Other(name, value) => (name, value),
            }
        }
    };
}

known! {
    Via = "Via", From = "From", To = "To", CallId = "Call-ID", CSeq = "CSeq", Contact = "Contact",
    MaxForwards = "Max-Forwards", Route = "Route", RecordRoute = "Record-Route", ContentType = "Content-Type",
    ContentLength = "Content-Length", Allow = "Allow", Supported = "Supported", Require = "Require",
    UserAgent = "User-Agent", Expires = "Expires", Authorization = "Authorization",
    ProxyAuthorization = "Proxy-Authorization", WwwAuthenticate = "WWW-Authenticate",
    ProxyAuthenticate = "Proxy-Authenticate", Accept = "Accept", AcceptEncoding = "Accept-Encoding",
    AcceptLanguage = "Accept-Language", AlertInfo = "Alert-Info", AuthenticationInfo = "Authentication-Info",
    CallInfo = "Call-Info", ContentDisposition = "Content-Disposition", ContentEncoding = "Content-Encoding",
    ContentLanguage = "Content-Language", Date = "Date", ErrorInfo = "Error-Info", Event = "Event",
    InReplyTo = "In-Reply-To", MimeVersion = "MIME-Version", MinExpires = "Min-Expires",
    Organization = "Organization", Priority = "Priority", ProxyRequire = "Proxy-Require", ReplyTo = "Reply-To",
    RetryAfter = "Retry-After", Server = "Server", Subject = "Subject",
    SubscriptionState = "Subscription-State", Timestamp = "Timestamp", Unsupported = "Unsupported",
    Warning = "Warning",
}

fn build(name: &str, value: String) -> Header {
    build_as(model(name), name, value)
}

fn build_as(model: Option<Model>, name: &str, value: String) -> Header {
    match model {
        Some(make) => make(value),
        None => Header::Other(name.to_owned(), value),
    }
}

/// Compact forms (RFC 3261 section 7.3.3 and the RFCs of the extensions).
pub(crate) fn long_name(name: &str) -> &str {
    let mut bytes = name.bytes();
    let (Some(letter), None) = (bytes.next(), bytes.next()) else { return name };
    match letter.to_ascii_lowercase() {
        b'a' => "Accept-Contact",
        b'b' => "Referred-By",
        b'c' => "Content-Type",
        b'd' => "Request-Disposition",
        b'e' => "Content-Encoding",
        b'f' => "From",
        b'i' => "Call-ID",
        b'j' => "Reject-Contact",
        b'k' => "Supported",
        b'l' => "Content-Length",
        b'm' => "Contact",
        b'o' => "Event",
        b'r' => "Refer-To",
        b's' => "Subject",
        b't' => "To",
        b'u' => "Allow-Events",
        b'v' => "Via",
        b'x' => "Session-Expires",
        b'y' => "Identity",
        _ => name,
    }
}

/// Headers in the order of the wire. Names are compared without case and are always in the long form.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Headers(Vec<Header>);

impl Headers {
    pub(crate) fn with_capacity(most: usize) -> Self {
        Self(Vec::with_capacity(most))
    }

    /// The first value under this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    /// All values under this name, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    /// Name and value of each, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(read)
    }

    /// Each as rsip models it, in order.
    pub(crate) fn models(&self) -> &[Header] {
        &self.0
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one at the end.
    ///
    /// # Errors
    /// [`SipError::BreaksLine`] when name or value holds CR, LF or NUL, or the name is not a token.
    pub fn push(&mut self, name: &str, value: impl Into<String>) -> Result<(), SipError> {
        self.0.push(checked(name, value.into())?);
        Ok(())
    }

    /// Adds one at the top, where Via and Record-Route go.
    ///
    /// # Errors
    /// As for [`Headers::push`].
    pub fn push_front(&mut self, name: &str, value: impl Into<String>) -> Result<(), SipError> {
        self.0.insert(0, checked(name, value.into())?);
        Ok(())
    }

    /// Replaces all under this name by one, which takes the first one's place.
    ///
    /// # Errors
    /// As for [`Headers::push`].
    pub fn set(&mut self, name: &str, value: impl Into<String>) -> Result<(), SipError> {
        let header = checked(name, value.into())?;
        let place = self.0.iter().position(|h| read(h).0.eq_ignore_ascii_case(name));
        match place.and_then(|i| self.0.get_mut(i)) {
            Some(first) => *first = header,
            None => self.0.push(header),
        }
        let mut seen = false;
        self.0.retain(|h| !read(h).0.eq_ignore_ascii_case(name) || !std::mem::replace(&mut seen, true));
        Ok(())
    }

    /// Replaces the first under this name and leaves the others, as the topmost Via is stamped.
    pub(crate) fn set_first(&mut self, name: &str, value: String) {
        if let Some(first) = self.0.iter_mut().find(|h| read(h).0.eq_ignore_ascii_case(name)) {
            *first = build(name, value);
        }
    }

    /// Removes all under this name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|h| !read(h).0.eq_ignore_ascii_case(name));
    }

    /// Copies the first `most` headers of one model.
    pub(crate) fn copy(&mut self, from: &Self, most: usize, is: impl Fn(&Header) -> bool) {
        self.0.extend(from.0.iter().filter(|header| is(header)).take(most).cloned());
    }

    /// For the scanner, which has looked the name's model up already.
    pub(crate) fn push_as(&mut self, model: Option<Model>, name: &str, value: String) {
        self.0.push(build_as(model, name, value));
    }

    /// For names and values that are known to be good.
    pub(crate) fn push_scanned(&mut self, name: &str, value: String) {
        self.0.push(build(name, value));
    }
}

fn checked(name: &str, value: String) -> Result<Header, SipError> {
    if !text::is_name(name) || text::breaks_line(&value) {
        return Err(SipError::BreaksLine);
    }
    Ok(build(name, value))
}

impl fmt::Debug for Headers {
    /// Names only: values hold numbers and credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}
