//! The sockets of the media threads: how they are opened, and packets in and out by them in batches, or by rings.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::batch::{Inbox, Letter, MANY, Outbox, note_arrivals};
use crate::engine::{EngineError, Settings};
use crate::line::{Channel, Line, Take};
use crate::ports::Port;
use crate::rings::{INSIDE, Inner};

/// Asked of the kernel for each RTP socket, bytes: 2 s of sound of one leg; a shared one has as much as the kernel gives
/// without privilege (net.core.rmem_max is 208 KiB unless set), 300 ms of 32 legs.
const BUFFER: usize = 64 << 10;
const SHARED_BUFFER: usize = 1 << 20;
/// Calls of one socket in one turn; the rest waits for the next one, so that a flood on one port makes no other late.
const MOST_CALLS: usize = 4;
/// Packets that leave together. When full: they leave at once.
const LETTERS: usize = 512;
/// Of the legs that ports for one leg each would carry, so many can wait for their first packet at the same time when ports
/// are shared; fewer sockets make a quicker start.
const WAITING: usize = 4;
/// But this many in any case.
const FEWEST: usize = 64;

/// The two sockets of a port.
pub(crate) struct Pair {
    pub(crate) addr: SocketAddr,
    rtp: UdpSocket,
    rtcp: UdpSocket,
}

/// The sockets of a port that another process has opened.
#[derive(Debug)]
pub struct Given {
    /// The address of the RTP socket.
    pub addr: SocketAddr,
    /// RTP.
    pub rtp: UdpSocket,
    /// RTCP.
    pub rtcp: UdpSocket,
}

impl Pair {
    /// The same sockets for another process.
    ///
    /// # Errors
    /// The system gives no further descriptor.
    pub(crate) fn copy(&self) -> io::Result<Given> {
        Ok(Given { addr: self.addr, rtp: self.rtp.try_clone()?, rtcp: self.rtcp.try_clone()? })
    }
}

/// How many of these ports are opened.
fn wanted(all: usize, settings: &Settings) -> usize {
    if settings.legs_per_port <= 1 { all } else { all.min((all / WAITING).max(FEWEST)) }
}

/// Opens the ports that the settings name; those that are given, and that they name, are there already.
///
/// # Errors
/// None of them is free.
pub(crate) fn open(settings: &Settings, given: Vec<Given>) -> Result<Vec<Pair>, EngineError> {
    let (first, last) = settings.ports;
    let address = settings.address;
    let fits = |given: &Given| {
        given.addr.ip() == address && (first == 0 || (first..last).contains(&given.addr.port()))
    };
    let given = given.into_iter().filter(fits);
    let mut found: Vec<Pair> = given.map(|Given { addr, rtp, rtcp }| Pair { addr, rtp, rtcp }).collect();
    let mut refused = io::Error::from(io::ErrorKind::AddrInUse);
    if first == 0 {
        let wanted = wanted(settings.any.into(), settings);
        found.truncate(wanted);
        let mut tries = 0;
        while found.len() < wanted && tries < 20 * wanted {
            tries += 1;
            match pair(address, 0, settings.legs_per_port) {
                Ok(pair) => found.push(pair),
                Err(error) => refused = error,
            }
        }
    } else {
        let there: Vec<u16> = found.iter().map(|pair| pair.addr.port()).collect();
        for pair in pairs(settings, &there) {
            match pair {
                Ok(pair) => found.push(pair),
                Err(error) => refused = error,
            }
        }
    }
    if found.is_empty() {
        return Err(EngineError::NoPorts { address, first, last, source: refused });
    }
    Ok(found)
}

/// The pairs of a range, but for those that are there, opened on so many threads: thousands of sockets take longer than all
/// else at the start.
fn pairs(settings: &Settings, there: &[u16]) -> Vec<io::Result<Pair>> {
    let (first, last) = settings.ports;
    let even: Vec<u16> = (first..last).filter(|p| p.is_multiple_of(2)).collect();
    let even = even.get(..wanted(even.len(), settings)).unwrap_or_default();
    let even: Vec<u16> = even.iter().copied().filter(|port| !there.contains(port)).collect();
    let share = even.len().div_ceil(usize::from(settings.threads.max(1))).max(1);
    let (address, legs) = (settings.address, settings.legs_per_port);
    thread::scope(|scope| {
        let open = |ports: &[u16]| ports.iter().map(|port| pair(address, *port, legs)).collect::<Vec<_>>();
        let work: Vec<_> = even.chunks(share).map(|ports| scope.spawn(move || open(ports))).collect();
        // A thread that panicked has opened nothing.
        work.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    })
}

