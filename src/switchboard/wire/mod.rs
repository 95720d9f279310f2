//! The sockets under the SIP machine: datagrams and streams in, messages up; messages down, bytes out. The other end is hostile.
//!
//! ```text
//! socket -> Inbound::Message -> Stack::receive        Output::Send -> Wire::send -> socket
//!           Inbound::Closed  -> Stack::flow_closed
//!           Inbound::SendFailed -> Stack::send_failed
//! ```
//!
//! Nothing here waits for the loop except the reading of streams, and the loop waits for nothing here. What is limited, and
//! what happens at the limit, stands beside each constant and setting.

mod budget;
mod connection;
mod counts;
mod datagrams;
mod locals;
mod sockets;
mod streams;
mod table;
mod tell;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sip::{Flow, Transport};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use budget::Budget;
use counts::Counters;
pub use counts::Counts;
use datagrams::Datagrams;
use locals::Locals;
use table::Table;
use tell::Tell;

/// Bytes of begun messages that all connections together may hold. When full: the connection that brings more is closed.
const MOST_HALVES: usize = 16 << 20;
/// Bytes that may wait for all connections together. When full: the connection that more is for is closed.
const MOST_WAITING: usize = 64 << 20;

/// Where to listen, and how much patience and memory a far end gets.
#[derive(Clone, Debug)]
pub struct WireSettings {
    /// Addresses for UDP; port 0 takes a free one. An IPv6 address takes IPv6 only, also `[::]`.
    pub udp: Vec<SocketAddr>,
    /// Addresses for TCP.
    pub tcp: Vec<SocketAddr>,
    /// Most connections that others opened. When full: further ones are reset.
    pub most_connections: usize,
    /// Most of these from one address, for IPv6 from one /64. When full: further ones are reset. Phones behind one NAT
    /// count as one source.
    pub most_per_source: usize,
    /// How long a connection may bring neither message nor keep-alive (RFC 5626 section 4.4.1 lets phones ask every two
    /// minutes). Then it is closed.
    pub idle: Duration,
    /// How long a begun message, and the first one of a connection that another opened, may take until it is whole. Then the
    /// connection is closed.
    pub half_message: Duration,
    /// How long a message of ours may wait for a far end that does not read. Then the connection is closed.
    pub unread: Duration,
    /// How long a far end may take to accept a connection of ours. Then sending has failed.
    pub connect: Duration,
}

impl Default for WireSettings {
    fn default() -> Self {
        Self {
            udp: Vec::new(),
            tcp: Vec::new(),
            most_connections: 4_096,
            most_per_source: 64,
            idle: Duration::from_secs(32 * 60),
            half_message: Duration::from_secs(10),
            unread: Duration::from_secs(10),
            connect: Duration::from_secs(4),
        }
    }
}

/// Why there is no wire.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// An address can't be listened on.
    #[error("can't listen on {address} over {}: {source}; free that port, or name an address of this machine", .transport.as_str())]
    Bind {
        /// UDP or TCP.
        transport: Transport,
        /// Which.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// No address at all.
    #[error("no address to listen on: name at least one for UDP or TCP")]
    Nowhere,
    /// The sockets need a running runtime.
    #[error("the sockets were asked for outside of the tokio runtime: bind them inside of it")]
    NoRuntime,
}

/// What the sockets tell the loop.
pub enum Inbound {
    /// A datagram, or one message cut out of a stream: for [`sip::Stack::receive`].
    Message {
        /// The way it came and its answer goes.
        flow: Flow,
        /// The message.
        bytes: Vec<u8>,
    },
    /// A connection that messages came over is gone: for [`sip::Stack::flow_closed`].
    Closed {
        /// Its number.
        id: u64,
    },
    /// What was given to [`Wire::send`] for this way was not sent, or nobody will answer it: for [`sip::Stack::send_failed`].
    SendFailed(Flow),
}

impl fmt::Debug for Inbound {
    /// Sizes and addresses: messages hold numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message { flow, bytes } => write!(f, "Message({flow:?}, {} bytes)", bytes.len()),
            Self::Closed { id } => write!(f, "Closed({id})"),
            Self::SendFailed(flow) => write!(f, "SendFailed({flow:?})"),
        }
    }
}

/// What all tasks of one wire share.
struct Shared {
    settings: WireSettings,
    tell: Tell,
    counters: Counters,
    table: Table,
    locals: Locals,
    halves: Arc<Budget>,
    end: CancellationToken,
}

/// The sockets. Dropping it ends all tasks and closes all sockets; [`Wire::stop`] also waits for that.
pub struct Wire {
    shared: Arc<Shared>,
    udp: Vec<Datagrams>,
    udp_addresses: Vec<SocketAddr>,
    tcp_addresses: Vec<SocketAddr>,
    runtime: Handle,
    tasks: TaskTracker,
}

