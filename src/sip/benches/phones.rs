//! How many REGISTERs and OPTIONS the SIP machine takes on one core, and what a registration and a dialog hold in memory.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::time::{Duration, Instant};

use sip::digest::Challenge;
use sip::{Event, Flow, Method, Net, Output, Peer, Settings, Stack, User};

const PHONES: u32 = 10_000;
/// Each phone refreshes so often while it is measured.
const REFRESHES: u32 = 5;
const OPTIONS: u32 = 100_000;
const DIALOGS: u32 = 10_000;
/// Every resident page.
const PAGE: f64 = 4_096.0;

fn main() {
    let before = resident();
    let mut stack = stack();
    let mut challenges = Vec::new();
    let first = Instant::now();
    for n in 0..PHONES {
        let asked = challenge(&one(&mut stack, at(0, n), &flow(n), &register(n, 1, "")));
        let sent = one(&mut stack, at(0, n), &flow(n), &register(n, 2, &authorization(&asked, n, 1)));
        assert!(sent.starts_with("SIP/2.0 200"), "{sent}");
        challenges.push(asked);
    }
    let first = first.elapsed();
    // The transactions are over: what remains is what an idle phone costs.
    rest(&mut stack, at(1, 0));
    let idle = (resident() - before) / f64::from(PHONES);
    let (busy, last) = refreshes(&mut stack, &challenges);
    println!(
        "REGISTER, {PHONES} phones: {:.0}/s refreshes with digest and {:.0}/s first ones (two requests each) on one core; \
         refreshed every 60 s they take {:.2} % of it; {idle:.0} bytes an idle registration",
        f64::from(PHONES * REFRESHES) / busy,
        f64::from(PHONES) / first.as_secs_f64(),
        busy / f64::from(PHONES * REFRESHES) * f64::from(PHONES) / 60.0 * 100.0
    );
    options(&mut stack, last);
    dialogs();
}

fn stack() -> Stack {
    let users = (0..PHONES).map(|n| User { name: format!("u{n}"), password: "secret".into() }).collect();
    Stack::new(Settings {
        seed: [3; 32],
        realm: "hotline".into(),
        phone_nets: vec![Net::parse("10.0.0.0/8").unwrap()],
        peers: vec![Peer::at("carrier", vec![Net::parse("192.0.2.0/24").unwrap()])],
        users,
        ask_every: Duration::ZERO,
        ..Settings::default()
    })
}

fn refreshes(stack: &mut Stack, challenges: &[Challenge]) -> (f64, Duration) {
    let (mut busy, mut last) = (Duration::ZERO, Duration::ZERO);
    for round in 1..=REFRESHES {
        for n in 0..PHONES {
            let bytes = register(n, round + 2, &authorization(&challenges[n as usize], n, round + 1));
            let (now, flow) = (at(round, n), flow(n));
            let begun = Instant::now();
            let sent = one(stack, now, &flow, &bytes);
            busy += begun.elapsed();
            assert!(sent.starts_with("SIP/2.0 200"), "{sent}");
            last = now;
        }
    }
    (busy.as_secs_f64(), last)
}

fn options(stack: &mut Stack, from: Duration) {
    let carrier = Flow::udp("10.0.0.1:5060".parse().unwrap(), "192.0.2.7:5060".parse().unwrap());
    let mut busy = Duration::ZERO;
    for n in 0..OPTIONS {
        let bytes = request("OPTIONS", "sip:hotline", n, 1, "192.0.2.7:5060", "");
        let now = from + Duration::from_micros(50) * n;
        let begun = Instant::now();
        let sent = one(stack, now, &carrier, &bytes);
        busy += begun.elapsed();
        assert!(sent.starts_with("SIP/2.0 200"), "{sent}");
    }
    println!("OPTIONS: {:.0}/s on one core", f64::from(OPTIONS) / busy.as_secs_f64());
}

