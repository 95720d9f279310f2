//! The drawn rows as lines of text, twice: from the facts and by SQL from the tables; a store is sound when both are the same.

use std::collections::BTreeMap;
use std::fmt::Display;

use promise::{By, Case, Of, What};

use super::drawn::{Drawn, proof_words};
use super::owner::ulid;
use super::put::CaseRow;
use crate::either::{Db, query};

/// By the name of a row (`promise 1`), its values.
pub(super) type Lines = BTreeMap<String, String>;

/// What stands in the tables of this owner, beside the facts. `$1` is the owner as `promise::Of` writes it, `$2` the id of a
/// case.
const STORED: [&str; 7] = [
    "SELECT 'promise ' || rev AS name, what || '|' || COALESCE(unit_code, '') || '|' || round || '|' || from_at || '|' || due_at \
     || '|' || CASE WHEN provisional THEN 1 ELSE 0 END || '|' || COALESCE(CAST(ended_at AS TEXT), '') || '|' || COALESCE(ending, '') \
     || '|' || COALESCE(why, '') || '|' || COALESCE(proof, '') || '|' || COALESCE(call_id, '') \
     || '|' || COALESCE(CAST(late_at AS TEXT), '') || '|' || CASE WHEN disputed THEN 1 ELSE 0 END AS line \
     FROM promise WHERE owner = $1",
    "SELECT 'hand-over ' || no AS name, unit_code || '|' || round || '|' || planned_at \
     || '|' || COALESCE(CAST(made_at AS TEXT), '') || '|' || COALESCE(received_by, '') \
     || '|' || COALESCE(CAST(received_at AS TEXT), '') || '|' || COALESCE(channel, '') \
     || '|' || COALESCE(CAST(refused_at AS TEXT), '') || '|' || COALESCE(refuse_reason, '') \
     || '|' || COALESCE(reassigned_to, '') || '|' || COALESCE(CAST(due_at AS TEXT), '') AS line \
     FROM handover WHERE case_id = $2 AND $1 <> ''",
    "SELECT 'echo ' || round || '.' || no AS name, due_at || '|' || COALESCE(CAST(at AS TEXT), '') || '|' || COALESCE(method, '') \
     || '|' || COALESCE(told_by, '') || '|' || COALESCE(CAST(promised_due AS TEXT), '') || '|' || COALESCE(proof, '') \
     || '|' || COALESCE(call_id, '') AS line FROM echo WHERE case_id = $2 AND $1 <> ''",
    "SELECT 'extension ' || no AS name, round || '|' || asked_at || '|' || days || '|' || reason \
     || '|' || COALESCE(CAST(answered_at AS TEXT), '') || '|' || COALESCE(CAST(granted AS TEXT), '') \
     || '|' || COALESCE(answer_reason, '') AS line FROM extension WHERE case_id = $2 AND $1 <> ''",
    "SELECT 'answers ' || id AS name, kind || '|' || COALESCE(CAST(score AS TEXT), '') || '|' || COALESCE(CAST(q1 AS TEXT), '') \
     || '|' || COALESCE(CAST(q2 AS TEXT), '') || '|' || source || '|' || round || '|' || tries \
     || '|' || COALESCE(operator_id, '') || '|' || COALESCE(CAST(at AS TEXT), '') || '|' || COALESCE(unit_code, '') AS line \
     FROM followup WHERE case_id = $2 AND kind IN ('reply_1h', 'echo3') AND $1 <> ''",
    "SELECT 'ask ' || what || ' ' || since AS name, COALESCE(CAST(done_at AS TEXT), '') AS line \
     FROM person_asks WHERE owner = $1",
    "SELECT 'case' AS name, state || '|' || round || '|' || COALESCE(CAST(due_at AS TEXT), '') \
     || '|' || CASE WHEN due_provisional THEN 1 ELSE 0 END || '|' || CASE WHEN extended THEN 1 ELSE 0 END \
     || '|' || COALESCE(CAST(closed_at AS TEXT), '') || '|' || COALESCE(merged_into, '') \
     || '|' || CASE WHEN urgent THEN 1 ELSE 0 END || '|' || CASE WHEN supervised THEN 1 ELSE 0 END \
     || '|' || CASE WHEN blocked THEN 1 ELSE 0 END || '|' || COALESCE(CAST(extension_days AS TEXT), '') \
     || '|' || check_by || '|' || echo3_by AS line FROM cases WHERE id = $2 AND $1 <> ''",
];

