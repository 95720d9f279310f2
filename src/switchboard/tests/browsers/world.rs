//! A house and pages that call it, without sockets: the turn between SIP machines, and what the hub was ordered.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use browser::Order;
use call::Now;
use call::cdr::Record;
use call::ids::{Address, Skill, StaffNo};
use call::plan::Operator;
use media::command::Stream;
use media::{Command, INSIDE, Port, PortPool};
use sip::sdp::{self, Codec, Direction, Encryption, Fingerprint, Home, Local, Secrets, Shield};
use sip::{Event, Flow, Registration, SessionId, Stack, Target, Transport, Uri, User};
use store::Entry;
use switchboard::Turn;
use switchboard::contract::{Input, Output, Setup};
use switchboard::numbers::Place;

use super::bare;

pub const BEGAN: i64 = 1_791_770_400_000;
pub const HOUSE: &str = "10.0.0.1:5066";
pub const CITIZEN: usize = 0;
pub const OPERATOR: usize = 1;

pub fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub fn user(name: &str) -> User {
    User { name: name.into(), password: format!("of {name}") }
}

pub fn setup() -> Setup {
    let operator = Operator {
        staff: StaffNo("1001".into()),
        address: Address::Phone("op1".into()),
        skills: vec![Skill("general".into())],
        ready_on_register: true,
    };
    let home = Home { fingerprint: Fingerprint([9; 32]), candidates: vec![at("10.0.0.1:24000")] };
    Setup {
        plan: Arc::new(bare::plan(vec![operator])),
        sip: sip::Settings {
            realm: "hotline".into(),
            phone_nets: vec![sip::Net::parse("10.1.0.0/16").unwrap()],
            users: vec![user("citizen1"), user("op1")],
            ..sip::Settings::default()
        },
        place: Place { country: "86".into(), area: "0535".into() },
        trunks: Vec::new(),
        phone_codecs: sip::sdp::Codec::ALL.to_vec(),
        calls_per_second: 100,
        guard: switchboard::contract::GuardSetup::default(),
        listening: vec![(Transport::Ws, at(HOUSE)), (Transport::Tls, at("10.0.0.1:5061"))],
        near: Arc::new(|bound, _| bound),
        advertised: at(HOUSE).ip(),
        browsers: Some(Arc::new(home)),
        recordings: PathBuf::from("/recordings"),
        speak: Arc::new(|_, _, _| Vec::new()),
    }
}

/// A page: its SIP machine, and itself in descriptions.
pub struct Page {
    pub stack: Stack,
    pub user: User,
    /// The way to the house, as the page has it.
    pub flow: Flow,
    /// Its connection, as the house has it.
    pub id: u64,
    pub shield: Shield,
    pub events: Vec<Event>,
}

pub fn stack(seed: u8) -> Stack {
    let house = vec![sip::Net::parse("10.0.0.0/16").unwrap()];
    let peers = vec![sip::Peer::at("house", house)];
    Stack::new(sip::Settings { seed: [seed; 32], peers, ..sip::Settings::default() })
}

impl Page {
    pub fn new(n: u8, name: &str) -> Self {
        let mut page = Self {
            stack: stack(n),
            user: user(name),
            flow: Flow::new(Transport::Ws, SocketAddr::from(([10, 1, 0, n], 40_000)), at(HOUSE), n.into()),
            id: n.into(),
            shield: Shield::clear(),
            events: Vec::new(),
        };
        page.renew(n);
        page
    }

    /// Other credentials and another certificate.
    pub fn renew(&mut self, seed: u8) {
        let home = Home { fingerprint: Fingerprint([seed; 32]), candidates: vec![at("10.1.0.9:50000")] };
        self.shield = Secrets::new(&[seed; 32]).web(Arc::new(home));
    }

    pub fn offer(&self, direction: Direction) -> Vec<u8> {
        sdp::offer(self.local(), &[Codec::Pcmu], direction, &self.shield)
    }

    pub fn local(&self) -> Local {
        Local { address: self.flow.local, id: 1, version: 1 }
    }

    pub fn session(&self) -> SessionId {
        let of = |event: &Event| match event {
            Event::Answered { session, .. } | Event::Incoming { session, .. } => Some(*session),
            _ => None,
        };
        self.events.iter().rev().find_map(of).unwrap()
    }
}

pub struct World {
    pub turn: Turn,
    pub pages: Vec<Page>,
    pub ms: i64,
    pub orders: Vec<Order>,
    pub streams: Vec<Stream>,
    /// Ports that legs moved to.
    pub moved: Vec<Port>,
    /// Legs that were muted.
    pub muted: Vec<bool>,
    /// The last message to each page.
    pub said: Vec<String>,
}

