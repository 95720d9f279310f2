//! Cases as their readers may see them.

use call::ids::{CallId, Pii};

use crate::cases::form::{
    CaseDetail, CaseFilter, CaseLine, CaseLogLine, CasePage, Earlier, EarlierCall, Eyes,
};
use crate::cases::text;
use crate::db::{self, small};
use crate::either::{Builder, Db, Dialect, Row, query, scalar};
use crate::error::StoreError;
use crate::promise::{among, due_next};
use crate::seal::Keys;
use crate::store::Store;

/// Cases of a page.
pub const MOST_CASES: u32 = 200;
/// A part of a title is looked for in so many of the newest cases.
pub const SEARCHED: i64 = 20_000;
/// Cases and calls of a caller that are shown.
const EARLIER: i64 = 20;
/// Calls of a case, and lines of its log, that are shown.
const SHOWN: i64 = 500;
/// Digits from which on a question is the beginning of a case's number.
const NUMBER_FROM: usize = 6;

const LINE: &str = "SELECT cases.id, cases.no, cases.kind AS kind, title, state, unit_code, unit.name AS unit_name, received_at, \
     due_at, urgent, confidential, applicant_masked, round, supervised, blocked, extension_days FROM cases LEFT JOIN unit ON unit.code = cases.unit_code WHERE 1 = 1";

impl Store {
    /// The cases that match, newest first: at most `limit` (1 to [`MOST_CASES`]), from the case `before` on (exclusive).
    ///
    /// # Errors
    /// The database's.
    pub async fn cases(
        &self,
        filter: &CaseFilter,
        eyes: &Eyes,
        before: Option<&str>,
        limit: u32,
    ) -> Result<CasePage, StoreError> {
        let mut conn = self.reader().await?;
        cases(&mut conn, self.keys_of(), filter, eyes, before, limit).await.map_err(|e| self.said(e))
    }

    /// One case with everything about it; `None` when there is none that these eyes may see.
    ///
    /// # Errors
    /// The database's.
    pub async fn case(&self, no: &str, eyes: &Eyes) -> Result<Option<CaseDetail>, StoreError> {
        let mut moment = self.moment().await?;
        case(&mut moment, self.keys_of(), no, eyes).await.map_err(|e| self.said(e))
    }

    /// What the caller of this call brought before. Empty when the number is withheld; `None`: there is no such call.
    ///
    /// # Errors
    /// The database's.
    pub async fn earlier(&self, call: CallId, eyes: &Eyes) -> Result<Option<Earlier>, StoreError> {
        let mut moment = self.moment().await?;
        earlier(&mut moment, call, eyes).await.map_err(|e| self.said(e))
    }
}

impl Store {
    /// Name and number of who asks, in full; both empty when they are not known. Whoever shows them notes it before.
    ///
    /// # Errors
    /// The database's.
    pub async fn applicant(&self, no: &str) -> Result<Option<(Pii, Pii)>, StoreError> {
        let mut conn = self.reader().await?;
        applicant(&mut conn, self.keys_of(), no).await.map_err(|e| self.said(e))
    }
}

async fn applicant(conn: &mut Db, keys: &Keys, no: &str) -> sqlx::Result<Option<(Pii, Pii)>> {
    const SEALED: &str = "SELECT id, applicant_name, applicant_phone FROM cases WHERE no = $1";
    let Some(row) = query(SEALED).bind(no).fetch_optional(conn).await? else { return Ok(None) };
    let id: String = row.try_get("id")?;
    let open = |column: &str, place: &str| -> sqlx::Result<Pii> {
        let sealed: Option<Vec<u8>> = row.try_get(column)?;
        let text = sealed.map(|sealed| keys.open(place, &id, &sealed)).transpose()?;
        Ok(Pii::new(text.unwrap_or_default()))
    };
    let name = open("applicant_name", "cases.applicant_name")?;
    Ok(Some((name, open("applicant_phone", "cases.applicant_phone")?)))
}

fn bound(sql: &mut Builder, eyes: &Eyes) {
    if let Eyes::Desk { units } = eyes {
        among(sql, "cases.unit_code", units.iter().map(String::as_str));
    }
}

pub(crate) async fn cases(
    conn: &mut Db,
    keys: &Keys,
    filter: &CaseFilter,
    eyes: &Eyes,
    before: Option<&str>,
    limit: u32,
) -> sqlx::Result<CasePage> {
    let limit = limit.clamp(1, MOST_CASES);
    let mut sql = Builder::new(LINE);
    bound(&mut sql, eyes);
    if let Some(before) = before {
        after(&mut sql, filter, before);
    }
    standing(&mut sql, filter);
    if let Some(state) = &filter.state {
        sql.push(" AND state = ").push_bind(state.clone());
    }
    if let Some(unit) = &filter.unit {
        sql.push(" AND unit_code = ").push_bind(unit.clone());
    }
    if let Some(desk) = &filter.desk {
        sql.push(" AND (EXISTS (SELECT 1 FROM service_desk WHERE service_desk.service_code = cases.service_code AND desk_no = ");
        sql.push_bind(desk.clone());
        sql.push(") OR EXISTS (SELECT 1 FROM leg WHERE leg.call_id = cases.call_id AND seat = 'desk' AND party_ref = ");
        sql.push_bind(desk.clone()).push("))");
    }
    if let Some(q) = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        asked(&mut sql, conn.dialect(), keys, q, eyes);
    }
    // One more than asked for tells whether there is another page.
    if filter.by_due {
        sql.push(format!(" ORDER BY {DUE}, cases.id LIMIT "));
    } else {
        sql.push(" ORDER BY cases.id DESC LIMIT ");
    }
    sql.push_bind(i64::from(limit) + 1);
    let rows = sql.build().fetch_all(&mut *conn).await?;
    let mut cases = lines(conn, &rows, eyes).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = cases.len() > wanted;
    cases.truncate(wanted);
    let next = cases.last().map(|case| case.no.clone()).filter(|_| more);
    Ok(CasePage { cases, next })
}

