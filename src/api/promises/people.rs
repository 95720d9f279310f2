//! What people must go on with: follow-ups, escalations, call-backs.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use promise::News;
use serde::{Deserialize, Serialize};
use store::promises::{AskLine, BadLine, CallBackLine, EscalationLine};
use utoipa::{IntoParams, ToSchema};

use super::handovers::OpenOrAll;
use super::{limit, place, scope, words};
use crate::error::ApiError;
use crate::extract::{Ask, Place};
use crate::problem::Problem;
use crate::rooms::House;
use crate::who::Who;

/// Whom a person must ask, and who is not satisfied.
#[derive(Serialize, ToSchema)]
pub(crate) struct FollowUps {
    /// Our calls were not enough: a person must ask. The longest wait first.
    asks: Vec<AskJson>,
    /// Scores of 1 and 2 that nobody has followed up. The newest first.
    bad: Vec<BadJson>,
}

/// A person must ask the citizen.
#[derive(Serialize, ToSchema)]
#[schema(as = FollowUpAsk)]
struct AskJson {
    /// The case ...
    case_no: Option<String>,
    /// ... or the missed call.
    call: Option<String>,
    /// `check`, `echo3`, `missed_call`.
    what: String,
    /// UTC ms.
    since: i64,
    /// Calls of ours that came to nothing.
    tries: u32,
    /// The case's title.
    title: String,
    /// The unit's name.
    unit_name: String,
    /// `张* 138****1234`; empty when it is not known or not to be seen.
    applicant_masked: String,
}

impl AskJson {
    fn of(line: AskLine, who: &Who) -> Self {
        // As in lists of cases: an operator does not see who asks confidentially.
        let hidden = line.confidential && who.role == access::Role::Operator;
        Self {
            case_no: line.case_no,
            call: line.call.map(|call| call.to_string()),
            what: line.what,
            since: line.since,
            tries: line.tries,
            title: line.title,
            unit_name: line.unit_name,
            applicant_masked: if hidden { String::new() } else { line.applicant_masked },
        }
    }
}

/// A bad score.
#[derive(Serialize, ToSchema)]
#[schema(as = BadScore)]
struct BadJson {
    /// The escalation that says so: tell that it was seen when it is followed up.
    escalation: String,
    /// The case ...
    case_no: Option<String>,
    /// ... or the call after which it was given.
    call: Option<String>,
    /// UTC ms.
    at: i64,
    /// `check`, `echo3`, `post_call`.
    what: String,
    /// 1 or 2.
    score: Option<u32>,
    /// The case's title.
    title: String,
    /// The unit's name.
    unit_name: String,
}

impl From<BadLine> for BadJson {
    fn from(line: BadLine) -> Self {
        let BadLine { escalation, case_no, call, at, what, score, title, unit_name } = line;
        Self {
            escalation,
            case_no,
            call: call.map(|call| call.to_string()),
            at,
            what,
            score,
            title,
            unit_name,
        }
    }
}

