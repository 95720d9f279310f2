//! [guard] of hotline.toml and [outbound] of routing.toml: friends and enemies, load, calls to the world outside.

use crate::problem::{Kind, Problem};
use crate::settings::{Guard, OutboundLimits};
use crate::sheet::Table;
use crate::words;

/// Reads [guard].
pub(crate) fn guard(table: Table<'_>) -> Guard {
    let usual = Guard::default();
    let scanners = table.all_parsed("scanners", Kind::Agent, words::agent);
    let first = table.all_parsed("first_callers", Kind::Telephone, words::telephone);
    let guard = Guard {
        scanners: scanners.into_iter().map(|s| s.value).collect(),
        free_guesses: table.number32("free_guesses", 1..=10, usual.free_guesses),
        guesses: table.number32("guesses", 2..=100, usual.guesses),
        user_guesses: table.number32("user_guesses", 5..=1_000, usual.user_guesses),
        probes: table.number32("probes", 5..=10_000, usual.probes),
        knocks: table.number32("knocks", 1..=10_000, usual.knocks),
        window: table.seconds("window", 10..=86_400, usual.window),
        lock: table.seconds("lock", 10..=86_400, usual.lock),
        messages_per_second: table.number32("messages_per_second", 10..=100_000, usual.messages_per_second),
        calls_per_second: table.number32("calls_per_second", 0..=10_000, usual.calls_per_second),
        first_callers: first.into_iter().map(|n| n.value.into()).collect(),
    };
    if guard.free_guesses >= guard.guesses {
        table.blame("free_guesses", Problem::order("free_guesses", "guesses"));
    }
    table.done();
    guard
}

/// Reads [outbound].
pub(crate) fn outbound(table: Table<'_>) -> OutboundLimits {
    let usual = OutboundLimits::default();
    let limits = OutboundLimits {
        per_minute: table.number32("per_minute", 1..=10_000, usual.per_minute),
        per_day: table.number32("per_day", 1..=1_000_000, usual.per_day),
        per_desk: table.number32("per_desk", 1..=1_000_000, usual.per_desk),
        per_number: table.number32("per_number", 1..=1_000_000, usual.per_number),
        denied: table.number32("denied", 1..=1_000, usual.denied),
        stop: table.flag("stop", usual.stop),
    };
    table.done();
    limits
}