impl Wire {
    /// Binds all addresses and begins to tell. The capacity of `tell` is how many messages may wait for the loop: when it
    /// is full, datagrams are lost as on the way, and streams are read no further. Streams leave a quarter of it to
    /// datagrams. When the loop drops its end, nothing is received any more.
    ///
    /// # Errors
    /// [`WireError`]; nothing stays bound then.
    pub fn bind(settings: WireSettings, tell: mpsc::Sender<Inbound>) -> Result<Self, WireError> {
        let runtime = Handle::try_current().map_err(|_| WireError::NoRuntime)?;
        if settings.udp.is_empty() && settings.tcp.is_empty() {
            return Err(WireError::Nowhere);
        }
        let refused = |transport: Transport, address: SocketAddr| {
            move |source: io::Error| WireError::Bind { transport, address, source }
        };
        let (mut sockets, mut listeners) = (Vec::new(), Vec::new());
        for address in &settings.udp {
            sockets.push(sockets::datagrams(*address).map_err(refused(Transport::Udp, *address))?);
        }
        for address in &settings.tcp {
            listeners.push(sockets::listener(*address).map_err(refused(Transport::Tcp, *address))?);
        }
        let (tell, failures) = Tell::new(tell);
        let end = CancellationToken::new();
        let shared = Arc::new(Shared {
            table: Table::new(&settings, end.clone()),
            settings,
            tell,
            counters: Counters::default(),
            locals: Locals::default(),
            halves: Budget::new(MOST_HALVES),
            end,
        });
        let tasks = TaskTracker::new();
        tasks.spawn(tell::courier(shared.clone(), failures));
        let tcp_addresses = listeners.iter().map(|(_, local)| *local).collect();
        for (listener, _) in listeners {
            tasks.spawn(streams::accept(shared.clone(), tasks.clone(), listener));
        }
        let udp_addresses = sockets.iter().map(|(_, out)| out.local).collect();
        let mut udp = Vec::new();
        for (socket, out) in sockets {
            tasks.spawn(datagrams::receive(shared.clone(), socket, out.local));
            udp.push(out);
        }
        Ok(Self { shared, udp, udp_addresses, tcp_addresses, runtime, tasks })
    }

    /// Where UDP is listened on, with the real ports, in the order of the settings.
    pub fn udp_addresses(&self) -> &[SocketAddr] {
        &self.udp_addresses
    }

    /// Where TCP is listened on, with the real ports, in the order of the settings.
    pub fn tcp_addresses(&self) -> &[SocketAddr] {
        &self.tcp_addresses
    }

    /// The way to somebody who was not heard yet: from the first listening address of that transport and address family. A
    /// wildcard address is replaced by the one that this machine uses towards `remote`, for Via and Contact. `None`: nothing
    /// of that kind is listened on.
    pub fn flow_to(&self, transport: Transport, remote: SocketAddr) -> Option<Flow> {
        let listening = match transport {
            Transport::Udp => &self.udp_addresses,
            Transport::Tcp => &self.tcp_addresses,
            Transport::Tls | Transport::Ws | Transport::Wss => return None,
        };
        let bound = listening.iter().find(|a| a.is_ipv4() == remote.is_ipv4())?;
        let local = self.shared.locals.towards(*bound, remote);
        Some(Flow::new(transport, local, remote, 0))
    }

    /// Sends, and never waits. UDP goes out of the socket that `flow.local` names; when its buffer is full, the datagram is
    /// lost as on the way, and repeated by its transaction. TCP goes over connection `flow.id`, or, when that is 0, over a
    /// connection to `flow.remote` that stands, or a new one. Whatever can't be sent is told by [`Inbound::SendFailed`].
    pub fn send(&self, flow: &Flow, bytes: Vec<u8>) {
        match flow.transport {
            Transport::Udp => self.send_datagram(flow, &bytes),
            Transport::Tcp => streams::send(&self.shared, &self.runtime, &self.tasks, flow, bytes),
            Transport::Tls | Transport::Ws | Transport::Wss => self.shared.failed(flow),
        }
    }

    fn send_datagram(&self, flow: &Flow, bytes: &[u8]) {
        let sent = match datagrams::socket(&self.udp, flow.local) {
            Some(socket) => socket.send(&self.shared.counters, flow.remote, bytes),
            None => false,
        };
        if !sent {
            self.shared.failed(flow);
        }
    }

    /// Figures, for gauges.
    pub fn counts(&self) -> Counts {
        self.shared.counters.read(self.shared.table.len())
    }

    /// Ends all tasks and closes all sockets. What waits to be written on a connection whose far end reads still goes out.
    pub async fn stop(self) {
        let tasks = self.tasks.clone();
        drop(self);
        tasks.wait().await;
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.tasks.close();
        self.shared.end.cancel();
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wire(udp {:?}, tcp {:?})", self.udp_addresses, self.tcp_addresses)
    }
}

impl Shared {
    /// Tells that something was not sent.
    fn failed(&self, flow: &Flow) {
        if !self.tell.failed(flow.clone()) {
            self.counters.failures_untold.add();
        }
    }
}
