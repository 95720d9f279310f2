//! Ports for one test: a block that no other test takes, whichever process it runs in.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range from which the system gives ports by itself.
const FIRST: u16 = 12_000;
const BLOCKS: u16 = 75;
const SIZE: u16 = 256;
/// For the house's RTP.
const RTP: u16 = 160;

/// A block of ports. Its first port is held open over TCP as the sign that it is taken.
pub struct Ports {
    base: u16,
    next: AtomicU16,
    _taken: TcpListener,
}

impl Ports {
    /// The first block that is free, looked for from a place of this process's own.
    pub fn take() -> Self {
        let start = u16::try_from(std::process::id() % u32::from(BLOCKS)).unwrap();
        for n in 0..BLOCKS {
            let base = FIRST + (start + n) % BLOCKS * SIZE;
            let free = |port| UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
            if let Ok(taken) = TcpListener::bind((Ipv4Addr::LOCALHOST, base))
                && (base..base + SIZE).all(free)
            {
                return Self { base, next: AtomicU16::new(base + 2 + RTP), _taken: taken };
            }
        }
        panic!("all {BLOCKS} blocks of ports from {FIRST} on are taken");
    }

    /// First and last RTP port of the house.
    pub fn rtp(&self) -> (u16, u16) {
        (self.base + 2, self.base + 1 + RTP)
    }

    /// An even port that is free over UDP and TCP, and so are the three above it.
    pub fn four(&self) -> u16 {
        loop {
            let port = self.next.fetch_add(4, Ordering::Relaxed);
            assert!(port + 4 <= self.base + SIZE, "the block of ports is used up");
            let free = |port| {
                UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
                    && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
            };
            if (port..port + 4).all(free) {
                return port;
            }
        }
    }
}
