//! The rows of a big store, made inside the database. Columns and indexes are the real ones, numbers are noise of the right
//! length; of the facts those of the last weeks are made, for no question here reads older ones.

use crate::{DAY, NOW, SPAN};

/// Days whose facts are made.
const FACT_DAYS: i64 = 70;
/// So many of the newest cases are being worked on.
const OPEN: i64 = 4_000;
const UNITS: i64 = 39;
/// Promises of a case, and how long after its beginning each is kept, ms; `work` is still open in open cases.
const PROMISES: [(&str, i64); 7] = [
    ("handover", 600_000),
    ("work", 5 * DAY),
    ("echo1", DAY),
    ("echo2", 5 * DAY),
    ("callback", 600_000),
    ("check", 7_200_000),
    ("echo3", 6 * DAY),
];

/// What the databases say differently.
#[derive(Clone, Copy)]
pub enum Words {
    Sqlite,
    Postgres,
}

impl Words {
    /// Rows `i`, from one number to another.
    fn series(self, from: i64, to: i64) -> String {
        match self {
            Self::Sqlite => format!(
                "(WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to}) SELECT i FROM n) AS n"
            ),
            Self::Postgres => format!("generate_series({from}::bigint, {to}) AS n(i)"),
        }
    }

    /// So many digits.
    fn digits(self, number: &str, width: usize) -> String {
        match self {
            Self::Sqlite => format!("printf('%0{width}d', {number})"),
            Self::Postgres => format!("lpad(({number})::text, {width}, '0')"),
        }
    }

    /// So many digits to the base of 16; 0: as many as there are.
    fn hex(self, number: &str, width: usize) -> String {
        match (self, width) {
            (Self::Sqlite, 0) => format!("printf('%x', {number})"),
            (Self::Sqlite, _) => format!("printf('%0{width}x', {number})"),
            (Self::Postgres, 0) => format!("to_hex({number})"),
            (Self::Postgres, _) => format!("lpad(to_hex({number}), {width}, '0')"),
        }
    }

    /// 40 bytes, as a sealed number has.
    fn sealed(self) -> &'static str {
        match self {
            Self::Sqlite => "randomblob(40)",
            Self::Postgres => "decode(md5(i::text) || md5((-i)::text) || '0011223344556677', 'hex')",
        }
    }

    /// A text of 120 letters.
    fn letters(self) -> &'static str {
        match self {
            Self::Sqlite => "hex(randomblob(60))",
            Self::Postgres => {
                "md5(i::text) || md5((-i)::text) || md5((2 * i)::text) || substr(md5((3 * i)::text), 1, 24)"
            }
        }
    }
}

/// The moment of the `i`-th of so many.
fn moment(most: i64) -> String {
    format!("({NOW} - {SPAN} + i * {SPAN} / {most})")
}

/// The promise clock's name of the `i`-th case: its id, 26 digits of which each stands for five bits, to the base of 16.
fn owner(words: Words) -> String {
    let digit = |n: u32| format!("i / {} % 10 * {}", 10_i64.pow(n), 32_i64.pow(n));
    let number = (0..8).map(digit).collect::<Vec<_>>().join(" + ");
    format!("'case/' || {}", words.hex(&format!("({number})"), 0))
}

/// A hash of 64 letters that four calls share.
fn caller(words: Words, call: &str, calls: i64) -> String {
    words.hex(&format!("{call} * 2654435761 % {}", calls / 4), 64)
}

/// Statements that fill a store of so many calls, each with its table.
pub fn statements(words: Words, calls: i64) -> Vec<(&'static str, String)> {
    let mut all = vec![
        (
            "unit",
            format!(
                "INSERT INTO unit (code, name, kind, config_version) SELECT 'u' || i, 'Unit ' || i, 'department', 1 FROM {}",
                words.series(1, UNITS)
            ),
        ),
        ("call", calls_of(words, calls)),
        ("cases", cases_of(words, calls)),
    ];
    all.extend(promises_of(words, calls / 10));
    all.extend(facts_of(words, calls / 10));
    all.extend(promise_counts());
    all.extend(call_counts());
    all
}

