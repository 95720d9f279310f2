//! The edges of browsers' calls: CANCEL, UPDATE, late offers, trickled candidates, keys, and taking over from or by a phone that
//! is no browser.

use std::time::Duration;

use browser::Order;
use sip::sdp::{self, Codec, Direction};
use sip::{Event, Pressed};
use switchboard::contract::Input;

use super::world::{CITIZEN, CLEAR, OPERATOR, World, described, kinds, web_answer};

/// So long a port rests, and a little more.
const REST: i64 = 2_500;

fn closes(orders: &[Order]) -> usize {
    orders.iter().filter(|order| matches!(order, Order::Close { .. })).count()
}

fn hang_up(world: &mut World, page: usize) {
    let (now, session) = (world.now().mono, world.pages[page].session());
    world.pages[page].stack.hang_up(now, session, None);
    world.settle();
}

/// The operator's browser rings.
fn ring(world: &mut World) {
    world.pass(100);
    let (now, session) = (world.now().mono, world.pages[OPERATOR].session());
    world.pages[OPERATOR].stack.progress(now, session, 180, Vec::new()).unwrap();
    world.settle();
}

/// Nothing is left of any call: legs and ports.
fn all_given_back(world: &mut World) {
    world.pass(REST);
    let now = world.now().mono;
    let counts = world.turn.counts(now);
    assert_eq!((counts.calls, counts.legs, counts.free_ports), (0, 0, 1), "{counts:?}");
}

#[test]
fn a_browser_that_rings_is_cancelled_and_its_leg_closed_also_when_its_answer_crosses() {
    for crosses in [false, true] {
        let mut world = World::new();
        let offer = world.pages[CITIZEN].offer(Direction::SendRecv);
        world.call(offer);
        ring(&mut world);
        let (now, session) = (world.now().mono, world.pages[OPERATOR].session());
        assert!(!world.ended(OPERATOR) && kinds(&world.orders) == ["open", "meet", "open"]);
        if crosses {
            let rung = world.pages[OPERATOR].events.iter().rev().find_map(|event| match event {
                Event::Incoming { offer, .. } => offer.clone(),
                _ => None,
            });
            let answer = web_answer(&world.pages[OPERATOR], &rung.unwrap());
            world.pages[OPERATOR].stack.accept(now, session, answer).unwrap();
        }
        hang_up(&mut world, CITIZEN);
        assert!(world.ended(OPERATOR), "crosses: {crosses}");
        assert_eq!(closes(&world.orders), 2, "crosses: {crosses}: {:?}", kinds(&world.orders));
        all_given_back(&mut world);
    }
}

#[test]
fn update_changes_a_browsers_session_as_a_second_invite_does() {
    let mut world = World::new();
    world.talk();
    let held = world.pages[CITIZEN].offer(Direction::SendOnly);
    assert!(world.update(CITIZEN, held).unwrap().contains("a=recvonly\r\n"));
    assert!(world.orders.is_empty() && world.streams.last().is_some_and(|s| !s.send && s.receive));
    world.pages[CITIZEN].renew(7);
    let restart = world.pages[CITIZEN].offer(Direction::SendRecv);
    let answer = world.update(CITIZEN, restart).unwrap();
    let [Order::Meet { ours, far, .. }] = &world.orders[..] else { panic!("{:?}", world.orders) };
    assert!(answer.contains(&format!("a=ice-ufrag:{}\r\n", ours.fragment)));
    assert_eq!(far.fingerprints, [[7; 32]]);
    world.orders.clear();
    assert_eq!(world.update(CITIZEN, CLEAR.into()), Err(488), "it never becomes clear");
    assert!(world.orders.is_empty() && !world.ended(CITIZEN), "the call goes on");
}

#[test]
fn an_invite_without_description_is_offered_webrtc_and_its_ack_must_answer_with_that() {
    for clear in [false, true] {
        let mut world = World::new();
        world.invite(CITIZEN, None, Vec::new());
        let offer = described(&world.pages[CITIZEN]);
        assert!(sdp::is_web(&offer), "{}", String::from_utf8_lossy(&offer));
        assert_eq!(kinds(&world.orders), ["open", "open"], "its checks may come before its answer");
        ring(&mut world);
        let page = &mut world.pages[CITIZEN];
        let answer = if clear { CLEAR.into() } else { web_answer(page, &offer) };
        let session = page.session();
        page.stack.ack(session, answer).unwrap();
        world.settle();
        if clear {
            assert!(world.ended(CITIZEN), "hung up");
            all_given_back(&mut world);
        } else {
            assert_eq!(kinds(&world.orders), ["open", "open", "meet"]);
            let Order::Meet { leg, far, .. } = &world.orders[2] else { panic!() };
            assert_eq!((leg.0, &far.fingerprints[..]), (1, &[[1; 32]][..]));
            world.pick_up(web_answer);
            assert!(!world.ended(CITIZEN) && !world.ended(OPERATOR));
        }
    }
}

