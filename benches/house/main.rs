//! Measures the whole house as a process of its own, with the callers and phones in this one: `make bench`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod board;
mod calls;
mod district;
mod phones;
mod process;
mod restart;
mod three_way;

use district::District;
use process::Server;

#[tokio::main]
async fn main() {
    // cargo passes --bench; anything else is the name of the one figure that is wanted.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    if is_wanted("launch") {
        launch().await;
    }
    if is_wanted("restart") {
        restart::measure(10).await;
    }
    if is_wanted("first-packet") {
        let server = Server::start(District::with_desks(1)).await;
        calls::first_packet(&server, 20, 10).await;
        server.stop().await;
    }
    if is_wanted("set-up") {
        let server = Server::start(District::with_desks(1)).await;
        calls::set_up(&server, 100, 10).await;
        server.stop().await;
    }
    if is_wanted("phones") {
        let server = Server::start(District::with_phones(10_000)).await;
        phones::refreshed(&server).await;
        server.stop().await;
    }
    if is_wanted("board") {
        let calls = std::env::var("HOTLINE_BENCH_CALLS").map_or(500, |calls| calls.parse().unwrap());
        let server = Server::start(District::with_desks(board::TALKS as u16)).await;
        board::measure(&server, calls).await;
        server.stop().await;
    }
    if is_wanted("three-way") {
        // HOTLINE_BENCH_CALLS: fewer or more calls than the 200 that the project's figure is about.
        let calls = std::env::var("HOTLINE_BENCH_CALLS").map_or(200, |calls| calls.parse().unwrap());
        let server = Server::start(District::with_desks(calls)).await;
        three_way::measure(&server, calls.into()).await;
        server.stop().await;
    }
}

/// From the start of the process to the first answered call, with the sample configuration's 98 windows and 466 services.
async fn launch() {
    let mut figures = Vec::new();
    for _ in 0..5 {
        let begun = std::time::Instant::now();
        let server = Server::launch(District::sample());
        calls::until_answered(server.sip).await;
        figures.push(begun.elapsed().as_secs_f64());
        server.stop().await;
    }
    figures.sort_by(f64::total_cmp);
    println!("launch to first answered call: {:.3} s (median of 5)", figures[2]);
}

/// The figure below which this share of all lies.
fn quantile(figures: &mut [f64], share: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    let at = (figures.len() as f64 * share).ceil() as usize;
    figures[at.clamp(1, figures.len()) - 1]
}
