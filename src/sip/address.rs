//! Name-addr headers (From, To, Contact, Route ...) and Via.

use std::fmt;

use crate::text::{self, Param};
use crate::uri::{self, Host, Uri};

/// `"Display" <uri>;params` or the bare form.
#[derive(Clone, PartialEq, Eq)]
pub struct NameAddr {
    /// Display name without quotes; empty when there is none.
    pub display: String,
    /// The URI.
    pub uri: Uri,
    /// Header parameters.
    pub params: Vec<Param>,
}

impl NameAddr {
    /// Around a URI.
    pub fn new(uri: Uri) -> Self {
        Self { display: String::new(), uri, params: Vec::new() }
    }

    /// Reads one name-addr or addr-spec. In the bare form, parameters belong to the header and the URI may hold
    /// neither comma, question mark nor semicolon (RFC 3261 section 20).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (display, rest) = match text::quoted(text) {
            Some((display, rest)) => (display, rest.trim_start()),
            None => {
                let open = text.find('<').unwrap_or(0);
                let display = text.get(..open)?.trim();
                let good = |b: u8| text::is_token(b) || b == b' ' || b == b'\t' || !b.is_ascii();
                if !display.bytes().all(good) {
                    return None;
                }
                (display.to_owned(), text.get(open..)?)
            }
        };
        if let Some(inside) = rest.strip_prefix('<') {
            let (uri, tail) = inside.split_once('>')?;
            return Some(Self { display, uri: Uri::parse(uri)?, params: text::params(tail)? });
        }
        if !display.is_empty() {
            return None;
        }
        let (uri, tail) = rest.split_at(rest.find(';').unwrap_or(rest.len()));
        let uri = uri.trim_end();
        if uri.contains(['?', ',']) {
            return None;
        }
        Some(Self { display, uri: Uri::parse(uri)?, params: text::params(tail)? })
    }

    /// A parameter by name: `Some(None)` for a flag.
    pub fn param(&self, name: &str) -> Option<Option<&str>> {
        text::find(&self.params, name)
    }

    /// The dialog tag.
    pub fn tag(&self) -> Option<&str> {
        self.param("tag").flatten()
    }

    /// With this tag instead of whatever stood there.
    pub fn with_tag(mut self, tag: &str) -> Self {
        self.params.retain(|(n, _)| !n.eq_ignore_ascii_case("tag"));
        self.params.push(("tag".to_owned(), Some(tag.to_owned())));
        self
    }
}

impl fmt::Debug for NameAddr {
    /// The display name may hold a number too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{:?}>", self.uri)
    }
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.display.is_empty() {
            write!(f, "\"{}\" ", self.display.replace('\\', "\\\\").replace('"', "\\\""))?;
        }
        write!(f, "<{}>", self.uri)?;
        uri::write_params(f, &self.params)
    }
}

/// One Via value (RFC 3261 section 20.42).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Via {
    /// `UDP`, `TCP`, ...
    pub transport: String,
    /// sent-by host.
    pub host: Host,
    /// sent-by port.
    pub port: Option<u16>,
    /// Parameters.
    pub params: Vec<Param>,
}

impl Via {
    /// Reads one Via value.
    pub fn parse(text: &str) -> Option<Self> {
        let mut slashes = text.splitn(3, '/');
        let name = slashes.next()?.trim();
        let version = slashes.next()?.trim();
        if !name.eq_ignore_ascii_case("SIP") || version != "2.0" {
            return None;
        }
        let rest = slashes.next()?.trim_start();
        let (transport, rest) = rest.split_once([' ', '\t'])?;
        if transport.is_empty() || !transport.bytes().all(text::is_token) {
            return None;
        }
        let rest = rest.trim();
        let (address, tail) = rest.split_at(rest.find(';').unwrap_or(rest.len()));
        let (host, port) = uri::host_port(address.trim())?;
        Some(Self { transport: transport.to_owned(), host, port, params: text::params(tail)? })
    }

    /// A parameter by name: `Some(None)` for a flag.
    pub fn param(&self, name: &str) -> Option<Option<&str>> {
        text::find(&self.params, name)
    }

    /// The branch; begins with `z9hG4bK` in anything newer than RFC 2543.
    pub fn branch(&self) -> Option<&str> {
        self.param("branch").flatten()
    }

    /// Sets or replaces a parameter.
    pub fn set(&mut self, name: &str, value: Option<String>) {
        match self.params.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(name)) {
            Some(param) => param.1 = value,
            None => self.params.push((name.to_owned(), value)),
        }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.transport, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        uri::write_params(f, &self.params)
    }
}
