//! Signing in and out, the own password, the own second factor.

use std::sync::Arc;
use std::time::Duration;

use access::{AccessError, Factor, Password, UserName, Weakness};
use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse};
use call::ids::Address;
use serde::{Deserialize, Serialize};
use store::{Account, Change, Hidden};
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::extract::Body;
use crate::problem::{Problem, language};
use crate::recordings::now_utc_ms;
use crate::rooms::House;
use crate::screen::Screen;
use crate::secret::Typed;
use crate::sessions::Session;
use crate::who::{By, Who};

type Shared = State<Arc<House>>;

/// Who has signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    /// The account.
    user: String,
    /// The name to show.
    name: String,
    /// `citizen` (trials only), `operator`, `desk`, `supervisor`, `auditor` or `admin`.
    role: &'static str,
    /// Staff number.
    staff: Option<String>,
    /// User name of the phone of this staff number.
    phone: Option<String>,
    /// Desks at which this staff number sits: three digits each.
    desks: Vec<String>,
    /// `zh-CN` or `en`, by Accept-Language.
    lang: &'static str,
    /// The account has a second factor.
    second_factor: bool,
    /// Somebody else chose the password: nothing else is allowed until it is changed.
    must_change: bool,
    /// Nothing else is allowed until the account has a second factor.
    must_enrol: bool,
    /// Signed in at a trial, without a password.
    trial: bool,
    /// The session ends when nothing is asked for so many seconds; it ends after 12 hours in any case.
    idle_seconds: u64,
    /// IANA name of the time zone of the house, in which screens show times.
    zone: String,
}

impl Me {
    pub(crate) fn new(house: &House, session: &Session, headers: &HeaderMap) -> Self {
        let checked = house.rooms.current.now();
        let staff = session.staff.as_deref();
        let person = checked.settings.staff.iter().find(|s| Some(&*s.no.0) == staff);
        let phone = person.and_then(|person| match &person.address {
            Address::Phone(user) => Some(user.to_string()),
            Address::Number(_) => None,
        });
        let desks = staff.map(|staff| house.rooms.current.desks_of(staff)).unwrap_or_default();
        Self {
            user: session.user.to_string(),
            name: session.shown.reveal().to_owned(),
            role: session.role.word(),
            staff: staff.map(str::to_owned),
            phone,
            desks: desks.iter().map(ToString::to_string).collect(),
            lang: language(headers).tag(),
            second_factor: session.has_factor,
            must_change: session.must_change,
            must_enrol: session.must_enrol(),
            trial: session.trial,
            idle_seconds: house.idle().as_secs(),
            zone: checked.plan.calendar.zone.name().to_owned(),
        }
    }
}

/// 当前会话。Who has signed in, of a page; asking counts as use, so that a page asks while somebody works in it.
#[utoipa::path(get, path = "/api/v1/session", tag = "access", security(("session" = [])), responses(
    (status = 200, body = Me, description = "Who has signed in"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused: 401 `no_session`"),
))]
pub(crate) async fn read(
    State(house): Shared,
    screen: Screen,
    headers: HeaderMap,
) -> Result<Json<Me>, ApiError> {
    let token = screen.token.ok_or(ApiError::NoSession)?;
    let session = house.session(&token).await?.ok_or(ApiError::NoSession)?;
    Ok(Json(Me::new(&house, &session, &headers)))
}

/// Who wants to come in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// The account.
    user: String,
    /// Its password.
    #[schema(value_type = String)]
    password: Typed,
    /// The code of the second factor, six digits.
    #[schema(value_type = Option<String>)]
    code: Option<Typed>,
}

