//! routing.toml: our numbers, whom we may call, the emergency services, and the limits of calls.

use std::time::Duration;

use call::ids::Name;
use call::plan::{EmergencyLine, Limits};

use crate::fault::{At, Faults};
use crate::guard::outbound;
use crate::known::Known;
use crate::people::address;
use crate::problem::{Kind, Problem, What};
use crate::rules;
use crate::settings::{OutboundLimits, Place};
use crate::sheet::Table;
use crate::words;

/// The services that `*9` and a key reach, whatever the files say.
const EMERGENCY: [(u8, u16); 4] = [(1, 110), (2, 119), (3, 120), (4, 122)];

/// routing.toml as read.
pub(crate) struct Routing {
    pub numbers: Vec<Name>,
    pub unit_access: Vec<Name>,
    pub allowed_outside: Vec<At<String>>,
    pub place: Place,
    pub emergency: Vec<At<EmergencyLine>>,
    pub outbound: OutboundLimits,
}

/// Reads routing.toml; its clocks and counters go into `limits`.
pub(crate) fn routing(root: Table<'_>, limits: &mut Limits, faults: &Faults) -> Routing {
    let numbers = root.all_parsed("numbers", Kind::Telephone, words::telephone);
    if numbers.is_empty() {
        root.blame("numbers", Problem::missing("numbers"));
    }
    let mut known: Known<String, ()> = Known::from(What::Number, &root);
    for number in &numbers {
        known.insert(faults, Some((number, number.value.clone())), Some(()));
    }
    let unit_access = root.all_parsed("unit_access", Kind::Telephone, words::telephone);
    for number in &unit_access {
        known.insert(faults, Some((number, number.value.clone())), Some(()));
    }
    let allowed_outside = root.all_parsed("allowed_outside", Kind::Outside, words::outside);
    let place = root.section("place");
    let digits = |key, default: &str| {
        place.parsed(key, Kind::Digits, words::few_digits).map_or(default.to_owned(), |d| d.value)
    };
    let (country, area) = (digits("country", "86"), digits("area", ""));
    place.done();
    calls(root.section("limits"), limits);
    operators(root.section("operators"), limits);
    desks(root.section("desks"), limits);
    let outbound = outbound(root.section("outbound"));
    let emergency = emergency(&root, faults);
    root.done();
    let numbers = numbers.into_iter().map(|n| n.value.into()).collect();
    // As INVITEs name them when they are read: a local number with the area code.
    let whole = |n: String| {
        if matches!(n.len(), 7 | 8) && !n.starts_with(['0', '+']) { format!("{area}{n}") } else { n }
    };
    let unit_access = unit_access.into_iter().map(|n| whole(n.value).into()).collect();
    Routing { numbers, unit_access, allowed_outside, place: Place { country, area }, emergency, outbound }
}

fn calls(table: Table<'_>, limits: &mut Limits) {
    limits.max_calls = table.number32("max_calls", 1..=10_000, limits.max_calls);
    limits.retry_after = table.number32("retry_after", 1..=3600, limits.retry_after);
    limits.english_wait = table.seconds("english_wait", 10..=600, limits.english_wait);
    limits.call_back_due = table.seconds("call_back_due", 60..=86_400, limits.call_back_due);
    limits.media_lost_hang_up = table.seconds("media_lost_hang_up", 5..=300, limits.media_lost_hang_up);
    let wait = limits.journal_wait.as_millis().try_into().unwrap_or(2000);
    limits.journal_wait = Duration::from_millis(table.number("journal_wait_ms", 100..=30_000, wait));
    table.done();
}

fn operators(table: Table<'_>, limits: &mut Limits) {
    limits.operator_ring = table.seconds("ring", 5..=120, limits.operator_ring);
    limits.wrap_up = table.seconds("wrap_up", 0..=600, limits.wrap_up);
    limits.recall = table.seconds("recall", 1..=120, limits.recall);
    limits.recover_ring = table.seconds("recover_ring", 5..=120, limits.recover_ring);
    limits.recover_offer = table.seconds("recover_offer", 5..=300, limits.recover_offer);
    table.done();
}

fn desks(table: Table<'_>, limits: &mut Limits) {
    limits.desk_ring = table.seconds("ring", 5..=120, limits.desk_ring);
    limits.desk_attempts = table.number8("attempts", 1..=10, limits.desk_attempts);
    limits.desk_hunt = table.seconds("hunt", 10..=300, limits.desk_hunt);
    limits.desk_wait = table.seconds("wait", 0..=120, limits.desk_wait);
    limits.whisper = table.seconds("whisper", 3..=60, limits.whisper);
    limits.whisper_times = table.number8("whisper_times", 1..=5, limits.whisper_times);
    limits.still_trying = table.seconds("still_trying", 5..=120, limits.still_trying);
    limits.debrief = table.seconds("debrief", 0..=600, limits.debrief);
    limits.last_bridge = table.seconds("last_bridge", 0..=3600, limits.last_bridge);
    if limits.desk_ring > limits.desk_hunt {
        table.blame("ring", Problem::order("ring", "hunt"));
    }
    table.done();
}

/// The four lines; nothing may ever block these, so each must be there.
fn emergency(root: &Table<'_>, faults: &Faults) -> Vec<At<EmergencyLine>> {
    let mut lines: Vec<At<EmergencyLine>> = Vec::new();
    let mut seen: Known<u8, ()> = Known::from(What::EmergencyKey, root);
    for row in root.tables("emergency") {
        let key = row.number8("key", 1..=4, 1);
        let service = row.number("service", 110..=122, 110);
        let address = address(&row);
        let shown = At { value: key.to_string(), spot: row.spot_of("key") };
        seen.insert(faults, Some((&shown, key)), Some(()));
        if !EMERGENCY.iter().any(|(k, s)| *k == key && u64::from(*s) == service) {
            row.blame("service", Problem::word("service", &service.to_string(), &services(key)));
        }
        if let (Some(At { value: address, spot }), Ok(number)) = (address, u16::try_from(service)) {
            lines.push(At { value: EmergencyLine { key, number, address }, spot });
        }
        row.done();
    }
    for (key, service) in EMERGENCY.iter().filter(|(key, _)| !seen.has(key)) {
        root.blame("emergency", rules::emergency_missing(*key, *service));
    }
    lines.sort_by_key(|line| line.value.key);
    lines
}

fn services(key: u8) -> String {
    EMERGENCY.iter().filter(|(k, _)| *k == key).map(|(_, s)| s.to_string()).collect()
}
