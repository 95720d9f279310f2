//! The journal in front of the store: how long an append of one call's first row takes, and how fast what waited comes into the
//! database. Run it with `cargo bench -p store --bench ledger`.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::time::{Duration, Instant};

use call::CallId;
use call::LegId;
use call::cdr::{CallRow, EventRow, Record};
use call::event::{Caller, Source};
use call::ids::{Lang, Name, Pii};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use store::{Entry, JournalAt, Settings, Store, Told};
use tokio::sync::mpsc;

/// 2026-10-09 09:00 in Shanghai.
const NOW: i64 = 1_791_507_600_000;
/// First rows that are told one after the other.
const APPENDS: u32 = 2_000;
/// Calls that wait for the database, and events of each.
const CALLS: u32 = 5_000;
const EVENTS: u32 = 9;

fn id(n: u32) -> CallId {
    CallId((u128::try_from(NOW).unwrap() << 80) | u128::from(n))
}

fn row(n: u32) -> Entry {
    let row = CallRow {
        call: id(n),
        did: Name::from("89000"),
        source: Source::Trunk(Name::from("telecom")),
        sip_call_id: Name::from(format!("{n:016x}@10.0.0.1")),
        caller: Caller { number: Pii::new(format!("138{n:08}")), ..Caller::default() },
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
    };
    Entry::Record(Box::new(Record::Offered(row)))
}

fn event(n: u32, seq: u32) -> Entry {
    Entry::Record(Box::new(Record::Event(EventRow {
        call: id(n),
        seq,
        at: NOW + i64::from(n),
        mono_ms: u64::from(n),
        kind: "leg.joined",
        leg: Some(LegId(u64::from(n))),
        actor: "citizen".to_owned(),
        cause: None,
        detail: "prompt=P01 lang=zh-CN".to_owned(),
    })))
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let at = JournalAt { folder: folder.path().join("journal"), reserve_mib: 64 };
    let settings = Settings::beside(folder.path().join("hotline.db"), "bench").behind(at);
    let (store, _) = Store::open(settings.clone(), NOW).await.unwrap();
    let (tell, mut told) = mpsc::channel(8_192);
    let writer = store.writer(tell);
    let mut took = Vec::new();
    for n in 1..=APPENDS {
        let begun = Instant::now();
        writer.write(row(n)).unwrap();
        while told.recv().await != Some(Told::OnDisk(id(n))) {}
        took.push(begun.elapsed());
    }
    took.sort();
    let at = |part: usize| took[took.len() * part / 1000].as_secs_f64() * 1e3;
    println!(
        "a call's first row told, on the journal's disk: {:.2} ms (median), {:.2} ms (p99), {:.2} ms (p99.9)",
        at(500),
        at(990),
        at(999)
    );
    store.caught_up().await.unwrap();
    // The database is held meanwhile, as by a backup that does not end.
    let mut other =
        SqliteConnectOptions::new().filename(folder.path().join("hotline.db")).connect().await.unwrap();
    let hold = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let first = APPENDS + 1;
    for n in first..first + CALLS {
        writer.write(row(n)).unwrap();
        for seq in 1..=EVENTS {
            writer.write(event(n, seq)).unwrap();
        }
        if n % 200 == 0 {
            while writer.waiting() > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }
    while writer.waiting() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let bytes = writer.journal().unwrap().bytes;
    let begun = Instant::now();
    hold.rollback().await.unwrap();
    store.caught_up().await.unwrap();
    let took = begun.elapsed().as_secs_f64();
    let records = CALLS * (EVENTS + 1);
    println!(
        "{records} records that waited ({:.1} MiB of the journal): {took:.2} s into the database, {:.0} records/s",
        bytes as f64 / f64::from(1 << 20),
        f64::from(records) / took
    );
    writer.stop().await.unwrap();
}