#[test]
fn keys_by_info_count_and_trickled_candidates_are_refused_properly() {
    let mut world = World::new();
    world.talk();
    let (now, session) = (world.now().mono, world.pages[OPERATOR].session());
    for key in ['*', '1'] {
        world.pages[OPERATOR].stack.press(now, session, Pressed(key), Duration::from_millis(100)).unwrap();
        world.settle();
    }
    assert_eq!(world.muted, [true], "*1 mutes");
    // A candidate behind the description (RFC 8840 section 4.4).
    let names = world.pages[OPERATOR].stack.replaces(session).unwrap().to_string();
    let (call_id, tags) = names.split_once(';').unwrap();
    let tag = |name: &str| tags.split(';').find_map(|part| part.strip_prefix(name)).unwrap();
    let body = "a=ice-ufrag:abcd\r\na=mid:0\r\na=candidate:1 1 UDP 1 192.0.2.9 9 typ host\r\n";
    let text = format!(
        "INFO sip:89000@10.0.0.1:5066;transport=ws SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bKtrickle\r\n\
         Max-Forwards: 70\r\nFrom: <sip:op1@hotline>;tag={}\r\nTo: <sip:89000@hotline>;tag={}\r\nCall-ID: {call_id}\r\n\
         CSeq: 900 INFO\r\nInfo-Package: trickle-ice\r\nContent-Disposition: Info-Package\r\n\
         Content-Type: application/trickle-ice-sdpfrag\r\nContent-Length: {}\r\n\r\n{body}",
        tag("from-tag="),
        tag("to-tag="),
        body.len()
    );
    let page = &world.pages[OPERATOR];
    let back = sip::Flow::new(page.flow.transport, page.flow.remote, page.flow.local, page.id);
    world.turn.handle(world.now(), Input::Message(back, text.into_bytes()));
    world.settle();
    let refusal = world.said.last().unwrap();
    assert!(refusal.starts_with("SIP/2.0 469 Bad Info Package\r\n"), "{refusal}");
    assert!(refusal.contains("\r\nRecv-Info:"), "{refusal}");
    assert!(!world.ended(OPERATOR) && !world.ended(CITIZEN) && world.orders.is_empty());
}

#[test]
fn an_ordinary_phone_takes_over_from_a_browser_and_the_browser_takes_the_call_back() {
    let mut world = World::new();
    world.talk();
    let phone = world.second_phone();
    world.take_over(phone, OPERATOR, CLEAR.into());
    assert_eq!(world.failed(phone), Some(488), "an encrypted leg stays one");
    assert!(!world.ended(OPERATOR) && world.orders.is_empty() && world.moved.is_empty());
    // The port that was meant for it rests.
    world.pass(REST);

    let page = &world.pages[phone];
    let offer = sdp::offer(page.local(), &[Codec::Pcma], Direction::SendRecv, &page.shield);
    world.take_over(phone, OPERATOR, offer);
    let answer = described(&world.pages[phone]);
    let agreed =
        sdp::accept(&answer, &sdp::Codec::ALL, Direction::SendRecv, &world.pages[phone].shield).unwrap();
    assert!(agreed.srtp.is_some() && agreed.remote.port() == 20_000, "{agreed:?}");
    assert!(world.ended(OPERATOR) && !world.ended(CITIZEN));
    let [Order::Close { leg: before }] = world.orders[..] else { panic!("{:?}", world.orders) };
    assert!(!world.moved[0].is_inside() && world.streams.last().unwrap().srtp.is_some());
    world.orders.clear();

    let offer = world.pages[OPERATOR].offer(Direction::SendRecv);
    world.take_over(OPERATOR, phone, offer);
    assert!(sdp::is_web(&described(&world.pages[OPERATOR])));
    assert!(world.ended(phone) && !world.ended(CITIZEN) && !world.ended(OPERATOR));
    let [Order::Open { leg: after, port, .. }, Order::Meet { leg: met, .. }] = &world.orders[..] else {
        panic!("{:?}", world.orders)
    };
    assert!(*after != before && after == met && port.is_inside() && world.moved[1] == *port);
    assert!(world.streams.last().is_some_and(|s| s.rtcp_mux && s.srtp.is_none()));

    hang_up(&mut world, CITIZEN);
    world.pass(100);
    if !world.ended(OPERATOR) {
        hang_up(&mut world, OPERATOR);
    }
    all_given_back(&mut world);
}
