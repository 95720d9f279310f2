//! What a monthly notice to a unit counts: the month in figures, its cases by kind, service and day, and the month before.

use promise::{Month, Settings, Share, Tally, What};
use serde::{Deserialize, Serialize};

use crate::day;
use crate::db::small;
use crate::either::{Db, query, scalar};
use crate::error::StoreError;
use crate::promise::call_days::ByUnit;
use crate::promise::figures::{Counts, count};
use crate::store::Store;

/// Services that are named; the rarer ones are left out.
const MOST_SERVICES: i64 = 20;
/// Extensions are looked for in cases that were received at most so long before the month, ms: 180 days.
const LONGEST_CASE_MS: i64 = 180 * 24 * 3600 * 1000;

/// From when to when a month is, UTC ms; the end is outside.
pub fn month_span(month: Month) -> (i64, i64) {
    day::month(i64::from(month.year), i64::from(month.month))
}

/// So many of so many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Part {
    /// Of these ...
    pub whole: u64,
    /// ... so many.
    pub part: u64,
}

impl From<Share> for Part {
    fn from(share: Share) -> Self {
        Self { whole: share.whole, part: share.part }
    }
}

/// How many promises of a kind were made, kept, missed, or did not need to be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Ends {
    /// Made.
    pub made: u64,
    /// Kept in time.
    pub kept: u64,
    /// Missed, with a reason.
    pub missed: u64,
    /// Not needed any more.
    pub void: u64,
}

impl From<Tally> for Ends {
    fn from(tally: Tally) -> Self {
        let Tally { made, kept, missed, void } = tally;
        Self { made, kept, missed, void }
    }
}

/// Cases of a kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OfKind {
    /// `complaint`, `request`, ...
    pub kind: String,
    /// How many.
    pub count: u64,
}

/// Cases of a service.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OfService {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// How many.
    pub count: u64,
}

/// Cases of a day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OfDay {
    /// `YYYY-MM-DD`.
    pub day: String,
    /// Handed over on it.
    pub cases: u64,
}

/// The month before, to compare with.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Before {
    /// Cases that were handed over.
    pub cases: u64,
    /// Call-backs in time.
    pub on_time: Part,
    /// Satisfied with the reply.
    pub reply: Part,
    /// Satisfied.
    pub satisfied: Part,
    /// Contacts that the test has reached.
    pub reachable: Part,
}

/// The figures of a notice, as they are kept with it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct NoticeFigures {
    /// Calls in which the unit's windows were rung.
    pub calls: u64,
    /// Cases that were handed over to it.
    pub cases: u64,
    /// Hand-overs, further rounds too.
    pub handovers: u64,
    /// Of the hand-overs' promises those whose receipt came in time, urgent ones too.
    pub received_in_time: u64,
    /// Call-backs within ten minutes.
    pub on_time: Part,
    /// Satisfied with the reply.
    pub reply: Part,
    /// Satisfied.
    pub satisfied: Part,
    /// Done within the working days.
    pub work: Ends,
    /// The citizen was told who handles it.
    pub echo1: Ends,
    /// The citizen was told the result.
    pub echo2: Ends,
    /// The citizen was asked how it was.
    pub echo3: Ends,
    /// Extensions that it asked for.
    pub extensions: u64,
    /// Hand-overs of a second or later round.
    pub redo: u64,
    /// Contacts that the monthly test has reached.
    pub reachable: Part,
    /// Its cases by kind.
    pub kinds: Vec<OfKind>,
    /// Its cases by service, the most frequent first.
    pub services: Vec<OfService>,
    /// Its cases by day.
    pub by_day: Vec<OfDay>,
    /// The month before; `None`: there was nothing yet.
    pub before: Option<Before>,
}

