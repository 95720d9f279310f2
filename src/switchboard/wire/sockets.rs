//! Opens sockets with the options that a public server needs.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpSocket, TcpStream};

use super::datagrams::Datagrams;

/// Buffer of a UDP socket in either direction, bytes: a storm of some thousand messages waits here while the loop works. As
/// much of it as the system allows.
const BUFFER: usize = 4 << 20;
/// Connections that wait to be accepted. When full: the system drops the attempt, and the far end tries again.
const BACKLOG: i32 = 1_024;
/// When an idle connection is asked whether its far end is still there, and how often.
const PROBE: Duration = Duration::from_secs(60);
const PROBE_AGAIN: Duration = Duration::from_secs(15);
/// How long the far end's system may leave bytes unacknowledged until the connection counts as broken.
const LOST: Duration = Duration::from_secs(60);

/// A UDP socket bound to this address, or the one that was given for it.
pub(super) fn datagrams(address: SocketAddr, given: Option<OwnedFd>) -> io::Result<Datagrams> {
    let socket = match given {
        Some(given) => given.into(),
        None => {
            let socket = open(address, Type::DGRAM, Protocol::UDP)?;
            let _ = socket.set_recv_buffer_size(BUFFER);
            let _ = socket.set_send_buffer_size(BUFFER);
            socket.bind(&address.into())?;
            std::net::UdpSocket::from(socket)
        }
    };
    Ok(Datagrams { local: socket.local_addr()?, socket })
}

/// A TCP listener bound to this address, or the one that was given for it; and its real address.
pub(super) fn listener(
    address: SocketAddr,
    given: Option<OwnedFd>,
) -> io::Result<(std::net::TcpListener, SocketAddr)> {
    let listener = match given {
        Some(given) => given.into(),
        None => {
            let socket = open(address, Type::STREAM, Protocol::TCP)?;
            // A restart must not wait until the last connections of the former process are forgotten.
            socket.set_reuse_address(true)?;
            socket.bind(&address.into())?;
            socket.listen(BACKLOG)?;
            std::net::TcpListener::from(socket)
        }
    };
    let local = listener.local_addr()?;
    Ok((listener, local))
}

fn open(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        // IPv4 addresses in IPv6 clothes would pass by the networks of the settings.
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Opens a connection from this address of ours, any port.
pub(super) async fn connect(ip: IpAddr, remote: SocketAddr) -> io::Result<TcpStream> {
    let socket = if remote.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if !ip.is_unspecified() {
        socket.bind(SocketAddr::new(ip, 0))?;
    }
    socket.connect(remote).await
}

/// Small messages at once, and a far end that vanished is noticed.
pub(super) fn tune(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    // Best effort: without them the connection works, and the timers of SIP find out later.
    let _ = socket.set_tcp_nodelay(true);
    let _ = socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(PROBE).with_interval(PROBE_AGAIN));
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(LOST));
}
