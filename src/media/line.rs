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

/// The sockets of one media thread, by [`crate::Port::socket`]. Nothing here may wait.
pub trait Line {
    /// Hands over everything that waits at a socket, up to a bound: who sent it, and its bytes, which may be changed.
    fn receive(&mut self, socket: u32, channel: Channel, take: &mut dyn FnMut(SocketAddr, &mut [u8]));

    /// Sends, at the latest with [`Line::flush`]; what can't be sent is lost, as on the way.
    fn send(&mut self, socket: u32, channel: Channel, to: SocketAddr, bytes: &[u8]);

    /// Everything that was sent leaves.
    fn flush(&mut self);
}
