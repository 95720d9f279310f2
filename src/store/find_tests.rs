//! Questions of callers: own number, query codes and their limit, and cases of voice messages with their numbers.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::time::Duration;

use call::CallId;
use call::action::{Lookup, Question};
use call::case_no;
use call::ids::{Pii, UnitCode};

use crate::Store;
use crate::both::Folder;
use crate::either::{Builder, Db, query, scalar};
use crate::writer_tests::{offer, store};
use tokio::sync::mpsc;

/// 2026-10-09 09:00 in Shanghai.
const NOW: i64 = 1_791_507_600_000;
const DAY: i64 = 24 * 3600 * 1000;
const OWN: &str = "13800001234";
const CODE: &str = "4711";

fn ask(case: &str, code: Option<&str>, caller: &str) -> Question {
    Question::Progress { case: Pii::new(case), code: code.map(Pii::new), caller: Pii::new(caller) }
}

/// A store with the case of call 1 from [`OWN`], whose code is [`CODE`].
async fn with_case() -> (Folder, Store, Db, String) {
    let (folder, store, mut other) = store().await;
    let (told, _listen) = mpsc::channel(8);
    let writer = store.writer(told);
    writer.write(offer(1)).unwrap();
    writer.stop().await.unwrap();
    let no = new_case(&store, 1).await;
    let hash = store.keys().code_hash(&no, CODE);
    let sql = "UPDATE cases SET query_code_hash = $1";
    query(sql).bind(hash).execute(&mut other).await.unwrap();
    (folder, store, other, no)
}

