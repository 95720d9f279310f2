//! What goes into the turn and what comes out of it: the contract between the loop's pure body and sockets, threads, store.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use call::action::{Answer, Lookup, Question, Refusal, Say};
use call::errand::Errand;
use call::event::{AgentState, Order};
use call::ids::{CallId, Lang, Name, RequestId, StaffNo};
use media::Sound;
use sip::locate::Destination;
use sip::sdp::{Codec, Home};
use sip::{Flow, Transport, Uri};
use store::Entry;

pub use crate::line::{Dtmf, Form, Identity, Prack, Trunk, TrunkView};
use crate::numbers::Place;
use crate::wire::Near;

/// One thing that happened in the world.
#[derive(Debug)]
pub enum Input {
    /// A whole SIP message.
    Message(Flow, Vec<u8>),
    /// The far end of a secure connection has proven to have these names.
    Connected(u64, Vec<String>),
    /// A stream connection is gone.
    FlowClosed(u64),
    /// Bytes could not be sent on this way.
    SendFailed(Flow),
    /// The media threads tell something.
    Media(media::Event),
    /// The hub of the browsers tells something.
    Browser(browser::Told),
    /// The first row of this call is on disk.
    OnDisk(CallId),
    /// Whether the store's queue is nearly full: new calls are refused with 503 while it is.
    Crowded(bool),
    /// Calls that a crash left before anybody answered, with their SIP Call-ID: the INVITE may come again.
    Unheard(Vec<(CallId, String)>),
    /// Dialogs that a crash has cut: their far ends are told that they are over.
    Severed(Vec<sip::Standing>),
    /// Desks that had shut themselves before the process started.
    Closed(Vec<call::board::ClosedDesk>),
    /// The store's answer.
    Found(CallId, Lookup),
    /// Where the URI of [`Output::Locate`] leads, in the order of trying, or why nowhere, in words; and for how long that holds.
    Located(u64, Result<Vec<Destination>, String>, Duration),
    /// An order from outside.
    Order(RequestId, Order),
    /// A promise is due: the house calls.
    Errand(Box<Errand>),
    /// What the house measures of itself, some ten times a second while there is work.
    Load(guard::Load),
    /// Messages of a listed source that the sockets dropped.
    Dropped(guard::Origin, u64),
    /// Take a source off the list.
    Pardon(guard::Origin),
    /// Stop outbound calls (`false`), or allow them again.
    Outbound(bool),
    /// A phone of this user may come in by these credentials for so long.
    Lease(Leased, Duration),
    /// Those of this name no more.
    Revoke(String),
    /// Another configuration.
    Setup(Box<Setup>),
    /// What the life before left, when this one begins.
    Inherit(Box<Inheritance>),
    /// These operators are in calls of other lives of this house.
    Elsewhere(Vec<StaffNo>),
    /// The next life of the house hears everything from now on; calls in progress go on here.
    Followed,
    /// The life before has no legs on these RTP ports any more.
    PortsBack(Vec<SocketAddr>),
    /// The life before is gone; its connections have numbers below this one.
    Outlived(u64),
    /// No new calls, or new calls again.
    Drain(bool),
    /// The house closes: registrations at trunks are taken back.
    Closing,
    /// [`crate::Turn::next_timeout`] has come.
    Timeout,
}

/// Credentials of a page's phone. `Debug` shows no password.
#[derive(Clone)]
pub struct Leased {
    /// The name for digest.
    pub name: String,
    /// The user as whom it registers.
    pub user: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Leased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Leased({} as {})", self.name, self.user)
    }
}

/// What one life of the house leaves to the next.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Inheritance {
    /// Registered phones.
    pub phones: Vec<sip::Lent>,
    /// Credentials of phones in pages.
    pub leases: Vec<sip::Lease>,
    /// Names that the far ends of connections have proven to have.
    pub proven: Vec<(u64, Vec<String>)>,
    /// Operators that rest.
    pub operators: Vec<(StaffNo, AgentState)>,
    /// No outbound calls are made.
    pub outbound_stopped: bool,
    /// RTP ports on which that life still has legs.
    pub away: Vec<SocketAddr>,
}

/// One thing to do.
#[derive(Debug)]
pub enum Output {
    /// Send it.
    Send(Flow, Vec<u8>),
    /// An order to a media thread.
    Media(u16, media::Command),
    /// An order to the hub of the browsers.
    Browser(browser::Order),
    /// Write it down.
    Store(Entry),
    /// Ask the store; [`Input::Found`] answers.
    Find(CallId, Question),
    /// Find out where this URI leads (RFC 3263); [`Input::Located`] answers under this ticket, always.
    Locate(u64, Box<Uri>),
    /// The answer to an order.
    Reply(RequestId, Result<Answer, Refusal>),
    /// For the log, in words; never a number or a key.
    Notice(Notice),
    /// For the sockets: whom not to hear.
    Gate(Gate),
}

