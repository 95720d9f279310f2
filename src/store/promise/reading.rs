//! Small tools of the lists: owners and the rows that they stand for, IN-lists, numbers, names.

use std::collections::HashMap;

use call::ids::CallId;
use promise::{CaseId, Of};

use crate::either::{Builder, Db, Row};
use crate::promise::shown::{Listed, PromiseLine};

/// A count or number of a BIGINT column.
pub(crate) fn count(row: &Row, column: &str) -> sqlx::Result<u32> {
    Ok(u32::try_from(row.try_get::<i64>(column)?).unwrap_or(u32::MAX))
}

/// ` AND column IN (...)`; an empty list is no row at all.
pub(crate) fn among<'a>(sql: &mut Builder, column: &'static str, list: impl IntoIterator<Item = &'a str>) {
    sql.push(" AND ").push(column).push(" IN (NULL");
    for one in list {
        sql.push(", ").push_bind(one.to_owned());
    }
    sql.push(")");
}

/// The promise clock's name of a case's row.
pub(crate) fn owner_of(case_id: &str) -> Option<String> {
    CallId::parse(case_id).map(|id| Of::Case(CaseId(id.0)).to_string())
}

/// The row that an owner stands for: of a case, a call-back, or a ledger item its id as its table has it.
pub(crate) fn row_of(owner: &str) -> Option<String> {
    match Of::parse(owner)? {
        Of::Case(id) => Some(CallId(id.0).to_string()),
        Of::CallBack(call) => Some(CallId(call.0).to_string()),
        Of::Item(id) => Some(CallId(id.0).to_string()),
        Of::Notice(..) | Of::Reach(..) => None,
    }
}

/// Whether an owner is a case.
pub(crate) fn is_case(owner: &str) -> bool {
    owner.starts_with("case/")
}

/// What lists say of a case.
#[derive(Clone, Default, Debug)]
pub(crate) struct CaseBrief {
    pub(crate) no: String,
    pub(crate) title: String,
    pub(crate) unit_name: String,
    pub(crate) applicant_masked: String,
    pub(crate) confidential: bool,
}

/// The cases among these owners, by owner.
pub(crate) async fn briefs(conn: &mut Db, owners: &[String]) -> sqlx::Result<HashMap<String, CaseBrief>> {
    const CASE: &str = "SELECT cases.id AS id, no, title, unit.name AS unit_name, applicant_masked, confidential FROM cases \
         LEFT JOIN unit ON unit.code = cases.unit_code WHERE 1 = 1";
    let ids: Vec<String> = owners.iter().filter(|o| is_case(o)).filter_map(|o| row_of(o)).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = Builder::new(CASE);
    among(&mut sql, "cases.id", ids.iter().map(String::as_str));
    let mut found = HashMap::new();
    for row in sql.build().fetch_all(conn).await? {
        let brief = CaseBrief {
            no: row.try_get("no")?,
            title: row.try_get::<Option<String>>("title")?.unwrap_or_default(),
            unit_name: row.try_get::<Option<String>>("unit_name")?.unwrap_or_default(),
            applicant_masked: row.try_get("applicant_masked")?,
            confidential: row.try_get("confidential")?,
        };
        if let Some(owner) = owner_of(row.try_get("id")?) {
            found.insert(owner, brief);
        }
    }
    Ok(found)
}

/// The columns of [`promise_line`].
pub(crate) const PROMISE: &str = "SELECT owner, rev, what, round, from_at, due_at, provisional, ended_at, ending, why, proof, \
     call_id, late_at, disputed FROM promise WHERE 1 = 1";

/// A promise from its row.
pub(crate) fn promise_line(row: &Row) -> sqlx::Result<PromiseLine> {
    Ok(PromiseLine {
        what: row.try_get("what")?,
        rev: count(row, "rev")?,
        round: count(row, "round")?,
        from_at: row.try_get("from_at")?,
        due_at: row.try_get("due_at")?,
        provisional: row.try_get("provisional")?,
        ended_at: row.try_get("ended_at")?,
        ending: row.try_get("ending")?,
        why: row.try_get("why")?,
        proof: row.try_get("proof")?,
        call: row.try_get("call_id")?,
        late_at: row.try_get("late_at")?,
        disputed: row.try_get("disputed")?,
    })
}

/// The promises of these owners, each owner's in their order.
pub(crate) async fn promises(
    conn: &mut Db,
    owners: &[String],
) -> sqlx::Result<HashMap<String, Vec<PromiseLine>>> {
    let mut found: HashMap<String, Vec<PromiseLine>> = HashMap::new();
    if owners.is_empty() {
        return Ok(found);
    }
    let mut sql = Builder::new(PROMISE);
    among(&mut sql, "owner", owners.iter().map(String::as_str));
    sql.push(" ORDER BY owner, rev");
    for row in sql.build().fetch_all(conn).await? {
        found.entry(row.try_get("owner")?).or_default().push(promise_line(&row)?);
    }
    Ok(found)
}

/// A page: one more line than asked for was read, which tells whether there is another.
pub(crate) fn page<T>(mut lines: Vec<T>, limit: u32, place: impl Fn(&T) -> String) -> Listed<T> {
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = lines.len() > wanted;
    lines.truncate(wanted);
    let next = lines.last().map(place).filter(|_| more);
    Listed { lines, next }
}
