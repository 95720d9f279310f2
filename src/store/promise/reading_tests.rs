//! The reading side on rows in a real file: figures against a recount of random facts and calls, lists and their pages, plans.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use call::CallId;
use promise::{
    Answers, By, CaseId, Contact, End, Fact, Figures, Lapse, Month, Of, Pledge, Proof, Seen, Settings, What,
    Why,
};

use crate::either::{Builder, Db, query, scalar};
use crate::promise::drawn::Drawn;
use crate::promise::figures::Counts;
use crate::promise::shown::{HandoverFilter, PublicFilter, Scope};
use crate::promise::{ExportOf, put};
use crate::writer_tests::store;

/// 2026-10-09 09:00 in Shanghai.
const NOW: i64 = 1_791_507_600_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const UNITS: [&str; 3] = ["civil", "water", "road"];

/// A small generator: the same numbers for the same seed (Numerical Recipes).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

fn random_fact(dice: &mut Dice, at: i64) -> Fact {
    let what = dice.one(&What::ALL);
    let end = match dice.below(4) {
        0 => End::Kept(Proof::Claimed),
        1 => End::Kept(Proof::Proven(promise::CallId(u128::from(dice.below(1000))))),
        2 => End::Missed(Why::Late),
        _ => End::Void(Lapse::Returned),
    };
    match dice.below(9) {
        0..=2 => Fact::Promised(Pledge { what, from: at, days: None, due_at: at + HOUR, provisional: false }),
        3..=5 => Fact::Ended(what, end),
        6 => Fact::Disputed(dice.one(&[What::CallBack, What::Echo1])),
        7 => {
            let score = u8::try_from(dice.below(6)).unwrap();
            let answers = Answers { score: Some(score).filter(|s| *s > 0), ..Answers::default() };
            Fact::Scored(dice.one(&[What::Check, What::Echo3]), answers, By::Keys)
        }
        _ => Fact::Assigned(dice.one(&UNITS).into()),
    }
}

/// A promise ends once: what does not run is promised instead of ended.
fn once(fact: Fact, at: i64, open: &mut BTreeSet<What>) -> Fact {
    match fact {
        Fact::Ended(what, end) if open.remove(&what) => Fact::Ended(what, end),
        Fact::Ended(what, _) => {
            open.insert(what);
            Fact::Promised(Pledge { what, from: at, days: None, due_at: at + HOUR, provisional: false })
        }
        Fact::Promised(pledge) => {
            open.insert(pledge.what);
            fact
        }
        other => other,
    }
}

/// A fact as it is counted: when, of which unit, what.
type Known = (i64, Option<String>, Fact);

/// Writes owners with random facts the way a step does, and says what was written.
async fn facts(conn: &mut Db, dice: &mut Dice) -> Vec<Known> {
    let mut all = Vec::new();
    for n in 1..=60_u128 {
        let owner = Of::Case(CaseId((u128::from(u64::try_from(NOW).unwrap()) << 80) | n)).to_string();
        let mut drawn = Drawn::new(None);
        let (mut at, mut unit, mut made): (i64, Option<String>, BTreeMap<What, Option<String>>) =
            (NOW - 6 * DAY + i64::try_from(dice.below(DAY as u64)).unwrap(), None, BTreeMap::new());
        let mut open = BTreeSet::new();
        for no in 1..=20_u32 {
            at += i64::try_from(dice.below(9 * HOUR as u64)).unwrap();
            let fact = once(random_fact(dice, at), at, &mut open);
            if let Fact::Assigned(named) = &fact {
                unit = Some(named.to_string());
            }
            if let Fact::Promised(pledge) = &fact {
                made.insert(pledge.what, unit.clone());
            }
            // An end is the unit's that the promise was made by.
            let whose = match &fact {
                Fact::Ended(what, _) => made.get(what).cloned().flatten(),
                _ => unit.clone(),
            };
            drawn.take(no, at, &"house".into(), &fact);
            let (kind, text) = fact.write();
            let sql =
                "INSERT INTO fact (owner, no, at, who, kind, what) VALUES ($1, $2, $3, 'house', $4, $5)";
            let row = query(sql).bind(&owner).bind(i64::from(no)).bind(at).bind(kind).bind(text);
            row.execute(&mut *conn).await.unwrap();
            all.push((at, whose, fact));
        }
        put::rows(conn, &owner, None, &Drawn::new(None), &drawn).await.unwrap();
    }
    all
}

