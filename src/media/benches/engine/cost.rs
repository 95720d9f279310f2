//! CPU of a leg-second: each kind of room beside the floor, in turns, and the same at few and at many calls.

use std::time::{Duration, Instant};

use crate::child::Process;
use crate::ear::Tally;
use crate::load::{Load, ports};
use crate::report::{Report, median};
use crate::shape::Shape;
use crate::voice::Say;
use crate::{SERVER_CORE, taken};

/// Legs of each kind and of the floor: a hundred three-way calls.
const LEGS: usize = 300;
/// What is counted only begins after this: buffers have found their depth.
const SETTLE: Duration = Duration::from_millis(800);
/// Ports beyond what is needed.
const SPARE: usize = 64;
/// Rooms that are opened at a time while an engine is filled; the next ones follow when these are heard, after 20 ms and a
/// little: about 150 calls a second, as on a busy day. More at a time wait on more ports than real calls do.
const CHUNK: usize = 4;
/// Between two looks.
const POLL: Duration = Duration::from_millis(4);
/// An engine that lets nobody in for so long is full.
const PATIENCE: Duration = Duration::from_secs(4);

/// A measured process with its callers.
pub struct Running {
    pub process: Process,
    pub load: Load,
    pub shape: Shape,
}

/// What a span showed.
pub struct Span {
    /// CPU milliseconds a leg-second.
    pub cost: f64,
    pub tally: Tally,
    /// Share of what was due that came back, 0 ..= 1.
    pub came: f64,
    /// Share of the core that others used, or that the machine below took, 0 ..= 1.
    pub others: f64,
}

impl Running {
    /// An engine with room for so many calls of a kind, without any yet.
    pub fn empty(shape: Shape, most: usize, say: Say) -> Self {
        let ports = (most * shape.seats() + SPARE).to_string();
        let mut process = Process::start(&["serve", &ports]);
        let load = Load::start(say, shape);
        let peers: Vec<String> = load.peers.iter().map(u16::to_string).collect();
        assert_eq!(process.ask(&format!("peers {}", peers.join(","))), "ok");
        Self { process, load, shape }
    }

    /// An engine with so many calls of a kind, all of whom are heard.
    pub fn engine(shape: Shape, calls: usize, say: Say) -> Self {
        let mut running = Self::empty(shape, calls, say);
        assert!(running.fill(calls), "the engine does not take {calls} calls");
        std::thread::sleep(SETTLE);
        running
    }

    /// The floor with as many legs.
    pub fn floor(kind: &str, legs: usize) -> Self {
        let shape = if kind == "mix" { Shape::Mix } else { Shape::Echo };
        let mut process = Process::start(&["bare", kind, &legs.to_string()]);
        let at = ports(&process.ask("ports"));
        let mut load = Load::start(Say::Tones, shape);
        load.add(shape, &at);
        std::thread::sleep(SETTLE);
        Self { process, load, shape }
    }

    /// So many calls more. False: there is no port for them, or they are not heard.
    pub fn fill(&mut self, calls: usize) -> bool {
        let mut deadline = Instant::now() + PATIENCE;
        let mut done = 0;
        while done < calls {
            let mut all = Vec::new();
            while all.len() < CHUNK.min(calls - done) * self.shape.seats() {
                match self.process.ask(&format!("room {}", self.shape.name())).as_str() {
                    "full" => break,
                    at => all.extend(ports(at)),
                }
            }
            done += all.len() / self.shape.seats();
            if !all.is_empty() {
                deadline = Instant::now() + PATIENCE;
            }
            self.load.add(self.shape, &all);
            loop {
                std::thread::sleep(POLL);
                let heard: usize = self.process.ask("latched").parse().unwrap();
                if heard >= self.load.legs() {
                    break;
                }
                if Instant::now() > deadline {
                    return false;
                }
            }
            if Instant::now() > deadline {
                return false;
            }
        }
        true
    }

    pub fn calls(&self) -> usize {
        self.load.legs() / self.shape.seats()
    }

    /// Looks for so long.
    pub fn span(&self, span: Duration) -> Span {
        let id = self.process.id();
        let (core, lost) = taken::core(SERVER_CORE);
        self.load.begin(span);
        let (begun, before) = (Instant::now(), taken::cpu(id));
        std::thread::sleep(span);
        let (took, cpu) = (begun.elapsed().as_secs_f64(), taken::cpu(id) - before);
        let (core, lost) = (taken::core(SERVER_CORE).0 - core, taken::core(SERVER_CORE).1 - lost);
        let tally = self.load.end();
        let legs = self.load.legs() as f64;
        Span {
            cost: cpu * 1e3 / took / legs,
            came: tally.received as f64 / (legs * span.as_secs_f64() * 50.0),
            others: ((core - cpu + lost) / took).max(0.0),
            tally,
        }
    }
}

