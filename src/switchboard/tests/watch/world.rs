//! The house in virtual time, with a trunk that brings calls, one that takes them, and phones; what it sends, tells and orders.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use call::action::Answer;
use call::cdr::Record;
use call::event::{AgentState, Mode, Order, Wanted};
use call::ids::{Address, CallId, Pii, RequestId, Skill, StaffNo};
use call::plan::Operator;
use call::{Now, Plan};
use media::{Port, PortPool};
use sip::digest::Challenge;
use sip::{Flow, Message, Method, Net, Transport};
use store::Entry;
use switchboard::Turn;
use switchboard::contract::{Gate, GuardSetup, GuardView, Input, Notice, Output, Setup, Trunk};
use switchboard::numbers::Place;

use crate::bare;

const BEGAN: i64 = 1_791_770_400_000;
const SDP: &str =
    "v=0\r\no=- 1 1 IN IP4 10.8.0.1\r\ns=-\r\nc=IN IP4 10.8.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
const HOUSE: &str = "10.0.0.1:5060";
/// The trunk that brings calls; nobody believes its headers unless a test says so.
pub const TOWN: &str = "10.8.0.1:5060";
/// Where `op1` is.
pub const PHONE: &str = "10.7.0.1:5060";

pub fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn plan() -> Plan {
    let operator = Operator {
        staff: StaffNo("1001".into()),
        address: Address::Number(Pii::new("05351234567")),
        skills: vec![Skill("general".into())],
        ready_on_register: false,
    };
    Plan { allowed_outside: vec!["0535*".into()], ..bare::plan(vec![operator]) }
}

pub fn setup() -> Setup {
    let net = |text| vec![Net::parse(text).unwrap()];
    let out = Trunk {
        proxy: sip::Uri::parse("sip:10.9.0.1:5060").map(Box::new),
        caller: Some("053589000".into()),
        ..Trunk::named("out")
    };
    Setup {
        plan: Arc::new(plan()),
        sip: sip::Settings {
            peers: vec![sip::Peer::at("town", net("10.8.0.0/16")), sip::Peer::at("out", net("10.9.0.0/16"))],
            phone_nets: net("10.7.0.0/16"),
            users: vec![sip::User { name: "op1".into(), password: "secret".into() }],
            realm: "hotline.example".into(),
            ..sip::Settings::default()
        },
        place: Place { country: "86".into(), area: "0535".into() },
        trunks: vec![Trunk { channels: 500, ..Trunk::named("town") }, out],
        phone_codecs: sip::sdp::Codec::ALL.to_vec(),
        calls_per_second: 1_000,
        guard: GuardSetup::default(),
        listening: vec![(Transport::Udp, at(HOUSE))],
        advertised: at(HOUSE).ip(),
        browsers: None,
        near: Arc::new(|bound, _| bound),
        recordings: PathBuf::from("/recordings"),
        speak: Arc::new(|_, _, _| Vec::new()),
    }
}

pub fn is_status(message: &Message, status: u16) -> bool {
    matches!(message, Message::Response(r) if r.status == status)
}

/// A message with another body.
fn with_body(message: &str, body: &str) -> String {
    let (head, _) = message.split_once("\r\n\r\n").unwrap();
    let (head, _) = head.split_once("Content-Length:").unwrap();
    format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())
}

pub struct World {
    turn: Turn,
    pub ms: i64,
    /// What was sent to whom since the last look.
    pub sent: Vec<(SocketAddr, Message)>,
    pub notices: Vec<Notice>,
    pub gates: Vec<Gate>,
    /// Calls that were written down.
    pub offered: u32,
    /// The house's tags in calls that it answered, by Call-ID.
    tags: Vec<(String, String)>,
    replies: Vec<Result<Answer, call::action::Refusal>>,
    /// What the media threads were ordered.
    pub media: Vec<media::Command>,
}

impl World {
    pub fn new(setup: Setup) -> Self {
        Self::with_ports(setup, 512, 1)
    }

    /// With so many ports, each for so many legs.
    pub fn with_ports(setup: Setup, ports: u32, legs: u32) -> Self {
        let port = |index: u32| {
            let addr = SocketAddr::new(at(HOUSE).ip(), 20_000 + 2 * (index / legs) as u16);
            Port { thread: 0, index, socket: index / legs, addr }
        };
        let now = Now { mono: Duration::ZERO, utc_ms: BEGAN };
        let turn = Turn::new(setup, PortPool::new((0..ports * legs).map(port)), now);
        let (sent, notices, gates, replies) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (tags, media) = (Vec::new(), Vec::new());
        let mut new = Self { turn, ms: 0, sent, notices, gates, offered: 0, tags, replies, media };
        new.drain();
        new
    }

