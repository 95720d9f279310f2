//! The whole house on PostgreSQL: real calls, and their record is in the server's database, for the house and for a tool beside it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

#[path = "../src/store/tests/both/server.rs"]
#[allow(dead_code)]
mod server;

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use config::settings::StorePlace;
use hotline::command::Tongue;
use hotline::command::demo;
use hotline::command::demo::stage::{CALLER, Stage};
use hotline::command::trace::{Arguments, report};
use server::Server;
use store::{CallFilter, Settings, Store, StoreAt};

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_three_way_call_is_on_record_in_postgresql() {
    let Some(mut server) = Server::make(&std::env::temp_dir()) else {
        eprintln!("PostgreSQL is not there (no initdb; `scripts/setup peers` brings it), skipped");
        return;
    };
    server.start(&["fsync=off"]);
    let folder = tempfile::tempdir().unwrap();
    let mut checked = config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("sip-config")).unwrap();
    checked.settings.prompts.tts.clear();
    let mut stage = Stage::set(checked, folder.path(), None, now()).unwrap();
    let (url, key_file) = (server.url("postgres"), folder.path().join("hotline.key"));
    stage.checked.settings.store = StorePlace::Server { url: url.clone(), key_file: key_file.clone() };
    stage.checked.settings.trace.days = 7;
    let outcome = demo::play_out(stage, Tongue::En, &mut |_| ()).await.unwrap();
    let played = outcome.evidence.as_ref().unwrap().detail.clone();
    assert!(played.row.ended_at.is_some() && played.legs.len() == 3, "{played:?}");
    assert!(!folder.path().join("hotline.db").exists(), "no file is made beside the server");

    let at = StoreAt::Server(store::Server::new(url, None));
    let settings = Settings { at, key_file, ..Settings::beside("hotline.db".into(), "hotline-1") };
    let store = Store::look(settings).unwrap();
    let call = played.row.call;
    assert_eq!(store.call(call).await.unwrap().unwrap(), played);
    assert_eq!(store.verify().await.unwrap(), []);
    let page = store.calls(&CallFilter::default(), None, 200).await.unwrap();
    assert!(page.calls.iter().any(|line| line.call == call));
    // A tool beside it finds the call there too.
    let settings = &outcome.stage.checked.settings;
    let asked = Arguments {
        call: call.to_string(),
        config: std::path::PathBuf::new(),
        raw: false,
        pcap: None,
        unmask: false,
    };
    let ladder = report(settings, &asked, now(), Tongue::En).await.unwrap().unwrap();
    assert!(ladder.contains("operator 1001") && !ladder.contains(CALLER), "{ladder}");
    store.close().await;
}
