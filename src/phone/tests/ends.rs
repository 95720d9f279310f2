//! How calls end: by either end, before and after the answer, and when their holder goes.

use super::{pair, phone, ringing, soon, status, talk};
use crate::{Dial, EndedBy, PhoneError};

#[tokio::test]
async fn either_end_hangs_up() {
    let one = pair().await;
    one.a.hang_up_because("Q.850;cause=16;text=\"bye\"");
    let (us, them) = (soon(one.a.ended()).await, soon(one.b.ended()).await);
    assert_eq!((us.by, them.by, them.q850), (EndedBy::Us, EndedBy::Them, Some(16)));
    assert!(them.talked.is_some() && them.lasted >= them.talked.unwrap());
    let other = pair().await;
    other.b.hang_up();
    assert_eq!(soon(other.a.ended()).await.by, EndedBy::Them);
    assert_eq!((other.alice.calls(), other.bob.calls()), (0, 0));
}

#[tokio::test]
async fn a_call_is_cancelled_while_it_rings() {
    let (alice, bob) = (phone("alice").await, phone("bob").await);
    let (dialing, ringing) = ringing(&alice, &bob, Dial::to("")).await;
    let ending = soon(dialing.cancel()).await;
    assert_eq!((ending.by, ending.status, ending.talked), (EndedBy::Us, Some(487), None));
    assert_eq!(soon(ringing.ended()).await.by, EndedBy::Cancelled);
    let late = soon(ringing.answer()).await;
    assert!(matches!(late, Err(PhoneError::Over(e)) if e.by == EndedBy::Cancelled));
}

#[tokio::test]
async fn a_holder_that_goes_hangs_up() {
    let pair = pair().await;
    drop(pair.b);
    assert_eq!(soon(pair.a.ended()).await.by, EndedBy::Them);

    let (dialing, rings) = ringing(&pair.alice, &pair.bob, Dial::to("")).await;
    drop(rings);
    assert_eq!(status(&soon(dialing.answered()).await.err().unwrap()), Some(480));

    let (dialing, rings) = ringing(&pair.alice, &pair.bob, Dial::to("")).await;
    drop(dialing);
    assert_eq!(soon(rings.ended()).await.by, EndedBy::Cancelled);
}

#[tokio::test]
async fn a_phone_that_goes_takes_its_calls_with_it() {
    let (alice, bob) = (phone("alice").await, phone("bob").await);
    let (a, b) = talk(&alice, &bob).await;
    let (_dialing, rings) = ringing(&alice, &bob, Dial::to("")).await;
    drop(alice);
    assert_eq!(soon(a.ended()).await.by, EndedBy::Us);
    assert_eq!(soon(b.ended()).await.by, EndedBy::Them);
    assert_eq!(soon(rings.ended()).await.by, EndedBy::Cancelled);
    bob.stop();
    assert!(matches!(soon(bob.incoming()).await, Err(PhoneError::Stopped)));
    assert!(matches!(bob.dial("1"), Err(PhoneError::Stopped)));
}

#[tokio::test]
async fn a_change_of_a_call_that_ends_is_told() {
    let pair = pair().await;
    pair.a.hang_up();
    assert!(soon(pair.a.hold()).await.is_err());
    assert!(soon(pair.a.digits("1")).await.is_err());
    assert!(soon(pair.a.info_digits("1")).await.is_err());
}
