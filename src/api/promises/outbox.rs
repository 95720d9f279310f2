//! What happened, as CloudEvents for whoever fetches them by a cursor.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use papers::events::{BATCH, Event, batch};
use serde::Deserialize;
use store::promises::OutboxLine;
use utoipa::IntoParams;

use crate::error::ApiError;
use crate::extract::Ask;
use crate::problem::Problem;
use crate::rooms::House;

/// Events of a batch, and of the usual one.
const MOST_EVENTS: u32 = 1_000;
const USUAL_EVENTS: u32 = 100;

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichEvents {
    /// After this place; 0, or nothing: from the oldest that is kept.
    after: Option<i64>,
    /// Events of the batch, 1 to 1,000; 100 when nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// 事件批量读取（CloudEvents 1.0）。A batch of events (CloudEvents 1.0, JSON), in the order in which they happened.
///
/// The header `Hotline-Next` is `after` of the next batch; an empty batch gives the same one again. Nothing personal is in them.
#[utoipa::path(get, path = "/api/v1/cloudevents", tag = "events", security(("token" = [])), params(WhichEvents), responses(
    (status = 200, content_type = "application/cloudevents-batch+json", description = "A batch"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn cloud_events(
    State(house): State<Arc<House>>,
    Ask(which): Ask<WhichEvents>,
) -> Result<Response, ApiError> {
    let (after, limit) = (which.after.unwrap_or(0), which.limit.unwrap_or(USUAL_EVENTS));
    if after < 0 || !(1..=MOST_EVENTS).contains(&limit) {
        return Err(ApiError::BadAddress(format!("after is a place from 0 on, limit 1 to {MOST_EVENTS}")));
    }
    let lines = house.rooms.store.outbox_after(after, limit).await.map_err(ApiError::StoreAway)?;
    let next = lines.last().map_or(after, |line| line.pos).to_string();
    let events: Vec<Event> = lines.into_iter().map(event).collect();
    let source = format!("/hotline/{}", house.rooms.current.now().settings.node);
    let next_is = HeaderName::from_static("hotline-next");
    Ok(([(CONTENT_TYPE, BATCH.to_owned()), (next_is, next)], batch(&events, &source)).into_response())
}

fn event(line: OutboxLine) -> Event {
    let OutboxLine { pos, id, at, kind, subject, data } = line;
    let data = serde_json::from_str(&data).unwrap_or(serde_json::Value::Null);
    Event { pos, id, at, kind, subject, data }
}
