//! Who is told of what happens, how far each has come, and sending again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::extract::{Body, Place};
use crate::problem::Problem;
use crate::rooms::House;
use crate::who::Who;

/// The subscribers of the configuration in use.
#[derive(Serialize, ToSchema)]
pub(crate) struct Webhooks {
    /// In the order of the file.
    webhooks: Vec<WebhookJson>,
}

/// A subscriber.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
struct WebhookJson {
    /// Its name.
    name: String,
    /// Host and port of its address; what stands behind may be a secret.
    host: String,
    /// Which events; empty: all.
    types: Vec<String>,
    /// It has taken everything up to this place.
    acked: i64,
    /// The place of the newest event.
    head: i64,
    /// Events between the two, at most: those that it does not want are passed over.
    waiting: i64,
    /// Tries of the next one, in a row.
    tries: u32,
    /// When it is tried next, UTC ms; null: at once.
    next_at: Option<i64>,
    /// When it took the last one, UTC ms.
    last_at: Option<i64>,
    /// What went wrong last.
    last_error: Option<String>,
    /// Events that it refused for good.
    refused: u64,
}

/// Host and port of an address.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_owned()
}

/// 事件订阅方。The subscribers of events and how far each has come.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "events", security(("token" = [])), responses(
    (status = 200, body = Webhooks, description = "The subscribers"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn list(State(house): State<Arc<House>>) -> Result<Json<Webhooks>, ApiError> {
    let (known, head) = house.rooms.store.subscribers().await.map_err(ApiError::StoreAway)?;
    let checked = house.rooms.current.now();
    let now = house.promise_now();
    let webhooks = checked.settings.outputs.webhooks.iter().map(|of| {
        let line = known.iter().find(|line| line.name == of.name);
        let acked = line.map_or(0, |line| line.acked);
        WebhookJson {
            name: of.name.clone(),
            host: host(&of.url),
            types: of.types.clone(),
            acked,
            head,
            waiting: head.saturating_sub(acked).max(0),
            tries: line.map_or(0, |line| line.tries),
            next_at: line.map(|line| line.next_at).filter(|at| *at > now),
            last_at: line.and_then(|line| line.last_at),
            last_error: line.and_then(|line| line.last_error.clone()),
            refused: line.map_or(0, |line| line.refused),
        }
    });
    Ok(Json(Webhooks { webhooks: webhooks.collect() }))
}

/// A subscriber of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfWebhook {
    /// Its name.
    webhook: String,
}

/// From where it is sent again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replay {
    /// The first place that is sent again.
    from: i64,
}

/// 重新推送。Sends events again, from this place on.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/replay", tag = "events", security(("token" = [])), params(OfWebhook),
    request_body = Replay, responses(
    (status = 204, description = "They are sent again"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn replay(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfWebhook>,
    Body(replay): Body<Replay>,
) -> Result<StatusCode, ApiError> {
    if replay.from < 0 {
        return Err(ApiError::BadBody("from is a place from 0 on".into()));
    }
    let checked = house.rooms.current.now();
    if !checked.settings.outputs.webhooks.iter().any(|known| known.name == of.webhook) {
        return Err(ApiError::NoSuchItem);
    }
    house.audit(&who, "webhook.replayed", &of.webhook, &format!("from={}", replay.from)).await?;
    let (now, store) = (house.promise_now(), &house.rooms.store);
    // One that the house has not served yet begins at the newest event: it is sent back from there.
    store.subscriber(&of.webhook).await.map_err(ApiError::StoreAway)?;
    store.send_again(now, &of.webhook, replay.from).await.map_err(ApiError::StoreAway)?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn of_an_address_only_the_host_is_shown() {
        assert_eq!(
            host("https://user:secret@platform.example.org:8443/in/secret?token=x"),
            "platform.example.org:8443"
        );
        assert_eq!(host("http://127.0.0.1:9"), "127.0.0.1:9");
    }
}
