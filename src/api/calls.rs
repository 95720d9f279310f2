//! Calls: the live ones, the past ones page by page, one with everything about it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use call::action::{Answer, Refusal};
use call::cdr::Outcome;
use call::event::Order;
use call::ids::{DeskNo, StaffNo};
use serde::Deserialize;
use store::CallFilter;
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::extract::{Ask, OfCall, Place, call_id};
use crate::problem::Problem;
use crate::rooms::House;
use crate::shapes::record::{CallPage, CallRecord, Calls};
use crate::shapes::{LiveCall, LiveCalls};
use crate::who::Who;

/// Calls of a page when nobody says how many.
const USUAL_PAGE: u32 = 50;
/// Calls of the longest page.
const LONGEST_PAGE: u32 = 200;

/// 现有通话。The live calls as they stand; operators and desks see those that they sit in.
#[utoipa::path(get, path = "/api/v1/calls/live", tag = "calls", security(("token" = [])), responses(
    (status = 200, body = LiveCalls, description = "The live calls"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn live(State(house): State<Arc<House>>, who: Who) -> Result<Json<LiveCalls>, ApiError> {
    match house.rooms.handle.order(Order::ListCalls).await?.map_err(ApiError::Refused)? {
        Answer::Calls(calls) => {
            let own = calls.into_iter().filter(|call| who.owns(call));
            let names = house.rooms.current.names();
            Ok(Json(LiveCalls { calls: own.map(|call| LiveCall::of(call, &names)).collect() }))
        }
        Answer::Done | Answer::Agents(_) | Answer::Board(_) => {
            Err(ApiError::Internal("the core answered something else"))
        }
    }
}

/// Which calls.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Offered at or after, UTC ms.
    from: Option<i64>,
    /// Offered before, UTC ms.
    to: Option<i64>,
    /// What came of it.
    #[param(inline)]
    outcome: Option<OutcomeWord>,
    /// Answered by this operator (staff number).
    operator: Option<String>,
    /// This desk was rung (three digits).
    desk: Option<String>,
    /// Calls of the page, 1 to 200; 50 when nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// Go on after this call: `next` of the page before.
    after: Option<String>,
}

/// What came of a call.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum OutcomeWord {
    OnSpot,
    Bridged,
    HandedOver,
    CaseOpened,
    Voicemail,
    Abandoned,
    Emergency,
    Invalid,
    Interrupted,
}

impl From<OutcomeWord> for Outcome {
    fn from(word: OutcomeWord) -> Self {
        match word {
            OutcomeWord::OnSpot => Self::OnSpot,
            OutcomeWord::Bridged => Self::Bridged,
            OutcomeWord::HandedOver => Self::HandedOver,
            OutcomeWord::CaseOpened => Self::CaseOpened,
            OutcomeWord::Voicemail => Self::Voicemail,
            OutcomeWord::Abandoned => Self::Abandoned,
            OutcomeWord::Emergency => Self::Emergency,
            OutcomeWord::Invalid => Self::Invalid,
            OutcomeWord::Interrupted => Self::Interrupted,
        }
    }
}

impl Which {
    fn filter(&self) -> Result<CallFilter, ApiError> {
        Ok(CallFilter {
            from: self.from,
            to: self.to,
            outcome: self.outcome.map(Outcome::from),
            operator: self.operator.as_deref().map(staff).transpose()?,
            desk: self.desk.as_deref().map(desk).transpose()?,
            ..CallFilter::default()
        })
    }
}

/// Reads a staff number; whether anybody has it is the core's business.
pub(crate) fn staff(text: &str) -> Result<StaffNo, ApiError> {
    const LONGEST: usize = 32;
    let fits = (1..=LONGEST).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !fits {
        return Err(ApiError::BadAddress(format!(
            "a staff number has 1 to {LONGEST} letters, digits, - and _"
        )));
    }
    Ok(StaffNo(text.into()))
}

/// Reads a desk's number, `001` to `999`.
pub(crate) fn desk(text: &str) -> Result<DeskNo, ApiError> {
    let digits = text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit());
    let no = text.parse().ok().filter(|no| digits && *no > 0);
    no.map(DeskNo).ok_or_else(|| ApiError::BadAddress("a desk has three digits, 001 to 999".into()))
}

/// 通话记录，分页，新的在前。Calls of the store, newest first, page by page.
#[utoipa::path(get, path = "/api/v1/calls", tag = "calls", security(("token" = [])), params(Which), responses(
    (status = 200, body = Calls, description = "A page of calls"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn past(
    State(house): State<Arc<House>>,
    Ask(which): Ask<Which>,
) -> Result<Json<Calls>, ApiError> {
    let limit = which.limit.unwrap_or(USUAL_PAGE);
    if !(1..=LONGEST_PAGE).contains(&limit) {
        return Err(ApiError::BadAddress(format!("limit is 1 to {LONGEST_PAGE}")));
    }
    let no_such_page = |_| ApiError::BadAddress("after is `next` of the page before".into());
    let after = which.after.as_deref().map(call_id).transpose().map_err(no_such_page)?;
    let page = house.rooms.store.calls(&which.filter()?, after, limit).await.map_err(ApiError::StoreAway)?;
    let names = house.rooms.current.names();
    Ok(Json(Calls {
        calls: page.calls.into_iter().map(|line| CallRecord::of(line, &names)).collect(),
        next: page.next.map(|call| call.to_string()),
    }))
}

/// 一通通话：记录、各方、时间线、录音。One call: its row, legs, time line, recordings. Operators see those that they answered.
#[utoipa::path(get, path = "/api/v1/calls/{id}", tag = "calls", security(("token" = [])), params(OfCall), responses(
    (status = 200, body = CallPage, description = "The call"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn one(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfCall>,
) -> Result<Json<CallPage>, ApiError> {
    let detail = house.rooms.store.call(of.call()?).await.map_err(ApiError::StoreAway)?;
    let detail = detail.ok_or(ApiError::Refused(Refusal::NoSuchCall))?;
    if who.may_read(&detail) {
        Ok(Json(CallPage::of(detail, &house.rooms.current.names())))
    } else {
        Err(ApiError::NotYours)
    }
}
