//! The published figures of any time and unit, from counts: whole days of promises stand in `day_count`, of calls in `call_day`;
//! the edges of a time, and calls of days that are not over for good, are counted now.
//!
//! What is counted are facts and calls one by one, so that [`promise::Figures::recount`] over all of them gives the same. No
//! question reads more of them than two days and two edges have, however large the store is.

use std::collections::{BTreeMap, HashMap};

use promise::{Fact, Figures, Of, Settings, Share, What};

use crate::clerk::errand;
use crate::day::{day_no, span_of};
use crate::db::small;
use crate::either::{Db, Row, query};
use crate::error::StoreError;
use crate::promise::call_days::{self, ByUnit, EVERYBODY};
use crate::store::Store;

/// Days of the longest time that is asked for at once.
pub const MOST_DAYS: i64 = 800;
const DAY_MS: i64 = 24 * 3600 * 1000;
/// A day's calls are over for good so long after its end: none of them runs any more, and what a database that was away has
/// kept waiting is written.
const SETTLED_MS: i64 = DAY_MS;
/// Days that one question writes down at most; further ones are counted all the same.
const MOST_KEPT: usize = 40;

/// How often something happened, by name: `work.kept`, `check.score5`, `reach.yes`, `calls.whole`, `desks.part`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts(pub(crate) BTreeMap<String, u64>);

impl Counts {
    /// So often.
    pub fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or(0)
    }

    /// So often more.
    pub(crate) fn add(&mut self, what: &str, n: u64) {
        if n > 0 {
            let count = self.0.entry(what.to_owned()).or_default();
            *count = count.saturating_add(n);
        }
    }

    /// Those of another time too.
    pub(crate) fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(what, n)| self.add(what, *n));
    }

    /// What they make of the published figures.
    pub fn figures(&self, settings: &Settings) -> Figures {
        let mut figures = Figures::default();
        for what in What::ALL {
            let of = |end: &str| self.of(&format!("{}.{end}", what.word()));
            let tally =
                promise::Tally { made: of("made"), kept: of("kept"), missed: of("missed"), void: of("void") };
            if tally != promise::Tally::default() {
                figures.promises.insert(what, tally);
            }
            let score = |score: u8| self.of(&format!("{}.score{score}", what.word()));
            let share = Share {
                whole: (0..=u8::MAX).map(score).sum(),
                part: (settings.bad_score.saturating_add(1)..=u8::MAX).map(score).sum(),
            };
            figures.satisfied.whole = figures.satisfied.whole.saturating_add(share.whole);
            figures.satisfied.part = figures.satisfied.part.saturating_add(share.part);
            if what == What::Check {
                figures.reply = share;
            }
        }
        let call_backs = figures.promises.get(&What::CallBack).copied().unwrap_or_default();
        figures.denied = self.of("callback.disputed");
        figures.on_time = Share {
            whole: call_backs.kept.saturating_add(call_backs.missed),
            part: call_backs.kept.saturating_sub(figures.denied),
        };
        let (yes, no) = (self.of("reach.yes"), self.of("reach.no"));
        figures.reachable = Share { whole: yes.saturating_add(no), part: yes };
        let share = |whole: &str, part: &str| Share { whole: self.of(whole), part: self.of(part) };
        figures.within_15 = share("calls.whole", "calls.within_15");
        figures.within_30 = share("calls.whole", "calls.within_30");
        figures.on_spot = share("calls.answered", "calls.on_spot");
        figures.desks = share("desks.whole", "desks.part");
        figures
    }

    /// One fact; what no figure is made of counts nothing.
    pub(crate) fn fact(&mut self, fact: &Fact) {
        let name = match fact {
            Fact::Promised(pledge) => format!("{}.made", pledge.what.word()),
            Fact::Ended(what, promise::End::Kept(_)) => format!("{}.kept", what.word()),
            Fact::Ended(what, promise::End::Missed(_)) => format!("{}.missed", what.word()),
            Fact::Ended(what, promise::End::Void(_)) => format!("{}.void", what.word()),
            Fact::Disputed(what) => format!("{}.disputed", what.word()),
            Fact::Scored(what, answers, _) => match answers.score {
                Some(score) => format!("{}.score{score}", what.word()),
                None => return,
            },
            Fact::Reached(_, yes) => format!("reach.{}", if *yes { "yes" } else { "no" }),
            _ => return,
        };
        self.add(&name, 1);
    }
}

