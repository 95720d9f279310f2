//! The way a message came, and so the way back: transport, both addresses, and the connection.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Transport protocol.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// An encrypted stream.
    Tls,
    /// Messages of a WebSocket (RFC 7118).
    Ws,
    /// Messages of a WebSocket over TLS.
    Wss,
}

impl Transport {
    /// As written in Via.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
        }
    }

    /// The `transport` parameter of a SIP URI that is reached this way; `None`: it is the usual one. TLS is written although
    /// RFC 3261 section 26.2.2 advises against it: with `sips` instead, many phones want each hop of the way encrypted. A
    /// secure WebSocket has no word of its own (RFC 7118 section 5.3).
    pub fn parameter(self) -> Option<&'static str> {
        match self {
            Self::Udp => None,
            Self::Tcp => Some("tcp"),
            Self::Tls => Some("tls"),
            Self::Ws | Self::Wss => Some("ws"),
        }
    }

    /// Messages of a WebSocket: the far end is a browser, or looks like one.
    pub fn is_web(self) -> bool {
        match self {
            Self::Ws | Self::Wss => true,
            Self::Udp | Self::Tcp | Self::Tls => false,
        }
    }

    /// Encrypted on the wire.
    pub fn secure(self) -> bool {
        match self {
            Self::Udp | Self::Tcp | Self::Ws => false,
            Self::Tls | Self::Wss => true,
        }
    }

    /// Retransmissions are the transport's business.
    pub fn reliable(self) -> bool {
        match self {
            Self::Udp => false,
            Self::Tcp | Self::Tls | Self::Ws | Self::Wss => true,
        }
    }
}

/// One way between us and a peer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Flow {
    /// Transport.
    pub transport: Transport,
    /// Our address on this way; what Via and Contact say.
    pub local: SocketAddr,
    /// The peer's address.
    pub remote: SocketAddr,
    /// Number of the connection, minted by the owner of the sockets; 0 for UDP, and for a connection still to be opened.
    pub id: u64,
    /// Over TLS, the domain that the far end's certificate must name (RFC 5922); only where the connection is ours to open.
    pub name: Option<Arc<str>>,
}

impl Flow {
    /// A UDP way.
    pub fn udp(local: SocketAddr, remote: SocketAddr) -> Self {
        Self::new(Transport::Udp, local, remote, 0)
    }

    /// A way that needs no certificate of a certain name.
    pub fn new(transport: Transport, local: SocketAddr, remote: SocketAddr, id: u64) -> Self {
        Self { transport, local, remote, id, name: None }
    }
}

/// A network: address and prefix length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Net {
    /// Any address in it.
    pub address: IpAddr,
    /// Leading bits that count, 0 to 32 or 128.
    pub prefix: u8,
}

impl Net {
    /// Reads `10.0.0.0/8`, `::1/128` or a single address.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((a, p)) => (a.parse::<IpAddr>().ok()?, p.parse::<u8>().ok()?),
            None => {
                let address = text.parse::<IpAddr>().ok()?;
                (address, if address.is_ipv4() { 32 } else { 128 })
            }
        };
        let most = if address.is_ipv4() { 32 } else { 128 };
        (prefix <= most).then_some(Self { address, prefix })
    }

    /// Whether an address lies in it. An IPv4 address mapped into IPv6 counts as IPv4.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let (net, ip, width) = match (self.address, ip.to_canonical()) {
            (IpAddr::V4(n), IpAddr::V4(i)) => (u128::from(n.to_bits()), u128::from(i.to_bits()), 32u32),
            (IpAddr::V6(n), IpAddr::V6(i)) => (n.to_bits(), i.to_bits(), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
        };
        let shift = width.saturating_sub(self.prefix.into());
        net.checked_shr(shift).unwrap_or(0) == ip.checked_shr(shift).unwrap_or(0)
    }
}
