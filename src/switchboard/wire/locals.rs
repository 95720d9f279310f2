//! Our own address as a far end sees it, where a socket is bound to a wildcard address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Far ends whose answer is remembered. When full: all are forgotten, and asked for again one by one.
const MOST_KNOWN: usize = 1_024;
/// How long an answer holds: routes change.
const HOLDS: Duration = Duration::from_secs(60);
/// The discard port: nothing is sent there, the system only chooses a route.
const ANY_PORT: u16 = 9;

/// Which address of ours is used towards whom.
#[derive(Default, Debug)]
pub(super) struct Locals {
    known: Mutex<HashMap<IpAddr, (IpAddr, Instant)>>,
}

impl Locals {
    /// The bound address as it is, or the one that the system uses towards `remote` in place of a wildcard.
    pub fn towards(&self, bound: SocketAddr, remote: SocketAddr) -> SocketAddr {
        if !bound.ip().is_unspecified() {
            return bound;
        }
        let ip = self.known(remote.ip()).unwrap_or_else(|| {
            let ip = ask(remote).unwrap_or(bound.ip());
            self.remember(remote.ip(), ip);
            ip
        });
        SocketAddr::new(ip, bound.port())
    }

    fn known(&self, remote: IpAddr) -> Option<IpAddr> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&remote).filter(|(_, since)| since.elapsed() < HOLDS).map(|(ip, _)| *ip)
    }

    fn remember(&self, remote: IpAddr, local: IpAddr) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(remote, (local, Instant::now()));
    }
}

/// Connecting a datagram socket sends nothing, but makes the system choose the address.
fn ask(mut remote: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr =
        if remote.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    remote.set_port(ANY_PORT);
    socket.connect(remote).ok()?;
    Some(socket.local_addr().ok()?.ip())
}
