//! Calls of browsers through the turn, with descriptions of nobody's real browser: what the hub is told and when, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bare;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use browser::{Order, Told, Why};
use call::Now;
use call::cdr::Record;
use call::ids::{Address, Skill, StaffNo};
use call::plan::Operator;
use media::command::Stream;
use media::{Command, INSIDE, Port, PortPool};
use sip::sdp::{self, Codec, Direction, Fingerprint, Home, Local, Secrets, Shield};
use sip::{Event, Flow, Registration, SessionId, Stack, Target, Transport, Uri, User};
use store::Entry;
use switchboard::Turn;
use switchboard::contract::{Input, Output, Setup};
use switchboard::numbers::Place;

const BEGAN: i64 = 1_791_770_400_000;
const HOUSE: &str = "10.0.0.1:5066";
const CITIZEN: usize = 0;
const OPERATOR: usize = 1;

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn user(name: &str) -> User {
    User { name: name.into(), password: format!("of {name}") }
}

fn setup() -> Setup {
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
        calls_per_second: 100,
        guard: switchboard::contract::GuardSetup::default(),
        listening: vec![(Transport::Ws, at(HOUSE))],
        near: Arc::new(|bound, _| bound),
        advertised: at(HOUSE).ip(),
        browsers: Some(Arc::new(home)),
        recordings: PathBuf::from("/recordings"),
        speak: Arc::new(|_, _, _| Vec::new()),
    }
}

/// A page: its SIP machine, and itself in descriptions.
struct Page {
    stack: Stack,
    user: User,
    /// The way to the house, as the page has it.
    flow: Flow,
    /// Its connection, as the house has it.
    id: u64,
    shield: Shield,
    events: Vec<Event>,
}

fn stack(seed: u8) -> Stack {
    let house = vec![sip::Net::parse("10.0.0.0/16").unwrap()];
    let peers = vec![sip::Peer::at("house", house)];
    Stack::new(sip::Settings { seed: [seed; 32], peers, ..sip::Settings::default() })
}

impl Page {
    fn new(n: u8, name: &str) -> Self {
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
    fn renew(&mut self, seed: u8) {
        let home = Home { fingerprint: Fingerprint([seed; 32]), candidates: vec![at("10.1.0.9:50000")] };
        self.shield = Secrets::new(&[seed; 32]).web(Arc::new(home));
    }

    fn offer(&self, direction: Direction) -> Vec<u8> {
        sdp::offer(self.local(), &[Codec::Pcmu], direction, &self.shield)
    }

    fn local(&self) -> Local {
        Local { address: self.flow.local, id: 1, version: 1 }
    }

    fn session(&self) -> SessionId {
        let of = |event: &Event| match event {
            Event::Answered { session, .. } | Event::Incoming { session, .. } => Some(*session),
            _ => None,
        };
        self.events.iter().rev().find_map(of).unwrap()
    }
}

struct World {
    turn: Turn,
    pages: [Page; 2],
    ms: i64,
    orders: Vec<Order>,
    streams: Vec<Stream>,
}

impl World {
    fn new() -> Self {
        let port = |index| Port { thread: 0, index, addr: INSIDE };
        let now = Now { mono: Duration::ZERO, utc_ms: BEGAN };
        let socket = Port { thread: 0, index: 8, addr: at("10.0.0.1:20000") };
        let turn = Turn::new(setup(), PortPool::new((0..8).map(port).chain([socket])), now);
        let pages = [Page::new(1, "citizen1"), Page::new(2, "op1")];
        let mut world = Self { turn, pages, ms: 0, orders: Vec::new(), streams: Vec::new() };
        for page in 0..2 {
            world.register(page);
        }
        world
    }

    fn now(&self) -> Now {
        Now { mono: Duration::from_millis(self.ms.unsigned_abs()), utc_ms: BEGAN + self.ms }
    }

