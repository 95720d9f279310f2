//! What sheets leave on disk is what the same entries leave one by one, in any order, with any repetition.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;

use call::action::SeatRole;
use call::cause::{Cause, Reason, Side};
use call::cdr::{CallBackRow, CallBackWhy, CallRow, EventRow, LegRow, Outcome, RatingRow, Record, StatedRow};
use call::errand::{ErrandRow, News};
use call::event::Stated;
use call::ids::{Name, Pii, ServiceCode, StaffNo};
use call::{CallId, LegId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::both::on_server;
use crate::chain::Chain;
use crate::either::{Builder, Db, Dialect, scalar};
use crate::scribe::Scribe;
use crate::sheet::sheets;
use crate::writer::{row_by_row, write};
use crate::writer_tests::{row, store};
use crate::{Course, Entry, LegSip, LegSound, Packets, RecordingKind, RecordingRow, Reports};

/// One of the things that a call writes; `kind` and `odd` are drawn, `seq` counts.
fn entry(call: u128, kind: u8, odd: u8, seq: u32) -> Entry {
    let at = i64::from(seq);
    let now = CallRow {
        answered_at: (odd & 1 != 0).then_some(at),
        notice_played_at: (odd & 2 != 0).then_some(at),
        operator: (odd & 4 != 0).then(|| StaffNo(Name::from(format!("{seq}")))),
        wait_ms: u64::from(seq),
        urgent: odd & 8 != 0,
        ..row(call)
    };
    let over = CallRow {
        ended_at: Some(at),
        outcome: Some(if odd & 1 == 0 { Outcome::OnSpot } else { Outcome::Abandoned }),
        cause: Some(Cause::new(Side::Citizen, Reason::Normal)),
        ..now.clone()
    };
    let record = |record| Entry::Record(Box::new(record));
    match kind {
        0 => record(Record::Offered(now)),
        1 | 2 => record(Record::Updated(now)),
        3 => record(Record::Ended(over)),
        4..=6 => record(Record::Leg(leg(call, odd, at))),
        7 => record(Record::CallBack(CallBackRow {
            call: CallId(call),
            number: Pii::new("13800001234"),
            why: if odd & 1 == 0 { CallBackWhy::Missed } else { CallBackWhy::Asked },
            since: at,
            due_at: at,
        })),
        8 => record(Record::Rating(RatingRow {
            call: CallId(call),
            // 9 is no score: the schema refuses it.
            score: Some(if odd == 15 { 9 } else { 1 + odd % 5 }),
            reason: (odd & 2 != 0).then_some(1),
            operator: None,
            desk: None,
            service: None,
        })),
        9 => Entry::LegSound(Box::new(sound(call, odd, at))),
        10 if odd > 11 => Entry::LegSip(Box::new(sip(call, odd, at))),
        10 | 11 => Entry::Recording(Box::new(RecordingRow {
            call: CallId(call),
            leg: None,
            kind: RecordingKind::Mix,
            path: format!("{}.wav", odd % 3),
            codec: "pcm".to_owned(),
            started_at: at,
            duration_ms: (odd & 4 != 0).then_some(u64::from(seq)),
            bytes: None,
            sha256: None,
            key_id: None,
            retain_until: None,
            legal_hold: odd & 8 != 0,
            purged_at: None,
        })),
        15 => record(Record::Errand(report(call, odd, at))),
        16 => record(Record::Stated(StatedRow { at, stated: stated(call, odd) })),
        _ => record(Record::Event(event(call, odd, seq))),
    }
}

fn report(call: u128, odd: u8, at: i64) -> ErrandRow {
    ErrandRow {
        call: CallId(call),
        task: Name::from("t"),
        no: 1 + u32::from(odd),
        at,
        // 9 is no score: the schema refuses it.
        news: News::Scored(if odd == 15 { 9 } else { 1 + odd % 5 }),
    }
}

fn sound(call: u128, odd: u8, at: i64) -> LegSound {
    LegSound {
        call: CallId(call),
        leg: LegId(u64::from(odd % 3)),
        loss_ratio: 0.5,
        jitter_ms: f32::from(odd),
        mos: (odd & 8 != 0).then_some(4.0),
        dtmf_mode: Name::from("info"),
        codec: Name::from(if odd & 4 == 0 { "" } else { "PCMU" }),
        packets: (odd & 2 != 0).then(|| packets(odd)),
        course: (odd & 4 != 0).then(|| Course { begun: at, ..Course::default() }),
        reports: Reports { round_trip_ms: (odd & 1 != 0).then_some(40.0), ..Reports::default() },
    }
}

fn packets(odd: u8) -> Packets {
    Packets { received: u64::from(odd), silent: u64::from(odd / 2), sent: 1, announced: Name::from("public") }
}

fn stated(call: u128, odd: u8) -> Stated {
    Stated {
        call: CallId(call),
        // Abandoned is nothing that an operator can state: the schema refuses it.
        outcome: if odd == 15 { Outcome::Abandoned } else { Outcome::Bridged },
        case: (odd & 1 != 0).then(|| Pii::new("261012000011")),
        service: (odd & 2 != 0).then(|| ServiceCode(Name::from("S"))),
        note: Pii::default(),
        by: Name::from(format!("{odd}")),
    }
}

fn sip(call: u128, odd: u8, at: i64) -> LegSip {
    LegSip {
        call: CallId(call),
        leg: LegId(u64::from(odd % 2)),
        sip_call_id: Name::from(if odd & 1 == 0 { "a@h" } else { "b@h" }),
        at,
        way: Name::from("carrier"),
        status: (odd & 2 != 0).then_some(486),
        q850: (odd & 4 != 0).then_some(17),
        far_words: if odd & 2 != 0 { "Busy".to_owned() } else { String::new() },
        offered: String::new(),
    }
}

fn leg(call: u128, odd: u8, at: i64) -> LegRow {
    LegRow {
        call: CallId(call),
        leg: LegId(u64::from(odd % 3)),
        seat: SeatRole::Operator,
        party: Name::from(format!("{at}")),
        uri_masked: String::new(),
        attempt: odd,
        invited_at: at,
        ringing_at: (odd & 1 != 0).then_some(at),
        answered_at: (odd & 2 != 0).then_some(at),
        joined_at: None,
        left_at: (odd & 4 != 0).then_some(at),
        hold_ms: u64::from(odd),
        result: (odd & 4 != 0).then_some(Cause::new(Side::Callee, Reason::Busy)),
        codec: Name::from(if odd & 8 == 0 { "" } else { "PCMA" }),
    }
}

/// Now and then one that was there before, or a final one.
fn event(call: u128, odd: u8, seq: u32) -> EventRow {
    EventRow {
        call: CallId(call),
        seq: if odd == 1 { 1 } else { seq },
        at: i64::from(seq),
        mono_ms: 1,
        kind: if odd == 2 { "call.ended" } else { "leg.joined" },
        leg: (odd & 8 != 0).then_some(LegId(1)),
        actor: "house".to_owned(),
        cause: None,
        detail: format!("odd={odd}"),
    }
}

/// Every row of every table, without what is sealed anew each time.
async fn dump(conn: &mut Db) -> Vec<String> {
    let (columns_of, line) = match conn.dialect() {
        Dialect::Sqlite => {
            ("SELECT group_concat(name, ', ') FROM pragma_table_info($1) WHERE type <> 'BLOB'", "json_array")
        }
        Dialect::Postgres => (
            "SELECT string_agg(column_name, ', ' ORDER BY ordinal_position) FROM information_schema.columns \
             WHERE table_name = $1 AND data_type <> 'bytea'",
            "json_build_array",
        ),
    };
    let mut all = Vec::new();
    for table in ["call", "leg", "event", "recording", "callback", "followup", "stated", "outbox"] {
        let columns: String = scalar(columns_of).bind(table).fetch_one(conn).await.unwrap();
        let rows = format!(
            "SELECT '{table} ' || CAST({line}({columns}) AS TEXT) AS line FROM {table} ORDER BY line"
        );
        all.extend(Builder::new(rows).build_scalar::<String>().fetch_all(conn).await.unwrap());
    }
    all
}

/// Writes the batches both ways, each to a store of its own.
async fn both_ways(batches: &[Vec<Entry>]) {
    let (_one, sheets, mut by_sheets) = store().await;
    let (_other, rows, mut by_rows) = store().await;
    let mut chain = None;
    for batch in batches {
        let scribe = Scribe { keys: sheets.keys(), node: "n" };
        let (end, refused) = write(&mut by_sheets, scribe, chain, batch, None).await.unwrap();
        chain = end;
        let scribe = Scribe { keys: rows.keys(), node: "n" };
        let want = row_by_row(&mut by_rows, scribe, batch, None).await.unwrap();
        assert_eq!(refused, want);
        if let Some(chain) = &chain {
            assert_eq!(*chain, Chain::end(&mut by_rows, "n").await.unwrap());
        }
    }
    let mut numbers = (dump(&mut by_sheets).await, dump(&mut by_rows).await);
    // The hash of a number depends on the store's key.
    for (dump, keys) in [(&mut numbers.0, sheets.keys()), (&mut numbers.1, rows.keys())] {
        let hash = keys.number_hash("13800001234");
        dump.iter_mut().for_each(|line| *line = line.replace(&hash, "hash"));
    }
    assert_eq!(numbers.0, numbers.1);
}

#[test]
fn sheets_leave_what_their_entries_leave_one_by_one() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // A database is made more slowly than a file.
    let cases = if on_server() { 6 } else { 60 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let drawn = prop::collection::vec((1..=2_u128, 0..18_u8, 0..16_u8), 0..60);
    TestRunner::new(config)
        .run(&prop::collection::vec(drawn, 1..4), |batches| {
            let mut seq = 0;
            let mut over = BTreeSet::new();
            let mut make = |(call, kind, odd): (u128, u8, u8)| {
                seq += 1;
                if kind == 3 {
                    over.insert(call);
                }
                // An open leg of a call that is over leaves nothing; its end on the same sheet would keep what it says.
                let late = (4..=6).contains(&kind) && over.contains(&call);
                entry(call, kind, if late { odd | 4 } else { odd }, seq)
            };
            let batches: Vec<Vec<Entry>> =
                batches.into_iter().map(|batch| batch.into_iter().map(&mut make).collect()).collect();
            runtime.block_on(both_ways(&batches));
            Ok(())
        })
        .unwrap();
}

#[test]
fn what_is_known_of_a_call_or_leg_takes_one_row() {
    // A call that is over within one batch, with all of its rows.
    let kinds =
        [(0, 0), (17, 8), (4, 1), (1, 1), (17, 8), (2, 5), (10, 4), (17, 8), (4, 7), (3, 1), (7, 0), (8, 1)];
    let batch: Vec<Entry> =
        kinds.into_iter().zip(1..).map(|((kind, odd), seq)| entry(1, kind, odd, seq)).collect();
    assert_eq!(sheets(&batch).len(), 1, "one round trip");
    let many: Vec<Entry> = (1..=40).map(|seq| entry(1, 17, 8, seq)).collect();
    assert_eq!(sheets(&many).len(), 3, "16 events on a sheet");
}
