//! Row 19: an urgent matter goes down the chain until somebody presses 1.

use promise::{End, State, What};

use crate::house::{DEPUTY, House, LIAISON, answered};
use crate::patience::s;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_matter_that_the_liaison_does_not_answer_is_acknowledged_by_the_deputy_leader() {
    let house = House::open().await;
    let (liaison, deputy) = (house.staff(LIAISON.0).await, house.staff(DEPUTY.0).await);
    let case = house.hand_over(true).await;
    // Rings, and nobody takes it.
    let rung = tokio::time::timeout(s(10), liaison.incoming()).await.expect("the liaison is rung").unwrap();
    rung.ring().unwrap();
    let call = answered(&deputy, s(15)).await;
    rung.ended().await;
    call.digits("1").await.unwrap();
    let taken = house.until_case(case, "is acknowledged", |c| c.state == State::Accepted).await;
    let urgent = taken.vows.get(&What::Urgent).unwrap();
    assert_eq!(urgent.tries, 1, "one contact was tried in vain");
    assert!(matches!(urgent.end, Some((_, End::Kept(_)))), "{urgent:?}");
    assert!(taken.open_vow(What::CallBack).is_some(), "the ten minutes run");
    call.hang_up();
    call.ended().await;
    liaison.stop();
    deputy.stop();
    house.close().await;
}
