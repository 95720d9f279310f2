//! Trunks: how each stands, in words and figures.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use switchboard::contract::TrunkView;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::problem::Problem;
use crate::rooms::House;

/// All trunks.
#[derive(Serialize, ToSchema)]
pub(crate) struct Trunks {
    /// In the order of trunks.toml.
    trunks: Vec<Trunk>,
}

/// One trunk. Times are UTC ms.
#[derive(Serialize, ToSchema)]
pub(crate) struct Trunk {
    /// As in trunks.toml.
    name: String,
    /// Calls can be expected to go out by it.
    up: bool,
    /// `incoming`, `unproven`, `up`, `silent`, `resting`, `nowhere`, `unregistered` or `stopped`.
    state: &'static str,
    /// The state in words, and what to do, Chinese.
    zh: String,
    /// The same in English.
    en: String,
    /// Since when.
    since: i64,
    /// We are registered there until then.
    registered_until: Option<i64>,
    /// When it answered or called last.
    last_heard: Option<i64>,
    /// The status of that answer; 0 for a request of its own.
    last_status: Option<u16>,
    /// Calls over it now.
    taken: u32,
    /// Most calls over it at once.
    channels: u32,
    /// In the order in which they are tried.
    destinations: Vec<Destination>,
}

/// Where a trunk leads.
#[derive(Serialize, ToSchema)]
pub(crate) struct Destination {
    /// Transport and address.
    to: String,
    /// It can be expected to answer.
    good: bool,
}

impl From<TrunkView> for Trunk {
    fn from(view: TrunkView) -> Self {
        let ways = view.destinations.into_iter();
        Self {
            name: view.name.to_string(),
            up: view.up,
            state: view.state,
            zh: view.zh,
            en: view.en,
            since: view.since,
            registered_until: view.registered_until,
            last_heard: view.last_answer.map(|(at, _)| at),
            last_status: view.last_answer.map(|(_, status)| status),
            taken: view.taken,
            channels: view.channels,
            destinations: ways.map(|(to, good)| Destination { to, good }).collect(),
        }
    }
}

/// 中继状态。How each trunk stands: up or not and since when, registered until when, the last answer, calls over it.
#[utoipa::path(get, path = "/api/v1/trunks", tag = "house", security(("token" = [])), responses(
    (status = 200, body = Trunks, description = "All trunks"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn all(State(house): State<Arc<House>>) -> Result<Json<Trunks>, ApiError> {
    let trunks = house.rooms.handle.trunks().await?;
    Ok(Json(Trunks { trunks: trunks.into_iter().map(Trunk::from).collect() }))
}
