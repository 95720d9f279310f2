//! What was promised, by HTTP: steps by role and unit, lists, ledger, notices, figures, exports, the public's view.

use access::{Role, Token};
use promise::{Event, Key, Kind, Of};
use serde_json::{Value, json};

use super::roles::{page, signed_in};
use super::{Ask, Bench, get};

/// The unit of the window at which 2012 sits.
pub(super) const UNIT: &str = "GAJ";
/// Another one.
const OTHER: &str = "MZJ";

pub(super) fn post(path: &str, body: &Value) -> Ask {
    Ask { method: "POST".into(), ..get(path) }.json(&body.to_string())
}

/// A house with a case, and who works in it.
pub(super) struct Scene {
    pub(super) bench: Bench,
    pub(super) no: String,
    pub(super) operator: Token,
    pub(super) window: Token,
    pub(super) lead: Token,
}

impl Scene {
    pub(super) async fn set() -> Self {
        let bench = Bench::new().await;
        let operator = signed_in(&bench, "operator", Role::Operator, 1, 0).await;
        let window = signed_in(&bench, "window", Role::Desk, 2, 0).await;
        let lead = signed_in(&bench, "lead", Role::Supervisor, 3, 0).await;
        let no = opened(&bench, "户口", false).await;
        Self { bench, no, operator, window, lead }
    }

    pub(super) async fn ask(&self, ask: Ask, who: &Token) -> (u16, Value) {
        let told = page(ask, who).to(&self.bench.app).await;
        (told.status.as_u16(), serde_json::from_slice(&told.body).unwrap_or(Value::Null))
    }

    /// Takes a step: the status, and the case or the problem.
    pub(super) async fn step(&self, who: &Token, body: Value) -> (u16, Value) {
        self.ask(post(&format!("/api/v1/cases/{}/step", self.no), &body), who).await
    }

    pub(super) async fn case(&self, who: &Token) -> Value {
        self.ask(get(&format!("/api/v1/cases/{}", self.no)), who).await.1
    }

    /// The moment of the hand-over has come: the unit's contact is being called.
    pub(super) async fn due(&self) {
        self.due_of(&self.no).await;
    }

    /// The same of another case.
    pub(super) async fn due_of(&self, no: &str) {
        let id = self.bench.rooms.store.case_id(no).await.unwrap().unwrap();
        let key = Key { of: Of::Case(id), kind: Kind::Handover, rev: 1, turn: 1 };
        let done = self.bench.rooms.promises.act(Of::Case(id), "house", None, Event::Due(key)).await;
        done.unwrap().unwrap();
    }

    /// The unit has it.
    pub(super) async fn received(&self) {
        let (status, told) = self.step(&self.operator, json!({"step": "hand_over", "unit": UNIT})).await;
        assert_eq!(status, 200, "{told}");
        self.due().await;
        let (status, told) = self.step(&self.window, json!({"step": "received"})).await;
        assert_eq!((status, &told["state"]), (200, &json!("accepted")), "{told}");
    }
}

pub(super) async fn opened(bench: &Bench, title: &str, confidential: bool) -> String {
    let form = json!({"kind": "complaint", "track": "case", "title": title, "content": "x", "confidential": confidential,
        "anonymous": false, "urgent": false, "applicant_name": "张三", "applicant_phone": "13800001234",
        "service": null, "unit": null});
    let told = post("/api/v1/cases", &form).to(&bench.app).await;
    assert_eq!(told.status, 201, "{}", told.text());
    told.json()["no"].as_str().unwrap().to_owned()
}

