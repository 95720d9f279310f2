//! The transactions in flight: found by key, sent, repeated and forgotten here.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::contract::{Output, User};
use super::{Owner, Stack, Wake};
use crate::SipError;
use crate::flow::Flow;
use crate::message::{Request, Response};
use crate::method::Method;
use crate::timers::Alarm;
use crate::transaction::{ClientInvite, ClientOther, Due, Heard, Repeat, ServerInvite, ServerOther};
use crate::view;
use crate::write;

/// Name of a transaction: branch and method for a client's, with sent-by for a server's.
pub(crate) type Key = Arc<str>;

/// Room for most keys while they are put together.
const USUAL_KEY: usize = 128;

#[derive(Debug)]
pub(crate) enum ClientKind {
    Invite(ClientInvite),
    Other(ClientOther),
}

impl ClientKind {
    pub fn response(&mut self, now: Duration, status: u16) -> Heard {
        match self {
            Self::Invite(t) => t.response(now, status),
            Self::Other(t) => t.response(now, status),
        }
    }

    fn timeout(&mut self, now: Duration) -> Due {
        match self {
            Self::Invite(t) => t.timeout(now),
            Self::Other(t) => t.timeout(now),
        }
    }

    fn next_timeout(&self) -> Option<Duration> {
        match self {
            Self::Invite(t) => t.next_timeout(),
            Self::Other(t) => t.next_timeout(),
        }
    }

    /// Nothing final was heard yet.
    fn is_open(&self) -> bool {
        match self {
            Self::Invite(t) => t.is_open(),
            Self::Other(t) => t.is_open(),
        }
    }
}

/// An ACK of ours, for the repetitions of the response that it answers.
#[derive(Debug)]
pub(crate) struct Ack {
    /// To tag of that response: forks are acknowledged one by one.
    pub tag: String,
    pub flow: Flow,
    pub bytes: Vec<u8>,
    /// The answer to a late offer, in case that it must be sent another way; empty otherwise.
    pub body: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Client {
    pub kind: ClientKind,
    pub request: Request,
    pub flow: Flow,
    pub owner: Owner,
    /// Answers one challenge.
    pub credentials: Option<User>,
    pub acks: Vec<Ack>,
    bytes: Vec<u8>,
    alarm: Alarm,
}

#[derive(Debug)]
pub(crate) enum ServerKind {
    Invite(ServerInvite),
    Other(ServerOther),
}

impl ServerKind {
    fn respond(&mut self, now: Duration, status: u16) -> bool {
        match self {
            Self::Invite(t) => t.respond(now, status),
            Self::Other(t) => t.respond(now, status),
        }
    }

    fn repeated(&self) -> Repeat {
        match self {
            Self::Invite(t) => t.repeated(),
            Self::Other(t) => t.repeated(),
        }
    }

    fn timeout(&mut self, now: Duration) -> Due {
        match self {
            Self::Invite(t) => t.timeout(now),
            Self::Other(t) => t.timeout(now),
        }
    }

