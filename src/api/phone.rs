//! The phone in the page: credentials of its own for a time, as the phone of whoever asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use access::Role;
use axum::Json;
use axum::extract::State;
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use call::ids::Address;
use config::Settings;
use serde::{Deserialize, Serialize};
use switchboard::contract::Leased;
use tokio_util::sync::CancellationToken;
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::extract::Ask;
use crate::problem::Problem;
use crate::recordings::now_utc_ms;
use crate::rooms::House;
use crate::web::sip_doors;
use crate::who::{By, Who};

/// How long credentials are good. The page asks for others before; they end with its session too.
const GOOD_FOR: Duration = Duration::from_secs(3_600);
/// Credentials of one page at a time: those before are good until the phone has taken the new ones. When full: the oldest end.
const MOST_A_PAGE: usize = 3;
/// Pages with credentials. When full: no more.
const MOST_PAGES: usize = 1_024;

/// Whose phone.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Whose {
    /// Staff number, for programs; a page has its own.
    staff: Option<String>,
}

/// What is given back.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Returned {
    /// Staff number, for programs; a page has its own.
    staff: Option<String>,
    /// The `user` of the newest credentials that the page had: these and those before end; without it all of the page.
    user: Option<String>,
}

/// What a phone in the page registers with.
#[derive(Serialize, ToSchema)]
pub(crate) struct Account {
    /// WebSockets of SIP (RFC 7118), the best first.
    #[schema(example = json!(["ws://127.0.0.1:5066"]))]
    ws: Vec<String>,
    /// The phone's own address.
    #[schema(example = "sip:op1@hotline")]
    uri: String,
    /// Name for digest, of this page alone.
    user: String,
    /// Password.
    password: String,
    /// Realm of the digest.
    realm: String,
    /// Until when they are good, UTC milliseconds; the session's end ends them too.
    until: i64,
    /// The hotline's number.
    number: String,
}

/// The credentials that pages have now.
#[derive(Default)]
pub(crate) struct Phones(Mutex<HashMap<String, Vec<Held>>>);

struct Held {
    name: String,
    over: CancellationToken,
}

impl Phones {
    fn with<T>(&self, what: impl FnOnce(&mut HashMap<String, Vec<Held>>) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One more for this page; false when there are too many pages.
    fn add(&self, page: &str, name: &str, over: &CancellationToken) -> bool {
        self.with(|pages| {
            pages.retain(|_, held| {
                held.retain(|h| !h.over.is_cancelled());
                !held.is_empty()
            });
            if pages.len() >= MOST_PAGES && !pages.contains_key(page) {
                return false;
            }
            let held = pages.entry(page.to_owned()).or_default();
            held.push(Held { name: name.to_owned(), over: over.clone() });
            let surplus = held.len().saturating_sub(MOST_A_PAGE);
            held.drain(..surplus).for_each(|old| old.over.cancel());
            true
        })
    }

    /// The page was left that had this name last. Its word may come after the next page, of the same session, has got
    /// credentials of its own: these stay.
    fn leave(&self, page: &str, last: Option<&str>) {
        self.with(|pages| {
            let held = pages.get(page).map(Vec::as_slice).unwrap_or_default();
            let newest = match last {
                None => held.len().checked_sub(1),
                Some(name) => held.iter().position(|h| h.name == *name),
            };
            held.iter().take(newest.map_or(0, |at| at.saturating_add(1))).for_each(|h| h.over.cancel());
        });
    }
}

/// 网页里的电话：领取临时的 SIP 帐号。Credentials for the phone in the page, as the phone of whoever asks.
#[utoipa::path(post, path = "/api/v1/phone", tag = "access", security(("token" = [])), params(Whose), responses(
    (status = 200, body = Account, description = "What the phone registers with"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused: 400 when there is no such phone"),
))]
pub(crate) async fn lend(
    State(house): State<Arc<House>>,
    who: Who,
    headers: HeaderMap,
    Ask(whose): Ask<Whose>,
) -> Result<Json<Account>, ApiError> {
    let checked = house.rooms.current.now();
    let settings = &checked.settings;
    let staff = match who.by {
        By::Token => whose.staff,
        By::Session(_) | By::Trial => who.staff.as_ref().map(|staff| staff.0.to_string()),
    };
    let user = phone_of(settings, staff.as_deref(), who.role)?;
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let ws = sip_doors(settings, host);
    if settings.browser.is_none() || ws.is_empty() {
        return Err(ApiError::unfit(
            "网页里的话机没有开启；请在 hotline.toml 写 [browser] udp，并在 [sip] 写 wss（本机可用 ws）。",
            "phones in pages are switched off: write [browser] udp, and wss (or ws on loopback) in [sip]",
        ));
    }
    let (tail, secret) = (house.draw()?, house.draw()?);
    let name = format!("{user}~{}", tail.get(..16).unwrap_or(&tail));
    let over = who.ended.child_token();
    if !house.phones.add(&page_of(&who, staff.as_deref()), &name, &over) {
        return Err(ApiError::unfit(
            "打开了话机的网页太多；请关掉不用的页面，过一会儿再试。",
            "too many pages have a phone: close those that nobody uses and try again later",
        ));
    }
    let leased = Leased { name: name.clone(), user: user.clone(), password: secret.clone() };
    house.rooms.handle.lease(leased, GOOD_FOR)?;
    let (handle, taken_back) = (house.rooms.handle.clone(), name.clone());
    tokio::spawn(async move {
        // Over or run out: then the table of pages forgets it too.
        let _ = tokio::time::timeout(GOOD_FOR, over.cancelled()).await;
        over.cancel();
        // The switchboard may have ended.
        let _ = handle.revoke(taken_back);
    });
    let good_for = i64::try_from(GOOD_FOR.as_millis()).unwrap_or(i64::MAX);
    Ok(Json(Account {
        ws,
        uri: format!("sip:{user}@{}", settings.sip.realm),
        user: name,
        password: secret,
        realm: settings.sip.realm.clone(),
        until: now_utc_ms().saturating_add(good_for),
        number: checked.plan.numbers.first().map(ToString::to_string).unwrap_or_default(),
    }))
}

