//! What only screens order: a desk's accept and decline, a supervisor beside a call, outcomes, and desks that are shut.

use std::sync::Arc;

use access::Role;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use call::action::Refusal;
use call::cdr::Outcome;
use call::event::{DeclineReason, Order, Stated, Supervision};
use call::ids::{Pii, ServiceCode, StaffNo};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::twins::{LONGEST_WORD, bad, case_no};
use super::{Answers, give};
use crate::calls::{desk, staff};
use crate::error::ApiError;
use crate::extract::{Body, KeyHeader, OfCall, Place};
use crate::idempotency::{Asked, Key};
use crate::recordings::now_utc_ms;
use crate::rooms::House;
use crate::who::Who;

type Shared = State<Arc<House>>;

/// Characters of the longest note.
const LONGEST_NOTE: usize = 2_000;
/// A desk shuts itself for so long at most: 31 days.
const LONGEST_SHUT_MS: i64 = 31 * 24 * 3_600_000;

/// Whose phone is meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whose {
    /// Staff number; nothing: whoever is rung, who hears the whisper first.
    staff: Option<String>,
}

/// Why a desk does not take a call.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Why {
    /// Serving a visitor.
    Serving,
    /// Not a matter of this window.
    WrongWindow,
    /// Will call back.
    WillCallBack,
}

/// A desk declines.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct No {
    /// Staff number, as for accept.
    staff: Option<String>,
    /// Why.
    reason: Why,
}

/// Whose phone is meant: at a desk always the own one, for those who lead whoever they name.
fn person(who: &Who, given: Option<String>) -> Result<Option<StaffNo>, ApiError> {
    if who.role == Role::Desk {
        return Ok(who.staff.clone());
    }
    given.map(|text| staff(&text).map_err(|_| bad("staff: a staff number"))).transpose()
}

/// 窗口接听（等同耳语时按 1；振铃中亦可，话机随后应立即接起）。A desk accepts: as key 1 at the whisper. While its phone still
/// rings, the next seconds count: pick the phone up first or at once.
#[utoipa::path(post, path = "/api/v1/calls/{id}/accept", tag = "orders", security(("token" = [])),
    params(OfCall, KeyHeader), request_body(content = Option<Whose>), responses(Answers))]
pub(crate) async fn accept(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfCall>,
    key: Key,
    Body(whose): Body<Option<Whose>>,
) -> Result<Response, ApiError> {
    let by = person(&who, whose.and_then(|whose| whose.staff))?;
    give(house, who, key, Asked::Order(Order::Accept { call: of.call()?, by })).await
}

/// 窗口谢绝并说明原因。A desk declines; the next member is rung at once.
#[utoipa::path(post, path = "/api/v1/calls/{id}/decline", tag = "orders", security(("token" = [])),
    params(OfCall, KeyHeader), request_body = No, responses(Answers))]
pub(crate) async fn decline(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfCall>,
    key: Key,
    Body(no): Body<No>,
) -> Result<Response, ApiError> {
    let reason = match no.reason {
        Why::Serving => DeclineReason::Serving,
        Why::WrongWindow => DeclineReason::WrongWindow,
        Why::WillCallBack => DeclineReason::WillCallBack,
    };
    let by = person(&who, no.staff)?;
    give(house, who, key, Asked::Order(Order::Decline { call: of.call()?, by, reason })).await
}

/// How a supervisor takes part.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum How {
    /// Hears the call; nobody hears them.
    Listen,
    /// Hears the call; the operator alone hears them.
    Whisper,
    /// Talks with everybody.
    Barge,
    /// Leaves.
    Off,
}

/// A supervisor beside a call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Beside {
    /// How.
    mode: How,
    /// Staff number of the supervisor, whose phone is rung; who has one is meant anyway.
    staff: Option<String>,
}

/// 班长监听、耳语指导、加入或退出；班长的话机会振铃。A supervisor listens, coaches the operator, joins in or leaves. Their own
/// phone is rung; their leaving never ends anything.
#[utoipa::path(post, path = "/api/v1/calls/{id}/supervise", tag = "orders", security(("token" = [])),
    params(OfCall, KeyHeader), request_body = Beside, responses(Answers))]
pub(crate) async fn supervise(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfCall>,
    key: Key,
    Body(beside): Body<Beside>,
) -> Result<Response, ApiError> {
    let mode = match beside.mode {
        How::Listen => Some(Supervision::Listen),
        How::Whisper => Some(Supervision::Whisper),
        How::Barge => Some(Supervision::Barge),
        How::Off => None,
    };
    let by = who.staff.clone().map_or_else(|| person(&who, beside.staff), |own| Ok(Some(own)))?;
    let by = by.ok_or_else(|| bad("staff: whose phone is rung"))?;
    give(house, who, key, Asked::Order(Order::Supervise { call: of.call()?, by, mode })).await
}

