//! The media threads: each owns its ports, legs and rooms, and ticks every 20 ms on absolute deadlines.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::{Notify, mpsc};

use crate::command::{Command, Event};
use crate::floor::Floor;
use crate::levels::{Levels, Meters};
use crate::line::{Channel, Line};
use crate::ports::{Port, PortPool};
use crate::rings::{self, INSIDE, Inner, Rings};
use crate::{recorder, urgency};

/// 20 ms.
const TICK: Duration = Duration::from_millis(20);
/// Orders that wait for a thread. When full: [`EngineError::Full`].
const ORDERS: usize = 16_384;
/// Events that wait for the listener. When full: they wait in the thread, in order.
const EVENTS: usize = 16_384;
/// A thread that is this far behind gives up the missed ticks: catching up would only send a burst.
const HOPELESS: u32 = 10;
/// Asked of the kernel for each RTP socket, bytes: 2 s of sound.
const BUFFER: usize = 64 << 10;

/// How the engine is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Sockets are bound to this address.
    pub address: IpAddr,
    /// First and last port; each leg takes an even one and the one above. `(0, 0)`: free ports of the system, as many as
    /// `any`.
    pub ports: (u16, u16),
    /// With `ports` (0, 0): how many legs there can be.
    pub any: u16,
    /// How many legs there can be without a socket, over all threads; see [`Rings`].
    pub inside: u16,
    /// Media threads.
    pub threads: u16,
    /// A leg without RTP and RTCP for so long is lost.
    pub lost_after: Duration,
}

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No port of the range could be bound.
    #[error("no RTP port of {first}-{last} on {address} is free ({source}): change [media] in hotline.toml")]
    NoPorts {
        /// The address.
        address: IpAddr,
        /// First port.
        first: u16,
        /// Last port.
        last: u16,
        /// What the system said last.
        source: io::Error,
    },
    /// A thread could not be started.
    #[error("a media thread can't be started ({0}): raise the limit of threads")]
    Thread(#[from] io::Error),
    /// The thread's orders are full: it is overloaded or dead.
    #[error("the media thread takes no orders: it is overloaded; lower max_calls")]
    Full,
}

/// Ticks that came late, over all threads.
#[derive(Debug, Default)]
pub struct Lateness {
    /// Ticks so far.
    pub ticks: AtomicU64,
    /// Ticks that began more than 20 ms late.
    pub late: AtomicU64,
    /// The latest one, microseconds.
    pub worst_us: AtomicU64,
}

/// What can be read of the running threads at any time. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Dials {
    /// How late the ticks were.
    pub lateness: Arc<Lateness>,
    /// How loud each leg is.
    pub levels: Levels,
}

/// The running engine.
pub struct Engine {
    orders: Vec<rtrb::Producer<Command>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    dials: Dials,
    rings: Rings,
}

impl Engine {
    /// Opens the ports and starts the threads.
    ///
    /// # Errors
    /// [`EngineError::NoPorts`], [`EngineError::Thread`].
    pub fn start(settings: &Settings) -> Result<(Self, PortPool, mpsc::Receiver<Event>), EngineError> {
        let threads = settings.threads.max(1);
        let mut sockets = open(settings)?;
        let (tell, events) = mpsc::channel(EVENTS);
        let mut engine = Self {
            orders: Vec::new(),
            stop: Arc::default(),
            threads: Vec::new(),
            dials: Dials::default(),
            rings: Rings::default(),
        };
        let (mut rings, mut ports, mut levels) = (Vec::new(), Vec::new(), Vec::new());
        let share = sockets.len().div_ceil(usize::from(threads)).max(1);
        for thread in 0..threads {
            let rest = sockets.split_off(share.min(sockets.len()));
            let own = std::mem::replace(&mut sockets, rest);
            for (index, pair) in (0u32..).zip(&own) {
                ports.push(Port { thread, index, addr: pair.addr });
            }
            let first = u32::try_from(own.len()).unwrap_or(u32::MAX);
            let mut inside = Vec::new();
            for index in 0..u32::from(share_of(settings.inside, thread, threads)) {
                let port = Port { thread, index: first.saturating_add(index), addr: INSIDE };
                let (inner, outer) = rings::pair(port);
                inside.push(inner);
                engine.rings.ends.push(outer);
                ports.push(port);
            }
            let meters = Meters::new(own.len() + inside.len());
            levels.push(meters.clone());
            let (orders, inbox) = rtrb::RingBuffer::new(ORDERS);
            let (tape, ring) = rtrb::RingBuffer::new(recorder::RING);
            let worker = Worker {
                floor: Floor::new(tape, meters, settings.lost_after),
                ways: Ways { sockets: own, inside, stirred: false },
                stirred: Arc::clone(&engine.rings.stirred),
                inbox,
                tell: tell.clone(),
                stop: Arc::clone(&engine.stop),
                lateness: Arc::clone(&engine.dials.lateness),
                held: None,
            };
            let name = format!("media-{thread}");
            engine.threads.push(thread::Builder::new().name(name).spawn(move || worker.run())?);
            engine.orders.push(orders);
            rings.push(ring);
        }
        engine.dials.levels = Levels::of(levels);
        engine.threads.extend(recorder::start(rings, tell)?);
        Ok((engine, PortPool::new(ports), events))
    }

