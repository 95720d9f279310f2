//! The engine: media threads with their ports, started and stopped; orders to them, and what can be read of them.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::command::{Command, Event};
use crate::floor::{Floor, MOST_LEGS};
use crate::levels::{Levels, Meters};
use crate::load::Load;
use crate::ports::{Port, PortPool};
use crate::recorder::{self, Recorder, System, Wanted as Recordings};
use crate::rings::{self, INSIDE, Inner, Rings};
use crate::sockets::{self, Given, Pair};
use crate::worker::{Lateness, Worker};

/// Orders that wait for a thread. When full: [`EngineError::Full`].
const ORDERS: usize = 16_384;
/// Events that wait for the listener. When full: they wait in the thread, in order.
const EVENTS: usize = 16_384;

/// How the engine is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Sockets are bound to this address.
    pub address: IpAddr,
    /// First and last port; an even one and the one above belong together. `(0, 0)`: free ports of the system, as many as
    /// `any`.
    pub ports: (u16, u16),
    /// Most legs on one port, 1 ..= 64: fewer system calls, told apart by who sends. 1: a port for each leg.
    pub legs_per_port: u16,
    /// With `ports` (0, 0): how many legs there can be.
    pub any: u16,
    /// How many legs there can be without a socket, over all threads; see [`Rings`].
    pub inside: u16,
    /// Media threads.
    pub threads: u16,
    /// A leg without RTP and RTCP for so long is lost.
    pub lost_after: Duration,
    /// How recordings are kept.
    pub recordings: Recordings,
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

/// What can be read of the running threads at any time. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Dials {
    /// How late the ticks were.
    pub lateness: Arc<Lateness>,
    /// How loud each leg is.
    pub levels: Levels,
    /// How busy the threads are.
    pub load: Load,
    /// How the recorder is.
    pub recorder: Recorder,
}

/// The running engine.
pub struct Engine {
    orders: Vec<rtrb::Producer<Command>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    /// The sockets of each thread.
    pairs: Vec<Vec<Arc<Pair>>>,
    dials: Dials,
    rings: Rings,
}

impl Engine {
    /// Opens the ports and starts the threads.
    ///
    /// # Errors
    /// [`EngineError::NoPorts`], [`EngineError::Thread`].
    pub fn start(settings: &Settings) -> Result<(Self, PortPool, mpsc::Receiver<Event>), EngineError> {
        Self::start_under(settings, Duration::ZERO)
    }

    /// The same where each turn of a leg, 50 a second, costs its thread so much more time than its work takes: a machine that
    /// few calls overload, for tests of what happens then.
    ///
    /// # Errors
    /// As [`Engine::start`].
    pub fn start_under(
        settings: &Settings,
        burden: Duration,
    ) -> Result<(Self, PortPool, mpsc::Receiver<Event>), EngineError> {
        Self::start_with(settings, burden, Vec::new())
    }

