//! What the store has of one citizen, found by the keyed hash of the number: for the citizen's own question, and before erasing.

use std::collections::BTreeSet;

use promise::{CaseId, Of};
use serde_json::{Map, Value as Json};

use crate::cases::text::{self, Text};
use crate::db::call_id;
use crate::either::{Builder, Db, Row, query};
use crate::error::StoreError;
use crate::seal::Keys;
use crate::store::Store;

/// Rows of one part. A citizen with more is told so.
pub const MOST_ROWS: usize = 10_000;
/// Values that are given to one statement.
const AT_ONCE: usize = 200;

/// Rows of one kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// `calls`, `legs`, `recordings`, `notes`, `call_backs`, `cases`, `case_log`, `promises`, `messages`, `accesses`.
    pub name: &'static str,
    /// Each row by its columns; times in UTC ms, sealed values opened.
    pub rows: Vec<Map<String, Json>>,
    /// There are more.
    pub cut: bool,
}

/// Everything that the store has of one number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PersonReport {
    /// The parts, those without rows too.
    pub parts: Vec<Part>,
    /// The first 12 digits of the number's keyed hash: by which the audit names the citizen.
    pub named: String,
}

/// By which a call's own caller is known; it is not shown.
const HASH: &str = "caller_hash";

/// How a column is read.
#[derive(Clone, Copy)]
enum As {
    Text,
    Whole,
    Flag,
    /// Of a case, sealed or in clear; the case's id is in the column `owner`.
    Case(Text),
    /// Sealed for this place, by the owner in the column `owner`.
    Sealed(&'static str),
}

/// A part: which columns of which rows.
struct Question {
    name: &'static str,
    /// What comes before the ids.
    select: &'static str,
    /// And behind them.
    order: &'static str,
    columns: &'static [(&'static str, As)],
}

