//! How long it takes to read a 1 KB INVITE, look at five typed headers, and print it; and to set a call up and down.
//!
//! `-- wire few` or `-- calls few` runs one of them, so few times that callgrind can count its instructions.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use sip::{
    Event, Flow, Host, Invite, Message, NameAddr, Net, Output, Peer, Settings, Stack, Target, Uri, Wire,
    parse,
};

/// How many figures are taken, and what one figure is the mean of. Rounds last about a millisecond, so that whoever else is
/// given the processor in between spoils a few of them and not the median.
#[derive(Clone, Copy)]
struct Rounds {
    rounds: u32,
    messages: u32,
    calls: u32,
}

const MANY: Rounds = Rounds { rounds: 901, messages: 200, calls: 30 };
const FEW: Rounds = Rounds { rounds: 1, messages: 1_000, calls: 300 };

fn invite() -> Vec<u8> {
    let sdp = "v=0\r\no=- 20518 0 IN IP4 203.0.113.1\r\ns=-\r\nc=IN IP4 203.0.113.1\r\nt=0 0\r\n\
               m=audio 54400 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
               a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";
    format!(
        "INVITE sip:89000@192.0.2.10:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.1:5060;rport;branch=z9hG4bKPj8f3a9c\r\n\
         Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK776asdhds;received=198.51.100.7\r\n\
         Record-Route: <sip:203.0.113.1;lr>\r\nMax-Forwards: 69\r\n\
         From: \"13800000000\" <sip:13800000000@carrier.example.com>;tag=1928301774\r\nTo: <sip:89000@192.0.2.10>\r\n\
         Call-ID: a84b4c76e66710@pc33.example.com\r\nCSeq: 314159 INVITE\r\n\
         Contact: <sip:13800000000@203.0.113.1:5060;transport=udp>\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO\r\n\
         Supported: timer, 100rel\r\nP-Asserted-Identity: <sip:+8613800000000@carrier.example.com>\r\n\
         Session-Expires: 1800;refresher=uac\r\nMin-SE: 90\r\nPrivacy: none\r\n\
         User-to-User: 00C81031383030303030303030;encoding=hex\r\n\
         User-Agent: Carrier/7.20\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
    .into_bytes()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn wire(Rounds { rounds, messages, .. }: Rounds) {
    let bytes = invite();
    assert_eq!(bytes.len(), 1_024);
    let mut figures = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        for _ in 0..messages {
            read_and_print(black_box(&bytes));
        }
        figures.push(start.elapsed().as_secs_f64() / f64::from(messages) * 1e6);
    }
    println!(
        "parse + 5 typed headers + print of a {}-byte INVITE: {:.2} us (median of {rounds})",
        bytes.len(),
        median(figures)
    );
}

/// A function of its own, as all that is measured here, so that a profiler can tell it from the rest.
#[inline(never)]
fn read_and_print(bytes: &[u8]) {
    let Ok(Message::Request(request)) = parse(bytes, Wire::Datagram) else { panic!("not read") };
    let h = &request.headers;
    black_box((h.via(), h.from(), h.to(), h.cseq(), h.contact()));
    black_box(request.print());
}

fn calls(Rounds { rounds, calls, .. }: Rounds) {
    let peers = || vec![Peer::at("far", vec![Net::parse("127.0.0.0/8").unwrap()])];
    let new = |n| Stack::new(Settings { seed: [n; 32], peers: peers(), ..Settings::default() });
    let (mut here, mut there) = (new(1), new(2));
    let flow = Flow::udp("127.0.0.1:5060".parse().unwrap(), "127.0.0.2:5060".parse().unwrap());
    let mut figures = Vec::new();
    let mut now = Duration::ZERO;
    for _ in 0..rounds {
        let mut busy = Duration::ZERO;
        for _ in 0..calls {
            // A hundred calls a second: after half a minute, old transactions end as new ones begin.
            now += Duration::from_millis(10);
            busy += one_call(now, &flow, &mut here, &mut there);
        }
        figures.push(busy.as_secs_f64() / f64::from(calls) * 1e6);
    }
    println!(
        "one call set up and torn down, called end only: {:.1} us (median of {rounds})",
        median(figures)
    );
}

/// The time that the called end took.
fn one_call(now: Duration, flow: &Flow, here: &mut Stack, there: &mut Stack) -> Duration {
    let back = Flow::udp(flow.remote, flow.local);
    let from = NameAddr::new(Uri::sip("13800000000", Host::V4([127, 0, 0, 1].into()), None));
    let to = Target::Uri(Box::new(Uri::parse("sip:89000@127.0.0.2").unwrap()), flow.clone());
    let session = here
        .invite(
            now,
            Invite {
                to,
                from,
                headers: Vec::new(),
                offer: Some(b"v=0\r\n".to_vec()),
                credentials: None,
                policy: None,
                token: 0,
            },
        )
        .unwrap();
    here.timeout(now);
    let mut busy = Duration::ZERO;
    let mut hung_up = false;
    loop {
        let mut quiet = true;
        while let Some(output) = here.poll() {
            quiet = false;
            if let Output::Send(_, bytes) = output {
                let start = Instant::now();
                called_hears(now, &back, there, &bytes);
                busy += start.elapsed();
            }
        }
        let start = Instant::now();
        let sent = called_does(now, there);
        busy += start.elapsed();
        for bytes in sent {
            quiet = false;
            here.receive(now, flow, &bytes);
        }
        if quiet && hung_up {
            return busy;
        }
        if quiet {
            here.hang_up(now, session, None);
            hung_up = true;
        }
    }
}

#[inline(never)]
fn called_hears(now: Duration, flow: &Flow, there: &mut Stack, bytes: &[u8]) {
    there.receive(now, flow, bytes);
    there.timeout(now);
}

#[inline(never)]
fn called_does(now: Duration, there: &mut Stack) -> Vec<Vec<u8>> {
    let mut sent = Vec::new();
    while let Some(output) = there.poll() {
        match output {
            Output::Send(_, bytes) => sent.push(bytes),
            Output::Event(_, Event::Incoming { session, .. }) => {
                there.trying(now, session);
                there.progress(now, session, 180, Vec::new()).unwrap();
                there.accept(now, session, b"v=0\r\n".to_vec()).unwrap();
            }
            Output::Event(_, _) | Output::Locate(..) => {}
        }
    }
    sent
}

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| asked.iter().any(|a| a == word);
    let rounds = if has("few") { FEW } else { MANY };
    if has("wire") || !has("calls") {
        wire(rounds);
    }
    if has("calls") || !has("wire") {
        calls(rounds);
    }
}
