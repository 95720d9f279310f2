//! What the stack's owner sees: settings, commands' arguments, outputs and events.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::address::NameAddr;
use crate::digest::Algorithm;
use crate::flow::{Flow, Net, Transport};
use crate::headers::Headers;
use crate::locate::usual_port;
use crate::message::Request;
use crate::policy::Policy;
use crate::timers::Times;
use crate::uri::{Scheme, Uri};

/// One INVITE usage, minted by the stack, never reused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SessionId(pub u64);

/// A trunk: a source that needs no digest because its addresses, its certificate, or both are known.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Peer {
    /// Its name.
    pub name: String,
    /// Where its messages come from. Empty: from anywhere, if it shows its certificate.
    pub nets: Vec<Net>,
    /// The name that its certificate must have shown on the connection over which a request comes (RFC 5922); lower case.
    pub certificate: Option<String>,
    /// How it is spoken to.
    pub policy: Policy,
}

impl Peer {
    /// A trunk that is known by its addresses alone and spoken to as usual.
    pub fn at(name: &str, nets: Vec<Net>) -> Self {
        Self { name: name.to_owned(), nets, ..Self::default() }
    }
}

/// A user of the registrar, or the credentials with which we answer a challenge.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// User name, also the user part of its address.
    pub name: String,
    /// Password, in clear because both digest algorithms must be computed from it; never printed.
    pub password: String,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "User({})", self.name)
    }
}

/// How the stack behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Unguessable; tags, branches, Call-IDs and nonces derive from it.
    pub seed: [u8; 32],
    /// Which life of the house this is since its last cold start: marks tags and branches, see [`crate::whose`].
    pub generation: u16,
    /// User-Agent and Server.
    pub agent: String,
    /// Digest realm, and the host part of the house's own addresses.
    pub realm: String,
    /// Digest algorithms that phones are offered and may answer with, best first. Phones that know MD5 alone should pass
    /// over what they don't know (RFC 8760 section 2.4), but some give up at the sight of SHA-256.
    pub digests: Vec<Algorithm>,
    /// Address that Via and Contact name instead of the socket's own, behind a one-to-one NAT.
    pub advertised: Option<IpAddr>,
    /// The same towards some networks; the first that fits.
    pub advertised_to: Vec<(Net, IpAddr)>,
    /// Trunks.
    pub peers: Vec<Peer>,
    /// Trunks, by name, whose INVITEs must answer our challenge, and how.
    pub proofs: Vec<(String, User)>,
    /// Networks from which phones may register and call, with digest.
    pub phone_nets: Vec<Net>,
    /// How phones are spoken to.
    pub phones: Policy,
    /// The registrar's users. Each may have five phones at once; a sixth takes the place of the oldest.
    pub users: Vec<User>,
    /// Answer a stranger's INVITE with 403 instead of silence.
    pub refuse_strangers: bool,
    /// Timer bases.
    pub times: Times,
    /// The far end of each dialog is asked this often (OPTIONS) whether it is still there: a phone on hold that loses its
    /// power can say no good-bye. 90 s, the shortest session interval of RFC 4028; zero: never.
    pub ask_every: Duration,
    /// [`crate::Stack::poll_dialog`] is asked which dialogs stand.
    pub tells_dialogs: bool,
    /// Most sessions at once. When full: 503 with Retry-After.
    pub most_sessions: usize,
    /// Most transactions at once, per direction. When full: requests are dropped, as if lost on the way, and our own
    /// fail with [`crate::SipError::Full`].
    pub most_transactions: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: [0; 32],
            generation: 0,
            agent: "hotline".to_owned(),
            realm: "hotline".to_owned(),
            digests: vec![Algorithm::Sha256, Algorithm::Md5],
            advertised: None,
            advertised_to: Vec::new(),
            peers: Vec::new(),
            proofs: Vec::new(),
            phone_nets: Vec::new(),
            phones: Policy::default(),
            users: Vec::new(),
            refuse_strangers: false,
            times: Times::default(),
            ask_every: Duration::from_secs(90),
            tells_dialogs: false,
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
    /// A registered user's phone: the one that registered last.
    User(String),
    /// Any URI, over this way.
    Uri(Box<Uri>, Flow),
}

/// Whose place the target of a transfer is to take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taking {
    /// Nobody's: a blind transfer.
    Nobody,
    /// That of this session of ours: an attended transfer.
    Session(SessionId),
    /// That of a dialog that we don't have, or not any more.
    Unknown,
}

