//! The published figures of any time, of the whole house or of a unit; and the last 24 hours.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use promise::{Share, Tally, What};
use serde::{Deserialize, Serialize};
use store::promises::{Counts, MOST_DAYS};
use utoipa::{IntoParams, ToSchema};

use super::scope;
use crate::error::ApiError;
use crate::extract::Ask;
use crate::problem::Problem;
use crate::rooms::House;
use crate::who::Who;

/// Of all calls of any 24 hours so many thousandths are answered within 15 s (GB/T 33358-2016).
const GOAL_PERMILLE: u32 = 950;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// Which figures.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichFigures {
    /// From here, UTC ms.
    from: i64,
    /// Until here, UTC ms, outside.
    to: i64,
    /// Of this unit; else of the whole house. A window's are always those of its own unit.
    unit: Option<String>,
}

/// A time of an address.
pub(crate) fn span(from: i64, to: i64) -> Result<(i64, i64), ApiError> {
    let length = to.checked_sub(from).filter(|length| *length > 0);
    match length {
        Some(length) if from >= 0 && length <= MOST_DAYS * DAY_MS => Ok((from, to)),
        _ => Err(ApiError::BadAddress(format!("from and to are UTC ms, at most {MOST_DAYS} days apart"))),
    }
}

/// So many of so many.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[schema(as = Share)]
pub(crate) struct ShareJson {
    /// Of these ...
    pub(crate) whole: u64,
    /// ... so many.
    pub(crate) part: u64,
}

impl From<Share> for ShareJson {
    fn from(share: Share) -> Self {
        Self { whole: share.whole, part: share.part }
    }
}

/// How promises of a kind ended.
#[derive(Serialize, ToSchema)]
struct Promised {
    /// `handover`, `callback`, `check`, ...
    what: &'static str,
    /// Its row in the hotline's list of promises.
    row: u8,
    /// Made.
    made: u64,
    /// Kept in time.
    kept: u64,
    /// Missed, with a reason.
    missed: u64,
    /// Not needed any more.
    void: u64,
}

/// The calls of the last 24 hours.
#[derive(Serialize, ToSchema)]
struct LastDay {
    /// Calls that are over.
    whole: u64,
    /// Answered within 15 s.
    part: u64,
    /// So many thousandths ought to be.
    goal_permille: u32,
}

/// A day's figures.
#[derive(Serialize, ToSchema)]
struct FigureDay {
    /// `2026-11-02`
    day: String,
    /// Call-backs within ten minutes.
    on_time: ShareJson,
    /// Satisfied, of those who said how it was.
    satisfied: ShareJson,
    /// Calls that were answered within 15 s.
    within_15: ShareJson,
    /// Calls that were settled on the spot, of those that were answered.
    on_spot: ShareJson,
}

/// The figures.
#[derive(Serialize, ToSchema)]
#[schema(as = Figures)]
pub(crate) struct FiguresJson {
    /// Rows 1 and 7 to 19: each promise.
    promises: Vec<Promised>,
    /// Row 10: call-backs within ten minutes; a claimed one that the citizen denies is none.
    on_time: ShareJson,
    /// Row 10: satisfied with the reply.
    reply: ShareJson,
    /// Row 17: satisfied, in all questions that were answered.
    satisfied: ShareJson,
    /// Row 4: settled on the spot, of the calls that were answered.
    on_spot: ShareJson,
    /// Of all calls those that were answered within 15 s ...
    within_15: ShareJson,
    /// ... and within 30 s.
    within_30: ShareJson,
    /// Windows that took their three-way calls.
    desks: ShareJson,
    /// Row 19: contacts that the monthly test has reached.
    reachable: ShareJson,
    /// The last 24 hours, whatever was asked for.
    last_24h: LastDay,
    /// Each day, oldest first.
    by_day: Vec<FigureDay>,
}

/// 公示指标。The published figures of a time; calls belong to no unit, so that a unit has none but its windows' answers.
#[utoipa::path(get, path = "/api/v1/figures", tag = "promises", security(("token" = [])), params(WhichFigures), responses(
    (status = 200, body = FiguresJson, description = "The figures"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn figures(
    State(house): State<Arc<House>>,
    who: Who,
    Ask(which): Ask<WhichFigures>,
) -> Result<Json<FiguresJson>, ApiError> {
    let span = span(which.from, which.to)?;
    let unit = match scope(&house, &who) {
        store::promises::Scope::House => which.unit,
        store::promises::Scope::Units(units) => {
            let own = which.unit.filter(|unit| units.contains(unit)).or_else(|| units.first().cloned());
            Some(own.ok_or(ApiError::NotYours)?)
        }
    };
    let (store, now) = (&house.rooms.store, house.promise_now());
    let counted = store.promise_counts(now, span, unit.as_deref()).await.map_err(ApiError::StoreAway)?;
    let last = store.answered_in_time(now).await.map_err(ApiError::StoreAway)?;
    let checked = house.rooms.current.now();
    let settings = &checked.settings.promises.settings;
    let whole = counted.whole.figures(settings);
    let promised = |what: What| {
        let Tally { made, kept, missed, void } = whole.promises.get(&what).copied().unwrap_or_default();
        Promised { what: what.word(), row: what.row(), made, kept, missed, void }
    };
    let day = |(day, counts): (String, Counts)| {
        let figures = counts.figures(settings);
        FigureDay {
            day,
            on_time: figures.on_time.into(),
            satisfied: figures.satisfied.into(),
            within_15: figures.within_15.into(),
            on_spot: figures.on_spot.into(),
        }
    };
    Ok(Json(FiguresJson {
        promises: What::ALL.into_iter().map(promised).collect(),
        on_time: whole.on_time.into(),
        reply: whole.reply.into(),
        satisfied: whole.satisfied.into(),
        on_spot: whole.on_spot.into(),
        within_15: whole.within_15.into(),
        within_30: whole.within_30.into(),
        desks: whole.desks.into(),
        reachable: whole.reachable.into(),
        last_24h: LastDay { whole: last.whole, part: last.part, goal_permille: GOAL_PERMILLE },
        by_day: counted.days.into_iter().map(day).collect(),
    }))
}
