//! Who stands at the door: asked about new requests only, told of passwords, and telling nobody who exists.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use sip::{Event, Flow, Knock, Known, Net, Output, Porter, Settings, Stack, User, Welcome};

const NOW: Duration = Duration::from_secs(60);

/// Notes who knocks, and answers what it was given.
#[derive(Debug)]
struct Doorman {
    says: Welcome,
    seen: Vec<(String, Known, Option<String>, bool)>,
}

impl Doorman {
    fn new(says: Welcome) -> Self {
        Self { says, seen: Vec::new() }
    }
}

impl Porter for Doorman {
    fn knock(&mut self, _: Duration, knock: &Knock<'_>) -> Welcome {
        let method = knock.request.method.to_string();
        self.seen.push((method, knock.known, knock.claims.clone(), knock.registered));
        self.says
    }

    fn answers_faults(&self) -> bool {
        self.says == Welcome::Come
    }
}

fn stack() -> Stack {
    Stack::new(Settings {
        phone_nets: vec![Net::parse("10.0.0.0/8").unwrap()],
        users: vec![User { name: "op1".into(), password: "secret".into() }],
        ..Settings::default()
    })
}

fn phone() -> Flow {
    Flow::udp("10.0.0.1:5060".parse().unwrap(), "10.0.0.9:5070".parse().unwrap())
}

fn request(method: &str, seq: u32, more: &str) -> Vec<u8> {
    format!(
        "{method} sip:hotline SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5070;branch=z9hG4bK{method}{seq}\r\nMax-Forwards: 70\r\n\
         From: <sip:op1@hotline>;tag=a\r\nTo: <sip:op1@hotline>\r\nCall-ID: c{seq}\r\nCSeq: {seq} {method}\r\n\
         Contact: <sip:op1@10.0.0.9:5070>\r\n{more}Content-Length: 0\r\n\r\n"
    )
    .into_bytes()
}

fn drain(stack: &mut Stack) -> (Vec<String>, Vec<Event>) {
    let (mut sent, mut told) = (Vec::new(), Vec::new());
    while let Some(output) = stack.poll() {
        match output {
            Output::Locate(ticket, _) => stack.located(ticket, Vec::new()),
            Output::Send(_, bytes) => sent.push(String::from_utf8(bytes).unwrap()),
            Output::Event(_, event) => told.push(event),
        }
    }
    (sent, told)
}

fn authorization(answer: &str, user: &str, password: &str) -> String {
    let challenge = answer.lines().find_map(|l| l.strip_prefix("WWW-Authenticate: ")).unwrap();
    let challenge = sip::digest::Challenge::parse(challenge).unwrap();
    let value = challenge.answer(user, password, &sip::Method::Register, "sip:hotline", "cn", 1);
    format!("Authorization: {value}\r\n")
}

#[test]
fn each_new_request_knocks_and_is_dealt_with_as_the_porter_says() {
    for says in [Welcome::Come, Welcome::Later(17), Welcome::Silence] {
        for method in ["REGISTER", "OPTIONS", "INVITE", "MESSAGE", "BYE"] {
            let (mut stack, mut porter) = (stack(), Doorman::new(says));
            stack.receive_by(NOW, &phone(), &request(method, 1, ""), &mut porter);
            assert_eq!(porter.seen, [(method.to_owned(), Known::Phone, None, false)]);
            let (sent, _) = drain(&mut stack);
            match says {
                Welcome::Come => assert!(!sent[0].starts_with("SIP/2.0 503"), "{sent:?}"),
                Welcome::Later(_) => {
                    assert!(sent[0].starts_with("SIP/2.0 503 ") && sent[0].contains("Retry-After: 17\r\n"));
                }
                Welcome::Silence => assert!(sent.is_empty(), "{sent:?}"),
            }
            assert!(says == Welcome::Come || stack.counts() == (0, 0, 0));
        }
        let (mut stack, mut porter) = (stack(), Doorman::new(says));
        for method in ["ACK", "CANCEL"] {
            stack.receive_by(NOW, &phone(), &request(method, 2, ""), &mut porter);
        }
        let bad =
            String::from_utf8(request("OPTIONS", 3, "")).unwrap().replace("Forwards: 70", "Forwards: x");
        stack.receive_by(NOW, &phone(), bad.as_bytes(), &mut porter);
        assert!(porter.seen.is_empty(), "never asked about these");
        let answered = drain(&mut stack).0.iter().any(|m| m.starts_with("SIP/2.0 400 "));
        assert_eq!(answered, says == Welcome::Come, "what can't be read");
    }
}

#[test]
fn a_strangers_address_and_a_registered_phones_are_told_apart() {
    let (mut stack, mut porter) = (stack(), Doorman::new(Welcome::Come));
    let stranger = Flow::udp("10.0.0.1:5060".parse().unwrap(), "192.0.2.1:5060".parse().unwrap());
    stack.receive_by(NOW, &stranger, &request("OPTIONS", 1, ""), &mut porter);
    stack.receive_by(NOW, &phone(), &request("REGISTER", 2, ""), &mut porter);
    let challenge = drain(&mut stack).0.remove(0);
    let right = authorization(&challenge, "op1", "secret");
    stack.receive_by(NOW, &phone(), &request("REGISTER", 3, &right), &mut porter);
    let (sent, told) = drain(&mut stack);
    assert!(sent[0].starts_with("SIP/2.0 200 "), "{sent:?}");
    let good = |e: &&Event| matches!(e, Event::Credentials { user, right: true, .. } if user == "op1");
    assert_eq!(told.iter().filter(good).count(), 1);
    assert!(
        stack.has_business_with(|at| at == phone().remote)
            && !stack.has_business_with(|at| at == stranger.remote)
    );
    stack.receive_by(NOW, &phone(), &request("REGISTER", 4, ""), &mut porter);
    let seen: Vec<_> =
        porter.seen.iter().map(|(_, known, claims, at)| (*known, claims.as_deref(), *at)).collect();
    let expected = [
        (Known::Stranger, None, false),
        (Known::Phone, None, false),
        (Known::Phone, Some("op1"), false),
        (Known::Phone, None, true),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_wrong_password_and_an_unknown_user_are_answered_alike_and_told() {
    let mut answers = Vec::new();
    for (user, password) in [("op1", "wrong"), ("nobody", "wrong"), ("nobody", "nobody's")] {
        let mut stack = stack();
        stack.receive(NOW, &phone(), &request("REGISTER", 1, ""));
        let challenge = drain(&mut stack).0.remove(0);
        let credentials = authorization(&challenge, user, password);
        stack.receive(NOW, &phone(), &request("REGISTER", 2, &credentials));
        let (mut sent, told) = drain(&mut stack);
        let bad = |e: &&Event| matches!(e, Event::Credentials { user: claimed, right: false, .. } if claimed == user);
        assert_eq!(told.iter().filter(bad).count(), 1, "{told:?}");
        answers.push(sent.remove(0));
    }
    assert!(answers[0].starts_with("SIP/2.0 401 "));
    assert!(answers.iter().all(|a| *a == answers[0]), "{answers:#?}");
}
