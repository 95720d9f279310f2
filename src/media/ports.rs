//! The free RTP ports of each media thread, as data: who takes one, and how long a used one rests.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

/// How long a port that a leg has left is given to nobody, so that its late packets meet no other leg.
pub const QUARANTINE: Duration = Duration::from_secs(2);

/// An RTP port that a media thread holds open; its RTCP port is the one above.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Port {
    /// The media thread that owns it. Every leg of a room needs a port of the room's thread.
    pub thread: u16,
    /// Its place in that thread's table.
    pub index: u32,
    /// The address it is bound to; [`crate::INSIDE`] when it has no socket.
    pub addr: SocketAddr,
}

impl Port {
    /// Whether its packets come and go by rings instead of a socket.
    pub fn is_inside(self) -> bool {
        self.addr.port() == 0
    }
}

/// The free ports. Handed over by the engine at its start and owned by whoever gives orders; pure, so that a simulation can have one.
#[derive(Clone, Debug, Default)]
pub struct PortPool {
    threads: Vec<Thread>,
}

/// The ports of one thread: those with sockets, and those without.
#[derive(Clone, Debug, Default)]
struct Thread {
    sockets: Shelf,
    inside: Shelf,
}

impl Thread {
    fn shelf(&mut self, port: Port) -> &mut Shelf {
        if port.is_inside() { &mut self.inside } else { &mut self.sockets }
    }
}

#[derive(Clone, Debug, Default)]
struct Shelf {
    free: VecDeque<Port>,
    resting: VecDeque<(Duration, Port)>,
    all: usize,
}

impl Shelf {
    fn taken(&self) -> usize {
        self.all.saturating_sub(self.free.len() + self.resting.len())
    }

    fn rested(&mut self, now: Duration) {
        while let Some((since, port)) = self.resting.front().copied() {
            if now.saturating_sub(since) < QUARANTINE {
                return;
            }
            self.resting.pop_front();
            self.free.push_back(port);
        }
    }
}

impl PortPool {
    /// A pool of these ports, all free.
    pub fn new(ports: impl IntoIterator<Item = Port>) -> Self {
        let mut pool = Self::default();
        for port in ports {
            let thread = usize::from(port.thread);
            if pool.threads.len() <= thread {
                pool.threads.resize_with(thread + 1, Thread::default);
            }
            if let Some(thread) = pool.threads.get_mut(thread) {
                let shelf = thread.shelf(port);
                shelf.free.push_back(port);
                shelf.all += 1;
            }
        }
        pool
    }

    /// The thread for a new room: the one with the most free ports at `now` (time since the start), the first among equals.
    pub fn least_loaded(&mut self, now: Duration) -> u16 {
        let mut best = (0, 0);
        for (thread, Thread { sockets: shelf, .. }) in (0u16..).zip(&mut self.threads) {
            shelf.rested(now);
            if shelf.free.len() > best.1 {
                best = (thread, shelf.free.len());
            }
        }
        best.0
    }

    /// A free port of this thread, the one that has rested longest. `None`: all are taken or resting; answer 503.
    pub fn take(&mut self, thread: u16, now: Duration) -> Option<Port> {
        let shelf = &mut self.threads.get_mut(usize::from(thread))?.sockets;
        shelf.rested(now);
        shelf.free.pop_front()
    }

    /// The same of the ports without socket.
    pub fn take_inside(&mut self, thread: u16, now: Duration) -> Option<Port> {
        let shelf = &mut self.threads.get_mut(usize::from(thread))?.inside;
        shelf.rested(now);
        shelf.free.pop_front()
    }

    /// Gives a port back once its leg is closed. It rests for [`QUARANTINE`].
    pub fn give_back(&mut self, port: Port, now: Duration) {
        if let Some(thread) = self.threads.get_mut(usize::from(port.thread)) {
            let shelf = thread.shelf(port);
            shelf.resting.push_back((now, port));
        }
    }

    /// Ports that are with a leg now: neither free nor resting.
    pub fn taken(&self) -> usize {
        self.threads.iter().map(|t| t.sockets.taken() + t.inside.taken()).sum()
    }

    /// Ports with sockets that can be taken at `now` over all threads.
    pub fn free(&mut self, now: Duration) -> usize {
        self.threads.iter_mut().fold(0, |sum, Thread { sockets: shelf, .. }| {
            shelf.rested(now);
            sum + shelf.free.len()
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn pool() -> PortPool {
        let port = |thread, index: u16| Port {
            thread,
            index: index.into(),
            addr: ([127, 0, 0, 1], 4000 + index).into(),
        };
        PortPool::new([port(0, 0), port(1, 2), port(1, 4)])
    }

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn a_port_that_a_leg_left_rests_before_another_gets_it() {
        let mut pool = pool();
        let port = pool.take(0, S(0)).unwrap();
        assert_eq!((pool.take(0, S(0)), pool.taken()), (None, 1));
        pool.give_back(port, S(10));
        assert_eq!((pool.take(0, S(11)), pool.taken()), (None, 0), "late packets must not meet another leg");
        assert_eq!(pool.take(0, S(12)), Some(port));
    }

    #[test]
    fn a_new_room_goes_where_most_ports_are_free() {
        let mut pool = pool();
        assert_eq!(pool.least_loaded(S(0)), 1);
        assert!(pool.take(1, S(0)).is_some() && pool.take(1, S(0)).is_some());
        assert_eq!((pool.least_loaded(S(0)), pool.free(S(0))), (0, 1));
        assert_eq!(pool.take(9, S(0)), None, "there is no such thread");
    }

    #[test]
    fn ports_without_socket_lie_on_a_shelf_of_their_own() {
        let inside = Port { thread: 0, index: 5, addr: crate::INSIDE };
        let socket = Port { thread: 0, index: 0, addr: ([127, 0, 0, 1], 4000).into() };
        let mut pool = PortPool::new([socket, inside]);
        assert_eq!((pool.take(0, S(0)), pool.take(0, S(0))), (Some(socket), None));
        assert_eq!((pool.take_inside(0, S(0)), pool.take_inside(0, S(0))), (Some(inside), None));
        assert_eq!((pool.taken(), pool.free(S(0))), (2, 0));
        pool.give_back(inside, S(1));
        assert_eq!((pool.taken(), pool.take_inside(0, S(2)), pool.take(0, S(9))), (1, None, None));
        assert_eq!(pool.take_inside(0, S(3)), Some(inside));
    }
}
