//! Between the callers and the house: passes every datagram on, and notes each INVITE and what it was answered.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::ledger::Ledger;

/// How soon the threads notice that they are to end.
const LOOK: Duration = Duration::from_millis(100);
const POLL: Duration = Duration::from_millis(1);
/// What is no SIP and marks a place in the row of datagrams.
const MARK: &[u8] = b"mark";

struct Shared {
    /// Callers send here.
    front: UdpSocket,
    /// The house answers here.
    back: UdpSocket,
    house: SocketAddr,
    /// Where the callers' phone is.
    callers: Mutex<Option<SocketAddr>>,
    ledger: Arc<Ledger>,
    marks: AtomicU64,
    done: AtomicBool,
}

/// The way to the house.
pub struct Tap {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Tap {
    pub fn start(house: SocketAddr, ledger: Arc<Ledger>) -> Self {
        let socket = || {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            socket.set_read_timeout(Some(LOOK)).unwrap();
            socket
        };
        let shared = Arc::new(Shared {
            front: socket(),
            back: socket(),
            house,
            callers: Mutex::default(),
            ledger,
            marks: AtomicU64::new(0),
            done: AtomicBool::new(false),
        });
        let there = shared.clone();
        let here = shared.clone();
        let threads = vec![
            thread::spawn(move || each(&there.front, &there.done, |bytes, from| there.up(bytes, from))),
            thread::spawn(move || each(&here.back, &here.done, |bytes, from| here.down(bytes, from))),
        ];
        Self { shared, threads }
    }

    /// What the callers take for the house.
    pub fn front(&self) -> SocketAddr {
        self.shared.front.local_addr().unwrap()
    }

    /// Waits until all that the house has sent is noted.
    pub async fn drain(&self) {
        let before = self.shared.marks.load(Ordering::Acquire);
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut sent = Instant::now() - LOOK;
        while self.shared.marks.load(Ordering::Acquire) == before {
            assert!(Instant::now() < deadline, "the tap does not come to an end");
            if sent.elapsed() >= LOOK {
                // It could be lost, too, when the socket is full.
                let back = self.shared.back.local_addr().unwrap();
                self.shared.front.send_to(MARK, back).unwrap();
                sent = Instant::now();
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.shared.done.store(true, Ordering::Release);
        for thread in self.threads.drain(..) {
            // A panic there is told by the missing answers.
            let _ = thread.join();
        }
    }
}

fn each(socket: &UdpSocket, done: &AtomicBool, mut take: impl FnMut(&[u8], SocketAddr)) {
    let mut bytes = vec![0; 65_535];
    while !done.load(Ordering::Acquire) {
        if let Ok((length, from)) = socket.recv_from(&mut bytes) {
            take(&bytes[..length], from);
        }
    }
}

impl Shared {
    fn up(&self, bytes: &[u8], from: SocketAddr) {
        *self.callers.lock().unwrap() = Some(from);
        let text = String::from_utf8_lossy(bytes);
        if text.starts_with("INVITE ")
            && let (Some(call_id), Some(caller)) = (header(&text, "Call-ID"), header(&text, "From"))
        {
            let user = caller.split_once("sip:").and_then(|(_, rest)| rest.split_once('@'));
            self.ledger.called(call_id, user.unwrap().0);
        }
        // Nobody may be there: the datagram is lost as any other.
        let _ = self.back.send_to(bytes, self.house);
    }

    fn down(&self, bytes: &[u8], from: SocketAddr) {
        if bytes == MARK {
            self.marks.fetch_add(1, Ordering::AcqRel);
            return;
        }
        assert_eq!(from, self.house);
        let text = String::from_utf8_lossy(bytes);
        let status = text.strip_prefix("SIP/2.0 ").and_then(|rest| rest.get(..3)?.parse().ok());
        if let (Some(status), Some(call_id), Some(cseq)) =
            (status, header(&text, "Call-ID"), header(&text, "CSeq"))
            && cseq.ends_with("INVITE")
        {
            self.ledger.got(call_id, Instant::now(), status);
        }
        if let Some(callers) = *self.callers.lock().unwrap() {
            let _ = self.front.send_to(bytes, callers);
        }
    }
}

/// A header's value, as both ends of this test print it.
pub fn header<'m>(message: &'m str, name: &str) -> Option<&'m str> {
    let head = message.split("\r\n\r\n").next()?;
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}
