//! Calls to write down, and a store in a folder of its own to write them to.

use std::path::PathBuf;
use std::time::Duration;

use call::CallId;
use call::LegId;
use call::action::SeatRole;
use call::cause::{Cause, Reason, Side};
use call::cdr::{CallBackRow, CallBackWhy, CallRow, EventRow, LegRow, Outcome, RatingRow, Record};
use call::event::{Caller, Source};
use call::ids::{DeskNo, Lang, Name, Pii, ServiceCode, StaffNo};
use store::{
    Course, Entry, LegSound, Opened, Packets, RecordingKind, RecordingRow, Reports, Settings, Span, Store,
    StoreError, Told, Writer,
};
use tokio::sync::mpsc;

pub use crate::both::{Folder, folder};
use crate::raw::Raw;

/// 2026-10-09 09:00 in Shanghai.
pub const NOW: i64 = 1_791_507_600_000;
pub const NUMBER: &str = "13800001234";
pub const RAW: &str = "+8613800001234";
pub const DIVERTED: &str = "05356200000";
/// How long a test waits for something that must come.
pub const SOON: Duration = Duration::from_secs(20);

pub fn settings(folder: &Folder) -> Settings {
    folder.settings("data/hotline.db", "hotline-1")
}

/// Where the file is, on SQLite.
pub fn path(folder: &Folder) -> PathBuf {
    folder.path().join("data/hotline.db")
}

/// Opens the store; a writer that was dropped may still hold it for a moment.
pub async fn open(folder: &Folder) -> (Store, Opened) {
    const POLL: Duration = Duration::from_millis(5);
    let deadline = tokio::time::Instant::now() + SOON;
    loop {
        match Store::open(settings(folder), NOW + 60_000).await {
            Ok(opened) => return opened,
            Err(StoreError::InUse { .. } | StoreError::NodeInUse { .. })
                if tokio::time::Instant::now() < deadline =>
            {
                tokio::time::sleep(POLL).await;
            }
            Err(e) => panic!("{e}"),
        }
    }
}

/// A store with its writer.
pub struct Bench {
    pub folder: Folder,
    pub store: Store,
    pub writer: Writer,
    pub told: mpsc::Receiver<Told>,
}

impl Bench {
    pub async fn new() -> Self {
        let folder = folder();
        let (store, opened) = open(&folder).await;
        assert!(opened.key_made && opened.interrupted.is_empty());
        let (writer, told) = writer(&store);
        Self { folder, store, writer, told }
    }

    pub fn write_all(&self, entries: impl IntoIterator<Item = Entry>) {
        for entry in entries {
            self.writer.write(entry).unwrap();
        }
    }

    /// Stops the writer; the folder and the store stay.
    pub async fn stop(self) -> (Folder, Store) {
        self.writer.stop().await.unwrap();
        (self.folder, self.store)
    }
}

pub fn writer(store: &Store) -> (Writer, mpsc::Receiver<Told>) {
    let (told, listen) = mpsc::channel(64);
    (store.writer(told), listen)
}

pub async fn next(told: &mut mpsc::Receiver<Told>) -> Told {
    tokio::time::timeout(SOON, told.recv()).await.unwrap().unwrap()
}

/// Another connection to the same database, as a checker has it.
pub async fn raw(folder: &Folder) -> Raw {
    Raw::to(&settings(folder).at, folder.url()).await
}

/// A call's key: newer ones are greater.
pub fn id(n: u32) -> CallId {
    CallId((u128::try_from(NOW).unwrap() << 80) | u128::from(n))
}

pub fn record(record: Record) -> Entry {
    Entry::Record(Box::new(record))
}