    /// Gives an order to a thread; it is carried out within 5 ms.
    ///
    /// # Errors
    /// [`EngineError::Full`].
    pub fn send(&mut self, thread: u16, command: Command) -> Result<(), EngineError> {
        let orders = self.orders.get_mut(usize::from(thread)).ok_or(EngineError::Full)?;
        orders.push(command).map_err(|_| EngineError::Full)
    }

    /// The outer ends of the ports without socket; whoever asks first has them.
    pub fn rings(&mut self) -> Rings {
        let stirred = Arc::clone(&self.rings.stirred);
        Rings { ends: std::mem::take(&mut self.rings.ends), stirred }
    }

    /// What can be read at any time.
    pub fn dials(&self) -> &Dials {
        &self.dials
    }

    /// Ends the threads; recordings are completed first. Their events come as long as the receiver is read.
    pub fn stop(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.orders.clear();
        for thread in std::mem::take(&mut self.threads) {
            // A thread that panicked has ended too.
            let _ = thread.join();
        }
    }
}

impl Drop for Engine {
    /// Who does not wait for the end makes it come all the same.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// The two sockets of a port.
struct Pair {
    addr: SocketAddr,
    rtp: UdpSocket,
    rtcp: UdpSocket,
}

fn open(settings: &Settings) -> Result<Vec<Pair>, EngineError> {
    let (first, last) = settings.ports;
    let address = settings.address;
    let mut found = Vec::new();
    let mut refused = io::Error::from(io::ErrorKind::AddrInUse);
    if first == 0 {
        let mut tries = 0u32;
        while found.len() < usize::from(settings.any) && tries < 20 * u32::from(settings.any) {
            tries += 1;
            match pair(address, 0) {
                Ok(pair) => found.push(pair),
                Err(error) => refused = error,
            }
        }
    } else {
        for pair in pairs(address, (first, last), settings.threads) {
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

/// The pairs of a range, opened on so many threads: thousands of sockets take longer than all else at the start.
fn pairs(address: IpAddr, (first, last): (u16, u16), threads: u16) -> Vec<io::Result<Pair>> {
    let even: Vec<u16> = (first..last).filter(|p| p.is_multiple_of(2)).collect();
    let share = even.len().div_ceil(usize::from(threads.max(1))).max(1);
    thread::scope(|scope| {
        let open = |ports: &[u16]| ports.iter().map(|port| pair(address, *port)).collect::<Vec<_>>();
        let work: Vec<_> = even.chunks(share).map(|ports| scope.spawn(move || open(ports))).collect();
        // A thread that panicked has opened nothing.
        work.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    })
}

/// An even port and the one above it; port 0 lets the system choose.
fn pair(address: IpAddr, port: u16) -> io::Result<Pair> {
    let rtp = UdpSocket::bind((address, port))?;
    let addr = rtp.local_addr()?;
    if !addr.port().is_multiple_of(2) {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    let rtcp = UdpSocket::bind((address, addr.port() + 1))?;
    for socket in [&rtp, &rtcp] {
        socket.set_nonblocking(true)?;
        // A smaller buffer than asked for still works.
        let _ = socket2::SockRef::from(socket).set_recv_buffer_size(BUFFER);
    }
    Ok(Pair { addr, rtp, rtcp })
}

/// How many of `all` one of the threads has.
fn share_of(all: u16, thread: u16, threads: u16) -> u16 {
    all / threads + u16::from(thread < all % threads)
}

/// The ports of one thread: sockets first, then those without.
struct Ways {
    sockets: Vec<Pair>,
    inside: Vec<Inner>,
    /// A leg without socket has sent something.
    stirred: bool,
}

impl Ways {
    fn socket(&self, port: u32, channel: Channel) -> Option<&UdpSocket> {
        let pair = self.sockets.get(usize::try_from(port).ok()?)?;
        Some(match channel {
            Channel::Rtp => &pair.rtp,
            Channel::Rtcp => &pair.rtcp,
        })
    }

    /// RTCP goes the same way as RTP there.
    fn inside(&mut self, port: u32, channel: Channel) -> Option<&mut Inner> {
        let at = usize::try_from(port).ok()?.checked_sub(self.sockets.len())?;
        self.inside.get_mut(at).filter(|_| channel == Channel::Rtp)
    }

    /// What the last leg of a port left behind is not for the next one. A socket's rest is dropped by who sent it.
    fn begin(&mut self, port: Port) {
        if let Some(inner) = self.inside(port.index, Channel::Rtp) {
            inner.clear();
        }
    }
}

impl Line for Ways {
    fn receive(&mut self, port: u32, channel: Channel, into: &mut [u8]) -> Option<(usize, SocketAddr)> {
        match self.inside(port, channel) {
            Some(inner) => inner.receive(into).map(|length| (length, INSIDE)),
            None => self.socket(port, channel)?.recv_from(into).ok(),
        }
    }

    fn send(&mut self, port: u32, channel: Channel, to: SocketAddr, bytes: &[u8]) {
        if let Some(inner) = self.inside(port, channel) {
            self.stirred |= inner.send(bytes);
        } else if let Some(socket) = self.socket(port, channel) {
            // Lost as on the way: the next frame comes in 20 ms.
            let _ = socket.send_to(bytes, to);
        }
    }
}

/// One media thread.
struct Worker {
    floor: Floor,
    ways: Ways,
    stirred: Arc<Notify>,
    inbox: rtrb::Consumer<Command>,
    tell: mpsc::Sender<Event>,
    stop: Arc<AtomicBool>,
    lateness: Arc<Lateness>,
    /// An event that found the channel full.
    held: Option<Event>,
}

impl Worker {
    fn run(mut self) {
        /// Orders are looked for four times a tick: a prompt begins that much sooner.
        const LOOK: Duration = Duration::from_millis(5);
        if !urgency::raise() {
            tracing::info!(
                "no real-time scheduling for the media threads: grant CAP_SYS_NICE where the machine is busy"
            );
        }
        let start = Instant::now();
        let mut next = start;
        while !self.stop.load(Ordering::Relaxed) {
            self.work(start);
            let now = Instant::now();
            if now < next {
                thread::sleep((next - now).min(LOOK));
                continue;
            }
            self.count(now - next);
            let behind = (now - next).as_millis() / TICK.as_millis();
            next +=
                if behind >= u128::from(HOPELESS) { TICK * u32::try_from(behind).unwrap_or(1) } else { TICK };
            let utc = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let utc_ms = i64::try_from(utc.as_millis()).unwrap_or(i64::MAX);
            self.floor.tick(now - start, utc_ms, &mut self.ways);
        }
        self.work(start);
    }

    /// Everything but the tick: orders in, events out, what is spent freed.
    fn work(&mut self, start: Instant) {
        if std::mem::take(&mut self.ways.stirred) {
            self.stirred.notify_one();
        }
        while let Ok(command) = self.inbox.pop() {
            if let Command::Open { port, .. } | Command::Rehouse { port, .. } = &command {
                self.ways.begin(*port);
            }
            self.floor.order(start.elapsed(), command);
        }
        while let Some(event) = self.held.take().or_else(|| self.floor.poll()) {
            match self.tell.try_send(event) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(event)) => {
                    self.held = Some(event);
                    break;
                }
                Err(mpsc::error::TrySendError::Closed(_)) => {}
            }
        }
        self.floor.sweep();
    }

    fn count(&self, late: Duration) {
        let us = u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
        self.lateness.ticks.fetch_add(1, Ordering::Relaxed);
        if late > TICK {
            self.lateness.late.fetch_add(1, Ordering::Relaxed);
        }
        self.lateness.worst_us.fetch_max(us, Ordering::Relaxed);
    }
}
