//! The connections that stand: by number, by far end, and counted by source.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sip::{Flow, Transport};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::budget::{Budget, Share};
use super::cutter::Dress;
use super::{MOST_WAITING, WireSettings, numbers_of};

/// Messages that wait to be written on one connection. When full: the connection is closed, because a far end that does not
/// read gets no more memory.
const QUEUE: usize = 512;
/// Bytes that wait on one connection. When full: the same.
const QUEUE_BYTES: usize = 512 << 10;
/// Most connections that we opened. When full: sending over a new one has failed.
const MOST_OPENED: usize = 1_024;
/// Ways without number whose messages went over one connection, to be told when it is gone. When full: the transactions of
/// further ones time out. There is one for each address of ours.
const MOST_ASKED: usize = 8;

/// One message that waits to be written, and the memory that it holds.
#[derive(Debug)]
pub(super) struct Parcel {
    pub bytes: Vec<u8>,
    _shares: [Share; 2],
}

/// What became of a message for a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sent {
    /// It waits to be written.
    Queued,
    /// The far end does not read; the connection is being closed.
    Full,
    /// There is no such connection.
    Gone,
}

/// The way over which a message without connection number goes.
#[derive(Debug)]
pub(super) enum Way {
    /// Over a connection that stands.
    Standing(Sent),
    /// Over a new one, in whose queue it waits.
    New(Place),
    /// There are too many already.
    None,
}

/// Why a connection of another is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refused {
    /// Too many.
    Full,
    /// Too many from this source.
    Source,
}

/// What the task of a connection gets: its number, what it is to write, and when it is to close at once.
#[derive(Debug)]
pub(super) struct Place {
    pub id: u64,
    pub waiting: mpsc::Receiver<Parcel>,
    pub cut: CancellationToken,
    /// How messages are wrapped on it.
    pub dress: Dress,
    /// Another connection, which had not brought a whole message yet, was closed for it.
    pub pushed: bool,
}

/// To whom a connection leads: two names at one address are two, as each proves itself.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct FarEnd {
    transport: Transport,
    remote: SocketAddr,
    name: Option<Arc<str>>,
}

impl FarEnd {
    fn of(flow: &Flow) -> Self {
        Self { transport: flow.transport, remote: flow.remote, name: flow.name.clone() }
    }
}

#[derive(Debug)]
struct Entry {
    far: FarEnd,
    /// Who is charged for it; `None` when we opened it.
    source: Option<IpAddr>,
    /// `None` once nothing more is taken.
    queue: Option<mpsc::Sender<Parcel>>,
    bytes: Arc<Budget>,
    /// After the next message nothing more is taken.
    last: bool,
    asked: Vec<Flow>,
    cut: CancellationToken,
    dress: Dress,
}

#[derive(Default, Debug)]
struct Inner {
    last: u64,
    open: HashMap<u64, Entry>,
    by_far_end: HashMap<FarEnd, u64>,
    /// Connections of others without a whole message yet, the oldest first.
    mute: BTreeSet<u64>,
    sources: HashMap<IpAddr, usize>,
    opened: usize,
}

#[derive(Debug)]
pub(super) struct Table {
    inner: Mutex<Inner>,
    waiting: Arc<Budget>,
    most: usize,
    most_per_source: usize,
    most_half_open: usize,
    end: CancellationToken,
}

impl Table {
    pub fn new(settings: &WireSettings, end: CancellationToken) -> Self {
        let (most, most_per_source) = (settings.most_connections, settings.most_per_source);
        let waiting = Budget::new(MOST_WAITING);
        let most_half_open = settings.most_half_open;
        let inner = Inner { last: numbers_of(settings.generation), ..Inner::default() };
        Self { inner: Mutex::new(inner), waiting, most, most_per_source, most_half_open, end }
    }

    /// How many stand or are being opened.
    pub fn len(&self) -> usize {
        self.inner().open.len()
    }

    /// Takes a connection that another opened. When too many have brought nothing yet, the one that had the longest time for
    /// it goes.
    pub fn enter(&self, transport: Transport, remote: SocketAddr) -> Result<Place, Refused> {
        let mut inner = self.inner();
        if inner.open.len().saturating_sub(inner.opened) >= self.most {
            return Err(Refused::Full);
        }
        let source = source(remote.ip());
        let held = inner.sources.entry(source).or_default();
        if *held >= self.most_per_source {
            return Err(Refused::Source);
        }
        *held = held.saturating_add(1);
        let oldest = (inner.mute.len() >= self.most_half_open).then(|| inner.mute.pop_first()).flatten();
        if let Some(entry) = oldest.and_then(|id| inner.open.get(&id)) {
            entry.cut.cancel();
        }
        let far = FarEnd { transport, remote, name: None };
        let mut place = inner.add(far, Some(source), self.end.child_token());
        place.pushed = oldest.is_some();
        inner.mute.insert(place.id);
        Ok(place)
    }

    /// A connection that another opened has brought its first message.
    pub fn spoke(&self, id: u64) {
        self.inner().mute.remove(&id);
    }

