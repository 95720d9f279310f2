//! webrtc-rs as the browser, over loopback: sound both ways through a room, keys, ICE restart, and what must be refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "webrtc/house.rs"]
mod house;
#[path = "webrtc/peer.rs"]
mod peer;

use std::net::UdpSocket;
use std::time::Duration;

use browser::{Told, Why};
use house::{House, within};
use media::Event;
use media::command::{self, Command, Digits};
use peer::Peer;
use sip::sdp::{self, Direction};

#[tokio::test(flavor = "multi_thread")]
async fn two_browsers_hear_each_other_and_not_themselves_and_a_key_arrives() {
    let mut house = House::open(2).await;
    let (mut one, mut two) = (Peer::open().await, Peer::open().await);
    let mut first = house.line(1);
    let answer = house.answer(&mut first, &one.offer(false).await, false);
    one.take_answer(answer).await;
    // The second is called: our offer, its answer.
    let mut second = house.line(2);
    let offer = sdp::offer(house::local(), &[sdp::Codec::Pcma], Direction::SendRecv, &second.shield);
    house.begin(&second, None);
    let answer = two.answer(String::from_utf8(offer).unwrap()).await;
    let agreed =
        sdp::accept(answer.as_bytes(), &sdp::Codec::ALL, Direction::SendRecv, &second.shield).unwrap();
    house.meet(&mut second, &agreed);

    one.speak(500.0, Some('7'));
    two.speak(900.0, None);
    one.hears(900.0, 500.0).await;
    two.hears(500.0, 900.0).await;
    let leg = command::Leg(1);
    loop {
        match within(house.sound.recv()).await.unwrap() {
            Event::Digit { leg: on, key, .. } => {
                assert_eq!((on, key.0), (leg, '7'));
                break;
            }
            Event::FirstPacket { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    house.send(Command::SendDigits {
        leg,
        digits: Digits::new("5").unwrap(),
        hold: Duration::from_millis(80),
    });
    assert_eq!(house.forged(), 0);

    // The call ends here: the browser's end is told.
    let packets = one.packets();
    assert!(packets > 0);
    house.close(&first);
    let closed = within(async {
        loop {
            if let Some(Event::LegClosed { leg, stats, .. }) = house.sound.recv().await {
                return (leg, stats);
            }
        }
    });
    let (leg, stats) = closed.await;
    assert_eq!(leg, command::Leg(1));
    assert!(stats.received > 25 && stats.sent > 25 && stats.strangers == 0, "{stats:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ice_restart_keeps_the_call_and_its_keys() {
    let mut house = House::open(2).await;
    let (mut one, mut two) = (Peer::open().await, Peer::open().await);
    let (mut first, mut second) = (house.line(1), house.line(2));
    for (peer, line) in [(&mut one, &mut first), (&mut two, &mut second)] {
        let answer = house.answer(line, &peer.offer(false).await, false);
        peer.take_answer(answer).await;
    }
    one.speak(500.0, None);
    two.speak(900.0, None);
    one.hears(900.0, 500.0).await;
    for _ in 0..3 {
        let before = first.shield.ice().unwrap();
        let answer = house.answer(&mut first, &one.offer(true).await, true);
        assert_ne!(first.shield.ice().unwrap(), before, "ours change too");
        assert!(answer.contains("a=setup:active"), "the side of the handshake is kept: {answer}");
        one.take_answer(answer).await;
        one.hears(900.0, 500.0).await;
        two.hears(500.0, 900.0).await;
    }
    assert!(house.told.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shows_another_certificate_than_its_description_names_has_no_leg() {
    let mut house = House::open(2).await;
    let mut peer = Peer::open().await;
    let mut line = house.line(1);
    let offer = peer.offer(false).await;
    let at = offer.find("a=fingerprint:sha-256 ").unwrap() + "a=fingerprint:sha-256 ".len();
    let other = if &offer[at..at + 2] == "00" { "01" } else { "00" };
    let forged = offer.replace(&offer[at..at + 95], &format!("{other}{}", &offer[at + 2..at + 95]));
    let answer = house.answer(&mut line, &forged, false);
    peer.take_answer(answer).await;
    peer.speak(500.0, None);
    assert_eq!(within(house.told.recv()).await, Some(Told::Gone(line.leg, Why::Certificate)));
    let deaf = house.sound.try_recv();
    assert!(!matches!(deaf, Ok(Event::FirstPacket { .. })), "nothing of it was heard");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_closes_its_end_is_told_at_once() {
    let mut house = House::open(1).await;
    let mut peer = Peer::open().await;
    let mut line = house.line(1);
    let answer = house.answer(&mut line, &peer.offer(false).await, false);
    peer.take_answer(answer).await;
    peer.speak(500.0, None);
    while !matches!(within(house.sound.recv()).await, Some(Event::FirstPacket { .. })) {}
    peer.pc.close().await.unwrap();
    assert_eq!(within(house.told.recv()).await, Some(Told::Gone(line.leg, Why::Closed)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_on_the_port_is_dropped_and_answered_with_nothing() {
    let mut house = House::open(2).await;
    let (mut one, mut two) = (Peer::open().await, Peer::open().await);
    let (mut first, mut second) = (house.line(1), house.line(2));
    for (peer, line) in [(&mut one, &mut first), (&mut two, &mut second)] {
        let answer = house.answer(line, &peer.offer(false).await, false);
        peer.take_answer(answer).await;
    }
    one.speak(500.0, None);
    two.speak(900.0, None);
    one.hears(900.0, 500.0).await;
    let port = house.home.candidates[0];
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    let fragment = first.shield.ice().unwrap().fragment;
    let mut check = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    check.extend([7; 12]);
    let name = format!("{fragment}:x");
    check.extend([0, 6, 0, name.len() as u8]);
    check.extend(name.bytes().chain([0; 4]).take(name.len().next_multiple_of(4)));
    let mut rtp = vec![0x80, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1];
    rtp.resize(172, 0xd5);
    let hello = [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0];
    for n in 0..2_000u32 {
        for datagram in [&check[..], &rtp, &hello, &n.to_be_bytes(), &[]] {
            // A full buffer loses some, as any network.
            let _ = socket.send_to(datagram, port);
        }
    }
    one.hears(900.0, 500.0).await;
    two.hears(500.0, 900.0).await;
    assert!(house.strangers() > 1_000, "{}", house.strangers());
    assert_eq!(house.forged(), 0, "what is not signed at all is a stranger's");
    let mut answer = [0; 64];
    assert!(socket.recv_from(&mut answer).is_err(), "who is no leg is told nothing");
    assert!(house.told.try_recv().is_err());
}
