//! What is said at the control socket: orders, answers, and what one life of a house leaves to the next.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// Of the same number are lives that understand each other. A change of anything in here raises it.
pub const PROTOCOL: u32 = 1;

/// The first words of whoever comes in.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// How the house is.
    Status,
    /// Take no new calls, and end with the last call; or take them again.
    Drain(bool),
    /// Let a new life of the program take over.
    Upgrade,
    /// The asking process is that new life.
    TakeOver {
        /// Its [`PROTOCOL`].
        protocol: u32,
    },
}

/// What the house answers.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is done, or under way; this is how it is.
    Status(Status),
    /// It is not done.
    Refused {
        /// Why and what to do, Chinese.
        zh: String,
        /// The same in English.
        en: String,
    },
    /// To who takes over: what there is; so many descriptors come with it, in this order.
    Offer(Offer),
}

/// How a house is.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// Its process.
    pub pid: u32,
    /// Which life since the last cold start; 0 is the first.
    pub generation: u16,
    /// No new calls are taken.
    pub draining: bool,
    /// It ends with its last call.
    pub ending: bool,
    /// Live calls.
    pub calls: u64,
}

/// What a life offers to the next one. Descriptors follow in messages of their own ([`Sockets`]).
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// Which life the next one is.
    pub generation: u16,
    /// How many messages with sockets follow.
    pub parts: u32,
}

/// Some sockets; as many descriptors come with it, in the same order.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
pub struct Sockets {
    /// What each is.
    pub list: Vec<Piece>,
}

/// One descriptor.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// A socket of SIP: transport as in Via, and its address.
    Sip(String, SocketAddr),
    /// The HTTP interface's listening socket.
    Http(SocketAddr),
    /// The same with TLS.
    Https(SocketAddr),
    /// The RTP socket of this address; that of RTCP follows.
    Rtp(SocketAddr),
    /// The RTCP socket above the RTP socket of this address.
    Rtcp(SocketAddr),
    /// The open lock of the case store.
    Lock,
}

/// What the next life says when it is ready for the rest.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// All is prepared: fall silent now, and tell what you know.
    Ready,
}

/// What one life knows and the next one needs; [`Sockets`] of RTP come before it.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
pub struct Legacy {
    /// How many messages with sockets follow.
    pub parts: u32,
    /// Requests outside dialogs that are being answered, or were a moment ago: `Call-ID|From tag|CSeq number|method`.
    pub open: Vec<String>,
    /// Phones that are registered.
    pub phones: Vec<Lent>,
    /// Credentials of phones in pages.
    pub leases: Vec<Leased>,
    /// Names that the far ends of connections have proven to have.
    pub proven: Vec<(u64, Vec<String>)>,
    /// Operators that are not simply ready: staff number and state.
    pub operators: Vec<(String, String)>,
    /// No outbound calls are made.
    pub outbound_stopped: bool,
    /// RTP ports on which the telling life still has legs.
    pub away: Vec<SocketAddr>,
}

/// A phone as the registrar knows it.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Lent {
    /// Whose.
    pub user: String,
    /// The name under which it proved itself.
    pub by: String,
    /// Where it says it is.
    pub contact: String,
    /// The way to it.
    pub way: Way,
    /// Of its last REGISTER.
    pub call_id: String,
    /// Of its last REGISTER.
    pub seq: u32,
    /// For how long, ms.
    pub left_ms: u64,
}

/// Credentials of a page's phone. They go from process to process of one user, and nowhere else.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq)]
pub struct Leased {
    /// The name for digest.
    pub name: String,
    /// As whom it registers.
    pub user: String,
    /// The password.
    pub password: String,
    /// For how long, ms.
    pub left_ms: u64,
}

impl std::fmt::Debug for Leased {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Leased({} as {})", self.name, self.user)
    }
}

/// A way between us and a far end, as [`sip::Flow`].
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Way {
    transport: String,
    local: SocketAddr,
    remote: SocketAddr,
    id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// Reads a transport as Via has it.
pub fn transport(word: &str) -> Option<sip::Transport> {
    use sip::Transport::{Tcp, Tls, Udp, Ws, Wss};
    [Udp, Tcp, Tls, Ws, Wss].into_iter().find(|t| t.as_str() == word)
}

impl From<&sip::Flow> for Way {
    fn from(flow: &sip::Flow) -> Self {
        Self {
            transport: flow.transport.as_str().to_owned(),
            local: flow.local,
            remote: flow.remote,
            id: flow.id,
            name: flow.name.as_deref().map(str::to_owned),
        }
    }
}

impl Way {
    /// As the SIP machine has it; `None`: of a transport that is not known here.
    pub fn flow(&self) -> Option<sip::Flow> {
        let mut flow = sip::Flow::new(transport(&self.transport)?, self.local, self.remote, self.id);
        flow.name = self.name.as_deref().map(Into::into);
        Some(flow)
    }
}
