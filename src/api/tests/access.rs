//! Who may come in: every endpoint with every kind of token, hosts, guesses.

use std::collections::BTreeSet;

use super::{Bench, STRANGER, ask, get};
use crate::gate::GUESSES;

/// A documented endpoint.
pub(super) struct Found {
    pub(super) method: String,
    /// The path of the router.
    pub(super) route: String,
    /// The path with its variables filled in.
    pub(super) path: String,
}

/// Every documented endpoint.
pub(super) fn endpoints() -> Vec<Found> {
    let mut all = Vec::new();
    for (route, item) in &crate::document("test").paths.paths {
        let mut path = String::new();
        for part in route.split_inclusive('}') {
            let (fixed, name) = part.trim_end_matches('}').split_once('{').unwrap_or((part, ""));
            let value = match name {
                "" => "",
                "id" => STRANGER,
                "source" => "192.0.2.7",
                "staff" => "1001",
                "user" => "nobody",
                "year" => "2026",
                "lang" => "en",
                "month" => "2026-10",
                "file" => "requests.json",
                "table" => "calls.csv?from=0&to=1",
                "no" if route.contains("/cases/") => "261009000012",
                "no" => "012",
                _ => "1",
            };
            path.push_str(fixed);
            path.push_str(value);
        }
        let methods = [
            ("GET", &item.get),
            ("POST", &item.post),
            ("PUT", &item.put),
            ("PATCH", &item.patch),
            ("DELETE", &item.delete),
        ];
        for (method, _) in methods.into_iter().filter(|(_, operation)| operation.is_some()) {
            all.push(Found { method: method.into(), route: route.clone(), path: path.clone() });
        }
    }
    all
}

/// Method and path of all of them.
pub(super) fn filled_in() -> BTreeSet<(String, String)> {
    endpoints().into_iter().map(|e| (e.method, e.path)).collect()
}

#[test]
fn every_endpoint_has_its_row_in_the_table_of_roles_and_every_row_its_endpoint() {
    let rows: BTreeSet<_> = access::table::all().map(|r| (r.method.to_owned(), r.path.to_owned())).collect();
    let there: BTreeSet<_> = endpoints().into_iter().map(|e| (e.method, e.route)).collect();
    let without_row: Vec<_> = there.difference(&rows).collect();
    assert!(without_row.is_empty(), "add rows to src/access/table.rs: {without_row:?}");
    let dead: Vec<_> = rows.difference(&there).collect();
    assert!(dead.is_empty(), "rows of src/access/table.rs without endpoint: {dead:?}");
}

#[tokio::test]
async fn every_endpoint_with_no_wrong_and_right_token() {
    let bench = Bench::new().await;
    let all = endpoints();
    assert!(all.len() > 20, "{}", all.len());
    for Found { method, route, path } in all {
        let is_open = access::table::of(&method, &route).unwrap().is_open();
        let right = ask(&method, &path);
        let wrong = right.clone().without("authorization").with("authorization", "Bearer k7m2n8p4q9r3s6t6");
        let basic =
            right.clone().without("authorization").with("authorization", "Basic azdtMm44cDRxOXIzczZ0NQ==");
        let none = right.clone().without("authorization");
        let twice = right.clone().with("authorization", "Bearer k7m2n8p4q9r3s6t5");
        for (case, bad) in [("no", none), ("wrong", wrong), ("basic", basic), ("two", twice)] {
            if is_open {
                let (code, word) = bad.head(&bench.fresh()).await;
                assert!(
                    code != 401 && code != 405 && code < 500,
                    "{method} {path} with {case} token: {code} {word:?}"
                );
            } else {
                let told = bad.to(&bench.fresh()).await;
                assert_eq!(told.problem(), (401, "unauthorized".into()), "{method} {path} with {case} token");
                assert!(told.header("www-authenticate").starts_with("Bearer"));
            }
        }
        let (code, word) = right.head(&bench.fresh()).await;
        assert!(code != 401 && code != 405 && code < 500, "{method} {path}: {code} {word:?}");
        assert!(is_open || word.as_deref() != Some("no_such_path"), "{method} {path}");
    }
    assert!(bench.given().iter().all(|o| *o == call::event::Order::ListCalls), "no key, no order");
}

