//! Sockets that another life of this house has bound: taken over as they are, given away as copies.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use sip::Transport;

/// The bits below are the number of a connection within its life; those above, which life.
const LIFE: u32 = 40;

/// A bound socket.
#[derive(Debug)]
pub struct Given {
    /// What is spoken there.
    pub transport: Transport,
    /// Its address.
    pub at: SocketAddr,
    /// The socket.
    pub socket: OwnedFd,
}

/// The first number below the connections of this life.
pub fn numbers_of(generation: u16) -> u64 {
    u64::from(generation) << LIFE
}

/// Which life a connection belongs to.
pub fn life_of(connection: u64) -> u16 {
    u16::try_from(connection >> LIFE).unwrap_or(u16::MAX)
}

/// What was given, while it is looked through.
pub(super) struct Hand(Vec<Given>);

impl Hand {
    pub(super) fn new(given: Vec<Given>) -> Self {
        Self(given)
    }

    /// The socket that was bound for this setting; port 0 stands for whichever was chosen before.
    pub(super) fn take(&mut self, transport: Transport, wanted: SocketAddr) -> Option<OwnedFd> {
        let fits = |given: &Given| {
            let port = wanted.port() == 0 || given.at.port() == wanted.port();
            given.transport == transport && given.at.ip() == wanted.ip() && port
        };
        let at = self.0.iter().position(fits)?;
        Some(self.0.remove(at).socket)
    }
}

/// A copy of a listening socket, kept to be given away.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) transport: Transport,
    pub(super) at: SocketAddr,
    pub(super) listener: std::net::TcpListener,
}

impl Kept {
    pub(super) fn copy(&self) -> io::Result<Given> {
        let socket = self.listener.try_clone()?.into();
        Ok(Given { transport: self.transport, at: self.at, socket })
    }
}
