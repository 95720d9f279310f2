//! promises.toml: the figures of what is promised. The moment of a hand-over stands with the working hours.

use std::time::Duration;

use calendar::TimeOfDay;
use call::plan::Limits;
use promise::Settings;

use crate::problem::{Kind, Problem};
use crate::settings::Promises;
use crate::sheet::Table;
use crate::words;

/// The keys of a duration in minutes.
fn minutes(
    table: &Table<'_>,
    key: &'static str,
    range: std::ops::RangeInclusive<u64>,
    usual: Duration,
) -> Duration {
    Duration::from_secs(table.number(key, range, usual.as_secs() / 60).saturating_mul(60))
}

fn days(table: &Table<'_>, key: &'static str, most: u32, usual: i32) -> i32 {
    let usual_days = u32::try_from(usual).unwrap_or(1);
    i32::try_from(table.number32(key, 1..=most, usual_days)).unwrap_or(usual)
}

/// Reads promises.toml. How long the house lets a citizen's phone ring goes into `limits`; when a missed call is called back
/// comes from there.
pub(crate) fn promises(root: Table<'_>, limits: &mut Limits) -> Promises {
    let mut settings = Settings { missed_within: limits.call_back_due, ..Settings::default() };
    handover(root.section("handover"), &mut settings);
    call_back(root.section("call_back"), &mut settings);
    let check = root.section("check");
    settings.check_after = minutes(&check, "after_minutes", 10..=1440, settings.check_after);
    settings.check_grace = minutes(&check, "grace_minutes", 1..=240, settings.check_grace);
    check.done();
    case(root.section("case"), &mut settings);
    citizen(root.section("citizen"), &mut settings);
    let calls = root.section("calls");
    settings.ring = calls.seconds("ring", 10..=120, settings.ring);
    calls.done();
    limits.citizen_ring = settings.ring;
    urgent(root.section("urgent"), &mut settings);
    let ledger = root.section("ledger");
    settings.review_days = days(&ledger, "review_days", 250, settings.review_days);
    ledger.done();
    let reach = reach(root.section("reach"), &mut settings);
    root.done();
    Promises { settings, reach }
}

fn handover(table: Table<'_>, settings: &mut Settings) {
    settings.handover_within = minutes(&table, "within_minutes", 5..=1440, settings.handover_within);
    settings.handover_tries = table.number32("tries", 1..=9, settings.handover_tries);
    settings.handover_gap = table.seconds("gap", 10..=3600, settings.handover_gap);
    table.done();
}

fn call_back(table: Table<'_>, settings: &mut Settings) {
    settings.call_back = minutes(&table, "within_minutes", 2..=1440, settings.call_back);
    settings.call_back_warn = minutes(&table, "warn_minutes", 1..=1439, settings.call_back_warn);
    if settings.call_back_warn >= settings.call_back {
        table.blame("warn_minutes", Problem::order("warn_minutes", "within_minutes"));
    }
    table.done();
}

fn case(table: Table<'_>, settings: &mut Settings) {
    settings.echo1_days = days(&table, "echo1_days", 30, settings.echo1_days);
    settings.work_days = days(&table, "work_days", 90, settings.work_days);
    settings.echo3_days = days(&table, "echo3_days", 30, settings.echo3_days);
    settings.extensions = table.number32("extensions", 0..=5, settings.extensions);
    settings.extension_days = days(&table, "extension_days", 90, settings.extension_days);
    settings.rounds = table.number32("rounds", 1..=5, settings.rounds);
    table.done();
}

fn citizen(table: Table<'_>, settings: &mut Settings) {
    settings.citizen_tries = table.number32("tries", 1..=9, settings.citizen_tries);
    settings.citizen_gap = minutes(&table, "gap_minutes", 5..=720, settings.citizen_gap);
    let time = |key, usual| table.parsed(key, Kind::Time, words::time).map_or(usual, |time| time.value);
    settings.morning = time("morning", settings.morning);
    settings.afternoon = time("afternoon", settings.afternoon);
    if let Some(quiet) = table.parsed("quiet", Kind::Span, words::night) {
        let (from, until) = quiet.value;
        settings.quiet_from = of_day(from);
        settings.quiet_until = of_day(until);
    }
    let noon = of_day(12 * 60);
    if settings.morning >= noon {
        table.blame("morning", Problem::order("morning", "12:00"));
    }
    if settings.afternoon < noon {
        table.blame("afternoon", Problem::order("12:00", "afternoon"));
    }
    table.done();
}

fn urgent(table: Table<'_>, settings: &mut Settings) {
    settings.urgent_within = minutes(&table, "within_minutes", 1..=60, settings.urgent_within);
    settings.urgent_ring = table.seconds("ring", 5..=120, settings.urgent_ring);
    settings.urgent_rounds = table.number32("rounds", 1..=5, settings.urgent_rounds);
    table.done();
}

/// Whether contacts are tested at all.
fn reach(table: Table<'_>, settings: &mut Settings) -> bool {
    let on = table.flag("on", true);
    let within_a_day = |text: &str| words::night(text).filter(|(from, until)| from < until);
    if let Some(hours) = table.parsed("hours", Kind::Span, within_a_day) {
        let (from, until) = hours.value;
        settings.reach_from = of_day(from);
        settings.reach_until = of_day(until);
    }
    table.done();
    on
}

fn of_day(minutes: u16) -> TimeOfDay {
    TimeOfDay::from_minutes(minutes).unwrap_or_default()
}