/// Counts of a time, whole and by day.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counted {
    /// All of it.
    pub whole: Counts,
    /// Each day (`YYYY-MM-DD` in Asia/Shanghai), oldest first.
    pub days: Vec<(String, Counts)>,
}

impl Store {
    /// What is counted from `from` to `to` (UTC ms, exclusive; at most [`MOST_DAYS`]), of a unit or of the whole house. Calls
    /// belong to no unit: those of a unit are the ones in which its windows were rung.
    ///
    /// # Errors
    /// The database's.
    pub async fn promise_counts(
        &self,
        now_utc_ms: i64,
        (from, to): (i64, i64),
        unit: Option<&str>,
    ) -> Result<Counted, StoreError> {
        let unit = unit.unwrap_or(EVERYBODY);
        let mut moment = self.moment().await?;
        let counted = count(&mut moment, now_utc_ms, (from, to), unit).await;
        let (counted, fresh) = counted.map_err(|e| self.said(e))?;
        drop(moment);
        self.keep_days(fresh).await;
        Ok(counted)
    }

    /// Of the calls of the last 24 h those that were answered within 15 s.
    ///
    /// # Errors
    /// The database's.
    pub async fn answered_in_time(&self, now_utc_ms: i64) -> Result<Share, StoreError> {
        let mut conn = self.reader().await?;
        let mut found = ByUnit::new();
        let span = (now_utc_ms.saturating_sub(DAY_MS), now_utc_ms);
        call_days::calls(&mut conn, span, &mut found).await.map_err(|e| self.said(e))?;
        let counts = found.remove(EVERYBODY).unwrap_or_default();
        Ok(Share { whole: counts.of("calls.whole"), part: counts.of("calls.within_15") })
    }

    /// Counts the calls of one day that is over and that nobody has counted yet, the newest first; `false`: there is none. For
    /// a task that does it while nobody waits for an answer.
    ///
    /// # Errors
    /// The database's.
    pub async fn count_a_day(&self, now_utc_ms: i64) -> Result<bool, StoreError> {
        let newest = day_no(now_utc_ms.saturating_sub(SETTLED_MS)).saturating_sub(1);
        let mut moment = self.moment().await?;
        let found = async {
            let day = call_days::uncounted(&mut moment, newest, MOST_DAYS).await?;
            let Some(day) = day else { return Ok(None) };
            Ok(Some((day, call_days::by_unit(&mut moment, span_of(day)).await?)))
        };
        let found: Result<_, sqlx::Error> = found.await;
        drop(moment);
        let Some(fresh) = found.map_err(|e| self.said(e))? else { return Ok(false) };
        self.keep_days(vec![fresh]).await;
        Ok(true)
    }

    /// A question must not fail because its answer is not kept.
    pub(crate) async fn keep_days(&self, fresh: Vec<(i64, ByUnit)>) {
        if fresh.is_empty() {
            return;
        }
        let keep = errand(move |conn| Box::pin(async move { call_days::keep(conn, &fresh).await }));
        if let Err(why) = self.clerk().write(keep).await {
            tracing::warn!(%why, "the calls of a day are not kept as counts: they are counted again when they are asked for");
        }
    }
}

/// The answer, and the days of calls that may be kept.
pub(crate) async fn count(
    conn: &mut Db,
    now: i64,
    (from, to): (i64, i64),
    unit: &str,
) -> sqlx::Result<(Counted, Vec<(i64, ByUnit)>)> {
    let (mut counted, mut fresh) = (Counted::default(), Vec::new());
    // Nothing has happened yet of what is to come.
    let to = to.min(day_no(now).saturating_add(1).saturating_mul(DAY_MS));
    if from >= to {
        return Ok((counted, fresh));
    }
    let (first, last) = (day_no(from), day_no(to - 1));
    let first = first.max(last.saturating_sub(MOST_DAYS));
    let mut promised = days_of_promises(conn, unit, (first, last)).await?;
    let mut called = call_days::known(conn, unit, (first, last)).await?;
    for day in first..=last {
        let (begins, ends) = span_of(day);
        let part = (begins.max(from), ends.min(to));
        let is_whole = part == (begins, ends);
        let mut counts = match promised.remove(&day) {
            Some(counts) if is_whole => counts,
            None if is_whole => Counts::default(),
            _ => facts(conn, part, unit).await?,
        };
        match called.remove(&day).filter(|_| is_whole) {
            Some(calls) => counts.merge(&calls),
            None => {
                let all = call_days::by_unit(conn, part).await?;
                all.get(unit).into_iter().for_each(|calls| counts.merge(calls));
                if is_whole && ends.saturating_add(SETTLED_MS) <= now && fresh.len() < MOST_KEPT {
                    fresh.push((day, all));
                }
            }
        }
        counted.whole.merge(&counts);
        counted.days.push((crate::day::written(day), counts));
    }
    Ok((counted, fresh))
}

