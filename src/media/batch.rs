//! Datagrams many at a time: one system call receives, or sends, all that a socket has (recvmmsg, sendmmsg); where the
//! system has no such call, one call for each.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

/// Largest packet that is looked at.
pub(crate) const DATAGRAM: usize = 1_500;
/// Most packets of one call.
pub(crate) const MANY: usize = 32;

/// What a call took: buffers, and of each its length and who sent it.
pub(crate) struct Inbox {
    buffers: Box<[[u8; DATAGRAM]; MANY]>,
    came: [(usize, Option<SocketAddr>); MANY],
    #[cfg(target_os = "linux")]
    many: linux::Many,
    one_by_one: bool,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self {
            buffers: Box::new([[0; DATAGRAM]; MANY]),
            came: [(0, None); MANY],
            #[cfg(target_os = "linux")]
            many: linux::Many::new(),
            one_by_one: cfg!(not(target_os = "linux")),
        }
    }

    /// As on a system without such calls.
    #[cfg(test)]
    pub(crate) fn portable() -> Self {
        Self { one_by_one: true, ..Self::new() }
    }

    /// Takes what waits at a socket that does not block, and hands each over; how many came, at most [`MANY`].
    pub(crate) fn receive(
        &mut self,
        socket: &UdpSocket,
        take: &mut dyn FnMut(SocketAddr, &mut [u8]),
    ) -> usize {
        let count = self.fill(socket);
        for (buffer, (length, from)) in self.buffers.iter_mut().zip(&self.came).take(count) {
            if let (Some(bytes), Some(from)) = (buffer.get_mut(..*length), from) {
                take(*from, bytes);
            }
        }
        count
    }

    fn fill(&mut self, socket: &UdpSocket) -> usize {
        #[cfg(target_os = "linux")]
        if !self.one_by_one {
            match self.many.receive(socket, &mut self.buffers, &mut self.came) {
                Some(count) => return count,
                // The system, or its sandbox, does not know the call.
                None => self.one_by_one = true,
            }
        }
        let mut count = 0;
        for (buffer, came) in self.buffers.iter_mut().zip(&mut self.came) {
            let Ok((length, from)) = socket.recv_from(buffer) else { break };
            *came = (length, Some(from));
            count += 1;
        }
        count
    }
}

/// One packet that is to leave.
#[derive(Clone, Copy)]
pub(crate) struct Letter {
    pub(crate) to: SocketAddr,
    pub(crate) length: usize,
    pub(crate) bytes: [u8; Self::LONGEST],
}

