//! Rows 7 and 8: the liaison takes the case over and wants the citizen now; both talk, which is the proof.

use promise::{End, Proof, State, What};

use crate::house::{CITIZEN, House, LIAISON, answered, baresip_is_here, citizen};
use crate::patience::s;

const STAFF_TONE: u32 = 1_100;
const CITIZEN_TONE: u32 = 700;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hand_over_with_connect_me_now_is_a_proven_call_back() {
    if !baresip_is_here() {
        return;
    }
    let house = House::open().await;
    let mut citizen = citizen(&house, CITIZEN_TONE);
    let liaison = house.staff(LIAISON.0).await;
    let case = house.hand_over(false).await;
    let call = answered(&liaison, s(10)).await;
    assert!(!call.caller().unwrap_or_default().contains(CITIZEN), "the unit sees no number of the citizen");
    call.digits("1").await.unwrap();
    call.digits(&format!("{}#", LIAISON.1)).await.unwrap();
    let received = house.until_case(case, "is received at the key", |c| c.state == State::Accepted).await;
    assert!(received.open_vow(What::CallBack).is_some(), "the ten minutes run: {received:#?}");
    call.digits("1").await.unwrap();
    tokio::task::block_in_place(|| citizen.answer());
    call.tone(STAFF_TONE);
    call.until_hears(&[CITIZEN_TONE], &[STAFF_TONE], s(20)).await.unwrap();
    tokio::task::block_in_place(|| citizen.until_hears(&[STAFF_TONE], &[CITIZEN_TONE], s(10)));
    let proven = house.until_case(case, "is called back", |c| c.state == State::InProgress).await;
    let kept = |what: What| proven.vows.get(&what).and_then(|vow| vow.end).map(|(_, end)| end);
    let Some(End::Kept(Proof::Proven(proof))) = kept(What::CallBack) else {
        panic!("{:?}", kept(What::CallBack))
    };
    assert_eq!(kept(What::Echo1), Some(End::Kept(Proof::Proven(proof))));
    call.hang_up();
    tokio::task::block_in_place(|| citizen.until_event("CALL_CLOSED", s(10)));
    liaison.stop();
    tokio::task::block_in_place(|| citizen.quit());
    house.close().await;
}
