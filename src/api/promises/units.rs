//! The units that cases are handed over to.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::rooms::House;

/// The units.
#[derive(Serialize, ToSchema)]
pub(crate) struct Units {
    /// By their code.
    units: Vec<UnitLine>,
}

/// A unit.
#[derive(Serialize, ToSchema)]
struct UnitLine {
    /// Its code.
    code: String,
    /// Its name.
    name: String,
}

/// 承办单位。The units of the configuration in use.
#[utoipa::path(get, path = "/api/v1/units", tag = "promises", security(("token" = [])), responses(
    (status = 200, body = Units, description = "The units"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn all(State(house): State<Arc<House>>) -> Json<Units> {
    let checked = house.rooms.current.now();
    let unit =
        |unit: &call::plan::Unit| UnitLine { code: unit.code.0.to_string(), name: unit.name.to_string() };
    Json(Units { units: checked.plan.units.values().map(unit).collect() })
}
