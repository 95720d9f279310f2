//! Floods against the real house while a call talks: rows 14 to 16 of docs/reliability.md.
//!
//! In the usual tests for seconds, and only what holds on any machine is asserted; `HOTLINE_FLOOD=full` takes the whole length
//! and asserts the bounds. The figures are printed in both.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[allow(dead_code, reason = "shared with other tests")]
#[path = "support/folder.rs"]
mod folder;
#[allow(dead_code, reason = "shared with tests/peers.rs")]
#[path = "peers/house.rs"]
mod house;
#[path = "flood/inject.rs"]
mod inject;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "support/patience.rs"]
mod patience;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "support/ports.rs"]
mod ports;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "support/process.rs"]
mod process;
#[path = "flood/talk.rs"]
mod talk;
#[path = "flood/tool.rs"]
mod tool;

use std::time::Duration;

use patience::s;
use talk::{Measure, Talk, house};
use tool::{Flood, crowd};

/// What the house may hold more than before, KiB.
const MEMORY: u64 = 64 << 10;
/// Longest pause of the live call's sound, beyond what the measuring end itself was late; p99 of the set-up of a call.
const PAUSE: Duration = Duration::from_millis(60);
const SET_UP: Duration = s(1);
/// On a machine that does something else at the same moment.
const ANY_MACHINE: Duration = s(5);

fn full() -> bool {
    std::env::var("HOTLINE_FLOOD").is_ok_and(|v| v == "full")
}

fn judge(what: &str, measure: &Measure) {
    println!("{what}: {measure}");
    assert!(measure.failed == 0, "calls of the trunk failed: {measure}");
    assert!(measure.set_up.len() >= 3, "too few calls: {measure}");
    assert!(measure.memory < MEMORY, "memory: {measure}");
    assert!(measure.lost * 100 <= measure.packets, "sound was lost: {measure}");
    let (pause, set_up) = if full() { (PAUSE, SET_UP) } else { (ANY_MACHINE, ANY_MACHINE) };
    assert!(measure.pause < pause + measure.own_lag, "the live call's sound paused: {measure}");
    assert!(measure.p99() < set_up, "set-up is slow: {measure}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_of_register_options_and_invite_do_not_touch_a_call() {
    // REGISTER and OPTIONS a second, INVITE a second, how long.
    let (others, invites, time) = if full() { (20_000, 5_000, s(600)) } else { (2_000, 500, s(4)) };
    let house = house();
    let talk = Talk::begin(&house).await;
    let flood = Flood::start(house.udp, others, invites);
    let measure = talk.measure(&house, time).await;
    let sent = flood.stop();
    judge(&format!("row 14: {sent} messages in {} s", time.as_secs()), &measure);
    assert!(sent > u64::from(others + invites) * time.as_secs() / 4, "the tool itself was too slow: {sent}");
    talk.end().await;
    house.close(&[house::CITIZEN]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_and_slow_handshakes_do_not_touch_a_call() {
    let (idle, slow, time) = if full() { (10_000, 1_000, s(60)) } else { (400, 60, s(4)) };
    let house = house();
    let tls = talk::over_tls(&house);
    let talk = Talk::begin(&house).await;
    let crowd = crowd(house.tcp, tls, idle, slow).await;
    let stood = crowd.len();
    let measure = talk.measure(&house, time).await;
    drop(crowd);
    judge(&format!("row 15: {idle} idle and {slow} slow connections, {stood} taken"), &measure);
    talk.end().await;
    house.close(&[house::CITIZEN]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sound_and_keys_from_elsewhere_get_into_no_call_and_no_sound_gets_out() {
    // Each round sends to every port of the house.
    let rounds = if full() { 1_000 } else { 50 };
    let house = house();
    let figures = inject::attack(&house, rounds).await;
    println!("row 16: {figures}");
    house.close(&[house::CITIZEN]);
}
