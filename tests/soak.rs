//! A day of calls in minutes against the real house (row 18 of docs/reliability.md): what it holds afterwards is what it held
//! once it has warmed up.
//!
//! In the usual tests for seconds; `HOTLINE_SOAK_MINUTES=25` makes as many calls as a busy house has in a day, and asserts the
//! slope of its memory. The figures are printed in both.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[allow(dead_code, reason = "shared with other tests")]
#[path = "support/folder.rs"]
mod folder;
#[allow(dead_code, reason = "shared with tests/peers.rs")]
#[path = "peers/house.rs"]
mod house;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "support/patience.rs"]
mod patience;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "support/ports.rs"]
mod ports;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "support/process.rs"]
mod process;
#[allow(dead_code, reason = "shared with tests/flood.rs")]
#[path = "flood/talk.rs"]
mod talk;

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use house::House;
use patience::{s, until};
use phone::{Account, Dial, Phone};
use tokio::task::JoinSet;

/// Calls of a busy hour.
const AN_HOUR: f64 = 1_250.0;
/// What an hour of calls may add, MiB.
const SLOPE: f64 = 1.0;
/// In seconds nothing has settled yet; on any machine, MiB.
const UNSETTLED: f64 = 32.0;
/// Descriptors, tasks and threads that come and go by themselves: connections of the interface and of the store.
const SOME: u64 = 16;
/// Of so many calls one may be refused: a machine that does something else at the same moment sheds load (503).
const REFUSED: u32 = 20;
/// A citizen hangs up after so long; others with the operator.
const TALK: Duration = Duration::from_millis(250);
/// Calls at once that the ports of a test suffice for.
const AT_ONCE: u32 = 26;

/// What the house holds.
#[derive(Clone, Copy, Debug)]
struct Held {
    kib: u64,
    descriptors: u64,
    threads: u64,
    tasks: u64,
    ports: u64,
}

/// The process whose command line holds the folder of this house.
fn process(house: &House) -> PathBuf {
    let folder = house.folder.path().to_string_lossy().into_owned();
    let is_it =
        |path: &Path| fs::read_to_string(path.join("cmdline")).is_ok_and(|line| line.contains(&folder));
    fs::read_dir("/proc").unwrap().flatten().map(|e| e.path()).find(|p| is_it(p)).expect("the house runs")
}

fn status(process: &Path, what: &str) -> u64 {
    let status = fs::read_to_string(process.join("status")).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix(what)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
}

/// Waits until no call is left and the ports have rested.
fn quiet(house: &House, ports: Option<u64>) -> Held {
    let process = process(house);
    until("no call, no leg, all ports", s(60), || {
        let figures = house.get("/api/v1/health");
        let figure = |name: &str| figures[name].as_u64().unwrap();
        let over = (figure("calls"), figure("legs")) == (0, 0);
        (over && ports.is_none_or(|all| figure("free_ports") == all)).then(|| Held {
            kib: status(&process, "VmRSS"),
            descriptors: fs::read_dir(process.join("fd")).unwrap().count() as u64,
            threads: status(&process, "Threads"),
            tasks: figure("tasks"),
            ports: figure("free_ports"),
        })
    })
}

/// Takes whatever rings, and stays until the other one goes.
fn operator(phone: Phone) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        while let Ok(ringing) = phone.incoming().await {
            // The citizen may have gone meanwhile.
            if let Ok(call) = ringing.answer().await {
                call.ended().await;
            }
        }
    })
}

