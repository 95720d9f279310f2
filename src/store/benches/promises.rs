//! A big store (`PROMISES_CALLS`, 100,000; a tenth as many cases) asked for a caller's history, for cases and for the counts of a
//! month. Run it with `cargo bench -p store --bench promises`. How fast due tasks become calls: `clockwork/benches/dispatch.rs`.
//!
//! Its rows are made in the database by SQL: columns and indexes are the real ones, numbers are noise of the right
//! length, and of the facts nothing is made, for no question here reads them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, missing_docs)]

use std::path::Path;
use std::time::{Duration, Instant};

use call::CallId;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection as _};
use store::{CaseFilter, Eyes, Settings, Store};

/// Monday, 12 October 2026, 10:00 in Shanghai.
const NOW: i64 = 1_791_770_400_000;
const DAY: i64 = 86_400_000;
/// Calls and cases are spread over so long up to now.
const SPAN: i64 = 5 * 365 * DAY;
/// Wanted: each question within this.
const WANTED: Duration = Duration::from_millis(100);
/// Questions of each kind.
const ASKED: i64 = 200;

/// Makes the rows. Ids are decimal digits, which ULIDs may be; Indexes are made after the rows.
async fn fill(path: &Path, calls: i64) {
    let options = SqliteConnectOptions::new().filename(path).journal_mode(SqliteJournalMode::Off);
    let mut conn = options.connect().await.unwrap();
    run(
        &mut conn,
        "PRAGMA synchronous = OFF; PRAGMA cache_size = -800000; PRAGMA temp_store = MEMORY".to_owned(),
    )
    .await;
    let indexes: Vec<(String, String)> = sqlx::query_as(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL \
         AND tbl_name IN ('call', 'cases', 'promise', 'handover', 'followup')",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    for (name, _) in &indexes {
        run(&mut conn, format!("DROP INDEX {name}")).await;
    }
    fill_calls(&mut conn, calls).await;
    fill_cases(&mut conn, calls).await;
    fill_promises(&mut conn).await;
    counts(&mut conn).await;
    for (_, sql) in indexes {
        run(&mut conn, sql).await;
    }
    run(&mut conn, "ANALYZE".to_owned()).await;
    conn.close().await.unwrap();
}

/// A table `n` of the numbers `i` from 1.
fn numbers(most: i64) -> String {
    format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most})")
}

/// The moment of the `i`-th of so many.
fn moment(most: i64) -> String {
    format!("({NOW} - {SPAN} + i * {SPAN} / {most})")
}

async fn fill_calls(conn: &mut SqliteConnection, calls: i64) {
    run(
        conn,
        format!(
            "INSERT INTO unit (code, name, kind, config_version) {} SELECT 'u' || i, 'Unit ' || i, 'department', 1 FROM n",
            numbers(39)
        ),
    )
    .await;
    run(
        conn,
        format!(
            "INSERT INTO call (id, node, direction, did, trunk, sip_call_id, caller_e164, caller_raw, caller_hash, caller_masked, \
             cli_withheld, lang, profile, config_version, offered_at, answered_at, ended_at, wait_ms, queue_ms, duration_ms, \
             billsec_ms, operator_id, outcome, ended_by, cause, sip_status, q850_cause, urgent) {} \
             SELECT printf('%026d', i), 'hotline-1', 'in', '89000', 'carrier', printf('%032x@carrier', i), randomblob(40), \
             randomblob(40), printf('%064x', i * 2654435761 % {callers}), '138****' || printf('%04d', i % 10000), FALSE, 'zh-CN', \
             'direct', 'v1', {at}, {at}, {at} + 180000, i * 37 % 40000, 0, 180000, 179000, \
             CASE WHEN i % 20 = 0 THEN NULL ELSE '10' || (i % 40) END, \
             CASE WHEN i % 20 = 0 THEN 'abandoned' WHEN i % 10 = 1 THEN 'case_opened' WHEN i % 5 = 0 THEN 'bridged' ELSE 'on_spot' END, \
             'citizen', 'normal', 200, 16, FALSE FROM n",
            numbers(calls),
            callers = calls / 4,
            at = moment(calls)
        ),
    )
    .await;
}

