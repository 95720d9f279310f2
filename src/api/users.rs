//! Accounts, as admins see and change them.

use std::sync::Arc;

use access::{Role, UserName};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use call::ids::Pii;
use serde::{Deserialize, Serialize};
use store::{Account, Change};
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::extract::{Body, Place};
use crate::problem::Problem;
use crate::recordings::now_utc_ms;
use crate::rooms::House;
use crate::secret::Typed;
use crate::session::new_hash;
use crate::who::Who;

type Shared = State<Arc<House>>;

/// Characters of the longest name that is shown.
const LONGEST_NAME: usize = 40;
/// Most accounts; one more is refused.
const MOST_ACCOUNTS: usize = 2_000;

/// All accounts.
#[derive(Serialize, ToSchema)]
pub(crate) struct Users {
    /// By name.
    users: Vec<User>,
}

/// An account.
#[derive(Serialize, ToSchema)]
pub(crate) struct User {
    /// What its owner signs in with.
    user: String,
    /// The name to show.
    name: String,
    /// `operator`, `desk`, `supervisor`, `auditor` or `admin`.
    role: String,
    /// Staff number.
    staff: Option<String>,
    /// May not sign in.
    locked: bool,
    /// It has a second factor.
    second_factor: bool,
    /// Made, UTC ms.
    made_at: i64,
    /// Signed in last, UTC ms.
    signed_in_at: Option<i64>,
}

impl From<Account> for User {
    fn from(account: Account) -> Self {
        Self {
            user: account.name,
            name: account.shown.reveal().to_owned(),
            role: account.role,
            staff: account.staff,
            locked: account.locked,
            second_factor: account.factor.is_some(),
            made_at: account.made_at,
            signed_in_at: account.signed_in_at,
        }
    }
}

/// A role that an account can have.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoleWord {
    /// Answers the hotline.
    Operator,
    /// Sits at a window.
    Desk,
    /// Leads a shift.
    Supervisor,
    /// Looks, changes nothing.
    Auditor,
    /// Everything.
    Admin,
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Operator => Self::Operator,
            RoleWord::Desk => Self::Desk,
            RoleWord::Supervisor => Self::Supervisor,
            RoleWord::Auditor => Self::Auditor,
            RoleWord::Admin => Self::Admin,
        }
    }
}

/// A name as screens show it.
///
/// # Errors
/// [`ApiError::BadBody`].
pub(crate) fn shown(name: String) -> Result<String, ApiError> {
    let fits =
        (1..=LONGEST_NAME).contains(&name.trim().chars().count()) && !name.chars().any(char::is_control);
    if fits {
        Ok(name.trim().to_owned())
    } else {
        Err(ApiError::BadBody(format!("name: 1 to {LONGEST_NAME} characters without control characters")))
    }
}

/// A role with the staff number that goes with it.
fn person(house: &House, role: Role, staff: Option<&str>) -> Result<(), ApiError> {
    let bad = |what: &str| Err(ApiError::BadBody(what.into()));
    match staff {
        None if role.needs_staff() => bad("staff: this role needs a staff number of staff.toml"),
        None => Ok(()),
        Some(no) => {
            let checked = house.rooms.current.now();
            if checked.settings.staff.iter().any(|person| &*person.no.0 == no) {
                Ok(())
            } else {
                bad("staff: this number is not in staff.toml")
            }
        }
    }
}

/// 账户列表。All accounts.
#[utoipa::path(get, path = "/api/v1/users", tag = "access", security(("token" = []), ("session" = [])), responses(
    (status = 200, body = Users, description = "All accounts"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn all(State(house): Shared) -> Result<Json<Users>, ApiError> {
    let accounts = house.rooms.store.accounts().await.map_err(ApiError::StoreAway)?;
    Ok(Json(Users { users: accounts.into_iter().map(User::from).collect() }))
}

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// What its owner signs in with: 2 to 32 small letters, digits and `.` `-` `_`.
    user: String,
    /// The name to show, 1 to 40 characters; sealed in the store.
    name: String,
    /// What they may do.
    role: RoleWord,
    /// Staff number of staff.toml; operators and desks need one.
    staff: Option<String>,
    /// The first password, 12 to 128 characters; its owner must change it at the first sign-in.
    #[schema(value_type = String)]
    password: Typed,
}

/// 新建账户。Make an account.
#[utoipa::path(post, path = "/api/v1/users", tag = "access", security(("token" = []), ("session" = [])), request_body = NewUser, responses(
    (status = 201, body = User, description = "Made"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused: 400 `weak_password`, 409 `user_exists`"),
))]
pub(crate) async fn add(
    State(house): Shared,
    who: Who,
    Body(ask): Body<NewUser>,
) -> Result<(StatusCode, Json<User>), ApiError> {
    let user = UserName::parse(&ask.user).map_err(ApiError::Access)?;
    let role = Role::from(ask.role);
    person(&house, role, ask.staff.as_deref())?;
    let store = &house.rooms.store;
    if store.accounts().await.map_err(ApiError::StoreAway)?.len() >= MOST_ACCOUNTS {
        return Err(ApiError::BadBody(format!("there are {MOST_ACCOUNTS} accounts: delete one first")));
    }
    let account = Account {
        name: user.as_str().to_owned(),
        shown: Pii::new(shown(ask.name)?),
        role: role.word().to_owned(),
        staff: ask.staff,
        password: new_hash(&house, user.as_str(), ask.password.into()).await?,
        password_at: now_utc_ms(),
        must_change: true,
        factor: None,
        factor_step: None,
        locked: false,
        made_at: now_utc_ms(),
        signed_in_at: None,
    };
    house.audit(&who, "user.added", &account.name, role.word()).await?;
    if store.add_account(&account).await.map_err(ApiError::StoreAway)? {
        Ok((StatusCode::CREATED, Json(account.into())))
    } else {
        Err(ApiError::UserExists)
    }
}

