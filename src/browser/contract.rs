//! Everything that can be asked of the browsers' hub and what it tells: the contract of this crate.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::AtomicU64;

use media::Port;
use zeroize::Zeroizing;

/// One leg. The caller mints it and never uses it twice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Leg(pub u64);

/// Our credentials of connectivity checks (RFC 8445 section 5.3). `Debug` shows stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Names the leg in each check; no two live legs have the same.
    pub fragment: String,
    /// Signs the checks.
    pub password: Zeroizing<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({} ***)", self.fragment)
    }
}

/// What the browser said of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Far {
    /// Its name in connectivity checks.
    pub fragment: String,
    /// SHA-256 of the certificates, one of which it must show.
    pub fingerprints: Vec<[u8; 32]>,
    /// We begin the handshake.
    pub client: bool,
}

/// One order to the hub.
#[derive(Debug)]
pub enum Order {
    /// A leg begins: checks with these credentials are answered. Too many legs: [`Told::Gone`].
    Open {
        /// Which leg.
        leg: Leg,
        /// Its port, one without socket.
        port: Port,
        /// Ours.
        ours: Credentials,
    },
    /// The far end is known, or known anew: with other credentials of ours checks begin again while sound goes on; with other
    /// certificates the handshake does too.
    Meet {
        /// Which leg.
        leg: Leg,
        /// Ours.
        ours: Credentials,
        /// Theirs.
        far: Box<Far>,
    },
    /// A leg is over. The browser is told so, if it still listens.
    Close {
        /// Which leg.
        leg: Leg,
    },
}

/// What the hub tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// The leg is over; it is forgotten.
    Gone(Leg, Why),
}

/// Why a leg is over without an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// The browser has closed its end: the page was left, or the call ended there.
    Closed,
    /// No certificate that its description named: somebody sits in between, or the description was changed on its way.
    Certificate,
    /// Its packets did not come, or no handshake was reached, within [`crate::PATIENCE`].
    NoWay,
    /// There are as many legs as there can be, or the port is taken.
    Full,
}

impl Why {
    /// In a word, for logs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Closed => "the browser has closed its end",
            Self::Certificate => "its certificate is not the one of its description",
            Self::NoWay => {
                "no packets came, or none that could be agreed on: is the UDP port open from there?"
            }
            Self::Full => "as many browser legs as there can be",
        }
    }
}

/// How the hub is set up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The one UDP port of all browser legs; port 0: any free one.
    pub bind: SocketAddr,
    /// The address that browsers are told instead of the socket's, behind a one-to-one NAT; the socket's is told too.
    pub advertised: Option<IpAddr>,
}

/// What can go wrong at the start.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// The UDP port can't be had.
    #[error(
        "the UDP port {at} for browsers can't be opened ({source}): change [browser] udp in hotline.toml"
    )]
    Port {
        /// Which.
        at: SocketAddr,
        /// The system's words.
        source: std::io::Error,
    },
    /// The certificate that browsers are shown can't be made.
    #[error("no certificate for browsers can be made ({0}): is there a source of randomness?")]
    Certificate(String),
}

/// Packets since the start.
#[derive(Debug, Default)]
pub struct Counts {
    /// From addresses that no leg knows, or of no known kind: dropped.
    pub strangers: AtomicU64,
    /// Of a known address, but forged, repeated or unreadable: dropped.
    pub forged: AtomicU64,
    /// Of a leg whose ring was full: dropped.
    pub late: AtomicU64,
}
