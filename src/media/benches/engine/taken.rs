//! What a process takes, and what else the machine does: /proc and the clock of a process's CPU time.

use std::fs;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

/// This thread, and those that it starts, run on one core; on a machine with fewer on any.
pub fn pin(core: usize) {
    let mut set = CpuSet::new();
    if set.set(core).is_ok() && sched_setaffinity(Pid::from_raw(0), &set).is_err() {
        eprintln!("there is no core {core}: it runs on any, and its figures are worth less");
    }
}

/// CPU time of all threads of a process so far, seconds: as /proc/PID/stat has it, in nanoseconds.
pub fn cpu(process: u32) -> f64 {
    let clock = clock_getcpuclockid(Pid::from_raw(process as i32)).unwrap();
    let time = clock_gettime(clock).unwrap();
    time.tv_sec() as f64 + time.tv_nsec() as f64 / 1e9
}

/// Resident and proportional memory, MiB.
pub fn memory(process: u32) -> (f64, f64) {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap();
    let field = |name: &str| number(&text, name) / 1024.0;
    (field("Rss:"), field("Pss:"))
}

/// How many threads it has.
pub fn threads(process: u32) -> f64 {
    number(&fs::read_to_string(format!("/proc/{process}/status")).unwrap(), "Threads:")
}

fn number(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|l| l.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The machine's load over the last minute.
pub fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

/// Seconds that a core has worked for anybody, and seconds that the machine below has kept it from working.
pub fn core(core: usize) -> (f64, f64) {
    let text = fs::read_to_string("/proc/stat").unwrap();
    let line = text.lines().find(|l| l.starts_with(&format!("cpu{core} "))).unwrap();
    let fields: Vec<f64> = line.split_whitespace().skip(1).map(|f| f.parse().unwrap()).collect();
    // user nice system idle iowait irq softirq steal
    (([0, 1, 2, 5, 6].iter().map(|at| fields[*at]).sum::<f64>()) / 100.0, fields[7] / 100.0)
}
