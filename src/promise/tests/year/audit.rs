//! The end of the year: every promise has one end, every task one, every date is right, every figure is what the facts say.

use std::collections::{BTreeMap, BTreeSet};

use promise::{Channel, End, Fact, Figures, Of, Seen, State, Tally, TaskState, What};

use super::almanac::{self, Almanac};
use super::people::{HOUR, MINUTE};
use super::sim::Sim;
use crate::world::time::say;

/// All faults, in words.
pub fn audit(sim: &Sim, before: &Almanac, after: &Almanac) -> Vec<String> {
    let mut faults = Vec::new();
    for (of, facts) in &sim.house.journal {
        // In the seconds around the notice it depends on a node's clock whether it has it.
        let known = |at: i64| match at - sim.notice_at {
            ..-5_000 => vec![before],
            -5_000..5_000 => vec![before, after],
            5_000.. => vec![after],
        };
        promises(of, facts, &mut faults);
        if let Of::Case(_) = of {
            dates(of, facts, &known, &mut faults);
        }
    }
    cases(sim, &mut faults);
    tasks(sim, &mut faults);
    figures(sim, &mut faults);
    faults
}

/// Promised, then ended once; done late only when it was missed.
fn promises(of: &Of, facts: &[(i64, Fact)], faults: &mut Vec<String>) {
    let mut open: BTreeSet<What> = BTreeSet::new();
    let mut missed: BTreeSet<What> = BTreeSet::new();
    for (at, fact) in facts {
        let right = match fact {
            Fact::Promised(pledge) => {
                missed.remove(&pledge.what);
                open.insert(pledge.what)
            }
            Fact::DueChanged { new, .. } => open.contains(&new.what),
            Fact::Ended(what, end) => {
                if matches!(end, End::Missed(_)) {
                    missed.insert(*what);
                }
                open.remove(what)
            }
            Fact::Late(what, _) => missed.remove(what),
            _ => true,
        };
        if !right {
            faults.push(format!("{of} {}: {fact:?} out of turn", say(*at)));
        }
    }
    for what in open {
        faults.push(format!("{of}: {what:?} was neither kept nor missed"));
    }
}

/// Each due date against the day-by-day calculation, with what was known of the next year at that moment.
fn dates<'a>(
    of: &Of,
    facts: &[(i64, Fact)],
    known: &impl Fn(i64) -> Vec<&'a Almanac>,
    faults: &mut Vec<String>,
) {
    let (mut ordered, mut received, mut planned) = (0, 0, 0);
    let mut round_begins = true;
    for (at, fact) in facts {
        let (pledge, anew) = match fact {
            Fact::Assigned(_) | Fact::Round(_) => {
                ordered = *at;
                round_begins |= matches!(fact, Fact::Round(_));
                continue;
            }
            Fact::Received(_, Channel::Keys | Channel::Operator) => {
                received = *at;
                continue;
            }
            Fact::Promised(pledge) => (pledge, false),
            Fact::DueChanged { new, .. } => (new, true),
            _ => continue,
        };
        let (from, due) = (pledge.from, pledge.due_at);
        match pledge.what {
            // Another unit's hand-over does not begin the work anew.
            What::Handover if round_begins => planned = from,
            What::Urgent if round_begins || planned > from => planned = from,
            _ => {}
        }
        let right = |almanac: &Almanac| match pledge.what {
            // The days count from the hand-over; echo 3's from the report.
            What::Work | What::Echo1 | What::Echo2 => {
                from == planned && (due, pledge.provisional) == almanac.due(from, pledge.days.unwrap())
            }
            What::Echo3 => (due, pledge.provisional) == almanac.due(from, pledge.days.unwrap()),
            What::Handover => {
                let first = almanac.first(ordered);
                from == (if anew { first.max(*at) } else { first }) && due == from + HOUR
            }
            What::Urgent => from == *at && due == from + 5 * MINUTE,
            What::CallBack => from == received && due == from + 10 * MINUTE,
            What::Check => from == almanac::by_day(received + HOUR) && due == from + 10 * MINUTE,
            What::MissedCall => false,
        };
        let right = known(*at).into_iter().any(right);
        if pledge.what == What::Work {
            round_begins = false;
        }
        if !right {
            faults.push(format!("{of} {}: {pledge:?} due {}", say(*at), say(due)));
        }
    }
}

fn cases(sim: &Sim, faults: &mut Vec<String>) {
    for (id, case) in &sim.house.cases {
        if case.state != State::Archived {
            faults.push(format!("{id:?} is left in {:?}", case.state));
        }
    }
}

/// Every task came to one end, and those that ran were done once.
fn tasks(sim: &Sim, faults: &mut Vec<String>) {
    for task in sim.house.table.iter() {
        if matches!(task.state, TaskState::Planned | TaskState::Running) {
            faults.push(format!("{} never ran", task.plan.key));
        }
        let done = sim.completions.get(&task.plan.key).copied().unwrap_or(0);
        if done != u32::from(task.state == TaskState::Done) {
            faults.push(format!("{} was done {done} times", task.plan.key));
        }
    }
    if let Some((key, times)) = sim.completions.iter().find(|(_, times)| **times != 1) {
        faults.push(format!("{key} was done {times} times"));
    }
}

/// What was counted as it happened against a count of what is written, in another order.
fn figures(sim: &Sim, faults: &mut Vec<String>) {
    let facts = sim.house.journal.values().rev().flatten().map(|(_, fact)| Seen::Fact(fact));
    let calls = sim.heard.iter().map(|(waited, on_spot)| Seen::Call { waited: *waited, on_spot: *on_spot });
    let desks = sim.desks.iter().map(|took| Seen::Desk(*took));
    let again = Figures::recount(&sim.house.settings, desks.chain(calls).chain(facts));
    if again != sim.figures {
        faults.push(format!("counted {:?}, recounted {again:?}", sim.figures));
    }
    let mut made: BTreeMap<What, u64> = BTreeMap::new();
    for (_, fact) in sim.house.journal.values().flatten() {
        if let Fact::Promised(pledge) = fact {
            *made.entry(pledge.what).or_default() += 1;
        }
    }
    for what in What::ALL {
        let Tally { made: counted, kept, missed, void } =
            again.promises.get(&what).copied().unwrap_or_default();
        if counted != made.get(&what).copied().unwrap_or(0) || counted != kept + missed + void {
            faults.push(format!("{what:?}: {counted} made, {kept} kept, {missed} missed, {void} void"));
        }
    }
}
