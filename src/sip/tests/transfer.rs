//! Transfers: REFER and its reports (RFC 3515, 3420, 4488, 3892), Replaces (RFC 3891), redirections (RFC 3261 section 8.1.3.4).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::SocketAddr;
use std::time::Duration;

use sip::{
    Ended, Event, Flow, Host, Invite, NameAddr, Net, Output, Peer, Registration, SessionId, Settings, Source,
    Stack, Taking, Target, Uri, User,
};

const HOUSE: usize = 0;

/// A house, a phone of op1, a second phone of op1, and a carrier.
struct World {
    now: Duration,
    stacks: Vec<Stack>,
    events: Vec<Vec<Event>>,
    /// Everything that went over the wire, with who sent it.
    wire: Vec<(usize, String)>,
}

fn address(n: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, u8::try_from(n).unwrap() + 1], 5060))
}

fn op1() -> User {
    User { name: "op1".into(), password: "secret".into() }
}

impl World {
    fn new() -> Self {
        let carrier = Peer::at("carrier", vec![Net::parse("10.0.0.4/32").unwrap()]);
        let house = Settings {
            seed: [9; 32],
            peers: vec![carrier],
            phone_nets: vec![Net::parse("10.0.0.0/8").unwrap()],
            users: vec![op1()],
            ask_every: Duration::ZERO,
            ..Settings::default()
        };
        let far = |seed: u8| Settings {
            seed: [seed; 32],
            peers: vec![Peer::at("house", vec![Net::parse("10.0.0.1/32").unwrap()])],
            ask_every: Duration::ZERO,
            ..Settings::default()
        };
        let stacks = vec![Stack::new(house), Stack::new(far(1)), Stack::new(far(2)), Stack::new(far(3))];
        let events = stacks.iter().map(|_| Vec::new()).collect();
        Self { now: Duration::from_secs(1), stacks, events, wire: Vec::new() }
    }

    /// Lets everybody say what they have to say.
    fn settle(&mut self) {
        let mut quiet = false;
        while !quiet {
            quiet = true;
            for from in 0..self.stacks.len() {
                while let Some(output) = self.stacks[from].poll() {
                    quiet = false;
                    match output {
                        Output::Event(_, event) => self.events[from].push(event),
                        Output::Locate(ticket, _) => self.stacks[from].located(ticket, Vec::new()),
                        Output::Send(flow, bytes) => {
                            self.wire.push((from, String::from_utf8_lossy(&bytes).into_owned()));
                            let to = (0..self.stacks.len()).find(|n| address(*n) == flow.remote);
                            let to = to.unwrap_or_else(|| panic!("sent to {}", flow.remote));
                            let back = Flow::udp(address(to), address(from));
                            self.stacks[to].receive(self.now, &back, &bytes);
                        }
                    }
                }
            }
        }
    }

    fn later(&mut self, by: Duration) {
        self.now += by;
        for stack in &mut self.stacks {
            stack.timeout(self.now);
        }
        self.settle();
    }

    fn invite(&mut self, from: usize, headers: Vec<(String, String)>) -> SessionId {
        let user = if from == 3 { "13800000000" } else { "op1" };
        let invite = Invite {
            to: Target::Uri(
                Box::new(Uri::parse("sip:89000@10.0.0.1").unwrap()),
                Flow::udp(address(from), address(HOUSE)),
            ),
            from: NameAddr::new(Uri::sip(user, Host::parse("10.0.0.1").unwrap(), None)),
            headers,
            offer: Some(b"v=0\r\n".to_vec()),
            credentials: Some(op1()),
            policy: None,
            token: 0,
        };
        let session = self.stacks[from].invite(self.now, invite).unwrap();
        self.settle();
        session
    }

    /// The last INVITE that the house was told.
    fn incoming(&self) -> (SessionId, Option<SessionId>, Source) {
        let found = self.events[HOUSE].iter().rev().find_map(|e| match e {
            Event::Incoming { session, replaces, source, .. } => Some((*session, *replaces, source.clone())),
            _ => None,
        });
        found.expect("an INVITE came in")
    }

    fn accept(&mut self, session: SessionId) {
        self.stacks[HOUSE].accept(self.now, session, b"v=0\r\n".to_vec()).unwrap();
        self.settle();
    }

