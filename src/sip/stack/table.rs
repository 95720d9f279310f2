//! The transactions in flight: found by key, sent, repeated and forgotten here.

use std::sync::Arc;
use std::time::Duration;

use super::{Owner, Stack, Wake};
use crate::SipError;
use crate::address::Via;
use crate::flow::Flow;
use crate::message::{Request, Response};
use crate::method::Method;
use crate::transaction::{ClientInvite, ClientOther, Due, Repeat, ServerInvite, ServerOther};

/// Name of a transaction: branch and method for a client's, with sent-by for a server's.
pub(crate) type Key = Arc<str>;

#[derive(Debug)]
pub(crate) enum ClientKind {
    Invite(ClientInvite),
    Other(ClientOther),
}

#[derive(Debug)]
pub(crate) struct Client {
    pub kind: ClientKind,
    pub request: Request,
    pub flow: Flow,
    pub owner: Owner,
    /// The ACK of a refusal, for its repetitions.
    pub ack: Option<Vec<u8>>,
    bytes: Vec<u8>,
}

#[derive(Debug)]
pub(crate) enum ServerKind {
    Invite(ServerInvite),
    Other(ServerOther),
}

#[derive(Debug)]
pub(crate) struct Server {
    pub kind: ServerKind,
    pub owner: Owner,
    flow: Flow,
    last: Option<Vec<u8>>,
}

/// Names a client transaction by branch and method (RFC 3261 section 17.1.3): a CANCEL shares its INVITE's branch.
pub(crate) fn client_key(branch: &str, method: &Method) -> Key {
    format!("{branch}|{method}").into()
}

/// Names a server transaction (RFC 3261 section 17.2.3); an ACK finds its INVITE's. Without the magic cookie of
/// RFC 3261, the dialog's identifiers stand in for the branch.
pub(crate) fn server_key(request: &Request, method: &Method) -> Option<Key> {
    let headers = &request.headers;
    let via = headers.via()?;
    let branch = via.branch().unwrap_or_default();
    let (host, port) = (&via.host, via.port.unwrap_or(5060));
    if branch.len() > 7 && branch.get(..7).is_some_and(|b| b.eq_ignore_ascii_case("z9hG4bK")) {
        return Some(format!("{branch}|{host}:{port}|{method}").into());
    }
    let (seq, _) = headers.cseq()?;
    let from = headers.from()?;
    let tag = from.tag().unwrap_or_default();
    Some(format!("2543|{}|{seq}|{tag}|{host}:{port}|{branch}|{method}", headers.call_id()?).into())
}

impl Stack {
    /// Sends a request in a transaction of its own.
    pub(crate) fn send_request(
        &mut self,
        now: Duration,
        mut request: Request,
        flow: Flow,
        owner: Owner,
    ) -> Result<Key, SipError> {
        if self.clients.len() >= self.settings.most_transactions {
            return Err(SipError::Full);
        }
        let branch = self.ids.branch();
        let mut via = Via {
            transport: flow.transport.as_str().to_owned(),
            host: flow.local.ip().into(),
            port: Some(flow.local.port()),
            params: Vec::new(),
        };
        via.set("branch", Some(branch.clone()));
        via.set("rport", None);
        request.headers.push_front("Via", via.to_string())?;
        let (times, reliable) = (self.settings.times, flow.transport.reliable());
        let kind = if request.method == Method::Invite {
            ClientKind::Invite(ClientInvite::start(now, times, reliable))
        } else {
            ClientKind::Other(ClientOther::start(now, times, reliable))
        };
        let key = client_key(&branch, &request.method);
        Ok(self.open_client(key, request, flow, owner, kind))
    }

    /// Sends a request that is complete with its Via, and keeps it under this name.
    pub(crate) fn open_client(
        &mut self,
        key: Key,
        request: Request,
        flow: Flow,
        owner: Owner,
        kind: ClientKind,
    ) -> Key {
        let bytes = request.print();
        self.send(&flow, bytes.clone());
        self.clients.insert(key.clone(), Client { kind, request, flow, owner, ack: None, bytes });
        self.wake_client(&key);
        key
    }

    /// Sends a request that has no transaction: the ACK of a 2xx.
    pub(crate) fn print_free(&mut self, mut request: Request, flow: &Flow) -> Result<Vec<u8>, SipError> {
        let branch = self.ids.branch();
        let (name, local) = (flow.transport.as_str(), flow.local);
        request.headers.push_front("Via", format!("SIP/2.0/{name} {local};branch={branch};rport"))?;
        Ok(request.print())
    }

