//! What people do with call-backs, the ledger and the notices.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use promise::{CallBackEvent, ItemEvent, ItemId, Name, NoticeEvent};
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::promises::{Done, NewItem, PromiseFault};
use utoipa::{IntoParams, ToSchema};

use super::notices::{OfNotice, month};
use crate::cases::key;
use crate::cases::shapes::{CaseNo, RequestKey, text};
use crate::cases::step::refused;
use crate::error::ApiError;
use crate::extract::{Body, OfCall, Place};
use crate::problem::Problem;
use crate::rooms::House;
use crate::who::Who;

/// Characters of the longest title, and of a text of the ledger.
const LONGEST_TITLE: usize = 200;
const LONGEST_TEXT: usize = 1_000;
/// Characters of a text of a notice.
const LONGEST_NOTICE: usize = 4_000;

type Stepped = Result<Result<Done, PromiseFault>, StoreError>;

fn done(stepped: Stepped) -> Result<StatusCode, ApiError> {
    stepped.map_err(ApiError::StoreAway)?.map_err(|fault| refused(fault, ApiError::NoSuchItem))?;
    Ok(StatusCode::NO_CONTENT)
}

/// In one line: it stands behind `text=` among the facts.
fn line(written: &str, zh: &str, en: &str, most: usize) -> Result<Name, ApiError> {
    let line = text(written, zh, en, most)?.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return Err(ApiError::unfit(format!("请填写{zh}"), format!("fill in `{en}`")));
    }
    Ok(line.into())
}