/// Calls that stand, at the called end, without their sound.
fn dialogs() {
    let mut stack = stack();
    let carrier = Flow::udp("10.0.0.1:5060".parse().unwrap(), "192.0.2.7:5060".parse().unwrap());
    let before = resident();
    for n in 0..DIALOGS {
        let now = Duration::from_millis(10) * n;
        let more = "Contact: <sip:13800000000@192.0.2.7>\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n";
        stack.receive(now, &carrier, &request("INVITE", "sip:89000@hotline", n, 1, "192.0.2.7:5060", more));
        let mut to = String::new();
        while let Some(output) = stack.poll() {
            match output {
                Output::Event(_, Event::Incoming { session, .. }) => {
                    stack.trying(now, session);
                    stack.accept(now, session, b"v=0\r\n".to_vec()).unwrap();
                }
                Output::Send(_, bytes) => {
                    let text = String::from_utf8(bytes).unwrap();
                    to = text.lines().find_map(|l| l.strip_prefix("To: ")).unwrap_or_default().to_owned();
                }
                Output::Event(..) | Output::Locate(..) => {}
            }
        }
        let ack = String::from_utf8(request("ACK", "sip:10.0.0.1", n, 1, "192.0.2.7:5060", "")).unwrap();
        stack.receive(now, &carrier, ack.replace("To: <sip:hotline>", &format!("To: {to}")).as_bytes());
        stack.timeout(now);
    }
    rest(&mut stack, Duration::from_millis(10) * DIALOGS);
    assert_eq!(stack.counts().0, DIALOGS as usize, "all calls stand");
    println!("{:.0} bytes a dialog with its session", (resident() - before) / f64::from(DIALOGS));
}

/// What is sent upon one message.
fn one(stack: &mut Stack, now: Duration, flow: &Flow, bytes: &[u8]) -> String {
    stack.receive(now, flow, bytes);
    stack.timeout(now);
    let mut sent = String::new();
    while let Some(output) = stack.poll() {
        if let Output::Send(_, bytes) = output {
            sent = String::from_utf8(bytes).unwrap();
        }
    }
    sent
}

/// A minute in which nothing comes.
fn rest(stack: &mut Stack, from: Duration) {
    let end = from + Duration::from_secs(58);
    while let Some(at) = stack.next_timeout().filter(|at| *at <= end) {
        stack.timeout(at);
        while stack.poll().is_some() {}
    }
}

/// When a phone speaks in a round: all within the first second of it, one round a minute.
fn at(round: u32, phone: u32) -> Duration {
    Duration::from_secs(60) * round + Duration::from_micros(100) * phone
}

fn flow(n: u32) -> Flow {
    let remote = std::net::SocketAddr::from(([10, 1, (n >> 8) as u8, n as u8], 5060));
    Flow::udp("10.0.0.1:5060".parse().unwrap(), remote)
}

fn request(method: &str, uri: &str, n: u32, seq: u32, from: &str, more: &str) -> Vec<u8> {
    let more =
        if more.contains("\r\n\r\n") { more.to_owned() } else { format!("{more}Content-Length: 0\r\n\r\n") };
    format!(
        "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {from};rport;branch=z9hG4bK{method}{n}x{seq}\r\nMax-Forwards: 70\r\n\
         From: <sip:u{n}@hotline>;tag=a{n}\r\nTo: <sip:hotline>\r\nCall-ID: {n}@{from}\r\nCSeq: {seq} {method}\r\n\
         User-Agent: phone\r\n{more}"
    )
    .into_bytes()
}

fn register(n: u32, seq: u32, more: &str) -> Vec<u8> {
    let from = flow(n).remote.to_string();
    let more = format!("Contact: <sip:u{n}@{from}>\r\nExpires: 120\r\n{more}");
    let text = String::from_utf8(request("REGISTER", "sip:hotline", n, seq, &from, &more)).unwrap();
    text.replace("To: <sip:hotline>", &format!("To: <sip:u{n}@hotline>")).into_bytes()
}

fn challenge(answer: &str) -> Challenge {
    let line = answer.lines().find_map(|l| l.strip_prefix("WWW-Authenticate: "));
    let Some(line) = line else { panic!("no challenge in {answer}") };
    Challenge::parse(line).unwrap()
}

fn authorization(challenge: &Challenge, n: u32, count: u32) -> String {
    let value =
        challenge.answer(&format!("u{n}"), "secret", &Method::Register, "sip:hotline", "cnonce", count);
    format!("Authorization: {value}\r\n")
}

/// Bytes that the process holds.
fn resident() -> f64 {
    let text = fs::read_to_string("/proc/self/statm").unwrap();
    text.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * PAGE
}