impl Letter {
    /// Longest packet of ours: a frame, encrypted, with room.
    pub(crate) const LONGEST: usize = 256;
    pub(crate) const EMPTY: Self = Self {
        to: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
        length: 0,
        bytes: [0; Self::LONGEST],
    };

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Sends what leaves by one socket.
pub(crate) struct Outbox {
    #[cfg(target_os = "linux")]
    many: linux::Many,
    one_by_one: bool,
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            many: linux::Many::new(),
            one_by_one: cfg!(not(target_os = "linux")),
        }
    }

    /// As on a system without such calls.
    #[cfg(test)]
    pub(crate) fn portable() -> Self {
        Self { one_by_one: true, ..Self::new() }
    }

    /// Sends these letters, at most [`MANY`]. What can't be sent is lost as on the way: the next frame comes in 20 ms.
    pub(crate) fn send(&mut self, socket: &UdpSocket, letters: &[&Letter]) {
        let mut rest = letters;
        while let Some((first, others)) = rest.split_first() {
            #[cfg(target_os = "linux")]
            if !self.one_by_one && rest.len() > 1 {
                match self.many.send(socket, rest) {
                    // The first of them can't be sent; those behind it may.
                    Some(0) => rest = others,
                    Some(count) => rest = rest.get(count..).unwrap_or_default(),
                    None => self.one_by_one = true,
                }
                continue;
            }
            let _ = socket.send_to(first.bytes(), first.to);
            rest = others;
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io::{IoSlice, IoSliceMut};
    use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6, UdpSocket};
    use std::os::fd::AsRawFd;

    use nix::errno::Errno;
    use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, sendmmsg};

    use super::{DATAGRAM, Letter, MANY};

    /// Headers of one direction; used by no other, for a call leaves its pointers in them.
    pub(super) struct Many(MultiHeaders<SockaddrStorage>);

    impl Many {
        pub(super) fn new() -> Self {
            Self(MultiHeaders::preallocate(MANY, None))
        }

        /// `None`: there is no such call.
        pub(super) fn receive(
            &mut self,
            socket: &UdpSocket,
            buffers: &mut [[u8; DATAGRAM]; MANY],
            came: &mut [(usize, Option<SocketAddr>); MANY],
        ) -> Option<usize> {
            let mut slices = buffers.each_mut().map(|buffer| [IoSliceMut::new(buffer)]);
            let flags = MsgFlags::MSG_DONTWAIT;
            match recvmmsg(socket.as_raw_fd(), &mut self.0, slices.iter_mut(), flags, None) {
                Ok(results) => {
                    let mut count = 0;
                    for (came, message) in came.iter_mut().zip(results) {
                        *came = (message.bytes, message.address.as_ref().and_then(plain));
                        count += 1;
                    }
                    Some(count)
                }
                Err(Errno::ENOSYS | Errno::EPERM) => None,
                // Nothing waits, or an earlier packet of ours met a closed port.
                Err(_) => Some(0),
            }
        }

        /// How many went; 0: the first of them can't be sent. `None`: there is no such call.
        pub(super) fn send(&mut self, socket: &UdpSocket, letters: &[&Letter]) -> Option<usize> {
            let mut slices = [[IoSlice::new(&[])]; MANY];
            let mut to = [None; MANY];
            let mut count = 0;
            for ((slice, to), letter) in slices.iter_mut().zip(&mut to).zip(letters) {
                (*slice, *to) = ([IoSlice::new(letter.bytes())], Some(SockaddrStorage::from(letter.to)));
                count += 1;
            }
            let flags = MsgFlags::MSG_DONTWAIT;
            match sendmmsg(socket.as_raw_fd(), &mut self.0, slices.iter().take(count), to, [], flags) {
                Ok(sent) => Some(sent.count()),
                Err(Errno::ENOSYS) => None,
                Err(_) => Some(0),
            }
        }
    }

    fn plain(address: &SockaddrStorage) -> Option<SocketAddr> {
        let v4 = address.as_sockaddr_in().map(|v4| SocketAddr::V4(SocketAddrV4::from(*v4)));
        v4.or_else(|| address.as_sockaddr_in6().map(|v6| SocketAddr::V6(SocketAddrV6::from(*v6))))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::net::Ipv6Addr;
    use std::time::{Duration, Instant};

    use super::*;

    fn socket(v6: bool) -> UdpSocket {
        let ip = if v6 { Ipv6Addr::LOCALHOST.into() } else { std::net::IpAddr::from([127, 0, 0, 1]) };
        let socket = UdpSocket::bind((ip, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        socket
    }

    fn letter(to: SocketAddr, n: u8) -> Letter {
        let mut bytes = [n; Letter::LONGEST];
        bytes[0] = n;
        Letter { to, length: 20 + usize::from(n), bytes }
    }

    /// What arrives, until so many have or two seconds are over.
    fn gathered(inbox: &mut Inbox, socket: &UdpSocket, count: usize) -> Vec<(SocketAddr, Vec<u8>)> {
        let (mut all, begun) = (Vec::new(), Instant::now());
        while all.len() < count && begun.elapsed() < Duration::from_secs(2) {
            inbox.receive(socket, &mut |from, bytes| all.push((from, bytes.to_vec())));
        }
        all
    }

    #[test]
    fn many_arrive_whole_in_order_and_with_their_senders() {
        for v6 in [false, true] {
            let both = [(Inbox::new(), Outbox::new()), (Inbox::portable(), Outbox::portable())];
            for (mut inbox, mut outbox) in both {
                let (here, one, two) = (socket(v6), socket(v6), socket(v6));
                let to = here.local_addr().unwrap();
                for from in [&one, &two] {
                    let letters: Vec<Letter> = (0..MANY as u8).map(|n| letter(to, n)).collect();
                    outbox.send(from, &letters.iter().collect::<Vec<_>>());
                }
                let came = gathered(&mut inbox, &here, 2 * MANY);
                assert_eq!(came.len(), 2 * MANY);
                for (at, (from, bytes)) in came.iter().enumerate() {
                    let sender = if at < MANY { &one } else { &two };
                    assert_eq!(*from, sender.local_addr().unwrap());
                    let n = (at % MANY) as u8;
                    assert!(bytes.len() == 20 + usize::from(n) && bytes.iter().all(|b| *b == n));
                }
                let mut more = 0;
                assert_eq!((inbox.receive(&here, &mut |_, _| more += 1), more), (0, 0));
            }
        }
    }

    #[test]
    fn what_can_not_be_sent_takes_nothing_else_with_it() {
        let (here, from) = (socket(false), socket(false));
        let to = here.local_addr().unwrap();
        let nowhere = "[2001:db8::1]:9".parse().unwrap();
        let letters =
            [letter(nowhere, 1), letter(to, 2), letter(nowhere, 3), letter(to, 4), letter(nowhere, 5)];
        Outbox::new().send(&from, &letters.iter().collect::<Vec<_>>());
        let came = gathered(&mut Inbox::new(), &here, 2);
        assert_eq!(came.iter().map(|(_, bytes)| bytes[0]).collect::<Vec<_>>(), [2, 4]);
    }
}