/// Ids are decimal digits, which ULIDs may be.
fn calls_of(words: Words, calls: i64) -> String {
    format!(
        "INSERT INTO call (id, node, direction, did, trunk, sip_call_id, caller_e164, caller_raw, caller_hash, caller_masked, \
         cli_withheld, lang, profile, config_version, offered_at, answered_at, ended_at, wait_ms, queue_ms, duration_ms, \
         billsec_ms, operator_id, outcome, ended_by, cause, sip_status, q850_cause, urgent) \
         SELECT {id}, 'hotline-1', 'in', '89000', 'carrier', {sip} || '@carrier', {sealed}, {sealed}, {caller}, \
         '138****' || {masked}, FALSE, 'zh-CN', 'direct', 'v1', {at}, {at}, {at} + 180000, i * 37 % 40000, 0, 180000, 179000, \
         CASE WHEN i % 20 = 0 THEN NULL ELSE '10' || (i % 40) END, \
         CASE WHEN i % 20 = 0 THEN 'abandoned' WHEN i % 10 = 1 THEN 'case_opened' WHEN i % 5 = 0 THEN 'bridged' ELSE 'on_spot' END, \
         'citizen', 'normal', 200, 16, FALSE FROM {series}",
        id = words.digits("i", 26),
        sip = words.hex("i", 32),
        sealed = words.sealed(),
        caller = caller(words, "i", calls),
        masked = words.digits("i % 10000", 4),
        at = moment(calls),
        series = words.series(1, calls),
    )
}

fn cases_of(words: Words, calls: i64) -> String {
    let cases = calls / 10;
    format!(
        "INSERT INTO cases (id, no, call_id, source, kind, track, unit_code, title, content, place, applicant_phone, \
         applicant_phone_hash, applicant_masked, confidential, anonymous, urgent, state, round, received_at, due_provisional, \
         extended, closed_at) SELECT {id}, {no}, {call}, 'phone', 'request', 'case', 'u' || (i % {UNITS} + 1), \
         '人民路 ' || i || ' 号路灯不亮', '内容 ' || {letters}, '人民路', {sealed}, {caller}, '张* 138****1234', FALSE, FALSE, FALSE, \
         CASE WHEN i > {cases} - {OPEN} THEN 'in_progress' ELSE 'archived' END, 1, {at}, FALSE, FALSE, \
         CASE WHEN i > {cases} - {OPEN} THEN NULL ELSE {at} + 400000000 END FROM {series}",
        id = words.digits("i", 26),
        no = words.digits("210000000000 + i * 11", 12),
        call = words.digits("i * 10", 26),
        letters = words.letters(),
        sealed = words.sealed(),
        caller = caller(words, "i * 10", calls),
        at = moment(cases),
        series = words.series(1, cases),
    )
}

/// Whether the `rev`-th promise of the `i`-th case has ended, in SQL.
fn ended(what: &str, cases: i64) -> String {
    if what == "work" { format!("i <= {cases} - {OPEN}") } else { "TRUE".to_owned() }
}

fn promises_of(words: Words, cases: i64) -> Vec<(&'static str, String)> {
    let (at, series) = (moment(cases), words.series(1, cases));
    let (id, owner) = (words.digits("i", 26), owner(words));
    let mut all = Vec::new();
    for (rev, (what, took)) in (1..).zip(PROMISES) {
        let ended = ended(what, cases);
        all.push((
            "promise",
            format!(
                "INSERT INTO promise (owner, rev, what, unit_code, round, from_at, due_at, provisional, ended_at, ending, why, \
                 disputed) SELECT {owner}, {rev}, '{what}', 'u' || (i % {UNITS} + 1), 1, {at}, {at} + {took} + 1000, FALSE, \
                 CASE WHEN {ended} THEN {at} + {took} END, \
                 CASE WHEN {ended} THEN CASE WHEN i % 25 = 0 THEN 'missed' ELSE 'kept' END END, \
                 CASE WHEN {ended} AND i % 25 = 0 THEN 'late' END, FALSE FROM {series}"
            ),
        ));
    }
    all.push((
        "handover",
        format!(
            "INSERT INTO handover (case_id, no, unit_code, round, planned_at, made_at, received_by, received_at, channel) \
             SELECT {id}, 1, 'u' || (i % {UNITS} + 1), 1, {at}, {at}, '2001', {at}, 'keys' FROM {series}"
        ),
    ));
    all.push((
        "followup",
        format!(
            "INSERT INTO followup (id, case_id, kind, score, q1, source, round, tries, at, unit_code) SELECT {id} || '.9', {id}, \
             'echo3', 5 - CASE WHEN i % 13 = 0 THEN 4 ELSE 0 END, 1, 'dtmf', 1, 1, {at} + 500000000, \
             'u' || (i % {UNITS} + 1) FROM {series}"
        ),
    ));
    all
}

