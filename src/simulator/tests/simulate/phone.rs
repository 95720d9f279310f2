//! A phone, an exchange or a citizen's telephone: one SIP machine with an address, and the lines that are in use on it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use sip::sdp::{self, Codec, Direction, Local};
use sip::{Flow, Policy, Pressed, Registration, SessionId, Stack, Transport, Uri, User};

use super::house::{ACCOUNT, HOUSE, Post, REALM, password};

/// By which way a person's phone sends keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyWay {
    Rtp,
    Info,
    Both,
}

/// How far a line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// They call, nobody has answered.
    Dialling,
    /// It rings here.
    Ringing,
    Up,
}

/// One call as this phone has it.
#[derive(Debug)]
pub struct Line {
    /// Who uses it: a citizen, or the phone's own post.
    pub post: Post,
    /// Call-ID of a line that rings here.
    pub call_id: String,
    pub stage: Stage,
    pub born: Duration,
    pub local: Local,
    /// Our next address, while the far end is asked whether it takes it.
    pub moving: Option<SocketAddr>,
    /// Where the house listens.
    pub far: Option<SocketAddr>,
    /// The house's offer, until it is answered.
    pub offer: Option<Vec<u8>>,
    /// The person has hung up; an answer may cross that.
    pub left: bool,
    /// Sends no sound, though the line is up.
    pub silent: bool,
    pub keys: KeyWay,
    /// The house has our answer.
    pub acked: bool,
    /// The line that this one was dialled beside.
    pub beside: Option<SessionId>,
    /// Does just this, and nothing else.
    pub errand: Option<String>,
    /// Calls with a late offer.
    pub late_offer: bool,
    /// What a trickster needs to forge messages of this dialog: the INVITE as sent, and the 200.
    pub sent: Option<Vec<u8>>,
    pub taken: Option<Vec<u8>>,
    /// CSeq of the next forged request.
    pub forged: u32,
}

/// Registration of a phone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Desk {
    /// The request that is under way.
    pub asked: Option<u64>,
    /// The person wants to be reachable.
    pub wanted: bool,
}

pub struct Phone {
    pub name: String,
    pub post: Post,
    pub at: SocketAddr,
    pub transport: Transport,
    /// The stream connection to the house.
    pub connection: u64,
    pub stack: Stack,
    /// Counts restarts: what was planned before is forgotten.
    pub life: u32,
    pub lines: BTreeMap<SessionId, Line>,
    pub deaf_until: Duration,
    /// It was cut off so long, until then, that a CANCEL was given up.
    pub missed_until: Duration,
    pub registration: Desk,
    /// Never sends an ACK.
    pub no_ack: bool,
    /// When the machine's timer is set.
    pub armed: Option<Duration>,
    serial: u16,
    seed: u64,
    policy: Policy,
}

