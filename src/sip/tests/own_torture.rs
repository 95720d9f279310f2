//! Messages of our own for the faults that RFC 4475 and rsip's parser taught us; they run everywhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use sip::framing::{Broken, Frame, Framer};
use sip::{Host, Message, Method, NameAddr, Request, Scheme, Uri, Wire, parse};

/// An OPTIONS with these lines in place of, or after, the usual ones.
fn options(first: &str, extra: &str) -> Vec<u8> {
    format!(
        "{first}\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\nFrom: <sip:a@example.com>;tag=1\r\n\
         To: <sip:b@example.com>\r\nCall-ID: one@192.0.2.1\r\nCSeq: 7 OPTIONS\r\nMax-Forwards: 70\r\n{extra}\r\n"
    )
    .into_bytes()
}

const LINE: &str = "OPTIONS sip:b@example.com SIP/2.0";

fn read(bytes: &[u8]) -> Request {
    match parse(bytes, Wire::Datagram) {
        Ok(Message::Request(request)) => request,
        other => panic!("not a request: {other:?}"),
    }
}

fn status(bytes: &[u8]) -> u16 {
    parse(bytes, Wire::Datagram).expect_err("it was read").status
}

#[test]
fn rsip_fault_1_a_start_line_is_not_cut_at_a_scheme_far_below() {
    let bytes = options("OPTIONS b SIP/2.0", "X-Note: sip://elsewhere SIP/2.0\r\n");
    assert_eq!(status(&bytes), 400);
}

#[test]
fn rsip_fault_2_a_full_datagram_of_rubbish_is_refused_at_once() {
    assert_eq!(status(&[0xff; 65_535]), 400);
    let many = format!("{}\r\n", "Contact: <sip:a@b>;a".to_owned() + &";a".repeat(30_000));
    assert_eq!(read(&options(LINE, &many)).headers.contact().unwrap().params.len(), 30_001);
    assert_eq!(status(&vec![b'x'; 65_536]), 413);
}

#[test]
fn rsip_fault_3_ipv6_references_are_addresses() {
    let uri = Uri::parse("sip:b@[2001:db8::10]:5070;transport=tcp").unwrap();
    assert_eq!((uri.host.unwrap(), uri.port), (Host::V6("2001:db8::10".parse().unwrap()), Some(5070)));
    assert!(Uri::parse("sip:b@[2001:db8::10").is_none());
}

#[test]
fn rsip_fault_4_tel_uris_keep_their_number_and_context() {
    let uri = Uri::parse("tel:1234567;phone-context=+86535").unwrap();
    assert_eq!((uri.scheme.clone(), uri.user.as_str(), uri.host.clone()), (Scheme::Tel, "1234567", None));
    assert_eq!(uri.param("phone-context"), Some(Some("+86535")));
    assert_eq!(uri.to_string(), "tel:1234567;phone-context=+86535");
}

#[test]
fn rsip_fault_5_folding_spaces_before_colons_leading_crlf_and_compact_forms_are_read() {
    let text = "\r\n\r\nOPTIONS sip:b@example.com SIP/2.0\r\nv: SIP/2.0/UDP 192.0.2.1\r\n ;branch=z9hG4bK1\r\n\
                f : <sip:a@example.com>;tag=1\r\nt:<sip:b@example.com>\r\ni: one\r\nCSeq: 7\r\n\tOPTIONS\r\nl: 0\r\n\r\n";
    let request = read(text.as_bytes());
    assert_eq!(request.headers.via().unwrap().branch(), Some("z9hG4bK1"));
    assert_eq!(request.headers.cseq(), Some((7, Method::Options)));
    assert_eq!(request.headers.from().unwrap().tag(), Some("1"));
}

