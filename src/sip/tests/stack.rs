//! The stack as a stranger, a trunk and a phone meet it: who is answered at all, digest, and the answers of RFC 3261 section 8.2.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use sip::digest::Challenge;
use sip::{
    Event, Flow, Message, Method, Net, Output, Peer, Response, Settings, Source, Stack, User, Wire, parse,
};

const NOW: Duration = Duration::from_secs(5);

fn stack() -> Stack {
    Stack::new(Settings {
        seed: [7; 32],
        peers: vec![Peer::at("carrier", vec![Net::parse("192.0.2.0/24").unwrap()])],
        phone_nets: vec![Net::parse("10.0.0.0/8").unwrap()],
        users: vec![User { name: "op1".into(), password: "secret".into() }],
        ..Settings::default()
    })
}

fn from(ip: &str) -> Flow {
    Flow::udp("203.0.113.1:5060".parse().unwrap(), format!("{ip}:5062").parse().unwrap())
}

fn message(method: &str, uri: &str, user: &str, n: u32, extra: &str) -> String {
    format!(
        "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.5:5062;rport;branch=z9hG4bK{method}{n}\r\n\
         From: <sip:{user}@hotline>;tag=t\r\nTo: <sip:{user}@hotline>\r\nCall-ID: c{n}@x\r\nCSeq: {n} {method}\r\n\
         Contact: <sip:{user}@10.1.2.3:5062>\r\nMax-Forwards: 70\r\n{extra}\r\n"
    )
}

/// What came back, and what the owner was told.
fn give(stack: &mut Stack, flow: &Flow, text: &str) -> (Vec<Response>, Vec<Event>) {
    stack.receive(NOW, flow, text.as_bytes());
    let (mut responses, mut events) = (Vec::new(), Vec::new());
    while let Some(output) = stack.poll() {
        match output {
            Output::Event(_, event) => events.push(event),
            Output::Locate(..) => panic!("nothing here has a name"),
            Output::Send(to, bytes) => {
                assert_eq!(to.remote, flow.remote, "rport: back to where it came from");
                match parse(&bytes, Wire::Datagram).unwrap() {
                    Message::Response(response) => responses.push(response),
                    Message::Request(request) => panic!("a request went out: {}", request.method),
                }
            }
        }
    }
    (responses, events)
}

fn statuses(ip: &str, text: &str) -> Vec<u16> {
    give(&mut stack(), &from(ip), text).0.iter().map(|r| r.status).collect()
}

#[test]
fn a_stranger_hears_nothing_whatever_it_sends() {
    for method in ["INVITE", "REGISTER", "OPTIONS", "BYE", "MESSAGE", "NONSENSE"] {
        assert!(
            statuses("198.51.100.9", &message(method, "sip:89000@hotline", "x", 1, "")).is_empty(),
            "{method}"
        );
    }
    assert!(statuses("198.51.100.9", "INVITE broken\r\n\r\n").is_empty());
}

#[test]
fn a_trunk_is_answered_by_the_rules_of_section_8_2() {
    let rows = [
        ("OPTIONS", "sip:89000@hotline", "", 200),
        ("MESSAGE", "sip:89000@hotline", "", 405),
        ("NONSENSE", "sip:89000@hotline", "", 501),
        ("OPTIONS", "isbn:2983792873", "", 416),
        ("INVITE", "sip:89000@hotline", "Require: nothingSupportsThis\r\n", 420),
        ("INVITE", "sip:89000@hotline", "Content-Encoding: gzip\r\n", 415),
        ("INVITE", "sip:89000@hotline", "Accept: text/nobodyKnowsThis\r\n", 406),
        ("BYE", "sip:89000@hotline", "", 481),
        ("CANCEL", "sip:89000@hotline", "", 481),
        ("INFO", "sip:89000@hotline", "", 481),
        ("REGISTER", "sip:hotline", "", 403),
    ];
    for (method, uri, extra, status) in rows {
        assert_eq!(
            statuses("192.0.2.5", &message(method, uri, "x", 1, extra)),
            [status],
            "{method} {uri} {extra}"
        );
    }
    let typed =
        message("INVITE", "sip:89000@hotline", "x", 1, "Content-Type: application/unknown\r\n") + "body";
    assert_eq!(statuses("192.0.2.5", &typed), [415]);
}

