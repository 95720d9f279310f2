//! One trunk of trunks.toml as checked: who it is, the way to it, how numbers, sound and sessions are spoken about with it.

use std::net::IpAddr;
use std::time::Duration;

use call::ids::Name;

use crate::Net;

/// A line to the world.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trunk {
    /// Its name.
    pub name: String,
    /// Where its messages come from.
    pub nets: Vec<Net>,
    /// Its INVITEs must answer our challenge as `user`.
    pub digest: bool,
    /// The domain that its TLS client certificate must show (RFC 5922).
    pub certificate: Option<String>,
    /// Where outgoing calls are sent; `None`: it only brings calls.
    pub proxy: Option<Proxy>,
    /// Among the trunks that take outgoing calls: lower first, 0 to 100.
    pub order: u32,
    /// Among trunks of the same order: its share of the calls, 1 to 1000.
    pub weight: u32,
    /// We register there as `user`.
    pub register: bool,
    /// Wished duration of a registration, 60 s to 24 h.
    pub expires: Duration,
    /// Between two questions (OPTIONS) whether it is there; zero: it is never asked.
    pub qualify: Duration,
    /// Calls at once in both directions; more get 503.
    pub channels: u32,
    /// New calls a second in each direction; `None`: the general limit of a source.
    pub calls_per_second: Option<u32>,
    /// Its P-Asserted-Identity is believed.
    pub trusted: bool,
    /// Our number as it is presented on outgoing calls.
    pub caller: Option<Name>,
    /// Where our number stands in its INVITEs.
    pub identity: Identity,
    /// How numbers are written towards it.
    pub form: Form,
    /// Cut from the front of an outgoing number, after `form`.
    pub strip: String,
    /// Put before an outgoing number, after `strip`.
    pub add: String,
    /// Cut from the front of a number that it brings, before anything else.
    pub in_strip: String,
    /// Put before a number that it brings.
    pub in_add: String,
    /// What it may speak: our offers name them best first, of its offers the first of them is taken; never empty.
    pub codecs: Vec<Codec>,
    /// By which way its keys come.
    pub dtmf: Dtmf,
    /// Its sound before the answer is heard.
    pub early_media: bool,
    /// Reliable provisional responses (RFC 3262).
    pub prack: Prack,
    /// Session-Expires that we propose (RFC 4028); zero: no session timer.
    pub session_timer: Duration,
    /// Shortest session interval that we accept: 90 s or more, less in a laboratory only.
    pub min_se: Duration,
    /// Our address in Via, Contact and session descriptions towards it, behind a NAT.
    pub advertised: Option<IpAddr>,
    /// Its sound is encrypted (SRTP).
    pub srtp: bool,
    /// User name for the far end's digest challenge, and for ours to it; the password is in the secrets as `trunk.NAME`.
    pub user: Option<String>,
}

impl Trunk {
    /// A trunk of which nothing but the name is written.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            nets: Vec::new(),
            digest: false,
            certificate: None,
            proxy: None,
            order: 1,
            weight: 10,
            register: false,
            expires: Duration::from_secs(3600),
            qualify: Duration::from_secs(30),
            channels: 30,
            calls_per_second: None,
            trusted: false,
            caller: None,
            identity: Identity::From,
            form: Form::AsIs,
            strip: String::new(),
            add: String::new(),
            in_strip: String::new(),
            in_add: String::new(),
            codecs: vec![Codec::Pcma, Codec::Pcmu],
            dtmf: Dtmf::Auto,
            early_media: true,
            prack: Prack::Supported,
            session_timer: Duration::from_secs(1800),
            min_se: Duration::from_secs(90),
            advertised: None,
            srtp: false,
            user: None,
        }
    }
}

/// Transport of outgoing requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// An encrypted stream.
    Tls,
}

impl Transport {
    /// As it is written in a SIP URI.
    pub fn word(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
        }
    }
}

/// Where outgoing calls are sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proxy {
    /// Written as `sips:`: every hop of the way is encrypted.
    pub sips: bool,
    /// Name or address; an IPv6 address in brackets.
    pub host: String,
    /// As written; without one the look-up of RFC 3263 finds it, or it is the usual one.
    pub port: Option<u16>,
    /// As written; `None`: the look-up finds it, and UDP where an address or port is written.
    pub transport: Option<Transport>,
}

