//! Dialogs whose next hop is a name: it is asked for once, the ACK finds it, and without an answer the last way is taken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::SocketAddr;
use std::time::Duration;

use sip::{
    Event, Flow, Invite, Message, Method, NameAddr, Net, Output, Peer, Request, Response, SessionId,
    Settings, Stack, Target, Uri, Wire, parse,
};

const NOW: Duration = Duration::from_secs(5);
const OURS: &str = "203.0.113.1:5060";
const PROXY: &str = "192.0.2.1:5060";

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn way(remote: &str) -> Flow {
    Flow::udp(at(OURS), at(remote))
}

struct House {
    stack: Stack,
    requests: Vec<(SocketAddr, Request)>,
    asked: Vec<(u64, String)>,
    session: Option<SessionId>,
    /// Of our last response.
    tag: String,
}

impl House {
    fn new() -> Self {
        let peers = vec![Peer::at("carrier", vec![Net::parse("192.0.2.0/24").unwrap()])];
        let stack = Stack::new(Settings { seed: [7; 32], peers, ..Settings::default() });
        Self { stack, requests: Vec::new(), asked: Vec::new(), session: None, tag: String::new() }
    }

    fn drain(&mut self) {
        while let Some(output) = self.stack.poll() {
            match output {
                Output::Send(flow, bytes) => match parse(&bytes, Wire::Datagram).unwrap() {
                    Message::Request(request) => self.requests.push((flow.remote, request)),
                    Message::Response(response) => {
                        self.tag = response.headers.to().unwrap().tag().unwrap_or_default().to_owned();
                    }
                },
                Output::Locate(ticket, uri) => self.asked.push((ticket, uri.to_string())),
                Output::Event(_, Event::Incoming { session, .. }) => self.session = Some(session),
                Output::Event(..) => {}
            }
        }
    }

    /// Calls through the proxy; the answer has this Contact and these further headers.
    fn call(&mut self, contact: &str, extra: &str) -> SessionId {
        let invite = Invite {
            to: Target::Uri(Box::new(Uri::parse("sip:110@192.0.2.1").unwrap()), way(PROXY)),
            from: NameAddr::new(Uri::parse("sip:89000@hotline").unwrap()),
            headers: Vec::new(),
            offer: Some(b"v=0\r\n".to_vec()),
            credentials: None,
            policy: None,
            token: 1,
        };
        let session = self.stack.invite(NOW, invite).unwrap();
        self.drain();
        let (_, request) = self.requests.pop().unwrap();
        self.respond(&request, contact, extra);
        session
    }

    fn respond(&mut self, request: &Request, contact: &str, extra: &str) {
        let mut response = Response::to(request, 200, "OK").tag("far");
        response.headers.push("Contact", format!("<{contact}>")).unwrap();
        let text = String::from_utf8(response.print()).unwrap();
        let text = text.replacen("\r\n", &format!("\r\n{extra}"), 1);
        self.stack.receive(NOW, &way(PROXY), text.as_bytes());
        self.drain();
    }

    fn sent(&mut self) -> Vec<(Method, SocketAddr)> {
        self.requests.drain(..).map(|(to, request)| (request.method, to)).collect()
    }
}

#[test]
fn the_next_hop_is_asked_for_and_the_ack_finds_it() {
    let mut house = House::new();
    let session = house.call("sip:110@gateway.example.com", "");
    assert_eq!(house.sent(), [(Method::Ack, at(PROXY))], "the last way, until the name is known");
    let [(ticket, uri)] = house.asked.as_slice() else { panic!("{:?}", house.asked) };
    assert_eq!(uri, "sip:110@gateway.example.com");
    let ticket = *ticket;
    house.stack.located(ticket, vec![way("192.0.2.7:5070"), way("192.0.2.8:5070")]);
    house.drain();
    assert_eq!(house.sent(), [(Method::Ack, at("192.0.2.7:5070"))], "where it belongs");
    house.stack.hang_up(NOW, session, None);
    house.drain();
    assert_eq!(house.sent(), [(Method::Bye, at("192.0.2.7:5070"))]);
    assert_eq!(house.asked.len(), 1);
    house.stack.located(ticket, vec![way("192.0.2.9:5060")]);
}

