//! Where the engine ends: how many calls one core carries, how late sound is, what memory calls take and give back.

use std::time::{Duration, Instant};

use crate::child::Process;
use crate::cost::{Running, Span, check};
use crate::report::{Aim, Report, median};
use crate::shape::Shape;
use crate::taken;
use crate::voice::Say;

/// Calls more at each step of the search.
const STEP: usize = 50;
/// Calls at its beginning.
const FIRST: usize = 500;
/// The most three-way calls that are tried: the callers' own core ends about there.
const MOST: usize = 1_350;
/// Less than this share of what is due is a shortfall.
const ENOUGH: f64 = 0.999;
/// Added by frames of 20 ms themselves; the delay is told without it: a mark's packet leaves its mouth when the frame is full.
const CALLS: usize = 100;

/// The most three-way calls that lose nothing and come evenly.
pub fn capacity(report: &mut Report) {
    report.title("The most three-way calls on one pinned core");
    let span = Duration::from_millis(if report.quick { 1_000 } else { 2_000 });
    let mut running = Running::empty(Shape::Three, MOST, Say::Tones);
    let (mut even, mut whole) = (0, 0);
    let (step, mut last) = (if report.quick { 5 * STEP } else { STEP }, String::new());
    while running.calls() < MOST {
        let wanted = if running.calls() == 0 { FIRST } else { step.min(MOST - running.calls()) };
        if !running.fill(wanted) {
            last = "further calls were not heard".into();
            break;
        }
        let calls = running.calls();
        // Somebody else's work may fall into a span: what holds in one of three holds.
        let seen = (0..3)
            .map(|_| look(&running, span))
            .find(|s| s.is_even())
            .unwrap_or_else(|| look(&running, span));
        last = seen.words.clone();
        if seen.is_whole() {
            whole = calls;
        }
        if seen.is_even() {
            even = calls;
        }
        if !seen.is_whole() {
            break;
        }
    }
    report.note("where the search ended", &format!("{} calls: {last}", running.calls()));
    report.aim("capacity-5", "p99 of jitter under 5 ms", even as f64, "calls", Aim::AtLeast(850.0));
    report.aim("capacity-20", "p99 of jitter at most 20 ms", whole as f64, "calls", Aim::AtLeast(850.0));
}

struct Look {
    came: f64,
    jitter: f64,
    wrong: u64,
    words: String,
}

impl Look {
    fn is_whole(&self) -> bool {
        self.came >= ENOUGH && self.jitter <= 20.0 && self.wrong == 0
    }

    fn is_even(&self) -> bool {
        self.is_whole() && self.jitter < 5.0
    }
}

fn look(running: &Running, span: Duration) -> Look {
    std::thread::sleep(Duration::from_millis(500));
    let Span { cost, came, others, tally } = running.span(span);
    let quantile = |of: &crate::ear::Histogram| of.quantile(0.99).unwrap_or(f64::INFINITY);
    let (jitter, own) = (quantile(&tally.jitter), quantile(&tally.own));
    let words = format!(
        "{:.2} % of the packets came, p99 of jitter {jitter:.2} ms, {} of {} mixes wrong, {cost:.3} ms/leg-s, {:.0} % of the \
         core used by others; the callers themselves were late by {own:.2} ms (p99), {} packets unsent",
        came * 100.0,
        tally.wrong,
        tally.listened,
        others * 100.0,
        tally.unsent
    );
    Look { came, jitter, wrong: tally.wrong, words }
}

/// From a mouth to an ear, without the 20 ms of a frame.
pub fn delay(report: &mut Report) {
    report
        .title(&format!("Added delay of three-way calls, mouth to ear without packetisation, {CALLS} calls"));
    let (rounds, span) =
        (if report.quick { 1 } else { 3 }, Duration::from_secs(if report.quick { 3 } else { 6 }));
    let (mut half, mut most) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let running = Running::engine(Shape::Three, CALLS, Say::Marks);
        let seen = running.span(span);
        let tally = &seen.tally;
        let (Some(p50), Some(p99)) = (tally.delay.quantile(0.5), tally.delay.quantile(0.99)) else {
            report.note("delay", "no mark was heard");
            return;
        };
        if tally.wrong > 0 {
            report.note(
                "delay",
                &format!("{} of {} marks were heard by who made them", tally.wrong, tally.listened),
            );
        }
        half.push(p50);
        most.push(p99);
    }
    report.aim("delay-p50", "half of all within", median(&mut half), "ms", Aim::AtMost(15.0));
    report.aim("delay-p99", "99 of 100 within", median(&mut most), "ms", Aim::AtMost(22.0));
}

