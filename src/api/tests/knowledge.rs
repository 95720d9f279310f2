//! The information base by HTTP: found, read, written, imported; what is hostile stays text.

use serde_json::{Value, json};

use super::{Ask, Bench, STRANGER, Told, get};

fn put(path: &str, body: &Value) -> Ask {
    Ask { method: "PUT".into(), ..get(path) }.json(&body.to_string())
}

fn post(path: &str, body: &Value) -> Ask {
    Ask { method: "POST".into(), ..get(path) }.json(&body.to_string())
}

fn file(query: &str, kind: &str, body: &[u8]) -> Ask {
    let path = format!("/api/v1/knowledge/import{query}");
    Ask { method: "POST".into(), body: body.to_vec(), ..get(&path) }.with("content-type", kind)
}

async fn found(bench: &Bench, q: &str) -> Value {
    let told = get(&format!("/api/v1/knowledge?q={q}")).to(&bench.app).await;
    assert_eq!(told.status, 200, "{}", told.text());
    told.json()
}

fn code(told: &Told) -> (u16, String) {
    told.problem()
}

#[tokio::test]
async fn an_entry_is_written_found_opened_and_removed() {
    let bench = Bench::new().await;
    let entry =
        json!({"title": "身份证补领", "body": "带户口簿。", "keywords": ["补办", " "], "source": "示例"});
    let told = post("/api/v1/knowledge", &entry).to(&bench.app).await;
    assert_eq!(told.status, 201, "{}", told.text());
    let id = told.json()["id"].as_str().unwrap().to_owned();
    let hits = found(&bench, "sfz").await;
    let hit = &hits["hits"][0];
    assert!(hits["took_us"].as_u64().is_some());
    assert_eq!(
        (&hit["id"], &hit["title"], &hit["snippet"]),
        (&json!(id), &json!("身份证补领"), &json!("带户口簿。"))
    );
    assert_eq!((&hit["service"], &hit["desks"]), (&Value::Null, &json!([])));
    assert_eq!(hit["why"], "sfz → 身份证，首字母（标题）");
    assert_eq!(
        hit["reasons"][0],
        json!({"typed": "sfz", "found": "身份证", "how": "initials", "place": "title"})
    );
    let english = get("/api/v1/knowledge?q=sfz").with("accept-language", "en").to(&bench.app).await.json();
    assert_eq!(english["hits"][0]["why"], "sfz → 身份证, initials (title)");
    let path = format!("/api/v1/knowledge/{id}");
    assert_eq!(post(&format!("{path}/opened"), &json!({})).to(&bench.app).await.status, 204);
    let page = get(&path).to(&bench.app).await.json();
    assert_eq!(
        (&page["keywords"], &page["opened"], &page["updated_by"]),
        (&json!(["补办"]), &json!(1), &json!("desk screen"))
    );
    let changed = json!({"title": "护照换发"});
    assert_eq!(put(&path, &changed).to(&bench.app).await.status, 204);
    assert_eq!(found(&bench, "hz").await["hits"][0]["title"], "护照换发");
    let usage = get("/api/v1/knowledge/usage").to(&bench.app).await.json();
    assert_eq!((&usage["entries"], &usage["most"][0]["id"]), (&json!(1), &json!(id)));
    let delete = Ask { method: "DELETE".into(), ..get(&path) };
    assert_eq!(delete.clone().to(&bench.app).await.status, 204);
    assert_eq!(code(&delete.to(&bench.app).await), (404, "no_such_entry".into()));
    assert_eq!(found(&bench, "hz").await["hits"], json!([]));
}

#[tokio::test]
async fn what_can_not_be_taken_is_told_in_words() {
    let bench = Bench::new().await;
    let add = |body: Value| post("/api/v1/knowledge", &body);
    for body in [
        json!({"title": " "}),
        json!({"title": "。"}),
        json!({"title": "a\u{0}b"}),
        json!({"title": "长".repeat(201)}),
        json!({"title": "a", "service": "QQQ-001"}),
        json!({"title": "a", "keywords": vec!["k"; 61]}),
    ] {
        let told = add(body).with("accept-language", "zh").to(&bench.app).await;
        assert_eq!(code(&told), (400, "unfit".into()));
        assert!(told.json()["detail"].as_str().unwrap().contains(|c: char| !c.is_ascii()));
    }
    assert_eq!(code(&add(json!({"title": "a", "more": 1})).to(&bench.app).await).1, "bad_body");
    for id in ["0", "-1", "x", STRANGER, "999"] {
        let path = format!("/api/v1/knowledge/{id}");
        assert_eq!(code(&get(&path).to(&bench.app).await), (404, "no_such_entry".into()), "{id}");
        assert_eq!(code(&put(&path, &json!({"title": "a"})).to(&bench.app).await).1, "no_such_entry", "{id}");
    }
    for query in ["?q=a&limit=0", "?q=a&limit=51", "", "?q=a&other=1"] {
        assert_eq!(
            code(&get(&format!("/api/v1/knowledge{query}")).to(&bench.app).await),
            (400, "bad_address".into())
        );
    }
    assert_eq!(code(&get("/api/v1/knowledge?q=a&call=x").to(&bench.app).await), (404, "no_such_call".into()));
    let one = put("/api/v1/knowledge/synonyms", &json!({"groups": [["身份证"]]})).to(&bench.app).await;
    assert_eq!(code(&one), (400, "unfit".into()));
}

