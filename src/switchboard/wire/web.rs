//! SIP over WebSocket (RFC 7118, RFC 6455) without a socket: bytes come in; messages, and bytes to write, go out.

use std::io::{self, Read, Write};

use tungstenite::Message;
use tungstenite::error::{CapacityError, Error, ProtocolError};
use tungstenite::handshake::machine::TryParse;
use tungstenite::handshake::server::{Request, create_response, write_response};
use tungstenite::http::HeaderValue;
use tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame};
use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};

/// Largest request for the change to WebSocket. A longer one is refused.
const MOST_REQUEST: usize = 8 << 10;
/// What a connection reads at once out of what came: little, as there are many.
const READ: usize = 4 << 10;
/// The subprotocol (RFC 7118 section 4.1).
const PROTOCOL: &str = "sip";
/// CRLF keep-alives inside WebSocket messages (RFC 7118 section 6).
const PONG: &[u8] = b"\r\n";

/// Whose pages may open WebSockets: browsers say where a page comes from (RFC 6455 section 10.2).
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Origins {
    /// `https://hotline.example.org`, as browsers write it: scheme, host, and the port where it is not the usual one.
    pub listed: Vec<String>,
    /// Clients that are no browsers send no Origin; whether they are taken.
    pub absent: bool,
}

impl Origins {
    fn admit(&self, request: &Request) -> bool {
        let mut origins = request.headers().get_all("Origin").into_iter();
        let Some(origin) = origins.next() else { return self.absent };
        let same = |listed: &String| listed.as_bytes().eq_ignore_ascii_case(origin.as_bytes());
        origins.next().is_none() && self.listed.iter().any(same)
    }
}

/// What comes out of a WebSocket.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Piece {
    /// One SIP message.
    Message(Vec<u8>),
    /// A keep-alive.
    Ping,
}

/// Why a WebSocket can't go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stop {
    /// The far end closed it.
    Closed,
    /// No such page may use it, or it is no request for SIP over WebSocket.
    Refused,
    /// Its bytes are no WebSocket messages, or too large ones.
    Garbage,
}

/// What came and what is to go: in memory, where no side waits.
#[derive(Default)]
struct Pipe {
    came: Vec<u8>,
    /// What lies before is taken.
    taken: usize,
    to_go: Vec<u8>,
}

