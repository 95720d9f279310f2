//! Every endpoint with every role, without a session, with one that has ended, from a wrong tab or page: made from the
//! OpenAPI document and the table of roles, so that an endpoint that is left out fails here.

use access::table::{self, Allowed, Row};
use access::{Role, Token};
use call::CallId;
use call::action::{Answer, CallView, SeatRole};
use call::event::Order;
use call::ids::Pii;
use store::{Account, Hidden};

use super::access::endpoints;
use super::{Ask, Bench, board, get, post, records};
use crate::recordings::now_utc_ms;

/// An endpoint: its row, and its path with the variables filled in.
struct Endpoint {
    row: &'static Row,
    path: String,
}

/// All endpoints of the router.
fn all() -> Vec<Endpoint> {
    let found = endpoints();
    assert!(found.len() > 40, "{}", found.len());
    let row = |method: &str, path: &str| {
        table::of(method, path).unwrap_or_else(|| panic!("add a row to src/access/table.rs: {method} {path}"))
    };
    found.into_iter().map(|e| Endpoint { row: row(&e.method, &e.route), path: e.path }).collect()
}

/// Puts an account into the store and signs it in; the token of its session.
pub(super) async fn signed_in(bench: &Bench, name: &str, role: Role, seed: u16, begun_ago_ms: i64) -> Token {
    let staff = match role {
        Role::Operator => Some("1001"),
        Role::Desk => Some("2012"),
        Role::Supervisor => Some("1009"),
        Role::Citizen | Role::Auditor | Role::Admin => None,
    };
    let account = Account {
        name: name.into(),
        shown: Pii::new("王丽"),
        role: role.word().into(),
        staff: staff.map(Into::into),
        password: Hidden::new("none"),
        password_at: 0,
        must_change: false,
        factor: Some(Hidden::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")),
        factor_step: None,
        locked: false,
        made_at: 0,
        signed_in_at: None,
    };
    bench.rooms.store.add_account(&account).await.unwrap();
    let mut random = [7; 32];
    random[..2].copy_from_slice(&seed.to_be_bytes());
    let token = Token::new(random);
    bench.rooms.store.begin_sitting(now_utc_ms() - begun_ago_ms, &token.hash(), name).await.unwrap();
    token
}

/// As a page asks: with its tab and cookie, without the token of programs.
pub(super) fn page(ask: Ask, token: &Token) -> Ask {
    let cookie = format!("theme=dark; hotline_main={}", token.reveal());
    ask.without("authorization").with("x-hotline-tab", "main").with("cookie", &cookie)
}

fn ask(endpoint: &Endpoint) -> Ask {
    Ask { method: endpoint.row.method.into(), ..get(&endpoint.path) }
}

/// Status, and the code of a refusal. Streams that do not end are not read.
async fn told(ask: Ask, bench: &Bench) -> (u16, String) {
    let (status, problem) = ask.head(&bench.app).await;
    (status, problem.unwrap_or_default())
}

#[tokio::test]
async fn every_endpoint_takes_the_roles_of_its_row_and_no_other() {
    let bench = Bench::new().await;
    let mut tried = 0u16;
    for role in Role::OF_ACCOUNTS {
        for endpoint in all() {
            if endpoint.row.is_open() {
                continue;
            }
            // Anew each time: some endpoints end the session.
            let name = format!("{}{tried}", role.word());
            let token = signed_in(&bench, &name, role, tried, 0).await;
            let (status, code) = told(page(ask(&endpoint), &token), &bench).await;
            let at = format!("{} {} as {}: {status} {code}", endpoint.row.method, endpoint.path, role.word());
            if endpoint.row.admits(role, false) {
                assert!(status != 401 || code == "wrong_credentials" || code == "wrong_code", "{at}");
                assert!(!matches!(code.as_str(), "forbidden" | "no_tab" | "foreign_page"), "{at}");
                assert!(status < 500 || matches!(code.as_str(), "store_away" | "stopped"), "{at}");
            } else {
                assert_eq!((status, code.as_str()), (403, "forbidden"), "{at}");
            }
            bench.rooms.store.end_sitting(&token.hash()).await.unwrap();
            tried += 1;
        }
    }
    assert!(tried > 150, "{tried}");
}

#[tokio::test]
async fn nobody_comes_in_without_a_session_that_is_good_from_its_own_tab_and_page() {
    let bench = Bench::new().await;
    let good = signed_in(&bench, "good", Role::Admin, 1, 0).await;
    let resting = signed_in(&bench, "resting", Role::Admin, 2, 15 * 60_000).await;
    let old = signed_in(&bench, "old", Role::Admin, 3, 12 * 3_600_000).await;
    bench.rooms.store.touch_sitting(now_utc_ms(), &old.hash()).await.unwrap();
    let stranger = Token::new([4; 32]);
    for endpoint in all() {
        if endpoint.row.is_open() {
            continue;
        }
        let bare = ask(&endpoint).without("authorization");
        let tab = bare.clone().with("x-hotline-tab", "main");
        let cookie = format!("hotline_main={}", good.reveal());
        let cases = [
            ("nothing", bare.clone(), 401, "unauthorized"),
            ("no cookie", tab.clone(), 401, "no_session"),
            ("an unknown session", page(ask(&endpoint), &stranger), 401, "no_session"),
            ("a session that rests too long", page(ask(&endpoint), &resting), 401, "no_session"),
            ("a session that is too old", page(ask(&endpoint), &old), 401, "no_session"),
            (
                "another tab",
                bare.clone().with("x-hotline-tab", "b2").with("cookie", &cookie),
                401,
                "no_session",
            ),
            ("no header", bare.clone().with("cookie", &cookie), 403, "no_tab"),
            ("a tab that is none", bare.with("x-hotline-tab", "../x").with("cookie", &cookie), 403, "no_tab"),
            ("a cookie that is none", tab.with("cookie", "hotline_main=' or 1=1"), 401, "no_session"),
        ];
        for (case, ask, status, code) in cases {
            let (got, word) = told(ask, &bench).await;
            assert_eq!(
                (got, word.as_str()),
                (status, code),
                "{} {} with {case}",
                endpoint.row.method,
                endpoint.path
            );
        }
    }
}

#[tokio::test]
async fn a_good_session_is_no_use_to_foreign_pages() {
    let bench = Bench::new().await;
    let good = signed_in(&bench, "good", Role::Admin, 1, 0).await;
    let cases: [(&str, &[(&str, &str)]); 6] = [
        ("a foreign origin", &[("origin", "https://evil.example")]),
        ("no origin of its own", &[("origin", "null")]),
        ("another port", &[("origin", "http://localhost:1")]),
        ("two origins", &[("origin", "http://localhost:8089"), ("origin", "x")]),
        ("a foreign page", &[("sec-fetch-site", "cross-site")]),
        ("a neighbour's page", &[("sec-fetch-site", "same-site")]),
    ];
    for endpoint in all().iter().filter(|e| !e.row.is_open()) {
        for (case, headers) in cases {
            let asks =
                headers.iter().fold(page(ask(endpoint), &good), |ask, (name, value)| ask.with(name, value));
            let (status, code) = told(asks, &bench).await;
            let at = format!("{} {} with {case}", endpoint.row.method, endpoint.path);
            assert_eq!((status, code.as_str()), (403, "foreign_page"), "{at}");
        }
    }
    // It is still good, from its own page.
    let own = page(get("/api/v1/session"), &good).with("origin", "http://localhost:8089");
    assert_eq!(told(own.with("sec-fetch-site", "same-origin"), &bench).await.0, 200);
}

/// Whoever has this duty may come to the beginners' endpoints and is refused everywhere else, by its name or by the role.
async fn only_the_duty(bench: &Bench, role: Role, token: &Token, duty: &str) {
    for endpoint in all() {
        let beginners = matches!(endpoint.row.allowed, Allowed::Beginners(_));
        if endpoint.row.is_open() || endpoint.row.method == "DELETE" && beginners {
            continue;
        }
        let (status, code) = told(page(ask(&endpoint), token), bench).await;
        let at = format!("{} {} as {}: {status} {code}", endpoint.row.method, endpoint.path, role.word());
        let refused = if endpoint.row.admits(role, false) { duty } else { "forbidden" };
        assert_eq!(status == 403, !beginners, "{at}");
        assert_eq!(code == refused, !beginners, "{at}");
    }
}

#[tokio::test]
async fn an_admin_without_second_factor_may_do_nothing_but_get_one() {
    let bench = Bench::new().await;
    let token = signed_in(&bench, "admin", Role::Admin, 1, 0).await;
    let none = [store::Change::Factor(None)];
    assert!(bench.rooms.store.change_account(0, "admin", &none).await.unwrap());
    only_the_duty(&bench, Role::Admin, &token, "must_enrol").await;
}

#[tokio::test]
async fn whoever_was_given_a_password_may_do_nothing_but_change_it() {
    let bench = Bench::new().await;
    for (seed, role) in (1..).zip(Role::OF_ACCOUNTS) {
        let token = signed_in(&bench, role.word(), role, seed, 0).await;
        let given = [store::Change::GivenPassword(Hidden::new("none"))];
        assert!(bench.rooms.store.change_account(0, role.word(), &given).await.unwrap());
        only_the_duty(&bench, role, &token, "must_change").await;
    }
}

#[tokio::test]
async fn an_open_door_of_pages_is_shut_to_foreign_pages() {
    let bench = Bench::new().await;
    for (path, body) in [
        ("/api/v1/session", r#"{"user":"admin","password":"x"}"#),
        ("/api/v1/setup", r#"{"token":"x","user":"admin","password":"x","name":"x"}"#),
        ("/api/v1/trial", r#"{"token":"x","as":"admin"}"#),
    ] {
        let post = Ask { method: "POST".into(), ..get(path) }.without("authorization").json(body);
        assert_eq!(told(post.clone(), &bench).await, (403, "no_tab".into()), "{path}");
        let tab = post.with("x-hotline-tab", "main");
        for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
            let (status, code) = told(tab.clone().with(name, value), &bench).await;
            assert_eq!((status, code.as_str()), (403, "foreign_page"), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn an_operator_who_left_tells_the_outcome_while_the_others_talk_on() {
    let (left, other) = (records::id(1), records::id(2));
    let desk = || vec![board::seat(7, SeatRole::Desk, Some("2012"), Some(12), "joined")];
    let live = [left, other].map(|call| CallView { call, ..board::call(1, desk()) });
    let bench = Bench::with(1_000, move |order| match order {
        Order::ListCalls => Ok(Answer::Calls(live.to_vec())),
        Order::Board => {
            let mut house = board::house();
            house.agents[0].outcome_due = vec![left];
            Ok(Answer::Board(Box::new(house)))
        }
        _ => Ok(Answer::Done),
    })
    .await;
    records::fill(&bench).await;
    let operator = signed_in(&bench, "operator", Role::Operator, 1, 0).await;
    let window = signed_in(&bench, "window", Role::Desk, 2, 0).await;
    let tell = |call: CallId, key: &str| {
        post(&format!("/api/v1/calls/{call}/outcome"), key).json("{\"outcome\":\"bridged\"}")
    };
    let told = page(tell(other, "a"), &operator).to(&bench.app).await;
    assert_eq!(told.problem(), (403, "not_yours".into()), "1001 never had it");
    let told = page(tell(left, "b"), &operator).to(&bench.app).await;
    assert_eq!(told.status, 200, "{}", told.text());
    assert_eq!(bench.given().iter().filter(|order| matches!(order, Order::Outcome(_))).count(), 1);
    let told = page(tell(left, "c"), &window).to(&bench.app).await;
    assert_eq!(told.status, 403, "{}", told.text());
}
