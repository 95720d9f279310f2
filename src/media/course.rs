//! How a leg's stream goes over time: a sample each 5 s, ever coarser ones in a long call, so that its memory is bounded.

use audio::rtcp::Counter;

use crate::leg::{Clock, TICKS};

/// The span of a sample at first: 5 s.
const SPAN_TICKS: u64 = 5 * TICKS;
/// Most samples: an hour. When full: each two become one, and the span doubles.
const MOST: usize = 720;
/// Room at first, and each time more is made: two minutes.
const ROOM: usize = 24;

/// How a leg's stream went over time. Memory is bounded: in a long call the span grows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Course {
    /// When the first span began, UTC ms.
    pub begun_utc_ms: i64,
    /// How long each span is, ms: 5 s in the first hour, and ever twice as long.
    pub span_ms: u32,
    /// One for each span, at most 720. What is left over at the end has none.
    pub samples: Vec<Sample>,
}

/// What came within one span.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sample {
    /// RTP packets that should have come.
    pub expected: u16,
    /// Of these, those that did not.
    pub lost: u16,
    /// Frames that came after their turn and were not heard.
    pub late: u16,
    /// Interarrival jitter at its end, in [`Sample::JITTER_UNITS`]; of joined spans the greater one.
    pub jitter: u16,
}

impl Sample {
    /// Units of jitter in a millisecond: up to 4 s.
    pub const JITTER_UNITS: f32 = 16.0;

    /// Lost of those expected, 0.0 ..= 1.0; `None` when nothing was to come.
    pub fn loss_ratio(&self) -> Option<f32> {
        (self.expected > 0).then(|| f32::from(self.lost) / f32::from(self.expected))
    }

    /// What nobody heard, lost or late, of those expected, 0.0 ..= 1.0; `None` when nothing was to come.
    pub fn unheard_ratio(&self) -> Option<f32> {
        let unheard = self.lost.saturating_add(self.late).min(self.expected);
        (self.expected > 0).then(|| f32::from(unheard) / f32::from(self.expected))
    }

    /// Interarrival jitter, milliseconds.
    pub fn jitter_ms(&self) -> f32 {
        f32::from(self.jitter) / Self::JITTER_UNITS
    }
}

/// What was counted up to a moment.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    expected: u64,
    received: u64,
    late: u64,
}

/// Takes the samples of one leg.
#[derive(Debug)]
pub(crate) struct Sampler {
    /// When the first span began: tick, and UTC ms; `None` before the first tick.
    begun: Option<i64>,
    next: u64,
    span: u64,
    before: Counts,
    samples: Vec<Sample>,
}

impl Default for Sampler {
    fn default() -> Self {
        let samples = Vec::with_capacity(ROOM);
        Self { begun: None, next: 0, span: SPAN_TICKS, before: Counts::default(), samples }
    }
}

impl Sampler {
    /// Takes a sample when one is due. `late` frames came after their turn. True: more room is wanted before the next one,
    /// [`Sampler::make_room`] between ticks.
    pub(crate) fn look(&mut self, clock: Clock, counter: &Counter, late: u64) -> bool {
        if self.begun.is_none() {
            self.begun = Some(clock.utc_ms);
            self.next = clock.tick + self.span;
        }
        if clock.tick < self.next {
            return false;
        }
        if self.samples.len() >= self.samples.capacity() {
            // The span becomes longer by some ticks.
            return true;
        }
        let now = Counts { expected: counter.expected(), received: counter.received(), late };
        let since = |now: u64, before: u64| u16::try_from(now.saturating_sub(before)).unwrap_or(u16::MAX);
        let expected = since(now.expected, self.before.expected);
        let received = since(now.received, self.before.received);
        self.samples.push(Sample {
            expected,
            lost: expected.saturating_sub(received),
            late: since(now.late, self.before.late),
            // The cast saturates.
            jitter: (counter.jitter_ms() * Sample::JITTER_UNITS) as u16,
        });
        self.before = now;
        if self.samples.len() >= MOST {
            self.halve();
        }
        self.next += self.span;
        self.samples.len() >= self.samples.capacity()
    }

