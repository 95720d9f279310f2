//! A step with a case, taken by a person.

use std::sync::Arc;

use access::Role;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use promise::{Answers, Case, CaseId, Channel, Event, Flag, Method, Name, Of, Proof, Refusal};
use serde::Deserialize;
use store::promises::PromiseFault;
use utoipa::ToSchema;

use super::shapes::{CaseNo, CasePageJson, OfCase, RequestKey, text};
use super::steps::{StepWord, is_theirs};
use super::{key, page, seen};
use crate::error::ApiError;
use crate::extract::{Body, Place};
use crate::problem::Problem;
use crate::rooms::House;
use crate::who::Who;

/// Characters of the longest reason.
const LONGEST_WHY: usize = 500;
/// Days that an extension, or what a unit says, may be away at most; the promise clock has its own bound.
const MOST_DAYS: i32 = 400;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// A flag by its word.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FlagWord {
    /// Below the emergency plan, but not to wait.
    Urgent,
    /// A leader watches it.
    Supervised,
    /// Outside conditions block it.
    Blocked,
}

/// How the unit told the citizen.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MethodWord {
    /// By phone.
    Phone,
    /// In person.
    Face,
    /// In writing.
    Written,
}

/// A step with what it needs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CaseStepForm)]
pub(crate) struct StepForm {
    step: StepWord,
    /// `hand_over`, `reassign`: code of the unit.
    unit: Option<String>,
    /// What the unit says: staff number of who says it. A window's own number is taken for it.
    staff: Option<String>,
    /// Why: 1 to 500 characters.
    reason: Option<String>,
    /// `echo1`, `echo2`: how.
    method: Option<MethodWord>,
    /// `echo1`: until when, as the unit said, UTC ms.
    until: Option<i64>,
    /// Working days that are asked for or granted; `answer_extension` without them: refused.
    days: Option<i32>,
    /// `checked`: did the unit call back? `asked`: did it say who handles it and until when?
    first: Option<bool>,
    /// `asked`: did it tell the result?
    second: Option<bool>,
    /// 5 very satisfied to 1 very dissatisfied.
    score: Option<u8>,
    /// `merge`: the number of the other case.
    into: Option<String>,
    /// `flag`: which.
    flag: Option<FlagWord>,
    /// `flag`: set it, or take it away.
    on: Option<bool>,
}

use StepWord as W;

impl StepForm {
    /// The event, when the form has what the step needs.
    async fn event(&self, house: &House, who: &Who) -> Result<Event, ApiError> {
        let proof = Proof::Claimed;
        Ok(match self.step {
            W::SettleOnSpot => Event::SettledOnSpot,
            W::SettleThreeWay => Event::SettledThreeWay,
            W::Archive => Event::Archive,
            W::HandOver => Event::HandOver(self.unit(house)?),
            W::Reassign => Event::Reassign(self.unit(house)?),
            W::Received => Event::Received(self.staff(house, who)?, Channel::Operator),
            W::Returned => Event::Returned(self.reason()?),
            W::CalledBack => Event::CalledBack(proof, self.staff(house, who)?),
            W::Echo1 => Event::Echo1 {
                method: self.method()?,
                proof,
                by: self.staff(house, who)?,
                until: self.until(house.promise_now())?,
            },
            W::Echo2 => Event::Echo2 { method: self.method()?, proof, by: self.staff(house, who)? },
            W::AskExtension => {
                let days = self.days()?.ok_or_else(|| missing("延期天数", "days"))?;
                Event::AskExtension(days, self.reason()?)
            }
            W::AnswerExtension => Event::AnswerExtension(self.days()?, self.reason()?),
            W::Reported => Event::Reported(self.staff(house, who)?),
            W::Checked => Event::CheckedByPerson(self.answers()),
            W::Asked => Event::AskedByPerson(self.answers()),
            W::GiveUp => Event::GiveUp(self.reason()?),
            W::Decided => Event::Decided(self.reason()?),
            W::Merge => Event::Merge(self.other_case(house, who).await?),
            W::Flag => self.flag(who)?,
        })
    }

    fn unit(&self, house: &House) -> Result<Name, ApiError> {
        let unit = self.unit.as_deref().ok_or_else(|| missing("单位", "unit"))?;
        let checked = house.rooms.current.now();
        let known = checked.plan.units.keys().find(|code| &*code.0 == unit);
        known.map(|code| Name::from(&*code.0)).ok_or_else(|| {
            ApiError::unfit(
                "没有这个单位代码：请核对 units.toml",
                "there is no unit with this code: check units.toml",
            )
        })
    }

    /// Who of the unit says it: at a window whoever sits there.
    fn staff(&self, house: &House, who: &Who) -> Result<Name, ApiError> {
        if who.role == Role::Desk {
            return who.staff.as_ref().map(|own| Name::from(&*own.0)).ok_or(ApiError::NotYours);
        }
        let staff = self.staff.as_deref().ok_or_else(|| missing("工号", "staff"))?;
        let checked = house.rooms.current.now();
        let known = checked.settings.staff.iter().find(|person| &*person.no.0 == staff);
        known.map(|person| Name::from(&*person.no.0)).ok_or_else(|| {
            ApiError::unfit(
                "没有这个工号：请核对 staff.toml",
                "there is no such staff number: check staff.toml",
            )
        })
    }

