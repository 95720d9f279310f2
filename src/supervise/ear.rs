//! The parent's socket: who speaks is told by the system, not by the speaker.

use std::fs::File;
use std::io::{self, IoSliceMut, Read};
use std::mem::MaybeUninit;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram as StdDatagram};

use rustix::net::sockopt::set_socket_passcred;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::process::{Pid, getuid};
use tokio::io::Interest;
use tokio::net::UnixDatagram;

use crate::words::Word;

/// A word is shorter; what is longer is none of ours.
const LONGEST: usize = 256;

/// Hears what processes of this user say.
#[derive(Debug)]
pub(crate) struct Ear {
    socket: UnixDatagram,
    name: Vec<u8>,
}

impl Ear {
    /// Opens it under a name that nobody else has. Inside the tokio runtime.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn open() -> io::Result<Self> {
        let mut drawn = [0; 8];
        File::open("/dev/urandom")?.read_exact(&mut drawn)?;
        let name = format!("hotline-{}-{:016x}", std::process::id(), u64::from_be_bytes(drawn)).into_bytes();
        let socket = StdDatagram::bind_addr(&SocketAddr::from_abstract_name(&name)?)?;
        set_socket_passcred(&socket, true)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket: UnixDatagram::from_std(socket)?, name })
    }

    /// Its abstract name.
    pub(crate) fn name(&self) -> &[u8] {
        &self.name
    }

    /// Waits for the next word, and whose it is.
    ///
    /// # Errors
    /// The system's.
    pub(crate) async fn hear(&self) -> io::Result<(Pid, Word)> {
        loop {
            let heard = self.socket.async_io(Interest::READABLE, || receive(&self.socket)).await?;
            if let Some(heard) = heard {
                return Ok(heard);
            }
        }
    }

    /// What was said already.
    pub(crate) fn heard(&self) -> Option<(Pid, Word)> {
        loop {
            match self.socket.try_io(Interest::READABLE, || receive(&self.socket)) {
                Ok(Some(heard)) => return Some(heard),
                // Another user's, or no word.
                Ok(None) => {}
                // Nothing is there; what is broken, is told by `hear`.
                Err(_) => return None,
            }
        }
    }
}

/// One datagram; `None` when it is not ours.
fn receive(socket: &UnixDatagram) -> io::Result<Option<(Pid, Word)>> {
    let mut bytes = [0; LONGEST];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmCredentials(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let got = recvmsg(socket, &mut [IoSliceMut::new(&mut bytes)], &mut control, RecvFlags::empty())?;
    let speaker = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmCredentials(who) if who.uid == getuid() => Some(who.pid),
        _ => None,
    });
    let word = bytes.get(..got.bytes).and_then(Word::read);
    Ok(speaker.zip(word))
}
