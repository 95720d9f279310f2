//! Datagrams many at a time: one system call receives, or sends, all that a socket has (recvmmsg, sendmmsg); where the
//! system has no such call, one call for each.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::line::Take;

/// Largest packet that is looked at.
pub(crate) const DATAGRAM: usize = 1_500;
/// Most packets of one call.
pub(crate) const MANY: usize = 32;

/// No packet lies longer in its socket than this while the thread keeps its time; what says so has seen a clock that was set.
const LONGEST: Duration = Duration::from_millis(40);

/// A packet that came: its length, who sent it, and when the kernel took it in (time since 1970), where it says so.
#[derive(Clone, Copy, Default)]
struct Came {
    length: usize,
    from: Option<SocketAddr>,
    at: Option<Duration>,
}

/// The kernel notes of each packet when it came, so that nobody has to look all the time to know it.
pub(crate) fn note_arrivals(socket: &UdpSocket) {
    // Without it a packet came when it is found.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::socket::setsockopt(socket, nix::sys::socket::sockopt::ReceiveTimestampns, &true);
}

/// What a call took.
pub(crate) struct Inbox {
    buffers: Box<[[u8; DATAGRAM]; MANY]>,
    came: [Came; MANY],
    #[cfg(target_os = "linux")]
    many: linux::Many,
    one_by_one: bool,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self {
            buffers: Box::new([[0; DATAGRAM]; MANY]),
            came: [Came::default(); MANY],
            #[cfg(target_os = "linux")]
            many: linux::Many::inward(),
            one_by_one: cfg!(not(target_os = "linux")),
        }
    }

    /// As on a system without such calls.
    #[cfg(test)]
    pub(crate) fn portable() -> Self {
        Self { one_by_one: true, ..Self::new() }
    }

    /// Takes what waits at a socket that does not block, and hands each over: who sent it, how long ago it came, and its bytes.
    /// How many came, at most [`MANY`].
    pub(crate) fn receive(&mut self, socket: &UdpSocket, take: Take<'_>) -> usize {
        let count = self.fill(socket);
        if count == 0 {
            return 0;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        for (buffer, came) in self.buffers.iter_mut().zip(&self.came).take(count) {
            let ago = came.at.map_or(Duration::ZERO, |at| now.saturating_sub(at).min(LONGEST));
            if let (Some(bytes), Some(from)) = (buffer.get_mut(..came.length), came.from) {
                take(from, ago, bytes);
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
            *came = Came { length, from: Some(from), at: None };
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
            many: linux::Many::outward(),
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
    use std::time::Duration;

    use nix::errno::Errno;
    use nix::sys::socket::{
        ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, SockaddrStorage, recvmmsg, sendmmsg,
    };
    use nix::sys::time::TimeSpec;

    use super::{Came, DATAGRAM, Letter, MANY};

    /// Headers of one direction; used by no other, for a call leaves its pointers in them.
    pub(super) struct Many(MultiHeaders<SockaddrStorage>);

    impl Many {
        pub(super) fn outward() -> Self {
            Self(MultiHeaders::preallocate(MANY, None))
        }

        /// With room for the time at which each came.
        pub(super) fn inward() -> Self {
            Self(MultiHeaders::preallocate(MANY, Some(nix::cmsg_space!(TimeSpec))))
        }

        /// `None`: there is no such call.
        pub(super) fn receive(
            &mut self,
            socket: &UdpSocket,
            buffers: &mut [[u8; DATAGRAM]; MANY],
            came: &mut [Came; MANY],
        ) -> Option<usize> {
            let mut slices = buffers.each_mut().map(|buffer| [IoSliceMut::new(buffer)]);
            let flags = MsgFlags::MSG_DONTWAIT;
            match recvmmsg(socket.as_raw_fd(), &mut self.0, slices.iter_mut(), flags, None) {
                Ok(results) => {
                    let mut count = 0;
                    for (came, message) in came.iter_mut().zip(results) {
                        let from = message.address.as_ref().and_then(plain);
                        *came = Came { length: message.bytes, from, at: stamp(&message) };
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

    /// When the kernel took it in.
    fn stamp(message: &RecvMsg<'_, '_, SockaddrStorage>) -> Option<Duration> {
        message.cmsgs().ok()?.find_map(|word| match word {
            ControlMessageOwned::ScmTimestampns(at) => Some(Duration::from(at)),
            _ => None,
        })
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
            inbox.receive(socket, &mut |from, _, bytes| all.push((from, bytes.to_vec())));
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
                assert_eq!((inbox.receive(&here, &mut |_, _, _| more += 1), more), (0, 0));
            }
        }
    }

    #[test]
    fn what_has_lain_there_for_a_while_says_so() {
        let (here, there) = (socket(false), socket(false));
        note_arrivals(&here);
        let to = here.local_addr().unwrap();
        let mut inbox = Inbox::new();
        let mut age = || {
            there.send_to(&[1; 20], to).unwrap();
            let sent = Instant::now();
            while sent.elapsed() < Duration::from_millis(5) {
                std::hint::spin_loop();
            }
            let mut ages = Vec::new();
            inbox.receive(&here, &mut |_, ago, _| ages.push(ago));
            ages.pop().unwrap()
        };
        // The kernel begins with it some moments after it was asked to.
        let begun = Instant::now();
        while age() < Duration::from_millis(4) && begun.elapsed() < Duration::from_secs(20) {}
        // More than once: what one call leaves behind must not hide the times of the next.
        for _ in 0..3 {
            let ago = age();
            assert!(ago >= Duration::from_millis(4) && ago <= LONGEST, "{ago:?}");
        }
        let mut ages = Vec::new();
        there.send_to(&[1; 20], to).unwrap();
        Inbox::portable().receive(&here, &mut |_, ago, _| ages.push(ago));
        assert_eq!(ages, [Duration::ZERO], "who can't know takes it for new");
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
