//! Session timers (RFC 4028) between two stacks in virtual hours, and the Session-ID (RFC 7989) of all that they say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::time::Duration;

use sip::{Ended, Event, Policy, Reliable};
use world::{World, over, talk};

fn s(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn policy(timer: u64, min_se: u64) -> Policy {
    Policy { prack: Reliable::Off, session_timer: s(timer), min_se: s(min_se) }
}

fn world(calling: Policy, called: Policy) -> World {
    World::with(11, 0, [calling, called])
}

/// What Session-Expires said in the first message of this end that begins so.
fn said(w: &World, end: usize, begins: &str) -> Option<String> {
    let rest = w.first(end, begins).split("Session-Expires: ").nth(1)?;
    Some(rest.split("\r\n").next().unwrap().to_owned())
}

#[test]
fn the_interval_is_agreed_on_as_section_9_says() {
    let rows = [
        // Calling and called end: what they ask for and take; what the INVITE and the 200 say.
        (policy(1800, 90), policy(1800, 90), Some("1800;refresher=uac"), Some("1800;refresher=uac")),
        (policy(1800, 90), policy(600, 90), Some("1800;refresher=uac"), Some("600;refresher=uac")),
        (policy(1800, 900), policy(600, 90), Some("1800;refresher=uac"), Some("900;refresher=uac")),
        (policy(600, 90), policy(1800, 90), Some("600;refresher=uac"), Some("600;refresher=uac")),
        // Nobody may ask for less than the shortest interval that they take themselves.
        (policy(90, 120), policy(1800, 90), Some("120;refresher=uac"), Some("120;refresher=uac")),
        (policy(0, 90), policy(1800, 90), None, None),
        (policy(1800, 90), policy(0, 90), Some("1800;refresher=uac"), None),
    ];
    for (calling, called, asked, granted) in rows {
        let row = format!("{calling:?} calls {called:?}");
        let mut w = world(calling, called);
        talk(&mut w);
        assert_eq!(said(&w, 0, "INVITE").as_deref(), asked, "{row}");
        assert_eq!(said(&w, 1, "SIP/2.0 200").as_deref(), granted, "{row}");
        assert_eq!(w.first(1, "SIP/2.0 200").contains("Require: timer"), granted.is_some(), "{row}");
    }
}

#[test]
fn a_far_end_that_grants_less_than_it_may_is_refreshed_in_time_all_the_same() {
    let mut w = world(policy(1800, 300), policy(100, 90));
    w.edit = Some(|text| text.replace("Min-SE: 300", "Min-SE: 90"));
    talk(&mut w);
    assert_eq!(said(&w, 1, "SIP/2.0 200").as_deref(), Some("100;refresher=uac"));
    w.run(s(3600), |_| {});
    assert_eq!((w.heard(0, over), w.heard(1, over)), (0, 0));
}

/// Both ends may have settled on less than is usual: then that is what they go by.
#[test]
fn a_short_interval_that_our_own_min_se_allows_is_refreshed_at_its_half_time() {
    let mut w = world(policy(6, 6), policy(6, 6));
    talk(&mut w);
    w.run(s(60), |_| {});
    assert_eq!((w.heard(0, over), w.heard(1, over)), (0, 0));
    let updates = w.log.iter().filter(|(_, t)| t.starts_with("UPDATE ")).count();
    assert!((18..=20).contains(&updates), "one each 3 s: {updates}");
}

/// What an UPDATE before the answer says of the interval counts for nothing: the 2xx to the INVITE sets it.
#[test]
fn an_update_before_the_answer_sets_no_interval() {
    let with = |timer| Policy { prack: Reliable::Supported, ..policy(timer, 90) };
    let mut w = world(with(300), with(90));
    let out = w.call();
    w.run(s(1), |_| {});
    let (inc, now) = (w.incoming().unwrap(), w.now);
    w.ends[1].stack.progress(now, inc, 183, b"v=0\r\no=early\r\n".to_vec()).unwrap();
    w.run(s(1), |_| {});
    let now = w.now;
    w.ends[0].stack.update(now, out, b"v=0\r\no=update\r\n".to_vec()).unwrap();
    w.run(s(1), |w| {
        let now = w.now;
        let _ = w.ends[1].stack.answer_reoffer(now, inc, Ok(b"v=0\r\n".to_vec()));
    });
    let ok = |t: &String| t.contains(" UPDATE\r\n") && t.starts_with("SIP/2.0 200");
    assert!(!w.log.iter().find(|(_, t)| ok(t)).unwrap().1.contains("Session-Expires"));
    // It rings for longer than that interval.
    w.run(s(120), |_| {});
    assert_eq!((w.heard(0, over), w.heard(1, over)), (0, 0));
    // Another far end says it all the same, and that answer comes after the one to the INVITE.
    w.edit = Some(|text| {
        let update = text.contains(" UPDATE\r\n") && text.starts_with("SIP/2.0 200");
        let said = "\r\nSession-Expires: 120;refresher=uas\r\nContent-";
        if update { text.replacen("\r\nContent-", said, 1) } else { text }
    });
    let now = w.now;
    w.ends[0].stack.update(now, out, b"v=0\r\no=second\r\n".to_vec()).unwrap();
    w.run(ms(100), |_| {});
    w.loss = 100;
    let now = w.now;
    w.ends[1].stack.answer_reoffer(now, inc, Ok(b"v=0\r\n".to_vec())).unwrap();
    w.run(ms(1), |_| {});
    w.loss = 0;
    let now = w.now;
    w.ends[1].stack.accept(now, inc, Vec::new()).unwrap();
    w.run(s(1200), |_| {});
    assert_eq!((w.heard(0, over), w.heard(1, over)), (0, 0));
}

#[test]
fn too_short_an_interval_gets_422_and_the_second_try_is_long_enough() {
    let mut w = world(policy(100, 90), policy(1800, 300));
    talk(&mut w);
    assert!(w.first(1, "SIP/2.0 422").contains("Min-SE: 300\r\n"));
    let second = w.log.iter().find(|(_, t)| t.starts_with("INVITE") && t.contains("CSeq: 2 INVITE")).unwrap();
    assert!(
        second.1.contains("Session-Expires: 300;refresher=uac\r\n") && second.1.contains("Min-SE: 300\r\n")
    );
    let call_id = |t: &str| t.split("Call-ID: ").nth(1).unwrap().split("\r\n").next().unwrap().to_owned();
    assert_eq!(call_id(&second.1), call_id(w.first(0, "INVITE")), "section 7.4: the same Call-ID");
    assert_eq!(w.heard(0, |e| matches!(e, Event::Answered { .. })), 1);
}

#[test]
fn a_422_that_asks_for_nothing_longer_is_a_refusal() {
    let mut w = world(policy(100, 90), policy(1800, 300));
    w.edit = Some(|text| text.replace("Min-SE: 300", "Min-SE: 90"));
    w.call();
    w.run(s(5), |_| {});
    assert_eq!(w.heard(0, |e| matches!(e, Event::Failed { status: 422, .. })), 1);
    assert!(w.said(0, "INVITE") <= 2, "it is not tried for ever");
}

#[test]
fn a_talk_of_three_hours_is_refreshed_by_update_at_half_time() {
    let mut w = world(policy(180, 90), policy(1800, 90));
    talk(&mut w);
    w.run(s(3 * 3600), |_| {});
    assert_eq!((w.heard(0, over), w.heard(1, over)), (0, 0));
    let (ours, theirs) = (w.said(0, "UPDATE"), w.said(1, "UPDATE"));
    assert!(
        (115..=120).contains(&ours) && theirs == 0,
        "each 90 s by who placed the call: {ours} and {theirs}"
    );
    assert!(w.first(0, "UPDATE").contains("Session-Expires: 180;refresher=uac\r\n"));
    assert!(!w.first(0, "UPDATE").contains("v=0"), "section 7.4: without an offer");
    assert_eq!(w.heard(1, |e| matches!(e, Event::Reoffer { .. })), 0, "a refresh changes nothing");
}

#[test]
fn a_talk_over_a_wire_that_loses_a_third_is_kept_too() {
    let mut w = World::with(12, 0, [policy(180, 90), policy(1800, 90)]);
    talk(&mut w);
    w.loss = 30;
    w.run(s(2 * 3600), |_| {});
    assert_eq!((w.heard(0, over), w.heard(1, over)), (0, 0));
}

#[test]
fn the_called_end_refreshes_where_the_caller_leaves_that_to_it() {
    let mut w = world(policy(180, 90), policy(1800, 90));
    w.edit = Some(|text| text.replace("refresher=uac", "refresher=uas"));
    let mut calls = 0;
    talk(&mut w);
    w.edit = None;
    w.run(s(3600), |_| calls += 1);
    assert_eq!((w.heard(0, over), w.heard(1, over)), (0, 0), "after {calls} steps");
    assert!(w.said(1, "UPDATE") >= 39 && w.said(0, "UPDATE") == 0);
    // It refreshes as the sender of the UPDATE: its own end is that request's client.
    assert!(w.first(1, "UPDATE").contains("Session-Expires: 180;refresher=uac\r\n"));
}

#[test]
fn a_far_end_without_update_is_refreshed_by_re_invite_with_the_description_that_stands() {
    let mut w = world(policy(180, 90), policy(1800, 90));
    w.edit = Some(|text| text.replace("UPDATE, ", ""));
    let (_, inc) = talk(&mut w);
    w.run(s(400), |w| {
        let now = w.now;
        let _ = w.ends[1].stack.answer_reoffer(now, inc, Ok(b"v=0\r\n".to_vec()));
    });
    assert_eq!(w.said(0, "UPDATE"), 0);
    let again = w.log.iter().filter(|(_, t)| {
        t.starts_with("INVITE") && t.contains("To: ") && t.contains(";tag=") && t.ends_with("\r\n\r\nv=0\r\n")
    });
    assert!(again.count() >= 4);
    assert_eq!(w.heard(0, |e| matches!(e, Event::Reanswered { .. })), 0, "the same answer is no news");
    assert_eq!((w.heard(0, over), w.heard(1, over)), (0, 0));
}

#[test]
fn an_update_that_is_not_known_after_all_is_followed_by_a_re_invite() {
    let mut w = world(policy(180, 90), policy(1800, 90));
    let (_, inc) = talk(&mut w);
    w.edit = Some(|text| {
        if text.starts_with("UPDATE") {
            text.replace("UPDATE", "NONSENSE")
        } else {
            text.replace("NONSENSE", "UPDATE")
        }
    });
    w.run(s(120), |w| {
        let now = w.now;
        let _ = w.ends[1].stack.answer_reoffer(now, inc, Ok(b"v=0\r\n".to_vec()));
    });
    assert!(w.said(1, "SIP/2.0 501") >= 1);
    assert!(w.said(0, "INVITE") >= 2, "section 7.4 leaves the way to us");
    assert_eq!((w.heard(0, over), w.heard(1, over)), (0, 0));
}

#[test]
fn a_session_that_nobody_refreshes_ends_a_third_before_its_interval() {
    let mut w = world(policy(90, 90), policy(1800, 90));
    talk(&mut w);
    // The far end hears nothing of us any more: ours finds its refresh unanswered, theirs misses it.
    w.loss = 100;
    let start = w.now;
    let mut ended = None;
    w.run(s(80), |w| {
        if ended.is_none() && w.heard(1, over) == 1 {
            ended = Some(w.now);
        }
    });
    assert_eq!(w.heard(1, |e| matches!(e, Event::Ended { how: Ended::Expired, .. })), 1);
    let after = ended.unwrap() - start;
    assert!(after > s(58) && after < s(61), "90 s less 30 s, from the answer on: {after:?}");
    assert!(w.first(1, "BYE").contains("Reason: SIP;cause=408"));
    assert_eq!(w.heard(0, over), 1, "ours too");
    w.run(s(200), |_| {});
    assert_eq!((w.ends[0].stack.counts(), w.ends[1].stack.counts()), ((0, 0, 0), (0, 0, 0)));
}

#[test]
fn a_long_session_ends_32_seconds_before_its_interval() {
    let mut w = world(policy(1800, 90), policy(1800, 90));
    // Nobody asks by OPTIONS either.
    w.ask_every(Duration::ZERO);
    talk(&mut w);
    // Who would refresh is not heard any more.
    w.loss = 100;
    w.run(s(1760), |_| {});
    assert_eq!(w.heard(1, over), 0);
    w.run(s(10), |_| {});
    assert_eq!(w.heard(1, |e| matches!(e, Event::Ended { how: Ended::Expired, .. })), 1);
}

#[test]
fn every_message_of_a_session_bears_its_session_id() {
    let mut w = world(policy(180, 90), policy(180, 90));
    let (out, inc) = talk(&mut w);
    let now = w.now;
    w.ends[0].stack.reinvite(now, out, b"v=0\r\n".to_vec()).unwrap();
    w.run(s(1), |w| {
        let now = w.now;
        let _ = w.ends[1].stack.answer_reoffer(now, inc, Ok(b"v=0\r\n".to_vec()));
    });
    w.run(s(100), |_| {});
    let now = w.now;
    w.ends[1].stack.press(now, inc, sip::Pressed('5'), Duration::from_millis(160)).unwrap();
    w.run(s(1), |_| {});
    let now = w.now;
    w.ends[0].stack.hang_up(now, out, None);
    w.run(s(1), |_| {});
    let mut pairs = [Vec::new(), Vec::new()];
    for (end, text) in &w.log {
        let value = text.split("Session-ID: ").nth(1).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(text.matches("Session-ID: ").count(), 1, "{text}");
        let (local, remote) = value.split("\r\n").next().unwrap().split_once(";remote=").unwrap();
        pairs[*end].push((local.to_owned(), remote.to_owned()));
    }
    let nil = "0".repeat(32);
    assert_eq!(pairs[0][0].1, nil, "the INVITE can't know the other one yet");
    let (ours, theirs) = (&pairs[0][0].0, &pairs[1][0].0);
    assert!(ours != theirs && ours.len() == 32 && &ours[12..13] == "4");
    for (end, own, other) in [(0, ours, theirs), (1, theirs, ours)] {
        assert!(
            pairs[end].iter().all(|(l, r)| l == own && (r == other || *r == nil)),
            "end {end}: {:?}",
            pairs[end]
        );
        let learnt = pairs[end].iter().filter(|(_, r)| r == other).count();
        assert!(learnt + 1 >= pairs[end].len(), "only the first INVITE is without");
    }
}
