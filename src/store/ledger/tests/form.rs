//! What is put into a frame comes out of it, and nothing else does.

use call::action::SeatRole;
use call::cause::{Cause, Reason, Side};
use call::cdr::{CallBackRow, CallBackWhy, CallRow, EventRow, LegRow, Outcome, RatingRow, Record, StatedRow};
use call::errand::{End, ErrandRow, News, Question};
use call::event::{Caller, Source, Stated};
use call::ids::{CallId, DeskNo, Lang, LegId, Name, Pii, ServiceCode, StaffNo};
use journal::Frame;

use crate::ledger::form::{Unreadable, draft, open, seal};
use crate::rows::{Entry, LegSip, LegSound, Packets, RecordingKind, RecordingRow, Reports};
use crate::seal::Keys;
use crate::writer_tests::{event, row, store};
use crate::{Course, Span};

const CAUSE: Cause = Cause::new(Side::Citizen, Reason::Normal);

fn record(record: Record) -> Entry {
    Entry::Record(Box::new(record))
}

fn full() -> CallRow {
    CallRow {
        source: Source::Phone(Name::from("op1")),
        caller: Caller {
            raw: Pii::new("+8613800001234"),
            number: Pii::new("13800001234"),
            withheld: true,
            diverted: Pii::new("05356200000"),
        },
        lang: Lang::En,
        answered_at: Some(-2),
        ended_at: Some(i64::MAX),
        notice_played_at: Some(4),
        wait_ms: u64::MAX,
        queue_ms: 6,
        duration_ms: 7,
        billsec_ms: 8,
        operator: Some(StaffNo(Name::from("1001"))),
        outcome: Some(Outcome::Bridged),
        cause: Some(CAUSE),
        urgent: true,
        case: Some(Pii::new("261012000015")),
        ..row(u128::MAX)
    }
}

fn news() -> Vec<Entry> {
    let staff = || StaffNo(Name::from("3001"));
    let all = [
        News::Dialled(staff()),
        News::Failed(staff(), CAUSE),
        News::Received(staff()),
        News::WrongUnit(staff()),
        News::Told(staff()),
        News::Acknowledged(staff()),
        News::Passed(staff()),
        News::CitizenAnswered,
        News::CitizenFailed(CAUSE),
        News::Connected,
        News::Answered(Question::Suits, true),
        News::Answered(Question::Term, false),
        News::Scored(5),
        News::Because(2),
        News::Later,
        News::WantsOperator,
        News::Over(End::Done),
        News::Over(End::Failed(CAUSE)),
    ];
    let row = |news| ErrandRow { call: CallId(7), task: Name::from("task/1"), no: 3, at: 9, news };
    all.into_iter().map(|news| record(Record::Errand(row(news)))).collect()
}

fn recording() -> RecordingRow {
    RecordingRow {
        call: CallId(1),
        leg: Some(LegId(2)),
        kind: RecordingKind::Voicemail,
        path: "2026/10/09/x-message-1.wav".to_owned(),
        codec: "flac".to_owned(),
        started_at: 3,
        duration_ms: Some(4),
        bytes: Some(5),
        sha256: Some("ab".repeat(32)),
        key_id: Some("k".to_owned()),
        retain_until: Some(6),
        legal_hold: true,
        purged_at: None,
    }
}

fn leg() -> LegRow {
    LegRow {
        call: CallId(1),
        leg: LegId(u64::MAX),
        seat: SeatRole::Liaison,
        party: Name::from("037"),
        uri_masked: "sip:138****1234@10.0.0.1".to_owned(),
        attempt: 255,
        invited_at: 1,
        ringing_at: Some(2),
        answered_at: None,
        joined_at: Some(3),
        left_at: None,
        hold_ms: 4,
        result: Some(CAUSE),
        codec: Name::from("PCMA"),
    }
}

fn stated() -> Stated {
    Stated {
        call: CallId(1),
        outcome: Outcome::OnSpot,
        case: Some(Pii::new("261012000015")),
        service: Some(ServiceCode(Name::from("hukou"))),
        note: Pii::new("已当面说明"),
        by: Name::from("1001"),
    }
}

