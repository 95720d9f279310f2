//! The information base on a real file: found by words, pinyin, synonyms and slips; the index in step; calls not held up.

use std::time::{Duration, Instant};

use call::cdr::Record;
use knowledge::import::{Encoding, Format, read};
use knowledge::{Draft, Synonyms};
use store::{Imported, MOST_MISSES, Store, Told};

use crate::common::{Bench, NOW, id, next, raw, record, row};
use crate::house::take_services_in;

const SAMPLE: &str = include_str!("../../../../knowledge/sample.csv");
const SYNONYMS: &str = include_str!("../../../../knowledge/synonyms.txt");
const SERVICES: &str = include_str!("../../../../sip-config/services.toml");
const QUERIES: &str = include_str!("../../../../tests/knowledge/queries.tsv");

fn services() -> Vec<(String, String)> {
    let field = |line: &str, name: &str| {
        Some(line.split(&format!("{name} = \"")).nth(1)?.split('"').next()?.to_owned())
    };
    SERVICES.lines().filter_map(|line| Some((field(line, "code")?, field(line, "name")?))).collect()
}

fn draft(title: &str) -> Draft {
    Draft { title: title.to_owned(), ..Draft::default() }
}

async fn titles(store: &Store, typed: &str) -> Vec<String> {
    let hits = store.search(NOW, typed, 20).await.unwrap();
    hits.into_iter().map(|hit| hit.title).collect()
}

async fn import(store: &Store, drafts: Vec<Draft>, replace: bool, dry: bool) -> Imported {
    store.import(NOW, "admin", drafts, replace, dry, &|_| {}).await.unwrap().unwrap()
}

async fn count(conn: &mut crate::raw::Raw, sql: &str) -> i64 {
    conn.number(sql).await
}

#[tokio::test]
async fn a_hundred_questions_find_their_service_in_the_store() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let services = services();
    take_services_in(store, "v1", &services).await;
    let codes = store.service_codes().await.unwrap();
    assert_eq!(codes.len(), 466);
    let sheet = read(SAMPLE.as_bytes(), Format::Csv, Encoding::Utf8, &|code| codes.contains(code));
    assert_eq!(sheet.faults, []);
    assert!(sheet.entries.len() >= 150);
    let done = import(store, sheet.entries.clone(), false, false).await;
    assert_eq!(done.added, sheet.entries.len() as u64);
    store.put_synonyms(&Synonyms::read(SYNONYMS).unwrap()).await.unwrap();
    let (mut first, mut late) = (0, Vec::new());
    for line in QUERIES.lines().filter(|line| !line.starts_with('#')) {
        let mut cells = line.split('\t');
        let (typed, expected) = (cells.next().unwrap(), cells.next().unwrap());
        let hits = store.search(NOW, typed, 5).await.unwrap();
        let expected =
            |code: &Option<String>| code.as_ref().is_some_and(|c| expected.split(' ').any(|e| e == c));
        match hits.iter().position(|hit| expected(&hit.service)) {
            Some(0) => first += 1,
            Some(at) => late.push(format!("{line}: {at}")),
            None => panic!("{line}: not among the first five: {hits:#?}"),
        }
        let best = hits.iter().find(|hit| expected(&hit.service)).unwrap();
        assert!(
            !best.why.is_empty() && best.desks == ["038", "037"] && best.service_name.is_some(),
            "{best:?}"
        );
    }
    println!("{first} of 100 first; {late:#?}");
    assert!(first >= 90, "{first}: {late:#?}");
    let shown = |list: Vec<store::Service>| list.into_iter().map(|s| s.name).collect::<Vec<_>>();
    assert_eq!(shown(store.services("hzbf", 3).await.unwrap()), ["普通护照补发"]);
    assert_eq!(shown(store.services("SCJ-008", 1).await.unwrap()), ["营业执照补领"]);
    assert_eq!(store.services("", 1_000).await.unwrap().len(), 466);
    assert_eq!(store.services("xyzzy", 10).await.unwrap(), []);
}

