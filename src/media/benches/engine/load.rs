//! The callers: one thread that sends everybody's packets in batches, evenly over the 20 ms, and takes what comes back.

use std::io::{IoSlice, IoSliceMut};
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmmsg, setsockopt, sockopt,
};
use nix::sys::time::TimeSpec;

use crate::ear::{Ear, Marks, Tally};
use crate::shape::{Shape, TICK, socket_of};
use crate::voice::{Bytes, Say, Voice};

/// The callers' sockets; each speaks at its own moment of the 20 ms.
pub const SOCKETS: usize = 100;
/// Most packets of one call of the kernel.
const BATCH: usize = 64;
/// Asked of the kernel for each socket, bytes.
const BUFFER: usize = 2 << 20;
/// After a span it waits so long for packets that were taken in before its end.
const AFTER: Duration = Duration::from_millis(60);

enum Order {
    Add(Vec<(usize, SocketAddrV4, Ear)>),
    Measure(Duration),
}

/// The callers.
pub struct Load {
    orders: Option<SyncSender<Order>>,
    tallies: Receiver<Tally>,
    thread: Option<JoinHandle<()>>,
    /// Where they are.
    pub peers: Vec<u16>,
    /// Their RTCP ports: open, so that reports do not come back as errors; what comes there is not read.
    _reports: Vec<UdpSocket>,
    legs: usize,
}

impl Load {
    pub fn start(say: Say, shape: Shape) -> Self {
        let (mut sockets, mut reports) = (Vec::new(), Vec::new());
        while sockets.len() < SOCKETS {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            let port = socket.local_addr().unwrap().port();
            if let Some(report) = port
                .checked_add(1)
                .filter(|_| port.is_multiple_of(2))
                .and_then(|p| UdpSocket::bind(("127.0.0.1", p)).ok())
            {
                reports.push(report);
                sockets.push(Socket::new(socket));
            }
        }
        let peers = sockets.iter().map(|s| s.socket.local_addr().unwrap().port()).collect();
        let (orders, inbox) = sync_channel(64);
        let (tell, tallies) = sync_channel(1);
        let marks = Marks { talker: None, sent: vec![0; SOCKETS] };
        let callers = Callers {
            sockets,
            ears: Vec::new(),
            voice: Voice::new(say, shape),
            marks: (say == Say::Marks).then_some(marks),
            inbox,
            tell,
            tally: Tally::default(),
            until: None,
            buffers: vec![[0; 172 + media::srtp::TAIL]; BATCH],
        };
        let thread = thread::spawn(move || callers.run());
        Self { orders: Some(orders), tallies, thread: Some(thread), peers, _reports: reports, legs: 0 }
    }

    /// Far ends for further rooms whose legs are behind these ports, in their order.
    pub fn add(&mut self, shape: Shape, ports: &[SocketAddrV4]) {
        let mut ways = Vec::new();
        for room in ports.chunks(shape.seats()) {
            let at: Vec<usize> = (0..room.len()).map(|seat| socket_of(self.legs + seat, SOCKETS)).collect();
            for (seat, port) in room.iter().enumerate() {
                ways.push((at[seat], *port, Ear::new(shape, seat, at.clone())));
            }
            self.legs += room.len();
        }
        self.orders.as_ref().unwrap().send(Order::Add(ways)).unwrap();
    }

    pub fn legs(&self) -> usize {
        self.legs
    }

    /// Begins to count; `end` waits for it.
    pub fn begin(&self, span: Duration) {
        self.orders.as_ref().unwrap().send(Order::Measure(span)).unwrap();
    }

    pub fn end(&self) -> Tally {
        self.tallies.recv().unwrap()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// One socket and the legs whose far end it is.
struct Socket {
    socket: UdpSocket,
    /// Engine ports, and which ear is behind each.
    ports: Vec<u16>,
    ears: Vec<usize>,
    seats: Vec<usize>,
    addresses: Vec<Option<SockaddrIn>>,
}

impl Socket {
    fn new(socket: UdpSocket) -> Self {
        socket.set_nonblocking(true).unwrap();
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true).unwrap();
        let _ = setsockopt(&socket, sockopt::RcvBuf, &BUFFER);
        let _ = setsockopt(&socket, sockopt::SndBuf, &BUFFER);
        Self { socket, ports: Vec::new(), ears: Vec::new(), seats: Vec::new(), addresses: Vec::new() }
    }
}

struct Callers {
    sockets: Vec<Socket>,
    ears: Vec<Ear>,
    voice: Voice,
    marks: Option<Marks>,
    inbox: Receiver<Order>,
    tell: SyncSender<Tally>,
    tally: Tally,
    until: Option<Instant>,
    buffers: Vec<Bytes>,
}

/// What the kernel's batches are described by; it stays on its thread.
struct Batches {
    outward: MultiHeaders<SockaddrIn>,
    inward: MultiHeaders<SockaddrIn>,
}

impl Callers {
    fn run(mut self) {
        crate::floor::raise();
        let mut batches = Batches {
            outward: MultiHeaders::preallocate(BATCH, None),
            inward: MultiHeaders::preallocate(BATCH, Some(nix::cmsg_space!(TimeSpec))),
        };
        let start = Instant::now();
        for slot in 0u32.. {
            let due =
                start + TICK * (slot / SOCKETS as u32) + TICK / SOCKETS as u32 * (slot % SOCKETS as u32);
            let now = Instant::now();
            if now < due {
                thread::sleep(due - now);
            }
            self.tally.own.add(due.elapsed().as_secs_f64() * 1e3);
            if !self.orders() {
                return;
            }
            let socket = slot as usize % SOCKETS;
            if socket == 0 {
                self.voice.next();
            }
            // What came is taken first: the mark that it may hold was sent a round ago.
            self.receive(socket, &mut batches);
            self.send(socket, &mut batches);
        }
    }

