//! What a header's text says, checked to its last byte and copied nowhere: URIs, name-addr values, Via, parameters.
//!
//! The scanner checks with these, the stack looks at one tag or branch with these; who keeps a value makes it
//! [`crate::Uri`], [`crate::NameAddr`] or [`crate::Via`].

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::text;

/// Scheme of a URI.
#[derive(Clone, Copy)]
pub(crate) enum Scheme<'a> {
    Sip,
    Sips,
    Tel,
    Other(&'a str),
}

/// Host part.
#[derive(Clone, Copy)]
pub(crate) enum Host<'a> {
    Name(&'a str),
    V4(Ipv4Addr),
    V6(Ipv6Addr),
}

impl<'a> Host<'a> {
    /// Reads a host name, an IPv4 address or a bracketed IPv6 reference.
    pub fn parse(text: &'a str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']')?;
            // The grammar of RFC 3261 lets three colons slip in; RFC 5118 section 4.10 wants both forms tolerated.
            return inner.replacen(":::", "::", 1).parse().ok().map(Self::V6);
        }
        let is_number = text.bytes().next().is_some_and(|b| b.is_ascii_digit());
        if is_number && let Ok(v4) = text.parse() {
            return Some(Self::V4(v4));
        }
        let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        (!text.is_empty() && text.len() <= 255 && text.bytes().all(good)).then_some(Self::Name(text))
    }

    /// The address, when it is one.
    pub fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::V4(a) => Some(a.into()),
            Self::V6(a) => Some(a.into()),
        }
    }
}

/// Splits `host[:port]`, IPv6 references in brackets.
fn host_port(text: &str) -> Option<(Host<'_>, Option<u16>)> {
    let end = if text.starts_with('[') {
        text.find(']')?.checked_add(1)?
    } else {
        text.bytes().position(|b| b == b':').unwrap_or(text.len())
    };
    let (host, rest) = text.split_at(end);
    let host = Host::parse(host.trim_ascii_end())?;
    let rest = rest.trim_ascii_start();
    let port = match rest.strip_prefix(':') {
        Some(p) => Some(p.trim_ascii().parse().ok()?),
        None if rest.is_empty() => None,
        None => return None,
    };
    Some((host, port))
}

/// `;name=value;flag`, each piece of it checked.
#[derive(Clone, Copy)]
pub(crate) struct Params<'a>(&'a str);

impl<'a> Params<'a> {
    /// Reads what follows the leading value. `None` when a name is not a token or a piece is empty.
    pub fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim_ascii();
        if text.is_empty() {
            return Some(Self(""));
        }
        let list = text.strip_prefix(';')?;
        // An empty piece is no parameter, so a list that stands is never empty.
        text::pieces(list, b';').all(|piece| piece.and_then(text::param).is_some()).then_some(Self(list))
    }

    /// Each as written, but for those of these names.
    pub fn without(self, left_out: &[&str]) -> impl Iterator<Item = &'a str> {
        self.pieces().filter(move |piece| !left_out.iter().any(|name| names(piece, name)))
    }

    /// Each as written.
    fn pieces(self) -> impl Iterator<Item = &'a str> {
        let list = Some(self.0).filter(|list| !list.is_empty());
        list.into_iter().flat_map(|list| text::pieces(list, b';')).flatten()
    }

    /// Name and value of each.
    fn iter(self) -> impl Iterator<Item = (&'a str, Option<Cow<'a, str>>)> {
        self.pieces().filter_map(text::param)
    }

    /// A parameter by name: `Some(None)` for a flag.
    pub fn get(self, name: &str) -> Option<Option<Cow<'a, str>>> {
        self.pieces().find(|piece| names(piece, name)).and_then(text::param).map(|(_, value)| value)
    }

    /// Whether a parameter stands there, as a flag or with a value.
    pub fn has(self, name: &str) -> bool {
        self.pieces().any(|piece| names(piece, name))
    }

    /// To be kept.
    pub fn owned(self) -> Vec<text::Param> {
        self.iter().map(|(name, value)| (name.to_owned(), value.map(Cow::into_owned))).collect()
    }
}

/// Whether a checked parameter has this name.
fn names(piece: &str, name: &str) -> bool {
    let ends = |rest: &str| rest.bytes().next().is_none_or(|b| !text::is_token(b));
    piece
        .split_at_checked(name.len())
        .is_some_and(|(start, rest)| start.eq_ignore_ascii_case(name) && ends(rest))
}

/// A URI.
#[derive(Clone, Copy)]
pub(crate) struct Uri<'a> {
    pub scheme: Scheme<'a>,
    pub user: &'a str,
    pub host: Option<Host<'a>>,
    pub port: Option<u16>,
    pub params: Params<'a>,
    pub headers: Option<&'a str>,
}

