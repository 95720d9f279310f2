//! What is measured of each call as its time line grows: how long a citizen waits, how long a call lasts, how it ended.

use std::collections::HashMap;
use std::sync::Arc;

use call::CallId;
use call::cdr::EventRow;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Calls whose beginning is remembered. When full, those that come then are counted, and their times are not.
const MOST_OPEN: usize = 20_000;
/// Bounds of a wait, seconds. What is promised stands among them: 15 s for an answer (95 %), 30 s, the call-back's 600 s, an hour.
const WAITS: [f64; 11] = [1.0, 3.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 600.0, 3_600.0];
/// Bounds of a call's length, seconds.
const LENGTHS: [f64; 9] = [5.0, 15.0, 30.0, 60.0, 180.0, 300.0, 600.0, 1_800.0, 3_600.0];
/// Bounds of the time from the INVITE to 200 OK, seconds.
const SETUPS: [f64; 9] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Ended {
    outcome: String,
}

/// What is remembered of a call that goes on: monotonic ms.
#[derive(Clone, Copy, Debug)]
struct Begun {
    offered: u64,
    answered: bool,
    met: bool,
}

/// The distributions, and the registry that they are told by. A clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct Meters {
    setup: Histogram,
    wait: Histogram,
    length: Histogram,
    ended: Family<Ended, Counter>,
    registry: Arc<Registry>,
}

impl Default for Meters {
    fn default() -> Self {
        let (setup, wait, length) = (Histogram::new(SETUPS), Histogram::new(WAITS), Histogram::new(LENGTHS));
        let ended = Family::default();
        let mut registry = Registry::with_prefix("hotline");
        let mut add = |name: &str, help: &str, histogram: &Histogram| {
            registry.register_with_unit(name, help, Unit::Seconds, histogram.clone());
        };
        add("call_setup", "From a call's INVITE to its answer by the house", &setup);
        add("operator_wait", "From a call's INVITE to the first operator on the line", &wait);
        add("call_length", "From a call's INVITE to its end", &length);
        registry.register("calls_ended", "Calls that ended, by outcome", ended.clone());
        Self { setup, wait, length, ended, registry: Arc::new(registry) }
    }
}

impl Meters {
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }
}

/// Reads time lines for the meters.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    meters: Meters,
    open: HashMap<CallId, Begun>,
}

impl Reader {
    pub(crate) fn new(meters: Meters) -> Self {
        Self { meters, open: HashMap::new() }
    }

    /// One line of a time line.
    pub(crate) fn note(&mut self, row: &EventRow) {
        match row.kind {
            "call.offered" if self.open.len() < MOST_OPEN => {
                self.open.insert(row.call, Begun { offered: row.mono_ms, answered: false, met: false });
            }
            "call.answered" => self.once(row, |begun| &mut begun.answered, |meters| &meters.setup),
            "agent.answer" => self.once(row, |begun| &mut begun.met, |meters| &meters.wait),
            "call.ended" | "call.abandoned" => self.end(row),
            _ => {}
        }
    }

    /// The first time that this happens to a call.
    fn once(
        &mut self,
        row: &EventRow,
        flag: impl Fn(&mut Begun) -> &mut bool,
        meter: impl Fn(&Meters) -> &Histogram,
    ) {
        let Some(begun) = self.open.get_mut(&row.call) else { return };
        if !std::mem::replace(flag(begun), true) {
            meter(&self.meters).observe(seconds(begun.offered, row.mono_ms));
        }
    }

    fn end(&mut self, row: &EventRow) {
        if let Some(begun) = self.open.remove(&row.call) {
            self.meters.length.observe(seconds(begun.offered, row.mono_ms));
        }
        let outcome = row.detail.split(' ').find_map(|word| word.strip_prefix("outcome="));
        let outcome = outcome.unwrap_or("unknown").to_owned();
        self.meters.ended.get_or_create(&Ended { outcome }).inc();
    }

    /// Lines were lost: which calls go on is not known any more.
    pub(crate) fn lost(&mut self) {
        self.open.clear();
    }
}

fn seconds(from: u64, to: u64) -> f64 {
    to.saturating_sub(from) as f64 / 1e3
}
