//! The OpenAPI document and its page: complete, self-contained, and the same map as the router.

use std::collections::BTreeSet;

use super::access::filled_in;
use super::{Ask, Bench, get};
use crate::kinds;

#[tokio::test]
async fn router_and_document_are_the_same_map() {
    let bench = Bench::new().await;
    let documented = filled_in();
    // Whatever is written in the router stands in the document ...
    let routed = include_str!("../router.rs").matches("routes!(").count();
    assert_eq!(routed, documented.len());
    // ... and whatever stands in the document is answered by a handler, other methods by 405.
    let paths: BTreeSet<_> = documented.iter().map(|(_, path)| path.clone()).collect();
    for path in paths {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            let ask = Ask { method: method.into(), ..get(&path) };
            if documented.contains(&(method.into(), path.clone())) {
                // Streams that do not end are not read.
                assert_ne!(ask.head(&bench.app).await.0, 405, "{method} {path}");
            } else {
                let told = ask.to(&bench.app).await;
                assert_eq!(told.problem(), (405, "wrong_method".into()), "{method} {path}");
                assert!(!told.header("allow").is_empty(), "{method} {path}");
            }
        }
    }
    for path in ["/api", "/api/v1", "/api/v2/calls", "/docs/", "/docs/../health", "/health/", "//health"] {
        assert_eq!(get(path).to(&bench.app).await.problem(), (404, "no_such_path".into()), "{path}");
    }
}

#[tokio::test]
async fn every_reference_of_the_document_resolves_and_every_closed_path_asks_for_token_or_session() {
    let bench = Bench::new().await;
    let told = get("/openapi.json").to(&bench.app).await;
    let document = told.json();
    assert_eq!(document["info"]["version"], "0.0.0-test");
    let text = told.text();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(!document["components"]["schemas"][name].is_null(), "{name}");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let is_closed = !operation["security"].is_null();
            let row = access::table::of(&method.to_uppercase(), path).unwrap();
            assert_eq!(is_closed, !row.is_open(), "{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|s| !s.is_empty()), "{path}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert!(response["description"].as_str().is_some_and(|d| !d.is_empty()), "{path} {status}");
            }
            if operation["tags"][0] == "orders" {
                let parameters = operation["parameters"].to_string();
                assert!(parameters.contains("Idempotency-Key"), "{path}: {parameters}");
            }
        }
    }
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere_and_runs_nothing() {
    let bench = Bench::new().await;
    let told = get("/docs").without("authorization").to(&bench.app).await;
    let page = told.text();
    assert_eq!(told.header("content-type"), "text/html; charset=utf-8");
    assert!(told.header("content-security-policy").contains("style-src 'self'"));
    for word in [
        "<script",
        " onclick",
        " style=",
        "http://",
        "https://",
        "javascript:",
        "{main}",
        "{kinds}",
        "{version}",
        "{shapes}",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    for path in crate::document("test").paths.paths.keys() {
        assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
    }
    for kind in kinds::ALL {
        assert!(page.contains(&format!("<tr id=\"{}\">", kind.code)), "{}", kind.code);
    }
    let style = get("/docs/style.css").to(&bench.app).await;
    assert_eq!((style.status.as_u16(), style.header("content-type")), (200, "text/css; charset=utf-8"));
}

#[test]
fn kinds_have_words_of_their_own() {
    let codes: BTreeSet<_> = kinds::ALL.iter().map(|k| k.code).collect();
    assert_eq!(codes.len(), kinds::ALL.len());
    for kind in kinds::ALL {
        assert!((400..=503).contains(&kind.status) && !kind.zh.is_empty() && !kind.en.is_empty(), "{kind:?}");
        assert!(kind.status != 503 || kind.retry_after.is_some(), "{kind:?}");
    }
}