impl Pipe {
    fn left(&self) -> usize {
        self.came.len().saturating_sub(self.taken)
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.came.get(self.taken..).unwrap_or_default();
        if rest.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let length = { rest }.read(buffer)?;
        self.taken = self.taken.saturating_add(length);
        Ok(length)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to_go.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The server's end of one WebSocket, from the request to the close.
pub(super) struct Web {
    pipe: Pipe,
    /// `None` until the request is answered.
    open: Option<WebSocketContext>,
    /// Bytes that came since something whole was there.
    since: usize,
    closed: bool,
}

impl Web {
    pub fn new() -> Self {
        Self { pipe: Pipe::default(), open: None, since: 0, closed: false }
    }

    /// Adds what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.pipe.came.drain(..self.pipe.taken);
        self.pipe.taken = 0;
        self.pipe.came.extend_from_slice(bytes);
        self.since = self.since.saturating_add(bytes.len());
    }

    /// The next whole thing, `None` until more arrives. After `Err` there is only [`Self::replies`] left.
    pub fn cut(&mut self, origins: &Origins) -> Result<Option<Piece>, Stop> {
        loop {
            let Some(open) = &mut self.open else {
                if !self.answer(origins)? {
                    return Ok(None);
                }
                continue;
            };
            let message = match open.read(&mut self.pipe) {
                Ok(message) => message,
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(self.stop(&error)),
            };
            self.since = self.pipe.left();
            let bytes = match message {
                Message::Text(text) => text.as_bytes().to_vec(),
                Message::Binary(bytes) => bytes.to_vec(),
                Message::Ping(_) | Message::Pong(_) => return Ok(Some(Piece::Ping)),
                // The next reading answers it and tells the end.
                Message::Close(_) | Message::Frame(_) => continue,
            };
            if bytes.iter().all(|b| matches!(b, b'\r' | b'\n')) {
                self.pipe.to_go.extend(dressed(PONG));
                return Ok(Some(Piece::Ping));
            }
            return Ok(Some(Piece::Message(bytes)));
        }
    }

    /// Answers the request once it is whole: whether it is.
    fn answer(&mut self, origins: &Origins) -> Result<bool, Stop> {
        let came = self.pipe.came.get(self.pipe.taken..).unwrap_or_default();
        let whole = came.windows(4).any(|w| w == b"\r\n\r\n");
        if !whole {
            return if came.len() > MOST_REQUEST {
                Err(self.refuse("431 Request Header Fields Too Large"))
            } else {
                Ok(false)
            };
        }
        let Ok(Some((length, request))) = Request::try_parse(came) else {
            return Err(self.refuse("400 Bad Request"));
        };
        if length > MOST_REQUEST {
            return Err(self.refuse("431 Request Header Fields Too Large"));
        }
        let Ok(mut response) = create_response(&request) else { return Err(self.refuse("400 Bad Request")) };
        if !speaks_sip(&request) {
            return Err(self.refuse("400 Only The Subprotocol sip Is Spoken Here"));
        }
        if !origins.admit(&request) {
            return Err(self.refuse("403 This Origin Is Not Admitted"));
        }
        response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(PROTOCOL));
        if write_response(&mut self.pipe.to_go, &response).is_err() {
            return Err(self.refuse("400 Bad Request"));
        }
        self.pipe.taken = self.pipe.taken.saturating_add(length);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ)
            .write_buffer_size(0)
            .max_message_size(Some(sip::MOST_BYTES))
            .max_frame_size(Some(sip::MOST_BYTES));
        self.open = Some(WebSocketContext::new(Role::Server, Some(config)));
        Ok(true)
    }

    fn refuse(&mut self, status: &str) -> Stop {
        let words = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        self.pipe.to_go.extend(words.into_bytes());
        self.closed = true;
        Stop::Refused
    }

    /// The close frame that says why, where the far end still listens for one (RFC 6455 section 7.4).
    fn stop(&mut self, error: &Error) -> Stop {
        let code = match error {
            Error::ConnectionClosed | Error::AlreadyClosed => {
                self.closed = true;
                return Stop::Closed;
            }
            Error::Capacity(CapacityError::MessageTooLong { .. } | CapacityError::TooManyHeaders) => {
                CloseCode::Size
            }
            Error::Utf8(_) => CloseCode::Invalid,
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return Stop::Closed,
            _ => CloseCode::Protocol,
        };
        self.close(code);
        Stop::Garbage
    }

    /// Says goodbye, once; before the request was answered there is nobody to say it to.
    pub fn close(&mut self, code: CloseCode) {
        if self.open.is_some() && !std::mem::replace(&mut self.closed, true) {
            self.pipe.to_go.extend(close_frame(code));
        }
    }

    /// Bytes to write as they are: answers to the request, to pings and to the close.
    pub fn replies(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.pipe.to_go)
    }

    /// How many bytes wait for the rest of what they belong to.
    pub fn waiting(&self) -> usize {
        self.since
    }
}

/// Whether the request offers the subprotocol, among others perhaps.
fn speaks_sip(request: &Request) -> bool {
    let lists = request.headers().get_all("Sec-WebSocket-Protocol").into_iter();
    let mut offered = lists.filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(','));
    offered.any(|name| name.trim() == PROTOCOL)
}

/// One SIP message as one WebSocket message: text where it is text (RFC 7118 section 5).
pub(super) fn dressed(message: &[u8]) -> Vec<u8> {
    let kind = if std::str::from_utf8(message).is_ok() { Data::Text } else { Data::Binary };
    formatted(Frame::message(message.to_vec(), OpCode::Data(kind), true))
}

fn close_frame(code: CloseCode) -> Vec<u8> {
    formatted(Frame::close(Some(CloseFrame { code, reason: "".into() })))
}

fn formatted(frame: Frame) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(frame.len());
    // Writing to memory can't fail.
    let _ = frame.format(&mut bytes);
    bytes
}
