//! The sockets of SIP: one UDP socket, or a TCP listener and its connections.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sip::framing::{Frame, Framer};
use sip::{Flow, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::handset::Handset;

/// Largest datagram.
const MOST_BYTES: usize = 65_535;
/// Messages that wait for a connection. When full: the request fails as if the connection were broken.
const QUEUE: usize = 64;
/// Most connections at once. When full: further ones are closed.
const MOST_CONNECTIONS: usize = 256;

/// How a phone sends.
pub(crate) enum Wire {
    /// The same socket twice: a plain one sends at once from any thread, the other waits for what comes.
    Udp {
        out: std::net::UdpSocket,
        local: SocketAddr,
    },
    Tcp(Streams),
}

/// Connections by number.
pub(crate) struct Streams {
    local: SocketAddr,
    runtime: Handle,
    last: AtomicU64,
    open: Mutex<HashMap<u64, Stream>>,
}

struct Stream {
    remote: SocketAddr,
    queue: mpsc::Sender<Vec<u8>>,
}

/// What waits for messages.
pub(crate) enum Source {
    Udp(UdpSocket),
    Tcp(TcpListener),
}

impl Wire {
    /// Binds a free port.
    pub fn bind(ip: IpAddr, transport: Transport) -> io::Result<(Self, Source)> {
        match transport {
            Transport::Udp => {
                let out = std::net::UdpSocket::bind((ip, 0))?;
                out.set_nonblocking(true)?;
                let (local, source) = (out.local_addr()?, UdpSocket::from_std(out.try_clone()?)?);
                Ok((Self::Udp { out, local }, Source::Udp(source)))
            }
            Transport::Tls | Transport::Ws | Transport::Wss => {
                Err(io::Error::new(io::ErrorKind::Unsupported, "this phone speaks UDP and TCP"))
            }
            Transport::Tcp => {
                let listener = std::net::TcpListener::bind((ip, 0))?;
                listener.set_nonblocking(true)?;
                let local = listener.local_addr()?;
                let (runtime, open) = (Handle::current(), Mutex::default());
                let streams = Streams { local, runtime, last: AtomicU64::new(0), open };
                Ok((Self::Tcp(streams), Source::Tcp(TcpListener::from_std(listener)?)))
            }
        }
    }

    /// Where the phone is reached.
    pub fn local(&self) -> SocketAddr {
        match self {
            Self::Udp { local, .. } => *local,
            Self::Tcp(streams) => streams.local,
        }
    }

    /// The way to somebody.
    pub fn flow(&self, remote: SocketAddr) -> Flow {
        match self {
            Self::Udp { local, .. } => Flow::udp(*local, remote),
            Self::Tcp(streams) => streams.flow(remote, 0),
        }
    }

    /// Sends, or queues for a connection; `false` when that is impossible.
    pub fn send(&self, handset: &Arc<Handset>, flow: &Flow, bytes: Vec<u8>) -> bool {
        match self {
            Self::Udp { out, .. } => match out.send_to(&bytes, flow.remote) {
                Ok(_) => true,
                // A full socket loses the datagram as the wire might; it is repeated.
                Err(error) => error.kind() == io::ErrorKind::WouldBlock,
            },
            Self::Tcp(streams) => streams.send(handset, flow, bytes),
        }
    }
}

impl Streams {
    fn flow(&self, remote: SocketAddr, id: u64) -> Flow {
        Flow::new(Transport::Tcp, self.local, remote, id)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Stream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a connection; its number and what is to be written on it.
    fn enter(
        &self,
        open: &mut HashMap<u64, Stream>,
        remote: SocketAddr,
    ) -> Option<(u64, mpsc::Receiver<Vec<u8>>)> {
        if open.len() >= MOST_CONNECTIONS {
            return None;
        }
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let (queue, waiting) = mpsc::channel(QUEUE);
        open.insert(id, Stream { remote, queue });
        Some((id, waiting))
    }

    fn send(&self, handset: &Arc<Handset>, flow: &Flow, bytes: Vec<u8>) -> bool {
        let mut open = self.open();
        let stream = open.get(&flow.id).or_else(|| open.values().find(|s| s.remote == flow.remote));
        if let Some(stream) = stream {
            return stream.queue.try_send(bytes).is_ok();
        }
        let remote = flow.remote;
        let Some((id, waiting)) = self.enter(&mut open, remote) else { return false };
        let sent = open.get(&id).is_some_and(|s| s.queue.try_send(bytes).is_ok());
        let (handset, ip) = (handset.clone(), self.local.ip());
        self.runtime.spawn(async move {
            let stream = connect(ip, remote).await;
            match stream {
                Ok(stream) => converse(&handset, id, remote, stream, waiting).await,
                Err(error) => tracing::debug!(%error, "no connection"),
            }
            handset.gone(id, remote);
        });
        sent
    }
}

impl Handset {
    /// A connection is closed: what waits on it fails.
    fn gone(self: &Arc<Self>, id: u64, remote: SocketAddr) {
        let Wire::Tcp(streams) = &self.wire else { return };
        streams.open().remove(&id);
        self.act(|inner, now| {
            inner.stack.flow_closed(now, id);
            // What went out before the connection had a number.
            inner.stack.send_failed(now, &streams.flow(remote, 0));
        });
    }

    /// Takes what comes until the phone is closed.
    pub async fn listen(self: Arc<Self>, source: Source) {
        let cancel = self.cancel.clone();
        let work = async {
            match source {
                Source::Udp(socket) => self.datagrams(&socket).await,
                Source::Tcp(listener) => self.connections(&listener).await,
            }
        };
        tokio::select! {
            () = work => {}
            () = cancel.cancelled() => {}
        }
    }

    async fn datagrams(self: &Arc<Self>, socket: &UdpSocket) {
        let mut buffer = vec![0; MOST_BYTES];
        loop {
            // An error here is an ICMP message about something sent before: the timers know better.
            let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
            let flow = self.wire.flow(from);
            let bytes = buffer.get(..length).unwrap_or_default();
            self.act(|inner, now| inner.stack.receive(now, &flow, bytes));
        }
    }

    async fn connections(self: &Arc<Self>, listener: &TcpListener) {
        let Wire::Tcp(streams) = &self.wire else { return };
        while let Ok((stream, remote)) = listener.accept().await {
            let Some((id, waiting)) = streams.enter(&mut streams.open(), remote) else { continue };
            let handset = self.clone();
            tokio::spawn(async move {
                converse(&handset, id, remote, stream, waiting).await;
                handset.gone(id, remote);
            });
        }
    }
}

async fn connect(ip: IpAddr, remote: SocketAddr) -> io::Result<TcpStream> {
    let socket =
        if remote.is_ipv4() { tokio::net::TcpSocket::new_v4() } else { tokio::net::TcpSocket::new_v6() }?;
    socket.bind((ip, 0).into())?;
    socket.connect(remote).await
}

/// Reads and writes one connection until either end closes it.
async fn converse(
    handset: &Arc<Handset>,
    id: u64,
    remote: SocketAddr,
    stream: TcpStream,
    mut waiting: mpsc::Receiver<Vec<u8>>,
) {
    let Wire::Tcp(streams) = &handset.wire else { return };
    let flow = streams.flow(remote, id);
    let (mut from, mut to) = stream.into_split();
    let mut framer = Framer::default();
    let mut buffer = vec![0; 8_192];
    loop {
        tokio::select! {
            () = handset.cancel.cancelled() => return,
            read = from.read(&mut buffer) => {
                let Ok(length @ 1..) = read else { return };
                framer.push(buffer.get(..length).unwrap_or_default());
                loop {
                    match framer.cut() {
                        Ok(Some(Frame::Message(bytes))) => {
                            handset.act(|inner, now| inner.stack.receive(now, &flow, &bytes));
                        }
                        Ok(Some(Frame::Ping)) => {
                            if to.write_all(b"\r\n").await.is_err() {
                                return;
                            }
                        }
                        Ok(None) => break,
                        Err(_) => return,
                    }
                }
            }
            Some(bytes) = waiting.recv() => {
                if to.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        }
    }
}
