//! The whole of SIP as one machine: bytes, commands and time go in; bytes and events come out.

mod admit;
mod body;
mod client;
pub(crate) mod contract;
mod early;
pub(crate) mod hop;
mod ids;
mod indialog;
pub(crate) mod leases;
pub(crate) mod lend;
mod notify;
mod outside;
pub(crate) mod porter;
mod presence;
mod proof;
mod receive;
mod refer;
mod refresh;
mod reliable;
mod reoffer;
mod replace;
mod server;
pub(crate) mod standing;
pub(crate) mod table;
mod update;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use contract::{Ended, Event, Output, SessionId, Settings, Source, User};
use ids::Ids;
use standing::{Parting, Standing};
use table::{Client, Key, Server};

use crate::digest::Nonces;
use crate::flow::{Flow, Transport};
use crate::message::{Response, phrase};
use crate::policy::Policy;
use crate::registrar::Registrar;
use crate::session::{Session, Stage};

/// A browser's phone whose WebSocket broke in a talk has so long to come back.
const COMES_BACK: Duration = Duration::from_secs(20);

/// Whose a transaction of ours is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    /// Nobody waits for its end.
    Nobody,
    /// The INVITE that a session began with.
    Session(SessionId),
    /// A re-INVITE of this session.
    Reinvite(SessionId),
    /// Our question whether this session's far end is still there.
    Presence(SessionId),
    /// Our REFER in this session.
    Refer(SessionId),
    /// A report about their REFER in this session.
    Report(SessionId),
    /// An UPDATE of this session.
    Update(SessionId),
    /// Another request in this session's dialog: PRACK, INFO. Only that the dialog counts its numbers on matters.
    Inside(SessionId),
    /// A request outside any dialog, by its number.
    Outside(u64),
}

impl Owner {
    /// The session that it belongs to.
    pub fn session(self) -> Option<SessionId> {
        match self {
            Self::Session(id)
            | Self::Reinvite(id)
            | Self::Presence(id)
            | Self::Update(id)
            | Self::Refer(id)
            | Self::Report(id)
            | Self::Inside(id) => Some(id),
            Self::Nobody | Self::Outside(_) => None,
        }
    }
}

/// Who wants to be woken.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Wake {
    Client(Key),
    Server(Key),
    Session(SessionId),
    /// A user whose registration runs out.
    Phone(String),
}

/// SIP, sans I/O. Feed [`Stack::receive`], [`Stack::timeout`] and the commands; drain [`Stack::poll`] after each.
///
/// Sessions and transactions are bounded by [`Settings`], bindings by the number of users, proven names by the number of
/// connections; the agenda holds one live
/// entry for each of these, and the queue of outputs what one input made.
#[derive(Debug)]
pub struct Stack {
    settings: Settings,
    /// Our address as it is told to these. Bounded by the trunks' destinations.
    told: HashMap<IpAddr, IpAddr>,
    ids: Ids,
    nonces: Nonces,
    registrar: Registrar,
    leases: leases::Leases,
    clients: HashMap<Key, Client>,
    servers: HashMap<Key, Server>,
    /// Requests outside dialogs whose transactions stand: who comes again by another path is merged (RFC 3261 section 8.2.2.2).
    identities: HashSet<Key>,
    sessions: HashMap<SessionId, Session>,
    /// The names that the far ends of secure connections have proven to have, until they are closed.
    proven: HashMap<u64, Vec<String>>,
    /// Sessions by our tag, which nobody can foresee. Forks of one INVITE share it and are told apart by the far end's tag.
    dialogs: HashMap<String, SessionId>,
    /// Look-ups that wait for their answer. Each dialog has at most one for each name that its target had.
    asked: HashMap<u64, SessionId>,
    draining: bool,
    /// Changes of dialogs that were not fetched yet, bounded as [`standing`] says.
    news: VecDeque<(SessionId, Option<Box<Standing>>)>,
    /// Dialogs of a process that has died, which can't be ended yet. Bounded there too.
    parting: Vec<Parting>,
    agenda: BinaryHeap<Reverse<(Duration, Wake)>>,
    out: VecDeque<Output>,
    last_number: u64,
}

