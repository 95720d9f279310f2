//! What the writer takes: CPU per short call, paced at 100 calls a second and as fast as it goes, and how long a new
//! call waits for its row. Run it with `cargo bench -p store`; `PEN_SECONDS` (5) says how long each part lasts.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use call::CallId;
use call::LegId;
use call::action::SeatRole;
use call::cause::{Cause, Reason, Side};
use call::cdr::{CallBackRow, CallBackWhy, CallRow, EventRow, LegRow, Outcome, Record};
use call::event::{Caller, Source};
use call::ids::{Lang, Name, Pii};
use store::{Entry, LegSound, RecordingKind, RecordingRow, Reports, Settings, Store, Told, Writer};
use tokio::sync::mpsc;

/// 2026-10-09 09:00 in Shanghai.
const NOW: i64 = 1_791_507_600_000;
/// Calls a second of the paced part.
const PER_SECOND: u32 = 100;
/// From a call's row on disk to its last burst.
const TALK: Duration = Duration::from_millis(25);
/// Calls of the part without pauses that may be under way.
const AT_ONCE: u32 = 400;

fn id(n: u32) -> CallId {
    CallId(
        (u128::try_from(NOW + i64::from(n) * 10).unwrap() << 80)
            | u128::from(n).wrapping_mul(0x9e37_79b9_7f4a),
    )
}

fn record(record: Record) -> Entry {
    Entry::Record(Box::new(record))
}

fn row(n: u32) -> CallRow {
    CallRow {
        call: id(n),
        did: Name::from("89000"),
        source: Source::Trunk(Name::from("telecom")),
        sip_call_id: Name::from(format!("{n:016x}@10.0.0.1")),
        caller: Caller {
            raw: Pii::new(format!("+86138{n:08}")),
            number: Pii::new(format!("138{n:08}")),
            withheld: false,
            ..Caller::default()
        },
        lang: Lang::Zh,
        profile: "menu",
        config_version: Name::from("c0ffee"),
        offered_at: NOW + i64::from(n),
        answered_at: None,
        ended_at: None,
        notice_played_at: None,
        wait_ms: 0,
        queue_ms: 0,
        duration_ms: 0,
        billsec_ms: 0,
        operator: None,
        outcome: None,
        cause: None,
        urgent: false,
        case: None,
    }
}

fn event(n: u32, seq: u32, kind: &'static str) -> Entry {
    let last = kind == "call.abandoned";
    record(Record::Event(EventRow {
        call: id(n),
        seq,
        at: NOW + i64::from(n),
        mono_ms: u64::from(n),
        kind,
        leg: Some(LegId(u64::from(n))),
        actor: "citizen".to_owned(),
        cause: last.then_some(Cause::new(Side::Citizen, Reason::GaveUp)),
        detail: if last { "outcome=abandoned".to_owned() } else { "prompt=P01 lang=zh-CN".to_owned() },
    }))
}

fn leg(n: u32, leg: u64, left: bool) -> Entry {
    record(Record::Leg(LegRow {
        call: id(n),
        leg: LegId(leg),
        seat: if leg == 1 { SeatRole::Citizen } else { SeatRole::Operator },
        party: Name::from(if leg == 1 { "" } else { "1001" }),
        uri_masked: "sip:138****1234@10.0.0.1".to_owned(),
        attempt: 1,
        invited_at: NOW,
        ringing_at: Some(NOW),
        answered_at: left.then_some(NOW),
        joined_at: left.then_some(NOW),
        left_at: left.then_some(NOW),
        hold_ms: 0,
        result: left.then_some(Cause::new(Side::Citizen, Reason::Normal)),
        codec: Name::from("PCMA"),
    }))
}

fn sound(n: u32, leg: u64) -> Entry {
    Entry::LegSound(Box::new(LegSound {
        call: id(n),
        leg: LegId(leg),
        loss_ratio: 0.015,
        jitter_ms: 4.25,
        mos: Some(4.1),
        dtmf_mode: Name::from("rfc4733"),
        codec: Name::from("PCMA"),
        packets: None,
        course: None,
        reports: Reports::default(),
    }))
}

fn recording(n: u32, closed: bool) -> Entry {
    Entry::Recording(Box::new(RecordingRow {
        call: id(n),
        leg: None,
        kind: RecordingKind::Mix,
        path: format!("2026/10/09/{}.wav", id(n)),
        codec: "pcm_s16le".to_owned(),
        started_at: NOW,
        duration_ms: closed.then_some(60_000),
        bytes: closed.then_some(960_044),
        sha256: closed.then(|| "ab".repeat(32)),
        key_id: None,
        retain_until: None,
        legal_hold: false,
        purged_at: None,
    }))
}

/// Before the answer: only the first of it is waited for.
fn offer(n: u32) -> Vec<Entry> {
    vec![record(Record::Offered(row(n))), event(n, 1, "call.offered"), leg(n, 1, false)]
}

/// Answered, greeted, recorded, put into the queue.
fn answer(n: u32) -> Vec<Entry> {
    let answered = CallRow { answered_at: Some(NOW), ..row(n) };
    vec![
        event(n, 2, "call.answered"),
        record(Record::Updated(answered.clone())),
        event(n, 3, "leg.joined"),
        event(n, 4, "recording.started"),
        recording(n, false),
        event(n, 5, "prompt.played"),
        event(n, 6, "queue.entered"),
        record(Record::Updated(answered)),
        event(n, 7, "leg.invited"),
        leg(n, 2, false),
    ]
}

