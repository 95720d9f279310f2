//! Changing entries and synonyms.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use knowledge::{Draft, Synonyms, complaint};

use crate::error::ApiError;
use crate::extract::{Body, Place};
use crate::knowledge::shapes::{Added, NewEntry, OfEntry, SynonymGroups};
use crate::problem::Problem;
use crate::recordings::now_utc_ms as now;
use crate::rooms::House;
use crate::who::Who;

/// 新增一条知识；同名或同标题同事项的，改为更新。Adds an entry; one of the same name, or the same title and service, is written anew.
#[utoipa::path(post, path = "/api/v1/knowledge", tag = "knowledge", security(("token" = [])), request_body = NewEntry, responses(
    (status = 201, body = Added, description = "Written"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn add(
    State(house): State<Arc<House>>,
    who: Who,
    Body(new): Body<NewEntry>,
) -> Result<(StatusCode, Json<Added>), ApiError> {
    let draft = fit(&house, new).await?;
    let id = house.rooms.store.add_entry(now(), &who.user, draft).await.map_err(ApiError::StoreAway)?;
    house.audit_soon(&who, "knowledge.added", &id.to_string(), "");
    Ok((StatusCode::CREATED, Json(Added { id: id.to_string() })))
}

/// 改写一条知识。Writes an entry anew.
#[utoipa::path(put, path = "/api/v1/knowledge/{id}", tag = "knowledge", security(("token" = [])), params(OfEntry),
    request_body = NewEntry, responses(
    (status = 204, description = "Written"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn put(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfEntry>,
    Body(new): Body<NewEntry>,
) -> Result<StatusCode, ApiError> {
    let id = of.id()?;
    let draft = fit(&house, new).await?;
    match house.rooms.store.put_entry(now(), &who.user, id, draft).await.map_err(ApiError::StoreAway)? {
        Some(true) => {
            house.audit_soon(&who, "knowledge.changed", &id.to_string(), "");
            Ok(StatusCode::NO_CONTENT)
        }
        Some(false) => Err(ApiError::NoSuchEntry),
        None => Err(ApiError::SameEntry),
    }
}

/// 删除一条知识。Removes an entry.
#[utoipa::path(delete, path = "/api/v1/knowledge/{id}", tag = "knowledge", security(("token" = [])), params(OfEntry), responses(
    (status = 204, description = "Removed"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn remove(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfEntry>,
) -> Result<StatusCode, ApiError> {
    let id = of.id()?;
    if !house.rooms.store.remove_entry(id).await.map_err(ApiError::StoreAway)? {
        return Err(ApiError::NoSuchEntry);
    }
    house.audit_soon(&who, "knowledge.removed", &id.to_string(), "");
    Ok(StatusCode::NO_CONTENT)
}

/// 同义词，整体替换。The groups of synonyms, in place of those that are there.
#[utoipa::path(put, path = "/api/v1/knowledge/synonyms", tag = "knowledge", security(("token" = [])),
    request_body = SynonymGroups, responses(
    (status = 204, description = "Taken"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn synonyms(
    State(house): State<Arc<House>>,
    who: Who,
    Body(groups): Body<SynonymGroups>,
) -> Result<StatusCode, ApiError> {
    let synonyms =
        Synonyms::new(groups.groups).map_err(|why| ApiError::Unfit { zh: why.zh(), en: why.to_string() })?;
    house.rooms.store.put_synonyms(&synonyms).await.map_err(ApiError::StoreAway)?;
    house.audit_soon(&who, "knowledge.synonyms", "", &format!("groups={}", synonyms.groups().len()));
    Ok(StatusCode::NO_CONTENT)
}

/// The entry, when it can be taken.
async fn fit(house: &House, new: NewEntry) -> Result<Draft, ApiError> {
    let draft = Draft::from(new);
    let unfit = match complaint(&draft) {
        Some(unfit) => Some(unfit),
        None if draft.service.is_empty() => None,
        None => {
            let is = house.rooms.store.has_service(&draft.service).await.map_err(ApiError::StoreAway)?;
            (!is).then_some(knowledge::Unfit::Service)
        }
    };
    match unfit {
        None => Ok(draft),
        Some(unfit) => Err(ApiError::Unfit { zh: unfit.zh(), en: unfit.en() }),
    }
}