    /// A call of op1's first phone: as the phone has it, as the house has it.
    fn call(&mut self) -> (SessionId, SessionId) {
        let there = self.invite(1, Vec::new());
        let (here, ..) = self.incoming();
        self.accept(here);
        (there, here)
    }

    fn refer(&mut self, there: SessionId, to: &str, instead_of: Option<SessionId>) {
        self.stacks[1].refer(self.now, there, Uri::parse(to).unwrap(), instead_of).unwrap();
        self.settle();
    }

    fn referred(&self) -> (SessionId, Uri, Taking) {
        let found = self.events[HOUSE].iter().rev().find_map(|e| match e {
            Event::Referred { session, target, taking, .. } => Some((*session, (**target).clone(), *taking)),
            _ => None,
        });
        found.expect("a REFER came in")
    }

    /// What the phone was told of its transfer.
    fn told(&self) -> Vec<(u16, bool)> {
        let told = self.events[1].iter().filter_map(|e| match e {
            Event::ReferTold { status, over, .. } => Some((*status, *over)),
            _ => None,
        });
        told.collect()
    }

    fn sent(&self, by: usize, what: &str) -> Vec<&str> {
        let begins = |(from, text): &&(usize, String)| *from == by && text.starts_with(what);
        self.wire.iter().filter(begins).map(|(_, text)| text.as_str()).collect()
    }

    /// Sends a REFER of the first phone by hand, with these headers; the status of its answer.
    fn raw_refer(&mut self, seq: u32, headers: &str) -> u16 {
        let ack = self.sent(1, "ACK").last().map(|text| (*text).to_owned()).unwrap();
        let line = |name: &str| ack.lines().find(|l| l.starts_with(name)).unwrap().to_owned();
        let text = format!(
            "REFER sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKraw{seq};rport\r\n\
             Max-Forwards: 70\r\n{}\r\n{}\r\n{}\r\nCSeq: {seq} REFER\r\nContact: <sip:op1@10.0.0.2>\r\n\
             {headers}Content-Length: 0\r\n\r\n",
            line("From:"),
            line("To:"),
            line("Call-ID:"),
        );
        let flow = Flow::udp(address(HOUSE), address(1));
        self.stacks[HOUSE].receive(self.now, &flow, text.as_bytes());
        self.settle();
        let answers = self.sent(HOUSE, "SIP/2.0 ");
        let answer = answers
            .iter()
            .rev()
            .find(|t| t.contains(&format!("CSeq: {seq} REFER")))
            .unwrap_or(&"SIP/2.0 000");
        answer[8..11].trim().parse().unwrap_or(0)
    }
}

#[test]
fn a_transfer_is_reported_from_trying_to_its_end() {
    let mut w = World::new();
    let (there, here) = w.call();
    w.refer(there, "sip:037@hotline", None);
    let (session, target, taking) = w.referred();
    assert_eq!((session, target.user.as_str(), taking), (here, "037", Taking::Nobody));
    assert!(w.sent(HOUSE, "SIP/2.0 202").is_empty(), "nothing is said before the owner has looked at it");
    for status in [100, 180, 200] {
        w.stacks[HOUSE].refer_progress(w.now, here, status).unwrap();
        w.settle();
    }
    assert_eq!(w.told(), [(100, false), (180, false), (200, true)]);
    assert_eq!(w.sent(HOUSE, "SIP/2.0 202").len(), 1);
    let reports = w.sent(HOUSE, "NOTIFY");
    assert!(reports[0].contains("Event: refer;id=") && reports[0].contains("SIP/2.0 100 Trying\r\n"));
    assert!(reports[0].contains("Content-Type: message/sipfrag;version=2.0"));
    assert!(reports[0].contains("Subscription-State: active;expires=300"));
    assert!(reports[2].contains("Subscription-State: terminated;reason=noresource"));
    assert!(w.stacks[HOUSE].refer_progress(w.now, here, 180).is_err(), "it is over");
}

