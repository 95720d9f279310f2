//! Packets in and out, without saying how: sockets in the house, arrays in tests.

use std::net::SocketAddr;
use std::time::Duration;

/// Which of a port's two sockets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Channel {
    /// The port itself.
    Rtp,
    /// The port above.
    Rtcp,
}

/// Takes a packet: who sent it, how long ago it came, and its bytes, which may be changed.
pub type Take<'a> = &'a mut dyn FnMut(SocketAddr, Duration, &mut [u8]);

/// The sockets of one media thread, by [`crate::Port::socket`]. Nothing here may wait.
pub trait Line {
    /// Hands over everything that waits at a socket, up to a bound, in the order in which it came.
    fn receive(&mut self, socket: u32, channel: Channel, take: Take<'_>);

    /// Sends, at the latest with [`Line::flush`]; what can't be sent is lost, as on the way.
    fn send(&mut self, socket: u32, channel: Channel, to: SocketAddr, bytes: &[u8]);

    /// Everything that was sent leaves.
    fn flush(&mut self);
}
