//! The thread that carries the RTP of any number of phones, on absolute deadlines.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use sip::sdp::Agreed;

use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

use crate::port::{PACKET, Port};
use crate::seed;

/// The thread looks at its sockets so often. Arrival times are exact to this.
const TICK: Duration = Duration::from_millis(2);
/// Ticks of a frame of 20 ms: legs send in different ones.
const SLOTS: u64 = 10;
/// Most legs that share a socket where nobody listens. A full one is followed by a new one.
const SHARED: usize = 32;
/// Most packets that one socket may bring in one tick, so that none keeps the others waiting.
const BURST: usize = 256;
/// A thread that is so far behind (the machine slept) does not make up for it.
const HOPELESS: Duration = Duration::from_millis(500);

/// What the phones do with the sound that comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ear {
    /// Keep it: a socket for each call.
    Listening,
    /// Only count packets and lateness, for load: many calls share a socket and are told apart by the far end's address,
    /// so that the far end must give each call an address of its own.
    Counting,
}

/// The media thread of one or many phones. It ends with its last clone, and the calls and phones that hold one.
#[derive(Clone)]
pub struct Media(Arc<Running>);

struct Running {
    engine: Arc<Engine>,
    thread: Option<JoinHandle<()>>,
}

struct Engine {
    ear: Ear,
    start: Instant,
    wires: Mutex<Wires>,
    wake: Condvar,
    /// Most that the thread itself was behind, microseconds.
    lag: AtomicU64,
}

#[derive(Default)]
struct Wires {
    list: Vec<Wire>,
    last_id: u64,
    stop: bool,
}

struct Wire {
    socket: UdpSocket,
    address: SocketAddr,
    seats: Vec<Seat>,
}

struct Seat {
    id: u64,
    remote: Option<SocketAddr>,
    port: Arc<Mutex<Port>>,
}

/// One leg's end of the thread.
pub(crate) struct Line {
    media: Media,
    id: u64,
    /// Where it receives.
    pub address: SocketAddr,
    port: Arc<Mutex<Port>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Real-time scheduling (POSIX SCHED_RR) where the system grants it: what this thread is late by, it takes for the far
/// end's lateness. Without it a busy machine shows in [`Media::own_lag`].
fn real_time() {
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::RoundRobin);
    if let Ok(value) = ThreadPriorityValue::try_from(20u8) {
        let _ =
            set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Crossplatform(value), policy);
    }
}

