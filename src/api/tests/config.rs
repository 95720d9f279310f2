//! The configuration over HTTP: draft, faults, rehearsal, publication, versions, going back; the calendar and trunks.

use std::fs;

use serde_json::{Value, json};

use super::{Bench, Told, ask, get};

const RENAME: &str = r#"{"edits":[{"file":"desks.toml","at":["desk",{"no":"012"},"name"],"op":"set","value":"户籍综合窗口"}]}"#;
const BREAK: &str =
    r#"{"edits":[{"file":"desks.toml","at":["desk",{"no":"012"},"unit"],"op":"set","value":"NOBODY"}]}"#;

impl Bench {
    async fn json(&self, method: &str, path: &str, body: &str) -> Told {
        ask(method, &format!("/api/v1{path}")).json(body).to(&self.app).await
    }

    async fn ok(&self, method: &str, path: &str, body: &str) -> Value {
        let told = self.json(method, path, body).await;
        assert_eq!(told.status, 200, "{method} {path}: {}", told.text());
        told.json()
    }

    async fn refused(&self, method: &str, path: &str, body: &str) -> String {
        self.json(method, path, body).await.problem().1
    }

    /// A house of three desks, so that a rehearsal takes no time.
    async fn small(&self) {
        let dir = self.dir.path().join("sip-config");
        let few = |name: &str, keep: &dyn Fn(&str) -> bool| {
            let text = fs::read_to_string(dir.join(name)).unwrap();
            let lines = text.lines().filter(|l| !l.trim_start().starts_with('{') || keep(l));
            fs::write(dir.join(name), lines.map(|l| format!("{l}\n")).collect::<String>()).unwrap();
        };
        let desks = ["\"011\"", "\"012\"", "\"013\""];
        few("desks.toml", &|l| desks.iter().any(|d| l.contains(&format!("no = {d}"))));
        few("services.toml", &|l| l.contains("GAJ-") && l.contains("\"012\""));
        let services = fs::read_to_string(dir.join("services.toml")).unwrap();
        let services = services
            .replace(", \"014\"", "")
            .replace(", \"015\"", "")
            .replace("\"014\", ", "")
            .replace("\"015\", ", "");
        fs::write(dir.join("services.toml"), services).unwrap();
        let checked = config::load(&dir).unwrap_or_else(|f| panic!("{f:?}"));
        let signed = config::draft::Signed { author: "sip-config".into(), comment: String::new() };
        self.rooms.behind.reload(checked, signed).await.unwrap();
    }
}

