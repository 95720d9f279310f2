//! The REST twins of the keys: what an operator's screen can do with a live call.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use call::CallId;
use call::event::{Mode, Order, Wanted};
use call::ids::{Address, Pii, ServiceCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Answers, give};
use crate::calls::desk;
use crate::error::ApiError;
use crate::extract::{Body, KeyHeader, OfCall, Place};
use crate::idempotency::{Asked, Key};
use crate::rooms::House;
use crate::shapes::{Nothing, Switch};
use crate::who::Who;

/// Characters of the longest reason, service code or phone.
pub(super) const LONGEST_WORD: usize = 200;

type Shared = State<Arc<House>>;

/// Whom to bring into the call: exactly one of `desk`, `service`, `phone`, `number`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bring {
    /// This desk: three digits.
    desk: Option<String>,
    /// Any desk that serves this: the service's code.
    service: Option<String>,
    /// The phone of an operator, desk member or unit's contact: its user name.
    phone: Option<String>,
    /// An outside number of the list of allowed ones.
    number: Option<String>,
    /// `bridge`: citizen and operator keep talking while it rings. `consult`: operator and desk talk in private first.
    mode: HowToBring,
    /// The 12-digit number of the case that it is about.
    case: Option<String>,
    /// A supervisor's reason to ring a desk outside its hours.
    override_reason: Option<String>,
}

/// How a desk is brought in.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum HowToBring {
    /// Citizen and operator keep talking while it rings.
    Bridge,
    /// Operator and desk talk in private first; the citizen hears music.
    Consult,
}

impl Bring {
    fn order(self, call: CallId) -> Result<Order, ApiError> {
        let to = match (self.desk, self.service, self.phone, self.number) {
            (Some(no), None, None, None) => {
                let no = desk(&no).map_err(|_| bad("desk: three digits, 001 to 999"))?;
                Wanted::Desk(no)
            }
            (None, Some(code), None, None) => Wanted::Service(ServiceCode(word("service", code)?.into())),
            (None, None, Some(user), None) => Wanted::Address(Address::Phone(word("phone", user)?.into())),
            (None, None, None, Some(number)) => Wanted::Address(Address::Number(outside(&number)?)),
            _ => return Err(bad("give exactly one of desk, service, phone, number")),
        };
        let mode = match self.mode {
            HowToBring::Bridge => Mode::Bridge,
            HowToBring::Consult => Mode::Consult,
        };
        let reason = self.override_reason.map(|reason| word("override_reason", reason)).transpose()?;
        let case = self.case.map(|no| case_no(&no)).transpose()?;
        Ok(Order::Bridge { call, to, mode, case, override_reason: reason.map(Into::into) })
    }
}

pub(super) fn bad(what: &str) -> ApiError {
    ApiError::BadBody(what.into())
}

/// Text that a log, a header and a page can carry.
fn word(name: &str, text: String) -> Result<String, ApiError> {
    let short = (1..=LONGEST_WORD).contains(&text.chars().count());
    if short && !text.trim().is_empty() && !text.chars().any(char::is_control) {
        return Ok(text);
    }
    Err(ApiError::BadBody(format!("{name}: 1 to {LONGEST_WORD} characters without control characters")))
}

/// A case number whose check digit is right.
pub(super) fn case_no(no: &str) -> Result<Pii, ApiError> {
    if call::case_no::valid(no) { Ok(Pii::new(no)) } else { Err(bad("case: the 12 digits of a case number")) }
}

fn outside(number: &str) -> Result<Pii, ApiError> {
    let digits = number.strip_prefix('+').unwrap_or(number);
    let fits = (2..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if fits { Ok(Pii::new(number)) } else { Err(bad("number: 2 to 20 digits, with + before a country code")) }
}

/// 呼叫窗口、事项、人员或外线加入通话。Bring a desk, a service's desk, a phone or an outside number in.
#[utoipa::path(post, path = "/api/v1/calls/{id}/bridge", tag = "orders", security(("token" = [])),
    params(OfCall, KeyHeader), request_body = Bring, responses(Answers))]
pub(crate) async fn bridge(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfCall>,
    key: Key,
    Body(bring): Body<Bring>,
) -> Result<Response, ApiError> {
    let order = bring.order(of.call()?)?;
    give(house, who, key, Asked::Order(order)).await
}

/// 咨询转三方。Join the desk of a private talk, or one that still rings as soon as it accepts.
#[utoipa::path(post, path = "/api/v1/calls/{id}/merge", tag = "orders", security(("token" = [])),
    params(OfCall, KeyHeader), request_body(content = Option<Nothing>), responses(Answers))]
pub(crate) async fn merge(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfCall>,
    key: Key,
    Body(_): Body<Option<Nothing>>,
) -> Result<Response, ApiError> {
    give(house, who, key, Asked::Order(Order::Merge(of.call()?))).await
}

