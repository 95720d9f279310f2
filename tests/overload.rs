//! Three times the calls that the media threads can carry: who is let in hears and is heard without a gap, everybody else gets
//! 503 with Retry-After at once, and nearly all that can be carried is. Row 20 of docs/reliability.md.
//!
//! In the usual tests the house stands in this process, and each turn of a leg costs its one media thread far more than its
//! work, so that 22 calls are all it carries; what is asserted holds on any machine. `HOTLINE_OVERLOAD=full` takes a process of
//! its own on one core, with a burden that leaves it a few hundred calls, and looks for the number with which the sound falls
//! apart. Without a burden its ends, which stand on the other core, cost more than the house.
//! Calls of emergency services are never refused: they are the positive control, and the tool that looks for that number.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "overload/crowd.rs"]
mod crowd;
#[allow(dead_code, reason = "shared with benches/house")]
#[path = "../benches/house/district.rs"]
mod district;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "support/folder.rs"]
mod folder;
#[path = "overload/house.rs"]
mod house;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "support/patience.rs"]
mod patience;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "support/ports.rs"]
mod ports;
#[allow(dead_code, reason = "shared with benches/house")]
#[path = "../benches/house/process.rs"]
mod process;

use std::time::Duration;

use crowd::{Crowd, Figures};
use house::House;
use patience::s;
use phone::Ear;

/// What each turn of a leg costs beside its work in the short form: 2 % of a core for a leg, 4 % for a call.
const BURDEN: Duration = Duration::from_micros(400);
/// The same in the full form: 0.1 % of a core for a leg.
const LIGHT: Duration = Duration::from_micros(20);
/// Longest time between two frames of a call that runs, beyond what the measuring end itself was late.
const GAP: Duration = Duration::from_millis(60);
/// Frames that may be missing, of a thousand.
const MISSING: u64 = 1;
/// The share of its time with which a media thread is full: at 0.90 nothing is missing yet (docs/figures.md).
const FULL: f64 = 0.90;
/// Who was refused knew it after so long, where the machine does nothing else.
const AT_ONCE: Duration = s(1);

fn whole(figures: &Figures, when: &str) {
    println!("{when}: {figures}");
    assert!(figures.legs > 0 && figures.due > 0, "{when}: nothing was measured");
    assert!(figures.is_whole(GAP, MISSING), "{when}: the sound of running calls suffers: {figures}");
}

/// Offers until three times as many have come as were let in, and all who were let in talk; then measures so long.
async fn overload(house: &House, crowd: &mut Crowd, a_second: u32, time: Duration) -> (Figures, f64) {
    crowd.offer_until(a_second, s(300), |crowd| crowd.offered() >= 3 * crowd.served()).await;
    crowd.offer_until(a_second, s(120), |crowd| crowd.all_talk()).await;
    let ramp = crowd.take();
    whole(&ramp, "while they come");
    let (mut busy, mut looks) = (0.0, 0.0);
    let begun = std::time::Instant::now();
    while begun.elapsed() < time {
        crowd.offer_for(a_second, s(1)).await;
        busy += house.busy().await;
        looks += 1.0;
    }
    (crowd.take(), busy / looks)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn running_calls_sound_on_while_three_times_too_many_are_refused() {
    if full() {
        return;
    }
    let staff = 40;
    let house = House::burdened(staff, BURDEN).await;
    let mut crowd = Crowd::open(&house, staff, Ear::Listening).await;
    crowd.offer(3);
    crowd.until("three calls talk", s(60), |crowd| crowd.talkers() == 6).await;
    crowd.take();
    crowd.rest(s(2)).await;
    whole(&crowd.take(), "before");

    let (during, busy) = overload(&house, &mut crowd, 30, s(5)).await;
    let served = crowd.served();
    let carried = served as f64 / (busy / FULL);
    println!(
        "{} offered, {served} served of the {carried:.1} that are carried; the thread is busy {busy:.2}",
        crowd.offered()
    );
    whole(&during, "at three times as many");
    let refused = crowd.refusals(AT_ONCE);
    println!("{refused}");
    assert!(refused.all_well(), "{refused}");
    assert!(served as f64 >= 0.8 * carried, "{served} of {carried}");

    crowd.hang_up(served / 3).await;
    crowd.take();
    crowd.rest(s(2)).await;
    whole(&crowd.take(), "after it");
    let before = crowd.served();
    crowd.offer_until(2, s(60), |crowd| crowd.served() > before && crowd.all_talk()).await;

    // The control: as many calls that are never refused, and the very same measurement hears it.
    crowd.take();
    crowd.emergencies(60);
    crowd.until("the thread has no time left", s(60), |crowd| crowd.served() >= before + 40).await;
    crowd.take();
    crowd.rest(s(3)).await;
    let control = crowd.take();
    println!("control, nobody is refused: {control}");
    assert!(!control.is_whole(GAP, 20), "the measurement hears nothing of an overload: {control}");
    crowd.close().await;
    house.stop().await;
}

/// No test: what the process runs that is the house of the full form.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_house_of_its_own() {
    house::child().await;
}

fn full() -> bool {
    std::env::var("HOTLINE_OVERLOAD").is_ok_and(|v| v == "full")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_on_one_core_serves_nine_tenths_of_what_it_carries() {
    if !full() {
        return;
    }
    let staff = 700;
    let house = House::on_one_core(staff, LIGHT, "a_house_of_its_own").await;
    let mut crowd = Crowd::open(&house, staff, Ear::Listening).await;
    crowd.offer(10);
    crowd.until("ten calls talk", s(60), |crowd| crowd.talkers() == 20).await;
    crowd.take();
    crowd.rest(s(10)).await;
    whole(&crowd.take(), "before");
    let (during, busy) = overload(&house, &mut crowd, 60, s(60)).await;
    let served = crowd.served();
    println!("{} offered, {served} served, the thread is busy {busy:.2}", crowd.offered());
    whole(&during, "at three times as many");
    let refused = crowd.refusals(AT_ONCE);
    println!("{refused}");
    assert!(refused.all_well(), "{refused}");
    // What it carries: one after the other, until the sound suffers.
    let step = (served / 50).max(1);
    let carried = loop {
        let before = crowd.served();
        crowd.emergencies(step);
        crowd.offer_until(0, s(60), |crowd| crowd.served() == before + step && crowd.all_talk()).await;
        crowd.take();
        crowd.rest(s(5)).await;
        let figures = crowd.take();
        println!("{} calls, busy {:.2}: {figures}", crowd.served(), house.busy().await);
        if !figures.is_whole(GAP, MISSING) {
            break before;
        }
    };
    println!("carried: {carried} calls; served under three times as many: {served}");
    assert!(served * 10 >= carried * 9, "{served} of {carried}");
    crowd.close().await;
    house.stop().await;
}
