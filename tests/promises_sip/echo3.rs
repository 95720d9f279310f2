//! Row 14: the citizen is asked by keys whether the echoes happened and how it was; satisfied, the case is archived.

use std::time::Duration;

use promise::{Answers, End, Event, Method, Proof, State, What};

use crate::house::{House, LIAISON, baresip_is_here, citizen};
use crate::patience::s;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn echo_3_with_keys_of_a_real_phone_archives_the_case() {
    if !baresip_is_here() {
        return;
    }
    let mut house = House::open().await;
    let mut citizen = citizen(&house, 700);
    let case = house.hand_over(false).await;
    house.receive(case).await;
    let by: promise::Name = LIAISON.1.into();
    let (method, proof) = (Method::Phone, Proof::Claimed);
    house.act(case, Event::CalledBack(proof, by.clone())).await;
    // The one-hour check goes first; here a person has made it.
    let called = Answers { first: Some(true), ..Answers::default() };
    house.act(case, Event::CheckedByPerson(called)).await;
    house.act(case, Event::Echo2 { method, proof, by: by.clone() }).await;
    house.act(case, Event::Reported(by)).await;
    tokio::task::block_in_place(|| citizen.answer());
    // It suits; then the notice, which no key cuts short, and three questions.
    for (key, told) in [("1", "followup.answered"), ("1", "followup.answered"), ("5", "followup.scored")] {
        let mut presses = 0;
        loop {
            tokio::task::block_in_place(|| citizen.keys(key));
            if house.tells(told, Duration::from_millis(1_500)).await {
                break;
            }
            presses += 1;
            assert!(presses < 20, "the key {key} is not taken");
        }
    }
    let done = house.until_case(case, "is archived", |c| c.state == State::Archived).await;
    let end = done.vows.get(&What::Echo3).and_then(|vow| vow.end).map(|(_, end)| end);
    assert!(matches!(end, Some(End::Kept(Proof::Proven(_)))), "{end:?}");
    tokio::task::block_in_place(|| citizen.until_event("CALL_CLOSED", s(15)));
    tokio::task::block_in_place(|| citizen.quit());
    house.close().await;
}
