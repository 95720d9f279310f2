//! A far end: one socket or connection from an address of its choice.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use sip::framing::{Frame, Framer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::PAGE;
use crate::house::House;

/// How long an answer may take, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// By which way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    Udp,
    Tcp,
    Ws,
}

impl Way {
    pub fn name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Ws => "WS",
        }
    }
}

enum Ends {
    Udp(UdpSocket),
    Tcp(TcpStream, Framer),
    Ws(Box<WebSocketStream<TcpStream>>),
}

pub struct Line {
    ends: Ends,
    pub address: SocketAddr,
    pub way: Way,
}

async fn within<T>(what: impl Future<Output = T>) -> T {
    timeout(PATIENCE, what).await.expect("no answer in time")
}

async fn connect(from: Ipv4Addr, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    within(socket.connect(to)).await.unwrap()
}

impl Line {
    pub async fn open(house: &House, way: Way, from: Ipv4Addr) -> Self {
        let (ends, address) = match way {
            Way::Udp => {
                let socket = UdpSocket::bind((from, 0)).await.unwrap();
                socket.connect(house.udp).await.unwrap();
                let address = socket.local_addr().unwrap();
                (Ends::Udp(socket), address)
            }
            Way::Tcp => {
                let stream = connect(from, house.tcp).await;
                let address = stream.local_addr().unwrap();
                (Ends::Tcp(stream, Framer::default()), address)
            }
            Way::Ws => {
                let stream = connect(from, house.ws).await;
                let address = stream.local_addr().unwrap();
                let mut request = "ws://house.example.org/".into_client_request().unwrap();
                request.headers_mut().insert("Origin", PAGE.parse().unwrap());
                request.headers_mut().insert("Sec-WebSocket-Protocol", "sip".parse().unwrap());
                (Ends::Ws(Box::new(within(client_async(request, stream)).await.unwrap().0)), address)
            }
        };
        Self { ends, address, way }
    }

    /// False when it can't be sent: too long for a datagram, or the connection is closed.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        match &mut self.ends {
            Ends::Udp(socket) => within(socket.send(bytes)).await.is_ok(),
            Ends::Tcp(stream, _) => within(stream.write_all(bytes)).await.is_ok(),
            Ends::Ws(stream) => {
                let message = match std::str::from_utf8(bytes) {
                    Ok(text) => Message::text(text),
                    Err(_) => Message::binary(bytes.to_vec()),
                };
                within(stream.send(message)).await.is_ok()
            }
        }
    }

    /// The next message; `None` when the connection is closed.
    async fn receive(&mut self) -> Option<String> {
        let bytes = match &mut self.ends {
            Ends::Udp(socket) => {
                let mut buffer = vec![0; 65_535];
                let length = within(socket.recv(&mut buffer)).await.unwrap_or_default();
                buffer.truncate(length);
                buffer
            }
            Ends::Tcp(stream, framer) => loop {
                if let Ok(Some(Frame::Message(bytes))) = framer.cut() {
                    break bytes;
                }
                let mut buffer = vec![0; 65_535];
                match within(stream.read(&mut buffer)).await {
                    Ok(0) | Err(_) => return None,
                    Ok(length) => framer.push(&buffer[..length]),
                }
            },
            Ends::Ws(stream) => match within(stream.next()).await {
                Some(Ok(Message::Text(text))) => text.as_bytes().to_vec(),
                Some(Ok(Message::Binary(bytes))) => bytes.to_vec(),
                Some(Ok(_)) => return Box::pin(self.receive()).await,
                Some(Err(_)) | None => return None,
            },
        };
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// What comes until this OPTIONS is answered, or until the connection is closed: final answers, each once.
    pub async fn probe(&mut self, id: &str, behind_anything: bool) -> Vec<String> {
        let text = format!(
            "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{} {};rport;branch=z9hG4bK{id}p\r\nMax-Forwards: 70\r\n\
             From: <sip:good@x>;tag=g\r\nTo: <sip:x@x>\r\nCall-ID: {id}probe\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
            self.way.name(),
            self.address
        );
        let mut answers: Vec<String> = Vec::new();
        // A connection that is closed already shows when it is read.
        self.send(text.as_bytes()).await;
        if self.way == Way::Tcp && behind_anything {
            // What has no end takes the first one with it.
            self.send(text.as_bytes()).await;
        }
        while let Some(answer) = self.receive().await {
            if answer.contains(&format!("Call-ID: {id}probe\r\n")) {
                // Behind a message that said it were longer, the OPTIONS has lost its head.
                let beheaded = self.way == Way::Tcp && matches!(status(&answer), 400 | 501);
                assert!(beheaded || status(&answer) == 200, "{answer}");
                break;
            }
            if answer.starts_with("SIP/2.0 ") && status(&answer) >= 200 && !answers.contains(&answer) {
                answers.push(answer);
            }
        }
        answers
    }

    /// Whether anything has come; nothing is waited for.
    pub fn has_heard(&mut self) -> bool {
        let mut buffer = [0; 2_000];
        // A keep-alive of line ends is answered whoever sends it (RFC 5626 section 3.5.1), and a goodbye is allowed.
        let speaks = |n: usize, buffer: &[u8]| buffer[..n].windows(4).any(|w| w == b"SIP/");
        match &mut self.ends {
            Ends::Udp(socket) => socket.try_recv(&mut buffer).is_ok(),
            Ends::Tcp(stream, _) => stream.try_read(&mut buffer).is_ok_and(|n| speaks(n, &buffer)),
            Ends::Ws(stream) => stream.get_ref().try_read(&mut buffer).is_ok_and(|n| speaks(n, &buffer)),
        }
    }

    /// ACK, and for a call that was taken BYE.
    pub async fn finish(&mut self, invite: &[u8], answer: &str) {
        let invite = String::from_utf8_lossy(invite).into_owned();
        let line = |text: &str, name: &str| {
            let begins = format!("{name}:");
            text.split("\r\n").find(|l| l.starts_with(&begins)).map(str::to_owned).unwrap_or_default()
        };
        let (via, from, id) = (line(&invite, "Via"), line(&invite, "From"), line(&invite, "Call-ID"));
        let (to, taken) = (line(answer, "To"), (200..300).contains(&status(answer)));
        for (seq, method) in [(1, "ACK"), (2, "BYE")] {
            if method == "BYE" && !taken {
                return;
            }
            let via = if taken { via.replace("z9hG4bK", &format!("z9hG4bK{method}")) } else { via.clone() };
            let text = format!(
                "{method} sip:89000@127.0.0.1 SIP/2.0\r\n{via}\r\nMax-Forwards: 70\r\n{from}\r\n{to}\r\n{id}\r\n\
                 CSeq: {seq} {method}\r\nContent-Length: 0\r\n\r\n"
            );
            self.send(text.as_bytes()).await;
        }
    }

    /// Waits for a final answer of this request.
    pub async fn ask(&mut self, bytes: &[u8]) -> String {
        assert!(self.send(bytes).await, "the connection is closed");
        loop {
            let answer = self.receive().await.expect("the connection is closed");
            if answer.starts_with("SIP/2.0 ") && status(&answer) >= 200 {
                return answer;
            }
        }
    }
}

pub fn status(answer: &str) -> u16 {
    answer.strip_prefix("SIP/2.0 ").and_then(|a| a.get(..3)).and_then(|s| s.parse().ok()).expect(answer)
}
