//! What leaves a step for others: events of the outbox, in the order in which they happened, and lines for people.
//!
//! Nothing personal is in them: cases by number, calls by id, units by code, words and moments.

use promise::{Fact, News, Proof, Reader, State, What};
use serde_json::{Value, json};

use super::drawn::Drawn;
use super::owner::ulid;
use crate::either::{Builder, Db, query, scalar};

/// An event to come.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Event {
    /// Unique among all events.
    pub(crate) id: String,
    /// UTC ms.
    pub(crate) at: i64,
    /// `hotline.case.moved`, ...
    pub(crate) kind: &'static str,
    /// The number of a case, the id of a call, else an owner's name.
    pub(crate) subject: String,
    /// JSON.
    pub(crate) data: Value,
}

/// A line for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) reader: Reader,
    pub(super) news: News,
    pub(super) unit: Option<String>,
}

/// The events of a fact; `drawn` has taken it.
pub(super) fn of_fact(fact: &Fact, drawn: &Drawn) -> Vec<(&'static str, Value)> {
    let unit = drawn.unit.as_deref();
    match fact {
        Fact::Moved(state) => {
            let data = json!({ "state": state.word(), "round": drawn.round, "unit": unit });
            let mut events = vec![("hotline.case.moved", data.clone())];
            if *state == State::HandedOver {
                events.push(("hotline.case.handed_over", json!({ "unit": unit, "round": drawn.round })));
            }
            events
        }
        Fact::Received(_, channel) => {
            let data = json!({ "unit": unit, "round": drawn.round, "channel": channel.word() });
            vec![("hotline.case.received", data)]
        }
        Fact::Promised(pledge) => {
            let data = json!({
                "promise": pledge.what.word(), "row": pledge.what.row(), "unit": unit, "round": drawn.round,
                "from": pledge.from, "due_at": pledge.due_at, "provisional": pledge.provisional,
            });
            let mut events = vec![("hotline.promise.made", data)];
            if pledge.what == What::MissedCall {
                events.push(("hotline.callback.owed", json!({ "due_at": pledge.due_at })));
            }
            events
        }
        Fact::DueChanged { old, new, why } => {
            let data = json!({
                "promise": new.what.word(), "row": new.what.row(), "unit": unit, "old_due_at": old,
                "due_at": new.due_at, "provisional": new.provisional, "why": why.word(),
            });
            vec![("hotline.promise.changed", data)]
        }
        Fact::Ended(what, _) => ended(*what, drawn),
        Fact::Joined(call) => vec![("hotline.callback.joined", json!({ "call": ulid(call.0) }))],
        Fact::Settled => vec![("hotline.callback.settled", json!({}))],
        _ => Vec::new(),
    }
}

fn ended(what: What, drawn: &Drawn) -> Vec<(&'static str, Value)> {
    let last = drawn.promises.values().rev().find(|row| row.what == what);
    let Some(row) = last else { return Vec::new() };
    let (ending, why) = row.ending();
    let kind = match ending {
        Some("kept") => "hotline.promise.kept",
        Some("missed") => "hotline.promise.missed",
        _ => "hotline.promise.void",
    };
    let proof = row.proof().map(|proof| match proof {
        Proof::Claimed => json!({ "by": "claimed" }),
        Proof::Proven(call) => json!({ "by": "proven", "call": ulid(call.0) }),
    });
    let data = json!({
        "promise": what.word(), "row": what.row(), "unit": row.unit.as_deref(), "round": row.round,
        "due_at": row.due_at, "why": why, "proof": proof,
    });
    vec![(kind, data)]
}

/// A case was opened, with what its row says.
pub(crate) async fn opened(conn: &mut Db, case: &str) -> sqlx::Result<()> {
    const ROW: &str = "SELECT no, source, kind, track, service_code, unit_code, urgent, received_at FROM cases WHERE id = $1";
    let row = query(ROW).bind(case).fetch_one(&mut *conn).await?;
    let (no, at): (String, i64) = (row.try_get("no")?, row.try_get("received_at")?);
    let word = |column: &str| row.try_get::<Option<String>>(column);
    let data = json!({
        "source": word("source")?, "kind": word("kind")?, "track": word("track")?, "service": word("service_code")?,
        "unit": word("unit_code")?, "urgent": row.try_get::<bool>("urgent")?,
    });
    let id = format!("case.{case}.opened");
    send(conn, &[Event { id, at, kind: "hotline.case.opened", subject: no, data }]).await
}

/// Appends events to the outbox. One that is there already stays as it is.
pub(crate) async fn send(conn: &mut Db, events: &[Event]) -> sqlx::Result<()> {
    const LAST: &str = "SELECT COALESCE(MAX(pos), 0) FROM outbox";
    if events.is_empty() {
        return Ok(());
    }
    let last: i64 = scalar(LAST).fetch_one(&mut *conn).await?;
    let mut sql = Builder::new("INSERT INTO outbox (pos, id, at, type, subject, data) ");
    sql.push_values((last.saturating_add(1)..).zip(events), |mut row, (pos, event)| {
        row.push_bind(pos)
            .push_bind(&event.id)
            .push_bind(event.at)
            .push_bind(event.kind)
            .push_bind(&event.subject)
            .push_bind(event.data.to_string());
    });
    sql.push(" ON CONFLICT (id) DO NOTHING");
    sql.build().execute(conn).await.map(drop)
}

/// Lines for people, and an event of each.
pub(super) async fn raise(
    conn: &mut Db,
    owner: &str,
    subject: &str,
    at: i64,
    lines: &[Line],
) -> sqlx::Result<Vec<Event>> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Builder::new("INSERT INTO escalation (id, owner, at, reader, news, unit_code) ");
    sql.push_values(lines, |mut row, line| {
        row.push_bind(&line.id)
            .push_bind(owner)
            .push_bind(at)
            .push_bind(line.reader.word())
            .push_bind(line.news.word())
            .push_bind(&line.unit);
    });
    sql.build().execute(conn).await?;
    let event = |line: &Line| Event {
        id: format!("escalation.{}", line.id),
        at,
        kind: "hotline.escalation.raised",
        subject: subject.to_owned(),
        data: json!({ "reader": line.reader.word(), "news": line.news.word(), "unit": line.unit }),
    };
    Ok(lines.iter().map(event).collect())
}
