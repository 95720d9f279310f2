//! What the stack's owner sees: settings, commands' arguments, outputs and events.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::address::NameAddr;
use crate::flow::{Flow, Net};
use crate::message::Request;
use crate::timers::Times;
use crate::uri::Uri;

/// One INVITE usage, minted by the stack, never reused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SessionId(pub u64);

/// A trunk: a source that needs no digest because its addresses are known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Peer {
    /// Its name.
    pub name: String,
    /// Where its messages come from.
    pub nets: Vec<Net>,
}

/// A user of the registrar.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// User name, also the user part of its address.
    pub name: String,
    /// Password, in clear because both digest algorithms must be computed from it; never printed.
    pub password: String,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "User({})", self.name)
    }
}

/// How the stack behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Unguessable; tags, branches, Call-IDs and nonces derive from it.
    pub seed: [u8; 32],
    /// User-Agent and Server.
    pub agent: String,
    /// Digest realm, and the host part of the house's own addresses.
    pub realm: String,
    /// Trunks.
    pub peers: Vec<Peer>,
    /// Networks from which phones may register and call, with digest.
    pub phone_nets: Vec<Net>,
    /// The registrar's users.
    pub users: Vec<User>,
    /// Answer a stranger's INVITE with 403 instead of silence.
    pub refuse_strangers: bool,
    /// Timer bases.
    pub times: Times,
    /// Most sessions at once. When full: 503 with Retry-After.
    pub most_sessions: usize,
    /// Most transactions at once. When full: requests are dropped, as if lost on the way.
    pub most_transactions: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: [0; 32],
            agent: "hotline".to_owned(),
            realm: "hotline".to_owned(),
            peers: Vec::new(),
            phone_nets: Vec::new(),
            users: Vec::new(),
            refuse_strangers: false,
            times: Times::default(),
            most_sessions: 10_000,
            most_transactions: 100_000,
        }
    }
}

/// Who sent an INVITE.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// A trunk, by name.
    Peer(String),
    /// An authenticated phone, by user name.
    Phone(String),
}

/// Whom to call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A registered user's phone.
    User(String),
    /// Any URI, over this way.
    Uri(Box<Uri>, Flow),
}

/// An outgoing call.
#[derive(Clone, Debug)]
pub struct Invite {
    /// Whom.
    pub to: Target,
    /// From, without tag.
    pub from: NameAddr,
    /// Further headers: User-to-User, ...
    pub headers: Vec<(String, String)>,
    /// The offer; `None` leaves the offer to the far end (late offer).
    pub offer: Option<Vec<u8>>,
    /// Answers a challenge of the far end.
    pub credentials: Option<User>,
}

/// What comes out of the stack.
#[derive(Clone, Debug)]
pub enum Output {
    /// Bytes for the network. `flow.id` 0 over a stream: open a connection first.
    Send(Flow, Vec<u8>),
    /// Something happened.
    Event(Event),
}

/// Why a session ended from the far end's side or by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// BYE.
    Bye,
    /// CANCEL before the final answer.
    Cancel,
    /// Our 2xx was never acknowledged, or a request in the dialog was answered by nobody or 481.
    PeerGone,
    /// The connection that carried it broke before the final answer.
    FlowClosed,
}

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A new INVITE. Nothing was sent yet: [`crate::Stack::trying`] sends the 100.
    Incoming {
        /// New session.
        session: SessionId,
        /// From whom.
        source: Source,
        /// The INVITE.
        request: Box<Request>,
        /// The way it came.
        flow: Flow,
    },
    /// A provisional response to our INVITE.
    Progress {
        /// Which.
        session: SessionId,
        /// 101 to 199.
        status: u16,
        /// Early media description.
        body: Vec<u8>,
    },
    /// Our INVITE was answered with 2xx; the body is the answer (already acknowledged), or, when we sent none, the
    /// offer, which [`crate::Stack::ack`] must answer. Also comes when the answer crossed our CANCEL.
    Answered {
        /// Which.
        session: SessionId,
        /// Session description.
        body: Vec<u8>,
    },
    /// Our INVITE was refused or timed out (408). The session is over.
    Failed {
        /// Which.
        session: SessionId,
        /// 300 to 699.
        status: u16,
        /// Q.850 cause of its Reason header.
        q850: Option<u8>,
        /// Retry-After, seconds.
        retry_after: Option<u32>,
    },
    /// The ACK for our 2xx, with the answer to a late offer.
    Acked {
        /// Which.
        session: SessionId,
        /// Session description.
        body: Vec<u8>,
    },
    /// The far end ended it. The session is over.
    Ended {
        /// Which.
        session: SessionId,
        /// How.
        how: Ended,
        /// Q.850 cause of its Reason header.
        q850: Option<u8>,
    },
    /// A re-INVITE or UPDATE: answer with [`crate::Stack::answer_reoffer`].
    Reoffer {
        /// Which.
        session: SessionId,
        /// The new offer; empty when we are to offer.
        body: Vec<u8>,
    },
    /// Our re-INVITE's answer; `Err` holds the status that refused it.
    Reanswered {
        /// Which.
        session: SessionId,
        /// Session description.
        result: Result<Vec<u8>, u16>,
    },
    /// A key by SIP INFO (application/dtmf-relay or application/dtmf).
    Key {
        /// Which.
        session: SessionId,
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        key: char,
    },
    /// A user's first phone registered.
    Registered {
        /// Who.
        user: String,
    },
    /// A user's last phone is gone.
    Unregistered {
        /// Who.
        user: String,
    },
    /// A request outside any dialog was turned away: for the log.
    TurnedAway {
        /// From where.
        from: IpAddr,
        /// The status; 0 when nothing was sent.
        status: u16,
        /// In words.
        why: &'static str,
    },
    /// Our own REGISTER or OPTIONS came to an end; 408 when nobody answered.
    Done {
        /// What [`crate::Stack::request`] returned.
        token: u64,
        /// Final status.
        status: u16,
    },
}

/// An own request outside a dialog: REGISTER or OPTIONS.
#[derive(Clone, Debug)]
pub struct Outside {
    /// With Request-URI, From, To and whatever it needs; Via, Call-ID, CSeq, Max-Forwards are added.
    pub request: Request,
    /// Way.
    pub flow: Flow,
    /// Answers a challenge.
    pub credentials: Option<User>,
}

/// The remote address a URI names, when it is an IP literal. Names are looked up by whoever owns the sockets.
pub fn literal(uri: &Uri) -> Option<SocketAddr> {
    let ip = match uri.param("maddr").flatten() {
        Some(maddr) => maddr.parse().ok()?,
        None => uri.host.as_ref()?.ip()?,
    };
    Some(SocketAddr::new(ip, uri.port.unwrap_or(5060)))
}

/// A moment on the injected clock: time since the start.
pub type Moment = Duration;
