//! A process has died with its dialogs: the next one ends them by BYE, from what was noted, as both ends of RFC 3261 want it.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use sip::digest::Challenge;
use sip::{Event, Flow, Method, Net, Output, Peer, Settings, Stack, Standing, Transport, User};

const NOW: Duration = Duration::from_secs(100);
const WHY: &str = "Q.850;cause=41;text=\"crash\"";

fn settings(seed: u8) -> Settings {
    let peers = vec![Peer::at("town", vec![Net::parse("10.0.0.0/8").unwrap()])];
    Settings { seed: [seed; 32], peers, tells_dialogs: true, ..Settings::default() }
}

fn way(transport: Transport, id: u64) -> Flow {
    Flow::new(transport, "203.0.113.1:5060".parse().unwrap(), "10.1.2.3:40000".parse().unwrap(), id)
}

/// What goes out, by which way; the last look-up's number; the last session that is told.
#[derive(Default)]
struct Said {
    sent: Vec<(Flow, String)>,
    asked: Option<(u64, String)>,
    session: Option<sip::SessionId>,
}

fn drain(stack: &mut Stack) -> Said {
    let mut said = Said::default();
    while let Some(output) = stack.poll() {
        match output {
            Output::Send(flow, bytes) => said.sent.push((flow, String::from_utf8(bytes).unwrap())),
            Output::Event(_, Event::Incoming { session, .. }) => said.session = Some(session),
            Output::Event(..) => {}
            Output::Locate(ticket, uri) => said.asked = Some((ticket, uri.to_string())),
        }
    }
    said
}

fn request(method: &str, (seq, to): (u32, &str), via: Transport, contact: &str, more: &str) -> Vec<u8> {
    let over = via.as_str();
    format!(
        "{method} sip:89000@203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/{over} 10.1.2.3:40000;rport;branch=z9hG4bK{method}{seq}\r\n\
         From: <sip:13800000000@town>;tag=theirs\r\nTo: {to}\r\nCall-ID: cut@town\r\nCSeq: {seq} {method}\r\n\
         Contact: <{contact}>\r\nMax-Forwards: 70\r\n{more}Content-Length: 0\r\n\r\n"
    )
    .into_bytes()
}

fn header<'m>(message: &'m str, name: &str) -> Vec<&'m str> {
    message.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect()
}

/// A call that came this way and was answered; what was noted of it, the answer's To, and the process.
fn answered(flow: &Flow, contact: &str, more: &str) -> (Standing, String, Stack) {
    let mut life = Stack::new(settings(1));
    let to = "<sip:89000@203.0.113.1>";
    life.receive(NOW, flow, &request("INVITE", (7, to), flow.transport, contact, more));
    let session = drain(&mut life).session.unwrap();
    assert_eq!(life.poll_dialog(), None, "nothing stands before the answer");
    life.accept(NOW, session, b"v=0\r\n".to_vec()).unwrap();
    let said = drain(&mut life);
    let to = header(&said.sent[0].1, "To")[0].to_owned();
    let (noted, Some(standing)) = life.poll_dialog().unwrap() else { panic!("nothing stands") };
    assert_eq!(noted, session);
    (*standing, to, life)
}