async fn fill_cases(conn: &mut SqliteConnection, calls: i64) {
    let cases = calls / 10;
    run(
        conn,
        format!(
            "INSERT INTO cases (id, no, call_id, source, kind, track, unit_code, title, content, place, applicant_phone, \
             applicant_phone_hash, applicant_masked, confidential, anonymous, urgent, state, round, received_at, due_provisional, \
             extended, closed_at) {} SELECT printf('%026d', i), printf('%012d', 210000000000 + i * 11), printf('%026d', i * 10), \
             'phone', 'request', 'case', 'u' || (i % 39 + 1), '人民路 ' || i || ' 号路灯不亮', '内容 ' || hex(randomblob(60)), '人民路', \
             randomblob(40), printf('%064x', i * 10 * 2654435761 % {callers}), '张* 138****1234', FALSE, FALSE, FALSE, \
             CASE WHEN i > {cases} - 4000 THEN 'in_progress' ELSE 'archived' END, 1, {at}, FALSE, FALSE, \
             CASE WHEN i > {cases} - 4000 THEN NULL ELSE {at} + 400000000 END FROM n",
            numbers(cases),
            callers = calls / 4,
            at = moment(cases)
        ),
    )
    .await;
}

async fn fill_promises(conn: &mut SqliteConnection) {
    for (rev, what, days) in [
        (1, "handover", 0),
        (2, "work", 5),
        (3, "echo1", 1),
        (4, "echo2", 5),
        (5, "callback", 0),
        (6, "check", 0),
        (7, "echo3", 6),
    ] {
        run(
            conn,
            format!(
                "INSERT INTO promise (owner, rev, what, unit_code, round, from_at, due_at, provisional, ended_at, ending, why, \
                 disputed) SELECT 'case/' || printf('%x', rowid), {rev}, '{what}', unit_code, 1, received_at, \
                 received_at + {days} * {DAY}, FALSE, received_at + {days} * {DAY} - 1000, \
                 CASE WHEN rowid % 25 = 0 THEN 'missed' ELSE 'kept' END, CASE WHEN rowid % 25 = 0 THEN 'late' END, FALSE FROM cases"
            ),
        )
        .await;
    }
    run(
        conn,
        "INSERT INTO followup (id, case_id, kind, score, q1, source, round, tries, at, unit_code) \
         SELECT id || '.9', id, 'echo3', 5 - (rowid % 13 = 0) * 4, 1, 'dtmf', 1, 1, received_at + 500000000, unit_code FROM cases"
            .to_owned(),
    )
    .await;
}

/// The daily counts, as they are kept while such rows are written.
async fn counts(conn: &mut SqliteConnection) {
    const DAY_OF: &str = "(at + 28800000) / 86400000";
    let sums = [
        ("SELECT offered_at AS at, '' AS unit, 'calls' AS what FROM call".to_owned(), false),
        ("SELECT offered_at AS at, '' AS unit, 'calls.answered' AS what FROM call WHERE operator_id IS NOT NULL".to_owned(), false),
        ("SELECT offered_at AS at, '' AS unit, 'calls.15' AS what FROM call WHERE operator_id IS NOT NULL AND wait_ms <= 15000".to_owned(), false),
        ("SELECT offered_at AS at, '' AS unit, 'calls.30' AS what FROM call WHERE operator_id IS NOT NULL AND wait_ms <= 30000".to_owned(), false),
        ("SELECT offered_at AS at, '' AS unit, 'calls.on_spot' AS what FROM call WHERE operator_id IS NOT NULL AND outcome IN ('on_spot', 'bridged')".to_owned(), false),
        ("SELECT from_at AS at, unit_code AS unit, what || '.made' AS what FROM promise".to_owned(), true),
        ("SELECT ended_at AS at, unit_code AS unit, what || '.' || ending AS what FROM promise".to_owned(), true),
        ("SELECT at, unit_code AS unit, 'echo3.score' || score AS what FROM followup".to_owned(), true),
    ];
    for (rows, by_unit) in sums {
        run(
            conn,
            format!("INSERT INTO day_count SELECT {DAY_OF}, '', what, COUNT(*) FROM ({rows}) GROUP BY 1, 3"),
        )
        .await;
        if by_unit {
            run(conn, format!("INSERT INTO day_count SELECT {DAY_OF}, unit, what, COUNT(*) FROM ({rows}) GROUP BY 1, 2, 3")).await;
        }
    }
}

