//! Which digest algorithms phones are offered: some phones give up at the sight of one that they don't know.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use sip::digest::{Algorithm, Challenge};
use sip::{Flow, Message, Method, Net, Output, Response, Settings, Stack, User, Wire, parse};

/// Registers op1 with these further header lines; what came back.
fn register(stack: &mut Stack, n: u32, extra: &str) -> Response {
    let flow = Flow::udp("203.0.113.1:5060".parse().unwrap(), "10.1.2.3:5062".parse().unwrap());
    let text = format!(
        "REGISTER sip:hotline SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.2.3:5062;rport;branch=z9hG4bK{n}\r\n\
         From: <sip:op1@hotline>;tag=t\r\nTo: <sip:op1@hotline>\r\nCall-ID: c@x\r\nCSeq: {n} REGISTER\r\n\
         Contact: <sip:op1@10.1.2.3:5062>\r\nMax-Forwards: 70\r\n{extra}\r\n"
    );
    stack.receive(Duration::from_secs(5), &flow, text.as_bytes());
    let sent = std::iter::from_fn(|| stack.poll()).find_map(|output| match output {
        Output::Send(_, bytes) => Some(bytes),
        Output::Event(..) | Output::Locate(..) => None,
    });
    let Ok(Message::Response(response)) = parse(&sent.unwrap(), Wire::Datagram) else {
        panic!("no response")
    };
    response
}

#[test]
fn only_the_digests_that_the_settings_name_are_offered_and_taken() {
    let settings = Settings {
        digests: vec![Algorithm::Md5],
        phone_nets: vec![Net::parse("10.0.0.0/8").unwrap()],
        users: vec![User { name: "op1".into(), password: "secret".into() }],
        ..Settings::default()
    };
    let mut stack = Stack::new(settings.clone());
    let first = register(&mut stack, 1, "");
    let values: Vec<&str> = first.headers.all("WWW-Authenticate").collect();
    assert!(values.len() == 1 && values[0].contains("algorithm=MD5"), "{values:?}");
    let challenge = Challenge::parse(values[0]).unwrap();
    let answer = |n| {
        let value = challenge.answer("op1", "secret", &Method::Register, "sip:hotline", "cn", n);
        format!("Authorization: {value}\r\n")
    };
    assert_eq!(register(&mut stack, 2, &answer(1)).status, 200);
    stack.reconfigure(Settings { digests: vec![Algorithm::Sha256], ..settings });
    assert_eq!(register(&mut stack, 3, &answer(2)).status, 401, "MD5 is not offered any more");
}

#[test]
fn a_phone_that_stops_at_sha_256_is_offered_md5_alone() {
    let settings = Settings {
        phone_nets: vec![Net::parse("10.0.0.0/8").unwrap()],
        users: vec![User { name: "op1".into(), password: "secret".into() }],
        ..Settings::default()
    };
    let offered = |digests: &[Algorithm], agent: &str| {
        let mut stack = Stack::new(Settings { digests: digests.to_vec(), ..settings.clone() });
        let response = register(&mut stack, 1, agent);
        let name = |value: &str| if value.contains("algorithm=MD5") { "MD5" } else { "SHA-256" };
        response.headers.all("WWW-Authenticate").map(name).collect::<Vec<_>>().join(" ")
    };
    let both = [Algorithm::Sha256, Algorithm::Md5];
    assert_eq!(offered(&both, "User-Agent: Linphone/5.0\r\n"), "SHA-256 MD5");
    assert_eq!(offered(&both, "User-Agent: baresip v1.0.0 (x86_64/linux)\r\n"), "MD5");
    assert_eq!(offered(&both, "User-Agent: baresip v3.1\r\n"), "SHA-256 MD5");
    assert_eq!(offered(&both, ""), "MD5 SHA-256", "who says nothing may read the first only");
    assert_eq!(offered(&[Algorithm::Sha256], ""), "SHA-256", "what is not allowed is not offered");
}