#[tokio::test]
async fn synonyms_are_taken_and_shown() {
    let bench = Bench::new().await;
    post("/api/v1/knowledge", &json!({"title": "公共租赁住房申请"})).to(&bench.app).await;
    assert_eq!(found(&bench, "%E5%BB%89%E7%A7%9F%E6%88%BF").await["hits"], json!([]));
    let groups = json!({"groups": [["公共租赁住房", "廉租房"]]});
    assert_eq!(put("/api/v1/knowledge/synonyms", &groups).to(&bench.app).await.status, 204);
    assert_eq!(found(&bench, "%E5%BB%89%E7%A7%9F%E6%88%BF").await["hits"][0]["title"], "公共租赁住房申请");
    let usage = get("/api/v1/knowledge/usage").to(&bench.app).await.json();
    assert_eq!(usage["synonyms"], json!([["公共租赁住房", "廉租房"]]));
}

#[tokio::test]
async fn files_are_taken_in_all_or_nothing() {
    let bench = Bench::new().await;
    let good = "title,body\n身份证补领,带户口簿\n护照,=1+1\n".as_bytes();
    let dry = file("?dry_run=true", "text/csv", good).to(&bench.app).await.json();
    assert_eq!((&dry["applied"], &dry["added"], &dry["faults"]), (&json!(false), &json!(2), &json!([])));
    let done = file("", "text/csv; charset=utf-8", good).to(&bench.app).await.json();
    assert_eq!((&done["applied"], &done["added"]), (&json!(true), &json!(2)));
    let bad = "title,service\n户口,QQQ\n新的,\n".as_bytes();
    let told = file("?mode=replace", "text/csv", bad).to(&bench.app).await.json();
    assert_eq!((&told["applied"], &told["faults"][0]["row"]), (&json!(false), &json!(2)));
    assert_eq!(
        found(&bench, "hz").await["hits"][0]["snippet"],
        "=1+1",
        "nothing was taken, nothing was removed"
    );
    let json = br#"[{"title":"\u62a4\u7167","body":"=1+1"}]"#;
    let told = file("?mode=replace", "application/json", json).to(&bench.app).await.json();
    assert_eq!((&told["same"], &told["removed"]), (&json!(1), &json!(1)));
    let markdown = "# 结婚登记\n当场发证".as_bytes();
    let told = file("", "text/markdown", markdown).to(&bench.app).await.json();
    assert_eq!(told["added"], 1);
    // What Excel in China writes: 标题 and 户口 in GB 18030.
    let gb = b"\xb1\xea\xcc\xe2\n\xbb\xa7\xbf\xda\n";
    let told = file("", "text/csv; charset=gb18030", gb).to(&bench.app).await.json();
    assert_eq!(told["added"], 1, "{told}");
    for (kind, body) in [("image/png", good), ("text/csv; charset=koi8-r", good)] {
        assert_eq!(code(&file("", kind, body).to(&bench.app).await), (400, "bad_body".into()));
    }
    let huge = vec![b'a'; 16 * 1024 * 1024 + 1];
    assert_eq!(code(&file("", "text/csv", &huge).to(&bench.app).await), (413, "too_large".into()));
    assert_eq!(code(&file("?mode=other", "text/csv", good).to(&bench.app).await).1, "bad_address");
}

#[tokio::test]
async fn an_import_that_is_not_waited_for_tells_how_far_it_is() {
    let bench = Bench::new().await;
    let standing = async || get("/api/v1/knowledge/import").to(&bench.app).await.json();
    assert_eq!(
        standing().await,
        json!({"running": false, "done": 0, "of": 0, "result": null, "failed": null})
    );
    let rows: String = (0..200).map(|n| format!("第 {n} 号事项,带身份证\n")).collect();
    let text = format!("title,body\n{rows}");
    let told =
        file("", "text/csv", text.as_bytes()).with("prefer", "wait=1, respond-async").to(&bench.app).await;
    assert_eq!((told.status.as_u16(), &told.json()["running"]), (202, &json!(true)), "{}", told.text());
    let mut seen = Vec::new();
    super::until_async("the import", async || {
        let now = standing().await;
        seen.push((now["done"].as_u64().unwrap(), now["of"].as_u64().unwrap()));
        now["running"] == false
    })
    .await;
    assert!(seen.iter().all(|(done, of)| done <= of && matches!(of, 0 | 200)), "{seen:?}");
    let result = &standing().await["result"];
    assert_eq!((&result["applied"], &result["added"]), (&json!(true), &json!(200)));
    let again = file("", "text/csv", text.as_bytes()).to(&bench.app).await;
    assert_eq!((again.status.as_u16(), &again.json()["same"]), (200, &json!(200)), "waited for");
    assert_eq!(standing().await["result"], again.json());
}

#[tokio::test]
async fn script_is_text_in_every_field() {
    let bench = Bench::new().await;
    let script = "<script>alert('1')</script>\u{1b}[31m\u{202e}";
    let entry =
        json!({"name": script, "title": script, "body": script, "keywords": [script], "source": script});
    let told = post("/api/v1/knowledge", &entry).to(&bench.app).await;
    let id = told.json()["id"].as_str().unwrap().to_owned();
    let told = get(&format!("/api/v1/knowledge/{id}")).to(&bench.app).await;
    assert_eq!(told.header("content-type"), "application/json");
    let page = told.json();
    for field in ["name", "title", "body", "source"] {
        assert_eq!(page[field], script, "{field}");
    }
    let hit = &found(&bench, "script").await["hits"][0];
    assert_eq!((&hit["title"], &hit["source"]), (&json!(script), &json!(script)));
}