#[test]
fn a_transfer_that_fails_says_why_and_the_call_goes_on() {
    let mut w = World::new();
    let (there, here) = w.call();
    w.refer(there, "sip:037@hotline", None);
    w.stacks[HOUSE].refer_progress(w.now, here, 100).unwrap();
    w.stacks[HOUSE].refer_refused(w.now, here, 486).unwrap();
    w.settle();
    assert_eq!(w.told(), [(100, false), (486, true)]);
    w.refer(there, "tel:+8613800000000", None);
    assert_eq!(w.referred().1.user, "+8613800000000");
    w.stacks[HOUSE].refer_refused(w.now, here, 403).unwrap();
    w.settle();
    assert_eq!(w.told().last(), Some(&(403, true)), "the REFER itself is refused");
    assert_eq!(w.sent(HOUSE, "NOTIFY").len(), 2);
    assert_eq!(w.stacks[HOUSE].counts().0, 1, "the call stands");
}

#[test]
fn a_broken_refer_is_refused_with_400_and_told_to_nobody() {
    let mut w = World::new();
    w.call();
    let rows = [
        ("", 400),
        ("Refer-To: <sip:037@hotline>\r\nRefer-To: <sip:038@hotline>\r\n", 400),
        ("Refer-To: <sip:037@hotline\r\n", 400),
        ("Refer-To: sip:037@hotline?Replaces=x\r\n", 400),
        ("Refer-To: <sip:037@hotline?Replaces=nonsense>\r\n", 400),
        ("Refer-To: <sip:037@hotline?Replaces=c%3Bto-tag%3D1>\r\n", 400),
        ("Refer-To: <sip:037@hotline?Replaces=c%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces=d>\r\n", 400),
        ("Refer-To: <mailto:a@b>\r\n", 416),
        ("Refer-To: <sip:037@hotline;method=BYE>\r\n", 603),
        ("Refer-To: <sip:037@hotline>\r\nRequire: gruu\r\n", 420),
    ];
    for (seq, (headers, status)) in (50..).zip(rows) {
        assert_eq!(w.raw_refer(seq, headers), status, "{headers}");
    }
    assert!(!w.events[HOUSE].iter().any(|e| matches!(e, Event::Referred { .. })));
    assert_eq!(
        w.raw_refer(90, "r: \"Desk\" <sip:037@hotline;method=INVITE>;x=1\r\n"),
        0,
        "compact, and whole"
    );
    assert_eq!(w.referred().1.user, "037");
    assert_eq!(w.raw_refer(91, "Refer-To: <sip:038@hotline>\r\n"), 500, "one at a time");
}

#[test]
fn who_wants_no_reports_gets_none() {
    let mut w = World::new();
    let (_, here) = w.call();
    w.raw_refer(50, "Refer-To: <sip:037@hotline>\r\nRefer-Sub: false\r\nReferred-By: <sip:boss@hotline>\r\n");
    let by = w.events[HOUSE].iter().find_map(|e| match e {
        Event::Referred { by, .. } => by.clone(),
        _ => None,
    });
    assert_eq!(by.unwrap().uri.user, "boss");
    w.stacks[HOUSE].refer_progress(w.now, here, 100).unwrap();
    w.stacks[HOUSE].refer_progress(w.now, here, 200).unwrap();
    w.settle();
    let accepted = w.sent(HOUSE, "SIP/2.0 202");
    assert!(accepted.len() == 1 && accepted[0].contains("Refer-Sub: false"));
    assert!(w.sent(HOUSE, "NOTIFY").is_empty());
}

#[test]
fn outside_a_dialog_nobody_is_sent_anywhere() {
    let mut w = World::new();
    let flow = Flow::udp(address(HOUSE), address(1));
    for (method, tag, status) in
        [("REFER", "", "403"), ("REFER", ";tag=x", "481"), ("NOTIFY", "", "481"), ("SUBSCRIBE", "", "489")]
    {
        let text = format!(
            "{method} sip:89000@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK{method}{};rport\r\n\
             From: <sip:op1@h>;tag=a\r\nTo: <sip:89000@h>{tag}\r\nCall-ID: c\r\nCSeq: 1 {method}\r\n\
             Refer-To: <sip:037@h>\r\nEvent: presence\r\nContent-Length: 0\r\n\r\n",
            tag.len()
        );
        w.stacks[HOUSE].receive(w.now, &flow, text.as_bytes());
        let sent = std::iter::from_fn(|| w.stacks[HOUSE].poll()).find_map(|o| match o {
            Output::Send(_, bytes) => Some(String::from_utf8(bytes).unwrap()),
            Output::Event(..) | Output::Locate(..) => None,
        });
        assert!(sent.unwrap().starts_with(&format!("SIP/2.0 {status} ")), "{method} {tag}");
    }
}

