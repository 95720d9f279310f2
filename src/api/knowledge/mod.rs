//! The information base by HTTP: searching, reading, what is used; `edit` changes it, `import` takes files in.

pub(crate) mod edit;
pub(crate) mod import;
pub(crate) mod shapes;

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::error::ApiError;
use crate::extract::{Ask, Body, Place, call_id};
use crate::problem::{Problem, language};
use crate::recordings::now_utc_ms as now;
use crate::rooms::House;
use shapes::{EntryPage, HitLine, Hits, OfEntry, OpenedBy, ServiceLine, Services, UsagePage};

/// Hits when nobody says how many.
const USUAL_HITS: u32 = 20;
/// Services when nobody says how many, and at most.
const USUAL_SERVICES: u32 = 50;
const MOST_SERVICES: u32 = 2_000;

/// What is looked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Looked {
    /// Words, pinyin or its initials; 64 characters are read.
    q: String,
    /// The call in which it is asked: when its first hit is shown is kept with it.
    call: Option<String>,
    /// Hits at most, 1 to 50; 20 when nothing is said.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<u32>,
}

/// 查找知识库：词语、拼音、首字母、同义词，容许错一个字。Looks for entries: words, pinyin, initials, synonyms, one slip.
#[utoipa::path(get, path = "/api/v1/knowledge", tag = "knowledge", security(("token" = [])), params(Looked), responses(
    (status = 200, body = Hits, description = "What was found, the best first"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn search(
    State(house): State<Arc<House>>,
    headers: HeaderMap,
    Ask(looked): Ask<Looked>,
) -> Result<Json<Hits>, ApiError> {
    let begun = Instant::now();
    let call = looked.call.as_deref().map(call_id).transpose()?;
    let limit = looked.limit.unwrap_or(USUAL_HITS);
    if !(1..=store::MOST_HITS).contains(&limit) {
        return Err(ApiError::BadAddress(format!("limit is 1 to {}", store::MOST_HITS)));
    }
    let store = &house.rooms.store;
    let hits = store.search(now(), &looked.q, limit).await.map_err(ApiError::StoreAway)?;
    if let Some(call) = call.filter(|_| !hits.is_empty()) {
        store.note_first_hit(now(), call).await.map_err(ApiError::StoreAway)?;
    }
    let lang = language(&headers);
    let took_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    Ok(Json(Hits { took_us, hits: hits.into_iter().map(|hit| HitLine::new(hit, lang)).collect() }))
}

/// 一条知识的全文。One entry, whole.
#[utoipa::path(get, path = "/api/v1/knowledge/{id}", tag = "knowledge", security(("token" = [])), params(OfEntry), responses(
    (status = 200, body = EntryPage, description = "The entry"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn one(
    State(house): State<Arc<House>>,
    Place(of): Place<OfEntry>,
) -> Result<Json<EntryPage>, ApiError> {
    let entry = house.rooms.store.entry(of.id()?).await.map_err(ApiError::StoreAway)?;
    entry.map(|entry| Json(entry.into())).ok_or(ApiError::NoSuchEntry)
}

/// 记一次打开，用于统计常用条目。Notes that an entry was opened, for the list of what is used most.
#[utoipa::path(post, path = "/api/v1/knowledge/{id}/opened", tag = "knowledge", security(("token" = [])),
    params(OfEntry), request_body = OpenedBy, responses(
    (status = 204, description = "Noted"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn opened(
    State(house): State<Arc<House>>,
    Place(of): Place<OfEntry>,
    Body(by): Body<OpenedBy>,
) -> Result<StatusCode, ApiError> {
    let store = &house.rooms.store;
    let call = by.call.as_deref().map(call_id).transpose()?;
    let there = store.note_opened(of.id()?).await.map_err(ApiError::StoreAway)?;
    if !there {
        return Err(ApiError::NoSuchEntry);
    }
    if let Some(call) = call {
        store.note_first_hit(now(), call).await.map_err(ApiError::StoreAway)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// 使用情况：最常打开的条目、没有找到的问题、同义词。What is used, what was asked in vain, and the synonyms.
#[utoipa::path(get, path = "/api/v1/knowledge/usage", tag = "knowledge", security(("token" = [])), responses(
    (status = 200, body = UsagePage, description = "How the base is used"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn usage(State(house): State<Arc<House>>) -> Result<Json<UsagePage>, ApiError> {
    let store = &house.rooms.store;
    let usage = store.usage().await.map_err(ApiError::StoreAway)?;
    let synonyms = store.synonyms().await.map_err(ApiError::StoreAway)?;
    Ok(Json(UsagePage::new(usage, synonyms)))
}

/// Which services.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichServices {
    /// Words, pinyin or initials of its name; all of them when it is left out.
    #[serde(default)]
    q: String,
    /// Services at most, 1 to 2000; 50 when nothing is said.
    #[param(minimum = 1, maximum = 2000)]
    limit: Option<u32>,
}

/// 事项及其窗口。Services and the windows that offer them.
#[utoipa::path(get, path = "/api/v1/services", tag = "knowledge", security(("token" = [])), params(WhichServices), responses(
    (status = 200, body = Services, description = "The services, the best match first"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn services(
    State(house): State<Arc<House>>,
    Ask(which): Ask<WhichServices>,
) -> Result<Json<Services>, ApiError> {
    let limit = which.limit.unwrap_or(USUAL_SERVICES);
    if !(1..=MOST_SERVICES).contains(&limit) {
        return Err(ApiError::BadAddress(format!("limit is 1 to {MOST_SERVICES}")));
    }
    let services = house.rooms.store.services(&which.q, limit).await.map_err(ApiError::StoreAway)?;
    Ok(Json(Services { services: services.into_iter().map(ServiceLine::from).collect() }))
}