/// An outgoing call.
#[derive(Clone, Debug)]
pub struct Invite {
    /// Whom.
    pub to: Target,
    /// From, without tag.
    pub from: NameAddr,
    /// Further headers: User-to-User, Alert-Info ...
    pub headers: Vec<(String, String)>,
    /// The offer; `None` leaves the offer to the far end (late offer).
    pub offer: Option<Vec<u8>>,
    /// Answers a challenge of the far end.
    pub credentials: Option<User>,
    /// How the far end is spoken to; `None`: as its address says, a trunk's or a phone's.
    pub policy: Option<Policy>,
    /// Comes back with each event of this session.
    pub token: u64,
}

/// Our own registration at another server.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The registrar: `sip:example.org`.
    pub server: Uri,
    /// The way to it; its local address becomes the Contact.
    pub flow: Flow,
    /// Who registers, and the password that answers its challenge.
    pub user: User,
    /// Wished duration, seconds; 0 takes the registration back.
    pub expires: u32,
}

/// What comes out of the stack.
#[derive(Clone, Debug)]
pub enum Output {
    /// Bytes for the network. `flow.id` 0 over a stream: open a connection to `flow.remote` first.
    Send(Flow, Vec<u8>),
    /// Look up where this URI leads (RFC 3263); [`crate::Stack::located`] answers under this number. Requests of the dialog
    /// that asks don't wait for it.
    Locate(u64, Box<Uri>),
    /// Something happened. The token is what the owner gave to the session: 0 before that, and for events of no session.
    Event(u64, Event),
}

/// Why a session ended from the far end's side or by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// BYE.
    Bye,
    /// CANCEL before the final answer.
    Cancel,
    /// Our 2xx was not acknowledged for 64*T1; BYE was sent (RFC 3261 section 13.3.1.4).
    NoAck,
    /// A request in the dialog was answered by nobody, or with 408 or 481 (section 12.2.1.2).
    PeerGone,
    /// The connection that carried the INVITE broke before the final answer.
    FlowClosed,
    /// A reliable provisional response of ours was not acknowledged for 64*T1; 504 was sent (RFC 3262 section 3).
    NoPrack,
    /// Nobody refreshed the session in time; BYE was sent (RFC 4028 section 10).
    Expired,
}

/// A telephone key from SIP INFO: `0`-`9`, `*`, `#`, `A`-`D`. Debug does not show which.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pressed(pub char);

impl fmt::Debug for Pressed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("key")
    }
}