#[tokio::test]
async fn the_token_is_not_taken_from_the_address() {
    let bench = Bench::new().await;
    for path in ["/api/v1/operators?token=k7m2n8p4q9r3s6t5", "/api/v1/events?access_token=k7m2n8p4q9r3s6t5"] {
        assert_eq!(get(path).without("authorization").to(&bench.app).await.problem().0, 401);
    }
}

#[tokio::test(start_paused = true)]
async fn guesses_are_limited_and_the_right_token_is_no_guess() {
    let bench = Bench::new().await;
    let guess = |n: u32| {
        get("/api/v1/operators")
            .without("authorization")
            .with("authorization", &format!("Bearer guess-number-{n}"))
    };
    for _ in 0..3 * GUESSES {
        assert_eq!(get("/api/v1/operators").to(&bench.app).await.status, 200);
    }
    for n in 0..GUESSES {
        assert_eq!(guess(n).to(&bench.app).await.problem().0, 401);
    }
    let told = guess(99).to(&bench.app).await;
    assert_eq!(told.problem(), (429, "too_many_guesses".into()));
    assert_eq!(told.header("retry-after"), "1");
    // Not even the right one is compared now: else guessing would go on.
    assert_eq!(get("/api/v1/operators").to(&bench.app).await.problem().0, 429);
    // Nobody who shows no token at all is a guesser.
    assert_eq!(get("/api/v1/operators").without("authorization").to(&bench.app).await.problem().0, 401);
    assert_eq!(get("/health").to(&bench.app).await.status, 200);
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    assert_eq!(get("/api/v1/operators").to(&bench.app).await.status, 200);
}

#[tokio::test]
async fn only_hosts_of_this_machine_are_answered() {
    let bench = Bench::new().await;
    let from = |host: &str| get("/health").without("host").with("host", host);
    for host in ["localhost", "LocalHost:8089", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8089"] {
        assert_eq!(from(host).to(&bench.app).await.status, 200, "{host}");
    }
    for host in [
        "evil.example",
        "localhost.evil.example:8089",
        "127.0.0.1.evil.example",
        "user@localhost",
        "10.0.0.1",
        "",
        "localhost/",
        "[::1",
        "0.0.0.0",
    ] {
        assert_eq!(from(host).to(&bench.app).await.problem(), (421, "foreign_host".into()), "{host}");
    }
    let none = get("/health").without("host").to(&bench.app).await;
    assert_eq!(none.problem().0, 421);
    let two = get("/health").with("host", "evil.example").to(&bench.app).await;
    assert_eq!(two.problem().0, 421);
    let absolute = get("http://evil.example/health").to(&bench.app).await;
    assert_eq!(absolute.problem().0, 421);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_no_cors() {
    let bench = Bench::new().await;
    for path in ["/health", "/docs", "/openapi.json", "/api/v1/operators", "/nothing"] {
        let told = get(path).with("origin", "http://evil.example").to(&bench.app).await;
        assert_eq!(told.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(told.header("cache-control"), "no-store", "{path}");
        assert_eq!(told.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(told.header("referrer-policy"), "no-referrer", "{path}");
        assert!(told.header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert!(told.headers.keys().all(|k| !k.as_str().starts_with("access-control-")), "{path}");
    }
}

#[test]
fn tokens_that_are_short_or_unfit_are_refused() {
    use crate::{ApiError, Token};
    assert!(matches!(Token::new("t", ""), Err(ApiError::ShortToken)));
    assert!(matches!(Token::new("t", "elevenchars"), Err(ApiError::ShortToken)));
    assert!(matches!(Token::new("t", "with a blank in it"), Err(ApiError::UnfitToken)));
    assert!(matches!(Token::new("t", "口令口令口令口令"), Err(ApiError::UnfitToken)));
    let token = Token::new("t", "twelve-chars").unwrap();
    assert!(!format!("{token:?}").contains("twelve"));
}