impl Media {
    /// Starts a thread.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start(ear: Ear) -> io::Result<Self> {
        let engine = Arc::new(Engine {
            ear,
            start: Instant::now(),
            wires: Mutex::default(),
            wake: Condvar::new(),
            lag: AtomicU64::new(0),
        });
        let own = engine.clone();
        let thread = thread::Builder::new().name("phone-media".to_owned()).spawn(move || {
            real_time();
            own.run();
        })?;
        Ok(Self(Arc::new(Running { engine, thread: Some(thread) })))
    }

    /// Most that this thread itself came late to a tick: lateness below it may be our own.
    pub fn own_lag(&self) -> Duration {
        Duration::from_micros(self.0.engine.lag.load(Ordering::Relaxed))
    }

    pub(crate) fn now(&self) -> Duration {
        self.0.engine.start.elapsed()
    }

    pub(crate) fn open(&self, ip: IpAddr) -> io::Result<Line> {
        let engine = &self.0.engine;
        let port = Arc::new(Mutex::new(Port::new(engine.ear == Ear::Listening, seed::number())));
        let mut wires = lock(&engine.wires);
        wires.last_id += 1;
        let id = wires.last_id;
        let seat = Seat { id, remote: None, port: port.clone() };
        let shared = match engine.ear {
            Ear::Listening => None,
            Ear::Counting => wires.list.iter_mut().find(|w| w.address.ip() == ip && w.seats.len() < SHARED),
        };
        let address = match shared {
            Some(wire) => {
                wire.seats.push(seat);
                wire.address
            }
            None => {
                let socket = UdpSocket::bind((ip, 0))?;
                socket.set_nonblocking(true)?;
                let address = socket.local_addr()?;
                wires.list.push(Wire { socket, address, seats: vec![seat] });
                address
            }
        };
        engine.wake.notify_all();
        Ok(Line { media: self.clone(), id, address, port })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        lock(&self.engine.wires).stop = true;
        self.engine.wake.notify_all();
        if let Some(thread) = self.thread.take() {
            // The thread does not panic; if it did, there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

impl Line {
    /// The leg, locked.
    pub fn port(&self) -> MutexGuard<'_, Port> {
        lock(&self.port)
    }

    pub fn media(&self) -> &Media {
        &self.media
    }

    /// What offer and answer came to. An address that an older leg on the same socket had is this one's now.
    pub fn agree(&self, agreed: Agreed) {
        let remote = agreed.remote;
        for wire in &mut lock(&self.media.0.engine.wires).list {
            if wire.seats.iter().all(|s| s.id != self.id) {
                continue;
            }
            for seat in &mut wire.seats {
                if seat.id == self.id {
                    seat.remote = Some(remote);
                } else if seat.remote == Some(remote) {
                    seat.remote = None;
                }
            }
        }
        let now = self.media.now();
        self.port().agree(now, agreed);
    }

    /// Nothing is sent or received from here on; what was heard stays.
    pub fn close(&self) {
        let mut wires = lock(&self.media.0.engine.wires);
        for wire in &mut wires.list {
            wire.seats.retain(|s| s.id != self.id);
        }
        wires.list.retain(|w| !w.seats.is_empty());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.close();
    }
}

impl Engine {
    fn run(&self) {
        let mut tick = 0u64;
        let mut due = Duration::ZERO;
        let mut buffer = [0; PACKET];
        loop {
            let mut wires = lock(&self.wires);
            if wires.list.is_empty() && !wires.stop {
                wires = self
                    .wake
                    .wait_while(wires, |w| w.list.is_empty() && !w.stop)
                    .unwrap_or_else(PoisonError::into_inner);
                due = self.start.elapsed();
            }
            if wires.stop {
                return;
            }
            let now = self.start.elapsed();
            let lag = now.saturating_sub(due);
            self.lag.fetch_max(u64::try_from(lag.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
            for wire in &mut wires.list {
                wire.receive(self.start, &mut buffer);
                wire.send(tick % SLOTS, &mut buffer);
            }
            drop(wires);
            tick = tick.wrapping_add(1);
            due = if lag > HOPELESS { now } else { due } + TICK;
            if let Some(rest) = due.checked_sub(self.start.elapsed()) {
                thread::sleep(rest);
            }
        }
    }
}

impl Wire {
    fn receive(&mut self, start: Instant, buffer: &mut [u8; PACKET]) {
        for _ in 0..BURST {
            let Ok((length, from)) = self.socket.recv_from(buffer) else { return };
            let bytes = buffer.get_mut(..length).unwrap_or_default();
            // Before the answer is here, a socket of one's own is known by nobody but the far end.
            let early = self.seats.len() == 1;
            let seat = self.seats.iter().find(|s| s.remote.map_or(early, |r| r == from));
            if let Some(seat) = seat {
                lock(&seat.port).receive(start.elapsed(), bytes);
            } else if let Some(seat) = self.seats.first().filter(|_| early) {
                lock(&seat.port).strays += 1;
            }
        }
    }

    fn send(&self, slot: u64, buffer: &mut [u8; PACKET]) {
        for seat in self.seats.iter().filter(|s| s.id % SLOTS == slot) {
            let Some((to, length)) = lock(&seat.port).send(buffer) else { continue };
            // A full socket loses the packet as the wire might.
            let _ = self.socket.send_to(buffer.get(..length).unwrap_or_default(), to);
        }
    }
}
