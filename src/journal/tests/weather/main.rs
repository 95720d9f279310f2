//! Power cuts, kills and failing disks in any order (rows 5 and 9 of docs/reliability.md): what was acknowledged is there,
//! in order and once, and so it comes to the store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod liar;
mod world;

use std::time::Duration;

use journal::fake::Faults;
use world::{Tally, World};

/// A number from the environment for the long form.
fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// Runs worlds until so many power cuts have been: the sum of what they did.
fn until(cuts: u64, faults: Faults, from: u64) -> Tally {
    let mut all = Tally::default();
    for seed in from.. {
        if all.cuts >= cuts {
            break;
        }
        let one = World::new(seed, faults).run(200).unwrap_or_else(|fault| panic!("seed {seed}: {fault}"));
        all.add(one);
    }
    println!("{all:?}");
    all
}

#[test]
fn power_cuts_lose_nothing_acknowledged() {
    let all = until(number("HOTLINE_POWER_CUTS", 200), Faults::default(), 1);
    assert!(
        all.torn > 0 && all.kills > 0 && all.cut_within > 0,
        "the cuts came at easy moments only: {all:?}"
    );
}

#[test]
fn a_disk_that_fails_one_time_in_twenty_loses_nothing_acknowledged() {
    let faults = Faults { write_errors: 50, read_errors: 50, name_errors: 50, ..Faults::default() };
    let all = until(number("HOTLINE_POWER_CUTS", 200), faults, 1_000_000);
    assert!(all.refused > 0 && all.failures > 100, "the disk hardly failed: {all:?}");
}

#[test]
fn a_disk_that_mostly_fails_loses_nothing_acknowledged() {
    let faults = Faults { write_errors: 400, read_errors: 100, name_errors: 400, ..Faults::default() };
    let all = until(number("HOTLINE_POWER_CUTS", 200), faults, 2_000_000);
    assert!(all.refused > 100, "the disk hardly failed: {all:?}");
}

#[test]
fn the_same_seed_does_the_same() {
    let faults =
        Faults { write_errors: 50, slow_syncs: 100, slow: Duration::from_secs(1), ..Faults::default() };
    let run = || World::new(77, faults).run(300).unwrap();
    assert_eq!(run(), run());
    assert!(run().took >= Duration::from_secs(1));
}

/// The positive control: a disk whose syncs do nothing is found out.
#[test]
fn a_disk_that_lies_is_found_out() {
    let found = (1..50).filter(|seed| World::lying(*seed).run(200).is_err()).count();
    assert!(found > 40, "{found} of 49 worlds noticed that nothing was synced");
}
