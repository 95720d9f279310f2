//! What was observed of a trunk, step by step. A step that was not tried is empty.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use sip::Transport;
use sip::digest::Asks;
use sip::locate::{Answer, Destination, Question};
use sip::sdp::Look;

use crate::written::Form;

/// Everything.
#[derive(Clone, Default, Debug)]
pub struct Facts {
    /// Where the proxy is.
    pub lookup: Option<Lookup>,
    /// Destinations that lie in none of the trunk's networks.
    pub outside: Vec<IpAddr>,
    /// The way to each destination that is no UDP.
    pub connections: Vec<Connection>,
    /// OPTIONS to each destination.
    pub options: Vec<Asked>,
    /// OPTIONS by other transports, tried where nobody answered by the one that is written.
    pub elsewhere: Vec<Asked>,
    /// Our registration.
    pub register: Option<Registered>,
    /// The test call.
    pub call: Option<Called>,
}

/// The search for a proxy (RFC 3263).
#[derive(Clone, Debug)]
pub struct Lookup {
    /// Questions to the name servers and their answers; empty for an address.
    pub asked: Vec<(Question, Answer)>,
    /// Where to send, in the order of trying, or why nowhere.
    pub to: Result<Vec<Destination>, String>,
}

/// What became of one connection.
#[derive(Clone, Debug)]
pub struct Connection {
    /// To where.
    pub to: Destination,
    /// How long it took to stand, or why it does not.
    pub opened: Result<Duration, String>,
    /// Of a connection that stands and is to be encrypted.
    pub tls: Option<Secured>,
}

/// The TLS of a connection.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Secured {
    /// `TLS 1.3`; `None`: the handshake came to nothing.
    pub version: Option<String>,
    /// The certificate that was shown.
    pub certificate: Option<Certificate>,
    /// It asks for a certificate of ours.
    pub asks: bool,
    /// We have one.
    pub shown: bool,
    /// What it objected to, or why there is no TLS.
    pub objection: Option<String>,
}

/// A certificate.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Certificate {
    /// Domains that it is for.
    pub names: Vec<String>,
    /// Who issued it.
    pub issuer: String,
    /// It vouches for itself.
    pub own: bool,
    /// Days until its end, where that is known; negative: it has ended.
    pub days: Option<i64>,
    /// Why it is not taken.
    pub flaw: Option<Flaw>,
}

/// What is wrong with a certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Flaw {
    /// It has ended.
    Ended,
    /// It does not hold yet.
    NotYet,
    /// No authority that we trust vouches for it.
    Issuer,
    /// It is for another name.
    Name,
    /// It is not for servers.
    Purpose,
    /// Anything else.
    Other(String),
}

/// A request of ours and the answer to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// How.
    pub transport: Transport,
    /// To where.
    pub remote: SocketAddr,
    /// Our address as our Via named it.
    pub ours: SocketAddr,
    /// The final answer, after the challenge if there was one; `None`: nobody answered in time.
    pub answer: Option<Answered>,
    /// The challenge.
    pub challenge: Vec<Asks>,
}

/// A final answer.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Answered {
    /// Status.
    pub status: u16,
    /// The far end's words.
    pub reason: String,
    /// From the request to the answer.
    pub took: Duration,
    /// Server, else User-Agent.
    pub server: Option<String>,
    /// Methods.
    pub allow: Vec<String>,
    /// Extensions.
    pub supported: Vec<String>,
    /// Bodies.
    pub accept: Vec<String>,
    /// Extensions that it requires of us (421).
    pub require: Vec<String>,
    /// Extensions that it does not know (420).
    pub unsupported: Vec<String>,
    /// Warning.
    pub warning: Option<String>,
    /// Retry-After, seconds.
    pub retry_after: Option<u32>,
    /// Where it saw us.
    pub received: Option<IpAddr>,
    /// At which port.
    pub rport: Option<u16>,
}

/// Our registration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registered {
    /// The question who is registered, which changes nothing.
    pub query: Asked,
    /// Contacts that were there already: the house's own, or another one's.
    pub others: usize,
    /// The longest time that one of these still has, seconds.
    pub longest: Option<u32>,
    /// Our own registration; `None`: not tried.
    pub own: Option<Asked>,
    /// Granted, seconds.
    pub granted: Option<u32>,
    /// Min-Expires of a 423.
    pub least: Option<u32>,
    /// Service-Route was given (RFC 3608).
    pub service_route: bool,
    /// The answer to our taking it back; `None`: not asked, or no answer.
    pub removed: Option<u16>,
}

/// A provisional response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Provisional {
    /// 101 to 199.
    pub status: u16,
    /// After the INVITE.
    pub after: Duration,
    /// It required PRACK.
    pub reliable: bool,
    /// It had a session description.
    pub described: bool,
}

/// The test call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Called {
    /// The number as the admin typed it.
    pub number: String,
    /// As it was sent.
    pub sent_as: String,
    /// How it is written in each form.
    pub forms: Vec<(Form, String)>,
    /// INVITE and final answer.
    pub invite: Asked,
    /// Provisional responses; at most 16.
    pub provisional: Vec<Provisional>,
    /// We took it back since nobody answered in time.
    pub cancelled: bool,
    /// Min-SE of a 422.
    pub too_small: Option<u32>,
    /// Session-Expires of the answer, seconds, and who refreshes (`uac`: we).
    pub timer: Option<(u32, Option<String>)>,
    /// The formats that we offered.
    pub offered: Option<Look>,
    /// The description in the answer.
    pub answer: Option<Look>,
    /// Why that can't be used.
    pub unusable: Option<String>,
    /// Numbers of P-Asserted-Identity, and of To where it is not ours.
    pub shown: Vec<String>,
    /// The sound after the answer.
    pub sound: Option<Sound>,
    /// The answer to our BYE; `None`: none, or no BYE.
    pub bye: Option<u16>,
}

/// What was heard within two seconds from the answer.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Sound {
    /// Packets that came before the answer.
    pub early: u32,
    /// Packets that came after it.
    pub packets: u32,
    /// Of all these, the ones that were not authentic (SRTP), or no RTP.
    pub bad: u32,
    /// From the answer to the first packet after it.
    pub first: Option<Duration>,
    /// From where; at most 4.
    pub from: Vec<SocketAddr>,
}