#[tokio::test]
async fn the_index_is_in_step_with_every_change() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let first = store
        .add_entry(NOW, "admin", Draft { body: "带户口簿".into(), ..draft("身份证补领") })
        .await
        .unwrap();
    let second = store.add_entry(NOW, "admin", draft("护照换发")).await.unwrap();
    assert_eq!(titles(store, "sfz").await, ["身份证补领"]);
    assert_eq!(titles(store, "户口簿").await, ["身份证补领"]);
    assert_eq!(store.add_entry(NOW, "admin", draft("护照换发")).await.unwrap(), second, "the same entry");
    assert_eq!(store.put_entry(NOW + 1, "lead", first, draft("驾驶证换证")).await.unwrap(), Some(true));
    assert_eq!(titles(store, "身份证").await, [""; 0]);
    assert_eq!(titles(store, "jsz").await, ["驾驶证换证"]);
    let entry = store.entry(first).await.unwrap().unwrap();
    assert_eq!((entry.updated_by.as_str(), entry.updated_at, entry.body.as_str()), ("lead", NOW + 1, ""));
    assert_eq!(store.put_entry(NOW, "lead", first, draft("护照换发")).await.unwrap(), None);
    assert_eq!(store.put_entry(NOW, "lead", 999, draft("别的")).await.unwrap(), Some(false));
    assert!(store.remove_entry(first).await.unwrap() && !store.remove_entry(first).await.unwrap());
    assert_eq!(titles(store, "驾驶证").await, [""; 0]);
    assert_eq!(store.entry(first).await.unwrap(), None);
    let mut conn = raw(&bench.folder).await;
    assert_eq!(count(&mut conn, "SELECT COUNT(*) FROM knowledge").await, 1);
    // Another process sees the change, by sound too.
    let other = Store::look(crate::common::settings(&bench.folder)).unwrap();
    assert_eq!(titles(&other, "huzhao").await, ["护照换发"]);
    store.add_entry(NOW, "admin", draft("户口迁移")).await.unwrap();
    assert_eq!(titles(&other, "hukou").await, ["户口迁移"]);
}

#[tokio::test]
async fn a_file_that_comes_again_changes_only_what_changed() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let all: Vec<Draft> = (0..100).map(|n| draft(&format!("第{n}条说明"))).collect();
    let dry = import(store, all.clone(), true, true).await;
    assert_eq!(
        (dry, store.usage().await.unwrap().entries),
        (Imported { added: 100, ..Imported::default() }, 0)
    );
    assert_eq!(
        import(store, all.clone(), false, false).await,
        Imported { added: 100, ..Imported::default() }
    );
    assert_eq!(import(store, all.clone(), true, false).await, Imported { same: 100, ..Imported::default() });
    let mut next = all[..60].to_vec();
    next[0].body = "改了".into();
    next.push(draft("新的"));
    let wanted = Imported { added: 1, changed: 1, removed: 40, same: 59 };
    assert_eq!(import(store, next.clone(), true, true).await, wanted);
    assert_eq!(import(store, next, true, false).await, wanted);
    assert_eq!(store.usage().await.unwrap().entries, 61);
    assert_eq!(titles(store, "第99条").await.iter().filter(|t| t.contains("99")).count(), 0);
}

#[tokio::test]
async fn what_was_asked_in_vain_is_kept_within_bounds_and_never_a_number() {
    let bench = Bench::new().await;
    let store = &bench.store;
    store.add_entry(NOW, "admin", draft("身份证补领")).await.unwrap();
    for q in ["飞", "飞碟", "飞碟登", "飞碟登记"] {
        store.search(NOW, q, 5).await.unwrap();
        kept(store, q).await;
    }
    for q in ["13812345678", "138 1234 5678", "飞13812345678", "身份证"] {
        store.search(NOW, q, 5).await.unwrap();
    }
    store.search(NOW + 60_000, "飞碟登记", 5).await.unwrap();
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let misses = store.usage().await.unwrap().misses;
        let told: Vec<_> = misses.iter().map(|m| (m.q.as_str(), m.count)).collect();
        if told == [("飞碟登记", 2)] {
            break;
        }
        assert!(Instant::now() < end, "{told:?}");
        tokio::task::yield_now().await;
    }
    let mut conn = raw(&bench.folder).await;
    conn.run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) \
        INSERT INTO knowledge_miss SELECT 'old' || i, 1, i FROM n",
    )
    .await;
    store.search(NOW + 120_000, "外星人", 5).await.unwrap();
    let end = Instant::now() + Duration::from_secs(10);
    while count(&mut conn, "SELECT COUNT(*) FROM knowledge_miss").await > MOST_MISSES {
        assert!(Instant::now() < end);
        tokio::task::yield_now().await;
    }
    let misses = store.usage().await.unwrap().misses;
    assert_eq!(misses[0].q, "飞碟登记");
    assert!(misses.iter().any(|m| m.q == "外星人"));
}