/// Something happened. After `Failed` and `Ended` no event of that session follows, nor after
/// [`crate::Stack::reject`] or a [`crate::Stack::hang_up`] of anything but an unanswered call of ours.
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
        /// Its session description, also out of a multipart body; `None`: we are to offer.
        offer: Option<Vec<u8>>,
        /// The way it came.
        flow: Flow,
        /// The session of ours that it wants the place of (RFC 3891); only a phone's INVITE has one. Accept this one, then
        /// hang that one up; or reject this one, and that one goes on.
        replaces: Option<SessionId>,
    },
    /// A provisional response to our INVITE.
    Progress {
        /// Which.
        session: SessionId,
        /// 101 to 199.
        status: u16,
        /// Early media description; empty when there is none.
        body: Vec<u8>,
    },
    /// Our INVITE was answered with 2xx. Also comes when the answer crossed our CANCEL: hang up again then.
    Answered {
        /// Which.
        session: SessionId,
        /// The answer, already acknowledged, also where it came before in a reliable provisional response; or, when we sent no offer, the far end's, which [`crate::Stack::ack`] must
        /// answer.
        body: Vec<u8>,
        /// Headers of the 2xx.
        headers: Box<Headers>,
    },
    /// Our INVITE was refused, timed out (408), lost its connection (503) or was cancelled (487). The session is over.
    Failed {
        /// Which.
        session: SessionId,
        /// 300 to 699.
        status: u16,
        /// The far end's words; not to be trusted.
        reason: String,
        /// Q.850 cause of its Reason header.
        q850: Option<u8>,
        /// Retry-After, seconds.
        retry_after: Option<u32>,
        /// Where a 3xx says that the call should go instead, best first; at most 8. Nobody is called there by itself.
        targets: Vec<Uri>,
    },
    /// A reliable provisional response made an offer, since our INVITE had none: [`crate::Stack::answer_early`] must answer
    /// it. [`Event::Progress`] follows with an empty body.
    EarlyOffer {
        /// Which.
        session: SessionId,
        /// Session description.
        offer: Vec<u8>,
    },
    /// The PRACK that answers the offer of our reliable provisional response.
    EarlyAnswer {
        /// Which.
        session: SessionId,
        /// Session description.
        body: Vec<u8>,
    },
    /// The ACK for our 2xx.
    Acked {
        /// Which.
        session: SessionId,
        /// The answer to an offer that our 2xx made; empty otherwise.
        body: Vec<u8>,
    },
    /// The far end ended it, or nobody is there any more. The session is over.
    Ended {
        /// Which.
        session: SessionId,
        /// How.
        how: Ended,
        /// Q.850 cause of its Reason header.
        q850: Option<u8>,
    },
    /// A re-INVITE or UPDATE, or a PRACK with a new offer: answer with [`crate::Stack::answer_reoffer`].
    Reoffer {
        /// Which.
        session: SessionId,
        /// The new offer; `None` when we are to offer.
        offer: Option<Vec<u8>>,
    },
    /// The answer to our re-INVITE or UPDATE; `Err` holds the status that refused it, and the session goes on as before. 491
    /// was tried again already where that made sense. Also comes when the far end described itself anew as it answered a
    /// refresh of the session.
    Reanswered {
        /// Which.
        session: SessionId,
        /// Session description.
        result: Result<Vec<u8>, u16>,
    },
    /// A phone wants its call transferred (REFER, RFC 3515): answer with [`crate::Stack::refer_progress`] and, once the other
    /// has taken it, a last 200, or with [`crate::Stack::refer_refused`].
    Referred {
        /// Whose.
        session: SessionId,
        /// To whom: `sip:`, `sips:` or `tel:`; headers are cut off.
        target: Box<Uri>,
        /// In whose place.
        taking: Taking,
        /// Who says that they asked for it (RFC 3892); not to be trusted.
        by: Option<Box<NameAddr>>,
    },
    /// What the far end reports of the transfer that [`crate::Stack::refer`] asked for.
    ReferTold {
        /// Which.
        session: SessionId,
        /// How its own call to the target stands, or the status that refused the REFER.
        status: u16,
        /// No further report comes.
        over: bool,
    },
    /// A key by SIP INFO (application/dtmf-relay or application/dtmf).
    Key {
        /// Which.
        session: SessionId,
        /// Which key.
        key: Pressed,
        /// How long it was held, where the sender says so.
        duration_ms: Option<u32>,
    },
    /// A user's first phone registered. Refreshes and further phones are not told.
    Registered {
        /// Who.
        user: String,
        /// Where the phone says it is.
        contact: Box<Uri>,
        /// Granted, seconds.
        expires: u32,
        /// The way to it.
        flow: Flow,
    },
    /// A user's last phone is gone: unregistered, run out, or its connection closed.
    Unregistered {
        /// Who.
        user: String,
    },
    /// A message outside any dialog was turned away: for the log and the record of refused calls.
    Refused {
        /// From where.
        from: SocketAddr,
        /// The status; 0 when nothing was sent.
        status: u16,
        /// In words.
        why: &'static str,
    },
    /// Credentials were looked at. Right ones are told for each request, wrong ones before [`Event::Refused`].
    Credentials {
        /// From where.
        from: SocketAddr,
        /// The user name that they claim; not to be trusted when they are wrong.
        user: String,
        /// Whether they are right.
        right: bool,
    },
    /// Our own REGISTER or OPTIONS came to its end.
    ClientDone {
        /// What [`crate::Stack::register`] or [`crate::Stack::options`] returned.
        request: u64,
        /// Final status; 408 when nobody answered, 503 when the connection broke.
        status: u16,
        /// Granted duration of a registration, seconds.
        expires: Option<u32>,
        /// Min-Expires of a 423, seconds.
        min_expires: Option<u32>,
        /// Retry-After, seconds.
        retry_after: Option<u32>,
    },
}

/// The remote address a URI names, when it is an IP literal. Names are looked up by whoever owns the sockets.
pub fn literal(uri: &Uri) -> Option<SocketAddr> {
    let ip = match uri.param("maddr").flatten() {
        Some(maddr) => maddr.parse().ok()?,
        None => uri.host.as_ref()?.ip()?,
    };
    let tls = uri.param("transport").flatten().is_some_and(|t| t.eq_ignore_ascii_case("tls"));
    let usual = if tls || uri.scheme == Scheme::Sips { Transport::Tls } else { Transport::Udp };
    Some(SocketAddr::new(ip, uri.port.unwrap_or(usual_port(usual))))
}
