//! Orders that are about no single call: an operator's state, and taking no new calls.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use call::action::Answer;
use call::event::Order;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Answers, give};
use crate::calls::staff;
use crate::error::ApiError;
use crate::extract::{Body, KeyHeader, Place};
use crate::idempotency::{Asked, Key};
use crate::problem::Problem;
use crate::rooms::House;
use crate::shapes::{NewState, Operator, Operators, Switch, state_word};
use crate::who::Who;

/// 话务员与状态。The operators and their states.
#[utoipa::path(get, path = "/api/v1/operators", tag = "operators", security(("token" = [])), responses(
    (status = 200, body = Operators, description = "The operators"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn operators(State(house): State<Arc<House>>) -> Result<Json<Operators>, ApiError> {
    let answer = house.rooms.handle.order(Order::ListAgents).await?.map_err(ApiError::Refused)?;
    let Answer::Agents(agents) = answer else {
        return Err(ApiError::Internal("the core answered something else"));
    };
    let names = house.rooms.current.names();
    let operator = |(staff, phone, state): (call::ids::StaffNo, call::ids::Name, _)| Operator {
        name: names.show(&staff.0),
        staff: staff.0.to_string(),
        phone: phone.to_string(),
        state: state_word(state),
    };
    Ok(Json(Operators { operators: agents.into_iter().map(operator).collect() }))
}

/// An operator of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfStaff {
    /// Staff number.
    staff: String,
}

/// 设置话务员状态。Set an operator's state.
#[utoipa::path(post, path = "/api/v1/operators/{staff}/state", tag = "operators", security(("token" = [])),
    params(OfStaff, KeyHeader), request_body = NewState, responses(Answers))]
pub(crate) async fn state(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfStaff>,
    key: Key,
    Body(NewState { state }): Body<NewState>,
) -> Result<Response, ApiError> {
    give(house, who, key, Asked::Order(Order::Agent(staff(&of.staff)?, state.into()))).await
}

/// 停止或恢复接收新来电，现有通话不受影响。Take no new calls, or take them again; calls in progress go on.
#[utoipa::path(post, path = "/api/v1/drain", tag = "house", security(("token" = [])),
    params(KeyHeader), request_body = Switch, responses(Answers))]
pub(crate) async fn drain(
    State(house): State<Arc<House>>,
    who: Who,
    key: Key,
    Body(Switch { on }): Body<Switch>,
) -> Result<Response, ApiError> {
    give(house, who, key, Asked::Drain(on)).await
}
