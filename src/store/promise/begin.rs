//! How owners other than cases come to be: call-backs from debts, items of the ledger, notices and tests of a month.

use std::sync::Arc;

use calendar::Calendar;
use call::ids::CallId;
use promise::{
    Action, CallBack, CallBackEvent, CaseId, Clock, Debt, Item, ItemId, Month, Name, Notice, Of, Plan, Reach,
    Settings,
};

use super::drawn::Drawn;
use super::keep;
use super::owner::{Deed, Loaded, Owner, debt, id, load, month_word, ulid};
use super::tasks;
use crate::clerk::errand;
use crate::db;
use crate::either::{Db, Row, query, scalar};
use crate::error::StoreError;
use crate::seal::Keys;
use crate::store::Store;

/// How often a moment of a test is drawn again when it has passed; then the month has none.
const DRAWS: usize = 16;

/// The moment, and what deadlines are computed by: [`promise::Clock`] for what outlives its caller.
#[derive(Clone, Debug)]
pub struct Timing {
    /// UTC ms.
    pub now: i64,
    /// Working days and hours.
    pub calendar: Arc<Calendar>,
    /// The figures.
    pub settings: Arc<Settings>,
}

impl Timing {
    /// As the machines want it.
    pub fn clock(&self) -> Clock<'_> {
        Clock { now: self.now, calendar: &self.calendar, settings: &self.settings }
    }
}

/// What became of a debt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// The citizen is called back.
    Opened,
    /// The call-back of this earlier call answers it too.
    Joined(CallId),
    /// It was taken before.
    Already,
}

/// Whether a citizen who is owed a call-back has called again by themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CalledAgain {
    /// No, or that call came to nothing.
    No,
    /// They wait in a call now.
    Waiting,
    /// Somebody speaks or spoke with them.
    Talked,
}

/// An item for the ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewItem {
    /// The case that it blocks.
    pub case: Option<CaseId>,
    /// The unit that must see to it.
    pub owner: String,
    /// In a line.
    pub title: String,
    /// Why it is blocked.
    pub why: String,
}

