//! The writer from inside: what happens when the queue is full, the disk fails, the schema refuses, the end comes.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use call::CallId;
use call::cdr::{CallRow, EventRow, RatingRow, Record};
use call::event::{Caller, Source};
use call::ids::{Lang, Name, Pii};
use tokio::sync::mpsc::{self, Receiver};

use crate::both::{Folder, folder, on_server};
use crate::either::{Db, Place, query, scalar};
use crate::writer::Bounds;
use crate::{Entry, Full, Store, StoreError, Told, Writer};

const SOON: Duration = Duration::from_secs(20);
/// While this stands, every new call's row fails, as it would on a broken disk.
async fn break_it(other: &mut Db) {
    if on_server() {
        let says = "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'the disk is broken'; END $$";
        run(other, says).await;
        run(other, "CREATE TRIGGER broken BEFORE INSERT ON call EXECUTE FUNCTION broken()").await;
    } else {
        let says = "CREATE TRIGGER broken BEFORE INSERT ON call BEGIN SELECT RAISE(ABORT, 'the disk is broken'); END";
        run(other, says).await;
    }
}

async fn mend_it(other: &mut Db) {
    run(other, if on_server() { "DROP FUNCTION broken CASCADE" } else { "DROP TRIGGER broken" }).await;
}

pub(crate) fn offer(n: u128) -> Entry {
    Entry::Record(Box::new(Record::Offered(row(n))))
}