/// Whom the sockets hear.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gate {
    /// Nothing of this source for so long.
    Shut(guard::Origin, Duration),
    /// This source again.
    Open(guard::Origin),
    /// A request of ours went to this source, which is in no network of the settings.
    Friend(guard::Origin),
}

/// What the guard is told by the settings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GuardSetup {
    /// Scanners, guessers and strangers.
    pub sources: guard::SourceSettings,
    /// Messages a second.
    pub rates: guard::RateSettings,
    /// New work that is told to come later.
    pub overload: guard::OverloadSettings,
    /// Calls to the world outside.
    pub outbound: guard::OutboundSettings,
    /// Callers that are never told to come later, normalised.
    pub first: Vec<Name>,
}

/// What the guard knows.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct GuardView {
    /// Who is listed, the most persistent first.
    pub listed: Vec<guard::Listed>,
    /// User names that are guessed at now.
    pub names_locked: usize,
    /// How often a source was listed, and how many messages were dropped, since the start.
    pub counts: (u64, u64),
    /// The part of new calls that is refused now, 0 to 1.
    pub refusing: f64,
    /// Requests that were told to come later since the start.
    pub refused: u64,
    /// What was measured last.
    pub load: guard::Load,
    /// Outbound calls.
    pub outbound: guard::OutboundView,
}

/// What an admin may want to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    /// A message outside any dialog was turned away.
    TurnedAway {
        /// From where.
        from: SocketAddr,
        /// With which status; 0: without an answer.
        status: u16,
        /// Why.
        why: &'static str,
    },
    /// A source is listed: nothing new of it is heard for a time.
    Listed {
        /// Who.
        origin: guard::Origin,
        /// Why, in a word.
        why: &'static str,
    },
    /// So many notices of the last second were left out.
    LeftOut(u64),
    /// New work is told to come later from now on, or no more.
    Overloaded(bool),
    /// Outbound calls are stopped: an alarm.
    OutboundStopped {
        /// Why, in a word.
        why: &'static str,
        /// The call that was one too many.
        call: Option<CallId>,
    },
    /// Sound or recording has a fault; the call goes on.
    Trouble(media::command::Trouble),
    /// A trunk stands otherwise than before.
    Trunk {
        /// Its name.
        name: Name,
        /// Whether calls can be expected to go out by it.
        up: bool,
        /// How it stands, in one word.
        word: &'static str,
        /// What it is and what to do, Chinese.
        zh: String,
        /// The same in English.
        en: String,
    },
    /// A browser's leg was given up.
    Browser {
        /// Why.
        why: browser::Why,
    },
    /// Credentials for a page's phone could not be given: no such user, or too many.
    LeaseRefused,
    /// A phone came or went.
    Phone {
        /// Its user.
        user: String,
        /// Whether it is there now.
        reachable: bool,
    },
}

/// Puts what the core says into sounds. In the house it is the voice library; simulations answer with silence of some length.
pub type Speak = Arc<dyn Fn(i64, Lang, &[Say]) -> Vec<Arc<Sound>> + Send + Sync>;

/// The configuration of a turn.
#[derive(Clone)]
pub struct Setup {
    /// What the core wants.
    pub plan: Arc<call::Plan>,
    /// What the SIP machine wants.
    pub sip: sip::Settings,
    /// Completes local numbers.
    pub place: Place,
    /// Trunks, in the order of the file.
    pub trunks: Vec<Trunk>,
    /// What phones of the house may speak, best first.
    pub phone_codecs: Vec<Codec>,
    /// Most new calls a second from one source address; more get 503.
    pub calls_per_second: u32,
    /// Friends and enemies, load, calls outside.
    pub guard: GuardSetup,
    /// Where we listen, and over what.
    pub listening: Vec<(Transport, SocketAddr)>,
    /// Our address as a far end sees it, where one that is listened on is a wildcard.
    pub near: Near,
    /// Address for RTP that phones and trunks are told.
    pub advertised: IpAddr,
    /// What browsers are told of us; `None`: there are no browser legs, and who calls like a browser gets 488.
    pub browsers: Option<Arc<Home>>,
    /// Folder of the recordings; a folder a day is made in it.
    pub recordings: PathBuf,
    /// The voice.
    pub speak: Speak,
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup").field("version", &self.plan.version).finish_non_exhaustive()
    }
}

impl Setup {
    /// Our own address for a request that we begin: the first listening one of the peer's address family. TLS is also opened
    /// where none is listened on; then the address over TCP or UDP is named.
    pub(crate) fn local(&self, transport: Transport, peer: SocketAddr) -> Option<SocketAddr> {
        let listening = |wanted: Transport| {
            let fits = |(by, at): &&(Transport, SocketAddr)| *by == wanted && at.is_ipv4() == peer.is_ipv4();
            self.listening.iter().find(fits)
        };
        let instead = || {
            let others = [Transport::Tcp, Transport::Udp].into_iter();
            if transport == Transport::Tls { others.filter_map(listening).next() } else { None }
        };
        let (_, bound) = listening(transport).or_else(instead)?;
        Some((self.near)(*bound, peer))
    }
}