#[test]
fn the_far_end_gets_a_bye_of_its_own_dialog_from_a_process_that_never_had_it() {
    let routes = "Record-Route: <sip:10.9.9.2;lr>\r\nRecord-Route: <sip:10.9.9.1;lr>\r\n";
    let (standing, to, _) = answered(&way(Transport::Udp, 0), "sip:me@10.1.2.9:5070", routes);
    assert_eq!(format!("{standing:?}"), "Standing(cut@town)", "numbers are shown to nobody");
    let mut next = Stack::new(settings(2));
    assert!(next.part(NOW, standing, WHY));
    let sent = drain(&mut next).sent;
    let [(flow, bye)] = &sent[..] else { panic!("{sent:?}") };
    assert!(bye.starts_with("BYE sip:me@10.1.2.9:5070 SIP/2.0\r\n"), "{bye}");
    // The first of the route set is the next hop.
    assert_eq!(flow.remote, "10.9.9.2:5060".parse().unwrap());
    assert_eq!(header(bye, "Route"), ["<sip:10.9.9.2;lr>", "<sip:10.9.9.1;lr>"]);
    assert_eq!((header(bye, "From"), header(bye, "Call-ID")), (vec![&*to], vec!["cut@town"]));
    assert_eq!(header(bye, "To"), ["<sip:13800000000@town>;tag=theirs"]);
    assert_eq!(header(bye, "Reason"), [WHY]);
    let number: u32 = header(bye, "CSeq")[0].strip_suffix(" BYE").unwrap().parse().unwrap();
    assert!(number > 10_000 && number < 1 << 31, "{number}");
    // It is repeated until somebody answers, and 481 is an answer.
    let again = next.next_timeout().unwrap();
    next.timeout(again);
    assert_eq!(drain(&mut next).sent.len(), 1);
    let via = header(bye, "Via")[0];
    let answer = format!(
        "SIP/2.0 481 Gone\r\nVia: {via}\r\nFrom: {to}\r\nTo: <sip:13800000000@town>;tag=theirs\r\nCall-ID: cut@town\r\n\
         CSeq: {number} BYE\r\nContent-Length: 0\r\n\r\n"
    );
    next.receive(again, flow, answer.as_bytes());
    while let Some(at) = next.next_timeout() {
        next.timeout(at);
        assert!(drain(&mut next).sent.is_empty(), "it is over");
    }
}

#[test]
fn what_changes_and_what_ends_is_noted() {
    let (first, to, mut life) = answered(&way(Transport::Udp, 0), "sip:me@10.1.2.9:5070", "");
    let flow = way(Transport::Udp, 0);
    life.receive(NOW, &flow, &request("ACK", (7, &to), Transport::Udp, "sip:me@10.1.2.9:5070", ""));
    life.receive(NOW, &flow, &request("OPTIONS", (8, &to), Transport::Udp, "sip:me@10.1.2.9:5070", ""));
    assert_eq!(life.poll_dialog(), None, "nothing has changed");
    life.receive(NOW, &flow, &request("UPDATE", (9, &to), Transport::Udp, "sip:me@10.1.2.9:5099", ""));
    let (_, Some(moved)) = life.poll_dialog().unwrap() else { panic!("over") };
    assert_eq!(moved.target, "sip:me@10.1.2.9:5099");
    assert_eq!(Standing { target: first.target.clone(), ..(*moved).clone() }, first);
    life.receive(NOW, &flow, &request("BYE", (10, &to), Transport::Udp, "sip:me@10.1.2.9:5099", ""));
    assert!(matches!(life.poll_dialog(), Some((_, None))));
    assert_eq!(life.poll_dialog(), None);
    // Who does not ask is not told.
    let mut deaf = Stack::new(Settings { tells_dialogs: false, ..settings(1) });
    deaf.receive(NOW, &flow, &request("INVITE", (7, "<sip:1@x>"), Transport::Udp, "sip:me@10.1.2.9", ""));
    let session = drain(&mut deaf).session.unwrap();
    deaf.accept(NOW, session, b"v=0\r\n".to_vec()).unwrap();
    assert_eq!(deaf.poll_dialog(), None);
}

#[test]
fn over_a_stream_a_new_connection_is_opened_to_where_the_far_end_listens() {
    for (contact, looked_up) in
        [("sip:me@10.1.2.9:5070;transport=tcp", false), ("sip:me@gw.town;transport=tcp", true)]
    {
        let (standing, _, _) = answered(&way(Transport::Tcp, 77), contact, "");
        let mut next = Stack::new(settings(2));
        assert!(next.part(NOW, standing, WHY));
        let mut said = drain(&mut next);
        if looked_up {
            assert!(said.sent.is_empty());
            let (ticket, uri) = said.asked.unwrap();
            assert_eq!(uri, contact);
            let listens = Flow { remote: "10.1.2.9:5070".parse().unwrap(), ..way(Transport::Tcp, 0) };
            next.located(ticket, vec![listens]);
            said = drain(&mut next);
        }
        let [(flow, bye)] = &said.sent[..] else { panic!("{:?}", said.sent) };
        assert_eq!(
            (flow.id, flow.remote),
            (0, "10.1.2.9:5070".parse().unwrap()),
            "the old connection is gone"
        );
        assert!(bye.starts_with(&format!("BYE {contact} ")), "{bye}");
    }
}

