//! A name server with one carrier in it: two servers behind one name, in an order (RFC 3263, RFC 2782).

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const A: u16 = 1;
const SRV: u16 = 33;
const HEAD: usize = 12;

/// Answers until it is dropped.
pub struct Names {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Names {
    /// Knows `_sip._udp.carrier.test`: these ports of this machine, best first.
    pub fn serve(at: u16, ports: [u16; 2]) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, at)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&over);
        let thread = thread::spawn(move || {
            let mut buffer = [0; 1_024];
            while !ends.load(Ordering::Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
                reply(&socket, from, &buffer[..length], ports);
            }
        });
        Self { over, thread: Some(thread) }
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn reply(socket: &UdpSocket, to: SocketAddr, query: &[u8], ports: [u16; 2]) {
    let (name, end) = name(query);
    let kind = u16::from_be_bytes([query[end], query[end + 1]]);
    let records: Vec<Vec<u8>> = match (name.as_str(), kind) {
        ("_sip._udp.carrier.test", SRV) => {
            let server = |(n, port): (u16, u16)| {
                let labels = [&[1, b'a'][..], b"\x07carrier\x04test\x00"].concat();
                [&(n * 10).to_be_bytes()[..], &[0, 0], &port.to_be_bytes(), &labels].concat()
            };
            (1..).zip(ports).map(server).collect()
        }
        ("a.carrier.test", A) => vec![vec![127, 0, 0, 1]],
        _ => Vec::new(),
    };
    let mut answer = query[..end + 4].to_vec();
    // An authoritative answer without error, and nothing behind the question but the records.
    answer[2..4].copy_from_slice(&[0x84 | (query[2] & 1), 0]);
    answer[4..HEAD].copy_from_slice(&[0, 1, 0, u8::try_from(records.len()).unwrap(), 0, 0, 0, 0]);
    for data in records {
        // The question's own name, class IN, good for a minute.
        answer.extend([0xC0, 0x0C]);
        answer.extend(kind.to_be_bytes());
        answer.extend([0, 1, 0, 0, 0, 60]);
        answer.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        answer.extend(data);
    }
    let _ = socket.send_to(&answer, to);
}

/// The name that is asked for, and where it ends.
fn name(query: &[u8]) -> (String, usize) {
    let (mut labels, mut at) = (Vec::new(), HEAD);
    while query[at] != 0 {
        let length = usize::from(query[at]);
        labels.push(String::from_utf8_lossy(&query[at + 1..=at + length]).to_ascii_lowercase());
        at += length + 1;
    }
    (labels.join("."), at + 1)
}
