//! Past calls and recordings out of a real store: pages, filters, one call whole, sound by ranges, the audit.

use std::path::Path;

use call::CallId;
use call::action::SeatRole;
use call::cause::{Cause, Reason, Side};
use call::cdr::{CallBackRow, CallBackWhy, CallRow, EventRow, LegRow, Outcome, RatingRow, Record};
use call::event::{Caller, Source};
use call::ids::{DeskNo, Lang, LegId, Pii, StaffNo};
use serde_json::{Value, json};
use store::{Entry, RecordingKind, RecordingRow};
use tokio::sync::mpsc;

use super::server::{Server, request, status};
use super::{Bench, STRANGER, get};

pub(super) const NUMBER: &str = "13812345678";
const BEGUN: i64 = 1_790_000_000_000;
/// A WAV file's head and some sound.
pub(super) const SOUND: &[u8] = b"RIFF\x30\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x0c\0\0\0abcdefghijkl";

pub(super) fn id(n: u128) -> CallId {
    // The time of a ULID stands in its upper 48 bits.
    CallId(((BEGUN as u128) << 80) + n)
}

pub(super) fn call_row(n: u128) -> CallRow {
    let begun = BEGUN + i64::try_from(n).unwrap() * 1_000;
    let outcome = if n.is_multiple_of(2) { Outcome::Bridged } else { Outcome::Abandoned };
    CallRow {
        call: id(n),
        did: "053589000".into(),
        source: Source::Trunk("city".into()),
        sip_call_id: format!("sip-{n}").into(),
        caller: Caller {
            raw: Pii::new(NUMBER),
            number: Pii::new(NUMBER),
            withheld: false,
            ..Caller::default()
        },
        lang: Lang::Zh,
        profile: "direct",
        config_version: "v1".into(),
        offered_at: begun,
        answered_at: Some(begun + 100),
        ended_at: Some(begun + 61_500),
        notice_played_at: None,
        wait_ms: 4_000,
        queue_ms: 3_000,
        duration_ms: 61_500,
        billsec_ms: 61_400,
        operator: Some(StaffNo(if n < 3 { "1001".into() } else { "1002".into() })),
        outcome: Some(outcome),
        cause: Some(Cause::new(Side::Citizen, Reason::Normal)),
        urgent: false,
        case: None,
    }
}

fn leg_row(n: u128) -> LegRow {
    LegRow {
        call: id(n),
        leg: LegId(2),
        seat: SeatRole::Desk,
        party: "037".into(),
        uri_masked: "desk037".into(),
        attempt: 1,
        invited_at: BEGUN,
        ringing_at: None,
        answered_at: Some(BEGUN + 5),
        joined_at: Some(BEGUN + 9),
        left_at: Some(BEGUN + 60_000),
        hold_ms: 0,
        result: Some(Cause::new(Side::Callee, Reason::Normal)),
        codec: "PCMA".into(),
    }
}

fn event(n: u128, seq: u32, kind: &'static str) -> Record {
    Record::Event(EventRow {
        call: id(n),
        seq,
        at: BEGUN + i64::from(seq),
        mono_ms: u64::from(seq),
        kind,
        leg: None,
        actor: "house".into(),
        cause: None,
        detail: String::new(),
    })
}

fn recording(n: u128, path: &str, closed: bool, purged_at: Option<i64>) -> Entry {
    Entry::Recording(Box::new(RecordingRow {
        call: id(n),
        leg: None,
        kind: RecordingKind::Mix,
        path: path.into(),
        codec: "pcm_s16le".into(),
        started_at: BEGUN,
        duration_ms: closed.then_some(6),
        bytes: closed.then_some(SOUND.len() as u64),
        sha256: closed.then(|| "ab".repeat(32)),
        key_id: None,
        retain_until: None,
        legal_hold: false,
        purged_at,
    }))
}

