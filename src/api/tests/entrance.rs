//! The first admin, the trial, accounts, the audit, numbers in clear.

use std::path::PathBuf;

use access::{Role, Token};
use axum::http::StatusCode;
use serde_json::json;

use super::roles::{page, signed_in};
use super::{Ask, Bench, STRANGER, Told, get};
use crate::{FirstAdmin, Rooms, router};

fn post(path: &str, body: &serde_json::Value) -> Ask {
    let ask = Ask { method: "POST".into(), ..get(path) }.without("authorization");
    ask.with("x-hotline-tab", "main").json(&body.to_string())
}

fn admin(method: &str, path: &str, body: &serde_json::Value) -> Ask {
    let ask = Ask { method: method.into(), ..get(path) };
    if body.is_null() { ask } else { ask.json(&body.to_string()) }
}

fn token_of(told: &Told) -> Token {
    let cookie = told.header("set-cookie").strip_prefix("hotline_main=").unwrap();
    Token::parse(cookie.split(';').next().unwrap()).unwrap()
}

/// A house that waits for its first admin: its token, and the file that holds it.
fn before_set_up(bench: &Bench) -> (axum::Router, Token, PathBuf) {
    let file = bench.dir.path().join("setup-token");
    std::fs::write(&file, "token").unwrap();
    let token = Token::new([3; 32]);
    let first = Some(FirstAdmin { token: token.clone(), file: file.clone() });
    let app = router(Rooms { first, ..bench.rooms.clone() }, tokio_util::sync::CancellationToken::new());
    (app, token, file)
}

#[tokio::test]
async fn the_first_admin_is_made_once_with_the_token_alone() {
    let bench = Bench::new().await;
    let (app, token, file) = before_set_up(&bench);
    assert_eq!(
        get("/api/v1/setup").without("authorization").to(&app).await.json(),
        json!({"needed": true, "trial": false})
    );
    let ask = |token: &str, password: &str| {
        post(
            "/api/v1/setup",
            &json!({"token": token, "user": "root.admin", "password": password, "name": "王丽"}),
        )
    };
    let other = Token::new([4; 32]);
    assert_eq!(
        ask(other.reveal(), "correct horse battery").to(&app).await.problem(),
        (403, "wrong_setup_token".into())
    );
    assert_eq!(ask("", "correct horse battery").to(&app).await.problem().1, "wrong_setup_token");
    assert_eq!(ask(token.reveal(), "short").to(&app).await.problem(), (400, "weak_password".into()));
    assert!(file.exists(), "it is still needed");
    assert_eq!(ask(token.reveal(), "correct horse battery").to(&app).await.status, StatusCode::CREATED);
    assert!(!file.exists());
    assert_eq!(
        ask(token.reveal(), "correct horse battery").to(&app).await.problem(),
        (409, "set_up_already".into())
    );
    assert_eq!(get("/api/v1/setup").to(&app).await.json()["needed"], false);
    let sign_in =
        post("/api/v1/session", &json!({"user": "root.admin", "password": "correct horse battery"}));
    assert_eq!(sign_in.to(&app).await.json()["must_enrol"], true);
}

#[tokio::test]
async fn an_account_from_elsewhere_ends_the_first_set_up() {
    let bench = Bench::new().await;
    let (app, token, file) = before_set_up(&bench);
    let needed = || async { get("/api/v1/setup").to(&app).await.json()["needed"].clone() };
    assert_eq!(needed().await, true);
    // As `hotline user add` does, beside the house.
    signed_in(&bench, "root", Role::Admin, 1, 0).await;
    assert_eq!(needed().await, false, "people sign in now");
    assert!(!file.exists(), "the token is over");
    let body =
        json!({"token": token.reveal(), "user": "two", "password": "correct horse battery", "name": "王丽"});
    assert_eq!(post("/api/v1/setup", &body).to(&app).await.problem(), (409, "set_up_already".into()));
}

#[tokio::test]
async fn a_trial_plays_people_of_the_sample_and_exists_only_where_it_was_started() {
    let bench = Bench::new().await;
    let token = Token::new([3; 32]);
    let ask = |role: &str| post("/api/v1/trial", &json!({"token": token.reveal(), "as": role}));
    assert_eq!(ask("admin").to(&bench.app).await.problem(), (403, "no_trial".into()));
    let trial = Some(token.clone());
    let app = router(Rooms { trial, ..bench.rooms.clone() }, tokio_util::sync::CancellationToken::new());
    let guess = post("/api/v1/trial", &json!({"token": Token::new([4; 32]).reveal(), "as": "admin"}));
    assert_eq!(guess.to(&app).await.problem(), (403, "no_trial".into()));
    assert_eq!(ask("auditor").to(&app).await.problem().0, 400);
    let mut staff = Vec::new();
    for role in ["operator", "operator", "desk", "supervisor", "admin", "citizen"] {
        let told = ask(role).to(&app).await;
        let me = told.json();
        assert_eq!(
            (&me["role"], &me["trial"], &me["must_enrol"]),
            (&json!(role), &json!(true), &json!(false))
        );
        staff.push(me["staff"].as_str().map(str::to_owned));
        let users = page(get("/api/v1/users"), &token_of(&told)).to(&app).await.status;
        assert_eq!(users == StatusCode::OK, role == "admin", "{role}");
        // A trial has no account to change.
        let change = post("/api/v1/session/second-factor", &json!({})).with("cookie", "x=y");
        let cookie = format!("hotline_main={}", token_of(&told).reveal());
        let change = change.without("cookie").with("cookie", &cookie);
        assert_eq!(change.to(&app).await.problem(), (409, "no_account".into()));
    }
    assert_eq!(staff[..2], [Some("1001".into()), Some("1002".into())], "two tabs are two operators");
    assert!(staff[4].is_none() && staff[5].is_none());
    // Its sessions are in no store: a house that is no trial does not know them.
    let told = ask("admin").to(&app).await;
    assert_eq!(page(get("/api/v1/users"), &token_of(&told)).to(&bench.app).await.problem().1, "no_session");
}