/// 登录。Sign in; the session comes as the cookie `hotline_TAB` (HttpOnly).
#[utoipa::path(post, path = "/api/v1/session", tag = "access", request_body = SignIn, responses(
    (status = 200, body = Me, description = "Signed in"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused: 401 \
        `wrong_credentials` `second_factor_needed` `wrong_code`, 403 `account_locked`, 429 `locked_out`, 503 `signing_in_busy`"),
))]
pub(crate) async fn begin(
    State(house): Shared,
    screen: Screen,
    headers: HeaderMap,
    Body(ask): Body<SignIn>,
) -> Result<impl IntoResponse + use<>, ApiError> {
    let account = prove(&house, &screen, ask).await?;
    // Whoever signs in anew in this tab leaves the session before.
    if let Some(old) = &screen.token {
        house.end_session(&old.hash()).await;
    }
    let (token, session) = house.begin_session(&account).await?;
    let who = Who::of_session(&house, &session, &token, &screen);
    let noted = house.audit(&who, "session.begun", &account.name, screen.tab.as_str()).await;
    if noted.is_err() {
        house.end_session(&token.hash()).await;
    }
    noted?;
    house
        .rooms
        .store
        .change_account(now_utc_ms(), &account.name, &[Change::SignedIn])
        .await
        .map_err(ApiError::StoreAway)?;
    let cookie = AppendHeaders([(SET_COOKIE, screen.cookie(Some(&token))?)]);
    Ok((cookie, Json(Me::new(&house, &session, &headers))))
}

/// Password and second factor, within the limits on guessing.
async fn prove(house: &House, screen: &Screen, ask: SignIn) -> Result<Account, ApiError> {
    // What is no user name can't be one's account; it is compared all the same, so that time does not tell.
    let user = UserName::parse(&ask.user).ok();
    let name = user.as_ref().map_or("", UserName::as_str);
    house.lock_out(name, screen.source)?;
    let account = match &user {
        Some(user) => house.rooms.store.account(user.as_str()).await.map_err(ApiError::StoreAway)?,
        None => None,
    };
    let right = is_password(house, account.as_ref(), ask.password.into()).await?;
    let Some(account) = account.filter(|_| right) else {
        let of = if user.is_some() && right_name(house, name).await { name } else { "unknown" };
        house.audit_guess(of, screen, "password");
        return Err(ApiError::WrongCredentials);
    };
    if account.locked {
        house.audit_guess(name, screen, "locked");
        return Err(ApiError::AccountLocked);
    }
    if let Some(secret) = &account.factor {
        let Some(code) = ask.code else {
            // Not a guess: the screen asks for the code now.
            house.passed(name, screen.source, false);
            return Err(ApiError::SecondFactorNeeded);
        };
        let factor = Factor::stored(secret.reveal()).map_err(ApiError::Access)?;
        if !take_code(house, &account, &factor, code.reveal()).await? {
            house.audit_guess(name, screen, "code");
            return Err(ApiError::WrongCode);
        }
    }
    house.passed(name, screen.source, true);
    Ok(account)
}

/// Whether it is the account's password. Who has no account waits as long.
async fn is_password(house: &House, account: Option<&Account>, password: Password) -> Result<bool, ApiError> {
    let stored = account.map(|account| account.password.clone());
    let compare = move || match stored {
        Some(stored) => access::verify(&password, stored.reveal()),
        None => Ok(access::verify_nobody(&password)),
    };
    house.hashing.run(compare).await?.map_err(ApiError::Access)
}

/// Whether there is an account of this name: what else was typed there may be a password, and stays out of the audit.
async fn right_name(house: &House, name: &str) -> bool {
    matches!(house.rooms.store.account(name).await, Ok(Some(_)))
}

/// Takes a code, once: the step is used up in the store before anybody is let in by it.
async fn take_code(house: &House, account: &Account, factor: &Factor, code: &str) -> Result<bool, ApiError> {
    let last = account.factor_step.and_then(|step| u64::try_from(step).ok());
    let Some(step) = factor.check(code, now_s(), last) else { return Ok(false) };
    let step = i64::try_from(step).unwrap_or(i64::MAX);
    house.rooms.store.use_step(&account.name, step).await.map_err(ApiError::StoreAway)
}

fn now_s() -> u64 {
    u64::try_from(now_utc_ms() / 1_000).unwrap_or(0)
}

