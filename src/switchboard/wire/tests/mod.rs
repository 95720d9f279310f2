//! The sockets on loopback, against friends and enemies. Every wait has a deadline.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod alive;
mod datagrams;
mod door;
mod given;
mod hostile;
mod look;
mod papers;
mod streams;
mod tls;
mod web;

use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sip::{Flow, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::budget::Budget;
use super::{Counts, Inbound, Wire, WireSettings};

/// Nothing here takes longer on any machine.
const DEADLINE: Duration = Duration::from_secs(20);
/// Between two looks.
const POLL: Duration = Duration::from_millis(2);
/// A limit that a test waits for.
const SHORT: Duration = Duration::from_millis(60);

async fn within<T>(what: impl Future<Output = T>) -> T {
    timeout(DEADLINE, what).await.expect("it took too long")
}

fn loopback() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

/// A wire, and what it tells.
struct House {
    wire: Wire,
    told: mpsc::Receiver<Inbound>,
}

impl House {
    fn new(change: impl FnOnce(&mut WireSettings)) -> Self {
        Self::with_room(256, change)
    }

    fn with_room(room: usize, change: impl FnOnce(&mut WireSettings)) -> Self {
        let mut settings =
            WireSettings { udp: vec![loopback()], tcp: vec![loopback()], ..WireSettings::default() };
        change(&mut settings);
        let (tell, told) = mpsc::channel(room);
        Self { wire: Wire::bind(settings, tell).unwrap(), told }
    }

    fn udp(&self) -> SocketAddr {
        self.wire.over(Transport::Udp)[0]
    }

    fn tcp(&self) -> SocketAddr {
        self.wire.over(Transport::Tcp)[0]
    }

    async fn next(&mut self) -> Inbound {
        within(self.told.recv()).await.expect("the wire has ended")
    }

    async fn message(&mut self) -> (Flow, Vec<u8>) {
        match self.next().await {
            Inbound::Message { flow, bytes } => (flow, bytes),
            other => panic!("no message: {other:?}"),
        }
    }

    async fn closed(&mut self) -> u64 {
        match self.next().await {
            Inbound::Closed { id } => id,
            other => panic!("not closed: {other:?}"),
        }
    }

    async fn failed(&mut self) -> Flow {
        match self.next().await {
            Inbound::SendFailed(flow) => flow,
            other => panic!("not failed: {other:?}"),
        }
    }

    /// Waits until the figures are so.
    async fn until(&self, what: &str, so: impl Fn(&Counts) -> bool) -> Counts {
        let since = Instant::now();
        loop {
            let counts = self.wire.counts();
            if so(&counts) {
                return counts;
            }
            assert!(since.elapsed() < DEADLINE, "{what}: {counts:?}");
            tokio::time::sleep(POLL).await;
        }
    }

    async fn connect(&self) -> TcpStream {
        within(TcpStream::connect(self.tcp())).await.unwrap()
    }
}

/// A message that says which it is, with this much behind its header.
fn options(n: usize, body: usize) -> Vec<u8> {
    let mut text = format!(
        "OPTIONS sip:house@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK{n}\r\nFrom: <sip:a@b>;tag=1\r\n\
         To: <sip:b@b>\r\nCall-ID: {n}\r\nCSeq: 1 OPTIONS\r\nContent-Length: {body}\r\n\r\n"
    );
    text.extend(std::iter::repeat_n('x', body));
    text.into_bytes()
}

fn over_tcp(house: &House, remote: SocketAddr) -> Flow {
    house.wire.flow_to(Transport::Tcp, remote).unwrap()
}

async fn write(stream: &mut TcpStream, bytes: &[u8]) {
    within(stream.write_all(bytes)).await.unwrap();
}

async fn read(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    within(stream.read_exact(&mut bytes)).await.unwrap();
    bytes
}

/// What comes until the end; a reset is an end too.
async fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = within(stream.read_to_end(&mut bytes)).await;
    bytes
}

#[test]
fn a_budget_holds_what_it_says() {
    let budget = Budget::new(10);
    let mut one = budget.take(6).unwrap();
    assert!(budget.take(5).is_none() && budget.take(4).is_some());
    assert!(one.resize(10) && !one.resize(11) && budget.take(1).is_none());
    drop(one);
    assert!(budget.take(10).is_some(), "given back");
}
