//! Reliable provisional responses (RFC 3262) and UPDATE (RFC 3311) between two stacks: who proves what, and what waits for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::time::Duration;

use sip::{Ended, Event, Policy, Reliable, SessionId, SipError};
use world::{World, over};

const TIMERLESS: Policy =
    Policy { prack: Reliable::Supported, session_timer: Duration::ZERO, min_se: Duration::from_secs(90) };

fn world(calling: Reliable, called: Reliable) -> World {
    World::with(9, 0, [calling, called].map(|prack| Policy { prack, ..TIMERLESS }))
}

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn ringing(w: &mut World, offer: Option<&str>) -> (SessionId, SessionId) {
    let out = w.call_with(offer.map(|o| o.as_bytes().to_vec()));
    w.run(ms(200), |_| {});
    (out, w.incoming().unwrap())
}

fn answered(e: &Event) -> bool {
    matches!(e, Event::Answered { .. })
}

#[test]
fn each_pair_of_settings_ends_as_the_rfc_says() {
    use Reliable::{Off, Required, Supported};
    let rows = [
        // Calling, called, status of a refusal, whether 180 and 183 with a description are proven.
        (Off, Off, None, false, false),
        (Supported, Off, None, false, false),
        (Off, Supported, None, false, false),
        (Supported, Supported, None, false, true),
        (Required, Supported, None, true, true),
        (Supported, Required, None, true, true),
        (Required, Required, None, true, true),
        (Required, Off, Some(420), false, false),
        (Off, Required, Some(421), false, false),
    ];
    for (calling, called, refused, bare, described) in rows {
        let row = format!("{calling:?} calls {called:?}");
        let mut w = world(calling, called);
        w.call();
        w.run(ms(200), |_| {});
        let status = w.ends[0].events.iter().find_map(|e| match e {
            Event::Failed { status, .. } => Some(*status),
            _ => None,
        });
        assert_eq!(status, refused, "{row}");
        let Some(inc) = w.incoming() else {
            let extension = if refused == Some(420) { "Unsupported: 100rel" } else { "Require: 100rel" };
            assert!(w.first(1, "SIP/2.0 42").contains(extension), "{row}");
            continue;
        };
        for (body, proven) in [("", bare), ("v=0\r\n", described)] {
            let (now, before) = (w.now, w.said(0, "PRACK"));
            w.ends[1].stack.progress(now, inc, 183, body.into()).unwrap();
            w.run(ms(300), |_| {});
            assert_eq!(w.said(0, "PRACK") > before, proven, "{row}, {body:?}");
        }
        assert_eq!(w.heard(0, |e| matches!(e, Event::Progress { .. })), 2, "{row}: each is told once");
        let now = w.now;
        w.ends[1].stack.accept(now, inc, b"v=0\r\n".to_vec()).unwrap();
        w.run(Duration::from_secs(1), |_| {});
        let whole = |e: &Event| matches!(e, Event::Answered { body, .. } if body == b"v=0\r\n");
        assert_eq!(w.heard(0, whole), 1, "{row}");
    }
}

#[test]
fn the_answer_waits_for_the_prack_of_a_description() {
    let mut w = world(Reliable::Supported, Reliable::Supported);
    let (_, inc) = ringing(&mut w, Some("v=0\r\n"));
    let now = w.now;
    w.loss = 100;
    w.ends[1].stack.progress(now, inc, 183, b"v=0\r\no=early\r\n".to_vec()).unwrap();
    w.ends[1].stack.accept(now, inc, b"v=0\r\no=late\r\n".to_vec()).unwrap();
    w.run(ms(400), |_| {});
    assert_eq!(w.said(1, "SIP/2.0 200"), 0, "RFC 3262 section 3: the 2xx waits");
    w.loss = 0;
    w.run(Duration::from_secs(3), |_| {});
    let finals: Vec<&String> = w
        .log
        .iter()
        .filter(|(e, t)| *e == 1 && t.contains("INVITE\r\n") && t.starts_with("SIP/2.0 200"))
        .map(|(_, t)| t)
        .collect();
    assert!(!finals.is_empty() && finals.iter().all(|t| t.contains("Content-Length: 0")), "{finals:#?}");
    let told = w.ends[0].events.iter().find_map(|e| match e {
        Event::Answered { body, .. } => Some(body.clone()),
        _ => None,
    });
    assert_eq!(told.as_deref(), Some(&b"v=0\r\no=early\r\n"[..]), "the reliable one is the answer");
}

#[test]
fn a_response_that_nobody_proves_is_repeated_and_then_refused_with_504() {
    let mut w = world(Reliable::Required, Reliable::Supported);
    let (_, inc) = ringing(&mut w, Some("v=0\r\n"));
    let now = w.now;
    w.loss = 100;
    w.ends[1].stack.progress(now, inc, 180, Vec::new()).unwrap();
    w.run(ms(31_900), |_| {});
    // 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s after the first: doubling without the cap of T2.
    assert_eq!(w.said(1, "SIP/2.0 180"), 7);
    assert_eq!(w.heard(1, over), 0);
    w.run(ms(200), |_| {});
    assert_eq!(w.heard(1, |e| matches!(e, Event::Ended { how: Ended::NoPrack, .. })), 1);
    assert!(w.said(1, "SIP/2.0 504") >= 1);
    w.run(Duration::from_secs(200), |_| {});
    assert_eq!(w.ends[1].stack.counts(), (0, 0, 0));
}