pub fn row(n: u32) -> CallRow {
    CallRow {
        call: id(n),
        did: Name::from("89000"),
        source: Source::Trunk(Name::from("telecom")),
        sip_call_id: Name::from("abc@10.0.0.1"),
        caller: Caller {
            raw: Pii::new(RAW),
            number: Pii::new(NUMBER),
            withheld: false,
            diverted: Pii::new(DIVERTED),
        },
        lang: Lang::Zh,
        profile: "direct",
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

pub fn answered(n: u32) -> CallRow {
    CallRow { answered_at: Some(NOW + 300), operator: Some(StaffNo(Name::from("1001"))), ..row(n) }
}

pub fn ended(n: u32) -> CallRow {
    CallRow {
        ended_at: Some(NOW + 61_500),
        notice_played_at: Some(NOW + 9_000),
        lang: Lang::En,
        wait_ms: 12_000,
        queue_ms: 11_000,
        duration_ms: 61_500,
        billsec_ms: 61_200,
        outcome: Some(Outcome::OnSpot),
        cause: Some(Cause::new(Side::Citizen, Reason::Normal)),
        urgent: true,
        ..answered(n)
    }
}

pub fn event(n: u32, seq: u32, kind: &'static str) -> Entry {
    let last = matches!(kind, "call.ended" | "call.abandoned");
    record(Record::Event(EventRow {
        call: id(n),
        seq,
        at: NOW + i64::from(seq) * 1_000,
        mono_ms: 5_000 + u64::from(seq) * 1_000,
        kind,
        leg: Some(LegId(1)),
        actor: "citizen".to_owned(),
        cause: last.then_some(Cause::new(Side::Citizen, Reason::Normal)),
        detail: if last { "outcome=on_spot".to_owned() } else { String::new() },
    }))
}

/// Leg 1 is the citizen's, 2 the operator's, 3 a desk's.
pub fn leg_row(n: u32, leg: u64, left: bool) -> LegRow {
    let (seat, party) = match leg {
        1 => (SeatRole::Citizen, ""),
        2 => (SeatRole::Operator, "1001"),
        _ => (SeatRole::Desk, "037"),
    };
    LegRow {
        call: id(n),
        leg: LegId(leg),
        seat,
        party: Name::from(party),
        uri_masked: "sip:138****1234@10.0.0.1".to_owned(),
        attempt: 1,
        invited_at: NOW + 1_000,
        ringing_at: Some(NOW + 1_100),
        answered_at: left.then_some(NOW + 2_000),
        joined_at: left.then_some(NOW + 2_500),
        left_at: left.then_some(NOW + 60_000),
        hold_ms: if left { 700 } else { 0 },
        result: left.then_some(Cause::new(Side::Citizen, Reason::Normal)),
        codec: Name::from("PCMA"),
    }
}

pub fn leg(n: u32, leg: u64, left: bool) -> Entry {
    record(Record::Leg(leg_row(n, leg, left)))
}

pub fn sound(n: u32) -> LegSound {
    LegSound {
        call: id(n),
        leg: LegId(1),
        loss_ratio: 0.015,
        jitter_ms: 4.25,
        mos: Some(4.1),
        dtmf_mode: Name::from("rfc4733"),
        codec: Name::from("PCMA"),
        packets: Some(Packets { received: 3_000, silent: 17, sent: 2_999, announced: Name::from("private") }),
        course: Some(Course {
            begun: NOW,
            span_ms: 5_000,
            spans: vec![Span { loss: 150, jitter: 68, mos: 378 }, Span::default()],
        }),
        reports: Reports {
            burst_ratio: Some(1.5),
            round_trip_ms: Some(87.0),
            far_loss: None,
            far_mos: Some(3.5),
        },
    }
}

pub fn recording(n: u32, closed: bool) -> RecordingRow {
    RecordingRow {
        call: id(n),
        leg: None,
        kind: RecordingKind::Mix,
        path: format!("2026/10/09/{}.wav", id(n)),
        codec: "pcm_s16le".to_owned(),
        started_at: NOW + 400,
        duration_ms: closed.then_some(60_000),
        bytes: closed.then_some(960_044),
        sha256: closed.then(|| "ab".repeat(32)),
        key_id: None,
        retain_until: None,
        legal_hold: false,
        purged_at: None,
    }
}

pub fn call_back(n: u32, why: CallBackWhy) -> CallBackRow {
    CallBackRow { call: id(n), number: Pii::new(NUMBER), why, since: NOW + 20_000, due_at: NOW + 660_000 }
}

pub fn rating(n: u32) -> RatingRow {
    RatingRow {
        call: id(n),
        score: Some(2),
        reason: Some(3),
        operator: Some(StaffNo(Name::from("1001"))),
        desk: Some(DeskNo(37)),
        service: Some(ServiceCode(Name::from("hukou"))),
    }
}

/// Everything that one call writes, in order.
pub fn life(n: u32) -> Vec<Entry> {
    vec![
        record(Record::Offered(row(n))),
        event(n, 1, "call.offered"),
        event(n, 2, "call.answered"),
        record(Record::Updated(answered(n))),
        event(n, 3, "leg.joined"),
        leg(n, 1, false),
        Entry::Recording(Box::new(recording(n, false))),
        event(n, 4, "leg.invited"),
        leg(n, 2, false),
        event(n, 5, "leg.joined"),
        leg(n, 2, false),
        event(n, 6, "leg.invited"),
        leg(n, 3, false),
        event(n, 7, "leg.left"),
        leg(n, 3, true),
        record(Record::Rating(rating(n))),
        event(n, 8, "leg.left"),
        leg(n, 2, true),
        event(n, 9, "call.ended"),
        leg(n, 1, true),
        record(Record::Ended(ended(n))),
        Entry::LegSound(Box::new(sound(n))),
        Entry::Recording(Box::new(recording(n, true))),
    ]
}
