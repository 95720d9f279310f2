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
    /// The address it is bound to.
    pub addr: SocketAddr,
}

/// The free ports. Handed over by the engine at its start and owned by whoever gives orders; pure, so that a simulation can have one.
#[derive(Clone, Debug, Default)]
pub struct PortPool {
    threads: Vec<Shelf>,
}

#[derive(Clone, Debug, Default)]
struct Shelf {
    free: VecDeque<Port>,
    resting: VecDeque<(Duration, Port)>,
    all: usize,
}

impl Shelf {
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
                pool.threads.resize_with(thread + 1, Shelf::default);
            }
            if let Some(shelf) = pool.threads.get_mut(thread) {
                shelf.free.push_back(port);
                shelf.all += 1;
            }
        }
        pool
    }

    /// The thread for a new room: the one with the most free ports at `now` (time since the start), the first among equals.
    pub fn least_loaded(&mut self, now: Duration) -> u16 {
        let mut best = (0, 0);
        for (thread, shelf) in (0u16..).zip(&mut self.threads) {
            shelf.rested(now);
            if shelf.free.len() > best.1 {
                best = (thread, shelf.free.len());
            }
        }
        best.0
    }

    /// A free port of this thread, the one that has rested longest. `None`: all are taken or resting; answer 503.
    pub fn take(&mut self, thread: u16, now: Duration) -> Option<Port> {
        let shelf = self.threads.get_mut(usize::from(thread))?;
        shelf.rested(now);
        shelf.free.pop_front()
    }

    /// Gives a port back once its leg is closed. It rests for [`QUARANTINE`].
    pub fn give_back(&mut self, port: Port, now: Duration) {
        if let Some(shelf) = self.threads.get_mut(usize::from(port.thread)) {
            shelf.resting.push_back((now, port));
        }
    }

    /// Ports that are with a leg now: neither free nor resting.
    pub fn taken(&self) -> usize {
        self.threads.iter().map(|s| s.all.saturating_sub(s.free.len() + s.resting.len())).sum()
    }

    /// Ports that can be taken at `now` over all threads.
    pub fn free(&mut self, now: Duration) -> usize {
        self.threads.iter_mut().fold(0, |sum, shelf| {
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
}