#[test]
fn reliable_responses_go_one_by_one_and_four_may_wait() {
    let mut w = world(Reliable::Required, Reliable::Supported);
    let (_, inc) = ringing(&mut w, Some("v=0\r\n"));
    let now = w.now;
    w.loss = 100;
    for _ in 0..5 {
        w.ends[1].stack.progress(now, inc, 180, Vec::new()).unwrap();
    }
    assert_eq!(w.ends[1].stack.progress(now, inc, 180, Vec::new()), Err(SipError::Full));
    w.run(ms(100), |_| {});
    assert_eq!(w.said(1, "SIP/2.0 180"), 1, "the second waits for the first one's PRACK");
    w.loss = 0;
    w.run(Duration::from_secs(3), |_| {});
    let numbers: Vec<u32> =
        w.log.iter().filter_map(|(_, t)| t.split("RAck: ").nth(1)?.split(' ').next()?.parse().ok()).collect();
    assert_eq!(numbers.len(), 5);
    assert!(numbers.windows(2).all(|n| n[1] == n[0] + 1), "{numbers:?}");
}

#[test]
fn the_called_end_offers_in_a_reliable_response_and_the_prack_answers() {
    let mut w = world(Reliable::Supported, Reliable::Supported);
    let (out, inc) = ringing(&mut w, None);
    let now = w.now;
    w.ends[1].stack.progress(now, inc, 183, b"v=0\r\no=offer\r\n".to_vec()).unwrap();
    w.ends[1].stack.accept(now, inc, b"v=0\r\no=offer\r\n".to_vec()).unwrap();
    w.run(ms(300), |_| {});
    assert_eq!(w.heard(0, |e| matches!(e, Event::EarlyOffer { .. })), 1);
    assert_eq!(w.said(0, "PRACK"), 0, "it waits for the owner's answer");
    let now = w.now;
    w.ends[0].stack.answer_early(now, out, b"v=0\r\no=answer\r\n".to_vec()).unwrap();
    assert_eq!(w.ends[0].stack.answer_early(now, out, Vec::new()), Err(SipError::WrongState));
    w.run(Duration::from_secs(1), |_| {});
    let answer = |e: &Event| matches!(e, Event::EarlyAnswer { body, .. } if body == b"v=0\r\no=answer\r\n");
    assert_eq!(w.heard(1, answer), 1);
    assert!(
        w.heard(0, answered) == 1
            && w.heard(1, |e| matches!(e, Event::Acked { body, .. } if body.is_empty())) == 1
    );
}

#[test]
fn both_ends_change_the_session_by_update_before_the_answer() {
    for calling in [true, false] {
        let mut w = world(Reliable::Supported, Reliable::Supported);
        let (out, inc) = ringing(&mut w, Some("v=0\r\n"));
        let now = w.now;
        assert_eq!(
            w.ends[0].stack.update(now, out, b"v=0\r\n".to_vec()),
            Err(SipError::WrongState),
            "too early"
        );
        w.ends[1].stack.progress(now, inc, 183, b"v=0\r\n".to_vec()).unwrap();
        assert_eq!(
            w.ends[1].stack.update(now, inc, b"v=0\r\n".to_vec()),
            Err(SipError::WrongState),
            "not proven yet"
        );
        w.run(ms(300), |_| {});
        let now = w.now;
        let (from, sender, to, taker) = if calling { (0, out, 1, inc) } else { (1, inc, 0, out) };
        w.ends[from].stack.update(now, sender, b"v=0\r\no=new\r\n".to_vec()).unwrap();
        w.run(ms(100), |_| {});
        assert_eq!(w.heard(to, |e| matches!(e, Event::Reoffer { offer: Some(_), .. })), 1);
        let now = w.now;
        w.ends[to].stack.answer_reoffer(now, taker, Ok(b"v=0\r\no=good\r\n".to_vec())).unwrap();
        w.run(ms(100), |_| {});
        assert_eq!(
            w.heard(
                from,
                |e| matches!(e, Event::Reanswered { result: Ok(b), .. } if b == b"v=0\r\no=good\r\n")
            ),
            1
        );
        let now = w.now;
        w.ends[1].stack.accept(now, inc, Vec::new()).unwrap();
        w.run(Duration::from_secs(1), |_| {});
        assert_eq!(w.heard(0, answered), 1);
        let now = w.now;
        w.ends[0].stack.hang_up(now, out, None);
        w.run(Duration::from_secs(100), |_| {});
        assert_eq!((w.ends[0].stack.counts(), w.ends[1].stack.counts()), ((0, 0, 0), (0, 0, 0)));
    }
}

