//! The screens as they are served, their policy, the reports about it, and by which names the house may be asked.

use axum::body::Body;
use serde_json::json;
use tower::ServiceExt;

use super::{Ask, Bench, get, sample};
use crate::web::sip_doors;

#[tokio::test]
async fn the_page_carries_its_policy_and_answers_keep_theirs() {
    let bench = Bench::new().await;
    let told = get("/").without("authorization").to(&bench.app).await;
    assert_eq!((told.status.as_u16(), told.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = told.header("content-security-policy");
    for part in [
        "default-src 'none';",
        "script-src 'self';",
        "style-src 'self';",
        "img-src 'self' data: blob:;",
        "media-src 'self' blob:;",
        "connect-src 'self' ws://127.0.0.1:5066;",
        "worker-src 'self' blob:;",
        "frame-ancestors 'none';",
        "report-uri /api/v1/csp",
    ] {
        assert!(policy.contains(part), "{part}: {policy}");
    }
    let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src")).unwrap();
    assert!(!scripts.contains("unsafe") && !scripts.contains("http"), "{scripts}");
    assert!(told.header("permissions-policy").starts_with("microphone=(self)"));
    assert_eq!(told.header("cross-origin-opener-policy"), "same-origin");
    assert_eq!(told.header("referrer-policy"), "no-referrer");
    assert_eq!(told.header("x-content-type-options"), "nosniff");
    let answer = get("/health").to(&bench.app).await;
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'; frame-ancestors"));
}

#[tokio::test]
async fn no_path_leads_out_of_the_folder_of_the_screens() {
    let bench = Bench::new().await;
    for file in [
        "..",
        "../index.html",
        "..%2findex.html",
        "%2e%2e%2f%2e%2e%2fCargo.toml",
        "..%5cindex.html",
        ".hidden",
        "%00",
        "a%00.js",
        "nothing.js",
        "/etc/passwd",
        "%2fetc%2fpasswd",
    ] {
        let told = get(&format!("/assets/{file}")).without("authorization").to(&bench.app).await;
        let (status, code) = told.problem();
        assert!(matches!(status, 400 | 404), "{file}: {status} {code}");
    }
}

#[test]
fn the_page_may_open_the_sockets_of_sip_and_no_others() {
    let mut settings = sample().settings;
    let ip = |text: &str| text.parse().unwrap();
    settings.sip.encrypted.ws = vec![ip("127.0.0.1:5066")];
    settings.sip.encrypted.wss = vec![ip("0.0.0.0:5067")];
    let here = ["wss://localhost:5067", "ws://127.0.0.1:5066"];
    assert_eq!(sip_doors(&settings, "localhost:8089"), here);
    assert_eq!(sip_doors(&settings, "Hotline.Example:8443"), ["wss://hotline.example:5067"]);
    assert_eq!(sip_doors(&settings, "[::1]:8089")[0], "wss://[::1]:5067");
    assert!(sip_doors(&settings, "").is_empty());
}

#[tokio::test]
async fn reports_are_counted_and_shown() {
    let bench = Bench::new().await;
    let count = async || get("/health").to(&bench.app).await.json()["csp_reports"].as_u64().unwrap();
    assert_eq!(count().await, 0);
    let report =
        json!({"csp-report": {"effective-directive": "script-src", "blocked-uri": "inline"}}).to_string();
    for body in [
        report.as_bytes(),
        b"",
        b"\xff",
        b"{",
        b"[[[[",
        b"{\"csp-report\":{\"effective-directive\":\"x\\r\\ny\"}}",
    ] {
        let mut ask = Ask { method: "POST".into(), ..get("/api/v1/csp") }.without("authorization");
        ask.body = body.to_vec();
        assert_eq!(ask.with("content-type", "application/csp-report").to(&bench.app).await.status, 204);
    }
    assert_eq!(count().await, 6);
    assert_eq!(get("/api/v1/health").to(&bench.app).await.json()["csp_reports"], 6);
    let mut long = Ask { method: "POST".into(), ..get("/api/v1/csp") };
    long.body = vec![b' '; 1024 * 1024];
    assert_eq!(long.to(&bench.app).await.problem(), (413, "too_large".into()));
}

#[tokio::test]
async fn other_names_are_answered_when_they_are_set() {
    let bench = Bench::new().await;
    let from = |host: &str| get("/health").without("host").with("host", host);
    assert_eq!(from("hotline.example:8443").to(&bench.app).await.problem().0, 421);
    let mut checked = sample();
    checked.settings.api.hosts = vec!["hotline.example".into(), "[2001:db8::1]".into()];
    bench.rooms.current.exchange(checked);
    for host in ["hotline.example:8443", "HOTLINE.example", "[2001:db8::1]:8443", "localhost:8089"] {
        assert_eq!(from(host).to(&bench.app).await.status, 200, "{host}");
    }
    for host in ["evil.example", "hotline.example.evil.example", "x.hotline.example", "10.0.0.1"] {
        assert_eq!(from(host).to(&bench.app).await.problem().0, 421, "{host}");
    }
}

#[tokio::test]
async fn browsers_are_held_to_tls_where_they_came_by_it_and_by_name() {
    let bench = Bench::new().await;
    let mut checked = sample();
    checked.settings.api.hosts = vec!["hotline.example".into(), "192.0.2.7".into(), "[2001:db8::1]".into()];
    bench.rooms.current.exchange(checked);
    let told = async |host: &str, encrypted: bool| {
        let mut request =
            axum::http::Request::get("/health").header("host", host).body(Body::empty()).unwrap();
        if encrypted {
            request.extensions_mut().insert(crate::gate::Encrypted);
        }
        let answer = bench.app.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 200, "{host}");
        answer.headers().get("strict-transport-security").map(|value| value.to_str().unwrap().to_owned())
    };
    let year = Some("max-age=31536000".to_owned());
    assert_eq!(told("Hotline.example:8443", true).await, year);
    assert_eq!(told("hotline.example:8089", false).await, None, "a header over plain HTTP means nothing");
    for host in ["localhost:8443", "127.0.0.1:8443", "192.0.2.7", "[2001:db8::1]:8443"] {
        assert_eq!(told(host, true).await, None, "{host}");
    }
}

#[tokio::test]
async fn files_of_the_screens_are_kept_for_ever_and_the_page_is_asked_anew() {
    let bench = Bench::new().await;
    let page = get("/").without("authorization").to(&bench.app).await;
    let text = page.text();
    let Some(script) = text.split('"').find(|word| word.starts_with("/assets/") && word.ends_with(".js"))
    else {
        // Where `scripts/web` was not run; `make test` runs it first.
        assert!(text.contains("scripts/web") && page.header("cache-control") == "no-store", "{text}");
        return;
    };
    assert_eq!(page.header("cache-control"), "no-cache");
    let again = get("/").with("if-none-match", page.header("etag")).to(&bench.app).await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    assert!(again.header("content-security-policy").contains("script-src 'self';"));
    let plain = get(script).without("authorization").to(&bench.app).await;
    assert_eq!(
        (plain.status.as_u16(), plain.header("content-type")),
        (200, "text/javascript; charset=utf-8")
    );
    assert_eq!(plain.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!((plain.header("vary"), plain.header("content-encoding")), ("Accept-Encoding", ""));
    let coded = async |wish: &str| get(script).with("accept-encoding", wish).to(&bench.app).await;
    for (wish, coding) in [
        ("br;q=0.5, gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=0.8, br;q=0.8", "br"),
        ("BR, gzip;q=0", "br"),
        ("gzip;q=0, br;q=0.000", ""),
        ("br;q=x, gzip;q=1.5", ""),
        ("zstd, *", ""),
    ] {
        let told = coded(wish).await;
        assert_eq!(
            (told.header("content-encoding"), told.header("vary")),
            (coding, "Accept-Encoding"),
            "{wish}"
        );
        if coding.is_empty() {
            assert_eq!(told.body, plain.body, "{wish}");
        } else {
            assert!(
                told.body.len() < plain.body.len() && told.header("etag") != plain.header("etag"),
                "{wish}"
            );
        }
    }
    assert!(coded("gzip").await.body.starts_with(b"\x1f\x8b"));
    assert_ne!(coded("gzip").await.header("etag"), coded("br").await.header("etag"));
    let known = get(script).with("if-none-match", &format!("\"x\", W/{}", plain.header("etag")));
    assert_eq!(known.to(&bench.app).await.status.as_u16(), 304);
}
