//! Ports without a socket: a leg's packets come and go by two bounded rings, and whoever holds their outer ends carries them.
//!
//! That is how the legs of browsers are in the rooms: the media threads see plain RTP (RTCP beside it, RFC 5761) and know
//! nothing of ICE and DTLS.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use rtrb::{Consumer, Producer, RingBuffer};
use tokio::sync::Notify;

use crate::ports::Port;

/// From where, and to where, all packets of such a port go: whoever carries them has looked who sent them.
pub const INSIDE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Bytes of one direction: 0.9 s of G.711. When full: the newest packet is lost, as on the way.
const ROOM: usize = 8 << 10;
/// Each packet is preceded by its length.
const LENGTH: usize = 2;
/// Longest packet.
const LONGEST: usize = 1_500;

/// The outer end of one port.
pub struct Outer {
    port: Port,
    inward: Producer<u8>,
    outward: Consumer<u8>,
}

impl fmt::Debug for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outer({:?})", self.port)
    }
}

impl Outer {
    /// The port whose packets these are.
    pub fn port(&self) -> Port {
        self.port
    }

    /// A packet for the leg; false when it is lost because the ring is full or the packet too long.
    pub fn push(&mut self, packet: &[u8]) -> bool {
        push(&mut self.inward, packet)
    }

    /// The next packet of the leg: its length in `into`. One that is longer is lost.
    pub fn pop(&mut self, into: &mut [u8]) -> Option<usize> {
        pop(&mut self.outward, into)
    }

    /// Throws away what the leg has sent: it belongs to one that is over.
    pub fn clear(&mut self) {
        clear(&mut self.outward);
    }
}

/// The media thread's end.
pub(crate) struct Inner {
    inward: Consumer<u8>,
    outward: Producer<u8>,
}

impl Inner {
    pub(crate) fn receive(&mut self, into: &mut [u8]) -> Option<usize> {
        pop(&mut self.inward, into)
    }

    pub(crate) fn send(&mut self, packet: &[u8]) -> bool {
        push(&mut self.outward, packet)
    }

    /// Throws away what was sent to the leg before.
    pub(crate) fn clear(&mut self) {
        clear(&mut self.inward);
    }
}

/// Both ends of a port's rings.
pub(crate) fn pair(port: Port) -> (Inner, Outer) {
    let (inward, theirs) = RingBuffer::new(ROOM);
    let (ours, outward) = RingBuffer::new(ROOM);
    (Inner { inward: theirs, outward: ours }, Outer { port, inward, outward })
}

/// The outer ends of all such ports, and what is told when one of them has something.
#[derive(Debug, Default)]
pub struct Rings {
    /// One a port.
    pub ends: Vec<Outer>,
    /// Told after each tick in which a leg without socket has sent something.
    pub stirred: Arc<Notify>,
}

fn push(ring: &mut Producer<u8>, packet: &[u8]) -> bool {
    let Some(length) = u16::try_from(packet.len()).ok().filter(|n| usize::from(*n) <= LONGEST) else {
        return false;
    };
    let Ok(mut chunk) = ring.write_chunk(LENGTH + packet.len()) else { return false };
    let (first, second) = chunk.as_mut_slices();
    let bytes = length.to_be_bytes().into_iter().chain(packet.iter().copied());
    first.iter_mut().chain(second).zip(bytes).for_each(|(place, byte)| *place = byte);
    chunk.commit_all();
    true
}

fn pop(ring: &mut Consumer<u8>, into: &mut [u8]) -> Option<usize> {
    let mut head = [0; LENGTH];
    loop {
        ring.pop_entire_slice(&mut head).ok()?;
        let length = usize::from(u16::from_be_bytes(head));
        let chunk = ring.read_chunk(length).ok()?;
        let fits = length <= into.len();
        if fits {
            let (first, second) = chunk.as_slices();
            let bytes = first.iter().chain(second);
            into.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
        }
        chunk.commit_all();
        if fits {
            return Some(length);
        }
    }
}

fn clear(ring: &mut Consumer<u8>) {
    let waiting = ring.slots();
    if let Ok(chunk) = ring.read_chunk(waiting) {
        chunk.commit_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_pass_whole_and_in_order_and_a_full_ring_loses_the_newest() {
        let (mut inner, mut outer) = pair(Port { thread: 0, index: 7, socket: 7, addr: INSIDE });
        let mut into = [0; 200];
        assert!(outer.push(b"one") && outer.push(b""));
        assert!(outer.push(&[3; 300]) && outer.push(b"four"));
        assert!(!outer.push(&[0; LONGEST + 1]), "longer than any packet");
        assert_eq!((inner.receive(&mut into), &into[..3]), (Some(3), &b"one"[..]));
        assert_eq!(inner.receive(&mut into), Some(0));
        assert_eq!((inner.receive(&mut into), &into[..4]), (Some(4), &b"four"[..]), "300 bytes did not fit");
        assert_eq!(inner.receive(&mut into), None);

        let sent = (0..1_000u16).take_while(|n| inner.send(&[n.to_be_bytes()[1]; 172])).count();
        assert_eq!(sent, ROOM / 174);
        for n in 0..sent {
            assert_eq!((outer.pop(&mut into), into[171]), (Some(172), n as u8));
        }
        assert_eq!(outer.pop(&mut into), None);
    }

    #[test]
    fn who_gets_a_port_next_hears_nothing_of_who_had_it() {
        let (mut inner, mut outer) = pair(Port { thread: 0, index: 7, socket: 7, addr: INSIDE });
        let mut into = [0; 200];
        assert!(outer.push(b"secret") && inner.send(b"secret"));
        inner.clear();
        outer.clear();
        assert_eq!((inner.receive(&mut into), outer.pop(&mut into)), (None, None));
    }
}
