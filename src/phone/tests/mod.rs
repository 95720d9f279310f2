//! Two phones on loopback, as their owners hold them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod calls;
mod ends;
mod load;
mod registrar;
mod sounds;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use crate::{Account, Call, Dial, Media, Phone, PhoneError, Ringing, Transport};

/// Longest wait for anything.
pub(crate) const SOON: Duration = Duration::from_secs(5);

/// Nothing may take longer.
pub(crate) async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, work).await.expect("it takes too long")
}

/// An account whose server is only an address that calls are taken from.
pub(crate) fn account(user: &str, transport: Transport) -> Account {
    let nobody: SocketAddr = ([127, 0, 0, 1], 9).into();
    Account { transport, ..Account::new(user, "", nobody) }
}

pub(crate) async fn phone(user: &str) -> Phone {
    Phone::start(account(user, Transport::Udp)).await.unwrap()
}

pub(crate) fn uri(phone: &Phone) -> String {
    format!("sip:bob@{}", phone.address())
}

/// An INVITE from one to the other, at both ends.
pub(crate) async fn ringing(alice: &Phone, bob: &Phone, dial: Dial) -> (crate::Dialing, Ringing) {
    let dialing = alice.dial(Dial { to: uri(bob), ..dial }).unwrap();
    (dialing, soon(bob.incoming()).await.unwrap())
}

/// An answered call at both ends.
pub(crate) async fn talk(alice: &Phone, bob: &Phone) -> (Call, Call) {
    let (dialing, ringing) = ringing(alice, bob, Dial::to("")).await;
    let (a, b) = soon(async { tokio::join!(dialing.answered(), ringing.answer()) }).await;
    (a.unwrap(), b.unwrap())
}

/// Two phones in a call.
pub(crate) struct Pair {
    pub a: Call,
    pub b: Call,
    pub alice: Phone,
    pub bob: Phone,
}

pub(crate) async fn pair() -> Pair {
    let (alice, bob) = (phone("alice").await, phone("bob").await);
    let (a, b) = talk(&alice, &bob).await;
    Pair { a, b, alice, bob }
}

pub(crate) async fn phones_on(media: &Media) -> (Phone, Phone) {
    let alice = Phone::start_with(account("alice", Transport::Udp), media).await.unwrap();
    let bob = Phone::start_with(account("bob", Transport::Udp), media).await.unwrap();
    (alice, bob)
}

pub(crate) fn status(error: &PhoneError) -> Option<u16> {
    match error {
        PhoneError::Over(ending) => ending.status,
        other => panic!("{other}"),
    }
}
