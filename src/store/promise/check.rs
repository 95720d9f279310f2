//! Whether the tables are what the facts tell, every promise that runs has a task that will end it, and the daily counts are
//! those of a recount.

use promise::{Key, Of, What};

use super::drawn::{Counts, Drawn};
use super::flat;
use super::owner::{Owner, build, facts, stage_word, ulid};
use crate::db::unreadable;
use crate::either::{Db, query, scalar};
use crate::stored::Broken;

/// Owners that are read at once.
const AT_ONCE: i64 = 1_000;

/// Everything about promises that does not hold.
pub(crate) async fn verify(conn: &mut Db, broken: &mut Vec<Broken>) -> sqlx::Result<()> {
    let mut counts = Counts::new();
    for text in [
        "SELECT id FROM cases WHERE id > $1 ORDER BY id LIMIT $2",
        "SELECT DISTINCT owner FROM fact WHERE owner > $1 AND NOT (owner >= 'case/' AND owner < 'case0') ORDER BY owner LIMIT $2",
    ] {
        let mut last = String::new();
        loop {
            let query = scalar::<String>(text).bind(&last).bind(AT_ONCE);
            let names = query.fetch_all(&mut *conn).await?;
            let Some(end) = names.last().cloned() else { break };
            for name in &names {
                let of = match call::CallId::parse(name) {
                    Some(case) => Some(Of::Case(promise::CaseId(case.0))),
                    None => Of::parse(name),
                };
                let of = of.ok_or_else(|| unreadable(format!("`{name}` owns no promises")))?;
                owner(conn, &of, &mut counts, broken).await?;
            }
            last = end;
        }
    }
    count(conn, counts, broken).await
}

async fn owner(conn: &mut Db, of: &Of, counts: &mut Counts, broken: &mut Vec<Broken>) -> sqlx::Result<()> {
    let entries = facts(conn, of).await?;
    let wrong = |row: &str| Broken::Promise { owner: of.to_string(), row: row.to_owned() };
    let Some((owner, _)) = build(conn, of, &entries).await? else {
        broken.push(wrong("the row"));
        return Ok(());
    };
    let first_unit = if matches!(owner, Owner::Case(_)) { None } else { owner.unit().cloned() };
    let mut drawn = Drawn::new(first_unit);
    for (at, (no, who, entry)) in (1_u32..).zip(&entries) {
        if at != *no {
            broken.push(wrong(&format!("fact {at}")));
            return Ok(());
        }
        drawn.take(*no, entry.at, who, &entry.fact);
    }
    for (key, more) in std::mem::take(&mut drawn.counts) {
        let count = counts.entry(key).or_default();
        *count = count.saturating_add(more);
    }
    let case = if let Of::Case(id) = of { Some(ulid(id.0)) } else { None };
    let mut told = flat::drawn(&drawn, case.as_deref());
    if let Owner::Case(case) = &owner {
        told.insert("case".to_owned(), flat::case(case));
    }
    let stored = flat::stored(conn, of).await?;
    for name in told.keys().chain(stored.keys().filter(|name| !told.contains_key(*name))) {
        if told.get(name) != stored.get(name) {
            broken.push(wrong(name));
        }
    }
    own(conn, &owner, of, &entries, broken).await?;
    watched(conn, of, &drawn, broken).await
}

