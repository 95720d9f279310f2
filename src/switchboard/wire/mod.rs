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
mod cutter;
mod datagrams;
mod door;
mod given;
mod locals;
mod settings;
mod sockets;
mod streams;
mod table;
mod tell;
#[cfg(test)]
mod tests;
pub mod tls;
mod web;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use sip::{Flow, Transport};
use tokio::net::{TcpListener, UdpSocket};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use budget::Budget;
use counts::Counters;
pub use counts::Counts;
use datagrams::Datagrams;
pub(crate) use door::MOST_FRIENDS;
pub use door::{Door, DoorSettings};
pub use given::{Given, life_of, numbers_of};
use given::{Hand, Kept};
use locals::Locals;
pub use settings::{WireError, WireSettings};
use table::Table;
use tell::Tell;
pub use web::Origins;

/// Bytes of begun messages that all connections together may hold. When full: the connection that brings more is closed.
const MOST_HALVES: usize = 16 << 20;
/// Bytes that may wait for all connections together. When full: the connection that more is for is closed.
const MOST_WAITING: usize = 64 << 20;

/// What the sockets tell the loop.
pub enum Inbound {
    /// A datagram, or one message cut out of a stream: for [`sip::Stack::receive`].
    Message {
        /// The way it came and its answer goes.
        flow: Flow,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Over TLS, the names that a connection's far end has proven to have, before its first message: for
    /// [`sip::Stack::connected`].
    Connected {
        /// The connection's number.
        id: u64,
        /// Domains, in lower case.
        names: Vec<String>,
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
            Self::Connected { id, names } => write!(f, "Connected({id}, {names:?})"),
            Self::Closed { id } => write!(f, "Closed({id})"),
            Self::SendFailed(flow) => write!(f, "SendFailed({flow:?})"),
        }
    }
}

/// Our address as this far end sees it: bound address, far end, address of ours.
pub type Near = Arc<dyn Fn(SocketAddr, SocketAddr) -> SocketAddr + Send + Sync>;

/// What all tasks of one wire share.
struct Shared {
    settings: WireSettings,
    tell: Tell,
    counters: Counters,
    table: Table,
    locals: Locals,
    halves: Arc<Budget>,
    door: Arc<Door>,
    /// Nothing new is heard: who has the sockets now hears it.
    silent: Mutex<CancellationToken>,
    end: CancellationToken,
}

/// The sockets. Dropping it ends all tasks and closes all sockets; [`Wire::stop`] also waits for that.
pub struct Wire {
    shared: Arc<Shared>,
    udp: Vec<Datagrams>,
    /// The listening sockets once more, to be given away.
    kept: Vec<Kept>,
    addresses: Vec<(Transport, SocketAddr)>,
    runtime: Handle,
    tasks: TaskTracker,
    /// Those of them that hear what is new.
    ears: TaskTracker,
}

impl Wire {
    /// Binds all addresses and begins to tell. The capacity of `tell` is how many messages may wait for the loop: when it
    /// is full, datagrams are lost as on the way, and streams are read no further. Streams leave a quarter of it to
    /// datagrams. When the loop drops its end, nothing is received any more.
    ///
    /// # Errors
    /// [`WireError`]; nothing stays bound then.
    pub fn bind(settings: WireSettings, tell: mpsc::Sender<Inbound>) -> Result<Self, WireError> {
        Self::bind_given(settings, Vec::new(), tell)
    }

    /// The same with sockets that another life of this house has bound: each takes the place of the one that the settings
    /// name; what they don't name is closed.
    ///
    /// # Errors
    /// [`WireError`]; nothing stays bound here then.
    pub fn bind_given(
        settings: WireSettings,
        given: Vec<Given>,
        tell: mpsc::Sender<Inbound>,
    ) -> Result<Self, WireError> {
        let runtime = Handle::try_current().map_err(|_| WireError::NoRuntime)?;
        settings.check()?;
        let refused = |transport: Transport, address: SocketAddr| {
            move |source: io::Error| WireError::Bind { transport, address, source }
        };
        let (mut udp, mut kept, mut given) = (Vec::new(), Vec::new(), Hand::new(given));
        for address in &settings.udp {
            let socket = sockets::datagrams(*address, given.take(Transport::Udp, *address));
            udp.push(socket.map_err(refused(Transport::Udp, *address))?);
        }
        for (transport, address) in settings.streams() {
            let listener = sockets::listener(address, given.take(transport, address));
            let (listener, at) = listener.map_err(refused(transport, address))?;
            kept.push(Kept { transport, at, listener });
        }
        let (tell, failures) = Tell::new(tell);
        let end = CancellationToken::new();
        let shared = Arc::new(Shared {
            table: Table::new(&settings, end.clone()),
            door: Arc::new(Door::new(settings.door.clone())),
            settings,
            tell,
            counters: Counters::default(),
            locals: Locals::default(),
            halves: Budget::new(MOST_HALVES),
            silent: Mutex::default(),
            end,
        });
        let (tasks, ears) = (TaskTracker::new(), TaskTracker::new());
        tasks.spawn(tell::courier(shared.clone(), failures));
        let datagrams = udp.iter().map(|out| (Transport::Udp, out.local));
        let addresses = datagrams.chain(kept.iter().map(|kept| (kept.transport, kept.at))).collect();
        let wire = Self { shared, udp, kept, addresses, runtime, tasks, ears };
        wire.listen()?;
        Ok(wire)
    }