#[test]
fn what_can_not_be_read_is_answered_where_it_came_from() {
    let whole = message("OPTIONS", "sip:89000@hotline", "x", 1, "");
    let via = "SIP/2.0/UDP 192.0.2.5:5062;rport;branch=z9hG4bKOPTIONS1";
    let rows = [
        // RFC 4475 sections 3.1.2.1, 3.1.2.16, 3.1.2.18.
        (whole.replace(via, "SIP/2.0/UDP 192.0.2.15;;,;,,"), 400),
        (whole.replace("SIP/2.0", "SIP/7.0"), 505),
        (message("NONSENSE", "sip:89000@hotline", "x", 1, "").replace("1 NONSENSE", "1 INVITE"), 501),
        (whole.trim_end().to_owned() + "\r\n", 400),
        (whole.clone() + "CSeq: 2 OPTIONS\r\n\r\n", 200),
        (whole.replace("Max-Forwards: 70", "CSeq: 2 OPTIONS\r\nCall-ID: two"), 400),
    ];
    for (text, status) in rows {
        let mut stack = stack();
        stack.receive(NOW, &from("192.0.2.5"), text.as_bytes());
        let sent = std::iter::from_fn(|| stack.poll()).find_map(|output| match output {
            Output::Send(to, bytes) => Some((to, String::from_utf8(bytes).unwrap())),
            Output::Event(..) | Output::Locate(..) => None,
        });
        let (to, answer) = sent.expect(&text);
        assert_eq!(to.remote, from("192.0.2.5").remote, "{text}");
        assert!(answer.starts_with(&format!("SIP/2.0 {status} ")), "{text}\n{answer}");
        for once in ["CSeq: ", "Call-ID: ", "To: ", "From: "] {
            assert_eq!(answer.matches(&format!("\r\n{once}")).count(), 1, "{once} in {answer}");
        }
    }
    assert!(statuses("192.0.2.5", &whole.replace("OPTIONS", "ACK").replace("SIP/2.0/UDP", "?")).is_empty());
}

#[test]
fn an_invite_of_a_trunk_comes_up_and_is_not_answered_by_itself() {
    let mut stack = stack();
    let invite = message("INVITE", "sip:89000@hotline", "13800000000", 1, "");
    let (responses, events) = give(&mut stack, &from("192.0.2.5"), &invite);
    assert!(responses.is_empty(), "not even 100: the owner's journal comes first");
    assert!(matches!(&events[..], [Event::Incoming { source: Source::Peer(name), .. }] if name == "carrier"));
    let (responses, events) = give(&mut stack, &from("192.0.2.5"), &invite);
    assert!(responses.is_empty() && events.is_empty(), "a repetition is absorbed");
    let merged = invite.replace("z9hG4bKINVITE1", "z9hG4bKother");
    assert_eq!(give(&mut stack, &from("192.0.2.5"), &merged).0[0].status, 482);
}

/// Registers op1 with the answer to a fresh challenge; `change` spoils the credentials.
fn register(
    stack: &mut Stack,
    n: u32,
    md5: bool,
    change: impl Fn(String) -> String,
) -> (u16, String, Vec<Event>) {
    let flow = from("10.1.2.3");
    let (responses, _) = give(stack, &flow, &message("REGISTER", "sip:hotline", "op1", n, ""));
    assert_eq!(responses[0].status, 401);
    let challenges: Vec<Challenge> =
        responses[0].headers.all("WWW-Authenticate").filter_map(Challenge::parse).collect();
    assert_eq!(challenges.len(), 2, "a client that does not say who it is finds MD5 first, then SHA-256");
    let challenge = challenges.into_iter().nth(usize::from(!md5)).unwrap();
    let value = change(challenge.answer("op1", "secret", &Method::Register, "sip:hotline", "cn", 1));
    let again = message("REGISTER", "sip:hotline", "op1", n + 1, &format!("Authorization: {value}\r\n"));
    let (responses, events) = give(stack, &flow, &again);
    (responses[0].status, value, events)
}

#[test]
fn a_phone_registers_with_sha_256_and_with_md5() {
    for md5 in [false, true] {
        let mut stack = stack();
        let (status, _, events) = register(&mut stack, 1, md5, |v| v);
        assert_eq!(status, 200);
        assert!(matches!(&events[..], [Event::Credentials { right: true, .. }, Event::Registered { .. }]));
        assert!(stack.is_registered("op1"));
    }
}

#[test]
fn wrong_credentials_register_nobody() {
    type Spoil = fn(String) -> String;
    let rows: [(&str, Spoil); 5] = [
        ("other user", |v| v.replace("op1", "op2")),
        ("other realm", |v| v.replace("realm=\"hotline\"", "realm=\"elsewhere\"")),
        ("other response", |v| v.replace("response=\"", "response=\"0")),
        ("forged nonce", |v| v.replace("nonce=\"", "nonce=\"1")),
        ("no qop", |v| v.replace(", qop=auth", "")),
    ];
    for (what, spoil) in rows {
        let mut stack = stack();
        assert_eq!(register(&mut stack, 1, false, spoil).0, 401, "{what}");
        assert!(!stack.is_registered("op1"), "{what}");
    }
}

