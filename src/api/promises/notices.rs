//! The monthly notices to the heads of the units: figures of the house, texts of a person.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::promises::{NoticeFigures, NoticeLine};
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::extract::{Ask, Place};
use crate::problem::Problem;
use crate::rooms::House;

/// Which month.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfMonth {
    /// `2026-10`: the month that the notices are about.
    month: String,
}

/// A notice of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfNotice {
    /// `2026-10`
    pub(crate) month: String,
    /// Code of the unit.
    pub(crate) unit: String,
}

impl OfNotice {
    /// As it stands in the audit.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.month, self.unit)
    }

    /// The unit's code as it can stand in the name of a file.
    pub(crate) fn plain_unit(&self) -> String {
        self.unit.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
    }
}

/// `2026-10`, as a month.
pub(crate) fn month(text: &str) -> Result<promise::Month, ApiError> {
    let read = || {
        let (year, month) =
            text.split_once('-').filter(|(year, month)| year.len() == 4 && month.len() == 2)?;
        let (year, month) = (year.parse().ok()?, month.parse().ok()?);
        ((2000..2100).contains(&year) && (1..=12).contains(&month)).then_some(promise::Month { year, month })
    };
    read().ok_or_else(|| ApiError::BadAddress("a month is as 2026-10".into()))
}

/// The notices of a month.
#[derive(Serialize, ToSchema)]
pub(crate) struct Notices {
    /// By the unit's code.
    notices: Vec<NoticeJson>,
}

/// A notice in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = NoticeLine)]
struct NoticeJson {
    /// `2026-10`
    month: String,
    /// Code of the unit.
    unit: String,
    /// Its name.
    unit_name: String,
    /// `planned`, `draft`, `signed`, `sent`.
    stage: String,
    /// UTC ms.
    made_at: Option<i64>,
    /// How often its texts were changed: an edit and the signature name it.
    revision: u32,
    /// Who edited it last.
    edited_by: Option<String>,
    /// Who signed it.
    signed_by: Option<String>,
    /// Who sent it.
    sent_by: Option<String>,
}

/// A notice.
#[derive(Serialize, ToSchema)]
#[schema(as = Notice)]
pub(crate) struct NoticePage {
    #[serde(flatten)]
    line: NoticeJson,
    /// What was counted when it was made; null before.
    #[schema(value_type = Option<Object>)]
    figures: Option<NoticeFigures>,
    /// Last month's work.
    work: String,
    /// Main problems.
    problems: String,
    /// Advice.
    advice: String,
}

impl NoticePage {
    fn of(notice: NoticeLine, figures: Option<NoticeFigures>) -> Self {
        let (work, problems, advice) = (notice.work.clone(), notice.problems.clone(), notice.advice.clone());
        Self { line: notice.into(), figures, work, problems, advice }
    }
}

impl From<NoticeLine> for NoticeJson {
    fn from(line: NoticeLine) -> Self {
        Self {
            month: line.month,
            unit: line.unit,
            unit_name: line.unit_name,
            stage: line.stage,
            made_at: line.made_at,
            revision: line.edits,
            edited_by: line.edited_by,
            signed_by: line.signed_by,
            sent_by: line.sent_by,
        }
    }
}

/// 月度通报列表。The notices about a month.
#[utoipa::path(get, path = "/api/v1/notices", tag = "promises", security(("token" = [])), params(OfMonth), responses(
    (status = 200, body = Notices, description = "The notices"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Ask(of): Ask<OfMonth>,
) -> Result<Json<Notices>, ApiError> {
    month(&of.month)?;
    let notices = house.rooms.store.notices(&of.month, None).await.map_err(ApiError::StoreAway)?;
    Ok(Json(Notices { notices: notices.into_iter().map(Into::into).collect() }))
}

/// 一份月度通报。A notice: its figures and texts.
#[utoipa::path(get, path = "/api/v1/notices/{month}/{unit}", tag = "promises", security(("token" = [])), params(OfNotice), responses(
    (status = 200, body = NoticePage, description = "The notice"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn one(
    State(house): State<Arc<House>>,
    Place(of): Place<OfNotice>,
) -> Result<Json<NoticePage>, ApiError> {
    let about = month(&of.month).map_err(|_| ApiError::NoSuchItem)?;
    let line = find(&house, &of).await?;
    let figures = counted(&house, about, &line).await?;
    Ok(Json(NoticePage::of(line, figures)))
}

/// The notice of a path.
pub(crate) async fn find(house: &House, of: &OfNotice) -> Result<NoticeLine, ApiError> {
    month(&of.month).map_err(|_| ApiError::NoSuchItem)?;
    let found = house.rooms.store.notices(&of.month, Some(&of.unit)).await.map_err(ApiError::StoreAway)?;
    found.into_iter().next().ok_or(ApiError::NoSuchItem)
}

/// What was counted when it was made; `None`: it is not made yet. One that nobody has counted yet is counted now.
pub(crate) async fn counted(
    house: &House,
    about: promise::Month,
    line: &NoticeLine,
) -> Result<Option<NoticeFigures>, ApiError> {
    if line.stage == "planned" {
        return Ok(None);
    }
    if let Some(figures) = line.figures.as_deref().and_then(NoticeFigures::read) {
        return Ok(Some(figures));
    }
    let checked = house.rooms.current.now();
    let settings = &checked.settings.promises.settings;
    let counted = house.rooms.store.count_notice(settings, house.promise_now(), about, &line.unit).await;
    counted.map(Some).map_err(ApiError::StoreAway)
}