    /// The same with sockets that another process has opened, where they are among those of the settings.
    ///
    /// # Errors
    /// As [`Engine::start`].
    pub fn start_with(
        settings: &Settings,
        burden: Duration,
        given: Vec<Given>,
    ) -> Result<(Self, PortPool, mpsc::Receiver<Event>), EngineError> {
        let threads = settings.threads.max(1);
        let mut sockets = sockets::open(settings, given)?;
        let (tell, events) = mpsc::channel(EVENTS);
        let load = Load::of(threads);
        let mut engine = Self {
            orders: Vec::new(),
            stop: Arc::default(),
            threads: Vec::new(),
            pairs: Vec::new(),
            dials: Dials { load: load.clone(), ..Dials::default() },
            rings: Rings::default(),
        };
        let (mut rings, mut ports, mut levels) = (Vec::new(), Vec::new(), Vec::new());
        let share = sockets.len().div_ceil(usize::from(threads)).max(1);
        for thread in 0..threads {
            let rest = sockets.split_off(share.min(sockets.len()));
            let own: Vec<_> = std::mem::replace(&mut sockets, rest).into_iter().map(Arc::new).collect();
            engine.pairs.push(own.clone());
            ports.extend(places(thread, &own, settings.legs_per_port));
            let inside = engine.inside(settings, thread, own.len(), &mut ports);
            let meters = Meters::new(MOST_LEGS);
            levels.push(meters.clone());
            let (orders, inbox) = rtrb::RingBuffer::new(ORDERS);
            let (tape, ring) = rtrb::RingBuffer::new(recorder::RING);
            let worker = Worker {
                thread,
                floor: Floor::new(tape, meters, settings.lost_after),
                stirred: Arc::clone(&engine.rings.stirred),
                inbox,
                tell: tell.clone(),
                stop: Arc::clone(&engine.stop),
                lateness: Arc::clone(&engine.dials.lateness),
                load: load.clone(),
                burden,
                held: None,
            };
            let name = format!("media-{thread}");
            engine.threads.push(thread::Builder::new().name(name).spawn(move || worker.run(own, inside))?);
            engine.orders.push(orders);
            rings.push(ring);
        }
        engine.dials.levels = Levels::of(levels);
        let parts = (settings.recordings.clone(), Arc::new(System) as _, engine.dials.recorder.clone());
        engine.threads.extend(recorder::start(rings, tell, parts)?);
        Ok((engine, PortPool::new(ports), events))
    }

    /// The ports without socket of one thread, which has so many sockets.
    fn inside(
        &mut self,
        settings: &Settings,
        thread: u16,
        sockets: usize,
        ports: &mut Vec<Port>,
    ) -> Vec<Inner> {
        let threads = settings.threads.max(1);
        let mut inside = Vec::new();
        let sockets = u32::try_from(sockets).unwrap_or(u32::MAX);
        let first = sockets.saturating_mul(settings.legs_per_port.max(1).into());
        for index in 0..u32::from(share_of(settings.inside, thread, threads)) {
            let (index, socket) = (first.saturating_add(index), sockets.saturating_add(index));
            let port = Port { thread, index, socket, addr: INSIDE };
            let (inner, outer) = rings::pair(port);
            inside.push(inner);
            self.rings.ends.push(outer);
            ports.push(port);
        }
        inside
    }

    /// Gives an order to a thread; it is carried out within 5 ms.
    ///
    /// # Errors
    /// [`EngineError::Full`].
    pub fn send(&mut self, thread: u16, command: Command) -> Result<(), EngineError> {
        let orders = self.orders.get_mut(usize::from(thread)).ok_or(EngineError::Full)?;
        orders.push(command).map_err(|_| EngineError::Full)
    }

    /// The sockets of these ports for another process, as copies. Nobody may be placed on them here any more.
    ///
    /// # Errors
    /// The system gives no further descriptor.
    pub fn copies(&self, ports: &[Port]) -> io::Result<Vec<Given>> {
        let pair = |port: &Port| {
            let socket = usize::try_from(port.socket).ok()?;
            self.pairs.get(usize::from(port.thread))?.get(socket)
        };
        ports.iter().filter_map(pair).map(|pair| pair.copy()).collect()
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

/// The places for legs on these sockets.
fn places(thread: u16, sockets: &[Arc<Pair>], legs_per_port: u16) -> Vec<Port> {
    let legs = u32::from(legs_per_port.max(1));
    let on = |(socket, pair): (u32, &Arc<Pair>)| {
        let addr = pair.addr;
        (0..legs).map(move |n| Port { thread, index: socket * legs + n, socket, addr })
    };
    (0u32..).zip(sockets).flat_map(on).collect()
}

/// How many of `all` one of the threads has.
fn share_of(all: u16, thread: u16, threads: u16) -> u16 {
    all / threads + u16::from(thread < all % threads)
}