/// What a call takes.
pub fn memory(report: &mut Report) {
    report.title("Memory of a call: the process with calls minus without");
    let calls = if report.quick { 100 } else { 200 };
    for (shape, most) in [(Shape::Prompt, 0.05), (Shape::Two, 0.07), (Shape::Three, 0.10)] {
        let mut running = Running::empty(shape, calls, Say::Tones);
        let (id, threads) = (running.process.id(), taken::threads(running.process.id()));
        let before = taken::memory(id);
        if !running.fill(calls) {
            report.note(shape.words(), "not everybody was heard in time: not measured");
            continue;
        }
        check(report, shape.words(), &running.span(Duration::from_secs(1)));
        let after = taken::memory(id);
        let share = |a: f64, b: f64| (a - b) / calls as f64;
        let (rss, pss) = (share(after.0, before.0), share(after.1, before.1));
        let name = format!("memory-{}", shape.name());
        report.aim(
            &name,
            &format!("{}, resident ({pss:.3} proportional)", shape.words()),
            rss,
            "MiB",
            Aim::AtMost(most),
        );
        let more = taken::threads(id) - threads;
        report.aim(
            &format!("threads-{}", shape.name()),
            &format!("threads more with {calls} calls"),
            more,
            "",
            Aim::AtMost(0.0),
        );
    }
}

/// How long the engine's start takes: ports, threads, and what it makes ready.
pub fn launch(report: &mut Report) {
    report.title("Start of the engine with ports for 2,000 legs, one thread");
    let mut figures: Vec<f64> = (0..5)
        .map(|_| Process::start(&["serve", "2000"]).ask("started").parse::<f64>().unwrap() / 1e3)
        .collect();
    report.plain("launch", "until it takes orders, median of 5", median(&mut figures), "ms");
}

/// Calls that come and go by thousands a second, and what is left of them.
pub fn storm(report: &mut Report) {
    /// At least so many ports for what lives and what rests: 3,000 a second, 2.3 s each.
    const PORTS: &str = "8000";
    let seconds = if report.quick { 2 } else { 10 };
    report.title(&format!("A storm of 3,000 set-ups a second for {seconds} s"));
    let mut process = Process::start(&["serve", PORTS]);
    process.ask("storm 50 1");
    let (before, begun) = (taken::memory(process.id()), Instant::now());
    let cpu = taken::cpu(process.id());
    let said = process.ask(&format!("storm 3000 {seconds}"));
    let cpu = taken::cpu(process.id()) - cpu;
    let at_once = taken::memory(process.id());
    let words: Vec<&str> = said.split_whitespace().collect();
    let number = |at: usize| words[at].parse::<f64>().unwrap();
    let (opened, refused, took) = (number(0), number(1), number(2));
    report.note(
        "storm",
        &format!(
            "{opened:.0} rooms opened and closed in {took:.1} s, {refused:.0} refused, {} legs left",
            words[3]
        ),
    );
    report.aim("storm-rate", "set up and taken down", opened / took, "a second", Aim::AtLeast(2_950.0));
    report.plain(
        "storm-cpu",
        "CPU of the process a set-up, its control and callers among it",
        cpu * 1e3 / opened.max(1.0),
        "ms",
    );
    std::thread::sleep(Duration::from_secs(if report.quick { 1 } else { 4 }));
    let after = taken::memory(process.id());
    report.note(
        "resident",
        &format!(
            "{:.1} MiB before, {:.1} at its end, {:.1} after {:.0} s",
            before.0,
            at_once.0,
            after.0,
            begun.elapsed().as_secs_f64()
        ),
    );
    report.aim("storm-left", "memory kept after it", after.0 - before.0, "MiB", Aim::AtMost(2.0));
    if report.quick {
        return;
    }
    process.ask(&format!("storm 3000 {seconds}"));
    let again = taken::memory(process.id()).0 - at_once.0;
    report.aim("storm-again", "memory that a second one adds", again, "MiB", Aim::AtMost(0.5));
}
