//! A trunk tried from the screen: the doctor, and a test call.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::backstage::{Examined, Words};
use crate::error::ApiError;
use crate::extract::{Body, Place};
use crate::problem::Problem;
use crate::rooms::House;
use crate::who::Who;

/// A trunk of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfTrunk {
    /// As in trunks.toml.
    name: String,
}

/// Whom to call for a test.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Maybe {
    /// Make a test call to this number; two seconds of silence for whoever answers.
    number: Option<String>,
}

/// Whom to call for a test.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Callee {
    /// An ordinary number that somebody answers; never an emergency service.
    number: String,
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct Findings {
    findings: Vec<Finding>,
    /// Lines for trunks.toml that would mend it.
    proposal: Vec<String>,
}

/// One finding.
#[derive(Serialize, ToSchema)]
struct Finding {
    /// `good`, `warning`, `fault`.
    level: &'static str,
    /// What was seen, and what to do.
    zh: String,
    en: String,
}

impl From<Examined> for Findings {
    fn from(found: Examined) -> Self {
        let one = |(level, Words { zh, en })| Finding { level, zh, en };
        Self { findings: found.findings.into_iter().map(one).collect(), proposal: found.proposal }
    }
}

/// 中继医生：逐项尝试中继的设置。Try what a trunk claims, step by step, and say what to write. Takes up to a minute.
#[utoipa::path(post, path = "/api/v1/trunks/{name}/doctor", tag = "config", security(("token" = [])), params(OfTrunk),
    request_body = Maybe, responses(
    (status = 200, body = Findings, description = "What was found"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused: 422 `declined`"),
))]
pub(crate) async fn doctor(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfTrunk>,
    Body(Maybe { number }): Body<Maybe>,
) -> Result<Json<Findings>, ApiError> {
    examine(&house, &who, of, number).await
}

/// 经此中继试呼一个号码。Make a test call by this trunk: codecs, keys, timers and sound are tried with it.
#[utoipa::path(post, path = "/api/v1/trunks/{name}/test-call", tag = "config", security(("token" = [])), params(OfTrunk),
    request_body = Callee, responses(
    (status = 200, body = Findings, description = "What was found"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused: 422 `declined`"),
))]
pub(crate) async fn test_call(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfTrunk>,
    Body(Callee { number }): Body<Callee>,
) -> Result<Json<Findings>, ApiError> {
    examine(&house, &who, of, Some(number)).await
}

async fn examine(
    house: &House,
    who: &Who,
    of: OfTrunk,
    number: Option<String>,
) -> Result<Json<Findings>, ApiError> {
    let Ok(_one) = house.examining.try_acquire() else { return Err(ApiError::Examining) };
    // Whom it calls is a number of somebody: the line says only that it did.
    let what = if number.is_some() { "trunk.called" } else { "trunk.examined" };
    house.audit_soon(who, what, &of.name, "");
    let found = house.rooms.behind.examine(of.name, number).await;
    Ok(Json(found.map_err(ApiError::Declined)?.into()))
}