    fn reason(&self) -> Result<Name, ApiError> {
        let reason = text(self.reason.as_deref().unwrap_or_default(), "理由", "reason", LONGEST_WHY)?;
        if reason.is_empty() {
            return Err(missing("理由", "reason"));
        }
        // One line: it stands behind `text=` in the history.
        Ok(reason.split_whitespace().collect::<Vec<_>>().join(" ").into())
    }

    fn method(&self) -> Result<Method, ApiError> {
        match self.method {
            Some(MethodWord::Phone) => Ok(Method::Phone),
            Some(MethodWord::Face) => Ok(Method::Face),
            Some(MethodWord::Written) => Ok(Method::Written),
            None => Err(missing("告知方式", "method")),
        }
    }

    fn until(&self, now: i64) -> Result<Option<i64>, ApiError> {
        let near = |at: &i64| (now - DAY_MS..now + i64::from(MOST_DAYS) * DAY_MS).contains(at);
        match self.until {
            Some(at) if !near(&at) => Err(ApiError::unfit(
                "告知的日期不合理：请核对",
                "`until` is no day that can be meant: check it",
            )),
            fitting => Ok(fitting),
        }
    }

    fn days(&self) -> Result<Option<i32>, ApiError> {
        match self.days {
            Some(days) if !(1..=MOST_DAYS).contains(&days) => Err(ApiError::Kept(Refusal::NotThatLong)),
            fitting => Ok(fitting),
        }
    }

    fn answers(&self) -> Answers {
        Answers { first: self.first, second: self.second, score: self.score }
    }

    async fn other_case(&self, house: &House, who: &Who) -> Result<CaseId, ApiError> {
        let no = self.into.as_deref().ok_or_else(|| missing("工单编号", "into"))?;
        let CaseNo(no) = CaseNo::read(no)?;
        seen(house, who, &no).await?;
        let id = house.rooms.store.case_id(&no).await.map_err(ApiError::StoreAway)?;
        id.ok_or(ApiError::NoSuchCase)
    }

    fn flag(&self, who: &Who) -> Result<Event, ApiError> {
        let on = self.on.ok_or_else(|| missing("on", "on"))?;
        let flag = match self.flag.ok_or_else(|| missing("标记", "flag"))? {
            FlagWord::Urgent => Flag::Urgent,
            FlagWord::Blocked => Flag::Blocked,
            FlagWord::Supervised if who.role == Role::Operator => return Err(ApiError::Forbidden),
            FlagWord::Supervised => Flag::Supervised,
        };
        Ok(Event::Flag(flag, on))
    }
}

/// The step needs this too.
fn missing(zh: &str, en: &str) -> ApiError {
    ApiError::unfit(format!("请填写{zh}"), format!("fill in `{en}`"))
}

/// Why the promise clock did nothing.
pub(crate) fn refused(fault: PromiseFault, nobody: ApiError) -> ApiError {
    match fault {
        PromiseFault::NoSuchOwner => nobody,
        PromiseFault::Refused(refusal) => ApiError::Kept(refusal),
        PromiseFault::Lost => ApiError::Internal("a step of a person held a task"),
    }
}

/// The case as the promise clock has it, when this reader may see it.
pub(super) async fn case(house: &House, who: &Who, no: &str) -> Result<Case, ApiError> {
    seen(house, who, no).await?;
    let clock = house.rooms.store.case_clock(no).await.map_err(ApiError::StoreAway)?;
    clock.map(|clock| clock.case).ok_or(ApiError::NoSuchCase)
}

/// 办理一步：交办、签收、告知、延期、回访、归档等。Takes a step with a case. The same Idempotency-Key again does nothing more.
///
/// What may not be done now is 409 with the refusal's own code; `steps` of the case says what may.
#[utoipa::path(post, path = "/api/v1/cases/{no}/step", tag = "cases", security(("token" = [])), params(OfCase, RequestKey),
    request_body = StepForm, responses(
    (status = 200, body = CasePageJson, description = "The case as it is then"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn step(
    State(house): State<Arc<House>>,
    who: Who,
    headers: HeaderMap,
    Place(of): Place<OfCase>,
    Body(form): Body<StepForm>,
) -> Result<Json<CasePageJson>, ApiError> {
    let key = key(&headers)?;
    let CaseNo(no) = of.no()?;
    if !form.step.is_for(who.role) {
        return Err(ApiError::Forbidden);
    }
    let case = case(&house, &who, &no).await?;
    if !is_theirs(&house, &who, &case) {
        return Err(ApiError::NotYours);
    }
    let event = form.event(&house, &who).await?;
    let done = house.rooms.promises.act(Of::Case(case.id), &who.user, key, event).await;
    done.map_err(ApiError::StoreAway)?.map_err(|fault| refused(fault, ApiError::NoSuchCase))?;
    house.audit_soon(&who, "case.step", &no, form.step.word());
    page(&house, &who, &no).await.map(Json)
}
