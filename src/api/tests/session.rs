//! Signing in: cookies, wrong passwords, lock-out, the second factor, the own password, the end of sessions.

use access::{Factor, Password, Role, Token};
use axum::http::StatusCode;
use call::ids::Pii;
use serde_json::json;
use store::{Account, Change, Hidden};

use super::roles::{page, signed_in};
use super::{Ask, Bench, Told, get};

const PASSWORD: &str = "correct horse battery";

/// Puts an account with this password into the store.
async fn account(bench: &Bench, name: &str, role: Role) {
    let hash = access::hash(&Password::from(PASSWORD.to_owned()), [9; 16]).unwrap();
    let account = Account {
        name: name.into(),
        shown: Pii::new("王丽"),
        role: role.word().into(),
        staff: role.needs_staff().then(|| "2012".to_owned()),
        password: Hidden::new(hash),
        password_at: 0,
        must_change: false,
        factor: None,
        factor_step: None,
        locked: false,
        made_at: 0,
        signed_in_at: None,
    };
    assert!(bench.rooms.store.add_account(&account).await.unwrap());
}

fn post(path: &str, tab: &str, body: &serde_json::Value) -> Ask {
    let ask = Ask { method: "POST".into(), ..get(path) }.without("authorization");
    ask.with("x-hotline-tab", tab).json(&body.to_string())
}

fn sign_in(tab: &str, user: &str, password: &str) -> Ask {
    post("/api/v1/session", tab, &json!({ "user": user, "password": password }))
}

/// The token of the cookie that was set.
fn token(told: &Told, tab: &str) -> Token {
    let cookie = told.header("set-cookie");
    let value = cookie.strip_prefix(&format!("hotline_{tab}=")).unwrap_or_else(|| panic!("{cookie}"));
    Token::parse(value.split(';').next().unwrap()).unwrap()
}

/// What an authenticator program shows, so many seconds from now.
fn code(secret: &str, shift: i64) -> String {
    let at = u64::try_from(crate::recordings::now_utc_ms() / 1_000 + shift).unwrap();
    Factor::stored(secret).unwrap().code(at)
}

#[tokio::test]
async fn a_right_password_gets_a_cookie_that_no_script_and_no_other_page_has() {
    let bench = Bench::new().await;
    account(&bench, "wang.li", Role::Desk).await;
    let told = sign_in("main", " Wang.Li ", PASSWORD).with("accept-language", "en").to(&bench.app).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text());
    let cookie = told.header("set-cookie").to_owned();
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Strict", "; Max-Age=43200"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "over http");
    let me = told.json();
    let expected = json!({
        "user": "wang.li", "name": "王丽", "role": "desk", "staff": "2012", "phone": "desk012",
        "desks": me["desks"], "lang": "en", "second_factor": false, "must_change": false, "must_enrol": false,
        "trial": false, "idle_seconds": 900, "zone": "Asia/Shanghai",
    });
    assert_eq!(me, expected);
    assert!(me["desks"].as_array().unwrap().contains(&json!("012")), "{me}");
    let token = token(&told, "main");
    assert!(!told.text().contains(token.reveal()));
    let again = page(get("/api/v1/session"), &token).to(&bench.app).await;
    assert_eq!((again.status, again.json()["user"].as_str()), (StatusCode::OK, Some("wang.li")));
    let behind_proxy = sign_in("b2", "wang.li", PASSWORD).with("x-forwarded-proto", "https");
    assert!(behind_proxy.to(&bench.app).await.header("set-cookie").ends_with("; Secure"));
    // The store knows the token by its hash alone.
    assert!(bench.rooms.store.sitting(&token.hash()).await.unwrap().is_some());
    assert!(bench.rooms.store.sitting(token.reveal()).await.unwrap().is_none());
}