/// A call as it is counted: when it was offered, how long somebody waited, whether it was settled.
type Call = (i64, Option<u64>, bool);

async fn calls(conn: &mut Db, dice: &mut Dice) -> Vec<Call> {
    let mut all = Vec::new();
    for n in 0..400_u128 {
        let at = NOW - 6 * DAY + i64::try_from(dice.below(6 * DAY as u64)).unwrap();
        let id = CallId((u128::from(u64::try_from(at).unwrap()) << 80) | n).to_string();
        let waited = (dice.below(5) > 0).then(|| dice.below(40_000));
        let (direction, is_over) = (dice.one(&["in", "in", "in", "out"]), dice.below(20) > 0);
        let outcome = dice.one(&["on_spot", "bridged", "case_opened", "handed_over"]);
        let sql = "INSERT INTO call (id, node, direction, did, sip_call_id, caller_masked, cli_withheld, lang, profile, \
             config_version, offered_at, ended_at, wait_ms, queue_ms, duration_ms, billsec_ms, operator_id, outcome, urgent) \
             VALUES ($1, 'n', $2, '89000', 'x', '', FALSE, 'en', 'direct', 'v', $3, $4, $5, 0, 0, 0, $6, $7, FALSE)";
        query(sql)
            .bind(id)
            .bind(direction)
            .bind(at)
            .bind(is_over.then_some(at + 1))
            .bind(i64::try_from(waited.unwrap_or(0)).unwrap())
            .bind(waited.map(|_| "1001"))
            .bind(is_over.then_some(outcome))
            .execute(&mut *conn)
            .await
            .unwrap();
        if direction == "in" && is_over {
            all.push((at, waited, matches!(outcome, "on_spot" | "bridged")));
        }
    }
    all
}

fn recount(facts: &[Known], calls: &[Call], (from, to): (i64, i64), unit: Option<&str>) -> Figures {
    let within = |at: i64| at >= from && at < to;
    let own = facts.iter().filter(|(at, of, _)| within(*at) && unit.is_none_or(|u| of.as_deref() == Some(u)));
    let calls = calls.iter().filter(|(at, _, _)| within(*at) && unit.is_none());
    let calls = calls.map(|(_, waited, on_spot)| Seen::Call { waited: *waited, on_spot: *on_spot });
    Figures::recount(&Settings::default(), own.map(|(_, _, fact)| Seen::Fact(fact)).chain(calls))
}

#[tokio::test]
async fn every_figure_of_any_time_and_unit_is_a_recount_of_what_was_written() {
    let (_folder, store, mut other) = store().await;
    let mut dice = Dice(7);
    let facts = facts(&mut other, &mut dice).await;
    let calls = calls(&mut other, &mut dice).await;
    let settings = Settings::default();
    let mut compared = 0;
    for round in 0..3 {
        for _ in 0..25 {
            let from = NOW - 7 * DAY + i64::try_from(dice.below(6 * DAY as u64)).unwrap();
            let to = from + i64::try_from(dice.below(5 * DAY as u64)).unwrap() + 1;
            // Whole days too, which are not counted again.
            let (from, to) = if dice.below(2) == 0 {
                (from, to)
            } else {
                (from - from % DAY - 8 * HOUR, to - to % DAY - 8 * HOUR)
            };
            for unit in [None, Some(dice.one(&UNITS))] {
                let counted = store.promise_counts(NOW, (from, to), unit).await.unwrap();
                let expected = recount(&facts, &calls, (from, to.min(NOW + DAY)), unit);
                assert_eq!(
                    counted.whole.figures(&settings),
                    expected,
                    "{from} {to} {unit:?} in round {round}"
                );
                let mut days = Counts::default();
                counted.days.iter().for_each(|(_, day)| days.merge(day));
                assert_eq!(days, counted.whole);
                compared += usize::from(expected != Figures::default());
            }
        }
        // Then the calls of all days that are over are there already.
        while store.count_a_day(NOW).await.unwrap() {}
    }
    assert!(compared > 100, "{compared}");
    let kept: i64 =
        scalar("SELECT COUNT(*) FROM call_day WHERE what = 'counted'").fetch_one(&mut other).await.unwrap();
    assert!((4..=6).contains(&kept), "{kept} days are over for good");
    let last = store.answered_in_time(NOW).await.unwrap();
    let expected = recount(&[], &calls, (NOW - DAY, NOW), None).within_15;
    assert_eq!(last, expected);
}

