//! Row 3 of docs/reliability.md: a long row of calls by sipp, not one of which fails, each with one record.
//!
//! `HOTLINE_SIPP_CALLS=300000` is the whole length (`make soak`), at `HOTLINE_SIPP_RATE` calls a second.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use store::{Counts, JournalAt, Settings, Store};

use crate::folder::edit;
use crate::house::{House, runtime};
use crate::peers_are_here;
use crate::process::Process;

/// Calls a second that the ports of a test suffice for.
const SLOW: u64 = 50;
/// RTP ports of a house that takes more; no other test has these.
const MANY: (u16, u16) = (6_000, 11_999);

/// A number from the environment.
fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// sipp makes so many calls, so many a second; it exits with 0 when none of them went otherwise than its scenario says.
fn calls(house: &House, (calls, rate): (u64, u64)) {
    let room = house.room("many");
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sipp/many.xml");
    let mut sipp = Command::new("sipp");
    sipp.current_dir(&room).arg(house.udp.to_string()).arg("-sf").arg(scenario);
    // Repeated requests are part of a busy machine's day; whoever gets none of its answers is a call that failed.
    sipp.args(["-s", "89000", "-i", "127.0.0.1", "-nostdin", "-key", "caller", "anonymous"]);
    sipp.args(["-p", &house.ports.four().to_string(), "-mp", "40000"]);
    sipp.args(["-m", &calls.to_string(), "-r", &rate.to_string(), "-l", "2000", "-recv_timeout", "32000"]);
    sipp.args(["-trace_err", "-error_file", "errors", "-trace_stat", "-stf", "figures.csv", "-fd", "60"]);
    let mut process = Process::start(&mut sipp, &room.join("out"), &room.join("err"));
    let longest = Duration::from_secs(calls / rate.max(1) * 2 + 60);
    let status = process.end("sipp has made its calls", longest);
    let errors = fs::read_to_string(room.join("errors")).unwrap_or_default();
    assert!(status.success(), "{status}: {}", errors.lines().take(40).collect::<Vec<_>>().join("\n"));
}

/// What the store has once the house is closed, and whether its chain holds.
fn kept(folder: &Path) -> Counts {
    runtime().block_on(async {
        let journal = JournalAt { folder: folder.join("data/journal"), reserve_mib: 0 };
        let settings = Settings::beside(folder.join("data/hotline.db"), "hotline-1").behind(journal);
        let (store, opened) = Store::open(settings, 0).await.unwrap();
        assert_eq!(opened.interrupted, [], "calls that nobody ended");
        assert_eq!(store.verify().await.unwrap(), []);
        store.counts().await.unwrap()
    })
}

#[test]
fn of_a_long_row_of_calls_none_fails_and_each_has_one_record() {
    if !peers_are_here() {
        return;
    }
    let (count, rate) = (setting("HOTLINE_SIPP_CALLS", 500), setting("HOTLINE_SIPP_RATE", 50));
    let mut house = House::open_with(|config, ports| {
        let (first, last) = if rate > SLOW { MANY } else { ports.rtp() };
        let calls = format!("max_calls = {}", (last - first) / 6);
        edit(&config.join("routing.toml"), &[("max_calls = 20", &calls)]);
        let old = ports.rtp();
        let ours = [(format!("first_port = {}", old.0), first), (format!("last_port = {}", old.1), last)];
        for (at, port) in &ours {
            let name = at.split(' ').next().unwrap_or_default();
            edit(&config.join("hotline.toml"), &[(at, &format!("{name} = {port}"))]);
        }
    });
    let begun = Instant::now();
    calls(&house, (count, rate));
    let took = begun.elapsed();
    house.end(&[]);
    let kept = kept(house.folder.path());
    println!("{count} calls by sipp in {} s: 0 failed, {kept:?}", took.as_secs());
    assert_eq!((kept.calls, kept.final_events, kept.open_calls), (count, count, 0));
}
