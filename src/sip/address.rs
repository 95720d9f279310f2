//! Name-addr headers (From, To, Contact, Route ...) and Via.

use std::fmt;

use crate::text::{self, Param};
use crate::uri::{self, Host, Uri};
use crate::view;

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
        view::NameAddr::parse(text).map(Self::from)
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

impl From<view::NameAddr<'_>> for NameAddr {
    fn from(address: view::NameAddr<'_>) -> Self {
        let view::NameAddr { display, uri, params } = address;
        Self { display: display.into_owned(), uri: uri.into(), params: params.owned() }
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
        f.write_str("<")?;
        self.uri.fmt(f)?;
        f.write_str(">")?;
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
        view::Via::parse(text).map(Self::from)
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

impl From<view::Via<'_>> for Via {
    fn from(via: view::Via<'_>) -> Self {
        let view::Via { transport, sent_by: _, host, port, params } = via;
        Self { transport: transport.to_owned(), host: host.into(), port, params: params.owned() }
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