#[test]
fn what_nobody_of_ours_has_written_ends_nothing() {
    let (standing, _, _) = answered(&way(Transport::Udp, 0), "sip:me@10.1.2.9:5070", "");
    let mut next = Stack::new(settings(2));
    for broken in [
        Standing { local: "<sip:".to_owned(), ..standing.clone() },
        Standing { target: String::new(), ..standing.clone() },
        Standing { routes: vec!["<".to_owned()], ..standing.clone() },
    ] {
        assert!(!next.part(NOW, broken, WHY));
    }
    assert!(next.part(NOW, Standing { number: u32::MAX, ..standing }, WHY));
    let sent = drain(&mut next).sent;
    assert_eq!(header(&sent[0].1, "CSeq"), ["2147483647 BYE"]);
}

#[test]
fn requests_of_a_dialog_that_nobody_has_get_481_over_udp_and_tcp() {
    let (_, to, _) = answered(&way(Transport::Udp, 0), "sip:me@10.1.2.9:5070", "");
    for (transport, id) in [(Transport::Udp, 0), (Transport::Tcp, 5)] {
        let flow = way(transport, id);
        let mut next = Stack::new(settings(2));
        for (seq, method) in
            ["INVITE", "BYE", "INFO", "UPDATE", "OPTIONS", "REFER", "NOTIFY", "PRACK"].iter().enumerate()
        {
            let seq = u32::try_from(seq).unwrap() + 20;
            next.receive(NOW, &flow, &request(method, (seq, &to), transport, "sip:me@10.1.2.9:5070", ""));
            let said = drain(&mut next);
            assert!(said.session.is_none());
            let [(_, answer)] = &said.sent[..] else { panic!("{method}: {:?}", said.sent) };
            assert!(answer.starts_with("SIP/2.0 481 "), "{method} over {transport:?}: {answer}");
        }
        next.receive(NOW, &flow, &request("ACK", (40, &to), transport, "sip:me@10.1.2.9:5070", ""));
        assert!(drain(&mut next).sent.is_empty(), "ACK is answered by nothing");
    }
}

#[test]
fn a_phone_that_was_there_by_a_connection_is_told_when_it_is_back_by_another() {
    let (standing, _, _) = answered(&way(Transport::Tcp, 77), "sip:op1@10.1.2.3:40000;transport=tcp", "");
    let mut next = Stack::new(Settings {
        phone_nets: vec![Net::parse("10.0.0.0/8").unwrap()],
        users: vec![User { name: "op1".into(), password: "secret".into() }],
        peers: Vec::new(),
        ..settings(2)
    });
    assert!(next.part(NOW, Standing { pinned: true, ..standing }, WHY));
    assert!(drain(&mut next).sent.is_empty(), "the connection is gone");
    let (back, contact) = (way(Transport::Tcp, 3), "sip:op1@10.1.2.3:40000;transport=tcp");
    let register = |next: &mut Stack, seq: u32, more: &str| {
        let bytes = request("REGISTER", (seq, "<sip:op1@hotline>"), Transport::Tcp, contact, more);
        let text = String::from_utf8(bytes).unwrap().replace("<sip:13800000000@town>", "<sip:op1@hotline>");
        next.receive(NOW, &back, text.replace("sip:89000@203.0.113.1", "sip:hotline").as_bytes());
        drain(next).sent
    };
    let challenge = register(&mut next, 1, "");
    let line = header(&challenge[0].1, "WWW-Authenticate")[0];
    let proof =
        Challenge::parse(line).unwrap().answer("op1", "secret", &Method::Register, "sip:hotline", "cn", 1);
    let sent = register(&mut next, 2, &format!("Expires: 300\r\nAuthorization: {proof}\r\n"));
    let [(_, granted), (flow, bye)] = &sent[..] else { panic!("{sent:?}") };
    assert!(
        granted.starts_with("SIP/2.0 200 ") && bye.starts_with("BYE sip:op1@10.1.2.3:40000;transport=tcp "),
        "{bye}"
    );
    assert_eq!(flow.id, 3);
    let sent = register(&mut next, 3, &format!("Expires: 300\r\nAuthorization: {proof}\r\n"));
    assert!(sent.iter().all(|(_, message)| !message.starts_with("BYE ")), "said once");
}
