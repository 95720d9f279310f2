//! What a call of ours needs to know beside its plan: whom it is about, in which language, since when.

use call::ids::{Lang, Pii};
use promise::Of;

use super::owner::ulid;
use crate::cases::text::PLACE;
use crate::either::{Db, Row, query, scalar};
use crate::error::StoreError;
use crate::seal::Keys;
use crate::store::Store;
use crate::words;

/// Facts for an errand. What an owner has nothing to do with is `None`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ErrandFacts {
    /// The number of the case.
    pub case_no: Option<String>,
    /// The citizen's number, normalised; `None`: anonymous, or withheld.
    pub citizen: Option<Pii>,
    /// The language that the citizen last spoke with us.
    pub lang: Lang,
    /// Not to wait.
    pub urgent: bool,
    /// When the matter or the call came in, UTC ms.
    pub received_at: i64,
    /// When the citizen entered the queue, UTC ms: of a call-back.
    pub since: Option<i64>,
    /// Where it is about.
    pub place: Option<String>,
    /// Code of the service.
    pub service: Option<String>,
    /// Code of the unit that is responsible.
    pub unit: Option<String>,
    /// The operator of the call that it comes from.
    pub operator: Option<String>,
    /// What the operator of a call-back must be able to answer: as the caller waited for.
    pub skill: Option<String>,
    /// The unit must not learn who asks.
    pub confidential: bool,
    /// The round of the case, from 1.
    pub round: u32,
}

impl Store {
    /// What a call for this owner needs to know; `None`: there is no such owner, or it calls nobody's citizen (a test of a
    /// unit, a notice, an item without a case).
    ///
    /// # Errors
    /// The database's, or the number can't be opened.
    pub async fn errand_facts(&self, of: &Of) -> Result<Option<ErrandFacts>, StoreError> {
        let mut conn = self.reader().await?;
        let facts = match of {
            Of::Case(case) => of_case(&mut conn, self.keys_of(), &ulid(case.0)).await,
            Of::CallBack(call) => of_call_back(&mut conn, self.keys_of(), &ulid(call.0)).await,
            Of::Item(item) => of_item(&mut conn, self.keys_of(), &ulid(item.0)).await,
            Of::Notice(..) | Of::Reach(..) => Ok(None),
        };
        facts.map_err(|e| self.said(e))
    }
}

async fn of_item(conn: &mut Db, keys: &Keys, item: &str) -> sqlx::Result<Option<ErrandFacts>> {
    let case: Option<Option<String>> =
        scalar("SELECT case_id FROM ledger_item WHERE id = $1").bind(item).fetch_optional(&mut *conn).await?;
    match case.flatten() {
        Some(case) => of_case(conn, keys, &case).await,
        None => Ok(None),
    }
}

async fn of_case(conn: &mut Db, keys: &Keys, case: &str) -> sqlx::Result<Option<ErrandFacts>> {
    const CASE: &str = "SELECT cases.no, applicant_phone, received_at, place, place_sealed, service_code, unit_code, confidential, \
         cases.urgent AS urgent, round, call.lang AS lang, call.operator_id AS operator_id FROM cases \
         LEFT JOIN call ON call.id = cases.call_id WHERE cases.id = $1";
    let row = query(CASE).bind(case).fetch_optional(conn).await?;
    let Some(row) = row else { return Ok(None) };
    let sealed: Option<Vec<u8>> = row.try_get("applicant_phone")?;
    let number = sealed.map(|sealed| keys.open("cases.applicant_phone", case, &sealed)).transpose()?;
    Ok(Some(ErrandFacts {
        case_no: row.try_get("no")?,
        citizen: number.filter(|number| !number.is_empty()).map(Pii::new),
        lang: lang(&row)?,
        urgent: row.try_get("urgent")?,
        received_at: row.try_get("received_at")?,
        since: None,
        place: PLACE.open(keys, case, &row)?,
        service: row.try_get("service_code")?,
        unit: row.try_get("unit_code")?,
        operator: row.try_get("operator_id")?,
        skill: None,
        confidential: row.try_get("confidential")?,
        round: u32::try_from(row.try_get::<i64>("round")?).unwrap_or(1),
    }))
}

async fn of_call_back(conn: &mut Db, keys: &Keys, call: &str) -> sqlx::Result<Option<ErrandFacts>> {
    const OWED: &str = "SELECT number, since, call.lang AS lang, call.urgent AS urgent, call.offered_at AS offered_at, \
         call.operator_id AS operator_id, cases.no AS no, cases.unit_code AS unit_code, \
         cases.service_code AS service_code FROM callback LEFT JOIN call ON call.id = because_of \
         LEFT JOIN cases ON cases.id = call.case_id WHERE because_of = $1 ORDER BY since, why LIMIT 1";
    const WAITED: &str =
        "SELECT detail FROM event WHERE call_id = $1 AND kind = 'queue.enter' ORDER BY seq DESC LIMIT 1";
    let row = query(OWED).bind(call).fetch_optional(&mut *conn).await?;
    let Some(row) = row else { return Ok(None) };
    let number = keys.open("callback.number", call, &row.try_get::<Vec<u8>>("number")?)?;
    let since: i64 = row.try_get("since")?;
    let waited: Option<String> = scalar(WAITED).bind(call).fetch_optional(conn).await?;
    Ok(Some(ErrandFacts {
        case_no: row.try_get("no")?,
        citizen: (!number.is_empty()).then(|| Pii::new(number)),
        lang: lang(&row)?,
        urgent: row.try_get::<Option<bool>>("urgent")?.unwrap_or(false),
        received_at: row.try_get::<Option<i64>>("offered_at")?.unwrap_or(since),
        since: Some(since),
        place: None,
        service: row.try_get("service_code")?,
        unit: row.try_get("unit_code")?,
        operator: row.try_get("operator_id")?,
        skill: waited.and_then(|detail| detail.strip_prefix("skill=").map(str::to_owned)),
        confidential: false,
        round: 1,
    }))
}

fn lang(row: &Row) -> sqlx::Result<Lang> {
    let tag: Option<&str> = row.try_get("lang")?;
    Ok(tag.and_then(words::lang).unwrap_or_default())
}
