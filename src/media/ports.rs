//! The RTP ports of each media thread, as data: which leg gets which, who shares one, and how long a used place rests.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use crate::floor::MOST_LEGS;

/// How long a place that a leg has left is given to nobody, so that its late packets meet no other leg.
pub const QUARANTINE: Duration = Duration::from_secs(2);
/// Of the ports of a thread one of so many, and at least so many, are kept when the others go to another process.
const KEPT: usize = 16;
const FEWEST_KEPT: usize = 2;

/// One leg's place on an RTP port that a media thread holds open; the port's RTCP is the one above.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Port {
    /// The media thread that owns it. Every leg of a room needs a port of the room's thread.
    pub thread: u16,
    /// The place among all of that thread.
    pub index: u32,
    /// The socket among all of that thread. Several places may share one: their legs are told apart by who sends.
    pub socket: u32,
    /// The address it is bound to; [`crate::INSIDE`] when it has no socket.
    pub addr: SocketAddr,
}

impl Port {
    /// Whether its packets come and go by rings instead of a socket.
    pub fn is_inside(self) -> bool {
        self.addr.port() == 0
    }
}

/// The free ports. Handed over by the engine at its start and owned by whoever gives orders; pure, so that a simulation can
/// have one.
///
/// A leg gets a place on a port on which nobody else still waits for the first packet, and nobody has, or had a moment ago,
/// the same far end: so each packet has one leg that it can be for.
#[derive(Clone, Debug, Default)]
pub struct PortPool {
    threads: Vec<Thread>,
}

/// The ports of one thread: those with sockets, and those without.
#[derive(Clone, Debug, Default)]
struct Thread {
    shelves: Vec<Shelf>,
    /// Without socket each is a shelf of its own.
    inside: Vec<Shelf>,
    resting: VecDeque<(Duration, Port)>,
    taken: usize,
    /// Where the search for a port with a single place begins: the one that has rested longest comes first.
    cursor: usize,
    /// The same of those without socket.
    inside_cursor: usize,
}

/// One port.
#[derive(Clone, Debug, Default)]
struct Shelf {
    places: Vec<Place>,
    /// Places that can be taken.
    free: usize,
    /// Legs that wait for their first packet.
    waiting: usize,
    /// When a leg left without ever having been heard: who waits here next could be taken for it, so that other ports come
    /// first.
    unheard: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    port: Port,
    state: State,
    /// The far end of the leg that is, or was, here, as far as it is known.
    remote: Option<SocketAddr>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Free,
    Waiting,
    Heard,
    Resting,
    /// Another process, which has the socket too, places its legs there now.
    Lent,
    /// Another process, which has the socket too, still has legs there.
    Away,
}

impl Shelf {
    fn is_open(&self) -> bool {
        self.free > 0 && self.waiting == 0
    }

    /// Nobody left a moment ago whose first packet may still be on its way.
    fn is_calm(&self, now: Duration) -> bool {
        self.unheard.is_none_or(|since| now.saturating_sub(since) >= QUARANTINE)
    }

    /// Whether a leg other than that of `place` has this far end, or had it a moment ago.
    fn meets(&self, place: Option<u32>, remote: SocketAddr) -> bool {
        self.places.iter().any(|p| {
            p.state != State::Free && p.remote == Some(remote) && place.is_none_or(|own| own != p.port.index)
        })
    }

    fn take(&mut self, remote: Option<SocketAddr>) -> Option<Port> {
        let place = self.places.iter_mut().find(|p| p.state == State::Free)?;
        (place.state, place.remote) = (State::Waiting, remote);
        self.free -= 1;
        self.waiting += 1;
        Some(place.port)
    }

    /// Whether all places are like this.
    fn is(&self, state: State) -> bool {
        self.places.iter().all(|place| place.state == state)
    }

    /// Makes all places like this; nobody is on any of them.
    fn become_all(&mut self, state: State) {
        self.places.iter_mut().for_each(|place| place.state = state);
        self.free = if state == State::Free { self.places.len() } else { 0 };
    }

    fn address(&self) -> Option<SocketAddr> {
        self.places.first().map(|place| place.port.addr)
    }

    fn place(&mut self, port: Port) -> Option<&mut Place> {
        self.places.iter_mut().find(|p| p.port.index == port.index)
    }
}

/// Where a port stands: shelves are sorted by socket.
fn at(shelves: &[Shelf], port: Port) -> Option<usize> {
    shelves.binary_search_by_key(&Some(port.socket), |s| s.places.first().map(|p| p.port.socket)).ok()
}

impl Thread {
    fn shelf(&self, port: Port) -> Option<&Shelf> {
        let shelves = if port.is_inside() { &self.inside } else { &self.shelves };
        shelves.get(at(shelves, port)?)
    }

    fn shelf_mut(&mut self, port: Port) -> Option<&mut Shelf> {
        let shelves = if port.is_inside() { &mut self.inside } else { &mut self.shelves };
        let at = at(shelves, port)?;
        shelves.get_mut(at)
    }

