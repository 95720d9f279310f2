//! `hotline trace` of a call that really went through the house: all legs, masked, noted when not, exported, refused with words.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use hotline::command::Tongue;
use hotline::command::demo;
use hotline::command::demo::stage::{CALLER, Stage};
use hotline::command::trace::{Arguments, report};
use store::{Settings, Store};

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn stage(folder: &Path) -> Stage {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("sip-config");
    let mut checked = config::load(&config).unwrap();
    checked.settings.prompts.tts.clear();
    let mut stage = Stage::set(checked, folder, None, now()).unwrap();
    stage.checked.settings.trace.days = 7;
    stage
}

fn arguments(call: &str) -> Arguments {
    Arguments { call: call.into(), config: PathBuf::new(), raw: false, pcap: None, unmask: false }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ladder_of_a_three_way_call_has_all_its_legs() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = demo::play_out(stage(folder.path()), Tongue::En, &mut |_| ()).await.unwrap();
    let settings = outcome.stage.checked.settings.clone();
    let detail = outcome.evidence.as_ref().unwrap().detail.clone();
    let call = detail.row.call.to_string();
    // The demonstration's wall clock may be another day's: the messages carry it too.
    let at = detail.row.ended_at.unwrap();
    let told = async |arguments: &Arguments, tongue| {
        report(&settings, arguments, at, tongue).await.unwrap().unwrap()
    };

    let ladder = told(&arguments(&call), Tongue::En).await;
    for word in ["citizen", "operator 1001", "desk ", "INVITE", "200 OK", "ACK", "BYE", "PCMA", "Ended: "] {
        assert!(ladder.contains(word), "{word} of\n{ladder}");
    }
    assert_eq!(ladder.matches(" INVITE -").count(), 3, "one for each leg:\n{ladder}");
    assert!(!ladder.contains(CALLER) && ladder.contains("138****"), "{ladder}");
    let zh = told(&arguments(&call), Tongue::Zh).await;
    assert!(zh.contains("窗口 ") && zh.contains("结果："), "{zh}");

    // By the Call-ID of a leg of ours too.
    let desk = detail.legs.iter().flat_map(|leg| &leg.sip).next().unwrap();
    assert_eq!(told(&arguments(&desk.sip_call_id), Tongue::En).await, ladder);
    assert!(report(&settings, &arguments("nobody@nowhere"), at, Tongue::En).await.unwrap().is_none());

    let pcap = folder.path().join("call.pcap");
    let masked =
        told(&Arguments { raw: true, pcap: Some(pcap.clone()), ..arguments(&call) }, Tongue::En).await;
    let capture = fs::read(&pcap).unwrap();
    assert_eq!(capture[..4], 0xa1b2_c3d4_u32.to_le_bytes());
    let holds = |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|w| w == word.as_bytes());
    assert!(!masked.contains(CALLER) && !holds(&capture, CALLER) && holds(&capture, "INVITE sip:"));
    // No answer to a challenge is anywhere in what was kept.
    let kept: Vec<u8> = fs::read_dir(&settings.trace.folder)
        .unwrap()
        .flatten()
        .flat_map(|e| fs::read(e.path()).unwrap())
        .collect();
    assert!(holds(&kept, "REGISTER") && holds(&kept, "response=***"));

    let store =
        Store::look(Settings::beside(settings.store.file().unwrap().to_owned(), "hotline-1")).unwrap();
    assert_eq!(store.trace_accesses(&call).await.unwrap(), 0);
    let shown = told(&Arguments { raw: true, unmask: true, ..arguments(&call) }, Tongue::En).await;
    assert!(shown.contains(CALLER));
    assert_eq!(store.trace_accesses(&call).await.unwrap(), 1, "one line for who saw the numbers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_call_says_why_and_what_to_change() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = stage(folder.path());
    stage.roles.number = "12345".into();
    let outcome = demo::play_out(stage, Tongue::En, &mut |_| ()).await.unwrap();
    let settings = &outcome.stage.checked.settings;
    let store =
        Store::look(Settings::beside(settings.store.file().unwrap().to_owned(), "hotline-1")).unwrap();
    let call = store.calls(&store::CallFilter::default(), None, 1).await.unwrap().calls.remove(0).call;
    let text = report(settings, &arguments(&call.to_string()), now(), Tongue::En).await.unwrap().unwrap();
    assert!(text.contains("404 Not Found") && text.contains("Reason: Q.850;cause=1"), "{text}");
    assert!(text.trim_end().ends_with("ask the carrier to route it elsewhere."), "{text}");
}