/// When a case is due; what has no due date comes last, as if due at the last moment that there is.
const DUE: &str = "COALESCE(due_at, 9223372036854775807)";

/// What comes after this case in the order that was asked for.
fn after(sql: &mut Builder, filter: &CaseFilter, no: &str) {
    if filter.by_due {
        sql.push(format!(" AND ({DUE}, cases.id) > (SELECT {DUE}, id FROM cases WHERE no = "));
        sql.push_bind(no.to_owned()).push(")");
    } else {
        sql.push(" AND cases.id < (SELECT id FROM cases WHERE no = ").push_bind(no.to_owned()).push(")");
    }
}

/// How they stand. Flags and due dates are looked for among the open cases (`cases_open_by_unit`), of which there are as many as are
/// being worked on.
fn standing(sql: &mut Builder, filter: &CaseFilter) {
    if filter.open || filter.due_before.is_some() || filter.by_due {
        sql.push(" AND closed_at IS NULL");
    }
    if let Some(at) = filter.due_before {
        sql.push(" AND due_at < ").push_bind(at);
    }
    for (flag, column) in
        [(filter.urgent, "urgent"), (filter.supervised, "supervised"), (filter.blocked, "blocked")]
    {
        if flag {
            sql.push(" AND ").push(column);
        }
    }
}

/// A number, somebody's phone, or a part of the title.
fn asked(sql: &mut Builder, dialect: Dialect, keys: &Keys, q: &str, eyes: &Eyes) {
    let digits = q.len() >= NUMBER_FROM && q.bytes().all(|b| b.is_ascii_digit());
    if !digits {
        // The newest ones only: a part of a text has no index.
        sql.push(" AND cases.id >= COALESCE((SELECT id FROM cases ORDER BY id DESC LIMIT 1 OFFSET ");
        sql.push_bind(SEARCHED).push("), '') AND title").push(dialect.like(q));
        let part = q.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        sql.push_bind(format!("%{part}%")).push(" ESCAPE '\\'");
        return;
    }
    sql.push(" AND ((cases.no >= ").push_bind(q.to_owned());
    sql.push(" AND cases.no < ").push_bind(format!("{q}:")).push(")");
    // A window must not find out whose number it is by asking for it.
    if !matches!(eyes, Eyes::Desk { .. }) {
        sql.push(" OR (NOT confidential AND applicant_phone_hash = ")
            .push_bind(keys.number_hash(q))
            .push(")");
    }
    sql.push(")");
}

/// Lines of a list, with what is due next in each.
async fn lines(conn: &mut Db, rows: &[Row], eyes: &Eyes) -> sqlx::Result<Vec<CaseLine>> {
    let ids = rows.iter().map(|row| row.try_get("id")).collect::<sqlx::Result<Vec<String>>>()?;
    let mut due = due_next(conn, &ids).await?;
    let with = |(row, id): (&Row, &String)| Ok(CaseLine { next: due.remove(id), ..line(row, eyes)? });
    rows.iter().zip(&ids).map(with).collect()
}

fn line(row: &Row, eyes: &Eyes) -> sqlx::Result<CaseLine> {
    let seen = eyes.see_applicant(row.try_get("confidential")?);
    Ok(CaseLine {
        no: row.try_get("no")?,
        kind: row.try_get("kind")?,
        title: row.try_get::<Option<String>>("title")?.unwrap_or_default(),
        state: row.try_get("state")?,
        unit: row.try_get("unit_code")?,
        unit_name: row.try_get("unit_name")?,
        received_at: row.try_get("received_at")?,
        due_at: row.try_get("due_at")?,
        urgent: row.try_get("urgent")?,
        applicant_masked: if seen { row.try_get("applicant_masked")? } else { String::new() },
        round: u32::try_from(row.try_get::<i64>("round")?).unwrap_or(u32::MAX),
        supervised: row.try_get("supervised")?,
        blocked: row.try_get("blocked")?,
        extension: row.try_get::<Option<i64>>("extension_days")?.and_then(|days| i32::try_from(days).ok()),
        next: None,
    })
}