#[test]
fn a_replayed_digest_is_stale_and_counts_go_past_nine() {
    let mut stack = stack();
    let (_, value, _) = register(&mut stack, 1, false, |v| v);
    let replay = message("REGISTER", "sip:hotline", "op1", 9, &format!("Authorization: {value}\r\n"));
    let (responses, _) = give(&mut stack, &from("10.1.2.3"), &replay);
    assert_eq!(responses[0].status, 401);
    let header = responses[0].headers.get("WWW-Authenticate").unwrap();
    assert!(header.contains("stale=true"));
    let challenge = Challenge::parse(header).unwrap();
    for count in 1..=20 {
        let value = challenge.answer("op1", "secret", &Method::Register, "sip:hotline", "cn", count);
        let text =
            message("REGISTER", "sip:hotline", "op1", 20 + count, &format!("Authorization: {value}\r\n"));
        assert_eq!(give(&mut stack, &from("10.1.2.3"), &text).0[0].status, 200, "use {count} of one nonce");
    }
}

#[test]
fn a_registrar_wants_a_sip_address_and_keeps_contacts_apart() {
    let mut stack = stack();
    let alien = message("REGISTER", "sip:hotline", "op1", 1, "")
        .replace("To: <sip:op1@hotline>", "To: isbn:2983792873");
    assert_eq!(give(&mut stack, &from("10.1.2.3"), &alien).0[0].status, 400, "RFC 4475 section 3.3.4");
    let flow = from("10.1.2.3");
    let (responses, _) = give(&mut stack, &flow, &message("REGISTER", "sip:hotline", "op1", 2, ""));
    let challenge = Challenge::parse(responses[0].headers.get("WWW-Authenticate").unwrap()).unwrap();
    let mut listed = |n: u32, contacts: &[&str]| {
        let value = challenge.answer("op1", "secret", &Method::Register, "sip:hotline", "cn", n);
        let lines: String = contacts.iter().map(|c| format!("Contact: {c}\r\n")).collect();
        let text =
            message("REGISTER", "sip:hotline", "op1", n + 2, &format!("{lines}Authorization: {value}\r\n"));
        let text = text.replace("Contact: <sip:op1@10.1.2.3:5062>\r\n", "");
        let (responses, _) = give(&mut stack, &flow, &text);
        assert_eq!(responses[0].status, 200);
        let contacts = responses[0].headers.all("Contact");
        contacts.map(|c| c.split(";expires").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // RFC 4475 section 3.1.1.4: a hidden NUL does not end the name.
    let nuls = ["<sip:%00@h.example.com>", "<sip:%00%00@h.example.com>"];
    assert_eq!(listed(1, &nuls), nuls);
    assert_eq!(
        listed(2, &["<sip:%00@h.example.com>;expires=0", "<sip:%00%00@h.example.com>;expires=0"]),
        [""; 0]
    );
    // Sections 3.3.12 to 3.3.14: whose parameter it is, and what else is kept of a contact.
    let bare = "sip:+19725552222@gw1.example.net;unknownparam";
    assert_eq!(listed(3, &[bare]), ["<sip:+19725552222@gw1.example.net>"]);
    assert_eq!(
        listed(4, &["<sip:+19725552222@gw1.example.net;unknownparam>"]),
        ["<sip:+19725552222@gw1.example.net;unknownparam>"]
    );
    let route = "<sip:user@example.com?Route=%3Csip:sip.example.com%3E>";
    assert_eq!(listed(5, &[route]).last().map(String::as_str), Some(route));
}

#[test]
fn a_registration_runs_out_and_a_star_removes_it() {
    let mut stack = stack();
    assert_eq!(register(&mut stack, 1, false, |v| v).0, 200);
    stack.timeout(NOW + Duration::from_secs(601));
    let mut gone = false;
    while let Some(output) = stack.poll() {
        gone |= matches!(output, Output::Event(_, Event::Unregistered { .. }));
    }
    assert!(gone && !stack.is_registered("op1"));
}

#[test]
fn draining_takes_the_house_out_of_a_proxy_s_rotation() {
    let mut stack = stack();
    stack.set_draining(true);
    let (responses, _) = give(&mut stack, &from("192.0.2.5"), &message("OPTIONS", "sip:hotline", "x", 1, ""));
    assert_eq!((responses[0].status, responses[0].headers.get("Retry-After")), (503, Some("30")));
}