/// The lines of the tables.
pub(super) async fn stored(conn: &mut Db, of: &Of) -> sqlx::Result<Lines> {
    let mut lines = Lines::new();
    let case = if let Of::Case(id) = of { ulid(id.0) } else { String::new() };
    for text in STORED {
        for row in query(text).bind(of.to_string()).bind(&case).fetch_all(&mut *conn).await? {
            lines.insert(row.try_get("name")?, row.try_get("line")?);
        }
    }
    Ok(lines)
}

/// Values with bars between.
struct Line(Vec<String>);

impl Line {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn put(mut self, value: impl Display) -> Self {
        self.0.push(value.to_string());
        self
    }

    fn maybe(self, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.put(value),
            None => self.put(""),
        }
    }

    fn yes(self, value: bool) -> Self {
        self.put(u8::from(value))
    }

    fn end(self) -> String {
        self.0.join("|")
    }
}

/// The lines that the facts make of a case's row.
pub(super) fn case(case: &Case) -> String {
    let row = CaseRow::of(case);
    Line::new()
        .put(row.state)
        .put(row.round)
        .maybe(row.due_at)
        .yes(row.due_provisional)
        .yes(row.extended)
        .maybe(row.closed_at)
        .maybe(row.merged_into)
        .yes(row.urgent)
        .yes(row.supervised)
        .yes(row.blocked)
        .maybe(row.extension)
        .put(row.check)
        .put(row.echo3)
        .end()
}

/// The lines that the facts make of the other tables. `case`: the id of a case.
pub(super) fn drawn(drawn: &Drawn, case: Option<&str>) -> Lines {
    let mut lines = Lines::new();
    for (rev, row) in &drawn.promises {
        let ((ending, why), (proof, call)) = (row.ending(), proof_words(row.proof()));
        let line = Line::new().put(row.what.word()).maybe(row.unit.as_deref()).put(row.round).put(row.from);
        let line = line.put(row.due_at).yes(row.provisional).maybe(row.ended.map(|(at, _)| at));
        let line = line.maybe(ending).maybe(why).maybe(proof).maybe(call);
        let line = line.maybe(row.late.map(|(at, _)| at)).yes(row.disputed);
        lines.insert(format!("promise {rev}"), line.end());
    }
    for ((what, since), done) in &drawn.asks {
        lines.insert(format!("ask {} {since}", what.word()), Line::new().maybe(*done).end());
    }
    if let Some(case) = case {
        of_case(drawn, case, &mut lines);
    }
    lines
}

fn of_case(drawn: &Drawn, case: &str, lines: &mut Lines) {
    for (no, row) in &drawn.handovers {
        let (received, refused) = (row.received.as_ref(), row.refused.as_ref());
        let line = Line::new().put(&row.unit).put(row.round).put(row.planned_at).maybe(row.made_at);
        let line = line.maybe(received.map(|(_, by, _)| by)).maybe(received.map(|(at, _, _)| at));
        let line = line.maybe(received.map(|(_, _, channel)| channel.word()));
        let line = line.maybe(refused.map(|(at, _)| at)).maybe(refused.map(|(_, why)| why));
        lines.insert(
            format!("hand-over {no}"),
            line.maybe(row.reassigned_to.as_deref()).maybe(row.due_at).end(),
        );
    }
    for ((round, no), row) in &drawn.echoes {
        let (proof, call) = proof_words(row.proof);
        let line = Line::new().put(row.due_at).maybe(row.at).maybe(row.method.map(promise::Method::word));
        let line = line.maybe(row.told_by.as_deref()).maybe(row.promised_due).maybe(proof).maybe(call);
        lines.insert(format!("echo {round}.{no}"), line.end());
    }
    for (no, row) in &drawn.extensions {
        let answered = row.answered.as_ref();
        let line = Line::new().put(row.round).put(row.asked_at).put(row.days).put(&row.reason);
        let line = line.maybe(answered.map(|(at, _, _)| at)).maybe(answered.and_then(|(_, days, _)| *days));
        lines.insert(format!("extension {no}"), line.maybe(answered.map(|(_, _, why)| why)).end());
    }
    for (no, row) in &drawn.scores {
        let kind = if row.what == What::Check { "reply_1h" } else { "echo3" };
        let line = Line::new().put(kind).maybe(row.answers.score).maybe(row.answers.first.map(u8::from));
        let line =
            line.maybe(row.answers.second.map(u8::from)).put(row.by.word()).put(row.round).put(row.tries);
        let line = line.maybe((row.by == By::Operator).then_some(&row.who));
        lines.insert(format!("answers {case}.{no}"), line.put(row.at).maybe(row.unit.as_deref()).end());
    }
}
