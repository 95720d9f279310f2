//! Where to listen, how patient to be, and why there may be no wire.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use sip::Transport;

use super::door::DoorSettings;
use super::tls::Tls;
use super::web::Origins;

/// Where to listen, and how much patience and memory a far end gets.
#[derive(Clone, Debug)]
pub struct WireSettings {
    /// Addresses for UDP; port 0 takes a free one. An IPv6 address takes IPv6 only, also `[::]`.
    pub udp: Vec<SocketAddr>,
    /// Addresses for TCP.
    pub tcp: Vec<SocketAddr>,
    /// Addresses for TLS.
    pub tls_at: Vec<SocketAddr>,
    /// Addresses for WebSocket.
    pub ws: Vec<SocketAddr>,
    /// Addresses for WebSocket over TLS.
    pub wss: Vec<SocketAddr>,
    /// Certificates and trust; `None`: TLS is neither listened on nor opened.
    pub tls: Option<Tls>,
    /// Whose pages may open a WebSocket.
    pub origins: Origins,
    /// Most connections that others opened. When full: further ones are reset.
    pub most_connections: usize,
    /// Most of these from one address, for IPv6 from one /64. When full: further ones are reset. Phones behind one NAT
    /// count as one source.
    pub most_per_source: usize,
    /// Most of the connections that others opened that have not brought a whole message yet, their handshake included. When
    /// full: the oldest of them is closed, as it had the longest time.
    pub most_half_open: usize,
    /// How long a connection may bring neither message nor keep-alive (RFC 5626 section 4.4.1 lets phones ask every two
    /// minutes). Then it is closed.
    pub idle: Duration,
    /// How long a begun message, and the first one of a connection that another opened, may take until it is whole. Then the
    /// connection is closed.
    pub half_message: Duration,
    /// How long a message of ours may wait for a far end that does not read. Then the connection is closed.
    pub unread: Duration,
    /// How long a far end may take to accept a connection of ours. Then sending has failed.
    pub connect: Duration,
    /// How long a TLS handshake may take in either direction. Then the connection is closed.
    pub handshake: Duration,
    /// After so long a silence, at most, the far end of a connection of ours is asked whether it is still there (RFC 5626
    /// section 4.4.1).
    pub ask: Duration,
    /// How long one that has answered before may take to answer. Then the connection is closed.
    pub pong: Duration,
    /// Whom the sockets hear.
    pub door: DoorSettings,
    /// Which life of the house this is since its last cold start: numbers of connections begin with it.
    pub generation: u16,
}

impl Default for WireSettings {
    fn default() -> Self {
        Self {
            udp: Vec::new(),
            tcp: Vec::new(),
            tls_at: Vec::new(),
            ws: Vec::new(),
            wss: Vec::new(),
            tls: None,
            origins: Origins::default(),
            most_connections: 4_096,
            most_per_source: 64,
            most_half_open: 1_024,
            idle: Duration::from_secs(32 * 60),
            half_message: Duration::from_secs(10),
            unread: Duration::from_secs(10),
            connect: Duration::from_secs(4),
            handshake: Duration::from_secs(5),
            ask: Duration::from_secs(120),
            pong: Duration::from_secs(10),
            door: DoorSettings::default(),
            generation: 0,
        }
    }
}

impl WireSettings {
    /// Where connections are taken, and over what.
    pub(super) fn streams(&self) -> impl Iterator<Item = (Transport, SocketAddr)> {
        use Transport::{Tcp, Tls, Ws, Wss};
        let lists = [(Tcp, &self.tcp), (Tls, &self.tls_at), (Ws, &self.ws), (Wss, &self.wss)];
        lists.into_iter().flat_map(|(transport, list)| list.iter().map(move |at| (transport, *at)))
    }

    pub(super) fn check(&self) -> Result<(), WireError> {
        if self.udp.is_empty() && self.streams().next().is_none() {
            return Err(WireError::Nowhere);
        }
        let secure = self.streams().any(|(transport, _)| transport.secure());
        if secure && !self.tls.as_ref().is_some_and(Tls::listens) {
            Err(WireError::NoCertificate)
        } else {
            Ok(())
        }
    }
}

/// Why there is no wire.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// An address can't be listened on.
    #[error("can't listen on {address} over {}: {source}; free that port, or name an address of this machine", .transport.as_str())]
    Bind {
        /// Which protocol.
        transport: Transport,
        /// Which.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// No address at all.
    #[error("no address to listen on: name at least one")]
    Nowhere,
    /// TLS without a certificate.
    #[error("TLS is to be listened on, but there is no certificate: name `certificate` and `key`")]
    NoCertificate,
    /// The sockets need a running runtime.
    #[error("the sockets were asked for outside of the tokio runtime: bind them inside of it")]
    NoRuntime,
}
