//! A trial on this machine: sessions without a password for the people of the sample configuration.

use std::sync::Arc;

use access::{Role, Token};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse};
use call::ids::Pii;
use config::settings::{self, Settings};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::extract::Body;
use crate::problem::Problem;
use crate::rooms::House;
use crate::screen::Screen;
use crate::secret::Typed;
use crate::session::Me;
use crate::sessions::Session;
use crate::who::Who;

/// As whom somebody tries the house.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum As {
    /// Calls the hotline from the page.
    Citizen,
    /// Answers it.
    Operator,
    /// Sits at a window.
    Desk,
    /// Leads the shift.
    Supervisor,
    /// Runs the house.
    Admin,
}

/// Who tries the house.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Try {
    /// The token that `hotline serve --trial` printed.
    #[schema(value_type = String)]
    token: Typed,
    /// As whom.
    #[serde(rename = "as")]
    role: As,
}

/// 试用登录。Sign in at a trial, as somebody of the sample configuration whom no other tab plays yet.
#[utoipa::path(post, path = "/api/v1/trial", tag = "access", request_body = Try, responses(
    (status = 200, body = Me, description = "Signed in"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused: 403 `no_trial`, 429 `too_many_guesses`"),
))]
pub(crate) async fn begin(
    State(house): State<Arc<House>>,
    screen: Screen,
    headers: HeaderMap,
    Body(ask): Body<Try>,
) -> Result<impl IntoResponse + use<>, ApiError> {
    let trial = house.rooms.trial.as_ref().ok_or(ApiError::NoTrial)?;
    let guesses = house.guesses_of(screen.source);
    if !guesses.take(Instant::now()) {
        return Err(ApiError::TooManyGuesses);
    }
    if !Token::parse(ask.token.reveal()).is_some_and(|token| token.is(trial)) {
        return Err(ApiError::NoTrial);
    }
    guesses.give_back();
    if let Some(old) = &screen.token {
        house.end_session(&old.hash()).await;
    }
    let session = cast(&house, ask.role);
    let token = Token::new((house.rooms.random)()?);
    house.sessions.put_trial(&token, session.clone());
    let who = Who::of_session(&house, &session, &token, &screen);
    house.audit_soon(&who, "session.begun", &session.user, "trial");
    let cookie = AppendHeaders([(SET_COOKIE, screen.cookie(Some(&token))?)]);
    Ok((cookie, Json(Me::new(&house, &session, &headers))))
}

/// Somebody of the configuration who is not played yet; when all are, the first again.
fn cast(house: &House, role: As) -> Session {
    let checked = house.rooms.current.now();
    let taken = house.sessions.staff_on_trial();
    let people = people(&checked.settings, role);
    let free = people.iter().find(|no| !taken.iter().any(|t| t == *no));
    let staff = free.or(people.first()).cloned();
    let (role, word) = match role {
        As::Citizen => (Role::Citizen, "citizen"),
        As::Operator => (Role::Operator, "operator"),
        As::Desk => (Role::Desk, "desk"),
        As::Supervisor => (Role::Supervisor, "supervisor"),
        As::Admin => (Role::Admin, "admin"),
    };
    Session {
        user: format!("trial-{word}").into(),
        shown: Pii::new(staff.as_ref().map_or(word.to_owned(), |no| format!("{word} {no}"))),
        role,
        staff,
        has_factor: false,
        must_change: false,
        trial: true,
        ended: house.closing.child_token(),
    }
}

/// Staff numbers that play this role, in the order of the file.
fn people(settings: &Settings, role: As) -> Vec<Arc<str>> {
    let wanted = match role {
        As::Operator => settings::Role::Operator,
        As::Desk => settings::Role::Desk,
        As::Supervisor => settings::Role::Lead,
        As::Citizen | As::Admin => return Vec::new(),
    };
    let all = settings.staff.iter().filter(|person| person.role == wanted);
    all.map(|person| Arc::from(&*person.no.0)).collect()
}