/// Six calls; the first has everything.
pub(super) async fn fill(bench: &Bench) {
    let (told, mut heard) = mpsc::channel(1_000);
    tokio::spawn(async move { while heard.recv().await.is_some() {} });
    let writer = bench.rooms.store.writer(told);
    let record = |record| Entry::Record(Box::new(record));
    for n in 1..=6 {
        let row = call_row(n);
        let offered =
            CallRow { answered_at: None, ended_at: None, outcome: None, cause: None, ..row.clone() };
        writer.write(record(Record::Offered(offered))).unwrap();
        writer.write(record(event(n, 1, "call.offered"))).unwrap();
        if n == 1 {
            writer.write(record(Record::Leg(leg_row(n)))).unwrap();
            for (path, closed, purged_at) in [
                ("day/mix.wav", true, None),
                ("day/open.wav", false, None),
                ("day/purged.wav", true, Some(BEGUN)),
                ("day/gone.wav", true, None),
                ("../secret.wav", true, None),
                ("day/link.wav", true, None),
            ] {
                writer.write(recording(n, path, closed, purged_at)).unwrap();
            }
            let number = Pii::new(NUMBER);
            let why = CallBackWhy::CutOff;
            let back = CallBackRow { call: id(n), number, why, since: BEGUN, due_at: BEGUN + 9 };
            writer.write(record(Record::CallBack(back))).unwrap();
            let operator = Some(StaffNo("1001".into()));
            let desk = Some(DeskNo(37));
            let rating =
                RatingRow { call: id(n), score: Some(5), reason: None, operator, desk, service: None };
            writer.write(record(Record::Rating(rating))).unwrap();
        }
        writer.write(record(event(n, 2, "call.ended"))).unwrap();
        writer.write(record(Record::Ended(row))).unwrap();
    }
    writer.stop().await.unwrap();
    let folder = bench.dir.path().join("recordings/day");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("mix.wav"), SOUND).unwrap();
    std::fs::write(bench.dir.path().join("secret.wav"), b"secret").unwrap();
    std::os::unix::fs::symlink(Path::new("../../secret.wav"), folder.join("link.wav")).unwrap();
}

async fn ids(bench: &Bench, query: &str) -> (Vec<String>, Value) {
    let told = get(&format!("/api/v1/calls?{query}")).to(&bench.app).await;
    assert_eq!(told.status, 200, "{query}: {}", told.text());
    let json = told.json();
    let ids = json["calls"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned());
    (ids.collect(), json["next"].clone())
}

fn names(numbers: impl IntoIterator<Item = u128>) -> Vec<String> {
    numbers.into_iter().map(|n| id(n).to_string()).collect()
}

#[tokio::test]
async fn past_calls_come_page_by_page_and_filtered() {
    let bench = Bench::new().await;
    assert_eq!(ids(&bench, "").await, (Vec::new(), Value::Null));
    fill(&bench).await;
    assert_eq!(ids(&bench, "").await, (names([6, 5, 4, 3, 2, 1]), Value::Null));
    let (first, next) = ids(&bench, "limit=4").await;
    assert_eq!(first, names([6, 5, 4, 3]));
    let (second, end) = ids(&bench, &format!("limit=4&after={}", next.as_str().unwrap())).await;
    assert_eq!((second, end), (names([2, 1]), Value::Null));
    assert_eq!(ids(&bench, "outcome=bridged").await.0, names([6, 4, 2]));
    assert_eq!(ids(&bench, "operator=1001").await.0, names([2, 1]));
    assert_eq!(ids(&bench, "desk=037").await.0, names([1]));
    let (from, to) = (BEGUN + 3_000, BEGUN + 5_000);
    assert_eq!(ids(&bench, &format!("from={from}&to={to}")).await.0, names([4, 3]));
}

#[tokio::test]
async fn one_call_tells_everything_but_the_number() {
    let bench = Bench::new().await;
    fill(&bench).await;
    let told = get(&format!("/api/v1/calls/{}", id(1))).to(&bench.app).await;
    assert_eq!(told.status, 200);
    assert!(!told.text().contains(NUMBER));
    let json = told.json();
    let call = &json["call"];
    assert_eq!((&call["caller_masked"], &call["trunk"]), (&json!("138****5678"), &json!("city")));
    assert_eq!(
        (&call["outcome"], &call["operator_id"], &call["operator_name"]),
        (&json!("abandoned"), &json!("1001"), &json!("程晨"))
    );
    assert_eq!(
        call["cdr"],
        json!({
            "src": "138****5678", "dst": "053589000", "start": "2026-09-21T14:13:21.000Z",
            "answer": "2026-09-21T14:13:21.100Z", "end": "2026-09-21T14:14:22.500Z", "duration": 61, "billsec": 61,
            "disposition": "ANSWERED", "uniqueid": id(1).to_string(), "linkedid": id(1).to_string(),
        })
    );
    assert_eq!((&json["legs"][0]["seat"], &json["legs"][0]["party_ref"]), (&json!("desk"), &json!("037")));
    let kinds: Vec<_> =
        json["events"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["call.offered", "call.ended"]);
    assert_eq!(json["recordings"][0]["href"], format!("/api/v1/calls/{}/recordings/1", id(1)));
    assert!(!told.text().contains("mix.wav"), "paths stay in the house");
    assert_eq!((&json["rating"]["score"], &json["rating"]["desk"]), (&json!(5), &json!("037")));
    assert_eq!(json["call_backs"][0]["why"], "cut_off");
    let told = get(&format!("/api/v1/calls/{STRANGER}")).to(&bench.app).await;
    assert_eq!(told.problem(), (404, "no_such_call".into()));
}

