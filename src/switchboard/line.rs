//! A trunk as the switchboard needs it.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use call::ids::Name;
use sip::sdp::Codec;

/// A trunk as the switchboard needs it. Its networks, and what it has to prove, stand in [`sip::Settings::peers`].
#[derive(Clone, PartialEq, Eq)]
pub struct Trunk {
    /// Its name.
    pub name: Name,
    /// Where outgoing calls are sent; `None`: it only brings calls.
    pub proxy: Option<Box<sip::Uri>>,
    /// Among the trunks that take outgoing calls: lower first.
    pub order: u32,
    /// Among trunks of the same order: its share of the calls.
    pub weight: u32,
    /// We register there, by `credentials`.
    pub register: bool,
    /// Wished duration of a registration.
    pub expires: Duration,
    /// Between two questions (OPTIONS) whether it is there; zero: it is never asked.
    pub qualify: Duration,
    /// Calls at once in both directions; more get 503.
    pub channels: u32,
    /// New calls a second in each direction.
    pub calls_per_second: u32,
    /// Its asserted identity is believed.
    pub trusted: bool,
    /// Our number on outgoing calls.
    pub caller: Option<Name>,
    /// Where that number stands.
    pub identity: Identity,
    /// How numbers are written towards it.
    pub form: Form,
    /// Cut from the front of an outgoing number, after `form`.
    pub strip: String,
    /// Put before an outgoing number, after `strip`.
    pub add: String,
    /// Cut from the front of a number that it brings.
    pub in_strip: String,
    /// Put before a number that it brings.
    pub in_add: String,
    /// What it may speak, best first when we call.
    pub codecs: Vec<Codec>,
    /// By which way its keys come.
    pub dtmf: Dtmf,
    /// Its sound before the answer is heard.
    pub early_media: bool,
    /// Reliable provisional responses (RFC 3262).
    pub prack: Prack,
    /// Session-Expires that we propose (RFC 4028); zero: no session timer.
    pub session_timer: Duration,
    /// Shortest session interval that we accept.
    pub min_se: Duration,
    /// Our address in Via, Contact and session descriptions towards it; `None`: as towards everybody.
    pub advertised: Option<IpAddr>,
    /// Its sound is encrypted (SRTP).
    pub srtp: bool,
    /// Answers the far end's challenge, and registers.
    pub credentials: Option<sip::User>,
}

impl Trunk {
    /// A trunk of which nothing but the name is said: it brings calls, 30 at once, and takes none.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            proxy: None,
            order: 1,
            weight: 10,
            register: false,
            expires: Duration::from_secs(3600),
            qualify: Duration::ZERO,
            channels: 30,
            calls_per_second: 10_000,
            trusted: false,
            caller: None,
            identity: Identity::From,
            form: Form::AsIs,
            strip: String::new(),
            add: String::new(),
            in_strip: String::new(),
            in_add: String::new(),
            codecs: vec![Codec::Pcma, Codec::Pcmu],
            dtmf: Dtmf::Auto,
            early_media: true,
            prack: Prack::Supported,
            session_timer: Duration::ZERO,
            min_se: Duration::from_secs(90),
            advertised: None,
            srtp: false,
            credentials: None,
        }
    }
}

impl Trunk {
    /// How its sessions are kept.
    pub fn policy(&self) -> sip::Policy {
        let prack = match self.prack {
            Prack::Off => sip::Reliable::Off,
            Prack::Supported => sip::Reliable::Supported,
            Prack::Required => sip::Reliable::Required,
        };
        sip::Policy { prack, session_timer: self.session_timer, min_se: self.min_se }
    }
}

impl fmt::Debug for Trunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trunk").field("name", &self.name).field("proxy", &self.proxy).finish_non_exhaustive()
    }
}

/// How a trunk stands, for an admin. Times are UTC ms.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrunkView {
    /// Its name.
    pub name: Name,
    /// Whether calls can be expected to go out by it.
    pub up: bool,
    /// One word: incoming, unproven, up, silent, resting, nowhere, unregistered, stopped.
    pub state: &'static str,
    /// What it is and what to do, Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// Since when.
    pub since: i64,
    /// We are registered until then.
    pub registered_until: Option<i64>,
    /// When it answered last, and with which status; 0: with a request of its own.
    pub last_answer: Option<(i64, u16)>,
    /// Taken channels.
    pub taken: u32,
    /// All channels.
    pub channels: u32,
    /// Its destinations in their order, and whether each can be expected to answer.
    pub destinations: Vec<(String, bool)>,
}

/// Where our number stands in the INVITEs to a trunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Identity {
    /// In From.
    From,
    /// In P-Asserted-Identity (RFC 3325); From names the account.
    Asserted,
    /// In both.
    Both,
}

/// How numbers are written towards a trunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// As the configuration or the core has them.
    AsIs,
    /// `+` and country code (ITU-T E.164).
    E164,
    /// With the area code, without the country code.
    National,
    /// Without the own area code.
    Local,
}

/// By which way the keys of a trunk come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dtmf {
    /// By the first that brings one.
    Auto,
    /// Named telephone events in RTP (RFC 4733).
    Rfc4733,
    /// SIP INFO.
    Info,
}

/// Reliable provisional responses (RFC 3262).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Prack {
    /// Not told to be known.
    Off,
    /// Told to be known; done where the far end wants it.
    Supported,
    /// Required of the far end.
    Required,
}
