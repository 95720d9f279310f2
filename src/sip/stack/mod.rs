//! The whole of SIP as one machine: bytes, commands and time go in; bytes and events come out.

mod admit;
mod client;
pub(crate) mod contract;
mod ids;
mod indialog;
mod receive;
mod server;
pub(crate) mod table;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::Duration;

use contract::{Event, Output, Outside, SessionId, Settings};
use ids::Ids;
use table::{Client, Key, Server};

use crate::SipError;
use crate::digest::Nonces;
use crate::flow::Flow;
use crate::message::Response;
use crate::registrar::Registrar;
use crate::session::{Session, Stage};

/// Whose a transaction is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    /// Nobody waits for its end.
    Nobody,
    /// The INVITE that a session began with, or a request within it.
    Session(SessionId),
    /// A re-INVITE of ours.
    Reinvite(SessionId),
    /// An own request outside a dialog, with the number of challenges answered.
    Outside(u64),
}

/// Who wants to be woken.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Wake {
    Client(Key),
    Server(Key),
    Session(SessionId),
    Registrar,
}

/// SIP, sans I/O. Feed [`Stack::receive`], [`Stack::timeout`] and the commands; drain [`Stack::poll`] after each.
#[derive(Debug)]
pub struct Stack {
    pub(crate) settings: Settings,
    pub(crate) ids: Ids,
    pub(crate) nonces: Nonces,
    pub(crate) registrar: Registrar,
    pub(crate) clients: HashMap<Key, Client>,
    pub(crate) servers: HashMap<Key, Server>,
    pub(crate) sessions: HashMap<SessionId, Session>,
    /// Call-ID and our tag name a session; forks of one INVITE share both, and are told apart by the far end's tag.
    pub(crate) dialogs: HashMap<(String, String), SessionId>,
    /// Their INVITEs by Call-ID and From tag, to tell one that came over two paths.
    pub(crate) origins: HashMap<(String, String), SessionId>,
    pub(crate) outside: HashMap<u64, (Outside, u8)>,
    pub(crate) draining: bool,
    agenda: BinaryHeap<Reverse<(Duration, Wake)>>,
    out: VecDeque<Output>,
    next_session: u64,
    next_token: u64,
}

impl Stack {
    /// An idle stack.
    pub fn new(settings: Settings) -> Self {
        let ids = Ids::new(settings.seed);
        Self {
            nonces: Nonces::new(ids.secret("nonce")),
            ids,
            settings,
            registrar: Registrar::default(),
            clients: HashMap::new(),
            servers: HashMap::new(),
            sessions: HashMap::new(),
            dialogs: HashMap::new(),
            origins: HashMap::new(),
            outside: HashMap::new(),
            draining: false,
            agenda: BinaryHeap::new(),
            out: VecDeque::new(),
            next_session: 0,
            next_token: 0,
        }
    }

    /// The next thing to do for the owner.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When [`Stack::timeout`] wants to be called.
    pub fn next_timeout(&self) -> Option<Duration> {
        self.agenda.peek().map(|Reverse((at, _))| *at)
    }

    /// Does what is due.
    pub fn timeout(&mut self, now: Duration) {
        while let Some(Reverse((at, _))) = self.agenda.peek()
            && *at <= now
            && let Some(Reverse((_, wake))) = self.agenda.pop()
        {
            match wake {
                Wake::Client(key) => self.client_due(now, &key),
                Wake::Server(key) => self.server_due(now, &key),
                Wake::Session(session) => self.session_due(now, session),
                Wake::Registrar => self.registrar_due(now, None),
            }
        }
    }

    /// A stream connection is gone. Sessions in which nothing final was said over it end; dialogs live on.
    pub fn flow_closed(&mut self, now: Duration, id: u64) {
        if id == 0 {
            return;
        }
        self.registrar_due(now, Some(id));
        let stuck: Vec<Key> =
            self.clients.iter().filter(|(_, c)| c.flow.id == id).map(|(k, _)| k.clone()).collect();
        for key in stuck {
            self.client_failed(now, &key, 503);
        }
        let cut: Vec<SessionId> = self
            .sessions
            .iter()
            .filter(|(_, s)| s.flow.id == id && s.stage == Stage::Incoming)
            .map(|(id, _)| *id)
            .collect();
        for session in cut {
            self.end(now, session, contract::Ended::FlowClosed, None);
        }
    }

