//! What the house around the core wants to know: plain checked values for sip, media, store, recordings, api, prompts.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use call::ids::{Address, Name, StaffNo, UnitCode};

use crate::Net;
pub use crate::line::{Codec, Dtmf, Form, Identity, Prack, Proxy, Transport, Trunk};
pub use crate::outputs::{Body, Open311, Outputs, Sms, Webhook};
pub use crate::store::StorePlace;

/// Everything that is not the core's plan. Paths are absolute when the configuration's folder was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Name of this process in the store: `hotline-1`.
    pub node: String,
    /// SIP.
    pub sip: Sip,
    /// Sound.
    pub media: Media,
    /// Phones in browsers; `None`: there are none.
    pub browser: Option<Browser>,
    /// The case store.
    pub store: StorePlace,
    /// What is written before the case store is.
    pub journal: Journal,
    /// Folder of the recordings.
    pub recordings: PathBuf,
    /// How they are kept.
    pub recording: Recording,
    /// The HTTP interface.
    pub api: Api,
    /// Orders on this machine, and the end of a life.
    pub control: Control,
    /// What is said.
    pub prompts: Prompts,
    /// What is kept of the SIP messages.
    pub trace: Trace,
    /// For how long personal data is kept.
    pub retention: Retention,
    /// File of the phones' and trunks' passwords, see [`crate::secrets`].
    pub secrets: PathBuf,
    /// Country and area that complete a local number.
    pub place: Place,
    /// Trunks, in the order of the file.
    pub trunks: Vec<Trunk>,
    /// Phones that may register.
    pub phones: Vec<Phone>,
    /// All staff, by number.
    pub staff: Vec<Staff>,
    /// Friends and enemies, load.
    pub guard: Guard,
    /// Calls to the world outside.
    pub outbound: OutboundLimits,
    /// What is promised.
    pub promises: Promises,
    /// What leaves the house by itself.
    pub outputs: Outputs,
}

/// What is promised, in figures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Promises {
    /// The figures.
    pub settings: promise::Settings,
    /// Once a month each unit's liaison and deputy leader are called.
    pub reach: bool,
}

/// How patient the house is with strangers and mistakes, and how much new work it wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Guard {
    /// Beginnings of further scanners' User-Agent, beside those that the program knows.
    pub scanners: Vec<String>,
    /// Wrong passwords of one address that are followed by no silence.
    pub free_guesses: u32,
    /// Wrong passwords of one address after which it is listed.
    pub guesses: u32,
    /// Wrong passwords for one user after which only its registered phone may use the name for a time.
    pub user_guesses: u32,
    /// Numbers that are not there, or unreadable messages, after which an address is listed.
    pub probes: u32,
    /// Requests of a stranger after which its address is listed.
    pub knocks: u32,
    /// What is counted is forgotten after this time.
    pub window: Duration,
    /// How long an address is listed at first; each relapse doubles it, up to a day.
    pub lock: Duration,
    /// Messages a second of one address; a trunk may bring ten times as many, a stranger a tenth.
    pub messages_per_second: u32,
    /// New calls a second of the whole house; 0: as many as it can carry.
    pub calls_per_second: u32,
    /// Callers that overload never refuses, normalised.
    pub first_callers: Vec<call::ids::Name>,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            scanners: Vec::new(),
            free_guesses: 3,
            guesses: 10,
            user_guesses: 30,
            probes: 50,
            knocks: 20,
            window: Duration::from_secs(600),
            lock: Duration::from_secs(900),
            messages_per_second: 300,
            calls_per_second: 0,
            first_callers: Vec::new(),
        }
    }
}

/// Limits of calls to the world outside; emergency services are not counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutboundLimits {
    /// Calls a minute.
    pub per_minute: u32,
    /// Calls a day.
    pub per_day: u32,
    /// Calls a day for one desk, or for one group of staff.
    pub per_desk: u32,
    /// Calls a day to one number.
    pub per_number: u32,
    /// Orders for numbers that are not allowed, in ten minutes, that count as fraud.
    pub denied: u32,
    /// A limit that is reached stops all outbound calls until an admin allows them again.
    pub stop: bool,
}