/// Calls at this rate for so long; how many, and memory after each second as (calls, KiB).
async fn calls(house: &House, phone: &Phone, rate: u32, time: Duration) -> (u32, Vec<(f64, f64)>) {
    let (done, process) = (Arc::new(AtomicU32::new(0)), process(house));
    let (mut work, mut samples) = (JoinSet::new(), Vec::new());
    let mut beat = tokio::time::interval(Duration::from_secs(1) / rate);
    let (begun, mut sampled) = (Instant::now(), Instant::now());
    let mut n = 0_u32;
    while begun.elapsed() < time {
        beat.tick().await;
        n += 1;
        let (phone, counted) = (phone.clone(), Arc::clone(&done));
        work.spawn(async move {
            // Nobody can be called back: whom the house calls for ten minutes after is a call, and there would be no end.
            let Ok(call) = phone.call(Dial::to("89000").caller("anonymous")).await else { return };
            // Some leave in the first prompt, some while they wait or talk.
            let _ = tokio::time::timeout(TALK * (n % 4), call.ended()).await;
            call.hang_up();
            call.ended().await;
            counted.fetch_add(1, Ordering::Relaxed);
        });
        while let Some(joined) = work.try_join_next() {
            joined.expect("a call failed");
        }
        if sampled.elapsed() >= s(1) {
            sampled = Instant::now();
            samples.push((f64::from(done.load(Ordering::Relaxed)), status(&process, "VmRSS") as f64));
        }
    }
    while let Some(joined) = work.join_next().await {
        joined.expect("a call failed");
    }
    let up = done.load(Ordering::Relaxed);
    assert!((n - up) * REFUSED <= n, "{} of {n} calls failed", n - up);
    (up, samples)
}

/// MiB an hour of calls, by least squares.
fn slope(samples: &[(f64, f64)]) -> f64 {
    let count = samples.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|s| s.0), mean(|s| s.1));
    let above: f64 = samples.iter().map(|s| (s.0 - x) * (s.1 - y)).sum();
    let below: f64 = samples.iter().map(|s| (s.0 - x).powi(2)).sum();
    above / below.max(1.0) * AN_HOUR / 1_024.0
}

#[test]
fn a_slope_is_told_as_it_is() {
    let line: Vec<(f64, f64)> =
        (0..100).map(|n| (f64::from(n) * 12.5, f64::from(n) * 10.24 + 5_000.0)).collect();
    assert!((slope(&line) - 1.0).abs() < 1e-6, "{}", slope(&line));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_short_calls_leave_nothing_behind() {
    let minutes: Option<u64> = std::env::var("HOTLINE_SOAK_MINUTES").ok().map(|m| m.parse().unwrap());
    let (rate, warm, time) = minutes.map_or((8, s(3), s(7)), |m| (20, s(180), s(60 * m)));
    let house = talk::house_for(AT_ONCE);
    let bind = IpAddr::V4(Ipv4Addr::new(127, 8, 0, 1));
    let account = Account { bind, ..Account::new("op1", &house.password("op1"), house.udp) };
    let desk = Phone::start(account).await.unwrap();
    desk.register().await.unwrap();
    let operator = operator(desk.clone());
    let trunk = talk::trunk_phone(&house, 1).await;

    let ports = quiet(&house, None).ports;
    calls(&house, &trunk, rate, warm).await;
    let before = quiet(&house, Some(ports));
    let (made, samples) = calls(&house, &trunk, rate, time).await;
    let after = quiet(&house, Some(ports));
    let (slope, more) = (slope(&samples), (after.kib as f64 - before.kib as f64) / 1_024.0);
    println!(
        "row 18: {made} calls, {slope:.2} MiB an hour of {AN_HOUR} calls, {more:+.1} MiB in all; {before:?}, {after:?}"
    );
    assert!(u64::from(made) > u64::from(rate) * time.as_secs() / 2, "the callers themselves were too slow");
    if minutes.is_some() {
        assert!(slope < SLOPE, "memory grows by {slope:.2} MiB an hour");
    }
    assert!(more < UNSETTLED, "{more:.1} MiB stayed");
    assert!(after.descriptors <= before.descriptors + SOME, "{before:?} {after:?}");
    assert!(after.tasks <= before.tasks + SOME, "{before:?} {after:?}");
    assert!(after.threads <= before.threads + SOME, "{before:?} {after:?}");
    assert_eq!(after.ports, before.ports);
    trunk.stop();
    desk.stop();
    operator.abort();
    house.close(&[]);
}