/// An account of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfUser {
    /// The account's name.
    user: String,
}

impl OfUser {
    async fn account(&self, house: &House) -> Result<Account, ApiError> {
        let name = UserName::parse(&self.user).map_err(|_| ApiError::NoSuchUser)?;
        let account = house.rooms.store.account(name.as_str()).await.map_err(ApiError::StoreAway)?;
        account.ok_or(ApiError::NoSuchUser)
    }
}

/// What is changed of an account; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChange {
    /// The name to show.
    name: Option<String>,
    /// What they may do.
    role: Option<RoleWord>,
    /// Staff number; empty: none any more.
    staff: Option<String>,
    /// May not sign in; sessions end at once.
    locked: Option<bool>,
}

/// 修改账户。Change an account.
#[utoipa::path(patch, path = "/api/v1/users/{user}", tag = "access", security(("token" = []), ("session" = [])), params(OfUser),
    request_body = UserChange, responses(
    (status = 200, body = User, description = "As it is now"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused: 404 `no_such_user`, 409 `last_admin`"),
))]
pub(crate) async fn change(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfUser>,
    Body(ask): Body<UserChange>,
) -> Result<Json<User>, ApiError> {
    let account = of.account(&house).await?;
    let role = ask.role.map(Role::from).or(Role::parse(&account.role)).unwrap_or(Role::Desk);
    let staff = match ask.staff {
        Some(no) => (!no.is_empty()).then_some(no),
        None => account.staff.clone(),
    };
    let mut changes = vec![Change::Locked(ask.locked.unwrap_or(account.locked))];
    if ask.role.is_some() || staff != account.staff {
        person(&house, role, staff.as_deref())?;
        changes.extend([Change::Role(role.word().to_owned()), Change::Staff(staff)]);
    }
    if let Some(name) = ask.name {
        changes.push(Change::Shown(Pii::new(shown(name)?)));
    }
    let words = changes.iter().filter_map(word).collect::<Vec<_>>().join(" ");
    house.audit(&who, "user.changed", &account.name, &words).await?;
    let changed = house.rooms.store.change_account(now_utc_ms(), &account.name, &changes).await;
    if !changed.map_err(ApiError::StoreAway)? {
        return Err(ApiError::LastAdmin);
    }
    if ask.locked == Some(true) {
        house.end_sessions_of(&account.name, None).await?;
    }
    house.sessions.doubt(&account.name);
    of.account(&house).await.map(|account| Json(account.into()))
}

/// What the audit says of a change; never the name.
fn word(change: &Change) -> Option<String> {
    match change {
        Change::Shown(_) => Some("name".to_owned()),
        Change::Role(role) => Some(format!("role={role}")),
        Change::Staff(staff) => Some(format!("staff={}", staff.as_deref().unwrap_or("none"))),
        Change::Locked(locked) => Some(format!("locked={locked}")),
        Change::Password(_)
        | Change::GivenPassword(_)
        | Change::Factor(_)
        | Change::Step(_)
        | Change::SignedIn => None,
    }
}

/// 删除账户。Delete an account; its sessions end, what it did stays in the audit.
#[utoipa::path(delete, path = "/api/v1/users/{user}", tag = "access", security(("token" = []), ("session" = [])), params(OfUser), responses(
    (status = 204, description = "Deleted"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused: 404 `no_such_user`, 409 `last_admin`"),
))]
pub(crate) async fn remove(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfUser>,
) -> Result<StatusCode, ApiError> {
    let account = of.account(&house).await?;
    house.audit(&who, "user.deleted", &account.name, &account.role).await?;
    if !house.rooms.store.delete_account(&account.name).await.map_err(ApiError::StoreAway)? {
        return Err(ApiError::LastAdmin);
    }
    house.sessions.end_all_of(&account.name, None);
    Ok(StatusCode::NO_CONTENT)
}

/// A new password for somebody who has lost theirs; they must change it at the next sign-in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reset {
    /// 12 to 128 characters.
    #[schema(value_type = String)]
    password: Typed,
}

/// 重置账户密码。Reset an account: a new password, no second factor, no lock by wrong passwords, no session.
#[utoipa::path(post, path = "/api/v1/users/{user}/reset", tag = "access", security(("token" = []), ("session" = [])), params(OfUser),
    request_body = Reset, responses(
    (status = 204, description = "Reset"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused: 400 `weak_password`, 404 `no_such_user`"),
))]
pub(crate) async fn reset(
    State(house): Shared,
    who: Who,
    Place(of): Place<OfUser>,
    Body(ask): Body<Reset>,
) -> Result<StatusCode, ApiError> {
    let account = of.account(&house).await?;
    let stored = new_hash(&house, &account.name, ask.password.into()).await?;
    house.audit(&who, "user.reset", &account.name, "").await?;
    let changes = [Change::GivenPassword(stored), Change::Factor(None)];
    house
        .rooms
        .store
        .change_account(now_utc_ms(), &account.name, &changes)
        .await
        .map_err(ApiError::StoreAway)?;
    house.end_sessions_of(&account.name, None).await?;
    house.lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pardon(&account.name);
    Ok(StatusCode::NO_CONTENT)
}
