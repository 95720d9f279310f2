//! 'Connect me now': the asker's phone and the citizen in one room, once per Idempotency-Key.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use call::ids::{CallId, StaffNo};
use call::plan::Member;
use clockwork::ConnectFault;
use promise::{Case, CaseId, Refusal, Step};
use serde::Serialize;
use utoipa::ToSchema;

use super::key;
use super::shapes::{CaseNo, OfCase, RequestKey};
use super::step::case;
use super::steps::is_theirs;
use crate::error::ApiError;
use crate::extract::Place;
use crate::idempotency::{Key, Keys, once};
use crate::orders::mark;
use crate::problem::{Problem, refuse};
use crate::promises::handovers::CONNECTED_IN;
use crate::rooms::House;
use crate::who::Who;

/// Keys by which somebody was connected: with whom, and who. The call is what came of it; a fault is told to everybody who
/// waits for the same, and the key may be used again.
pub(crate) type Connects = Keys<(CaseId, StaffNo), CallId, Arc<ApiError>>;

/// The call that connects.
#[derive(Serialize, ToSchema)]
pub(crate) struct Connecting {
    /// Its id.
    call: String,
}

/// 立即接通：先振自己的话机，再呼叫群众。Rings the asker's own phone, then the citizen; both are in one room, and that they talk is
/// the proof of a call-back. Nobody sees the number. The same Idempotency-Key again rings nobody: it gets the same call.
#[utoipa::path(post, path = "/api/v1/cases/{no}/connect", tag = "cases", security(("token" = [])), params(OfCase, RequestKey), responses(
    (status = 202, body = Connecting, description = "The phone rings"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn connect(
    State(house): State<Arc<House>>,
    who: Who,
    headers: HeaderMap,
    Place(of): Place<OfCase>,
) -> Result<Response, ApiError> {
    let key = key(&headers)?;
    let CaseNo(no) = of.no()?;
    let case = case(&house, &who, &no).await?;
    if !is_theirs(&house, &who, &case) {
        return Err(ApiError::NotYours);
    }
    let staff = who.staff.clone().ok_or(ApiError::NotYours)?;
    let member = member(&house, &staff).ok_or(ApiError::NotYours)?;
    let Some(key) = key else {
        return ring(&house, &who, &no, &case, member).await.map(|call| ringing(call, false));
    };
    let (keys, key, asked) = (Arc::clone(&house.connects), Key::of(&who, &key), (case.id, staff));
    let give = async move { ring(&house, &who, &no, &case, member).await.map_err(Arc::new) };
    let (call, repeated) = once(keys, key, asked, give).await?;
    Ok(call.map_or_else(refuse, |call| ringing(call, repeated)))
}

fn ringing(call: CallId, repeated: bool) -> Response {
    let told = Json(Connecting { call: call.to_string() });
    mark((StatusCode::ACCEPTED, told).into_response(), repeated)
}

async fn ring(house: &House, who: &Who, no: &str, case: &Case, member: Member) -> Result<CallId, ApiError> {
    if !CONNECTED_IN.contains(&case.state) {
        return Err(ApiError::Kept(Refusal::NotNow(case.state, Step::Begin)));
    }
    house.audit(who, "case.connect", no, &format!("staff={}", member.staff.0)).await?;
    house.rooms.promises.connect(case.id, member).await.map_err(|fault| match fault {
        ConnectFault::NoSuchCase => ApiError::NoSuchCase,
        ConnectFault::NoNumber => ApiError::Kept(Refusal::NobodyToReply),
        ConnectFault::House(fault) => ApiError::Handle(fault),
        ConnectFault::Store(fault) => ApiError::StoreAway(fault),
        ConnectFault::System(_) => ApiError::Internal("the system gives no random numbers"),
    })
}

/// Where this member of the staff is rung.
fn member(house: &House, staff: &StaffNo) -> Option<Member> {
    let checked = house.rooms.current.now();
    let person = checked.settings.staff.iter().find(|person| person.no == *staff)?;
    Some(Member { staff: person.no.clone(), address: person.address.clone() })
}
