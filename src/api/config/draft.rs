//! The draft: begun, changed, thrown away, published.

use std::sync::Arc;

use ::config::draft::{Draft, DraftError, Signed, Workbench};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::shapes::{Begin, Comment, DraftState, Edited, Edits, Published, WholeFile, differences, faults};
use super::{comment, used};
use crate::error::ApiError;
use crate::extract::{Body, Large, Place};
use crate::problem::Problem;
use crate::rooms::House;
use crate::who::Who;

/// 开始草稿，或接手他人的草稿。Begin a draft of the files as they are, go on with the own one, or take over somebody else's.
#[utoipa::path(post, path = "/api/v1/config/draft", tag = "config", security(("token" = [])), request_body = Begin, responses(
    (status = 200, body = DraftState, description = "The draft"),
    (status = "default", body = Problem, content_type = "application/problem+json",
        description = "Refused: 409 `draft_taken` when somebody else has one"),
))]
pub(crate) async fn begin(
    State(house): State<Arc<House>>,
    who: Who,
    Body(Begin { take_over }): Body<Begin>,
) -> Result<Json<DraftState>, ApiError> {
    let (by, now) = (who.user.to_string(), crate::recordings::now_utc_ms());
    let begun = move |bench: &Workbench| -> Result<DraftState, DraftError> {
        let draft = bench.begin(&by, now, take_over)?;
        Ok(DraftState::of(&draft, &bench.files()))
    };
    Ok(Json(house.office.tried(begun).await?))
}

/// 放弃草稿。Throw the draft away; the files stay as they are.
#[utoipa::path(delete, path = "/api/v1/config/draft", tag = "config", security(("token" = [])), responses(
    (status = 204, description = "There is no draft now"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn discard(State(house): State<Arc<House>>, who: Who) -> Result<StatusCode, ApiError> {
    house.office.tried(Workbench::discard).await?;
    house.audit_soon(&who, "config.discarded", "draft", "");
    Ok(StatusCode::NO_CONTENT)
}

/// 修改草稿，全部成功或全部不改；注释与排版保留。Change the draft, all of it or nothing; comments and layout of the files stay.
#[utoipa::path(patch, path = "/api/v1/config/draft", tag = "config", security(("token" = [])), request_body = Edits, responses(
    (status = 200, body = Edited, description = "Faults and differences now"),
    (status = "default", body = Problem, content_type = "application/problem+json",
        description = "Refused: 409 `no_draft` `draft_taken`, 422 `bad_edit`"),
))]
pub(crate) async fn edit(
    State(house): State<Arc<House>>,
    who: Who,
    Large(Edits { edits }): Large<Edits>,
) -> Result<Json<Edited>, ApiError> {
    let (by, edits) =
        (who.user.to_string(), edits.into_iter().map(Into::into).collect::<Vec<::config::edit::Edit>>());
    Ok(Json(house.office.tried(move |bench| Ok(edited(bench, &bench.change(&by, &edits)?))).await?))
}

/// A file of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfFile {
    /// From the configuration's folder, `/` as `%2F`: `calendar%2F2027.json`.
    name: String,
}

/// 整个替换草稿中的一个文件。Replace a whole file of the draft, or add a year's holidays.
#[utoipa::path(put, path = "/api/v1/config/draft/files/{name}", tag = "config", security(("token" = [])),
    params(OfFile), request_body = WholeFile, responses(
    (status = 200, body = Edited, description = "Faults and differences now"),
    (status = "default", body = Problem, content_type = "application/problem+json",
        description = "Refused: 409 `no_draft` `draft_taken`, 422 `bad_edit` for a name that is no file of the configuration"),
))]
pub(crate) async fn replace(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfFile>,
    Large(WholeFile { text }): Large<WholeFile>,
) -> Result<Json<Edited>, ApiError> {
    let by = who.user.to_string();
    let replaced = move |bench: &Workbench| Ok(edited(bench, &bench.replace(&by, &of.name, &text)?));
    Ok(Json(house.office.tried(replaced).await?))
}

fn edited(bench: &Workbench, draft: &Draft) -> Edited {
    let wrong = bench.check(&draft.files).err().unwrap_or_default();
    Edited { faults: faults(wrong), diff: differences(&bench.files(), &draft.files) }
}

/// 发布草稿：新来电即用新配置。Publish the draft: new calls go by it.
#[utoipa::path(post, path = "/api/v1/config/draft/publish", tag = "config", security(("token" = [])),
    request_body = Comment, responses(
    (status = 200, body = Published, description = "It is in use"),
    (status = "default", body = Problem, content_type = "application/problem+json",
        description = "Refused: 409 `no_draft` `draft_taken` `draft_stale` `draft_faults` `not_rehearsed`"),
))]
pub(crate) async fn publish(
    State(house): State<Arc<House>>,
    who: Who,
    Body(why): Body<Comment>,
) -> Result<Json<Published>, ApiError> {
    let signed = Signed { author: who.user.to_string(), comment: comment(&why.comment)? };
    let by = signed.clone();
    let checked = house.office.tried(move |bench| bench.publish(&by.author, &by)).await?;
    let version = used(&house, checked, signed).await?;
    house.audit_soon(&who, "config.published", &version, "");
    Ok(Json(Published { version }))
}