/// 请窗口离开或停止呼叫。Take the desk out of the call, or stop ringing it.
#[utoipa::path(post, path = "/api/v1/calls/{id}/drop", tag = "orders", security(("token" = [])),
    params(OfCall, KeyHeader), request_body(content = Option<Nothing>), responses(Answers))]
pub(crate) async fn drop_desk(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfCall>,
    key: Key,
    Body(_): Body<Option<Nothing>>,
) -> Result<Response, ApiError> {
    give(house, who, key, Asked::Order(Order::Drop(of.call()?))).await
}

/// 话务员离开，市民与窗口继续。The operator leaves; citizen and desk go on.
#[utoipa::path(post, path = "/api/v1/calls/{id}/leave", tag = "orders", security(("token" = [])),
    params(OfCall, KeyHeader), request_body(content = Option<Nothing>), responses(Answers))]
pub(crate) async fn leave(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfCall>,
    key: Key,
    Body(_): Body<Option<Nothing>>,
) -> Result<Response, ApiError> {
    give(house, who, key, Asked::Order(Order::Leave(of.call()?))).await
}

/// 市民保持与取回。Put the citizen on hold (music), or take them back.
#[utoipa::path(post, path = "/api/v1/calls/{id}/hold", tag = "orders", security(("token" = [])),
    params(OfCall, KeyHeader), request_body = Switch, responses(Answers))]
pub(crate) async fn hold(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfCall>,
    key: Key,
    Body(Switch { on }): Body<Switch>,
) -> Result<Response, ApiError> {
    give(house, who, key, Asked::Order(Order::Hold(of.call()?, on))).await
}

/// 话务员静音。Mute the operator, or unmute.
#[utoipa::path(post, path = "/api/v1/calls/{id}/mute", tag = "orders", security(("token" = [])),
    params(OfCall, KeyHeader), request_body = Switch, responses(Answers))]
pub(crate) async fn mute(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfCall>,
    key: Key,
    Body(Switch { on }): Body<Switch>,
) -> Result<Response, ApiError> {
    give(house, who, key, Asked::Order(Order::Mute(of.call()?, on))).await
}

/// 结束并请市民评价。End the call with the rating.
#[utoipa::path(post, path = "/api/v1/calls/{id}/survey", tag = "orders", security(("token" = [])),
    params(OfCall, KeyHeader), request_body(content = Option<Nothing>), responses(Answers))]
pub(crate) async fn survey(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfCall>,
    key: Key,
    Body(_): Body<Option<Nothing>>,
) -> Result<Response, ApiError> {
    give(house, who, key, Asked::Order(Order::Survey(of.call()?))).await
}

/// Which emergency service.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rescue {
    /// 110 police, 119 fire, 120 ambulance, 122 traffic.
    #[schema(example = 120)]
    service: u16,
}

/// 接入紧急电话，话务员留在通话中。Bring an emergency service in; the operator stays.
#[utoipa::path(post, path = "/api/v1/calls/{id}/emergency", tag = "orders", security(("token" = [])),
    params(OfCall, KeyHeader), request_body = Rescue, responses(Answers))]
pub(crate) async fn emergency(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfCall>,
    key: Key,
    Body(Rescue { service }): Body<Rescue>,
) -> Result<Response, ApiError> {
    if ![110, 119, 120, 122].contains(&service) {
        return Err(bad("service: 110, 119, 120 or 122"));
    }
    give(house, who, key, Asked::Order(Order::Emergency(of.call()?, service))).await
}

/// 请已离开的话务员回来。Call the operator back into a call that they left.
#[utoipa::path(post, path = "/api/v1/calls/{id}/recall", tag = "orders", security(("token" = [])),
    params(OfCall, KeyHeader), request_body(content = Option<Nothing>), responses(Answers))]
pub(crate) async fn recall(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfCall>,
    key: Key,
    Body(_): Body<Option<Nothing>>,
) -> Result<Response, ApiError> {
    give(house, who, key, Asked::Order(Order::Recall(of.call()?))).await
}

/// 暂停或恢复录音（报身份证号时）。Stop or restart the recording while an identity number is spoken.
#[utoipa::path(post, path = "/api/v1/calls/{id}/recording", tag = "orders", security(("token" = [])),
    params(OfCall, KeyHeader), request_body = Switch, responses(Answers))]
pub(crate) async fn recording(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfCall>,
    key: Key,
    Body(Switch { on }): Body<Switch>,
) -> Result<Response, ApiError> {
    give(house, who, key, Asked::Order(Order::Recording(of.call()?, on))).await
}

/// 结束通话。End the call.
#[utoipa::path(post, path = "/api/v1/calls/{id}/hang-up", tag = "orders", security(("token" = [])),
    params(OfCall, KeyHeader), request_body(content = Option<Nothing>), responses(Answers))]
pub(crate) async fn hang_up(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfCall>,
    key: Key,
    Body(_): Body<Option<Nothing>>,
) -> Result<Response, ApiError> {
    give(house, who, key, Asked::Order(Order::HangUp(of.call()?))).await
}