    /// Hears what is new, from now on or again.
    ///
    /// # Errors
    /// [`WireError::Bind`]: the system gives no further descriptor.
    pub fn listen(&self) -> Result<(), WireError> {
        let failed = |transport, address| move |source| WireError::Bind { transport, address, source };
        let silent = CancellationToken::new();
        let _before = std::mem::replace(
            &mut *self.shared.silent.lock().unwrap_or_else(PoisonError::into_inner),
            silent.clone(),
        );
        for kept in &self.kept {
            let (transport, at) = (kept.transport, kept.at);
            let listener = kept.listener.try_clone().and_then(TcpListener::from_std);
            let listener = listener.map_err(failed(transport, at))?;
            let accept = streams::accept(self.shared.clone(), self.tasks.clone(), transport, listener);
            self.hear(&silent, accept);
        }
        for out in &self.udp {
            let socket = out.socket.try_clone().and_then(UdpSocket::from_std);
            let socket = socket.map_err(failed(Transport::Udp, out.local))?;
            self.hear(&silent, datagrams::receive(self.shared.clone(), socket, out.local));
        }
        Ok(())
    }

    fn hear(&self, silent: &CancellationToken, ear: impl Future<Output = ()> + Send + 'static) {
        let silent = silent.clone();
        self.ears.spawn_on(
            async move {
                let _ = silent.run_until_cancelled_owned(ear).await;
            },
            &self.runtime,
        );
    }

    /// Hears nothing new any more: datagrams and attempts to connect wait in the sockets, for whoever was given them.
    /// Connections that stand go on.
    pub async fn fall_silent(&self) {
        self.shared.silent.lock().unwrap_or_else(PoisonError::into_inner).cancel();
        self.ears.close();
        self.ears.wait().await;
        self.ears.reopen();
    }

    /// Copies of the sockets that hear what is new, for another life of this house.
    ///
    /// # Errors
    /// The system gives no further descriptor.
    pub fn copies(&self) -> io::Result<Vec<Given>> {
        let udp = self.udp.iter().map(|out| {
            let socket = out.socket.try_clone()?.into();
            Ok(Given { transport: Transport::Udp, at: out.local, socket })
        });
        udp.chain(self.kept.iter().map(Kept::copy)).collect()
    }

    /// Where this is listened on, with the real ports, in the order of the settings.
    pub fn over(&self, transport: Transport) -> Vec<SocketAddr> {
        self.addresses.iter().filter(|(by, _)| *by == transport).map(|(_, at)| *at).collect()
    }

    /// Where is listened on and over what, with the real ports, in the order of the settings.
    pub fn addresses(&self) -> &[(Transport, SocketAddr)] {
        &self.addresses
    }

    /// Which address of ours the far ends of a wildcard address see: for [`crate::contract::Setup::near`].
    pub fn near(&self) -> Near {
        let shared = self.shared.clone();
        Arc::new(move |bound, remote| shared.locals.towards(bound, remote))
    }

    /// The way to somebody who was not heard yet: from the first listening address of that transport and address family. A
    /// wildcard address is replaced by the one that this machine uses towards `remote`, for Via and Contact. `None`: nothing
    /// of that kind is listened on.
    pub fn flow_to(&self, transport: Transport, remote: SocketAddr) -> Option<Flow> {
        let fits = |(by, at): &&(Transport, SocketAddr)| *by == transport && at.is_ipv4() == remote.is_ipv4();
        let (_, bound) = self.addresses.iter().find(fits)?;
        let local = self.shared.locals.towards(*bound, remote);
        Some(Flow::new(transport, local, remote, 0))
    }

    /// Sends, and never waits. UDP goes out of the socket that `flow.local` names; when its buffer is full, the datagram is
    /// lost as on the way, and repeated by its transaction. All else goes over connection `flow.id`, or, when that is 0, over
    /// a connection to `flow.remote` (over TLS also to `flow.name`) that stands, or a new one; a WebSocket is opened by the
    /// far end alone (RFC 7118). Whatever can't be sent is told by [`Inbound::SendFailed`].
    pub fn send(&self, flow: &Flow, bytes: Vec<u8>) {
        match flow.transport {
            Transport::Udp => self.send_datagram(flow, &bytes),
            Transport::Ws | Transport::Wss if flow.id == 0 => self.shared.failed(flow),
            Transport::Tcp | Transport::Tls | Transport::Ws | Transport::Wss => {
                streams::send(&self.shared, &self.runtime, &self.tasks, flow, bytes);
            }
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

    /// Whom the sockets hear.
    pub fn door(&self) -> &Arc<Door> {
        &self.shared.door
    }

    /// Figures, for gauges.
    pub fn counts(&self) -> Counts {
        self.shared.counters.read(self.shared.table.len())
    }

    /// Ends all tasks and closes all sockets. What waits to be written on a connection whose far end reads still goes out.
    pub async fn stop(self) {
        let (tasks, ears) = (self.tasks.clone(), self.ears.clone());
        drop(self);
        tasks.wait().await;
        ears.wait().await;
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.tasks.close();
        self.ears.close();
        self.shared.end.cancel();
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wire({:?})", self.addresses)
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
