//! Stores with calls of three years ago and of now, and what their files hold.
#![allow(clippy::unwrap_used, clippy::panic)]

mod erase;
mod keys;

use std::path::Path;
use std::sync::Arc;

use call::action::{Question, SeatRole};
use call::cause::{Cause, Reason, Side};
use call::cdr::{CallRow, EventRow, LegRow, Outcome, Record, StatedRow};
use call::event::{Caller, Source};
use call::ids::{CallId, Lang, LegId, Name, Pii};
use tempfile::TempDir;
use tokio::sync::mpsc;
use vault::machine::{System, key_file};
use vault::{Class, Month, Scope};

use super::Retention;
use crate::either::{query, scalar};
use crate::stored::Broken;
use crate::{
    CaseKind, Entry, NewCase, RecordingKind, RecordingRow, Settings, Store, StoreError, Told, Track,
};

const NUMBER: &str = "13800001234";
const OTHER: &str = "13900005678";

fn month(year: u16, month: u8) -> Month {
    Month::new(year, month).unwrap()
}

/// The tenth of a month.
fn tenth(year: u16, of: u8) -> i64 {
    month(year, of).begins() + 9 * 86_400_000
}

fn settings(folder: &Path) -> Settings {
    Settings::beside(folder.join("hotline.db"), "n1")
}

/// Between two looks at whether the store of before has gone.
const POLL: std::time::Duration = std::time::Duration::from_millis(5);

async fn open(folder: &Path, now: i64) -> Store {
    let mut tries = 0;
    loop {
        match Store::open(settings(folder), now).await {
            Ok((store, _)) => return store,
            Err(StoreError::InUse { .. }) if tries < 400 => {
                tries += 1;
                tokio::time::sleep(POLL).await;
            }
            Err(other) => panic!("{other}"),
        }
    }
}

fn id(at: i64, n: u32) -> CallId {
    CallId((u128::try_from(at).unwrap() << 80) | u128::from(n))
}

fn row(at: i64, n: u32, number: &str) -> CallRow {
    CallRow {
        call: id(at, n),
        did: Name::from("89000"),
        source: Source::Trunk(Name::from("telecom")),
        sip_call_id: Name::from("abc@10.0.0.1"),
        caller: Caller {
            raw: Pii::new(format!("+86{number}")),
            number: Pii::new(number),
            withheld: false,
            diverted: Pii::new("05356200000"),
        },
        lang: Lang::Zh,
        profile: "direct",
        config_version: Name::from("c0ffee"),
        offered_at: at,
        answered_at: Some(at + 300),
        ended_at: Some(at + 61_000),
        notice_played_at: None,
        wait_ms: 12_000,
        queue_ms: 0,
        duration_ms: 61_000,
        billsec_ms: 60_700,
        operator: None,
        outcome: Some(Outcome::OnSpot),
        cause: Some(Cause::new(Side::Citizen, Reason::Normal)),
        urgent: false,
        case: None,
    }
}

fn record(record: Record) -> Entry {
    Entry::Record(Box::new(record))
}

/// A call that is over, with the citizen's leg, a note and a recording.
fn entries(at: i64, n: u32, number: &str) -> Vec<Entry> {
    let call = id(at, n);
    let leg = LegRow {
        call,
        leg: LegId(1),
        seat: SeatRole::Citizen,
        party: Name::from(""),
        uri_masked: "sip:138****1234@10.0.0.1".to_owned(),
        attempt: 1,
        invited_at: at,
        ringing_at: None,
        answered_at: Some(at),
        joined_at: Some(at),
        left_at: Some(at + 60_000),
        hold_ms: 0,
        result: None,
        codec: Name::from("PCMA"),
    };
    let last = EventRow {
        call,
        seq: 1,
        at,
        mono_ms: 1,
        kind: "call.ended",
        leg: None,
        actor: "citizen".to_owned(),
        cause: None,
        detail: "outcome=on_spot".to_owned(),
    };
    let stated = call::event::Stated {
        call,
        by: Name::from("1001"),
        outcome: Outcome::OnSpot,
        case: None,
        service: None,
        note: Pii::new("住在东街的老人"),
    };
    let recording = RecordingRow {
        call,
        leg: None,
        kind: RecordingKind::Mix,
        path: format!("{}-10/{call}.wav", Month::of_utc_ms(at)),
        codec: "pcm_s16le".to_owned(),
        started_at: at,
        duration_ms: Some(60_000),
        bytes: Some(960_044),
        sha256: Some("ab".repeat(32)),
        key_id: None,
        retain_until: None,
        legal_hold: false,
        purged_at: None,
    };
    vec![
        record(Record::Offered(row(at, n, number))),
        record(Record::Leg(leg)),
        record(Record::Event(last)),
        record(Record::Ended(row(at, n, number))),
        record(Record::Stated(StatedRow { at, stated })),
        Entry::Recording(Box::new(recording)),
    ]
}