#[test]
fn a_report_that_nobody_wants_ends_and_the_call_does_not() {
    let mut w = World::new();
    let (_, here) = w.call();
    w.raw_refer(50, "Refer-To: <sip:037@hotline>\r\n");
    w.stacks[HOUSE].refer_progress(w.now, here, 100).unwrap();
    w.settle();
    w.later(Duration::from_secs(301));
    let reports = w.sent(HOUSE, "NOTIFY");
    assert!(reports.last().unwrap().contains("Subscription-State: terminated;reason=timeout"));
    assert!(w.stacks[HOUSE].refer_progress(w.now, here, 200).is_err());
    assert_eq!(w.stacks[HOUSE].counts().0, 1);
    // An owner that never says a word: the REFER is answered all the same.
    w.raw_refer(60, "Refer-To: <sip:037@hotline>\r\n");
    w.later(Duration::from_secs(301));
    assert!(w.sent(HOUSE, "SIP/2.0 500").iter().any(|t| t.contains("CSeq: 60 REFER")));
}

#[test]
fn the_end_of_the_call_ends_its_transfer() {
    let mut w = World::new();
    let (there, here) = w.call();
    w.refer(there, "sip:037@hotline", None);
    w.stacks[1].hang_up(w.now, there, None);
    w.settle();
    assert!(w.events[HOUSE].iter().any(|e| matches!(e, Event::Ended { how: Ended::Bye, .. })));
    assert!(w.stacks[HOUSE].refer_progress(w.now, here, 200).is_err());
    assert!(w.sent(HOUSE, "SIP/2.0 481").iter().any(|t| t.contains("REFER")), "the REFER got its answer");
    w.later(Duration::from_secs(40));
    let (sessions, clients, servers) = w.stacks[HOUSE].counts();
    assert_eq!((sessions, clients, servers), (0, 0, 0));
}

#[test]
fn an_attended_transfer_names_the_other_call() {
    let mut w = World::new();
    let (there, _) = w.call();
    let (other_there, other) = w.call();
    w.refer(there, "sip:037@hotline", Some(other_there));
    assert_eq!(w.referred().2, Taking::Session(other));
    let mut w = World::new();
    w.call();
    w.raw_refer(70, "Refer-To: <sip:037@h?Replaces=c%3Bto-tag%3D1%3Bfrom-tag%3D2>\r\n");
    assert_eq!(w.referred().2, Taking::Unknown);
}

#[test]
fn a_second_phone_takes_its_own_call_over() {
    let mut w = World::new();
    let (there, here) = w.call();
    let value = w.stacks[1].replaces(there).unwrap().to_string();
    let new = w.invite(2, vec![("Replaces".into(), value), ("Require".into(), "replaces".into())]);
    let (session, replaces, source) = w.incoming();
    assert_eq!((replaces, source), (Some(here), Source::Phone("op1".into())));
    w.accept(session);
    w.stacks[HOUSE].hang_up(w.now, here, None);
    w.settle();
    assert!(
        w.events[1].iter().any(|e| matches!(e, Event::Ended { how: Ended::Bye, .. })),
        "the old one is over"
    );
    assert!(w.events[2].iter().any(|e| matches!(e, Event::Answered { session, .. } if *session == new)));
}

#[test]
fn a_ringing_call_is_taken_over_too_also_early_only() {
    let mut w = World::new();
    let server = Uri::parse("sip:10.0.0.1").unwrap();
    let flow = Flow::udp(address(1), address(HOUSE));
    w.stacks[1].register(w.now, Registration { server, flow, user: op1(), expires: 60 }).unwrap();
    w.settle();
    let invite = Invite {
        to: Target::User("op1".into()),
        from: NameAddr::new(Uri::parse("sip:89000@10.0.0.1").unwrap()),
        headers: Vec::new(),
        offer: Some(b"v=0\r\n".to_vec()),
        credentials: None,
        policy: None,
        token: 0,
    };
    let here = w.stacks[HOUSE].invite(w.now, invite).unwrap();
    w.settle();
    let there = w.events[1].iter().find_map(|e| match e {
        Event::Incoming { session, .. } => Some(*session),
        _ => None,
    });
    w.stacks[1].progress(w.now, there.unwrap(), 180, Vec::new()).unwrap();
    w.settle();
    let value = w.stacks[1].replaces(there.unwrap()).unwrap().to_string();
    w.invite(2, vec![("Replaces".into(), value + ";early-only")]);
    assert_eq!(w.incoming().1, Some(here));
}