    pub(crate) fn wake_client(&mut self, key: &Key) {
        let at = self.clients.get(key).and_then(|c| match &c.kind {
            ClientKind::Invite(t) => t.next_timeout(),
            ClientKind::Other(t) => t.next_timeout(),
        });
        self.wake(at, Wake::Client(key.clone()));
    }

    pub(crate) fn wake_server(&mut self, key: &Key) {
        let at = self.servers.get(key).and_then(|s| match &s.kind {
            ServerKind::Invite(t) => t.next_timeout(),
            ServerKind::Other(t) => t.next_timeout(),
        });
        self.wake(at, Wake::Server(key.clone()));
    }

    /// Opens a server transaction; `false` when the table is full and the request must be dropped.
    pub(crate) fn open_server(&mut self, key: &Key, request: &Request, flow: &Flow) -> bool {
        if self.servers.len() >= self.settings.most_transactions {
            return false;
        }
        let (times, reliable) = (self.settings.times, flow.transport.reliable());
        let kind = if request.method == Method::Invite {
            ServerKind::Invite(ServerInvite::new(times, reliable))
        } else {
            ServerKind::Other(ServerOther::new(times, reliable))
        };
        let server = Server { kind, owner: Owner::Nobody, flow: back(request, flow), last: None };
        self.servers.insert(key.clone(), server);
        true
    }

    /// Sends a response in its transaction; silently nothing when the transaction is past it.
    pub(crate) fn respond(&mut self, now: Duration, key: &Key, mut response: Response) {
        response.headers.push_scanned("Server", self.settings.agent.clone());
        let Some(server) = self.servers.get_mut(key) else { return };
        let allowed = match &mut server.kind {
            ServerKind::Invite(t) => t.respond(now, response.status),
            ServerKind::Other(t) => t.respond(now, response.status),
        };
        if !allowed {
            return;
        }
        let bytes = response.print();
        server.last = Some(bytes.clone());
        let flow = server.flow.clone();
        self.send(&flow, bytes);
        self.wake_server(key);
    }

    /// The same request came again.
    pub(crate) fn repeated(&mut self, key: &Key) {
        let Some(server) = self.servers.get(key) else { return };
        let repeat = match &server.kind {
            ServerKind::Invite(t) => t.repeated(),
            ServerKind::Other(t) => t.repeated(),
        };
        if let (Repeat::Resend, Some(bytes)) = (repeat, server.last.clone()) {
            let flow = server.flow.clone();
            self.send(&flow, bytes);
        }
    }

    pub(crate) fn client_due(&mut self, now: Duration, key: &Key) {
        let Some(client) = self.clients.get_mut(key) else { return };
        let due = match &mut client.kind {
            ClientKind::Invite(t) => t.timeout(now),
            ClientKind::Other(t) => t.timeout(now),
        };
        match due {
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

    pub(crate) fn server_due(&mut self, now: Duration, key: &Key) {
        let Some(server) = self.servers.get_mut(key) else { return };
        let due = match &mut server.kind {
            ServerKind::Invite(t) => t.timeout(now),
            ServerKind::Other(t) => t.timeout(now),
        };
        match due {
            Due::Nothing => self.wake_server(key),
            Due::Resend => {
                if let Some(bytes) = server.last.clone() {
                    let flow = server.flow.clone();
                    self.send(&flow, bytes);
                }
                self.wake_server(key);
            }
            Due::TimedOut | Due::Over => {
                self.servers.remove(key);
            }
        }
    }
}

/// Where a response goes (RFC 3261 section 18.2.2, RFC 3581 section 4): over a stream the same connection; over UDP
/// the source address, and its port when rport was asked for, else the port of sent-by.
pub(crate) fn back(request: &Request, flow: &Flow) -> Flow {
    let mut flow = flow.clone();
    if !flow.transport.reliable()
        && let Some(via) = request.headers.via()
        && via.param("rport").is_none()
    {
        flow.remote.set_port(via.port.unwrap_or(5060));
    }
    flow
}

/// Notes where a request really came from in its top Via (RFC 3261 section 18.2.1, RFC 3581).
pub(crate) fn stamp(request: &mut Request, flow: &Flow) {
    let Some(mut via) = request.headers.via() else { return };
    let asked = via.param("rport").is_some();
    if asked || via.host.ip() != Some(flow.remote.ip()) {
        via.set("received", Some(flow.remote.ip().to_string()));
    }
    if asked {
        via.set("rport", Some(flow.remote.port().to_string()));
    }
    let text = via.to_string();
    let rest: Vec<String> = request.headers.all("Via").skip(1).map(str::to_owned).collect();
    request.headers.remove("Via");
    for value in rest.into_iter().rev().chain(std::iter::once(text)) {
        if request.headers.push_front("Via", value).is_err() {
            return;
        }
    }
}