impl Store {
    /// Call-backs that are owed and that nobody has taken up, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn new_debts(&self, most: u32) -> Result<Vec<Debt>, StoreError> {
        const NEW: &str = "SELECT because_of, why, number_hash, since, COALESCE(call.urgent, FALSE) AS urgent \
             FROM callback LEFT JOIN call ON call.id = because_of WHERE callback.state = 'new' ORDER BY since LIMIT $1";
        let mut conn = self.reader().await?;
        let rows = query(NEW).bind(i64::from(most)).fetch_all(&mut conn).await;
        let one = |row: &Row| debt(promise::CallId(id(row.try_get("because_of")?)?), row);
        let debts: Vec<Debt> =
            rows.and_then(|rows| rows.iter().map(one).collect()).map_err(|e| self.said(e))?;
        let mut seen = std::collections::BTreeSet::new();
        Ok(debts.into_iter().filter(|debt| seen.insert(debt.call)).collect())
    }

    /// Takes a debt up: an open call-back to the same number answers it too, else there is a new one.
    ///
    /// # Errors
    /// The database's.
    pub async fn take_debt(&self, timing: Timing, debt: Debt) -> Result<Taken, StoreError> {
        let store = self.clone();
        let work =
            errand(move |conn| Box::pin(async move { take(conn, store.keys_of(), &timing, debt).await }));
        self.clerk().write(work).await
    }

    /// Whether the citizen of a debt has called again since.
    ///
    /// # Errors
    /// The database's.
    pub async fn called_again(&self, debt: &Debt) -> Result<CalledAgain, StoreError> {
        const LATER: &str = "SELECT CAST(MAX(CASE WHEN operator_id IS NOT NULL THEN 2 WHEN ended_at IS NULL THEN 1 ELSE 0 END) AS BIGINT) \
             FROM call WHERE caller_hash = (SELECT number_hash FROM callback WHERE because_of = $1 LIMIT 1) \
             AND id > $1 AND direction = 'in'";
        let mut conn = self.reader().await?;
        let query = scalar::<Option<i64>>(LATER).bind(ulid(debt.call.0));
        let most = query.fetch_one(&mut conn).await.map_err(|e| self.said(e))?;
        Ok(match most {
            Some(2) => CalledAgain::Talked,
            Some(1) => CalledAgain::Waiting,
            _ => CalledAgain::No,
        })
    }

    /// Lists an item in the ledger. The same key of the same person again lists none and gives the first one.
    ///
    /// # Errors
    /// The database's.
    pub async fn open_item(
        &self,
        timing: Timing,
        who: &str,
        request_key: Option<&str>,
        new: NewItem,
    ) -> Result<ItemId, StoreError> {
        let (store, who) = (self.clone(), who.to_owned());
        let request = request_key.map(|key| format!("{who}\n{key}"));
        let work = errand(move |conn| {
            Box::pin(async move { list(conn, store.keys_of(), &timing, who, request, &new).await })
        });
        self.clerk().write(work).await
    }

    /// Plans the notice about this month to each unit that has none yet; how many.
    ///
    /// # Errors
    /// The database's.
    pub async fn plan_notices(&self, timing: Timing, about: Month) -> Result<u32, StoreError> {
        let work = errand(move |conn| Box::pin(async move { notices(conn, &timing, about).await }));
        self.clerk().write(work).await
    }

    /// Plans the reachability test of this month for each unit that has none yet, each at a moment to come that chance
    /// chooses; how many. Late in a month a unit may get none.
    ///
    /// # Errors
    /// The database's.
    pub async fn plan_reaches(&self, timing: Timing, month: Month) -> Result<u32, StoreError> {
        let store = self.clone();
        let work =
            errand(move |conn| Box::pin(async move { reaches(conn, store.keys_of(), &timing, month).await }));
        self.clerk().write(work).await
    }

    /// The case of this number.
    ///
    /// # Errors
    /// The database's.
    pub async fn case_of(&self, no: &str) -> Result<Option<CaseId>, StoreError> {
        let mut conn = self.reader().await?;
        let query = scalar::<String>("SELECT id FROM cases WHERE no = $1").bind(no);
        let found = query.fetch_optional(&mut conn).await;
        let found = found.and_then(|found| found.map(|text| id(&text)).transpose());
        found.map(|found| found.map(CaseId)).map_err(|e| self.said(e))
    }

    /// Cases that are not closed, from the one `after` on (exclusive), at most `most`: what another calendar concerns.
    ///
    /// # Errors
    /// The database's.
    pub async fn open_cases(&self, after: Option<CaseId>, most: u32) -> Result<Vec<CaseId>, StoreError> {
        const OPEN: &str = "SELECT id FROM cases WHERE closed_at IS NULL AND id > $1 ORDER BY id LIMIT $2";
        let after = after.map(|case| ulid(case.0)).unwrap_or_default();
        let mut conn = self.reader().await?;
        let query = scalar::<String>(OPEN).bind(after).bind(i64::from(most));
        let found = query.fetch_all(&mut conn).await;
        let ids = found.and_then(|found| found.iter().map(|text| id(text).map(CaseId)).collect());
        ids.map_err(|e| self.said(e))
    }

    /// Notices whose day has not come: what another calendar concerns.
    ///
    /// # Errors
    /// The database's.
    pub async fn planned_notices(&self) -> Result<Vec<Of>, StoreError> {
        const PLANNED: &str = "SELECT 'notice/' || month || '/' || unit_code FROM monthly_notice \
             WHERE stage = 'planned' ORDER BY month, unit_code";
        let mut conn = self.reader().await?;
        let found = scalar::<String>(PLANNED).fetch_all(&mut conn).await;
        let owners = |names: Vec<String>| {
            let owner = |name: &String| Of::parse(name).ok_or_else(|| db::unreadable("a notice"));
            names.iter().map(owner).collect()
        };
        found.and_then(owners).map_err(|e| self.said(e))
    }
}

/// An owner that comes to be now.
fn fresh(owner: Owner, subject: String, unit: Option<Name>) -> Loaded {
    Loaded { owner, subject, drawn: Drawn::new(unit), last: 0 }
}

async fn take(conn: &mut Db, keys: &Keys, timing: &Timing, debt: Debt) -> sqlx::Result<Taken> {
    const STATE: &str =
        "SELECT state, number_hash FROM callback WHERE because_of = $1 AND state = 'new' LIMIT 1";
    const OPEN: &str = "SELECT because_of FROM callback WHERE number_hash = $1 AND state IN ('calls', 'person') \
         AND because_of <> $2 ORDER BY since LIMIT 1";
    // A call that owes for a second reason: it is the call-back that there is.
    const SAME: &str = "UPDATE callback SET state = (SELECT MIN(state) FROM callback AS first \
         WHERE first.because_of = $1 AND first.state <> 'new') WHERE because_of = $1 AND state = 'new'";
    let call = ulid(debt.call.0);
    let row = query(STATE).bind(&call).fetch_optional(&mut *conn).await?;
    let Some(row) = row else { return Ok(Taken::Already) };
    let hash: String = row.try_get("number_hash")?;
    let deed = Deed::new(timing.now, "house");
    let of = Of::CallBack(debt.call);
    if load(conn, &of).await?.is_some_and(|loaded| loaded.last > 0) {
        query(SAME).bind(&call).execute(conn).await?;
        return Ok(Taken::Already);
    }
    let open: Option<String> = scalar(OPEN).bind(&hash).bind(&call).fetch_optional(&mut *conn).await?;
    if let Some(open) = open {
        let first = promise::CallId(id(&open)?);
        let of = Of::CallBack(first);
        if let Some(mut loaded) = load(conn, &of).await?
            && let Owner::CallBack(call_back) = &mut loaded.owner
            && let Ok(actions) = call_back.handle(timing.clock(), CallBackEvent::MissedAgain(debt.call))
        {
            keep::write(conn, keys, &of, &deed, None, loaded, actions).await?;
            return Ok(Taken::Joined(CallId(first.0)));
        }
    }
    let (call_back, actions) = CallBack::open(timing.clock(), debt);
    let loaded = fresh(Owner::CallBack(Box::new(call_back)), call, None);
    keep::write(conn, keys, &of, &deed, None, loaded, actions).await?;
    Ok(Taken::Opened)
}

