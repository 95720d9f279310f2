//! `kill -9` at random moments under twenty calls: whoever got an answer has exactly one record, and is called back; and the
//! house takes calls again by itself.
//!
//! The house is the real program under its own parent, with a folder of its own; callers, operators and windows are phones of this process. What
//! a caller got is noted on the way (`tap`), not by the phones. After the last round the house is ended as the system
//! ends it, and the list is compared with the store, the recordings' folder and the clock of the callers.
//!
//! `HOTLINE_CRASH_ROUNDS` (50) and `SEED` (89000) choose how often and which moments; the profile `soak` shows the
//! table. Two tests share the rounds and run beside each other, 1,000 rounds in half an hour:
//!
//! ```sh
//! HOTLINE_CRASH_ROUNDS=1000 SEED=7 cargo nextest run --profile soak --test crash
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "crash/check.rs"]
mod check;
#[path = "crash/crowd.rs"]
mod crowd;
#[path = "crash/dialog.rs"]
mod dialog;
#[path = "crash/dice.rs"]
mod dice;
#[path = "support/folder.rs"]
mod folder;
#[path = "crash/house.rs"]
mod house;
#[path = "crash/ledger.rs"]
mod ledger;
#[path = "support/patience.rs"]
mod patience;
#[path = "support/ports.rs"]
mod ports;
#[path = "support/process.rs"]
mod process;
#[path = "crash/tap.rs"]
mod tap;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crowd::Crowd;
use dialog::Dialog;
use dice::Dice;
use house::House;
use ledger::Ledger;
use tap::Tap;

/// How many calls are up at any time.
const CALLS: usize = 20;
/// A house lives so long after its staff came to work, milliseconds: mostly, and long enough for three to come together.
const LIVES: [(u64, u64); 3] = [(200, 3_000), (200, 3_000), (2_500, 5_500)];

/// From a crash to the next 200, of 99 in 100.
const BACK: Duration = Duration::from_secs(2);

/// A number from the environment.
fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// So many crashes of one house with one store, and what is left of them.
async fn crash(share: u64) {
    let seed = setting("SEED", 89_000).wrapping_mul(2).wrapping_add(share);
    let rounds = (setting("HOTLINE_CRASH_ROUNDS", 50) + share) / 2;
    let mut dice = Dice::new(seed);
    let mut house = House::watched();
    let ledger = Arc::new(Ledger::default());
    let tap = Tap::start(house.sip, ledger.clone());
    ledger.born(Instant::now());
    house.start().await;
    let crowd = Crowd::gather(&house, tap.front(), ledger.clone()).await;
    let (mut back, mut by_hand) = (Vec::new(), None);
    for round in 0..rounds {
        if round == 0 {
            by_hand = Some(Dialog::begin(house.sip, &ledger).await);
        }
        let life = *dice.one(&LIVES);
        let survivors = crowd.live(&mut dice, CALLS, life, || house.kill()).await;
        tap.drain().await;
        let spools = house.spools();
        ledger.born(Instant::now());
        house.start().await;
        let left: Vec<_> = house.spools().into_iter().filter(|s| spools.contains(s)).collect();
        assert!(left.is_empty(), "round {round}: not made playable at the start: {left:?}");
        crowd.good_call().await;
        back.push(ledger.last_death().elapsed());
        if let Some(dialog) = by_hand.take() {
            dialog.speak_to_the_next_life().await;
        }
        crowd.let_go(survivors).await;
    }
    crowd.leave();
    house.stop();
    let report = check::check(&house, &ledger).await;
    let told = ledger.all_told();
    println!(
        "kill -9, seed {seed}\n  {:<46}{rounds:>7}\n{report}\n  {:<46}{told:>7}\n{}",
        "rounds",
        "cut by the kill and told so by BYE",
        times(&mut back)
    );
    assert!(told > 0 || rounds < 5, "nobody was told");
    let late = back.iter().filter(|took| **took > BACK).count();
    assert!(late * 100 <= back.len(), "{late} of {} starts took longer than {BACK:?}", back.len());
}

/// From the kill to the next 200.
fn times(back: &mut [Duration]) -> String {
    back.sort();
    let show = |share: usize| {
        let at = (back.len() * share / 100).min(back.len().saturating_sub(1));
        back.get(at).map_or(0.0, Duration::as_secs_f64)
    };
    format!(
        "  {:<37}{:>5.2} {:>4.2} {:>5.2}",
        "kill to the next 200, half 95 % all, s",
        show(50),
        show(95),
        show(100)
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_who_got_an_answer_is_forgotten() {
    crash(0).await;
}

/// The other half of the rounds, beside the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_who_got_an_answer_is_forgotten_either() {
    crash(1).await;
}