    /// Each two samples become one.
    fn halve(&mut self) {
        let half = self.samples.len() / 2;
        for at in 0..half {
            if let Some([one, two]) = self.samples.get(2 * at..2 * at + 2) {
                let both = Sample {
                    expected: one.expected.saturating_add(two.expected),
                    lost: one.lost.saturating_add(two.lost),
                    late: one.late.saturating_add(two.late),
                    jitter: one.jitter.max(two.jitter),
                };
                if let Some(place) = self.samples.get_mut(at) {
                    *place = both;
                }
            }
        }
        self.samples.truncate(half);
        self.span *= 2;
    }

    /// Not in a tick: it allocates.
    pub(crate) fn make_room(&mut self) {
        if self.samples.len() >= self.samples.capacity() {
            self.samples.reserve_exact(self.samples.len().max(ROOM).min(MOST - self.samples.len()));
        }
    }

    /// What was taken, at the leg's end.
    pub(crate) fn finish(self) -> Course {
        let span_ms = u32::try_from(self.span * 1_000 / TICKS).unwrap_or(u32::MAX);
        Course { begun_utc_ms: self.begun.unwrap_or_default(), span_ms, samples: self.samples }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use std::time::Duration;

    use super::*;

    fn clock(tick: u64) -> Clock {
        let utc_ms = 1_000_000 + i64::try_from(tick * 20).unwrap();
        Clock {
            tick,
            now: Duration::from_millis(tick * 20),
            utc_ms,
            lost_after: Duration::from_secs(10),
            shown: false,
        }
    }

    /// So many hours with one packet a tick, but each tenth of the second second lost.
    fn run(hours: u64) -> Course {
        let (mut sampler, mut counter) = (Sampler::default(), Counter::default());
        for tick in 0..=hours * 3_600 * TICKS {
            // An hour's sequence numbers wrap twice.
            let lost = (TICKS..2 * TICKS).contains(&tick) && tick.is_multiple_of(10);
            if !lost {
                let stamp = (tick * 160) as u32;
                counter.count(9, tick as u16, stamp, stamp);
            }
            if sampler.look(clock(tick), &counter, tick / (10 * TICKS)) {
                sampler.make_room();
            }
        }
        sampler.finish()
    }

    #[test]
    fn a_sample_each_five_seconds_with_what_was_lost_in_them() {
        let course = run(1);
        assert_eq!(
            (course.begun_utc_ms, course.span_ms),
            (1_000_000, 10_000),
            "an hour is full, so it is halved"
        );
        assert_eq!(course.samples.len(), 360);
        assert_eq!((course.samples[0].expected, course.samples[0].lost), (501, 5));
        assert!(
            course.samples[1..].iter().all(|s| (s.expected, s.lost, s.jitter) == (500, 0, 0)),
            "{course:?}"
        );
        assert_eq!(course.samples[1].late, 1);
    }

    #[test]
    fn a_day_takes_no_more_room_than_an_hour() {
        let course = run(24);
        assert_eq!(course.span_ms, 160_000);
        assert!(
            course.samples.len() < MOST && course.samples.capacity() <= MOST,
            "{}",
            course.samples.capacity()
        );
        let expected: u64 = course.samples.iter().map(|s| u64::from(s.expected)).sum();
        assert_eq!(expected, 24 * 3_600 * TICKS + 1);
    }

    #[test]
    fn who_forgets_to_make_room_loses_none_of_the_counts() {
        let (mut sampler, mut counter) = (Sampler::default(), Counter::default());
        for tick in 0..=400 * TICKS {
            counter.count(9, tick as u16, 0, 0);
            sampler.look(clock(tick), &counter, 0);
        }
        assert_eq!(sampler.samples.len(), sampler.samples.capacity(), "nothing was allocated");
        sampler.make_room();
        counter.count(9, 20_001, 0, 0);
        sampler.look(clock(400 * TICKS + 1), &counter, 0);
        let expected: u64 = sampler.finish().samples.iter().map(|s| u64::from(s.expected)).sum();
        assert_eq!(expected, 400 * TICKS + 2);
    }
}