/// 待人工回访。Whom a person must ask, and bad scores that nobody has followed up; at most 200 of each.
#[utoipa::path(get, path = "/api/v1/followups", tag = "promises", security(("token" = [])), responses(
    (status = 200, body = FollowUps, description = "What persons must go on with"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn follow_ups(
    State(house): State<Arc<House>>,
    who: Who,
) -> Result<Json<FollowUps>, ApiError> {
    let (asks, bad) = house.rooms.store.follow_ups().await.map_err(ApiError::StoreAway)?;
    let asks = asks.into_iter().map(|line| AskJson::of(line, &who)).collect();
    Ok(Json(FollowUps { asks, bad: bad.into_iter().map(Into::into).collect() }))
}

/// Which escalations.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichEscalations {
    /// Those too that somebody has seen to.
    #[serde(default)]
    all: bool,
    /// Go on after this one: `next` of the page before.
    before: Option<String>,
    /// Lines of the page, 1 to 200; 50 when nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// A page of escalations.
#[derive(Serialize, ToSchema)]
pub(crate) struct Escalations {
    /// The newest first.
    escalations: Vec<EscalationJson>,
    /// Where to go on.
    next: Option<String>,
}

/// Something that people are told.
#[derive(Serialize, ToSchema)]
#[schema(as = Escalation)]
struct EscalationJson {
    /// ULID.
    id: String,
    /// UTC ms.
    at: i64,
    /// `lead`, `unit`, `joint_meeting`, `owner`.
    reader: String,
    /// What, as a word ...
    news: String,
    /// ... for a reader of Chinese ...
    news_zh: &'static str,
    /// ... and of English.
    news_en: &'static str,
    /// The case, when it is about one.
    case_no: Option<String>,
    /// What it is about: `case/...`, `call/...`, `callback/...`, `ledger/...`, `notice/MONTH/UNIT`, `reach/MONTH/UNIT`.
    owner: String,
    /// Code of the unit.
    unit: Option<String>,
    /// Its name.
    unit_name: Option<String>,
    /// UTC ms.
    seen_at: Option<i64>,
    /// By whom.
    seen_by: Option<String>,
}

impl From<EscalationLine> for EscalationJson {
    fn from(line: EscalationLine) -> Self {
        let (zh, en) = News::parse(&line.news).map_or(("", ""), words::news);
        Self {
            id: line.id,
            at: line.at,
            reader: line.reader,
            news: line.news,
            news_zh: zh,
            news_en: en,
            case_no: line.case_no,
            owner: line.owner,
            unit: line.unit,
            unit_name: line.unit_name,
            seen_at: line.seen_at,
            seen_by: line.seen_by,
        }
    }
}

/// 督办提醒。What the leads, or a window's unit, are told: until somebody has seen to it.
#[utoipa::path(get, path = "/api/v1/escalations", tag = "promises", security(("token" = [])), params(WhichEscalations), responses(
    (status = 200, body = Escalations, description = "A page of escalations"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn escalations(
    State(house): State<Arc<House>>,
    who: Who,
    Ask(which): Ask<WhichEscalations>,
) -> Result<Json<Escalations>, ApiError> {
    let (limit, before) = (limit(which.limit)?, place(which.before)?);
    let store = &house.rooms.store;
    let page = store.escalations(&scope(&house, &who), which.all, before.as_deref(), limit).await;
    let page = page.map_err(ApiError::StoreAway)?;
    Ok(Json(Escalations { escalations: page.lines.into_iter().map(Into::into).collect(), next: page.next }))
}

/// An escalation of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfEscalation {
    /// ULID.
    id: String,
}

/// 已处理。Somebody has seen to it.
#[utoipa::path(post, path = "/api/v1/escalations/{id}/seen", tag = "promises", security(("token" = [])), params(OfEscalation), responses(
    (status = 204, description = "Noted; the first to see it stays"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn seen(
    State(house): State<Arc<House>>,
    who: Who,
    Place(of): Place<OfEscalation>,
) -> Result<StatusCode, ApiError> {
    let now = house.promise_now();
    let seen = house.rooms.store.escalation_seen(now, &who.user, &of.id, &scope(&house, &who)).await;
    if seen.map_err(ApiError::StoreAway)? { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::NoSuchItem) }
}

/// Which call-backs.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichCallBacks {
    /// `open`: still owed. `all`: everything.
    #[serde(default)]
    #[param(inline)]
    state: OpenOrAll,
    /// Go on after this one: `next` of the page before.
    before: Option<String>,
    /// Lines of the page, 1 to 200; 50 when nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// A page of call-backs.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallBacks {
    /// The newest first.
    callbacks: Vec<CallBackJson>,
    /// Where to go on.
    next: Option<String>,
}

/// A call-back that is or was owed.
#[derive(Serialize, ToSchema)]
#[schema(as = CallBack)]
struct CallBackJson {
    /// The call.
    call: String,
    /// `138****1234`.
    number_masked: String,
    /// `missed`, `asked`, `cut_off`.
    because: String,
    /// When the citizen entered the queue, UTC ms.
    since: i64,
    /// UTC ms.
    due_at: i64,
    /// `new`, `calls`, `person`, `joined`, `settled`.
    state: String,
    /// Calls of ours that came to nothing.
    tries: u32,
    /// When the promise ended, UTC ms.
    ended_at: Option<i64>,
    /// `kept`, `missed`, `void`.
    ending: Option<String>,
    /// Missed calls that it answers.
    calls: Vec<String>,
}

impl From<CallBackLine> for CallBackJson {
    fn from(line: CallBackLine) -> Self {
        Self {
            call: line.call.to_string(),
            number_masked: line.number_masked,
            because: line.because,
            since: line.since,
            due_at: line.due_at,
            state: line.state,
            tries: line.tries,
            ended_at: line.ended_at,
            ending: line.ending,
            calls: line.calls.iter().map(ToString::to_string).collect(),
        }
    }
}

/// 未接回拨。Missed calls that are called back.
#[utoipa::path(get, path = "/api/v1/callbacks", tag = "promises", security(("token" = [])), params(WhichCallBacks), responses(
    (status = 200, body = CallBacks, description = "A page of call-backs"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn call_backs(
    State(house): State<Arc<House>>,
    Ask(which): Ask<WhichCallBacks>,
) -> Result<Json<CallBacks>, ApiError> {
    let (limit, before) = (limit(which.limit)?, place(which.before)?);
    let open = which.state == OpenOrAll::Open;
    let page =
        house.rooms.store.call_backs(open, before.as_deref(), limit).await.map_err(ApiError::StoreAway)?;
    Ok(Json(CallBacks { callbacks: page.lines.into_iter().map(Into::into).collect(), next: page.next }))
}
