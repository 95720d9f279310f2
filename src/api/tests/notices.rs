//! A monthly notice by HTTP: made, edited by two, signed, sent, read as a page and as a document.

use promise::{Key, Kind, Month, Name, NoticeEvent, Of};
use serde_json::{Value, json};

use super::promises::{Scene, UNIT, post};
use super::roles::page;
use super::{Ask, Told, get, until_async};

const MONTH: Month = Month { year: 2026, month: 10 };
const PATH: &str = "/api/v1/notices/2026-10/GAJ";

/// A house in which the notices about October are planned.
async fn planned() -> Scene {
    let scene = Scene::set().await;
    let (store, promises) = (&scene.bench.rooms.store, &scene.bench.rooms.promises);
    let version = store::ConfigVersion {
        at: promises.now(),
        author: "test".into(),
        comment: String::new(),
        files: Vec::new(),
    };
    store.take_in(&super::sample().plan, &[], &version).await.unwrap();
    assert!(store.plan_notices(promises.timing(), MONTH).await.unwrap() > 1);
    scene
}

/// Their day has come.
async fn made(scene: &Scene) {
    let unit = Name::from(UNIT);
    let key = Key { of: Of::Notice(MONTH, unit.clone()), kind: Kind::Notice, rev: 1, turn: 1 };
    let due = (NoticeEvent::Due(key), None);
    scene.bench.rooms.promises.notice((MONTH, unit), "house", None, due).await.unwrap().unwrap();
}

fn texts(work: &str, revision: u32) -> Value {
    json!({"work": work, "problems": "夜间施工噪声", "advice": "安排值守", "revision": revision})
}

fn put(body: &Value) -> Ask {
    Ask { method: "PUT".into(), ..get(PATH) }.json(&body.to_string())
}

async fn one(scene: &Scene) -> Value {
    let (status, told) = scene.ask(get(PATH), &scene.lead).await;
    assert_eq!(status, 200, "{told}");
    told
}

async fn paper(scene: &Scene, more: &str) -> Told {
    page(get(&format!("{PATH}/{more}")), &scene.lead).to(&scene.bench.app).await
}

/// A step and what it answers.
async fn code(scene: &Scene, ask: Ask) -> (u16, Value) {
    let (status, told) = scene.ask(ask, &scene.lead).await;
    (status, told["code"].clone())
}

#[tokio::test]
async fn a_notice_is_edited_signed_and_sent_and_then_stays() {
    let scene = planned().await;
    let sign = |revision: u32| post(&format!("{PATH}/sign"), &json!({"revision": revision}));
    let sent = || post(&format!("{PATH}/sent"), &json!({}));
    assert_eq!(one(&scene).await["stage"], "planned");
    assert_eq!(code(&scene, put(&texts("早", 0))).await, (409, json!("no_notice_yet")));
    assert_eq!(paper(&scene, "html").await.problem(), (409, "no_notice_yet".into()));
    made(&scene).await;
    let draft = one(&scene).await;
    assert_eq!(
        (&draft["stage"], &draft["revision"], draft["figures"].is_object()),
        (&json!("draft"), &json!(0), true)
    );
    assert_eq!(code(&scene, sent()).await, (409, json!("not_signed")));
    assert_eq!(scene.ask(put(&texts("本月 46 件", 0)), &scene.lead).await.0, 204);
    let edited = one(&scene).await;
    assert_eq!(
        (&edited["work"], &edited["revision"], &edited["edited_by"]),
        (&json!("本月 46 件"), &json!(1), &json!("lead"))
    );
    assert_eq!(scene.ask(sign(1), &scene.operator).await.0, 403, "a lead signs");
    for _ in 0..2 {
        let ask = page(sign(1), &scene.lead).with("idempotency-key", "k-1");
        assert_eq!(ask.to(&scene.bench.app).await.status, 204);
    }
    let signed = one(&scene).await;
    assert_eq!((&signed["stage"], &signed["signed_by"]), (&json!("signed"), &json!("lead")));
    for revision in [0, 1, 2] {
        assert_eq!(code(&scene, put(&texts("改", revision))).await, (409, json!("signed_already")));
    }
    assert_eq!(code(&scene, sign(1)).await, (409, json!("signed_already")));
    assert_eq!(scene.ask(sent(), &scene.lead).await.0, 204);
    let last = one(&scene).await;
    assert_eq!(
        (&last["stage"], &last["sent_by"], &last["work"]),
        (&json!("sent"), &json!("lead"), &edited["work"])
    );
    let (_, list) = scene.ask(get("/api/v1/notices?month=2026-10"), &scene.lead).await;
    let line = list["notices"].as_array().unwrap().iter().find(|line| line["unit"] == UNIT).unwrap().clone();
    assert_eq!((&line["stage"], &line["signed_by"]), (&json!("sent"), &json!("lead")));
    until_async("the audit", async || {
        let mut whats = Vec::new();
        for what in ["notice.edited", "notice.signed", "notice.sent"] {
            let audit = get(&format!("/api/v1/audit?what={what}")).to(&scene.bench.app).await.json();
            whats.extend(audit["lines"].as_array().unwrap().iter().map(|line| line["target"].clone()));
        }
        // A repetition with the same key is noted as it was asked.
        whats.len() >= 3 && whats.iter().all(|target| target == "2026-10/GAJ")
    })
    .await;
}

