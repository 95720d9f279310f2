//! Descriptions of browsers: what they offer is answered as the lite end of ICE with DTLS-SRTP, and nothing else is taken on such a
//! leg; a browser's phone that loses its WebSocket in a talk comes back by another.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sip::digest::Challenge;
use sip::sdp::{
    self, Agreed, Codec, Direction, Fingerprint, Home, Local, SdpFault, Secrets, Shield, accept, answer,
    answer_again, is_web, offer,
};
use sip::{
    Event, Flow, Message, Method, NameAddr, Net, Output, Request, Settings, Stack, Target, Transport, Uri,
    User, Wire, parse,
};

const NARROW: [Codec; 2] = [Codec::Pcma, Codec::Pcmu];
const PRINT: &str =
    "AA:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:01";

fn local() -> Local {
    Local { address: ([192, 0, 2, 1], 0).into(), id: 7, version: 3 }
}

fn shield() -> Shield {
    let home = Home {
        fingerprint: Fingerprint([0x5a; 32]),
        candidates: vec![([203, 0, 113, 9], 24_000).into(), ([192, 0, 2, 1], 24_000).into()],
    };
    Secrets::new(&[3; 32]).web(Arc::new(home))
}

/// As Chromium describes itself, shortened.
fn chromium(ice: &str, setup: &str, print: &str, more: &str) -> String {
    format!(
        "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
         a=extmap-allow-mixed\r\na=msid-semantic: WMS x\r\n\
         m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n\
         a=candidate:1 1 udp 2113937151 3b9a.local 51000 typ host generation 0\r\n\
         a=ice-ufrag:{ice}\r\na=ice-pwd:{ice}12345678901234567890\r\na=ice-options:trickle\r\n\
         a=fingerprint:sha-256 {print}\r\na=setup:{setup}\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\n\
         a=rtpmap:111 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n\
         a=rtpmap:110 telephone-event/48000\r\na=rtpmap:126 telephone-event/8000\r\n{more}\
         m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n"
    )
}

fn ask(shield: &mut Shield, offer: &str) -> Result<(String, Agreed), SdpFault> {
    let (body, agreed) = answer_again(offer.as_bytes(), local(), &NARROW, Direction::SendRecv, None, shield)?;
    shield.commit(&agreed);
    Ok((String::from_utf8(body).unwrap(), agreed))
}

#[test]
fn a_browser_is_answered_as_the_lite_end_with_our_certificate_and_g_711() {
    let mut shield = shield();
    let (text, agreed) = ask(&mut shield, &chromium("abcd", "actpass", PRINT, "")).unwrap();
    assert_eq!((agreed.codec, agreed.payload_type, agreed.dtmf), (Codec::Pcmu, 0, Some(126)));
    assert_eq!(agreed.direction, Direction::SendRecv, "0.0.0.0 is no hold where candidates say the address");
    for line in [
        "a=ice-lite",
        "a=group:BUNDLE 0",
        "m=audio 24000 UDP/TLS/RTP/SAVPF 0 126",
        "c=IN IP4 203.0.113.9",
        "a=candidate:1 1 UDP 2130706431 203.0.113.9 24000 typ host",
        "a=candidate:2 1 UDP 2130706175 192.0.2.1 24000 typ host",
        "a=setup:active",
        "a=rtcp-mux",
        "a=mid:0",
        "m=video 0 UDP/TLS/RTP/SAVPF 96",
    ] {
        assert!(text.split("\r\n").any(|l| l == line), "{line} is missing in\n{text}");
    }
    assert!(text.contains(&format!("a=fingerprint:sha-256 {}", ["5A"; 32].join(":"))));
    let web = agreed.web.unwrap();
    assert!(web.client && web.theirs.fragment == "abcd");
    assert_eq!(web.fingerprints[0].0[0], 0xaa);
    let shown = format!("{web:?}{shield:?}");
    assert!(!shown.contains("12345678901234567890") && !shown.contains(&**web.ours.password), "{shown}");
}