    fn now(&self) -> Now {
        Now { mono: Duration::from_millis(self.ms.unsigned_abs()), utc_ms: BEGAN + self.ms }
    }

    pub fn view(&self) -> GuardView {
        self.turn.guard(self.now().mono)
    }

    pub fn tell(&mut self, input: Input) {
        self.turn.handle(self.now(), input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.turn.poll() {
            match output {
                Output::Send(flow, bytes) => {
                    let message = sip::parse(&bytes, sip::Wire::Datagram).unwrap();
                    if let Message::Response(r) = &message
                        && r.status == 200
                        && let Some(tag) = r.headers.to().and_then(|to| to.tag().map(str::to_owned))
                    {
                        self.tags.push((r.headers.call_id().unwrap().to_owned(), tag));
                    }
                    self.sent.push((flow.remote, message));
                }
                Output::Store(Entry::Record(record)) => {
                    if let Record::Offered(row) = *record {
                        self.offered += 1;
                        self.turn.handle(self.now(), Input::OnDisk(row.call));
                    }
                }
                Output::Media(_, media::Command::Play { room, play, .. }) => {
                    self.turn.handle(self.now(), Input::Media(media::Event::PlayDone { room, play }));
                }
                Output::Notice(notice) => self.notices.push(notice),
                Output::Gate(gate) => self.gates.push(gate),
                Output::Reply(_, reply) => self.replies.push(reply),
                Output::Media(_, command) => self.media.push(command),
                Output::Browser(_) | Output::Store(_) | Output::Find(..) | Output::Locate(..) => {}
            }
        }
        self.turn.check().unwrap();
    }

    /// Lets time pass.
    pub fn pass(&mut self, ms: i64) {
        let end = self.ms + ms;
        while let Some(at) = self.turn.next_timeout() {
            let at = i64::try_from(at.as_nanos().div_ceil(1_000_000)).unwrap();
            if at > end {
                break;
            }
            self.ms = self.ms.max(at);
            self.tell(Input::Timeout);
        }
        self.ms = end;
    }

    pub fn hears(&mut self, from: &str, text: String) {
        self.tell(Input::Message(Flow::udp(at(HOUSE), at(from)), text.into_bytes()));
    }

    pub fn request(&self, method: &str, from: &str, id: &str, more: &str) -> String {
        let id: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
        format!(
            "{method} sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{method}{id}\r\nMax-Forwards: 70\r\n\
             From: <sip:op1@hotline.example>;tag={id}\r\nTo: <sip:op1@hotline.example>\r\nCall-ID: {id}\r\n\
             CSeq: 1 {method}\r\nContact: <sip:op1@{from}>\r\n{more}Content-Length: 0\r\n\r\n"
        )
    }

    pub fn invite(&self, from: &str, to: &str, id: &str, more: &str) -> String {
        let more = format!("{more}Content-Type: application/sdp\r\n");
        self.request("INVITE", from, id, &more)
            .replace("INVITE sip:10.0.0.1", &format!("INVITE sip:{to}@10.0.0.1"))
            .replace("From: <sip:op1@", "From: <sip:13800001234@")
            .replace("Content-Length: 0\r\n\r\n", &format!("Content-Length: {}\r\n\r\n{SDP}", SDP.len()))
    }

    /// A citizen calls; the operator, who has a number outside, is rung.
    pub fn citizen(&mut self, id: &str) {
        self.citizen_with(id, None);
    }

    /// The same with a description of their own.
    pub fn citizen_with(&mut self, id: &str, description: Option<&str>) {
        self.tell(Input::Order(RequestId(1), Order::Agent(StaffNo("1001".into()), AgentState::Ready)));
        self.sent.clear();
        let invite = self.invite(TOWN, "89000", id, "");
        self.hears(TOWN, description.map_or(invite.clone(), |other| with_body(&invite, other)));
        if self.tag(id).is_some() {
            self.further(id, "ACK", 1);
        }
    }

    /// A citizen calls and hangs up; whether the operator was rung.
    pub fn rings_out(&mut self, id: &str) -> bool {
        self.citizen(id);
        let rung = self.next_invite();
        if let Some((to, invite)) = &rung {
            self.answer(*to, invite, 486, "");
        }
        self.bye(id);
        self.pass(1_000);
        rung.is_some()
    }

    /// Statuses that were sent since the last look.
    pub fn statuses(&self) -> Vec<u16> {
        let status = |(_, m): &(SocketAddr, Message)| match m {
            Message::Response(r) => Some(r.status),
            Message::Request(_) => None,
        };
        self.sent.iter().filter_map(status).collect()
    }

    pub fn response(&self, status: u16) -> Option<&sip::Response> {
        self.sent.iter().find_map(|(_, m)| match m {
            Message::Response(r) if r.status == status => Some(r),
            Message::Response(_) | Message::Request(_) => None,
        })
    }

    /// The first INVITE that was sent since the last look.
    pub fn next_invite(&self) -> Option<(SocketAddr, sip::Request)> {
        self.sent.iter().find_map(|(to, m)| match m {
            Message::Request(r) if r.method == Method::Invite => Some((*to, r.clone())),
            Message::Response(_) | Message::Request(_) => None,
        })
    }

    pub fn answer(&mut self, from: SocketAddr, request: &sip::Request, status: u16, sdp: &str) {
        let mut response = sip::Response::to(request, status, "So").tag("far");
        response.headers.push("Contact", format!("<sip:{from}>")).unwrap();
        if !sdp.is_empty() {
            response.headers.push("Content-Type", "application/sdp".to_owned()).unwrap();
            response.body = sdp.as_bytes().to_vec();
        }
        self.tell(Input::Message(Flow::udp(at(HOUSE), from), response.print()));
    }

    /// The tag that the house gave a citizen's call, once it is answered.
    pub fn tag(&self, id: &str) -> Option<String> {
        self.tags.iter().rev().find(|(call, _)| call == id).map(|(_, tag)| format!(";tag={tag}"))
    }

    /// A further request of a citizen's call.
    pub fn further(&mut self, id: &str, method: &str, seq: u32) {
        let text = self.further_text(id, method, seq);
        self.hears(TOWN, text);
    }

    /// The same with a description.
    pub fn further_with(&mut self, id: &str, method: &str, seq: u32, description: &str) {
        let text = self.further_text(id, method, seq);
        let text = text.replace("Content-Length: 0", "Content-Type: application/sdp\r\nContent-Length: 0");
        self.hears(TOWN, with_body(&text, description));
    }

    fn further_text(&self, id: &str, method: &str, seq: u32) -> String {
        let tag = self.tag(id).unwrap_or_default();
        self.request(method, TOWN, id, "")
            .replace(&format!("z9hG4bK{method}"), &format!("z9hG4bK{method}{seq}"))
            .replace("sip:10.0.0.1 SIP", "sip:89000@10.0.0.1 SIP")
            .replace("CSeq: 1", &format!("CSeq: {seq}"))
            .replace("From: <sip:op1@", "From: <sip:13800001234@")
            .replace("To: <sip:op1@hotline.example>", &format!("To: <sip:op1@hotline.example>{tag}"))
    }

    /// The end of a citizen's call.
    pub fn bye(&mut self, id: &str) {
        self.further(id, "BYE", 2);
    }

    /// REGISTERs at the house with this password, as one who answers its challenge; the last status, 0 for silence.
    pub fn register(&mut self, from: &str, password: &str, n: u32) -> u16 {
        self.sent.clear();
        let id = format!("r{}x{n}", from.replace(['.', ':'], "x"));
        let first = self.request("REGISTER", from, &id, "");
        self.hears(from, first);
        let Some(asked) = self.response(401) else { return self.statuses().last().copied().unwrap_or(0) };
        let challenge = Challenge::parse(asked.headers.get("WWW-Authenticate").unwrap()).unwrap();
        let answer = challenge.answer("op1", password, &Method::Register, "sip:10.0.0.1", "c", 1);
        self.sent.clear();
        let second = self
            .request("REGISTER", from, &id, &format!("Authorization: {answer}\r\n"))
            .replace("z9hG4bKREGISTER", "z9hG4bKAGAIN")
            .replace("CSeq: 1", "CSeq: 2");
        self.hears(from, second);
        self.statuses().last().copied().unwrap_or(0)
    }

    /// A citizen's call that the operator has taken.
    pub fn talk(&mut self, id: &str) -> CallId {
        self.citizen(id);
        let (to, invite) = self.next_invite().unwrap();
        self.answer(to, &invite, 200, &SDP.replace("10.8.0.1", "10.9.0.1"));
        self.replies.clear();
        self.tell(Input::Order(RequestId(2), Order::ListCalls));
        let Some(Ok(Answer::Calls(calls))) = self.replies.pop() else { panic!("no list") };
        calls[0].call
    }

    /// Whether this number is rung when the operator wants it in the call.
    pub fn brings(&mut self, call: CallId, number: &str) -> bool {
        let to = Wanted::Address(Address::Number(Pii::new(number)));
        let order = Order::Bridge { call, to, mode: Mode::Bridge, case: None, override_reason: None };
        self.rings(order)
    }

    /// Whether this service is rung.
    pub fn emergency(&mut self, call: CallId, number: u16) -> bool {
        self.rings(Order::Emergency(call, number))
    }

    fn rings(&mut self, order: Order) -> bool {
        self.sent.clear();
        self.tell(Input::Order(RequestId(3), order));
        self.next_invite().is_some()
    }
}
