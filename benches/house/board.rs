//! What the boards of the screens cost the house while hundreds of calls are live: with them minus without, in turns.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use phone::{Account, Call, Dial, Ear, Media, Phone};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::process::Server;

/// Screens that are open: those who lead see everything, operators their own call.
const SUPERVISORS: u32 = 3;
const OPERATORS: u32 = 20;
/// Calls that have an operator; the others wait.
pub const TALKS: u32 = 100;
/// How long it is measured each time, with the screens and without them; and how often.
const SPAN: Duration = Duration::from_secs(10);
const ROUNDS: u32 = 3;
/// Calls a second while they are set up.
const RAMP: u32 = 20;
/// Meanwhile so many calls a second come, and go after a while: without change nothing is sent.
const COMING: u32 = 2;
const STAY: Duration = Duration::from_secs(5);
/// A talker says something and is silent in turns of this length.
const TURN: Duration = Duration::from_millis(700);

/// What all screens were sent.
#[derive(Default)]
struct Sent {
    boards: AtomicU64,
    levels: AtomicU64,
    bytes: AtomicU64,
}

/// Holds so many calls, and measures.
pub async fn measure(server: &Server, count: u32) {
    let secrets = server.secrets();
    let medias: Vec<Media> = (0..2).map(|_| Media::start(Ear::Counting).unwrap()).collect();
    // A phone that is let go of hangs up.
    let (_phones, mut staff) = operators(server, &medias[1], &secrets).await;
    let citizens = Phone::start_with(Account::new("trunk", "", server.sip), &medias[0]).await.unwrap();
    let mut calls = Vec::new();
    let mut beat = tokio::time::interval(Duration::from_secs(1) / RAMP);
    for n in 0..count {
        beat.tick().await;
        calls.push(citizens.call(dial(n)).await.unwrap());
    }
    let together = Instant::now() + Duration::from_secs(60);
    while let Ok(Some(call)) = tokio::time::timeout_at(together.into(), staff.join_next()).await {
        calls.push(call.unwrap());
    }
    assert_eq!(calls.len(), (count + TALKS) as usize, "each operator has taken a call");
    let legs = server.gauge("legs");
    assert!(legs >= f64::from(count + TALKS), "{legs} legs");
    let (calls, mut beside) = (Arc::new(calls), JoinSet::new());
    beside.spawn(talk(Arc::clone(&calls)));
    beside.spawn(come_and_go(citizens.clone(), count));
    compare(server, count).await;
    let live = server.gauge("calls");
    assert!(live >= f64::from(count), "{live} calls live at the end");
    beside.shutdown().await;
    calls.iter().for_each(Call::hang_up);
    for call in calls.iter() {
        call.ended().await;
    }
}

async fn compare(server: &Server, count: u32) {
    let (mut without, mut with) = (Vec::new(), Vec::new());
    let sent = Arc::new(Sent::default());
    for _ in 0..ROUNDS {
        without.push(cpu(server).await);
        let mut screens = JoinSet::new();
        for n in 0..SUPERVISORS + OPERATORS {
            let query = if n < SUPERVISORS {
                String::new()
            } else {
                format!("?role=operator&staff={}", 10_001 + n - SUPERVISORS)
            };
            screens.spawn(screen(server.http, server.token(), query, Arc::clone(&sent)));
        }
        with.push(cpu(server).await);
        screens.shutdown().await;
    }
    let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len() as f64;
    let seconds = SPAN.as_secs_f64() * f64::from(ROUNDS);
    let a_second = |count: &AtomicU64| count.load(Ordering::Relaxed) as f64 / seconds;
    println!(
        "{count} live calls, {SUPERVISORS} boards of supervisors and {OPERATORS} of operators: {:.1} % of a core \
         ({:.1} % with them, {:.1} % without; {ROUNDS} turns of {} s each)",
        mean(&with) - mean(&without),
        mean(&with),
        mean(&without),
        SPAN.as_secs(),
    );
    println!(
        "  sent a second: {:.1} boards, {:.1} levels, {:.2} MB",
        a_second(&sent.boards),
        a_second(&sent.levels),
        a_second(&sent.bytes) / 1e6,
    );
}

/// Percent of a core over a while.
async fn cpu(server: &Server) -> f64 {
    let (before, begun) = (server.taken(), Instant::now());
    tokio::time::sleep(SPAN).await;
    (server.taken().cpu - before.cpu) / begun.elapsed().as_secs_f64() * 100.0
}

fn dial(n: u32) -> Dial {
    Dial::to("89000").caller(&format!("138{n:08}"))
}

/// Operators who register and take one call each.
async fn operators(
    server: &Server,
    media: &Media,
    secrets: &HashMap<String, String>,
) -> (Vec<Phone>, JoinSet<Call>) {
    let (mut phones, mut staff) = (Vec::new(), JoinSet::new());
    for n in 1..=TALKS {
        let name = format!("op{n}");
        let account = Account { expires: 3600, ..Account::new(&name, &secrets[&name], server.sip) };
        let phone = Phone::start_with(account, media).await.unwrap();
        phone.register().await.unwrap();
        phones.push(phone.clone());
        staff.spawn(async move { phone.incoming().await.unwrap().answer().await.unwrap() });
    }
    (phones, staff)
}

/// Everybody says something now and then, so that no two readings of their loudness are alike.
async fn talk(calls: Arc<Vec<Call>>) {
    let mut turn = tokio::time::interval(TURN);
    for now in 0_usize.. {
        turn.tick().await;
        for (n, call) in calls.iter().enumerate() {
            if (n + now).is_multiple_of(2) {
                call.tone(400);
            } else {
                call.silence();
            }
        }
    }
}

/// Calls that come and go.
async fn come_and_go(phone: Phone, first: u32) {
    let (mut beat, mut work) = (tokio::time::interval(Duration::from_secs(1) / COMING), JoinSet::new());
    for n in first.. {
        beat.tick().await;
        let phone = phone.clone();
        work.spawn(async move {
            if let Ok(call) = phone.call(dial(n)).await {
                tokio::time::sleep(STAY).await;
                call.hang_up();
                call.ended().await;
            }
        });
        while work.try_join_next().is_some() {}
    }
}

/// Reads a board until it is dropped.
async fn screen(http: SocketAddr, token: String, query: String, sent: Arc<Sent>) {
    let mut stream = TcpStream::connect(http).await.unwrap();
    let head =
        format!("GET /api/v1/board{query} HTTP/1.1\r\nHost: {http}\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let length = stream.read(&mut buffer).await.unwrap();
        assert!(length > 0, "the board ended");
        let text = String::from_utf8_lossy(&buffer[..length]);
        // An event's name that is cut in two is missed: they are few among many.
        for (name, count) in [("event: board\n", &sent.boards), ("event: levels\n", &sent.levels)] {
            count.fetch_add(text.matches(name).count() as u64, Ordering::Relaxed);
        }
        sent.bytes.fetch_add(length as u64, Ordering::Relaxed);
    }
}