#[test]
fn a_browser_that_names_g_722_first_is_answered_with_it_where_it_is_allowed() {
    let offer = chromium("abcd", "actpass", PRINT, "");
    let wide =
        |codecs: &[Codec]| answer(offer.as_bytes(), local(), codecs, Direction::SendRecv, &shield()).unwrap();
    let (text, agreed) = wide(&[Codec::Pcma, Codec::G722]);
    assert_eq!((agreed.codec, agreed.payload_type, agreed.dtmf), (Codec::G722, 9, Some(126)));
    assert!(agreed.also.is_empty(), "an answer of ours names one");
    let text = String::from_utf8(text).unwrap();
    assert!(
        text.contains("UDP/TLS/RTP/SAVPF 9 126\r\n") && text.contains("a=rtpmap:9 G722/8000\r\n"),
        "{text}"
    );
    assert_eq!(wide(&[Codec::Pcma]).1.codec, Codec::Pcma);
    let ours = offer_of(&[Codec::G722, Codec::Pcma]);
    assert!(ours.contains("UDP/TLS/RTP/SAVPF 9 8 101\r\n"), "{ours}");
}

fn offer_of(codecs: &[Codec]) -> String {
    String::from_utf8(offer(local(), codecs, Direction::SendRecv, &shield())).unwrap()
}

#[test]
fn other_credentials_are_a_restart_and_the_side_of_the_handshake_is_kept() {
    let mut shield = shield();
    let (_, first) = ask(&mut shield, &chromium("abcd", "actpass", PRINT, "")).unwrap();
    let first = first.web.unwrap();
    let (_, same) = ask(&mut shield, &chromium("abcd", "actpass", PRINT, "")).unwrap();
    assert_eq!(*same.web.unwrap(), *first, "a hold changes nothing of it");
    let (text, other) = ask(&mut shield, &chromium("efgh", "actpass", PRINT, "")).unwrap();
    let other = other.web.unwrap();
    assert!(other.ours != first.ours && other.client && text.contains("a=setup:active"));
    assert!(text.contains(&format!("a=ice-ufrag:{}\r\n", other.ours.fragment)));
    // Our next offer names the same, and leaves the side open.
    let ours = String::from_utf8(offer(local(), &[Codec::Pcma], Direction::SendRecv, &shield)).unwrap();
    assert!(ours.contains(&format!("a=ice-ufrag:{}\r\n", other.ours.fragment)));
    assert!(ours.contains("a=setup:actpass\r\n") && ours.contains("a=mid:0\r\n"), "{ours}");
}

#[test]
fn our_offer_is_answered_by_a_browser_that_takes_either_side() {
    for (setup, client) in [("active", false), ("passive", true)] {
        let shield = shield();
        let ours = offer(local(), &[Codec::Pcma, Codec::Pcmu], Direction::SendRecv, &shield);
        assert!(is_web(&ours));
        let agreed =
            accept(chromium("abcd", setup, PRINT, "").as_bytes(), &NARROW, Direction::SendRecv, &shield)
                .unwrap();
        let web = agreed.web.unwrap();
        assert_eq!((web.client, web.ours), (client, shield.ice().unwrap()));
    }
    let undecided = chromium("abcd", "actpass", PRINT, "");
    let fault = accept(undecided.as_bytes(), &NARROW, Direction::SendRecv, &shield()).unwrap_err();
    assert_eq!(fault, SdpFault::NotWeb);
}

#[test]
fn hold_as_browsers_do_it_is_answered() {
    for (theirs, ours) in [("sendonly", "recvonly"), ("inactive", "inactive"), ("recvonly", "sendonly")] {
        let held = chromium("abcd", "actpass", PRINT, "").replace("a=sendrecv", &format!("a={theirs}"));
        let (text, agreed) = ask(&mut shield(), &held).unwrap();
        assert!(text.contains(&format!("\r\na={ours}\r\n")), "{text}");
        assert_eq!(text.contains("a=msid:"), agreed.direction.sends(), "a track only where we send");
    }
}