/// 已人工联系上。A person has reached the citizen of a missed call.
#[utoipa::path(post, path = "/api/v1/callbacks/{id}/reached", tag = "promises", security(("token" = [])), params(OfCall, RequestKey), responses(
    (status = 204, description = "Noted"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn reached(
    State(house): State<Arc<House>>,
    who: Who,
    headers: HeaderMap,
    Place(of): Place<OfCall>,
) -> Result<StatusCode, ApiError> {
    let (key, call) = (key(&headers)?, of.call()?);
    let event = CallBackEvent::ReachedByPerson;
    let stepped = done(house.rooms.promises.call_back(call, &who.user, key, event).await)?;
    house.audit_soon(&who, "callback.reached", &call.to_string(), "");
    Ok(stepped)
}

/// A matter for the ledger.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLedgerItem)]
pub(crate) struct ItemForm {
    /// In a line: 1 to 200 characters.
    title: String,
    /// Why it is blocked: 1 to 1,000 characters.
    why: String,
    /// Code of the unit that must see to it.
    owner: String,
    /// The case that it blocks.
    case_no: Option<String>,
}

/// An item that was listed.
#[derive(Serialize, ToSchema)]
pub(crate) struct ListedItem {
    /// ULID.
    id: String,
}

/// 列入台账。Lists a matter in the ledger; it is reviewed every so many working days until it is struck off.
#[utoipa::path(post, path = "/api/v1/ledger", tag = "promises", security(("token" = [])), params(RequestKey),
    request_body = ItemForm, responses(
    (status = 201, body = ListedItem, description = "Listed"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn list_item(
    State(house): State<Arc<House>>,
    who: Who,
    headers: HeaderMap,
    Body(form): Body<ItemForm>,
) -> Result<(StatusCode, Json<ListedItem>), ApiError> {
    let key = key(&headers)?;
    let title = line(&form.title, "事项", "title", LONGEST_TITLE)?.to_string();
    let why = line(&form.why, "原因", "why", LONGEST_TEXT)?.to_string();
    let checked = house.rooms.current.now();
    if !checked.plan.units.keys().any(|code| *code.0 == *form.owner) {
        return Err(ApiError::unfit(
            "没有这个单位代码：请核对 units.toml",
            "there is no unit with this code: check units.toml",
        ));
    }
    let case = match form.case_no.as_deref().filter(|no| !no.is_empty()) {
        Some(no) => {
            let CaseNo(no) = CaseNo::read(no)?;
            let id = house.rooms.store.case_id(&no).await.map_err(ApiError::StoreAway)?;
            Some(id.ok_or(ApiError::NoSuchCase)?)
        }
        None => None,
    };
    let new = NewItem { case, owner: form.owner, title, why };
    let id = house.rooms.promises.open_item(&who.user, key.as_deref(), new).await;
    let id = call::CallId(id.map_err(ApiError::StoreAway)?.0).to_string();
    house.audit_soon(&who, "ledger.listed", &id, "");
    Ok((StatusCode::CREATED, Json(ListedItem { id })))
}

/// An item of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfItem {
    /// ULID.
    item: String,
}

impl OfItem {
    fn id(&self) -> Result<ItemId, ApiError> {
        call::CallId::parse(&self.item).map(|id| ItemId(id.0)).ok_or(ApiError::NoSuchItem)
    }
}

/// What a review found.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LedgerReviewForm)]
pub(crate) struct ReviewForm {
    /// 1 to 1,000 characters.
    text: String,
}

/// 复核台账事项。An item was reviewed.
#[utoipa::path(post, path = "/api/v1/ledger/{item}/review", tag = "promises", security(("token" = [])), params(OfItem, RequestKey),
    request_body = ReviewForm, responses(
    (status = 204, description = "Noted; the next review is planned"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn review(
    State(house): State<Arc<House>>,
    who: Who,
    headers: HeaderMap,
    Place(of): Place<OfItem>,
    Body(form): Body<ReviewForm>,
) -> Result<StatusCode, ApiError> {
    let (key, id) = (key(&headers)?, of.id()?);
    let event = ItemEvent::Reviewed(line(&form.text, "复核情况", "text", LONGEST_TEXT)?);
    let stepped = done(house.rooms.promises.item(id, &who.user, key, event).await)?;
    house.audit_soon(&who, "ledger.reviewed", &of.item, "");
    Ok(stepped)
}

/// Why an item is struck off.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LedgerStrikeForm)]
pub(crate) struct StrikeForm {
    /// 1 to 1,000 characters.
    why: String,
}

/// 销号。An item is struck off.
#[utoipa::path(post, path = "/api/v1/ledger/{item}/strike", tag = "promises", security(("token" = [])), params(OfItem, RequestKey),
    request_body = StrikeForm, responses(
    (status = 204, description = "Struck off"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn strike(
    State(house): State<Arc<House>>,
    who: Who,
    headers: HeaderMap,
    Place(of): Place<OfItem>,
    Body(form): Body<StrikeForm>,
) -> Result<StatusCode, ApiError> {
    let (key, id) = (key(&headers)?, of.id()?);
    let event = ItemEvent::Struck(line(&form.why, "销号原因", "why", LONGEST_TEXT)?);
    let stepped = done(house.rooms.promises.item(id, &who.user, key, event).await)?;
    house.audit_soon(&who, "ledger.struck", &of.item, "");
    Ok(stepped)
}

/// The texts of a notice.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NoticeTexts)]
pub(crate) struct TextsForm {
    /// Last month's work: at most 4,000 characters.
    work: String,
    /// Main problems.
    problems: String,
    /// Advice.
    advice: String,
    /// `revision` of the notice that was read: whoever has not read the last change does not overwrite it.
    revision: u32,
}

/// 编辑通报。Changes the texts of a notice that is not signed. 409 `edited_meanwhile`: somebody has changed it since `revision`.
#[utoipa::path(put, path = "/api/v1/notices/{month}/{unit}", tag = "promises", security(("token" = [])), params(OfNotice, RequestKey),
    request_body = TextsForm, responses(
    (status = 204, description = "Changed"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn edit(
    State(house): State<Arc<House>>,
    who: Who,
    headers: HeaderMap,
    Place(of): Place<OfNotice>,
    Body(form): Body<TextsForm>,
) -> Result<StatusCode, ApiError> {
    let key = key(&headers)?;
    let work = text(&form.work, "工作情况", "work", LONGEST_NOTICE)?;
    let problems = text(&form.problems, "主要问题", "problems", LONGEST_NOTICE)?;
    let advice = text(&form.advice, "工作建议", "advice", LONGEST_NOTICE)?;
    let event = NoticeEvent::Edited(Name::from(&*who.user), form.revision);
    let stepped = notice(&house, &who, &of, key, (event, Some([work, problems, advice]))).await?;
    house.audit_soon(&who, "notice.edited", &of.name(), "");
    Ok(stepped)
}

/// What is signed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NoticeSignForm)]
pub(crate) struct SignForm {
    /// `revision` of the notice that was read: nobody signs what they have not read.
    revision: u32,
}

/// 签发通报。Signs a notice: its text stays from now on. 409 `edited_meanwhile`: somebody has changed it since `revision`.
#[utoipa::path(post, path = "/api/v1/notices/{month}/{unit}/sign", tag = "promises", security(("token" = [])), params(OfNotice, RequestKey),
    request_body = SignForm, responses(
    (status = 204, description = "Signed"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn sign(
    State(house): State<Arc<House>>,
    who: Who,
    headers: HeaderMap,
    Place(of): Place<OfNotice>,
    Body(form): Body<SignForm>,
) -> Result<StatusCode, ApiError> {
    let event = NoticeEvent::Signed(Name::from(&*who.user), form.revision);
    let stepped = notice(&house, &who, &of, key(&headers)?, (event, None)).await?;
    house.audit_soon(&who, "notice.signed", &of.name(), "");
    Ok(stepped)
}

/// 已发送。Somebody has sent the notice to the head of the unit.
#[utoipa::path(post, path = "/api/v1/notices/{month}/{unit}/sent", tag = "promises", security(("token" = [])), params(OfNotice, RequestKey), responses(
    (status = 204, description = "Noted"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn sent(
    State(house): State<Arc<House>>,
    who: Who,
    headers: HeaderMap,
    Place(of): Place<OfNotice>,
) -> Result<StatusCode, ApiError> {
    let event = NoticeEvent::Sent(Name::from(&*who.user));
    let stepped = notice(&house, &who, &of, key(&headers)?, (event, None)).await?;
    house.audit_soon(&who, "notice.sent", &of.name(), "");
    Ok(stepped)
}

async fn notice(
    house: &House,
    who: &Who,
    of: &OfNotice,
    key: Option<String>,
    step: (NoticeEvent, Option<[String; 3]>),
) -> Result<StatusCode, ApiError> {
    let month = month(&of.month).map_err(|_| ApiError::NoSuchItem)?;
    done(house.rooms.promises.notice((month, Name::from(&*of.unit)), &who.user, key, step).await)
}