#[test]
fn updates_that_cross_meet_491_and_the_second_try_succeeds() {
    let mut w = world(Reliable::Supported, Reliable::Supported);
    let (out, inc) = world::talk(&mut w);
    let now = w.now;
    w.ends[0].stack.update(now, out, b"v=0\r\no=a\r\n".to_vec()).unwrap();
    w.ends[1].stack.update(now, inc, b"v=0\r\no=b\r\n".to_vec()).unwrap();
    w.run(Duration::from_secs(20), |w| {
        let now = w.now;
        let _ = w.ends[0].stack.answer_reoffer(now, out, Ok(b"v=0\r\n".to_vec()));
        let _ = w.ends[1].stack.answer_reoffer(now, inc, Ok(b"v=0\r\n".to_vec()));
    });
    assert!(w.said(0, "SIP/2.0 491") >= 1 && w.said(1, "SIP/2.0 491") >= 1);
    for end in 0..2 {
        assert_eq!(w.heard(end, |e| matches!(e, Event::Reanswered { result: Ok(_), .. })), 1, "end {end}");
    }
}

#[test]
fn an_update_and_a_re_invite_that_cross_meet_491_too() {
    let mut w = world(Reliable::Supported, Reliable::Supported);
    let (out, inc) = world::talk(&mut w);
    let now = w.now;
    w.ends[0].stack.reinvite(now, out, b"v=0\r\no=a\r\n".to_vec()).unwrap();
    w.ends[1].stack.update(now, inc, b"v=0\r\no=b\r\n".to_vec()).unwrap();
    assert_eq!(
        w.ends[0].stack.update(now, out, b"v=0\r\n".to_vec()),
        Err(SipError::WrongState),
        "one at a time"
    );
    w.run(Duration::from_secs(20), |w| {
        let now = w.now;
        let _ = w.ends[0].stack.answer_reoffer(now, out, Ok(b"v=0\r\n".to_vec()));
        let _ = w.ends[1].stack.answer_reoffer(now, inc, Ok(b"v=0\r\n".to_vec()));
    });
    for end in 0..2 {
        assert!(w.said(end, "SIP/2.0 491") >= 1);
        assert_eq!(w.heard(end, |e| matches!(e, Event::Reanswered { result: Ok(_), .. })), 1, "end {end}");
    }
}

#[test]
fn one_update_while_another_waits_for_its_answer_meets_500_with_retry_after() {
    let mut w = world(Reliable::Supported, Reliable::Supported);
    let (out, inc) = world::talk(&mut w);
    let now = w.now;
    w.ends[0].stack.update(now, out, b"v=0\r\no=a\r\n".to_vec()).unwrap();
    w.run(ms(300), |_| {});
    // Our owner thinks about it; theirs gives up waiting and asks again, which a stack of ours would not do.
    let again =
        w.first(0, "UPDATE").replace("CSeq: 2", "CSeq: 3").replace("branch=z9hG4bK", "branch=z9hG4bKx");
    let flow = sip::Flow::udp(world::address(1), world::address(0));
    let now = w.now;
    w.ends[1].stack.receive(now, &flow, again.as_bytes());
    w.run(ms(100), |_| {});
    assert!(w.first(1, "SIP/2.0 500").contains("Retry-After: "));
    let now = w.now;
    w.ends[1].stack.answer_reoffer(now, inc, Err(488)).unwrap();
    w.run(ms(100), |_| {});
    assert_eq!(w.heard(0, |e| matches!(e, Event::Reanswered { result: Err(488), .. })), 1);
}

#[test]
fn a_prack_for_nothing_gets_481_and_a_repeated_one_its_answer() {
    let mut w = world(Reliable::Supported, Reliable::Supported);
    let (_, inc) = ringing(&mut w, Some("v=0\r\n"));
    let now = w.now;
    w.ends[1].stack.progress(now, inc, 183, b"v=0\r\n".to_vec()).unwrap();
    w.run(ms(300), |_| {});
    let prack = w.first(0, "PRACK").to_owned();
    let rack = prack.split("RAck: ").nth(1).unwrap().split("\r\n").next().unwrap().to_owned();
    let flow = sip::Flow::udp(world::address(1), world::address(0));
    let rows = [
        (prack.clone(), 200),
        (prack.replace("CSeq: 2", "CSeq: 3").replace("bK", "bKa"), 481),
        (prack.replace("CSeq: 2", "CSeq: 4").replace("bK", "bKb").replace(&rack, "7 1 INVITE"), 481),
        (
            prack
                .replace("CSeq: 2", "CSeq: 5")
                .replace("bK", "bKc")
                .replace(&format!("RAck: {rack}\r\n"), ""),
            481,
        ),
    ];
    for (text, status) in rows {
        let (now, seen) = (w.now, w.log.len());
        w.ends[1].stack.receive(now, &flow, text.as_bytes());
        w.drain();
        assert!(
            w.log[seen..].iter().any(|(_, t)| t.starts_with(&format!("SIP/2.0 {status}"))),
            "{text}\n{:#?}",
            &w.log[seen..]
        );
    }
}
