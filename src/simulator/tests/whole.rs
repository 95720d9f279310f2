//! Short days of whole houses on which things go wrong: see `simulate/whole.rs`.

use std::time::Instant;

use crate::simulate::diary::{Diary, LINES};
use crate::simulate::mishaps::{self, Mishap};
use crate::simulate::sabotage::Sabotage;
use crate::simulate::seeds::{CALLS, Case, many};
use crate::{number, simulate::tally::Tally};

/// Seeds of the usual test.
const SEEDS: u64 = 1_500;

/// What the usual test must have met.
const MET: [&str; 17] = [
    "kill",
    "power",
    "away",
    "slow",
    "lies",
    "stands",
    "fails",
    "full",
    "clock",
    "call.interrupted",
    "call.abandoned",
    "callback.connected",
    "handover.received",
    "promise.kept",
    "promise.missed",
    "promise.void",
    "promise.tried",
];

fn lines() -> usize {
    number("LINES").map_or(LINES, |lines| usize::try_from(lines).unwrap())
}

/// One seed with the mishaps of the environment, its diary on the screen.
fn replay(case: &Case) {
    let diary = Diary::open(lines());
    let done = case.run(&diary);
    println!("{}\n{}", diary.read(), case.command());
    match done {
        Ok(tally) => println!("{tally:#?}"),
        Err(fault) => panic!("at {:.3}: {}", fault.at.as_secs_f64(), fault.words),
    }
}

fn tell(seeds: u64, seconds: f64, tally: &Tally) {
    let rate = seeds as f64 / seconds;
    println!("{seeds} seeds, {} calls, {} steps in {seconds:.1} s: {rate:.0} seeds/s\n{tally:#?}", tally.calls, tally.steps);
}

/// `HOTLINE_SIM_SEEDS=1000000` runs more of them, `SEED` is the first; with `MISHAPS` it is the only one, and these are its mishaps.
#[test]
fn whole_houses() {
    let first = number("SEED");
    if let (Some(seed), Ok(words)) = (first, std::env::var("MISHAPS")) {
        let calls = number("CALLS").map_or(CALLS, |calls| u32::try_from(calls).unwrap());
        return replay(&Case { seed, calls, mishaps: mishaps::parse(&words), by: None });
    }
    let asked = number("HOTLINE_SIM_SEEDS");
    let (seeds, begun) = (asked.unwrap_or(SEEDS), Instant::now());
    match many(first.unwrap_or(1), seeds, None) {
        Ok(tally) => {
            tell(seeds, begun.elapsed().as_secs_f64(), &tally);
            let missed: Vec<_> = MET.iter().filter(|kind| !tally.kinds.contains_key(*kind)).collect();
            assert!(asked.is_some() || missed.is_empty(), "not met: {missed:?}");
        }
        Err(failed) => panic!("{}", failed.0.report(&failed.1, lines())),
    }
}

#[test]
fn a_seed_happens_the_same_way_twice() {
    for seed in 1..=12 {
        let case = Case::of(seed);
        let told = || {
            let diary = Diary::open(usize::MAX);
            let done = case.run(&diary).map(|tally| format!("{tally:?}")).map_err(|fault| fault.words);
            format!("{}\n{done:?}", diary.read())
        };
        let (first, second) = (told(), told());
        let differs = first.lines().zip(second.lines()).find(|(a, b)| a != b);
        assert!(first == second, "seed {seed}: {differs:#?}");
        assert!(first.lines().count() > 500, "a diary of {} lines", first.lines().count());
    }
}

#[test]
fn mishaps_are_read_as_they_are_printed() {
    for seed in 0..200 {
        let drawn = mishaps::of_seed(seed);
        assert_eq!(mishaps::parse(&mishaps::print(&drawn)), drawn);
    }
    assert!("kill@12".parse::<Mishap>().is_err());
}

/// Each bug that is planted is found, its mishaps are as few as they can be, and they show it again.
#[test]
fn what_is_planted_is_found_and_made_short() {
    let planted: [(Sabotage, &[&str]); 3] = [
        (Sabotage::EarlyWord, &["0 records of a call that was answered", "rings a second time"]),
        (Sabotage::NoAftermath, &["in the store: over false"]),
        (Sabotage::Forgetful, &["rings a second time"]),
    ];
    for (by, noticed) in planted {
        let is_it = |words: &str| noticed.iter().any(|n| words.contains(n));
        let Err(failed) = many(1, 3_000, Some(by)) else { panic!("{by:?} was not found") };
        let (case, fault) = *failed;
        assert!(is_it(&fault.words), "{by:?}: {}", fault.words);
        let least = case.shrunk(&fault);
        assert!(least.mishaps.len() <= 2, "{by:?}: {}", least.command());
        let again = least.run(&Diary::default()).expect_err("it fails again");
        assert!(is_it(&again.words), "{by:?}: {}", again.words);
        println!("{by:?}: {} ({} mishaps before)", least.command(), case.mishaps.len());
    }
}