const CALLS: Question = Question {
    name: "calls",
    select: "SELECT id, id AS owner, direction, offered_at, answered_at, ended_at, outcome, operator_id, caller_hash, \
         caller_e164, caller_raw, diverted_from FROM call WHERE id IN ",
    order: " ORDER BY id",
    columns: &[
        ("id", As::Text),
        ("direction", As::Text),
        ("offered_at", As::Whole),
        ("answered_at", As::Whole),
        ("ended_at", As::Whole),
        ("outcome", As::Text),
        ("operator_id", As::Text),
        (HASH, As::Text),
        ("caller_e164", As::Sealed("call.caller_e164")),
        ("caller_raw", As::Sealed("call.caller_raw")),
        ("diverted_from", As::Sealed("call.diverted_from")),
    ],
};
const LEGS: Question = Question {
    name: "legs",
    select: "SELECT call_id, id, seat, party_ref, uri_masked, joined_at, left_at FROM leg WHERE call_id IN ",
    order: " ORDER BY call_id, id",
    columns: &[
        ("call_id", As::Text),
        ("id", As::Whole),
        ("seat", As::Text),
        ("party_ref", As::Text),
        ("uri_masked", As::Text),
        ("joined_at", As::Whole),
        ("left_at", As::Whole),
    ],
};
const RECORDINGS: Question = Question {
    name: "recordings",
    select: "SELECT call_id, no, kind, path, started_at, duration_ms, legal_hold, purged_at FROM recording WHERE call_id IN ",
    order: " ORDER BY call_id, no",
    columns: &[
        ("call_id", As::Text),
        ("no", As::Whole),
        ("kind", As::Text),
        ("path", As::Text),
        ("started_at", As::Whole),
        ("duration_ms", As::Whole),
        ("legal_hold", As::Flag),
        ("purged_at", As::Whole),
    ],
};
const NOTES: Question = Question {
    name: "notes",
    select: "SELECT call_id, call_id AS owner, at, who, outcome, case_no, note FROM stated WHERE call_id IN ",
    order: " ORDER BY call_id",
    columns: &[
        ("call_id", As::Text),
        ("at", As::Whole),
        ("who", As::Text),
        ("outcome", As::Text),
        ("case_no", As::Text),
        ("note", As::Sealed("stated.note")),
    ],
};
const BACKS: Question = Question {
    name: "call_backs",
    select: "SELECT because_of, because_of AS owner, why, since, due_at, attempts, connected_at, state, number FROM callback \
         WHERE because_of IN ",
    order: " ORDER BY because_of, why",
    columns: &[
        ("because_of", As::Text),
        ("why", As::Text),
        ("since", As::Whole),
        ("due_at", As::Whole),
        ("attempts", As::Whole),
        ("connected_at", As::Whole),
        ("state", As::Text),
        ("number", As::Sealed("callback.number")),
    ],
};
const CASES: Question = Question {
    name: "cases",
    select: "SELECT id AS owner, no, kind, state, title, content, content_sealed, place, place_sealed, received_at, closed_at, unit_code, confidential, \
         anonymous, applicant_name, applicant_phone FROM cases WHERE id IN ",
    order: " ORDER BY id",
    columns: &[
        ("no", As::Text),
        ("kind", As::Text),
        ("state", As::Text),
        ("title", As::Text),
        ("content", As::Case(text::CONTENT)),
        ("place", As::Case(text::PLACE)),
        ("received_at", As::Whole),
        ("closed_at", As::Whole),
        ("unit_code", As::Text),
        ("confidential", As::Flag),
        ("anonymous", As::Flag),
        ("applicant_name", As::Sealed("cases.applicant_name")),
        ("applicant_phone", As::Sealed("cases.applicant_phone")),
    ],
};
const LOG: Question = Question {
    name: "case_log",
    select: "SELECT cases.no AS case_no, case_id AS owner, case_log.at AS at, case_log.who AS who, case_log.kind AS kind, \
         what, what_sealed FROM case_log \
         JOIN cases ON cases.id = case_log.case_id WHERE case_id IN ",
    order: " ORDER BY case_id, case_log.no",
    columns: &[
        ("case_no", As::Text),
        ("at", As::Whole),
        ("who", As::Text),
        ("kind", As::Text),
        ("what", As::Case(text::WHAT)),
    ],
};
const PROMISES: Question = Question {
    name: "promises",
    select: "SELECT owner AS of, what, from_at, due_at, ended_at, ending, why FROM promise WHERE owner IN ",
    order: " ORDER BY owner, rev",
    columns: &[
        ("of", As::Text),
        ("what", As::Text),
        ("from_at", As::Whole),
        ("due_at", As::Whole),
        ("ended_at", As::Whole),
        ("ending", As::Text),
        ("why", As::Text),
    ],
};
const MESSAGES: Question = Question {
    name: "messages",
    select: "SELECT id AS owner, at, about, state, tries, number, text FROM short_message WHERE about IN ",
    order: " ORDER BY at, id",
    columns: &[
        ("at", As::Whole),
        ("about", As::Text),
        ("state", As::Text),
        ("tries", As::Whole),
        ("number", As::Sealed("short_message.number")),
        ("text", As::Sealed("short_message.text")),
    ],
};
const HEARD: Question = Question {
    name: "accesses",
    select: "SELECT call_id AS target, at, who, 'recording.heard' AS what, why AS detail FROM recording_access WHERE call_id IN ",
    order: " ORDER BY at, id",
    columns: ACCESS,
};
const TRACED: Question = Question {
    name: "accesses",
    select: "SELECT call_id AS target, at, who, 'trace.seen' AS what, what AS detail FROM trace_access WHERE call_id IN ",
    order: " ORDER BY at, id",
    columns: ACCESS,
};
const AUDITED: Question = Question {
    name: "accesses",
    select: "SELECT target, at, who, what, detail FROM audit WHERE target IN ",
    order: " ORDER BY at, id",
    columns: ACCESS,
};
const ACCESS: &[(&str, As)] =
    &[("target", As::Text), ("at", As::Whole), ("who", As::Text), ("what", As::Text), ("detail", As::Text)];

/// The calls and cases of a citizen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Ids {
    pub(super) calls: Vec<String>,
    /// Rows of cases by their ids, and their numbers.
    pub(super) cases: Vec<(String, String)>,
}

/// All calls that came from this number, that are owed a call-back to it, or are about its cases; all cases that it brought.
pub(super) async fn ids(db: &mut Db, hash: &str) -> sqlx::Result<Ids> {
    const CALLS: &str = "SELECT id FROM call WHERE caller_hash = $1 UNION SELECT because_of AS id FROM callback \
         WHERE number_hash = $1 UNION SELECT call.id AS id FROM call JOIN cases ON cases.id = call.case_id \
         WHERE applicant_phone_hash = $1 UNION SELECT cases.call_id AS id FROM cases WHERE applicant_phone_hash = $1 \
         AND cases.call_id IS NOT NULL ORDER BY id";
    const CASES: &str = "SELECT id, no FROM cases WHERE applicant_phone_hash = $1 ORDER BY id";
    let calls = query(CALLS).bind(hash).fetch_all(db).await?;
    let calls = calls.iter().map(|row| row.try_get("id")).collect::<sqlx::Result<_>>()?;
    let cases = query(CASES).bind(hash).fetch_all(db).await?;
    let case = |row: &Row| Ok((row.try_get("id")?, row.try_get("no")?));
    Ok(Ids { calls, cases: cases.iter().map(case).collect::<sqlx::Result<_>>()? })
}

