//! What the figures of calls are counted from: the calls and rung windows of a time, and the days that were counted before.

use std::collections::{BTreeMap, BTreeSet};

use call::ids::CallId;

use crate::day::day_no;
use crate::db::{big, small};
use crate::either::{Db, query, scalar};
use crate::promise::figures::Counts;

/// The unit under which the whole house is counted.
pub(crate) const EVERYBODY: &str = "";
/// Says that a day is here.
const COUNTED: &str = "counted";

/// By unit; [`EVERYBODY`] is the whole house.
pub(crate) type ByUnit = BTreeMap<String, Counts>;

/// The calls of this time, and the windows that were rung in them.
pub(crate) async fn by_unit(conn: &mut Db, span: (i64, i64)) -> sqlx::Result<ByUnit> {
    let mut found = ByUnit::new();
    calls(conn, span, &mut found).await?;
    desks(conn, span, &mut found).await?;
    Ok(found)
}

/// The citizens' calls that were offered in this time and are over. `call_over` holds all that is asked for.
pub(crate) async fn calls(conn: &mut Db, (from, to): (i64, i64), into: &mut ByUnit) -> sqlx::Result<()> {
    const CALLS: &str = "SELECT COUNT(*) AS whole, COUNT(operator_id) AS answered, \
         COUNT(CASE WHEN operator_id IS NOT NULL AND wait_ms <= 15000 THEN 1 END) AS within_15, \
         COUNT(CASE WHEN operator_id IS NOT NULL AND wait_ms <= 30000 THEN 1 END) AS within_30, \
         COUNT(CASE WHEN operator_id IS NOT NULL AND outcome IN ('on_spot', 'bridged') THEN 1 END) AS on_spot \
         FROM call WHERE offered_at >= $1 AND offered_at < $2 AND direction = 'in' AND ended_at IS NOT NULL";
    let row = query(CALLS).bind(from).bind(to).fetch_one(conn).await?;
    let counts = into.entry(EVERYBODY.to_owned()).or_default();
    for name in ["whole", "answered", "within_15", "within_30", "on_spot"] {
        counts.add(&format!("calls.{name}"), small(row.try_get(name)?));
    }
    Ok(())
}

/// A unit's windows that were rung in these calls, each call once, and whether one of them came. A call's id begins with
/// the moment of its offer, so that `leg_by_party` is entered at it for each member of a window.
async fn desks(conn: &mut Db, (from, to): (i64, i64), into: &mut ByUnit) -> sqlx::Result<()> {
    // LEFT JOIN, for it keeps the order: members first, then the legs of each.
    const RUNG: &str = "SELECT unit_code, COUNT(call_id) AS whole, SUM(took) AS part FROM (\
         SELECT member.unit_code AS unit_code, leg.call_id AS call_id, \
         MAX(CASE WHEN leg.joined_at IS NOT NULL THEN 1 ELSE 0 END) AS took FROM (\
         SELECT staff_no, MIN(desk.unit_code) AS unit_code FROM desk_member JOIN desk ON desk.no = desk_member.desk_no \
         GROUP BY staff_no) AS member \
         LEFT JOIN leg ON leg.seat = 'desk' AND leg.party_ref = member.staff_no AND leg.call_id >= $1 AND leg.call_id < $2 \
         GROUP BY member.unit_code, leg.call_id) AS rung WHERE call_id IS NOT NULL GROUP BY unit_code";
    let first = |at: i64| CallId(u128::try_from(at).unwrap_or(0) << 80).to_string();
    let rows = query(RUNG).bind(first(from)).bind(first(to)).fetch_all(conn).await?;
    for row in &rows {
        for unit in [row.try_get("unit_code")?, EVERYBODY.to_owned()] {
            let counts = into.entry(unit).or_default();
            counts.add("desks.whole", small(row.try_get("whole")?));
            counts.add("desks.part", small(row.try_get::<Option<i64>>("part")?.unwrap_or(0)));
        }
    }
    Ok(())
}

/// Keeps days; what is here of one is replaced.
pub(crate) async fn keep(conn: &mut Db, days: &[(i64, ByUnit)]) -> sqlx::Result<()> {
    const ROW: &str = "INSERT INTO call_day (unit_code, day, what, count) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (unit_code, day, what) DO UPDATE SET count = excluded.count";
    for (day, units) in days {
        let mut rows = vec![(EVERYBODY, COUNTED, 1)];
        for (unit, counts) in units {
            rows.extend(counts.0.iter().map(|(what, n)| (unit.as_str(), what.as_str(), *n)));
        }
        for (unit, what, n) in rows {
            query(ROW).bind(unit).bind(*day).bind(what).bind(big(n)).execute(&mut *conn).await?;
        }
    }
    Ok(())
}

/// Of these days those that are here.
async fn here(conn: &mut Db, (first, last): (i64, i64)) -> sqlx::Result<BTreeSet<i64>> {
    const HERE: &str =
        "SELECT day FROM call_day WHERE unit_code = $1 AND day BETWEEN $2 AND $3 AND what = $4";
    let days = scalar(HERE).bind(EVERYBODY).bind(first).bind(last).bind(COUNTED);
    Ok(days.fetch_all(conn).await?.into_iter().collect())
}

/// The counts of a unit on each of these days that is here.
pub(crate) async fn known(
    conn: &mut Db,
    unit: &str,
    days: (i64, i64),
) -> sqlx::Result<BTreeMap<i64, Counts>> {
    const ROWS: &str =
        "SELECT day, what, count FROM call_day WHERE unit_code = $1 AND day BETWEEN $2 AND $3 AND what <> $4";
    // A day without anything of the unit has no row of it.
    let mut found: BTreeMap<i64, Counts> =
        here(conn, days).await?.into_iter().map(|day| (day, Counts::default())).collect();
    let rows = query(ROWS).bind(unit).bind(days.0).bind(days.1).bind(COUNTED);
    for row in rows.fetch_all(conn).await? {
        if let Some(counts) = found.get_mut(&row.try_get::<i64>("day")?) {
            counts.add(row.try_get("what")?, small(row.try_get("count")?));
        }
    }
    Ok(found)
}

/// The newest day up to this one that is not here, not older than the first call nor than so many days.
pub(crate) async fn uncounted(conn: &mut Db, newest: i64, back: i64) -> sqlx::Result<Option<i64>> {
    let first: Option<i64> = scalar("SELECT MIN(offered_at) FROM call").fetch_one(&mut *conn).await?;
    let Some(first) = first else { return Ok(None) };
    let oldest = day_no(first).max(newest.saturating_sub(back));
    let here = here(conn, (oldest, newest)).await?;
    Ok((oldest..=newest).rev().find(|day| !here.contains(day)))
}