#[tokio::test]
async fn sound_needs_a_reason_and_every_state_has_its_words() {
    let bench = Bench::new().await;
    fill(&bench).await;
    let path = |n: u32| format!("/api/v1/calls/{}/recordings/{n}", id(1));
    for (ask, why) in [
        (get(&path(1)), "none"),
        (get(&format!("{}?reason=", path(1))), "empty"),
        (get(&path(1)).with("x-reason", "  "), "blank"),
        (get(&path(1)).with("x-reason", &"x".repeat(201)), "long"),
        (get(&format!("{}?reason=a%0Ab", path(1))), "two lines"),
        (get(&path(1)).with("x-reason", "a").with("x-reason", "b"), "two"),
    ] {
        assert_eq!(ask.to(&bench.app).await.problem(), (400, "no_reason".into()), "{why}");
    }
    let told = get(&path(1)).with("x-reason", "complaint 42").to(&bench.app).await;
    assert_eq!((told.status.as_u16(), told.header("content-type")), (200, "audio/wav"));
    assert_eq!(told.body, SOUND);
    let told = get(&format!("{}?reason=%E6%8A%95%E8%AF%89", path(1))).to(&bench.app).await;
    assert_eq!((told.status.as_u16(), told.header("accept-ranges")), (200, "bytes"));
    assert!(audited(&bench, "complaint 42") && audited(&bench, "投诉") && audited(&bench, "desk screen"));
    for (n, status, code) in [
        (2, 409, "still_recording"),
        (3, 410, "purged"),
        (4, 404, "file_gone"),
        (5, 404, "file_gone"),
        (6, 404, "file_gone"),
        (7, 404, "no_such_recording"),
    ] {
        let told = get(&format!("{}?reason=unheard-{n}", path(n))).to(&bench.app).await;
        assert_eq!(told.problem(), (status, code.into()), "{n}");
    }
    assert!(!audited(&bench, "unheard-"), "what was not handed out is no access");
}

/// Whether this text stands in the store's files.
pub(super) fn audited(bench: &Bench, text: &str) -> bool {
    let files = ["hotline.db", "hotline.db-wal"].map(|name| std::fs::read(bench.dir.path().join(name)));
    files.into_iter().flatten().any(|bytes| bytes.windows(text.len()).any(|w| w == text.as_bytes()))
}

#[tokio::test]
async fn sound_comes_by_ranges_over_the_wire() {
    let bench = Bench::new().await;
    fill(&bench).await;
    let server = Server::start(&bench).await;
    let line = format!("GET /api/v1/calls/{}/recordings/1", id(1));
    let all = SOUND.len();
    for (range, code, content_range, body) in [
        ("bytes=44-47", 206, format!("bytes 44-47/{all}"), "abcd"),
        ("bytes=-4", 206, format!("bytes {}-{}/{all}", all - 4, all - 1), "ijkl"),
        ("bytes=52-", 206, format!("bytes 52-{}/{all}", all - 1), "ijkl"),
        ("bytes=9999-", 416, format!("bytes */{all}"), ""),
        ("bytes=5-1", 416, format!("bytes */{all}"), ""),
    ] {
        let headers = format!("X-Reason: 抽查\r\nRange: {range}\r\n");
        let answer = server.raw(request(&line, &headers).as_bytes()).await;
        assert_eq!(status(&answer), code, "{range}: {answer}");
        let (head, sound) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.to_lowercase().contains(&format!("content-range: {content_range}")), "{range}: {head}");
        assert_eq!(sound, body, "{range}");
    }
    let head = server.raw(request(&line.replace("GET", "HEAD"), "X-Reason: x\r\n").as_bytes()).await;
    assert_eq!(status(&head), 200);
    assert!(head.to_lowercase().contains(&format!("content-length: {all}")) && head.ends_with("\r\n\r\n"));
}
