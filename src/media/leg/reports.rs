//! What reports tell of a leg: theirs of ours, and ours of theirs.

use std::time::Duration;

use audio::emodel::{self, Talk};
use audio::playout::Playout;
use audio::rtcp::{Report, Voip};

use super::{Body, Clock};

/// How heavy the latest report is among those before it.
const LATEST: f32 = 0.25;
/// From packet to ear and from mouth to packet at this end, ms: a packet's own length, and up to a tick until it is mixed.
const END_SYSTEM_MS: u16 = 40;

/// What the far end's reports have told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Far {
    /// What it lost of ours, 0.0 ..= 1.0.
    pub(super) loss: Option<f32>,
    /// How we sound there, by its own account: 1.0 ..= 5.0.
    pub(super) mos: Option<f32>,
    /// There and back, ms.
    pub(super) round_trip_ms: Option<f32>,
    /// Its last sender report, and when it came.
    sent: Option<(u32, Duration)>,
}

impl Far {
    /// Takes what a report says.
    pub(super) fn take(&mut self, clock: Clock, report: &Report) {
        if let Some(block) = report.block {
            self.loss = Some(mean(self.loss, f32::from(block.fraction) / 256.0));
            if let Some(ms) = block.round_trip_ms(clock.utc_ms) {
                self.round_trip_ms = Some(mean(self.round_trip_ms, ms as f32));
            }
        }
        self.mos = report.voip.and_then(|voip| voip.talking.or(voip.listening)).or(self.mos);
        if let Some(sent) = report.sent {
            self.sent = Some((sent, clock.now));
        }
    }

    /// Its last report and how long ago it came, ms, for ours.
    pub(super) fn echo(&self, clock: Clock) -> Option<(u32, u32)> {
        let (sent, came) = self.sent?;
        Some((sent, u32::try_from(clock.now.saturating_sub(came).as_millis()).unwrap_or(u32::MAX)))
    }
}

fn mean(before: Option<f32>, latest: f32) -> f32 {
    before.map_or(latest, |before| before * (1.0 - LATEST) + latest * LATEST)
}

impl Body {
    /// How the far end sounds here, for our report to it.
    pub(super) fn sounds(&self) -> Voip {
        let found = self.counter.bursts();
        let expected = self.counter.expected().max(1);
        let discard = (self.playout.late() as f32 / expected as f32).min(1.0);
        let talk = Talk {
            loss: (found.loss + discard).min(1.0),
            burst: found.ratio,
            jitter_ms: self.counter.jitter_ms(),
            round_trip_ms: None,
        };
        let whole = Talk { round_trip_ms: self.far.round_trip_ms, ..talk };
        // The casts saturate.
        Voip {
            discard,
            buffer_ms: self.playout.target_ms(),
            buffer_most_ms: Playout::MOST_MS,
            round_trip_ms: self.far.round_trip_ms.unwrap_or_default().round() as u16,
            end_system_ms: END_SYSTEM_MS,
            rating: Some(emodel::rating_of(&whole).round() as u8),
            listening: Some(emodel::score(&talk)),
            talking: Some(emodel::score(&whole)),
            ..Voip::of(&found)
        }
    }
}