#[tokio::test]
async fn windows_count_once_a_call_and_for_their_unit() {
    let (_folder, store, mut other) = store().await;
    let run = async |conn: &mut Db, sql: &str| {
        Builder::new(sql).build().execute(conn).await.unwrap();
    };
    for (unit, desk, staff) in [("civil", "001", "2001"), ("civil", "002", "2002"), ("water", "003", "2003")]
    {
        run(&mut other, &format!("INSERT INTO unit (code, name, kind, config_version) VALUES ('{unit}', '{unit}', 'department', 1) ON CONFLICT DO NOTHING")).await;
        run(&mut other, &format!("INSERT INTO desk (no, name, unit_code, hunt, straight, config_version) VALUES ('{desk}', '', '{unit}', 'all', FALSE, 1)")).await;
        run(
            &mut other,
            &format!(
                "INSERT INTO desk_member (desk_no, hunt_order, staff_no) VALUES ('{desk}', 1, '{staff}')"
            ),
        )
        .await;
    }
    let at = NOW - HOUR;
    let id = |n: u128| CallId((u128::from(u64::try_from(at).unwrap()) << 80) | n);
    // A call that rang two windows of one unit, one of which came; and one whose window did not.
    for (n, leg, staff, joined) in [(1, 1, "2001", "NULL"), (1, 2, "2002", "5"), (2, 1, "2003", "NULL")] {
        run(&mut other, &format!("INSERT INTO leg (call_id, id, seat, party_ref, uri_masked, invited_at, joined_at, attempt, codec, hold_ms) VALUES ('{}', {leg}, 'desk', '{staff}', '', {at}, {joined}, 1, 'PCMA', 0)", id(n))).await;
    }
    let desks = async |unit: Option<&str>| {
        let counts = store.promise_counts(NOW, (NOW - DAY, NOW), unit).await.unwrap().whole;
        let share = counts.figures(&Settings::default()).desks;
        (share.whole, share.part)
    };
    assert_eq!(
        (desks(None).await, desks(Some("civil")).await, desks(Some("water")).await),
        ((2, 1), (1, 1), (1, 0))
    );
}

/// A case with hand-overs, by hand.
async fn case(conn: &mut Db, n: u128, unit: &str, closed: bool, handovers: u32) -> String {
    let at = NOW + i64::try_from(n).unwrap();
    let id = CallId((u128::from(u64::try_from(at).unwrap()) << 80) | n).to_string();
    let no = call::case_no::make("261009", u32::try_from(n).unwrap()).unwrap();
    let sql = "INSERT INTO cases (id, no, source, kind, track, title, confidential, anonymous, urgent, state, unit_code, round, \
         received_at, due_provisional, extended, closed_at, applicant_phone_hash) VALUES ($1, $2, 'phone', 'complaint', 'case', 'x', \
         $3, FALSE, FALSE, $4, $5, 1, $6, FALSE, FALSE, $7, 'ab')";
    query(sql)
        .bind(&id)
        .bind(&no)
        .bind(n.is_multiple_of(5))
        .bind(if closed { "archived" } else { "accepted" })
        .bind(unit)
        .bind(at)
        .bind(closed.then_some(at + 1))
        .execute(&mut *conn)
        .await
        .unwrap();
    for h in 1..=handovers {
        let sql = "INSERT INTO handover (case_id, no, unit_code, round, planned_at, received_at, received_by, channel) \
             VALUES ($1, $2, $3, 1, $4, $5, '2001', 'keys')";
        let received = at + i64::from(h) * 10;
        let row = query(sql)
            .bind(&id)
            .bind(i64::from(h))
            .bind(unit)
            .bind(at - at % 3 + i64::from(h))
            .bind(received);
        row.execute(&mut *conn).await.unwrap();
        let owner = super::reading::owner_of(&id).unwrap();
        let sql = "INSERT INTO promise (owner, rev, what, round, from_at, due_at, provisional, disputed) \
             VALUES ($1, $2, 'callback', 1, $3, $4, FALSE, FALSE)";
        let row = query(sql).bind(owner).bind(i64::from(h)).bind(received).bind(received + 600_000);
        row.execute(&mut *conn).await.unwrap();
    }
    no
}