#[test]
fn rsip_fault_6_a_list_of_vias_keeps_each() {
    let text = "OPTIONS sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/TCP b;branch=z9hG4bK2\r\n\
                From: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n";
    let hosts: Vec<_> = read(text.as_bytes()).headers.all("Via").map(str::to_owned).collect();
    assert_eq!(hosts, ["SIP/2.0/UDP a;branch=z9hG4bK1", "SIP/2.0/TCP b;branch=z9hG4bK2"]);
}

#[test]
fn rsip_fault_7_uri_headers_are_no_part_of_the_host() {
    let to = NameAddr::parse("<sip:b@example.com?Replaces=x%3Bto-tag%3D1>").unwrap();
    assert_eq!(to.uri.host, Some(Host::Name("example.com".into())));
    assert_eq!(to.uri.headers.as_deref(), Some("Replaces=x%3Bto-tag%3D1"));
}

#[test]
fn rsip_fault_8_quoted_parameters_and_gbk_names_are_read() {
    let to = NameAddr::parse("\"a, \\\"b\\\" <c>\" <sip:b@b>;x=\"1;2,3\"").unwrap();
    assert_eq!((to.display.as_str(), to.param("x")), ("a, \"b\" <c>", Some(Some("1;2,3"))));
    let mut bytes = options(LINE, "Subject: S\r\n");
    let at = bytes.windows(10).position(|w| w == b"Subject: S").unwrap() + 9;
    // 热线 in GB18030.
    bytes.splice(at..=at, [0xc8, 0xc8, 0xcf, 0xdf]);
    assert_eq!(read(&bytes).headers.get("Subject"), Some("热线"));
}

#[test]
fn rsip_fault_9_content_length_is_honoured() {
    let with = |length: &str| {
        let mut bytes = options(LINE, &format!("Content-Length: {length}\r\n"));
        bytes.extend_from_slice(b"bodyXX");
        bytes
    };
    assert_eq!(read(&with("4")).body, b"body");
    for bad in ["-1", "7", "x", "", "18446744073709551616", "4\r\nContent-Length: 5", "+4", "4, 4"] {
        assert_eq!(status(&with(bad)), 400, "{bad}");
    }
    let mut none = options(LINE, "");
    none.extend_from_slice(b"whole datagram");
    assert_eq!(read(&none).body, b"whole datagram");
}

#[test]
fn rsip_fault_10_binary_bodies_survive_printing() {
    let mut request = read(&options(LINE, ""));
    request.body = (0..=255).collect();
    assert_eq!(read(&request.print()).body, request.body);
}

#[test]
fn rsip_fault_12_methods_are_open_and_case_sensitive() {
    assert_eq!(Method::parse("PRACK"), Some(Method::Prack));
    assert_eq!(Method::parse("invite"), Some(Method::Other("invite".into())));
    assert_eq!(Method::parse("IN VITE"), None);
}

#[test]
fn what_must_stand_once_may_not_stand_twice_or_be_missing() {
    for name in ["From: <sip:x@x>;tag=2", "To: <sip:x@x>", "Call-ID: 2", "CSeq: 8 OPTIONS", "Max-Forwards: 1"]
    {
        assert_eq!(status(&options(LINE, &format!("{name}\r\n"))), 400, "{name}");
    }
    let whole = String::from_utf8(options(LINE, "")).unwrap();
    for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
        let without: Vec<&str> = whole.split("\r\n").filter(|l| !l.starts_with(name)).collect();
        assert_eq!(status(without.join("\r\n").as_bytes()), 400, "{name}");
    }
}

#[test]
fn line_breaks_and_nul_can_not_be_put_into_a_message() {
    let mut request = read(&options(LINE, ""));
    for value in ["a\r\nX: y", "a\nb", "a\0b"] {
        assert!(request.headers.push("Subject", value).is_err());
        assert!(request.headers.set("Subject", value).is_err());
    }
    assert!(request.headers.push("Bad Name", "x").is_err());
    assert!(Uri::parse("sip:a%0d%0aX@b").unwrap().user_plain().is_none());
}