#[tokio::test]
async fn two_tabs_are_two_people_and_each_signs_out_alone() {
    let bench = Bench::new().await;
    account(&bench, "wang", Role::Desk).await;
    account(&bench, "li", Role::Supervisor).await;
    let (a, b) = (
        sign_in("a", "wang", PASSWORD).to(&bench.app).await,
        sign_in("b", "li", PASSWORD).to(&bench.app).await,
    );
    let both = format!("hotline_a={}; hotline_b={}", token(&a, "a").reveal(), token(&b, "b").reveal());
    let ask = |method: &str, tab: &str| {
        let ask = Ask { method: method.into(), ..get("/api/v1/session") }.without("authorization");
        ask.with("cookie", &both).with("x-hotline-tab", tab)
    };
    assert_eq!(ask("GET", "a").to(&bench.app).await.json()["user"], "wang");
    assert_eq!(ask("GET", "b").to(&bench.app).await.json()["user"], "li");
    let out = ask("DELETE", "a").to(&bench.app).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(
        out.header("set-cookie").starts_with("hotline_a=; ")
            && out.header("set-cookie").contains("Max-Age=0")
    );
    assert_eq!(ask("GET", "a").to(&bench.app).await.problem(), (401, "no_session".into()));
    assert_eq!(ask("GET", "b").to(&bench.app).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_session_outlives_a_restart_of_the_interface() {
    let bench = Bench::new().await;
    account(&bench, "wang", Role::Desk).await;
    let token = token(&sign_in("main", "wang", PASSWORD).to(&bench.app).await, "main");
    let ask = page(get("/api/v1/session"), &token);
    assert_eq!(ask.to(&bench.fresh()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn wrong_passwords_lock_out_and_nobody_learns_who_has_an_account() {
    let bench = Bench::new().await;
    account(&bench, "wang", Role::Desk).await;
    for n in 0..access::FREE_OF_USER {
        for user in ["wang", "nobody"] {
            let told = sign_in("main", user, "wrong horse battery").to(&bench.app).await;
            assert_eq!(told.problem(), (401, "wrong_credentials".into()), "{user} {n}");
            assert_eq!(told.header("set-cookie"), "");
        }
    }
    for user in ["wang", "nobody"] {
        // Not even the right one is compared now.
        let told = sign_in("main", user, PASSWORD).to(&bench.app).await;
        assert_eq!(told.problem(), (429, "locked_out".into()));
        let wait = told.json()["retry_after"].as_u64().unwrap();
        assert!((1..=31).contains(&wait) && told.header("retry-after") == wait.to_string(), "{wait}");
    }
    let reset = post("/api/v1/users/wang/reset", "main", &json!({ "password": "another horse battery" }));
    let reset = reset.with("authorization", &format!("Bearer {}", super::TOKEN));
    assert_eq!(reset.to(&bench.app).await.status, StatusCode::NO_CONTENT);
    assert_eq!(sign_in("main", "wang", "another horse battery").to(&bench.app).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_was_typed_as_a_name_by_mistake_is_in_no_audit() {
    let bench = Bench::new().await;
    account(&bench, "wang", Role::Desk).await;
    for user in ["wang", "correcthorsebattery", "13800001234", "王丽"] {
        sign_in("main", user, "x").with("x-forwarded-for", "10.1.2.3, 192.0.2.44").to(&bench.app).await;
    }
    let path = "/api/v1/audit?what=session.refused";
    let mut lines = serde_json::Value::Null;
    super::until_async("the lines", async || {
        lines = get(path).to(&bench.app).await.json()["lines"].clone();
        lines.as_array().is_some_and(|lines| lines.len() == 4)
    })
    .await;
    let text = lines.to_string();
    for word in ["correcthorse", "1380000", "王丽"] {
        assert!(!text.contains(word), "{text}");
    }
    assert_eq!(lines[3]["target"], "wang");
    assert_eq!(lines[0]["target"], "unknown");
    assert_eq!(lines[0]["from"], "192.0.2.44", "what the proxy itself has written is the last");
}

#[tokio::test]
async fn an_admin_enrols_then_needs_a_code_and_no_code_is_good_twice() {
    let bench = Bench::new().await;
    account(&bench, "admin", Role::Admin).await;
    let told = sign_in("main", "admin", PASSWORD).to(&bench.app).await;
    assert_eq!(told.json()["must_enrol"], true);
    let first = token(&told, "main");
    assert_eq!(page(get("/api/v1/users"), &first).to(&bench.app).await.problem(), (403, "must_enrol".into()));
    let as_page = |ask: Ask| page(ask, &first).without("x-hotline-tab").with("x-hotline-tab", "main");
    let begun = as_page(post("/api/v1/session/second-factor", "main", &json!({}))).to(&bench.app).await;
    let secret = begun.json()["secret"].as_str().unwrap().to_owned();
    assert!(begun.json()["uri"].as_str().unwrap().starts_with("otpauth://totp/hotline:admin?secret="));
    let confirm =
        |code: &str| as_page(post("/api/v1/session/second-factor/confirm", "main", &json!({ "code": code })));
    assert_eq!(confirm("abcdef").to(&bench.app).await.problem(), (401, "wrong_code".into()));
    let now = code(&secret, 0);
    let done = confirm(&now).to(&bench.app).await;
    assert_eq!((done.status, &done.json()["must_enrol"]), (StatusCode::OK, &json!(false)), "{}", done.text());
    assert_eq!(page(get("/api/v1/users"), &first).to(&bench.app).await.status, StatusCode::OK);
    let told = sign_in("b2", "admin", PASSWORD).to(&bench.app).await;
    assert_eq!(told.problem(), (401, "second_factor_needed".into()));
    let with_code = |code: &str| {
        post("/api/v1/session", "b2", &json!({ "user": "admin", "password": PASSWORD, "code": code }))
    };
    assert_eq!(with_code(&now).to(&bench.app).await.problem(), (401, "wrong_code".into()), "it was used");
    let next = code(&secret, 30);
    assert_eq!(with_code(&next).to(&bench.app).await.status, StatusCode::OK);
    assert_eq!(with_code(&next).to(&bench.app).await.problem(), (401, "wrong_code".into()));
    // Another one in its place needs a code of the old one.
    let told = as_page(post("/api/v1/session/second-factor", "main", &json!({}))).to(&bench.app).await;
    assert_eq!(told.problem(), (401, "wrong_code".into()));
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let bench = Bench::new().await;
    account(&bench, "wang", Role::Desk).await;
    let a = token(&sign_in("a", "wang", PASSWORD).to(&bench.app).await, "a");
    let b = token(&sign_in("b", "wang", PASSWORD).to(&bench.app).await, "b");
    let change = |old: &str, new: &str| {
        let cookie = format!("hotline_a={}", a.reveal());
        post("/api/v1/session/password", "a", &json!({ "old": old, "new": new })).with("cookie", &cookie)
    };
    assert_eq!(
        change("wrong", "another horse battery").to(&bench.app).await.problem().1,
        "wrong_credentials"
    );
    let weak = change(PASSWORD, "short").with("accept-language", "en").to(&bench.app).await;
    assert_eq!(weak.problem(), (400, "weak_password".into()));
    assert!(weak.json()["detail"].as_str().unwrap().contains("12 characters"));
    assert_eq!(change(PASSWORD, "another horse battery").to(&bench.app).await.status, StatusCode::NO_CONTENT);
    let ask = |tab: &str, token: &Token| {
        let cookie = format!("hotline_{tab}={}", token.reveal());
        get("/api/v1/session").without("authorization").with("x-hotline-tab", tab).with("cookie", &cookie)
    };
    assert_eq!(ask("a", &a).to(&bench.app).await.status, StatusCode::OK);
    assert_eq!(ask("b", &b).to(&bench.app).await.problem().1, "no_session");
    assert_eq!(sign_in("c", "wang", PASSWORD).to(&bench.app).await.problem().1, "wrong_credentials");
}

#[tokio::test]
async fn a_given_password_is_changed_first_by_a_new_user_and_after_a_reset() {
    const GIVEN: &str = "given horse battery";
    let bench = Bench::new().await;
    let new = json!({ "user": "li", "name": "李", "role": "auditor", "password": GIVEN });
    let made =
        Ask { method: "POST".into(), ..get("/api/v1/users") }.json(&new.to_string()).to(&bench.app).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let changed = async |given: &str, own: &str| {
        let told = sign_in("main", "li", given).to(&bench.app).await;
        assert_eq!(told.json()["must_change"], true, "{}", told.text());
        let token = token(&told, "main");
        let calls = page(get("/api/v1/calls"), &token);
        assert_eq!(calls.clone().to(&bench.app).await.problem(), (403, "must_change".into()));
        let change = |new: &str| {
            let body = json!({ "old": given, "new": new });
            page(post("/api/v1/session/password", "main", &body).without("x-hotline-tab"), &token)
        };
        let same = change(given).with("accept-language", "en").to(&bench.app).await;
        assert_eq!(same.problem(), (400, "weak_password".into()));
        assert!(same.json()["detail"].as_str().unwrap().contains("the old one"), "{}", same.text());
        assert_eq!(change(own).to(&bench.app).await.status, StatusCode::NO_CONTENT);
        let me = page(get("/api/v1/session"), &token).to(&bench.app).await.json();
        assert_eq!(me["must_change"], false);
        assert_eq!(calls.to(&bench.app).await.status, StatusCode::OK, "in the same session, at once");
    };
    changed(GIVEN, "own horse battery").await;
    let again = sign_in("b2", "li", "own horse battery").to(&bench.app).await;
    assert_eq!(again.json()["must_change"], false);
    let reset = Ask { method: "POST".into(), ..get("/api/v1/users/li/reset") };
    let reset = reset.json(&json!({ "password": "reset horse battery" }).to_string());
    assert_eq!(reset.to(&bench.app).await.status, StatusCode::NO_CONTENT);
    changed("reset horse battery", "my own horse battery").await;
}

#[tokio::test]
async fn a_lock_from_elsewhere_counts_within_seconds() {
    let bench = Bench::new().await;
    let token = signed_in(&bench, "lead", Role::Supervisor, 1, 0).await;
    assert_eq!(page(get("/api/v1/session"), &token).to(&bench.app).await.status, StatusCode::OK);
    // As `hotline user` does, beside the house.
    let reset = [Change::Locked(true)];
    signed_in(&bench, "admin", Role::Admin, 2, 0).await;
    assert!(bench.rooms.store.change_account(0, "lead", &reset).await.unwrap());
    super::until_async("the lock", async || {
        page(get("/api/v1/session"), &token).to(&bench.app).await.status == StatusCode::UNAUTHORIZED
    })
    .await;
}

#[tokio::test]
async fn a_session_goes_on_while_the_store_is_away() {
    let bench = Bench::new().await;
    let token = signed_in(&bench, "lead", Role::Supervisor, 1, 0).await;
    let ask = page(get("/api/v1/operators"), &token);
    assert_eq!(ask.clone().to(&bench.app).await.status, StatusCode::OK);
    bench.rooms.store.close().await;
    assert_eq!(ask.clone().to(&bench.app).await.status, StatusCode::OK);
    assert_eq!(ask.to(&bench.fresh()).await.problem(), (503, "store_away".into()), "one that was never seen");
    assert_eq!(sign_in("b", "lead", PASSWORD).to(&bench.app).await.problem(), (503, "store_away".into()));
}