/// The owners of promises of these.
fn owners(ids: &Ids) -> sqlx::Result<Vec<String>> {
    let of_case = |(id, _): &(String, String)| Ok(Of::Case(CaseId(call_id(id)?.0)).to_string());
    let of_call = |id: &String| Ok(Of::CallBack(promise::CallId(call_id(id)?.0)).to_string());
    ids.cases.iter().map(of_case).chain(ids.calls.iter().map(of_call)).collect()
}

impl Question {
    async fn ask(&self, db: &mut Db, keys: &Keys, ids: &[String], part: &mut Part) -> sqlx::Result<()> {
        for some in ids.chunks(AT_ONCE) {
            let mut sql = Builder::new(self.select);
            for (at, id) in some.iter().enumerate() {
                sql.push(if at == 0 { "(" } else { ", " }).push_bind(id);
            }
            sql.push(")").push(self.order);
            for row in sql.build().fetch_all(db).await? {
                if part.rows.len() >= MOST_ROWS {
                    part.cut = true;
                    return Ok(());
                }
                part.rows.push(self.read(&row, keys)?);
            }
        }
        Ok(())
    }

    fn read(&self, row: &Row, keys: &Keys) -> sqlx::Result<Map<String, Json>> {
        let mut map = Map::new();
        for (column, how) in self.columns {
            let value = match how {
                As::Text => row.try_get::<Option<String>>(column)?.map(Json::from),
                As::Whole => row.try_get::<Option<i64>>(column)?.map(Json::from),
                As::Flag => row.try_get::<Option<bool>>(column)?.map(Json::from),
                As::Case(text) => {
                    let owner: String = row.try_get("owner")?;
                    text.open(keys, &owner, row)?.map(Json::from)
                }
                As::Sealed(place) => {
                    let owner: String = row.try_get("owner")?;
                    let sealed = row.try_get::<Option<Vec<u8>>>(column)?.filter(|sealed| !sealed.is_empty());
                    sealed.map(|sealed| keys.open(place, &owner, &sealed)).transpose()?.map(Json::from)
                }
            };
            map.insert((*column).to_owned(), value.unwrap_or(Json::Null));
        }
        Ok(map)
    }
}

impl Store {
    /// Everything that the store has of a number, as of one moment. Whoever shows it notes it in the audit before; `named` of
    /// [`Store::person_named`] stands for the citizen there.
    ///
    /// # Errors
    /// The database's; a sealed value that does not open.
    pub async fn person(&self, number: &str) -> Result<PersonReport, StoreError> {
        let keys = self.keys_of();
        let mut moment = self.moment().await?;
        let report = report(&mut moment, keys, &keys.number_hash(number)).await.map_err(|e| self.said(e))?;
        Ok(PersonReport { parts: report, named: self.person_named(number) })
    }

    /// How the audit names a citizen: the first 12 digits of the number's keyed hash.
    pub fn person_named(&self, number: &str) -> String {
        self.keys_of().number_hash(number).chars().take(12).collect()
    }
}

async fn report(db: &mut Db, keys: &Keys, hash: &str) -> sqlx::Result<Vec<Part>> {
    let found = ids(db, hash).await?;
    let cases: Vec<String> = found.cases.iter().map(|(id, _)| id.clone()).collect();
    let numbers: Vec<String> = found.cases.iter().map(|(_, no)| no.clone()).collect();
    let (owners, calls) = (owners(&found)?, found.calls);
    let targets: BTreeSet<String> = calls.iter().chain(&numbers).cloned().collect();
    let targets: Vec<String> = targets.into_iter().collect();
    let questions: [(Question, &[String]); 12] = [
        (CALLS, &calls),
        (LEGS, &calls),
        (RECORDINGS, &calls),
        (NOTES, &calls),
        (BACKS, &calls),
        (CASES, &cases),
        (LOG, &cases),
        (PROMISES, &owners),
        (MESSAGES, &numbers),
        (HEARD, &calls),
        (TRACED, &calls),
        (AUDITED, &targets),
    ];
    let mut parts: Vec<Part> = Vec::new();
    for (question, ids) in questions {
        if parts.last().is_none_or(|part| part.name != question.name) {
            parts.push(Part { name: question.name, rows: Vec::new(), cut: false });
        }
        if let Some(part) = parts.last_mut() {
            question.ask(db, keys, ids, part).await?;
        }
    }
    for call in parts.iter_mut().filter(|part| part.name == CALLS.name).flat_map(|part| &mut part.rows) {
        hide_others(call, hash);
    }
    Ok(parts)
}

/// A call about the citizen's case may have come from somebody else, whose number is not the citizen's to see.
fn hide_others(call: &mut Map<String, Json>, hash: &str) {
    let own = call.remove(HASH).is_some_and(|of| of.as_str() == Some(hash));
    if !own {
        for column in ["caller_e164", "caller_raw", "diverted_from"] {
            call.insert(column.to_owned(), Json::Null);
        }
    }
    call.insert("from_this_number".to_owned(), Json::from(own));
}