impl Stack {
    /// An idle stack.
    pub fn new(settings: Settings) -> Self {
        let settings = sorted(settings);
        let ids = Ids::new(settings.seed, settings.generation);
        Self {
            nonces: Nonces::new(ids.secret("nonce")),
            ids,
            settings,
            told: HashMap::new(),
            registrar: Registrar::default(),
            leases: leases::Leases::default(),
            clients: HashMap::new(),
            servers: HashMap::new(),
            identities: HashSet::new(),
            sessions: HashMap::new(),
            proven: HashMap::new(),
            dialogs: HashMap::new(),
            asked: HashMap::new(),
            draining: false,
            news: VecDeque::new(),
            parting: Vec::new(),
            agenda: BinaryHeap::new(),
            out: VecDeque::new(),
            last_number: 0,
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
            && let Some(Reverse((at, wake))) = self.agenda.pop()
        {
            match wake {
                Wake::Client(key) => self.client_due(now, at, &key),
                Wake::Server(key) => self.server_due(now, at, &key),
                Wake::Session(session) => self.session_due(now, at, session),
                Wake::Phone(user) => self.phone_due(now, at, &user),
            }
        }
    }

    /// The far end of this connection has proven by a certificate to have these names, in lower case (RFC 5922). To be told
    /// before anything that comes over it.
    pub fn connected(&mut self, id: u64, names: Vec<String>) {
        self.proven.insert(id, names);
    }

    /// A stream connection is gone. Requests that wait for an answer on it fail, INVITEs that it brought and that were not
    /// answered end, phones that registered over it are gone. Dialogs live on and open a new connection when needed.
    pub fn flow_closed(&mut self, now: Duration, id: u64) {
        if id == 0 {
            return;
        }
        self.proven.remove(&id);
        self.clients_failed(now, |flow| flow.id == id);
        // A browser's phone that talks comes back by another WebSocket, and its talk goes on (as RFC 5626 has it).
        let talks = |s: &Session| s.flow.id == id && s.flow.transport.is_web() && s.stage == Stage::Up;
        let grace = self.sessions.values().any(talks).then(|| now.saturating_add(COMES_BACK));
        let cut = self.sessions.iter_mut().filter(|(_, s)| s.flow.id == id);
        let mut cut: Vec<SessionId> = cut
            .filter_map(|(session, s)| {
                s.flow.id = 0;
                (s.stage == Stage::Incoming).then_some(*session)
            })
            .collect();
        cut.sort_unstable();
        for session in cut {
            self.end(now, session, Ended::FlowClosed, None);
        }
        let (left, waiting) = self.registrar.close(id, grace);
        for user in left {
            self.tell(0, Event::Unregistered { user });
        }
        for user in waiting {
            self.wake_phone(&user);
        }
    }

    /// Bytes could not be sent on this way: what waits for an answer on it fails with 503 (RFC 3261 section 8.1.3.1).
    pub fn send_failed(&mut self, now: Duration, flow: &Flow) {
        self.hop_lost(flow);
        self.clients_failed(now, |other| other == flow);
    }

    /// Whether OPTIONS are answered with 503, so that a proxy takes this house out of its rotation. New INVITEs are still
    /// told: refusing them, with a record, is the owner's part.
    pub fn set_draining(&mut self, on: bool) {
        self.draining = on;
    }

    /// Replaces the settings except seed and generation. Sessions stay, and registrations of users who are still known.
    pub fn reconfigure(&mut self, settings: Settings) {
        let (seed, generation) = (self.settings.seed, self.settings.generation);
        self.settings = Settings { seed, generation, ..sorted(settings) };
        let users = &self.settings.users;
        for user in self.registrar.keep(|name| user_of(users, name).is_some()) {
            self.tell(0, Event::Unregistered { user });
        }
    }

    /// Gives a session the owner's own name, which comes back with each of its events.
    pub fn set_token(&mut self, id: SessionId, token: u64) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.token = token;
        }
    }

    /// Why the next change of theirs is refused, in words (RFC 3261 section 20.43); `None`: without words.
    pub fn warn(&mut self, id: SessionId, warning: Option<&'static str>) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.warning = warning;
        }
    }

    /// Over what a call to this user would go.
    pub fn transport_of(&self, user: &str) -> Option<Transport> {
        self.registrar.newest(user).map(|binding| binding.flow.transport)
    }

    /// The Call-ID of a session.
    pub fn call_id(&self, id: SessionId) -> Option<&str> {
        self.sessions.get(&id)?.invite.headers.call_id()
    }

    /// Whether this user has a registered phone.
    pub fn is_registered(&self, user: &str) -> bool {
        self.registrar.newest(user).is_some()
    }

    /// Sessions, client transactions, server transactions: for gauges and tests.
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.sessions.len(), self.clients.len(), self.servers.len())
    }

    fn send(&mut self, flow: &Flow, bytes: Vec<u8>) {
        self.out.push_back(Output::Send(flow.clone(), bytes));
    }

    fn tell(&mut self, token: u64, event: Event) {
        self.out.push_back(Output::Event(token, event));
    }

    /// Tells something about a session that still stands; nothing once the owner is through with it.
    fn tell_of(&mut self, id: SessionId, event: Event) {
        if let Some(session) = self.sessions.get(&id).filter(|s| s.stage != Stage::Closing) {
            self.tell(session.token, event);
        }
    }

    fn wake(&mut self, at: Option<Duration>, whom: impl FnOnce() -> Wake) {
        if let Some(at) = at {
            self.agenda.push(Reverse((at, whom())));
        }
    }

    fn wake_session(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let at = session.alarm.set(session.next_timeout());
        self.wake(at, || Wake::Session(id));
    }

    /// How whoever is at the other end of this way is spoken to.
    fn policy_at(&self, flow: &Flow) -> Policy {
        let named = self.peer_of(flow).and_then(|name| self.settings.peers.iter().find(|p| p.name == name));
        named.map_or(self.settings.phones, |p| p.policy)
    }

    /// The same for who has proved to be this.
    fn policy_of(&self, source: &Source) -> Policy {
        match source {
            Source::Peer(name) => self.settings.peers.iter().find(|p| p.name == *name).map(|p| p.policy),
            Source::Phone(_) => None,
        }
        .unwrap_or(self.settings.phones)
    }

    fn mint(&mut self) -> u64 {
        self.last_number = self.last_number.wrapping_add(1);
        self.last_number
    }

    /// Puts a new session into both tables.
    fn enter(&mut self, id: SessionId, session: Session) {
        self.dialogs.insert(session.tag.clone(), id);
        self.sessions.insert(id, session);
    }

    /// Forgets a session without telling anybody. A request of theirs that still waits for its final answer gets it here:
    /// without one its transaction would stay for ever.
    fn forget(&mut self, now: Duration, id: SessionId) -> Option<Session> {
        let mut session = self.sessions.remove(&id)?;
        self.note_end(id, &session);
        self.dialogs.remove(&session.tag);
        if let Some((key, request)) = session.reoffer.take() {
            let response = self.in_dialog(&session, &request, 487, Vec::new());
            self.respond(now, &key, response);
        }
        if let Some((key, request)) = session.referral.take().and_then(|r| r.waits) {
            self.respond(now, &key, Response::to(&request, 481, phrase(481)));
        }
        if session.stage == Stage::Incoming {
            let response = self.in_dialog(&session, &session.invite, 487, Vec::new());
            self.respond(now, &session.key, response);
        }
        Some(session)
    }

    /// Forgets a session and tells the owner, unless it was through with it, that the far end, or nobody, ended it.
    fn end(&mut self, now: Duration, id: SessionId, how: Ended, q850: Option<u8>) {
        if let Some(session) = self.forget(now, id)
            && session.stage != Stage::Closing
        {
            self.tell(session.token, Event::Ended { session: id, how, q850 });
        }
    }

    /// Answers a request outside any dialog with a tag of its own.
    fn answer(&mut self, now: Duration, key: &Key, response: Response) {
        let tag = self.ids.tag();
        self.respond(now, key, response.tag(&tag));
    }
}

/// Ten thousand users are found as fast as ten: they lie in the order of their names.
fn sorted(mut settings: Settings) -> Settings {
    settings.users.sort_by(|a, b| a.name.cmp(&b.name));
    settings
}

/// The user of this name, of [`Settings::users`] once they are sorted.
pub(crate) fn user_of<'a>(users: &'a [User], name: &str) -> Option<&'a User> {
    users.binary_search_by(|u| u.name.as_str().cmp(name)).ok().and_then(|at| users.get(at))
}
