//! `hotline phone` as a process against another phone: calls, answers, keys, sound, refusals, signals, registration.

use std::io::{BufRead, BufReader};
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use phone::{Account, Dial, EndedBy, Phone, Ringing, Transport};
use serde_json::Value;
use tokio::task::spawn_blocking;

use super::registrar::Registrar;
use super::{hotline, in_order, told};

const SOON: Duration = Registrar::SOON;
/// Nobody listens there.
const NOBODY: &str = "127.0.0.1:9";

async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, work).await.expect("it takes too long")
}

/// The other end.
async fn peer(transport: Transport) -> Phone {
    let account = Account { transport, ..Account::new("peer", "", NOBODY.parse().unwrap()) };
    Phone::start(account).await.unwrap()
}

fn start(arguments: &[&str]) -> Child {
    let mut all = vec!["phone", "--server", NOBODY, "--user", "13800000000", "--no-register"];
    all.extend(arguments);
    hotline(&all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

async fn end(child: Child) -> (i32, String, String) {
    let output: Output = soon(spawn_blocking(move || child.wait_with_output())).await.unwrap().unwrap();
    told(&output)
}

fn json(out: &str) -> Value {
    serde_json::from_str(out).unwrap_or_else(|e| panic!("{e}: {out}"))
}

/// Starts a call to the peer, until it rings there.
async fn calls(peer: &Phone, arguments: &[&str]) -> (Child, Ringing) {
    let uri = format!("sip:bob@{}", peer.address());
    let mut all = vec!["--call", uri.as_str()];
    all.extend(arguments);
    let child = start(&all);
    (child, soon(peer.incoming()).await.unwrap())
}

#[tokio::test]
async fn a_call_speaks_keys_hears_and_tells_its_figures() {
    let folder = tempfile::tempdir().unwrap();
    let heard = folder.path().join("heard.wav");
    let peer = peer(Transport::Udp).await;
    let arguments = ["--tone", "700", "--digits", "wait 100ms, 1, 0#", "--record", heard.to_str().unwrap()];
    let more = ["--for", "2500ms", "--json", "--caller", "13912345678"];
    let (child, ringing) = calls(&peer, &[&arguments[..], &more[..]].concat()).await;
    assert_eq!(ringing.caller().as_deref(), Some("13912345678"));
    ringing.ring().unwrap();
    let call = soon(ringing.answer()).await.unwrap();
    call.tone(1_100);
    call.until_hears(&[700], &[1_100], SOON).await.unwrap();
    call.until_pressed("10#", SOON).await.unwrap();
    assert_eq!(soon(call.ended()).await.by, EndedBy::Them);
    let (code, out, err) = end(child).await;
    assert_eq!(code, 0, "{out}{err}");
    let report = json(&out);
    let told = &report["calls"][0];
    assert_eq!(
        (&told["status"], &told["codec"], &told["direction"]),
        (&200.into(), &"PCMA".into(), &"out".into())
    );
    assert!(told["ms_180"].as_f64().unwrap() <= told["ms_200"].as_f64().unwrap());
    assert!(told["ms_first_rtp"].is_number());
    assert!(told["rtp"]["received"].as_u64().unwrap() > 50, "{told}");
    assert_eq!((&told["rtp"]["lost"], &told["rtp"]["streams"]), (&0.into(), &1.into()));
    assert!(told["rtp"]["jitter_ms"].is_number() && told["rtp"]["late"].is_number());
    // A tone of 6,000 at its peak: 4,243 in the mean, 17.8 dB below full scale.
    assert!((-19.0..-17.0).contains(&told["heard"]["dbfs"].as_f64().unwrap()), "{told}");
    assert_eq!((&told["end"]["by"], &report["fault"]), (&"us".into(), &Value::Null));
    let samples = audio::wav::read(&std::fs::read(heard).unwrap()).unwrap();
    assert!(audio::ear::level(&samples[4_000..8_000], 1_100.0) > 5_000.0);
    assert!(!format!("{out}{err}").contains("13800000000"), "the number is nobody's business");
}

#[tokio::test]
async fn keys_go_by_info_and_sound_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("say.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&file, spec).unwrap();
    for sample in audio::tones::sine(900.0, 6_000, 8_000) {
        writer.write_sample(sample).unwrap();
    }
    writer.finalize().unwrap();
    let peer = peer(Transport::Udp).await;
    let arguments = ["--digits", "42", "--info", "--play", file.to_str().unwrap(), "--rtp-report"];
    let (child, ringing) = calls(&peer, &arguments).await;
    let call = soon(ringing.answer()).await.unwrap();
    call.until_hears(&[900], &[], SOON).await.unwrap();
    call.until_hears(&[], &[900], SOON).await.unwrap();
    call.until_pressed("42", SOON).await.unwrap();
    call.hang_up_because("Q.850;cause=16;text=\"bye\"");
    let (code, out, err) = end(child).await;
    assert_eq!(code, 0, "{out}{err}");
    in_order(&out, &["status 200", "PCMA", "packets", "RTP", "missing", "the far end hung up", "Q.850 16"]);
}

#[tokio::test]
async fn a_refusal_is_told_and_is_no_success() {
    let peer = peer(Transport::Udp).await;
    let (child, ringing) = calls(&peer, &["--json"]).await;
    ringing.ring().unwrap();
    ringing.reject(486);
    let (code, out, _) = end(child).await;
    let told = &json(&out)["calls"][0];
    assert_eq!((code, &told["status"], &told["end"]["by"]), (1, &486.into(), &"refused".into()));
    assert!(told["ms_180"].is_number() && told["ms_200"].is_null());
}

#[tokio::test]
async fn a_call_goes_over_tcp() {
    let peer = peer(Transport::Tcp).await;
    let (child, ringing) = calls(&peer, &["--tcp", "--tone", "500", "--for", "600ms", "--json"]).await;
    let call = soon(ringing.answer()).await.unwrap();
    call.until_hears(&[500], &[], SOON).await.unwrap();
    soon(call.ended()).await;
    let (code, out, _) = end(child).await;
    assert_eq!((code, &json(&out)["calls"][0]["status"]), (0, &200.into()));
}

/// The first line of stderr says where it is reached.
fn address(child: &mut Child) -> String {
    let mut line = String::new();
    let mut reader = BufReader::new(child.stderr.take().unwrap());
    reader.read_line(&mut line).unwrap();
    child.stderr = Some(reader.into_inner());
    line.trim().strip_prefix("SIP ").unwrap_or_else(|| panic!("{line}")).to_owned()
}

#[tokio::test]
async fn several_calls_are_answered_in_turn() {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("heard.wav");
    let arguments =
        ["--answer", "--count", "2", "--tone", "800", "--json", "--record", record.to_str().unwrap()];
    let mut child = start(&arguments);
    let to = format!("sip:x@{}", address(&mut child));
    let peer = peer(Transport::Udp).await;
    for _ in 0..2 {
        let call = soon(peer.call(Dial::to(&to).caller("13700001111"))).await.unwrap();
        call.tone(1_300);
        call.until_hears(&[800], &[], SOON).await.unwrap();
        call.digits("7").await.unwrap();
        call.hang_up();
    }
    let (code, out, err) = end(child).await;
    assert_eq!(code, 0, "{out}{err}");
    let report = json(&out);
    assert_eq!(report["calls"].as_array().unwrap().len(), 2);
    for told in report["calls"].as_array().unwrap() {
        assert_eq!((&told["direction"], &told["caller"]), (&"in".into(), &"137****1111".into()));
        assert_eq!(
            (&told["status"], &told["keys_heard"], &told["end"]["by"]),
            (&200.into(), &1.into(), &"them".into())
        );
    }
    assert!(record.exists() && folder.path().join("heard-2.wav").exists());
}

#[tokio::test]
async fn whoever_waits_in_vain_ends_in_time_and_says_so() {
    let child = start(&["--answer", "--count", "1", "--for", "200ms", "--json"]);
    let (code, out, _) = end(child).await;
    assert_eq!((code, json(&out)["calls"].as_array().unwrap().len()), (1, 0));
    let child = start(&["--answer", "--for", "200ms"]);
    assert_eq!(end(child).await.0, 0, "so long was asked for");
}

#[tokio::test]
async fn ctrl_c_hangs_up_and_reports() {
    let peer = peer(Transport::Udp).await;
    let (child, ringing) = calls(&peer, &["--json"]).await;
    let call = soon(ringing.answer()).await.unwrap();
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(soon(call.ended()).await.by, EndedBy::Them);
    let (code, out, _) = end(child).await;
    assert_eq!((code, &json(&out)["calls"][0]["end"]["by"]), (0, &"us".into()));
    // While it still rings the INVITE is taken back.
    let (child, ringing) = calls(&peer, &["--json"]).await;
    ringing.ring().unwrap();
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(soon(ringing.ended()).await.by, EndedBy::Cancelled);
    let (code, out, _) = end(child).await;
    assert_eq!((code, &json(&out)["calls"][0]["status"]), (1, &487.into()));
}

async fn registers(server: &str, password: &[&str]) -> (i32, String, String) {
    let mut all = vec!["phone", "--server", server, "--user", "op1", "--json"];
    all.extend(password);
    let child = hotline(&all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    end(child).await
}

#[tokio::test]
async fn it_registers_with_a_password_that_is_never_shown_and_gives_it_back() {
    const PASSWORD: &str = "hmk3w8vq2pzr5c7n";
    let (registrar, address) = Registrar::start("op1", PASSWORD).await;
    let server = address.to_string();
    let folder = tempfile::tempdir().unwrap();
    let (plain, secrets) = (folder.path().join("password"), folder.path().join("secrets.toml"));
    std::fs::write(&plain, format!("{PASSWORD}\nsecond line\n")).unwrap();
    std::fs::write(&secrets, format!("\"op1\" = \"{PASSWORD}\"\n\"op2\" = \"another-long-one\"\n")).unwrap();
    for (i, file) in [("--password-file", &plain), ("--secrets", &secrets)].into_iter().enumerate() {
        let (code, out, err) = registers(&server, &[file.0, file.1.to_str().unwrap()]).await;
        assert_eq!(code, 0, "{out}{err}");
        assert_eq!(json(&out)["registered"]["for_s"], 300);
        assert!(!format!("{out}{err}").contains(PASSWORD));
        let times = u32::try_from(i).unwrap() + 1;
        assert_eq!(*registrar.seen.lock().await, (times, times), "came and went");
    }
    std::fs::write(&plain, "a-wrong-password").unwrap();
    let (code, out, err) = registers(&server, &["--password-file", plain.to_str().unwrap()]).await;
    assert_eq!((code, &json(&out)["registered"]), (1, &Value::Null));
    in_order(&err, &["not registered", "401"]);
    assert!(!format!("{out}{err}").contains("a-wrong-password"));
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_told_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "\n").unwrap();
    let (empty, none) = (empty.to_str().unwrap(), "/no/such/file");
    for (arguments, code, words) in [
        (&["--password-file", empty][..], 2, "--password-file"),
        (&["--password-file", none], 1, none),
        (&["--secrets", none], 1, none),
        (&["--play", none], 1, none),
        (&["--play", empty], 2, "not a readable WAV"),
        (&["--digits", "1x"], 2, "--digits: not keys"),
        (&["--call", "sip:x@example.org"], 2, "--call"),
        (&["--for", "soon"], 2, "no duration"),
        (&["--call", "1", "--answer"], 2, "cannot be used with"),
        (&["--caller", "1"], 2, "--call"),
    ] {
        let (found, out, err) = end(start(arguments)).await;
        assert_eq!(found, code, "{arguments:?} {err}");
        assert!(err.contains(words) && out.is_empty(), "{arguments:?} {err}{out}");
    }
}
