//! What the office keeps: the ledger, the monthly notices, and what is sent to subscribers.

use std::collections::HashMap;

use promise::{Fact, Of};

use crate::db;
use crate::either::{Builder, Db, Row, query, scalar};
use crate::error::StoreError;
use crate::promise::reading::{among, count, is_case, row_of};
use crate::promise::shown::{Ledger, LedgerLine, NoticeLine, OutboxLine, ReviewLine, WebhookLine};
use crate::store::Store;

/// Items of the ledger that are shown: the founding one had 281.
const MOST_ITEMS: i64 = 2_000;
/// Of those that were struck off, the newest.
const MOST_STRUCK: i64 = 200;

const ITEM: &str = "SELECT ledger_item.id AS id, ledger_item.owner AS owner, unit.name AS owner_name, ledger_item.title AS title, \
     why, listed_at, listed_by, review_at, struck_at, struck_by, struck_why, cases.no AS case_no FROM ledger_item \
     LEFT JOIN unit ON unit.code = ledger_item.owner LEFT JOIN cases ON cases.id = ledger_item.case_id WHERE 1 = 1";
const NOTICE: &str = "SELECT month, unit_code, unit.name AS unit_name, stage, made_at, figures, work, problems, advice, edited_by, \
     signed_by, signed_at, sent_by, (SELECT COUNT(*) FROM fact WHERE owner = 'notice/' || month || '/' || unit_code \
     AND kind = 'notice_edited') AS edits FROM monthly_notice LEFT JOIN unit ON unit.code = unit_code WHERE 1 = 1";

impl Store {
    /// The ledger: the items that were not struck off, the next review first, or those that were, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn ledger(&self, open: bool) -> Result<Ledger, StoreError> {
        let mut moment = self.moment().await?;
        ledger(&mut moment, open).await.map_err(|e| self.said(e))
    }

    /// The notices about a month (`YYYY-MM`), or the one to a unit.
    ///
    /// # Errors
    /// The database's.
    pub async fn notices(&self, month: &str, unit: Option<&str>) -> Result<Vec<NoticeLine>, StoreError> {
        let mut sql = Builder::new(NOTICE);
        sql.push(" AND month = ").push_bind(month.to_owned());
        if let Some(unit) = unit {
            sql.push(" AND unit_code = ").push_bind(unit.to_owned());
        }
        sql.push(" ORDER BY unit_code");
        let mut conn = self.reader().await?;
        let rows = sql.build().fetch_all(&mut conn).await;
        rows.and_then(|rows| rows.iter().map(notice).collect()).map_err(|e| self.said(e))
    }

    /// Events after this place, in their order.
    ///
    /// # Errors
    /// The database's.
    pub async fn outbox_after(&self, pos: i64, limit: u32) -> Result<Vec<OutboxLine>, StoreError> {
        const AFTER: &str =
            "SELECT pos, id, at, type, subject, data FROM outbox WHERE pos > $1 ORDER BY pos LIMIT $2";
        let mut conn = self.reader().await?;
        let rows = query(AFTER).bind(pos).bind(i64::from(limit)).fetch_all(&mut conn).await;
        rows.and_then(|rows| rows.iter().map(event).collect()).map_err(|e| self.said(e))
    }

    /// How far each subscriber has come, and the place of the newest event.
    ///
    /// # Errors
    /// The database's.
    pub async fn subscribers(&self) -> Result<(Vec<WebhookLine>, i64), StoreError> {
        let mut moment = self.moment().await?;
        subscribers(&mut moment).await.map_err(|e| self.said(e))
    }
}

async fn ledger(conn: &mut Db, open: bool) -> sqlx::Result<Ledger> {
    const WHOLE: &str = "SELECT COUNT(*) AS listed, COUNT(struck_at) AS struck FROM ledger_item";
    let mut sql = Builder::new(ITEM);
    if open {
        sql.push(" AND struck_at IS NULL ORDER BY review_at LIMIT ").push_bind(MOST_ITEMS);
    } else {
        sql.push(" AND struck_at IS NOT NULL ORDER BY struck_at DESC LIMIT ").push_bind(MOST_STRUCK);
    }
    let rows = sql.build().fetch_all(&mut *conn).await?;
    let mut items = rows.iter().map(item).collect::<sqlx::Result<Vec<_>>>()?;
    let mut found = reviews(conn, &items).await?;
    for item in &mut items {
        item.reviews = found.remove(&item.id).unwrap_or_default();
    }
    let whole = query(WHOLE).fetch_one(conn).await?;
    Ok(Ledger {
        items,
        listed: db::small(whole.try_get("listed")?),
        struck: db::small(whole.try_get("struck")?),
    })
}

