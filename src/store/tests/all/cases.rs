//! Cases as the form opens them: one number each, codes told once, names and numbers sealed, every change logged.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use call::action::{Lookup, Question};
use call::case_no;
use call::cdr::Record;
use call::ids::Pii;
use store::{CaseFault, CaseFilter, CaseKind, CaseMade, Eyes, NewCase, Store, Told, Track};

use crate::common::{Bench, NOW, NUMBER, ended, id, next, raw, record, row};
use crate::house::take_house_in;

fn new(title: &str) -> NewCase {
    NewCase {
        call: None,
        kind: CaseKind::Complaint,
        track: Track::Case,
        category: None,
        service: None,
        unit: None,
        title: title.to_owned(),
        content: "路灯不亮".to_owned(),
        place: Some("东街 5 号".to_owned()),
        applicant_name: None,
        applicant_phone: None,
        confidential: false,
        anonymous: false,
        urgent: false,
    }
}

/// Each a millisecond later: lists are in the order of time.
async fn open(store: &Store, new: NewCase) -> CaseMade {
    static LATER: AtomicI64 = AtomicI64::new(0);
    let now = NOW + LATER.fetch_add(1, Ordering::Relaxed);
    store.open_case(now, "op1", None, new).await.unwrap().unwrap()
}

fn desk(unit: &str) -> Eyes {
    Eyes::Desk { units: vec![unit.to_owned()] }
}

/// A store with one call of [`NUMBER`].
async fn bench() -> Bench {
    let mut bench = Bench::new().await;
    bench.write_all([record(Record::Offered(row(1)))]);
    assert_eq!(next(&mut bench.told).await, Told::OnDisk(id(1)));
    bench
}

#[tokio::test]
async fn a_case_of_a_call_has_its_number_code_caller_unit_and_log() {
    let bench = bench().await;
    let store = &bench.store;
    take_house_in(store, "v1").await;
    let name = Some(Pii::new("张三丰"));
    let made = open(
        store,
        NewCase { call: Some(id(1)), service: Some("hukou".into()), applicant_name: name, ..new("路灯") },
    )
    .await;
    assert!(case_no::valid(&made.no) && made.no == "261009000012" && !made.again);
    let case = store.case(&made.no, &Eyes::Office).await.unwrap().unwrap();
    assert_eq!((case.line.state.as_str(), case.line.unit.as_deref()), ("received", Some("ga")));
    assert_eq!(case.line.applicant_masked, "张** 138****1234");
    assert_eq!((case.service_name.as_deref(), case.opened_by.as_str()), (Some("户口迁移"), "op1"));
    assert_eq!(case.calls, [(id(1), NOW + 1)]);
    assert_eq!(case.log.len(), 1);
    assert_eq!(case.log[0].what, format!("state=received source=phone call={}", id(1)));
    // The caller asks for its progress: by the own number without, from elsewhere with the code that was told.
    let ask = |caller: &str, code: Option<Pii>| Question::Progress {
        case: Pii::new(made.no.clone()),
        code,
        caller: Pii::new(caller),
    };
    assert!(matches!(store.find(NOW, id(1), &ask(NUMBER, None)).await, Lookup::Progress { .. }));
    assert_eq!(store.find(NOW, id(1), &ask("13900000000", None)).await, Lookup::CodeNeeded);
    let told = store.find(NOW, id(1), &ask("13900000000", Some(made.query_code.clone()))).await;
    assert!(matches!(told, Lookup::Progress { .. }));
    assert_eq!(store.applicant(&made.no).await.unwrap().unwrap(), (Pii::new("张三丰"), Pii::new(NUMBER)));
    // The end of the call leaves the link; what the core knows of no case takes nothing away.
    bench.write_all([record(Record::Ended(ended(1)))]);
    let (folder, store) = bench.stop().await;
    assert_eq!(store.call(id(1)).await.unwrap().unwrap().row.case_no.as_deref(), Some("261009000012"));
    if crate::both::on_server() {
        return;
    }
    let file = std::fs::read(crate::common::path(&folder)).unwrap();
    for secret in ["张三丰", NUMBER] {
        assert!(
            !file.windows(secret.len()).any(|w| w == secret.as_bytes()),
            "{secret} lies open in the file"
        );
    }
}

