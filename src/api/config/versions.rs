//! Versions: the list, one with what it changed, and going back to one.

use std::sync::Arc;

use ::config::FileSet;
use ::config::draft::Signed;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::VersionLine;
use utoipa::{IntoParams, ToSchema};

use super::shapes::{Comment, Difference, Published, differences};
use super::{comment, used};
use crate::error::ApiError;
use crate::extract::{Body, Place};
use crate::problem::Problem;
use crate::rooms::House;
use crate::who::Who;

/// Versions of the configuration.
#[derive(Serialize, ToSchema)]
pub(crate) struct Versions {
    /// The newest 200, newest first.
    versions: Vec<Version>,
}

/// A version.
#[derive(Serialize, ToSchema)]
pub(crate) struct Version {
    /// Its number.
    id: String,
    /// UTC ms.
    at: i64,
    /// Who made it; `sip-config` when the files were changed by hand.
    author: String,
    comment: String,
    /// SHA-256 of the files, hex; calls name it as their `config_version`.
    hash: String,
}

impl From<VersionLine> for Version {
    fn from(line: VersionLine) -> Self {
        let VersionLine { id, at, author, comment, hash } = line;
        Self { id: id.to_string(), at, author, comment, hash }
    }
}

/// A version and what it changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct VersionPage {
    #[serde(flatten)]
    version: Version,
    /// Against the version before; empty for the first, and for versions whose texts were not kept yet.
    diff: Vec<Difference>,
}

/// A version of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfVersion {
    /// The version's number, from 1.
    #[param(value_type = i64, minimum = 1)]
    id: String,
}

impl OfVersion {
    fn id(&self) -> Result<i64, ApiError> {
        self.id.parse().map_err(|_| ApiError::NoSuchVersion)
    }
}

/// 配置版本。The versions of the configuration.
#[utoipa::path(get, path = "/api/v1/config/versions", tag = "config", security(("token" = [])), responses(
    (status = 200, body = Versions, description = "The versions"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn list(State(house): State<Arc<House>>) -> Result<Json<Versions>, ApiError> {
    let versions = house.rooms.store.config_versions().await.map_err(ApiError::StoreAway)?;
    Ok(Json(Versions { versions: versions.into_iter().map(Version::from).collect() }))
}

/// 一个版本及其改动。One version, and what it changed.
#[utoipa::path(get, path = "/api/v1/config/versions/{id}", tag = "config", security(("token" = [])), params(OfVersion),
    responses(
    (status = 200, body = VersionPage, description = "The version"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn one(
    State(house): State<Arc<House>>,
    Place(of): Place<OfVersion>,
) -> Result<Json<VersionPage>, ApiError> {
    let id = of.id()?;
    let (line, files) = read(&house, id).await?.ok_or(ApiError::NoSuchVersion)?;
    let before = read(&house, id.saturating_sub(1)).await?.map(|(_, files)| files).unwrap_or_default();
    let known = before != FileSet::default() && files != FileSet::default();
    let diff = if known { differences(&before, &files) } else { Vec::new() };
    Ok(Json(VersionPage { version: line.into(), diff }))
}

async fn read(house: &House, id: i64) -> Result<Option<(VersionLine, FileSet)>, ApiError> {
    let found = house.rooms.store.config_version(id).await.map_err(ApiError::StoreAway)?;
    Ok(found.map(|(line, texts)| {
        let mut files = FileSet::default();
        texts.into_iter().for_each(|(name, text)| files.set(name, text));
        (line, files)
    }))
}

/// 恢复到此版本（作为新版本发布）。Go back to this version: its files are published as a new one.
#[utoipa::path(post, path = "/api/v1/config/versions/{id}/restore", tag = "config", security(("token" = [])),
    params(OfVersion), request_body = Comment, responses(
    (status = 200, body = Published, description = "It is in use"),
    (status = "default", body = Problem, content_type = "application/problem+json",
        description = "Refused: 404 `no_such_version`, also when its texts were not kept; 409 `draft_faults`"),
))]
pub(crate) async fn restore(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfVersion>,
    Body(why): Body<Comment>,
) -> Result<Json<Published>, ApiError> {
    let id = of.id()?;
    let (_, files) = read(&house, id).await?.ok_or(ApiError::NoSuchVersion)?;
    if files == FileSet::default() {
        return Err(ApiError::NoSuchVersion);
    }
    let words = comment(&why.comment)?;
    let comment = if words.is_empty() { format!("version {id}") } else { words };
    let signed = Signed { author: who.user.to_string(), comment };
    let by = signed.clone();
    let checked = house.office.tried(move |bench| bench.restore(&files, &by)).await?;
    let version = used(&house, checked, signed).await?;
    house.audit_soon(&who, "config.restored", &version, &format!("version {id}"));
    Ok(Json(Published { version }))
}