impl<'a> Uri<'a> {
    /// Reads a URI (RFC 3261 section 19.1, RFC 3966). `None` when it is malformed.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (scheme, rest) = before(text, b':');
        let rest = rest.strip_prefix(':')?;
        let (at, stop) = marks(rest)?;
        let scheme = match scheme {
            "sip" => Scheme::Sip,
            s if s.eq_ignore_ascii_case("sip") => Scheme::Sip,
            s if s.eq_ignore_ascii_case("sips") => Scheme::Sips,
            s if s.eq_ignore_ascii_case("tel") => return Self::parse_tel(rest),
            other => return Self::parse_other(other, rest),
        };
        let (address, tail) = rest.split_at(stop);
        let (user, address) = match at {
            Some(0) => return None,
            // A password is dropped.
            Some(at) => (before(address.get(..at)?, b':').0, address.get(at..)?.get(1..)?),
            None => ("", address),
        };
        let (tail, headers) = before(tail, b'?');
        let headers = headers.strip_prefix('?');
        let (host, port) = host_port(address)?;
        Some(Self { scheme, user, host: Some(host), port, params: Params::parse(tail)?, headers })
    }

    fn parse_tel(rest: &'a str) -> Option<Self> {
        let (number, tail) = before(rest, b';');
        let good =
            |b: u8| b.is_ascii_hexdigit() || matches!(b, b'+' | b'-' | b'.' | b'(' | b')' | b'*' | b'#');
        if number.is_empty() || !number.bytes().all(good) {
            return None;
        }
        Some(Self { params: Params::parse(tail)?, ..Self::opaque(Scheme::Tel, number) })
    }

    fn parse_other(scheme: &'a str, rest: &'a str) -> Option<Self> {
        let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
        (!scheme.is_empty() && scheme.bytes().all(good)).then(|| Self::opaque(Scheme::Other(scheme), rest))
    }

    fn opaque(scheme: Scheme<'a>, rest: &'a str) -> Self {
        Self { scheme, user: rest, host: None, port: None, params: Params(""), headers: None }
    }
}

/// The last `@` of what follows a scheme, and where its address ends after that. `None` for bytes that stand in no URI.
fn marks(rest: &str) -> Option<(Option<usize>, usize)> {
    let (mut at, mut stop) = (None, rest.len());
    for (i, b) in rest.bytes().enumerate() {
        match b {
            ..=b' ' | b'<' | b'>' => return None,
            b'@' => (at, stop) = (Some(i), rest.len()),
            b';' | b'?' => stop = stop.min(i),
            _ => {}
        }
    }
    Some((at, stop))
}

/// `"Display" <uri>;params` or the bare form.
#[derive(Clone)]
pub(crate) struct NameAddr<'a> {
    pub display: Cow<'a, str>,
    pub uri: Uri<'a>,
    pub params: Params<'a>,
}

impl<'a> NameAddr<'a> {
    /// Reads one name-addr or addr-spec. In the bare form, parameters belong to the header and the URI may hold
    /// neither comma, question mark nor semicolon (RFC 3261 section 20).
    pub fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim_ascii();
        let (display, rest) = match text::quoted(text) {
            Some((display, rest)) => (display, rest.trim_ascii_start()),
            None => {
                let (display, rest) = text.split_at(text.bytes().position(|b| b == b'<').unwrap_or(0));
                let good = |b: u8| text::is_token(b) || b == b' ' || b == b'\t' || !b.is_ascii();
                if !display.bytes().all(good) {
                    return None;
                }
                (Cow::Borrowed(display.trim_ascii_end()), rest)
            }
        };
        if let Some(inside) = rest.strip_prefix('<') {
            let (uri, tail) = before(inside, b'>');
            let params = Params::parse(tail.strip_prefix('>')?)?;
            return Some(Self { display, uri: Uri::parse(uri)?, params });
        }
        if !display.is_empty() {
            return None;
        }
        let (uri, tail) = before(rest, b';');
        let uri = uri.trim_ascii_end();
        if uri.bytes().any(|b| matches!(b, b'?' | b',')) {
            return None;
        }
        Some(Self { display, uri: Uri::parse(uri)?, params: Params::parse(tail)? })
    }

    /// The dialog tag.
    pub fn tag(&self) -> Option<Cow<'a, str>> {
        self.params.get("tag").flatten()
    }
}

/// One Via value (RFC 3261 section 20.42).
#[derive(Clone, Copy)]
pub(crate) struct Via<'a> {
    pub transport: &'a str,
    /// Host and port as written.
    pub sent_by: &'a str,
    pub host: Host<'a>,
    pub port: Option<u16>,
    pub params: Params<'a>,
}

impl<'a> Via<'a> {
    /// Reads one Via value.
    pub fn parse(text: &'a str) -> Option<Self> {
        let rest = match text.strip_prefix("SIP/2.0/") {
            Some(rest) => rest,
            None => Self::spaced_version(text)?,
        };
        let rest = rest.trim_ascii_start();
        let (transport, rest) = rest.split_at(rest.bytes().position(|b| matches!(b, b' ' | b'\t'))?);
        if !text::is_name(transport) {
            return None;
        }
        let (address, tail) = before(rest.trim_ascii(), b';');
        let sent_by = address.trim_ascii_end();
        let (host, port) = host_port(sent_by)?;
        Some(Self { transport, sent_by, host, port, params: Params::parse(tail)? })
    }

    /// The protocol's name in any case and with spaces around the slashes, as the grammar lets it.
    fn spaced_version(text: &'a str) -> Option<&'a str> {
        let mut slashes = text.splitn(3, '/');
        let name = slashes.next()?.trim_ascii();
        let version = slashes.next()?.trim_ascii();
        let rest = slashes.next()?;
        (name.eq_ignore_ascii_case("SIP") && version == "2.0").then_some(rest)
    }

    /// The branch; begins with `z9hG4bK` in anything newer than RFC 2543.
    pub fn branch(&self) -> Option<Cow<'a, str>> {
        self.params.get("branch").flatten()
    }
}

/// What stands before the first `stop`, and the rest with it.
fn before(text: &str, stop: u8) -> (&str, &str) {
    text.split_at(text.bytes().position(|b| b == stop).unwrap_or(text.len()))
}
