//! What a search asks, what it is told, and what it finds.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::flow::Transport;

/// Records of one answer that are looked at. Further ones are passed over.
pub const MOST_RECORDS: usize = 32;
/// Services (NAPTR, or one SRV name for each transport) that are followed. Further ones are passed over.
pub const MOST_SERVICES: usize = 6;
/// Targets of SRV records whose addresses are asked for. Further ones are passed over.
pub const MOST_TARGETS: usize = 8;
/// Destinations of one URI. Further addresses are passed over.
pub const MOST_DESTINATIONS: usize = 16;
/// Most questions that one URI costs: NAPTR, SRV, and two families for each target, or for the domain itself.
pub const MOST_QUESTIONS: usize = 1 + MOST_SERVICES + 2 * MOST_TARGETS;
/// An answer is good for at least so long, whatever its records say, and so long when there is none.
pub const SHORTEST: Duration = Duration::from_secs(5);
/// An answer is asked for again after so long at the latest.
pub const LONGEST: Duration = Duration::from_secs(3_600);
/// One place to send to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Destination {
    /// How.
    pub transport: Transport,
    /// Where.
    pub remote: SocketAddr,
    /// Over TLS, the domain that the far end's certificate must show: the one that the URI names, never one that only the
    /// DNS named (RFC 5922 section 4). `None` without TLS, and for an address.
    pub name: Option<Arc<str>>,
}

/// Which records are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Services of a domain (RFC 3403).
    Naptr,
    /// Hosts and ports of a service (RFC 2782).
    Srv,
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
}

/// One question to the name servers.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Question {
    /// Which records.
    pub kind: Kind,
    /// Of which name: absolute, without the last dot.
    pub name: String,
}

/// A service of a domain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Naptr {
    /// Lower ones first.
    pub order: u16,
    /// Among equal orders, lower ones first.
    pub preference: u16,
    /// `s`: the replacement is the name of SRV records. Others are not SIP's.
    pub flags: String,
    /// `SIP+D2U` and the like.
    pub services: String,
    /// Not used by SIP: a record that has one is passed over.
    pub regexp: String,
    /// Where to ask next.
    pub replacement: String,
}

/// A host of a service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Srv {
    /// Lower ones first.
    pub priority: u16,
    /// Share of the calls among equal priorities.
    pub weight: u16,
    /// Port.
    pub port: u16,
    /// Host; `.` or empty: the service is decidedly not offered.
    pub target: String,
}

/// One record of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Record {
    /// A service.
    Naptr(Naptr),
    /// A host of a service.
    Srv(Srv),
    /// An address.
    Address(IpAddr),
}

/// What the name servers said to one question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Records, and how long they are good for.
    Found(Vec<Record>, Duration),
    /// No such name, or no such records of it.
    Nothing,
    /// No answer, or none that could be used.
    Failed,
}

/// Why a URI leads nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LocateFault {
    /// `tel:` and others.
    #[error("only a sip or sips URI names a server: write one")]
    NotSip,
    /// The name is no name.
    #[error("the host can't stand in the DNS: check its spelling")]
    BadName,
    /// We have no socket for it.
    #[error(
        "no socket of ours fits the transport or address family that the URI asks for: listen on one (udp, tcp, tls of [sip])"
    )]
    NoWay,
    /// SRV says so.
    #[error(
        "the domain says in its SRV records that it does not offer this service: check transport and name"
    )]
    NotOffered,
    /// No address.
    #[error(
        "no usable address stands in the DNS for it: check the name, and the address families that we listen on"
    )]
    NoAddress,
    /// No answer.
    #[error("the name servers did not answer: check `dns` of [sip], or the system's resolver")]
    NoAnswer,
}

/// The end of a search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Located {
    /// Where to send, in the order of trying; never empty.
    pub to: Result<Vec<Destination>, LocateFault>,
    /// How long this holds: between [`SHORTEST`] and [`LONGEST`].
    pub good_for: Duration,
}