/// An even port and the one above it; port 0 lets the system choose.
fn pair(address: IpAddr, port: u16, legs: u16) -> io::Result<Pair> {
    let rtp = UdpSocket::bind((address, port))?;
    let addr = rtp.local_addr()?;
    if !addr.port().is_multiple_of(2) {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    let rtcp = UdpSocket::bind((address, addr.port() + 1))?;
    let buffer = if legs > 1 { SHARED_BUFFER } else { BUFFER };
    for (socket, buffer) in [(&rtp, buffer), (&rtcp, BUFFER)] {
        socket.set_nonblocking(true)?;
        // A smaller buffer than asked for still works.
        let _ = socket2::SockRef::from(socket).set_recv_buffer_size(buffer);
    }
    note_arrivals(&rtp);
    Ok(Pair { addr, rtp, rtcp })
}

/// A letter's way: the socket by which it leaves, and where it lies.
#[derive(Clone, Copy)]
struct Way {
    /// By this the letters of one socket come together, in the order in which they were sent.
    socket: u32,
    channel: Channel,
    at: u16,
}

/// The ports of one thread: sockets first, then those without.
pub(crate) struct Ways {
    sockets: Vec<Arc<Pair>>,
    inside: Vec<Inner>,
    inbox: Inbox,
    outbox: Outbox,
    /// The letters that wait, as many as there are ways.
    letters: Box<[Letter]>,
    ways: Vec<Way>,
    /// A leg without socket has sent something.
    pub(crate) stirred: bool,
}

impl Ways {
    pub(crate) fn new(sockets: Vec<Arc<Pair>>, inside: Vec<Inner>) -> Self {
        Self {
            sockets,
            inside,
            inbox: Inbox::new(),
            outbox: Outbox::new(),
            letters: (0..LETTERS).map(|_| Letter::EMPTY).collect(),
            ways: Vec::with_capacity(LETTERS),
            stirred: false,
        }
    }

    fn inside(&mut self, socket: u32) -> Option<&mut Inner> {
        let at = usize::try_from(socket).ok()?.checked_sub(self.sockets.len())?;
        self.inside.get_mut(at)
    }

    /// A leg comes to a port where nobody was: what lies there from before is not for it.
    pub(crate) fn begin(&mut self, port: Port) {
        if let Some(inner) = self.inside(port.socket) {
            return inner.clear();
        }
        for channel in [Channel::Rtp, Channel::Rtcp] {
            self.receive(port.socket, channel, &mut |_, _, _| {});
        }
    }
}

fn socket_of(pair: &Pair, channel: Channel) -> &UdpSocket {
    match channel {
        Channel::Rtp => &pair.rtp,
        Channel::Rtcp => &pair.rtcp,
    }
}

impl Line for Ways {
    fn receive(&mut self, socket: u32, channel: Channel, take: Take<'_>) {
        if let Some(pair) = usize::try_from(socket).ok().and_then(|at| self.sockets.get(at)) {
            let socket = socket_of(pair, channel);
            for _ in 0..MOST_CALLS {
                if self.inbox.receive(socket, take) < MANY {
                    return;
                }
            }
            return;
        }
        // RTCP goes the same way as RTP there.
        let Some(inner) = self.inside(socket).filter(|_| channel == Channel::Rtp) else { return };
        let mut bytes = [0; crate::batch::DATAGRAM];
        for _ in 0..MANY {
            let Some(length) = inner.receive(&mut bytes) else { return };
            take(INSIDE, Duration::ZERO, bytes.get_mut(..length).unwrap_or_default());
        }
    }

    fn send(&mut self, socket: u32, channel: Channel, to: SocketAddr, bytes: &[u8]) {
        if let Some(inner) = self.inside(socket) {
            if channel == Channel::Rtp {
                self.stirred |= inner.send(bytes);
            }
            return;
        }
        if self.ways.len() >= LETTERS {
            self.flush();
        }
        let (at, length) = (self.ways.len(), bytes.len());
        let Some(letter) = self.letters.get_mut(at) else { return };
        // Nothing of ours is longer.
        let Some(place) = letter.bytes.get_mut(..length) else { return };
        place.copy_from_slice(bytes);
        (letter.to, letter.length) = (to, length);
        let Ok(at) = u16::try_from(at) else { return };
        self.ways.push(Way { socket, channel, at });
    }

    fn flush(&mut self) {
        self.ways.sort_unstable_by_key(|way| (way.socket, way.channel == Channel::Rtcp, way.at));
        let mut rest = self.ways.as_slice();
        while let Some(first) = rest.first() {
            let together = |way: &&Way| (way.socket, way.channel) == (first.socket, first.channel);
            let count = rest.iter().take(MANY).take_while(together).count();
            let (now, later) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            rest = later;
            let pair = usize::try_from(first.socket).ok().and_then(|at| self.sockets.get(at));
            let Some(socket) = pair.map(|pair| socket_of(pair, first.channel)) else { continue };
            let Some(some) = self.letters.first() else { continue };
            let mut batch = [some; MANY];
            for (place, way) in batch.iter_mut().zip(now) {
                *place = self.letters.get(usize::from(way.at)).unwrap_or(some);
            }
            self.outbox.send(socket, batch.get(..count).unwrap_or_default());
        }
        self.ways.clear();
    }
}
