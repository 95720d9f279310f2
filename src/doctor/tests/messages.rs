//! From messages to facts.

use std::time::Duration;

use sip::{Flow, Message, Method, Transport};

use super::at;
use crate::facts::Provisional;
use crate::log::{Entry, asked, called, registered};

fn entry(ms: u64, ours: bool, text: &str) -> Entry {
    let text = text.trim_start().replace('\n', "\r\n");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text.trim_end(), ""));
    let bytes = format!("{}\r\nContent-Length: {}\r\n\r\n{body}", head.trim_end(), body.len());
    let message: Message =
        sip::parse(bytes.as_bytes(), sip::Wire::Datagram).unwrap_or_else(|_| panic!("{bytes}"));
    let flow = Flow::udp(at("10.0.0.5:5062"), at("192.0.2.1:5060"));
    Entry { at: Duration::from_millis(ms), ours, flow, message }
}

/// A request of ours; the lines after the usual ones.
fn request(ms: u64, method: &str, seq: u32, more: &str) -> Entry {
    let text = format!(
        "{method} sip:u@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.5:5062;branch=z9hG4bK{seq}{method};rport\n\
         From: <sip:89000@hotline>;tag=a\nTo: <sip:u@192.0.2.1>\nCall-ID: c\nCSeq: {seq} {method}\nMax-Forwards: 70\n{more}"
    );
    entry(ms, true, &text)
}

/// A response to it.
fn response(ms: u64, status: &str, (seq, method): (u32, &str), more: &str) -> Entry {
    let text = format!(
        "SIP/2.0 {status}\nVia: SIP/2.0/UDP 10.0.0.5:5062;branch=z9hG4bK{seq}{method};received=203.0.113.9;rport=1024\n\
         From: <sip:89000@hotline>;tag=a\nTo: <sip:u@192.0.2.1>;tag=b\nCall-ID: c\nCSeq: {seq} {method}\n{more}"
    );
    entry(ms, false, &text)
}

const CHALLENGE: &str =
    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"\n";

#[test]
fn the_answer_after_the_challenge_counts() {
    let log = [
        request(0, "OPTIONS", 1, ""),
        request(500, "OPTIONS", 1, ""),
        response(510, "401 Unauthorized", (1, "OPTIONS"), CHALLENGE),
        request(511, "OPTIONS", 2, ""),
        response(
            540,
            "200 OK",
            (2, "OPTIONS"),
            "Server: box 1\nAllow: INVITE, INFO\nSupported: 100rel\nAccept: application/sdp\n",
        ),
    ];
    let all = asked(&log, &Method::Options);
    let [one] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((one.transport, one.ours), (Transport::Udp, at("10.0.0.5:5062")));
    assert_eq!((one.challenge[0].algorithm.as_str(), one.challenge[0].qop.as_str()), ("SHA-256", "auth"));
    let answer = one.answer.as_ref().unwrap();
    assert_eq!((answer.status, answer.took), (200, Duration::from_millis(29)));
    assert_eq!(answer.server.as_deref(), Some("box 1"));
    assert_eq!((answer.allow.join(" "), answer.supported.join(" ")), ("INVITE INFO".into(), "100rel".into()));
    assert_eq!((answer.received, answer.rport), (Some([203, 0, 113, 9].into()), Some(1024)));
    assert_eq!(asked(&log[..2], &Method::Options)[0].answer, None);
    assert!(asked(&log, &Method::Register).is_empty());
}

#[test]
fn a_registration_is_read_from_question_request_and_removal() {
    let contact = "Contact: <sip:u@10.0.0.5:5062>\nExpires: 3600\n";
    let query = [
        request(0, "REGISTER", 1, ""),
        response(9, "200 OK", (1, "REGISTER"), "Contact: <sip:u@10.0.0.9:5060>;expires=900\n"),
    ];
    let own = [
        request(20, "REGISTER", 1, contact),
        response(
            30,
            "200 OK",
            (1, "REGISTER"),
            "Contact: <sip:u@10.0.0.9:5060>;expires=900, <sip:u@10.0.0.5:5062>;expires=600\nService-Route: <sip:192.0.2.2;lr>\n",
        ),
    ];
    let removal = [request(40, "REGISTER", 1, contact), response(50, "200 OK", (1, "REGISTER"), "")];
    let seen = registered(&query, &own, &removal).unwrap();
    assert_eq!((seen.others, seen.longest), (1, Some(900)));
    assert_eq!((seen.granted, seen.removed, seen.service_route), (Some(600), Some(200), true));
    let short = [
        request(20, "REGISTER", 1, contact),
        response(30, "423 Interval", (1, "REGISTER"), "Min-Expires: 7200\n"),
    ];
    let seen = registered(&query, &short, &[]).unwrap();
    assert_eq!((seen.granted, seen.least, seen.removed), (None, Some(7200), None));
    assert!(registered(&[], &[], &[]).is_none());
}

#[test]
fn a_call_is_read_from_its_messages() {
    let sdp = "Content-Type: application/sdp\n\nv=0\no=- 1 1 IN IP4 192.0.2.7\ns=-\nc=IN IP4 192.0.2.7\nt=0 0\n\
        m=audio 4000 RTP/AVP 8 101\na=rtpmap:101 telephone-event/8000\n";
    let log = [
        request(
            0,
            "INVITE",
            1,
            "Content-Type: application/sdp\n\nv=0\no=- 1 1 IN IP4 10.0.0.5\ns=-\nc=IN IP4 10.0.0.5\nt=0 0\nm=audio 4000 RTP/AVP 8 0\n",
        ),
        response(5, "422 Small", (1, "INVITE"), "Min-SE: 3600\n"),
        request(6, "INVITE", 2, ""),
        response(10, "100 Trying", (2, "INVITE"), ""),
        response(60, "183 Progress", (2, "INVITE"), &format!("Require: 100rel\nRSeq: 1\n{sdp}")),
        response(
            900,
            "200 OK",
            (2, "INVITE"),
            "Session-Expires: 3600;refresher=uac\nP-Asserted-Identity: <sip:+865351234567@x>, <tel:+86535>\n",
        ),
        request(3000, "BYE", 3, ""),
        response(3010, "200 OK", (3, "BYE"), ""),
    ];
    let call = called(&log).unwrap();
    assert_eq!((call.sent_as.as_str(), call.too_small, call.bye), ("u", Some(3600), Some(200)));
    assert_eq!(call.timer, Some((3600, Some("uac".to_owned()))));
    let after = Duration::from_millis(60);
    assert_eq!(call.provisional, [Provisional { status: 183, after, reliable: true, described: true }]);
    assert_eq!(call.answer.unwrap().remote, at("192.0.2.7:4000"), "the 200 repeats nothing");
    assert_eq!(call.offered.unwrap().formats.len(), 2);
    assert_eq!(call.shown, ["+865351234567", "+86535"]);
    assert_eq!(call.invite.answer.unwrap().took, Duration::from_millis(894));
    assert!(!call.cancelled);
    assert!(called(&[]).is_none());
}
