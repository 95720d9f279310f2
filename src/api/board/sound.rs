//! How well each seat of a live call is heard: read from the media threads each five seconds, as often as they look.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use switchboard::{Fault, Handle, Quality};
use tokio::time::Instant;
use utoipa::ToSchema;

/// Between two readings.
const EVERY: Duration = Duration::from_secs(5);

/// How what comes from a seat sounded in the last five seconds.
#[derive(Serialize, ToSchema)]
pub(crate) struct SeatSound {
    /// Mean opinion score, 1 to 4.5, estimated by ITU-T G.107; nothing when nothing came.
    mos: Option<f32>,
    /// Lost or too late, of what should have come, 0 to 1.
    loss: f32,
    /// Interarrival jitter, ms.
    jitter_ms: u16,
    /// To the far end and back, ms, when its reports tell (RFC 3550).
    round_trip_ms: Option<u16>,
    /// What is wrong: `nothing` comes, `silence` is all that comes, `loss` from 5 %, `jitter` from 60 ms.
    fault: Option<&'static str>,
}

impl SeatSound {
    pub(super) fn of(quality: &Quality) -> Self {
        let round = |value: f32, units: f32| (value * units).round() / units;
        Self {
            mos: quality.mos.map(|mos| round(mos, 10.0)),
            loss: round(quality.unheard, 1_000.0),
            jitter_ms: quality.jitter_ms,
            round_trip_ms: quality.round_trip_ms,
            fault: quality.fault.map(Fault::word),
        }
    }
}

/// What was read last.
#[derive(Default)]
pub(super) struct Sounds {
    at: Option<Instant>,
    legs: Arc<BTreeMap<u64, Quality>>,
}

impl Sounds {
    /// That of now, or of the last five seconds.
    pub(super) fn of(&mut self, handle: &Handle) -> Arc<BTreeMap<u64, Quality>> {
        if self.at.is_none_or(|at| at.elapsed() >= EVERY) {
            self.at = Some(Instant::now());
            let mut legs = BTreeMap::new();
            handle.levels().qualities(|leg, quality| {
                legs.insert(leg, quality);
            });
            self.legs = Arc::new(legs);
        }
        Arc::clone(&self.legs)
    }
}
