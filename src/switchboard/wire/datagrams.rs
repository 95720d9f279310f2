//! UDP: what comes goes to the loop or is lost, what goes is sent at once or is lost.

use std::io;
use std::net::{SocketAddr, UdpSocket as PlainSocket};
use std::sync::Arc;

use sip::Flow;
use tokio::net::UdpSocket;

use super::Shared;
use super::counts::Counters;
use super::door::Heard;
use super::tell::Told;

/// Datagrams that are taken in one go before other tasks have their turn.
const BATCH: usize = 64;

/// The sending end of a socket. It is a plain one, because that sends at once from any thread.
#[derive(Debug)]
pub(super) struct Datagrams {
    pub socket: PlainSocket,
    pub local: SocketAddr,
}

impl Datagrams {
    /// Sends or loses; `false` when it can never arrive.
    pub fn send(&self, counters: &Counters, remote: SocketAddr, bytes: &[u8]) -> bool {
        match self.socket.send_to(bytes, remote) {
            Ok(_) => counters.datagrams_out.add(),
            Err(error) if is_loss(&error) => counters.dropped_socket_full.add(),
            Err(error) => {
                tracing::debug!(%remote, %error, "a datagram can't be sent");
                return false;
            }
        }
        true
    }
}

/// The next try may succeed; a transaction makes it.
fn is_loss(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock
            | io::ErrorKind::Interrupted
            | io::ErrorKind::OutOfMemory
            | io::ErrorKind::ConnectionRefused
    )
}

/// The socket that this local address stands for: the one bound to it, or to the wildcard address with its port.
pub(super) fn socket(sockets: &[Datagrams], local: SocketAddr) -> Option<&Datagrams> {
    let same = |s: &&Datagrams| s.local.ip() == local.ip() && s.local.port() == local.port();
    let any = |s: &&Datagrams| {
        s.local.ip().is_unspecified()
            && s.local.is_ipv4() == local.is_ipv4()
            && s.local.port() == local.port()
    };
    sockets.iter().find(same).or_else(|| sockets.iter().find(any))
}

/// Takes what comes until the wire or the loop ends.
pub(super) async fn receive(shared: Arc<Shared>, socket: UdpSocket, bound: SocketAddr) {
    // One byte more than a message may have shows that there were more.
    let mut buffer = vec![0; sip::MOST_BYTES + 1];
    loop {
        tokio::select! {
            () = shared.end.cancelled() => return,
            ready = socket.readable() => if ready.is_err() { return },
        }
        for _ in 0..BATCH {
            let (length, remote) = match socket.try_recv_from(&mut buffer) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // What the network says about something sent before: the timers know better.
                Err(_) => continue,
            };
            let bytes = buffer.get(..length).unwrap_or_default();
            if shared.datagram(bound, remote, bytes) == Told::Gone {
                return;
            }
        }
        tokio::task::yield_now().await;
    }
}

impl Shared {
    fn datagram(&self, bound: SocketAddr, remote: SocketAddr, bytes: &[u8]) -> Told {
        if bytes.iter().all(|b| matches!(b, b'\r' | b'\n' | b' ' | 0)) {
            // RFC 5626 section 3.5.1 has answers over streams only; over UDP such datagrams keep a NAT's door open.
            self.counters.keep_alives.add();
            return Told::Yes;
        }
        if bytes.len() > sip::MOST_BYTES {
            self.counters.dropped_too_large.add();
            return Told::Yes;
        }
        match self.door.hears(remote.ip()) {
            Heard::Yes => {}
            Heard::TooMany => {
                self.counters.dropped_rate.add();
                return Told::Yes;
            }
            Heard::Shut => {
                self.counters.dropped_shut.add();
                return Told::Yes;
            }
        }
        let told = self.tell.datagram(|| {
            let flow = Flow::udp(self.locals.towards(bound, remote), remote);
            super::Inbound::Message { flow, bytes: bytes.to_vec() }
        });
        match told {
            Told::Yes => self.counters.datagrams_in.add(),
            Told::Full => self.counters.dropped_loop_full.add(),
            Told::Gone => {}
        }
        told
    }
}