async fn reviews(conn: &mut Db, items: &[LedgerLine]) -> sqlx::Result<HashMap<String, Vec<ReviewLine>>> {
    let owner =
        |item: &LedgerLine| db::call_id(&item.id).map(|id| Of::Item(promise::ItemId(id.0)).to_string());
    let owners = items.iter().map(owner).collect::<sqlx::Result<Vec<_>>>()?;
    let mut found: HashMap<String, Vec<ReviewLine>> = HashMap::new();
    if owners.is_empty() {
        return Ok(found);
    }
    let mut sql = Builder::new("SELECT owner, at, who, kind, what FROM fact WHERE kind = 'reviewed'");
    among(&mut sql, "owner", owners.iter().map(String::as_str));
    sql.push(" ORDER BY owner, no");
    for row in sql.build().fetch_all(conn).await? {
        let owner: String = row.try_get("owner")?;
        let fact = Fact::read(row.try_get("kind")?, row.try_get("what")?);
        let Some(Fact::Reviewed(text, _)) = fact else { continue };
        let Some(id) = row_of(&owner).filter(|_| !is_case(&owner)) else { continue };
        let line = ReviewLine { at: row.try_get("at")?, who: row.try_get("who")?, text: text.to_string() };
        found.entry(id).or_default().push(line);
    }
    Ok(found)
}

fn item(row: &Row) -> sqlx::Result<LedgerLine> {
    Ok(LedgerLine {
        id: row.try_get("id")?,
        case_no: row.try_get("case_no")?,
        owner: row.try_get("owner")?,
        owner_name: row.try_get::<Option<String>>("owner_name")?.unwrap_or_default(),
        title: row.try_get("title")?,
        why: row.try_get("why")?,
        listed_at: row.try_get("listed_at")?,
        listed_by: row.try_get("listed_by")?,
        review_at: row.try_get("review_at")?,
        reviews: Vec::new(),
        struck_at: row.try_get("struck_at")?,
        struck_by: row.try_get("struck_by")?,
        struck_why: row.try_get("struck_why")?,
    })
}

fn notice(row: &Row) -> sqlx::Result<NoticeLine> {
    Ok(NoticeLine {
        month: row.try_get("month")?,
        unit: row.try_get("unit_code")?,
        unit_name: row.try_get::<Option<String>>("unit_name")?.unwrap_or_default(),
        stage: row.try_get("stage")?,
        made_at: row.try_get("made_at")?,
        edits: u32::try_from(row.try_get::<i64>("edits")?).unwrap_or(u32::MAX),
        edited_by: row.try_get("edited_by")?,
        signed_by: row.try_get("signed_by")?,
        signed_at: row.try_get("signed_at")?,
        sent_by: row.try_get("sent_by")?,
        figures: row.try_get("figures")?,
        work: row.try_get("work")?,
        problems: row.try_get("problems")?,
        advice: row.try_get("advice")?,
    })
}

fn event(row: &Row) -> sqlx::Result<OutboxLine> {
    Ok(OutboxLine {
        pos: row.try_get("pos")?,
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        kind: row.try_get("type")?,
        subject: row.try_get("subject")?,
        data: row.try_get("data")?,
    })
}

async fn subscribers(conn: &mut Db) -> sqlx::Result<(Vec<WebhookLine>, i64)> {
    const ALL: &str =
        "SELECT name, acked, tries, next_at, last_at, last_error, refused FROM webhook ORDER BY name";
    let head: Option<i64> = scalar("SELECT MAX(pos) FROM outbox").fetch_one(&mut *conn).await?;
    let rows = query(ALL).fetch_all(conn).await?;
    let line = |row: &Row| {
        Ok(WebhookLine {
            name: row.try_get("name")?,
            acked: row.try_get("acked")?,
            tries: count(row, "tries")?,
            next_at: row.try_get("next_at")?,
            last_at: row.try_get("last_at")?,
            last_error: row.try_get("last_error")?,
            refused: db::small(row.try_get("refused")?),
        })
    };
    Ok((rows.iter().map(line).collect::<sqlx::Result<_>>()?, head.unwrap_or(0)))
}
