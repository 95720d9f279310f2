//! What the public may see of cases: neither confidential nor anonymous ones, nor reports; no words of anybody, no person.

use std::collections::HashMap;

use crate::either::{Builder, Db, Row};
use crate::error::StoreError;
use crate::promise::reading::{among, owner_of, row_of};
use crate::promise::shown::{PublicCase, PublicFilter};
use crate::store::Store;

/// Cases of one answer.
const MOST_PUBLIC: i64 = 1_000;

/// Left out: who asks confidentially or without a name, and who reports a wrong. A case that became part of another one is
/// told of by that one.
const CASES: &str = "SELECT cases.no AS no, state, service_code, service.name AS service_name, unit.name AS unit_name, received_at, \
     due_at, cases.id AS id FROM cases \
     LEFT JOIN unit ON unit.code = cases.unit_code LEFT JOIN service ON service.code = cases.service_code \
     WHERE NOT confidential AND NOT anonymous AND cases.kind <> 'report' AND merged_into IS NULL";

impl Store {
    /// The cases that the public asks for, newest first, 1,000 at most.
    ///
    /// # Errors
    /// The database's.
    pub async fn public_cases(&self, filter: &PublicFilter) -> Result<Vec<PublicCase>, StoreError> {
        let mut moment = self.moment().await?;
        public(&mut moment, filter).await.map_err(|e| self.said(e))
    }
}

async fn public(conn: &mut Db, filter: &PublicFilter) -> sqlx::Result<Vec<PublicCase>> {
    let mut sql = Builder::new(CASES);
    if filter.numbers.is_empty() {
        sql.push(" AND received_at >= ").push_bind(filter.from);
        sql.push(" AND received_at <= ").push_bind(filter.until);
        if !filter.services.is_empty() {
            among(&mut sql, "service_code", filter.services.iter().map(String::as_str));
        }
        match filter.closed {
            Some(true) => drop(sql.push(" AND state = 'archived'")),
            Some(false) => drop(sql.push(" AND state <> 'archived'")),
            None => {}
        }
    } else {
        among(&mut sql, "cases.no", filter.numbers.iter().map(String::as_str));
    }
    sql.push(" ORDER BY received_at DESC, cases.id DESC LIMIT ").push_bind(MOST_PUBLIC);
    let rows = sql.build().fetch_all(&mut *conn).await?;
    let ids = rows.iter().map(|row| row.try_get("id")).collect::<sqlx::Result<Vec<String>>>()?;
    let changed = changed(conn, &ids).await?;
    rows.iter().zip(&ids).map(|(row, id)| case(row, changed.get(id).copied())).collect()
}

/// When the last fact of each case was written down.
async fn changed(conn: &mut Db, ids: &[String]) -> sqlx::Result<HashMap<String, i64>> {
    let owners: Vec<String> = ids.iter().filter_map(|id| owner_of(id)).collect();
    let mut sql = Builder::new("SELECT owner, MAX(at) AS at FROM fact WHERE 1 = 1");
    among(&mut sql, "owner", owners.iter().map(String::as_str));
    sql.push(" GROUP BY owner");
    let rows = sql.build().fetch_all(conn).await?;
    let read = rows.iter().map(|row| Ok((row_of(row.try_get("owner")?), row.try_get("at")?)));
    let read = read.collect::<sqlx::Result<Vec<(Option<String>, i64)>>>()?;
    Ok(read.into_iter().filter_map(|(id, at)| Some((id?, at))).collect())
}

fn case(row: &Row, changed_at: Option<i64>) -> sqlx::Result<PublicCase> {
    let received_at = row.try_get("received_at")?;
    Ok(PublicCase {
        no: row.try_get("no")?,
        state: row.try_get("state")?,
        service: row.try_get("service_code")?,
        service_name: row.try_get("service_name")?,
        unit_name: row.try_get("unit_name")?,
        received_at,
        updated_at: changed_at.unwrap_or(received_at),
        due_at: row.try_get("due_at")?,
    })
}
