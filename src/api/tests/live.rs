//! Live events: their form, the filter, slow listeners, too many of them, and their end.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use call::CallId;
use call::cause::{Cause, Reason, Side};
use call::cdr::EventRow;
use call::ids::LegId;
use serde_json::Value;
use tokio_stream::StreamExt;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{Bench, DEADLINE, STRANGER, TOKEN, get, until};
use crate::live_events::{KEEP_ALIVE, LISTENERS};
use crate::router;

fn row(call: u128, seq: u32) -> Arc<EventRow> {
    Arc::new(EventRow {
        call: CallId(call),
        seq,
        at: 1_790_000_000_123,
        mono_ms: 5,
        kind: "leg.left",
        leg: Some(LegId(3)),
        actor: "desk:037".into(),
        cause: Some(Cause::new(Side::Callee, Reason::Busy)),
        detail: "a=b".into(),
    })
}

/// The stream as its blocks come.
pub(super) struct Stream {
    body: BodyDataStream,
    text: String,
}

impl Stream {
    pub(super) async fn open(app: &axum::Router, path: &str) -> (u16, Self) {
        let request = Request::builder().uri(path).header("host", "localhost");
        let request = request.header("authorization", format!("Bearer {TOKEN}"));
        let answer = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        (status, Self { body: answer.into_body().into_data_stream(), text: String::new() })
    }

    /// The next block; `None` when the stream is over.
    pub(super) async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = rest.to_owned();
                return Some(block);
            }
            let chunk = tokio::time::timeout(2 * DEADLINE, self.body.next()).await.unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }
}

fn field<'a>(block: &'a str, name: &str) -> &'a str {
    let line = block.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'));
    line.map_or("", str::trim)
}

#[tokio::test]
async fn events_come_with_id_kind_and_data() {
    let bench = Bench::new().await;
    let (status, mut stream) = Stream::open(&bench.app, "/api/v1/events").await;
    assert_eq!(status, 200);
    bench.live.send(row(1, 9)).unwrap();
    let block = stream.next().await.unwrap();
    let id = CallId(1).to_string();
    assert_eq!((field(&block, "id"), field(&block, "event")), (format!("{id}:9").as_str(), "leg.left"));
    let data: Value = serde_json::from_str(field(&block, "data")).unwrap();
    assert_eq!((data["call_id"].as_str(), data["seq"].as_u64()), (Some(id.as_str()), Some(9)));
    assert_eq!(data["time"], "2026-09-21T14:13:20.123Z");
    assert_eq!((&data["cause"]["reason"], &data["cause"]["q850_cause"]), (&"busy".into(), &17.into()));
    assert_eq!((&data["actor"], &data["leg"]), (&"desk:037".into(), &3.into()));
}

#[tokio::test]
async fn one_call_alone_can_be_listened_to() {
    let bench = Bench::new().await;
    let path = format!("/api/v1/events?call={}", CallId(2));
    let (_, mut stream) = Stream::open(&bench.app, &path).await;
    for (call, seq) in [(1, 1), (2, 1), (3, 1), (2, 2)] {
        bench.live.send(row(call, seq)).unwrap();
    }
    for seq in [1, 2] {
        let block = stream.next().await.unwrap();
        assert_eq!(field(&block, "id"), format!("{}:{seq}", CallId(2)));
    }
    for bad in ["/api/v1/events?call=..%2f..", "/api/v1/events?call=", "/api/v1/events?other=1"] {
        assert_eq!(get(bad).to(&bench.app).await.problem(), (400, "bad_address".into()), "{bad}");
    }
}

#[tokio::test]
async fn a_slow_listener_is_told_what_it_lost() {
    let bench = Bench::new().await;
    let (_, mut stream) = Stream::open(&bench.app, "/api/v1/events").await;
    // One thread: nobody reads while all of these are sent.
    let sent = switchboard::handle::LIVE as u64 + 100;
    for seq in 1..=sent {
        bench.live.send(row(1, u32::try_from(seq).unwrap())).unwrap();
    }
    let block = stream.next().await.unwrap();
    assert_eq!((field(&block, "event"), field(&block, "data")), ("lagged", r#"{"lost":100}"#));
    assert_eq!(field(&stream.next().await.unwrap(), "id"), format!("{}:101", CallId(1)));
}

#[tokio::test(start_paused = true)]
async fn a_quiet_line_is_kept_alive() {
    let bench = Bench::new().await;
    let (_, mut stream) = Stream::open(&bench.app, "/api/v1/events").await;
    let before = tokio::time::Instant::now();
    assert_eq!(stream.next().await.unwrap(), ": keep-alive");
    assert!(before.elapsed() >= KEEP_ALIVE && before.elapsed() < KEEP_ALIVE + Duration::from_secs(1));
}

#[tokio::test]
async fn listeners_are_bounded_and_their_places_come_back() {
    let bench = Bench::new().await;
    let mut streams = Vec::new();
    for _ in 0..LISTENERS {
        let (status, stream) = Stream::open(&bench.app, "/api/v1/events").await;
        assert_eq!(status, 200);
        streams.push(stream);
    }
    let told = get("/api/v1/events").to(&bench.app).await;
    assert_eq!(told.problem(), (503, "too_many_listeners".into()));
    assert_eq!(get("/api/v1/health").to(&bench.app).await.json()["listeners"], LISTENERS);
    drop(streams);
    // The board counts, whoever listens.
    until("places", || bench.live.receiver_count() == 1).await;
    let (status, _stream) = Stream::open(&bench.app, "/api/v1/events").await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn streams_end_with_the_interface_and_with_the_switchboard() {
    let bench = Bench::new().await;
    let closing = CancellationToken::new();
    let app = router(bench.rooms.clone(), closing.clone());
    let (_, mut stream) = Stream::open(&app, "/api/v1/events").await;
    closing.cancel();
    assert_eq!(stream.next().await, None);
    let path = format!("/api/v1/events?call={STRANGER}");
    let (status, _) = Stream::open(&bench.app, &path).await;
    assert_eq!(status, 200);
}
