//! Packets in and out, without saying how: sockets in the house, arrays in tests.

use std::net::SocketAddr;

/// Which of a port's two sockets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Channel {
    /// The port itself.
    Rtp,
    /// The port above.
    Rtcp,
}

/// The ports of one media thread, by [`crate::Port::index`]. Neither call may wait.
pub trait Line {
    /// The next packet that waits: its length in `into` and where it came from.
    fn receive(&mut self, port: u32, channel: Channel, into: &mut [u8]) -> Option<(usize, SocketAddr)>;

    /// Sends; what can't be sent now is lost, as on the way.
    fn send(&mut self, port: u32, channel: Channel, to: SocketAddr, bytes: &[u8]);
}
