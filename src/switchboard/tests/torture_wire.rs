//! RFC 4475 and RFC 5118 over real sockets into a small house of wire and stack: what comes back is what `torture_wire.txt` says.
//!
//! The messages are third-party data and not part of this repository. They are read from the folder named by
//! `HOTLINE_RFC_DATA`, with subfolders `rfc4475` and `rfc5118`; where it is missing, that is said and skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use sip::framing::{Frame, Framer};
use sip::sdp::{self, Codec, Direction, Local};
use sip::{Event, Message, Net, Output, Peer, SessionId, Settings, Stack, Transport, parse};
use switchboard::wire::{Counts, Inbound, Wire, WireSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

/// Nothing here takes longer on any machine.
const DEADLINE: Duration = Duration::from_secs(30);
/// How long the house waits for the end of a message that never ends.
const PATIENCE: Duration = Duration::from_secs(2);

const TABLE: &str = include_str!("torture_wire.txt");

/// One line of the table.
struct Row<'t> {
    name: &'t str,
    section: &'t str,
    datagram: Vec<u16>,
    stream: Vec<u16>,
    /// The stream is closed after that.
    closes: bool,
    must: &'t str,
    says: &'t str,
}

fn rows(rfc: &str) -> Vec<Row<'static>> {
    let statuses = |text: &str| text.split(' ').filter_map(|s| s.parse().ok()).collect::<Vec<u16>>();
    let mut rows = Vec::new();
    for line in TABLE.lines().filter(|l| !l.starts_with('#')) {
        let [name, section, datagram, stream, must, says] =
            line.split('|').map(str::trim).collect::<Vec<_>>().try_into().expect(line);
        let datagram = statuses(datagram);
        let streamed = if stream == "=" { datagram.clone() } else { statuses(stream) };
        let closes = stream.ends_with("close");
        rows.push(Row { name, section, datagram, stream: streamed, closes, must, says });
    }
    rows.retain(|row| row.section.starts_with(rfc));
    rows
}

fn folder(name: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("HOTLINE_RFC_DATA").map_or(beside, PathBuf::from).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("{name}: not there, skipped (set HOTLINE_RFC_DATA to the folder that holds it)");
    None
}

fn rfc4475(name: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(folder("rfc4475")?.join(format!("{name}.dat"))).unwrap())
}

/// The archive leaves the closing blank line of `baddn` out, which on a stream would make the next message part of it.
fn rfc4475_streamed(name: &str) -> Option<Vec<u8>> {
    let mut bytes = rfc4475(name)?;
    if name == "baddn" {
        bytes.extend_from_slice(b"\r\n");
    }
    Some(bytes)
}

/// The RFC's archive holds bare line feeds, and leaves the closing blank line out where there is no body.
/// In `ipv6-in-sdp` Content-Length says 268 for the 251 bytes that follow; what is tested there is the addresses.
fn rfc5118(name: &str) -> Option<Vec<u8>> {
    let text = String::from_utf8(std::fs::read(folder("rfc5118")?.join(name)).unwrap()).unwrap();
    let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    let whole = if text.contains("\r\n\r\n") { text } else { format!("{}\r\n\r\n", text.trim_end()) };
    Some(whole.replace("Content-Length: 268", "Content-Length: 251").into_bytes())
}

/// Two more lengths of that archive are too small, which a datagram bears and a stream does not.
fn rfc5118_streamed(name: &str) -> Option<Vec<u8>> {
    let text = String::from_utf8(rfc5118(name)?).unwrap();
    let text = text.replace("Content-Length: 236", "Content-Length: 245");
    Some(text.replace("Content-Length: 181", "Content-Length: 189").into_bytes())
}

/// A house that answers each call at once.
struct House {
    udp: SocketAddr,
    tcp: SocketAddr,
    end: oneshot::Sender<()>,
    life: JoinHandle<Counts>,
}

impl House {
    fn open() -> Self {
        let here: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
        let (tell, told) = mpsc::channel(1_024);
        let settings = WireSettings {
            udp: vec![here],
            tcp: vec![here],
            half_message: PATIENCE,
            most_per_source: 256,
            ..WireSettings::default()
        };
        let wire = Wire::bind(settings, tell).unwrap();
        let net = Net::parse("127.0.0.0/8").unwrap();
        let stack = Stack::new(Settings {
            seed: [4; 32],
            peers: vec![Peer::at("tester", vec![net])],
            phone_nets: vec![net],
            ..Settings::default()
        });
        let (udp, tcp) = (wire.over(Transport::Udp)[0], wire.over(Transport::Tcp)[0]);
        let (end, ends) = oneshot::channel();
        Self { udp, tcp, end, life: tokio::spawn(live(wire, told, stack, ends)) }
    }

    /// Closes it; the figures before.
    async fn close(self) -> Counts {
        self.end.send(()).unwrap();
        within(self.life).await.unwrap()
    }
}

async fn within<T>(what: impl Future<Output = T>) -> T {
    timeout(DEADLINE, what).await.expect("it took too long")
}