/// Until the question is noted: it is written while nobody waits. One character is no question yet.
async fn kept(store: &Store, q: &str) {
    let end = Instant::now() + Duration::from_secs(10);
    while q.chars().count() > 1 && store.usage().await.unwrap().misses.iter().all(|m| m.q != q) {
        assert!(Instant::now() < end, "{q}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_first_hit_of_a_call_is_kept_and_what_is_opened_counts() {
    let mut bench = Bench::new().await;
    bench.write_all([record(Record::Offered(row(1)))]);
    assert_eq!(next(&mut bench.told).await, Told::OnDisk(id(1)));
    let store = &bench.store;
    let entry = store.add_entry(NOW, "admin", draft("身份证补领")).await.unwrap();
    store.note_first_hit(NOW + 7_000, id(1)).await.unwrap();
    store.note_first_hit(NOW + 9_000, id(1)).await.unwrap();
    store.note_first_hit(NOW, id(2)).await.unwrap();
    assert!(store.note_opened(entry).await.unwrap() && store.note_opened(entry).await.unwrap());
    assert!(!store.note_opened(999).await.unwrap());
    let usage = store.usage().await.unwrap();
    assert_eq!((usage.most[0].opened, usage.most[0].title.as_str()), (2, "身份证补领"));
    let mut conn = raw(&bench.folder).await;
    assert_eq!(count(&mut conn, "SELECT kb_first_hit_at FROM call").await, NOW + 7_000);
}

#[tokio::test]
async fn every_text_comes_back_as_it_was_written() {
    let bench = Bench::new().await;
    let store = &bench.store;
    for text in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'; DROP TABLE knowledge; --",
        "=HYPERLINK(\"http://x\")",
        "a\u{1b}[31m\u{202e}\u{7}b\r\nc",
        "\" OR title : *",
        "身份证 NEAR(a b)",
    ] {
        let draft = Draft {
            name: format!("n{text}"),
            title: format!("t{text}"),
            body: text.to_owned(),
            service: String::new(),
            keywords: vec![text.replace(['\r', '\n'], " ")],
            source: text.to_owned(),
        };
        let id = store.add_entry(NOW, text, draft.clone()).await.unwrap();
        let entry = store.entry(id).await.unwrap().unwrap();
        assert_eq!((&entry.name, &entry.title, &entry.body), (&draft.name, &draft.title, &draft.body));
        assert_eq!(
            (&entry.source, &entry.keywords, entry.updated_by.as_str()),
            (&draft.source, &draft.keywords, text)
        );
        let hits = store.search(NOW, &draft.title, 50).await.unwrap();
        assert_eq!(hits.first().map(|hit| hit.id), Some(id), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_are_not_held_up_by_an_import() {
    let mut bench = Bench::new().await;
    let (store, other) = (bench.store.clone(), bench.store.clone());
    let drafts: Vec<Draft> = (0..3_000)
        .map(|n| Draft {
            body: "带身份证和户口簿到窗口办理，当场可取。".repeat(4),
            ..draft(&format!("第{n}项业务的办理"))
        })
        .collect();
    let importing = tokio::spawn(async move { import(&store, drafts, false, false).await });
    let mut waits = Vec::new();
    let mut n = 0;
    while !importing.is_finished() {
        n += 1;
        let begun = Instant::now();
        bench.write_all([record(Record::Offered(row(n)))]);
        assert_eq!(next(&mut bench.told).await, Told::OnDisk(id(n)));
        waits.push(begun.elapsed());
    }
    assert_eq!(importing.await.unwrap().added, 3_000);
    waits.sort_unstable();
    let at = |share: usize| waits[(waits.len() - 1) * share / 100];
    println!(
        "{} calls while importing: p50 {:?}, p99 {:?}, worst {:?}",
        waits.len(),
        at(50),
        at(99),
        at(100)
    );
    assert!(
        waits.len() > 20 && at(50) < Duration::from_millis(200) && at(100) < Duration::from_secs(2),
        "{waits:?}"
    );
    assert_eq!(other.usage().await.unwrap().entries, 3_000);
}