pub(crate) fn row(n: u128) -> CallRow {
    CallRow {
        call: CallId(n),
        did: Name::from("89000"),
        source: Source::Trunk(Name::from("t")),
        sip_call_id: Name::from("x"),
        caller: Caller { number: Pii::new("13800001234"), ..Caller::default() },
        lang: Lang::Zh,
        profile: "direct",
        config_version: Name::from("v"),
        offered_at: 1,
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

pub(crate) fn event(n: u128, seq: u32) -> Entry {
    Entry::Record(Box::new(Record::Event(EventRow {
        call: CallId(n),
        seq,
        at: 1,
        mono_ms: 1,
        kind: "leg.joined",
        leg: None,
        actor: "house".to_owned(),
        cause: None,
        detail: String::new(),
    })))
}

/// A store, and another connection to its database, whose turn to write is not this store's.
pub(crate) async fn store() -> (Folder, Store, Db) {
    let folder = folder();
    let settings = folder.settings("hotline.db", "n");
    let other = Place::new(settings.at.clone());
    let (store, _) = Store::open(settings, 0).await.unwrap();
    let mut other = other.connect().await.unwrap();
    if on_server() {
        // A node that holds a transaction open is cut off; this one is to hold it as long as a test wants.
        run(&mut other, "SET idle_in_transaction_session_timeout = 0").await;
    }
    (folder, store, other)
}

fn small(store: &Store) -> (Writer, Receiver<Told>) {
    let (told, listen) = mpsc::channel(64);
    let bounds = Bounds { capacity: 12, offers_up_to: 4, stop_within: Duration::from_millis(200) };
    (store.writer_within(told, bounds), listen)
}

pub(crate) async fn next(told: &mut Receiver<Told>) -> Told {
    tokio::time::timeout(SOON, told.recv()).await.unwrap().unwrap()
}

pub(crate) async fn run(conn: &mut Db, sql: &'static str) {
    query(sql).execute(conn).await.unwrap();
}

/// Fills a broken writer: four offers, then events until nothing more goes in. How many events went in.
fn fill(writer: &Writer) -> u32 {
    for n in 1..=3 {
        writer.write(offer(n)).unwrap();
    }
    assert_eq!(writer.waiting(), 4);
    assert_eq!(writer.write(offer(5)), Err(Full(offer(5))), "new calls are refused first");
    let mut seq = 1;
    while writer.write(event(1, seq)).is_ok() {
        seq += 1;
    }
    assert_eq!(writer.write(event(1, seq)), Err(Full(event(1, seq))));
    seq - 1
}

#[tokio::test]
async fn new_calls_are_refused_long_before_calls_in_progress_lose_anything() {
    let (_folder, store, mut other) = store().await;
    break_it(&mut other).await;
    let (writer, mut told) = small(&store);
    writer.write(offer(0)).unwrap();
    let Told::Trouble(words) = next(&mut told).await else { panic!("trouble comes first") };
    assert!(words.contains("the disk is broken") && words.contains("tried again"), "{words}");
    let events = fill(&writer);
    assert!(events >= 8, "the headroom is for calls in progress");
    mend_it(&mut other).await;
    assert_eq!(next(&mut told).await, Told::Well, "trouble is told once, then that it works again");
    for n in 0..=3 {
        assert_eq!(next(&mut told).await, Told::OnDisk(CallId(n)), "in order");
    }
    writer.write(offer(5)).unwrap();
    assert_eq!(next(&mut told).await, Told::OnDisk(CallId(5)));
    writer.stop().await.unwrap();
    let detail = store.call(CallId(1)).await.unwrap().unwrap();
    assert_eq!(detail.events.len(), events as usize, "nothing was lost");
}

#[tokio::test]
async fn a_locked_store_is_trouble_that_passes() {
    let (_folder, store, mut other) = store().await;
    let (writer, mut told) = small(&store);
    let turn = other.begin().await.unwrap();
    writer.write(offer(1)).unwrap();
    let Told::Trouble(words) = next(&mut told).await else { panic!("the lock is trouble") };
    assert!(words.contains("is locked by another program"), "{words}");
    other.rollback().await.unwrap();
    drop(turn);
    assert_eq!(next(&mut told).await, Told::Well);
    assert_eq!(next(&mut told).await, Told::OnDisk(CallId(1)));
    writer.stop().await.unwrap();
}

#[tokio::test]
async fn what_the_schema_refuses_stops_nothing_else() {
    let (_folder, store, _other) = store().await;
    let (writer, mut told) = small(&store);
    let rating = RatingRow {
        call: CallId(1),
        score: Some(9),
        reason: None,
        operator: None,
        desk: None,
        service: None,
    };
    writer.write(offer(1)).unwrap();
    writer.write(Entry::Record(Box::new(Record::Rating(rating)))).unwrap();
    writer.write(event(1, 1)).unwrap();
    writer.write(offer(2)).unwrap();
    let mut heard = Vec::new();
    while heard.len() < 3 {
        heard.push(next(&mut told).await);
    }
    let refused = heard.iter().find_map(|t| if let Told::Refused(words) = t { Some(words) } else { None });
    assert!(refused.is_some_and(|w| w.contains("does not fit") && w.contains("score")), "{heard:?}");
    assert!(heard.contains(&Told::OnDisk(CallId(1))) && heard.contains(&Told::OnDisk(CallId(2))));
    writer.stop().await.unwrap();
    assert_eq!(store.call(CallId(1)).await.unwrap().unwrap().events.len(), 1);
}

#[tokio::test]
async fn stopping_flushes_even_when_nobody_listens() {
    let (_folder, store, _other) = store().await;
    let (told, listen) = mpsc::channel(1);
    let writer = store.writer(told);
    for n in 1..=300 {
        writer.write(offer(n)).unwrap();
    }
    tokio::time::timeout(SOON, writer.stop()).await.unwrap().unwrap();
    assert_eq!(store.counts().await.unwrap().calls, 300);
    drop(listen);
    let (told, _) = mpsc::channel(1);
    let writer = store.writer(told);
    writer.write(offer(301)).unwrap();
    writer.stop().await.unwrap();
    assert_eq!(store.counts().await.unwrap().calls, 301);
}

#[tokio::test]
async fn a_stop_that_can_not_write_says_how_much_is_left() {
    let (_folder, store, mut other) = store().await;
    break_it(&mut other).await;
    let (writer, mut told) = small(&store);
    for n in 1..=3 {
        writer.write(offer(n)).unwrap();
    }
    assert!(matches!(next(&mut told).await, Told::Trouble(_)));
    let left = writer.stop().await.unwrap_err();
    assert!(matches!(left, StoreError::Unsaved { records: 3 }), "{left}");
    assert_eq!(store.counts().await.unwrap().calls, 0);
}

#[tokio::test]
async fn every_connection_waits_for_the_disk() {
    let (_folder, _store, mut other) = store().await;
    if on_server() {
        let full: String = scalar("SHOW synchronous_commit").fetch_one(&mut other).await.unwrap();
        assert_eq!(full, "on");
        return;
    }
    let full: i64 = scalar("PRAGMA synchronous").fetch_one(&mut other).await.unwrap();
    let mode: String = scalar("PRAGMA journal_mode").fetch_one(&mut other).await.unwrap();
    assert_eq!((full, mode.as_str()), (2, "wal"), "anything less loses rows at a power cut");
}

#[tokio::test]
async fn a_full_disk_is_called_by_its_name() {
    // How full a server's disk is, nobody here decides.
    if on_server() {
        return;
    }
    let (_folder, store, mut other) = store().await;
    run(&mut other, "PRAGMA max_page_count = 1").await;
    let sql = "INSERT INTO meta (name, value) VALUES ('x', $1)";
    let fault = query(sql).bind("x".repeat(1_000_000)).execute(&mut other).await.unwrap_err();
    let said = store.said(fault);
    assert!(matches!(said, StoreError::DiskFull { .. }), "{said}");
    assert!(said.to_string().contains("free space there"), "{said}");
    drop(store);
}

/// Seen under load: the calls' writer found the file "locked by another program", which was the clerk of the same process.
#[tokio::test]
async fn writers_of_one_process_wait_for_their_turn_and_are_not_locked_out() {
    let (_folder, store, _other) = store().await;
    let held = store.begin().await.unwrap();
    let (writer, mut told) = small(&store);
    writer.write(offer(1)).unwrap();
    let (clerk, single) = (store.clone(), store.clone());
    let clerk = tokio::spawn(async move { clerk.note_opened(1).await });
    let single = tokio::spawn(async move { single.note_recording_access(0, CallId(1), 1, "a", "b").await });
    // Longer than SQLite waits for a lock: nobody is in trouble, and nothing is told before it is on disk.
    assert!(tokio::time::timeout(Duration::from_millis(2_000), told.recv()).await.is_err());
    held.commit().await.unwrap();
    assert_eq!(next(&mut told).await, Told::OnDisk(CallId(1)));
    assert!(!clerk.await.unwrap().unwrap());
    single.await.unwrap().unwrap();
    writer.stop().await.unwrap();
}