async fn days_of_promises(
    conn: &mut Db,
    unit: &str,
    (first, last): (i64, i64),
) -> sqlx::Result<BTreeMap<i64, Counts>> {
    const ROWS: &str =
        "SELECT day, what, count FROM day_count WHERE unit_code = $1 AND day BETWEEN $2 AND $3";
    let mut found: BTreeMap<i64, Counts> = BTreeMap::new();
    for row in query(ROWS).bind(unit).bind(first).bind(last).fetch_all(conn).await? {
        let counts = found.entry(row.try_get("day")?).or_default();
        counts.add(row.try_get("what")?, small(row.try_get("count")?));
    }
    Ok(found)
}

/// The facts of a part of a day (`fact_by_time`), of a unit those of its time.
async fn facts(conn: &mut Db, (from, to): (i64, i64), unit: &str) -> sqlx::Result<Counts> {
    const FACTS: &str = "SELECT owner, no, at, kind, what FROM fact \
         WHERE at >= $1 AND at < $2 AND kind IN ('promised', 'ended', 'disputed', 'scored', 'reached')";
    let rows = query(FACTS).bind(from).bind(to).fetch_all(conn).await?;
    let whose = if unit == EVERYBODY { None } else { Some(Whose::read(conn, (from, to)).await?) };
    let mut counts = Counts::default();
    for row in rows {
        let Some(fact) = Fact::read(row.try_get("kind")?, row.try_get("what")?) else { continue };
        if whose.as_ref().map_or(Ok(true), |whose| whose.is_of(&row, &fact, unit))? {
            counts.fact(&fact);
        }
    }
    Ok(counts)
}

/// Whose the facts of a time are: of a promise that ended the unit's that it was made by, else the one's that was named last.
struct Whose {
    /// By owner, promise and end.
    ended: HashMap<(String, String, i64), Option<String>>,
    /// By owner, with the numbers of those facts, in their order.
    named: HashMap<String, Vec<(i64, String)>>,
}

impl Whose {
    /// All at once, for a question for each fact costs more than the facts.
    async fn read(conn: &mut Db, (from, to): (i64, i64)) -> sqlx::Result<Self> {
        const ENDED: &str = "SELECT owner, what, ended_at, unit_code FROM promise \
             WHERE ended_at >= $1 AND ended_at < $2 AND ended_at IS NOT NULL ORDER BY owner, rev DESC";
        const NAMED: &str = "SELECT owner, no, what FROM fact WHERE kind = 'assigned' AND owner IN (SELECT owner FROM fact \
             WHERE at >= $1 AND at < $2 AND kind IN ('promised', 'disputed', 'scored', 'reached')) ORDER BY owner, no";
        let mut whose = Self { ended: HashMap::new(), named: HashMap::new() };
        for row in query(ENDED).bind(from).bind(to).fetch_all(conn).await? {
            let key = (row.try_get("owner")?, row.try_get("what")?, row.try_get("ended_at")?);
            whose.ended.insert(key, row.try_get("unit_code")?);
        }
        for row in query(NAMED).bind(from).bind(to).fetch_all(conn).await? {
            let Some(Fact::Assigned(unit)) = Fact::read("assigned", row.try_get("what")?) else { continue };
            let named = whose.named.entry(row.try_get("owner")?).or_default();
            named.push((row.try_get("no")?, unit.to_string()));
        }
        Ok(whose)
    }

    fn is_of(&self, row: &Row, fact: &Fact, unit: &str) -> sqlx::Result<bool> {
        let owner: String = row.try_get("owner")?;
        if let Fact::Ended(what, _) = fact {
            let key = (owner, what.word().to_owned(), row.try_get("at")?);
            return Ok(self.ended.get(&key).is_some_and(|of| of.as_deref() == Some(unit)));
        }
        if let Some(Of::Notice(_, of) | Of::Reach(_, of)) = Of::parse(&owner) {
            return Ok(*of == *unit);
        }
        let no: i64 = row.try_get("no")?;
        let named = self.named.get(&owner).into_iter().flatten().take_while(|(at, _)| *at <= no).last();
        Ok(named.is_some_and(|(_, of)| of == unit))
    }
}