async fn write(store: &Store, entries: Vec<Entry>) {
    let (tell, mut told) = mpsc::channel::<Told>(64);
    let writer = store.writer(tell);
    entries.into_iter().for_each(|entry| writer.write(entry).unwrap());
    let listen = tokio::spawn(async move { while told.recv().await.is_some() {} });
    writer.stop().await.unwrap();
    listen.await.unwrap();
}

async fn number_of(store: &Store, call: CallId) -> Option<String> {
    store.caller_number(call).await.unwrap().unwrap().map(|number| number.reveal().to_owned())
}

async fn sealed(store: &Store, call: CallId) -> Vec<u8> {
    let mut conn = store.reader().await.unwrap();
    let sealed =
        scalar::<Option<Vec<u8>>>("SELECT caller_e164 FROM call WHERE id = $1").bind(call.to_string());
    sealed.fetch_one(&mut conn).await.unwrap().unwrap()
}

async fn run(store: &Store, sql: &'static str) {
    let mut conn = store.reader().await.unwrap();
    query(sql).execute(&mut conn).await.unwrap();
}

/// Whether these bytes stand anywhere in the folder's files.
fn in_files(folder: &Path, bytes: &[u8]) -> bool {
    let files = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    files.into_iter().any(|file| file.windows(bytes.len()).any(|window| window == bytes))
}

/// The database as a backup has it; with it the key file of `keys`.
fn restored(backup: &TempDir, keys: &Path) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(backup.path()).unwrap().flatten() {
        let name = file.file_name().into_string().unwrap();
        if !name.contains(".key") && !name.ends_with(".lock") {
            std::fs::copy(file.path(), folder.path().join(&name)).unwrap();
        }
    }
    std::fs::copy(keys.join("hotline.key"), folder.path().join("hotline.key")).unwrap();
    folder
}

fn backup_of(folder: &Path) -> TempDir {
    let backup = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(folder).unwrap().flatten() {
        std::fs::copy(file.path(), backup.path().join(file.file_name())).unwrap();
    }
    backup
}

const OLD: (u16, u8) = (2023, 10);
const NEW: (u16, u8) = (2026, 11);
const LATER: (u16, u8) = (2026, 12);
const KEEP: Retention = Retention { numbers: 36, names: 36, cases: 36, recordings: 36 };

/// A store with a call of three years ago and one of this month, and its backup from before anything was erased.
async fn two_calls() -> (TempDir, Store, TempDir, [CallId; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = [tenth(OLD.0, OLD.1), tenth(NEW.0, NEW.1)];
    let store = open(folder.path(), old).await;
    write(&store, entries(old, 1, NUMBER)).await;
    store.close().await;
    drop(store);
    let store = open(folder.path(), new).await;
    write(&store, entries(new, 2, OTHER)).await;
    store.let_go().await.unwrap();
    let backup = backup_of(folder.path());
    (folder, store, backup, [id(old, 1), id(new, 2)])
}

/// What does not hold, but for the case that a test has closed by hand.
async fn broken(store: &Store) -> Vec<Broken> {
    let all = store.verify().await.unwrap().into_iter();
    all.filter(|broken| !matches!(broken, Broken::Promise { .. })).collect()
}

fn case(call: Option<CallId>) -> NewCase {
    NewCase {
        call,
        kind: CaseKind::Complaint,
        track: Track::Case,
        category: None,
        service: None,
        unit: None,
        title: "路灯".to_owned(),
        content: "门前的路灯不亮".to_owned(),
        place: Some("东街 5 号".to_owned()),
        applicant_name: Some(Pii::new("张三丰")),
        applicant_phone: None,
        confidential: false,
        anonymous: false,
        urgent: false,
    }
}
