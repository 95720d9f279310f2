//! Alarms that stand in no event: recordings, the files of the configuration, what browsers report. They come, and they go.

use std::collections::BTreeSet;
use std::fs;

use call::action::Answer;
use call::event::Order;
use serde_json::Value;

use super::live::Stream;
use super::{Bench, ask, board};

const LOOKED_FOR: [&str; 5] =
    ["prompts_missing", "config_faults", "config_cut", "config_draft", "csp_reports"];

async fn bench() -> Bench {
    Bench::with(1_000_000, |order| match order {
        Order::Board => Ok(Answer::Board(Box::new(board::house()))),
        _ => Ok(Answer::Done),
    })
    .await
}

#[tokio::test]
async fn a_recorder_that_stops_is_an_alarm_and_health_says_why() {
    let bench = bench().await;
    let (_, mut stream) = Stream::open(&bench.app, "/api/v1/board").await;
    let mut stands = async |wanted: bool| loop {
        let block = stream.next().await.unwrap();
        let Some(data) = block.lines().find_map(|line| line.strip_prefix("data: ")) else { continue };
        let board: Value = serde_json::from_str(data).unwrap();
        let Some(alarms) = board["alarms"].as_array() else { continue };
        let alarm = alarms.iter().find(|alarm| alarm["code"] == "not_recorded");
        if alarm.is_some() == wanted {
            return alarm.map(|alarm| alarm["en"].as_str().unwrap().to_owned()).unwrap_or_default();
        }
    };
    let recorder = bench.handle.recorder();
    recorder.set_slow(true);
    assert!(stands(true).await.contains("look at the disk"));
    let health = ask("GET", "/api/v1/health").to(&bench.app).await.json();
    assert!(health["reasons"].as_array().unwrap().contains(&"not_recorded".into()), "{health}");
    assert_eq!(health["recorder"], "disk_slow");
    recorder.set_slow(false);
    stands(false).await;
}

/// The board that is shown when exactly these stand of those that are looked for.
async fn shown(stream: &mut Stream, wanted: &[&str]) -> Vec<Value> {
    let wanted: BTreeSet<&str> = wanted.iter().copied().collect();
    loop {
        let block = stream.next().await.unwrap();
        let Some(data) = block.lines().find_map(|line| line.strip_prefix("data: ")) else { continue };
        let board: Value = serde_json::from_str(data).unwrap();
        let Some(alarms) = board["alarms"].as_array() else { continue };
        let codes: BTreeSet<&str> = alarms.iter().map(|alarm| alarm["code"].as_str().unwrap()).collect();
        if codes.into_iter().filter(|code| LOOKED_FOR.contains(code)).eq(wanted.iter().copied()) {
            return alarms.clone();
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_files_and_pages_comes_and_goes() {
    let bench = bench().await;
    let path = |name: &str| bench.dir.path().join(name);
    let prompt = path("prompts/zh-CN/P01.wav");
    let away = path("P01.wav");
    fs::rename(&prompt, &away).unwrap();
    let desks = fs::read_to_string(path("sip-config/desks.toml")).unwrap();
    fs::write(path("sip-config/desks.toml"), format!("{desks}\nunknown_key = 1\n")).unwrap();
    for (folder, file) in [(".publish", "journal.json"), (".draft", "draft.json")] {
        fs::create_dir_all(path("sip-config").join(folder)).unwrap();
        fs::write(path("sip-config").join(folder).join(file), "not JSON").unwrap();
    }
    let (_, mut stream) = Stream::open(&bench.app, "/api/v1/board").await;
    let alarms = shown(&mut stream, &LOOKED_FOR[..4]).await;
    let text = |code: &str, lang: &str| {
        let alarm = alarms.iter().find(|alarm| alarm["code"] == code).unwrap();
        alarm[lang].as_str().unwrap().to_owned()
    };
    assert!(text("prompts_missing", "zh").contains("缺 1 个录音（zh-CN/P01）"), "{alarms:?}");
    assert!(text("config_faults", "en").contains("desks.toml:"), "{alarms:?}");
    assert!(text("config_faults", "zh").contains("1 处"), "the missing recording is told once: {alarms:?}");
    assert_eq!(ask("POST", "/api/v1/csp").json("{}").to(&bench.app).await.status, 204);
    shown(&mut stream, &LOOKED_FOR).await;
    fs::rename(&away, &prompt).unwrap();
    fs::write(path("sip-config/desks.toml"), desks).unwrap();
    fs::remove_dir_all(path("sip-config/.publish")).unwrap();
    fs::remove_dir_all(path("sip-config/.draft")).unwrap();
    shown(&mut stream, &["csp_reports"]).await;
}

#[tokio::test]
async fn a_sound_house_has_none_of_them() {
    let bench = bench().await;
    let (_, mut stream) = Stream::open(&bench.app, "/api/v1/board").await;
    shown(&mut stream, &[]).await;
    // The files have been looked at by the time that something else changes.
    assert_eq!(ask("POST", "/api/v1/csp").json("{}").to(&bench.app).await.status, 204);
    shown(&mut stream, &["csp_reports"]).await;
}
