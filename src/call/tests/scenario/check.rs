//! Runs one script and says clearly what was expected and what happened instead.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

use call::LegId;
use call::action::{Answer, Group};
use call::event::Order;

use super::people::agent_state;
use super::plans;
use super::script::{Expect, Pattern, Script, Step};
use super::words::{self, Names};
use super::world::{Line, World};

/// How exactly `@T` is meant.
const MOMENT: Duration = Duration::from_millis(200);
/// A script that has not come to its end so long after its last step never will.
const LONGEST_END: Duration = Duration::from_secs(1200);

/// All that went wrong, ready to print; empty when the script holds.
pub fn check(script: &Script) -> Vec<String> {
    let mut failures = Vec::new();
    let Some(mut plan) = plans::named(&script.house.plan) else {
        return vec![format!("{}.txt: no plan {}", script.name, script.house.plan)];
    };
    for (line, key, value) in &script.house.sets {
        if let Err(fault) = plans::set(&mut plan, key, value) {
            return vec![format!("{}.txt:{line}: {fault}", script.name)];
        }
    }
    let mut world = World::new(plan, &script.house);
    for (i, step) in script.steps.iter().enumerate() {
        world.advance(step.at);
        let from = world.trace.len();
        if let Err(fault) = world.act(&step.deed) {
            failures.push(report(script, step, step.line, &fault, &[]));
            break;
        }
        match script.steps.get(i + 1) {
            Some(next) => world.advance(next.at),
            None => run_out(&mut world),
        }
        let here = world.trace.get(from..).unwrap_or_default();
        let seen: Vec<String> = here.iter().map(show).collect();
        for (line, expect) in &step.expects {
            if let Err(fault) = holds(expect, from, &mut world) {
                failures.push(report(script, step, *line, &fault, &seen));
            }
        }
    }
    world.check_all_over();
    for (line, end) in &script.ends {
        if let Err(fault) = world.ends_so(end) {
            failures.push(format!("{}.txt:{line}: {fault}", script.name));
        }
    }
    failures.extend(world.faults.iter().map(|fault| format!("{}.txt: at {fault}", script.name)));
    if std::env::var_os("SCENARIO").is_some() {
        let trace: Vec<String> = world.trace.iter().map(show).collect();
        failures.push(format!("{}: everything that happened\n{}", script.name, trace.join("\n")));
    }
    failures
}

/// After the last step the world goes on until nothing is left to happen.
fn run_out(world: &mut World) {
    let end = world.now + LONGEST_END;
    while let Some(next) = world.next().filter(|at| *at <= end) {
        let next = next.max(world.now);
        world.advance(next);
        if !world.faults.is_empty() {
            return;
        }
    }
    world.now = end;
}

fn show(line: &Line) -> String {
    format!("      {:9.3}  {}", line.at.as_secs_f64(), line.text)
}

fn report(script: &Script, step: &Step, line: usize, fault: &str, seen: &[String]) -> String {
    let mut text = format!("{}.txt:{line}: after `{}`\n    {fault}", script.name, step.text);
    if !seen.is_empty() {
        let _ = write!(text, "\n    since then:\n{}", seen.join("\n"));
    }
    text
}