impl Default for OutboundLimits {
    fn default() -> Self {
        Self { per_minute: 60, per_day: 5_000, per_desk: 500, per_number: 200, denied: 5, stop: true }
    }
}

/// SIP.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sip {
    /// Listens here, UDP.
    pub udp: Vec<SocketAddr>,
    /// Listens here, TCP.
    pub tcp: Vec<SocketAddr>,
    /// Name servers for the names of SIP servers; none: those of the system.
    pub dns: Vec<SocketAddr>,
    /// TLS and WebSocket.
    pub encrypted: Encrypted,
    /// Digest realm and host part of the house's own addresses.
    pub realm: String,
    /// Digest algorithms that phones are offered.
    pub digest: Digest,
    /// Networks from which phones may register and call, with digest.
    pub phone_nets: Vec<Net>,
    /// What phones may speak, best first; never empty.
    pub phone_codecs: Vec<Codec>,
    /// A stranger's INVITE gets 403 instead of silence.
    pub refuse_strangers: bool,
    /// RFC 3261 T1.
    pub t1: Duration,
    /// RFC 3261 T2.
    pub t2: Duration,
    /// RFC 3261 T4.
    pub t4: Duration,
    /// Most new calls a second from one source address; more get 503.
    pub calls_per_second: u32,
}

/// TLS and WebSocket.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Encrypted {
    /// Listens here, TLS.
    pub tls: Vec<SocketAddr>,
    /// Listens here, WebSocket without TLS; always loopback.
    pub ws: Vec<SocketAddr>,
    /// Listens here, WebSocket over TLS.
    pub wss: Vec<SocketAddr>,
    /// Our certificate with its chain, PEM.
    pub certificate: Option<PathBuf>,
    /// Its private key, PEM.
    pub key: Option<PathBuf>,
    /// Authorities that are trusted beside the system's, PEM.
    pub ca: Option<PathBuf>,
    /// What those who connect must show.
    pub clients: ClientCertificates,
    /// Whose pages may open a WebSocket.
    pub origins: Vec<String>,
    /// Clients that send no Origin may too.
    pub origin_absent: bool,
}

/// Whether those who connect over TLS must show a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum ClientCertificates {
    /// They are not asked.
    #[default]
    None,
    /// They are asked; a bad one is refused, none is not.
    Asked,
    /// They must.
    Required,
}

/// Digest algorithms that phones are offered and may answer with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Digest {
    /// SHA-256, and MD5 for phones that know nothing else (RFC 8760).
    Both,
    /// MD5 alone, for phones that give up when SHA-256 is offered beside it.
    Md5,
    /// SHA-256 alone.
    Sha256,
}

/// Sound.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Media {
    /// RTP sockets are bound to this address.
    pub address: IpAddr,
    /// Address that phones and trunks are told to send to.
    pub advertised: IpAddr,
    /// First and last RTP port; even ports for RTP, the odd ones above for RTCP.
    pub ports: (u16, u16),
    /// Most legs that share one port.
    pub legs_per_port: u16,
    /// Media threads.
    pub threads: u32,
    /// A leg without RTP and RTCP for so long is told to be lost.
    pub lost_after: Duration,
}

/// Phones in browsers (WebRTC).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Browser {
    /// The one UDP port of all of them.
    pub udp: SocketAddr,
    /// Address that browsers are told to send to, besides the one of `udp`.
    pub advertised: IpAddr,
    /// Most of their legs at once.
    pub legs: u16,
}

/// The HTTP interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Api {
    /// Listens here; always loopback.
    pub bind: SocketAddr,
    /// File of the access token, made at the first start.
    pub token: PathBuf,
    /// Listens here with TLS, with the certificate of [`Encrypted`].
    pub https: Vec<SocketAddr>,
    /// Names by which it may be asked, beside those of loopback; IPv6 in brackets.
    pub hosts: Vec<String>,
    /// How long a session may rest.
    pub idle: Duration,
}