fn steps(case: &Value) -> Vec<&str> {
    case["steps"].as_array().unwrap().iter().map(|step| step.as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_case_goes_from_the_hand_over_to_the_archive_by_those_whose_steps_they_are() {
    let scene = Scene::set().await;
    let case = scene.case(&scene.operator).await;
    assert!(steps(&case).contains(&"hand_over") && !steps(&case).contains(&"received"), "{case}");
    // Nobody but its unit sees it, and an operator has no say over a window's receipt before the call.
    assert_eq!(scene.ask(get(&format!("/api/v1/cases/{}", scene.no)), &scene.window).await.0, 404);
    scene.received().await;
    let case = scene.case(&scene.window).await;
    for step in ["called_back", "echo1", "echo2", "ask_extension", "returned"] {
        assert!(steps(&case).contains(&step), "{step}: {case}");
    }
    assert!(!steps(&case).contains(&"merge") && !steps(&case).contains(&"flag"), "{case}");
    assert_eq!(case["handovers"][0]["received_by"], "2012");
    assert_eq!((&case["handovers"][0]["may_connect"], &case["check"]), (&json!(true), &json!("calls")));
    assert_eq!(case["next"]["what"], "callback");
    let (status, told) = scene.step(&scene.window, json!({"step": "echo1", "method": "phone"})).await;
    assert_eq!((status, &told["state"]), (200, &json!("in_progress")), "{told}");
    assert_eq!(told["echoes"][0]["told_by"], "2012");
    // The result first, then the report.
    let (status, told) = scene.step(&scene.window, json!({"step": "reported"})).await;
    assert_eq!((status, &told["code"]), (409, &json!("tell_the_citizen_first")), "{told}");
    assert!(told["detail"].as_str().unwrap().contains('。'), "in words: {told}");
    let extension = json!({"step": "ask_extension", "days": 3, "reason": "等待材料"});
    assert_eq!(scene.step(&scene.window, extension).await.0, 200);
    assert_eq!(scene.case(&scene.lead).await["extension"], 3);
    let answer = json!({"step": "answer_extension", "days": 3, "reason": "同意"});
    let (status, told) = scene.step(&scene.operator, answer.clone()).await;
    assert_eq!((status, &told["code"]), (403, &json!("forbidden")), "a lead decides");
    assert_eq!(scene.step(&scene.lead, answer).await.0, 200);
    for step in [json!({"step": "echo2", "method": "written"}), json!({"step": "reported"})] {
        assert_eq!(scene.step(&scene.window, step).await.0, 200);
    }
    let asked = json!({"step": "asked", "first": true, "second": true, "score": 5});
    let (status, told) = scene.step(&scene.operator, asked).await;
    assert_eq!((status, &told["state"]), (200, &json!("archived")), "{told}");
    let case = scene.case(&scene.lead).await;
    let promises = case["promises"].as_array().unwrap();
    assert!(promises.iter().all(|promise| !promise["ending"].is_null()), "each has ended: {case}");
    let log = case["log"].as_array().unwrap();
    assert!(log.iter().any(|line| line["source"] == "fact" && line["kind"] == "extension_asked"));
    assert!(log.windows(2).all(|pair| pair[0]["at"].as_i64() <= pair[1]["at"].as_i64()));
    assert_eq!(case["extensions"][0]["granted"], 3);
}

#[tokio::test]
async fn a_window_steps_with_the_cases_of_its_unit_alone_and_a_step_with_one_key_is_one() {
    let scene = Scene::set().await;
    let ask = || {
        let body = json!({"step": "hand_over", "unit": OTHER});
        page(post(&format!("/api/v1/cases/{}/step", scene.no), &body), &scene.operator)
            .with("idempotency-key", "k-1")
    };
    for _ in 0..2 {
        assert_eq!(ask().to(&scene.bench.app).await.status, 200);
    }
    assert_eq!(scene.case(&scene.operator).await["handovers"].as_array().unwrap().len(), 1);
    let (status, told) = scene.step(&scene.window, json!({"step": "received"})).await;
    assert_eq!((status, &told["code"]), (404, &json!("no_such_case")), "another unit's");
    let (status, told) = scene.step(&scene.operator, json!({"step": "hand_over", "unit": UNIT})).await;
    assert_eq!((status, &told["code"]), (409, &json!("assigned")), "{told}");
    for (body, code) in [
        (json!({"step": "hand_over"}), "unfit"),
        (json!({"step": "hand_over", "unit": "NOBODY"}), "unfit"),
        (json!({"step": "received", "staff": "77777"}), "unfit"),
        (json!({"step": "returned", "reason": " "}), "unfit"),
        (json!({"step": "ask_extension", "days": 0, "reason": "x"}), "not_that_long"),
        (json!({"step": "merge", "into": "123"}), "no_such_case"),
        (json!({"step": "fly"}), "bad_body"),
        (json!({"step": "flag", "flag": "supervised", "on": true}), "forbidden"),
    ] {
        let (_, told) = scene.step(&scene.operator, body.clone()).await;
        assert_eq!(told["code"], code, "{body}");
    }
}

#[tokio::test]
async fn hand_overs_escalations_and_follow_ups_are_shown_to_those_whose_they_are() {
    let scene = Scene::set().await;
    scene.received().await;
    let (_, own) = scene.ask(get("/api/v1/handovers"), &scene.window).await;
    assert_eq!(own["handovers"][0]["case_no"], json!(scene.no));
    assert!(
        own["handovers"][0]["call_back"]["due_at"].as_i64() > own["handovers"][0]["received_at"].as_i64()
    );
    let other = opened(&scene.bench, "另一件", false).await;
    let body = json!({"step": "hand_over", "unit": OTHER});
    let told = post(&format!("/api/v1/cases/{other}/step"), &body).to(&scene.bench.app).await;
    assert_eq!(told.status, 200, "{}", told.text());
    let count = async |who: &Token| {
        scene.ask(get("/api/v1/handovers?state=all"), who).await.1["handovers"].as_array().unwrap().len()
    };
    assert_eq!((count(&scene.window).await, count(&scene.operator).await), (1, 2));
    // Returned: the leads are told, until one has seen it.
    let (status, _) = scene.step(&scene.window, json!({"step": "returned", "reason": "不归我们"})).await;
    assert_eq!(status, 200);
    let escalations =
        async |who: &Token| scene.ask(get("/api/v1/escalations"), who).await.1["escalations"].clone();
    let told = escalations(&scene.lead).await;
    assert_eq!((&told[0]["news"], &told[0]["case_no"]), (&json!("returned"), &json!(scene.no)), "{told}");
    assert!(!told[0]["news_zh"].as_str().unwrap().is_empty());
    let path = format!("/api/v1/escalations/{}/seen", told[0]["id"].as_str().unwrap());
    assert_eq!(scene.ask(post(&path, &json!({})), &scene.window).await.0, 404, "not the unit's");
    assert_eq!(scene.ask(post(&path, &json!({})), &scene.lead).await.0, 204);
    assert_eq!(escalations(&scene.lead).await, json!([]));
    let (status, told) = scene.ask(get("/api/v1/followups"), &scene.operator).await;
    assert_eq!((status, told), (200, json!({"asks": [], "bad": []})));
}

#[tokio::test]
async fn the_ledger_lists_reviews_and_strikes_off() {
    let scene = Scene::set().await;
    let form = json!({"title": "无产权证", "why": "开发商失联", "owner": UNIT, "case_no": scene.no});
    let (status, told) = scene.ask(post("/api/v1/ledger", &form), &scene.lead).await;
    assert_eq!(status, 201, "{told}");
    let id = told["id"].as_str().unwrap().to_owned();
    assert_eq!(scene.ask(post("/api/v1/ledger", &form), &scene.operator).await.0, 403);
    let review = format!("/api/v1/ledger/{id}/review");
    assert_eq!(scene.ask(post(&review, &json!({"text": "仍未\n联系上"})), &scene.lead).await.0, 204);
    let (_, ledger) = scene.ask(get("/api/v1/ledger"), &scene.window).await;
    let item = &ledger["items"][0];
    assert_eq!((&item["case_no"], &item["overdue"]), (&json!(scene.no), &json!(false)), "{ledger}");
    assert_eq!(
        (&item["reviews"][0]["text"], &item["reviews"][0]["who"]),
        (&json!("仍未 联系上"), &json!("lead"))
    );
    let strike = format!("/api/v1/ledger/{id}/strike");
    assert_eq!(scene.ask(post(&strike, &json!({"why": "已办证"})), &scene.lead).await.0, 204);
    let (status, told) = scene.ask(post(&strike, &json!({"why": "已办证"})), &scene.lead).await;
    assert_eq!((status, &told["code"]), (409, &json!("struck_off")));
    let (_, open) = scene.ask(get("/api/v1/ledger?open=true"), &scene.lead).await;
    assert_eq!((&open["items"], &open["listed"], &open["struck"]), (&json!([]), &json!(1), &json!(1)));
    let (_, struck) = scene.ask(get("/api/v1/ledger?open=false"), &scene.lead).await;
    assert_eq!(struck["items"][0]["struck_why"], "已办证");
}

#[tokio::test]
async fn figures_and_exports_are_of_the_time_that_was_asked_for_and_noted() {
    let scene = Scene::set().await;
    scene.received().await;
    let now = scene.bench.rooms.promises.now();
    let span = format!("from={}&to={}", now - 86_400_000, now + 60_000);
    let (status, told) = scene.ask(get(&format!("/api/v1/figures?{span}")), &scene.operator).await;
    assert_eq!(status, 200, "{told}");
    let work = told["promises"].as_array().unwrap().iter().find(|p| p["what"] == "work").unwrap();
    assert_eq!((&work["made"], &work["row"]), (&json!(1), &json!(12)));
    assert_eq!(told["last_24h"], json!({"whole": 0, "part": 0, "goal_permille": 950}));
    let (_, own) = scene.ask(get(&format!("/api/v1/figures?{span}&unit={OTHER}")), &scene.window).await;
    let work = own["promises"].as_array().unwrap().iter().find(|p| p["what"] == "work").unwrap().clone();
    assert_eq!(work["made"], 1, "a window's are always its unit's");
    for bad in ["from=1", "from=2&to=1", "from=0&to=9999999999999", "from=-1&to=1"] {
        assert_eq!(
            scene.ask(get(&format!("/api/v1/figures?{bad}")), &scene.lead).await.1["code"],
            "bad_address",
            "{bad}"
        );
    }
    for (table, kind) in
        [("cases.csv", "text/csv"), ("handovers.xlsx", "spreadsheetml"), ("calls.csv", "text/csv")]
    {
        let told =
            page(get(&format!("/api/v1/exports/{table}?{span}")), &scene.lead).to(&scene.bench.app).await;
        assert_eq!(told.status, 200, "{}", told.text());
        assert!(
            told.header("content-type").contains(kind) && told.header("content-disposition").contains(table)
        );
        assert!(!told.text().contains("13800001234") && !told.text().contains("张三"));
    }
    let (_, audit) = scene.ask(get("/api/v1/audit?what=export"), &scene.lead).await;
    assert_eq!(audit["code"], "forbidden");
    let audit = get("/api/v1/audit?what=export").to(&scene.bench.app).await.json();
    assert_eq!(audit["lines"].as_array().unwrap().len(), 3);
    for table in ["cases.pdf", "secrets.csv", "cases", "..%2fcases.csv"] {
        let told = get(&format!("/api/v1/exports/{table}?{span}")).to(&scene.bench.app).await;
        assert_eq!(told.problem().0, 404, "{table}");
    }
}

#[tokio::test]
async fn events_are_fetched_by_a_cursor() {
    let scene = Scene::set().await;
    scene.received().await;
    let (mut after, mut seen) = (0_i64, Vec::new());
    loop {
        let told = get(&format!("/api/v1/cloudevents?after={after}&limit=3")).to(&scene.bench.app).await;
        assert!(told.header("content-type").starts_with("application/cloudevents-batch+json"));
        let batch = told.json();
        seen.extend(batch.as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()));
        let next = told.header("hotline-next").parse().unwrap();
        if next == after {
            break;
        }
        after = next;
    }
    assert!(seen.len() > 5, "{seen:?}");
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count, "each once");
}

