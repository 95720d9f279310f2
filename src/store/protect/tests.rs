//! What is erased opens nowhere, what is held stays, keys are renewed under writers, and a changed byte is found.
#![allow(clippy::unwrap_used, clippy::panic)]

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

use super::{HoldFault, HoldOf, Retention};
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

async fn open(folder: &Path, now: i64) -> Store {
    let mut tries = 0;
    loop {
        match Store::open(settings(folder), now).await {
            Ok((store, _)) => return store,
            Err(StoreError::InUse { .. }) if tries < 400 => {
                tries += 1;
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
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

#[tokio::test]
async fn what_is_due_is_erased_opens_nowhere_and_the_call_stays() {
    let (folder, store, backup, [old, new]) = two_calls().await;
    let bytes = sealed(&store, old).await;
    assert!(in_files(folder.path(), &bytes) && number_of(&store, old).await.as_deref() == Some(NUMBER));
    let hash = store.keys_of().number_hash(NUMBER);

    let now = tenth(LATER.0, LATER.1);
    let done = store.erase_due(now, &KEEP).await.unwrap();
    assert_eq!((done.erased, done.kept, done.carried), (2, 0, 0), "the numbers of the call and its note");
    // Each class has a key for the month of the opening and the next; the second one is as old by now.
    let dead: Vec<_> = done.destroyed.iter().map(|stone| (stone.class, stone.scope.to_string())).collect();
    assert_eq!(dead.len(), 6, "{dead:?}");
    assert!(
        dead.contains(&(Class::Number, "2023-10".into())) && dead.contains(&(Class::Case, "2023-11".into()))
    );
    assert_eq!(store.erase_due(now, &KEEP).await.unwrap(), super::Done::default(), "nothing is left to do");

    let call = store.call(old).await.unwrap().unwrap();
    assert_eq!((call.row.duration_ms, call.row.caller_masked.as_str()), (61_000, ""));
    assert_eq!((number_of(&store, old).await, call.legs[0].row.uri_masked.as_str()), (None, ""));
    assert_eq!(number_of(&store, new).await.as_deref(), Some(OTHER));
    assert_eq!(store.verify().await.unwrap(), []);
    let proof = store.proof().await.unwrap();
    assert!(proof.holds() && proof.stones == done.destroyed);
    assert!(!in_files(folder.path(), &bytes), "the value must be in no file, nor in the log of changes");
    assert!(!in_files(folder.path(), hash.as_bytes()), "nor the hash by which it was found");

    // A backup of before: with the key file of today nothing of it opens, and everything that lives does.
    let back = restored(&backup, folder.path());
    let other = open(back.path(), now).await;
    assert_eq!(number_of(&other, new).await.as_deref(), Some(OTHER));
    assert!(other.caller_number(old).await.is_err(), "it must not open any more");
    // With the key file of that time it still did: so it was the key file that has closed it.
    let back = restored(&backup, backup.path());
    assert_eq!(number_of(&open(back.path(), now).await, old).await.as_deref(), Some(NUMBER));
}

#[tokio::test]
async fn a_hold_keeps_until_it_is_released() {
    let (_folder, store, _, [old, _]) = two_calls().await;
    let now = tenth(LATER.0, LATER.1);
    assert_eq!(store.hold(now, "law", HoldOf::Call(id(1, 1)), "x").await.unwrap(), Err(HoldFault::NoSuch));
    assert_eq!(store.hold(now, "law", HoldOf::Call(old), "file 7").await.unwrap(), Ok(1));
    assert_eq!(store.hold(now, "law", HoldOf::Call(old), "file 7").await.unwrap(), Err(HoldFault::Held(1)));
    assert!(store.call(old).await.unwrap().unwrap().recordings[0].row.legal_hold);

    let done = store.erase_due(now, &KEEP).await.unwrap();
    assert_eq!((done.erased, done.kept, done.destroyed.len()), (0, 2, 6));
    assert_eq!(done.carried, 4, "three numbers and a note, under keys of the hold");
    assert_eq!(number_of(&store, old).await.as_deref(), Some(NUMBER));
    let key = vault::key_of(&sealed(&store, old).await).unwrap();
    assert_eq!(store.keys_of().safe().key(key).unwrap().scope, Scope::Hold(1));
    assert_eq!(store.due_recordings(now, &KEEP, None, 9).await.unwrap(), []);
    let refused = store.forget(NUMBER).await.unwrap();
    assert_eq!((refused.held, refused.values), (vec![(old.to_string(), 1)], 0));
    assert_eq!(number_of(&store, old).await.as_deref(), Some(NUMBER));

    assert!(
        store.release_hold(now, "law", 1).await.unwrap() && !store.release_hold(now, "law", 1).await.unwrap()
    );
    assert!(
        store.holds(false).await.unwrap().is_empty()
            && store.holds(true).await.unwrap()[0].released.is_some()
    );
    let done = store.erase_due(now, &KEEP).await.unwrap();
    assert_eq!((done.erased, done.kept, done.carried), (2, 0, 0));
    assert!(done.destroyed.iter().all(|stone| stone.scope == Scope::Hold(1)) && done.destroyed.len() == 2);
    assert_eq!(number_of(&store, old).await, None);
    assert_eq!(store.due_recordings(now, &KEEP, None, 9).await.unwrap().len(), 1);
    assert!(store.proof().await.unwrap().holds() && store.verify().await.unwrap().is_empty());
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

#[tokio::test]
async fn an_open_case_is_carried_on_and_erased_once_it_is_closed() {
    let (folder, store, _, [old, _]) = two_calls().await;
    let (then, now) = (tenth(OLD.0, OLD.1), tenth(LATER.0, LATER.1));
    let made = store.open_case(then, "op1", None, case(Some(old))).await.unwrap().unwrap();
    store.note_case(then, "op1", None, &made.no, "她的孙子会来").await.unwrap().unwrap();
    let done = store.erase_due(now, &KEEP).await.unwrap();
    assert_eq!(
        (done.carried, done.destroyed.len()),
        (5, 6),
        "name, number, content, place and note of the case"
    );
    let (name, phone) = store.applicant(&made.no).await.unwrap().unwrap();
    assert_eq!((name.reveal(), phone.reveal()), ("张三丰", NUMBER));
    let seen = store.case(&made.no, &crate::Eyes::Office).await.unwrap().unwrap();
    assert_eq!((seen.content.as_str(), seen.place.as_deref()), ("门前的路灯不亮", Some("东街 5 号")));
    assert!(seen.log.iter().any(|line| line.what == "她的孙子会来"), "{:?}", seen.log);
    store.let_go().await.unwrap();
    for text in ["门前的路灯不亮", "东街 5 号", "她的孙子会来"] {
        assert!(!in_files(folder.path(), text.as_bytes()), "{text} must stand nowhere in clear");
    }

    run(&store, "UPDATE cases SET closed_at = 1").await;
    store.erase_due(now, &KEEP).await.unwrap();
    let (name, phone) = store.applicant(&made.no).await.unwrap().unwrap();
    assert_eq!((name.reveal(), phone.reveal()), ("", ""));
    let seen = store.case(&made.no, &crate::Eyes::Office).await.unwrap().unwrap();
    assert_eq!((seen.line.title.as_str(), seen.content.as_str(), seen.place), ("", "", None));
    assert_eq!(seen.line.applicant_masked, "");
    assert!(seen.log.iter().all(|line| line.kind != "note" || line.what.is_empty()), "{:?}", seen.log);
    assert_eq!(seen.line.received_at, then, "that there was a case stays");
    assert_eq!(broken(&store).await, []);
}

#[tokio::test]
async fn everything_of_a_citizen_is_found_and_erased_and_nothing_of_others() {
    let (folder, store, _, [old, new]) = two_calls().await;
    let now = tenth(NEW.0, NEW.1);
    let made = store.open_case(now, "op1", None, case(Some(old))).await.unwrap().unwrap();
    // Somebody else has called about it.
    store.attach_call(now, "op1", &made.no, new).await.unwrap().unwrap();
    store.note_recording_access(now, old, 1, "boss", "a complaint").await.unwrap();
    let report = store.person(NUMBER).await.unwrap();
    let rows = |name: &str| report.parts.iter().find(|part| part.name == name).unwrap().rows.clone();
    let calls = rows("calls");
    assert_eq!(calls.len(), 2);
    assert_eq!((&calls[0]["caller_e164"], &calls[0]["from_this_number"]), (&NUMBER.into(), &true.into()));
    assert_eq!(
        (&calls[1]["caller_e164"], &calls[1]["from_this_number"]),
        (&serde_json::Value::Null, &false.into())
    );
    assert_eq!((rows("legs").len(), rows("recordings").len(), rows("notes").len()), (2, 2, 2));
    assert_eq!(rows("cases")[0]["applicant_name"], "张三丰");
    assert_eq!(rows("notes")[0]["note"], "住在东街的老人");
    assert_eq!(
        (&rows("accesses")[0]["who"], &rows("accesses")[0]["what"]),
        (&"boss".into(), &"recording.heard".into())
    );
    assert!(!rows("case_log").is_empty());
    assert!(store.person("13700000000").await.unwrap().parts.iter().all(|part| part.rows.is_empty()));

    let open = store.forget(NUMBER).await.unwrap();
    assert_eq!((open.open, open.calls), (vec![made.no.clone()], 1), "an open case is not erased");
    run(&store, "UPDATE cases SET closed_at = 1").await;
    // The case leads to the citizen by its own hash still.
    let bytes = store.keys_of().number_hash(NUMBER);
    let done = store.forget(NUMBER).await.unwrap();
    assert_eq!((done.cases, done.held, done.open), (1, Vec::new(), Vec::new()));
    assert_eq!(open.recordings.iter().map(|file| file.call).collect::<Vec<_>>(), [old]);
    store.recordings_gone(now, open.recordings).await.unwrap();
    assert!(store.recording(old, 1).await.unwrap().unwrap().row.purged_at.is_some());
    assert!(store.person(NUMBER).await.unwrap().parts.iter().all(|part| part.rows.is_empty()));
    assert!(!in_files(folder.path(), bytes.as_bytes()), "no hash of the number is left");
    assert!(!in_files(folder.path(), "门前的路灯不亮".as_bytes()), "no text of the case is left");
    assert_eq!(number_of(&store, new).await.as_deref(), Some(OTHER), "another caller is another citizen");
    assert_eq!(broken(&store).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_renewed_while_calls_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let (now, file) = (tenth(NEW.0, NEW.1), folder.path().join("hotline.key"));
    let store = open(folder.path(), now).await;
    let writing = {
        let store = store.clone();
        tokio::spawn(async move {
            for burst in 0..20 {
                write(&store, (0..10).flat_map(|n| entries(now, burst * 10 + n, NUMBER)).collect()).await;
            }
        })
    };
    // A tool beside the house, as `hotline keys rotate` is one.
    let old = std::fs::read(&file).unwrap();
    let mut rounds = 0;
    while !writing.is_finished() || rounds < 3 {
        let tool = Store::look(settings(folder.path())).unwrap();
        key_file::change(&file, |masters| masters.renewed(&System::new())).unwrap();
        assert_eq!(
            tool.rewrap_keys().await.unwrap(),
            8,
            "three classes, two months, staff and configuration"
        );
        key_file::change(&file, |masters| Ok(masters.retired())).unwrap();
        // The house makes keys meanwhile, as it does once a day.
        store.keys_for(month(2026, 12).begins() + rounds).await.unwrap();
        store.keys_for(now).await.unwrap();
        run(&store, "DELETE FROM data_key WHERE scope = '2027-01'").await;
        rounds += 1;
    }
    writing.await.unwrap();
    let all: Vec<CallId> = (0..200).map(|n| id(now, n)).collect();
    for call in &all {
        assert_eq!(number_of(&store, *call).await.as_deref(), Some(NUMBER), "the house that runs");
    }
    store.close().await;
    drop(store);
    let next = open(folder.path(), now).await;
    for call in &all {
        assert_eq!(number_of(&next, *call).await.as_deref(), Some(NUMBER), "the next start");
    }
    assert_eq!(next.verify().await.unwrap(), []);
    // The key file of before belongs to the house and opens none of its keys any more.
    next.close().await;
    drop(next);
    std::fs::write(&file, old).unwrap();
    let why = Store::open(settings(folder.path()), now).await.err().map(|why| why.to_string());
    assert!(why.as_ref().is_some_and(|why| why.contains("newest copy of the key file")), "{why:?}");
}

#[tokio::test]
async fn a_changed_byte_is_found_wherever_it_is() {
    let (_folder, store, _, [_, new]) = two_calls().await;
    store.erase_due(tenth(LATER.0, LATER.1), &KEEP).await.unwrap();
    assert_eq!(store.verify().await.unwrap(), []);
    let bytes = sealed(&store, new).await;
    for at in 0..bytes.len() {
        let mut bent = bytes.clone();
        bent[at] ^= 1;
        let mut conn = store.reader().await.unwrap();
        let put = query("UPDATE call SET caller_e164 = $2 WHERE id = $1");
        put.bind(new.to_string()).bind(bent).execute(&mut conn).await.unwrap();
        drop(conn);
        assert_eq!(store.verify().await.unwrap(), [Broken::Sealed { call: new }], "byte {at}");
    }
    let mut conn = store.reader().await.unwrap();
    let put = query("UPDATE call SET caller_e164 = $2 WHERE id = $1");
    put.bind(new.to_string()).bind(bytes).execute(&mut conn).await.unwrap();
    drop(conn);
    run(&store, "UPDATE key_tombstone SET at = at + 1 WHERE no = 3").await;
    assert_eq!(store.verify().await.unwrap(), [Broken::Tombstone { no: 3 }]);
    assert_eq!(store.proof().await.unwrap().broken, Some(3));
    run(&store, "UPDATE key_tombstone SET at = at - 1 WHERE no = 3").await;
    run(&store, "DELETE FROM key_tombstone WHERE no = 2").await;
    assert_eq!(store.verify().await.unwrap(), [Broken::Tombstone { no: 2 }]);
    // A line that was changed: the store says so at the next start, instead of sealing by another key.
    run(&store, "UPDATE data_key SET line = replace(line, ' number ', ' name ')").await;
    let folder = tempfile::tempdir().unwrap();
    drop(folder);
    let fresh = crate::seal::load(&store.keys_of().file).unwrap().unwrap();
    let mut conn = store.reader().await.unwrap();
    let why = super::learn(&mut conn, &fresh).await.unwrap_err();
    assert_eq!(why.to_string(), StoreError::Keys(vault::VaultError::NotAuthentic).to_string());
}

#[tokio::test]
async fn recordings_are_due_by_month_and_their_key_is_buried_once() {
    let (_folder, store, _, [old, new]) = two_calls().await;
    let now = tenth(LATER.0, LATER.1);
    let due = store.due_recordings(now, &KEEP, None, 9).await.unwrap();
    assert_eq!(due.iter().map(|file| (file.call, file.no)).collect::<Vec<_>>(), [(old, 1)]);
    assert_eq!(store.due_recordings(now, &KEEP, due.last(), 9).await.unwrap(), []);
    assert_eq!(store.due_recordings(now, &Retention::default(), None, 9).await.unwrap(), []);
    assert!(!store.month_is_gone(month(2023, 10)).await.unwrap());
    store.recordings_gone(now, due).await.unwrap();
    assert!(store.month_is_gone(month(2023, 10)).await.unwrap());
    assert!(!store.month_is_gone(month(2026, 11)).await.unwrap(), "that of {new}");
    for _ in 0..2 {
        store.bury_recording_key(now, vault::KeyId(7), month(2023, 10), "f".into()).await.unwrap();
    }
    assert_eq!(store.proof().await.unwrap().stones.len(), 1);
    assert_eq!(store.proof().await.unwrap().waiting, [1], "the key file still has its secret");
    store.puncture_recordings(&[month(2023, 10)]).unwrap();
    assert!(store.proof().await.unwrap().holds());
    let audit = store.audit(&crate::AuditFilter::default(), 9).await.unwrap();
    assert_eq!(audit.lines[0].note.what, "key.destroyed");
}

#[tokio::test]
async fn a_caller_whose_number_was_erased_is_a_stranger() {
    let (_folder, store, _, [old, _]) = two_calls().await;
    let store = Arc::new(store);
    store.erase_due(tenth(LATER.0, LATER.1), &KEEP).await.unwrap();
    let question = Question::NewVoicemailCase;
    let made = store.find(tenth(LATER.0, LATER.1), old, &question).await;
    assert!(matches!(made, call::action::Lookup::NewCase(_)), "{made:?}");
}