/// 退出。Sign out; the cookie is taken away.
#[utoipa::path(delete, path = "/api/v1/session", tag = "access", security(("session" = [])), responses(
    (status = 204, description = "Signed out"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn end(
    State(house): Shared,
    who: Who,
    screen: Screen,
) -> Result<impl IntoResponse + use<>, ApiError> {
    if let By::Session(hash) = &who.by {
        house.end_session(hash).await;
        house.audit_soon(&who, "session.ended", &who.user, screen.tab.as_str());
    }
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(SET_COOKIE, screen.cookie(None)?)])))
}

/// The own password, old and new.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    /// As it is.
    #[schema(value_type = String)]
    old: Typed,
    /// As it shall be: 12 to 128 characters, nothing that is soon guessed.
    #[schema(value_type = String)]
    new: Typed,
}

/// 修改自己的密码。Change the own password; all other sessions of the account end.
#[utoipa::path(post, path = "/api/v1/session/password", tag = "access", security(("session" = [])), request_body = NewPassword, responses(
    (status = 204, description = "Changed"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused: 400 `weak_password`, 401 `wrong_credentials`, 429 `locked_out`"),
))]
pub(crate) async fn password(
    State(house): Shared,
    who: Who,
    screen: Screen,
    Body(ask): Body<NewPassword>,
) -> Result<StatusCode, ApiError> {
    let (account, hash) = own(&house, &who).await?;
    house.lock_out(&account.name, screen.source)?;
    let is_same = ask.old.reveal() == ask.new.reveal();
    if !is_password(&house, Some(&account), ask.old.into()).await? {
        house.audit_guess(&account.name, &screen, "password");
        return Err(ApiError::WrongCredentials);
    }
    house.passed(&account.name, screen.source, false);
    if is_same {
        return Err(ApiError::Access(AccessError::Weak(Weakness::Same)));
    }
    let stored = new_hash(&house, &account.name, ask.new.into()).await?;
    house.audit(&who, "password.changed", &account.name, "").await?;
    let changed =
        house.rooms.store.change_account(now_utc_ms(), &account.name, &[Change::Password(stored)]).await;
    changed.map_err(ApiError::StoreAway)?;
    house.end_sessions_of(&account.name, Some(&hash)).await?;
    house.sessions.doubt(&account.name);
    Ok(StatusCode::NO_CONTENT)
}

/// The hash of a password that may become this account's.
///
/// # Errors
/// [`ApiError::Access`] in words for whoever chose it.
pub(crate) async fn new_hash(house: &House, user: &str, password: Password) -> Result<Hidden, ApiError> {
    password.judge(&UserName::parse(user).map_err(ApiError::Access)?).map_err(ApiError::Access)?;
    let random: [u8; 32] = (house.rooms.random)()?;
    let mut salt = [0; access::SALT_LENGTH];
    salt.iter_mut().zip(random).for_each(|(salt, byte)| *salt = byte);
    let hashed = house.hashing.run(move || access::hash(&password, salt)).await?;
    hashed.map(Hidden::new).map_err(ApiError::Access)
}

/// The asker's account and session; a trial and a program have none.
async fn own(house: &House, who: &Who) -> Result<(Account, String), ApiError> {
    let By::Session(hash) = &who.by else { return Err(ApiError::NoAccount) };
    let account = house.rooms.store.account(&who.user).await.map_err(ApiError::StoreAway)?;
    Ok((account.ok_or(ApiError::NoAccount)?, hash.to_string()))
}

/// A code of the second factor that is there, where one is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OldCode {
    /// Six digits; needed to put another second factor in the place of one.
    #[schema(value_type = Option<String>)]
    code: Option<Typed>,
}

/// A second factor to be.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewFactor {
    /// The secret in base 32, to be typed.
    secret: String,
    /// The same as an address, to be shown as a QR code.
    uri: String,
}