/// Everybody leaves.
fn end(n: u32) -> Vec<Entry> {
    let ended = CallRow {
        answered_at: Some(NOW),
        ended_at: Some(NOW),
        outcome: Some(Outcome::Abandoned),
        cause: Some(Cause::new(Side::Citizen, Reason::GaveUp)),
        ..row(n)
    };
    let owed = CallBackRow {
        call: id(n),
        number: Pii::new(format!("138{n:08}")),
        why: CallBackWhy::Missed,
        since: NOW,
        due_at: NOW,
    };
    vec![
        record(Record::Updated(ended.clone())),
        event(n, 8, "queue.left"),
        event(n, 9, "leg.left"),
        leg(n, 2, true),
        event(n, 10, "leg.left"),
        leg(n, 1, true),
        event(n, 11, "recording.ended"),
        record(Record::CallBack(owed)),
        event(n, 12, "call.abandoned"),
        record(Record::Ended(ended)),
        sound(n, 2),
        sound(n, 1),
        recording(n, true),
    ]
}

/// CPU so far, ms, by the first letters of the threads' names.
fn cpu() -> BTreeMap<String, f64> {
    let mut all = BTreeMap::new();
    for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let Ok(name) = std::fs::read_to_string(task.path().join("comm")) else { continue };
        let Ok(stat) = std::fs::read_to_string(task.path().join("schedstat")) else { continue };
        let ns: f64 = stat.split(' ').next().unwrap().parse().unwrap();
        let name = if name.starts_with("store") { "sqlite" } else { "tokio" };
        *all.entry(name.to_owned()).or_default() += ns / 1e6;
    }
    all
}

fn report(what: &str, calls: u32, begun: Instant, before: &BTreeMap<String, f64>, waits: &mut [f64]) {
    let after = cpu();
    let read = |all: &BTreeMap<String, f64>, name: &str| all.get(name).copied().unwrap_or(0.0);
    let each = |name: &str| (read(&after, name) - read(before, name)) / f64::from(calls);
    let (sqlite, tokio) = (each("sqlite"), each("tokio"));
    waits.sort_by(f64::total_cmp);
    let at = |share: usize| waits[(waits.len() * share / 100).min(waits.len() - 1)];
    println!(
        "{what}: {calls} calls at {:.0}/s, {:.3} ms CPU a call (SQLite {sqlite:.3}, tokio {tokio:.3}); \
         offer on disk p50 {:.1} ms, p99 {:.1} ms",
        f64::from(calls) / begun.elapsed().as_secs_f64(),
        sqlite + tokio,
        at(50),
        at(99)
    );
}

/// Calls whose bursts come when they come.
async fn paced(writer: &Writer, told: &mut mpsc::Receiver<Told>, first: u32, calls: u32) {
    let (begun, before, mut waits) = (Instant::now(), cpu(), Vec::new());
    let mut beat = tokio::time::interval(Duration::from_secs(1) / PER_SECOND);
    let (mut offered, mut ends) = (BTreeMap::new(), std::collections::VecDeque::new());
    let (mut next, mut over) = (0, 0);
    let write = |all: Vec<Entry>| all.into_iter().for_each(|e| writer.write(e).unwrap());
    while over < calls {
        let due = ends.front().map_or(begun + Duration::from_secs(3600), |(at, _)| *at);
        tokio::select! {
            _ = beat.tick(), if next < calls => {
                let n = first + next;
                offered.insert(id(n), (n, Instant::now()));
                write(offer(n));
                next += 1;
            }
            heard = told.recv() => {
                let Some(Told::OnDisk(call)) = heard else { continue };
                let (n, at) = offered.remove(&call).unwrap();
                waits.push(at.elapsed().as_secs_f64() * 1e3);
                write(answer(n));
                ends.push_back((Instant::now() + TALK, n));
            }
            () = tokio::time::sleep_until(due.into()) => {
                let (_, n) = ends.pop_front().unwrap();
                write(end(n));
                over += 1;
            }
        }
    }
    report("paced", calls, begun, &before, &mut waits);
}

/// As many calls as the writer takes.
async fn flat_out(writer: &Writer, told: &mut mpsc::Receiver<Told>, first: u32, lasts: Duration) -> u32 {
    let (begun, before, mut waits) = (Instant::now(), cpu(), Vec::new());
    let mut offered = BTreeMap::new();
    let (mut next, mut over) = (0, 0);
    while begun.elapsed() < lasts || over < next {
        while begun.elapsed() < lasts && next < over + AT_ONCE {
            let n = first + next;
            offered.insert(id(n), Instant::now());
            [offer(n), answer(n), end(n)].into_iter().flatten().for_each(|e| writer.write(e).unwrap());
            next += 1;
        }
        if let Some(Told::OnDisk(call)) = told.recv().await {
            waits.push(offered.remove(&call).unwrap().elapsed().as_secs_f64() * 1e3);
            over += 1;
        }
    }
    report("flat out", over, begun, &before, &mut waits);
    over
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    let seconds: u32 = std::env::var("PEN_SECONDS").map_or(5, |s| s.parse().unwrap());
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let settings = Settings::beside(folder.path().join("hotline.db"), "hotline-1");
    let (store, _) = Store::open(settings, NOW).await.unwrap();
    let (told, mut listen) = mpsc::channel(1024);
    let writer = store.writer(told);
    let mut first = 1;
    for _ in 0..2 {
        paced(&writer, &mut listen, first, PER_SECOND * seconds).await;
        first += PER_SECOND * seconds;
        first += flat_out(&writer, &mut listen, first, Duration::from_secs(seconds.into())).await;
    }
    writer.stop().await.unwrap();
    assert_eq!(store.verify().await.unwrap(), []);
    let counts = store.counts().await.unwrap();
    println!("{counts:?}");
    assert_eq!((counts.open_calls, counts.calls), (0, u64::from(first - 1)));
}
