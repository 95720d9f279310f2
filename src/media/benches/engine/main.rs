//! Measures the media engine as a process of its own on one core, with the callers on another, beside the floor: what the
//! same packets cost a program that does nothing else. `HOTLINE_BENCH=quick` takes less than a minute; words choose parts
//! (`cost`, `flat`, `delay`, `memory`, `launch`, `storm`, `capacity`); `hold three-way 400 30` keeps calls up for a profiler, `draw` draws the
//! history anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    missing_docs
)]

mod child;
mod cost;
mod draw;
mod ear;
mod floor;
mod history;
mod limits;
mod load;
mod report;
mod server;
mod shape;
mod taken;
mod voice;

use report::Report;

/// The measured process has this core for itself, as far as the machine allows.
pub const SERVER_CORE: usize = 0;
/// The callers' core.
pub const LOAD_CORE: usize = 1;

fn main() {
    // cargo passes --bench; anything else is a part of a measured process, or the name of a figure that is wanted.
    let words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    match words.first().map(String::as_str) {
        Some("serve") => return server::run(),
        Some("bare") => return floor::run(),
        Some("draw") => return history::redraw(),
        Some("hold") => return cost::hold(&words),
        _ => {}
    }
    let wanted = |name: &str| words.is_empty() || words.iter().any(|w| w == name);
    let quick = std::env::var("HOTLINE_BENCH").is_ok_and(|form| form == "quick");
    taken::pin(LOAD_CORE);
    let mut report = Report::new(quick);
    if wanted("cost") {
        cost::shapes(&mut report);
    }
    if wanted("flat") {
        cost::flat(&mut report);
    }
    if wanted("delay") {
        limits::delay(&mut report);
    }
    if wanted("memory") {
        limits::memory(&mut report);
    }
    if wanted("launch") {
        limits::launch(&mut report);
    }
    if wanted("storm") {
        limits::storm(&mut report);
    }
    if wanted("capacity") {
        limits::capacity(&mut report);
    }
    report.close();
}