/// 申请第二因素。Begin to give the account a second factor: an authenticator program reads it, then confirm with its code.
#[utoipa::path(post, path = "/api/v1/session/second-factor", tag = "access", security(("session" = [])), request_body = OldCode, responses(
    (status = 200, body = NewFactor, description = "Nothing is changed until it is confirmed"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused: 401 `wrong_code`, 429 `locked_out`"),
))]
pub(crate) async fn factor(
    State(house): Shared,
    who: Who,
    screen: Screen,
    Body(ask): Body<OldCode>,
) -> Result<Json<NewFactor>, ApiError> {
    let (account, hash) = own(&house, &who).await?;
    if let Some(secret) = &account.factor {
        house.lock_out(&account.name, screen.source)?;
        let old = Factor::stored(secret.reveal()).map_err(ApiError::Access)?;
        let code = ask.code.ok_or(ApiError::WrongCode)?;
        if !take_code(&house, &account, &old, code.reveal()).await? {
            house.audit_guess(&account.name, &screen, "code");
            return Err(ApiError::WrongCode);
        }
        house.passed(&account.name, screen.source, false);
    }
    let random: [u8; 32] = (house.rooms.random)()?;
    let mut secret = [0; access::SECRET_LENGTH];
    secret.iter_mut().zip(random).for_each(|(secret, byte)| *secret = byte);
    let factor = Factor::new(secret).map_err(ApiError::Access)?;
    let user = UserName::parse(&account.name).map_err(ApiError::Access)?;
    let shown = NewFactor { secret: factor.base32(), uri: factor.uri(&user) };
    house.sessions.offer_factor(&hash, factor);
    Ok(Json(shown))
}

/// The first code of a second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstCode {
    /// Six digits.
    #[schema(value_type = String)]
    code: Typed,
}

/// 确认第二因素。Confirm the second factor with its first code; from now on signing in needs one.
#[utoipa::path(post, path = "/api/v1/session/second-factor/confirm", tag = "access", security(("session" = [])), request_body = FirstCode, responses(
    (status = 200, body = Me, description = "The account has it now"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused: 401 `wrong_code`, 429 `locked_out`"),
))]
pub(crate) async fn confirm(
    State(house): Shared,
    who: Who,
    screen: Screen,
    headers: HeaderMap,
    Body(ask): Body<FirstCode>,
) -> Result<Json<Me>, ApiError> {
    let (account, hash) = own(&house, &who).await?;
    house.lock_out(&account.name, screen.source)?;
    let confirmed = house.sessions.confirm_factor(&hash, ask.code.reveal(), now_s());
    let (step, secret) = confirmed.ok_or(ApiError::WrongCode)?;
    house.passed(&account.name, screen.source, false);
    house.audit(&who, "second_factor.set", &account.name, "").await?;
    let step = Change::Step(i64::try_from(step).unwrap_or(i64::MAX));
    let changes = [Change::Factor(Some(Hidden::new(secret))), step];
    let changed = house.rooms.store.change_account(now_utc_ms(), &account.name, &changes).await;
    changed.map_err(ApiError::StoreAway)?;
    house.end_sessions_of(&account.name, Some(&hash)).await?;
    house.sessions.doubt(&account.name);
    let token = screen.token.ok_or(ApiError::NoSession)?;
    let session = house.session(&token).await?.ok_or(ApiError::NoSession)?;
    Ok(Json(Me::new(&house, &session, &headers)))
}

impl House {
    /// Lets a try at a password or code pass, or says how long the asker must wait.
    pub(crate) fn lock_out(&self, user: &str, source: Option<std::net::IpAddr>) -> Result<(), ApiError> {
        let now = self.since.elapsed();
        let mut lock = self.lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let wait = |left: Duration| ApiError::LockedOut(left.as_secs().saturating_add(1));
        lock.begin(now, user, source).map_err(wait)
    }

    /// It was right: no guess. `all` when everything was shown that the account asks for: then its count begins anew.
    pub(crate) fn passed(&self, user: &str, source: Option<std::net::IpAddr>, all: bool) {
        let mut lock = self.lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if all { lock.passed(user, source) } else { lock.no_guess(user, source) }
    }

    /// A line of the audit about a wrong password or code.
    pub(crate) fn audit_guess(&self, user: &str, screen: &Screen, what: &str) {
        self.audit_stranger(&screen.from, "session.refused", user, what);
    }
}