    fn rested(&mut self, now: Duration) {
        while let Some((since, port)) = self.resting.front().copied() {
            if now.saturating_sub(since) < QUARANTINE {
                return;
            }
            self.resting.pop_front();
            let Some(shelf) = self.shelf_mut(port) else { continue };
            if let Some(place) = shelf.place(port).filter(|place| place.state == State::Resting) {
                (place.state, place.remote) = (State::Free, None);
                shelf.free += 1;
            }
        }
    }

    fn open(&self) -> usize {
        self.shelves.iter().filter(|shelf| shelf.is_open()).count()
    }
}

impl PortPool {
    /// A pool of these ports, all free.
    pub fn new(ports: impl IntoIterator<Item = Port>) -> Self {
        let mut ports: Vec<Port> = ports.into_iter().collect();
        ports.sort_by_key(|port| (port.thread, port.socket, port.index));
        let mut pool = Self::default();
        for port in ports {
            let thread = usize::from(port.thread);
            if pool.threads.len() <= thread {
                pool.threads.resize_with(thread + 1, Thread::default);
            }
            let Some(thread) = pool.threads.get_mut(thread) else { continue };
            let place = Place { port, state: State::Free, remote: None };
            if let Some(shelf) = thread.shelf_mut(port).filter(|_| !port.is_inside()) {
                shelf.places.push(place);
                shelf.free += 1;
                continue;
            }
            let shelf = Shelf { places: vec![place], free: 1, ..Shelf::default() };
            if port.is_inside() { &mut thread.inside } else { &mut thread.shelves }.push(shelf);
        }
        pool
    }

    /// The thread for a new room: of those that can take a leg at `now` (time since the start) the one with the most free
    /// places, the first among equals.
    pub fn least_loaded(&mut self, now: Duration) -> u16 {
        let mut best = (0, 0);
        for (at, thread) in (0u16..).zip(&mut self.threads) {
            thread.rested(now);
            let free: usize = thread.shelves.iter().filter(|s| s.is_open()).map(|s| s.free).sum();
            if free > best.1 {
                best = (at, free);
            }
        }
        best.0
    }

    /// A place on a port of this thread for a leg whose far end is not known yet. `None`: there is none; answer 503.
    pub fn take(&mut self, thread: u16, now: Duration) -> Option<Port> {
        self.take_facing(thread, None, now)
    }

    /// The same for a leg whose far end says that it listens there.
    pub fn take_facing(&mut self, thread: u16, remote: Option<SocketAddr>, now: Duration) -> Option<Port> {
        let thread = self.threads.get_mut(usize::from(thread))?;
        thread.rested(now);
        if thread.taken >= MOST_LEGS {
            return None;
        }
        // Ports that are shared are filled one after the other: what comes and goes together is carried together.
        let shared = thread.shelves.first().is_some_and(|shelf| shelf.places.len() > 1);
        let (all, start) = (thread.shelves.len(), if shared { 0 } else { thread.cursor });
        let good = |shelf: &Shelf| shelf.is_open() && !remote.is_some_and(|to| shelf.meets(None, to));
        let calm = |shelf: &Shelf| shelf.is_calm(now) && good(shelf);
        let mut order = (start..all).chain(0..start.min(all));
        let shelf = |at: &usize| thread.shelves.get(*at);
        let at = order.clone().find(|at| shelf(at).is_some_and(calm));
        let at = at.or_else(|| order.find(|at| shelf(at).is_some_and(good)))?;
        thread.cursor = (at + 1) % all;
        let port = thread.shelves.get_mut(at)?.take(remote)?;
        thread.taken += 1;
        Some(port)
    }

    /// A port without socket.
    pub fn take_inside(&mut self, thread: u16, now: Duration) -> Option<Port> {
        let thread = self.threads.get_mut(usize::from(thread))?;
        thread.rested(now);
        if thread.taken >= MOST_LEGS {
            return None;
        }
        let (all, start) = (thread.inside.len(), thread.inside_cursor);
        let mut order = (start..all).chain(0..start.min(all));
        let at = order.find(|at| thread.inside.get(*at).is_some_and(|shelf| shelf.free > 0))?;
        thread.inside_cursor = (at + 1) % all;
        let port = thread.inside.get_mut(at)?.take(None)?;
        thread.taken += 1;
        Some(port)
    }

    /// Whether another leg on that port has this far end, or had it a moment ago: nobody could tell the two apart, so that
    /// the leg there must go to another port, or end.
    pub fn clashes(&self, port: Port, remote: SocketAddr) -> bool {
        let thread = self.threads.get(usize::from(port.thread)).filter(|_| !port.is_inside());
        thread
            .and_then(|thread| thread.shelf(port))
            .is_some_and(|shelf| shelf.meets(Some(port.index), remote))
    }

