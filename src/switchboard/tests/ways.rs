//! Outgoing calls and registrations by trunks: which way first, which next, what is final, and what is shown to an admin.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bare;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use call::Now;
use call::cdr::Record;
use call::event::{AgentState, Order};
use call::ids::{Address, Pii, RequestId, Skill, StaffNo};
use call::plan::{Operator, Plan};
use media::{Port, PortPool};
use sip::locate::Destination;
use sip::{Flow, Message, Net, Transport};
use store::Entry;
use switchboard::Turn;
use switchboard::contract::{Form, Identity, Input, Notice, Output, Setup, Trunk};
use switchboard::numbers::Place;

const BEGAN: i64 = 1_791_770_400_000;

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn exchange(n: u8) -> SocketAddr {
    SocketAddr::from(([10, 9, 0, n], 5060))
}

fn trunk(name: &str, n: u8) -> Trunk {
    Trunk {
        proxy: sip::Uri::parse(&format!("sip:{}", exchange(n))).map(Box::new),
        caller: Some("053589000".into()),
        credentials: Some(sip::User { name: name.into(), password: "carrier's own".into() }),
        ..Trunk::named(name)
    }
}

fn plan() -> Plan {
    let operator = Operator {
        staff: StaffNo("1001".into()),
        address: Address::Number(Pii::new("05351234567")),
        skills: vec![Skill("general".into())],
        ready_on_register: false,
    };
    bare::plan(vec![operator])
}

fn setup(trunks: Vec<Trunk>) -> Setup {
    let net = |text| vec![Net::parse(text).unwrap()];
    let mut peers = vec![sip::Peer::at("town", net("10.8.0.0/16"))];
    peers.extend(trunks.iter().map(|t| sip::Peer::at(&t.name, net("10.9.0.0/16"))));
    Setup {
        plan: Arc::new(plan()),
        sip: sip::Settings { peers, realm: "hotline.example".into(), ..sip::Settings::default() },
        place: Place { country: "86".into(), area: "0535".into() },
        trunks: [vec![Trunk { channels: 50, ..Trunk::named("town") }], trunks].concat(),
        phone_codecs: sip::sdp::Codec::ALL.to_vec(),
        calls_per_second: 100,
        guard: switchboard::contract::GuardSetup::default(),
        listening: vec![(Transport::Udp, at("10.0.0.1:5060"))],
        advertised: at("10.0.0.1:5060").ip(),
        browsers: None,
        near: Arc::new(|bound, _| bound),
        recordings: PathBuf::from("/recordings"),
        speak: Arc::new(|_, _, _| Vec::new()),
    }
}

/// The house, its clock, and what it sent to whom and was not looked at yet.
struct World {
    turn: Turn,
    ms: i64,
    sent: Vec<(SocketAddr, Message)>,
    notices: Vec<Notice>,
    /// The refusals of its INVITEs that it notes for the store.
    refused: Vec<u16>,
    /// Look-ups that wait.
    looked: Vec<(u64, String)>,
    calls: u32,
}

impl World {
    fn new(trunks: Vec<Trunk>) -> Self {
        let port = |index| Port { thread: 0, index, socket: index, addr: at("10.0.0.1:20000") };
        let now = Now { mono: Duration::ZERO, utc_ms: BEGAN };
        let turn = Turn::new(setup(trunks), PortPool::new((0..64).map(port)), now);
        let (sent, notices, looked, refused) = Default::default();
        let mut new = Self { turn, ms: 0, sent, notices, refused, looked, calls: 0 };
        new.drain();
        new
    }

    fn now(&self) -> Now {
        Now { mono: Duration::from_millis(self.ms.unsigned_abs()), utc_ms: BEGAN + self.ms }
    }