#[tokio::test]
async fn accounts_are_made_changed_and_deleted_and_each_deed_is_in_the_audit() {
    let bench = Bench::new().await;
    let new = json!({"user": "wang", "name": "王丽", "role": "operator", "staff": "1001", "password": "correct horse battery"});
    let told = admin("POST", "/api/v1/users", &new).to(&bench.app).await;
    assert_eq!((told.status, &told.json()["user"]), (StatusCode::CREATED, &json!("wang")), "{}", told.text());
    assert_eq!(
        admin("POST", "/api/v1/users", &new).to(&bench.app).await.problem(),
        (409, "user_exists".into())
    );
    for (field, value) in [
        ("user", json!("a b")),
        ("user", json!("../x")),
        ("name", json!("a\r\nb")),
        ("name", json!("")),
        ("name", json!("x".repeat(41))),
        ("role", json!("root")),
        ("role", json!("citizen")),
        ("staff", json!("9999")),
        ("staff", json!(null)),
        ("password", json!("short")),
        ("password", json!(12)),
        ("more", json!(1)),
    ] {
        let mut bad = new.clone();
        bad["user"] = json!("li");
        bad[field] = value.clone();
        let (status, code) = admin("POST", "/api/v1/users", &bad).to(&bench.app).await.problem();
        assert_eq!(status, 400, "{field} {value}: {code}");
    }
    let change = |body| admin("PATCH", "/api/v1/users/wang", &body);
    let told = change(json!({"name": "李强", "role": "supervisor", "staff": "1009"})).to(&bench.app).await;
    assert_eq!(
        (told.json()["name"].as_str(), told.json()["role"].as_str()),
        (Some("李强"), Some("supervisor"))
    );
    assert_eq!(change(json!({"role": "desk", "staff": ""})).to(&bench.app).await.problem().0, 400);
    signed_in(&bench, "boss", Role::Admin, 1, 0).await;
    let token = signed_in(&bench, "li", Role::Auditor, 2, 0).await;
    assert_eq!(change(json!({"locked": true})).to(&bench.app).await.json()["locked"], true);
    for body in [json!({"locked": true}), json!({"role": "auditor"})] {
        let told = admin("PATCH", "/api/v1/users/boss", &body).to(&bench.app).await;
        assert_eq!(told.problem(), (409, "last_admin".into()), "{body}");
    }
    assert_eq!(
        admin("DELETE", "/api/v1/users/boss", &json!(null)).to(&bench.app).await.problem().1,
        "last_admin"
    );
    assert_eq!(admin("DELETE", "/api/v1/users/wang", &json!(null)).to(&bench.app).await.status, 204);
    assert_eq!(
        admin("DELETE", "/api/v1/users/wang", &json!(null)).to(&bench.app).await.problem().1,
        "no_such_user"
    );
    let audit = page(get("/api/v1/audit?what=user"), &token).to(&bench.app).await;
    let text = audit.text();
    for word in
        ["user.added", "user.changed", "user.deleted", "role=supervisor staff=1009 name", "desk screen"]
    {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(!text.contains("王丽") && !text.contains("李强") && !text.contains("horse"), "{text}");
    assert_eq!(bench.rooms.store.verify().await.unwrap(), []);
}

#[tokio::test]
async fn a_number_is_shown_for_a_reason_that_is_kept() {
    let bench = Bench::new().await;
    super::records::fill(&bench).await;
    let lead = signed_in(&bench, "lead", Role::Supervisor, 1, 0).await;
    let ask = |call: &str, reason: &str| {
        let path = format!("/api/v1/calls/{call}/unmask");
        let ask = Ask { method: "POST".into(), ..get(&path) }.json(&json!({ "reason": reason }).to_string());
        page(ask, &lead)
    };
    let call = super::records::id(1).to_string();
    assert_eq!(ask(STRANGER, "回访").to(&bench.app).await.problem(), (404, "no_such_call".into()));
    assert_eq!(ask(&call, "  ").to(&bench.app).await.problem(), (400, "no_reason".into()));
    assert_eq!(ask(&call, "致电 138 0000 1234").to(&bench.app).await.problem(), (400, "bad_body".into()));
    let told = ask(&call, "群众要求回电").to(&bench.app).await;
    let number = told.json()["number"].as_str().unwrap().to_owned();
    assert!(number.len() > 6 && number.bytes().all(|b| b.is_ascii_digit()), "{number}");
    let audit = get("/api/v1/audit?what=call.unmask").to(&bench.app).await;
    assert_eq!(audit.json()["lines"][0]["detail"], "群众要求回电");
    assert_eq!(audit.json()["lines"][0]["who"], "lead");
    assert_eq!(audit.json()["lines"].as_array().unwrap().len(), 1);
    assert!(!audit.text().contains(&number));
    // No line, no number.
    bench.rooms.store.close().await;
    assert_eq!(ask(&call, "回访").to(&bench.app).await.problem(), (503, "store_away".into()));
}

#[tokio::test]
async fn the_audit_is_asked_strictly() {
    let bench = Bench::new().await;
    for query in
        ["limit=0", "limit=501", "who=a%20b", "what=CALL", "what=%25", "before=x", "since=x", "colour=red"]
    {
        let told = get(&format!("/api/v1/audit?{query}")).to(&bench.app).await;
        assert_eq!(told.problem(), (400, "bad_address".into()), "{query}");
    }
}
