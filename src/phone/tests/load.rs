//! Many calls on one thread that only counts.

use std::time::Duration;

use super::{phones_on, soon, talk};
use crate::{Ear, Media};

/// Between two looks.
const POLL: Duration = Duration::from_millis(20);

#[tokio::test]
async fn a_hundred_legs_on_one_thread_send_and_count_each_frame() {
    // Each end counts on a thread of its own: legs that share a socket are told apart by the far end's, so the others listen.
    let (counting, listening) = (Media::start(Ear::Counting).unwrap(), Media::start(Ear::Listening).unwrap());
    let (alice, _) = phones_on(&counting).await;
    let (_, bob) = phones_on(&listening).await;
    let mut calls = Vec::new();
    for _ in 0..50 {
        calls.push(talk(&alice, &bob).await);
    }
    let whole = async {
        while calls.iter().any(|(a, _)| a.stats().packets < 50) {
            tokio::time::sleep(POLL).await;
        }
    };
    soon(whole).await;
    for (a, b) in &calls {
        let (a, b) = (a.stats(), b.stats());
        assert_eq!((a.lost, a.strays, a.sources), (0, 0, 1));
        assert_eq!((b.lost, b.strays, b.sources), (0, 0, 1));
        assert!(a.shortfall() <= 1 && b.shortfall() <= 1, "{a:?} {b:?}");
        assert!(a.first_packet.is_some());
    }
    assert!(calls.iter().all(|(a, _)| a.tape().samples.is_empty()), "nothing is kept");
}
