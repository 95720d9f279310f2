//! One message as it is kept: when, which way, over what, between whom, and its bytes.

use std::fmt;
use std::net::SocketAddr;

use sip::{Flow, Transport};

/// Which way a message went, seen from the house.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// It came here.
    In,
    /// We sent it.
    Out,
}

/// One message.
#[derive(Clone, PartialEq, Eq)]
pub struct Traced {
    /// UTC, microseconds since 1970.
    pub at_us: i64,
    /// Which way.
    pub direction: Direction,
    /// Over what. What came over TLS or a WebSocket is kept as it was inside.
    pub transport: Transport,
    /// Our address.
    pub local: SocketAddr,
    /// The far end's.
    pub remote: SocketAddr,
    /// The message.
    pub bytes: Vec<u8>,
}

impl Traced {
    /// Of a way.
    pub fn new(at_us: i64, direction: Direction, flow: &Flow, bytes: &[u8]) -> Self {
        let Flow { transport, local, remote, .. } = *flow;
        Self { at_us, direction, transport, local, remote, bytes: bytes.to_vec() }
    }

    /// Who sent it.
    pub fn source(&self) -> SocketAddr {
        match self.direction {
            Direction::In => self.remote,
            Direction::Out => self.local,
        }
    }

    /// Who was to get it.
    pub fn destination(&self) -> SocketAddr {
        match self.direction {
            Direction::In => self.local,
            Direction::Out => self.remote,
        }
    }

    /// Its Call-ID, also of a message that is malformed elsewhere.
    pub fn call_id(&self) -> Option<&str> {
        crate::lines::call_id(&self.bytes)
    }
}

impl fmt::Debug for Traced {
    /// Sizes and addresses: messages hold numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at_us, direction, transport, local, remote, bytes } = self;
        write!(f, "{at_us} {direction:?} {transport:?} {local} {remote} {} bytes", bytes.len())
    }
}