#[test]
fn nothing_but_webrtc_is_taken_on_a_browsers_leg_and_no_webrtc_elsewhere() {
    let whole = chromium("abcd", "actpass", PRINT, "");
    let clear =
        "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n";
    let sdes = clear.replace("RTP/AVP 8", "RTP/SAVP 8")
        + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5\r\n";
    let paused = clear.replace("audio 5000", "audio 0");
    let spoiled = [
        clear.to_owned(),
        sdes,
        paused,
        whole.replace("a=rtcp-mux\r\n", ""),
        whole.replace("a=ice-ufrag:abcd\r\n", ""),
        whole.replace("a=ice-ufrag:abcd", "a=ice-ufrag:a b"),
        whole.replace("a=ice-pwd:abcd", "a=ice-pwd:"),
        whole.replace(PRINT, "AA:00"),
        whole.replace("sha-256", "sha-1"),
        whole.replace("a=setup:actpass", "a=setup:holdconn"),
        whole.replace("m=audio 9", "m=audio 0"),
    ];
    for text in &spoiled {
        let fault = ask(&mut shield(), text).unwrap_err();
        assert!(matches!(fault, SdpFault::NotWeb | SdpFault::NoAudio), "{fault:?} for\n{text}");
        assert_eq!(fault.status(), 488);
        assert!(accept(text.as_bytes(), &NARROW, Direction::SendRecv, &shield()).is_err());
    }
    let no_codec = whole.replace("PCMU/8000", "G722/8000").replace("PCMA/8000", "iLBC/8000");
    assert_eq!(ask(&mut shield(), &no_codec).unwrap_err(), SdpFault::NoCodec);
    let elsewhere = answer(whole.as_bytes(), local(), &NARROW, Direction::SendRecv, &Shield::clear());
    assert_eq!(elsewhere.unwrap_err(), SdpFault::NoAudio);
    assert!(!is_web(clear.as_bytes()) && is_web(whole.as_bytes()) && !is_web(b"nonsense"));
}

#[test]
fn two_legs_have_nothing_in_common() {
    let home =
        Arc::new(Home { fingerprint: Fingerprint([1; 32]), candidates: vec![([192, 0, 2, 1], 9).into()] });
    let mut secrets = Secrets::new(&[3; 32]);
    let (one, two) = (secrets.web(Arc::clone(&home)).ice().unwrap(), secrets.web(home).ice().unwrap());
    assert!(one.fragment != two.fragment && one.password != two.password);
    assert!(one.password.len() >= 22 && one.fragment.len() >= 4, "RFC 8839 section 5.4");
    assert!(!sdp::is_web(one.fragment.as_bytes()));
}

const CONTACT: &str = "sip:abc@df7jal23ls0d.invalid;transport=ws";
const S: fn(u64) -> Duration = Duration::from_secs;

struct House {
    stack: Stack,
    n: u32,
}

impl House {
    fn new() -> Self {
        let stack = Stack::new(Settings {
            seed: [4; 32],
            phone_nets: vec![Net::parse("198.51.100.0/24").unwrap()],
            users: vec![User { name: "op1".into(), password: "a password of a test".into() }],
            ..Settings::default()
        });
        Self { stack, n: 0 }
    }

    fn drain(&mut self) -> (Vec<(Flow, Message)>, Vec<Event>) {
        let (mut sent, mut events) = (Vec::new(), Vec::new());
        while let Some(output) = self.stack.poll() {
            match output {
                Output::Send(flow, bytes) => sent.push((flow, parse(&bytes, Wire::Datagram).unwrap())),
                Output::Event(_, event) => events.push(event),
                Output::Locate(..) => panic!("no name is looked up"),
            }
        }
        (sent, events)
    }

    /// Registers by this connection; what is told.
    fn register(&mut self, now: Duration, flow: &Flow, contact: &str) -> Vec<Event> {
        let mut more = String::new();
        for _ in 0..2 {
            self.n += 1;
            let n = self.n;
            let text = format!(
                "REGISTER sip:hotline SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK{n}\r\n\
                 From: <sip:op1@hotline>;tag=t\r\nTo: <sip:op1@hotline>\r\nCall-ID: {contact}\r\nCSeq: {n} REGISTER\r\n\
                 Contact: <{contact}>;expires=300\r\nMax-Forwards: 70\r\n{more}\r\n"
            );
            self.stack.receive(now, flow, text.as_bytes());
            let (sent, events) = self.drain();
            match &sent[0].1 {
                Message::Response(r) if r.status == 401 => {
                    let challenge = Challenge::parse(r.headers.get("WWW-Authenticate").unwrap()).unwrap();
                    let answer = challenge.answer(
                        "op1",
                        "a password of a test",
                        &Method::Register,
                        "sip:hotline",
                        "c",
                        1,
                    );
                    more = format!("Authorization: {answer}\r\n");
                }
                Message::Response(r) => {
                    assert_eq!(r.status, 200);
                    return events;
                }
                Message::Request(r) => panic!("{}", r.method),
            }
        }
        panic!("not registered")
    }

