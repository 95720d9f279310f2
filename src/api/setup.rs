//! The first admin, by the one-time token that the first start prints.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use access::{Role, Token, UserName};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use call::ids::Pii;
use serde::{Deserialize, Serialize};
use store::Account;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::extract::Body;
use crate::problem::Problem;
use crate::recordings::now_utc_ms;
use crate::rooms::House;
use crate::screen::Screen;
use crate::secret::Typed;
use crate::session::new_hash;
use crate::users::shown;

/// The first set-up: the token, and the file that holds it until it is used.
#[derive(Clone, Debug)]
pub struct FirstAdmin {
    /// Whoever shows it may make the first admin, once.
    pub token: Token,
    /// The token's file, mode 0600; removed after use.
    pub file: PathBuf,
}

/// How far the house is set up.
#[derive(Serialize, ToSchema)]
pub(crate) struct SetUp {
    /// There is no account yet: `POST /api/v1/setup` makes the first.
    needed: bool,
    /// The house runs as a trial: `POST /api/v1/trial` signs in without a password.
    trial: bool,
}

/// 是否需要首次设置。Whether the first admin is still to be made.
#[utoipa::path(get, path = "/api/v1/setup", tag = "access", responses((status = 200, body = SetUp, description = "How far it is set up")))]
pub(crate) async fn read(State(house): State<Arc<House>>) -> Json<SetUp> {
    Json(SetUp { needed: needed(&house).await, trial: house.rooms.trial.is_some() })
}

/// Whether the first admin is still to be made. An account that the command line or a trial has made meanwhile is one as well:
/// people sign in then, and the token is over.
async fn needed(house: &House) -> bool {
    if house.first.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
        return false;
    }
    // While the store is away nobody can sign in either.
    if !house.rooms.store.has_accounts().await.unwrap_or(false) {
        return true;
    }
    let taken = house.first.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(taken) = taken {
        forget(&taken).await;
    }
    false
}

/// The first admin.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct First {
    /// The one-time token, 64 hex digits.
    #[schema(value_type = String)]
    token: Typed,
    /// The account's name: 2 to 32 small letters, digits and `.` `-` `_`.
    user: String,
    /// Its password: 12 to 128 characters.
    #[schema(value_type = String)]
    password: Typed,
    /// The name to show.
    name: String,
}

/// 首次设置管理员。Make the first admin; the token is good once.
#[utoipa::path(post, path = "/api/v1/setup", tag = "access", request_body = First, responses(
    (status = 201, description = "Made; sign in now"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused: 400 `weak_password`, \
        403 `wrong_setup_token`, 409 `set_up_already`, 429 `too_many_guesses`"),
))]
pub(crate) async fn first(
    State(house): State<Arc<House>>,
    screen: Screen,
    Body(ask): Body<First>,
) -> Result<StatusCode, ApiError> {
    let first = house.first.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let first = first.ok_or(ApiError::SetUpAlready)?;
    let guesses = house.guesses_of(screen.source);
    if !guesses.take(Instant::now()) {
        return Err(ApiError::TooManyGuesses);
    }
    let right = Token::parse(ask.token.reveal()).is_some_and(|token| token.is(&first.token));
    if !right {
        tracing::warn!("a wrong token for the first set-up was shown");
        return Err(ApiError::WrongSetupToken);
    }
    guesses.give_back();
    let user = UserName::parse(&ask.user).map_err(ApiError::Access)?;
    let account = Account {
        name: user.as_str().to_owned(),
        shown: Pii::new(shown(ask.name)?),
        role: Role::Admin.word().to_owned(),
        staff: None,
        password: new_hash(&house, user.as_str(), ask.password.into()).await?,
        password_at: now_utc_ms(),
        must_change: false,
        factor: None,
        factor_step: None,
        locked: false,
        made_at: now_utc_ms(),
        signed_in_at: None,
    };
    // Taken before the account is made, so that two askers at once make one admin; put back when it can't be made.
    let taken = house.first.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(taken) = taken else { return Err(ApiError::SetUpAlready) };
    let made = make(&house, &screen, &account).await;
    match made {
        Ok(()) | Err(ApiError::SetUpAlready) => forget(&taken).await,
        Err(_) => *house.first.lock().unwrap_or_else(PoisonError::into_inner) = Some(taken),
    }
    made.map(|()| StatusCode::CREATED)
}

async fn make(house: &House, screen: &Screen, account: &Account) -> Result<(), ApiError> {
    let store = &house.rooms.store;
    if store.has_accounts().await.map_err(ApiError::StoreAway)? {
        return Err(ApiError::SetUpAlready);
    }
    if !store.add_account(account).await.map_err(ApiError::StoreAway)? {
        return Err(ApiError::SetUpAlready);
    }
    house.audit_stranger(&screen.from, "user.first", &account.name, &account.role);
    Ok(())
}

/// The token is used: its file goes. One that stays is refused all the same, now that there is an account.
async fn forget(first: &FirstAdmin) {
    if let Err(why) = tokio::fs::remove_file(&first.file).await {
        tracing::warn!(file = %first.file.display(), %why, "the used set-up token could not be removed");
    }
}
