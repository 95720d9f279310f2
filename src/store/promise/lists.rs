//! Hand-overs with their clocks, page by page.
//!
//! The open ones come from the cases that are not closed (`cases_open_by_unit`: as many as are being worked on), all of them from
//! `handover_by_time` or `handover_by_unit`: no list reads more rows than it shows, or than are open.

use crate::either::{Builder, Db, Row};
use crate::error::StoreError;
use crate::promise::reading::{among, count, owner_of, page, promises};
use crate::promise::shown::{HandoverFilter, HandoverLine, Listed, Scope};
use crate::store::Store;

/// Lines of the longest page.
pub const MOST_LINES: u32 = 200;

const COLUMNS: &str = "SELECT cases.id AS id, cases.no AS case_no, title, cases.kind AS kind, handover.unit_code AS unit, \
     unit.name AS unit_name, handover.no AS no, handover.round AS round, planned_at, made_at, received_by, \
     handover.received_at AS received_at, channel, refused_at, refuse_reason, urgent, state, cases.due_at AS work_due_at, \
     applicant_phone_hash IS NOT NULL AS has_citizen";
const ALL: &str = " FROM handover JOIN cases ON cases.id = handover.case_id \
     LEFT JOIN unit ON unit.code = handover.unit_code WHERE 1 = 1";
/// The last one of each case that is not closed.
const OPEN: &str = " FROM cases JOIN handover ON handover.case_id = cases.id \
     LEFT JOIN unit ON unit.code = handover.unit_code WHERE cases.closed_at IS NULL AND cases.unit_code IS NOT NULL \
     AND handover.no = (SELECT MAX(no) FROM handover AS other WHERE other.case_id = cases.id)";

impl Store {
    /// Hand-overs, the newest first: at most `limit` (1 to [`MOST_LINES`]).
    ///
    /// # Errors
    /// The database's.
    pub async fn handovers(
        &self,
        filter: &HandoverFilter,
        scope: &Scope,
        limit: u32,
    ) -> Result<Listed<HandoverLine>, StoreError> {
        let mut moment = self.moment().await?;
        handovers(&mut moment, filter, scope, limit).await.map_err(|e| self.said(e))
    }
}

/// A hand-over, the case's id and its place in the list.
struct Found {
    line: HandoverLine,
    id: String,
}

async fn handovers(
    conn: &mut Db,
    filter: &HandoverFilter,
    scope: &Scope,
    limit: u32,
) -> sqlx::Result<Listed<HandoverLine>> {
    let limit = limit.clamp(1, MOST_LINES);
    let mut sql = Builder::new(COLUMNS);
    sql.push(if filter.open { OPEN } else { ALL });
    let column = if filter.open { "cases.unit_code" } else { "handover.unit_code" };
    if let Scope::Units(units) = scope {
        among(&mut sql, column, units.iter().map(String::as_str));
    }
    if let Some(unit) = &filter.unit {
        sql.push(" AND ").push(column).push(" = ").push_bind(unit.clone());
    }
    if let Some((at, id, no)) = filter.before.as_deref().and_then(place) {
        sql.push(" AND (planned_at < ").push_bind(at).push(" OR planned_at = ").push_bind(at);
        sql.push(" AND (handover.case_id < ").push_bind(id.clone());
        sql.push(" OR handover.case_id = ")
            .push_bind(id)
            .push(" AND handover.no < ")
            .push_bind(no)
            .push("))");
        // Said again alone, so that the index is entered at this place.
        sql.push(" AND planned_at <= ").push_bind(at);
    }
    sql.push(" ORDER BY planned_at DESC, handover.case_id DESC, handover.no DESC LIMIT ");
    sql.push_bind(i64::from(limit) + 1);
    let rows = sql.build().fetch_all(&mut *conn).await?;
    let found = rows.iter().map(found).collect::<sqlx::Result<Vec<_>>>()?;
    let of_page = |f: &Found| format!("{}.{}.{}", f.line.planned_at, f.id, f.line.no);
    let Listed { lines, next } = page(found, limit, of_page);
    let lines = with_clocks(conn, lines.into_iter().map(|f| (f.id, f.line)).collect()).await?;
    Ok(Listed { lines, next })
}

/// The hand-overs of one case, oldest first.
pub(crate) async fn of_case(conn: &mut Db, id: &str) -> sqlx::Result<Vec<HandoverLine>> {
    let mut sql = Builder::new(COLUMNS);
    sql.push(ALL).push(" AND handover.case_id = ").push_bind(id.to_owned()).push(" ORDER BY handover.no");
    let rows = sql.build().fetch_all(&mut *conn).await?;
    let found = rows.iter().map(found).collect::<sqlx::Result<Vec<_>>>()?;
    with_clocks(conn, found.into_iter().map(|f| (f.id, f.line)).collect()).await
}

/// With the ten minutes that began with each receipt.
async fn with_clocks(conn: &mut Db, found: Vec<(String, HandoverLine)>) -> sqlx::Result<Vec<HandoverLine>> {
    let mut owners: Vec<String> = found.iter().filter_map(|(id, _)| owner_of(id)).collect();
    owners.dedup();
    let promised = promises(conn, &owners).await?;
    let with = |(id, mut line): (String, HandoverLine)| {
        let own = owner_of(&id).and_then(|owner| promised.get(&owner));
        // The ten minutes count from the receipt itself.
        line.call_back = own.and_then(|own| {
            own.iter().rev().find(|p| p.what == "callback" && Some(p.from_at) == line.received_at).cloned()
        });
        line
    };
    Ok(found.into_iter().map(with).collect())
}

fn found(row: &Row) -> sqlx::Result<Found> {
    let line = HandoverLine {
        case_no: row.try_get("case_no")?,
        title: row.try_get::<Option<String>>("title")?.unwrap_or_default(),
        kind: row.try_get("kind")?,
        unit: row.try_get("unit")?,
        unit_name: row.try_get::<Option<String>>("unit_name")?.unwrap_or_default(),
        no: count(row, "no")?,
        round: count(row, "round")?,
        planned_at: row.try_get("planned_at")?,
        made_at: row.try_get("made_at")?,
        received_at: row.try_get("received_at")?,
        received_by: row.try_get("received_by")?,
        channel: row.try_get("channel")?,
        refused_at: row.try_get("refused_at")?,
        refuse_reason: row.try_get("refuse_reason")?,
        urgent: row.try_get("urgent")?,
        case_state: row.try_get("state")?,
        call_back: None,
        work_due_at: row.try_get("work_due_at")?,
        has_citizen: row.try_get("has_citizen")?,
    };
    Ok(Found { line, id: row.try_get("id")? })
}

/// `1790000000000.01J...0.1`
fn place(text: &str) -> Option<(i64, String, i64)> {
    let mut parts = text.splitn(3, '.');
    let (at, id, no) = (parts.next()?, parts.next()?, parts.next()?);
    Some((at.parse().ok()?, id.to_owned(), no.parse().ok()?))
}