    /// Puts a message into the queue of a connection.
    pub fn write(&self, id: u64, bytes: Vec<u8>) -> Sent {
        self.inner().open.get_mut(&id).map_or(Sent::Gone, |entry| entry.write(&self.waiting, bytes))
    }

    /// Puts bytes that are no message, if there are any, into the queue of a connection as they are.
    pub fn write_bare(&self, id: u64, bytes: Vec<u8>) {
        if !bytes.is_empty()
            && let Some(entry) = self.inner().open.get_mut(&id)
        {
            entry.queue(&self.waiting, bytes);
        }
    }

    /// Puts a message without connection number into the queue of a connection to that far end.
    pub fn write_to(&self, flow: &Flow, bytes: Vec<u8>) -> Way {
        let mut inner = self.inner();
        let far = FarEnd::of(flow);
        let standing = inner.by_far_end.get(&far).copied();
        if let Some(entry) = standing.and_then(|id| inner.open.get_mut(&id)) {
            entry.remember(flow);
            return Way::Standing(entry.write(&self.waiting, bytes));
        }
        if inner.opened >= MOST_OPENED {
            return Way::None;
        }
        inner.opened = inner.opened.saturating_add(1);
        let place = inner.add(far, None, self.end.child_token());
        if let Some(entry) = inner.open.get_mut(&place.id) {
            entry.remember(flow);
            if entry.write(&self.waiting, bytes) != Sent::Queued {
                // Not even one message: the connection is not opened at all, and its end tells so.
                entry.cut.cancel();
            }
        }
        Way::New(place)
    }

    /// One more message may be written, then the connection's task ends.
    pub fn last_word(&self, id: u64) {
        let mut inner = self.inner();
        inner.hide(id);
        if let Some(entry) = inner.open.get_mut(&id) {
            entry.last = true;
        }
    }

    /// Nothing more is taken for this connection; what waits is still written.
    pub fn shut(&self, id: u64) {
        let mut inner = self.inner();
        inner.hide(id);
        if let Some(entry) = inner.open.get_mut(&id) {
            entry.queue = None;
        }
    }

    /// Forgets a connection; the ways without number whose messages went over it.
    pub fn remove(&self, id: u64) -> Vec<Flow> {
        let mut inner = self.inner();
        inner.hide(id);
        inner.mute.remove(&id);
        let Some(entry) = inner.open.remove(&id) else { return Vec::new() };
        match entry.source {
            None => inner.opened = inner.opened.saturating_sub(1),
            Some(source) => {
                if let Some(held) = inner.sources.get_mut(&source) {
                    *held = held.saturating_sub(1);
                    if *held == 0 {
                        inner.sources.remove(&source);
                    }
                }
            }
        }
        entry.asked
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn add(&mut self, far: FarEnd, source: Option<IpAddr>, cut: CancellationToken) -> Place {
        self.last = self.last.saturating_add(1);
        let id = self.last;
        let (queue, waiting) = mpsc::channel(QUEUE);
        let (queue, bytes) = (Some(queue), Budget::new(QUEUE_BYTES));
        let dress = match far.transport {
            Transport::Udp | Transport::Tcp | Transport::Tls => Dress::Plain,
            Transport::Ws | Transport::Wss => Dress::Web,
        };
        // Who called us over TLS has not proven to be whom we would have called; over its own number it is reached.
        if source.is_none() || !far.transport.secure() {
            self.by_far_end.insert(far.clone(), id);
        }
        let (asked, own) = (Vec::new(), cut.clone());
        self.open.insert(id, Entry { far, source, queue, bytes, last: false, asked, cut: own, dress });
        Place { id, waiting, cut, dress, pushed: false }
    }

    /// No message without connection number goes over this one any more.
    fn hide(&mut self, id: u64) {
        if let Some(entry) = self.open.get(&id)
            && self.by_far_end.get(&entry.far) == Some(&id)
        {
            self.by_far_end.remove(&entry.far);
        }
    }
}

impl Entry {
    fn write(&mut self, all: &Arc<Budget>, message: Vec<u8>) -> Sent {
        self.queue(all, self.dress.put_on(message))
    }

    fn queue(&mut self, all: &Arc<Budget>, bytes: Vec<u8>) -> Sent {
        let Some(queue) = &self.queue else { return Sent::Gone };
        let shares = self.bytes.take(bytes.len()).zip(all.take(bytes.len()));
        let queued = shares
            .is_some_and(|(own, whole)| queue.try_send(Parcel { bytes, _shares: [own, whole] }).is_ok());
        if !queued {
            self.queue = None;
            self.cut.cancel();
            return Sent::Full;
        }
        if self.last {
            self.queue = None;
        }
        Sent::Queued
    }

    fn remember(&mut self, flow: &Flow) {
        if self.asked.len() < MOST_ASKED && !self.asked.contains(flow) {
            self.asked.push(flow.clone());
        }
    }
}

/// Who is charged for a connection: an IPv4 address, or the /64 that one IPv6 host can fill with addresses.
fn source(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}
