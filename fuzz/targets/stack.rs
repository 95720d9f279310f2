//! A conversation with the whole machine: messages of a trunk and of a stranger, with answers and time between them.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use sip::{Event, Flow, Net, Output, Peer, Settings, Stack, Transport, User};

/// Ends a message; its two following bytes say by which way and how much later the next comes.
const NEXT: u8 = 0x1e;

fuzz_target!(|bytes: &[u8]| {
    let net = Net::parse("192.0.2.0/24").unwrap();
    let mut stack = Stack::new(Settings {
        seed: [7; 32],
        peers: vec![Peer::at("carrier", vec![net])],
        phone_nets: vec![net],
        users: vec![User { name: "op1".into(), password: "secret".into() }],
        ..Settings::default()
    });
    let us = "192.0.2.1:5060".parse().unwrap();
    let mut now = Duration::ZERO;
    let (mut way, mut sent) = (0, 0);
    for part in bytes.split(|b| *b == NEXT).take(16) {
        let remote = if way & 1 == 0 { "192.0.2.9:5060" } else { "198.51.100.9:5060" };
        let transport = if way & 2 == 0 { Transport::Udp } else { Transport::Tcp };
        let id = u64::from(transport == Transport::Tcp);
        stack.receive(now, &Flow::new(transport, us, remote.parse().unwrap(), id), part);
        sent += drain(&mut stack, now, part.len());
        way = part.first().copied().unwrap_or_default();
        now += Duration::from_millis(u64::from(part.last().copied().unwrap_or_default()) * 150);
        stack.timeout(now);
        sent += drain(&mut stack, now, part.len());
    }
    // Whatever came, it comes to rest: no timer goes on for ever, and a message never makes more than a handful of ours.
    stack.flow_closed(now, 1);
    for _ in 0..2_000 {
        let Some(at) = stack.next_timeout() else { break };
        if at > now + Duration::from_secs(64) {
            break;
        }
        stack.timeout(at);
        sent += drain(&mut stack, at, 0);
    }
    assert!(sent < 2_000, "{sent} messages");
});

/// Does what an owner would: answers, refuses or rings; counts what is sent.
fn drain(stack: &mut Stack, now: Duration, choice: usize) -> usize {
    let mut sent = 0;
    while let Some(output) = stack.poll() {
        match output {
            Output::Send(_, bytes) => {
                sent += 1;
                // A refusal echoes what it refuses, a Via of SIP/7.0 among it.
                let refusal = bytes.starts_with(b"SIP/2.0 4") || bytes.starts_with(b"SIP/2.0 5");
                let good = refusal || sip::parse(&bytes, sip::Wire::Stream).is_ok();
                assert!(good, "{}", String::from_utf8_lossy(&bytes));
            }
            Output::Event(_, Event::Incoming { session, .. }) => {
                stack.trying(now, session);
                match choice % 3 {
                    0 => stack.progress(now, session, 180, Vec::new()).unwrap_or_default(),
                    1 => stack.accept(now, session, b"v=0\r\n".to_vec()).unwrap_or_default(),
                    _ => stack.reject(now, session, 486, &[]).unwrap_or_default(),
                }
            }
            Output::Event(_, Event::Reoffer { session, .. }) => {
                stack.answer_reoffer(now, session, Ok(b"v=0\r\n".to_vec())).unwrap_or_default();
            }
            Output::Event(..) | Output::Locate(..) => {}
        }
    }
    sent
}