#[tokio::test]
async fn of_two_who_edit_one_notice_the_second_overwrites_nothing() {
    let scene = planned().await;
    made(&scene).await;
    let ask = |text: &str, revision| page(put(&texts(text, revision)), &scene.lead);
    let (first, second) =
        tokio::join!(ask("甲写的", 0).to(&scene.bench.app), ask("乙写的", 0).to(&scene.bench.app));
    let (taken, refused) = if first.status == 204 { (first, second) } else { (second, first) };
    assert_eq!((taken.status.as_u16(), refused.problem()), (204, (409, "edited_meanwhile".into())));
    let kept = one(&scene).await;
    assert_eq!(kept["revision"], 1);
    assert!(kept["work"] == "甲写的" || kept["work"] == "乙写的", "{kept}");
    // Nobody signs what they have not read.
    let sign = post(&format!("{PATH}/sign"), &json!({"revision": 0}));
    assert_eq!(code(&scene, sign).await, (409, json!("edited_meanwhile")));
    // Whoever has read it goes on; the same request again is the same edit.
    for _ in 0..2 {
        let again = ask("两人合写", 1).with("idempotency-key", "k-1").to(&scene.bench.app).await;
        assert_eq!(again.status, 204, "{}", again.text());
    }
    let last = one(&scene).await;
    assert_eq!((&last["work"], &last["revision"]), (&json!("两人合写"), &json!(2)));
    for bad in [json!({"work": "x", "problems": "", "advice": ""}), texts(&"长".repeat(4_001), 2), json!({})]
    {
        assert_eq!(code(&scene, put(&bad)).await.0, 400, "{bad}");
    }
}

#[tokio::test]
async fn a_notice_is_read_as_a_page_and_as_a_document() {
    let scene = planned().await;
    made(&scene).await;
    let script = "<script>alert(1)</script>";
    assert_eq!(scene.ask(put(&texts(script, 0)), &scene.lead).await.0, 204);
    let told = paper(&scene, "html").await;
    assert_eq!((told.status.as_u16(), told.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(told.header("content-security-policy").starts_with("default-src 'none'"));
    let page = told.text();
    assert!(page.contains("夜间施工噪声") && !page.contains(script) && page.contains("&lt;script"), "{page}");
    let english = paper(&scene, "html?lang=en").await.text();
    assert_ne!(english, page);
    assert_eq!(paper(&scene, "html?lang=fr").await.problem().0, 400);
    let told = paper(&scene, "pdf").await;
    if has_fonts() {
        assert_eq!((told.status.as_u16(), told.header("content-type")), (200, "application/pdf"));
        assert!(told.header("content-disposition").contains("notice-2026-10-GAJ.pdf"));
        assert!(told.body.starts_with(b"%PDF-"), "{}", told.text());
    } else {
        assert_eq!(told.problem().1, "behind", "{}", told.text());
    }
    assert_eq!(paper(&scene, "docx").await.problem().0, 404);
    let nobody = page_of("/api/v1/notices/2026-10/NOBODY/html", &scene).await;
    assert_eq!(nobody.problem().0, 404);
}

async fn page_of(path: &str, scene: &Scene) -> Told {
    page(get(path), &scene.lead).to(&scene.bench.app).await
}

/// Whether the fonts of the document are installed here.
fn has_fonts() -> bool {
    use papers::notice::{FONT_PLACES, FontFiles};
    let all = [FontFiles::TITLE, FontFiles::BODY, FontFiles::PLAIN];
    FONT_PLACES.iter().any(|place| all.iter().all(|name| std::path::Path::new(place).join(name).exists()))
}