async fn live(
    wire: Wire,
    mut told: mpsc::Receiver<Inbound>,
    mut stack: Stack,
    mut ends: oneshot::Receiver<()>,
) -> Counts {
    let start = Instant::now();
    loop {
        let due = start + stack.next_timeout().unwrap_or(DEADLINE * 10);
        let inbound = tokio::select! {
            inbound = timeout_at(due, told.recv()) => inbound.map(|i| i.expect("the wire has ended")).ok(),
            _ = &mut ends => break,
        };
        let now = start.elapsed();
        match inbound {
            Some(Inbound::Message { flow, bytes }) => stack.receive(now, &flow, &bytes),
            Some(Inbound::Connected { id, names }) => stack.connected(id, names),
            Some(Inbound::Closed { id }) => stack.flow_closed(now, id),
            Some(Inbound::SendFailed(flow)) => stack.send_failed(now, &flow),
            None => stack.timeout(now),
        }
        while let Some(output) = stack.poll() {
            match output {
                Output::Send(flow, bytes) => wire.send(&flow, bytes),
                Output::Locate(ticket, _) => stack.located(ticket, Vec::new()),
                Output::Event(_, Event::Incoming { session, offer, .. }) => {
                    answer(&mut stack, now, session, offer.as_deref());
                }
                Output::Event(..) => {}
            }
        }
    }
    let counts = wire.counts();
    within(wire.stop()).await;
    counts
}

fn answer(stack: &mut Stack, now: Duration, session: SessionId, offer: Option<&[u8]>) {
    let local = Local { address: (Ipv4Addr::LOCALHOST, 4_000).into(), id: 1, version: 1 };
    stack.trying(now, session);
    let described = match offer {
        Some(offer) => sdp::answer(offer, local, &Codec::ALL, Direction::SendRecv, &sdp::Shield::clear())
            .map(|(answer, _)| answer),
        None => Ok(sdp::offer(local, &[Codec::Pcma], Direction::SendRecv, &sdp::Shield::clear())),
    };
    match described {
        Ok(description) => stack.accept(now, session, description).unwrap(),
        Err(fault) => {
            let warning = [("Warning", fault.warning().to_owned())];
            stack.reject(now, session, fault.status(), &warning).unwrap();
        }
    }
}

/// The far end: one datagram socket or one connection.
enum Line {
    Udp(UdpSocket),
    Tcp(TcpStream, Framer),
}

impl Line {
    /// A socket on an address that nobody else has, and on the port to which the message wants its answer (RFC 3261 section
    /// 18.2.2); `n` is different for each message of all tests.
    async fn udp(house: &House, n: u8, port: u16) -> Self {
        let [.., a, b] = std::process::id().to_be_bytes();
        let own = Ipv4Addr::new(127, a | 64, b, n);
        let socket = UdpSocket::bind((own, port)).await.unwrap_or_else(|error| {
            panic!("{own}:{port} can't be had ({error}): is a SIP server on this port of all addresses?")
        });
        socket.connect(house.udp).await.unwrap();
        Self::Udp(socket)
    }

    async fn tcp(house: &House) -> Self {
        Self::Tcp(within(TcpStream::connect(house.tcp)).await.unwrap(), Framer::default())
    }

    fn via(&self) -> String {
        match self {
            Self::Udp(socket) => format!("SIP/2.0/UDP {};rport", socket.local_addr().unwrap()),
            Self::Tcp(stream, _) => format!("SIP/2.0/TCP {};rport", stream.local_addr().unwrap()),
        }
    }

    /// Sends; a connection that is closed already shows when it is read.
    async fn send(&mut self, bytes: &[u8]) {
        match self {
            Self::Udp(socket) => {
                within(socket.send(bytes)).await.unwrap();
            }
            Self::Tcp(stream, _) => {
                let _ = within(stream.write_all(bytes)).await;
            }
        }
    }

