//! A big store (`PROMISES_CALLS`, 100,000; a tenth as many cases) asked for a caller's history, for cases and for the figures of a
//! month, in SQLite and in PostgreSQL: `cargo bench -p store --bench promises`, with ` -- sqlite` or ` -- postgres`
//! for one of them. How fast due tasks become calls: `clockwork/benches/dispatch.rs`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout, missing_docs)]

mod ask;
mod fill;
mod postgres;
#[path = "../../tests/both/server.rs"]
mod server;
mod sqlite;

/// Monday, 12 October 2026, 10:00 in Shanghai.
const NOW: i64 = 1_791_770_400_000;
const DAY: i64 = 86_400_000;
/// Calls and cases are spread over so long up to now.
const SPAN: i64 = 5 * 365 * DAY;
/// The tables that get many rows: their indexes are made after them.
const TABLES: &str = "('call', 'cases', 'promise', 'handover', 'followup', 'fact')";

#[tokio::main(worker_threads = 2)]
async fn main() {
    let calls = std::env::var("PROMISES_CALLS").map_or(100_000, |calls| calls.parse().unwrap());
    let named: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |name: &str| named.is_empty() || named.iter().any(|one| one == name);
    if wanted("sqlite") {
        sqlite::measure(calls).await;
    }
    if wanted("postgres") {
        postgres::measure(calls).await;
    }
}
