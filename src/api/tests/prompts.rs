//! Recordings over HTTP: listed, heard, replaced, spoken, put back; names lead nowhere else.

use serde_json::json;

use super::{Bench, ask, get};

#[tokio::test]
async fn recordings_are_listed_with_texts_slots_and_what_is_missing() {
    let bench = Bench::new().await;
    std::fs::remove_file(bench.dir.path().join("prompts/en/P05.wav")).unwrap();
    let list = get("/api/v1/prompts").to(&bench.app).await.json();
    assert_eq!(list["tts"], json!(true));
    let all = list["prompts"].as_array().unwrap();
    let one = |id: &str| all.iter().find(|p| p["id"] == id).unwrap();
    assert_eq!(one("P01")["zh"], json!("您好，这里是八九零零零民生服务热线。"));
    assert_eq!(one("P10-1")["slots"], json!(["{n}", "{m}"]));
    assert!(one("clip-d0")["files"]["zh-CN"]["ms"].as_u64().unwrap() > 0);
    assert_eq!(one("P05")["files"]["en"], json!({"ms": 0, "missing": true, "source": "shipped"}));
    assert_eq!(one("P05")["files"]["zh-CN"]["missing"], json!(false));
}

#[tokio::test]
async fn a_recording_is_replaced_spoken_and_put_back() {
    let bench = Bench::new().await;
    let place = "/api/v1/prompts/zh-CN/P01/sound";
    let shipped = get(place).to(&bench.app).await;
    assert_eq!((shipped.status.as_u16(), shipped.header("content-type")), (200, "audio/wav"));
    assert_eq!(ask("DELETE", place).to(&bench.app).await.problem(), (404, "no_such_prompt".into()));
    let mut upload = ask("PUT", place).with("content-type", "audio/wav");
    upload.body = b"RIFF own".to_vec();
    let taken = upload.clone().to(&bench.app).await;
    assert_eq!(taken.json(), json!({"ms": 1500, "warnings": [{"zh": "声音太大", "en": "too loud"}]}));
    assert_eq!(get(place).to(&bench.app).await.body, b"RIFF own");
    let spoken = ask("POST", "/api/v1/prompts/zh-CN/P01/speak").to(&bench.app).await;
    assert_eq!(spoken.status, 200, "{}", spoken.text());
    let now = get(place).to(&bench.app).await.text();
    assert_eq!(now, "RIFF zh-CN 您好，这里是八九零零零民生服务热线。");
    let list = get("/api/v1/prompts").to(&bench.app).await.json();
    let first = list["prompts"].as_array().unwrap().iter().find(|p| p["id"] == "P01").unwrap().clone();
    assert_eq!(first["files"]["zh-CN"]["source"], json!("spoken"));
    assert_eq!(ask("DELETE", place).to(&bench.app).await.status, 204);
    assert_eq!(get(place).to(&bench.app).await.body, shipped.body, "the shipped one, not the first of ours");
    upload.body = b"ID3".to_vec();
    assert_eq!(upload.to(&bench.app).await.problem(), (422, "declined".into()));
    for text in ["--help", "a\nb", "", &"x".repeat(501)] {
        let body = json!({ "text": text }).to_string();
        let told = ask("POST", "/api/v1/prompts/en/P01/speak").json(&body).to(&bench.app).await;
        assert_eq!(told.problem(), (400, "bad_body".into()), "{text:.20}");
    }
}

#[tokio::test]
async fn names_that_are_not_in_the_lists_lead_nowhere() {
    let bench = Bench::new().await;
    std::fs::write(bench.dir.path().join("secret.wav"), "RIFF secret").unwrap();
    std::os::unix::fs::symlink(
        bench.dir.path().join("secret.wav"),
        bench.dir.path().join("prompts/en/link.wav"),
    )
    .unwrap();
    for name in [
        "en/..%2F..%2Fsecret",
        "en/%2e%2e%2f%2e%2e%2fsecret",
        "en/..%5Csecret",
        "en/P01%00",
        "en/link",
        "en/P999",
        "..%2Fen/P01",
        "%2e%2e/P01",
        ".shipped/P01",
        "fr/P01",
    ] {
        for (method, end) in [("GET", "sound"), ("PUT", "sound"), ("DELETE", "sound"), ("POST", "speak")] {
            let told = ask(method, &format!("/api/v1/prompts/{name}/{end}")).to(&bench.app).await;
            assert_eq!(told.problem(), (404, "no_such_prompt".into()), "{method} {name}");
        }
    }
    assert_eq!(std::fs::read(bench.dir.path().join("secret.wav")).unwrap(), b"RIFF secret");
}