fn holds(expect: &Expect, from: usize, world: &mut World) -> Result<(), String> {
    match expect {
        Expect::Seen(patterns) => seen_in_order(patterns, world.trace.get(from..).unwrap_or_default()),
        Expect::Never(pattern) => {
            let trace = world.trace.get(from..).unwrap_or_default();
            match trace.iter().find(|line| fits(pattern, line)) {
                None => Ok(()),
                Some(line) => Err(format!("expected no `{}`, saw {}", pattern.words.join(" "), line.text)),
            }
        }
        Expect::Talk(names) => together(world, Group::Main, names),
        Expect::Private(names) => together(world, Group::Private, names),
        Expect::Alone(name) => alone(world, name),
        Expect::Listens(name) => {
            same(name, &seat(world, name).map(|(_, s)| s.group), &Some(Group::Beside(None)))
        }
        Expect::Coaches(name, whom) => {
            let heard_by = seat(world, whom).map(|(leg, _)| leg);
            same(name, &seat(world, name).map(|(_, s)| s.group), &Some(Group::Beside(heard_by)))
        }
        Expect::Apart(one, other) => apart(world, one, other),
        Expect::Muted(name, muted) => {
            let is = seat(world, name).map(|(_, seat)| seat.muted);
            same("muted", &is.unwrap_or_default(), muted)
        }
        Expect::Hears(name, what) => {
            let is =
                seat(world, name).map_or("nothing, it has no seat", |(_, s)| words::background(s.background));
            same(&format!("behind all else {name} hears"), &is, &what.as_str())
        }
        Expect::Stage(who, stage) => {
            let view = live(world, who.as_deref());
            same("stage", &view.map_or("over", |v| v.stage), &stage.as_str())
        }
        Expect::Position(who, position) => {
            let view = live(world, who.as_deref());
            same("position", &view.and_then(|v| v.position), &Some(*position))
        }
        Expect::Agent(staff, state) => agent(world, staff, state),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: &T, should: &T) -> Result<(), String> {
    if is == should { Ok(()) } else { Err(format!("{what}: expected {should:?}, is {is:?}")) }
}

fn seen_in_order(patterns: &[Pattern], trace: &[Line]) -> Result<(), String> {
    let mut rest = trace;
    for pattern in patterns {
        let Some(at) = rest.iter().position(|line| fits(pattern, line)) else {
            let when = pattern.at.map_or(String::new(), |at| format!(" at {}", at.as_secs_f64()));
            return Err(format!("expected `{}`{when}", pattern.words.join(" ")));
        };
        rest = rest.get(at + 1..).unwrap_or_default();
    }
    Ok(())
}

/// All words in this order; others may stand between them.
fn fits(pattern: &Pattern, line: &Line) -> bool {
    let mut words = line.text.split_whitespace();
    let in_order = pattern.words.iter().all(|wanted| words.any(|word| word == wanted));
    in_order && pattern.at.is_none_or(|at| line.at.abs_diff(at) <= MOMENT)
}

fn seat<'a>(world: &'a World, name: &str) -> Option<(LegId, &'a super::room::Seat)> {
    let named = |leg: &LegId| world.legs.get(leg).is_some_and(|l| l.name == name);
    let mut seats = world.rooms.values().flat_map(|room| &room.seats);
    seats.find(|(leg, _)| named(leg)).map(|(leg, seat)| (*leg, seat))
}

/// Everybody of the group of the room in which the first of them sits, and nobody else; none of them muted.
fn together(world: &World, group: Group, names: &[String]) -> Result<(), String> {
    let wanted: BTreeSet<String> = names.iter().cloned().collect();
    let first = names.first().map(String::as_str).unwrap_or_default();
    let room = seat(world, first)
        .and_then(|(leg, _)| world.rooms.values().find(|room| room.seats.contains_key(&leg)))
        .ok_or_else(|| format!("expected {first} in a room, has no seat"))?;
    let heard = |leg: &LegId| room.seats.get(leg).is_some_and(|s| !s.muted);
    let is: BTreeSet<String> = room.group(group).filter(heard).map(|leg| Names::leg(world, leg)).collect();
    same("who talk together", &is, &wanted)
}

fn alone(world: &World, name: &str) -> Result<(), String> {
    match seat(world, name) {
        None => Err(format!("expected {name} alone in a room, has no seat")),
        Some((_, seat)) => same(name, &seat.group, &Group::Alone),
    }
}

fn apart(world: &World, one: &str, other: &str) -> Result<(), String> {
    let groups = (seat(world, one).map(|s| s.1.group), seat(world, other).map(|s| s.1.group));
    match groups {
        (Some(a), Some(b)) if a == b && a != Group::Alone => {
            Err(format!("{one} and {other} hear each other"))
        }
        _ => Ok(()),
    }
}

fn live(world: &World, who: Option<&str>) -> Option<call::board::CallView> {
    let id = match who {
        Some(who) => world.calls.iter().find(|c| c.name == who),
        None => world.calls.first(),
    }?
    .id;
    world.hotline.live().into_iter().find(|view| view.call == id)
}

fn agent(world: &mut World, staff: &str, word: &str) -> Result<(), String> {
    world.send_order(Order::ListAgents);
    let Some(Answer::Agents(agents)) = &world.answer else {
        return Err("the operators are not listed".to_owned());
    };
    let is = agents.iter().find(|(no, _, _)| *no.0 == *staff).map(|(_, _, state)| *state);
    same(&format!("state of {staff}"), &is, &agent_state(word))
}