impl World {
    pub fn new() -> Self {
        let port = |index| Port { thread: 0, index, socket: index, addr: INSIDE };
        let now = Now { mono: Duration::ZERO, utc_ms: BEGAN };
        let socket = Port { thread: 0, index: 8, socket: 8, addr: at("10.0.0.1:20000") };
        let turn = Turn::new(setup(), PortPool::new((0..8).map(port).chain([socket])), now);
        let pages = vec![Page::new(1, "citizen1"), Page::new(2, "op1")];
        let mut world = Self {
            turn,
            pages,
            ms: 0,
            orders: Vec::new(),
            streams: Vec::new(),
            moved: Vec::new(),
            muted: Vec::new(),
            said: Vec::new(),
        };
        for page in 0..2 {
            world.register(page);
        }
        world
    }

    pub fn now(&self) -> Now {
        Now { mono: Duration::from_millis(self.ms.unsigned_abs()), utc_ms: BEGAN + self.ms }
    }

    pub fn register(&mut self, page: usize) {
        let now = self.now().mono;
        let Page { stack, flow, user, .. } = &mut self.pages[page];
        let server = Uri::parse("sip:hotline").unwrap();
        let wish = Registration { server, flow: flow.clone(), user: user.clone(), expires: 300 };
        stack.register(now, wish).unwrap();
        self.settle();
        let done = |e: &Event| matches!(e, Event::ClientDone { status: 200, .. });
        assert!(self.pages[page].events.iter().any(done), "{:?}", self.pages[page].events);
    }

    /// Carries messages until nobody has anything to say.
    pub fn settle(&mut self) {
        loop {
            let mut quiet = true;
            while let Some(output) = self.turn.poll() {
                quiet = false;
                self.perform(output);
            }
            let now = self.now();
            for page in &mut self.pages {
                while let Some(output) = page.stack.poll() {
                    quiet = false;
                    match output {
                        sip::Output::Send(flow, bytes) => {
                            let back = Flow::new(flow.transport, flow.remote, flow.local, page.id);
                            self.turn.handle(now, Input::Message(back, bytes));
                        }
                        sip::Output::Event(_, event) => page.events.push(event),
                        sip::Output::Locate(..) => {}
                    }
                }
            }
            if quiet {
                self.turn.check().unwrap();
                return;
            }
        }
    }

    pub fn perform(&mut self, output: Output) {
        let now = self.now();
        match output {
            Output::Send(flow, bytes) => {
                self.said.push(String::from_utf8_lossy(&bytes).into_owned());
                if let Some(page) = self.pages.iter_mut().find(|page| page.id == flow.id) {
                    page.stack.receive(now.mono, &page.flow.clone(), &bytes);
                }
            }
            Output::Store(Entry::Record(record)) => {
                if let Record::Offered(row) = *record {
                    self.turn.handle(now, Input::OnDisk(row.call));
                }
            }
            Output::Media(_, Command::Play { room, play, .. }) => {
                self.turn.handle(now, Input::Media(media::Event::PlayDone { room, play }));
            }
            Output::Media(_, Command::Rehouse { port, media, .. }) => {
                self.streams.push(media);
                self.moved.push(port);
            }
            Output::Media(_, Command::Mute { on, .. }) => self.muted.push(on),
            Output::Media(_, Command::Open { media, .. } | Command::Update { media, .. }) => {
                self.streams.push(media);
            }
            Output::Media(_, Command::Close { leg }) => {
                let stats = media::command::LegStats::default();
                let course = media::course::Course::default();
                self.turn.handle(now, Input::Media(media::Event::LegClosed { leg, stats, course }));
            }
            Output::Browser(order) => self.orders.push(order),
            Output::Media(..)
            | Output::Store(_)
            | Output::Find(..)
            | Output::Locate(..)
            | Output::Reply(..)
            | Output::Gate(_)
            | Output::Notice(_) => {}
        }
    }

    pub fn pass(&mut self, ms: i64) {
        let until = self.ms + ms;
        while self.ms < until {
            self.ms = (self.ms + 50).min(until);
            let now = self.now();
            self.turn.handle(now, Input::Timeout);
            self.pages.iter_mut().for_each(|page| page.stack.timeout(now.mono));
            self.settle();
        }
    }

    /// The citizen calls with this offer.
    pub fn call(&mut self, offer: Vec<u8>) {
        self.invite(CITIZEN, Some(offer), Vec::new());
    }

    /// One more phone of the operator's, which is no browser, over TLS; its place among the pages.
    pub fn second_phone(&mut self) -> usize {
        let mut phone = Page::new(3, "op1");
        let house = at("10.0.0.1:5061");
        phone.flow = Flow::new(Transport::Tls, at("10.1.0.3:40000"), house, 3);
        phone.shield = Secrets::new(&[3; 32]).shield(Encryption::Required);
        self.pages.push(phone);
        self.pages.len() - 1
    }