    /// Calls the phone, which answers; the dialog's BYE goes where it is then.
    fn talk(&mut self, now: Duration) -> (sip::SessionId, Request) {
        let invite = sip::Invite {
            to: Target::User("op1".to_owned()),
            from: NameAddr::new(Uri::parse("sip:89000@hotline").unwrap()),
            headers: Vec::new(),
            offer: Some(b"v=0\r\n".to_vec()),
            credentials: None,
            policy: None,
            token: 9,
        };
        let session = self.stack.invite(now, invite).unwrap();
        let (sent, _) = self.drain();
        let (flow, Message::Request(invite)) = &sent[0] else { panic!("no INVITE") };
        let header = |name: &str| invite.headers.all(name).collect::<Vec<_>>().join(", ");
        let ok = format!(
            "SIP/2.0 200 OK\r\nVia: {}\r\nFrom: {}\r\nTo: {};tag=far\r\nCall-ID: {}\r\nCSeq: {}\r\n\
             Contact: <{CONTACT};ob>\r\nContent-Length: 0\r\n\r\n",
            header("Via"),
            header("From"),
            header("To"),
            header("Call-ID"),
            header("CSeq")
        );
        self.stack.receive(now, &flow.clone(), ok.as_bytes());
        assert!(self.drain().1.iter().any(|e| matches!(e, Event::Answered { .. })));
        (session, invite.clone())
    }
}

fn flow(id: u64) -> Flow {
    let there: SocketAddr = ([198, 51, 100, 4], 40_000 + u16::try_from(id).unwrap()).into();
    Flow::new(Transport::Ws, ([192, 0, 2, 1], 5066).into(), there, id)
}

fn told(events: &[Event]) -> Vec<&'static str> {
    let word = |event: &Event| match event {
        Event::Registered { .. } => Some("came"),
        Event::Unregistered { .. } => Some("left"),
        _ => None,
    };
    events.iter().filter_map(word).collect()
}

#[test]
fn a_phone_that_talks_comes_back_by_another_websocket_and_its_dialog_with_it() {
    let mut house = House::new();
    assert_eq!(told(&house.register(S(1), &flow(1), CONTACT)), ["came"]);
    let (session, _) = house.talk(S(2));
    house.stack.flow_closed(S(3), 1);
    assert_eq!(told(&house.drain().1), [""; 0], "it is waited for");
    assert_eq!(told(&house.register(S(6), &flow(2), CONTACT)), [""; 0], "nobody had missed it");
    house.stack.hang_up(S(7), session, None);
    let (sent, _) = house.drain();
    assert!(matches!(&sent[0], (by, Message::Request(r)) if r.method == Method::Bye && *by == flow(2)));
}

#[test]
fn a_page_that_was_loaded_anew_is_another_phone_and_who_does_not_come_back_is_gone() {
    let mut house = House::new();
    house.register(S(1), &flow(1), CONTACT);
    house.talk(S(2));
    house.stack.flow_closed(S(3), 1);
    let other = "sip:xyz@q2w3e4.invalid;transport=ws";
    assert_eq!(told(&house.register(S(4), &flow(2), other)), ["left", "came"]);

    let mut house = House::new();
    house.register(S(1), &flow(1), CONTACT);
    house.talk(S(2));
    house.stack.flow_closed(S(3), 1);
    house.drain();
    house.stack.timeout(S(22));
    assert_eq!(told(&house.drain().1), [""; 0]);
    house.stack.timeout(S(24));
    assert_eq!(told(&house.drain().1), ["left"]);

    // Its end of the talk is closed: it is not waited for.
    let mut house = House::new();
    house.register(S(1), &flow(1), CONTACT);
    house.talk(S(2));
    house.stack.flow_closed(S(3), 1);
    house.drain();
    house.stack.give_up_phone("op1");
    assert_eq!(told(&house.drain().1), ["left"]);

    // Nor is one that did not talk.
    let mut house = House::new();
    house.register(S(1), &flow(1), CONTACT);
    house.stack.flow_closed(S(3), 1);
    assert_eq!(told(&house.drain().1), ["left"]);
}