#[tokio::test]
async fn a_draft_goes_from_faults_by_rehearsal_to_a_version_and_back() {
    let bench = Bench::new().await;
    bench.small().await;
    let before = bench.ok("GET", "/config", "").await;
    assert_eq!((before["version"].as_str(), before["author"].as_str()), (Some("1"), Some("sip-config")));
    assert_eq!((&before["draft"], before["faults"].as_array().unwrap().len()), (&Value::Null, 0));
    assert_eq!(before["model"]["desks"].as_array().unwrap().len(), 3);
    assert_eq!(bench.refused("PATCH", "/config/draft", RENAME).await, "no_draft");
    bench.ok("POST", "/config/draft", "{}").await;

    let wrong = bench.ok("PATCH", "/config/draft", BREAK).await;
    let fault = &wrong["faults"][0];
    assert_eq!((fault["file"].as_str(), fault["severity"].as_str()), (Some("desks.toml"), Some("error")));
    assert!(fault["line"].as_u64().unwrap() > 1 && !fault["zh"].as_str().unwrap().is_empty());
    assert!(!fault["suggestion"]["en"].as_str().unwrap().is_empty());
    assert_eq!(bench.ok("POST", "/config/draft/rehearse", "").await["ok"], json!(false));
    assert_eq!(bench.refused("POST", "/config/draft/publish", "{}").await, "draft_faults");

    let back = BREAK.replace("NOBODY", "GAJ");
    bench.ok("PATCH", "/config/draft", &back).await;
    let edited = bench.ok("PATCH", "/config/draft", RENAME).await;
    assert_eq!(edited["faults"], json!([]));
    assert!(
        edited["diff"][0]["unified"].as_str().unwrap().contains("+  { no = \"012\", name = \"户籍综合窗口\"")
    );
    assert_eq!(bench.refused("POST", "/config/draft/publish", "{}").await, "not_rehearsed");
    assert_eq!(bench.ok("GET", "/config?draft=true", "").await["rehearsed"], Value::Null);

    let rehearsed = bench.ok("POST", "/config/draft/rehearse", "").await;
    assert_eq!((&rehearsed["ok"], &rehearsed["proof"]["open_ends"]), (&json!(true), &json!([])));
    assert_eq!(
        (rehearsed["proof"]["desks"].as_u64(), rehearsed["replay"]["calls"].as_u64()),
        (Some(3), Some(0))
    );
    assert!(rehearsed["proof"]["minutes"].as_u64().unwrap() >= 525_600);
    let progress = bench.ok("GET", "/config/draft/rehearsal", "").await;
    assert_eq!((&progress["running"], &progress["result"]), (&json!(false), &rehearsed));
    let drafted = bench.ok("GET", "/config?draft=true", "").await;
    assert_eq!((&drafted["rehearsed"]["ok"], &drafted["draft"]["stale"]), (&json!(true), &json!(false)));
    assert_eq!(drafted["draft"]["by"], json!("desk screen"));

    let published = bench.ok("POST", "/config/draft/publish", r#"{"comment":"改名"}"#).await;
    assert_eq!(published["version"], json!("2"));
    let now = bench.ok("GET", "/config", "").await;
    assert_eq!((now["version"].as_str(), now["comment"].as_str()), (Some("2"), Some("改名")));
    assert_eq!((now["author"].as_str(), &now["draft"]), (Some("desk screen"), &Value::Null));
    assert!(bench.rooms.behind.current().plan.desks.values().any(|d| &*d.name == "户籍综合窗口"));

    let versions = bench.ok("GET", "/config/versions", "").await;
    let ids: Vec<&str> =
        versions["versions"].as_array().unwrap().iter().map(|v| v["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["2", "1"]);
    let second = bench.ok("GET", "/config/versions/2", "").await;
    assert_eq!(second["diff"][0]["file"], json!("desks.toml"));
    let restored = bench.ok("POST", "/config/versions/1/restore", "{}").await;
    assert_eq!(restored["version"], json!("3"));
    let after = bench.ok("GET", "/config", "").await;
    assert_eq!((&after["files"], &after["hash"]), (&before["files"], &before["hash"]));
    assert_eq!(after["comment"], json!("version 1"));
    for (method, path) in
        [("GET", "/config/versions/9"), ("GET", "/config/versions/x"), ("POST", "/config/versions/9/restore")]
    {
        assert_eq!(bench.refused(method, path, "").await, "no_such_version");
    }
}

#[tokio::test]
async fn whole_files_are_replaced_and_names_lead_nowhere_else() {
    let bench = Bench::new().await;
    bench.ok("POST", "/config/draft", "").await;
    let notice = json!({"text": "{\"year\": 2027, \"days\": []}\n"}).to_string();
    let edited = bench.ok("PUT", "/config/draft/files/calendar%2F2027.json", &notice).await;
    assert_eq!(edited["diff"][0]["file"], json!("calendar/2027.json"));
    for name in [
        "..%2Fsecrets.toml",
        "%2e%2e%2fdesks.toml",
        "calendar%2F..%2F..%2Fx.json",
        "desks.toml%00",
        ".draft%2Fdraft.json",
        "%2Fetc%2Fpasswd",
    ] {
        assert_eq!(
            bench.refused("PUT", &format!("/config/draft/files/{name}"), &notice).await,
            "bad_edit",
            "{name}"
        );
    }
    let unread = json!({"text": "desk = ["}).to_string();
    let faulty = bench.ok("PUT", "/config/draft/files/desks.toml", &unread).await;
    assert!(!faulty["faults"].as_array().unwrap().is_empty());
    assert_eq!(bench.refused("PATCH", "/config/draft", RENAME).await, "bad_edit");
    assert_eq!(bench.ok("GET", "/config?draft=true", "").await["model"]["desks"], Value::Null);
    let gone = bench.json("DELETE", "/config/draft", "").await;
    assert_eq!(gone.status, 204);
    assert_eq!(bench.refused("POST", "/config/draft/rehearse", "").await, "no_draft");
    assert!(!bench.dir.path().join("sip-config/calendar/2027.json").exists());
}

#[tokio::test]
async fn files_that_change_by_hand_make_the_draft_stale() {
    let bench = Bench::new().await;
    bench.small().await;
    bench.ok("POST", "/config/draft", "").await;
    bench.ok("PATCH", "/config/draft", RENAME).await;
    bench.ok("POST", "/config/draft/rehearse", "").await;
    let path = bench.dir.path().join("sip-config/menus.toml");
    let text = fs::read_to_string(&path).unwrap().replace("music_after = 8", "music_after = 9");
    fs::write(&path, text).unwrap();
    let shown = bench.ok("GET", "/config", "").await;
    assert_eq!((&shown["draft"]["stale"], shown["version"].as_str()), (&json!(true), Some("")));
    assert_eq!(bench.refused("POST", "/config/draft/publish", "{}").await, "draft_stale");
}

#[tokio::test]
async fn what_does_not_read_is_refused() {
    let bench = Bench::new().await;
    bench.ok("POST", "/config/draft", "").await;
    let many = format!(
        "{{\"edits\":[{}]}}",
        vec![r#"{"file":"desks.toml","at":["desk",0,"name"],"op":"set","value":"x"}"#; 501].join(",")
    );
    for (method, path, body, code) in [
        ("PATCH", "/config/draft", "{}", "bad_body"),
        ("PATCH", "/config/draft", r#"{"edits":[{"file":"desks.toml","at":[],"op":"burn"}]}"#, "bad_body"),
        (
            "PATCH",
            "/config/draft",
            r#"{"edits":[{"file":"desks.toml","at":["desk",{"no":"777"}],"op":"remove"}]}"#,
            "bad_edit",
        ),
        ("PATCH", "/config/draft", r#"{"edits":[{"file":"../x","at":["a"],"op":"remove"}]}"#, "bad_edit"),
        ("PATCH", "/config/draft", &many, "too_large"),
        ("POST", "/config/draft", r#"{"take":1}"#, "bad_body"),
        ("POST", "/config/draft/publish", "{\"comment\":\"a\\nb\"}", "bad_body"),
        ("GET", "/calendar/1999", "", "bad_address"),
        ("GET", "/calendar/abc", "", "bad_address"),
        ("POST", "/trunks/nowhere/doctor", "", "declined"),
        ("POST", "/trunks/carrier-a/test-call", "", "bad_body"),
    ] {
        assert_eq!(bench.refused(method, path, body).await, code, "{method} {path} {body:.100}");
    }
}

#[tokio::test]
async fn the_calendar_tells_each_day_and_a_trunk_is_examined() {
    let bench = Bench::new().await;
    let year = bench.ok("GET", "/calendar/2026", "").await;
    let days = year["days"].as_array().unwrap();
    assert_eq!((days.len(), &year["noticed"]), (365, &json!(true)));
    let day = |date: &str| days.iter().find(|d| d["date"] == date).unwrap().clone();
    assert_eq!(day("2026-10-01"), json!({"date": "2026-10-01", "kind": "holiday", "name": "国庆节"}));
    assert_eq!(day("2026-10-10")["kind"], json!("make_up"));
    assert_eq!((&day("2026-10-17")["kind"], &day("2026-10-12")["kind"]), (&json!("rest"), &json!("work")));
    assert_eq!(bench.ok("GET", "/calendar/2028", "").await["days"].as_array().unwrap().len(), 366);
    let found = bench.ok("POST", "/trunks/carrier-a/doctor", "").await;
    assert_eq!(
        (&found["findings"][0]["level"], &found["proposal"][0]),
        (&json!("good"), &json!("dtmf = \"info\""))
    );
    let called = bench.ok("POST", "/trunks/carrier-a/test-call", r#"{"number":"13900000000"}"#).await;
    assert!(called["findings"][0]["en"].as_str().unwrap().contains("13900000000"));
}

#[tokio::test]
async fn a_change_is_told_to_whoever_listens() {
    use http_body_util::BodyExt;
    let bench = Bench::new().await;
    bench.small().await;
    let mut request = axum::http::Request::builder().uri("/api/v1/events");
    for (name, value) in &get("/").headers {
        request = request.header(name, value);
    }
    let request = request.body(axum::body::Body::empty()).unwrap();
    let answer = tower::ServiceExt::oneshot(bench.app.clone(), request).await.unwrap();
    let mut body = answer.into_body();
    bench.ok("POST", "/config/versions/1/restore", r#"{"comment":"again"}"#).await;
    let frame = tokio::time::timeout(super::DEADLINE, body.frame()).await.unwrap().unwrap().unwrap();
    let text = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
    assert!(text.starts_with("event: config.changed\n") && text.contains("\"comment\":\"again\""), "{text}");
}
