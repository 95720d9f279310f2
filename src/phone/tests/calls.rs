//! Setting up: what is seen on the way, headers, refusals, hold, over UDP and TCP.

use super::{SOON, account, pair, phone, ringing, soon, status, talk, uri};
use crate::{Codec, Dial, Direction, EndedBy, Phone, PhoneError, Transport};

#[tokio::test]
async fn the_called_end_sees_who_calls_and_what_is_told() {
    let (alice, bob) = (phone("alice").await, phone("bob").await);
    let dial =
        Dial::to("").caller("13800000000").display("Case 12").header("User-to-User", "3132;encoding=hex");
    let (dialing, ringing) = ringing(&alice, &bob, dial).await;
    assert_eq!(ringing.caller().as_deref(), Some("13800000000"));
    assert_eq!(ringing.display().as_deref(), Some("Case 12"));
    assert_eq!(ringing.header("user-to-user").as_deref(), Some("3132;encoding=hex"));
    ringing.ring().unwrap();
    soon(dialing.until_progress(180)).await.unwrap();
    assert_eq!(dialing.progress(), [180]);
    let (a, b) = soon(async { tokio::join!(dialing.answered(), ringing.answer()) }).await;
    let (a, b) = (a.unwrap(), b.unwrap());
    assert!(a.is_up() && b.is_up());
    assert_eq!((a.codec(), b.codec()), (Some(Codec::Pcma), Some(Codec::Pcma)));
    assert_eq!(b.header("User-to-User").as_deref(), Some("3132;encoding=hex"));
    assert!(a.header("Contact").is_some(), "of the 200");
}

#[tokio::test]
async fn a_refusal_has_its_status() {
    let (alice, bob) = (phone("alice").await, phone("bob").await);
    for refusal in [486, 603] {
        let (dialing, ringing) = ringing(&alice, &bob, Dial::to("")).await;
        ringing.reject(refusal);
        let error = soon(dialing.answered()).await.err().unwrap();
        assert_eq!(status(&error), Some(refusal));
    }
    assert_eq!((alice.calls(), bob.calls()), (0, 0));
}

#[tokio::test]
async fn phones_without_a_codec_in_common_do_not_talk() {
    let mu = crate::Account { codecs: vec![Codec::Pcmu], ..account("alice", Transport::Udp) };
    let alice = Phone::start(mu).await.unwrap();
    let bob = phone("bob").await;
    let (a, _b) = talk(&alice, &bob).await;
    assert!(a.is_up(), "mu-law is spoken too");
    // An offer that names no audio: what a phone answers is refused by its own rules.
    let deaf = crate::Account { codecs: Vec::new(), ..account("carol", Transport::Udp) };
    let carol = Phone::start(deaf).await.unwrap();
    let (dialing, ringing) = ringing(&carol, &bob, Dial::to("")).await;
    assert!(matches!(soon(ringing.answer()).await, Err(PhoneError::Sdp(_))));
    assert_eq!(status(&soon(dialing.answered()).await.err().unwrap()), Some(488));
}

#[tokio::test]
async fn hold_and_retrieval_are_seen_at_both_ends() {
    let pair = pair().await;
    soon(pair.a.hold()).await.unwrap();
    assert_eq!(pair.a.direction(), Direction::SendOnly);
    pair.b.until_direction(Direction::RecvOnly, SOON).await.unwrap();
    soon(pair.a.reoffer(Direction::Inactive)).await.unwrap();
    pair.b.until_direction(Direction::Inactive, SOON).await.unwrap();
    soon(pair.a.unhold()).await.unwrap();
    pair.b.until_direction(Direction::SendRecv, SOON).await.unwrap();
    soon(pair.b.hold()).await.unwrap();
    pair.a.until_direction(Direction::RecvOnly, SOON).await.unwrap();
    assert!(pair.a.is_up() && pair.b.is_up());
}

#[tokio::test]
async fn calls_go_over_tcp_both_ways() {
    let alice = Phone::start(account("alice", Transport::Tcp)).await.unwrap();
    let bob = Phone::start(account("bob", Transport::Tcp)).await.unwrap();
    let (a, b) = talk(&alice, &bob).await;
    b.hang_up();
    assert_eq!(soon(a.ended()).await.by, EndedBy::Them);
    let (a, b) = talk(&bob, &alice).await;
    a.hang_up();
    assert_eq!(soon(b.ended()).await.by, EndedBy::Them);
}

#[tokio::test]
async fn a_connection_that_nobody_takes_is_a_refusal() {
    let alice = Phone::start(account("alice", Transport::Tcp)).await.unwrap();
    let error = soon(alice.call("89000")).await.err().unwrap();
    assert_eq!(status(&error), Some(503));
}

#[tokio::test]
async fn what_is_no_number_is_not_called() {
    let alice = phone("alice").await;
    for bad in ["", "8 9", "sip:", "sip:a@example.org", "a@b", "8\r\n9"] {
        assert!(matches!(alice.dial(bad), Err(PhoneError::Unreachable)), "{bad:?}");
    }
    for good in ["89000", "+8613800000000", "*61#"] {
        assert!(alice.dial(good).is_ok(), "{good}");
    }
}

#[tokio::test]
async fn one_phone_has_many_calls_in_the_order_they_came() {
    let (alice, bob) = (phone("alice").await, phone("bob").await);
    let mut calls = Vec::new();
    for number in ["1", "2", "3"] {
        calls.push(alice.dial(Dial { to: uri(&bob), ..Dial::to("").caller(number) }).unwrap());
    }
    let mut callers = Vec::new();
    let mut rung = Vec::new();
    for _ in 0..3 {
        let ringing = soon(bob.incoming()).await.unwrap();
        callers.extend(ringing.caller());
        rung.push(ringing);
    }
    assert_eq!(callers, ["1", "2", "3"]);
    assert_eq!((alice.calls(), bob.calls()), (3, 3));
}