/// Orders on this machine, and the end of a life.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Control {
    /// The unix socket at which `hotline drain` and `hotline upgrade` are heard.
    pub socket: PathBuf,
    /// How long calls may go on after SIGTERM.
    pub last_calls: Duration,
}

/// What is said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prompts {
    /// Folder of the recordings, with `parts.tsv` and `clips.tsv`.
    pub dir: PathBuf,
    /// Command and arguments that speak a name; `{text}`, `{voice}` and `{file}` are filled in. Empty: none.
    pub tts: Vec<String>,
    /// `{voice}` for Mandarin.
    pub voice_zh: String,
    /// `{voice}` for English.
    pub voice_en: String,
    /// Folder where spoken names are kept.
    pub cache: PathBuf,
}

/// How recordings are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recording {
    /// With fewer bytes free no further recording begins; with half of it free those that run end.
    pub keep_free: u64,
    /// What its files are after a call.
    pub after: After,
    /// How its files are sealed on the disk; `None`: they are not.
    pub seal: Option<Seal>,
}

/// How what is kept is sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seal {
    /// AES with 256 bits (NIST SP 800-38D).
    Aes256Gcm,
    /// SM4 (GB/T 32907, RFC 8998).
    Sm4Gcm,
}

/// What a recording is kept as after its call; while it runs it is a file of its own kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum After {
    /// 16 bits, 16 KiB a second and track.
    Wav,
    /// The same without loss, a quarter to a half of it (RFC 9639).
    Flac,
}

/// The journal in front of the case store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Journal {
    /// Its folder; each life of the house has one of its own in it.
    pub folder: PathBuf,
    /// MiB that are kept for a full disk, 8 to 100,000.
    pub reserve_mib: u64,
}

/// What is kept of the SIP messages, and where else they go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    /// Folder of the messages.
    pub folder: PathBuf,
    /// Days that are kept beside today; 0: none are kept.
    pub days: u16,
    /// Most bytes that are kept; the oldest go first.
    pub most_bytes: u64,
    /// Folder and first letters of capture files; `None`: none are written.
    pub pcap: Option<PathBuf>,
    /// `host:port` of Homer; `None`: nothing is sent. The password is in the secrets as `trace.hep`.
    pub hep: Option<String>,
    /// Our number as a capture agent.
    pub hep_id: u32,
}

/// For how many months each kind of personal data is kept after the month in which it came; 0: for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Retention {
    /// Recordings.
    pub recordings: u32,
    /// Numbers of citizens.
    pub numbers: u32,
    /// Names of citizens.
    pub names: u32,
    /// What cases and notes say.
    pub cases: u32,
}

/// Where the house stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Country code without `+`: `86`.
    pub country: String,
    /// Area code with its leading 0: `0535`.
    pub area: String,
}

/// A phone that may register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phone {
    /// User name.
    pub user: String,
    /// Whose phone; `None` for stand-ins and phones for trying out.
    pub staff: Option<StaffNo>,
    /// For trying out, of nobody in particular.
    pub test: bool,
}

/// Somebody who works here, by number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Staff {
    /// Staff number.
    pub no: StaffNo,
    /// What screens show beside the number; `None`: the number alone.
    pub name: Option<Name>,
    /// The unit that they belong to; `None` for the hotline itself.
    pub unit: Option<UnitCode>,
    /// What they do.
    pub role: Role,
    /// Where they are rung.
    pub address: Address,
}

/// What somebody does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Answers the hotline.
    Operator,
    /// Sits at a window.
    Desk,
    /// A unit's contact: liaison, deputy leader, leader.
    Liaison,
    /// Leads a shift.
    Lead,
}

impl Role {
    /// The word in the files and the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Desk => "desk",
            Self::Liaison => "liaison",
            Self::Lead => "lead",
        }
    }
}
