//! Who a phone is, where it registers, and how it speaks; and whom it calls.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sip::sdp::{Codec, Encryption};
use sip::{Host, NameAddr, Transport, Uri, User};

/// Who the phone is and whom it talks to.
#[derive(Clone)]
pub struct Account {
    /// User name; also the number that its calls come from.
    pub user: String,
    /// Answers challenges. Empty: none is answered.
    pub password: String,
    /// Registrar and proxy. Calls are taken from this address only.
    pub server: SocketAddr,
    /// Domain of its addresses; the server's address when `None`.
    pub realm: Option<String>,
    /// Way to the server.
    pub transport: Transport,
    /// Where SIP and RTP are bound, on free ports.
    pub bind: IpAddr,
    /// Display name.
    pub display: String,
    /// Codecs that are offered, best first; an answer names the first of the offer that is among them.
    pub codecs: Vec<Codec>,
    /// Whether sound is encrypted (SRTP with keys in SDP).
    pub encryption: Encryption,
    /// Duration of a registration that is asked for, seconds.
    pub expires: u32,
}

impl Account {
    /// A phone on loopback, over UDP, that prefers A-law, speaks G.722 with who prefers that, and registers for five minutes.
    pub fn new(user: &str, password: &str, server: SocketAddr) -> Self {
        Self {
            user: user.to_owned(),
            password: password.to_owned(),
            server,
            realm: None,
            transport: Transport::Udp,
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            display: String::new(),
            codecs: vec![Codec::Pcma, Codec::Pcmu, Codec::G722],
            encryption: Encryption::Clear,
            expires: 300,
        }
    }

    pub(crate) fn credentials(&self) -> Option<User> {
        let user = User { name: self.user.clone(), password: self.password.clone() };
        (!self.password.is_empty()).then_some(user)
    }

    /// An address in the phone's domain.
    pub(crate) fn address(&self, user: &str) -> Uri {
        match self.realm.as_deref().and_then(Host::parse) {
            Some(host) => Uri::sip(user, host, None),
            None => Uri::sip(user, self.server.ip().into(), Some(self.server.port())),
        }
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({} {})", self.transport.as_str(), self.server)
    }
}

/// A call to be made.
#[derive(Clone)]
pub struct Dial {
    pub(crate) to: String,
    pub(crate) caller: Option<String>,
    pub(crate) display: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
}

impl Dial {
    /// Calls a number at the phone's server, or a whole `sip:` URI whose host is an address.
    pub fn to(number: &str) -> Self {
        Self { to: number.to_owned(), caller: None, display: None, headers: Vec::new() }
    }

    /// The number it comes from instead of the account's user, as from a trunk.
    pub fn caller(mut self, number: &str) -> Self {
        self.caller = Some(number.to_owned());
        self
    }

    /// Display name instead of the account's.
    pub fn display(mut self, name: &str) -> Self {
        self.display = Some(name.to_owned());
        self
    }

    /// A further header of the INVITE.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn from(&self, account: &Account) -> NameAddr {
        let uri = account.address(self.caller.as_deref().unwrap_or(&account.user));
        let display = self.display.clone().unwrap_or_else(|| account.display.clone());
        NameAddr { display, ..NameAddr::new(uri) }
    }
}

impl From<&str> for Dial {
    fn from(number: &str) -> Self {
        Self::to(number)
    }
}

impl fmt::Debug for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dial")
    }
}