async fn case(conn: &mut Db, keys: &Keys, no: &str, eyes: &Eyes) -> sqlx::Result<Option<CaseDetail>> {
    const REST: &str = "SELECT source, track, category_code, service_code, service.name AS service_name, content, \
         content_sealed, place, place_sealed, anonymous, closed_at, opened_by, call_id FROM cases \
         LEFT JOIN service ON service.code = cases.service_code WHERE cases.id = $1";
    let mut sql = Builder::new(LINE);
    bound(&mut sql, eyes);
    sql.push(" AND cases.no = ").push_bind(no.to_owned());
    let Some(row) = sql.build().fetch_optional(&mut *conn).await? else { return Ok(None) };
    let (id, confidential): (String, bool) = (row.try_get("id")?, row.try_get("confidential")?);
    let mut only = lines(conn, std::slice::from_ref(&row), eyes).await?;
    let Some(line) = only.pop() else { return Ok(None) };
    let rest = query(REST).bind(&id).fetch_one(&mut *conn).await?;
    Ok(Some(CaseDetail {
        line,
        source: rest.try_get("source")?,
        track: rest.try_get("track")?,
        category: rest.try_get("category_code")?,
        service: rest.try_get("service_code")?,
        service_name: rest.try_get("service_name")?,
        content: text::CONTENT.open(keys, &id, &rest)?.unwrap_or_default(),
        place: text::PLACE.open(keys, &id, &rest)?,
        confidential,
        anonymous: rest.try_get("anonymous")?,
        closed_at: rest.try_get("closed_at")?,
        opened_by: rest.try_get("opened_by")?,
        log: log(conn, keys, &id).await?,
        calls: calls(conn, &id, rest.try_get("call_id")?).await?,
    }))
}

async fn log(conn: &mut Db, keys: &Keys, id: &str) -> sqlx::Result<Vec<CaseLogLine>> {
    const LOG: &str = "SELECT no, at, who, kind, what, what_sealed, FALSE AS fact FROM case_log WHERE case_id = $1 \
         UNION ALL SELECT no, at, who, kind, what, NULL AS what_sealed, TRUE AS fact FROM fact WHERE owner = $2 \
         ORDER BY at, fact, no LIMIT $3";
    let owner = CallId::parse(id).map(|id| promise::Of::Case(promise::CaseId(id.0)).to_string());
    let query = query(LOG).bind(id).bind(owner.unwrap_or_default()).bind(SHOWN);
    let rows = query.fetch_all(conn).await?;
    let line = |row: &Row| {
        Ok(CaseLogLine {
            no: u32::try_from(row.try_get::<i64>("no")?).unwrap_or(u32::MAX),
            fact: row.try_get("fact")?,
            at: row.try_get("at")?,
            who: row.try_get("who")?,
            kind: row.try_get("kind")?,
            what: text::WHAT.open(keys, id, row)?.unwrap_or_default(),
        })
    };
    rows.iter().map(line).collect()
}

async fn calls(conn: &mut Db, id: &str, first: Option<String>) -> sqlx::Result<Vec<(CallId, i64)>> {
    const CALLS: &str = "SELECT id, offered_at FROM call WHERE case_id = $1 OR id = $2 ORDER BY id LIMIT $3";
    let rows = query(CALLS).bind(id).bind(first).bind(SHOWN).fetch_all(conn).await?;
    let call = |row: &Row| Ok((db::call_id(row.try_get("id")?)?, row.try_get("offered_at")?));
    rows.iter().map(call).collect()
}

pub(crate) async fn earlier(conn: &mut Db, call: CallId, eyes: &Eyes) -> sqlx::Result<Option<Earlier>> {
    const CALLS: &str = "SELECT id, offered_at, outcome, operator_id, duration_ms FROM call \
         WHERE caller_hash = $1 AND id <> $2 ORDER BY id DESC LIMIT $3";
    let id = call.to_string();
    let found: Option<Option<String>> =
        scalar("SELECT caller_hash FROM call WHERE id = $1").bind(&id).fetch_optional(&mut *conn).await?;
    let Some(hash) = found else { return Ok(None) };
    let Some(hash) = hash else { return Ok(Some(Earlier::default())) };
    let mut sql = Builder::new(LINE);
    bound(&mut sql, eyes);
    sql.push(" AND applicant_phone_hash = ").push_bind(hash.clone());
    sql.push(" ORDER BY cases.id DESC LIMIT ").push_bind(EARLIER);
    let rows = sql.build().fetch_all(&mut *conn).await?;
    let cases = lines(conn, &rows, eyes).await?;
    if matches!(eyes, Eyes::Desk { .. }) {
        return Ok(Some(Earlier { cases, calls: Vec::new() }));
    }
    let rows = query(CALLS).bind(hash).bind(id).bind(EARLIER).fetch_all(conn).await?;
    let calls = rows.iter().map(|row| {
        Ok(EarlierCall {
            call: db::call_id(row.try_get("id")?)?,
            offered_at: row.try_get("offered_at")?,
            outcome: row.try_get("outcome")?,
            operator: row.try_get("operator_id")?,
            duration_ms: small(row.try_get("duration_ms")?),
        })
    });
    Ok(Some(Earlier { cases, calls: calls.collect::<sqlx::Result<_>>()? }))
}
