//! Two lives of one house: the new one knows the phones of the one before, and marks what it makes.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use sip::digest::Challenge;
use sip::{
    Event, Flow, Invite, Method, NameAddr, Net, Output, Settings, Stack, Target, Uri, User, Whose, whose,
};

const NOW: Duration = Duration::from_secs(500);

fn life(generation: u16) -> Stack {
    Stack::new(Settings {
        seed: [u8::try_from(generation).unwrap() + 1; 32],
        generation,
        phone_nets: vec![Net::parse("10.0.0.0/8").unwrap()],
        users: vec![User { name: "op1".into(), password: "secret".into() }],
        ..Settings::default()
    })
}

fn flow() -> Flow {
    Flow::udp("203.0.113.1:5060".parse().unwrap(), "10.1.2.3:5062".parse().unwrap())
}

fn request(method: &str, seq: u32, extra: &str) -> Vec<u8> {
    format!(
        "{method} sip:hotline SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.2.3:5062;rport;branch=z9hG4bK{method}{seq}\r\n\
         From: <sip:op1@hotline>;tag=t\r\nTo: <sip:op1@hotline>\r\nCall-ID: c@x\r\nCSeq: {seq} {method}\r\n\
         Contact: <sip:op1@10.1.2.3:5062>\r\nMax-Forwards: 70\r\n{extra}\r\n"
    )
    .into_bytes()
}

/// What goes out, and what is told.
fn drain(stack: &mut Stack) -> (Vec<String>, Vec<Event>) {
    let (mut sent, mut told) = (Vec::new(), Vec::new());
    while let Some(output) = stack.poll() {
        match output {
            Output::Send(_, bytes) => sent.push(String::from_utf8(bytes).unwrap()),
            Output::Event(_, event) => told.push(event),
            Output::Locate(..) => panic!("nothing here has a name"),
        }
    }
    (sent, told)
}

/// The answer to a challenge.
fn proof(answer: &str, count: u32) -> String {
    let line = answer.lines().find_map(|line| line.strip_prefix("WWW-Authenticate: ")).unwrap();
    let challenge = Challenge::parse(line).unwrap();
    let value = challenge.answer("op1", "secret", &Method::Register, "sip:hotline", "cn", count);
    format!("Authorization: {value}\r\n")
}

fn register(stack: &mut Stack, now: Duration, seq: u32, proof: &str) -> (Vec<String>, Vec<Event>) {
    stack.receive(now, &flow(), &request("REGISTER", seq, &format!("Expires: 300\r\n{proof}")));
    drain(stack)
}

#[test]
fn phones_are_known_to_the_next_life_for_as_long_as_they_were_granted() {
    let mut before = life(0);
    let challenged = register(&mut before, NOW, 1, "").0.remove(0);
    let first = proof(&challenged, 1);
    let (answer, told) = register(&mut before, NOW, 2, &first);
    assert!(answer[0].starts_with("SIP/2.0 200 "), "{answer:?}");
    assert!(told.iter().any(|event| matches!(event, Event::Registered { .. })));

    let later = NOW + Duration::from_secs(100);
    let lent = before.lend(later);
    assert_eq!((lent.len(), lent[0].left), (1, Duration::from_secs(200)));
    let mut after = life(1);
    // The new life counts its time from its own start.
    let now = Duration::from_secs(3);
    after.inherit(now, lent.clone());
    let (sent, told) = drain(&mut after);
    assert!(sent.is_empty() && after.is_registered("op1"));
    let [Event::Registered { user, expires: 200, flow: way, .. }] = &told[..] else { panic!("{told:?}") };
    assert_eq!((user.as_str(), way), ("op1", &flow()));

    // The phone goes on with the nonce of the life before: it is told a new one, and is not taken for a guesser.
    let (answer, told) = register(&mut after, now, 3, &proof(&challenged, 2));
    assert!(answer[0].starts_with("SIP/2.0 401 ") && answer[0].contains("stale=true"), "{answer:?}");
    assert!(told.is_empty(), "{told:?}");
    let (answer, told) = register(&mut after, now, 4, &proof(&answer[0], 1));
    assert!(answer[0].starts_with("SIP/2.0 200 ") && answer[0].contains(";expires=300"), "{answer:?}");
    assert!(told.iter().all(|event| matches!(event, Event::Credentials { right: true, .. })), "{told:?}");

    // What nobody refreshes runs out there as it would have here.
    let mut other = life(1);
    other.inherit(now, lent);
    drain(&mut other);
    let end = other.next_timeout().unwrap();
    assert_eq!(end, now + Duration::from_secs(200));
    other.timeout(end);
    assert!(matches!(&drain(&mut other).1[..], [Event::Unregistered { .. }]));
    // The life before hears no refreshes, and rings its phones as long as it has calls.
    before.hold_phones(later);
    let after_all = NOW + Duration::from_secs(1_000);
    while let Some(at) = before.next_timeout().filter(|at| *at <= after_all) {
        before.timeout(at);
    }
    assert!(before.is_registered("op1"), "{:?}", drain(&mut before).1);
    // Whom the settings of the new life don't know is not there.
    let mut strangers = Stack::new(Settings::default());
    strangers.inherit(now, before.lend(later));
    assert!(drain(&mut strangers).1.is_empty());
}