#[test]
fn a_route_by_name_comes_before_the_target() {
    let mut house = House::new();
    let session = house.call("sip:110@192.0.2.66", "Record-Route: <sip:edge.example.com:5070;lr>\r\n");
    assert_eq!(house.asked[0].1, "sip:edge.example.com:5070;lr");
    house.stack.located(house.asked[0].0, vec![way("192.0.2.7:5070")]);
    house.stack.hang_up(NOW, session, None);
    house.drain();
    let hops: Vec<SocketAddr> = house.sent().into_iter().map(|(_, to)| to).collect();
    assert_eq!(hops, [at(PROXY), at("192.0.2.7:5070"), at("192.0.2.7:5070")]);
}

#[test]
fn what_leads_nowhere_takes_the_last_way() {
    let mut house = House::new();
    let session = house.call("sip:110@gone.example.com", "");
    house.stack.located(house.asked[0].0, Vec::new());
    house.stack.hang_up(NOW, session, None);
    house.drain();
    assert_eq!(house.sent(), [(Method::Ack, at(PROXY)), (Method::Bye, at(PROXY))]);
}

#[test]
fn the_same_address_needs_no_second_ack_and_an_address_no_question() {
    let mut house = House::new();
    house.call("sip:110@proxy.example.com", "");
    house.stack.located(house.asked[0].0, vec![way(PROXY)]);
    house.drain();
    assert_eq!(house.sent(), [(Method::Ack, at(PROXY))]);
    let mut house = House::new();
    house.call("sip:110@192.0.2.66", "");
    assert!(house.asked.is_empty());
    assert_eq!(house.sent(), [(Method::Ack, at("192.0.2.66:5060"))]);
}

#[test]
fn where_nothing_is_the_next_destination_is_tried() {
    let mut house = House::new();
    let session = house.call("sip:110@gateway.example.com", "");
    house.stack.located(house.asked[0].0, vec![way("192.0.2.7:5060"), way("192.0.2.8:5060")]);
    house.drain();
    house.sent();
    house.stack.send_failed(NOW, &way("192.0.2.7:5060"));
    house.stack.hang_up(NOW, session, None);
    house.drain();
    assert_eq!(house.sent(), [(Method::Bye, at("192.0.2.8:5060"))]);
}

#[test]
fn the_called_end_asks_too_and_again_when_the_target_changes() {
    let mut house = House::new();
    let text = |method: &str, n: u32, tag: &str, contact: &str| {
        format!(
            "{method} sip:89000@203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{method}{n}\r\n\
             From: <sip:1@carrier>;tag=a\r\nTo: <sip:89000@hotline>{tag}\r\nCall-ID: c\r\nCSeq: {n} {method}\r\n\
             Max-Forwards: 70\r\nContact: <sip:{contact}>\r\nContent-Length: 0\r\n\r\n"
        )
    };
    let give = |house: &mut House, text: String| {
        house.stack.receive(NOW, &way(PROXY), text.as_bytes());
        house.drain();
    };
    give(&mut house, text("INVITE", 1, "", "1@first.example.com"));
    let session = house.session.unwrap();
    assert!(house.asked.is_empty(), "not before it is answered: strangers' names cost nothing");
    house.stack.accept(NOW, session, b"v=0\r\n".to_vec()).unwrap();
    house.drain();
    assert_eq!(house.asked[0].1, "sip:1@first.example.com");
    let tag = format!(";tag={}", house.tag);
    give(&mut house, text("ACK", 1, &tag, "1@first.example.com"));
    give(&mut house, text("UPDATE", 2, &tag, "1@second.example.com"));
    assert_eq!(house.asked[1].1, "sip:1@second.example.com");
    // The answer for the name that the target no longer has changes nothing.
    house.stack.located(house.asked[1].0, vec![way("192.0.2.7:5060")]);
    house.stack.located(house.asked[0].0, vec![way("192.0.2.8:5060")]);
    house.stack.hang_up(NOW, session, None);
    house.drain();
    assert_eq!(house.sent(), [(Method::Bye, at("192.0.2.7:5060"))]);
}