    /// The far end of a leg says where it listens, or listens elsewhere from now on; then it is waited for anew.
    pub fn face(&mut self, port: Port, remote: Option<SocketAddr>) {
        let Some(thread) = self.threads.get_mut(usize::from(port.thread)) else { return };
        let Some(shelf) = thread.shelf_mut(port).filter(|_| !port.is_inside()) else { return };
        let Some(place) = shelf.place(port) else { return };
        let elsewhere = place.remote != remote && place.state == State::Heard;
        place.remote = remote;
        if elsewhere {
            place.state = State::Waiting;
            shelf.waiting += 1;
        }
    }

    /// The leg's first packet has come: the port may take another leg.
    pub fn heard(&mut self, port: Port) {
        let Some(thread) = self.threads.get_mut(usize::from(port.thread)) else { return };
        let Some(shelf) = thread.shelf_mut(port) else { return };
        if let Some(place) = shelf.place(port).filter(|place| place.state == State::Waiting) {
            place.state = State::Heard;
            shelf.waiting = shelf.waiting.saturating_sub(1);
        }
    }

    /// Gives a place back once its leg is closed. It rests for [`QUARANTINE`].
    pub fn give_back(&mut self, port: Port, now: Duration) {
        let Some(thread) = self.threads.get_mut(usize::from(port.thread)) else { return };
        let Some(shelf) = thread.shelf_mut(port) else { return };
        let Some(place) = shelf.place(port) else { return };
        let was = std::mem::replace(&mut place.state, State::Resting);
        match was {
            State::Waiting => {
                shelf.waiting = shelf.waiting.saturating_sub(1);
                shelf.unheard = Some(now);
            }
            State::Heard => {}
            // It was given back already.
            State::Free | State::Resting | State::Lent | State::Away => {
                if let Some(place) = shelf.place(port) {
                    place.state = was;
                }
                return;
            }
        }
        thread.taken = thread.taken.saturating_sub(1);
        thread.resting.push_back((now, port));
    }

    /// Gives up the sockets on which nobody is, or was a moment ago, for another process that has them too; some are kept for
    /// legs of calls that go on here. Their addresses.
    pub fn lend(&mut self, now: Duration) -> Vec<SocketAddr> {
        let mut lent = Vec::new();
        for thread in &mut self.threads {
            thread.rested(now);
            let keep = (thread.shelves.len() / KEPT).max(FEWEST_KEPT);
            let idle = thread.shelves.iter().filter(|shelf| shelf.is(State::Free)).count();
            // The first ones are used first, so that the last ones are given.
            let all = thread.shelves.iter_mut().rev().filter(|shelf| shelf.is(State::Free));
            for shelf in all.take(idle.saturating_sub(keep)) {
                shelf.become_all(State::Lent);
                lent.extend(shelf.address());
            }
        }
        lent
    }

    /// What was lent is not: there is no other process.
    pub fn take_back(&mut self) {
        for shelf in self.shelves_mut().filter(|shelf| shelf.is(State::Lent)) {
            shelf.become_all(State::Free);
        }
    }

    /// One place on each port with sockets.
    pub fn ports(&self) -> Vec<Port> {
        let shelves = self.threads.iter().flat_map(|thread| &thread.shelves);
        shelves.filter_map(|shelf| Some(shelf.places.first()?.port)).collect()
    }

    /// Another process still has legs on these: nobody is placed there until it gives them up.
    pub fn leave_alone(&mut self, addresses: &[SocketAddr]) {
        for shelf in self.shelves_mut().filter(|shelf| shelf.is(State::Free)) {
            if shelf.address().is_some_and(|at| addresses.contains(&at)) {
                shelf.become_all(State::Away);
            }
        }
    }

    /// It has given these up.
    pub fn come_back(&mut self, addresses: &[SocketAddr]) {
        for shelf in self.shelves_mut().filter(|shelf| shelf.is(State::Away)) {
            if shelf.address().is_some_and(|at| addresses.contains(&at)) {
                shelf.become_all(State::Free);
            }
        }
    }

    /// It is gone, and has given all of them up; late packets of its legs may still come.
    pub fn all_come_back(&mut self, now: Duration) {
        for thread in &mut self.threads {
            for shelf in thread.shelves.iter_mut().filter(|shelf| shelf.is(State::Away)) {
                shelf.become_all(State::Resting);
                thread.resting.extend(shelf.places.iter().map(|place| (now, place.port)));
            }
        }
    }

    fn shelves_mut(&mut self) -> impl Iterator<Item = &mut Shelf> {
        self.threads.iter_mut().flat_map(|thread| &mut thread.shelves)
    }

    /// Places that are with a leg now: neither free nor resting.
    pub fn taken(&self) -> usize {
        self.threads.iter().map(|thread| thread.taken).sum()
    }

    /// Ports with sockets on which a leg can be placed at `now`, over all threads.
    pub fn free(&mut self, now: Duration) -> usize {
        self.threads.iter_mut().fold(0, |sum, thread| {
            thread.rested(now);
            sum + thread.open()
        })
    }

    /// Ports with sockets.
    pub fn all(&self) -> usize {
        self.threads.iter().map(|thread| thread.shelves.len()).sum()
    }
}

#[cfg(test)]
#[path = "ports_tests.rs"]
mod tests;