    fn register(&mut self, page: usize) {
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
    fn settle(&mut self) {
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
                            let back = Flow::new(Transport::Ws, flow.remote, flow.local, page.id);
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

    fn perform(&mut self, output: Output) {
        let now = self.now();
        match output {
            Output::Send(flow, bytes) => {
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
            Output::Media(_, Command::Open { media, .. } | Command::Update { media, .. }) => {
                self.streams.push(media);
            }
            Output::Media(_, Command::Close { leg }) => {
                let stats = media::command::LegStats::default();
                self.turn.handle(now, Input::Media(media::Event::LegClosed { leg, stats }));
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

    fn pass(&mut self, ms: i64) {
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
    fn call(&mut self, offer: Vec<u8>) {
        let now = self.now().mono;
        let Page { stack, flow, user, .. } = &mut self.pages[CITIZEN];
        let invite = sip::Invite {
            to: Target::Uri(Box::new(Uri::parse("sip:89000@hotline").unwrap()), flow.clone()),
            from: sip::NameAddr::new(Uri::parse("sip:citizen1@hotline").unwrap()),
            headers: Vec::new(),
            offer: Some(offer),
            credentials: Some(user.clone()),
            policy: None,
            token: 0,
        };
        stack.invite(now, invite).unwrap();
        self.settle();
    }

    /// The operator's phone answers as `by` makes it of the offer.
    fn pick_up(&mut self, by: impl Fn(&Page, &[u8]) -> Vec<u8>) {
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

    fn talk(&mut self) {
        let offer = self.pages[CITIZEN].offer(Direction::SendRecv);
        self.call(offer);
        self.pick_up(web_answer);
        assert_eq!(kinds(&self.orders), ["open", "meet", "open", "meet"]);
        self.orders.clear();
        self.streams.clear();
    }

    /// Another offer in the dialog; the answer.
    fn reoffer(&mut self, page: usize, offer: Vec<u8>) -> Result<String, u16> {
        let (now, session) = (self.now().mono, self.pages[page].session());
        self.pages[page].stack.reinvite(now, session, offer).unwrap();
        self.settle();
        let answered = self.pages[page].events.iter().rev().find_map(|event| match event {
            Event::Reanswered { result, .. } => Some(result.clone()),
            _ => None,
        });
        answered.unwrap().map(|body| String::from_utf8(body).unwrap())
    }

    fn ended(&self, page: usize) -> bool {
        self.pages[page].events.iter().any(|e| matches!(e, Event::Ended { .. }))
    }

    fn failed(&self) -> Option<u16> {
        self.pages[CITIZEN].events.iter().find_map(|event| match event {
            Event::Failed { status, .. } => Some(*status),
            _ => None,
        })
    }
}

fn web_answer(page: &Page, offer: &[u8]) -> Vec<u8> {
    sdp::answer(offer, page.local(), Direction::SendRecv, &page.shield).unwrap().0
}

fn kinds(orders: &[Order]) -> Vec<&'static str> {
    let word = |order: &Order| match order {
        Order::Open { .. } => "open",
        Order::Meet { .. } => "meet",
        Order::Close { .. } => "close",
    };
    orders.iter().map(word).collect()
}

const CLEAR: &str =
    "v=0\r\no=- 1 1 IN IP4 10.1.0.1\r\ns=-\r\nc=IN IP4 10.1.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0\r\n";

#[test]
fn the_hub_knows_each_leg_before_its_browser_can_and_meets_it_when_both_are_described() {
    let mut world = World::new();
    let offer = world.pages[CITIZEN].offer(Direction::SendRecv);
    world.call(offer);
    assert_eq!(
        kinds(&world.orders),
        ["open", "meet", "open"],
        "checks of who is rung may come before its answer"
    );
    let [Order::Open { leg, port, ours }, Order::Meet { leg: met, ours: still, far }, _] = &world.orders[..]
    else {
        panic!("{:?}", world.orders)
    };
    assert_eq!((leg, ours), (met, still));
    assert!(port.is_inside() && far.client && far.fingerprints == [[1; 32]]);
    let body = world.pages[CITIZEN].events.iter().find_map(|event| match event {
        Event::Answered { body, .. } => Some(body.clone()),
        _ => None,
    });
    let agreed = sdp::accept(&body.unwrap(), Direction::SendRecv, &world.pages[CITIZEN].shield).unwrap();
    assert_eq!(agreed.web.unwrap().theirs.fragment, ours.fragment);
    assert!(world.streams.iter().all(|s| s.rtcp_mux && s.remote == Some(INSIDE) && s.srtp.is_none()));
    world.pick_up(web_answer);
    assert_eq!(kinds(&world.orders), ["open", "meet", "open", "meet"]);
    let Order::Meet { far, .. } = &world.orders[3] else { panic!() };
    assert!(!far.client && far.fingerprints == [[2; 32]]);
}

#[test]
fn hold_leaves_the_hub_alone_and_a_restart_or_another_page_does_not() {
    let mut world = World::new();
    world.talk();
    let held = world.pages[CITIZEN].offer(Direction::SendOnly);
    assert!(world.reoffer(CITIZEN, held).unwrap().contains("a=recvonly\r\n"));
    assert!(world.orders.is_empty());
    assert!(world.streams.last().is_some_and(|s| !s.send && s.receive));
    let back = world.pages[CITIZEN].offer(Direction::SendRecv);
    assert!(world.reoffer(CITIZEN, back).unwrap().contains("a=sendrecv\r\n"));
    assert!(world.orders.is_empty());

    world.pages[CITIZEN].renew(7);
    let restart = world.pages[CITIZEN].offer(Direction::SendRecv);
    let answer = world.reoffer(CITIZEN, restart).unwrap();
    let [Order::Meet { ours, far, .. }] = &world.orders[..] else { panic!("{:?}", world.orders) };
    assert!(answer.contains(&format!("a=ice-ufrag:{}\r\n", ours.fragment)));
    assert_eq!(far.fingerprints, [[7; 32]]);
    world.orders.clear();
    assert_eq!(world.reoffer(CITIZEN, CLEAR.into()), Err(488), "it never becomes clear");
    assert!(world.orders.is_empty() && !world.ended(CITIZEN), "the call goes on");
}

#[test]
fn what_is_no_webrtc_is_refused_over_a_websocket_either_way() {
    let mut world = World::new();
    world.call(CLEAR.into());
    assert_eq!((world.failed(), world.orders.len()), (Some(488), 0));

    let mut world = World::new();
    let offer = world.pages[CITIZEN].offer(Direction::SendRecv);
    world.call(offer);
    world.pick_up(|_, _| CLEAR.into());
    assert!(world.ended(OPERATOR), "hung up at once");
    assert_eq!(kinds(&world.orders), ["open", "meet", "open", "close"]);
    assert!(!world.ended(CITIZEN), "who waits goes on waiting");
}

#[test]
fn a_browser_that_goes_without_a_word_is_hung_up_and_its_operator_rung_again() {
    let mut world = World::new();
    world.talk();
    let now = world.now();
    // The citizen's leg is the first.
    world.turn.handle(now, Input::Browser(Told::Gone(browser::Leg(2), Why::Closed)));
    world.settle();
    assert!(!world.ended(OPERATOR), "its BYE may be on its way");
    world.pages[OPERATOR].events.clear();
    world.turn.handle(now, Input::FlowClosed(2));
    world.settle();
    world.pass(600);
    (world.pages[OPERATOR].id, world.pages[OPERATOR].flow.id) = (3, 3);
    world.pages[OPERATOR].flow.local = at("10.1.0.2:40001");
    world.pages[OPERATOR].stack = stack(8);
    world.register(OPERATOR);
    world.pick_up(web_answer);
    assert!(!world.ended(CITIZEN), "the same call");
}

#[test]
fn a_leg_without_a_way_or_with_another_certificate_is_over_at_once() {
    for why in [Why::NoWay, Why::Certificate] {
        let mut world = World::new();
        world.talk();
        let now = world.now();
        world.turn.handle(now, Input::Browser(Told::Gone(browser::Leg(1), why)));
        world.settle();
        assert!(world.ended(CITIZEN), "{why:?}");
        let closed = |o: &Order| matches!(o, Order::Close { leg } if *leg == browser::Leg(1));
        assert!(!world.orders.iter().any(closed), "the hub knows it no more");
    }
}

#[test]
fn without_a_hub_a_browser_is_told_so() {
    let mut world = World::new();
    let none = Setup { browsers: None, ..setup() };
    world.turn.handle(world.now(), Input::Setup(Box::new(none)));
    let offer = world.pages[CITIZEN].offer(Direction::SendRecv);
    world.call(offer);
    assert_eq!((world.failed(), world.orders.len()), (Some(488), 0));
}