async fn list(
    conn: &mut Db,
    keys: &Keys,
    timing: &Timing,
    who: String,
    request: Option<String>,
    new: &NewItem,
) -> sqlx::Result<ItemId> {
    const LIST: &str = "INSERT INTO ledger_item (id, case_id, owner, title, why, listed_at, listed_by, review_at, reviews) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)";
    if let Some(request) = &request {
        const BEFORE: &str = "SELECT owner FROM fact WHERE request_key = $1";
        let before: Option<String> = scalar(BEFORE).bind(request).fetch_optional(&mut *conn).await?;
        if let Some(Of::Item(item)) = before.as_deref().and_then(Of::parse) {
            return Ok(item);
        }
    }
    let minted = keys.mint_id(timing.now)?;
    let item_id = ItemId(id(&minted)?);
    let (owner, why) = (Name::from(new.owner.as_str()), Name::from(new.why.as_str()));
    let (item, actions) = Item::open(timing.clock(), item_id, new.case, owner.clone(), why);
    query(LIST)
        .bind(&minted)
        .bind(new.case.map(|case| ulid(case.0)))
        .bind(&new.owner)
        .bind(&new.title)
        .bind(&new.why)
        .bind(timing.now)
        .bind(&who)
        .bind(item.review_at)
        .execute(&mut *conn)
        .await?;
    let of = Of::Item(item_id);
    let loaded = fresh(Owner::Item(item), of.to_string(), Some(owner));
    let deed = Deed::new(timing.now, who);
    keep::write(conn, keys, &of, &deed, request, loaded, actions).await?;
    Ok(item_id)
}

async fn units(conn: &mut Db) -> sqlx::Result<Vec<String>> {
    scalar("SELECT code FROM unit WHERE gone_with IS NULL ORDER BY code").fetch_all(conn).await
}

async fn notices(conn: &mut Db, timing: &Timing, about: Month) -> sqlx::Result<u32> {
    const PLAN: &str = "INSERT INTO monthly_notice (month, unit_code, stage, work, problems, advice) \
         VALUES ($1, $2, 'planned', '', '', '') ON CONFLICT (month, unit_code) DO NOTHING";
    let mut count = 0_u32;
    for unit in units(conn).await? {
        let made = query(PLAN).bind(month_word(about)).bind(&unit).execute(&mut *conn).await?;
        if made.rows_affected() > 0 {
            let (_, actions) = Notice::plan(timing.clock(), about, unit.into());
            tasks::put(conn, &plans(&actions)).await?;
            count = count.saturating_add(1);
        }
    }
    Ok(count)
}

async fn reaches(conn: &mut Db, keys: &Keys, timing: &Timing, month: Month) -> sqlx::Result<u32> {
    const THERE: &str =
        "SELECT (SELECT COUNT(*) FROM task WHERE owner = $1) + (SELECT COUNT(*) FROM fact WHERE owner = $1)";
    let mut count = 0_u32;
    for unit in units(conn).await? {
        let unit = Name::from(unit);
        let of = Of::Reach(month, unit.clone()).to_string();
        let there: i64 = scalar(THERE).bind(of).fetch_one(&mut *conn).await?;
        if there > 0 {
            continue;
        }
        for _ in 0..DRAWS {
            // The lower half of a ULID is chance.
            let chance = id(&keys.mint_id(timing.now)?)? & u128::from(u64::MAX);
            let chance = u64::try_from(chance).unwrap_or(0);
            let (_, actions) = Reach::plan(timing.clock(), month, unit.clone(), chance);
            let plans = plans(&actions);
            if plans.iter().all(|plan| plan.due_at >= timing.now) {
                tasks::put(conn, &plans).await?;
                count = count.saturating_add(1);
                break;
            }
        }
    }
    Ok(count)
}

fn plans(actions: &[Action]) -> Vec<&Plan> {
    actions
        .iter()
        .filter_map(|action| if let Action::Plan(plan) = action { Some(plan) } else { None })
        .collect()
}
