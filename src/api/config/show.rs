//! Reading the configuration: the files, the model of them, and the draft.

use std::sync::Arc;

use ::config::FileSet;
use ::config::draft::Draft;
use ::config::edit::model;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use store::VersionLine;
use utoipa::IntoParams;

use super::shapes::{Config, DraftState, Rehearsed, differences, faults, files};
use crate::error::ApiError;
use crate::extract::Ask;
use crate::problem::Problem;
use crate::rooms::House;

/// Which files.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// As drafted, when there is a draft.
    draft: Option<bool>,
}

/// 配置：文件、模型、草稿。The configuration: its files, all of them as one JSON value, and the draft.
#[utoipa::path(get, path = "/api/v1/config", tag = "config", security(("token" = [])), params(Which), responses(
    (status = 200, body = Config, description = "The configuration"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Ask(which): Ask<Which>,
) -> Result<Json<Config>, ApiError> {
    let versions = house.rooms.store.config_versions().await.map_err(ApiError::StoreAway)?;
    let drafted = which.draft == Some(true);
    let rehearsed = house.rehearsals.last();
    let read = move |bench: &::config::draft::Workbench| -> Result<_, ::config::draft::DraftError> {
        let (now, draft) = (bench.files(), bench.draft()?);
        let shown = draft.as_ref().filter(|_| drafted).map_or(&now, |d| &d.files);
        let wrong = bench.check(shown).err().unwrap_or_default();
        let version = versions.into_iter().find(|v| v.hash == now.version());
        Ok(view(&now, draft.as_ref(), drafted, version, (wrong, rehearsed)))
    };
    Ok(Json(house.office.tried(read).await?))
}

fn view(
    now: &FileSet,
    draft: Option<&Draft>,
    drafted: bool,
    version: Option<VersionLine>,
    (wrong, last): (Vec<::config::Fault>, Option<(String, bool, i64)>),
) -> Config {
    let shown = draft.filter(|_| drafted);
    let set = shown.map_or(now, |d| &d.files);
    let rehearsed = shown.and_then(|draft| {
        let last = last.filter(|(hash, ..)| *hash == draft.files.version());
        let kept = draft.is_rehearsed().then_some(Rehearsed { ok: true, at: draft.since });
        last.map(|(_, ok, at)| Rehearsed { ok, at }).or(kept)
    });
    let version = version.unwrap_or_else(|| VersionLine {
        id: 0,
        at: 0,
        author: "sip-config".to_owned(),
        comment: String::new(),
        hash: now.version(),
    });
    Config {
        version: if version.id > 0 { version.id.to_string() } else { String::new() },
        hash: version.hash,
        author: version.author,
        at: version.at,
        comment: version.comment,
        draft: draft.map(|draft| DraftState::of(draft, now)),
        files: files(set),
        model: model(set),
        faults: faults(wrong),
        diff: shown.map(|draft| differences(now, &draft.files)).unwrap_or_default(),
        rehearsed,
    }
}
