//! Who is listed and why, how busy the house is, and what goes out: read, pardoned, stopped and allowed again here.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use switchboard::Origin;
use switchboard::contract::GuardView;
use utoipa::{IntoParams, ToSchema};

use super::{Answers, give};
use crate::error::ApiError;
use crate::extract::{Body, KeyHeader, Place};
use crate::idempotency::{Asked, Key};
use crate::problem::Problem;
use crate::rooms::House;
use crate::shapes::Switch;
use crate::who::Who;

/// The guard.
#[derive(Serialize, ToSchema)]
pub(crate) struct Guard {
    /// Sources of which nothing new is heard now, the most persistent first.
    listed: Vec<Source>,
    /// How often a source was listed since the start.
    listed_total: u64,
    /// Messages of them that were dropped since the start.
    dropped_total: u64,
    /// User names that are guessed at now: only their registered phones may use them.
    names_locked: usize,
    /// The part of new calls that is told to come later (503) now, 0 to 1.
    refusing: f64,
    /// Requests that were told so since the start.
    refused_total: u64,
    /// How long a message waits for the switchboard, milliseconds, as measured last.
    lag_ms: u64,
    /// Calls to the world outside.
    outbound: Outbound,
}

/// A listed source.
#[derive(Serialize, ToSchema)]
pub(crate) struct Source {
    /// An IPv4 address, or an IPv6 /64.
    #[schema(example = "192.0.2.7")]
    source: String,
    /// Since when, UTC milliseconds.
    since: i64,
    /// For how many seconds still.
    seconds_left: u64,
    /// `scanner`, `guessing`, `probing`, `garbage`, `knocking`.
    why: &'static str,
    /// What was counted until it was listed.
    deeds: u32,
    /// How often it was listed.
    times: u32,
    /// Messages that were dropped since.
    dropped: u64,
}

/// Calls to the world outside.
#[derive(Serialize, ToSchema)]
pub(crate) struct Outbound {
    /// None goes out now, but to emergency services.
    stopped: bool,
    /// Why: `calls_a_minute`, `calls_a_day`, `calls_of_a_desk`, `calls_to_a_number`, `denied_numbers`, `order`.
    why: Option<&'static str>,
    /// Since when, UTC milliseconds.
    since: Option<i64>,
    /// Calls that went out today.
    today: u32,
    /// Calls that were refused since the start.
    refused_total: u64,
}

impl From<GuardView> for Guard {
    fn from(view: GuardView) -> Self {
        let source = |row: &switchboard::Listed| Source {
            source: row.origin.to_string(),
            since: row.since_ms,
            seconds_left: row.left.as_secs(),
            why: row.reason.word(),
            deeds: row.deeds,
            times: row.times,
            dropped: row.dropped,
        };
        Self {
            listed: view.listed.iter().map(source).collect(),
            listed_total: view.counts.0,
            dropped_total: view.counts.1,
            names_locked: view.names_locked,
            refusing: view.refusing,
            refused_total: view.refused,
            lag_ms: u64::try_from(view.load.lag.as_millis()).unwrap_or(u64::MAX),
            outbound: Outbound {
                stopped: view.outbound.stopped.is_some(),
                why: view.outbound.stopped.map(|(why, _)| why.word()),
                since: view.outbound.stopped.map(|(_, since)| since),
                today: view.outbound.today,
                refused_total: view.outbound.refused,
            },
        }
    }
}

/// 防护名单与负荷。Who is listed and why, and how busy the house is.
#[utoipa::path(get, path = "/api/v1/guard", tag = "house", security(("token" = [])), responses(
    (status = 200, body = Guard, description = "The guard"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn guard(State(house): State<Arc<House>>) -> Result<Json<Guard>, ApiError> {
    Ok(Json(house.rooms.handle.guard().await?.into()))
}

/// A source of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfSource {
    /// An address; of an IPv6 /64 any address in it, without `/64`.
    source: String,
}

/// 解除名单。Take a source off the list; one that is not on it changes nothing.
#[utoipa::path(delete, path = "/api/v1/guard/{source}", tag = "house", security(("token" = [])),
    params(OfSource, KeyHeader), responses(Answers))]
pub(crate) async fn pardon(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfSource>,
    key: Key,
) -> Result<Response, ApiError> {
    let origin: Origin =
        of.source.parse().map_err(|_| ApiError::BadAddress("source is an IP address".into()))?;
    give(house, who, key, Asked::Pardon(origin)).await
}

/// 停止或恢复外呼（紧急电话不受影响）。Stop calls to the world outside, or allow them again; emergency services are always
/// reached.
#[utoipa::path(post, path = "/api/v1/outbound", tag = "house", security(("token" = [])),
    params(KeyHeader), request_body = Switch, responses(Answers))]
pub(crate) async fn outbound(
    State(house): State<Arc<House>>,
    who: Who,
    key: Key,
    Body(Switch { on }): Body<Switch>,
) -> Result<Response, ApiError> {
    give(house, who, key, Asked::Outbound(on)).await
}
