//! The figures of the house (`GET /api/v1/health`) as metrics: which field is which, and in what unit.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use serde_json::Value;

use crate::health::{Figures, Status};

/// How a figure moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Grows since the start of the process.
    Counter,
    /// The last value.
    Gauge,
    /// The last value in thousandths, told as a ratio.
    Ratio,
    /// The last value in microseconds, told in seconds.
    Micros,
}

use Kind::{Counter, Gauge as Level, Micros, Ratio};

/// Field, metric without its prefix, kind, help.
pub(crate) const TABLE: &[(&str, &str, Kind, &str)] = &[
    ("csp_reports", "browser_policy_reports", Counter, "What browsers reported of the screens' policy"),
    ("calls", "calls", Level, "Live calls"),
    ("legs", "legs", Level, "Legs with a port"),
    ("free_ports", "rtp_ports_free", Level, "RTP ports that can be taken"),
    ("phones", "phones_registered", Level, "Phones that are registered"),
    ("trunks", "trunks", Level, "Trunks that take calls"),
    ("trunks_up", "trunks_up", Level, "Trunks that are up"),
    ("offered", "calls_offered", Counter, "INVITEs for us"),
    ("refused", "calls_refused", Counter, "INVITEs that limits refused"),
    ("turned_away", "messages_turned_away", Counter, "Messages of strangers that were turned away"),
    ("troubles", "troubles", Counter, "Faults of sound, recorder or store that stand in the log"),
    ("listed", "sources_listed", Counter, "Sources that were listed"),
    ("dropped", "messages_dropped", Counter, "Messages of listed sources that were dropped"),
    ("later", "requests_put_off", Counter, "Requests that were told to come later because of the load"),
    ("refusing", "refusing_ratio", Ratio, "The part of new calls that is refused now because of the load"),
    ("outbound_refused", "outbound_refused", Counter, "Outbound calls that their limits refused"),
    ("outbound_stopped", "outbound_stopped", Level, "1: no outbound calls are made, look for toll fraud"),
    ("store_away", "store_away", Level, "1: the store takes no records, they wait"),
    (
        "journal_away",
        "journal_away",
        Level,
        "1: the journal takes no records, they go into the database itself",
    ),
    ("journal_short", "journal_short", Level, "1: the journal can't keep its reserve for a full disk"),
    ("journal_behind", "journal_behind", Level, "Records in the journal that the database has not yet"),
    ("journal_bytes", "journal_bytes", Level, "Bytes of the journal on its disk, without the reserve"),
    ("journal_reserve", "journal_reserve_bytes", Level, "Bytes that are reserved for a full disk and free"),
    ("recorder_free", "recorder_free_bytes", Level, "Bytes free for recordings"),
    ("recorder_behind", "recorder_behind_bytes", Level, "Bytes of sound in memory that wait for the disk"),
    ("recorder_frames_lost", "recorder_frames_lost", Counter, "Frames of 20 ms that no recording has"),
    ("recorder_unfinished", "recorder_unfinished", Level, "Recordings that are over and wait for room"),
    ("draining", "draining", Level, "1: no new calls are taken"),
    ("media_ticks", "media_ticks", Counter, "Ticks of the media threads"),
    ("media_ticks_late", "media_ticks_late", Counter, "Ticks that were more than 20 ms late"),
    ("media_worst_us", "media_tick_worst_seconds", Micros, "How late the latest tick was"),
    (
        "media_busy",
        "media_busy_ratio",
        Ratio,
        "How busy the busiest media thread is; from 0.78 on calls are refused",
    ),
    ("tasks", "tasks", Level, "Tasks of the process"),
    ("listeners", "event_listeners", Level, "Listeners of live events"),
    ("keys", "idempotency_keys", Level, "Idempotency keys that are remembered"),
];

/// Fields that are words: told as labels.
#[cfg(test)]
pub(crate) const WORDS: &[&str] = &["status", "reasons", "version", "recorder"];

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Reason {
    reason: String,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Standing {
    code: String,
    target: String,
}

/// The figures and the alarms that stand now, as they are scraped.
pub(super) fn registry(figures: &Figures, alarms: &[(&'static str, String)]) -> Registry {
    let mut registry = Registry::with_prefix("hotline");
    let fields = serde_json::to_value(figures).unwrap_or_default();
    for (field, name, kind, help) in TABLE {
        let value = number(&fields[*field]);
        match kind {
            Counter => registry.register(*name, *help, ConstCounter::new(value)),
            Level => registry.register(*name, *help, ConstGauge::new(value)),
            Ratio => registry.register(*name, *help, ConstGauge::new(value / 1e3)),
            Micros => registry.register(*name, *help, ConstGauge::new(value / 1e6)),
        }
    }
    words(&mut registry, figures);
    let standing = Family::<Standing, Gauge>::default();
    for (code, target) in alarms {
        standing.get_or_create(&Standing { code: (*code).to_owned(), target: target.clone() }).set(1);
    }
    registry.register("alarm", "1 for each alarm that stands; the board says what to do", standing);
    registry
}

fn words(registry: &mut Registry, figures: &Figures) {
    let ready = f64::from(u8::from(figures.status == Status::Ok));
    registry.register("ready", "1: new calls should be sent here", ConstGauge::new(ready));
    let reasons = Family::<Reason, Gauge>::default();
    for reason in &figures.reasons {
        reasons.get_or_create(&Reason { reason: (*reason).to_owned() }).set(1);
    }
    registry.register("degraded", "1 for each reason why the house is not well", reasons);
    let version = Info::new(vec![("version", figures.version.clone())]);
    registry.register("build", "The program", version);
}

fn number(value: &Value) -> f64 {
    value.as_f64().or_else(|| value.as_bool().map(|on| f64::from(u8::from(on)))).unwrap_or_default()
}