/// The facts that those promises are drawn from, of the newest cases.
fn facts_of(words: Words, cases: i64) -> Vec<(&'static str, String)> {
    const INTO: &str = "INSERT INTO fact (owner, no, at, who, kind, what)";
    let (at, owner) = (moment(cases), owner(words));
    let series = words.series((cases - cases * FACT_DAYS * DAY / SPAN).max(1), cases);
    let mut all = vec![(
        "fact",
        format!(
            "{INTO} SELECT {owner}, 1, {at}, 'house', 'assigned', 'unit=u' || (i % {UNITS} + 1) FROM {series}"
        ),
    )];
    for (no, (what, took)) in (2..).zip(PROMISES) {
        all.push((
            "fact",
            format!(
                "{INTO} SELECT {owner}, {no}, {at}, 'house', 'promised', 'of={what} from=' || {at} || ' due=' || ({at} + {took} + 1000) \
                 || ' provisional=false' FROM {series}"
            ),
        ));
        let ended = ended(what, cases);
        all.push((
            "fact",
            format!(
                "{INTO} SELECT {owner}, {no} + 7, {at} + {took}, 'house', 'ended', 'of={what} end=' || \
                 CASE WHEN i % 25 = 0 THEN 'missed why=late' ELSE 'kept claimed=true' END FROM {series} WHERE {ended}"
            ),
        ));
    }
    all
}

/// The day of `at`, as the store counts days.
const DAY_OF: &str = "(at + 28800000) / 86400000";

/// The daily counts of promises, as they are kept while such rows are written.
fn promise_counts() -> Vec<(&'static str, String)> {
    let sums = [
        "SELECT from_at AS at, unit_code AS unit, what || '.made' AS what FROM promise",
        "SELECT ended_at AS at, unit_code AS unit, what || '.' || ending AS what FROM promise WHERE ended_at IS NOT NULL",
        "SELECT at, unit_code AS unit, 'echo3.score' || score AS what FROM followup",
    ];
    let of = |rows: &str| {
        let all = format!("SELECT {DAY_OF}, '', what, COUNT(*) FROM ({rows}) AS given GROUP BY 1, 3");
        let each = format!("SELECT {DAY_OF}, unit, what, COUNT(*) FROM ({rows}) AS given GROUP BY 1, 2, 3");
        [all, each].map(|select| {
            ("day_count", format!("INSERT INTO day_count (day, unit_code, what, count) {select}"))
        })
    };
    sums.into_iter().flat_map(of).collect()
}

/// Those of calls, of all days that are over for good.
fn call_counts() -> Vec<(&'static str, String)> {
    const TAKEN: &str = "operator_id IS NOT NULL";
    let sums = [
        ("calls.whole", "TRUE".to_owned()),
        ("calls.answered", TAKEN.to_owned()),
        ("calls.within_15", format!("{TAKEN} AND wait_ms <= 15000")),
        ("calls.within_30", format!("{TAKEN} AND wait_ms <= 30000")),
        ("calls.on_spot", format!("{TAKEN} AND outcome IN ('on_spot', 'bridged')")),
    ];
    let over = (NOW - DAY + 28_800_000) / DAY - 1;
    let columns = "INSERT INTO call_day (unit_code, day, what, count)";
    let mut all: Vec<_> = sums
        .iter()
        .map(|(what, which)| {
            let rows = format!("SELECT offered_at AS at FROM call WHERE {which}");
            format!(
                "{columns} SELECT '', {DAY_OF}, '{what}', COUNT(*) FROM ({rows}) AS given WHERE {DAY_OF} <= {over} GROUP BY 2"
            )
        })
        .collect();
    all.push(format!("{columns} SELECT '', day, 'counted', 1 FROM call_day WHERE what = 'calls.whole'"));
    all.into_iter().map(|statement| ("call_day", statement)).collect()
}