async fn run(conn: &mut SqliteConnection, sql: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(conn).await.unwrap();
}

fn report(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    let late = times.iter().filter(|took| **took > WANTED).count();
    println!(
        "promises: {what}: {} answers, p50 {:.1?}, p99 {:.1?}, worst {:.1?}, {late} beyond {WANTED:?}",
        times.len(),
        at(50),
        at(99),
        at(100)
    );
}

/// The `n`-th filter of a kind, in a store of so many cases.
type Asked = fn(i64, i64) -> CaseFilter;

/// The number of the `n`-th case.
fn no(n: i64) -> String {
    format!("{:012}", 210_000_000_000 + n * 11)
}

async fn questions(store: &Store, calls: i64) {
    let cases = calls / 10;
    let mut times = Vec::new();
    for n in 1..=ASKED {
        let id = CallId::parse(&format!("{:026}", n * 7_919 % calls + 1)).unwrap();
        let begun = Instant::now();
        let earlier = store.earlier(id, &Eyes::Operator).await.unwrap().unwrap();
        times.push(begun.elapsed());
        assert!(!earlier.calls.is_empty());
    }
    report("a caller's history", &mut times);
    let kinds: [(&str, Asked); 5] = [
        ("a case by its whole number", |n, cases| CaseFilter {
            q: Some(no(n * 7_919 % cases + 1)),
            ..CaseFilter::default()
        }),
        ("cases by the beginning of a number", |n, cases| CaseFilter {
            q: Some(no(n * 7_919 % cases + 1)[..9].to_owned()),
            ..CaseFilter::default()
        }),
        ("cases by a part of the title", |n, cases| CaseFilter {
            q: Some(format!("{} 号", cases - n * 31)),
            ..CaseFilter::default()
        }),
        ("cases of a unit", |n, _| CaseFilter {
            unit: Some(format!("u{}", n % 39 + 1)),
            ..CaseFilter::default()
        }),
        ("cases in a state", |n, _| {
            let state = ["in_progress", "archived", "joint_meeting"][usize::try_from(n % 3).unwrap()];
            CaseFilter { state: Some(state.to_owned()), ..CaseFilter::default() }
        }),
    ];
    for (what, filter) in kinds {
        let mut times = Vec::new();
        for n in 1..=ASKED {
            let filter = filter(n, cases);
            let begun = Instant::now();
            store.cases(&filter, &Eyes::Office, None, 50).await.unwrap();
            times.push(begun.elapsed());
        }
        report(what, &mut times);
    }
}

/// The figures of a month, of all and of one unit.
async fn months(path: &Path) {
    const SUMS: &str = "SELECT day, what, SUM(count) AS count FROM day_count WHERE unit_code = $1 AND day BETWEEN $2 AND $3 \
         GROUP BY day, what";
    let mut conn = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    for unit in ["", "u7"] {
        let mut times = Vec::new();
        for n in 0..ASKED {
            let day = (NOW - n % 50 * 30 * DAY) / DAY;
            let begun = Instant::now();
            let rows =
                sqlx::query(SUMS).bind(unit).bind(day - 30).bind(day).fetch_all(&mut conn).await.unwrap();
            times.push(begun.elapsed());
            assert!(rows.len() > 100, "{}", rows.len());
        }
        report(
            if unit.is_empty() { "the figures of a month" } else { "the figures of a month of one unit" },
            &mut times,
        );
    }
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    let calls = std::env::var("PROMISES_CALLS").map_or(100_000, |calls| calls.parse().unwrap());
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let settings = Settings::beside(folder.path().join("big.db"), "bench");
    let path = settings.path.clone();
    let (store, _) = Store::open(settings.clone(), NOW).await.unwrap();
    store.close().await;
    drop(store);
    let begun = Instant::now();
    fill(&path, calls).await;
    let size = std::fs::metadata(&path).unwrap().len() / 1024 / 1024;
    println!(
        "promises: {calls} calls and {} cases made within {:.0?}, {size} MiB",
        calls / 10,
        begun.elapsed()
    );
    let store = Store::look(settings).unwrap();
    questions(&store, calls).await;
    months(&path).await;
    store.close().await;
}
