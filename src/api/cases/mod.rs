//! Cases by HTTP: the form, the list, one case, notes, calls that belong to it, and what the same caller brought before.

pub(crate) mod clock;
pub(crate) mod connect;
pub(crate) mod shapes;
pub(crate) mod step;
pub(crate) mod steps;
mod told;

use std::sync::Arc;

use access::Role;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use call::action::Refusal;
use call::ids::CallId;
use store::{CaseFault, CaseFilter, Eyes, STATES};

use crate::error::ApiError;
use crate::extract::{Ask, Body, OfCall, Place, call_id};
use crate::gate::only;
use crate::idempotency::LONGEST_KEY;
use crate::problem::Problem;
use crate::recordings::now_utc_ms as now;
use crate::rooms::House;
use crate::who::{Who, own_live};
use shapes::{
    Applicant, Attach, CaseForm, CaseNo, CasePageJson, Cases, EarlierPage, Made, NoteText, OfCase,
    RequestKey, Unmask, WhichCases,
};

/// Cases of a page when nobody says how many.
const USUAL_PAGE: u32 = 50;

/// 登记工单；查询码只告知这一次。Opens a case; its query code is told this once.
///
/// The same Idempotency-Key again opens no second case: it gets the same number, and a new code in place of the old one.
#[utoipa::path(post, path = "/api/v1/cases", tag = "cases", security(("token" = [])), params(RequestKey),
    request_body = CaseForm, responses(
    (status = 201, body = Made, description = "Opened"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn open(
    State(house): State<Arc<House>>,
    who: Who,
    headers: HeaderMap,
    Body(form): Body<CaseForm>,
) -> Result<(StatusCode, Json<Made>), ApiError> {
    let key = key(&headers)?;
    let new = form.fit()?;
    if let Some(call) = new.call {
        reach(&house, &who, call).await?;
    }
    let made = house.rooms.store.open_case(now(), &who.user, key.as_deref(), new).await;
    let made = made.map_err(ApiError::StoreAway)?.map_err(refused)?;
    told::opened(&house, &made).await;
    Ok((StatusCode::CREATED, Json(Made::from(made))))
}

/// 工单列表，分页，新的在前。Cases, newest first, page by page.
#[utoipa::path(get, path = "/api/v1/cases", tag = "cases", security(("token" = [])), params(WhichCases), responses(
    (status = 200, body = Cases, description = "A page of cases"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    who: Who,
    Ask(which): Ask<WhichCases>,
) -> Result<Json<Cases>, ApiError> {
    let limit = which.limit.unwrap_or(USUAL_PAGE);
    if !(1..=store::MOST_CASES).contains(&limit) {
        return Err(ApiError::BadAddress(format!("limit is 1 to {}", store::MOST_CASES)));
    }
    if let Some(state) = &which.state
        && !STATES.contains(&state.as_str())
    {
        return Err(ApiError::BadAddress(format!("state is one of {}", STATES.join(", "))));
    }
    let by_due = which.order.is_some();
    let filter = CaseFilter {
        q: which.q,
        state: which.state,
        unit: which.unit,
        desk: which.desk,
        open: which.open || by_due,
        urgent: which.urgent,
        supervised: which.supervised,
        blocked: which.blocked,
        due_before: which.overdue.then(|| house.promise_now()),
        by_due,
    };
    let page = house.rooms.store.cases(&filter, &eyes(&house, &who), which.before.as_deref(), limit).await;
    page.map(|page| Json(Cases::from(page))).map_err(ApiError::StoreAway)
}

/// 一件工单：内容、办理记录、关联通话。One case: what it says, its log, its calls.
#[utoipa::path(get, path = "/api/v1/cases/{no}", tag = "cases", security(("token" = [])), params(OfCase), responses(
    (status = 200, body = CasePageJson, description = "The case"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn one(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfCase>,
) -> Result<Json<CasePageJson>, ApiError> {
    let CaseNo(no) = of.no()?;
    page(&house, &who, &no).await.map(Json)
}

/// A case with its clocks, as this reader may see it.
pub(crate) async fn page(house: &House, who: &Who, no: &str) -> Result<CasePageJson, ApiError> {
    let store = &house.rooms.store;
    let case = store.case(no, &eyes(house, who)).await.map_err(ApiError::StoreAway)?;
    let case = case.ok_or(ApiError::NoSuchCase)?;
    let clock = store.case_clock(no).await.map_err(ApiError::StoreAway)?.ok_or(ApiError::NoSuchCase)?;
    let steps = steps::of(house, who, &clock.case);
    Ok(CasePageJson::of(case, clock::ClockJson::of(clock, who, steps)))
}

/// 记一条办理记录。Adds a note to a case.
#[utoipa::path(post, path = "/api/v1/cases/{no}/note", tag = "cases", security(("token" = [])), params(OfCase, RequestKey),
    request_body = NoteText, responses(
    (status = 204, description = "Noted"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn note(
    State(house): State<Arc<House>>,
    who: Who,
    headers: HeaderMap,
    Place(of): Place<OfCase>,
    Body(note): Body<NoteText>,
) -> Result<StatusCode, ApiError> {
    let key = key(&headers)?;
    let (CaseNo(no), text) = (of.no()?, note.fit()?);
    seen(&house, &who, &no).await?;
    let noted = house.rooms.store.note_case(now(), &who.user, key.as_deref(), &no, &text).await;
    noted.map_err(ApiError::StoreAway)?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// 把通话关联到工单。Says that a call belongs to a case.
#[utoipa::path(post, path = "/api/v1/cases/{no}/attach", tag = "cases", security(("token" = [])), params(OfCase, RequestKey),
    request_body = Attach, responses(
    (status = 204, description = "Attached"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn attach(
    State(house): State<Arc<House>>,
    who: Who,
    headers: HeaderMap,
    Place(of): Place<OfCase>,
    Body(attach): Body<Attach>,
) -> Result<StatusCode, ApiError> {
    // Attaching twice is attaching once; the key is looked at so that a wrong one is told.
    key(&headers)?;
    let (CaseNo(no), call) = (of.no()?, call_id(&attach.call)?);
    seen(&house, &who, &no).await?;
    reach(&house, &who, call).await?;
    let attached = house.rooms.store.attach_call(now(), &who.user, &no, call).await;
    attached.map_err(ApiError::StoreAway)?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// 同一来电人以前的工单和通话。What the same caller brought before.
#[utoipa::path(get, path = "/api/v1/calls/{id}/earlier", tag = "cases", security(("token" = [])), params(OfCall), responses(
    (status = 200, body = EarlierPage, description = "Cases and calls of the same number"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn earlier(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfCall>,
) -> Result<Json<EarlierPage>, ApiError> {
    let call = of.call()?;
    reach(&house, &who, call).await?;
    let found = house.rooms.store.earlier(call, &eyes(&house, &who)).await.map_err(ApiError::StoreAway)?;
    found.map(|earlier| Json(earlier.into())).ok_or(ApiError::Refused(Refusal::NoSuchCall))
}

/// 显示申请人姓名和号码：须说明理由，记入审计。Shows who asks, in full; the reason is kept in the audit first.
#[utoipa::path(post, path = "/api/v1/cases/{no}/unmask", tag = "cases", security(("token" = [])), params(OfCase, RequestKey),
    request_body = Unmask, responses(
    (status = 200, body = Applicant, description = "Name and number"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn unmask(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfCase>,
    Body(unmask): Body<Unmask>,
) -> Result<Json<Applicant>, ApiError> {
    let (CaseNo(no), reason) = (of.no()?, unmask.fit()?);
    seen(&house, &who, &no).await?;
    house.audit(&who, "case.unmasked", &no, &reason).await?;
    let applicant = house.rooms.store.applicant(&no).await.map_err(ApiError::StoreAway)?;
    applicant.map(|applicant| Json(applicant.into())).ok_or(ApiError::NoSuchCase)
}

/// Lets pass whose call it is: live, or answered before; those who look at all calls always.
async fn reach(house: &House, who: &Who, call: CallId) -> Result<(), ApiError> {
    if !matches!(who.role, Role::Operator | Role::Desk) || own_live(house, who, call).await.is_ok() {
        return Ok(());
    }
    let detail = house.rooms.store.call(call).await.map_err(ApiError::StoreAway)?;
    let detail = detail.ok_or(ApiError::Refused(Refusal::NoSuchCall))?;
    if who.may_read(&detail) { Ok(()) } else { Err(ApiError::NotYours) }
}

/// Only who may see a case may change it.
pub(crate) async fn seen(house: &House, who: &Who, no: &str) -> Result<(), ApiError> {
    let case = house.rooms.store.case(no, &eyes(house, who)).await.map_err(ApiError::StoreAway)?;
    case.map(drop).ok_or(ApiError::NoSuchCase)
}

/// What they may see: a window the cases of its unit, without names and numbers.
fn eyes(house: &House, who: &Who) -> Eyes {
    match who.role {
        Role::Supervisor | Role::Auditor | Role::Admin => Eyes::Office,
        Role::Operator => Eyes::Operator,
        Role::Desk | Role::Citizen => Eyes::Desk { units: units_of(house, who) },
    }
}

/// The units of the windows at which they sit.
pub(crate) fn units_of(house: &House, who: &Who) -> Vec<String> {
    let plan = &house.rooms.current.now().plan;
    let unit = |desk| plan.desks.get(desk).map(|desk| desk.unit.0.to_string());
    let mut units: Vec<String> = who.desks.iter().filter_map(unit).collect();
    units.sort_unstable();
    units.dedup();
    units
}

fn refused(fault: CaseFault) -> ApiError {
    match fault {
        CaseFault::NoSuchCase => ApiError::NoSuchCase,
        CaseFault::NoSuchCall => ApiError::Refused(Refusal::NoSuchCall),
        CaseFault::NoSuchService => ApiError::unfit(
            "没有这个事项代码：请核对 services.toml，或不填",
            "there is no service with this code: check services.toml, or leave it out",
        ),
        CaseFault::NoSuchUnit => ApiError::unfit(
            "没有这个单位代码：请核对 units.toml，或不填",
            "there is no unit with this code: check units.toml, or leave it out",
        ),
        CaseFault::NumbersUsedUp => ApiError::NumbersUsedUp,
    }
}

/// The request's Idempotency-Key, when it has one.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let name = HeaderName::from_static("idempotency-key");
    let Some(header) = only(headers, &name).map_err(|()| ApiError::BadKey)? else { return Ok(None) };
    let text = header.to_str().map_err(|_| ApiError::BadKey)?;
    let fits = (1..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if fits { Ok(Some(text.to_owned())) } else { Err(ApiError::BadKey) }
}
