//! HEP version 3, as Homer takes it: chunks of vendor 0 over UDP, one packet a message.
//!
//! <https://github.com/sipcapture/HEP/blob/master/docs/HEP3Network_v3.pdf>

use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::time::{Duration, Instant};

use crate::message::Traced;

/// Payloads longer than this are cut: a datagram holds no more.
const MOST: usize = 65_000;
/// How long a server whose name is not found, or that can't be reached, is left in peace.
const REST: Duration = Duration::from_secs(30);
/// Chunk type of SIP.
const SIP: u8 = 1;

/// Where messages are sent, and as whom.
#[derive(Clone, PartialEq, Eq)]
pub struct Homer {
    /// `host:port`.
    pub server: String,
    /// Number of this capture agent.
    pub id: u32,
    /// The password that Homer asks for (chunk 14); empty: none.
    pub password: String,
}

impl fmt::Debug for Homer {
    /// Not the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Homer({}, {})", self.server, self.id)
    }
}

/// The packet of a message. The correlation id is its Call-ID.
pub fn packet(message: &Traced, homer: &Homer) -> Vec<u8> {
    let (from, to) = (message.source(), message.destination());
    let mut out = b"HEP3\0\0".to_vec();
    let four = from.is_ipv4() && to.is_ipv4();
    chunk(&mut out, 0x01, &[if four { 2 } else { 10 }]);
    // As the IP header would say it; what is encrypted or framed on its way rides on TCP.
    chunk(&mut out, 0x02, &[if message.transport.reliable() { 6 } else { 17 }]);
    for (kind, address) in [(0x03, from), (0x04, to)] {
        match address.ip() {
            IpAddr::V4(v4) if four => chunk(&mut out, kind, &v4.octets()),
            IpAddr::V4(v4) => chunk(&mut out, kind + 2, &v4.to_ipv6_mapped().octets()),
            IpAddr::V6(v6) => chunk(&mut out, kind + 2, &v6.octets()),
        }
    }
    chunk(&mut out, 0x07, &from.port().to_be_bytes());
    chunk(&mut out, 0x08, &to.port().to_be_bytes());
    let low = |value: i64| u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes();
    chunk(&mut out, 0x09, &low(message.at_us.div_euclid(1_000_000)));
    chunk(&mut out, 0x0a, &low(message.at_us.rem_euclid(1_000_000)));
    chunk(&mut out, 0x0b, &[SIP]);
    chunk(&mut out, 0x0c, &homer.id.to_be_bytes());
    if !homer.password.is_empty() {
        chunk(&mut out, 0x0e, homer.password.as_bytes());
    }
    let call_id = message.call_id().unwrap_or_default();
    // Payload and correlation id share a datagram.
    let room = MOST.saturating_sub(out.len() + call_id.len());
    chunk(&mut out, 0x0f, message.bytes.get(..room).unwrap_or(&message.bytes));
    if !call_id.is_empty() {
        chunk(&mut out, 0x11, call_id.as_bytes());
    }
    let length = u16::try_from(out.len()).unwrap_or(u16::MAX).to_be_bytes();
    out.splice(4..6, length);
    out
}

/// Vendor 0, type, length with its own six bytes, value.
fn chunk(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&u16::try_from(value.len() + 6).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(value);
}

/// The sending end.
pub(crate) struct Sender {
    homer: Homer,
    socket: Option<(UdpSocket, SocketAddr)>,
    rest: Option<Instant>,
}

impl Sender {
    pub fn new(homer: Homer) -> Self {
        Self { homer, socket: None, rest: None }
    }

    /// Sends or loses, and never waits but for the name look-up of the server; `false`: it was not sent.
    pub fn send(&mut self, message: &Traced) -> bool {
        if self.rest.is_some_and(|until| Instant::now() < until) {
            return false;
        }
        if self.socket.is_none() {
            self.socket = self.open();
        }
        let packet = packet(message, &self.homer);
        let sent = match &self.socket {
            Some((socket, server)) => socket.send_to(&packet, server).is_ok(),
            None => false,
        };
        if !sent {
            (self.socket, self.rest) = (None, Some(Instant::now() + REST));
        }
        sent
    }

    fn open(&self) -> Option<(UdpSocket, SocketAddr)> {
        let server = self.homer.server.to_socket_addrs().ok()?.next()?;
        let any: SocketAddr =
            if server.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
        let socket = UdpSocket::bind(any).ok()?;
        socket.set_nonblocking(true).ok()?;
        Some((socket, server))
    }
}