impl NoticeFigures {
    /// As they stand in `monthly_notice.figures`.
    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Back from [`Self::write`]; `None`: this is none of ours.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

impl Store {
    /// Counts a month for a unit.
    ///
    /// # Errors
    /// The database's.
    pub async fn notice_figures(
        &self,
        settings: &Settings,
        now_utc_ms: i64,
        month: Month,
        unit: &str,
    ) -> Result<NoticeFigures, StoreError> {
        let mut moment = self.moment().await?;
        let made = notice(&mut moment, settings, now_utc_ms, month, unit).await;
        let (made, fresh) = made.map_err(|e| self.said(e))?;
        drop(moment);
        self.keep_days(fresh).await;
        Ok(made)
    }
}

/// The figures, and the days of calls that may be kept. `conn` is in a transaction.
pub(crate) async fn notice(
    conn: &mut Db,
    settings: &Settings,
    now_utc_ms: i64,
    month: Month,
    unit: &str,
) -> sqlx::Result<(NoticeFigures, Vec<(i64, ByUnit)>)> {
    let (from, to) = day::month(i64::from(month.year), i64::from(month.month));
    let before = (day::month_before(i64::from(month.year), i64::from(month.month)).0, from);
    let (counts, mut fresh) = count(conn, now_utc_ms, (from, to), unit).await?;
    let (counts_before, more) = count(conn, now_utc_ms, before, unit).await?;
    fresh.extend(more);
    let mut figures = of_counts(settings, &counts.whole);
    of_handovers(conn, &mut figures, unit, (from, to)).await?;
    let cases = cases(conn, unit, before).await?;
    figures.before = (cases > 0 || counts_before.whole != Counts::default())
        .then(|| Before { cases, ..before_of(settings, &counts_before.whole) });
    Ok((figures, fresh))
}

fn of_counts(settings: &Settings, counts: &Counts) -> NoticeFigures {
    let figures = counts.figures(settings);
    let of = |what: What| figures.promises.get(&what).copied().unwrap_or_default();
    NoticeFigures {
        calls: figures.desks.whole,
        received_in_time: of(What::Handover).kept.saturating_add(of(What::Urgent).kept),
        on_time: figures.on_time.into(),
        reply: figures.reply.into(),
        satisfied: figures.satisfied.into(),
        work: of(What::Work).into(),
        echo1: of(What::Echo1).into(),
        echo2: of(What::Echo2).into(),
        echo3: of(What::Echo3).into(),
        reachable: figures.reachable.into(),
        ..NoticeFigures::default()
    }
}

fn before_of(settings: &Settings, counts: &Counts) -> Before {
    let figures = counts.figures(settings);
    Before {
        cases: 0,
        on_time: figures.on_time.into(),
        reply: figures.reply.into(),
        satisfied: figures.satisfied.into(),
        reachable: figures.reachable.into(),
    }
}

async fn cases(conn: &mut Db, unit: &str, (from, to): (i64, i64)) -> sqlx::Result<u64> {
    const CASES: &str = "SELECT COUNT(DISTINCT case_id) FROM handover WHERE unit_code = $1 AND planned_at >= $2 AND planned_at < $3";
    let count = scalar(CASES).bind(unit).bind(from).bind(to);
    count.fetch_one(conn).await.map(small)
}

/// All by `handover_by_unit`: the hand-overs of one unit in one month.
async fn of_handovers(
    conn: &mut Db,
    figures: &mut NoticeFigures,
    unit: &str,
    (from, to): (i64, i64),
) -> sqlx::Result<()> {
    const WHOLE: &str = "SELECT COUNT(*) AS n, COUNT(CASE WHEN round > 1 THEN 1 END) AS again FROM handover \
         WHERE unit_code = $1 AND planned_at >= $2 AND planned_at < $3";
    const KINDS: &str = "SELECT kind, COUNT(DISTINCT cases.id) AS n FROM handover JOIN cases ON cases.id = case_id \
         WHERE handover.unit_code = $1 AND planned_at >= $2 AND planned_at < $3 GROUP BY kind ORDER BY 2 DESC, 1";
    const SERVICES: &str = "SELECT service_code, MAX(service.name) AS name, COUNT(DISTINCT cases.id) AS n FROM handover \
         JOIN cases ON cases.id = case_id LEFT JOIN service ON service.code = service_code \
         WHERE handover.unit_code = $1 AND planned_at >= $2 AND planned_at < $3 AND service_code IS NOT NULL \
         GROUP BY service_code ORDER BY 3 DESC, 1 LIMIT $4";
    const DAYS: &str = "SELECT (planned_at + 28800000) / 86400000 AS day, COUNT(*) AS n FROM handover \
         WHERE unit_code = $1 AND planned_at >= $2 AND planned_at < $3 GROUP BY 1 ORDER BY 1";
    const EXTENSIONS: &str = "SELECT COUNT(*) FROM cases JOIN extension ON extension.case_id = cases.id \
         WHERE cases.unit_code = $1 AND cases.received_at >= $2 AND cases.received_at < $3 AND asked_at >= $4 AND asked_at < $3";
    let row = query(WHOLE).bind(unit).bind(from).bind(to).fetch_one(&mut *conn).await?;
    figures.handovers = small(row.try_get("n")?);
    figures.redo = small(row.try_get("again")?);
    figures.cases = cases(conn, unit, (from, to)).await?;
    for row in query(KINDS).bind(unit).bind(from).bind(to).fetch_all(&mut *conn).await? {
        figures.kinds.push(OfKind { kind: row.try_get("kind")?, count: small(row.try_get("n")?) });
    }
    let services = query(SERVICES).bind(unit).bind(from).bind(to).bind(MOST_SERVICES);
    for row in services.fetch_all(&mut *conn).await? {
        figures.services.push(OfService {
            code: row.try_get("service_code")?,
            name: row.try_get::<Option<String>>("name")?.unwrap_or_default(),
            count: small(row.try_get("n")?),
        });
    }
    for row in query(DAYS).bind(unit).bind(from).bind(to).fetch_all(&mut *conn).await? {
        let day = day::written(row.try_get("day")?);
        figures.by_day.push(OfDay { day, cases: small(row.try_get("n")?) });
    }
    let asked = scalar(EXTENSIONS).bind(unit).bind(from.saturating_sub(LONGEST_CASE_MS));
    figures.extensions = small(asked.bind(to).bind(from).fetch_one(conn).await?);
    Ok(())
}
