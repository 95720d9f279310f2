//! How a leg sounds now: looked at each five seconds, kept in one number per leg, read by whoever shows it.

use std::time::Duration;

use audio::emodel::{self, Talk};
use audio::rtcp::Counter;

use crate::leg::{CHORES, Clock, TICKS};

/// Chores of the leg between two looks: 5 s.
const EVERY: u64 = 5 * TICKS / CHORES;
/// What is counted as nobody's voice for so long is said: a talker pauses, a muted one does not speak.
const SILENT: Duration = Duration::from_secs(15);
/// From so much loss on, words are missed (ITU-T G.113 appendix I).
const MUCH_LOSS: f32 = 0.05;
/// From so much jitter on a usual buffer runs dry, ms.
const MUCH_JITTER_MS: f32 = 60.0;
/// Units of the score in one.
const SCORE_UNITS: f32 = 50.0;

/// What is wrong with what comes from a leg, the worst first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fault {
    /// Nothing comes: one-way sound.
    Nothing,
    /// Packets come, and silence is all that is in them.
    Silence,
    /// At least 5 % is not heard.
    Loss,
    /// At least 60 ms of jitter.
    Jitter,
}

impl Fault {
    /// Every one, the worst first.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Silence, Self::Loss, Self::Jitter];

    /// The word for the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Silence => "silence",
            Self::Loss => "loss",
            Self::Jitter => "jitter",
        }
    }

    fn number(self) -> u64 {
        match self {
            Self::Nothing => 1,
            Self::Silence => 2,
            Self::Loss => 3,
            Self::Jitter => 4,
        }
    }
}

/// How what comes from a leg sounded in the last five seconds.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Quality {
    /// Mean opinion score, 1.0 ..= 5.0 (ITU-T G.107); `None` when nothing came.
    pub mos: Option<f32>,
    /// Lost or too late, of what should have come, 0.0 ..= 1.0.
    pub unheard: f32,
    /// Interarrival jitter, ms.
    pub jitter_ms: u16,
    /// To the far end and back, ms; `None` when its reports do not tell.
    pub round_trip_ms: Option<u16>,
    /// What is wrong.
    pub fault: Option<Fault>,
}

/// Most of what fits its bits: 4 s of jitter and 8 s of round trip.
const MOST_JITTER: u64 = 0xfff;
const MOST_TRIP: u64 = 0x1ffe;

impl Quality {
    /// In one number, never 0.
    pub(crate) fn pack(self) -> u64 {
        // The casts saturate.
        let score = self.mos.map_or(0, |mos| (mos * SCORE_UNITS).round() as u64).min(0xff);
        let unheard = ((self.unheard * 1_000.0).round() as u64).min(1_000);
        let jitter = u64::from(self.jitter_ms).min(MOST_JITTER);
        let trip = self.round_trip_ms.map_or(0, |ms| u64::from(ms).min(MOST_TRIP) + 1);
        let fault = self.fault.map_or(0, Fault::number);
        1 | fault << 1 | trip << 4 | jitter << 17 | unheard << 29 | score << 39
    }

    /// From that number; 0: nothing is known.
    pub(crate) fn unpack(number: u64) -> Option<Self> {
        let bits = |from: u32, count: u32| number >> from & ((1 << count) - 1);
        let small = |value: u64| u16::try_from(value).unwrap_or(u16::MAX);
        let (score, trip, fault) = (small(bits(39, 8)), bits(4, 13), bits(1, 3));
        (number & 1 == 1).then(|| Self {
            mos: (score > 0).then(|| f32::from(score) / SCORE_UNITS),
            unheard: f32::from(small(bits(29, 10))) / 1_000.0,
            jitter_ms: small(bits(17, 12)),
            round_trip_ms: (trip > 0).then(|| small(trip - 1)),
            fault: Fault::ALL.into_iter().find(|kind| kind.number() == fault),
        })
    }
}

/// What a leg's stream is at a look.
pub(crate) struct Look<'a> {
    pub(crate) counter: &'a Counter,
    /// Frames that came after their turn.
    pub(crate) late: u64,
    pub(crate) round_trip_ms: Option<f32>,
    /// It was told to be lost.
    pub(crate) lost: bool,
    /// The far end may send.
    pub(crate) receive: bool,
}

/// Looks at one leg.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Gauge {
    expected: u64,
    received: u64,
    late: u64,
    /// Times that it was asked since the last look.
    chores: u64,
    /// Packets of sound, or of comfort noise, in which nothing but silence was.
    pub(crate) silent: u64,
    /// Since when there was nothing else.
    since: Option<Duration>,
}

impl Gauge {
    /// A packet of sound: whether nothing but silence was in it.
    pub(crate) fn packet(&mut self, now: Duration, silent: bool) {
        if silent {
            self.silent += 1;
            self.since.get_or_insert(now);
        } else {
            self.since = None;
        }
    }

    /// How it sounds, when it is time to look; it is asked with each of the leg's chores.
    pub(crate) fn look(&mut self, clock: Clock, look: &Look<'_>) -> Option<Quality> {
        self.chores += 1;
        if self.chores < EVERY {
            return None;
        }
        let counted = (look.counter.expected(), look.counter.received());
        let since = |now: u64, before: u64| now.saturating_sub(before) as f32;
        let (expected, received) = (since(counted.0, self.expected), since(counted.1, self.received));
        let unheard = (expected - received).max(0.0) + since(look.late, self.late);
        let unheard = if expected > 0.0 { (unheard / expected).min(1.0) } else { 0.0 };
        (self.expected, self.received, self.late, self.chores) = (counted.0, counted.1, look.late, 0);
        let jitter_ms = look.counter.jitter_ms();
        let round_trip_ms = look.round_trip_ms;
        let talk = Talk { loss: unheard, burst: look.counter.bursts().ratio, jitter_ms, round_trip_ms };
        let silent = self.since.is_some_and(|at| clock.now.saturating_sub(at) >= SILENT);
        let fault = match look {
            Look { receive: false, .. } => None,
            Look { lost: true, .. } => Some(Fault::Nothing),
            _ if counted.1 == 0 => Some(Fault::Nothing),
            _ if silent => Some(Fault::Silence),
            _ if unheard >= MUCH_LOSS => Some(Fault::Loss),
            _ if received > 0.0 && jitter_ms >= MUCH_JITTER_MS => Some(Fault::Jitter),
            _ => None,
        };
        Some(Quality {
            mos: (received > 0.0).then(|| emodel::score(&talk)),
            unheard,
            // The casts saturate.
            jitter_ms: jitter_ms.round() as u16,
            round_trip_ms: round_trip_ms.map(|ms| ms.round() as u16),
            fault,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_fits_in_one_number() {
        let whole = Quality {
            mos: Some(4.4),
            unheard: 1.0,
            jitter_ms: 4_095,
            round_trip_ms: Some(8_190),
            fault: Some(Fault::Jitter),
        };
        for quality in [
            Quality::default(),
            whole,
            Quality { mos: Some(1.0), fault: Some(Fault::Nothing), ..Quality::default() },
            Quality { round_trip_ms: Some(0), unheard: 0.001, fault: Some(Fault::Silence), ..whole },
            Quality { fault: Some(Fault::Loss), mos: Some(5.0), ..whole },
        ] {
            assert_eq!(Quality::unpack(quality.pack()), Some(quality));
        }
        let beyond = Quality { jitter_ms: u16::MAX, round_trip_ms: Some(u16::MAX), ..whole };
        assert_eq!(Quality::unpack(beyond.pack()), Some(whole), "what is beyond is the most");
        assert_eq!(Quality::unpack(0), None);
    }
}
