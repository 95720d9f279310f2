//! The calendar by the year: which days are worked, which are off, and why.

use std::sync::Arc;

use ::config::year::{YearDay, days};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::extract::Place;
use crate::problem::Problem;
use crate::rooms::House;

/// A year of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfYear {
    /// 2000 to 2099.
    #[param(value_type = i16, minimum = 2000, maximum = 2099)]
    year: String,
}

/// A year's days.
#[derive(Serialize, ToSchema)]
pub(crate) struct Year {
    year: i16,
    /// The year's notice of the State Council is loaded; else days off are the statutory ones, and can change.
    noticed: bool,
    days: Vec<DayLine>,
}

/// A day.
#[derive(Serialize, ToSchema)]
struct DayLine {
    /// `2026-10-01`
    date: String,
    /// `work`, `rest` (weekend), `holiday`, `make_up` (a weekend that is worked).
    kind: &'static str,
    /// Of which holiday; empty on other days.
    name: String,
}

/// 一年的工作日、休息日、节假日与调休。A year's days: worked, off, holidays, make-up days. As in use.
#[utoipa::path(get, path = "/api/v1/calendar/{year}", tag = "config", security(("token" = [])), params(OfYear), responses(
    (status = 200, body = Year, description = "The year"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn year(
    State(house): State<Arc<House>>,
    Place(of): Place<OfYear>,
) -> Result<Json<Year>, ApiError> {
    let year = of.year.parse().ok().filter(|y| (2000..2100).contains(y));
    let year: i16 = year.ok_or_else(|| ApiError::BadAddress("a year is 2000 to 2099".into()))?;
    let checked = house.rooms.behind.current();
    let holidays = &checked.plan.calendar.holidays;
    let line = |day: YearDay| DayLine { date: day.date, kind: day.kind, name: day.name };
    let days = days(holidays, year).into_iter().map(line).collect();
    Ok(Json(Year { year, noticed: holidays.covers(year), days }))
}
