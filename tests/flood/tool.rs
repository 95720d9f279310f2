//! The tools of the other side: messages by the thousand, and connections that say nothing.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Between two bursts.
const POLL: Duration = Duration::from_millis(10);
/// Connections that are opened together: fewer than a listening socket holds in its queue.
const AT_ONCE: usize = 100;
/// Sources of each kind.
const SOURCES: u8 = 32;

/// A running flood.
pub struct Flood {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<u64>>,
}

impl Flood {
    /// So many REGISTER and OPTIONS, and so many INVITEs a second: from phones' addresses and from strangers.
    pub fn start(house: SocketAddr, others: u32, invites: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let part = |methods: &'static [&'static str], rate: u32| {
            let stop = stop.clone();
            std::thread::spawn(move || pour(house, methods, rate, &stop))
        };
        let threads = vec![part(&["REGISTER", "OPTIONS"], others), part(&["INVITE"], invites)];
        Self { stop, threads }
    }

    /// Ends it; how many messages it sent.
    pub fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().map(|t| t.join().unwrap()).sum()
    }
}

fn pour(house: SocketAddr, methods: &[&str], rate: u32, stop: &AtomicBool) -> u64 {
    let at = |n: u8| {
        if n.is_multiple_of(2) { Ipv4Addr::new(127, 8, 1, n + 1) } else { Ipv4Addr::new(127, 66, 1, n + 1) }
    };
    let sockets: Vec<UdpSocket> = (0..SOURCES).map(|n| UdpSocket::bind((at(n), 0)).unwrap()).collect();
    let (start, mut sent) = (Instant::now(), 0_u64);
    while !stop.load(Ordering::Relaxed) {
        let due = (start.elapsed().as_secs_f64() * f64::from(rate)) as u64;
        while sent < due {
            let n = usize::try_from(sent).unwrap();
            let (socket, method) = (&sockets[n % sockets.len()], methods[n / sockets.len() % methods.len()]);
            // What does not fit into the house's socket is lost, as on any line.
            let _ = socket.send_to(message(method, socket.local_addr().unwrap(), sent).as_bytes(), house);
            sent += 1;
        }
        std::thread::sleep(POLL);
    }
    sent
}

fn message(method: &str, at: SocketAddr, n: u64) -> String {
    let (kind, sdp) = if method == "INVITE" {
        let sdp = "v=0\r\no=- 1 1 IN IP4 127.66.1.1\r\ns=-\r\nc=IN IP4 127.66.1.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
        ("Content-Type: application/sdp\r\n", sdp)
    } else {
        ("", "")
    };
    format!(
        "{method} sip:89000@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {at};rport;branch=z9hG4bK{method}{n}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:u{n}@hotline>;tag={n}\r\nTo: <sip:u{n}@hotline>\r\nCall-ID: {method}{n}\r\n\
         CSeq: 1 {method}\r\nContact: <sip:u{n}@{at}>\r\n{kind}Content-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
}

/// Opens so many connections that say nothing, and such that begin a TLS handshake and don't go on. Those that stand.
pub async fn crowd(tcp: SocketAddr, tls: SocketAddr, idle: u32, slow: u32) -> Vec<TcpStream> {
    let mut all = Vec::new();
    let each: Vec<u32> = (0..idle + slow).collect();
    for some in each.chunks(AT_ONCE) {
        let work: JoinSet<_> =
            some.iter().map(|n| one(*n, if *n < idle { tcp } else { tls }, *n >= idle)).collect();
        all.extend(work.join_all().await.into_iter().flatten());
    }
    all
}

/// `None`: it was not taken. A reset is one of the right answers, and so is none.
async fn one(n: u32, to: SocketAddr, begins: bool) -> Option<TcpStream> {
    let [.., a, b] = (n / 8 + 300).to_be_bytes();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 67, a, b), 0).into()).unwrap();
    let mut stream = timeout(Duration::from_secs(5), socket.connect(to)).await.ok()?.ok()?;
    if begins {
        stream.write_all(&[0x16, 0x03, 0x01, 0x02]).await.ok()?;
    }
    Some(stream)
}