/// The public may ask.
fn opened_to_the_public(bench: &Bench) {
    let mut checked = super::sample();
    checked.settings.outputs.open311 = Some(::config::settings::Open311 {
        jurisdiction: "district.example.org".into(),
        contact: "89000".into(),
    });
    bench.rooms.current.exchange(checked);
}

#[tokio::test]
async fn the_public_sees_how_cases_go_and_nothing_that_anybody_wrote() {
    let scene = Scene::set().await;
    let ask = |path: &str| get(path).without("authorization");
    let path = format!("/open311/v2/requests/{}.json", scene.no);
    assert_eq!(ask(&path).to(&scene.bench.app).await.problem().0, 404, "off until the configuration says so");
    opened_to_the_public(&scene.bench);
    let hidden = opened(&scene.bench, "举报", true).await;
    scene.received().await;
    let told = ask("/open311/v2/requests.json").to(&scene.bench.app).await;
    assert_eq!(told.status, 200, "{}", told.text());
    assert_eq!(told.header("access-control-allow-origin"), "*");
    let list = told.json();
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    assert_eq!((&list[0]["service_request_id"], &list[0]["status"]), (&json!(scene.no), &json!("open")));
    assert!(list[0].get("agency_responsible").is_some(), "named as the store knows the unit: {list}");
    for words in ["户口", "13800001234", "张", "138****"] {
        assert!(!told.text().contains(words), "{words}");
    }
    for path in [format!("/open311/v2/requests/{hidden}.json"), "/open311/v2/requests/1.xml".into()] {
        let told = ask(&path).to(&scene.bench.app).await;
        assert_eq!(told.status, 404, "{path}");
    }
    let told = ask("/open311/v2/requests.xml?jurisdiction_id=elsewhere.org").to(&scene.bench.app).await;
    assert_eq!((told.status.as_u16(), told.text().contains("<errors>")), (404, true));
    let told = ask("/open311/v2/requests.xml?status=perhaps").to(&scene.bench.app).await;
    assert_eq!(told.status, 400, "{}", told.text());
    for path in [
        "discovery.xml",
        "services.xml",
        "discovery.json?jurisdiction_id=district.example.org",
        "services.json",
    ] {
        assert_eq!(ask(&format!("/open311/v2/{path}")).to(&scene.bench.app).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn the_public_can_not_load_the_store() {
    let scene = Scene::set().await;
    opened_to_the_public(&scene.bench);
    let ask = |n: usize| {
        let (app, path) = (scene.bench.app.clone(), format!("/open311/v2/requests.json?x={n}"));
        async move { get(&path).to(&app).await.status.as_u16() }
    };
    assert_eq!(ask(0).await, 200);
    let mut asked = tokio::task::JoinSet::new();
    (1..60).for_each(|n| drop(asked.spawn(ask(n))));
    let told = asked.join_all().await;
    assert!(told.contains(&429), "new answers of a second are bounded: {told:?}");
    // What was asked lately is answered all the same.
    assert_eq!(ask(0).await, 200);
}