#[test]
fn what_a_life_begins_comes_back_with_its_mark_and_what_it_answers_is_named() {
    for generation in [0, 3] {
        let mut stack = life(generation);
        let target = Target::Uri(Box::new(Uri::parse("sip:desk@10.1.2.3:5062").unwrap()), flow());
        let from = NameAddr::new(Uri::parse("sip:89000@hotline").unwrap());
        let (headers, offer) = (Vec::new(), Some(b"v=0\r\n".to_vec()));
        let invite = Invite { to: target, from, headers, offer, credentials: None, policy: None, token: 1 };
        stack.invite(NOW, invite).unwrap();
        let sent = drain(&mut stack).0.remove(0);
        let line = |name: &str| sent.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
        let answer = format!(
            "SIP/2.0 180 Ringing\r\n{}\r\n{}\r\n{};tag=far\r\n{}\r\n{}\r\nContent-Length: 0\r\n\r\n",
            line("Via:"),
            line("From:"),
            line("To:"),
            line("Call-ID:"),
            line("CSeq:")
        );
        assert_eq!(whose(&flow(), answer.as_bytes()), Whose::Of(generation));
        // The far end's own request in that dialog: our tag is its To.
        let bye = format!(
            "BYE sip:89000@203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.2.3:5062;branch=z9hG4bKfar\r\n\
             From: <sip:desk@10.1.2.3>;tag=far\r\n{}\r\n{}\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
            line("From:").replace("From:", "To:"),
            line("Call-ID:")
        );
        assert_eq!(whose(&flow(), bye.as_bytes()), Whose::Of(generation));
    }
    let mut stack = life(0);
    let challenged = register(&mut stack, NOW, 1, "").0.remove(0);
    register(&mut stack, NOW, 2, &proof(&challenged, 1));
    let Whose::New(name) = whose(&flow(), &request("REGISTER", 2, "")) else { panic!("it begins something") };
    assert!(stack.answers(&name) && stack.lend_open().contains(&name), "{name}");
    let Whose::New(next) = whose(&flow(), &request("REGISTER", 3, "")) else { panic!("it begins something") };
    assert!(!stack.answers(&next), "the next refresh is the next life's");
}

#[test]
fn connections_of_a_life_that_is_gone_are_found() {
    let mut stack = life(1);
    let mut way = flow();
    (way.transport, way.id) = (sip::Transport::Tcp, 7);
    let mut before = life(0);
    let challenged = register(&mut before, NOW, 1, "").0.remove(0);
    register(&mut before, NOW, 2, &proof(&challenged, 1));
    let mut lent = before.lend(NOW);
    lent[0].flow = way;
    stack.inherit(NOW, lent);
    stack.connected(9, vec!["sip.example.org".to_owned()]);
    stack.connected((1 << 40) + 1, vec!["sip.example.org".to_owned()]);
    assert_eq!(stack.connections_below(1 << 40), [7, 9]);
    for id in stack.connections_below(1 << 40) {
        stack.flow_closed(NOW, id);
    }
    assert!(!stack.is_registered("op1") && stack.connections_below(1 << 40).is_empty());
}