#[test]
fn the_refusals_of_rfc_3891_section_3() {
    let status = |w: &World| -> u16 {
        let refusals = w.sent(HOUSE, "SIP/2.0 ");
        refusals.last().unwrap()[8..11].parse().unwrap()
    };
    let mut w = World::new();
    let (there, here) = w.call();
    let value = w.stacks[1].replaces(there).unwrap().to_string();
    let swapped = value.replace("to-tag", "x").replace("from-tag", "to-tag").replace(";x=", ";from-tag=");
    let rows = [
        (value.clone() + ";early-only", 486),
        (value.replace("to-tag=", "to-tag=z"), 481),
        (value.replace("from-tag=", "from-tag=z"), 481),
        ("other".to_owned() + &value, 481),
        (swapped, 481),
        ("nonsense".to_owned(), 400),
    ];
    for (value, expected) in rows {
        w.invite(2, vec![("Replaces".into(), value.clone())]);
        let failed = w.events[2].drain(..).find_map(|e| match e {
            Event::Failed { status, .. } => Some(status),
            _ => None,
        });
        assert_eq!(failed, Some(expected), "{value}");
    }
    w.invite(2, vec![("Replaces".into(), value.clone()), ("Replaces".into(), value.clone())]);
    assert!(w.sent(HOUSE, "SIP/2.0 400").len() >= 2, "two of them: {}", status(&w));
    // A trunk may not, however much it knows.
    w.invite(3, vec![("Replaces".into(), value.clone())]);
    assert!(w.events[HOUSE].iter().any(|e| matches!(e, Event::Refused { status: 403, .. })));
    // A caller who still waits for our answer is nobody's to replace.
    let waiting = w.invite(1, Vec::new());
    let (waits, ..) = w.incoming();
    w.stacks[HOUSE].progress(w.now, waits, 180, Vec::new()).unwrap();
    w.settle();
    let early = w.stacks[1].replaces(waiting).unwrap().to_string();
    w.events[2].clear();
    w.invite(2, vec![("Replaces".into(), early)]);
    assert!(w.events[2].iter().any(|e| matches!(e, Event::Failed { status: 481, .. })));
    // Over: nobody knows of it any more.
    w.stacks[HOUSE].hang_up(w.now, here, None);
    w.settle();
    w.events[2].clear();
    w.invite(2, vec![("Replaces".into(), value)]);
    assert!(w.events[2].iter().any(|e| matches!(e, Event::Failed { status: 481, .. })));
}

#[test]
fn a_redirection_is_told_with_its_targets_and_followed_by_nobody() {
    let mut w = World::new();
    let server = Uri::parse("sip:10.0.0.1").unwrap();
    let flow = Flow::udp(address(1), address(HOUSE));
    w.stacks[1].register(w.now, Registration { server, flow, user: op1(), expires: 60 }).unwrap();
    w.settle();
    let invite = Invite {
        to: Target::User("op1".into()),
        from: NameAddr::new(Uri::parse("sip:89000@10.0.0.1").unwrap()),
        headers: Vec::new(),
        offer: None,
        credentials: None,
        policy: None,
        token: 0,
    };
    w.stacks[HOUSE].invite(w.now, invite).unwrap();
    w.settle();
    let there = w.events[1].iter().find_map(|e| match e {
        Event::Incoming { session, .. } => Some(*session),
        _ => None,
    });
    let contacts = [
        ("Contact", "<sip:a@x>;q=0.2".to_owned()),
        ("Contact", "<sip:op2@hotline>;q=0.9, <tel:110>".to_owned()),
    ];
    let contacts: Vec<(&str, String)> = contacts.into_iter().collect();
    w.stacks[1].reject(w.now, there.unwrap(), 302, &contacts).unwrap();
    w.settle();
    let targets = w.events[HOUSE].iter().find_map(|e| match e {
        Event::Failed { status: 302, targets, .. } => Some(targets.clone()),
        _ => None,
    });
    let users: Vec<String> = targets.unwrap().into_iter().map(|u| u.user).collect();
    assert_eq!(users, ["110", "op2", "a"]);
    assert_eq!(w.sent(HOUSE, "INVITE").len(), 1);
}
