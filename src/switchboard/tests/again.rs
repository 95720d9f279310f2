//! An INVITE that a crash left unheard comes again to the house that was started anew: it is the same call.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod bare;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use call::Now;
use call::cdr::{CallRow, Record};
use call::ids::CallId;
use media::{Port, PortPool};
use sip::Flow;
use store::Entry;
use switchboard::Turn;
use switchboard::contract::{Input, Output, Setup, Trunk};
use switchboard::numbers::Place;

const BEGAN: i64 = 1_791_507_600_000;
const ID: CallId = CallId((BEGAN as u128) << 80 | 7);

fn at(address: &str) -> SocketAddr {
    address.parse().unwrap()
}

fn setup() -> Setup {
    let trunk = Trunk { channels: 10, ..Trunk::named("town") };
    let net = sip::Net::parse("10.9.0.0/16").unwrap();
    Setup {
        plan: Arc::new(bare::plan(Vec::new())),
        sip: sip::Settings { peers: vec![sip::Peer::at("town", vec![net])], ..sip::Settings::default() },
        place: Place { country: "86".into(), area: "0535".into() },
        trunks: vec![trunk],
        phone_codecs: sip::sdp::Codec::ALL.to_vec(),
        calls_per_second: 100,
        guard: switchboard::contract::GuardSetup::default(),
        listening: vec![(sip::Transport::Udp, at("10.0.0.1:5060"))],
        near: Arc::new(|bound, _| bound),
        advertised: at("10.0.0.1:5060").ip(),
        browsers: None,
        recordings: PathBuf::from("/recordings"),
        speak: Arc::new(|_, _, _| Vec::new()),
    }
}

/// The rows of the calls that are offered, and the first lines of what is sent.
fn drain(turn: &mut Turn) -> (Vec<CallRow>, Vec<String>) {
    let (mut rows, mut sent) = (Vec::new(), Vec::new());
    while let Some(output) = turn.poll() {
        match output {
            Output::Store(Entry::Record(record)) => {
                if let Record::Offered(row) = *record {
                    rows.push(row);
                }
            }
            Output::Send(_, bytes) => {
                sent.push(String::from_utf8(bytes).unwrap().lines().next().unwrap().to_owned());
            }
            Output::Store(_)
            | Output::Media(..)
            | Output::Browser(_)
            | Output::Find(..)
            | Output::Locate(..)
            | Output::Reply(..)
            | Output::Gate(_)
            | Output::Notice(_) => {}
        }
    }
    (rows, sent)
}

fn now(since: i64) -> Now {
    Now { mono: Duration::from_millis(since.unsigned_abs()), utc_ms: BEGAN + since }
}

fn invite(turn: &mut Turn, since: i64, call_id: &str) -> Vec<CallRow> {
    let sdp =
        "v=0\r\no=- 1 1 IN IP4 10.9.0.1\r\ns=-\r\nc=IN IP4 10.9.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
    let invite = format!(
        "INVITE sip:89000@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.9.0.1:5060;branch=z9hG4bK{call_id}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:13800001234@10.9.0.1>;tag=a\r\nTo: <sip:89000@10.0.0.1>\r\n\
         Call-ID: {call_id}\r\nCSeq: 1 INVITE\r\nContact: <sip:10.9.0.1:5060>\r\n\
         Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    );
    let flow = Flow::udp(at("10.0.0.1:5060"), at("10.9.0.1:5060"));
    turn.handle(now(since), Input::Message(flow, invite.into_bytes()));
    let (rows, sent) = drain(turn);
    assert!(sent.is_empty(), "before the row is on disk: {sent:?}");
    rows
}

fn house() -> Turn {
    let port = Port { thread: 0, index: 0, socket: 0, addr: at("10.0.0.1:20000") };
    let ports = PortPool::new([0, 1, 2].map(|n| Port { index: n, socket: n, ..port }));
    let mut turn = Turn::new(setup(), ports, now(900));
    turn.handle(
        now(900),
        Input::Unheard(vec![(ID, "cut".to_owned()), (CallId(ID.0 + 1), "other".to_owned())]),
    );
    turn
}

#[test]
fn it_goes_on_under_its_name_and_is_answered() {
    let mut turn = house();
    let rows = invite(&mut turn, 1_000, "cut");
    assert_eq!((rows.len(), rows[0].call, &*rows[0].sip_call_id), (1, ID, "cut"));
    turn.handle(now(1_010), Input::OnDisk(ID));
    let (_, sent) = drain(&mut turn);
    assert!(sent.contains(&"SIP/2.0 200 OK".to_owned()), "{sent:?}");
}

#[test]
fn a_new_call_has_a_new_name() {
    let mut turn = house();
    let rows = invite(&mut turn, 1_000, "new");
    assert!(rows.len() == 1 && rows[0].call.0 > ID.0 + 1, "{rows:?}");
}

#[test]
fn what_comes_when_nobody_repeats_an_invite_any_more_is_a_new_call() {
    let mut turn = house();
    let late = i64::try_from(store::UNHEARD_FOR.as_millis()).unwrap();
    let rows = invite(&mut turn, late, "cut");
    assert!(rows.len() == 1 && rows[0].call.0 > ID.0 + 1, "{rows:?}");
}
