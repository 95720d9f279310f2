//! Calls of browsers through the turn, with descriptions of nobody's real browser: what the hub is told and when, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bare;
#[path = "browsers/edges.rs"]
mod edges;
#[path = "browsers/world.rs"]
mod world;

use browser::{Order, Told, Why};
use media::INSIDE;
use sip::Event;
use sip::sdp::{self, Direction};
use switchboard::contract::{Input, Setup};
use world::{CITIZEN, CLEAR, OPERATOR, World, at, kinds, setup, stack, web_answer};

#[test]
fn the_hub_knows_each_leg_before_its_browser_can_and_meets_it_when_both_are_described() {
    let mut world = World::new();
    let offer = world.pages[CITIZEN].offer(Direction::SendRecv);
    world.call(offer);
    assert_eq!(
        kinds(&world.orders),
        ["open", "meet", "open"],
        "checks of who is rung may come before its answer"
    );
    let [Order::Open { leg, port, ours }, Order::Meet { leg: met, ours: still, far }, _] = &world.orders[..]
    else {
        panic!("{:?}", world.orders)
    };
    assert_eq!((leg, ours), (met, still));
    assert!(port.is_inside() && far.client && far.fingerprints == [[1; 32]]);
    let body = world.pages[CITIZEN].events.iter().find_map(|event| match event {
        Event::Answered { body, .. } => Some(body.clone()),
        _ => None,
    });
    let agreed =
        sdp::accept(&body.unwrap(), &sdp::Codec::ALL, Direction::SendRecv, &world.pages[CITIZEN].shield)
            .unwrap();
    assert_eq!(agreed.web.unwrap().theirs.fragment, ours.fragment);
    assert!(world.streams.iter().all(|s| s.rtcp_mux && s.remote == Some(INSIDE) && s.srtp.is_none()));
    world.pick_up(web_answer);
    assert_eq!(kinds(&world.orders), ["open", "meet", "open", "meet"]);
    let Order::Meet { far, .. } = &world.orders[3] else { panic!() };
    assert!(!far.client && far.fingerprints == [[2; 32]]);
}

#[test]
fn hold_leaves_the_hub_alone_and_a_restart_or_another_page_does_not() {
    let mut world = World::new();
    world.talk();
    let held = world.pages[CITIZEN].offer(Direction::SendOnly);
    assert!(world.reoffer(CITIZEN, held).unwrap().contains("a=recvonly\r\n"));
    assert!(world.orders.is_empty());
    assert!(world.streams.last().is_some_and(|s| !s.send && s.receive));
    let back = world.pages[CITIZEN].offer(Direction::SendRecv);
    assert!(world.reoffer(CITIZEN, back).unwrap().contains("a=sendrecv\r\n"));
    assert!(world.orders.is_empty());

    world.pages[CITIZEN].renew(7);
    let restart = world.pages[CITIZEN].offer(Direction::SendRecv);
    let answer = world.reoffer(CITIZEN, restart).unwrap();
    let [Order::Meet { ours, far, .. }] = &world.orders[..] else { panic!("{:?}", world.orders) };
    assert!(answer.contains(&format!("a=ice-ufrag:{}\r\n", ours.fragment)));
    assert_eq!(far.fingerprints, [[7; 32]]);
    world.orders.clear();
    assert_eq!(world.reoffer(CITIZEN, CLEAR.into()), Err(488), "it never becomes clear");
    assert!(world.orders.is_empty() && !world.ended(CITIZEN), "the call goes on");
}

#[test]
fn what_is_no_webrtc_is_refused_over_a_websocket_either_way() {
    let mut world = World::new();
    world.call(CLEAR.into());
    assert_eq!((world.failed(CITIZEN), world.orders.len()), (Some(488), 0));

    let mut world = World::new();
    let offer = world.pages[CITIZEN].offer(Direction::SendRecv);
    world.call(offer);
    world.pick_up(|_, _| CLEAR.into());
    assert!(world.ended(OPERATOR), "hung up at once");
    assert_eq!(kinds(&world.orders), ["open", "meet", "open", "close"]);
    assert!(!world.ended(CITIZEN), "who waits goes on waiting");
}

#[test]
fn a_browser_that_goes_without_a_word_is_hung_up_and_its_operator_rung_again() {
    let mut world = World::new();
    world.talk();
    let now = world.now();
    // The citizen's leg is the first.
    world.turn.handle(now, Input::Browser(Told::Gone(browser::Leg(2), Why::Closed)));
    world.settle();
    assert!(!world.ended(OPERATOR), "its BYE may be on its way");
    world.pages[OPERATOR].events.clear();
    world.turn.handle(now, Input::FlowClosed(2));
    world.settle();
    world.pass(600);
    (world.pages[OPERATOR].id, world.pages[OPERATOR].flow.id) = (3, 3);
    world.pages[OPERATOR].flow.local = at("10.1.0.2:40001");
    world.pages[OPERATOR].stack = stack(8);
    world.register(OPERATOR);
    world.pick_up(web_answer);
    assert!(!world.ended(CITIZEN), "the same call");
}

#[test]
fn a_leg_without_a_way_or_with_another_certificate_is_over_at_once() {
    for why in [Why::NoWay, Why::Certificate] {
        let mut world = World::new();
        world.talk();
        let now = world.now();
        world.turn.handle(now, Input::Browser(Told::Gone(browser::Leg(1), why)));
        world.settle();
        assert!(world.ended(CITIZEN), "{why:?}");
        let closed = |o: &Order| matches!(o, Order::Close { leg } if *leg == browser::Leg(1));
        assert!(!world.orders.iter().any(closed), "the hub knows it no more");
    }
}

#[test]
fn without_a_hub_a_browser_is_told_so() {
    let mut world = World::new();
    let none = Setup { browsers: None, ..setup() };
    world.turn.handle(world.now(), Input::Setup(Box::new(none)));
    let offer = world.pages[CITIZEN].offer(Direction::SendRecv);
    world.call(offer);
    assert_eq!((world.failed(CITIZEN), world.orders.len()), (Some(488), 0));
}