    /// The next message; `None` when the connection is closed.
    async fn receive(&mut self) -> Option<String> {
        let bytes = match self {
            Self::Udp(socket) => {
                let mut buffer = vec![0; 65_535];
                let length = within(socket.recv(&mut buffer)).await.unwrap();
                buffer.truncate(length);
                buffer
            }
            Self::Tcp(stream, framer) => loop {
                if let Some(Frame::Message(bytes)) = framer.cut().unwrap() {
                    break bytes;
                }
                let mut buffer = vec![0; 65_535];
                match within(stream.read(&mut buffer)).await {
                    Ok(0) | Err(_) => return None,
                    Ok(length) => framer.push(&buffer[..length]),
                }
            },
        };
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// What comes until a good OPTIONS is answered, each answer once, or until the connection is closed.
    async fn probe(&mut self, n: usize) -> (Vec<String>, bool) {
        let (via, id) = (self.via(), format!("probe-{n}"));
        let text = request("OPTIONS", &via, &id, 1, "", "");
        self.send(text.as_bytes()).await;
        let mut answers = Vec::new();
        while let Some(answer) = self.receive().await {
            if answer.contains(&format!("Call-ID: {id}\r\n")) {
                assert_eq!(status(&answer), 200, "{answer}");
                return (answers, true);
            }
            if !answers.contains(&answer) {
                answers.push(answer);
            }
        }
        (answers, false)
    }

    /// The final answer to a request of ours, through provisional ones.
    async fn ask(&mut self, text: &str) -> String {
        self.send(text.as_bytes()).await;
        loop {
            let answer = self.receive().await.expect("the connection is closed");
            if status(&answer) >= 200 {
                return answer;
            }
        }
    }

    /// A whole good call.
    async fn call(&mut self) {
        let (via, offer) = (
            self.via(),
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n",
        );
        let taken = self.ask(&request("INVITE", &via, "good", 1, "", offer)).await;
        assert!(taken.starts_with("SIP/2.0 200 ") && taken.contains("m=audio 4000 RTP/AVP 8"), "{taken}");
        let tag = taken.lines().find_map(|l| l.strip_prefix("To: ")?.split_once(";tag=")).unwrap().1;
        let tag = format!(";tag={tag}");
        self.send(request("ACK", &via, "good", 1, &tag, "").as_bytes()).await;
        assert_eq!(status(&self.ask(&request("BYE", &via, "good", 2, &tag, "")).await), 200);
    }
}

fn request(method: &str, via: &str, id: &str, seq: u32, to_tag: &str, body: &str) -> String {
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "{method} sip:89000@127.0.0.1 SIP/2.0\r\nVia: {via};branch=z9hG4bK{method}{id}\r\nMax-Forwards: 70\r\n\
         From: <sip:good@example.com>;tag=g\r\nTo: <sip:89000@example.com>{to_tag}\r\nCall-ID: {id}\r\n\
         CSeq: {seq} {method}\r\nContact: <sip:good@127.0.0.1>\r\n{kind}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn status(answer: &str) -> u16 {
    answer.strip_prefix("SIP/2.0 ").and_then(|a| a.get(..3)).and_then(|s| s.parse().ok()).expect(answer)
}

/// Where the message wants its answer.
fn answer_port(bytes: &[u8]) -> u16 {
    let via = match parse(bytes, sip::Wire::Datagram) {
        Ok(Message::Request(request)) => request.headers.via(),
        Ok(Message::Response(_)) => None,
        Err(fault) => fault.reply.and_then(|reply| reply.headers.via()),
    };
    via.and_then(|via| via.port).unwrap_or(5060)
}

/// What is wrong with the answers to one message.
fn judge(row: &Row<'_>, answers: &[String], expected: &[u16]) -> Option<String> {
    let finals: Vec<&String> = answers.iter().filter(|a| status(a) >= 200).collect();
    let got: Vec<u16> = finals.iter().map(|a| status(a)).collect();
    let held = expected.is_empty()
        || expected != row.datagram
        || finals.last().is_some_and(|a| a.contains(row.must));
    let early = answers.iter().any(|a| status(a) < 200 && status(a) != 100);
    (got != expected || !held || early).then(|| {
        let (name, section, must, says) = (row.name, row.section, row.must, row.says);
        format!(
            "{name} (RFC {section}): got {got:?}, expected {expected:?} with {must:?}: {says}\n{answers:#?}"
        )
    })
}

async fn torture(rfc: &str, read: fn(&str) -> Option<Vec<u8>>, over_tcp: bool) {
    let (house, rows) = (House::open(), rows(rfc));
    let (count, first) = if rfc == "4475" { (49, 1) } else { (12, 101) };
    assert_eq!(rows.len(), count);
    let mut wrong = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        let Some(bytes) = read(row.name) else { return };
        let mut line = if over_tcp {
            Line::tcp(&house).await
        } else {
            Line::udp(&house, u8::try_from(first + n).unwrap(), answer_port(&bytes)).await
        };
        line.send(&bytes).await;
        let (answers, open) = line.probe(n).await;
        let expected = if over_tcp { &row.stream } else { &row.datagram };
        wrong.extend(judge(row, &answers, expected));
        if open == (over_tcp && row.closes) {
            wrong.push(format!("{}: the connection was {}", row.name, if open { "kept" } else { "closed" }));
        }
        let mut after = if over_tcp { Line::tcp(&house).await } else { line };
        assert!(after.probe(1_000 + n).await.1, "{}: the next OPTIONS is answered", row.name);
    }
    let mut line = if over_tcp {
        Line::tcp(&house).await
    } else {
        Line::udp(&house, u8::try_from(first + count).unwrap(), 5062).await
    };
    line.call().await;
    let counts = house.close().await;
    println!("{} messages, {counts:?}", rows.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[tokio::test]
async fn rfc4475_over_udp() {
    torture("4475", rfc4475, false).await;
}

#[tokio::test]
async fn rfc4475_over_tcp() {
    torture("4475", rfc4475_streamed, true).await;
}

#[tokio::test]
async fn rfc5118_over_udp() {
    torture("5118", rfc5118, false).await;
}

#[tokio::test]
async fn rfc5118_over_tcp() {
    torture("5118", rfc5118_streamed, true).await;
}
