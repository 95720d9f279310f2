//! Many short calls: how soon the first prompt is there, and how many a second are set up and torn down.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use phone::{Account, Dial, Ear, Media, Phone};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::process::Server;
use crate::quantile;

/// Between two looks.
const POLL: Duration = Duration::from_millis(2);

/// The callers: one phone that brings calls of many numbers, as a trunk does.
async fn callers(server: SocketAddr) -> Phone {
    let media = Media::start(Ear::Counting).unwrap();
    Phone::start_with(Account::new("trunk", "", server), &media).await.unwrap()
}

fn dial(n: u32) -> Dial {
    Dial::to("89000").caller(&format!("138{n:08}"))
}

/// Waits until the house listens, and dials.
pub async fn until_answered(server: SocketAddr) {
    let phone = callers(server).await;
    let deadline = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(server).await.is_err() {
        assert!(Instant::now() < deadline, "the house does not listen");
        tokio::time::sleep(POLL).await;
    }
    phone.call(dial(1)).await.unwrap();
}

/// From the ACK to the first packet of the first prompt.
pub async fn first_packet(server: &Server, per_second: u32, seconds: u32) {
    let phone = callers(server.sip).await;
    let mut work = JoinSet::new();
    let mut beat = tokio::time::interval(Duration::from_secs(1) / per_second);
    for n in 0..per_second * seconds {
        beat.tick().await;
        let phone = phone.clone();
        work.spawn(async move {
            let call = phone.call(dial(n)).await.unwrap();
            let deadline = Instant::now() + Duration::from_secs(5);
            loop {
                if let Some(first) = call.stats().first_packet {
                    return first.as_secs_f64() * 1e3;
                }
                assert!(Instant::now() < deadline, "no prompt");
                tokio::time::sleep(POLL).await;
            }
        });
    }
    let mut figures = work.join_all().await;
    let (half, most) = (quantile(&mut figures, 0.5), quantile(&mut figures, 0.99));
    println!("first prompt packet after ACK at {per_second} calls/s: p50 {half:.1} ms, p99 {most:.1} ms");
}

/// Calls that are answered and hung up at once.
pub async fn set_up(server: &Server, per_second: u32, seconds: u32) {
    let phone = callers(server.sip).await;
    let before = server.taken();
    let (mut work, count) = (JoinSet::new(), per_second * seconds);
    let mut beat = tokio::time::interval(Duration::from_secs(1) / per_second);
    for n in 0..count {
        beat.tick().await;
        let phone = phone.clone();
        work.spawn(async move {
            let begun = Instant::now();
            let call = phone.call(dial(n)).await.ok()?;
            let answered = begun.elapsed().as_secs_f64() * 1e3;
            call.hang_up();
            call.ended().await;
            Some(answered)
        });
    }
    let ends = work.join_all().await;
    let after = server.taken();
    let mut figures: Vec<f64> = ends.iter().flatten().copied().collect();
    let failed = ends.len() - figures.len();
    let cpu = (after.cpu - before.cpu) * 1e3 / f64::from(count);
    let (half, most) = (quantile(&mut figures, 0.5), quantile(&mut figures, 0.99));
    println!(
        "{per_second} calls/s for {seconds} s: {failed} failed of {count}; INVITE to 200 with the record on disk \
         p50 {half:.1} ms, p99 {most:.1} ms; {cpu:.2} ms CPU a call"
    );
}