/// An exchange is a registrar too: the house has an account there.
fn stack(seed: u64, at: SocketAddr, life: u32, post: Post, policy: Policy) -> Stack {
    let mut bytes = [1; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let std::net::IpAddr::V4(ip) = at.ip() else { panic!("phones have IPv4 addresses") };
    bytes[8..12].copy_from_slice(&ip.octets());
    bytes[12..16].copy_from_slice(&life.to_be_bytes());
    let house = sip::Net { address: HOUSE.ip(), prefix: 32 };
    let account = sip::User { name: ACCOUNT.into(), password: password(ACCOUNT) };
    let registrar = post == Post::Trunk;
    Stack::new(sip::Settings {
        users: Some(account).filter(|_| registrar).into_iter().collect(),
        phone_nets: Some(house).filter(|_| registrar).into_iter().collect(),
        seed: bytes,
        agent: "phone".into(),
        realm: at.ip().to_string(),
        peers: vec![sip::Peer { policy, ..sip::Peer::at("house", vec![house]) }],
        ..sip::Settings::default()
    })
}

impl Phone {
    pub fn new(
        seed: u64,
        name: &str,
        post: Post,
        at: SocketAddr,
        transport: Transport,
        policy: Policy,
    ) -> Self {
        Self {
            name: name.to_owned(),
            post,
            at,
            transport,
            connection: 0,
            stack: stack(seed, at, 0, post, policy),
            life: 0,
            lines: BTreeMap::new(),
            deaf_until: Duration::ZERO,
            missed_until: Duration::ZERO,
            registration: Desk::default(),
            no_ack: false,
            armed: None,
            serial: 0,
            seed,
            policy,
        }
    }

    pub fn is_staff(&self) -> bool {
        !matches!(self.post, Post::Trunk | Post::Citizen)
    }

    /// The power fails: everything is forgotten. The addresses that spoke.
    pub fn restart(&mut self) -> Vec<SocketAddr> {
        self.life += 1;
        self.stack = stack(self.seed, self.at, self.life, self.post, self.policy);
        self.armed = None;
        self.registration.asked = None;
        std::mem::take(&mut self.lines).into_values().map(|line| line.local.address).collect()
    }

    pub fn flow(&self) -> Flow {
        let id = if self.transport == Transport::Tcp { self.connection } else { 0 };
        Flow::new(self.transport, self.at, HOUSE, id)
    }

    /// Our end of a new line, with an RTP address of its own.
    pub fn local(&mut self) -> Local {
        Local { address: self.next_address(), id: 1, version: 1 }
    }

    fn next_address(&mut self) -> SocketAddr {
        self.serial = (self.serial + 1) % 20_000;
        SocketAddr::new(self.at.ip(), 10_000 + 2 * self.serial)
    }

    pub fn line(&mut self, now: Duration, post: Post, stage: Stage, keys: KeyWay) -> Line {
        Line {
            post,
            call_id: String::new(),
            stage,
            born: now,
            local: self.local(),
            moving: None,
            far: None,
            offer: None,
            left: false,
            silent: false,
            keys,
            acked: false,
            beside: None,
            errand: None,
            late_offer: false,
            sent: None,
            taken: None,
            forged: 1_000,
        }
    }

    pub fn credentials(&self) -> User {
        User { name: self.name.clone(), password: password(&self.name) }
    }

    /// Registers, or takes it back with 0 seconds.
    pub fn register(&mut self, now: Duration, expires: u32) {
        let server = Uri::sip("", sip::Host::parse(REALM).unwrap(), None);
        let registration = Registration { server, flow: self.flow(), user: self.credentials(), expires };
        self.registration.asked = self.stack.register(now, registration).ok();
    }

    /// Picks up. False: the machine does not let us.
    pub fn answer(&mut self, now: Duration, session: SessionId) -> bool {
        let Some(line) = self.lines.get_mut(&session).filter(|l| l.stage == Stage::Ringing) else {
            return false;
        };
        let offer = line.offer.take().unwrap_or_default();
        let Ok((body, agreed)) =
            sdp::answer(&offer, line.local, &Codec::ALL, Direction::SendRecv, &sdp::Shield::clear())
        else {
            panic!("the house's offer can't be read");
        };
        line.far = Some(agreed.remote);
        line.stage = Stage::Up;
        self.stack.accept(now, session, body).is_ok()
    }

    /// Rings with sound of its own: the answer comes early.
    pub fn early(&self, session: SessionId) -> Vec<u8> {
        let line = self.lines.get(&session);
        let Some((line, offer)) = line.and_then(|l| l.offer.as_ref().map(|offer| (l, offer))) else {
            return Vec::new();
        };
        let answer = sdp::answer(offer, line.local, &Codec::ALL, Direction::SendRecv, &sdp::Shield::clear());
        answer.map(|(body, _)| body).unwrap_or_default()
    }

    /// Answers a refresh of the session by re-INVITE.
    pub fn refreshed(&mut self, now: Duration, session: SessionId, offer: &[u8]) {
        let Some(line) = self.lines.get(&session) else { return };
        let answer = sdp::answer(offer, line.local, &Codec::ALL, Direction::SendRecv, &sdp::Shield::clear());
        let answer = answer.map(|(body, _)| body).map_err(|fault| fault.status());
        // The house may be gone meanwhile.
        let _ = self.stack.answer_reoffer(now, session, answer);
    }

    /// Sends a key by INFO.
    pub fn press(&mut self, now: Duration, session: SessionId, key: char) {
        // A machine that is busy otherwise does not send it.
        let _ = self.stack.press(now, session, Pressed(key), Duration::from_millis(160));
    }

    /// Changes the stream: hold, retrieval, or another address of ours.
    pub fn change(&mut self, now: Duration, session: SessionId, direction: Direction, moves: bool) {
        let moved = moves.then(|| self.next_address());
        let Some(line) = self.lines.get_mut(&session).filter(|l| l.stage == Stage::Up && !l.left) else {
            return;
        };
        let mut local = line.local;
        local.version += 1;
        local.address = moved.unwrap_or(local.address);
        let offer = sdp::offer(local, &[Codec::Pcma, Codec::Pcmu], direction, &sdp::Shield::clear());
        let by_update = self.serial % 2 == 1;
        let sent = if by_update {
            self.stack.update(now, session, offer)
        } else {
            self.stack.reinvite(now, session, offer)
        };
        if sent.is_ok() {
            line.local.version = local.version;
            line.moving = moved;
        }
    }
}