#[tokio::test]
async fn hand_overs_come_page_by_page_each_once_with_the_clock_of_its_receipt() {
    let (_folder, store, mut other) = store().await;
    for n in 1..=30_u128 {
        case(&mut other, n, if n % 3 == 0 { "water" } else { "civil" }, n % 4 == 0, 2).await;
    }
    for (open, scope, expected) in [
        (false, Scope::House, 60),
        (true, Scope::House, 23),
        (false, Scope::Units(vec!["water".into()]), 20),
        (true, Scope::Units(vec!["water".into()]), 8),
        (true, Scope::Units(vec![]), 0),
    ] {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let filter = HandoverFilter { open, unit: None, before };
            let page = store.handovers(&filter, &scope, 7).await.unwrap();
            assert!(page.lines.len() <= 7);
            for line in &page.lines {
                let clock = line.call_back.as_ref().unwrap();
                assert_eq!(Some(clock.from_at), line.received_at, "the clock of this receipt");
                seen.push((line.planned_at, line.case_no.clone(), line.no));
            }
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), expected, "{open} {scope:?}");
        assert!(seen.windows(2).all(|pair| pair[0].0 >= pair[1].0), "newest first");
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), count, "each once");
    }
}

#[tokio::test]
async fn the_public_sees_no_confidential_anonymous_or_report_case() {
    let (_folder, store, mut other) = store().await;
    let mut numbers = Vec::new();
    for n in 1..=20_u128 {
        numbers.push(case(&mut other, n, "civil", n % 2 == 0, 1).await);
    }
    query("UPDATE cases SET kind = 'report' WHERE no = $1")
        .bind(&numbers[0])
        .execute(&mut other)
        .await
        .unwrap();
    query("UPDATE cases SET anonymous = TRUE WHERE no = $1")
        .bind(&numbers[1])
        .execute(&mut other)
        .await
        .unwrap();
    let all = PublicFilter { from: NOW, until: NOW + DAY, ..PublicFilter::default() };
    assert_eq!(store.public_cases(&all).await.unwrap().len(), 14);
    let closed = PublicFilter { closed: Some(true), ..all.clone() };
    assert!(store.public_cases(&closed).await.unwrap().iter().all(|case| case.state == "archived"));
    let named = PublicFilter { numbers: numbers[..5].to_vec(), ..PublicFilter::default() };
    let found: Vec<_> = store.public_cases(&named).await.unwrap().into_iter().map(|case| case.no).collect();
    assert_eq!(
        found,
        [numbers[3].clone(), numbers[2].clone()],
        "the hidden ones are not told of by number either"
    );
}

#[tokio::test]
async fn tables_hold_every_row_of_their_time_once_and_no_title_of_a_confidential_case() {
    let (_folder, store, mut other) = store().await;
    for n in 1..=10_u128 {
        case(&mut other, n, "civil", false, 1).await;
    }
    for of in ExportOf::ALL {
        let table = store.export(of, (0, NOW + DAY)).await.unwrap();
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()), "{of:?}");
        let expected = if matches!(of, ExportOf::Cases | ExportOf::Handovers) { 10 } else { 0 };
        assert_eq!((table.rows.len(), table.is_cut), (expected, false), "{of:?}");
    }
    let cases = store.export(ExportOf::Cases, (0, NOW + DAY)).await.unwrap();
    let title = cases.columns.iter().position(|name| *name == "title").unwrap();
    let hidden = cases.rows.iter().filter(|row| row[title] == crate::promise::ExportCell::Empty).count();
    assert_eq!(hidden, 2);
}

