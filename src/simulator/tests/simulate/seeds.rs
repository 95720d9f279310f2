//! Seeds of whole houses: many of them on all cores, one again with its diary open, and the shortest list of mishaps that still fails.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::diary::Diary;
use super::guard::guarded;
use super::mishaps::{self, Mishap};
use super::sabotage::Sabotage;
use super::tally::{Fault, Tally};
use super::world::World;

/// Calls of one seed.
pub const CALLS: u32 = 4;

/// One run that can be had again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    pub seed: u64,
    pub calls: u32,
    pub mishaps: Vec<Mishap>,
    pub by: Option<Sabotage>,
}

impl Case {
    pub fn of(seed: u64) -> Self {
        Self { seed, calls: CALLS, mishaps: mishaps::of_seed(seed), by: None }
    }

    pub fn run(&self, diary: &Diary) -> Result<Tally, Fault> {
        let (case, diary) = (self.clone(), diary.clone());
        guarded(move || {
            let mut world = World::whole(case.seed, case.calls, case.mishaps, diary);
            if let Some(by) = case.by {
                world.break_by(by);
            }
            world.run()
        })
    }

    /// What fails in the same way with as little as can be.
    pub fn shrunk(&self, fault: &Fault) -> Self {
        let class = class(fault);
        let fails =
            |case: &Self| case.run(&Diary::default()).is_err_and(|other| self::class(&other) == class);
        let mut least = self.clone();
        let mut at = 0;
        while at < least.mishaps.len() {
            let mut less = least.clone();
            less.mishaps.remove(at);
            if fails(&less) {
                least = less;
            } else {
                at += 1;
            }
        }
        for at in 0..least.mishaps.len() {
            while least.mishaps[at].span > 1 {
                let mut less = least.clone();
                less.mishaps[at].span /= 2;
                if !fails(&less) {
                    break;
                }
                least = less;
            }
        }
        while least.calls > 1 {
            let less = Self { calls: least.calls - 1, ..least.clone() };
            if !fails(&less) {
                break;
            }
            least = less;
        }
        least
    }

    /// How to have it again.
    pub fn command(&self) -> String {
        let Self { seed, calls, mishaps, .. } = self;
        let mishaps = mishaps::print(mishaps);
        format!(
            "SEED={seed} CALLS={calls} MISHAPS='{mishaps}' cargo nextest run -p simulator whole_houses --no-capture"
        )
    }

    /// The diary's last lines, what broke, and how to have it again, shorter.
    pub fn report(&self, fault: &Fault, lines: usize) -> String {
        let least = self.shrunk(fault);
        let diary = Diary::open(lines);
        let again = least.run(&diary).err().map(|fault| fault.words);
        format!(
            "{}\n\nat {:.3}: {}\n{}{}\nas it came: {}",
            diary.read(),
            fault.at.as_secs_f64(),
            fault.words,
            if again.is_some() { "" } else { "(it did not come again)\n" },
            least.command(),
            self.command(),
        )
    }
}

/// A fault without its names and numbers.
fn class(fault: &Fault) -> String {
    let plain = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == ',' || c == '\'');
    fault.words.split_whitespace().filter(plain).collect::<Vec<_>>().join(" ")
}

/// Runs so many seeds on all cores; the first that fails ends it.
pub fn many(first: u64, count: u64, by: Option<Sabotage>) -> Result<Tally, Box<(Case, Fault)>> {
    let (next, stop) = (AtomicU64::new(first), AtomicU64::new(u64::MAX));
    let sum = Mutex::new((Tally::default(), None::<Box<(Case, Fault)>>));
    let work = || {
        let mut mine = Tally::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + count || seed > stop.load(Ordering::Relaxed) {
                break;
            }
            let case = Case { by, ..Case::of(seed) };
            match case.run(&Diary::default()) {
                Ok(tally) => mine.add(&tally),
                Err(fault) => {
                    stop.fetch_min(seed, Ordering::Relaxed);
                    let mut sum = sum.lock().unwrap();
                    if sum.1.as_ref().is_none_or(|failed| seed < failed.0.seed) {
                        sum.1 = Some(Box::new((case, fault)));
                    }
                    break;
                }
            }
        }
        sum.lock().unwrap().0.add(&mine);
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        (0..cores).for_each(|_| drop(scope.spawn(work)));
    });
    let (tally, failed) = sum.into_inner().unwrap();
    failed.map_or(Ok(tally), Err)
}