async fn new_case(store: &Store, call: u128) -> String {
    match store.find(NOW, CallId(call), &Question::NewVoicemailCase).await {
        Lookup::NewCase(no) => no.reveal().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_voice_message_becomes_one_case_with_a_number_of_its_own() {
    let (_folder, store, mut other, no) = with_case().await;
    assert_eq!(no, case_no::make("261009", 1).unwrap());
    assert_eq!(new_case(&store, 1).await, no, "asked again it is the same case");
    let second = new_case(&store, 2).await;
    assert_eq!(second, case_no::make("261009", 2).unwrap());
    let sql = "SELECT * FROM cases WHERE no = $1";
    let row = query(sql).bind(&no).fetch_one(&mut other).await.unwrap();
    let text = |column: &str| row.try_get::<String>(column).unwrap();
    assert_eq!(
        (text("source"), text("kind"), text("state")),
        ("voicemail".into(), "request".into(), "received".into())
    );
    assert_eq!((row.try_get::<i64>("received_at").unwrap(), row.try_get::<i64>("round").unwrap()), (NOW, 1));
    let sealed: Vec<u8> = row.try_get("applicant_phone").unwrap();
    assert_eq!(store.keys().open("cases.applicant_phone", &text("id"), &sealed).unwrap(), OWN);
    let logged: i64 = scalar("SELECT COUNT(*) FROM case_log").fetch_one(&mut other).await.unwrap();
    assert_eq!(logged, 2);
    let row = query(sql).bind(&second).fetch_one(&mut other).await.unwrap();
    assert_eq!(row.try_get::<Option<Vec<u8>>>("applicant_phone").unwrap(), None, "of call 2 no row is known");
    let hash: String = row.try_get("query_code_hash").unwrap();
    let fitting = (0..10_000).filter(|c| store.keys().is_code(&second, &format!("{c:04}"), &hash)).count();
    assert_eq!(fitting, 1, "its code was minted");
    let Lookup::NewCase(tomorrow) = store.find(NOW + DAY, CallId(3), &Question::NewVoicemailCase).await
    else {
        panic!("a case each day")
    };
    assert_eq!(tomorrow.reveal(), case_no::make("261010", 1).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_cases_at_once_have_fifty_numbers() {
    let (_folder, store, _other) = store().await;
    let tasks: Vec<_> = (0..100_u128)
        .map(|n| {
            let store = store.clone();
            // Each call asks twice, as after a time-out.
            tokio::spawn(async move { (n / 2, new_case(&store, n / 2).await) })
        })
        .collect();
    let mut made = BTreeSet::new();
    for task in tasks {
        made.insert(task.await.unwrap());
    }
    let numbers: BTreeSet<_> = made.iter().map(|(_, no)| no).collect();
    assert_eq!((made.len(), numbers.len()), (50, 50), "one number a call, and no number twice");
    assert!(numbers.iter().all(|no| case_no::valid(no)));
    assert_eq!(store.counts().await.unwrap().cases, 50);
}

#[tokio::test]
async fn a_days_numbers_end_at_five_digits() {
    let (_folder, store, mut other) = store().await;
    let sql = "INSERT INTO case_serial (day, last) VALUES ('261009', 99998)";
    query(sql).execute(&mut other).await.unwrap();
    assert_eq!(new_case(&store, 1).await, case_no::make("261009", 99_999).unwrap());
    let full = store.find(NOW, CallId(2), &Question::NewVoicemailCase).await;
    assert_eq!(full, Lookup::Unavailable);
    assert_eq!(store.counts().await.unwrap().cases, 1);
}

#[tokio::test]
async fn the_own_number_needs_no_code_and_others_do() {
    let (_folder, store, mut other, no) = with_case().await;
    for sql in [
        "INSERT INTO unit (code, name, kind, config_version) VALUES ('ga', '公安局', 'department', 1)",
        "UPDATE cases SET unit_code = 'ga', state = 'in_progress', due_at = 1791907600000, extended = TRUE",
    ] {
        query(sql).execute(&mut other).await.unwrap();
    }
    let told = store.find(NOW, CallId(7), &ask(&no, None, OWN)).await;
    let Lookup::Progress { case, received_at, status, unit, due_at, due_provisional, extended } = &told
    else {
        panic!("{told:?}")
    };
    assert_eq!((case.reveal(), *received_at, status.as_ref()), (no.as_str(), NOW, "in_progress"));
    let unit = unit.as_ref().unwrap();
    assert_eq!((unit.0.0.as_ref(), unit.1.as_ref()), ("ga", "公安局"));
    assert_eq!((*due_at, *due_provisional, *extended), (Some(1_791_907_600_000), true, true));
    assert_eq!(store.find(NOW, CallId(7), &ask(&no, None, "13911115678")).await, Lookup::CodeNeeded);
    assert_eq!(store.find(NOW, CallId(7), &ask(&no, None, "")).await, Lookup::CodeNeeded);
    assert_eq!(store.find(NOW, CallId(7), &ask(&no, Some(CODE), "13911115678")).await, told);
    assert_eq!(store.find(NOW, CallId(7), &ask(&no, Some(CODE), "")).await, told);
    assert_eq!(store.find(NOW, CallId(7), &ask("261009999999", None, OWN)).await, Lookup::NoSuchCase);
    // A case without a number is nobody's own, and not that of a withheld number either.
    query("UPDATE cases SET applicant_phone_hash = NULL").execute(&mut other).await.unwrap();
    assert_eq!(store.find(NOW, CallId(7), &ask(&no, None, "")).await, Lookup::CodeNeeded);
}

#[tokio::test]
async fn five_wrong_codes_a_day_are_all() {
    let (_folder, store, _other, no) = with_case().await;
    let stranger = "13911115678";
    let right = ask(&no, Some(CODE), stranger);
    for _ in 0..20 {
        assert!(
            matches!(store.find(NOW, CallId(7), &right).await, Lookup::Progress { .. }),
            "right ones are free"
        );
    }
    let wrong = ask(&no, Some("0000"), stranger);
    for _ in 0..5 {
        assert_eq!(store.find(NOW, CallId(7), &wrong).await, Lookup::CodeNeeded);
    }
    assert_eq!(store.find(NOW, CallId(7), &wrong).await, Lookup::TooManyTries);
    assert_eq!(
        store.find(NOW, CallId(8), &right).await,
        Lookup::TooManyTries,
        "the next call is the same caller"
    );
    assert_eq!(store.find(NOW, CallId(8), &ask(&no, None, stranger)).await, Lookup::TooManyTries);
    assert!(matches!(store.find(NOW, CallId(9), &ask(&no, None, OWN)).await, Lookup::Progress { .. }));
    assert!(matches!(
        store.find(NOW, CallId(9), &ask(&no, Some(CODE), "13711112222")).await,
        Lookup::Progress { .. }
    ));
    assert!(matches!(store.find(NOW + DAY, CallId(9), &right).await, Lookup::Progress { .. }), "a new day");
    // Whoever withholds the number is counted by call.
    let hidden = ask(&no, Some("0000"), "");
    for _ in 0..5 {
        assert_eq!(store.find(NOW, CallId(10), &hidden).await, Lookup::CodeNeeded);
    }
    assert_eq!(store.find(NOW, CallId(10), &hidden).await, Lookup::TooManyTries);
    assert_eq!(store.find(NOW, CallId(11), &hidden).await, Lookup::CodeNeeded);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tries_at_once_are_counted_one_by_one() {
    let (_folder, store, _other, no) = with_case().await;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (store, wrong) = (store.clone(), ask(&no, Some("0000"), "13911115678"));
            tokio::spawn(async move { store.find(NOW, CallId(7), &wrong).await })
        })
        .collect();
    let mut heard = Vec::new();
    for task in tasks {
        heard.push(task.await.unwrap());
    }
    assert_eq!(heard.iter().filter(|l| **l == Lookup::CodeNeeded).count(), 5);
    assert_eq!(heard.iter().filter(|l| **l == Lookup::TooManyTries).count(), 15);
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_unavailable_in_time() {
    let (_folder, store, mut other, no) = with_case().await;
    let began = std::time::Instant::now();
    let turn = other.begin().await.unwrap();
    assert_eq!(store.find(NOW, CallId(2), &Question::NewVoicemailCase).await, Lookup::Unavailable);
    assert!(began.elapsed() < Duration::from_secs(3), "the core waits no longer");
    assert!(
        matches!(store.find(NOW, CallId(2), &ask(&no, None, OWN)).await, Lookup::Progress { .. }),
        "reading goes on"
    );
    other.rollback().await.unwrap();
    drop(turn);
    new_case(&store, 2).await;
    store.close().await;
    assert_eq!(store.find(NOW, CallId(2), &ask(&no, None, OWN)).await, Lookup::Unavailable);
}

fn dial(case: &str, units: &[&str], caller: &str) -> Question {
    let units = units.iter().map(|code| UnitCode((*code).into())).collect();
    Question::OfUnit { case: Pii::new(case), units, caller: Pii::new(caller) }
}

#[tokio::test]
async fn a_unit_reaches_the_citizen_of_its_own_open_case_and_of_no_other() {
    const UNIT: &str = "05351112222";
    let (_folder, store, mut other, no) = with_case().await;
    let ask =
        async |units: &[&str], caller: &str| store.find(NOW, CallId(9), &dial(&no, units, caller)).await;
    assert_eq!(ask(&["TAX"], UNIT).await, Lookup::NoSuchCase, "a case that no unit has is nobody's");
    let run = async |other: &mut Db, sql: &str| {
        Builder::new(sql).build().execute(other).await.unwrap();
    };
    run(&mut other, "UPDATE cases SET unit_code = 'TAX', state = 'in_progress', urgent = TRUE").await;
    let Lookup::OfUnit { owner, citizen, urgent, .. } = ask(&["CIVIL", "TAX"], UNIT).await else {
        panic!("its own")
    };
    assert_eq!((citizen.reveal(), urgent), (OWN, true));
    let id: String = scalar("SELECT id FROM cases").fetch_one(&mut other).await.unwrap();
    assert_eq!(*owner, *promise::Of::Case(promise::CaseId(CallId::parse(&id).unwrap().0)).to_string());
    run(&mut other, "UPDATE cases SET state = 'archived'").await;
    let Lookup::Progress { status, .. } = ask(&["TAX"], UNIT).await else { panic!("closed, and theirs") };
    assert_eq!(&*status, "archived");
    run(&mut other, "UPDATE cases SET state = 'redo', applicant_phone = NULL").await;
    assert_eq!(ask(&["TAX"], UNIT).await, Lookup::Unavailable, "nobody to call");
    for tries in 0..4 {
        assert_eq!(ask(&[], UNIT).await, Lookup::NoSuchCase, "{tries}");
    }
    assert_eq!(ask(&["CIVIL"], UNIT).await, Lookup::TooManyTries, "five wrong ones a day");
    assert_eq!(ask(&["TAX"], UNIT).await, Lookup::TooManyTries, "a right one too");
    assert_eq!(ask(&["CIVIL"], "d1").await, Lookup::NoSuchCase, "another caller's tries are their own");
}
