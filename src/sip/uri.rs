//! URIs as telephony needs them: sip, sips and tel are taken apart, any other scheme is kept as text.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::text::{self, Param};
use crate::view;
use crate::write;

/// Scheme of a URI.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Scheme {
    /// `sip`
    Sip,
    /// `sips`
    Sips,
    /// `tel` (RFC 3966)
    Tel,
    /// Any other; the URI's text is in `user`.
    Other(String),
}

/// Host part.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Host {
    /// A domain name, lower case not enforced.
    Name(String),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 reference, in brackets on the wire.
    V6(Ipv6Addr),
}

impl Host {
    /// Reads a host name, an IPv4 address or a bracketed IPv6 reference.
    pub fn parse(text: &str) -> Option<Self> {
        view::Host::parse(text).map(Self::from)
    }

    /// The address, when it is one.
    pub fn ip(&self) -> Option<std::net::IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::V4(a) => Some((*a).into()),
            Self::V6(a) => Some((*a).into()),
        }
    }
}

impl From<view::Host<'_>> for Host {
    fn from(host: view::Host<'_>) -> Self {
        match host {
            view::Host::Name(name) => Self::Name(name.to_owned()),
            view::Host::V4(a) => Self::V4(a),
            view::Host::V6(a) => Self::V6(a),
        }
    }
}

impl From<std::net::IpAddr> for Host {
    fn from(ip: std::net::IpAddr) -> Self {
        match ip {
            std::net::IpAddr::V4(a) => Self::V4(a),
            std::net::IpAddr::V6(a) => Self::V6(a),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(n) => f.write_str(n),
            Self::V4(a) => write::host(f, (*a).into()),
            Self::V6(a) => write::host(f, (*a).into()),
        }
    }
}

/// A URI. For `tel:` the number is in `user`; for unknown schemes everything after the colon is.
#[derive(Clone, PartialEq, Eq)]
pub struct Uri {
    /// Scheme.
    pub scheme: Scheme,
    /// User part as written, escapes kept; empty when there is none. A password is dropped.
    pub user: String,
    /// Host; `None` for `tel:` and unknown schemes.
    pub host: Option<Host>,
    /// Port, when written.
    pub port: Option<u16>,
    /// URI parameters in order.
    pub params: Vec<Param>,
    /// What follows `?`, as written.
    pub headers: Option<String>,
}

impl Uri {
    /// A SIP URI.
    pub fn sip(user: &str, host: Host, port: Option<u16>) -> Self {
        Self {
            scheme: Scheme::Sip,
            user: user.to_owned(),
            host: Some(host),
            port,
            params: Vec::new(),
            headers: None,
        }
    }

    /// Reads a URI (RFC 3261 section 19.1, RFC 3966). `None` when it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        view::Uri::parse(text).map(Self::from)
    }

    /// A parameter by name: `Some(None)` for a flag.
    pub fn param(&self, name: &str) -> Option<Option<&str>> {
        text::find(&self.params, name)
    }

    /// A header of what follows `?`, with `%xx` resolved: `Some(None)` when it stands there twice or can't be read.
    pub fn header(&self, name: &str) -> Option<Option<String>> {
        let fields =
            self.headers.as_deref()?.split('&').map(|field| field.split_once('=').unwrap_or((field, "")));
        let mut found = fields.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let first = found.next()?;
        Some(if found.next().is_some() { None } else { unescape(first) })
    }

    /// Whether it is `sip:` or `sips:`.
    pub fn is_sip(&self) -> bool {
        matches!(self.scheme, Scheme::Sip | Scheme::Sips)
    }

    /// The user part with `%xx` resolved; NUL and line breaks make it unusable (`None`).
    pub fn user_plain(&self) -> Option<String> {
        unescape(&self.user)
    }

    /// Equality of RFC 3261 section 19.1.4 for what matters to dialogs and bindings: scheme, user (case-sensitive,
    /// escapes resolved), host (case-insensitive), port, and the parameters user, ttl, method, maddr, transport.
    pub fn same_as(&self, other: &Self) -> bool {
        let host = |u: &Self| u.host.as_ref().map(|h| h.to_string().to_ascii_lowercase());
        let lower = |v: Option<Option<&str>>| v.flatten().map(str::to_ascii_lowercase);
        let user = |u: &Self| unescaped(&u.user).unwrap_or_else(|| u.user.clone().into_bytes());
        self.scheme == other.scheme
            && user(self) == user(other)
            && host(self) == host(other)
            && self.port == other.port
            && ["user", "ttl", "method", "maddr", "transport"]
                .iter()
                .all(|p| lower(self.param(p)) == lower(other.param(p)))
    }
}

impl From<view::Uri<'_>> for Uri {
    fn from(uri: view::Uri<'_>) -> Self {
        let scheme = match uri.scheme {
            view::Scheme::Sip => Scheme::Sip,
            view::Scheme::Sips => Scheme::Sips,
            view::Scheme::Tel => Scheme::Tel,
            view::Scheme::Other(name) => Scheme::Other(name.to_owned()),
        };
        Self {
            scheme,
            user: uri.user.to_owned(),
            host: uri.host.map(Host::from),
            port: uri.port,
            params: uri.params.owned(),
            headers: uri.headers.map(str::to_owned),
        }
    }
}

/// Resolves `%xx`. `None` for a broken escape, or one that hides NUL, CR or LF.
fn unescape(text: &str) -> Option<String> {
    let bytes = unescaped(text).filter(|b| !b.iter().any(|b| matches!(b, 0 | b'\r' | b'\n')))?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Resolves `%xx`, whatever it hides: two users that differ in a hidden NUL only are two (RFC 4475 section 3.1.1.4).
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        if b == b'%' {
            let hex = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
            let value = hex(bytes.next())?.checked_mul(16)?.checked_add(hex(bytes.next())?)?;
            out.push(u8::try_from(value).ok()?);
        } else {
            out.push(b);
        }
    }
    Some(out)
}

impl fmt::Debug for Uri {
    /// Where it leads, not whom: user, parameters and headers hold numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} uri", self.scheme)?;
        match &self.host {
            Some(host) => write!(f, " at {host}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.scheme {
            Scheme::Sip => f.write_str("sip:")?,
            Scheme::Sips => f.write_str("sips:")?,
            Scheme::Tel => f.write_str("tel:")?,
            Scheme::Other(s) => {
                f.write_str(s)?;
                f.write_str(":")?;
            }
        }
        f.write_str(&self.user)?;
        if let Some(host) = &self.host {
            if !self.user.is_empty() {
                f.write_str("@")?;
            }
            host.fmt(f)?;
        }
        if let Some(port) = self.port {
            f.write_str(":")?;
            write::number(f, port)?;
        }
        write_params(f, &self.params)?;
        match &self.headers {
            Some(h) => write!(f, "?{h}"),
            None => Ok(()),
        }
    }
}

/// Writes `;name=value`, quoting what is not a token (IPv6 references stay bare).
pub(crate) fn write_params(f: &mut fmt::Formatter<'_>, params: &[Param]) -> fmt::Result {
    let bare =
        |b: u8| text::is_token(b) || matches!(b, b'[' | b']' | b':' | b'/' | b'&' | b'?' | b'$' | b'@');
    for (name, value) in params {
        f.write_str(";")?;
        f.write_str(name)?;
        let Some(value) = value else { continue };
        f.write_str("=")?;
        if !value.is_empty() && value.bytes().all(bare) {
            f.write_str(value)?;
        } else {
            write!(f, "\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))?;
        }
    }
    Ok(())
}