#[tokio::test]
async fn a_request_that_comes_again_opens_no_second_case() {
    let bench = bench().await;
    let store = &bench.store;
    let first = store.open_case(NOW, "op1", Some("k1"), new("路灯")).await.unwrap().unwrap();
    let again = store.open_case(NOW, "op1", Some("k1"), new("路灯")).await.unwrap().unwrap();
    assert!(again.again && again.no == first.no);
    let other = store.open_case(NOW, "op2", Some("k1"), new("路灯")).await.unwrap().unwrap();
    assert_ne!(other.no, first.no, "keys are their sender's own");
    for _ in 0..2 {
        store.note_case(NOW, "op1", Some("n1"), &first.no, "催办").await.unwrap().unwrap();
    }
    let case = store.case(&first.no, &Eyes::Office).await.unwrap().unwrap();
    assert_eq!(case.log.iter().filter(|l| l.kind == "note").count(), 1);
    // The code that was told last is the one that counts.
    let ask = |code: Pii| Question::Progress {
        case: Pii::new(first.no.clone()),
        code: Some(code),
        caller: Pii::new("13900000000"),
    };
    assert!(matches!(store.find(NOW, id(1), &ask(again.query_code)).await, Lookup::Progress { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_get_a_number_each_and_calls_go_on() {
    let mut bench = bench().await;
    let store = bench.store.clone();
    let begun = Instant::now();
    let opening: Vec<_> = (0..200)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let begun = Instant::now();
                let made = open(&store, new(&format!("第{n}件"))).await;
                (made.no, begun.elapsed())
            })
        })
        .collect();
    let mut waits = Vec::new();
    for n in 2..30 {
        let begun = Instant::now();
        bench.write_all([record(Record::Offered(row(n)))]);
        assert_eq!(next(&mut bench.told).await, Told::OnDisk(id(n)));
        waits.push(begun.elapsed());
    }
    let mut numbers = BTreeSet::new();
    let mut took = Vec::new();
    for one in opening {
        let (no, spent) = one.await.unwrap();
        assert!(case_no::valid(&no) && numbers.insert(no));
        took.push(spent);
    }
    took.sort_unstable();
    println!(
        "200 cases at once: {:?} in all, last answer {:?}; a call's row p100 {:?}",
        begun.elapsed(),
        took.last(),
        waits.iter().max()
    );
    assert_eq!(numbers.len(), 200);
}

#[tokio::test]
async fn eyes_see_what_is_theirs() {
    let bench = bench().await;
    let store = &bench.store;
    take_house_in(store, "v1").await;
    let phone = || Some(Pii::new(NUMBER));
    let open_one =
        |n: NewCase| open(store, NewCase { unit: Some("ga".into()), applicant_phone: phone(), ..n });
    let plain = open_one(new("甲")).await;
    let confidential = open_one(NewCase { confidential: true, ..new("乙") }).await;
    let anonymous = open_one(NewCase { anonymous: true, call: Some(id(1)), ..new("丙") }).await;
    let elsewhere = open(store, new("丁")).await;
    let masks = |eyes: Eyes| async move {
        let page = store.cases(&CaseFilter::default(), &eyes, None, 50).await.unwrap();
        page.cases.into_iter().map(|c| (c.title, c.applicant_masked)).collect::<Vec<_>>()
    };
    let seen = |title: &str, mask: &str| (title.to_owned(), mask.to_owned());
    let (m, no) = ("138****1234", "");
    assert_eq!(masks(Eyes::Office).await, [seen("丁", no), seen("丙", no), seen("乙", m), seen("甲", m)]);
    assert_eq!(masks(Eyes::Operator).await, [seen("丁", no), seen("丙", no), seen("乙", no), seen("甲", m)]);
    assert_eq!(masks(desk("ga")).await, [seen("丙", no), seen("乙", no), seen("甲", no)]);
    assert_eq!(masks(desk("other")).await, []);
    assert_eq!(masks(Eyes::Desk { units: Vec::new() }).await, []);
    assert!(store.case(&elsewhere.no, &desk("ga")).await.unwrap().is_none());
    assert_eq!(store.applicant(&anonymous.no).await.unwrap().unwrap(), (Pii::default(), Pii::default()));
    // By number: the office finds what is not confidential, a window nothing.
    let by_number = CaseFilter { q: Some(NUMBER.to_owned()), ..CaseFilter::default() };
    let found = |eyes: Eyes, filter: CaseFilter| async move {
        let page = store.cases(&filter, &eyes, None, 50).await.unwrap();
        page.cases.into_iter().map(|c| c.no).collect::<Vec<_>>()
    };
    assert_eq!(found(Eyes::Operator, by_number.clone()).await, [plain.no.as_str()]);
    assert_eq!(found(desk("ga"), by_number).await, [""; 0]);
    let q = |q: &str| CaseFilter { q: Some(q.to_owned()), ..CaseFilter::default() };
    assert_eq!(found(Eyes::Office, q(&confidential.no)).await, [confidential.no.as_str()]);
    assert_eq!(found(Eyes::Office, q("261009")).await.len(), 4);
    assert_eq!(found(Eyes::Office, q("%")).await.len(), 0, "a sign of LIKE is a character here");
    assert_eq!(found(Eyes::Office, q("甲")).await, [plain.no.as_str()]);
    let desk_filter = CaseFilter { desk: Some("037".into()), ..CaseFilter::default() };
    assert_eq!(found(Eyes::Office, desk_filter).await, [""; 0]);
    let first = store.cases(&CaseFilter::default(), &Eyes::Office, None, 3).await.unwrap();
    let rest = store.cases(&CaseFilter::default(), &Eyes::Office, first.next.as_deref(), 3).await.unwrap();
    assert_eq!((first.cases.len(), rest.cases.len(), rest.next), (3, 1, None));
}