/// (a) to (f), and the floor.
pub fn shapes(report: &mut Report) {
    let (rounds, span) =
        if report.quick { (1, Duration::from_millis(1_000)) } else { (3, Duration::from_millis(2_500)) };
    report.title(&format!(
        "CPU milliseconds of the process a leg-second, {LEGS} legs, {} in turns of {:.1} s",
        if rounds == 1 { "once".into() } else { format!("median of {rounds}") },
        span.as_secs_f64()
    ));
    let floors = ["socket", "batch", "mix"];
    let (mut bare, mut cost) = ([const { Vec::new() }; 3], [const { Vec::new() }; 6]);
    let mut others = Vec::new();
    for _ in 0..rounds {
        for (kind, figures) in floors.iter().zip(&mut bare) {
            let seen = Running::floor(kind, LEGS).span(span);
            check(report, &format!("floor, {kind}"), &seen);
            figures.push(seen.cost);
            others.push(seen.others);
        }
        for (shape, figures) in Shape::ENGINE.into_iter().zip(&mut cost) {
            let mut running = Running::engine(shape, LEGS / shape.seats(), Say::Tones);
            let seen = running.span(span);
            check(report, shape.words(), &seen);
            let lost = running.process.ask("unrecorded");
            if lost != "0" {
                report.note(
                    shape.words(),
                    &format!("{lost} frames were not recorded: the recorder was too slow"),
                );
            }
            figures.push(seen.cost);
            others.push(seen.others);
        }
    }
    let [single, batch, mix] = bare.map(|mut figures| median(&mut figures));
    report.plain("floor-socket", "floor, a socket per leg: one receive, one send", single, "ms/leg-s");
    report.plain("floor-batch", "floor, shared sockets, batches each 2 ms", batch, "ms/leg-s");
    report.plain("floor-mix", "floor, the same with decode, mix, encode", mix, "ms/leg-s");
    for (shape, mut figures) in Shape::ENGINE.into_iter().zip(cost) {
        let floor = if matches!(shape, Shape::Prompt | Shape::Two) { batch } else { mix };
        report.cost(shape, median(&mut figures), floor);
    }
    report.plain("core-others", "share of the core that others had, in the mean", mean(&others) * 100.0, "%");
}

/// Keeps so many calls of a kind up for so many seconds, and says which process to look into: `hold KIND CALLS SECONDS`.
/// With `echo` or `mix` as its kind it is the floor.
pub fn hold(words: &[String]) {
    taken::pin(crate::LOAD_CORE);
    let (shape, calls) = (Shape::of(&words[1]), words[2].parse::<usize>().unwrap());
    let running = match shape {
        Shape::Echo => Running::floor("batch", calls * 3),
        Shape::Mix => Running::floor("mix", calls * 3),
        other => Running::engine(other, calls, Say::Tones),
    };
    println!("process {} with {calls} calls", running.process.id());
    let seen = running.span(Duration::from_secs(words[3].parse().unwrap()));
    let jitter = seen.tally.jitter.quantile(0.99).unwrap_or_default();
    println!(
        "{:.4} ms/leg-s, {:.2} % came, p99 of jitter {jitter:.2} ms, {} of {} mixes wrong",
        seen.cost,
        seen.came * 100.0,
        seen.tally.wrong,
        seen.tally.listened
    );
}

/// What came back must be all, and right; else the figure beside it is of another work.
pub fn check(report: &mut Report, name: &str, seen: &Span) {
    let tally = &seen.tally;
    if seen.came < 0.999 || tally.wrong > 0 || tally.listened == 0 {
        report.note(
            name,
            &format!(
                "{:.2} % of the packets came back, {} of {} that were listened to were wrong",
                seen.came * 100.0,
                tally.wrong,
                tally.listened
            ),
        );
    }
    if tally.unsent > 0 {
        report.note(name, &format!("the callers could not send {} packets", tally.unsent));
    }
}

/// The same three-way work at 10, 100, 400 and 850 calls, beside the floor of as many.
pub fn flat(report: &mut Report) {
    let (counts, span): (&[usize], _) = if report.quick {
        (&[10, 200], Duration::from_secs(1))
    } else {
        (&[10, 100, 400, 850], Duration::from_secs(4))
    };
    report.title("CPU milliseconds a leg-second of three-way calls, by their number");
    for calls in counts {
        let floor = Running::floor("mix", 3 * calls).span(span).cost;
        let running = Running::engine(Shape::Three, *calls, Say::Tones);
        let seen = running.span(span);
        check(report, &format!("{calls} calls"), &seen);
        let words = format!(
            "{calls} calls (floor {floor:.3}; {:.0} threads in the process, {:.2} % of the packets came, p99 of jitter \
             {:.2} ms)",
            taken::threads(running.process.id()),
            seen.came * 100.0,
            seen.tally.jitter.quantile(0.99).unwrap_or_default()
        );
        report.plain(&format!("three-way-at-{calls}"), &words, seen.cost, "ms/leg-s");
        report.keep(&format!("floor-at-{calls}"), floor, "ms/leg-s");
    }
}

fn mean(all: &[f64]) -> f64 {
    all.iter().sum::<f64>() / all.len().max(1) as f64
}