/// The row that the owner itself is, as far as facts tell it.
async fn own(
    conn: &mut Db,
    owner: &Owner,
    of: &Of,
    entries: &[(u32, promise::Name, promise::Entry)],
    broken: &mut Vec<Broken>,
) -> sqlx::Result<()> {
    use promise::Fact;
    let count = |is: fn(&Fact) -> bool| entries.iter().filter(|(_, _, entry)| is(&entry.fact)).count();
    let sound = match owner {
        Owner::Case(case) => {
            let unit: Option<String> = scalar("SELECT unit_code FROM cases WHERE id = $1")
                .bind(ulid(case.id.0))
                .fetch_one(conn)
                .await?;
            case.unit.is_none() || case.unit.as_deref() == unit.as_deref()
        }
        Owner::CallBack(call_back) => {
            const STATES: &str = "SELECT state FROM callback WHERE because_of = $1";
            let id = ulid(call_back.debt.call.0);
            let states: Vec<String> = scalar(STATES).bind(id).fetch_all(conn).await?;
            let state = super::put::call_back_state(call_back);
            states.iter().all(|is| is == state || is == "new")
        }
        Owner::Item(item) => {
            let reviews = count(|fact| matches!(fact, Fact::Reviewed(..)));
            let struck = count(|fact| matches!(fact, Fact::Struck(_)));
            usize::try_from(item.reviews).is_ok_and(|is| is == reviews)
                && item.struck_at.is_some() == (struck > 0)
        }
        Owner::Notice(notice) => {
            let stage = entries.iter().rev().find_map(|(_, _, entry)| match entry.fact {
                Fact::NoticeMade | Fact::NoticeEdited(_) => Some("draft"),
                Fact::NoticeSigned(_) => Some("signed"),
                Fact::NoticeSent(_) => Some("sent"),
                _ => None,
            });
            stage.unwrap_or("planned") == stage_word(notice.stage)
        }
        Owner::Reach(_) => true,
    };
    if !sound {
        broken.push(Broken::Promise { owner: of.to_string(), row: "the row".to_owned() });
    }
    Ok(())
}

/// The kinds of task one of which ends a promise; all of them carry its number, but for echo 2, which ends with the work.
fn ends(what: What) -> (promise::Kind, bool) {
    use promise::Kind;
    match what {
        What::Handover => (Kind::Handover, true),
        What::CallBack => (Kind::CallBackOver, true),
        What::Check => (Kind::Check, true),
        What::Echo1 => (Kind::Echo1Over, true),
        What::Work => (Kind::WorkOver, true),
        What::Echo2 => (Kind::WorkOver, false),
        What::Echo3 => (Kind::Echo3Over, true),
        What::Urgent => (Kind::Urgent, true),
        What::MissedCall => (Kind::CallBack, true),
    }
}

async fn watched(conn: &mut Db, of: &Of, drawn: &Drawn, broken: &mut Vec<Broken>) -> sqlx::Result<()> {
    const LIVE: &str = "SELECT key FROM task WHERE owner = $1 \
         AND (state IN ('planned', 'running') OR (state = 'human' AND told_at IS NULL))";
    let open: Vec<_> = drawn.promises.iter().filter(|(_, row)| row.ended.is_none()).collect();
    if open.is_empty() {
        return Ok(());
    }
    let mut keys = Vec::new();
    for row in query(LIVE).bind(of.to_string()).fetch_all(conn).await? {
        keys.extend(Key::parse(row.try_get("key")?));
    }
    for (rev, row) in open {
        let (kind, own) = ends(row.what);
        if !keys.iter().any(|key| key.kind == kind && (!own || key.rev == *rev)) {
            broken.push(Broken::Unwatched { owner: of.to_string(), what: row.what.word().to_owned() });
        }
    }
    Ok(())
}

/// The counts of promises, answers and tests.
async fn count(conn: &mut Db, mut counts: Counts, broken: &mut Vec<Broken>) -> sqlx::Result<()> {
    const STORED: &str = "SELECT day, unit_code, what, count FROM day_count WHERE count <> 0";
    for row in query(STORED).fetch_all(&mut *conn).await? {
        let key: (i64, String, String) =
            (row.try_get("day")?, row.try_get("unit_code")?, row.try_get("what")?);
        let stored: i64 = row.try_get("count")?;
        if counts.remove(&key) != Some(stored) {
            broken.push(Broken::Count { day: key.0, what: format!("{} {}", key.2, key.1) });
        }
    }
    for (day, unit, what) in counts.into_keys() {
        broken.push(Broken::Count { day, what: format!("{what} {unit}") });
    }
    Ok(())
}