/// 离开网页：交回帐号，话机即刻注销。The page is left: its phone is registered no more.
#[utoipa::path(delete, path = "/api/v1/phone", tag = "access", security(("token" = [])), params(Returned), responses(
    (status = 204, description = "Taken back"),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Refused"),
))]
pub(crate) async fn give_back(
    State(house): State<Arc<House>>,
    who: Who,
    Ask(returned): Ask<Returned>,
) -> StatusCode {
    let staff = match who.by {
        By::Token => returned.staff,
        By::Session(_) | By::Trial => who.staff.as_ref().map(|staff| staff.0.to_string()),
    };
    house.phones.leave(&page_of(&who, staff.as_deref()), returned.user.as_deref());
    StatusCode::NO_CONTENT
}

impl House {
    /// A secret of 256 random bits, as text.
    fn draw(&self) -> Result<String, ApiError> {
        Ok(access::Token::new((self.rooms.random)()?).reveal().to_owned())
    }
}

/// The user of a staff number's phone; a citizen of a trial has the first of the phones for trying out.
fn phone_of(settings: &Settings, staff: Option<&str>, role: Role) -> Result<String, ApiError> {
    let none = |zh: &str, en: &str| {
        ApiError::unfit(format!("{zh}没有本系统的话机。"), format!("{en} has no phone of this house"))
    };
    match staff {
        None if role == Role::Citizen => {
            let phone = settings.phones.iter().find(|phone| phone.test);
            phone.map(|phone| phone.user.clone()).ok_or_else(|| none("试用的市民", "a citizen of the trial"))
        }
        None => Err(none("这个账号", "this account")),
        Some(no) => settings
            .staff
            .iter()
            .find(|staff| *staff.no.0 == *no)
            .and_then(|staff| match &staff.address {
                Address::Phone(user) => Some(user.to_string()),
                Address::Number(_) => None,
            })
            .ok_or_else(|| none("这个工号", "this staff number")),
    }
}

/// Which page: a session is one tab's.
fn page_of(who: &Who, staff: Option<&str>) -> String {
    match &who.by {
        By::Session(hash) => hash.to_string(),
        By::Token | By::Trial => format!("{} {}", who.user, staff.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_with(names: &[&str]) -> (Phones, Vec<CancellationToken>) {
        let phones = Phones::default();
        let lent = names.iter().map(|name| {
            let over = CancellationToken::new();
            assert!(phones.add("tab", name, &over));
            over
        });
        let lent = lent.collect();
        (phones, lent)
    }

    fn over(lent: &[CancellationToken]) -> Vec<bool> {
        lent.iter().map(CancellationToken::is_cancelled).collect()
    }

    /// Each page loaded anew says that it goes, before or after the next one has its phone, however quick either is.
    #[test]
    fn a_page_that_goes_ends_its_own_phone_and_not_the_next_ones() {
        let (phones, lent) = page_with(&["op1~a", "op1~b", "op1~c"]);
        phones.leave("tab", Some("op1~b"));
        assert_eq!(over(&lent), [true, true, false]);
        phones.leave("tab", Some("op1~b"));
        phones.leave("tab", Some("op1~other"));
        phones.leave("another tab", Some("op1~c"));
        assert_eq!(over(&lent), [true, true, false]);
        phones.leave("tab", Some("op1~c"));
        assert_eq!(over(&lent), [true, true, true]);
    }

    #[test]
    fn without_a_name_all_of_the_page_end() {
        let (phones, lent) = page_with(&["op1~a", "op1~b"]);
        phones.leave("tab", None);
        assert_eq!(over(&lent), [true, true]);
    }
}