#[test]
fn no_number_shows_in_debug_output() {
    let text = "INVITE sip:13911112222@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n\
                From: \"13800001111\" <sip:13800001111@a>;tag=1\r\nTo: <tel:13911112222>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n\
                Signal=13800001111";
    let request = read(text.as_bytes());
    let answer = sip::Response::to(&request, 200, "OK");
    let shown = format!(
        "{request:?} {answer:?} {:?} {:?} {:?}",
        request.uri,
        request.headers.from(),
        request.headers.to()
    );
    assert!(
        !shown.contains("1380000") && !shown.contains("1391111") && !shown.contains("49, 51, 56"),
        "{shown}"
    );
    assert!(shown.contains("INVITE") || shown.contains("Invite"));
}

#[test]
fn a_stream_is_cut_by_length_and_closed_when_it_lies() {
    let mut framer = Framer::default();
    let mut bytes = options(LINE, "Content-Length: 4\r\n");
    bytes.extend_from_slice(b"body");
    framer.push(b"\r\n\r\n");
    framer.push(&bytes);
    framer.push(&bytes);
    assert_eq!(framer.cut(), Ok(Some(Frame::Ping)));
    assert_eq!(framer.cut(), Ok(Some(Frame::Message(bytes.clone()))));
    assert_eq!(framer.cut(), Ok(Some(Frame::Message(bytes))));
    assert_eq!((framer.cut(), framer.waiting()), (Ok(None), 0));
    for lie in ["Content-Length: -1", "Content-Length: 1\r\nContent-Length: 2", "l: 18446744073709551615"] {
        let mut framer = Framer::default();
        framer.push(&options(LINE, &format!("{lie}\r\n")));
        assert_eq!(framer.cut(), Err(Broken::Length), "{lie}");
    }
    let mut framer = Framer::default();
    framer.push(&options(LINE, "Content-Length: 70000\r\n"));
    assert_eq!(framer.cut(), Err(Broken::TooLarge));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = parse(&bytes, Wire::Datagram);
        let mut framer = Framer::default();
        framer.push(&bytes);
        let _ = framer.cut();
    }

    #[test]
    fn no_change_of_a_good_message_makes_it_panic(at in 0usize..260, byte: u8) {
        let mut bytes = options(LINE, "Contact: \"x\" <sip:a@[::1]:1;lr>;q=0.5\r\n");
        if let Some(b) = bytes.get_mut(at) {
            *b = byte;
        }
        if let Ok(Message::Request(request)) = parse(&bytes, Wire::Datagram) {
            proptest::prop_assert_eq!(read(&request.print()).headers.len(), request.headers.len() + usize::from(request.headers.get("Content-Length").is_none()));
        }
    }

    #[test]
    fn no_uri_and_no_description_makes_it_panic(text: String, bytes: Vec<u8>) {
        let _ = Uri::parse(&text);
        let _ = NameAddr::parse(&text);
        let local = sip::sdp::Local { address: ([127, 0, 0, 1], 4000).into(), id: 1, version: 1 };
        let shield = sip::sdp::Secrets::new(&[7; 32]).shield(sip::sdp::Encryption::Either);
        let _ = sip::sdp::answer(&bytes, local, &sip::sdp::Codec::ALL, sip::sdp::Direction::SendRecv, &shield);
    }
}

#[test]
fn a_request_uri_carries_neither_headers_nor_a_method() {
    let uri = Uri::parse("sip:a@b.example;METHOD=BYE;user=phone?Subject=x").unwrap();
    let request = Request::new(Method::Bye, uri);
    assert_eq!(request.uri.to_string(), "sip:a@b.example;user=phone");
}

#[test]
fn an_empty_value_is_printed_so_that_it_can_be_read() {
    let address = NameAddr::parse("<sip:a@b>;x=\"\";tag=1").unwrap();
    let again = NameAddr::parse(&address.to_string()).unwrap();
    assert_eq!((again.param("x"), again.tag()), (Some(Some("")), Some("1")));
}