    /// `who` wants the place of `from` with this offer.
    pub fn take_over(&mut self, who: usize, from: usize, offer: Vec<u8>) {
        let session = self.pages[from].session();
        let value = self.pages[from].stack.replaces(session).unwrap().to_string();
        self.pages[who].events.clear();
        self.invite(who, Some(offer), vec![("Replaces".to_owned(), value)]);
    }

    /// A page calls the hotline.
    pub fn invite(&mut self, page: usize, offer: Option<Vec<u8>>, headers: Vec<(String, String)>) {
        let now = self.now().mono;
        let Page { stack, flow, user, .. } = &mut self.pages[page];
        let from = format!("sip:{}@hotline", user.name);
        let invite = sip::Invite {
            to: Target::Uri(Box::new(Uri::parse("sip:89000@hotline").unwrap()), flow.clone()),
            from: sip::NameAddr::new(Uri::parse(&from).unwrap()),
            headers,
            offer,
            credentials: Some(user.clone()),
            policy: None,
            token: 0,
        };
        stack.invite(now, invite).unwrap();
        self.settle();
    }

    /// The operator's phone answers as `by` makes it of the offer.
    pub fn pick_up(&mut self, by: impl Fn(&Page, &[u8]) -> Vec<u8>) {
        self.pass(100);
        let now = self.now().mono;
        let page = &mut self.pages[OPERATOR];
        let rung = page.events.iter().rev().find_map(|event| match event {
            Event::Incoming { session, offer, .. } => Some((*session, offer.clone().unwrap())),
            _ => None,
        });
        let (session, offer) = rung.expect("the operator is rung");
        assert!(sdp::is_web(&offer), "{}", String::from_utf8_lossy(&offer));
        let answer = by(page, &offer);
        page.stack.accept(now, session, answer).unwrap();
        self.settle();
    }

    pub fn talk(&mut self) {
        let offer = self.pages[CITIZEN].offer(Direction::SendRecv);
        self.call(offer);
        self.pick_up(web_answer);
        assert_eq!(kinds(&self.orders), ["open", "meet", "open", "meet"]);
        self.orders.clear();
        self.streams.clear();
    }

    /// Another offer in the dialog; the answer.
    pub fn reoffer(&mut self, page: usize, offer: Vec<u8>) -> Result<String, u16> {
        let (now, session) = (self.now().mono, self.pages[page].session());
        self.pages[page].stack.reinvite(now, session, offer).unwrap();
        self.answered_again(page)
    }

    /// The same by UPDATE.
    pub fn update(&mut self, page: usize, offer: Vec<u8>) -> Result<String, u16> {
        let (now, session) = (self.now().mono, self.pages[page].session());
        self.pages[page].stack.update(now, session, offer).unwrap();
        self.answered_again(page)
    }

    pub fn answered_again(&mut self, page: usize) -> Result<String, u16> {
        self.settle();
        let answered = self.pages[page].events.iter().rev().find_map(|event| match event {
            Event::Reanswered { result, .. } => Some(result.clone()),
            _ => None,
        });
        answered.unwrap().map(|body| String::from_utf8(body).unwrap())
    }

    pub fn ended(&self, page: usize) -> bool {
        self.pages[page].events.iter().any(|e| matches!(e, Event::Ended { .. }))
    }

    pub fn failed(&self, page: usize) -> Option<u16> {
        self.pages[page].events.iter().find_map(|event| match event {
            Event::Failed { status, .. } => Some(*status),
            _ => None,
        })
    }
}

/// What the last answer to this page's INVITE describes.
pub fn described(page: &Page) -> Vec<u8> {
    let body = |event: &Event| match event {
        Event::Answered { body, .. } => Some(body.clone()),
        _ => None,
    };
    page.events.iter().rev().find_map(body).unwrap()
}

pub fn web_answer(page: &Page, offer: &[u8]) -> Vec<u8> {
    sdp::answer(offer, page.local(), &Codec::ALL, Direction::SendRecv, &page.shield).unwrap().0
}

pub fn kinds(orders: &[Order]) -> Vec<&'static str> {
    let word = |order: &Order| match order {
        Order::Open { .. } => "open",
        Order::Meet { .. } => "meet",
        Order::Close { .. } => "close",
    };
    orders.iter().map(word).collect()
}

pub const CLEAR: &str =
    "v=0\r\no=- 1 1 IN IP4 10.1.0.1\r\ns=-\r\nc=IN IP4 10.1.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0\r\n";
