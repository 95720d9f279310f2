//! One question: which path a call takes at a moment, and why.

use std::collections::BTreeSet;
use std::sync::Arc;

use ::config::Checked;
use ::rehearsal::{Mood, Prompts, Scene, Tale, Tongue, Wishes, keys, play};
use axum::Json;
use axum::extract::State;
use call::event::Caller;
use call::ids::{Address, DeskNo, Name, Pii};
use serde::{Deserialize, Serialize};
use switchboard::numbers;
use utoipa::ToSchema;

use crate::calls::desk;
use crate::config::Both;
use crate::error::ApiError;
use crate::extract::Body;
use crate::problem::Problem;
use crate::rooms::House;

/// Names in a list of a question.
const MOST_NAMES: usize = 1_000;

/// A call that is asked about.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// The dialled number; the first of ours when nothing is said.
    to: Option<String>,
    /// Who calls; withheld when nothing is said.
    from: Option<String>,
    /// When it comes in, UTC ms; now when nothing is said.
    at: Option<i64>,
    /// Keys of the caller; a comma waits until the next question is being asked: `2,037#,1`.
    keys: Option<String>,
    /// How windows behave: `accepts` (when nothing is said), `busy`, `no_answer`, `declines`, `absent`, `closed`.
    desk: Option<Behaviour>,
    /// Who is away: staff numbers, phones, or `operators` for all of them.
    #[serde(default)]
    absent: Vec<String>,
    /// Windows that are shut for the rest of the day, three digits each.
    #[serde(default)]
    closed: Vec<String>,
    /// By the draft instead of the configuration in use.
    #[serde(default)]
    draft: bool,
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Behaviour {
    #[default]
    Accepts,
    Busy,
    NoAnswer,
    Declines,
    Absent,
    Closed,
}

/// The path.
#[derive(Serialize, ToSchema)]
pub(crate) struct Route {
    steps: Vec<Step>,
    /// How it stands when the path is clear.
    end: Both,
    /// What the reader should know about the play itself.
    notes: Vec<Both>,
}

/// One step.
#[derive(Serialize, ToSchema)]
struct Step {
    /// UTC ms.
    at_ms: i64,
    /// The word for machines: `rings`, `hears`, `hours`, ...
    kind: &'static str,
    zh: String,
    en: String,
    /// Which file and setting decided.
    why_zh: String,
    why_en: String,
}

/// 一通电话此刻会怎么走，为什么。Which path a call takes at a moment, and why: the live decision code answers.
#[utoipa::path(post, path = "/api/v1/rehearsal/route", tag = "config", security(("token" = [])), request_body = Question,
    responses(
    (status = 200, body = Route, description = "The path"),
    (status = "default", body = Problem, content_type = "application/problem+json",
        description = "Refused: 409 `draft_faults`, `no_draft`"),
))]
pub(crate) async fn route(
    State(house): State<Arc<House>>,
    Body(question): Body<Question>,
) -> Result<Json<Route>, ApiError> {
    let checked = if question.draft { drafted(&house).await? } else { house.rooms.behind.current() };
    let wishes = wishes(&question, &checked)?;
    let work = move || -> Result<(Tale, Tale), ::rehearsal::RehearsalError> {
        let prompts = Prompts::read(&checked.settings.prompts.dir);
        let told = |tongue| play(&Scene::new(wishes.clone(), &checked, &prompts, tongue));
        Ok((told(Tongue::Zh)?, told(Tongue::En)?))
    };
    let at = question.at.unwrap_or_else(crate::recordings::now_utc_ms);
    let tales = tokio::task::spawn_blocking(work).await.map_err(|_| ApiError::Internal("a rehearsal"))??;
    Ok(Json(told(at, &tales.0, &tales.1)))
}

async fn drafted(house: &House) -> Result<Arc<Checked>, ApiError> {
    use ::config::draft::DraftError;
    let checked = house.office.tried(|bench| {
        let draft = bench.draft()?.ok_or(DraftError::NoDraft)?;
        bench.check(&draft.files).map_err(|faults| DraftError::Faults(faults.len()))
    });
    Ok(Arc::new(checked.await?))
}

fn told(at: i64, zh: &Tale, en: &Tale) -> Route {
    // The same play in both languages: step by step the same.
    let step = |(zh, en): (&::rehearsal::Step, &::rehearsal::Step)| Step {
        at_ms: at.saturating_add(i64::try_from(zh.at.as_millis()).unwrap_or(i64::MAX)),
        kind: zh.kind,
        zh: zh.text.clone(),
        en: en.text.clone(),
        why_zh: zh.why.join("；"),
        why_en: en.why.join("; "),
    };
    let both = |(zh, en): (&String, &String)| Both { zh: zh.clone(), en: en.clone() };
    Route {
        steps: zh.steps.iter().zip(&en.steps).map(step).collect(),
        end: Both { zh: zh.result.clone(), en: en.result.clone() },
        notes: zh.notes.iter().zip(&en.notes).map(both).collect(),
    }
}

fn wishes(question: &Question, checked: &Checked) -> Result<Wishes, ApiError> {
    if question.absent.len().max(question.closed.len()) > MOST_NAMES {
        return Err(ApiError::BadBody(format!("at most {MOST_NAMES} names")));
    }
    let place = &checked.settings.place;
    let place = numbers::Place { country: place.country.clone(), area: place.area.clone() };
    let (plan, away) = (&checked.plan, |name: &str| question.absent.iter().any(|a| a == name));
    let no_number =
        || ApiError::BadBody("a telephone number has digits, with a + before them if need be".into());
    let to = match &question.to {
        Some(text) => numbers::normalise(text, &place).map(Name::from).ok_or_else(no_number)?,
        None => plan.numbers.first().cloned().unwrap_or_else(|| "".into()),
    };
    let operators = plan.operators.iter().filter(|o| !away("operators") && !away(&o.staff.0));
    let phones = checked.settings.staff.iter().filter(|s| away(&s.no.0));
    let phones = phones.filter_map(|s| match &s.address {
        Address::Phone(user) => Some(user.clone()),
        Address::Number(_) => None,
    });
    let closed: Result<BTreeSet<DeskNo>, ApiError> = question.closed.iter().map(|no| desk(no)).collect();
    Ok(Wishes {
        at: question.at.unwrap_or_else(crate::recordings::now_utc_ms),
        from: caller(question.from.as_deref(), &place).ok_or_else(no_number)?,
        to,
        keys: keys(question.keys.as_deref().unwrap_or_default())?,
        duty: operators.map(|o| o.staff.clone()).collect(),
        desk: mood(question.desk.unwrap_or_default()),
        absent: phones.chain(question.absent.iter().map(|a| Name::from(a.as_str()))).collect(),
        closed: closed?,
        takes_offer: false,
    })
}

fn mood(behaviour: Behaviour) -> Mood {
    match behaviour {
        Behaviour::Accepts => Mood::Accepts,
        Behaviour::Busy => Mood::Busy,
        Behaviour::NoAnswer => Mood::NoAnswer,
        Behaviour::Declines => Mood::Declines,
        Behaviour::Absent => Mood::Absent,
        Behaviour::Closed => Mood::ClosedHours,
    }
}

fn caller(text: Option<&str>, place: &numbers::Place) -> Option<Caller> {
    let Some(text) = text.filter(|t| !t.is_empty() && *t != "anonymous") else {
        return Some(Caller { withheld: true, ..Caller::default() });
    };
    let number = numbers::normalise(text, place)?;
    Some(Caller { raw: Pii::new(text), number: Pii::new(number.as_str()), ..Caller::default() })
}