    /// False: it is over.
    fn orders(&mut self) -> bool {
        loop {
            match self.inbox.try_recv() {
                Ok(Order::Add(ways)) => {
                    ways.into_iter().for_each(|(socket, port, ear)| self.add(socket, port, ear))
                }
                Ok(Order::Measure(span)) => {
                    let from = wall();
                    self.tally = Tally { from, to: from + span.as_nanos() as u64, ..Tally::default() };
                    self.until = Some(Instant::now() + span + AFTER);
                }
                Err(std::sync::mpsc::TryRecvError::Empty) => break,
                Err(std::sync::mpsc::TryRecvError::Disconnected) => return false,
            }
        }
        if self.until.is_some_and(|until| Instant::now() > until) {
            self.until = None;
            let _ = self.tell.try_send(std::mem::take(&mut self.tally));
        }
        true
    }

    fn add(&mut self, socket: usize, port: SocketAddrV4, ear: Ear) {
        let place = &mut self.sockets[socket];
        place.ports.push(port.port());
        place.ears.push(self.ears.len());
        place.seats.push(ear.seat);
        place.addresses.push(Some(SockaddrIn::from(port)));
        self.ears.push(ear);
    }

    fn send(&mut self, at: usize, batches: &mut Batches) {
        let socket = &self.sockets[at];
        if let (Some(marks), Some(talker)) = (&mut self.marks, self.voice.begins()) {
            marks.talker = Some(talker);
            marks.sent[at] = wall();
        }
        let slices: Vec<[IoSlice<'_>; 1]> =
            socket.seats.iter().map(|seat| [IoSlice::new(self.voice.packet(*seat))]).collect();
        let mut done = 0;
        while done < slices.len() {
            let end = (done + BATCH).min(slices.len());
            let sent = sendmmsg(
                socket.socket.as_raw_fd(),
                &mut batches.outward,
                &slices[done..end],
                &socket.addresses[done..end],
                [],
                MsgFlags::MSG_DONTWAIT,
            );
            let count = sent.map_or(0, Iterator::count);
            self.tally.sent += count as u64;
            // One that is refused is left out.
            self.tally.unsent += u64::from(count == 0);
            done += count.max(1);
        }
    }

    fn receive(&mut self, at: usize, batches: &mut Batches) {
        let socket = &self.sockets[at];
        loop {
            let mut slices: Vec<[IoSliceMut<'_>; 1]> =
                self.buffers.iter_mut().map(|b| [IoSliceMut::new(b)]).collect();
            let got = recvmmsg(
                socket.socket.as_raw_fd(),
                &mut batches.inward,
                slices.iter_mut(),
                MsgFlags::MSG_DONTWAIT,
                None,
            );
            let Ok(got) = got else { return };
            let heads: Vec<(usize, u64, u16)> = got
                .map(|packet| {
                    let stamp = packet.cmsgs().unwrap().find_map(|c| match c {
                        ControlMessageOwned::ScmTimestampns(at) => Some(at),
                        _ => None,
                    });
                    let at = stamp.map_or(0, |s| s.tv_sec() as u64 * 1_000_000_000 + s.tv_nsec() as u64);
                    (packet.bytes, at, packet.address.map_or(0, |a| a.port()))
                })
                .collect();
            for ((length, stamp, port), bytes) in heads.iter().zip(&mut self.buffers) {
                let Some(place) = socket.ports.iter().position(|p| p == port) else { continue };
                let ear = &mut self.ears[socket.ears[place]];
                ear.packet(*stamp, &mut bytes[..*length], &mut self.tally, self.marks.as_ref());
            }
            if heads.len() < BATCH {
                return;
            }
        }
    }
}

/// Nanoseconds since 1970, as the kernel stamps packets.
fn wall() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
}

/// Ports of 127.0.0.1 as a measured process names them: `4000,4002,...`.
pub fn ports(text: &str) -> Vec<SocketAddrV4> {
    let port = |p: &str| match SocketAddr::from(([127, 0, 0, 1], p.parse().unwrap())) {
        SocketAddr::V4(at) => at,
        SocketAddr::V6(_) => unreachable!(),
    };
    text.split(',').filter(|p| !p.is_empty()).map(port).collect()
}
