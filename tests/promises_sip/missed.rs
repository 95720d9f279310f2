//! Row 8: no call-back. The liaison is reminded at minute 8; at minute 10 it is missed, and the deputy leader hears of it.

use std::time::Duration;

use promise::{End, State, What, Why};

use crate::house::{DEPUTY, House, LIAISON, answered};
use crate::patience::s;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_minutes_without_a_call_back_are_missed_and_told_to_the_deputy_leader() {
    let mut house = House::open().await;
    let (liaison, deputy) = (house.staff(LIAISON.0).await, house.staff(DEPUTY.0).await);
    let case = house.hand_over(false).await;
    let call = answered(&liaison, s(10)).await;
    call.digits("1").await.unwrap();
    call.digits(&format!("{}#", LIAISON.1)).await.unwrap();
    house.until_case(case, "is received", |c| c.state == State::Accepted).await;
    // Later, says the liaison; the house hangs up before the key is let go.
    let _ = call.digits("2").await;
    call.ended().await;
    house.advance(8 * MINUTE);
    let reminder = answered(&liaison, s(10)).await;
    assert!(house.tells("callback.warned", s(30)).await, "P56 is said to its end");
    reminder.hang_up();
    reminder.ended().await;
    let still = house.case(case).await;
    assert!(still.open_vow(What::CallBack).is_some(), "{still:#?}");
    house.advance(2 * MINUTE);
    let missed = |c: &promise::Case| {
        let end = c.vows.get(&What::CallBack).and_then(|vow| vow.end);
        matches!(end, Some((_, End::Missed(Why::NoCallBack))))
    };
    house.until_case(case, "is missed", missed).await;
    assert_eq!(house.alarms().await, ["no_call_back"], "the shift leads hear of it");
    let told = answered(&deputy, s(10)).await;
    assert!(house.tells("callback.warned", s(30)).await, "P56 to the deputy leader");
    told.hang_up();
    told.ended().await;
    let after = house.case(case).await;
    assert_eq!(after.state, State::Accepted, "the case goes on");
    liaison.stop();
    deputy.stop();
    house.close().await;
}