fn sound() -> LegSound {
    LegSound {
        call: CallId(1),
        leg: LegId(1),
        loss_ratio: 0.015,
        jitter_ms: 4.25,
        mos: Some(4.1),
        dtmf_mode: Name::from("rfc4733"),
        codec: Name::from("PCMA"),
        packets: Some(Packets { received: 3, silent: 2, sent: 1, announced: Name::from("private") }),
        course: Some(Course { begun: 1, span_ms: 5_000, spans: vec![Span { loss: 1, jitter: 2, mos: 3 }] }),
        reports: Reports { burst_ratio: Some(1.5), round_trip_ms: None, far_loss: Some(0.1), far_mos: None },
    }
}

fn all() -> Vec<Entry> {
    let line = EventRow {
        call: CallId(1),
        seq: u32::MAX,
        at: 5,
        mono_ms: 6,
        kind: "call.ended",
        leg: Some(LegId(1)),
        actor: "desk:037".to_owned(),
        cause: Some(CAUSE),
        detail: "outcome=on_spot 话务员".to_owned(),
    };
    let back = CallBackRow {
        call: CallId(1),
        number: Pii::new("13800001234"),
        why: CallBackWhy::CutOff,
        since: 1,
        due_at: 2,
    };
    let rating = RatingRow {
        call: CallId(1),
        score: Some(2),
        reason: Some(3),
        operator: None,
        desk: Some(DeskNo(999)),
        service: Some(ServiceCode(Name::from("hukou"))),
    };
    let sip = LegSip {
        call: CallId(1),
        leg: LegId(1),
        sip_call_id: Name::from("a@b"),
        at: 1,
        way: Name::from("telecom"),
        status: Some(486),
        q850: Some(17),
        far_words: "busy".to_owned(),
        offered: "G729".to_owned(),
    };
    let house = CallRow { source: Source::House, ..row(3) };
    let mut all = vec![
        record(Record::Offered(row(1))),
        record(Record::Offered(house)),
        record(Record::Updated(full())),
        record(Record::Ended(full())),
        record(Record::Leg(leg())),
        record(Record::Event(line)),
        event(2, 1),
        record(Record::CallBack(back)),
        record(Record::Rating(rating)),
        record(Record::Stated(StatedRow { at: 4, stated: stated() })),
        Entry::Recording(Box::new(recording())),
        Entry::LegSound(Box::new(sound())),
        Entry::LegSip(Box::new(sip)),
    ];
    all.extend(news());
    all
}

fn sealed(keys: &Keys, generation: u128, entry: &Entry) -> Frame {
    let (kind, payload) = seal(keys, generation, entry).unwrap();
    let version = draft(kind, &payload).version;
    Frame { seq: 1, kind, version, payload }
}

#[tokio::test]
async fn every_entry_comes_back_as_it_went_in() {
    let (_folder, store, _other) = store().await;
    for entry in all() {
        let frame = sealed(store.keys(), 5, &entry);
        assert_eq!(open(store.keys(), 5, &frame), Ok(entry));
    }
}

#[tokio::test]
async fn numbers_of_citizens_stand_in_no_frame() {
    let (_folder, store, _other) = store().await;
    for entry in all() {
        let Frame { payload, .. } = sealed(store.keys(), 5, &entry);
        assert!(!payload.windows(11).any(|some| some == b"13800001234"));
    }
}

#[tokio::test]
async fn what_is_changed_moved_or_of_another_program_is_not_read() {
    let (_folder, store, _other) = store().await;
    let keys = store.keys();
    for entry in all() {
        let frame = sealed(keys, 5, &entry);
        assert_eq!(open(keys, 6, &frame), Err(Unreadable::Sealed), "of another journal");
        let version = frame.version + 1;
        assert_eq!(open(keys, 5, &Frame { version, ..frame.clone() }), Err(Unreadable::Strange));
        assert_eq!(open(keys, 5, &Frame { kind: 200, ..frame.clone() }), Err(Unreadable::Sealed));
        let mut payload = frame.payload.clone();
        *payload.last_mut().unwrap() ^= 1;
        assert_eq!(open(keys, 5, &Frame { payload, ..frame.clone() }), Err(Unreadable::Sealed));
    }
}
