//! Who comes over which transport: trunks known by their certificate, keep-alives by STUN, addresses of both families.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use sip::{Event, Flow, Net, Output, Peer, Settings, Source, Stack, Transport, Uri, User};

const NOW: Duration = Duration::from_secs(5);

fn stack(nets: &[&str]) -> Stack {
    let nets = nets.iter().map(|n| Net::parse(n).unwrap()).collect();
    Stack::new(Settings {
        seed: [7; 32],
        peers: vec![Peer { certificate: Some("sbc.example.com".to_owned()), ..Peer::at("carrier", nets) }],
        phone_nets: vec![Net::parse("10.0.0.0/8").unwrap(), Net::parse("2001:db8::/32").unwrap()],
        users: vec![User { name: "op1".into(), password: "secret".into() }],
        ..Settings::default()
    })
}

fn over(transport: Transport, remote: &str, id: u64) -> Flow {
    Flow::new(transport, "203.0.113.1:5061".parse().unwrap(), remote.parse().unwrap(), id)
}

/// Who an INVITE over this way is taken for.
fn invites(stack: &mut Stack, flow: &Flow, n: u32) -> Option<Source> {
    let text = format!(
        "INVITE sip:89000@hotline SIP/2.0\r\nVia: SIP/2.0/TLS 198.51.100.9:5061;branch=z9hG4bK{n}\r\n\
         From: <sip:13800001234@sbc.example.com>;tag=t\r\nTo: <sip:89000@hotline>\r\nCall-ID: c{n}\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:13800001234@198.51.100.9:5061;transport=tls>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    );
    stack.receive(NOW, flow, text.as_bytes());
    std::iter::from_fn(|| stack.poll()).find_map(|output| match output {
        Output::Event(_, Event::Incoming { source, .. }) => Some(source),
        Output::Event(..) | Output::Send(..) | Output::Locate(..) => None,
    })
}

#[test]
fn a_trunk_with_a_certificate_is_known_by_that_alone() {
    let carrier = Some(Source::Peer("carrier".to_owned()));
    let mut stack = stack(&[]);
    let (tls, other) =
        (over(Transport::Tls, "198.51.100.9:40000", 5), over(Transport::Tls, "198.51.100.9:40001", 6));
    assert_eq!(invites(&mut stack, &tls, 1), None, "nothing is proven");
    stack.connected(5, vec!["sbc.example.com".to_owned(), "other.example.com".to_owned()]);
    stack.connected(6, vec!["sbc.example.com.evil.example".to_owned()]);
    assert_eq!(invites(&mut stack, &tls, 2), carrier);
    assert_eq!(invites(&mut stack, &other, 3), None, "another name");
    assert_eq!(
        invites(&mut stack, &over(Transport::Udp, "198.51.100.9:5060", 0), 4),
        None,
        "the same address is no proof"
    );
    stack.flow_closed(NOW, 5);
    assert_eq!(invites(&mut stack, &tls, 5), None, "proofs end with their connection");
}

#[test]
fn networks_that_are_said_too_must_fit_as_well() {
    let mut stack = stack(&["192.0.2.0/24"]);
    stack.connected(5, vec!["sbc.example.com".to_owned()]);
    let near = over(Transport::Tls, "192.0.2.7:40000", 5);
    assert_eq!(invites(&mut stack, &over(Transport::Tls, "198.51.100.9:40000", 5), 1), None);
    assert_eq!(invites(&mut stack, &near, 2), Some(Source::Peer("carrier".to_owned())));
    assert_eq!(invites(&mut stack, &Flow { id: 6, ..near }, 3), None, "without the certificate");
}

/// What goes out after this datagram.
fn sent(stack: &mut Stack, flow: &Flow, bytes: &[u8]) -> Vec<Vec<u8>> {
    stack.receive(NOW, flow, bytes);
    let outputs = std::iter::from_fn(|| stack.poll());
    outputs.filter_map(|o| if let Output::Send(_, bytes) = o { Some(bytes) } else { None }).collect()
}

#[test]
fn a_stun_keep_alive_is_answered_to_those_who_may_speak_to_us() {
    let request = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], b"twelve bytes"].concat();
    let mut stack = stack(&[]);
    let phone = over(Transport::Udp, "10.1.2.3:5062", 0);
    let answers = sent(&mut stack, &phone, &request);
    assert_eq!(answers, [sip::stun::answer(&request, phone.remote).unwrap()]);
    assert!(
        sent(&mut stack, &over(Transport::Udp, "198.51.100.9:5060", 0), &request).is_empty(),
        "a stranger"
    );
    assert!(sent(&mut stack, &phone, &request[..19]).is_empty(), "cut");
    assert!(sent(&mut stack, &over(Transport::Tcp, "10.1.2.3:5062", 3), &request).is_empty(), "UDP alone");
}

#[test]
fn an_ipv6_address_stands_in_brackets_in_via_and_contact() {
    let mut stack = stack(&[]);
    let local = "[2001:db8::1]:5061".parse().unwrap();
    let flow = Flow::new(Transport::Tls, local, "[2001:db8::9]:5061".parse().unwrap(), 0);
    let server = Uri::parse("sip:[2001:db8::9]").unwrap();
    let user = User { name: "53589000".into(), password: "x".into() };
    stack.register(NOW, sip::Registration { server, flow, user, expires: 60 }).unwrap();
    let Some(Output::Send(_, bytes)) = stack.poll() else { panic!("nothing is sent") };
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains("Via: SIP/2.0/TLS [2001:db8::1]:5061;"), "{text}");
    assert!(text.contains("Contact: <sip:53589000@[2001:db8::1]:5061;transport=tls>"), "{text}");
}