impl Proxy {
    /// Reads `sip:host;transport=tls`, `sips:host`, `host`, `host:port`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (sips, rest) = match text.split_once(':') {
            Some(("sip", rest)) => (false, rest),
            Some(("sips", rest)) => (true, rest),
            Some(_) | None => (false, text),
        };
        let (address, transport) = match rest.split_once(";transport=") {
            Some((address, "udp")) => (address, Some(Transport::Udp)),
            Some((address, "tcp")) => (address, Some(Transport::Tcp)),
            Some((address, "tls")) => (address, Some(Transport::Tls)),
            Some(_) => return None,
            None => (rest, None),
        };
        let (host, port) = host_port(address)?;
        let plain = matches!(transport, Some(Transport::Udp | Transport::Tcp));
        (!(sips && plain)).then(|| Self { sips, host: host.to_owned(), port, transport })
    }

    /// Whether what is sent there is encrypted as far as the configuration can tell.
    pub fn is_encrypted(&self) -> bool {
        self.sips || self.transport == Some(Transport::Tls)
    }

    /// As a SIP URI.
    pub fn uri(&self) -> String {
        let scheme = if self.sips { "sips" } else { "sip" };
        let port = self.port.map_or(String::new(), |port| format!(":{port}"));
        let transport = match self.transport {
            Some(Transport::Tls) if self.sips => String::new(),
            Some(transport) => format!(";transport={}", transport.word()),
            None => String::new(),
        };
        format!("{scheme}:{}{port}{transport}", self.host)
    }
}

/// Splits `host[:port]`; the host is a domain name, an IPv4 address or a bracketed IPv6 address.
fn host_port(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !text.ends_with(']') => (host, Some(port.parse().ok().filter(|p| *p > 0)?)),
        Some(_) | None => (text, None),
    };
    let v6 = || host.strip_prefix('[')?.strip_suffix(']')?.parse::<std::net::Ipv6Addr>().ok();
    let numeric = host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let v4 = || host.parse::<std::net::Ipv4Addr>().is_ok();
    let good = if host.starts_with('[') {
        v6().is_some()
    } else if numeric {
        v4()
    } else {
        is_domain(host)
    };
    good.then_some((host, port))
}

/// A domain name: labels of letters, digits and hyphens.
pub(crate) fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// Where our number stands in the INVITEs to a trunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Identity {
    /// In From.
    From,
    /// In P-Asserted-Identity (RFC 3325); From names the account.
    Asserted,
    /// In both.
    Both,
}

/// How numbers are written towards a trunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// As the configuration or the core has them.
    AsIs,
    /// `+` and country code (ITU-T E.164).
    E164,
    /// With the area code, without the country code.
    National,
    /// Without the own area code.
    Local,
}

/// A codec.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Codec {
    /// G.711 A-law.
    Pcma,
    /// G.711 mu-law.
    Pcmu,
    /// G.722: sound up to 7 kHz.
    G722,
}

/// By which way the keys of a trunk come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dtmf {
    /// By the first that brings one.
    Auto,
    /// Named telephone events in RTP (RFC 4733).
    Rfc4733,
    /// SIP INFO.
    Info,
}

/// Reliable provisional responses (RFC 3262).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Prack {
    /// Not told to be known.
    Off,
    /// Told to be known; done where the far end wants it.
    Supported,
    /// Required of the far end.
    Required,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn proxies_are_addresses_names_and_uris() {
        let rows = [
            ("192.0.2.1:5060", Some("sip:192.0.2.1:5060")),
            ("192.0.2.1", Some("sip:192.0.2.1")),
            ("[2001:db8::1]:5060", Some("sip:[2001:db8::1]:5060")),
            ("[2001:db8::1]", Some("sip:[2001:db8::1]")),
            ("sbc.example.com", Some("sip:sbc.example.com")),
            ("sbc.example.com:5080", Some("sip:sbc.example.com:5080")),
            ("sip:sbc.example.com;transport=tls", Some("sip:sbc.example.com;transport=tls")),
            ("sip:192.0.2.1:5061;transport=tcp", Some("sip:192.0.2.1:5061;transport=tcp")),
            ("sips:sbc.example.com", Some("sips:sbc.example.com")),
            ("sips:sbc.example.com;transport=tls", Some("sips:sbc.example.com")),
            ("sips:sbc.example.com;transport=udp", None),
            ("sip:sbc.example.com;transport=ws", None),
            ("sip:sbc.example.com;lr", None),
            ("sip:user@sbc.example.com", None),
            ("http:example.com", None),
            ("192.0.2.1:0", None),
            ("192.0.2:5060", None),
            ("192.0.2.1:65536", None),
            ("[2001:db8::1:5060", None),
            ("-a.example.com", None),
            ("a..example.com", None),
            ("", None),
        ];
        for (text, uri) in rows {
            assert_eq!(Proxy::parse(text).map(|p| p.uri()).as_deref(), uri, "{text}");
        }
    }
}
