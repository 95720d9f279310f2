//! Hostile text in every field of every body, made from the OpenAPI document: nothing fails, nothing comes back raw, nothing
//! gets into a header or a log line of its own, and the next good request works.

use serde_json::{Map, Value, json};

use super::access::endpoints;
use super::{Ask, Bench, get};

/// What strangers write: markup, new lines, NUL, terminal and writing-direction controls, paths, formulas, quotes, lengths.
fn payloads() -> Vec<Value> {
    let texts = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "a\r\nSet-Cookie: hotline_main=evil",
        "a%0d%0aX-Evil: 1",
        "a\0b",
        "\u{1b}[31mred\u{1b}[0m",
        "\u{202e}txt.exe\u{2066}",
        "../../../../etc/passwd",
        "=cmd|' /C calc'!A0",
        "'; DROP TABLE account; --",
        "{{7*7}}${7*7}",
        "\u{feff}\u{fffe}\u{10ffff}",
    ];
    let mut all: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    all.push(json!("x".repeat(40_000)));
    all.extend([
        json!(null),
        json!(-1),
        json!(1e308),
        json!(i64::MAX),
        json!(true),
        json!([]),
        json!({}),
        json!(["<b>"]),
    ]);
    all
}

/// The properties of the body of an operation, as the document names them.
fn properties(document: &Value, operation: &Value) -> Vec<String> {
    let mut schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    for _ in 0..4 {
        if let Some(one) = schema["oneOf"].as_array() {
            schema = one.iter().find(|s| !s["$ref"].is_null()).unwrap_or(&Value::Null);
        }
        let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) else { break };
        schema = &document["components"]["schemas"][name];
    }
    schema["properties"].as_object().map(|p| p.keys().cloned().collect()).unwrap_or_default()
}

#[tokio::test]
async fn every_field_of_every_body_takes_hostile_text_in_its_stride() {
    let bench = Bench::new().await;
    let document = serde_json::to_value(crate::document("test")).unwrap();
    let mut tried = 0;
    for endpoint in endpoints() {
        let operation = &document["paths"][&endpoint.route][endpoint.method.to_lowercase()];
        let fields = properties(&document, operation);
        for payload in payloads() {
            let all: Map<String, Value> = fields.iter().map(|f| (f.clone(), payload.clone())).collect();
            let ones = fields.iter().map(|f| Map::from_iter([(f.clone(), payload.clone())]));
            for body in ones.chain([all]) {
                if body.is_empty() {
                    continue;
                }
                let ask = Ask { method: endpoint.method.clone(), ..get(&endpoint.path) };
                let ask = ask.with("idempotency-key", &format!("k{tried}")).with("x-hotline-tab", "main");
                let told = ask.json(&Value::Object(body).to_string()).to(&bench.app).await;
                let at = format!("{} {} {payload:.60}: {}", endpoint.method, endpoint.path, told.text());
                assert!(told.status.as_u16() < 500, "{at}");
                assert!(told.headers.keys().all(|k| k != "x-evil"), "{at}");
                assert!(!told.header("set-cookie").contains("evil"), "{at}");
                assert_eq!(told.header("x-content-type-options"), "nosniff", "{at}");
                // What is quoted is quoted as JSON, and no browser takes it for a page.
                assert!(!told.header("content-type").contains("html"), "{at}");
                assert!(told.body.len() < 100_000, "{at}");
                tried += 1;
            }
        }
    }
    assert!(tried > 300, "{tried}");
    assert_eq!(get("/health").to(&bench.app).await.status, 200);
    assert_eq!(bench.rooms.store.verify().await.unwrap(), []);
}

#[tokio::test]
async fn every_variable_of_every_path_takes_hostile_text_in_its_stride() {
    let bench = Bench::new().await;
    let mut tried = 0;
    for endpoint in endpoints() {
        if !endpoint.route.contains('{') {
            continue;
        }
        for text in [
            "%3Cscript%3E",
            "%0d%0aX-Evil:%201",
            "%00",
            "..%2f..%2fetc%2fpasswd",
            "%ff",
            "%E2%80%AE",
            "'%20or%201=1",
            "%25",
        ] {
            let mut path = String::new();
            for part in endpoint.route.split_inclusive('}') {
                let (fixed, named) =
                    part.trim_end_matches('}').split_once('{').map_or((part, false), |(f, _)| (f, true));
                path.push_str(fixed);
                path.push_str(if named { text } else { "" });
            }
            let ask = Ask { method: endpoint.method.clone(), ..get(&path) };
            let ask = ask.with("idempotency-key", &format!("k{tried}")).with("x-reason", "test").json("{}");
            let (status, code) = ask.head(&bench.app).await;
            assert!((400..500).contains(&status), "{} {path}: {status} {code:?}", endpoint.method);
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
    assert_eq!(get("/health").to(&bench.app).await.status, 200);
}
