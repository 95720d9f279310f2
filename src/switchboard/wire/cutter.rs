//! Cuts what comes over one connection into messages, whatever they are wrapped in.

use sip::framing::{Frame, Framer};
use tungstenite::protocol::frame::coding::CloseCode;

use super::connection::End;
use super::web::{Origins, Piece, Stop, Web, dressed};

/// What answers a keep-alive (RFC 5626 section 3.5.1).
const PONG: &[u8] = b"\r\n";

/// How messages stand in the bytes of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dress {
    /// One after the other, each as long as its Content-Length says.
    Plain,
    /// Each in a WebSocket message.
    Web,
}

impl Dress {
    /// A message as it is written.
    pub fn put_on(self, message: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Plain => message,
            Self::Web => dressed(&message),
        }
    }
}

/// Cuts one connection's bytes.
pub(super) enum Cutter {
    Plain(Framer),
    Web(Box<Web>),
}

/// What was cut off.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Cut {
    /// A whole message.
    Message(Vec<u8>),
    /// A keep-alive.
    Ping,
}

/// Why nothing more can be cut.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Broken {
    /// The next message does not say where it ends; this is its header, to be answered.
    Unframed(Vec<u8>),
    /// The connection ends like this.
    Ends(End),
}

impl Cutter {
    pub fn new(dress: Dress) -> Self {
        match dress {
            Dress::Plain => Self::Plain(Framer::default()),
            Dress::Web => Self::Web(Box::new(Web::new())),
        }
    }

    /// Adds what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        match self {
            Self::Plain(framer) => framer.push(bytes),
            Self::Web(web) => web.push(bytes),
        }
    }

    /// The next whole thing, `None` until more arrives.
    pub fn cut(&mut self, origins: &Origins) -> Result<Option<Cut>, Broken> {
        match self {
            Self::Plain(framer) => match framer.cut() {
                Ok(frame) => Ok(frame.map(|frame| match frame {
                    Frame::Message(bytes) => Cut::Message(bytes),
                    Frame::Ping => Cut::Ping,
                })),
                Err(_) => Err(match framer.head() {
                    Some(head) => Broken::Unframed(head.to_vec()),
                    None => Broken::Ends(End::Garbage),
                }),
            },
            Self::Web(web) => match web.cut(origins) {
                Ok(piece) => Ok(piece.map(|piece| match piece {
                    Piece::Message(bytes) => Cut::Message(bytes),
                    Piece::Ping => Cut::Ping,
                })),
                Err(Stop::Closed) => Err(Broken::Ends(End::Over)),
                Err(Stop::Refused) => Err(Broken::Ends(End::Refused)),
                Err(Stop::Garbage) => Err(Broken::Ends(End::Garbage)),
            },
        }
    }

    /// Bytes to be written as they are, after [`Self::cut`] has nothing more; `pinged`: a keep-alive was cut off. All that
    /// came at once are answered once: a far end that only asks must not fill its queue.
    pub fn replies(&mut self, pinged: bool) -> Vec<u8> {
        match self {
            Self::Plain(_) if pinged => PONG.to_vec(),
            Self::Plain(_) => Vec::new(),
            Self::Web(web) => web.replies(),
        }
    }

    /// The last bytes of a connection that we end.
    pub fn goodbye(&mut self, end: End) -> Vec<u8> {
        match self {
            Self::Plain(_) => Vec::new(),
            Self::Web(web) => {
                web.close(if end == End::Cut { CloseCode::Away } else { CloseCode::Policy });
                web.replies()
            }
        }
    }

    /// The answer to our own keep-alive, if that is all there is.
    pub fn take_pong(&mut self) {
        match self {
            Self::Plain(framer) => framer.take_pong(),
            Self::Web(_) => {}
        }
    }

    /// How many bytes wait for the rest of their message.
    pub fn waiting(&self) -> usize {
        match self {
            Self::Plain(framer) => framer.waiting(),
            Self::Web(web) => web.waiting(),
        }
    }

    /// Whether a message has begun whose end is not there yet.
    pub fn begun(&self) -> bool {
        match self {
            Self::Plain(framer) => framer.begun(),
            Self::Web(web) => web.waiting() > 0,
        }
    }
}