    fn tell(&mut self, input: Input) {
        self.turn.handle(self.now(), input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.turn.poll() {
            match output {
                Output::Send(flow, bytes) => {
                    let message = sip::parse(&bytes, sip::Wire::Datagram).unwrap();
                    self.sent.push((flow.remote, message));
                }
                Output::Store(Entry::Record(record)) => {
                    if let Record::Offered(row) = *record {
                        self.turn.handle(self.now(), Input::OnDisk(row.call));
                    }
                }
                Output::Media(_, media::Command::Play { room, play, .. }) => {
                    self.turn.handle(self.now(), Input::Media(media::Event::PlayDone { room, play }));
                }
                Output::Store(Entry::LegSip(row)) => self.refused.extend(row.status),
                Output::Notice(notice) => self.notices.push(notice),
                Output::Locate(ticket, uri) => self.looked.push((ticket, uri.to_string())),
                Output::Media(..)
                | Output::Browser(_)
                | Output::Store(_)
                | Output::Find(..)
                | Output::Reply(..)
                | Output::Gate(_) => {}
            }
        }
        self.turn.check().unwrap();
    }

    /// Lets time pass.
    fn pass(&mut self, ms: i64) {
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

    /// A citizen calls; the operator, who has a number outside, is rung.
    fn citizen(&mut self) {
        self.calls += 1;
        self.tell(Input::Order(RequestId(1), Order::Agent(StaffNo("1001".into()), AgentState::Ready)));
        let id = format!("citizen{}", self.calls);
        let sdp = "v=0\r\no=- 1 1 IN IP4 10.8.0.1\r\ns=-\r\nc=IN IP4 10.8.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
        let invite = format!(
            "INVITE sip:89000@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.8.0.1:5060;branch=z9hG4bK{id}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:13800001234@10.8.0.1>;tag=a\r\nTo: <sip:89000@10.0.0.1>\r\n\
             Call-ID: {id}\r\nCSeq: 1 INVITE\r\nContact: <sip:10.8.0.1:5060>\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        );
        let flow = Flow::udp(at("10.0.0.1:5060"), at("10.8.0.1:5060"));
        self.tell(Input::Message(flow, invite.into_bytes()));
        self.pass(3_000);
    }

    /// The next request of this method that was sent since the last look, and where.
    fn next(&mut self, method: &str) -> Option<(SocketAddr, sip::Request)> {
        let hit = |m: &Message| matches!(m, Message::Request(r) if r.method.to_string() == method);
        let place = self.sent.iter().position(|(_, m)| hit(m))?;
        let (to, message) = self.sent.remove(place);
        // What is repeated on the wire is one request.
        let id = |m: &Message| match m {
            Message::Request(r) => r.headers.via().and_then(|v| v.branch().map(str::to_owned)),
            Message::Response(_) => None,
        };
        let same = id(&message);
        self.sent.retain(|(_, m)| same.is_none() || id(m) != same || !hit(m));
        match message {
            Message::Request(request) => Some((to, request)),
            Message::Response(_) => None,
        }
    }

    /// Whether an INVITE went to this exchange since the last look.
    fn rang(&self, n: u8) -> bool {
        let invite = |m: &Message| matches!(m, Message::Request(r) if r.method.to_string() == "INVITE");
        self.sent.iter().any(|(to, m)| *to == exchange(n) && invite(m))
    }

    fn answer(&mut self, from: SocketAddr, request: &sip::Request, status: u16, more: &[(&str, &str)]) {
        let mut response = sip::Response::to(request, status, "So").tag("far");
        for (name, value) in more {
            response.headers.push(name, (*value).to_owned()).unwrap();
        }
        let flow = Flow::udp(at("10.0.0.1:5060"), from);
        self.tell(Input::Message(flow, response.print()));
    }

    fn states(&self) -> Vec<(String, &'static str)> {
        self.turn.trunks(self.now()).into_iter().map(|t| (t.name.to_string(), t.state)).collect()
    }
}

#[test]
fn five_hundreds_and_408_go_to_the_next_trunk_once_and_all_else_is_final() {
    for (status, next) in [
        (500, true),
        (502, true),
        (503, true),
        (504, true),
        (408, true),
        (404, false),
        (480, false),
        (486, false),
        (600, false),
        (603, false),
    ] {
        let mut world = World::new(vec![trunk("a", 1), Trunk { order: 2, ..trunk("b", 2) }]);
        world.citizen();
        let (to, invite) = world.next("INVITE").unwrap_or_else(|| panic!("{status}: nobody is rung"));
        assert_eq!(to, exchange(1));
        world.answer(to, &invite, status, &[]);
        let second = world.next("INVITE").filter(|(to, _)| *to == exchange(2));
        assert_eq!(second.is_some(), next, "{status}");
        if let Some((to, invite)) = second {
            assert_eq!(world.turn.trunks(world.now())[1].taken, 0, "the first channel is free again");
            assert_eq!(world.turn.trunks(world.now())[2].taken, 1);
            world.answer(to, &invite, 503, &[]);
            let third = world.next("INVITE").filter(|(to, _)| *to == exchange(1));
            assert!(third.is_none(), "only once");
        }
        assert!(world.turn.trunks(world.now()).iter().skip(1).all(|t| t.taken == 0), "{status}");
    }
}

#[test]
fn a_destination_without_a_sign_of_life_is_left_and_its_late_answer_is_hung_up() {
    let mut world = World::new(vec![trunk("a", 1), Trunk { order: 2, ..trunk("b", 2) }]);
    world.citizen();
    let (to, first) = world.next("INVITE").unwrap();
    assert_eq!(to, exchange(1));
    world.pass(9_000);
    assert!(world.rang(2));
    world.sent.retain(|(to, _)| *to == exchange(2));
    let (_, second) = world.next("INVITE").unwrap();
    // The first one wakes up: its CANCEL, and as it has answered all the same, its BYE.
    let contact = ("Contact", "<sip:10.9.0.1:5060>");
    world.answer(exchange(1), &first, 100, &[]);
    assert_eq!(world.next("CANCEL").unwrap().0, exchange(1));
    world.answer(exchange(1), &first, 200, &[contact]);
    assert_eq!(world.next("BYE").unwrap().0, exchange(1));
    assert_eq!(world.turn.trunks(world.now())[2].taken, 1, "the second goes on");
    world.answer(exchange(2), &second, 180, &[contact]);
    assert!(world.next("CANCEL").is_none());
}

#[test]
fn a_silent_destination_is_noted_as_refusing_only_when_it_is_left() {
    let mut world = World::new(vec![trunk("a", 1), Trunk { order: 2, ..trunk("b", 2) }]);
    world.citizen();
    world.pass(9_000);
    assert!(world.rang(2));
    assert_eq!(world.refused, [408]);
    let mut world = World::new(vec![trunk("a", 1)]);
    world.citizen();
    let (to, invite) = world.next("INVITE").unwrap();
    world.pass(9_000);
    world.answer(to, &invite, 180, &[("Contact", "<sip:10.9.0.1:5060>")]);
    assert!(
        world.refused.is_empty(),
        "there is no other way, and this one rings after all: {:?}",
        world.refused
    );
}

#[test]
fn one_that_says_100_is_waited_for() {
    let mut world = World::new(vec![trunk("a", 1), Trunk { order: 2, ..trunk("b", 2) }]);
    world.citizen();
    let (to, invite) = world.next("INVITE").unwrap();
    world.answer(to, &invite, 100, &[]);
    world.pass(10_000);
    assert!(world.next("INVITE").is_none_or(|(to, _)| to != exchange(2)));
}

#[test]
fn a_pause_that_a_trunk_asks_for_is_kept_and_then_it_is_first_again() {
    let mut world = World::new(vec![trunk("a", 1), Trunk { order: 2, ..trunk("b", 2) }]);
    world.citizen();
    let (to, invite) = world.next("INVITE").unwrap();
    world.answer(to, &invite, 503, &[("Retry-After", "120")]);
    let (to, invite) = world.next("INVITE").unwrap();
    assert_eq!(to, exchange(2));
    world.answer(to, &invite, 486, &[]);
    assert_eq!(world.states()[1], ("a".to_owned(), "resting"));
    world.sent.clear();
    world.citizen();
    assert!(world.rang(2) && !world.rang(1));
    world.pass(120_000);
    world.sent.clear();
    world.citizen();
    assert!(world.rang(1), "{:?}", world.states());
}

#[test]
fn numbers_and_our_identity_are_written_as_the_trunk_wants_them() {
    for (identity, from, asserted) in [
        (Identity::From, "<sip:+8653589000@hotline.example>", None),
        (Identity::Both, "<sip:+8653589000@hotline.example>", Some("<sip:+8653589000@10.9.0.1;user=phone>")),
        (Identity::Asserted, "<sip:a@hotline.example>", Some("<sip:+8653589000@10.9.0.1;user=phone>")),
    ] {
        let mut world = World::new(vec![Trunk { identity, form: Form::E164, ..trunk("a", 1) }]);
        world.citizen();
        let (_, invite) = world.next("INVITE").unwrap();
        assert_eq!(invite.uri.to_string(), "sip:+865351234567@10.9.0.1:5060;user=phone");
        assert!(invite.headers.get("From").unwrap().starts_with(from), "{:?}", invite.headers.get("From"));
        assert_eq!(invite.headers.get("P-Asserted-Identity"), asserted);
        let whole = String::from_utf8(sip::Message::Request(invite).print()).unwrap();
        assert!(!whole.contains("13800001234"), "the citizen's number stays in the house");
    }
}

#[test]
fn a_trunk_registers_answers_its_challenge_and_takes_it_back_at_the_end() {
    let mut world = World::new(vec![Trunk { register: true, ..trunk("a", 1) }]);
    world.pass(1_000);
    let (to, first) = world.next("REGISTER").unwrap();
    assert_eq!((to, first.uri.to_string()), (exchange(1), "sip:10.9.0.1:5060".to_owned()));
    world.answer(
        to,
        &first,
        401,
        &[("WWW-Authenticate", "Digest realm=\"c\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"")],
    );
    let (_, second) = world.next("REGISTER").unwrap();
    assert!(second.headers.get("Authorization").unwrap().contains("username=\"a\""));
    let contact = second.headers.get("Contact").unwrap().to_owned();
    world.answer(to, &second, 200, &[("Contact", &contact), ("Expires", "600")]);
    let view = world.turn.trunks(world.now()).remove(1);
    assert_eq!((view.state, view.registered_until), ("up", Some(BEGAN + world.ms + 600_000)));
    assert!(world.notices.iter().any(|n| matches!(n, Notice::Trunk { up: true, .. })));
    world.tell(Input::Closing);
    let (_, last) = world.next("REGISTER").unwrap();
    assert_eq!(last.headers.get("Expires"), Some("0"));
    assert!(!world.turn.is_closed());
    world.answer(to, &last, 200, &[]);
    assert!(world.turn.is_closed());
}

#[test]
fn a_refused_registration_is_told_in_words_and_calls_go_by_another_trunk() {
    let mut world =
        World::new(vec![Trunk { register: true, ..trunk("a", 1) }, Trunk { order: 2, ..trunk("b", 2) }]);
    world.pass(1_000);
    let (to, register) = world.next("REGISTER").unwrap();
    world.answer(to, &register, 403, &[]);
    let told =
        world.notices.iter().any(|n| matches!(n, Notice::Trunk { up: false, en, .. } if en.contains("403")));
    assert!(told, "{:?}", world.notices);
    world.citizen();
    assert_eq!(world.next("INVITE").unwrap().0, exchange(2));
}

#[test]
fn a_trunk_that_is_asked_and_silent_is_passed_over_until_it_answers_again() {
    let asked = Trunk { qualify: Duration::from_secs(30), ..trunk("a", 1) };
    let mut world = World::new(vec![asked, Trunk { order: 2, ..trunk("b", 2) }]);
    world.pass(90_000);
    assert_eq!(world.states()[1], ("a".to_owned(), "silent"));
    world.sent.clear();
    world.citizen();
    assert_eq!(world.next("INVITE").unwrap().0, exchange(2));
    for _ in 0..2 {
        world.sent.clear();
        let (to, options) = loop {
            world.pass(1_000);
            if let Some(asked) = world.next("OPTIONS") {
                break asked;
            }
        };
        world.answer(to, &options, 404, &[]);
    }
    assert_eq!(world.states()[1], ("a".to_owned(), "up"));
}

#[test]
fn a_name_is_looked_up_and_its_destinations_are_tried_in_their_order() {
    let named = Trunk { proxy: sip::Uri::parse("sip:carrier.example").map(Box::new), ..trunk("a", 1) };
    let mut world = World::new(vec![named]);
    let (ticket, uri) = world.looked.pop().unwrap();
    assert_eq!(uri, "sip:carrier.example");
    let to = |n| Destination { transport: Transport::Udp, remote: exchange(n), name: None };
    let good_for = Duration::from_secs(300);
    world.tell(Input::Located(ticket, Ok(vec![to(3), to(4)]), good_for));
    world.citizen();
    let (first, invite) = world.next("INVITE").unwrap();
    assert_eq!(first, exchange(3));
    world.answer(first, &invite, 503, &[]);
    let (second, invite) = world.next("INVITE").unwrap();
    assert_eq!(
        (second, invite.uri.to_string()),
        (exchange(4), "sip:05351234567@carrier.example;user=phone".into())
    );
    assert_eq!(world.turn.trunks(world.now())[1].taken, 1, "one call, one channel");
    world.pass(301_000);
    let (ticket, _) = world.looked.pop().unwrap();
    world.tell(Input::Located(ticket, Err("no such name".into()), Duration::from_secs(10)));
    assert_eq!(world.turn.trunks(world.now())[1].destinations.len(), 2, "what was found before is kept");
}

#[test]
fn a_trunk_behind_a_nat_is_told_its_own_address_of_ours_and_offered_its_codecs() {
    let told = Trunk {
        advertised: Some([203, 0, 113, 9].into()),
        codecs: vec![sip::sdp::Codec::Pcmu],
        order: 2,
        ..trunk("b", 2)
    };
    let mut world = World::new(vec![trunk("a", 1), told]);
    world.citizen();
    let (to, invite) = world.next("INVITE").unwrap();
    let text = |invite: &sip::Request| String::from_utf8(Message::Request(invite.clone()).print()).unwrap();
    assert!(text(&invite).contains("RTP/AVP 8 0 101") && !text(&invite).contains("203.0.113.9"));
    world.answer(to, &invite, 503, &[]);
    let (to, invite) = world.next("INVITE").unwrap();
    assert_eq!(to, exchange(2));
    let text = text(&invite);
    assert!(text.contains("c=IN IP4 203.0.113.9") && text.contains("RTP/AVP 0 101"), "{text}");
    assert!(text.contains("Via: SIP/2.0/UDP 203.0.113.9:5060"), "{text}");
    assert!(text.contains("Contact: <sip:053589000@203.0.113.9:5060>"), "{text}");
}

#[test]
fn a_trunk_that_must_prove_itself_is_challenged_before_it_is_a_call() {
    let mut world = World::new(Vec::new());
    let mut setup = setup(Vec::new());
    let user = sip::User { name: "town".into(), password: "carrier's own".into() };
    setup.sip.proofs = vec![("town".into(), user)];
    world.tell(Input::Setup(Box::new(setup)));
    world.citizen();
    let challenge = world.sent.iter().any(|(_, m)| {
        matches!(m, Message::Response(r) if r.status == 401 && r.headers.get("WWW-Authenticate").is_some())
    });
    assert!(challenge && world.turn.trunks(world.now())[0].taken == 0);
    assert!(world.next("INVITE").is_none(), "nobody is rung for a stranger");
}

#[test]
fn all_channels_taken_and_too_many_calls_a_second_are_refused_with_503() {
    let mut world = World::new(Vec::new());
    let mut setup = setup(Vec::new());
    setup.trunks = vec![Trunk { channels: 1, ..Trunk::named("town") }];
    world.tell(Input::Setup(Box::new(setup.clone())));
    world.citizen();
    world.sent.clear();
    world.citizen();
    let refusal = |world: &World| {
        world.sent.iter().find_map(|(_, m)| match m {
            Message::Response(r) if r.status >= 300 => {
                Some((r.status, r.headers.get("Reason").unwrap_or_default().to_owned()))
            }
            Message::Response(_) | Message::Request(_) => None,
        })
    };
    let (status, reason) = refusal(&world).unwrap();
    assert!(status == 503 && reason.contains("cause=34"), "{status} {reason}");
    setup.trunks = vec![Trunk { channels: 30, calls_per_second: 1, ..Trunk::named("town") }];
    world.tell(Input::Setup(Box::new(setup)));
    world.pass(5_000);
    world.sent.clear();
    let before = world.turn.trunks(world.now())[0].taken;
    world.citizen();
    assert_eq!((refusal(&world), world.turn.trunks(world.now())[0].taken), (None, before + 1));
}
