//! How fast what is due becomes calls: a thousand call-backs that are due at the same moment, on a real store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use call::cdr::{CallBackRow, CallBackWhy, Record};
use call::ids::{CallId, Pii};
use call::plan::{Greeting, Limits, Menus, Plan, Profile};
use clockwork::{Parts, Rules, start};
use store::promises::Timing;
use store::{Entry, Settings, Store};
use switchboard::Clock;
use switchboard::handle::FarSide;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const TASKS: u32 = 1_000;
/// Wednesday, 14 October 2026, 10:00 in Shanghai.
const MORNING: i64 = 1_791_943_200_000;

fn counting() -> std::io::Result<[u8; 32]> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0; 32];
    bytes[2..10].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    Ok(bytes)
}

fn plan() -> Plan {
    let greeting = Greeting {
        profile: Profile::Direct,
        opening: Vec::new(),
        then: Vec::new(),
        music_after: Duration::ZERO,
        announce_after: Duration::ZERO,
        announce_every: Duration::ZERO,
        offer_after: Duration::ZERO,
        offer_position: 1,
        offer_window: Duration::ZERO,
        night: None,
    };
    Plan {
        version: "".into(),
        numbers: Vec::new(),
        unit_access: Default::default(),
        greeting,
        menus: Menus::default(),
        // Half of the house's calls may be its own.
        limits: Limits { max_calls: 10_000, ..Limits::default() },
        units: Default::default(),
        desks: Default::default(),
        services: Default::default(),
        operators: Vec::new(),
        shift_leads: Vec::new(),
        emergency: Vec::new(),
        allowed_outside: Vec::new(),
        calendar: Default::default(),
    }
}

/// A store in which so many citizens are owed a call-back that is due.
async fn owing(store: &Store, rules: &Rules, now: i64) {
    let (tell, _told) = mpsc::channel(1_024);
    let writer = store.writer(tell);
    for n in 1..=TASKS {
        let row = CallBackRow {
            call: CallId((u128::try_from(now).unwrap() << 80) | u128::from(n)),
            number: Pii::new(format!("138{n:08}")),
            why: CallBackWhy::Asked,
            since: now,
            due_at: now,
        };
        writer.write(Entry::Record(Box::new(Record::CallBack(row)))).unwrap();
    }
    writer.stop().await.unwrap();
    let debts = store.new_debts(TASKS).await.unwrap();
    assert_eq!(debts.len(), usize::try_from(TASKS).unwrap());
    let (calendar, settings) = (&rules.calendar, &rules.settings);
    for debt in debts {
        let timing = Timing { now, calendar: Arc::clone(calendar), settings: Arc::clone(settings) };
        store.take_debt(timing, debt).await.unwrap();
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let system = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let clock = Clock::shifted(MORNING - i64::try_from(system.as_millis()).unwrap());
    let now = clock.now().utc_ms;
    let (store, _) =
        Store::open(Settings::beside(folder.path().join("hotline.db"), "bench"), now).await.unwrap();
    let plan = plan();
    let rules = Rules {
        calendar: Arc::new(plan.calendar.clone()),
        plan: Arc::new(plan),
        settings: Arc::default(),
        staff: Arc::new([]),
        reach: false,
    };
    owing(&store, &rules, now).await;
    let (handle, mut far) = FarSide::new();
    let stop = CancellationToken::new();
    let begun = Instant::now();
    let parts =
        Parts { store: store.clone(), handle, clock, node: "bench".to_owned(), rules, random: counting };
    let running = start(parts, stop.clone());
    let mut first = None;
    for _ in 0..TASKS {
        far.errand().await.unwrap();
        first.get_or_insert_with(|| begun.elapsed());
    }
    let all = begun.elapsed();
    println!(
        "{TASKS} due tasks: the first call after {:?}, the last after {all:?}",
        first.unwrap_or_default()
    );
    stop.cancel();
    running.task.await.unwrap();
}
