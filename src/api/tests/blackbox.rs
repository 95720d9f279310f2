//! The black box: one call on one page, its exports, and that each look is written down.

use call::heard::Announced;
use call::ids::LegId;
use serde_json::{Value, json};
use store::{AuditFilter, Course, Entry, LegSound, Packets, Reports, Span};

use super::records::{fill, id};
use super::{Bench, STRANGER, get};

fn span(loss: u16, mos: u16) -> Span {
    Span { loss, jitter: 68, mos }
}

/// The first call with a desk whose sound never came, from a private address.
async fn bench() -> Bench {
    let bench = Bench::new().await;
    fill(&bench).await;
    let (told, mut heard) = tokio::sync::mpsc::channel(100);
    tokio::spawn(async move { while heard.recv().await.is_some() {} });
    let writer = bench.rooms.store.writer(told);
    let sound = LegSound {
        call: id(1),
        leg: LegId(2),
        loss_ratio: 0.0,
        jitter_ms: 0.0,
        mos: None,
        dtmf_mode: "rfc4733".into(),
        codec: "PCMA".into(),
        packets: Some(Packets {
            received: 0,
            silent: 0,
            sent: 2_999,
            announced: Announced::Private.word().into(),
        }),
        course: Some(Course {
            begun: 1_790_000_000_000,
            span_ms: 5_000,
            spans: vec![span(150, 378), span(0, 0)],
        }),
        reports: Reports {
            round_trip_ms: Some(87.0),
            far_loss: Some(0.25),
            far_mos: Some(3.5),
            burst_ratio: None,
        },
    };
    writer.write(Entry::LegSound(Box::new(sound))).unwrap();
    writer.stop().await.unwrap();
    bench
}

async fn looks(bench: &Bench, what: &str) -> usize {
    let filter = AuditFilter { what: Some(what.into()), ..AuditFilter::default() };
    bench.rooms.store.audit(&filter, 10).await.unwrap().lines.len()
}

#[tokio::test]
async fn one_call_stands_on_one_page_and_the_look_is_written_down() {
    let bench = bench().await;
    let call = id(1);
    let told = get(&format!("/api/v1/calls/{call}/box")).to(&bench.app).await;
    assert_eq!(told.status, 200, "{}", told.text());
    let page = told.json();
    assert!(!told.text().contains("13812345678"), "no number");
    assert_eq!(page["call"]["id"].as_str(), Some(call.to_string().as_str()));
    let verdict = page["verdict"]["en"].as_str().unwrap();
    assert!(
        verdict.contains("desk 037: One-way sound: their SDP names a private address, 0 packets came"),
        "{verdict}"
    );
    assert_eq!(page["quality"][0]["packets_in"], 0);
    let told = ["round_trip_ms", "far_loss", "far_mos"].map(|what| &page["quality"][0][what]);
    assert_eq!(told, [87.0, 0.25, 3.5]);
    assert_eq!(
        page["quality"][0]["samples"],
        json!([{"at": 1_790_000_005_000_i64, "loss": 0.015, "jitter_ms": 4.25, "mos": 3.78}]),
        "a span in which nothing was to come is no sample"
    );
    assert!(page["quality"][0]["fault_zh"].as_str().unwrap().contains("内网地址"));
    let spans = page["seats"][0]["spans"].as_array().unwrap();
    assert_eq!((page["seats"][0]["seat"].as_str(), spans.is_empty()), (Some("desk"), false));
    assert_eq!(page["seats"][0]["name"], "邵志强", "whose phone desk037 is");
    assert!(page["seats"][0]["desk_name"].is_string());
    assert_eq!(page["ladder"]["parties"][0], "hotline");
    assert_eq!(page["recordings"][0]["kind"], "mix");
    assert_eq!(page["exports"]["wav"].as_str(), page["recordings"][0]["url"].as_str());
    assert_eq!(looks(&bench, "call.box").await, 1);
    let stranger = get(&format!("/api/v1/calls/{STRANGER}/box")).to(&bench.app).await;
    assert_eq!(stranger.problem(), (404, "no_such_call".into()));
}

#[tokio::test]
async fn exports_hold_no_number_and_their_names_are_the_call_s_id() {
    let bench = bench().await;
    let call = id(1);
    for (what, kind, ending) in
        [("pcap", "application/vnd.tcpdump.pcap", "pcap"), ("vcon", "application/vcon+json", "vcon.json")]
    {
        let told = get(&format!("/api/v1/calls/{call}/{what}")).to(&bench.app).await;
        assert_eq!((told.status.as_u16(), told.header("content-type")), (200, kind));
        assert_eq!(told.header("content-disposition"), format!("attachment; filename=\"{call}.{ending}\""));
        assert!(!told.text().contains("13812345678"));
        assert_eq!(looks(&bench, &format!("call.{what}")).await, 1);
    }
    let vcon: Value = get(&format!("/api/v1/calls/{call}/vcon")).to(&bench.app).await.json();
    assert_eq!((vcon["vcon"].as_str(), vcon["parties"][0]["role"].as_str()), (Some("0.3.0"), Some("desk")));
    assert_eq!(vcon["attachments"][0]["body"]["events"][0]["kind"], "call.offered");
    let dialog = &vcon["dialog"][0];
    assert_eq!(
        (dialog["type"].as_str(), dialog["mediatype"].as_str()),
        (Some("recording"), Some("audio/x-wav"))
    );
    assert!(dialog["content_hash"].as_str().unwrap().starts_with("sha256-"));
}

#[tokio::test]
async fn peaks_are_read_of_closed_recordings_within_the_folder_only() {
    let bench = bench().await;
    let of = |no: u32| format!("/api/v1/calls/{}/peaks/{no}", id(1));
    let told = get(&of(1)).to(&bench.app).await;
    assert_eq!(told.status, 200, "{}", told.text());
    assert_eq!(told.json()["tracks"].as_array().unwrap().len(), 1);
    for (no, want) in [
        (2, (409, "still_recording")),
        (3, (410, "purged")),
        (4, (404, "file_gone")),
        (5, (404, "file_gone")),
        (6, (404, "file_gone")),
        (9, (404, "no_such_recording")),
    ] {
        let problem = get(&of(no)).to(&bench.app).await.problem();
        assert_eq!(problem, (want.0, want.1.into()), "recording {no}");
    }
}