    /// Whether OPTIONS and new INVITEs are answered with 503, so that a proxy takes this house out of its rotation.
    pub fn set_draining(&mut self, on: bool) {
        self.draining = on;
    }

    /// Replaces peers, networks and users; registrations and sessions stay.
    pub fn reconfigure(&mut self, settings: Settings) {
        let seed = self.settings.seed;
        self.settings = Settings { seed, ..settings };
    }

    /// Whether this user has a registered phone.
    pub fn is_registered(&self, user: &str) -> bool {
        self.registrar.has(user)
    }

    /// Sessions, client transactions, server transactions: for limits and tests.
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.sessions.len(), self.clients.len(), self.servers.len())
    }

    /// Sends an own REGISTER or OPTIONS; [`Event::Done`] tells the end.
    ///
    /// # Errors
    /// [`SipError::Full`], or [`SipError::BreaksLine`] for a value that breaks its line.
    pub fn request(&mut self, now: Duration, mut outside: Outside) -> Result<u64, SipError> {
        self.next_token = self.next_token.wrapping_add(1);
        let token = self.next_token;
        let call_id = self.ids.call_id();
        let tag = self.ids.tag();
        let from = outside.request.headers.from().ok_or(SipError::WrongState)?.with_tag(&tag);
        let method = outside.request.method.clone();
        let headers = &mut outside.request.headers;
        headers.set("From", from.to_string())?;
        if headers.get("Call-ID").is_none() {
            headers.push("Call-ID", call_id)?;
        }
        headers.push("Max-Forwards", "70")?;
        if headers.get("CSeq").is_none() {
            headers.push("CSeq", format!("1 {method}"))?;
        }
        headers.push("User-Agent", self.settings.agent.clone())?;
        let (request, flow) = (outside.request.clone(), outside.flow.clone());
        self.outside.insert(token, (outside, 0));
        self.send_request(now, request, flow, Owner::Outside(token))?;
        Ok(token)
    }

    pub(crate) fn send(&mut self, flow: &Flow, bytes: Vec<u8>) {
        self.out.push_back(Output::Send(flow.clone(), bytes));
    }

    pub(crate) fn tell(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    pub(crate) fn wake(&mut self, at: Option<Duration>, wake: Wake) {
        if let Some(at) = at {
            self.agenda.push(Reverse((at, wake)));
        }
    }

    pub(crate) fn wake_session(&mut self, id: SessionId) {
        let at = self.sessions.get(&id).and_then(Session::next_timeout);
        self.wake(at, Wake::Session(id));
    }

    pub(crate) fn mint_session(&mut self) -> SessionId {
        self.next_session = self.next_session.wrapping_add(1);
        SessionId(self.next_session)
    }

    /// Forgets a session without telling anybody.
    ///
    /// An INVITE of theirs that still waits for a final answer gets it here: without one its transaction would stay for ever.
    pub(crate) fn forget(&mut self, now: Duration, id: SessionId) -> Option<Session> {
        let mut session = self.sessions.remove(&id)?;
        if let Some((key, request)) = session.reoffer.take() {
            let response = self.in_dialog(&session, &request, 487, Vec::new());
            self.respond(now, &key, response);
        }
        if session.stage == Stage::Incoming {
            let response = self.in_dialog(&session, &session.invite, 487, Vec::new());
            self.respond(now, &session.key, response);
        }
        if let Some(origin) = server::origin(&session.invite)
            && self.origins.get(&origin) == Some(&id)
        {
            self.origins.remove(&origin);
        }
        if let Some(call_id) = session.invite.headers.call_id() {
            self.dialogs.remove(&(call_id.to_owned(), session.tag.clone()));
        }
        Some(session)
    }

    /// Forgets a session and tells the owner that the far end, or nobody, ended it.
    pub(crate) fn end(&mut self, now: Duration, id: SessionId, how: contract::Ended, q850: Option<u8>) {
        if self.forget(now, id).is_some() {
            self.tell(Event::Ended { session: id, how, q850 });
        }
    }

    pub(crate) fn contact(&self, flow: &Flow) -> String {
        let transport = if flow.transport.reliable() { ";transport=tcp" } else { "" };
        format!("<sip:{}@{}{transport}>", self.settings.agent, flow.local)
    }

    pub(crate) fn reject_now(&mut self, now: Duration, key: &Key, mut response: Response) {
        let tag = self.ids.tag();
        response = response.tag(&tag);
        self.respond(now, key, response);
    }
}