#[tokio::test]
async fn a_notice_counts_its_month_and_reads_back() {
    let (_folder, store, mut other) = store().await;
    for n in 1..=6_u128 {
        case(&mut other, n, "civil", false, 1).await;
    }
    let month = Month { year: 2026, month: 10 };
    let figures = store.notice_figures(&Settings::default(), NOW + 40 * DAY, month, "civil").await.unwrap();
    assert_eq!((figures.cases, figures.handovers, figures.redo), (6, 6, 0));
    assert_eq!((figures.kinds.len(), figures.kinds[0].count, figures.before.clone()), (1, 6, None));
    assert_eq!(
        figures.by_day.iter().map(|day| (&*day.day, day.cases)).collect::<Vec<_>>(),
        [("2026-10-09", 6)]
    );
    assert_eq!(crate::promises::NoticeFigures::read(&figures.write()), Some(figures));
    let next = Month { year: 2026, month: 11 };
    let figures = store.notice_figures(&Settings::default(), NOW + 80 * DAY, next, "civil").await.unwrap();
    assert_eq!((figures.cases, figures.before.unwrap().cases), (0, 6));
}

/// What SQLite does for a question.
async fn plan(conn: &mut Db, sql: &str) -> String {
    let rows = Builder::new(format!("EXPLAIN QUERY PLAN {sql}")).build().fetch_all(conn).await.unwrap();
    rows.iter().map(|row| row.try_get::<String>("detail").unwrap()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn no_list_and_no_figure_reads_a_whole_table() {
    // PostgreSQL chooses its plans by what is in the tables: the benchmark asks it about ten million calls.
    if crate::both::on_server() {
        return;
    }
    let (_folder, _store, mut other) = store().await;
    for (sql, index) in [
        (
            "SELECT COUNT(*), COUNT(operator_id), COUNT(CASE WHEN wait_ms < 1 AND outcome IN ('on_spot') THEN 1 END) FROM call \
             WHERE offered_at >= 1 AND offered_at < 2 AND direction = 'in' AND ended_at IS NOT NULL",
            "COVERING INDEX call_over",
        ),
        ("SELECT * FROM fact WHERE at >= 1 AND at < 2 AND kind IN ('ended')", "fact_by_time"),
        (
            "SELECT * FROM handover JOIN cases ON cases.id = handover.case_id WHERE planned_at <= 1 ORDER BY planned_at DESC LIMIT 5",
            "handover_by_time",
        ),
        (
            "SELECT * FROM handover WHERE unit_code = 'a' AND planned_at <= 1 ORDER BY planned_at DESC LIMIT 5",
            "handover_by_unit",
        ),
        (
            "SELECT * FROM callback WHERE since <= 1 ORDER BY since DESC, because_of DESC LIMIT 5",
            "callback_by_time",
        ),
        (
            "SELECT * FROM escalation WHERE reader IN ('unit', 'owner') AND unit_code IN (NULL, 'a') AND id < 'x' ORDER BY id DESC LIMIT 5",
            "escalation_by",
        ),
        ("SELECT * FROM person_asks WHERE done_at IS NULL ORDER BY since LIMIT 5", "person_asks_open"),
        ("SELECT * FROM ledger_item WHERE struck_at IS NULL ORDER BY review_at LIMIT 5", "ledger_open"),
        ("SELECT * FROM cases WHERE closed_at IS NULL AND unit_code IS NOT NULL", "cases_open"),
    ] {
        let plan = plan(&mut other, sql).await;
        assert!(plan.contains(index), "{sql}\n{plan}");
    }
}

#[test]
fn a_contact_that_was_reached_counts() {
    let mut counts = Counts::default();
    counts.fact(&Fact::Reached(Contact::Liaison, true));
    counts.fact(&Fact::Reached(Contact::Deputy, false));
    let share = counts.figures(&Settings::default()).reachable;
    assert_eq!((share.whole, share.part), (2, 1));
}
