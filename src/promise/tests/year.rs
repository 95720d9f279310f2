//! A year in a minute: 2026 with its holidays and make-up days, two nodes with clocks that differ, crashes, busy and silent
//! liaisons, people who do their part or do not. `YEAR=full` takes all 200,000 citizens, else a twentieth; `YEAR_SEED=7`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "year"]
mod year {
    pub mod almanac;
    pub mod audit;
    pub mod dice;
    pub mod nodes;
    pub mod people;
    pub mod sim;
    pub mod town;
}
mod world;

use calendar::{Calendar, Holidays};
use promise::{Fact, Settings, Terms, What};

use world::house::House;
use world::notices;
use year::almanac::Almanac;
use year::{audit, sim::Sim};

type Facts = Vec<(i64, Fact)>;

const CITIZENS: u64 = 200_000;
/// What the State Council may say about 2027; nobody knows yet.
const NEXT_YEAR: &str = r#"{"year": 2027, "days": [
    {"name": "元旦", "date": "2027-01-01", "isOffDay": true}, {"name": "元旦", "date": "2027-01-02", "isOffDay": true},
    {"name": "元旦", "date": "2027-01-03", "isOffDay": true}, {"name": "元旦", "date": "2027-01-04", "isOffDay": true},
    {"name": "元旦", "date": "2027-01-09", "isOffDay": false}]}"#;

/// How long this thread has had a core (/proc/thread-self/schedstat), whoever else was at work.
fn on_core_ms() -> u64 {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1_000_000
}

/// The house of the beginning of the year, next year's calendar, and the almanacs before and after that is known.
fn setting() -> (House, Calendar, Almanac, Almanac) {
    let (mut before, this_year) = (Almanac::default(), notices::text(2026));
    before.read(&this_year);
    let mut after = before.clone();
    after.read(NEXT_YEAR);
    let known = [notices::notice(&this_year), notices::notice(NEXT_YEAR)];
    let calendar =
        |count| Calendar { holidays: Holidays::merge(known[..count].to_vec()), ..Calendar::default() };
    (House::new(calendar(1), Settings::default(), Terms::default()), calendar(2), before, after)
}

#[test]
fn every_promise_of_a_year_is_kept_or_missed_with_a_reason() {
    let full = std::env::var("YEAR").is_ok_and(|length| length == "full");
    let seed = std::env::var("YEAR_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(2026);
    let citizens = if full { CITIZENS } else { CITIZENS / 20 };

    let (house, next_year, before, after) = setting();
    let mut sim = Sim::new(house, next_year, seed, citizens);
    sim.run();
    let faults = audit::audit(&sim, &before, &after);

    println!("seed {seed}, {citizens} citizens, {} ms of one core", on_core_ms());
    println!("{:?}", sim.weather);
    for (what, tally) in &sim.figures.promises {
        println!("row {:>2} {:<12} {tally:?}", what.row(), what.word());
    }
    println!(
        "{:?}",
        (sim.figures.on_time, sim.figures.satisfied, sim.figures.on_spot, sim.figures.reachable)
    );
    let first: Vec<&String> = faults.iter().take(20).collect();
    assert!(faults.is_empty(), "seed {seed}: {} faults: {first:#?}", faults.len());

    // A year in which nothing went wrong proves nothing.
    let weather = &sim.weather;
    assert!(weather.crashes > 30 && weather.torn > 0 && weather.late_results > 0, "{weather:?}");
    assert!(weather.leases_lost > 10 && weather.no_lines > 10 && weather.refused > 100, "{weather:?}");
    for what in What::ALL {
        let tally = sim.figures.promises[&what];
        // A short year is too short for one of each to meet an outage.
        let few = matches!(what, What::Urgent | What::MissedCall | What::Check) && !full;
        let missed = tally.missed > 0 || few;
        assert!(tally.kept > 0 && missed, "{what:?}: {tally:?}");
    }
    assert!(on_core_ms() < 60_000, "a year takes more than a minute");
}

/// What the audit cannot see, it cannot vouch for: each kind of fault, planted into a good year, is found.
#[test]
fn the_audit_finds_what_is_planted() {
    let (house, next_year, before, after) = setting();
    let mut sim = Sim::new(house, next_year, 7, 300);
    sim.run();
    let look = |sim: &Sim| audit::audit(sim, &before, &after).len();
    assert_eq!(look(&sim), 0);

    let of_work = |fact: &Fact| matches!(fact, Fact::Promised(pledge) if pledge.what == What::Work);
    let holder = sim.house.journal.iter().find(|(_, facts)| facts.iter().any(|(_, f)| of_work(f)));
    let (of, good) = holder.map(|(of, facts)| (of.clone(), facts.clone())).unwrap();
    let mut plant = |change: &dyn Fn(&mut Facts)| {
        let mut bad = good.clone();
        change(&mut bad);
        assert_ne!(bad, good);
        sim.house.journal.insert(of.clone(), bad);
        let found = look(&sim);
        sim.house.journal.insert(of.clone(), good.clone());
        found
    };
    let ended = |fact: &Fact| matches!(fact, Fact::Ended(What::Work, _));
    assert!(plant(&|facts| facts.retain(|(_, fact)| !ended(fact))) > 0, "a promise without an end");
    assert!(
        plant(&|facts| facts.extend(facts.clone().into_iter().filter(|(_, f)| ended(f)))) > 0,
        "two ends"
    );
    let later = |facts: &mut Facts| {
        for (_, fact) in facts {
            if let Fact::Promised(pledge) = fact {
                pledge.due_at += 86_400_000;
            }
        }
    };
    assert!(plant(&later) > 0, "another due date");

    let key = sim.completions.keys().next().cloned().unwrap();
    *sim.completions.get_mut(&key).unwrap() += 1;
    assert!(look(&sim) > 0, "a task that ran twice");
    *sim.completions.get_mut(&key).unwrap() -= 1;
    sim.figures.on_time.part += 1;
    assert!(look(&sim) > 0, "a figure that is too good");
}