/// Found by the walk through the pages: what nobody has handed over yet stood in no list of what is due.
#[tokio::test]
async fn what_has_no_due_date_comes_last_of_what_is_due() {
    let bench = bench().await;
    let mut made = Vec::new();
    for name in ["甲", "乙", "丙"] {
        made.push(open(&bench.store, new(name)).await.no);
    }
    let due = format!("UPDATE cases SET due_at = 5 WHERE no = '{}'", made[2]);
    raw(&bench.folder).await.run(&due).await;
    let filter = CaseFilter { open: true, by_due: true, ..CaseFilter::default() };
    let mut listed = Vec::new();
    let mut before: Option<String> = None;
    loop {
        let page = bench.store.cases(&filter, &Eyes::Office, before.as_deref(), 1).await.unwrap();
        listed.extend(page.cases.iter().map(|case| case.no.clone()));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(listed, [made[2].clone(), made[0].clone(), made[1].clone()]);
}

#[tokio::test]
async fn what_the_same_caller_brought_before_is_shown() {
    let mut bench = bench().await;
    bench.write_all([record(Record::Offered(row(2)))]);
    assert_eq!(next(&mut bench.told).await, Told::OnDisk(id(2)));
    let store = &bench.store;
    let one = open(store, NewCase { call: Some(id(1)), ..new("甲") }).await;
    open(store, NewCase { call: Some(id(1)), anonymous: true, ..new("乙") }).await;
    let earlier = store.earlier(id(2), &Eyes::Operator).await.unwrap().unwrap();
    assert_eq!(earlier.cases.iter().map(|c| c.no.as_str()).collect::<Vec<_>>(), [one.no.as_str()]);
    assert_eq!(earlier.calls.iter().map(|c| c.call).collect::<Vec<_>>(), [id(1)]);
    let window = store.earlier(id(2), &desk("ga")).await.unwrap().unwrap();
    assert!(window.cases.is_empty() && window.calls.is_empty());
    assert_eq!(store.earlier(id(9), &Eyes::Office).await.unwrap(), None);
    // Attached to another case, the call leaves the first; both logs say so.
    let other = open(store, new("丙")).await;
    for _ in 0..2 {
        store.attach_call(NOW + 60_000, "op1", &other.no, id(1)).await.unwrap().unwrap();
    }
    let case = store.case(&other.no, &Eyes::Office).await.unwrap().unwrap();
    assert_eq!(case.calls.iter().map(|c| c.0).collect::<Vec<_>>(), [id(1)]);
    assert_eq!(case.log.iter().map(|l| l.kind.as_str()).collect::<Vec<_>>(), ["state", "attach"]);
}

#[tokio::test]
async fn what_is_not_there_is_refused_and_leaves_nothing() {
    let bench = bench().await;
    let store = &bench.store;
    let refused =
        |n: NewCase| async move { store.open_case(NOW, "op1", None, n).await.unwrap().unwrap_err() };
    assert_eq!(refused(NewCase { call: Some(id(9)), ..new("甲") }).await, CaseFault::NoSuchCall);
    assert_eq!(refused(NewCase { service: Some("x".into()), ..new("甲") }).await, CaseFault::NoSuchService);
    assert_eq!(refused(NewCase { unit: Some("x".into()), ..new("甲") }).await, CaseFault::NoSuchUnit);
    assert_eq!(
        store.note_case(NOW, "op1", None, "261009000012", "x").await.unwrap(),
        Err(CaseFault::NoSuchCase)
    );
    let made = open(store, new("甲")).await;
    assert_eq!(made.no, "261009000012", "no number was spent in vain");
    assert_eq!(store.attach_call(NOW, "op1", &made.no, id(9)).await.unwrap(), Err(CaseFault::NoSuchCall));
    let mut conn = raw(&bench.folder).await;
    conn.run("UPDATE case_serial SET last = 99999").await;
    assert_eq!(refused(new("乙")).await, CaseFault::NumbersUsedUp);
}
