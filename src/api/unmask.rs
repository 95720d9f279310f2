//! A caller's number in clear, for whoever leads and says why.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use call::action::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::extract::{Body, OfCall, Place};
use crate::problem::Problem;
use crate::recordings::said_why;
use crate::rooms::House;
use crate::who::Who;

/// Why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unmask {
    /// 1 to 200 characters; kept in the audit. Never write the number itself here.
    reason: String,
}

/// The number.
#[derive(Serialize, ToSchema)]
pub(crate) struct Number {
    /// As it was given by the carrier; null when it was withheld.
    number: Option<String>,
}

/// 显示主叫号码，须说明理由，留痕。A caller's number in clear, with a reason; kept in the audit first.
#[utoipa::path(post, path = "/api/v1/calls/{id}/unmask", tag = "calls", security(("token" = []), ("session" = [])), params(OfCall),
    request_body = Unmask, responses(
    (status = 200, body = Number, description = "The number"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused: 400 `no_reason`, 404 `no_such_call`"),
))]
pub(crate) async fn number(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfCall>,
    Body(ask): Body<Unmask>,
) -> Result<Json<Number>, ApiError> {
    let call = of.call()?;
    let reason = said_why(&ask.reason).ok_or(ApiError::NoReason)?;
    if has_number(&reason) {
        return Err(ApiError::BadBody("reason: write no number here, it would stand in the audit".into()));
    }
    let number = house.rooms.store.caller_number(call).await.map_err(ApiError::StoreAway)?;
    let number = number.ok_or(ApiError::Refused(Refusal::NoSuchCall))?;
    house.audit(&who, "call.unmask", &call.to_string(), &reason).await?;
    Ok(Json(Number { number: number.map(|n| n.reveal().to_owned()) }))
}

/// Digits enough for a number: the audit holds none.
fn has_number(reason: &str) -> bool {
    reason
        .split(|c: char| !c.is_ascii_digit() && c != ' ' && c != '-')
        .any(|run| run.chars().filter(char::is_ascii_digit).count() >= 7)
}