    fn next_timeout(&self) -> Option<Duration> {
        match self {
            Self::Invite(t) => t.next_timeout(),
            Self::Other(t) => t.next_timeout(),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Server {
    pub kind: ServerKind,
    pub owner: Owner,
    /// Session-ID of the answers, where the request belongs to a session.
    pub label: Option<String>,
    flow: Flow,
    last: Option<Vec<u8>>,
    /// What makes a request of another path the same one; `None` inside dialogs.
    identity: Option<Key>,
    alarm: Alarm,
}

/// Names a client transaction by branch and method (RFC 3261 section 17.1.3): a CANCEL shares its INVITE's branch.
pub(crate) fn client_key(branch: &str, method: &Method) -> Key {
    [branch, "|", method.as_str()].concat().into()
}

/// Names a server transaction (RFC 3261 section 17.2.3); an ACK finds its INVITE's. Without the magic cookie of
/// RFC 3261, the dialog's identifiers stand in for the branch.
pub(crate) fn server_key(request: &Request, method: &Method) -> Option<Key> {
    let headers = &request.headers;
    let via = headers.view_via()?;
    let branch = via.branch().unwrap_or_default();
    let mut key = String::with_capacity(USUAL_KEY);
    if !branch.get(..7).is_some_and(|b| b.eq_ignore_ascii_case("z9hG4bK")) || branch.len() == 7 {
        let from = headers.view_from()?;
        let (seq, _) = headers.cseq()?;
        write!(key, "2543|{}|{seq}|{}|", headers.call_id()?, from.tag().unwrap_or_default()).ok()?;
    }
    key.push_str(&branch);
    key.push('|');
    match via.host {
        view::Host::Name(name) => key.push_str(name),
        view::Host::V4(ip) => write::host(&mut key, ip.into()).ok()?,
        view::Host::V6(ip) => write::host(&mut key, ip.into()).ok()?,
    }
    key.push(':');
    write::number(&mut key, via.port.unwrap_or(5060)).ok()?;
    key.push('|');
    key.push_str(method.as_str());
    Some(key.into())
}

/// From tag, Call-ID and CSeq of a request outside a dialog: the same over two paths is one request (section 8.2.2.2).
pub(crate) fn identity(request: &Request) -> Option<Key> {
    let headers = &request.headers;
    if headers.view_to()?.tag().is_some() || request.method == Method::Cancel {
        return None;
    }
    let (seq, method) = headers.cseq()?;
    let from = headers.view_from()?;
    let mut identity = String::with_capacity(USUAL_KEY);
    identity.push_str(headers.call_id()?);
    identity.push('|');
    identity.push_str(&from.tag()?);
    identity.push('|');
    write::number(&mut identity, seq).ok()?;
    identity.push('|');
    identity.push_str(method.as_str());
    Some(identity.into())
}

impl Stack {
    fn via(&mut self, flow: &Flow) -> (String, String) {
        let branch = self.ids.branch();
        let mut via = ["SIP/2.0/", flow.transport.as_str(), " "].concat();
        // Writing to a String can't fail.
        let _ = write::socket(&mut via, self.sent_by(flow));
        via.extend([";branch=", &branch, ";rport"]);
        (via, branch)
    }

    /// Sends a request in a transaction of its own.
    pub(crate) fn send_request(
        &mut self,
        now: Duration,
        mut request: Request,
        flow: Flow,
        owner: Owner,
        credentials: Option<User>,
    ) -> Result<Key, SipError> {
        if self.clients.len() >= self.settings.most_transactions {
            return Err(SipError::Full);
        }
        let (via, branch) = self.via(&flow);
        request.headers.push_front("Via", via)?;
        let (times, reliable) = (self.settings.times, flow.transport.reliable());
        let kind = if request.method == Method::Invite {
            ClientKind::Invite(ClientInvite::start(now, times, reliable))
        } else {
            ClientKind::Other(ClientOther::start(now, times, reliable))
        };
        let key = client_key(&branch, &request.method);
        self.open_client(key.clone(), request, flow, owner, kind);
        if let Some(client) = self.clients.get_mut(&key) {
            client.credentials = credentials;
        }
        Ok(key)
    }

    /// Sends a request that is complete with its Via, and keeps it under this name.
    fn open_client(&mut self, key: Key, request: Request, flow: Flow, owner: Owner, kind: ClientKind) {
        let bytes = request.print();
        self.send(&flow, bytes.clone());
        let (credentials, acks, alarm) = (None, Vec::new(), Alarm::default());
        let client = Client { kind, request, flow, owner, credentials, acks, bytes, alarm };
        self.clients.insert(key.clone(), client);
        self.wake_client(&key);
    }

    /// CANCEL goes out with its INVITE's Via (section 9.1), so its transaction is named by the same branch.
    pub(crate) fn send_cancel(&mut self, now: Duration, request: Request, flow: Flow) {
        let Some(branch) = request.headers.view_via().and_then(|via| via.branch()) else { return };
        let key = client_key(&branch, &request.method);
        let start = ClientOther::start(now, self.settings.times, flow.transport.reliable());
        self.open_client(key, request, flow, Owner::Nobody, ClientKind::Other(start));
    }

    /// The bytes of a request that has no transaction: the ACK of a 2xx.
    pub(crate) fn print_free(&mut self, mut request: Request, flow: &Flow) -> Result<Vec<u8>, SipError> {
        let (via, _) = self.via(flow);
        request.headers.push_front("Via", via)?;
        Ok(request.print())
    }

    pub(crate) fn wake_client(&mut self, key: &Key) {
        let Some(client) = self.clients.get_mut(key) else { return };
        let at = client.alarm.set(client.kind.next_timeout());
        self.wake(at, || Wake::Client(key.clone()));
    }

    fn wake_server(&mut self, key: &Key) {
        let Some(server) = self.servers.get_mut(key) else { return };
        let at = server.alarm.set(server.kind.next_timeout());
        self.wake(at, || Wake::Server(key.clone()));
    }

    /// Opens a server transaction; `false` when the table is full and the request must be dropped.
    pub(crate) fn open_server(&mut self, key: &Key, request: &Request, flow: &Flow) -> bool {
        self.open_server_as(key, request, flow, identity(request))
    }

    /// The same when the request's identity is known already.
    pub(crate) fn open_server_as(
        &mut self,
        key: &Key,
        request: &Request,
        flow: &Flow,
        identity: Option<Key>,
    ) -> bool {
        if self.servers.len() >= self.settings.most_transactions {
            return false;
        }
        let (times, reliable) = (self.settings.times, flow.transport.reliable());
        let kind = if request.method == Method::Invite {
            ServerKind::Invite(ServerInvite::new(times, reliable))
        } else {
            ServerKind::Other(ServerOther::new(times, reliable))
        };
        let identity = identity.filter(|i| self.identities.insert(i.clone()));
        let (flow, owner, alarm) = (back(request, flow), Owner::Nobody, Alarm::default());
        let server = Server { kind, owner, label: None, flow, last: None, identity, alarm };
        self.servers.insert(key.clone(), server);
        true
    }

    fn close_server(&mut self, key: &Key) {
        if let Some(Server { identity: Some(identity), .. }) = self.servers.remove(key) {
            self.identities.remove(&identity);
        }
    }

    /// Sends a response in its transaction; nothing, and `false`, when the transaction is past it.
    pub(crate) fn respond(&mut self, now: Duration, key: &Key, mut response: Response) -> bool {
        let Some(server) = self.servers.get_mut(key) else { return false };
        if !server.kind.respond(now, response.status) {
            return false;
        }
        response.headers.push_scanned("Server", self.settings.agent.clone());
        if let Some(label) = &server.label {
            response.headers.push_scanned("Session-ID", label.clone());
        }
        let bytes = response.print();
        server.last = Some(bytes.clone());
        let at = server.alarm.set(server.kind.next_timeout());
        self.out.push_back(Output::Send(server.flow.clone(), bytes));
        self.wake(at, || Wake::Server(key.clone()));
        true
    }

    /// The 2xx that an INVITE's transaction has just sent, for whoever repeats it until its ACK comes; the transaction itself
    /// does not (RFC 6026 section 7.1).
    pub(crate) fn take_sent(&mut self, key: &Key) -> Vec<u8> {
        self.servers.get_mut(key).and_then(|s| s.last.take()).unwrap_or_default()
    }

    /// What this transaction said last, and the way it went, for whoever repeats a reliable response.
    pub(crate) fn sent_last(&self, key: &Key) -> Option<(Flow, Vec<u8>)> {
        let server = self.servers.get(key)?;
        Some((server.flow.clone(), server.last.clone()?))
    }

    /// Answers a request without keeping a transaction (section 8.2.7): a repetition is answered afresh, alike.
    pub(crate) fn answer_alone(&mut self, key: &str, request: &Request, flow: &Flow, response: Response) {
        let mut response = response.tag(&self.ids.tag_for(key));
        response.headers.push_scanned("Server", self.settings.agent.clone());
        self.send(&back(request, flow), response.print());
    }

    /// The same request came again, or what we said last is to be said again.
    pub(crate) fn repeat(&mut self, key: &Key) {
        let Some(server) = self.servers.get(key) else { return };
        if let (Repeat::Resend, Some(bytes)) = (server.kind.repeated(), server.last.clone()) {
            let flow = server.flow.clone();
            self.send(&flow, bytes);
        }
    }

    /// The ACK of a refusal came.
    pub(crate) fn acknowledge(&mut self, now: Duration, key: &Key) {
        if let Some(server) = self.servers.get_mut(key)
            && let ServerKind::Invite(transaction) = &mut server.kind
        {
            transaction.ack(now);
            self.wake_server(key);
        }
    }

    pub(crate) fn client_due(&mut self, now: Duration, at: Duration, key: &Key) {
        let Some(client) = self.clients.get_mut(key) else { return };
        if !client.alarm.rings(at) {
            return;
        }
        match client.kind.timeout(now) {
            Due::Nothing => self.wake_client(key),
            Due::Resend => {
                let (flow, bytes) = (client.flow.clone(), client.bytes.clone());
                self.send(&flow, bytes);
                self.wake_client(key);
            }
            Due::TimedOut => self.client_failed(now, key, 408),
            Due::Over => {
                self.clients.remove(key);
            }
        }
    }

    /// A request of ours ends without an answer: time-out (408), broken connection (503), given up after CANCEL (487).
    pub(crate) fn client_failed(&mut self, now: Duration, key: &Key, status: u16) {
        if let Some(client) = self.clients.remove(key) {
            self.concluded(now, &client, status, None);
        }
    }

    /// What still waits for an answer on these ways fails with 503 (section 8.1.3.1).
    pub(crate) fn clients_failed(&mut self, now: Duration, on: impl Fn(&Flow) -> bool) {
        let stuck = self.clients.iter().filter(|(_, c)| on(&c.flow) && c.kind.is_open());
        let mut stuck: Vec<Key> = stuck.map(|(key, _)| key.clone()).collect();
        stuck.sort_unstable();
        for key in stuck {
            self.client_failed(now, &key, 503);
        }
    }

    pub(crate) fn server_due(&mut self, now: Duration, at: Duration, key: &Key) {
        let Some(server) = self.servers.get_mut(key) else { return };
        if !server.alarm.rings(at) {
            return;
        }
        match server.kind.timeout(now) {
            Due::Nothing => self.wake_server(key),
            Due::Resend => {
                if let Some(bytes) = server.last.clone() {
                    let flow = server.flow.clone();
                    self.send(&flow, bytes);
                }
                self.wake_server(key);
            }
            Due::TimedOut | Due::Over => self.close_server(key),
        }
    }
}

/// Where a response goes (RFC 3261 section 18.2.2, RFC 3581 section 4): over a stream the same connection; over UDP
/// the source address, and its port when rport was asked for, else the port of sent-by.
pub(crate) fn back(request: &Request, flow: &Flow) -> Flow {
    let mut flow = flow.clone();
    if !flow.transport.reliable()
        && let Some(via) = request.headers.view_via()
        && !via.params.has("rport")
    {
        flow.remote.set_port(via.port.unwrap_or(5060));
    }
    flow
}

/// The top Via with where the request really came from (RFC 3261 section 18.2.1, RFC 3581), instead of what the sender says
/// of it; `None` when nothing has to be noted.
pub(crate) fn stamp(via: view::Via<'_>, flow: &Flow) -> Option<String> {
    let asked = via.params.has("rport");
    if !asked && via.host.ip() == Some(flow.remote.ip()) {
        return None;
    }
    let mut stamped = String::with_capacity(USUAL_KEY);
    stamped.extend(["SIP/2.0/", via.transport, " ", via.sent_by]);
    for piece in via.params.without(&["received", "rport"]) {
        stamped.extend([";", piece]);
    }
    stamped.push_str(";received=");
    write::ip(&mut stamped, flow.remote.ip()).ok()?;
    if asked {
        stamped.push_str(";rport=");
        write::number(&mut stamped, flow.remote.port()).ok()?;
    }
    Some(stamped)
}
