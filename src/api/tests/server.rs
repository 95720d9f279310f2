//! The server's loop on a real socket: where it may listen, its limits, ranges and streams over the wire, its end.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::{Bench, DEADLINE, STRANGER, TOKEN, until};
use crate::{ApiError, CONNECTIONS, serve};

/// A running server.
pub(super) struct Server {
    pub(super) at: SocketAddr,
    shutdown: CancellationToken,
    running: tokio::task::JoinHandle<Result<(), ApiError>>,
}

impl Server {
    pub(super) async fn start(bench: &Bench) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (at, shutdown) = (listener.local_addr().unwrap(), CancellationToken::new());
        let running = tokio::spawn(serve(listener, bench.rooms.clone(), shutdown.clone()));
        Self { at, shutdown, running }
    }

    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.at).await.unwrap()
    }

    /// Sends this and reads until the server closes.
    pub(super) async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // The server may refuse before it has read everything.
        let _ = stream.write_all(bytes).await;
        let mut all = Vec::new();
        let _ = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut all)).await.unwrap();
        String::from_utf8_lossy(&all).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// A request that closes its connection.
pub(super) fn request(first_line: &str, headers: &str) -> String {
    format!(
        "{first_line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n{headers}\r\n"
    )
}

/// The status of an answer as it came over the wire.
pub(super) fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn it_refuses_to_be_seen_from_outside() {
    let bench = Bench::new().await;
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let end = serve(listener, bench.rooms.clone(), CancellationToken::new()).await;
    assert!(matches!(end, Err(ApiError::NotLoopback(_))));
}

#[tokio::test]
async fn it_answers_over_the_wire_and_keeps_the_connection() {
    let bench = Bench::new().await;
    let server = Server::start(&bench).await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut buffer = vec![0; 4096];
        let mut all = String::new();
        while !all.contains(r#""reasons":[]}"#) {
            let n = tokio::time::timeout(DEADLINE, stream.read(&mut buffer)).await.unwrap().unwrap();
            assert!(n > 0, "closed after {all}");
            all.push_str(std::str::from_utf8(&buffer[..n]).unwrap());
        }
        assert_eq!(status(&all), 200);
    }
}

#[tokio::test]
async fn live_events_over_the_wire_end_with_the_server() {
    let bench = Bench::new().await;
    let server = Server::start(&bench).await;
    let mut stream = server.connect().await;
    let before = bench.live.receiver_count();
    stream.write_all(request("GET /api/v1/events", "").as_bytes()).await.unwrap();
    until("the listener", || bench.live.receiver_count() == before + 1).await;
    server.shutdown.cancel();
    let mut all = Vec::new();
    tokio::time::timeout(DEADLINE, stream.read_to_end(&mut all)).await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&all).contains("content-type: text/event-stream"));
    until("the end", || server.running.is_finished()).await;
    assert!(TcpStream::connect(server.at).await.is_err());
}

#[tokio::test]
async fn a_listener_that_hangs_up_gives_its_place_back() {
    let bench = Bench::new().await;
    let server = Server::start(&bench).await;
    let mut stream = server.connect().await;
    let before = bench.live.receiver_count();
    stream.write_all(request("GET /api/v1/events", "").as_bytes()).await.unwrap();
    until("the listener", || bench.live.receiver_count() == before + 1).await;
    drop(stream);
    until("the place", || bench.live.receiver_count() == before).await;
}

#[tokio::test]
async fn an_order_under_way_is_answered_before_the_server_ends() {
    let bench = Bench::with(0, |_| Ok(call::action::Answer::Done)).await;
    let server = Server::start(&bench).await;
    let mut stream = server.connect().await;
    let post = format!("POST /api/v1/calls/{STRANGER}/survey");
    stream.write_all(request(&post, "Idempotency-Key: k\r\n").as_bytes()).await.unwrap();
    // The far side holds its answer back, so the order waits in its queue; a second request shows that it was read.
    let mut other = server.connect().await;
    other.write_all(request("GET /openapi.json", "").as_bytes()).await.unwrap();
    let mut all = Vec::new();
    other.read_to_end(&mut all).await.unwrap();
    server.shutdown.cancel();
    bench.may_answer.add_permits(1);
    let mut all = String::new();
    tokio::time::timeout(DEADLINE, stream.read_to_string(&mut all)).await.unwrap().unwrap();
    assert!(all.ends_with(r#"{"status":"done"}"#), "{all}");
}

#[tokio::test]
async fn guesses_on_the_wire_do_not_lock_out_who_is_in() {
    let bench = Bench::new().await;
    let server = Server::start(&bench).await;
    let mut known = server.connect().await;
    let ask =
        format!("GET /api/v1/operators HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n");
    let mut answer = async || {
        known.write_all(ask.as_bytes()).await.unwrap();
        let mut all = String::new();
        let mut buffer = vec![0; 4096];
        while !all.contains("\r\n\r\n") {
            let n = tokio::time::timeout(DEADLINE, known.read(&mut buffer)).await.unwrap().unwrap();
            assert!(n > 0, "closed after {all}");
            all.push_str(&String::from_utf8_lossy(&buffer[..n]));
        }
        status(&all)
    };
    assert_eq!(answer().await, 200);
    let guess = "GET /api/v1/operators HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrongwrongwrong\r\nConnection: close\r\n\r\n";
    let mut turned_away = 0;
    for _ in 0..200 {
        turned_away += u32::from(status(&server.raw(guess.as_bytes()).await) == 429);
    }
    assert!(turned_away > 100, "{turned_away}");
    assert_eq!(answer().await, 200);
}

#[tokio::test]
async fn slow_heads_do_not_keep_others_out() {
    let bench = Bench::new().await;
    let server = Server::start(&bench).await;
    let mut slow = Vec::new();
    for _ in 0..CONNECTIONS - 1 {
        let mut stream = server.connect().await;
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: loc").await.unwrap();
        slow.push(stream);
    }
    assert_eq!(status(&server.raw(request("GET /health", "").as_bytes()).await), 200);
    drop(slow);
    assert_eq!(status(&server.raw(request("GET /health", "").as_bytes()).await), 200);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_never_ends_is_cut_off() {
    let bench = Bench::new().await;
    let server = Server::start(&bench).await;
    let begun = tokio::time::Instant::now();
    for bytes in ["", "GET /health HTTP/1.1\r\nHost: loc"] {
        let mut stream = server.connect().await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut all)).await.unwrap();
    }
    assert!(begun.elapsed() >= Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_refused() {
    let bench = Bench::new().await;
    let server = Server::start(&bench).await;
    let mut stream = server.connect().await;
    let head = request(
        "POST /api/v1/drain",
        "Idempotency-Key: k\r\nContent-Type: application/json\r\nContent-Length: 11\r\n",
    );
    stream.write_all(format!("{head}{{\"on\"").as_bytes()).await.unwrap();
    let mut all = String::new();
    let _ = tokio::time::timeout(Duration::from_secs(60), stream.read_to_string(&mut all)).await.unwrap();
    assert_eq!(status(&all), 408, "{all}");
}
