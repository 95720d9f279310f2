//! What goes over a link once the hand-over is done: SIP messages of the other life, and what both must know.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use sip::Flow;

use crate::contract::Way;

/// One thing that one life tells another.
#[derive(Clone, PartialEq, Eq)]
pub enum Frame {
    /// A SIP message that came and is the other life's to answer.
    Message {
        /// The way it came.
        flow: Flow,
        /// The message.
        bytes: Vec<u8>,
    },
    /// A SIP message for a connection that the other life has.
    Send {
        /// The way it goes.
        flow: Flow,
        /// The message.
        bytes: Vec<u8>,
    },
    /// The far end of a connection has proven to have these names.
    Connected {
        /// The connection.
        id: u64,
        /// In lower case.
        names: Vec<String>,
    },
    /// A connection is gone.
    Closed {
        /// Its number.
        id: u64,
    },
    /// Something could not be sent on this way.
    SendFailed(Flow),
    /// These operators, by staff number, ring or talk in a call of the telling life; all others don't.
    Taken(Vec<String>),
    /// The telling life has no legs on these RTP ports any more.
    Ports(Vec<SocketAddr>),
    /// The telling life hears all sockets from here on.
    Listening,
    /// The telling life has nothing left: it ends.
    Farewell,
}

impl std::fmt::Debug for Frame {
    /// Sizes and addresses: messages hold numbers.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Message { flow, bytes } => write!(f, "Message({flow:?}, {} bytes)", bytes.len()),
            Self::Send { flow, bytes } => write!(f, "Send({flow:?}, {} bytes)", bytes.len()),
            Self::Connected { id, names } => write!(f, "Connected({id}, {names:?})"),
            Self::Closed { id } => write!(f, "Closed({id})"),
            Self::SendFailed(flow) => write!(f, "SendFailed({flow:?})"),
            Self::Taken(staff) => write!(f, "Taken({staff:?})"),
            Self::Ports(ports) => write!(f, "Ports({} of them)", ports.len()),
            Self::Listening => f.write_str("Listening"),
            Self::Farewell => f.write_str("Farewell"),
        }
    }
}

/// The head of a frame; a message's bytes are its body.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Head {
    Message(Way),
    Send(Way),
    Connected(u64, Vec<String>),
    Closed(u64),
    SendFailed(Way),
    Taken(Vec<String>),
    Ports(Vec<SocketAddr>),
    Listening,
    Farewell,
}

impl Frame {
    /// As it is written.
    pub(crate) fn parts(self) -> (Head, Vec<u8>) {
        let head = match self {
            Self::Message { flow, bytes } => return (Head::Message(Way::from(&flow)), bytes),
            Self::Send { flow, bytes } => return (Head::Send(Way::from(&flow)), bytes),
            Self::Connected { id, names } => Head::Connected(id, names),
            Self::Closed { id } => Head::Closed(id),
            Self::SendFailed(flow) => Head::SendFailed(Way::from(&flow)),
            Self::Taken(staff) => Head::Taken(staff),
            Self::Ports(ports) => Head::Ports(ports),
            Self::Listening => Head::Listening,
            Self::Farewell => Head::Farewell,
        };
        (head, Vec::new())
    }

    /// As it was written; `None`: over a transport that is not known here.
    pub(crate) fn of(head: Head, bytes: Vec<u8>) -> Option<Self> {
        Some(match head {
            Head::Message(way) => Self::Message { flow: way.flow()?, bytes },
            Head::Send(way) => Self::Send { flow: way.flow()?, bytes },
            Head::Connected(id, names) => Self::Connected { id, names },
            Head::Closed(id) => Self::Closed { id },
            Head::SendFailed(way) => Self::SendFailed(way.flow()?),
            Head::Taken(staff) => Self::Taken(staff),
            Head::Ports(ports) => Self::Ports(ports),
            Head::Listening => Self::Listening,
            Head::Farewell => Self::Farewell,
        })
    }
}
