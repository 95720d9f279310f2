//! What the house around the core wants to know: plain checked values for sip, media, store, recordings, api, prompts.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use call::ids::{Address, StaffNo, UnitCode};

use crate::Net;
pub use crate::line::{Codec, Dtmf, Form, Identity, Prack, Proxy, Transport, Trunk};

/// Everything that is not the core's plan. Paths are absolute when the configuration's folder was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Name of this process in the store: `hotline-1`.
    pub node: String,
    /// SIP.
    pub sip: Sip,
    /// Sound.
    pub media: Media,
    /// The case store's file.
    pub store: PathBuf,
    /// Folder of the recordings.
    pub recordings: PathBuf,
    /// The HTTP interface.
    pub api: Api,
    /// What is said.
    pub prompts: Prompts,
    /// What is kept of the SIP messages.
    pub trace: Trace,
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
    /// Media threads.
    pub threads: u32,
    /// A leg without RTP and RTCP for so long is told to be lost.
    pub lost_after: Duration,
}

/// The HTTP interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Api {
    /// Listens here; always loopback.
    pub bind: SocketAddr,
    /// File of the access token, made at the first start.
    pub token: PathBuf,
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
}

/// Somebody who works here, by number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Staff {
    /// Staff number.
    pub no: StaffNo,
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