/// What can be stated.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum What {
    OnSpot,
    Bridged,
    HandedOver,
    CaseOpened,
    Emergency,
    Invalid,
}

/// What came of a call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Came {
    /// In a word.
    outcome: What,
    /// The 12-digit case that was made or spoken about.
    case: Option<String>,
    /// Code of the service that it was about.
    service: Option<String>,
    /// In the operator's words; sealed in the store.
    note: Option<String>,
}

/// 通话结果（整理时间结束前填写；通话中或通话后均可，重复填写以最后一次为准）。What came of a call, during it or after its
/// end; the last word counts. Where it is required, wrap-up does not end before.
#[utoipa::path(post, path = "/api/v1/calls/{id}/outcome", tag = "orders", security(("token" = [])),
    params(OfCall, KeyHeader), request_body = Came, responses(Answers))]
pub(crate) async fn outcome(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfCall>,
    key: Key,
    Body(came): Body<Came>,
) -> Result<Response, ApiError> {
    let call = of.call()?;
    if came.service.as_ref().is_some_and(|s| s.is_empty() || s.chars().count() > LONGEST_WORD) {
        return Err(bad("service: the code of a service"));
    }
    if came.note.as_ref().is_some_and(|note| note.chars().count() > LONGEST_NOTE) {
        return Err(bad("note: at most 2000 characters"));
    }
    // A store that is away must not keep an operator in wrap-up: then any call is believed.
    if let Ok(None) = house.rooms.store.call(call).await {
        return Err(ApiError::Refused(Refusal::NoSuchCall));
    }
    let stated = Stated {
        call,
        outcome: match came.outcome {
            What::OnSpot => Outcome::OnSpot,
            What::Bridged => Outcome::Bridged,
            What::HandedOver => Outcome::HandedOver,
            What::CaseOpened => Outcome::CaseOpened,
            What::Emergency => Outcome::Emergency,
            What::Invalid => Outcome::Invalid,
        },
        case: came.case.map(|case| case_no(&case)).transpose()?,
        service: came.service.map(|code| ServiceCode(code.as_str().into())),
        note: Pii::new(came.note.unwrap_or_default()),
        by: who.staff.as_ref().map_or_else(|| Arc::clone(&who.user), |staff| Arc::clone(&staff.0)),
    };
    give(house, who, key, Asked::Order(Order::Outcome(Box::new(stated)))).await
}

/// A desk of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfDesk {
    /// Three digits.
    no: String,
}

/// A desk shuts itself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shut {
    /// UTC ms; `null`: open again.
    until: Option<i64>,
    /// In the desk's own words.
    reason: Option<String>,
}

/// 窗口临时关闭至某时，或重新开放；到时自动开放。A desk is shut until then, or open again: hunts pass it by and callers are told.
/// It opens by itself, and a restart does not forget it.
#[utoipa::path(post, path = "/api/v1/desks/{no}/closed", tag = "orders", security(("token" = [])),
    params(OfDesk, KeyHeader), request_body = Shut, responses(Answers))]
pub(crate) async fn closed(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfDesk>,
    key: Key,
    Body(shut): Body<Shut>,
) -> Result<Response, ApiError> {
    let (desk, now) = (desk(&of.no)?, now_utc_ms());
    let reason = shut.reason.unwrap_or_default();
    if reason.chars().count() > LONGEST_WORD || reason.chars().any(char::is_control) {
        return Err(bad("reason: at most 200 characters, no control characters"));
    }
    if shut.until.is_some_and(|until| until <= now || until > now.saturating_add(LONGEST_SHUT_MS)) {
        return Err(bad("until: a moment to come, within 31 days, UTC milliseconds"));
    }
    let order = Order::CloseDesk { desk, until: shut.until, reason: reason.as_str().into() };
    let answer = give(Arc::clone(&house), who.clone(), key, Asked::Order(order)).await?;
    if answer.status().is_success() {
        let kept = house.rooms.store.close_desk(now, &who.user, desk, shut.until, &reason).await;
        // It holds until a restart all the same; who asks again has it written down too.
        if let Err(why) = kept {
            return Ok(ApiError::StoreAway(why).into_response());
        }
    }
    Ok(answer)
}
